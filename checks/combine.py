"""Many series into one: vantage points, parts of a service, parents. Pure sweeps over state intervals.

Where a series says nothing, it says UNKNOWN. The rules keep to what is proven:

- ``any_of`` (vantage points of one service, or parts that stand in for each other): DOWN only when all that could look
  say down and they are at least ``quorum`` (all of them, but for vantage points: two); answers and failures side by
  side are DEGRADED; one answer and nothing else known is what that answer says; a lone failure is UNKNOWN.
- ``all_of`` (parts that are all needed): one DOWN is DOWN; else one UNKNOWN is UNKNOWN; else the worse of the rest.
- ``behind`` (a parent on the way): while the parent is DOWN nobody can see whether the child works: its DOWN is
  UNKNOWN, "unreachable". A child that answers is UP all the same. The outage is the parent's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from inventory.facts.availability import Interval, State

_Opinion = tuple[State, str]
NOBODY: _Opinion = (State.UNKNOWN, "not watched")


def vantages(series: Mapping[str, Iterable[Interval]]) -> tuple[Interval, ...]:
    """One service seen from several places, by name of the place. One place alone is believed as it is."""
    if len(series) == 1:
        return _sweep([tuple(one) for one in series.values()], lambda seen: seen[0])
    names = tuple(sorted(series))
    return _sweep([tuple(series[name]) for name in names], lambda seen: any_of(seen, 2, names))


def redundant(parts: Mapping[str, Iterable[Interval]]) -> tuple[Interval, ...]:
    """Parts that stand in for each other: down when every one is."""
    names = tuple(sorted(parts))
    return _sweep([tuple(parts[name]) for name in names], lambda seen: any_of(seen, len(names), names))


def needed(parts: Mapping[str, Iterable[Interval]]) -> tuple[Interval, ...]:
    """Parts that are all needed: down when one is."""
    names = tuple(sorted(parts))
    return _sweep([tuple(parts[name]) for name in names], lambda seen: all_of(seen, names))


def behind(child: Iterable[Interval], parents: Mapping[str, Iterable[Interval]]) -> tuple[Interval, ...]:
    """A child whose ways all lead through ``parents``; with several, all have to be down before it is unreachable."""
    names = tuple(sorted(parents))

    def seen_through(seen: Sequence[_Opinion]) -> _Opinion:
        own, *ways = seen
        if own[0] is not State.DOWN or not ways or any(state is not State.DOWN for state, _ in ways):
            return own
        return State.UNKNOWN, f"unreachable: {', '.join(names)} down"

    return _sweep([tuple(child), *(tuple(parents[name]) for name in names)], seen_through)


def any_of(seen: Sequence[_Opinion], quorum: int, names: Sequence[str]) -> _Opinion:
    """See the module. ``names`` go with ``seen``."""
    down = [name for name, (state, _) in zip(names, seen, strict=True) if state is State.DOWN]
    answers = [(state, why) for state, why in seen if state in (State.UP, State.DEGRADED)]
    if answers and down:
        return State.DEGRADED, f"down from {', '.join(down)} only"
    if answers:
        return next((one for one in answers if one[0] is State.DEGRADED), (State.UP, ""))
    if down and len(down) >= min(quorum, len(seen)):
        return State.DOWN, next(why for state, why in seen if state is State.DOWN)
    if down:
        return State.UNKNOWN, f"down from {', '.join(down)}, and nobody else could look"
    return State.UNKNOWN, next((why for _, why in seen if why), "")


def all_of(seen: Sequence[_Opinion], names: Sequence[str]) -> _Opinion:
    """See the module."""
    for worst in (State.DOWN, State.UNKNOWN, State.DEGRADED):
        where = [(name, why) for name, (state, why) in zip(names, seen, strict=True) if state is worst]
        if where:
            return worst, "; ".join(f"{name}: {why}" if why else name for name, why in where)
    return State.UP, ""


@dataclass(frozen=True, slots=True)
class Reach:
    """From how many places is it reachable? "Reachable from 19 of 21 sites", with the names of the others."""

    reached: tuple[str, ...]
    not_reached: tuple[str, ...]
    blind: tuple[str, ...]  # could not look

    @property
    def of(self) -> int:
        return len(self.reached) + len(self.not_reached) + len(self.blind)


def reach(states: Mapping[str, State]) -> Reach:
    def where(*wanted: State) -> tuple[str, ...]:
        return tuple(sorted(name for name, state in states.items() if state in wanted))

    return Reach(where(State.UP, State.DEGRADED), where(State.DOWN), where(State.UNKNOWN, State.EXCLUDED))


def _sweep(
    series: Sequence[Sequence[Interval]], rule: Callable[[Sequence[_Opinion]], _Opinion]
) -> tuple[Interval, ...]:
    """Judge each stretch between two boundaries; neighbours that say the same become one interval."""
    joined: list[Interval] = []
    for start, end, seen in _stretches(series):
        state, why = rule(seen)
        last = joined[-1] if joined else None
        if last and last.end == start and (last.state, last.reason) == (state, why):
            joined[-1] = Interval(last.start, end, state, why)
        else:
            joined.append(Interval(start, end, state, why))
    return tuple(joined)


def _stretches(series: Sequence[Sequence[Interval]]) -> Iterator[tuple[float, float, tuple[_Opinion, ...]]]:
    ordered = [sorted((one for one in each if one.start < one.end), key=lambda one: one.start) for each in series]
    boundaries = sorted({edge for each in ordered for one in each for edge in (one.start, one.end)})
    places = [0] * len(ordered)
    for start, end in pairwise(boundaries):
        for which, each in enumerate(ordered):
            while places[which] < len(each) and each[places[which]].end <= start:
                places[which] += 1
        yield start, end, tuple(_at(each, place, start) for each, place in zip(ordered, places, strict=True))


def _at(intervals: Sequence[Interval], place: int, instant: float) -> _Opinion:
    if place < len(intervals) and intervals[place].start <= instant:
        return intervals[place].state, intervals[place].reason
    return NOBODY
