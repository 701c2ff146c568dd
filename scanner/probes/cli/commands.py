"""Which read-only commands tell what a device is, by platform (netmiko's names) and, once it is known, by rule."""

from collections.abc import Collection

_INVENTORY = ("show version", "show inventory")
_SWITCH = ("show version", "show system", "show modules")
COMMANDS: dict[str, tuple[str, ...]] = {
    "arista_eos": ("show version",),
    "aruba_aoscx": ("show system", "show version"),
    "aruba_os": _INVENTORY,
    "aruba_procurve": _SWITCH,
    "brocade_fastiron": ("show version",),
    "cisco_asa": _INVENTORY,
    "cisco_ios": _INVENTORY,
    "cisco_nxos": _INVENTORY,
    "cisco_s300": ("show version", "show system id", "show inventory"),
    "cisco_xe": _INVENTORY,
    "cisco_xr": _INVENTORY,
    "dell_force10": ("show version",),
    "dell_os10": ("show version",),
    "ericsson_ipos": ("show version",),
    "extreme_exos": ("show version",),
    "fortinet": ("get system status",),
    "hp_comware": ("display version", "display device manuinfo"),
    "hp_procurve": _SWITCH,
    "huawei_ont": ("display version", "display inner version", "display deviceInfo"),
    "huawei_smartax": ("display version",),
    "huawei_vrp": ("display version", "display esn"),
    "juniper_junos": ("show version", "show chassis hardware"),
    "paloalto_panos": ("show system info",),
    "ruckus_fastiron": ("show version",),
    "ubiquiti_edgeswitch": ("show version",),
    "zte_zxros": ("show version",),
}
# to a device whose platform nobody named, until it does not refuse one
DETECTION = ("show version", "get system status", "show system info", "display version")
_MORE = {
    "aruba-controller": ("show inventory",),
    "aruba-cx-version": ("show system",),
    "cisco-asa": ("show inventory",),
    "cisco-ftd": ("show inventory",),
    "cisco-ios": ("show inventory",),
    "cisco-ios-xe": ("show inventory",),
    "cisco-ios-xr": ("show inventory",),
    "cisco-nx-os": ("show inventory",),
    "cisco-small-business": ("show system id", "show inventory"),
    "hpe-comware": ("display device manuinfo",),
    "hpe-procurve": ("show system", "show modules"),
    "huawei-ont": ("display deviceInfo",),
    "huawei-vrp": ("display esn",),
    "juniper-junos": ("show chassis hardware",),
}


def more(rule: str, asked: Collection[str]) -> tuple[str, ...]:
    """What is worth asking once this rule is known to hold."""
    return tuple(command for command in _MORE.get(rule, ()) if command not in asked)
