"""Clocks as plain data, and as they are told in every format. Pure; the rules are in docs/clocks.md."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import lru_cache

from checks.clocks import WORDS, Clock, Status
from checks.decision_model import CLOSED
from reports import text
from reports.text import count

MOST_MEMBERS = 6  # named in one line
NONE = "-"


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """A policy that clocks of this report were counted by."""

    id: str
    version: str
    title: str
    source: str
    dated: str  # ISO, of the source
    digest: str
    zone: str
    unit: str  # days, working days
    note: str = ""
    holidays: str = ""  # GB-ENG
    days_off: tuple[date, ...] = ()  # as they were resolved when the scan began
    days_off_from: str = ""  # which library said so
    contracts: tuple[str, ...] = ()  # that name it; empty with ``everywhere``
    everywhere: bool = False  # it holds for every finding


@dataclass(frozen=True, slots=True)
class FindingClocks:
    """All clocks of one finding, the one that leads first."""

    ref: str
    fingerprint: str
    asset_uid: str
    asset: str
    title: str
    check_id: str
    state: str
    level: str  # its risk
    supplier: str  # id in the inventory, "" none
    service: str
    contracts: tuple[str, ...]
    seen: bool  # by this scan; False: it is open from earlier and could not be looked at now
    clocks: tuple[Clock, ...]
    evidence: tuple[str, ...] = ()  # sha256 of the answers it was judged from

    @property
    def lead(self) -> Clock:
        return self.clocks[0]


@dataclass(frozen=True, slots=True)
class ClockReport:
    """``now``: the scan's end, UTC milliseconds."""

    now: int
    policies: tuple[PolicyTold, ...]
    findings: tuple[FindingClocks, ...]  # with a clock; by the one that leads
    without: int = 0  # open findings of which no policy says anything
    chosen: bool = True  # False: the inventory names no policy, the default holds


def breached(report: ClockReport) -> tuple[FindingClocks, ...]:
    """By the day on which it was due."""
    return tuple(one for one in report.findings if one.lead.status is Status.BREACHED)


def still_open(one: FindingClocks) -> bool:
    """Whether the finding still counts: what was fixed after it was due keeps its breach, and is late no more."""
    return one.state not in CLOSED


def by_status(found: Iterable[FindingClocks]) -> dict[Status, int]:
    """Each finding once, under the clock that leads; only what there is."""
    told = [one.lead.status for one in found]
    return {status: told.count(status) for status in Status if status in told}


@dataclass(frozen=True, slots=True)
class Row:
    """One supplier under one contract."""

    supplier: str  # "" where the inventory names none
    contract: str
    findings: int
    statuses: Mapping[Status, int] = field(default_factory=dict)
    first: FindingClocks | None = None  # the first that was breached, else that is due

    @property
    def breached(self) -> int:
        return self.statuses.get(Status.BREACHED, 0)


def by_supplier(report: ClockReport) -> tuple[Row, ...]:
    """A finding under two contracts stands in both rows; most breaches first."""
    groups: dict[tuple[str, str], list[FindingClocks]] = {}
    for one in report.findings:
        for contract in one.contracts or ("",):
            groups.setdefault((one.supplier, contract), []).append(one)
    rows = (Row(*key, len(found), by_status(found), found[0]) for key, found in groups.items())
    return tuple(sorted(rows, key=lambda row: (-row.breached, row.supplier, row.contract)))


def headline(report: ClockReport) -> str:
    """``3 clocks are breached, first: EC-0004 ...``: findings by their leading clock. As the JSON report has it."""
    return _headline(report, "")


def spoken(report: ClockReport) -> str:
    """The headline for a reader: times with their zone, and how many of the late ones have been fixed since."""
    gone = sum(not still_open(one) for one in breached(report))
    if not report.findings and not report.without:
        return "No clock runs: nothing is open."
    belong = "belongs to a finding that has" if gone == 1 else "belong to findings that have"
    return f"{_headline(report, ' UTC')}{f' {gone:,} of them {belong} been fixed since.' if gone else ''}"


def _headline(report: ClockReport, zone: str) -> str:
    late = breached(report)
    if not report.findings:
        return f"No clock runs: {report.without:,} open findings are outside every clock policy."
    if not late:
        first = next((one for one in report.findings if one.lead.status is Status.RUNNING), None)
        due = f"; the next is due {stamp(first.lead.due)}{zone} ({first.ref}, {first.lead.policy})" if first else ""
        return f"No clock is breached{due}."
    one = late[0]
    verb = "clock is" if len(late) == 1 else "clocks are"
    by = f", {days(one.lead.late)} late" if one.lead.late else ""
    return (
        f"{len(late):,} {verb} breached, first: {one.ref} on {one.asset}, due {stamp(one.lead.due)}{zone} by "
        f"{one.lead.policy} ({one.lead.rule}){by}."
    )


def policies_line(report: ClockReport) -> str:
    told = ", ".join(f"{policy.id} version {policy.version} ({policy.digest[:12]})" for policy in report.policies)
    default = "" if report.chosen else " The inventory names none, so the default holds."
    return f"Counted by {told or 'no policy'}.{default}"


def sentence(clock: Clock) -> str:
    """One clock in one sentence."""
    about = _about(clock.members)
    if clock.started is None:
        return f"{about}{clock.policy}, {clock.rule}: {'; '.join(clock.notes)}"
    limit = f"{clock.days:,} {clock.unit}"
    used = f"net {days(clock.net)} of {limit}, gross {days(clock.gross)}"
    start = f"since {stamp(clock.started)}, when {WORDS[clock.start]}"
    parts = (f"{about}{clock.policy}, {clock.rule}: {clock.status.value}; due {stamp(clock.due)}", start, used)
    return "; ".join((*parts, *_fixed(clock), *_pauses(clock), *clock.notes))


def _about(members: Sequence[str]) -> str:
    if not members:
        return ""
    more = f" and {len(members) - MOST_MEMBERS} more" if len(members) > MOST_MEMBERS else ""
    return f"{', '.join(members[:MOST_MEMBERS])}{more}: "


def _fixed(clock: Clock) -> Iterator[str]:
    if clock.last_fail is not None:
        yield f"mended between {stamp(clock.last_fail)} and {stamp(clock.first_pass)}"
    if clock.claim is not None:
        yield f"claimed {stamp(clock.claim)}"
    if clock.waited:
        yield f"waited {duration(clock.waited)} for a look, not charged"
    for start, end in clock.fixed:
        yield f"fixed from {stamp(start)} to {stamp(end)}, not counted"


def _pauses(clock: Clock) -> Iterator[str]:
    for one in clock.stood:
        who = f"asked by {one.pause.asked_by}, granted by {one.pause.approved_by}"
        when = f"{stamp(one.start)} to {stamp(one.end)}" if one.end > one.start else "no time"
        yield f"pause for {one.pause.cause.value}: {when}, {who}" + (f" ({one.note})" if one.note else "")


def stamp(instant: int | None) -> str:
    """Of milliseconds; UTC."""
    return NONE if instant is None else f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m-%d %H:%M}"


def days(worth: Fraction) -> str:
    """Days to two digits; what is more than nothing is never told as 0."""
    text = f"{float(worth):.2f}".rstrip("0").rstrip(".")
    told = "0.01" if worth > 0 and text == "0" else text
    return f"{told} day" if told == "1" else f"{told} days"


def duration(ms: int) -> str:
    hours = round(ms / 3_600_000)
    return count(hours // 24, "day") if hours >= 48 else f"{ms / 3_600_000:.1f} h"


# as JSON values


def plain(report: ClockReport) -> dict[str, object]:
    """Findings that share a clock share what is told of it: it is not to be changed."""
    told = _Told()
    return {
        "now": _at(report.now),
        "chosen": report.chosen,
        "headline": headline(report),
        "without": report.without,
        "policies": [_policy(one) for one in report.policies],
        "by_supplier": [_row(row) for row in by_supplier(report)],
        "findings": [plain_finding(one, told) for one in report.findings],
    }


def _policy(one: PolicyTold) -> dict[str, object]:
    words = ("id", "version", "title", "source", "dated", "digest", "zone", "unit", "note", "holidays", "days_off_from")
    return {
        **{word: getattr(one, word) for word in words},
        "days_off": [day.isoformat() for day in one.days_off],
        "contracts": list(one.contracts),
        "everywhere": one.everywhere,
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "supplier": row.supplier,
        "contract": row.contract,
        "findings": row.findings,
        "by_status": {status.value: number for status, number in row.statuses.items()},
        "first": row.first.ref if row.first else None,
    }


class _Told(dict[int, dict[str, object]]):
    """Clocks by their identity: those of alike findings are one object, held by the report while this lives."""

    def of(self, clock: Clock) -> dict[str, object]:
        if id(clock) not in self:
            self[id(clock)] = plain_clock(clock)
        return self[id(clock)]


def plain_finding(one: FindingClocks, told: _Told | None = None) -> dict[str, object]:
    told = _Told() if told is None else told
    words = ("ref", "fingerprint", "asset_uid", "asset", "title", "check_id", "state", "level", "supplier", "service")
    return {
        **{word: getattr(one, word) for word in words},
        "contracts": list(one.contracts),
        "seen": one.seen,
        "evidence": list(one.evidence),
        "clocks": [told.of(clock) for clock in one.clocks],
    }


def plain_clock(clock: Clock) -> dict[str, object]:
    """Instants in UTC, days as numbers."""
    return {
        "policy": clock.policy,
        "rule": clock.rule,
        "status": clock.status.value,
        "members": list(clock.members),
        "start": clock.start.value,
        "started": _at(clock.started),
        "days": clock.days,
        "unit": clock.unit,
        "target": clock.target,
        "due": _at(clock.due),
        "due_without_pauses": _at(clock.due_gross),
        "gross_days": round(float(clock.gross), 4),
        "net_days": round(float(clock.net), 4),
        "late_days": round(float(clock.late), 4),
        "last_fail": _at(clock.last_fail),
        "first_pass": _at(clock.first_pass),
        "claim": _at(clock.claim),
        "waited_hours": round(clock.waited / 3_600_000, 3),
        "fixed_between": [[_at(start), _at(end)] for start, end in clock.fixed],
        "pauses": [
            {
                "cause": one.pause.cause.value,
                "from": _at(one.start),
                "to": _at(one.end),
                "first": one.pause.first.isoformat(),
                "last": one.pause.last.isoformat(),
                "resumed": _at(one.pause.resumed),
                "asked_by": one.pause.asked_by,
                "approved_by": one.pause.approved_by,
                "reason": one.pause.reason,
                "evidence": list(one.pause.evidence),
                "events": list(one.pause.events),
                "note": one.note,
            }
            for one in clock.stood
        ],
        "notes": list(clock.notes),
    }


@lru_cache(maxsize=65_536)
def _at(instant: int | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if instant is None else text.stamp(datetime.fromtimestamp(instant / 1000, UTC))
