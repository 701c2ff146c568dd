"""The schedules: what is due since the last look, claimed once for all daemons, run, and its end written down.

The table of runs is the truth (UNIQUE(schedule, due)). A due time has its row before anything starts, so a daemon that
dies, a second daemon or a clock that jumps back neither doubles nor drops it. What is due later than the last row and
not later than now is settled by ``scanner.schedule.missed``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from inventory.watch import Plan
from scanner.schedule import IfMissed, Schedule, Start, may_start, missed, refusal, start_of
from scanner.schedule.plans import schedule_of
from scanner.schedule.zones import BadSchedule
from scanner.service.keeper import Write
from scanner.service.serve_clock import Clock
from scanner.service.serve_plans import digest
from scanner.service.serve_runs import Ended, Errand, Runner
from scanner.store.records import StoreError
from scanner.store.series import Series
from scanner.store.watching.records import OVER, JobRun, JobState

LEASE_SECONDS = 60.0
LATE_SECONDS = 60.0  # a run that began so long after its due time made up for a missed one
FUTURE = timedelta(days=1)  # a row further ahead was written by a clock that was wrong
MARK = "#"
BY_HAND = " (by hand)"


@dataclass(slots=True)
class _Known:
    plan: Plan
    schedule: Schedule
    settled: datetime | None = None  # every due time up to here has its row
    queued: datetime | None = None  # waits for the run before it to end


@dataclass
class Jobs:
    """One daemon's part in running the schedules. ``who`` is a name that no other process has."""

    series: Series
    write: Write
    runner: Runner
    clock: Clock
    who: str
    tell: Callable[[str], None]
    lease_seconds: float = LEASE_SECONDS
    steady: Callable[[], bool] = lambda: True  # the wall clock has not jumped for a lease
    _known: dict[str, _Known] = field(default_factory=dict)
    _running: dict[tuple[str, float], "asyncio.Task[None]"] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _searched: float = -1e9  # monotonic: when abandoned runs were looked for

    def take_over(self, plans: Sequence[Plan]) -> None:
        """A new inventory. What cannot be read is told of and does not run; running jobs go on."""
        before, self._known = self._known, {}
        for plan in plans:
            try:
                schedule = schedule_of(plan)
            except BadSchedule as wrong:
                self.tell(f"{wrong}; it does not run until this is mended")
                continue
            old = before.get(plan.id)
            same = old is not None and digest(old.plan) == digest(plan)
            self._known[plan.id] = old if old and same else _Known(plan, schedule)

    @property
    def plans(self) -> Mapping[str, Plan]:
        return {name: known.plan for name, known in self._known.items()}

    @property
    def running(self) -> int:
        return len(self._running)

    async def tick(self) -> None:
        """One look at all schedules. Raises StoreError; whatever was not settled is settled by the next."""
        since = self.clock.monotonic() - self._searched
        if self.steady() and since >= self.lease_seconds / 4:
            self._searched = self.clock.monotonic()
            await self.find_abandoned()
        for known in tuple(self._known.values()):
            if not self._stop.is_set():
                await self._settle(known)

    async def find_abandoned(self) -> tuple[JobRun, ...]:
        """Runs whose process died: their lease ran out."""
        found: tuple[JobRun, ...] = await self.write(self.series.abandoned, self.clock.now())
        for run in found:
            self._say_abandoned(run)
        return found

    async def bury(self, dead: Callable[[str], bool]) -> None:
        """At the start: runs of processes that are provably dead need not wait for their lease."""
        for run in await self.write(self.series.job_runs, None, 1000):
            if run.state not in OVER and dead(run.claimed_by):
                note, now = "its process died in the middle of it", self.clock.now()
                ended = self.series.finish, run.schedule_id, run.due_at, run.claimed_by, now, JobState.ABANDONED, note
                if await self.write(*ended):
                    self._say_abandoned(run)

    def _say_abandoned(self, run: JobRun) -> None:
        scan = f"; its scan is {run.scan_id}" if run.scan_id is not None else ""
        self.tell(f"schedule {run.schedule_id}: the run due {_shown(run.due_at)} was abandoned: its process died{scan}")

    async def run_now(self, name: str) -> bool:
        """By hand, when nothing is due; hosts are still begun only in its hours. False: unknown, or running."""
        known = self._known.get(name)
        if known is None or await self._open_runs(name):
            self.tell(f"schedule {name} is not run now: it is {'running already' if known else 'not in the inventory'}")
            return False
        return await self._start(known, datetime.fromtimestamp(self.clock.now(), UTC), BY_HAND)

    async def stop(self) -> None:
        """End every running job; what it has done is kept."""
        self._stop.set()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    # what is due

    async def _settle(self, known: _Known) -> None:
        now = self._now()
        if known.settled is None:
            known.settled = await self._last_settled(known.plan, now)
        if known.queued is not None:
            await self._start_queued(known)
        todo = missed(known.schedule, known.settled, now)
        if todo.passed_over and todo.last_passed:
            first = f"; {todo.passed_over} due times from {todo.first_passed:%Y-%m-%d %H:%M} UTC on" * (
                todo.passed_over > 1
            )
            await self._note(known, todo.last_passed, JobState.MISSED, f"nobody ran it when it was due{first}")
        for due in todo.run:
            if not await self._begin(known, due, now):
                return  # later ones wait for it

    async def _begin(self, known: _Known, due: datetime, now: datetime) -> bool:
        """Start, queue or pass over one due time; False: not yet."""
        if start_of(known.schedule, due) > now or refusal(known.schedule, now):
            return False
        open_runs = await self._open_runs(known.plan.id)
        verdict = may_start(known.schedule, len(open_runs), int(known.queued is not None))
        if verdict is Start.NOW:
            await self._start(known, due)
        elif known.schedule.if_missed is IfMissed.RUN_ALL and any(map(_late, open_runs)):
            return False  # those that were missed run one after the other
        elif verdict is Start.WAIT:
            known.queued = known.settled = due
        else:
            why = (
                "another run waits already"
                if known.queued
                else f"the run due {_shown(open_runs[0].due_at)} still went on"
            )
            await self._note(known, due, JobState.SKIPPED, why)
        return True

    async def _start_queued(self, known: _Known) -> None:
        if known.queued and not await self._open_runs(known.plan.id) and not refusal(known.schedule, self._now()):
            due, known.queued = known.queued, None
            await self._start(known, due)

    async def _open_runs(self, name: str) -> list[JobRun]:
        both = [
            *await self.write(self.series.job_runs, name, 20),
            *await self.write(self.series.job_runs, name + BY_HAND, 5),
        ]
        return [run for run in both if run.state not in OVER]

    async def _last_settled(self, plan: Plan, now: datetime) -> datetime:
        """The newest due time with a row, or when this definition was first seen: older due times are not its own."""
        mark = f"{MARK}{plan.id}{MARK}{digest(plan)}"
        rows = [
            *await self.write(self.series.job_runs, plan.id, 200),
            *await self.write(self.series.job_runs, mark, 20),
        ]
        instants = [datetime.fromtimestamp(row.due_at, UTC) for row in rows]
        sane = [instant for instant in instants if instant <= now + FUTURE]
        if not any(row.schedule_id == mark for row in rows):
            await self.write(
                self.series.note_run, mark, now.timestamp(), JobState.SKIPPED, self.who, now.timestamp(), "first seen"
            )
            return now if not sane else max(now, *sane)
        return max(sane, default=now)

    async def _note(self, known: _Known, due: datetime, state: JobState, note: str) -> None:
        now = self.clock.now()
        if await self.write(self.series.note_run, known.plan.id, due.timestamp(), state, self.who, now, note):
            self.tell(f"schedule {known.plan.id}: the run due {_shown(due.timestamp())} is {state.value}: {note}")
        known.settled = max(known.settled or due, due)

    # one run

    async def _start(self, known: _Known, due: datetime, by_hand: str = "") -> bool:
        """Claim it, and run it when nobody else has."""
        name, at = known.plan.id + by_hand, due.timestamp()
        claimed = await self.write(self.series.claim, name, at, self.who, self.clock.now(), self.lease_seconds)
        if not by_hand:
            known.settled = max(known.settled or due, due)
        if claimed:
            task = asyncio.create_task(self._run(name, at, Errand(known.plan.id, at, known.plan.max_seconds)))
            self._running[name, at] = task
            task.add_done_callback(lambda _: self._running.pop((name, at), None))
        return bool(claimed)

    async def _run(self, name: str, due: float, errand: Errand) -> None:
        self.tell(f"schedule {name}: the run due {_shown(due)} begins")
        lost, scan = asyncio.Event(), list[int]()
        beating = asyncio.create_task(self._beat(name, due, scan, lost))
        stopping = asyncio.create_task(_either(self._stop, lost))
        try:
            ended = await self.runner.run(errand, scan.append, stopping)
        finally:
            beating.cancel()
            stopping.cancel()
        await self._finish(name, due, ended, scan)

    async def _finish(self, name: str, due: float, ended: Ended, scan: list[int]) -> None:
        """Until the record takes it: an end that is not written would look like a death."""
        for _ in range(5):
            try:
                if scan:
                    await self._renew(name, due, scan)
                now = self.clock.now()
                await self.write(self.series.finish, name, due, self.who, now, ended.state, ended.note)
            except StoreError:
                await self.clock.sleep(1.0)
            else:
                break
        self.tell(
            f"schedule {name}: the run due {_shown(due)} is {ended.state.value}{ended.note and ': ' + ended.note}"
        )

    async def _beat(self, name: str, due: float, scan: list[int], lost: asyncio.Event) -> None:
        while True:
            try:
                if not await self._renew(name, due, scan):
                    self.tell(f"schedule {name}: the claim on the run due {_shown(due)} was lost; it is stopped")
                    lost.set()
                    return
            except StoreError as fault:
                self.tell(f"schedule {name}: no sign of life could be written: {fault}")
            await self.clock.sleep(self.lease_seconds / 4)

    async def _renew(self, name: str, due: float, scan: list[int]) -> bool:
        number = scan[-1] if scan else None
        now = self.clock.now()
        return bool(await self.write(self.series.renew, name, due, self.who, now, self.lease_seconds, number))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)


def _late(run: JobRun) -> bool:
    return run.started is not None and run.started - run.due_at > LATE_SECONDS


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
