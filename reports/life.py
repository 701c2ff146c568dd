"""The life of an estate's findings beside one scan's sight of them: what people decided, what was open when, and what
loses its support. Plain data; the service fills it from the record as of the end of the scan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

from checks.finding import Severity
from reports.text import stamp

MONTHS = 92  # days of which a chart shows each scan; of a longer time it shows months


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's signed word about one finding (``checks.statements``)."""

    ref: str
    asset_uid: str
    asset: str  # name
    title: str  # of the finding
    at: datetime
    action: str  # "accept", "override-risk" ...
    actor: str
    role: str
    reason: str = ""
    reference: str = ""
    until: str = ""  # ISO, the last day; "" none was named
    level: str = ""  # of an override: the risk that it gives


@dataclass(frozen=True, slots=True)
class Backlog:
    """What counted when a scan had ended, on the assets of one supplier, and what that scan moved. Occurrences."""

    scan_id: int
    at: datetime
    supplier: str  # id in the inventory, "" none
    open: int
    new: int = 0  # first seen
    back: int = 0  # came back after a proven fix
    fixed: int = 0  # proven
    by_severity: Mapping[Severity, int] = field(default_factory=dict)  # of the open ones; empty: nobody rated them


@dataclass(frozen=True, slots=True)
class SupportEnd:
    """A day on which something on an asset loses its vendor's support."""

    asset_uid: str
    asset: str
    what: str  # "Debian GNU/Linux 12"
    ends: date
    observed: str  # the sentence of the judgement


@dataclass(frozen=True, slots=True)
class Life:
    decisions: tuple[Decided, ...] = ()  # oldest first
    backlog: tuple[Backlog, ...] = ()  # by scan, then supplier
    support: tuple[SupportEnd, ...] = ()  # the first to end first; also what has ended
    before: Mapping[str, str] = field(
        default_factory=dict
    )  # fingerprint of what was proven fixed -> last failing sight


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one supplier's assets: check -> on how many every run of it ended so."""

    passed: Mapping[str, int] = field(default_factory=dict)
    not_applicable: Mapping[str, int] = field(default_factory=dict)


def burn_down(backlog: Iterable[Backlog]) -> tuple[Backlog, ...]:
    """All suppliers together: one row for each scan, the oldest first."""
    found: dict[int, list[Backlog]] = {}
    for one in backlog:
        found.setdefault(one.scan_id, []).append(one)
    return tuple(_sum(scan_id, rows) for scan_id, rows in sorted(found.items()))


def trend(backlog: Iterable[Backlog]) -> tuple[tuple[Backlog, ...], str]:
    """The burn-down as a chart has room for it, and what each of its points is: a "scan" or a "month"."""
    scans = burn_down(backlog)
    points = by_month(scans)
    return points, "scan" if points == scans else "month"


def by_month(points: Iterable[Backlog]) -> tuple[Backlog, ...]:
    """Where they reach over more than :data:`MONTHS` days, one for each month: what was open after its last scan, and
    what all its scans moved, targeted visits among them. Else each scan.
    """
    told = tuple(points)
    if not told or (told[-1].at - told[0].at).days <= MONTHS:
        return told
    months = groupby(told, key=lambda one: (one.at.year, one.at.month))
    return tuple(_month(list(scans)) for _, scans in months)


def _month(scans: list[Backlog]) -> Backlog:
    return replace(
        scans[-1],
        new=sum(one.new for one in scans),
        back=sum(one.back for one in scans),
        fixed=sum(one.fixed for one in scans),
    )


def _sum(scan_id: int, rows: list[Backlog]) -> Backlog:
    rated = {s: sum(row.by_severity.get(s, 0) for row in rows) for s in Severity}
    return Backlog(
        scan_id,
        rows[0].at,
        "",
        sum(row.open for row in rows),
        sum(row.new for row in rows),
        sum(row.back for row in rows),
        sum(row.fixed for row in rows),
        rated if any(row.by_severity for row in rows) else {},
    )


# as JSON values


def plain(life: Life | None) -> dict[str, object] | None:
    """In the shape of docs/report-schema.json; null: nobody asked."""
    if life is None:
        return None
    return {
        "decisions": [_decision(one) for one in life.decisions],
        "backlog": [_row(one) for one in life.backlog],
        "support": [_end(one) for one in life.support],
        "before": dict(sorted(life.before.items())),
    }


def _decision(one: Decided) -> dict[str, object]:
    names = ("ref", "asset_uid", "asset", "title", "action", "actor", "role", "reason", "reference", "until", "level")
    return {**{name: getattr(one, name) for name in names}, "at": stamp(one.at)}


def _row(one: Backlog) -> dict[str, object]:
    names = ("scan_id", "supplier", "open", "new", "back", "fixed")
    rated = {severity.value: number for severity, number in one.by_severity.items()}
    return {**{name: getattr(one, name) for name in names}, "at": stamp(one.at), "by_severity": rated}


def _end(one: SupportEnd) -> dict[str, object]:
    names = ("asset_uid", "asset", "what", "observed")
    return {**{name: getattr(one, name) for name in names}, "ends": one.ends.isoformat()}
