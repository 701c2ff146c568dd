"""A contract's table of service credits: shapes only. What comes of it is indicative (``checks.credits``)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AvailabilityCredit:
    """One step: of several steps of a service the deepest that is reached counts."""

    service: str
    below: float  # share of the month, 0.995
    percent: float  # of the monthly charge


@dataclass(frozen=True, slots=True)
class ClockCredit:
    """For each finding of this risk whose clock is breached."""

    level: str  # critical, high, medium, low
    percent: float
    each: str = "breach"  # breach: once, in the month in which it was due; month: in each month that it stays open late
    policy: str = ""  # "": any clock of the contract


@dataclass(frozen=True, slots=True)
class CreditTable:
    availability: tuple[AvailabilityCredit, ...] = ()
    clocks: tuple[ClockCredit, ...] = ()
    zone: str = "UTC"  # IANA: where the months of the clocks begin
    currency: str = ""
    monthly_charge: float | None = None  # None: per cent only
    most_percent: float = 100.0  # of a month
