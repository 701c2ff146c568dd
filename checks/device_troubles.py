"""What makes a device unusable though it answers: updating has got stuck, a disk fails, it keeps crashing. Pure.

Judged from facts of its last visit or snapshot. A fact that is missing says nothing, neither trouble nor health.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from inventory.facts.windows_stability import WindowsCrash, WindowsStability
from inventory.facts.windows_storage import WindowsStorage
from inventory.facts.windows_updates import WindowsUpdates

FACTS = ("windows_stability", "windows_storage", "windows_updates")
STUCK, DISK, CRASHES = "update stuck", "disk failing", "repeated crashes"
FAILURES = 3  # installations one after the other
MANY_CRASHES = 3  # in the 30 days that the fact tells of
FATAL = ("bugcheck", "unexpected shutdown", "hardware error")


@dataclass(frozen=True, slots=True)
class Trouble:
    """``since``: POSIX seconds, as far as the device itself tells; None: it does not."""

    kind: str
    since: float | None
    said: str


def troubles(facts: Mapping[str, object]) -> tuple[Trouble, ...]:
    return tuple(_troubles(facts))


def _troubles(facts: Mapping[str, object]) -> Iterator[Trouble]:
    stability, storage, updates = (facts.get(name) for name in FACTS)
    failing = stability.updates_failing if isinstance(stability, WindowsStability) else None
    if isinstance(updates, WindowsUpdates) and (updates.failures_since_success or 0) >= FAILURES:
        count = updates.failures_since_success or 0
        yield Trouble(STUCK, _first_failure(updates), f"the last {count} installations of updates failed")
    elif failing:
        yield Trouble(STUCK, None, f"fails again and again: {', '.join(failing[:3])}")
    if isinstance(storage, WindowsStorage) and (broken := storage.failing):
        yield Trouble(DISK, None, f"{', '.join(disk.name or 'a disk' for disk in broken[:3])} is failing")
    if isinstance(stability, WindowsStability):
        yield from _crashes(stability)


def _first_failure(updates: WindowsUpdates) -> float | None:
    """The oldest installation that failed since one last succeeded."""
    ended = [e for e in updates.history or () if e.operation == "install" and e.result in ("failed", "aborted")]
    count = updates.failures_since_success or 0
    return _seconds(ended[min(count, len(ended)) - 1].at) if ended else None


def _crashes(stability: WindowsStability) -> Iterator[Trouble]:
    fatal: list[WindowsCrash] = [crash for crash in stability.crashes or () if crash.kind in FATAL]
    if len(fatal) >= MANY_CRASHES:
        first = min((at for crash in fatal if (at := _seconds(crash.at)) is not None), default=None)
        yield Trouble(CRASHES, first, f"{len(fatal)} crashes in 30 days")


def _seconds(moment: str) -> float | None:
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None
