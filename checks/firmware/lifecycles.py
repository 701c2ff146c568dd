"""Which operating system of a device is which product of the support dates, and which cycle a version belongs to.

Only products whose dates endoflife.date has, and whose cycle stands in the version. To add one: a line here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from checks.advisories.support import Cycle, SupportDates

_TWO = r"[vV]?(\d{1,3}\.\d{1,3})(?!\d)"
_THREE = r"[vV]?(\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)"


@dataclass(frozen=True, slots=True)
class Line:
    """``cycle`` finds the cycle's name at the beginning of a version, in its first group."""

    product: str
    cycle: re.Pattern[str]


def _line(product: str, cycle: str) -> Line:
    return Line(product, re.compile(cycle, re.ASCII))


LINES: Mapping[str, Line] = {
    "AIX": _line("ibm-aix", _THREE),  # 7.2.5: release 7.2, technology level 5
    "Data ONTAP": _line("netapp-ontap", rf"(?:NetApp Release )?{_THREE}(?!.*7-Mode)"),
    "ESXi": _line("vmware-esxi", rf"(?:VMware )?(?:ESXi? )?{_TWO}"),
    "FortiOS": _line("fortios", _TWO),
    "FreeBSD": _line("freebsd", _TWO),
    "IOS-XE": _line("cisco-ios-xe", r"((?:1[6-9]|[2-9]\d)\.\d{1,2})\.\d"),  # not the IOS (15.5(3)S1) that runs in XE 3
    "NetBSD": _line("netbsd", r"(\d{1,2})\.\d"),
    "OPNsense": _line("opnsense", _TWO),
    "OpenBSD": _line("openbsd", _TWO),
    "PAN-OS": _line("pan-os", rf"{_TWO}(?!.*xfr)"),  # XFR releases have dates of their own
    "RouterOS": _line("routeros", _TWO),
    "Solaris": _line("oracle-solaris", r"(\d{1,2}(?:\.\d{1,2})?)"),
    "TMOS": _line("big-ip", rf"(?:BIG-IP )?{_TWO}"),
    "vCenter Server Appliance": _line("vmware-vcenter", _TWO),
}


def cycle_of(os: str, version: str, support: SupportDates) -> Cycle | None:
    """None: the version says no cycle, or the support dates do not know it."""
    line = LINES.get(os)
    found = line.cycle.match(version.strip()) if line else None
    if line is None or found is None:
        return None
    name = ".".join(str(int(number)) for number in found[1].split("."))  # 17.03 is 17.3; 24.10 stays
    return support.cycle(line.product, name) or support.cycle(line.product, found[1])
