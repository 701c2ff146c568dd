"""A year of scans, through the product's own plan, bench and record; only the network is played."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from checks.catalogue import catalogue, digest
from checks.check import Check
from examples.simulated.estate import FIRST, HANDOVER, LAST, Thing, months, read, things, written
from examples.simulated.names import areas
from examples.simulated.software import advisories
from examples.simulated.visits import visited
from inventory.estate import Estate
from scanner.feeds.support_dates import load as support
from scanner.service.bench import Bench, result_of
from scanner.service.estate_checks import Gathering, Told
from scanner.service.handovers import freeze_due
from scanner.service.plan import Plan, plan
from scanner.service.planned import basis_of, to_store
from scanner.store.records import HostResult, ScanKind, ScanState
from scanner.store.store import Store, open_store

AWAY = {  # cannot be reached from that day on: two have no line yet, two lost theirs
    areas()[9].id: date(2025, 1, 1),
    areas()[27].id: date(2025, 1, 1),
    areas()[17].id: date(2026, 8, 20),
    areas()[31].id: date(2026, 10, 25),
}
BATCH = 50  # hosts in one transaction
WORKERS = 2
T = TypeVar("T")


@dataclass
class Clock:
    """The record's clock: it shows what the simulation says."""

    now: datetime = datetime(2025, 10, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, to: datetime) -> None:
        """Never back."""
        self.now = max(self.now, to)


@dataclass
class World:
    folder: Path
    store: Store
    clock: Clock
    checks: Sequence[Check] = field(default_factory=catalogue)
    things: Mapping[str, Thing] = field(default_factory=lambda: {one.name: one for one in things()})
    limit: tuple[str, ...] = ()  # only these hosts are looked at; none: all
    first: int = 1  # the scan that the year began with
    _inventories: dict[bool, Estate] = field(default_factory=dict)  # before and after the handover

    def estate(self) -> Estate:
        """The inventory of today."""
        today = self.clock.now.date()
        after = today >= HANDOVER
        if after not in self._inventories:
            self._inventories[after] = read(written(self.folder, today))
        return self._inventories[after]


def new_world(folder: Path, limit: tuple[str, ...] = ()) -> World:
    clock = Clock()
    return World(folder, open_store(str(folder / "record.db"), clock=clock), clock, limit=limit)


def scan_days() -> tuple[date, ...]:
    """Once a month, and the last day."""
    return (*(month.replace(day=FIRST.day) for month in months()), LAST)


def full_scan(world: World, day: date) -> int:
    """The whole estate, from two o'clock at night; the number of the scan comes back."""
    world.clock.set(datetime.combine(day, time(2), UTC))
    estate = world.estate()
    return scan(world, estate, plan(estate, world.checks, day, limit=world.limit), ScanKind.FULL)


def scan(world: World, estate: Estate, planned: Plan, kind: ScanKind) -> int:
    began, store = world.clock.now, world.store
    known = advisories(began.date())
    basis = basis_of(planned.checks, digest(world.checks), support(), known)
    scan_id = store.begin_scan(to_store(basis, estate, planned.assets, kind, began))
    gathering = Gathering(planned.checks, estate.assets, planned.assets)
    for batch in _batches(_seen(_Night(world.things, estate, planned, began))):
        store.save_hosts(scan_id, [result for result, _ in batch])
        for result, told in batch:
            gathering.add(result.asset, told, result.attempt.started_at)
    for judged in _batches(gathering.results(estate.policy)):
        store.add_estate_runs(scan_id, judged)
    world.clock.set(began + timedelta(minutes=2 if kind is ScanKind.VERIFY else 70))
    freeze_due(store, planned.checks, scan_id)
    store.people.tick({check.id: check.severity.rank for check in planned.checks}, scan_id)
    store.end_scan(scan_id, ScanState.COMPLETE, world.clock.now)
    return scan_id


def _batches(all_of_them: Iterable[T]) -> Iterator[list[T]]:
    left = iter(all_of_them)
    while batch := list(islice(left, BATCH)):
        yield batch


@dataclass(frozen=True, slots=True)
class _Night:
    """What the visits of one scan are made from."""

    things: Mapping[str, Thing]
    estate: Estate
    planned: Plan
    began: datetime

    def bench(self) -> Bench:
        known = advisories(self.began.date())
        return Bench(self.planned.checks, support().dates, known, self.estate.policy)

    def seen(self, bench: Bench, place: int) -> tuple[HostResult, Told]:
        """The visit of that place in the plan: asked, read, judged, packed."""
        errand, day = self.planned.errands[place], self.began.date()
        away = frozenset(area for area, since in AWAY.items() if day >= since)
        at = self.began + timedelta(seconds=1 + 9 * place)
        looked = visited(errand, self.things[errand.asset.name], at, away)
        worked = bench.work(looked)
        return result_of(looked, worked), worked.gathered


_tonight: list[tuple[_Night, Bench]] = []  # in a worker: inherited when it is forked


def _seen(night: _Night) -> Iterator[tuple[HostResult, Told]]:
    """In the order of the plan, whoever did the work."""
    places, bench = range(len(night.planned.errands)), night.bench()
    if len(places) < BATCH:
        yield from (night.seen(bench, place) for place in places)
        return
    _tonight[:] = [(night, bench)]
    with get_context("fork").Pool(WORKERS) as pool:
        yield from pool.imap(_at, places, chunksize=20)


def _at(place: int) -> tuple[HostResult, Told]:
    night, bench = _tonight[0]
    return night.seen(bench, place)
