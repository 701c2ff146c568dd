"""Scan: look at every asset of the plan, judge what was seen, keep it. One visit, one transaction, in any order."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from checks.check import Check, Context
from checks.finding import CheckRun
from inventory.asset import Asset
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.facts.system import System
from scanner.engine import Looked, Pace, look
from scanner.feeds.support_dates import SupportFeed
from scanner.query import Surroundings, Transport
from scanner.service.plan import Plan
from scanner.store.records import HostResult, Saved, ScanKind, ScanPlan, ScanState, StoreError
from scanner.store.store import Store
from scanner.transports import WAYS

HEARTBEAT_SECONDS = 5.0

Write = Callable[..., Any]  # runs a method of the store on the writing thread; awaitable


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
    with _writer() as write, _rarer_collection():
        scan_id = await write(job.store.begin_scan, _stored_plan(job))
        try:
            return await _run(job, watcher, stop, write, scan_id)
        except StoreError as fault:
            raise ScanCutShort(scan_id, fault) from fault


async def _run(job: Job, watcher: Watcher, stop: asyncio.Event, write: Write, scan_id: int) -> Scanned:
    beating = asyncio.create_task(_heartbeat(write, job.store, scan_id))
    visits = look(job.plan.errands, _opener(job), job.pace, stop=stop, on_start=watcher.started)
    state, saved, seen = ScanState.PARTIAL, [], 0
    try:
        async with contextlib.aclosing(visits):
            async for looked in visits:
                runs = judge(job.plan.checks, looked, job.support)
                saved.append(await write(job.store.save_host, scan_id, _result(looked, runs)))
                seen += looked.attempt.missing is None
                watcher.finished(looked, runs, saved[-1])
        state = ScanState.PARTIAL if len(saved) < len(job.plan.errands) else ScanState.COMPLETE
    finally:
        beating.cancel()
        state = await write(job.store.end_scan, scan_id, state, datetime.now(UTC))
    return Scanned(scan_id, state, tuple(saved), len(job.plan.errands) - seen)


def judge(checks: Sequence[Check], looked: Looked, support: SupportFeed) -> tuple[CheckRun, ...]:
    """Every check over one host's facts, as of the time of the visit: the same facts give the same runs, always."""
    context = Context(looked.asset, looked.facts, looked.attempt.started_at, support.dates)
    return tuple(run for check in checks for run in check.judge(context, looked.privileges))


def _stored_plan(job: Job) -> ScanPlan:
    return ScanPlan(
        estate=job.estate,
        assets=job.plan.assets,
        checks=tuple(check.id for check in job.plan.checks),
        started_at=datetime.now(UTC),
        tool_version=job.tool_version,
        catalogue_digest=job.catalogue_digest,
        support_digest=job.support.digest,
        support_snapshot=job.support.dates.snapshot.isoformat(),
        options=job.options,
        kind=job.kind,
        families={check.id: check.family or check.id for check in job.plan.checks},
        supersedes={check.id: check.supersedes for check in job.plan.checks if check.supersedes},
        uses_support=tuple(check.id for check in job.plan.checks if getattr(check.rule, "wants_support", False)),
    )


def _result(looked: Looked, runs: tuple[CheckRun, ...]) -> HostResult:
    identity, system = looked.facts.get("identity"), looked.facts.get("system")
    return HostResult(
        asset=looked.asset,
        attempt=looked.attempt,
        answers=looked.answers,
        runs=runs,
        identity=identity if isinstance(identity, Identity) else None,
        os_name=system.os_name if isinstance(system, System) else "",
        finished_at=looked.finished_at,
    )


def _opener(job: Job) -> Callable[[Asset], Transport]:
    return lambda asset: WAYS[asset.connection.way](asset, job.surroundings)


@contextlib.contextmanager
def _writer() -> Iterator[Write]:
    """One thread writes; the event loop never waits for the disk."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        loop = asyncio.get_running_loop()
        yield lambda call, *given: loop.run_in_executor(thread, call, *given)


@contextlib.contextmanager
def _rarer_collection() -> Iterator[None]:
    """A scan makes many short-lived objects and few cycles: looking for cycles less often saves a tenth of its CPU."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _heartbeat(write: Write, store: Store, scan_id: int) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        with contextlib.suppress(
            StoreError
        ):  # a visit that cannot be stored ends the scan; a late sign of life does not
            await write(store.heartbeat, scan_id)
