"""Did the prober itself work? A round of samples counts only when a canary answered and the clock was right."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from inventory.facts.availability import Sample, State

CLOCK_LIMIT = 2.0  # seconds; an outage is dated by this clock


def judge_round(
    samples: Iterable[Sample],
    canaries: Sequence[Sample] = (),
    clock_offset: float | None = None,
    limit: float = CLOCK_LIMIT,
) -> tuple[Sample, ...]:
    """The samples as they may be used. When no canary answered, or the clock is off by more than ``limit`` seconds,
    every one becomes UNKNOWN, the good ones too: the round proves nothing. ``clock_offset`` None: not measured.
    """
    why = _blind(canaries) or _wrong_clock(clock_offset, limit)
    return tuple(replace(sample, state=State.UNKNOWN, reason=why) if why else sample for sample in samples)


def _blind(canaries: Sequence[Sample]) -> str:
    if not canaries or any(one.state in (State.UP, State.DEGRADED) for one in canaries):
        return ""
    return f"the prober was blind: {', '.join(sorted({one.watch for one in canaries}))} did not answer it either"


def _wrong_clock(offset: float | None, limit: float) -> str:
    return f"the prober's clock was {abs(offset):.1f} s off" if offset is not None and abs(offset) > limit else ""
