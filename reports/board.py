"""The board's page: one page, one minute, plain words. Pure; every number is one of the full report's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from checks.accreditation_rules import Verdict
from checks.check import Theme
from checks.clocks import Status
from checks.risk import Level
from reports import charts_time, counting, summary
from reports.life import Backlog, Life, burn_down
from reports.on_record import accepted
from reports.report import ReportData
from reports.text import count, day, listing, safe_text, share, theme_name
from reports.updates import fix_first, with_remedy

MOST_ROWS = 6  # of suppliers
MOST_ACTIONS = 3
MOST_ROWS_OF_THEMES = 4
MOST_NAMES = 5
MOST_UNKNOWN = 3
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
    points = burn_down((data.life or Life()).backlog)
    rows = suppliers(data)
    return {
        "verdict": _verdict(data),
        "figures": [_coverage(data), _worst(data), _late(data), _change(data, points)],
        "chart": charts_time.burn_down(points, CHART) if len(points) > 1 else None,
        "points": charts_time.drawn(points),
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
    held = (
        ""
        if one.ceiling is one.verdict
        else f" Even with more evidence it could not be better than {one.ceiling.value}."
    )
    return {"sign": SIGNS[one.verdict], "word": one.verdict.value, "says": f"{SAYS[one.verdict]}{held}"}


def _coverage(data: ReportData) -> Figure:
    steps = counting.funnel(data.assets)
    known, inside = steps[counting.Step.KNOWN], steps[counting.Step.LOGGED_IN]
    return Figure(
        f"{inside:,}", f"of {known:,}", "machines could be examined", f"{share(inside, known)} of what is known"
    )


def _worst(data: ReportData) -> Figure:
    bad = [i for i in data.issues if i.level in WORST]
    told = counting.units(bad)
    critical = sum(i.level is Level.CRITICAL for i in bad)
    return Figure(
        f"{told.issues:,}",
        "",
        "serious weakness" if told.issues == 1 else "serious weaknesses",
        f"{critical:,} of them critical, on {count(told.assets, 'machine')}",
    )


def _late(data: ReportData) -> Figure:
    if data.clocks is None:
        return Figure("?", "", "past the date agreed for fixing", "no clocks were worked out")
    found = data.clocks.findings
    late = sum(one.lead.status is Status.BREACHED for one in found)
    return Figure(f"{late:,}", f"of {len(found):,}", "past the date agreed for fixing", "findings with such a date")


def _change(data: ReportData, points: tuple[Backlog, ...]) -> Figure:
    new, fixed = counting.first_seen_by(data.issues, data.scan_id), len(data.fixed)
    back = counting.came_back(data.issues)
    returned = f", {back:,} had been fixed before" if back else ""
    trend = ""
    if len(points) > 1:
        moved = points[-1].open - points[-2].open
        trend = (
            f"; {abs(moved):,} {'more' if moved > 0 else 'fewer'} open than before"
            if moved
            else "; as many open as before"
        )
    return Figure(f"{fixed:,}", "", "proven fixed by this scan", f"{new:,} seen for the first time{returned}{trend}")


def _wrong(data: ReportData) -> Iterable[str]:
    """The three themes that weigh most, by risk, in plain words."""
    for theme, row in list(counting.by_theme_risk(data.issues).items())[:MOST_ROWS_OF_THEMES]:
        serious = sum(row[level].issues for level in WORST)
        whole = [i for i in data.issues if i.check.theme is theme]
        told = counting.units(whole)
        words = PLAIN.get(theme) or theme_name(theme)
        yield f"{words}: {count(told.issues, 'issue')} on {count(told.assets, 'machine')}, {serious:,} of them serious."
    if not data.issues:
        yield summary.found(data)


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
    steps = counting.funnel(data.assets)
    away = steps[counting.Step.KNOWN] - steps[counting.Step.LOGGED_IN]
    if away:
        reasons = counting.gaps_by_reason(counting.all_gaps(data))
        named = [r.reason for r in reasons][:MOST_UNKNOWN]
        yield f"{count(away, 'machine')} could not be examined. Commonest reasons: {listing(named, len(named))}."
    stale = [s.name for s in data.sources if s.stale]
    if stale:
        yield f"Data that was too old: {safe_text(listing(stale, MOST_UNKNOWN))}."


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
        if late.lead.status is Status.BREACHED and late.supplier in rows:
            rows[late.supplier][3] += 1
    made = [SupplierRow(_name(data, key), *row) for key, row in rows.items()]
    return sorted(made, key=lambda row: (-row.late, -row.worst, row.name))


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
    if data.verdicts is not None:
        yield "The verdict above is a proposal. A person decides and signs."
