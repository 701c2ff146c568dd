"""Which release's advisories speak of a host, by its own os-release(5). Never by ID_LIKE: alike is not the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.facts.system import System


@dataclass(frozen=True, slots=True)
class Family:
    """One distribution as advisories know it. ``numbers``: how many parts of VERSION_ID name a release."""

    name: str
    numbers: int
    makers: tuple[str, ...]  # how the Origin of its repositories (deb) or VENDOR of its packages (rpm) begins
    tells_unfixed: bool = False  # its publisher also names weaknesses that have no fix yet
    by_source: bool = False  # rpm: its publisher names source packages, for some of its advisories at least


_DEBIAN = Family("debian", 1, ("Debian",), tells_unfixed=True)
_UBUNTU = Family("ubuntu", 2, ("Ubuntu", "UbuntuESM"), tells_unfixed=True)
_SLES = Family("sles", 2, ("SUSE", "openSUSE"), by_source=True)  # Package Hub's are openSUSE's, and SUSE tells of them
_LEAP = Family("opensuse-leap", 2, ("SUSE", "openSUSE"), by_source=True)

# os-release ID -> family.
FAMILIES: Mapping[str, Family] = {
    "almalinux": Family("almalinux", 1, ("AlmaLinux",)),
    "alpine": Family("alpine", 2, ()),
    "amzn": Family("amzn", 1, ("Amazon",)),
    "centos": Family("centos", 1, ("CentOS",)),
    "debian": _DEBIAN,
    "fedora": Family("fedora", 1, ("Fedora Project",)),
    "ol": Family("ol", 1, ("Oracle America",)),
    "opensuse": _LEAP,  # as releases before 15 call themselves
    "opensuse-leap": _LEAP,
    "rhel": Family("rhel", 1, ("Red Hat",)),
    "rocky": Family("rocky", 1, ("Rocky",), by_source=True),
    "sled": _SLES,
    "sles": _SLES,
    "sles_sap": _SLES,
    "ubuntu": _UBUNTU,
}


def family_of(system: System) -> Family | None:
    return FAMILIES.get(system.os_id)


def release_of(system: System) -> str:
    """``debian:12``, ``almalinux:8``, ``sles:15.3``; a release that sets no VERSION_ID is named without one."""
    family = family_of(system)
    if family is None:
        return f"{system.os_id}:{system.os_version}".rstrip(":")
    version = ".".join(system.os_version.split(".")[: family.numbers])
    return f"{family.name}:{version}".rstrip(":")
