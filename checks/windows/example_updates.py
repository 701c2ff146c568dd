"""Small made-up feeds and hosts for the examples of the checks on Windows updates. No KB here is a real one."""

from collections.abc import Mapping, Sequence
from datetime import date

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.support import Cycle, SupportDates
from checks.advisories.table import Table, encode
from checks.advisories.windows_updates import TABLE, VERSIONS, Update, line_of, product_key
from inventory.facts.windows_applications import WindowsApplication, WindowsApplications, WindowsRuntime
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsLicence, WindowsSystem
from inventory.facts.windows_updates import (
    WindowsKb,
    WindowsPackage,
    WindowsPendingUpdate,
    WindowsPendingUpdates,
    WindowsReboot,
    WindowsUpdates,
)

CLIENT, SERVER = "Windows 10 Version 22H2 for x64-based Systems", "Windows Server 2012 R2"
FRESH, OLD = date(2026, 1, 16), date(2026, 1, 15)  # 45 and 46 days before the time of examples
PARTS = ("Kernel", "Shell", "Hyper-V", "Kerberos", "NTFS")


def update(
    kb: str,
    day: str,
    *cves: str,
    severity: str = "important",
    build: str = "",
    after: Sequence[str] = (),
    components: Sequence[str] = PARTS,
    kind: str = "",
) -> Update:
    return Update(kb, day, kind, (build,) if build else (), ((severity, cves),), tuple(after), tuple(components))


NOVEMBER = update("9000011", "2025-11-11", "CVE-2025-0001", severity="critical", build="10.0.19045.6500")
DECEMBER = update("9000012", "2025-12-09", "CVE-2025-0002", build="10.0.19045.6600", after=("9000011",))
JANUARY = update("9000001", "2026-01-13", "CVE-2026-0001", "CVE-2026-0002", build="10.0.19045.6700", after=("9000012",))
MONTHS = (NOVEMBER, DECEMBER, JANUARY)
UNTOLD = tuple(
    update(one.kb, one.day, *sorted(one.cves), severity=one.severity, after=one.supersedes) for one in MONTHS
)  # as a feed without builds has them
ROLLUP = update("8000012", "2022-12-13", "CVE-2022-0001")
ROLLUP_NEXT = update("8000001", "2023-01-10", "CVE-2023-0001", after=("8000012",))
ONLY = update("8000002", "2023-01-10", "CVE-2023-0001")  # the same month's fixes, security only


def feed(products: Mapping[str, Sequence[Update]], day: date = FRESH, name: str = "windows-kb") -> Advisories:
    table = encode((product_key(product), line_of(updates)) for product, updates in products.items())
    return Advisories([Feed(FeedNote(name, "Microsoft", day, len(products), ""), {TABLE: Table(table)})])


def versions(product: str, *fixed: Update, day: date = FRESH) -> Advisories:
    """Of a product without KB articles."""
    note = FeedNote("msrc", "Microsoft", day, len(fixed), "")
    return Advisories([Feed(note, {VERSIONS: Table(encode([(product, line_of(fixed))]))})])


def client(updates: Sequence[Update] = MONTHS, day: date = FRESH) -> Advisories:
    return feed({CLIENT: updates}, day)


def system(
    ubr: int | None = 6700,
    build: int = 19045,
    *,
    version: str = "22H2",
    edition: str = "Professional",
    server: bool = False,
    name: str = "Microsoft Windows 10 Pro",
    architecture: str = "x64",
) -> WindowsSystem:
    major, minor = (6, 3) if build < 10240 else (10, 0)
    return WindowsSystem(
        build=build,
        ubr=ubr,
        name=name,
        major=major,
        minor=minor,
        edition_id=edition,
        installation_type="Server" if server else "Client",
        display_version=version,
        branch="",
        insider="",
        product_type=3 if server else 1,
        architecture=architecture,
        hostname="PC1",
        virtual=False,
        portable=False,
        manufacturer="",
        model="",
        language="en-GB",
        elevated=True,
        language_mode="FullLanguage",
        powershell="5.1",
    )


OLD_SERVER = system(None, 9600, version="", edition="ServerStandard", server=True, name="Windows Server 2012 R2")


def updates(*kbs: str, packages: Sequence[WindowsPackage] | None = None, source: str | None = None) -> WindowsUpdates:
    installed = tuple(WindowsKb(kb, "Security Update", None) for kb in kbs)
    return WindowsUpdates(installed, None if packages is None else tuple(packages), (), None, None, None, None, source)


def on_disk(ubr: int, state: str = "install pending") -> WindowsPackage:
    return WindowsPackage("Package_for_RollupFix", f"19041.{ubr}.1.9", state)


def offer(*kbs: str, title: str = "A security update", severity: str = "Critical", category: str = "") -> object:
    categories = (category,) if category else ()
    return WindowsPendingUpdate(
        title,
        kbs,
        severity,
        categories,
        True,
        False,
        None,
        None,
        None,
        None,
        None,
    )


def pending(*items: object, days: int | None = 3) -> WindowsPendingUpdates:
    return WindowsPendingUpdates(tuple(i for i in items if isinstance(i, WindowsPendingUpdate)), days)


OWED = WindowsReboot(True, True, 0, False, False, True)
NO_ESU, ESU = WindowsLicence(1, ()), WindowsLicence(1, ("Windows 10 ESU Year 1",))


def applications(
    *items: tuple[str, str],
    framework: int | None = NOT_SET,
    runtimes: Sequence[str] | None = (),
    users: int | None = 1,
) -> WindowsApplications:
    """(name, version) of each; ``framework``: the Release value of .NET Framework 4; ``users``: people who have a
    profile, of whom one is logged in. None: could not be read."""
    listed = tuple(WindowsApplication(*item, "", None, "machine", "", item[0], False, "") for item in items)
    cores = tuple(WindowsRuntime("Microsoft.NETCore.App", version, "x64") for version in runtimes or ())
    return WindowsApplications(listed, 1, users, framework, None if runtimes is None else cores)


def support(*rows: tuple[str, str, str, str]) -> SupportDates:
    """(product, cycle, end, extended end); "" is none."""
    cycles: dict[str, list[Cycle]] = {}
    for product, cycle, ends, extended in rows:
        cycles.setdefault(product, []).append(Cycle(product, cycle, _day(ends), _day(extended)))
    return SupportDates(date(2026, 1, 1), "example", {name: tuple(known) for name, known in cycles.items()})


def newest(*rows: tuple[str, str, str]) -> SupportDates:
    """(product, cycle, its newest version)."""
    cycles = {product: (Cycle(product, cycle, None, None, None, latest),) for product, cycle, latest in rows}
    return SupportDates(date(2026, 1, 1), "example", cycles)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


ENDED_IN_OCTOBER = support(("windows", "10-22h2", "2025-12-31", "2028-10-10"))
