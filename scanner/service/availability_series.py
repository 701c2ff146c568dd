"""The states of one service out of the series of its watches.

All watches of a service are needed, but those of one ``pool`` stand in for each other; a watch that is seen from
several places is one opinion (``checks.combine``). A watch counts from when it was declared until it was taken out of
the inventory, so that taking one out hides nothing of what it saw, and a new one makes no earlier time unknown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from checks import combine
from inventory.asset import Asset
from inventory.facts.availability import Interval
from inventory.watch import Watching
from scanner.store.series import Series
from scanner.store.sightings import Sighting
from scanner.store.watching.records import Registered, Seal, SeriesRow

HERE = "the scanner"
Spans = tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the series come from: the record as it stands, or as it was when an hour was sealed."""

    series: Series
    watching: Watching
    now: float
    seal: Seal | None = None
    rows: tuple[SeriesRow, ...] = ()
    watched: Mapping[str, Spans] = field(default_factory=dict)  # by key: when it was declared
    register: tuple[Registered, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of services, by id
    sightings: Mapping[str, Sighting] = field(default_factory=dict)  # of devices, by scans
    assets: Mapping[str, Asset] = field(default_factory=dict)  # of the inventory: whose area and supplier count

    def intervals(self, key: str, start: float, end: float, *, widely: bool = True) -> tuple[Interval, ...]:
        return self.series.intervals(key, start, end, seal=self.seal, widely=widely)


def service_intervals(asked: Source, rows: Sequence[SeriesRow], start: float, end: float) -> tuple[Interval, ...]:
    """The states of a service, out to the proofs of working around the period."""
    first = [asked.intervals(row.key, start, end) for row in rows]
    edges = [edge for series in first if series for edge in (series[0].start, series[-1].end)]
    low, high = min([start, *edges]), max([end, *edges])
    by_watch: dict[str, list[_Part]] = {}
    pools = {row.watch: row.definition.pool for row in rows}
    for row, known in zip(rows, first, strict=True):
        part = _Part(
            row.vantage or HERE,
            known if len(rows) == 1 else asked.intervals(row.key, low, high, widely=False),
            tuple((begin, high if until is None else until) for begin, until in asked.watched[row.key]),
        )
        by_watch.setdefault(row.watch, []).append(part)
    seen = [_one(name, parts, low, high, combine.vantages) for name, parts in sorted(by_watch.items())]
    return _joined(list(_pooled(seen, pools, low, high)), low, high, combine.needed)


def _pooled(seen: Sequence["_Part"], pools: Mapping[str, str | None], low: float, high: float) -> Iterator["_Part"]:
    """Those that stand in for each other are one part of the service."""
    members: dict[str, list[_Part]] = {}
    for part in seen:
        pool = pools[part.name]
        if pool is None:
            yield part
        else:
            members.setdefault(pool, []).append(part)
    for pool, parts in sorted(members.items()):
        yield _one(f"pool {pool}", parts, low, high, combine.redundant)


Rule = Callable[[Mapping[str, Iterable[Interval]]], tuple[Interval, ...]]


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    intervals: tuple[Interval, ...]
    declared: tuple[tuple[float, float], ...]  # when it was to be looked at


def _one(name: str, parts: Sequence[_Part], low: float, high: float, rule: Rule) -> _Part:
    return _Part(name, _joined(parts, low, high, rule), tuple(_spans(parts)))


def _spans(parts: Iterable[_Part]) -> Iterator[tuple[float, float]]:
    for part in parts:
        yield from part.declared


def _joined(parts: Sequence[_Part], low: float, high: float, rule: Rule) -> tuple[Interval, ...]:
    """Stretch by stretch, with those parts that were to be looked at then; the others have no voice in it."""
    edges = sorted({low, high, *(edge for span in _spans(parts) for edge in span if low < edge < high)})
    found: list[Interval] = []
    for start, end in pairwise(edges):
        there = [part for part in parts if any(a <= start and end <= b for a, b in part.declared)]
        series = {part.name: tuple(clipped(part.intervals, start, end)) for part in there}
        found += next(iter(series.values())) if len(series) == 1 else rule(series) if series else ()
    return tuple(_merged(found))


def clipped(intervals: Iterable[Interval], start: float, end: float) -> Iterator[Interval]:
    for one in intervals:
        if one.start < end and one.end > start:
            yield replace(one, start=max(one.start, start), end=min(one.end, end))


def _merged(intervals: Iterable[Interval]) -> Iterator[Interval]:
    last: Interval | None = None
    for one in intervals:
        if last and last.end == one.start and (last.state, last.reason) == (one.state, one.reason):
            last = replace(last, end=one.end)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last
