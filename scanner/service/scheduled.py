"""One run of a schedule, from inside its process: hosts are begun only in its hours, and it ends in time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scanner.service.scan import Job, Scanned, Watcher, scan
from scanner.store.records import ScanRunning

AGAIN_SECONDS = 5.0  # while another scan works on the record

Run = Callable[[Job, Watcher, asyncio.Event], Awaitable[Scanned]]


@dataclass(frozen=True, slots=True)
class Outcome:
    scanned: Scanned | None  # None: it never began
    out_of_time: bool
    stopped: bool


async def run_scheduled(
    job: Job, max_seconds: float, watcher: Watcher, stop: asyncio.Event, run: Run = scan
) -> Outcome:
    """Waits for its turn when another scan works on the record. Raises what ``scan`` raises, except ScanRunning."""
    ending, late = asyncio.Event(), asyncio.Event()
    limits = asyncio.create_task(_limit(max_seconds, stop, ending, late))
    scanned: Scanned | None = None
    try:
        while scanned is None and not ending.is_set():
            try:
                scanned = await run(job, watcher, ending)
            except ScanRunning:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), AGAIN_SECONDS)
    finally:
        limits.cancel()
    return Outcome(scanned, late.is_set(), stop.is_set())


async def _limit(max_seconds: float, stop: asyncio.Event, ending: asyncio.Event, late: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), max_seconds)
    except TimeoutError:
        late.set()
    ending.set()
