"""``estatecheck serve``: one process that probes, keeps what it saw, runs the schedules, and tells of outages.

    inventory -> Probing -> Rounds -> Recorder -> record, outbox -> channels
                            Jobs   -> child processes that scan

Several daemons may share one record: one of them probes (``Series.begin_run``), the others stand by; schedules and
notices are claimed one by one. Only the recorder is shared between the event loop and the thread that writes.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from checks.outages import BadWatches, Happened, Result
from inventory.estate import Estate
from inventory.facts.availability import Sample, State
from inventory.sources.errors import InventoryError
from inventory.watch import Channel, Watch
from scanner.service.keeper import Write
from scanner.service.serve_messages import Messages
from scanner.service.serve_notify import Post
from scanner.service.serve_probing import Probed, Probing
from scanner.service.serve_rounds import Rounds, WallClock
from scanner.service.serve_schedules import Jobs
from scanner.service.serve_tools import Health, Manner, Tools
from scanner.service.serve_watches import declared, fragile, refusals_by_day
from scanner.store.records import StoreError
from scanner.store.watching.recorder import Recorder
from scanner.store.watching.records import ProberRunning, Run, RunLost

SEAL_SECONDS, RETAIN_SECONDS = 60.0, 3600.0
INVENTORY_SECONDS = 3600.0
LAST_FLUSH_SECONDS = 4.0


class Daemon:
    """``run`` until ``stop`` is set, a word in the record says stop, or its time is over."""

    def __init__(self, tools: Tools, estate: Estate, write: Write, manner: Manner) -> None:
        self._tools, self._estate, self._write, self._manner = tools, estate, write, manner
        self.health = Health(vantages=tools.vantages)
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()  # the inventory shall be read again
        self._changed = asyncio.Event()  # there is a new one
        self._ticking: asyncio.Future[None] | None = None
        self._jumps = WallClock(tools.clock, tell=tools.tell)
        self._told: dict[str, str] = {}
        self._jobs = Jobs(
            tools.series, write, tools.runner, tools.clock, tools.who, tools.tell, manner.lease_seconds, self._steady
        )
        self._post = Post(tools.series, write, self._channels, tools.senders, tools.secret, tools.clock, tools.tell)

    async def run(self) -> None:
        """Raises StoreError before anything begins, when the record cannot be used."""
        tools, manner = self._tools, self._manner
        said = await self._write(tools.series.said)
        heard = max((word.id for word in said), default=0)
        self._jobs.take_over(self._estate.watching.plans)
        await self._jobs.bury(tools.dead)
        probing = asyncio.create_task(self._probe())
        loops = [self._pulse(heard), self._every(manner.post_seconds, "notices", self._post.send_due), self._renewed()]
        if tools.metrics:
            loops.append(tools.metrics(self.health))
        if tools.intake:
            loops.append(tools.intake())
        tasks = [probing, *(asyncio.create_task(loop) for loop in loops)]
        tools.ticks.start(self._tick, manner.tick_seconds)
        try:
            await self._until_the_end(tasks)
        finally:
            self.stop.set()
            tools.ticks.stop()
            if self._ticking:
                await asyncio.wait([self._ticking])
            await self._jobs.stop()
            await asyncio.wait([probing], timeout=LAST_FLUSH_SECONDS)
            await _ended(tasks)
        if self._ticking:
            self._ticking.result()

    async def _until_the_end(self, tasks: "list[asyncio.Task[None]]") -> None:
        """A loop that fails ends the daemon, with its fault: half a daemon would look like a whole one."""
        clock, limit = self._tools.clock, self._manner.for_seconds
        ending = asyncio.create_task(clock.wait(self.stop, limit) if limit is not None else self.stop.wait())
        await asyncio.wait((ending, *tasks), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()

    # probing

    async def _probe(self) -> None:
        """Stand by until nobody else probes, then probe until somebody took over or the end has come."""
        series, clock = self._tools.series, self._tools.clock
        while not self.stop.is_set():
            try:
                run: Run = await self._write(series.begin_run, self._tools.tool_version, clock.now())
                self._fine("probing")
                await self._live(run)
            except ProberRunning as other:
                self._trouble("probing", f"standing by: {other}")
                await clock.wait(self.stop, self._manner.standby_seconds)
            except RunLost as lost:
                self._trouble("probing", str(lost))
            except (StoreError, BadWatches) as fault:
                self._trouble("probing", f"nothing is probed: {fault}")
                await clock.wait(self.stop, self._manner.standby_seconds)
            finally:
                self.health.probing = False

    async def _live(self, run: Run) -> None:
        """One prober's life, over all versions of the inventory. Its end is written down, also after a fault."""
        series, clock = self._tools.series, self._tools.clock
        await self._write(series.register, self._estate.watching.maintenance, clock.now())
        try:
            while not self.stop.is_set():
                self._changed.clear()
                await self._watch(run)
        finally:
            with contextlib.suppress(StoreError):  # its life then ends with the last flush, which is true
                await self._write(series.end_run, run, clock.now())

    async def _watch(self, run: Run) -> None:
        """Probe what this inventory names, until another one is there or the end has come."""
        estate, clock = self._estate, self._tools.clock
        series = declared(estate)
        recorder: Recorder = await self._write(self._tools.series.recorder, run, series, clock.now())
        fleet = recorder.fleet
        messages = Messages(estate, lambda key: fleet.memory(key).flapping, lambda key: fleet.memory(key).state)
        watches = {one.watch.name: one.watch for one in series if not one.vantage}

        def heard(result: Result) -> None:
            messages.hear(result.events)
            self._tell_of(result)
            for key, at in result.looks.items():
                probing.again(key, at)

        rounds = Rounds(recorder, tuple(watches.values()), WallClock(clock), heard, self._manner.round_seconds)
        probed = Probed(watches, fragile(estate), refusals_by_day(estate), self._manner.probes_at_once)
        probing = Probing(probed, self._counted, rounds.take, clock, self.health.lag)
        rounds.probing = probing
        heard(recorder.began)
        self.health.probing, self.health.watches = True, len(watches)
        tasks = [probing.run(), rounds.run(), self._flushes(recorder, messages), self._upkeep()]
        if points := self._tools.vantages:
            tasks.append(points.run(estate, recorder, heard, lambda: self.health.flushes))
        await self._together(tasks)
        rounds.close()
        await self._flush(recorder, messages)

    async def _together(self, loops: Sequence[Awaitable[None]]) -> None:
        """Until one fails, the inventory changes, or the end has come."""
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        ends = [asyncio.ensure_future(event.wait()) for event in (self.stop, self._changed)]
        try:
            await asyncio.wait((*tasks, *ends), return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            await _ended([*tasks, *ends])

    async def _counted(self, watch: Watch) -> Sample:
        self.health.samples += 1
        if self._tools.kinds is not None and watch.kind not in self._tools.kinds:
            why = f"not probed: there is no prober for kind {watch.kind}"
            return Sample(watch.name, self._tools.clock.now(), State.UNKNOWN, why)
        return await self._tools.look(watch)

    async def _flushes(self, recorder: Recorder, messages: Messages) -> None:
        while True:
            await self._tools.clock.sleep(self._manner.flush_seconds)
            try:
                await self._flush(recorder, messages)
                self._fine("flush")
            except RunLost:
                raise
            except StoreError as fault:
                self.health.failed_flushes += 1
                self._trouble("flush", f"samples wait in memory: {fault}")

    async def _flush(self, recorder: Recorder, messages: Messages) -> None:
        for message in messages.due(recorder.fleet.open):
            recorder.notify(message.channel, message.payload)
        recorder.cut(self._tools.clock.now())
        await self._write(recorder.write)
        self.health.flushes += 1

    async def _upkeep(self) -> None:
        """Seal the hours that are over; drop what is old."""
        clock, series, signer = self._tools.clock, self._tools.series, self._tools.signer
        retained = clock.monotonic()
        while True:
            await clock.sleep(SEAL_SECONDS)
            try:
                if signer:
                    await self._write(series.seal_due, signer, clock.now())
                if clock.monotonic() - retained >= RETAIN_SECONDS:
                    retained = clock.monotonic()
                    await self._write(series.retain, clock.now())
                self._fine("upkeep")
            except StoreError as fault:
                self._trouble("upkeep", f"the hours that are over are not sealed: {fault}")

    def _tell_of(self, result: Result) -> None:
        for event in result.events:
            if event.what in (Happened.OPENED, Happened.CLOSED) and event.outage:
                reason = f": {event.outage.reason}" if event.what is Happened.OPENED and event.outage.reason else ""
                self._tools.tell(f"{event.watch}: outage {event.what.value}{reason}")
            elif event.what in (Happened.FLAPPING, Happened.SETTLED):
                self._tools.tell(f"{event.watch}: {event.what.value}")

    # the rest

    async def _tick(self) -> None:
        """Goes on when the scheduler cancels it: a claim that was made must be kept."""
        self._ticking = asyncio.ensure_future(self._look_at_schedules())
        await asyncio.wait([self._ticking])
        if self._ticking.done() and self._ticking.exception():
            self.stop.set()  # ``run`` raises it

    async def _look_at_schedules(self) -> None:
        try:
            await self._jobs.tick()
            self._fine("schedules")
        except StoreError as fault:
            self._trouble("schedules", f"the schedules wait: {fault}")

    async def _pulse(self, heard: int) -> None:
        """Words in the record, and jumps of the clock."""
        while True:
            if self._jumps.offset() is not None:
                self._tools.ticks.wake()
            try:
                for word in await self._write(self._tools.series.said, heard):
                    heard = word.id
                    await self._obey(word.what, word.argument, word.id)
                self._fine("words")
            except StoreError as fault:
                self._trouble("words", f"the record cannot be asked for words to the daemon: {fault}")
            await self._tools.clock.sleep(self._manner.pulse_seconds)

    async def _obey(self, what: str, argument: str, number: int) -> None:
        if what == "stop":
            self._tools.tell("stopping: somebody said `estatecheck stop`")
            self.stop.set()
        elif what == "run" and await self._write(self._tools.series.handle, number, self._tools.clock.now()):
            await self._jobs.run_now(argument)

    async def _every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await work()
                self._fine(name)
            except StoreError as fault:
                self._trouble(name, f"{name} wait: {fault}")
            await self._tools.clock.sleep(seconds)

    async def _renewed(self) -> None:
        """The inventory again, every hour and when somebody asks; a broken one changes nothing."""
        while True:
            asked = await self._tools.clock.wait(self.reload, INVENTORY_SECONDS)
            self.reload.clear()
            try:
                estate = await self._tools.aside(self._tools.read_inventory)
            except InventoryError as fault:
                self._trouble("inventory", f"the inventory is broken, and the one before stays in use: {fault}")
                continue
            self._fine("inventory")
            if estate.digest != self._estate.digest:
                await self._take_over(estate)
            elif asked:
                self._tools.tell("the inventory is unchanged")

    async def _take_over(self, estate: Estate) -> None:
        self._estate = estate
        self._jobs.take_over(estate.watching.plans)
        if self.health.probing:
            with contextlib.suppress(StoreError):  # registered with the next inventory, or the next start
                await self._write(self._tools.series.register, estate.watching.maintenance, self._tools.clock.now())
        self._changed.set()
        self._tools.tell(f"the inventory was read again: {len(estate.watching.watches)} watches")

    def _channels(self) -> Mapping[str, Channel]:
        return {channel.id: channel for channel in self._estate.watching.channels}

    def _steady(self) -> bool:
        """Leases are told by the wall clock: after a jump they mean nothing until they were renewed."""
        since = self._tools.clock.monotonic() - self._jumps.jumped
        return self._jumps.jumped == 0.0 or since > self._manner.lease_seconds

    def _trouble(self, of: str, text: str) -> None:
        """Say it once, until it is over or another."""
        if self._told.get(of) != text:
            self._told[of] = text
            self._tools.tell(text)

    def _fine(self, of: str) -> None:
        self._told.pop(of, None)


async def _ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
