"""From samples to the record, a round at a time: did the prober itself work, and what followed?

A round is what came in within a second. When something failed in it, the canaries are asked again before it counts.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from checks.outages import Result
from checks.rounds import CLOCK_LIMIT, judge_round
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.service.serve_clock import Clock
from scanner.service.serve_probing import Probing
from scanner.store.watching.recorder import Recorder

TICK_SECONDS = 5.0
NTP_OLD = 900.0  # an offset that was measured longer ago says nothing
REMEMBERED_JUMPS = 50


@dataclass
class WallClock:
    """How far is the wall clock off? By jumps against the monotonic clock, and by what NTP servers said."""

    clock: Clock
    _base: float | None = None
    _told: dict[str, tuple[float, float]] = field(default_factory=dict)  # watch -> monotonic, offset
    jumped: float = 0.0  # monotonic: when it last jumped
    tell: Callable[[str], None] = lambda _: None
    back: float = 0.0  # it was just set back: so many seconds before now were dated by another clock
    _looked: float = 0.0  # monotonic: when it was last looked at
    _stretches: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED_JUMPS))

    def hear(self, sample: Sample) -> None:
        """An ntp watch's answer."""
        offset = sample.notes.get("offset_seconds")
        if offset is not None:
            self._told[sample.watch] = (self.clock.monotonic(), float(offset))

    def offset(self) -> float | None:
        """Seconds off, as far as it is known; a jump counts in the round in which it is seen."""
        now, wall = self.clock.monotonic(), self.clock.now()
        base, self._base, self.back = self._base, wall - now, 0.0
        before, self._looked = self._looked, now
        if base is None:
            self._stretches.append((now, self._base))
            return self._by_ntp(now)
        jump = self._base - base
        if abs(jump) > CLOCK_LIMIT:
            self.back = self._otherwise(now, -jump) if jump < 0 else 0.0
            self._stretches.append((before, self._base))  # it happened after that
            self.jumped = now
            self._told.clear()  # measured by the clock before
            self.tell(f"the clock of this machine jumped by {jump:+.1f} s; this round of probes does not count")
            return jump
        return self._by_ntp(now)

    def _otherwise(self, now: float, by: float) -> float:
        """How long has the clock been another one than it is now? After a jump ahead and back only since the first;
        else nobody knows, and it matters no longer than the jump is."""
        assert self._base is not None  # noqa: S101 (for the type checker)
        since = None
        for began, base in reversed(self._stretches):
            if abs(base - self._base) <= CLOCK_LIMIT:
                return by if since is None else min(by, now - since)
            since = began
        return by

    def _by_ntp(self, now: float) -> float | None:
        fresh = [told for at, told in self._told.values() if now - at <= NTP_OLD]
        return median(fresh) if fresh else None


class Rounds:
    """Takes samples, and feeds the recorder. ``heard`` gets what followed."""

    def __init__(
        self,
        recorder: Recorder,
        watches: Sequence[Watch],
        wall: WallClock,
        heard: Callable[[Result], None],
        seconds: float,
    ) -> None:
        self._recorder, self._wall, self._heard, self._seconds = recorder, wall, heard, seconds
        self._names = tuple(watch.name for watch in watches)
        self._canaries = frozenset(watch.name for watch in watches if watch.canary)
        self._ntp = frozenset(watch.name for watch in watches if watch.kind == "ntp")
        self._latest: dict[str, Sample] = {}  # of canaries
        self._batch: list[Sample] = []
        self._ticked = 0.0
        self.probing: Probing | None = None

    def take(self, sample: Sample) -> None:
        if self._from_another_clock(sample):
            return
        if sample.watch in self._canaries:
            self._latest[sample.watch] = sample
        if sample.watch in self._ntp:
            self._wall.hear(sample)
        self._batch.append(sample)

    async def run(self) -> None:
        while True:
            await self._wall.clock.sleep(self._seconds)
            await self.judge()

    async def judge(self) -> None:
        """End the round."""
        batch, self._batch = self._batch, []
        if self._doubtful(batch):
            await self._ask_canaries()
        self._feed(batch)
        now = self._wall.clock.monotonic()
        if now - self._ticked >= TICK_SECONDS:
            self._ticked = now
            self._follow(self._recorder.tick(self._wall.clock.now()))

    def close(self) -> None:
        """What came in and was not judged yet; nobody is asked any more."""
        batch, self._batch = self._batch, []
        self._feed(batch)

    def _feed(self, batch: Sequence[Sample]) -> None:
        offset = self._wall.offset()
        if self._wall.back:
            self._set_back(self._wall.back)
        batch = [one for one in batch if not self._from_another_clock(one)]
        for sample in judge_round(batch, tuple(self._latest.values()), offset):
            self._follow(self._recorder.feed(sample))

    def _set_back(self, by: float) -> None:
        """What the series hold of the time that the clock shows again cannot be put in order with what comes now."""
        self._latest.clear()
        why = f"the clock was set back; of the last {by:.1f} s nobody can say when they were"
        self._follow(self._recorder.set_back(self._wall.clock.now(), by, self._names, why))

    def _from_another_clock(self, sample: Sample) -> bool:
        """A look from the future began before the clock was set back."""
        return sample.at > self._wall.clock.now() + CLOCK_LIMIT

    def _doubtful(self, batch: Sequence[Sample]) -> bool:
        failed = [one.at for one in batch if one.state is State.DOWN and one.watch not in self._canaries]
        known = min((self._latest[name].at for name in self._canaries if name in self._latest), default=0.0)
        return bool(failed and self._canaries) and (len(self._latest) < len(self._canaries) or known < max(failed))

    async def _ask_canaries(self) -> None:
        if self.probing:
            asked = (self.probing.fresh(name) for name in sorted(self._canaries))
            for sample in await asyncio.gather(*asked):
                self._latest[sample.watch] = sample

    def _follow(self, result: Result) -> None:
        if result.changes or result.events or result.looks:
            self._heard(result)
