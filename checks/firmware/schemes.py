"""Which operating system's versions are written by which scheme. The one map to read or to add a line to.

The names are those of the fact ``device`` (``vendor``, ``os``). What is not in the map is not compared: a number behind
a dot means something else at each maker.
"""

from collections.abc import Mapping

from checks.firmware import cisco, network, servers
from checks.firmware.versions import Scheme, form

BIOS = "bios"  # ``os`` of the catalogue's entries for a host's system firmware


def _plain(name: str, source: str, *, least: int = 2, most: int = 4) -> Scheme:
    """Numbers with dots between them, ordered from the left, where the vendor is known to use nothing else."""
    return Scheme(
        name, source, (form(rf"[vV]?(?P<release>\d{{1,9}}(?:\.\d{{1,9}}){{{least - 1},{most - 1}}})", "release"),)
    )


_OS: Mapping[str, Scheme] = {
    "ASA": cisco.ASA,
    "PIX": cisco.ASA,
    "Cisco IMC": cisco.IMC,
    "Firepower Threat Defense": cisco.FTD,
    "IOS": cisco.IOS,
    "IOS-XE": cisco.IOS,
    "IOS-XR": cisco.IOS_XR,
    "NX-OS": cisco.NXOS,
    "AireOS": _plain("Cisco AireOS", "Cisco Wireless LAN Controller release notes: 8.10.185.0", least=4),
    "Viptela OS": _plain("Viptela OS", "Cisco SD-WAN release notes: 20.6.5.2", least=3),
    "Junos": network.JUNOS,
    "FortiAP": network.FORTINET,
    "FortiAuthenticator": network.FORTINET,
    "FortiMail": network.FORTINET,
    "FortiManager/FortiAnalyzer": network.FORTINET,
    "FortiOS": network.FORTINET,
    "FortiSandbox": network.FORTINET,
    "FortiSwitchOS": network.FORTINET,
    "FortiVoice": network.FORTINET,
    "PAN-OS": network.PANOS,
    "RouterOS": network.ROUTEROS,
    "SwOS": _plain("SwOS", "MikroTik, SwOS changelog: 2.18", most=3),
    "ArubaOS": network.ARUBA_WIRELESS,
    "Aruba Instant": network.ARUBA_WIRELESS,
    "ArubaOS-CX": network.ARUBA_CX,
    "ArubaOS-Switch": network.ARUBA_SWITCH,
    "Comware": network.COMWARE,
    "VRP": network.VRP,
    "OptiX RTN": network.VRP,
    "EXOS": network.EXOS,
    "HiveOS": network.HIVEOS,
    "VOSS": _plain("VOSS", "Extreme Networks, VOSS Release Notes: 8.0.5.0", least=3),
    "BOSS": _plain("BOSS", "Extreme Networks, ERS Release Notes: 7.6.1.033", least=3),
    "EOS (Enterasys)": _plain(
        "Enterasys firmware", "Extreme Networks, fixed switch Release Notes: 06.81.05.0003", least=4
    ),
    "Fabric OS": network.BROCADE,
    "IronWare": network.BROCADE,
    "Network OS": network.BROCADE,
    "SLX-OS": network.BROCADE,
    "Dell Networking OS (FTOS)": network.FTOS,
    "OS10": _plain("Dell SmartFabric OS10", "Dell, OS10 Release Notes: 10.5.2.3", least=3, most=5),
    "Dell Networking N/PowerConnect": _plain("Dell N-Series", "Dell, N-Series Release Notes: 6.6.3.10", least=4),
    "ZyNOS/ZLD": network.ZYXEL,
    "uOS": network.ZYXEL,
    "SonicOS": network.SONICOS,
    "SFOS": network.SFOS,
    "Gaia": network.GAIA,
    "pfSense": network.PFSENSE,
    "OPNsense": network.OPNSENSE,
    "AlliedWare Plus": network.ALLIEDWARE_PLUS,
    "LCOS": network.LCOS,
    "RutOS": network.TELTONIKA,
    "NetScaler": network.NETSCALER,
    "Peplink": network.PEPLINK,
    "AXIS OS": _plain("AXIS OS", "Axis, AXIS OS release notes: 11.10.61", least=3, most=5),
    "Cumulus Linux": _plain("Cumulus Linux", "NVIDIA, Cumulus Linux release notes: 5.9.2", least=3, most=3),
    "EdgeSwitch/UniFi Switch": _plain("Ubiquiti switch", "Ubiquiti, release notes: 6.2.14.13855", least=3),
    "airOS": _plain("airOS", "Ubiquiti, airOS changelog: 8.7.4.45112.210415.1103", least=3, most=6),
    "SmartZone": _plain("Ruckus SmartZone", "Ruckus, SmartZone Release Notes: 5.2.1.0.515", least=4, most=5),
    "ZoneDirector/Unleashed": _plain(
        "Ruckus Unleashed", "Ruckus, Unleashed Release Notes: 200.15.6.112", least=4, most=5
    ),
    "Ruckus AP": _plain("Ruckus AP", "Ruckus, ZoneFlex Release Notes: 9.13.3.0.145", least=4, most=5),
    "iLO": servers.ILO,
    "iDRAC": servers.IDRAC,
    "XClarity Controller": servers.LENOVO,
    "ESXi": servers.ESXI,
    "vCenter Server Appliance": servers.VCENTER,
    "DSM": servers.DSM,
    "QTS": servers.QTS,
    "Data ONTAP": servers.ONTAP,
    "TMOS": servers.TMOS,
    "OneFS": _plain("OneFS", "Dell, PowerScale OneFS Release Notes: 9.5.0.8", least=4),
    "Purity": _plain("Purity", "Pure Storage, Purity//FA release notes: 6.5.6", least=3, most=3),
    "BotzWare": _plain("BotzWare", "Schneider Electric, NetBotz release notes: 5.4.0.11", least=3),
}
# Names that two makers give to different systems.
_OF_VENDOR: Mapping[tuple[str, str], Scheme] = {
    ("APC", "AOS"): servers.APC,
    ("Arista", "EOS"): network.EOS,
    ("Arista Networks", "EOS"): network.EOS,
}
# By the beginning of the vendor's name in DMI (SMBIOS type 1), which makers write in several ways.
_BIOS: Mapping[str, Scheme] = {
    "dell": servers.DELL_BIOS,
    "hp": servers.HPE_BIOS,
    "hewlett": servers.HPE_BIOS,
    "lenovo": servers.LENOVO,
}

# By the beginning of a part's name, as HPE and Dell write them.
_PARTS: Mapping[str, Scheme] = {
    "idrac": servers.IDRAC,
    "ilo": servers.ILO,
    "integrated dell remote access controller": servers.IDRAC,
}
_SYSTEM_FIRMWARE = ("bios", "system rom", "redundant system rom", "uefi")


def scheme_of(vendor: str | None, os: str | None) -> Scheme | None:
    """None: it is not known how these versions are ordered."""
    if os is None:
        return None
    if os.lower() == BIOS:
        return next((s for start, s in _BIOS.items() if (vendor or "").lower().startswith(start)), None)
    return _OF_VENDOR.get((vendor or "", os)) or _OS.get(os)


def scheme_of_part(vendor: str | None, name: str) -> Scheme | None:
    """Of a part of a server, by its name in Redfish's firmware inventory (UpdateService/FirmwareInventory)."""
    found = next((s for start, s in _PARTS.items() if name.lower().startswith(start)), None)
    return found or (scheme_of(vendor, BIOS) if name.lower().startswith(_SYSTEM_FIRMWARE) else None)


def known() -> tuple[str, ...]:
    """Every operating system with a scheme, for messages and tests."""
    return tuple(sorted({*_OS, *(os for _, os in _OF_VENDOR)}))
