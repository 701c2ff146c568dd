"""How available services were, as plain data and as it is told in every format. Pure; times in milliseconds or POSIX
seconds as ``checks.availability`` has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from checks.availability import Availability, Claim, Figures, in_hours
from checks.combine import Reach
from checks.serviceability import Serviceability, Standing
from inventory.facts.availability import Interval

DAY = 86_400_000
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Month:
    """One month that the supplier made a claim about."""

    month: str  # 2026-03
    claimed: Claim | None  # the supplier's figure against what was measured
    promised: Claim | None  # the contract's share against it


@dataclass(frozen=True, slots=True)
class OutageTold:
    """One outage of one series. POSIX seconds. ``ended``: the next proof of working; None: none is known."""

    series: str
    start: float  # the first proof of failure
    after: float | None  # it began after this
    ended: float | None
    reason: str
    children: tuple[str, ...] = ()  # series that were hidden behind it

    @property
    def id(self) -> str:
        return f"{self.series}@{self.start:.3f}"


@dataclass(frozen=True, slots=True)
class Work:
    """Declared maintenance. POSIX seconds."""

    id: str
    start: float
    end: float
    registered_at: float
    who: str
    reference: str
    late: bool  # registered when it had begun; excludes nothing


@dataclass(frozen=True, slots=True)
class ServiceAvailability:
    """One service over one period."""

    service: str  # id in the inventory; the watch's name for one of no service
    name: str
    series: tuple[str, ...]
    promise: str  # what the contract says, in words; "" when it says nothing
    measured: Availability
    timeline: tuple[Interval, ...]  # inside the period; what is missing is unknown
    outages: tuple[OutageTold, ...]
    work: tuple[Work, ...]
    months: tuple[Month, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """From how many places one watch was reached, at one instant (POSIX seconds)."""

    watch: str
    service: str
    at: float
    reach: Reach

    @property
    def words(self) -> str:
        """``gateway reachable from 19 of 21 places``."""
        return f"{self.watch} reachable from {len(self.reach.reached)} of {self.reach.of} places"


@dataclass(frozen=True, slots=True)
class DeviceGroup:
    """The devices of one area or one supplier. ``name`` None: of those that the inventory gives none."""

    kind: str  # area, supplier
    name: str | None
    told: Serviceability


@dataclass(frozen=True, slots=True)
class AvailabilityReport:
    """Instants in POSIX seconds. ``until``: nothing later was known."""

    start: float
    end: float
    until: float
    services: tuple[ServiceAvailability, ...]
    devices: Serviceability
    out_of_service: tuple[Standing, ...] = ()  # longest first
    blind: tuple[tuple[float, float], ...] = ()  # no prober ran
    reach: tuple[Reached, ...] = ()  # of watches that are seen from vantage points
    groups: tuple[DeviceGroup, ...] = ()  # the devices by area and by supplier
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # why a device is out of service, where told


FIGURES = (
    "promised",
    "excluded",
    "base",
    "up",
    "degraded",
    "down",
    "unknown",
    "measured",
    "lower bound",
    "upper bound",
    "point value",
    "outages",
    "longest",
    "MTTR",
    "MTBF",
    "worst day",
)


def told(figures: Figures) -> dict[str, str]:
    """One set of hours in words, by the names of docs/availability.md."""
    values = (
        hours(figures.promised),
        hours(figures.excluded),
        hours(figures.base),
        hours(figures.up),
        hours(figures.degraded),
        hours(figures.down),
        hours(figures.unknown),
        percent(figures.measured),
        percent(figures.lower),
        percent(figures.upper),
        percent(figures.point),
        str(len(figures.outages)),
        hours(figures.longest),
        hours(figures.mttr),
        hours(figures.mtbf),
        f"{figures.worst_day[0]}, {hours(figures.worst_day[1])}" if figures.worst_day else NOTHING,
    )
    return dict(zip(FIGURES, values, strict=True))


def hours(ms: int | Fraction | None) -> str:
    """Hours to at most three digits behind the point; a time that is there is never told as none."""
    if ms is None:
        return NOTHING
    value = in_hours(ms)
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "< 0.001 h" if value > 0 and text == "0" else f"{text} h"


def percent(share: Fraction | None) -> str:
    """Two digits behind the point; what is not all of it is never told as 100 %."""
    if share is None:
        return NOTHING
    hundredths = round(share * 10_000)
    if hundredths == 10_000 and share < 1:
        hundredths = 9_999
    return f"{hundredths // 100}.{hundredths % 100:02} %"


def verdict(claim: Claim | None, hours_name: str) -> str:
    """A claim against what was measured, in one sentence."""
    if claim is None:
        return ""
    allowed, down, most = hours(claim.allowed_down), hours(claim.down), hours(claim.down_at_most)
    share = f"{float(claim.claimed) * 100:.10g} %"
    known = f"{allowed} were allowed, {down} were down for certain and {most} at most"
    return f"The claim of {share} of {hours_name} {claim.verdict.value}: {known}."


def stamp(instant: float) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S}"


def sets(service: ServiceAvailability, wanted: str = "both") -> tuple[Figures, ...]:
    """The sets of hours to tell of: ``all`` round the clock, ``business`` the contract's, ``both``."""
    always, promised = service.measured.always, service.measured.promised
    if wanted == "all" or promised is None:
        return (always,)
    return (promised,) if wanted == "business" else (always, promised)


def longest_first(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted((one for one in standings if one.age), key=lambda one: (-one.age, one.device)))


def age(seconds: float) -> str:
    """``3 days 4 h``: for how long a device has been out of service."""
    days, rest = divmod(int(seconds), 86_400)
    if days:
        return f"{days} d {rest // 3600} h"
    return f"{rest // 3600} h {rest % 3600 // 60} min" if rest >= 3600 else f"{rest // 60} min"


def table_rows(service: ServiceAvailability, wanted: str = "both") -> list[tuple[str, ...]]:
    """The figures as rows: name, then one cell for each set of hours."""
    columns = [told(figures) for figures in sets(service, wanted)]
    return [(name, *(column[name] for column in columns)) for name in FIGURES]
