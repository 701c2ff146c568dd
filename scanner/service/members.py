"""What hosts share, on its way from the worker: lists of members, of which an outdated kernel has thousands, and runs.

Each goes over once. Later results name it by its number; both ends forget together when there are too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.finding import CheckRun, Member
from scanner.service.bench import Worked

MOST = 500_000  # members that both ends remember: about 200 MB, were they all different
MOST_RUNS = 20_000  # runs without members; about 20 MB

Members = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One result without its runs. ``generation`` grows when everything that was sent before is forgotten."""

    worked: Worked
    runs: tuple[CheckRun | int, ...]  # a run whose list is to be added, or the number of one that has none
    numbers: Mapping[int, int]  # place among the runs -> number of its list
    new: Mapping[int, Members]
    new_runs: Mapping[int, CheckRun]
    generation: int


class Sent:
    """The worker's side."""

    def __init__(self) -> None:
        # by identity; what is named is held, so its identity stays its own
        self._known: dict[int, tuple[int, Members]] = {}
        self._runs: dict[int, tuple[int, CheckRun]] = {}
        self._weight = self._generation = 0

    def parcel(self, worked: Worked) -> Parcel:
        if self._weight > MOST or len(self._runs) > MOST_RUNS:
            self._known.clear()
            self._runs.clear()
            self._weight = 0
            self._generation += 1
        new, new_runs = dict[int, Members](), dict[int, CheckRun]()
        numbers = {at: self._number(run.members, new) for at, run in enumerate(worked.runs) if run.members}
        runs = tuple(
            [replace(run, members=()) if run.members else self._run_number(run, new_runs) for run in worked.runs]
        )
        return Parcel(replace(worked, runs=()), runs, numbers, new, new_runs, self._generation)

    def _number(self, members: Members, new: dict[int, Members]) -> int:
        known = self._known.get(id(members))
        if known is None:
            known = self._known[id(members)] = (len(self._known), members)
            new[known[0]] = members
            self._weight += len(members)
        return known[0]

    def _run_number(self, run: CheckRun, new: dict[int, CheckRun]) -> int:
        known = self._runs.get(id(run))
        if known is None:
            known = self._runs[id(run)] = (len(self._runs), run)
            new[known[0]] = run
        return known[0]


class Received:
    """The scanner's side, for one worker."""

    def __init__(self) -> None:
        self._known: dict[int, Members] = {}
        self._runs: dict[int, CheckRun] = {}
        self._generation = 0

    def worked(self, parcel: Parcel) -> Worked:
        if parcel.generation != self._generation:
            self._known.clear()
            self._runs.clear()
            self._generation = parcel.generation
        self._known.update(parcel.new)
        self._runs.update(parcel.new_runs)
        runs = [self._runs[run] if isinstance(run, int) else run for run in parcel.runs]
        for at, number in parcel.numbers.items():
            runs[at] = replace(runs[at], members=self._known[number])
        return replace(parcel.worked, runs=tuple(runs))
