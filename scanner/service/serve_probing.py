"""When is which watch looked at? A heap of due times, spread by hash; bounded; one look in flight per watch.

Due times run on the monotonic clock: a wall clock that jumps neither repeats nor drops a look.
"""

import asyncio
import hashlib
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.service.serve_clock import Clock

SHORTEST_WAIT = 0.01  # looks due within it start together
OUT_OF_TURN = 1.0  # seconds between two looks that confirm
OUT_OF_TURN_FRAGILE = 5.0
REMEMBERED_LAGS = 20_000

Look = Callable[[Watch], Awaitable[Sample]]
Take = Callable[[Sample], None]


@dataclass
class Lag:
    """How late looks begin, against their due time; of the last 20,000. Seconds."""

    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LAGS))
    looks: int = 0

    def add(self, seconds: float) -> None:
        self._seen.append(max(0.0, seconds))
        self.looks += 1

    def percentile(self, share: float) -> float:
        """Nearest rank; 0.0 when nothing was seen yet."""
        ranked = sorted(self._seen)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


@dataclass(frozen=True, slots=True)
class Probed:
    """What is probed from here, and how carefully."""

    watches: Mapping[str, Watch]
    fragile: Collection[str]  # assets
    refusals: Callable[[datetime], Mapping[str, str]]  # what must not be probed at an instant, and why
    at_once: int


class Probing:
    """``take`` is called with every sample, in the order in which they come."""

    def __init__(self, probed: Probed, look: Look, take: Take, clock: Clock, lag: Lag) -> None:
        self._probed, self._look, self._take, self._clock, self.lag = probed, look, take, clock, lag
        self._wake = asyncio.Event()
        self._flying: dict[str, asyncio.Task[Sample]] = {}
        self._begun: dict[str, float] = {}  # when the last look of a watch began
        self._busy: set[str] = set()  # fragile assets with a look in flight
        self._again: dict[str, float] = {}  # looks out of turn
        start = clock.monotonic()
        self._heap = [(first_due(watch, start), name, False) for name, watch in probed.watches.items()]
        heapq.heapify(self._heap)

    async def run(self) -> None:
        """Until it is cancelled; looks in flight end with it."""
        try:
            while True:
                await self._clock.wait(self._wake, self._start_due())
                self._wake.clear()
        finally:
            for task in tuple(self._flying.values()):
                task.cancel()
            await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def again(self, watch: str, at: float) -> None:
        """Look out of turn at ``at`` (wall clock). Never twice within a second, five for a fragile asset."""
        if watch not in self._probed.watches:
            return
        now = self._clock.monotonic()
        due = max(self._rested(watch), now, now + at - self._clock.now())
        if due < self._again.get(watch, float("inf")):
            self._again[watch] = due
            heapq.heappush(self._heap, (due, watch, True))
            self._wake.set()

    async def fresh(self, watch: str) -> Sample:
        """A look that is in flight or begins now."""
        task = self._flying.get(watch) or self._fly(self._probed.watches[watch])
        return await asyncio.shield(task)

    def _start_due(self) -> float:
        """Begin what is due; how long to wait for the next (seconds)."""
        now = self._clock.monotonic()
        while self._heap and len(self._flying) < self._probed.at_once:
            due, name, extra = self._heap[0]
            if due > now:
                return max(SHORTEST_WAIT, due - now)
            heapq.heappop(self._heap)
            self._turn(due, name, extra, now)
        return 3600.0  # whoever lands or asks wakes us

    def _turn(self, due: float, name: str, extra: bool, now: float) -> None:
        watch = self._probed.watches[name]
        if extra and self._again.get(name) != due:
            return  # an earlier one took its place
        if watch.asset in self._busy and name not in self._flying:
            self._put_off(name, now + OUT_OF_TURN, extra)
            return
        if extra and now < self._rested(name):
            self._put_off(name, self._rested(name), extra)
            return
        if name not in self._flying and now >= self._rested(name):
            self._fly(watch)
        if extra:
            del self._again[name]
            return
        self.lag.add(now - due)
        following = due + watch.every_seconds
        late = following < now + 0.9 * watch.every_seconds
        heapq.heappush(self._heap, (now + watch.every_seconds if late else following, name, False))

    def _rested(self, name: str) -> float:
        """From when on a look may follow the last one, whoever asks for it (monotonic)."""
        fragile = self._probed.watches[name].asset in self._probed.fragile
        return self._begun.get(name, float("-inf")) + (OUT_OF_TURN_FRAGILE if fragile else OUT_OF_TURN)

    def _put_off(self, name: str, due: float, extra: bool) -> None:
        """A fragile asset takes one connection at a time."""
        if extra:
            self._again[name] = due
        heapq.heappush(self._heap, (due, name, extra))

    def _fly(self, watch: Watch) -> asyncio.Task[Sample]:
        self._begun[watch.name] = self._clock.monotonic()
        if watch.asset in self._probed.fragile:
            self._busy.add(watch.asset or "")
        task = asyncio.create_task(self._permitted(watch))
        self._flying[watch.name] = task
        task.add_done_callback(lambda done: self._land(watch, done))
        return task

    async def _permitted(self, watch: Watch) -> Sample:
        now = self._clock.now()
        why = self._probed.refusals(datetime.fromtimestamp(now, UTC)).get(watch.name)
        return Sample(watch.name, now, State.UNKNOWN, why) if why else await self._look(watch)

    def _land(self, watch: Watch, done: "asyncio.Task[Sample]") -> None:
        full = len(self._flying) >= self._probed.at_once
        self._flying.pop(watch.name, None)
        self._busy.discard(watch.asset or "")
        if full:
            self._wake.set()
        if not done.cancelled():
            self._take(done.result())


def first_due(watch: Watch, now: float) -> float:
    """The next instant (monotonic seconds) of the watch's own grid: spread by its name, the same after a restart."""
    digest = hashlib.sha256(watch.name.encode()).digest()
    phase = int.from_bytes(digest[:6]) / 2**48 * watch.every_seconds
    return now + (phase - now) % watch.every_seconds
