"""Whose command line a device speaks: the words for ``platform``, and what Ansible calls the same.

``windows`` is of way ssh: OpenSSH for Windows, with PowerShell at its other end. The others are network devices.

The words are netmiko's device types (its PLATFORMS.md). Ansible's are the values of ``ansible_network_os`` in the
collections cisco.*, arista.eos, junipernetworks.junos, fortinet.fortios, dellemc.*, community.network and others, with
or without the collection's name.
"""

from inventory.sources.errors import shown

WINDOWS = "windows"
PLATFORMS = (
    "arista_eos",
    "aruba_aoscx",
    "aruba_os",
    "aruba_procurve",
    "brocade_fastiron",
    "cisco_asa",
    "cisco_ios",
    "cisco_nxos",
    "cisco_s300",
    "cisco_xe",
    "cisco_xr",
    "dell_force10",
    "dell_os10",
    "ericsson_ipos",
    "extreme_exos",
    "fortinet",
    "hp_comware",
    "hp_procurve",
    "huawei_ont",
    "huawei_smartax",
    "huawei_vrp",
    "juniper_junos",
    "paloalto_panos",
    "ruckus_fastiron",
    "ubiquiti_edgeswitch",
    WINDOWS,
    "zte_zxros",
)
_OF_ANSIBLE = {
    "aos": "aruba_os",
    "aoscx": "aruba_aoscx",
    "aruba": "aruba_os",
    "arubaoscx": "aruba_aoscx",
    "asa": "cisco_asa",
    "ce": "huawei_vrp",
    "cloudengine": "huawei_vrp",
    "comware": "hp_comware",
    "dellos10": "dell_os10",
    "dellos9": "dell_force10",
    "edgeswitch": "ubiquiti_edgeswitch",
    "eos": "arista_eos",
    "exos": "extreme_exos",
    "fortios": "fortinet",
    "icx": "ruckus_fastiron",
    "ios": "cisco_ios",
    "iosxr": "cisco_xr",
    "junos": "juniper_junos",
    "nxos": "cisco_nxos",
    "os10": "dell_os10",
    "panos": "paloalto_panos",
    "procurve": "hp_procurve",
}
ALLOWED = ", ".join(PLATFORMS)
OF_DEVICES = tuple(name for name in PLATFORMS if name != WINDOWS)  # that way cli can ask


def platform(value: object) -> str | None:
    """Raises ``ValueError`` for anything but one of :data:`PLATFORMS`."""
    if value is not None and value not in PLATFORMS:
        raise ValueError(
            f"{shown(str(value))} is not known here; allowed: {ALLOWED}; leave it out to have it found out"
        )
    return str(value) if value is not None else None


def of_ansible(value: object) -> object:
    """The platform that ``ansible_network_os`` names; None where it is one that is not known here."""
    return _OF_ANSIBLE.get(value.rpartition(".")[2].lower()) if isinstance(value, str) else None
