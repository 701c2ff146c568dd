"""From samples to the record, a round at a time: did the prober itself work, and what followed?

A round is what came in within a second. When something failed in it, the canaries are asked again before it counts.
"""

import asyncio
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


@dataclass
class WallClock:
    """How far is the wall clock off? By jumps against the monotonic clock, and by what NTP servers said."""

    clock: Clock
    _base: float | None = None
    _told: dict[str, tuple[float, float]] = field(default_factory=dict)  # watch -> monotonic, offset
    jumped: float = 0.0  # monotonic: when it last jumped
    tell: Callable[[str], None] = lambda _: None

    def hear(self, sample: Sample) -> None:
        """An ntp watch's answer."""
        offset = sample.notes.get("offset_seconds")
        if offset is not None:
            self._told[sample.watch] = (self.clock.monotonic(), float(offset))

    def offset(self) -> float | None:
        """Seconds off, as far as it is known; a jump counts in the round in which it is seen."""
        now, wall = self.clock.monotonic(), self.clock.now()
        base, self._base = self._base, wall - now
        jump = 0.0 if base is None else self._base - base
        if abs(jump) > CLOCK_LIMIT:
            self.jumped = now
            self._told.clear()  # measured by the clock before
            self.tell(f"the clock of this machine jumped by {jump:+.1f} s; this round of probes does not count")
            return jump
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
        self._canaries = frozenset(watch.name for watch in watches if watch.canary)
        self._ntp = frozenset(watch.name for watch in watches if watch.kind == "ntp")
        self._latest: dict[str, Sample] = {}  # of canaries
        self._batch: list[Sample] = []
        self._ticked = 0.0
        self.probing: Probing | None = None

    def take(self, sample: Sample) -> None:
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
        offset = self._wall.offset()
        for sample in judge_round(batch, tuple(self._latest.values()), offset):
            self._follow(self._recorder.feed(sample))
        now = self._wall.clock.monotonic()
        if now - self._ticked >= TICK_SECONDS:
            self._ticked = now
            self._follow(self._recorder.tick(self._wall.clock.now()))

    def close(self) -> None:
        """What came in and was not judged yet; nobody is asked any more."""
        for sample in judge_round(self._batch, tuple(self._latest.values()), self._wall.offset()):
            self._follow(self._recorder.feed(sample))
        self._batch = []

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
