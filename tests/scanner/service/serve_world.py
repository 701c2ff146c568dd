"""Days of the daemon in seconds: a loop whose time is what its timers wait for, real tables, fake probes and scans.

The probers and the runner of scans are fakes: real ones take real time. Everything else is the daemon's own, and the
database is a real one, which outlives every life. ``Life.kill`` throws a daemon's state away: what it does afterwards
reaches the record no more, as after kill -9.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from inventory.estate import Estate
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.service.serve import Daemon
from scanner.service.serve_clock import Clock
from scanner.service.serve_runs import Ended, Errand
from scanner.service.serve_tools import Manner, Tools
from scanner.service.vantages import VantagePoints
from scanner.store.liveness import Process
from scanner.store.records import StoreError
from scanner.store.series import Series
from scanner.store.watching.records import JobState

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC


class _Selector(selectors.SelectSelector):
    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.loop.virtual += timeout
        assert ready or timeout is not None, "nothing would ever happen again"
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.virtual = 0.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.virtual


@dataclass
class WorldClock(Clock):
    """The wall clock may be set while the daemon runs."""

    loop: VirtualLoop
    wall: float = START

    def now(self) -> float:
        return self.wall + self.loop.virtual

    def monotonic(self) -> float:
        return self.loop.virtual


@dataclass
class PlainTicks:
    """In place of APScheduler, which reads the real clock (``tests/scanner/service/test_serve_parts.py`` has it)."""

    clock: Clock
    task: "asyncio.Task[None] | None" = None

    def start(self, job: Callable[[], Awaitable[None]], seconds: float) -> None:
        async def loop() -> None:
            while True:
                await job()
                await self.clock.sleep(seconds)

        self.task = asyncio.get_running_loop().create_task(loop())

    def wake(self) -> None:
        """Its time does not jump."""

    def stop(self) -> None:
        if self.task:
            self.task.cancel()


@dataclass
class World:
    """What outlives every daemon. ``begun`` and ``ended``: runs of scans by (schedule, due)."""

    series: Series
    estate: Estate
    loop: VirtualLoop
    scan_seconds: Callable[[Errand], float] = lambda _: 240.0
    look: Callable[[Watch, float], State] = lambda _watch, _now: State.UP
    begun: list[tuple[str, float, float]] = field(default_factory=list)  # the last: when
    ended: list[tuple[str, float]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    living: set[str] = field(default_factory=set)
    current: str = ""
    vantages: VantagePoints | None = None

    def __post_init__(self) -> None:
        self.clock = WorldClock(self.loop)


@dataclass
class Life:
    """One daemon from its start to its end."""

    world: World
    name: str
    manner: Manner
    killed: bool = False
    task: "asyncio.Task[None] | None" = None
    daemon: Daemon | None = None

    def start(self) -> None:
        self.world.living.add(self.name)
        world = self.world
        tools = Tools(
            series=world.series,
            read_inventory=lambda: world.estate,
            look=self._look,
            runner=self,
            ticks=PlainTicks(world.clock),
            secret=lambda _: "",
            tell=world.told.append,
            who=self.name,
            tool_version="test",
            dead=lambda who: who not in world.living,
            clock=world.clock,
            aside=_inline,
            vantages=world.vantages,
        )
        self.daemon = Daemon(tools, world.estate, self._write, self.manner)
        self.task = world.loop.create_task(self.daemon.run())

    def kill(self) -> None:
        self.killed = True
        self.world.living.discard(self.name)
        if self.task:
            self.task.cancel()

    async def end(self) -> None:
        """In order."""
        assert self.daemon
        assert self.task
        self.daemon.stop.set()
        await self.task
        self.world.living.discard(self.name)

    async def _write(self, call: Callable[..., Any], *given: object) -> object:
        if self.killed:
            raise StoreError("killed")
        self.world.current = self.name
        return call(*given)

    async def _look(self, watch: Watch) -> Sample:
        now = self.world.clock.now()
        await self.world.clock.sleep(0.05)
        state = self.world.look(watch, now)
        return Sample(watch.name, now, state, "" if state is State.UP else "made to fail", {"total": 50.0})

    async def run(self, errand: Errand, began: Callable[[int], None], stop: "asyncio.Task[None]") -> Ended:
        """The fake scan: takes its time, and ends early when it is stopped."""
        world, key = self.world, (errand.schedule, errand.due)
        world.begun.append((*key, world.clock.now()))
        began(len(world.begun))
        await asyncio.wait([stop], timeout=world.scan_seconds(errand))
        if self.killed:
            return Ended(JobState.FAILED)
        world.ended.append(key)
        return Ended(JobState.PARTIAL, "stopped") if stop.done() else Ended(JobState.DONE)


async def _inline(call: Callable[..., Any], *given: object) -> object:
    return call(*given)


@contextmanager
def world_of(series: Series, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Which life is alive is told by name: all of them are this one process."""
    loop = VirtualLoop()
    world = World(series, estate, loop)

    def alive(process: Process, _heard: object, _now: object) -> bool:
        return process.started in world.living

    here = "scanner.store.watching.runs"
    monkeypatch.setattr(f"{here}.this_process", lambda: Process(1, world.current, "simulated", "simulated"))
    monkeypatch.setattr(f"{here}.alive", alive)
    try:
        yield world
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
