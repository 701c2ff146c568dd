"""Scan: look at every asset of the plan, judge what was seen, keep it. In any order, each visit wholly or not at all.

Three things go on at once: visits (``scanner.engine``), work on what they brought (``scanner.service.workshop``), and
writing (``scanner.service.keeper``). ``Room`` bounds what lies between them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from checks.advisories.library import Advisories
from checks.finding import CheckRun
from inventory.asset import SNAPSHOTS, Asset
from inventory.estate import Estate
from scanner.engine import Looked, Pace, look
from scanner.feeds.support_dates import SupportFeed
from scanner.query import Surroundings, Transport
from scanner.service.bench import Bench, Order, not_counted, order_of, result_of
from scanner.service.estate_checks import Gathering
from scanner.service.garbage import rarer_collection as rarer_collection  # others know it from here
from scanner.service.handovers import freeze_due
from scanner.service.intake.instead import Instead
from scanner.service.intake.visit import OfSnapshot, as_of
from scanner.service.keeper import LINGER_SECONDS, Keeper, Room, Write
from scanner.service.plan import Plan
from scanner.service.planned import Basis, basis_of, to_store
from scanner.service.shut import Shut
from scanner.service.worker_process import SMALL
from scanner.service.workshop import Maker, maker_for
from scanner.store.records import Saved, ScanKind, ScanPlan, ScanState, StoreError
from scanner.store.store import Store
from scanner.transports import WAYS

HEARTBEAT_SECONDS = 5.0
ESTATE_BATCH = 100  # visits to which runs are added in one transaction
ROOM_VISITS = 24  # that were made and are not stored yet
ROOM_BYTES = 32 << 20  # of their answers


@dataclass(frozen=True, slots=True)
class Job:
    """Everything one scan works with."""

    plan: Plan
    estate: Estate
    store: Store
    surroundings: Surroundings
    support: SupportFeed
    catalogue_digest: str
    tool_version: str
    pace: Pace = field(default_factory=Pace)
    kind: ScanKind = ScanKind.FULL
    options: Mapping[str, str] = field(default_factory=dict)
    advisories: Advisories | None = None
    feeds_folder: Path | None = None  # where those lie, for the worker
    gate: Callable[[Asset], str] = lambda _: ""  # why a host must not be begun now; "": it may

    @property
    def order(self) -> Order:
        """For the worker."""
        policy = self.estate.policy
        return order_of(
            self.plan.checks, self.catalogue_digest, self.support, self.advisories, self.feeds_folder, policy
        )

    @property
    def basis(self) -> Basis:
        made = basis_of(self.plan.checks, self.catalogue_digest, self.support, self.advisories)
        return replace(made, tool_version=self.tool_version)


class Watcher:
    """What a progress view may follow. This one is silent."""

    def started(self, asset: Asset, /) -> None:
        """A visit begins."""

    def finished(self, looked: Looked, _runs: Sequence[CheckRun], _saved: Saved, /) -> None:
        """A visit is over, judged and stored."""


@dataclass(frozen=True, slots=True)
class Scanned:
    scan_id: int
    state: ScanState
    saved: tuple[Saved, ...]
    unseen: int  # assets that were planned, and whose visit did not go through


class ScanCutShort(Exception):
    """The record could no longer be written in the middle of a scan; what was stored before is kept."""

    def __init__(self, scan_id: int, cause: StoreError) -> None:
        super().__init__(
            f"scan {scan_id} was cut short: {cause}. What it stored before is kept; "
            f"to see it: estatecheck report --scan {scan_id}"
        )
        self.scan_id = scan_id


async def scan(job: Job, watcher: Watcher, stop: asyncio.Event) -> Scanned:
    """Run the plan to its end, or to ``stop``; what was collected by then is kept and the scan says it is partial.

    Raises :class:`StoreError` before anything is touched, :class:`ScanCutShort` after that, when the record cannot be
    written.
    """
    with _writer() as write, rarer_collection():
        scan_id = await write(job.store.begin_scan, _stored_plan(job))
        try:
            return await _run(job, watcher, stop, write, scan_id)
        except StoreError as fault:
            raise ScanCutShort(scan_id, fault) from fault


async def _run(job: Job, watcher: Watcher, stop: asyncio.Event, write: Write, scan_id: int) -> Scanned:
    beating = asyncio.create_task(_heartbeat(write, job.store, scan_id))
    visits = look(job.plan.errands, _opener(job), job.pace, stop=stop, on_start=watcher.started)
    bench = Bench(job.plan.checks, job.support.dates, job.advisories, job.estate.policy)
    state, saved, seen = ScanState.PARTIAL, list[Saved](), 0
    keeper, room = _keeper(job, write, scan_id), Room(ROOM_VISITS, ROOM_BYTES)
    gathering = Gathering(job.plan.checks, job.estate.assets, job.plan.assets)
    instead = Instead(job.store.snapshots) if job.kind is ScanKind.FULL else None  # nothing of theirs verifies

    async def finish(looked: Looked, maker: Maker) -> None:
        nonlocal seen
        looked = await instead.of(looked) if instead else looked
        worked = await maker.work(looked)
        looked = as_of(not_counted(looked, worked))
        saved.append(await keeper.keep(result_of(looked, worked)))
        gathering.add(looked.asset, worked.gathered, looked.attempt.started_at)
        seen += looked.attempt.missing is None
        watcher.finished(looked, worked.runs, saved[-1])

    try:
        async with (
            maker_for(len(job.plan.errands), bench, job.order) as maker,
            contextlib.aclosing(visits),
            _together() as hosts,
        ):
            async for looked in visits:
                await room.take(looked)
                hosts.create_task(finish(looked, maker)).add_done_callback(partial(room.give_back, looked))
        state = ScanState.PARTIAL if len(saved) < len(job.plan.errands) else ScanState.COMPLETE
        saved = _together_with(saved, await _of_estate(job, write, scan_id, gathering))
        await write(freeze_due, job.store, job.plan.checks, scan_id)
        await write(job.store.people.tick, {check.id: check.severity.rank for check in job.plan.checks}, scan_id)
    finally:
        beating.cancel()
        state = await write(job.store.end_scan, scan_id, state, datetime.now(UTC))
    return Scanned(scan_id, state, tuple(saved), len(job.plan.errands) - seen)


async def _of_estate(job: Job, write: Write, scan_id: int, gathering: Gathering) -> list[Saved]:
    """Judges the checks of the whole estate, some visits in one transaction."""
    results = list(gathering.results(job.estate.policy))
    saved: list[Saved] = []
    for start in range(0, len(results), ESTATE_BATCH):
        saved += await write(job.store.add_estate_runs, scan_id, results[start : start + ESTATE_BATCH])
    return saved


def _together_with(saved: Sequence[Saved], later: Iterable[Saved]) -> list[Saved]:
    """One for each visit, with what the checks of the whole estate moved on its asset."""
    by_uid: dict[str, Saved] = {}
    for one in later:
        by_uid[one.uid] = _both(by_uid[one.uid], one) if one.uid in by_uid else one
    return [_both(one, by_uid.pop(one.uid)) if one.uid in by_uid else one for one in saved]


def _both(visit: Saved, estate: Saved) -> Saved:
    return replace(
        visit,
        opened=(*visit.opened, *estate.opened),
        fixed=(*visit.fixed, *estate.fixed),
        regressed=(*visit.regressed, *estate.regressed),
        refused={**visit.refused, **estate.refused},
    )


@contextlib.asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that end together. The first fault comes out as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as faults:
        first: BaseException = faults
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from first.__cause__


def _stored_plan(job: Job) -> ScanPlan:
    return to_store(job.basis, job.estate, job.plan.assets, job.kind, datetime.now(UTC), job.options)


def _keeper(job: Job, write: Write, scan_id: int) -> Keeper:
    return Keeper(write, job.store, scan_id, 0.0 if len(job.plan.errands) < SMALL else LINGER_SECONDS)


def _opener(job: Job) -> Callable[[Asset], Transport]:
    def opened(asset: Asset) -> Transport:
        why = job.gate(asset)
        if why:
            return Shut(asset, why)
        if asset.connection.way in SNAPSHOTS:
            return OfSnapshot(asset, job.store.snapshots)
        return WAYS[asset.connection.way](asset, job.surroundings)

    return opened


@contextlib.contextmanager
def _writer() -> Iterator[Write]:
    """One thread writes; the event loop never waits for the disk."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        loop = asyncio.get_running_loop()
        yield lambda call, *given: loop.run_in_executor(thread, call, *given)


async def _heartbeat(write: Write, store: Store, scan_id: int) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        with contextlib.suppress(
            StoreError
        ):  # a visit that cannot be stored ends the scan; a late sign of life does not
            await write(store.heartbeat, scan_id)
