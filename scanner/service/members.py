"""Lists of members on their way from the worker: an outdated kernel has thousands, and hosts share them.

Each list goes over once. Later results name it by its number; both ends forget together when there are too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.finding import Member
from scanner.service.bench import Worked

MOST = 500_000  # members that both ends remember: about 200 MB, were they all different

Members = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One result without its lists. ``generation`` grows when everything that was sent before is forgotten."""

    worked: Worked
    numbers: Mapping[int, int]  # place among the runs -> number of its list
    new: Mapping[int, Members]
    generation: int


class Sent:
    """The worker's side."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Members]] = {}  # by identity; the list is held, so its identity stays its own
        self._weight = self._generation = 0

    def parcel(self, worked: Worked) -> Parcel:
        if self._weight > MOST:
            self._known.clear()
            self._weight = 0
            self._generation += 1
        new: dict[int, Members] = {}
        numbers = {at: self._number(run.members, new) for at, run in enumerate(worked.runs) if run.members}
        bare = tuple(replace(run, members=()) if run.members else run for run in worked.runs)
        return Parcel(replace(worked, runs=bare), numbers, new, self._generation)

    def _number(self, members: Members, new: dict[int, Members]) -> int:
        known = self._known.get(id(members))
        if known is None:
            known = self._known[id(members)] = (len(self._known), members)
            new[known[0]] = members
            self._weight += len(members)
        return known[0]


class Received:
    """The scanner's side, for one worker."""

    def __init__(self) -> None:
        self._known: dict[int, Members] = {}
        self._generation = 0

    def worked(self, parcel: Parcel) -> Worked:
        if parcel.generation != self._generation:
            self._known.clear()
            self._generation = parcel.generation
        self._known.update(parcel.new)
        runs = list(parcel.worked.runs)
        for at, number in parcel.numbers.items():
            runs[at] = replace(runs[at], members=self._known[number])
        return replace(parcel.worked, runs=tuple(runs))
