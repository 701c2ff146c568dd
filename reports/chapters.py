"""Chapters of the report that are worked out from its data alone: plan, root causes, lifecycle, decisions, CVEs. Pure.

Every list is bounded; what is left out is counted, and stands in the JSON report.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from checks.clocks import Status
from checks.finding import Member, Severity
from checks.risk import Level
from reports import action_plan, caps, on_record
from reports.carried import carried_issues
from reports.clocks import FindingClocks, days, stamp
from reports.counting import Units, root_cause, units
from reports.life import Decided, Life
from reports.parts import part_name
from reports.report import Issue, Occurrence, ReportData
from reports.text import count, day, listing, safe_text, theme_name, utc
from reports.updates import epss_of

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Rows:
    """The first of a list, and how many more there are."""

    rows: tuple[Any, ...]
    more: int = 0

    @property
    def total(self) -> int:
        return len(self.rows) + self.more


def first(found: Iterable[Any], most: int) -> Rows:
    told = tuple(found)
    return Rows(told[:most], max(0, len(told) - most))


def today(data: ReportData) -> date:
    return utc(data.ended_at or data.started_at).date()


# the plan


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One issue with one supplier."""

    issue: Issue
    part: Issue  # its occurrences there
    supplier: str
    owners: str
    due: str  # of the clock that leads, "" none
    late: int  # occurrences past their due date
    claimed: int


def plan(data: ReportData) -> Rows:
    """What is past its due date first, then worst first."""
    owner = {a.uid: a.asset.supplier or "" for a in data.assets}
    people = {a.uid: a.asset.owner for a in data.assets}
    clocks = {one.fingerprint: one for one in data.clocks.findings} if data.clocks else {}
    parts = [(issue, supplier, hit) for issue in data.issues for supplier, hit in _by_supplier(issue, owner)]
    late = {one.fingerprint for one in clocks.values() if one.lead.status is Status.BREACHED}
    parts.sort(key=lambda part: not any(one.fingerprint in late for one in part[2]))
    told = first(parts, caps.HTML_PLAN)
    rows = (
        _plan_line(data, Issue(issue.check, tuple(hit), issue.subject), issue, supplier, people, clocks)
        for issue, supplier, hit in told.rows
    )
    return Rows(tuple(rows), told.more)


def _by_supplier(issue: Issue, owner: Mapping[str, str]) -> list[tuple[str, list[Occurrence]]]:
    parts: dict[str, list[Occurrence]] = {}
    for one in issue.occurrences:
        parts.setdefault(owner.get(one.asset_uid, ""), []).append(one)
    return sorted(parts.items())


def _plan_line(
    data: ReportData,
    part: Issue,
    issue: Issue,
    supplier: str,
    people: Mapping[str, str],
    clocks: Mapping[str, FindingClocks],
) -> PlanLine:
    found = [clocks[o.fingerprint] for o in part.occurrences if o.fingerprint in clocks]
    due = [c.lead.due for c in found if c.lead.due is not None and c.lead.status in (Status.BREACHED, Status.RUNNING)]
    named = data.suppliers.get(supplier)
    return PlanLine(
        issue,
        part,
        named.name if named else supplier or action_plan.NO_SUPPLIER,
        listing(sorted({people[o.asset_uid] for o in part.occurrences if people.get(o.asset_uid)}), 3),
        stamp(min(due)) if due else "",
        sum(c.lead.status is Status.BREACHED for c in found),
        sum(o.state == "CLAIMED_FIXED" for o in part.occurrences),
    )


# what is open, and was not looked at again


def left(data: ReportData, most: int = caps.HTML_LEFT) -> Rows:
    """Pairs of issue and occurrence: findings of earlier scans that still count, the worst first."""
    found = sorted(carried_issues(data), key=lambda pair: (pair[0].level.rank, pair[0].severity.rank))
    return first(found, most)


# root causes


@dataclass(frozen=True, slots=True)
class Cause:
    theme: str
    product: str
    units: Units
    worst: Severity
    level: Level


def causes(data: ReportData) -> Rows:
    """Theme and product, those with most critical and high occurrences first."""
    groups: dict[tuple[Any, str], list[Issue]] = {}
    for issue in data.issues:
        groups.setdefault(root_cause(issue), []).append(issue)
    made = [
        Cause(
            theme_name(theme),
            part_name(product, found),
            units(found),
            min((i.severity for i in found), key=lambda s: s.rank),
            min((i.level for i in found), key=lambda level: level.rank),
        )
        for (theme, product), found in groups.items()
    ]
    return first(sorted(made, key=lambda c: (c.worst.rank, -c.units.occurrences, c.theme, c.product)), caps.HTML_CAUSES)


# what loses support


@dataclass(frozen=True, slots=True)
class Ending:
    """One product with one last day, and where it runs."""

    what: str
    ends: date
    left: int  # days; below 0 it is over
    assets: tuple[str, ...]
    sentence: str

    @property
    def word(self) -> str:
        return "ended" if self.left < 0 else "ends within 6 months" if self.left <= 183 else "ends within 12 months"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    rows: Rows
    ended: int  # assets
    soon: int
    later: int  # products on assets whose support goes on for longer
    asked: bool


def lifecycle(data: ReportData) -> Lifecycle:
    """What has lost its support, or loses it in the 12 months after the scan; the oldest first."""
    told, now = (data.life or Life()).support, today(data)
    near = [one for one in told if one.ends <= now + YEAR]
    rows = []
    for (ends, what), group in groupby(near, key=lambda one: (one.ends, one.what)):
        found = list(group)
        names = tuple(sorted({one.asset for one in found}))
        rows.append(Ending(what, ends, (ends - now).days, names, found[0].observed))
    return Lifecycle(
        first(rows, caps.HTML_SUPPORT),
        len({one.asset_uid for one in near if one.ends < now}),
        len({one.asset_uid for one in near if one.ends >= now}),
        len(told) - len(near),
        bool(told),
    )


# decisions


@dataclass(frozen=True, slots=True)
class Accepted:
    ref: str
    asset: str
    title: str
    risk: str
    by: str
    ends: str
    over: bool
    granted: bool
    reason: str
    name: str


def acceptances(data: ReportData) -> Rows:
    """In force or asked for; the first to end first."""
    asked = {one.fingerprint for one in on_record.accepted(data.on_record)}
    found = ((i, o) for i in data.issues for o in i.occurrences if o.fingerprint in asked)
    shown = {o.fingerprint: (o, i.title, i.level_of(o).value) for i, o in found}
    titles = {c.id: c.title for c in data.checks}
    left = {o.fingerprint: (o, titles.get(o.check_id, o.check_id), _level(o)) for o in data.carried}
    made = []
    for one in on_record.accepted(data.on_record):
        occurrence, title, level = (left | shown).get(one.fingerprint, (None, "", ""))
        given = one.acceptance
        if given is None or occurrence is None:
            continue
        over = bool(given.until) and given.until < today(data).isoformat()
        who = f"{given.by} ({given.role})"
        made.append(
            Accepted(
                one.ref, occurrence.asset, title, level, who, on_record.ends(given, today(data)), over, given.granted,
                given.reason, given.name,
            )
        )  # fmt: skip
    return first(made, caps.HTML_ACCEPTANCES)


def _level(one: Occurrence) -> str:
    return one.risk.level.value if one.risk else one.severity.value if one.severity else ""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str
    decisions: int
    last: str
    did: str


def people(data: ReportData) -> tuple[Person, ...]:
    """Who spoke of the findings of this report, by name."""
    groups: dict[tuple[str, str], list[Decided]] = {}
    for one in (data.life or Life()).decisions:
        groups.setdefault((one.actor, one.role), []).append(one)
    return tuple(
        Person(name, role_words(data, role, name), len(told), day(max(one.at for one in told)), _did(told))
        for (name, role), told in sorted(groups.items())
    )


def role_words(data: ReportData, role: str, name: str) -> str:
    """``supplier:larkspur`` as ``supplier Larkspur``; its name is not repeated beside itself."""
    kind, _, key = role.partition(":")
    known = data.suppliers.get(key)
    if not key or known is None:
        return role
    return kind if known.name == name else f"{kind} {known.name}"


def _did(told: Iterable[Decided]) -> str:
    tally = Counter(one.action.replace("-", " ") for one in told)
    return ", ".join(f"{n:,} × {action}" for action, n in sorted(tally.items()))


def decisions(data: ReportData) -> Rows:
    """The newest first."""
    told = sorted((data.life or Life()).decisions, key=lambda one: (one.at, one.ref), reverse=True)
    shown = first(told, caps.HTML_DECISIONS)
    return Rows(tuple(replace(one, role=role_words(data, one.role, one.actor)) for one in shown.rows), shown.more)


@dataclass(frozen=True, slots=True)
class Rerated:
    ref: str
    asset: str
    title: str
    severity: str
    level: str
    why: str


def ratings(data: ReportData) -> Rows:
    """Occurrences whose risk is another than their severity; what a person set comes first."""
    made = []
    for issue in data.issues:
        for one in issue.occurrences:
            severity = (one.severity or issue.check.severity).value
            if one.risk is None or one.risk.level.value == severity:
                continue
            said = one.risk.override
            why = f"{said.actor} ({said.role}): {said.reason}; until {day(said.until)}" if said else ""
            told = why or "; ".join(one.risk.lines)
            made.append((not said, Rerated(one.ref, one.asset, issue.title, severity, one.risk.level.value, told)))
    return first((row for _, row in sorted(made, key=lambda pair: pair[0])), caps.HTML_RATINGS)


# CVEs


@dataclass(frozen=True, slots=True)
class Weakness:
    id: str
    severity: Severity | None
    exploited: bool
    epss: float
    score: str
    issues: tuple[Issue, ...]
    assets: int


def cves(data: ReportData) -> Rows:
    """Each CVE once over all issues: exploited ones first, then by severity and EPSS."""
    found: dict[str, list[Member]] = {}
    for member in {id(m): m for i in data.issues for o in i.occurrences for m in o.members}.values():
        if member.id.startswith("CVE-"):
            found.setdefault(member.id, []).append(member)
    told = first(sorted((_weakness(key, members) for key, members in found.items()), key=_worth), caps.HTML_ALL_CVES)
    places = _places(data, {one.id for one in told.rows})
    return Rows(tuple(replace(w, issues=places[w.id][0], assets=places[w.id][1]) for w in told.rows), told.more)


def _worth(one: Weakness) -> tuple[bool, int, float, str]:
    return not one.exploited, one.severity.rank if one.severity else len(Severity), -one.epss, one.id


def _weakness(key: str, members: Sequence[Member]) -> Weakness:
    """Without where it stands."""
    scores = sorted({m.attributes["score"] for m in members if m.attributes.get("score")})
    return Weakness(
        key,
        min((m.severity for m in members if m.severity), key=lambda s: s.rank, default=None),
        any(m.attributes.get("kev") for m in members),
        max(map(epss_of, members), default=0.0),
        scores[-1] if scores else "",
        (),
        0,
    )


def _places(data: ReportData, wanted: Container[str]) -> dict[str, tuple[tuple[Issue, ...], int]]:
    """CVE -> the issues that have it, and on how many assets it is."""
    issues: dict[str, dict[int, Issue]] = {}
    assets: dict[str, set[str]] = {}
    for issue in data.issues:
        for one in issue.occurrences:
            for name in {m.id for m in one.members if m.id in wanted}:
                issues.setdefault(name, {})[id(issue)] = issue
                assets.setdefault(name, set()).add(one.asset_uid)
    return {name: (tuple(found.values()), len(assets[name])) for name, found in issues.items()}


# of one occurrence


def clock_line(one: FindingClocks) -> str:
    """``✗ 4 days late: was due 2025-03-12 (moj)``, ``due 2025-03-12 (moj)``."""
    clock = one.lead
    due = f"due {stamp(clock.due)[:10]}" if clock.due is not None else "no due date"
    policy = safe_text(clock.policy, 60)
    if clock.status is Status.BREACHED:
        return f"✗ {days(clock.late)} late: was {due} ({policy})" if clock.late else f"✗ breached: was {due} ({policy})"
    return f"{due} ({policy})" if clock.status is Status.RUNNING else f"{due} ({policy}, {clock.status.value})"


def record_line(one: on_record.OnRecord) -> str:
    """What was said of it last: a claim, an acceptance, a comment; empty when nothing."""
    if one.acceptance:
        return (
            f"accepted: {on_record.words(one.acceptance)}"
            if one.acceptance.granted
            else on_record.words(one.acceptance)
        )
    if one.claimed:
        change = f" ({one.change})" if one.change else ""
        return f"claimed fixed on {one.claim_day} by {one.claimed_by}{change}"
    return one.comment


def headline_counts(data: ReportData) -> str:
    """For the title of the plan."""
    late = sum(1 for one in data.clocks.findings if one.lead.status is Status.BREACHED) if data.clocks else 0
    return f"{count(late, 'finding')} past the due date" if late else ""
