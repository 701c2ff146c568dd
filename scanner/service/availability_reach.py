"""From how many places was each watch of a service reached, at one instant?"""

from collections.abc import Iterator, Sequence

from checks.combine import reach
from inventory.facts.availability import State
from reports.availability import Reached
from scanner.service.availability_series import Source
from scanner.store.watching.records import SeriesRow

MOMENT = 0.001  # seconds: what was known just before


def reached(asked: Source, service: str, rows: Sequence[SeriesRow], at: float) -> Iterator[Reached]:
    """Every watch with vantage points that was watched then, by name. A place that said nothing could not look."""
    by_watch: dict[str, dict[str, State]] = {}
    for row in rows:
        if row.vantage and _watched(asked, row.key, at):
            by_watch.setdefault(row.watch, {})[row.vantage] = _state(asked, row.key, at)
    for watch, states in sorted(by_watch.items()):
        yield Reached(watch, service, at, reach(states))


def _watched(asked: Source, key: str, at: float) -> bool:
    return any(begin < at and (end is None or end >= at) for begin, end in asked.watched.get(key, ()))


def _state(asked: Source, key: str, at: float) -> State:
    known = asked.intervals(key, at - MOMENT, at, widely=False)
    return known[-1].state if known else State.UNKNOWN
