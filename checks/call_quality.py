"""How good would a call be? Loss, jitter and round trip of an echo, and an estimate by the E-model.

ITU-T G.107 with its default values (narrowband): R = 93.2 - Id - Ie,eff, where
Id = 0.024 d + 0.11 (d - 177.3) [d > 177.3] for a one-way delay of d ms (the usual reading of G.107's delay impairment),
Ie,eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl), and the mean opinion score follows from R (G.107, annex B).
Jitter is RFC 3550's, section 6.4.1. The scores are ESTIMATES of narrowband voice, not of video and not a measurement
of anybody's opinion: loss, jitter and round trip are the facts, and come first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

R_DEFAULT = 93.2  # G.107: all values at their defaults
MOS_MAX = 4.5
LABEL = "estimate"


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of an echo. Milliseconds on one clock, the prober's. ``returned`` None: lost."""

    sent: float
    returned: float | None


@dataclass(frozen=True, slots=True)
class Codec:
    """What is assumed of the telephones. ``delay``: packetisation and look-ahead, ms. Ie and Bpl: ITU-T G.113."""

    name: str
    delay: float
    ie: float
    bpl: float


G711_CONCEALED = Codec("G.711 with packet-loss concealment", 20.0, 0.0, 25.1)
G711_PLAIN = Codec("G.711 without packet-loss concealment", 20.0, 0.0, 4.3)


@dataclass(frozen=True, slots=True)
class Estimate:
    r: float  # 0 to 100
    mos: float  # 1 to 4.5
    words: str
    one_way_ms: float  # mouth to ear, as assumed
    assumptions: tuple[str, ...]
    label: str = LABEL


@dataclass(frozen=True, slots=True)
class CallQuality:
    """One measurement. ``rtt_ms`` (median) and ``jitter_ms`` are None when too few packets came back to tell."""

    sent: int
    lost: int
    rtt_ms: float | None
    jitter_ms: float | None
    estimate: Estimate | None  # None: nothing came back, or one packet only; there is no call to speak of

    @property
    def loss_percent(self) -> float:
        return 100 * self.lost / self.sent


class NothingSent(ValueError):
    """A measurement without a packet says nothing, not even that all was lost."""


def call_quality(packets: Sequence[Packet], codec: Codec = G711_CONCEALED, burst_ratio: float = 1.0) -> CallQuality:
    """Judge one echo run. Raises NothingSent when there is no packet. ``burst_ratio``: G.107's BurstR, 1 is random."""
    if not packets:
        raise NothingSent("no packet was sent: there is nothing to judge")
    trips = [max(0.0, packet.returned - packet.sent) for packet in packets if packet.returned is not None]
    lost = len(packets) - len(trips)
    rtt = median(trips) if trips else None
    jitter = interarrival_jitter(packets)
    known = rtt is not None and jitter is not None
    guess = estimate(rtt, jitter, 100 * lost / len(packets), codec, burst_ratio) if known else None  # type: ignore[arg-type]
    return CallQuality(len(packets), lost, rtt, jitter, guess)


def interarrival_jitter(packets: Iterable[Packet]) -> float | None:
    """RFC 3550, 6.4.1, over the packets that came back, in the order in which they came. None below two.

    An echo is timed by one clock, so the jitter of both ways is in it.
    """
    back = sorted((one.returned, one.sent) for one in packets if one.returned is not None)
    jitter = 0.0
    for (returned, sent), (next_returned, next_sent) in pairwise(back):
        difference = (next_returned - returned) - (next_sent - sent)
        jitter += (abs(difference) - jitter) / 16
    return jitter if len(back) > 1 else None


def estimate(rtt_ms: float, jitter_ms: float, loss_percent: float, codec: Codec, burst_ratio: float = 1.0) -> Estimate:
    """R and MOS with every assumption that went into them."""
    buffer = 2 * jitter_ms
    one_way = rtt_ms / 2 + buffer + codec.delay
    r = clamp(r_factor(one_way, loss_percent, codec, burst_ratio), 0.0, 100.0)
    return Estimate(
        r,
        mos(r),
        in_words(r),
        one_way,
        (
            f"one-way network delay is half the round trip: {rtt_ms / 2:.1f} ms",
            f"jitter buffer is twice the jitter: {buffer:.1f} ms",
            f"codec is {codec.name}: {codec.delay:g} ms, Ie {codec.ie:g}, Bpl {codec.bpl:g}",
            f"burst ratio of the loss is {burst_ratio:g}",
            "all other values are the defaults of ITU-T G.107 (narrowband), R without impairment 93.2",
        ),
    )


def r_factor(one_way_ms: float, loss_percent: float, codec: Codec, burst_ratio: float = 1.0) -> float:
    """R, not clamped. ``one_way_ms``: mouth to ear."""
    return R_DEFAULT - delay_impairment(one_way_ms) - loss_impairment(loss_percent, codec, burst_ratio)


def delay_impairment(one_way_ms: float) -> float:
    return 0.024 * one_way_ms + 0.11 * max(0.0, one_way_ms - 177.3)


def loss_impairment(loss_percent: float, codec: Codec, burst_ratio: float = 1.0) -> float:
    return codec.ie + (95 - codec.ie) * loss_percent / (loss_percent / burst_ratio + codec.bpl)


def mos(r: float) -> float:
    """Mean opinion score, 1 to 4.5. The cubic dips below 1 for small R: clamped."""
    if r > 100:
        return MOS_MAX
    return clamp(1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r), 1.0, MOS_MAX) if r > 0 else 1.0


def in_words(r: float) -> str:
    """What users would say of it (the bands of ITU-T G.109, its two best as one)."""
    bands = ((80.0, "satisfied"), (70.0, "some users dissatisfied"), (60.0, "many users dissatisfied"))
    return next((words for least, words in bands if r >= least), "poor")


def clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
