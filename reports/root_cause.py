"""Where the time went between a fix and its proof: timelines of findings, the delay of each leg, and the backlog. Pure.

Five moments, each with what proves it: the vendor *released* the fix (the day in the feed's own row, kept as evidence),
a scan *detected* the finding, the supplier was *told*, the work was *claimed* done, a visit *verified* it. A moment
that the record does not hold is not known, and is never guessed: a leg without both its ends is counted as such.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from statistics import median

from checks.finding import Severity
from reports.life import Backlog
from reports.text import count, day, listing, share

DAY = 86_400
FEW = 3  # measured findings: fewer speak for nobody else
P95_FROM = 20  # of fewer, the 95th percentile is the largest


@dataclass(frozen=True, slots=True)
class Moment:
    """``proof`` is the hash of an event of the record, or the sha256 of an answer that is kept as evidence."""

    at: datetime  # UTC
    proof: str
    event: int | None = None  # its number in the chain; None: evidence
    whole_day: bool = False  # only the day is known


class Leg(StrEnum):
    SCAN = "released to detected"
    TELL = "detected to told"
    WORK = "told to claimed"
    PROVE = "claimed to verified"
    ALL = "detected to verified"
    EXPOSED = "released to verified"


LEGS: Mapping[Leg, tuple[str, str]] = {
    Leg.SCAN: ("released", "detected"),
    Leg.TELL: ("detected", "told"),
    Leg.WORK: ("told", "claimed"),
    Leg.PROVE: ("claimed", "verified"),
    Leg.ALL: ("detected", "verified"),
    Leg.EXPOSED: ("released", "verified"),
}
STEPS = (Leg.SCAN, Leg.TELL, Leg.WORK, Leg.PROVE)  # that make up the whole
MEANING: Mapping[Leg, str] = {
    Leg.SCAN: "until a scan saw that the fix was missing: the rhythm of scans and feeds",
    Leg.TELL: "until the record says that the supplier was told: handing over",
    Leg.WORK: "until somebody said that it was done: testing, a window, the work itself",
    Leg.PROVE: "until a visit proved it: looking again",
    Leg.ALL: "from the first sight of it to the proof",
    Leg.EXPOSED: "from the fix being there to have, to the proof",
}
HANDS: Mapping[Leg, str] = {  # who could move it on, not who is to blame
    Leg.SCAN: "those who run the scans",
    Leg.TELL: "those who run the scans and tell the supplier",
    Leg.WORK: "the supplier",
    Leg.PROVE: "those who run the scans",
}
UNKNOWN: Mapping[str, str] = {
    "released": "no day of release is in the evidence that was kept",
    "detected": "the record does not say when it was seen first",
    "told": "the record does not say that the supplier was told",
    "claimed": "nobody claimed it in the record",
    "verified": "no visit has proven it",
}
NOT_YET = "not yet: it still counts"
OTHER_ORDER = "the two came in the other order"
ENDED = "it was closed by a decision before"
CAME_BACK = "it had been fixed in between, and came back"


@dataclass(frozen=True, slots=True)
class Timeline:
    """One episode of one finding."""

    ref: str
    fingerprint: str
    episode: int
    asset: str
    area: str  # names
    supplier: str
    service: str
    check_id: str
    title: str
    theme: str
    severity: Severity
    state: str  # when the scan ended
    released: Moment | None = None
    detected: Moment | None = None
    told: Moment | None = None
    claimed: Moment | None = None  # the claim that the proof answers, else the one that stands
    verified: Moment | None = None
    refused_claims: int = 0  # claims that a later visit contradicted
    ended: bool = False  # by a decision
    fixed_before: datetime | None = None  # when the episode before this one was proven fixed
    updates: tuple[str, ...] = ()  # CVEs or advisories whose day of release was taken

    def moment(self, name: str) -> Moment | None:
        found: Moment | None = getattr(self, name)
        return found


@dataclass(frozen=True, slots=True)
class Measured:
    """One leg of one finding: days, or why there are none."""

    days: float | None
    why_not: str = ""


def measured(one: Timeline, leg: Leg) -> Measured:
    start, end = LEGS[leg]
    first, last = one.moment(start), one.moment(end)
    if start == "released" and one.episode > 1 and not _newer(first, one.fixed_before):
        return Measured(None, CAME_BACK)
    if first is not None and last is not None:
        return _between(first, last)
    if last is None and one.verified is None and end in ("told", "claimed", "verified"):
        return Measured(None, ENDED if one.ended else NOT_YET) if first is not None else Measured(None, UNKNOWN[start])
    return Measured(None, UNKNOWN[start if first is None else end])


def _newer(released: Moment | None, fixed_before: datetime | None) -> bool:
    """Whether what is missing now was not yet out when it was proven fixed before."""
    return released is not None and fixed_before is not None and released.at > fixed_before


def _between(first: Moment, last: Moment) -> Measured:
    if first.whole_day or last.whole_day:
        days: float = (last.at.date() - first.at.date()).days
    else:
        days = (last.at - first.at).total_seconds() / DAY
    return Measured(days) if days >= 0 else Measured(None, OTHER_ORDER)


@dataclass(frozen=True, slots=True)
class LegTold:
    leg: Leg
    measured: int
    median: float | None  # days
    p95: float | None  # nearest rank; of fewer than 20 the largest
    most: float | None
    unknown: Mapping[str, int]  # why not -> findings


def leg_told(lines: Iterable[Timeline], leg: Leg) -> LegTold:
    found = [measured(one, leg) for one in lines]
    days = sorted(one.days for one in found if one.days is not None)
    why = Counter(one.why_not for one in found if one.days is None)
    unknown = dict(sorted(why.items(), key=lambda item: (-item[1], item[0])))
    if not days:
        return LegTold(leg, 0, None, None, None, unknown)
    return LegTold(leg, len(days), float(median(days)), percentile(days, 95), days[-1], unknown)


def percentile(ordered: Sequence[float], per_cent: int) -> float:
    """Nearest rank: the smallest value that at least so many per cent do not exceed (NIST, Engineering Statistics)."""
    return ordered[max(0, -(-per_cent * len(ordered) // 100) - 1)]


@dataclass(frozen=True, slots=True)
class RootCause:
    """A pack about one theme, or one supplier, as of the end of one scan."""

    about: str  # "patching", or a supplier's name
    by_supplier: bool
    report_id: str
    scan: int
    estate: str
    marking: str
    at: datetime  # end of the scan
    timelines: tuple[Timeline, ...]  # by reference and episode
    backlog: tuple[Backlog, ...]  # a row for each scan, the oldest first
    patches: str  # the sentence with the share of missing patches
    left_out: Mapping[str, int] = field(default_factory=dict)  # why -> findings
    sources: tuple[tuple[str, str], ...] = ()  # name, sha256: what the pack was made from
    took_over: Mapping[str, date] = field(default_factory=dict)  # asset -> first day of the supplier that has it now

    @property
    def legs(self) -> tuple[LegTold, ...]:
        return tuple(leg_told(self.timelines, leg) for leg in Leg)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of findings with every step on record: how their whole time divides."""

    findings: int
    days: float
    parts: Mapping[Leg, float]  # days


def shares(lines: Iterable[Timeline]) -> Shares:
    whole = [tuple(measured(one, leg).days for leg in STEPS) for one in lines]
    known = [tuple(day for day in days if day is not None) for days in whole if None not in days]
    parts = {leg: float(sum(days[n] for days in known)) for n, leg in enumerate(STEPS)}
    return Shares(len(known), sum(parts.values()), parts)


# words


def sentences(told: RootCause) -> Iterable[str]:
    """Where the time went: plain, and of nobody's fault."""
    lines = told.timelines
    if not lines:
        yield "The record holds no such finding, so there is nothing to tell."
        return
    assets = len({one.asset for one in lines})
    fixed = sum(one.verified is not None for one in lines)
    still = sum(one.verified is None and not one.ended for one in lines)
    yield (
        f"{count(len(lines), 'finding')} on {count(assets, 'asset')}: {fixed:,} verified fixed, {still:,} still open, "
        f"{len(lines) - fixed - still:,} closed by a decision. One that came back counts again."
    )
    if told.patches:
        yield told.patches
    yield from _in_other_hands(told)
    yield from _longest(told)
    yield from _whole(lines)
    yield (
        "These figures say where time went, not why. Waiting for a vendor, a maintenance window, a test or an approval "
        "looks the same from outside as waiting for the work."
    )


def _in_other_hands(told: RootCause) -> Iterable[str]:
    """What a supplier found when it came is not its delay."""
    earlier = [
        one
        for one in told.timelines
        if one.detected and one.detected.at.date() < told.took_over.get(one.asset, date.min)
    ]
    if not earlier:
        return
    days_of = sorted({told.took_over[one.asset] for one in earlier})
    assets = count(len({one.asset for one in earlier}), "asset")
    yield (
        f"{count(len(earlier), 'finding')} of these on {assets} began before the supplier named here took the "
        f"assets over ({listing([day(one) for one in days_of], 3)}): until then their steps were in the hands of "
        "another."
    )


def _longest(told: RootCause) -> Iterable[str]:
    known = [one for one in told.legs if one.leg in STEPS and one.measured >= FEW and one.median is not None]
    if not known:
        yield f"No step was measured on {FEW} findings or more, so nothing is said about which took longest."
        return
    longest = max(known, key=lambda one: one.median or 0.0)
    yield (
        f"Of the steps that were measured on at least {FEW} findings, the longest is “{longest.leg.value}”: median "
        f"{days(longest.median)}, {tail(longest)} ({count(longest.measured, 'finding')}). It is the time "
        f"{MEANING[longest.leg]}."
    )


def tail(one: LegTold) -> str:
    word = "95 % took at most" if one.measured >= P95_FROM else "the longest took"
    return f"{word} {days(one.p95)}"


def _whole(lines: Iterable[Timeline]) -> Iterable[str]:
    told = shares(lines)
    if not told.findings:
        yield "No finding has every step on record, so the whole time cannot be divided among the steps."
        return
    parts = "; ".join(
        f"{share(part, told.days)} {leg.value}, in the hands of {HANDS[leg]}" for leg, part in told.parts.items()
    )
    yield f"{count(told.findings, 'finding')} with every step on record took {days(told.days)} in all: {parts}."


def days(value: float | None) -> str:
    """``12.5 days``; what is more than nothing is never told as 0."""
    if value is None:
        return "not known"
    text = f"{value:,.1f}".removesuffix(".0")
    if value > 0 and text == "0":
        return "less than 0.1 days"
    return "1 day" if text == "1" else f"{text} days"
