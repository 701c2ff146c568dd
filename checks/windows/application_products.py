"""Which installed application is which product of the support dates, and of Microsoft's data: one row a product.

``source`` names where the row's facts stand: how the publisher calls its entry among the installed applications, and
how its release cycles are numbered. A product without a feed has a row too: it is then named as not judged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from inventory.remembered import Remembered

KNOWN_NAMES, KNOWN_LENGTH = 16_384, 200  # remembered names, and how long they may be: hostile ones are not kept


@dataclass(frozen=True, slots=True)
class Product:
    """``pattern`` over the whole name may have the groups ``cycle`` and ``version``, where the name tells them."""

    title: str
    pattern: re.Pattern[str]
    source: str
    dates: str = ""  # product in the support dates, "" none has it
    fixed: str = ""  # key in Microsoft's data, {cycle} stands for the release cycle; "" none
    parts: int = 0  # of the version that are compared with the cycle's newest; 0: they are not comparable
    cycles: tuple[tuple[str, str], ...] = field(default=())  # what the name says -> cycle in the support dates
    microsoft: bool = False

    def named(self, name: str) -> dict[str, str] | None:
        match = self.pattern.fullmatch(name)
        return {key: value for key, value in match.groupdict().items() if value} if match else None

    def cycle_key(self, told: dict[str, str], version: str) -> str:
        """What the cycle is looked up by."""
        said = told.get("cycle", "")
        return dict(self.cycles).get(said.lower(), said) or told.get("version", "") or version


def _row(  # the fields of a product
    title: str,
    pattern: str,
    source: str,
    dates: str = "",
    *,
    fixed: str = "",
    parts: int = 0,
    cycles: str = "",
    microsoft: bool = False,
) -> Product:
    """``cycles``: ``2019=15.0 2022=16.0``."""
    pairs = tuple((said.replace("_", " "), cycle) for said, _, cycle in (p.partition("=") for p in cycles.split()))
    return Product(title, re.compile(pattern, re.IGNORECASE), source, dates, fixed, parts, pairs, microsoft)


_BITS = r"(?: \((?:64|32)[- ]bit\)| \(x(?:64|86)\))?"
_LIFECYCLE = "learn.microsoft.com/lifecycle/products"
_SQL = (
    "2008=10.0-sp4 2008_r2=10.50-sp3 2012=11.0-sp4 2014=12.0-sp3 2016=13.0-sp3 2017=14.0 2019=15.0 2022=16.0 2025=17.0"
)
MICROSOFT = (
    _row(
        "Microsoft Office",
        r"Microsoft Office (?:LTSC )?(?:(?:Professional|Standard|Home|Personal|Enterprise|Small Business)\b.*?"
        r"|Excel|Word|Outlook|Access|PowerPoint) (?P<cycle>20\d\d)\b.*",
        _LIFECYCLE,
        "office",
        microsoft=True,
    ),
    _row(
        "Microsoft SQL Server",
        r"Microsoft SQL Server (?P<cycle>20\d\d(?: R2)?)" + _BITS,
        _LIFECYCLE,
        "mssqlserver",
        cycles=_SQL,
        microsoft=True,
    ),
    _row(
        "Microsoft Exchange Server",
        r"Microsoft Exchange Server (?P<cycle>20\d\d)\b.*",
        _LIFECYCLE,
        "msexchange",
        microsoft=True,
    ),
    _row(
        "Microsoft SharePoint",
        r"Microsoft SharePoint (?:Enterprise )?Server (?P<cycle>20\d\d)\b.*",
        _LIFECYCLE,
        "sharepoint",
        microsoft=True,
    ),
    _row(
        "PowerShell",
        r"PowerShell 7-x(?:64|86)|PowerShell-7\S*",
        "github.com/PowerShell/PowerShell, the MSI package",
        "powershell",
        fixed="powershell {cycle}",
        parts=3,
        microsoft=True,
    ),
)
FRAMEWORK = _row(".NET Framework", r"\.NET Framework", _LIFECYCLE, "dotnetfx", microsoft=True)
RUNTIME = _row(
    ".NET runtime",
    r"Microsoft\.(?:NETCore|AspNetCore|WindowsDesktop)\.App",
    "learn.microsoft.com/dotnet/core/install/how-to-detect-installed-versions",
    "dotnet",
    fixed=".net {cycle}.0",
    parts=3,
    microsoft=True,
)
BROWSERS = (
    _row("Google Chrome", r"Google Chrome", "chromium.org/administrators", "chrome"),
    _row(
        "Mozilla Firefox",
        r"Mozilla Firefox(?: ESR)?(?: \(x(?:64|86) \S+\))?|Mozilla Firefox (?P<version>\d+(?:\.\d+)+) \(.*\)",
        "support.mozilla.org",
        "firefox",
        parts=3,
    ),
    _row(
        "Microsoft Edge",
        r"Microsoft Edge",
        "learn.microsoft.com/deployedge",
        fixed="microsoft edge (chromium-based)",
        microsoft=True,
    ),
    _row("Opera", r"Opera Stable .*", "opera.com"),
    _row("Brave", r"Brave", "brave.com"),
    _row("Vivaldi", r"Vivaldi", "vivaldi.com"),
)
DOCUMENTS = (
    _row("Adobe Acrobat", r"Adobe (?:Acrobat|Reader)\b.*", "helpx.adobe.com/acrobat"),
    _row("Foxit PDF", r"Foxit (?:PDF )?(?:Reader|Editor|Phantom)\b.*", "foxit.com"),
    _row(
        "LibreOffice",
        r"LibreOffice (?P<version>\d+(?:\.\d+)+)\b.*",
        "wiki.documentfoundation.org",
        "libreoffice",
        parts=3,
    ),
    _row("Microsoft 365 Apps", r"Microsoft (?:365 Apps|Office 365)\b.*", _LIFECYCLE, microsoft=True),
    _row("Notepad++", r"Notepad\+\+.*", "notepad-plus-plus.org", "notepad-plus-plus", parts=3),
    _row("7-Zip", r"7-Zip\b.*", "7-zip.org"),
    _row("WinRAR", r"WinRAR\b.*", "win-rar.com"),
    _row("VLC", r"VLC media player", "videolan.org"),
    _row("PuTTY", r"PuTTY release .*", "chiark.greenend.org.uk/~sgtatham/putty"),
    _row("Zoom", r"Zoom(?: Workplace| Meetings)?\b.*", "zoom.com"),
    _row("TeamViewer", r"TeamViewer\b.*", "teamviewer.com"),
    _row("Mozilla Thunderbird", r"Mozilla Thunderbird\b.*", "support.mozilla.org"),
    _row("Visual Studio Code", r"Microsoft Visual Studio Code.*", "code.visualstudio.com", microsoft=True),
    _row("Microsoft Teams", r"Microsoft Teams(?: classic)?|Teams Machine-Wide Installer", _LIFECYCLE, microsoft=True),
    _row("Microsoft Silverlight", r"Microsoft Silverlight", _LIFECYCLE, microsoft=True),
)
RUNTIMES = (
    _row(
        "Oracle Java",
        r"Java (?P<cycle>[6-8]) Update \d+.*|Java SE Development Kit (?P<kit>[6-8]) Update \d+.*"
        r"|Java\(TM\) SE Development Kit (?P<version>\d+(?:\.\d+)*).*",
        "oracle.com/java",
        "oracle-jdk",
    ),
    _row(
        "Eclipse Temurin",
        r"Eclipse Temurin J[DR][KE] with Hotspot (?P<version>\d+(?:\.\d+)*)\S*.*",
        "adoptium.net",
        "eclipse-temurin",
        parts=3,
    ),
    _row("Amazon Corretto", r"Amazon Corretto\b.*", "docs.aws.amazon.com/corretto", "amazon-corretto"),
    _row(
        "Microsoft Build of OpenJDK",
        r"Microsoft Build of OpenJDK with Hotspot (?P<version>\d+(?:\.\d+)*)\S*.*",
        "learn.microsoft.com/java/openjdk",
        "microsoft-build-of-openjdk",
        parts=3,
        microsoft=True,
    ),
    _row("Azul Zulu", r"Zulu J[DR][KE] \S+ \((?P<version>\d+(?:\.\d+)*)\).*", "docs.azul.com", "azul-zulu"),
    _row("Python", r"Python (?P<version>3\.\d+\.\d+) .*", "docs.python.org/using/windows", "python", parts=3),
    _row("Node.js", r"Node\.js", "nodejs.org", "nodejs", parts=3),
    _row("PostgreSQL", r"PostgreSQL (?P<cycle>\d+).*", "postgresql.org", "postgresql", parts=2),
    _row("MySQL", r"MySQL Server \d+\.\d+", "dev.mysql.com", "mysql", parts=3),
    _row("MariaDB", r"MariaDB \d+\.\d+.*", "mariadb.org", "mariadb", parts=3),
    _row("VirtualBox", r"Oracle (?:VM )?VirtualBox \d+\.\d+\.\d+", "virtualbox.org", "virtualbox", parts=3),
    _row("Wireshark", r"Wireshark \d+\.\d+\.\d+.*", "wireshark.org", "wireshark", parts=3),
)
VPN = (
    _row("OpenVPN", r"OpenVPN (?P<version>\d+\.\d+\.\d+)\b.*", "community.openvpn.net", "openvpn", parts=3),
    _row("OpenVPN Connect", r"OpenVPN Connect", "openvpn.net"),
    _row("WireGuard", r"WireGuard", "wireguard.com"),
    _row("Cisco Secure Client", r"Cisco (?:Secure Client|AnyConnect)\b.*", "cisco.com"),
    _row("FortiClient", r"FortiClient.*", "docs.fortinet.com"),
    _row("GlobalProtect", r"GlobalProtect", "docs.paloaltonetworks.com"),
    _row("Ivanti Secure Access", r"(?:Pulse Secure|Ivanti Secure Access Client)\b.*", "ivanti.com"),
    _row("Check Point VPN", r"Check Point (?:VPN|Endpoint Security).*", "checkpoint.com"),
    _row("SonicWall NetExtender", r"SonicWall NetExtender.*|Dell SonicWALL NetExtender.*", "sonicwall.com"),
)
OTHERS = (*BROWSERS, *DOCUMENTS, *RUNTIMES, *VPN)
ALL = (*MICROSOFT, FRAMEWORK, RUNTIME, *OTHERS)


def product_of(name: str) -> Product | None:
    return _names()[name[:KNOWN_LENGTH]]


@lru_cache(maxsize=1)
def _names() -> Remembered[Product | None]:
    """Hosts share most names of applications."""
    return Remembered(lambda name: _first(name, (*MICROSOFT, *OTHERS)), KNOWN_NAMES, KNOWN_LENGTH)


def _first(name: str, products: Iterable[Product]) -> Product | None:
    return next((product for product in products if product.named(name) is not None), None)
