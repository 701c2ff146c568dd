"""Support dates of Linux distributions (feed data; never dates in code)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from checks.advisories.support import Cycle, SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.entitlements import Entitlement, Entitlements
from inventory.facts.system import System

SOON = timedelta(days=180)
YEAR = timedelta(days=365)

# os-release ID -> product of the feed.
DISTRIBUTIONS = {
    "almalinux": "almalinux",
    "alpine": "alpine",
    "amzn": "amazon",
    "centos": "centos",
    "debian": "debian",
    "fedora": "fedora",
    "ol": "oracle",
    "opensuse": "opensuse-leap",  # as releases before 15 call themselves
    "opensuse-leap": "opensuse-leap",
    "rhel": "rhel",
    "rocky": "rocky",
    "sles": "sles",
    "sles_sap": "sles",
    "ubuntu": "ubuntu",
}
ROLLING = frozenset({"arch", "gentoo", "void", "opensuse-tumbleweed", "kali"})
# The entitlement behind the dates of extended support, by os-release ID.
EXTENDED_BY = {
    "debian": "debian-lts",
    "ol": "els",
    "rhel": "els",
    "sles": "ltss",
    "sles_sap": "ltss",
    "ubuntu": "esm-infra",
}
# Entitlements that go on after that; the support dates do not say until when.
BEYOND = frozenset({"elts", "esm-infra-legacy", "lts", "ltss-extended", "tuxcare-els"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Until when one host gets fixes for its release."""

    name: str
    regular: date
    ends: date  # later than the regular end where an entitlement shows it
    by: str  # the entitlement and its evidence, "" regular
    offered: date | None  # extended support that exists, whoever has it


def cycle_of(system: System, support: SupportDates) -> Cycle | None:
    """The release cycle this system belongs to, or None when the feed does not know it."""
    product = DISTRIBUTIONS.get(system.os_id, "")
    if product == "centos" and "stream" in system.os_name.lower():
        product = "centos-stream"
    return support.cycle_of(product, system.os_version) or support.cycle(product, f"{system.os_version}.0")


def _standing(system: System, support: SupportDates, entitlements: Entitlements | None) -> Standing | Ruling:
    """A ruling where there is no date to judge by."""
    cycle = cycle_of(system, support)
    if system.os_id in ROLLING:
        return not_applicable(f"{system.os_name} is a rolling release")
    if cycle is None:
        told = f"the support dates of {support.snapshot} do not know {system.os_name or system.os_id}"
        return not_assessed(Reason.FEED_MISSING, told)
    if cycle.ends is None:
        return passed(f"{system.os_name} is supported; no end is announced")
    held = _held(entitlements, frozenset({EXTENDED_BY.get(system.os_id, "")}))
    ends, by = _extended(cycle.ends, cycle.extended_ends, held)
    return Standing(system.os_name, cycle.ends, ends, by, cycle.extended_ends)


def _held(entitlements: Entitlements | None, names: frozenset[str]) -> Entitlement | None:
    """The first of these that is active on the host."""
    items = entitlements.items if entitlements else ()
    return next((item for item in items if item.active and item.name in names), None)


def _extended(regular: date, offered: date | None, found: Entitlement | None) -> tuple[date, str]:
    """The later end that an entitlement shows, but not after its contract's."""
    if found is None or offered is None:
        return regular, ""
    contract = date.fromisoformat(found.until) if found.until else offered
    ends = max(regular, min(offered, contract))
    return ends, _shown(found) if ends != regular else ""


def _shown(item: Entitlement) -> str:
    return f"{item.name} ({item.evidence})"


def _supported(standing: Standing) -> Ruling:
    by = f" by {standing.by}; its regular support ends on {standing.regular}" if standing.by else ""
    return passed(f"{standing.name} is supported until {standing.ends}{by}")


def _over(standing: Standing, beyond: Entitlement | None, today: date) -> Ruling:
    told = f"support of {standing.name} ended on {standing.regular}"
    if beyond:
        unsaid = f"{told}; the host has {_shown(beyond)}, and the support dates do not say until when"
        return not_assessed(Reason.FEED_MISSING, unsaid)
    if standing.by:
        return failed(f"{told}, its extension by {standing.by} on {standing.ends}")
    if standing.offered is None:
        return failed(told)
    if standing.offered < today:
        return failed(f"{told}, its extension on {standing.offered}")
    return failed(f"{told} (an extension to {standing.offered} needs evidence of entitlement)")


def _system(version: str, os_id: str = "debian", name: str = "Debian") -> System:
    return partial(System, os_id=os_id, os_version=version, os_name=name)


def _cycles(product: str, *rows: tuple[str, str, str]) -> tuple[Cycle, ...]:
    return tuple(Cycle(product, cycle, _day(ends), _day(extended)) for cycle, ends, extended in rows)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


FEED = SupportDates(
    date(2026, 1, 1),
    "example",
    {
        "debian": _cycles(
            "debian",
            ("8", "2022-01-01", "2026-03-02"),
            ("9", "2022-01-01", "2026-03-01"),
            ("10", "2026-02-01", ""),
            ("11", "2026-03-01", "2026-08-31"),
            ("12", "2026-03-02", "2028-06-30"),
            ("13", "2026-08-28", ""),
            ("14", "2026-08-29", ""),
            ("15", "2027-03-01", "2027-03-01"),
            ("16", "2027-03-02", "2028-01-01"),
            ("99", "", ""),
        ),
        "alpine-linux": _cycles("alpine-linux", ("3.19", "2026-03-01", ""), ("3", "2030-01-01", "")),
        "sles": _cycles("sles", ("15.0", "2026-03-01", "")),
        "centos": _cycles("centos", ("8", "2021-12-31", "")),
        "centos-stream": _cycles("centos-stream", ("8", "2027-05-01", "")),
    },
)
UNKNOWN = "the support dates of 2026-01-01 do not know "
LTS = Entitlement("debian-lts", "bookworm-security", active=True)
ELTS = Entitlement("elts", "bookworm-lts", active=True)


def _os(
    outcome: Outcome, system: System, *items: Entitlement, says: str = "", support: SupportDates | None = FEED
) -> Example:
    facts = {"system": system} | ({"entitlements": Entitlements(items)} if items else {})
    return Example(outcome, facts, says=says or (), support=support)


# Where no date decides, every check of the release says the same.
_WITHOUT_A_DATE = (
    _os(Outcome.PASS, _system("99"), says="Debian is supported; no end is announced"),
    _os(Outcome.NOT_APPLICABLE, _system("", "arch", "Arch Linux")),
    _os(Outcome.NOT_ASSESSED, _system("7", "obscure", "Obscure"), says=UNKNOWN + "Obscure"),
    _os(Outcome.NOT_ASSESSED, _system("7", "obscure", ""), says=UNKNOWN + "obscure"),
    _os(Outcome.NOT_ASSESSED, _system("12"), support=None, says="no support dates are loaded"),
    Example(Outcome.NOT_ASSESSED, {"system": Missing(Reason.UNREACHABLE)}, support=FEED),
    _os(Outcome.PASS, _system("8", "centos", "CentOS Stream 8")),
    _os(Outcome.PASS, _system("16", name="Debian Stream")),
)


@check(
    id="linux.eol.os-release",
    title="The operating system is out of support",
    severity=Severity.CRITICAL,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "The publisher no longer releases security fixes for this release. Every weakness found from now on stays "
        "open. Paid or community extensions count only with evidence that this host receives them."
    ),
    remedy=Remedy(
        text="Move to a supported release; until then, isolate the host or buy the extended support it needs.",
        steps=(
            "Plan the upgrade with the service owner",
            "Upgrade, or replace the host",
            "Record any extended support contract",
        ),
        verify="/etc/os-release names a release that is in support",
        risk="A new release brings new versions of everything; test the service on it first.",
    ),
    privilege=Privilege.USER,
    references=("the distribution's life cycle page",),
    version=2,
    examples=(
        *_WITHOUT_A_DATE,
        _os(Outcome.PASS, _system("12.9"), says="Debian is supported until 2026-03-02"),
        _os(Outcome.FAIL, _system("10", name="Debian Stream")),
        _os(
            Outcome.FAIL,
            _system("11"),
            says="support of Debian ended on 2026-03-01 (an extension to 2026-08-31 needs evidence of entitlement)",
        ),
        _os(Outcome.FAIL, _system("11"), replace(LTS, active=False)),
        _os(Outcome.FAIL, _system("11"), replace(ELTS, active=False)),
        _os(Outcome.FAIL, _system("11"), replace(LTS, name="esm-infra")),
        _os(
            Outcome.PASS,
            _system("11"),
            LTS,
            says="Debian is supported until 2026-08-31 by debian-lts (bookworm-security); "
            "its regular support ends on 2026-03-01",
        ),
        _os(
            Outcome.PASS,
            _system("11"),
            replace(LTS, until="2026-03-02"),
            says="Debian is supported until 2026-03-02 by debian-lts (bookworm-security); "
            "its regular support ends on 2026-03-01",
        ),
        _os(
            Outcome.FAIL,
            _system("9"),
            LTS,
            says="support of Debian ended on 2022-01-01, its extension by debian-lts (bookworm-security) on 2026-03-01",
        ),
        _os(
            Outcome.NOT_ASSESSED,
            _system("9"),
            ELTS,
            says="support of Debian ended on 2022-01-01; the host has elts (bookworm-lts), "
            "and the support dates do not say until when",
        ),
        _os(Outcome.FAIL, _system("10"), LTS, says="support of Debian ended on 2026-02-01"),
        _os(
            Outcome.FAIL,
            _system("9"),
            says="support of Debian ended on 2022-01-01, its extension on 2026-03-01",
        ),
        _os(
            Outcome.FAIL,
            _system("8"),
            says="support of Debian ended on 2022-01-01 (an extension to 2026-03-02 needs evidence of entitlement)",
        ),
        _os(Outcome.FAIL, _system("3.19.1", "alpine", "Alpine")),
        _os(Outcome.FAIL, _system("15", "sles", "SLES 15")),
        _os(Outcome.FAIL, _system("8", "centos", "CentOS Linux 8")),
    ),
)
def os_release_ended(
    system: System, support: SupportDates, entitlements: Entitlements | None, context: Context
) -> Iterator[Ruling]:
    standing = _standing(system, support, entitlements)
    if isinstance(standing, Ruling):
        yield standing
    elif standing.ends < context.today:
        yield _over(standing, _held(entitlements, BEYOND), context.today)
    else:
        yield _supported(standing)


def _ending(standing: Standing | Ruling, today: date, first: date, last: date, told: str) -> Ruling:
    """A failure for an end from ``first`` on and before ``last``; ``told`` says where an earlier one is told."""
    if isinstance(standing, Ruling):
        return standing
    if standing.ends < first:
        return not_applicable(told)
    if standing.ends < last:
        return failed(f"support of {standing.name} ends on {standing.ends}, in {(standing.ends - today).days} days")
    return _supported(standing)


_PLAN = Remedy(
    text="Plan the upgrade to the next supported release now.",
    steps=("Name an owner and a date", "Test the service on the next release"),
    verify="/etc/os-release names a release that is supported for longer",
)


@check(
    id="linux.eol.os-within-180d",
    title="The operating system loses support within 180 days",
    severity=Severity.MEDIUM,
    theme=Theme.UNSUPPORTED,
    rationale="An upgrade takes planning and a window. Half a year is enough when it is begun now.",
    remedy=_PLAN,
    privilege=Privilege.USER,
    references=("the distribution's life cycle page",),
    version=2,
    examples=(
        *_WITHOUT_A_DATE,
        _os(Outcome.FAIL, _system("12"), says="support of Debian ends on 2026-03-02, in 0 days"),
        _os(Outcome.FAIL, _system("13", name="Debian Stream")),
        _os(Outcome.PASS, _system("14"), says="Debian is supported until 2026-08-29"),
        _os(
            Outcome.PASS,
            _system("12"),
            LTS,
            says="Debian is supported until 2028-06-30 by debian-lts (bookworm-security); "
            "its regular support ends on 2026-03-02",
        ),
        _os(Outcome.FAIL, _system("12"), replace(LTS, active=False)),
        _os(Outcome.FAIL, _system("12"), ELTS),
        _os(Outcome.FAIL, _system("13"), LTS),
        _os(Outcome.FAIL, _system("12"), replace(LTS, until="2026-08-28")),
        _os(Outcome.NOT_APPLICABLE, _system("8", "centos", "CentOS Linux 8")),
        _os(Outcome.NOT_APPLICABLE, _system("11"), says="support has ended already: see linux.eol.os-release"),
    ),
)
def os_release_ending(
    system: System, support: SupportDates, entitlements: Entitlements | None, context: Context
) -> Iterator[Ruling]:
    standing, today = _standing(system, support, entitlements), context.today
    yield _ending(standing, today, today, today + SOON, "support has ended already: see linux.eol.os-release")


@check(
    id="linux.eol.os-within-12-months",
    title="The operating system loses support within 12 months",
    severity=Severity.LOW,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Budgets and hardware are planned a year ahead. A release that ends within that year belongs in the plan; "
        "the last half year is told by a check of its own."
    ),
    remedy=_PLAN,
    privilege=Privilege.USER,
    references=("the distribution's life cycle page",),
    examples=(
        *_WITHOUT_A_DATE,
        _os(Outcome.FAIL, _system("14"), says="support of Debian ends on 2026-08-29, in 180 days"),
        _os(Outcome.FAIL, _system("15"), LTS),
        _os(Outcome.FAIL, _system("15", name="Debian Stream")),
        _os(Outcome.FAIL, _system("14"), replace(LTS, until="2028-01-01")),
        _os(
            Outcome.PASS,
            _system("12"),
            LTS,
            says="Debian is supported until 2028-06-30 by debian-lts (bookworm-security); "
            "its regular support ends on 2026-03-02",
        ),
        _os(Outcome.NOT_APPLICABLE, _system("12"), replace(LTS, active=False)),
        _os(Outcome.NOT_APPLICABLE, _system("12"), ELTS),
        _os(Outcome.FAIL, _system("12"), replace(LTS, until="2026-08-29")),
        _os(Outcome.NOT_APPLICABLE, _system("13"), says="see linux.eol.os-release and linux.eol.os-within-180d"),
        _os(Outcome.NOT_APPLICABLE, _system("8", "centos", "CentOS Linux 8")),
    ),
)
def os_release_ending_within_a_year(
    system: System, support: SupportDates, entitlements: Entitlements | None, context: Context
) -> Iterator[Ruling]:
    standing, today = _standing(system, support, entitlements), context.today
    sooner = "see linux.eol.os-release and linux.eol.os-within-180d"
    yield _ending(standing, today, today + SOON, today + YEAR, sooner)
