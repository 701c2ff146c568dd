"""The board's page: one page, one minute, plain words. Pure; every number is one of the full report's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from checks.accreditation_rules import Verdict
from checks.check import Theme
from checks.clocks import Status
from checks.risk import Level
from reports import charts_time, clocks, counting, summary
from reports.life import Backlog, Life, trend
from reports.on_record import accepted
from reports.report import ReportData
from reports.text import count, day, listing, safe_text, share, theme_name
from reports.updates import fix_first, with_remedy
from reports.verdict import ceiling

MOST_ROWS = 6  # of suppliers
MOST_ACTIONS = 3
MOST_ROWS_OF_THEMES = 4
MOST_NAMES = 5
NAME = 60  # characters of a service
MOST_UNKNOWN = 5
CHART = 190  # px high, of the trend: the page is one sheet of paper
SAYS: Mapping[Verdict, str] = {
    Verdict.ACCREDIT: "Everything that the policy asks for holds.",
    Verdict.CONDITIONS: "It may run while the named weaknesses are being fixed.",
    Verdict.DOWNGRADE: "Less safe than the policy asks for: until it is fixed, use it only for less sensitive work.",
    Verdict.WITHDRAW: "By the policy it should not go on running as it is. That is a person's decision.",
    Verdict.INSUFFICIENT: "Too little could be looked at to say that it is safe. That is a finding in itself.",
}
SIGNS: Mapping[Verdict, str] = {
    Verdict.ACCREDIT: "✓",
    Verdict.CONDITIONS: "◐",
    Verdict.DOWNGRADE: "▲",
    Verdict.WITHDRAW: "✗",
    Verdict.INSUFFICIENT: "?",
}
PLAIN: Mapping[Theme, str] = {
    Theme.MISSING_OS_PATCH: "Security updates of the operating system are missing",
    Theme.MISSING_APP_PATCH: "Security updates of applications are missing",
    Theme.FIRMWARE: "Firmware of devices is out of date",
    Theme.NO_VENDOR_FIX: "Weaknesses that no maker has fixed yet",
    Theme.UNSUPPORTED: "Products that their maker no longer looks after",
    Theme.WEAK_CONFIG: "Settings that are too weak",
    Theme.WEAK_CRYPTO: "Encryption that is too weak",
    Theme.DEFAULT_CREDENTIAL: "Passwords that are missing or well known",
    Theme.EXPOSED_SERVICE: "Services that more people can reach than need to",
    Theme.NO_MONITORING: "Machines that nobody would notice being attacked",
    Theme.ASSET_UNKNOWN: "Machines that no inventory names",
    Theme.AVAILABILITY: "Machines that are about to fail, or have",
    Theme.RESTART_PENDING: "Updates that wait for a restart",
}
WORST = (Level.CRITICAL, Level.HIGH)


@dataclass(frozen=True, slots=True)
class Figure:
    number: str
    of: str  # printed small beside it, "" nothing
    words: str
    more: str


@dataclass(frozen=True, slots=True)
class SupplierRow:
    name: str
    assets: int
    seen: int  # logged in to
    worst: int  # critical and high occurrences, by risk
    late: int


def page(data: ReportData) -> dict[str, Any]:
    """What the template prints."""
    points, step = trend((data.life or Life()).backlog)
    rows = suppliers(data)
    return {
        "verdict": _verdict(data),
        "figures": [_coverage(data), _worst(data), _late(data), _change(data, points)],
        "chart": charts_time.burn_down(points, CHART, step) if len(points) > 1 else None,
        "points": charts_time.drawn(points),
        "step": step,
        "wrong": list(_wrong(data)),
        "actions": list(_actions(data)),
        "unknown": list(_unknown(data)),
        "suppliers": rows[:MOST_ROWS],
        "more_suppliers": max(0, len(rows) - MOST_ROWS),
        "decisions": list(_decisions(data)),
    }


def _verdict(data: ReportData) -> dict[str, str] | None:
    if data.verdicts is None:
        return None
    one = data.verdicts.estate
    means = held = ceiling(one)
    if held and one.ceiling.rank >= Verdict.DOWNGRADE.rank:  # of a better one this would promise what nobody knows
        means = f"{held[:-1]}: {SAYS[one.ceiling][0].lower()}{SAYS[one.ceiling][1:]}"
    return {"sign": SIGNS[one.verdict], "word": one.verdict.value, "says": f"{SAYS[one.verdict]}{means}"}


def _coverage(data: ReportData) -> Figure:
    steps = counting.whole_funnel(data)
    known, inside = steps[counting.Step.KNOWN], steps[counting.Step.LOGGED_IN]
    own = counting.snapshots(data.assets)
    sent = f"; {own:,} more sent a description of {'itself' if own == 1 else 'themselves'}" if own else ""
    return Figure(
        f"{inside:,}", f"of {known:,}", "machines could be examined", f"{share(inside, known)} of what is known{sent}"
    )


def _worst(data: ReportData) -> Figure:
    bad = [i for i in data.issues if i.level in WORST]
    if not bad:
        return _none_serious(data)
    told = counting.units(bad)
    critical = sum(i.level is Level.CRITICAL for i in bad)
    return Figure(
        f"{told.issues:,}",
        "",
        "serious weakness" if told.issues == 1 else "serious weaknesses",
        f"{critical:,} of them critical, on {count(told.assets, 'machine')}",
    )


def _none_serious(data: ReportData) -> Figure:
    """Nothing was found: where nobody could look that is no nought."""
    if not any(row.judged for row in counting.check_rows(data)) or not any(
        a.logged_in or counting.snapshots((a,)) for a in data.assets
    ):
        return Figure("?", "", "serious weaknesses", "unknown: no machine could be examined")
    return Figure("0", "", "serious weaknesses", "found, where the scan could look")


def _late(data: ReportData) -> Figure:
    if data.clocks is None:
        return Figure("?", "", "past the date for fixing", "no clocks were worked out")
    left = [one for one in data.clocks.findings if clocks.still_open(one)]
    late = clocks.breached(data.clocks)
    gone = len(late) - sum(map(clocks.still_open, late))
    if not left and not gone:
        return Figure("0", "", "past the date for fixing", "no open finding is known that has such a date")
    after = f"; {gone:,} more {'was' if gone == 1 else 'were'} fixed after it" if gone else ""
    return Figure(
        f"{len(late) - gone:,}",
        f"of {len(left):,}",
        "past the date for fixing",
        f"open findings with such a date{after}",
    )


def _change(data: ReportData, points: tuple[Backlog, ...]) -> Figure:
    new, fixed = counting.first_seen_by(data.issues, data.scan_id), len(data.fixed)
    back = counting.came_back(data.issues)
    returned = f"; {back:,} of the open had been fixed before" if back else ""
    return Figure(
        f"{fixed:,}", "", "proven fixed by this scan", f"{new:,} seen for the first time{returned}{_trend(points)}"
    )


def _trend(points: tuple[Backlog, ...]) -> str:
    if len(points) < 2:
        return ""
    moved, since = points[-1].open - points[-2].open, day(points[-2].at)
    told = f"{abs(moved):,} {'more' if moved > 0 else 'fewer'} open than" if moved else "as many open as"
    return f"; {told} on {since}"


def _wrong(data: ReportData) -> Iterable[str]:
    """The three themes that weigh most, by risk, in plain words."""
    for theme, row in list(counting.by_theme_risk(data.issues).items())[:MOST_ROWS_OF_THEMES]:
        serious = sum(row[level].issues for level in WORST)
        whole = [i for i in data.issues if i.check.theme is theme]
        told = counting.units(whole)
        words = PLAIN.get(theme) or theme_name(theme)
        yield f"{words}: {count(told.issues, 'issue')} on {count(told.assets, 'machine')}{_so_serious(serious, told)}."
    if not data.issues:
        yield summary.found(data)


def _so_serious(serious: int, told: counting.Units) -> str:
    if serious == told.issues:
        return ", serious" if serious == 1 else ", all serious"
    return f", {serious:,} of them serious" if serious else ", not serious"


def _actions(data: ReportData) -> Iterable[str]:
    """What removes most, then the serious issues that no update removes."""
    told = fix_first(data)
    if told.fixes:
        names = [summary.unit_name(f.issue) for f in told.fixes]
        gone = f", and {share(told.part, told.whole)} of the critical and high findings are gone" if told.part else ""
        updates = count(len(names), "update")
        yield f"Install {updates} on {count(told.assets, 'machine')}{gone}: {safe_text(listing(names, MOST_NAMES))}."
    others = [i for i in with_remedy(data) if i.level in WORST and not i.subject]
    for issue in others[:MOST_ACTIONS]:
        yield f"Put right: {safe_text(issue.title)} ({count(len(issue.assets), 'machine')})."


def _unknown(data: ReportData) -> Iterable[str]:
    """What could not be looked at, in words."""
    if dark := summary.areas_in_the_dark(data):
        yield dark
    steps = counting.whole_funnel(data)
    away = steps[counting.Step.KNOWN] - steps[counting.Step.LOGGED_IN]
    if away:
        yield f"{count(away, 'machine')} could not be examined: {listing(_reasons(data), MOST_UNKNOWN)}."
    if data.carried:
        was, it_counts = ("was", "it counts") if len(data.carried) == 1 else ("were", "they count")
        yield f"{count(len(data.carried), 'earlier finding')} {was} not looked at again; {it_counts} as open."
    stale = [s.name for s in data.sources if s.stale]
    if stale:
        yield f"Data that was too old: {safe_text(listing(stale, MOST_UNKNOWN))}."


def _reasons(data: ReportData) -> list[str]:
    """Why machines were not logged in to, the commonest first: ``unreachable (41)``."""
    told = Counter(summary.no_login_reason(a) for a in data.assets if not a.logged_in)
    return [f"{reason} ({number:,})" for reason, number in sorted(told.items(), key=lambda one: (-one[1], one[0]))]


def suppliers(data: ReportData) -> list[SupplierRow]:
    """Most overdue first, then most serious findings."""
    owner = {a.uid: a.asset.supplier or "" for a in data.assets}
    rows: dict[str, list[int]] = {key: [0, 0, 0, 0] for key in sorted({*owner.values()})}
    for one in data.assets:
        rows[one.asset.supplier or ""][0] += 1
        rows[one.asset.supplier or ""][1] += one.logged_in
    for issue in data.issues:
        for hit in issue.occurrences:
            if issue.level_of(hit) in WORST and hit.asset_uid in owner:
                rows[owner[hit.asset_uid]][2] += 1
    for late in data.clocks.findings if data.clocks else ():
        if late.lead.status is Status.BREACHED and clocks.still_open(late) and late.supplier in rows:
            rows[late.supplier][3] += 1
    made = [SupplierRow(_name(data, key), *row) for key, row in rows.items()]
    return sorted(made, key=lambda row: (-row.late, -row.worst, row.name))


def _services(data: ReportData) -> Iterable[str]:
    """The services that a rule speaks against most, by the best verdict that they can still have."""
    told = data.verdicts.services if data.verdicts else ()
    worst = max((one.ceiling for one in told), key=lambda verdict: verdict.rank, default=Verdict.ACCREDIT)
    names = sorted(safe_text(one.name, NAME) for one in told if one.ceiling is worst)
    if worst.rank >= Verdict.DOWNGRADE.rank:
        services = count(len(names), "service")
        yield f"Nothing better than {worst.value} is possible for {services}: {listing(names, MOST_NAMES)}."


def _name(data: ReportData, key: str) -> str:
    known = data.suppliers.get(key)
    return known.name if known else key or "no supplier named"


def _decisions(data: ReportData) -> Iterable[str]:
    """What waits for a person."""
    told = accepted(data.on_record)
    waiting = [one for one in told if one.acceptance and not one.acceptance.granted]
    if waiting:
        wait = "waits" if len(waiting) == 1 else "wait"
        yield f"{count(len(waiting), 'request')} to accept a risk {wait} for an answer."
    granted = [one for one in told if one.acceptance and one.acceptance.granted]
    if granted:
        first = granted[0].acceptance
        until = f"; the first of these ends on {day(date.fromisoformat(first.until))}" if first and first.until else ""
        yield f"{count(len(granted), 'risk')} {'is' if len(granted) == 1 else 'are'} accepted for now{until}."
    yield from _services(data)
    if data.verdicts is not None:
        yield "The verdict above is a proposal. A person decides and signs."
