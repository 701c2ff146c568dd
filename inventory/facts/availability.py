"""Is a service there? One look (``Sample``), and the stretches of time that follow from many looks (``Interval``).

Instants are POSIX seconds (UTC) as a float. Not ``datetime``: two aware datetimes of one zone subtract as wall clocks,
an hour wrong across a clock change, and a database column, a digest and a wire need a number anyway. The arithmetic in
``checks/availability.py`` counts in whole milliseconds, so sums do not depend on their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """What is known about a service at an instant. No proof either way is UNKNOWN, never UP."""

    UP = "up"
    DEGRADED = "degraded"  # it answers, outside its target (slow, lossy, one of two)
    DOWN = "down"
    UNKNOWN = "unknown"  # nobody looked, or the prober itself was blind
    EXCLUDED = "excluded"  # maintenance declared before its start, inside the allowance; never said by a prober


@dataclass(frozen=True, slots=True)
class Sample:
    """What one probe saw. ``state`` is UP, DEGRADED, DOWN or UNKNOWN (could not look: no route of our own, stopped)."""

    watch: str  # name of the Watch in the inventory
    at: float  # POSIX seconds: when the probe began
    state: State
    reason: str = ""  # one plain sentence; "" when up
    timings: Mapping[str, float] = field(
        default_factory=dict
    )  # milliseconds by step: dns, connect, tls, first_byte ...
    notes: Mapping[str, str] = field(default_factory=dict)  # facts of the answer, bounded by the prober
    evidence: bytes = b""  # what came over the wire, bounded by the prober


@dataclass(frozen=True, slots=True)
class Interval:
    """One state over [start, end), POSIX seconds. Stored intervals of a watch neither overlap nor are empty."""

    start: float
    end: float
    state: State
    reason: str = ""
