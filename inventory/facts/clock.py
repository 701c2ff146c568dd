"""The host's clock: whether it is kept in time, and how far it is from the scanner's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    synchronised: bool | None  # None: nothing on the host can tell
    source: str  # chrony, ntpctl, timedatectl, ntpq, "" none
    skew_seconds: float  # at least this far off: the host's time against the interval in which it was asked
