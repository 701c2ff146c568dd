"""Support of Windows itself and of what runs on it (feed data; never dates in code)."""

from collections.abc import Iterator, Sequence
from datetime import date

from checks.advisories.support import SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.windows import example_updates as made
from checks.windows.application_products import FRAMEWORK, MICROSOFT, OTHERS, RUNTIME, Product
from checks.windows.application_rulings import ended, profiles_unseen
from checks.windows.applications import Installed, installed_of
from checks.windows.life import Life, extended_until, lives_of, system_name
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_applications import WindowsApplications
from inventory.facts.windows_system import WindowsLicence, WindowsSystem

DATES = made.support(
    ("windows", "10-22h2", "2026-03-01", "2028-10-10"),
    ("windows", "11-24h2-w", "2026-03-02", ""),
    ("windows", "11-24h2-e", "2027-03-02", ""),
    ("windows", "11-24h2-e-lts", "2029-10-09", ""),
    ("windows", "11-23h2-w", "2025-11-11", ""),
    ("windows", "11-23h2-e", "2026-02-28", ""),
    ("windows", "10-20h2", "2022-05-10", "2024-05-10"),
    ("windows-server", "2022", "2031-10-14", ""),
    ("windows-server", "2012-r2", "2023-10-10", "2026-03-01"),
    ("windows-server", "2012", "2023-10-10", "2026-03-02"),
    ("windows-server", "2025", "", ""),
    ("office", "2016", "2026-03-01", ""),
    ("office", "2024", "2026-03-02", ""),
    ("mssqlserver", "15.0", "2030-01-08", ""),
    ("dotnetfx", "4.8", "", ""),
    ("dotnet", "6", "2024-11-12", ""),
    ("python", "3.8", "2024-10-07", ""),
    ("python", "3.13", "2029-10-31", ""),
)
SERVER = made.system(1, 20348, version="21H2", server=True, name="Microsoft Windows Server 2022 Standard")
NAME_11 = "Microsoft Windows 11 Pro"


def _os(outcome: Outcome, system: WindowsSystem, licence: WindowsLicence | None = None, says: str = "") -> Example:
    facts = {"windows_system": system} | ({"windows_licence": licence} if licence else {})
    return Example(outcome, facts, says=says or (), support=DATES)


def _eleven(version: str, edition: str) -> WindowsSystem:
    return made.system(1, {"23H2": 22631, "24H2": 26100}[version], version=version, edition=edition, name=NAME_11)


@check(
    id="win.eol.os-build",
    title="Windows is out of support",
    severity=Severity.CRITICAL,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Microsoft releases no more security fixes for this version in this edition. Home and Pro, Enterprise and "
        "Education, and the long-term servicing editions have different ends. Extended security updates count only "
        "with evidence that this host is licensed for them."
    ),
    remedy=Remedy(
        text="Move to a version in support; until then license extended security updates, or isolate the host.",
        steps=("Check that the hardware can run the newer version", "Upgrade, or replace the device"),
        verify="`winver` shows a version in support",
        risk="Old applications and drivers may not run on the newer version; test them first.",
    ),
    privilege=Privilege.USER,
    references=("https://learn.microsoft.com/lifecycle/products", "docs/windows-patches.md"),
    examples=(
        _os(Outcome.PASS, SERVER, says="Windows Server 2022 Standard 21H2 is supported until 2031-10-14"),
        _os(
            Outcome.FAIL,
            made.system(),
            says="support of Windows 10 Pro 22H2 ended on 2026-03-01 (extended security updates to 2028-10-10 need "
            "evidence of a licence; what this host has could not be read)",
        ),
        _os(
            Outcome.FAIL,
            made.system(),
            made.NO_ESU,
            says="support of Windows 10 Pro 22H2 ended on 2026-03-01 (extended security updates to 2028-10-10 need "
            "evidence of a licence; this host has none)",
        ),
        _os(
            Outcome.PASS,
            made.system(),
            made.ESU,
            says="Windows 10 Pro 22H2 is supported until 2027-03-09 by Windows 10 ESU Year 1; its regular support "
            "ended on 2026-03-01",
        ),
        _os(
            Outcome.FAIL,
            made.system(1, 9200, version="", server=True, name="Windows Server 2012"),
            WindowsLicence(1, ("Windows(R), Server-ESU-Year1 add-on", "Windows(R), Server-ESU-Year2 add-on")),
            says="Windows(R), Server-ESU-Year1 add-on, Windows(R), Server-ESU-Year2 add-on served Windows Server 2012 "
            "until 2025-10-14, and nothing newer is licensed; its regular support ended on 2023-10-10",
        ),
        _os(
            Outcome.PASS,
            made.system(1, 9200, version="", server=True, name="Windows Server 2012"),
            WindowsLicence(1, ("Windows(R), Server-ESU-Year3 add-on",)),
            says="Windows Server 2012 is supported until 2026-03-02 by Windows(R), Server-ESU-Year3 add-on; its "
            "regular support ended on 2023-10-10",
        ),
        _os(
            Outcome.NOT_ASSESSED,
            made.system(),
            WindowsLicence(1, ("Windows 10 ESU",)),
            says="Windows 10 ESU does not tell for which year Windows 10 Pro 22H2 is licensed; its regular support "
            "ended on 2026-03-01",
        ),
        _os(
            Outcome.FAIL,
            made.system(1, 19042, version="20H2"),
            made.ESU,
            says="support of Windows 10 Pro 20H2 ended on 2022-05-10, extended security updates on 2024-05-10",
        ),
        _os(
            Outcome.FAIL,
            made.system(1, 9200, version="", server=True, name="Windows Server 2012"),
            says="support of Windows Server 2012 ended on 2023-10-10 (extended security updates to 2026-03-02 need "
            "evidence of a licence; what this host has could not be read)",
        ),
        _os(
            Outcome.PASS,
            _eleven("24H2", "Core"),
            says="Windows 11 Pro 24H2 (Home and Pro) is supported until 2026-03-02",
        ),
        _os(
            Outcome.FAIL,
            _eleven("23H2", "Professional"),
            made.ESU,
            says="support of Windows 11 Pro 23H2 (Home and Pro) ended on 2025-11-11",
        ),
        _os(
            Outcome.PASS,
            _eleven("24H2", ""),
            says="Windows 11 Pro 24H2 is supported until 2026-03-02 at least, whichever edition it is",
        ),
        _os(
            Outcome.FAIL,
            _eleven("23H2", ""),
            says="support of Windows 11 Pro 23H2 ended on 2026-02-28 at the latest, whichever edition it is",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_system": _eleven("24H2", "")},
            support=made.support(
                ("windows", "11-24h2-w", "2026-03-01", ""), ("windows", "11-24h2-e", "2026-03-02", "")
            ),
            says="support of Windows 11 Pro 24H2 depends on its edition, which could not be read",
        ),
        _os(
            Outcome.PASS,
            made.system(1, 26100, version="24H2", server=True, name="Windows Server 2025"),
            says="Windows Server 2025 24H2 is supported; no end is announced",
        ),
        _os(
            Outcome.NOT_ASSESSED,
            made.system(1, 28000, version="27H2"),
            says="the support dates of 2026-01-01 do not know Windows 10 Pro 27H2 (build 28000)",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_system": made.system()}, says="no support dates are loaded"),
        Example(Outcome.NOT_ASSESSED, {"windows_system": Missing(Reason.TIMED_OUT)}, support=DATES),
    ),
)
def os_build(
    windows_system: WindowsSystem, windows_licence: WindowsLicence | None, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    lives, today = lives_of(windows_system, support), context.today
    name = system_name(windows_system)
    if not lives:
        told = f"the support dates of {support.snapshot} do not know {name} (build {windows_system.build})"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif len(lives) == 1:
        yield _standing(lives[0], windows_licence, today)
    else:
        yield _of_any(name, [life.ends or date.max for life in lives], today)


def _standing(life: Life, licence: WindowsLicence | None, today: date) -> Ruling:
    if life.ends is None:
        return passed(f"{life.name} is supported; no end is announced")
    if life.ends >= today:
        return passed(f"{life.name} is supported until {life.ends}")
    told = f"support of {life.name} ended on {life.ends}"
    if life.extended is None:
        return failed(told)
    if life.extended < today:
        return failed(f"{told}, extended security updates on {life.extended}")
    if licence and licence.esu:
        return _by_licence(life, licence.esu, today)
    known = "this host has none" if licence and licence.esu is not None else "what this host has could not be read"
    return failed(f"{told} (extended security updates to {life.extended} need evidence of a licence; {known})")


def _by_licence(life: Life, esu: Sequence[str], today: date) -> Ruling:
    by, until = ", ".join(esu), extended_until(life, esu)
    ended = f"its regular support ended on {life.ends}"
    if until is None:
        return not_assessed(Reason.NOT_TOLD, f"{by} does not tell for which year {life.name} is licensed; {ended}")
    if until < today:
        return failed(f"{by} served {life.name} until {until}, and nothing newer is licensed; {ended}")
    return passed(f"{life.name} is supported until {until} by {by}; {ended}")


def _of_any(name: str, ends: Sequence[date], today: date) -> Ruling:
    """Where the edition is not known: what holds for every one of them."""
    first, last = min(ends), max(ends)
    if last < today:
        return failed(f"support of {name} ended on {last} at the latest, whichever edition it is")
    if first >= today:
        return passed(f"{name} is supported until {first} at least, whichever edition it is")
    return not_assessed(Reason.OUTPUT_UNREADABLE, f"support of {name} depends on its edition, which could not be read")


def _apps(
    outcome: Outcome, applications: WindowsApplications, says: str | tuple[str, ...] = "", subject: str = ""
) -> Example:
    subjects = (subject,) if subject else None
    facts = {"windows_applications": applications}
    return Example(outcome, facts, says=says or (), subjects=subjects, support=DATES)


NO_MICROSOFT = "no Office, SQL Server, Exchange, SharePoint, PowerShell or .NET is installed"
NO_OTHER = "no browser, runtime, database or other application with a known release cycle is installed"
_REMEDY = Remedy(
    text="Move to a version that its publisher supports, or remove it.",
    steps=("Name an owner and a date", "Test what depends on it with the newer version"),
    verify="the installed version belongs to a release in support",
    risk="A new major version may need changes in what depends on it.",
)


def _of(applications: WindowsApplications, products: Sequence[Product]) -> list[Installed]:
    return [one for one in installed_of(applications) if one.product in products and one.product.dates]


@check(
    id="win.eol.office-sql-dotnet",
    title="Software of Microsoft is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Office, SQL Server, Exchange, SharePoint, PowerShell and .NET have support dates of their own, apart from "
        "Windows. After them every weakness that is found stays open."
    ),
    remedy=_REMEDY,
    privilege=Privilege.USER,
    references=("https://learn.microsoft.com/lifecycle/products",),
    examples=(
        _apps(
            Outcome.FAIL,
            made.applications(("Microsoft Office Professional Plus 2016", "16.0.4266.1001")),
            "support of Microsoft Office 16.0.4266.1001 ended on 2026-03-01 (Microsoft Office Professional Plus 2016)",
            "Microsoft Office 2016",
        ),
        _apps(
            Outcome.PASS,
            made.applications(("Microsoft Office Standard 2024 - en-us", "16.0.17932.1")),
            "Microsoft Office 16.0.17932.1 is supported until 2026-03-02",
        ),
        _apps(
            Outcome.PASS,
            made.applications(("Microsoft SQL Server 2019 (64-bit)", ""), framework=528049),
            (
                ".NET Framework 4.8 is supported with no end announced",
                "Microsoft SQL Server 15.0 is supported until 2030-01-08",
            ),
        ),
        _apps(Outcome.FAIL, made.applications(runtimes=("6.0.36",)), subject=".NET runtime 6"),
        _apps(
            Outcome.NOT_ASSESSED,
            made.applications(("Microsoft Exchange Server 2019 Cumulative Update 13", "15.2.1258.12")),
            "the support dates of 2026-01-01 do not know Microsoft Exchange Server 15.2.1258.12 (Microsoft Exchange "
            "Server 2019 Cumulative Update 13)",
        ),
        _apps(Outcome.PASS, made.applications(("Python 3.8.10 (64-bit)", "3.8.10150.0")), NO_MICROSOFT),
        _apps(
            Outcome.NOT_ASSESSED,
            made.applications(("Python 3.8.10 (64-bit)", "3.8.10150.0"), framework=None, runtimes=None),
            (
                "whether .NET Framework is installed could not be read",
                "whether .NET runtime is installed could not be read",
            ),
        ),
        _apps(
            Outcome.NOT_ASSESSED,
            made.applications(framework=528049, runtimes=None),
            "whether .NET runtime is installed could not be read",
            ".NET runtime",
        ),
        Example(
            Outcome.NOT_ASSESSED, {"windows_applications": made.applications()}, says="no support dates are loaded"
        ),
    ),
)
def office_sql_dotnet(
    windows_applications: WindowsApplications, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    found = _of(windows_applications, (*MICROSOFT, FRAMEWORK, RUNTIME))
    unread = [*_unread(windows_applications)]
    yield from unread
    if found or not unread:
        yield from ended(found, support, context.today, NO_MICROSOFT)


def _unread(applications: WindowsApplications) -> Iterator[Ruling]:
    """What has no entry in the list of applications, and was not seen."""
    parts = ((FRAMEWORK, applications.dotnet_framework), (RUNTIME, applications.dotnet_runtimes))
    for product, told in parts:
        if told is None:
            said = f"whether {product.title} is installed could not be read"
            yield Ruling(Outcome.NOT_ASSESSED, said, Subject("product", product.title), Reason.OUTPUT_UNREADABLE)


@check(
    id="win.eol.application",
    title="An application is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Its publisher has stopped fixing this release. Browsers, runtimes and VPN clients read what strangers send, "
        "so their weaknesses are used soon after they are known."
    ),
    remedy=_REMEDY,
    privilege=Privilege.USER,
    references=("the publishers' release pages",),
    examples=(
        _apps(
            Outcome.FAIL,
            made.applications(("Python 3.8.10 (64-bit)", "3.8.10150.0")),
            "support of Python 3.8.10 ended on 2024-10-07 (Python 3.8.10 (64-bit))",
            "Python 3.8",
        ),
        _apps(
            Outcome.PASS,
            made.applications(("Python 3.13.1 (64-bit)", "3.13.1150.0")),
            "Python 3.13.1 is supported until 2029-10-31",
        ),
        _apps(Outcome.NOT_ASSESSED, made.applications(("Node.js", "30.0.0"))),
        _apps(
            Outcome.NOT_ASSESSED,
            made.applications(("WireGuard", "0.5.3"), users=3),
            "what 2 users installed for themselves alone could not be seen: they are not logged in",
            "of users who are not logged in",
        ),
        _apps(Outcome.FAIL, made.applications(("Python 3.8.10 (64-bit)", "3.8.10150.0"), users=None)),
        _apps(Outcome.PASS, made.applications(("WireGuard", "0.5.3")), NO_OTHER),
        Example(
            Outcome.NOT_ASSESSED, {"windows_applications": made.applications()}, says="no support dates are loaded"
        ),
    ),
)
def application_ended(
    windows_applications: WindowsApplications, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    found, unseen = _of(windows_applications, OTHERS), [*profiles_unseen(windows_applications)]
    yield from unseen
    if found or not unseen:
        yield from ended(found, support, context.today, NO_OTHER)
