"""What Microsoft's update data calls the system of a host, and the parts of it that are products of their own."""

import re
from collections.abc import Iterable, Iterator

from checks.advisories.windows_updates import product_key
from inventory.facts.windows_system import WindowsSystem

FIRST_11 = 22000  # the first build of Windows 11; the registry goes on calling it Windows 10
CORE = " (server core installation)"
# Builds that have one name as a server. learn.microsoft.com/windows-server/get-started/windows-server-release-info
_SERVERS = {
    6003: "Windows Server 2008 for {arch} Service Pack 2",
    7601: "Windows Server 2008 R2 for {arch} Service Pack 1",
    9200: "Windows Server 2012",
    9600: "Windows Server 2012 R2",
    14393: "Windows Server 2016",
    17763: "Windows Server 2019",
    20348: "Windows Server 2022",
    25398: "Windows Server 2022, 23H2 Edition",
    26100: "Windows Server 2025",
}
_CLIENTS = {
    6003: "Windows Vista Service Pack 2",
    7601: "Windows 7 for {arch} Service Pack 1",
    9200: "Windows 8 for {arch}",
    9600: "Windows 8.1 for {arch}",
    10240: "Windows 10 for {arch}",
}
_ARCHITECTURES = {"x64": "x64-based Systems", "x86": "32-bit Systems", "arm64": "ARM64-based Systems"}
_OTHER_SPELLINGS = {"ARM64-based Systems": "ARM systems"}  # Windows 11 25H2 is under both
_YEAR = re.compile(r"Windows Server (\d{4}(?: R2)?)\b")
# learn.microsoft.com/windows/release-health/release-information, .../windows11-release-information, and for servers
# learn.microsoft.com/windows-server/get-started/windows-server-release-info
_BUILDS = {
    "1507": (10240,),
    "1511": (10586,),
    "1607": (14393,),
    "1703": (15063,),
    "1709": (16299,),
    "1803": (17134,),
    "1809": (17763,),
    "1903": (18362,),
    "1909": (18363,),
    "2004": (19041,),
    "20H2": (19042,),
    "21H1": (19043,),
    "21H2": (19044, 20348, 22000),
    "22H2": (19045, 22621),
    "23H2": (22631, 25398),
    "24H2": (26100,),
    "25H2": (26200,),
}
_HCI = re.compile(r"Azure Stack HCI|Azure Local", re.IGNORECASE)
_VERSION = re.compile(r"\d+H\d|\d{4}", re.IGNORECASE)
_FRAMEWORKS = re.compile(r"microsoft \.net framework (?P<versions>.+?) on (?P<system>.+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
# First Release value of each .NET Framework 4.
# learn.microsoft.com/dotnet/framework/install/how-to-determine-which-versions-are-installed
_RELEASES = (
    (533320, "4.8.1"),
    (528040, "4.8"),
    (461808, "4.7.2"),
    (461308, "4.7.1"),
    (460798, "4.7"),
    (394802, "4.6.2"),
    (394254, "4.6.1"),
    (393295, "4.6"),
    (379893, "4.5.2"),
    (378675, "4.5.1"),
    (378389, "4.5"),
)
# Versions that differ by an enablement package alone: one update serves all of them, and brings them to one revision.
_SHARED = ((18362, 18363), (19041, 19042, 19043, 19044, 19045), (22621, 22631), (26100, 26200))


def system_products(system: WindowsSystem) -> tuple[str, ...]:
    """The keys under which the data may speak of it; () when its version cannot be told."""
    if _HCI.search(system.name) or system.server is None:
        return ()
    name = "" if unreleased(system) else _server(system) if system.server else _client(system)
    arch = _ARCHITECTURES.get(system.architecture, "")
    if not name or ("{arch}" in name and not arch):
        return ()
    spelled = [name.replace("{arch}", arch)]
    if arch in _OTHER_SPELLINGS and "{arch}" in name:
        spelled.append(name.replace("{arch}", _OTHER_SPELLINGS[arch]))
    return tuple(map(product_key, spelled))


def unreleased(system: WindowsSystem) -> bool:
    """A preview (Windows Insider): the name of a release and a build of its own, of which no advisory speaks."""
    known = _BUILDS.get(system.display_version.upper(), ())
    year = _YEAR.search(system.name) if system.server and system.build not in _SERVERS else None
    named = year is not None and any(_named(name, year[1]) for name in _SERVERS.values())
    return named or (bool(known) and system.build not in known)


def _named(name: str, year: str) -> bool:
    return re.match(rf"Windows Server {year}(?! R2)\b", name) is not None


def _server(system: WindowsSystem) -> str:
    core = CORE if system.installation_type == "Server Core" else ""
    if system.build in _SERVERS:
        return _SERVERS[system.build] + (CORE if system.build == 25398 else core)
    year = _YEAR.search(system.name)
    if year:
        return f"Windows Server {year[1]}{core}"
    version = _VERSION.fullmatch(system.display_version)
    return f"Windows Server, version {version[0]}{CORE}" if version else ""


def _client(system: WindowsSystem) -> str:
    if system.build in _CLIENTS:
        return _CLIENTS[system.build]
    version = _VERSION.fullmatch(system.display_version)
    number = 11 if system.build >= FIRST_11 else 10
    return f"Windows {number} Version {version[0]} for {{arch}}" if version else ""


def same_revision(build: int) -> tuple[int, ...]:
    """Builds that get the same updates as this one, itself among them."""
    return next((group for group in _SHARED if build in group), (build,))


def framework_of(release: int | None) -> str:
    """``4.8`` of the Release value of .NET Framework 4; "" unknown, or there is none."""
    return next((version for first, version in _RELEASES if release is not None and release >= first), "")


def parts_of(keys: Iterable[str], framework: str) -> Iterator[str]:
    """Of the products on one system, those that a host has: its browser, and its .NET Framework 4.

    Which Internet Explorer before 11 a host has is not known, nor whether .NET Framework 3.5 is switched on by itself.
    """
    for key in keys:
        frameworks = _FRAMEWORKS.fullmatch(key)
        if frameworks:
            if framework and framework in _NUMBER.findall(frameworks["versions"]):
                yield key
        elif key.startswith(("internet explorer 11 on ", "microsoft edge (edgehtml-based) on ")):
            yield key


def is_framework(part: str) -> bool:
    return _FRAMEWORKS.fullmatch(part) is not None


def ending(keys: Iterable[str]) -> dict[str, list[str]]:
    """Products that are part of another: that other -> them."""
    found: dict[str, list[str]] = {}
    for key in keys:
        part, on, system = key.rpartition(" on ")
        if on and part:
            found.setdefault(system, []).append(key)
    return found
