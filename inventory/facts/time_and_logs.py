"""Where a device takes its time from and sends its log to, as its own SNMP agent tells it."""

from dataclasses import dataclass
from enum import StrEnum


class Sync(StrEnum):
    """The state of the device's NTP client."""

    SYNCHRONISED = "synchronised"
    NOT_SYNCHRONISED = "not synchronised"
    LOCAL = "on its own clock"
    NOT_RUNNING = "not running"
    NONE_CONFIGURED = "no server configured"


@dataclass(frozen=True, slots=True)
class Ntp:
    mib: str  # who told: NTPv4-MIB
    sync: Sync | None  # None: the device says that it does not know
    servers: int | None  # associations; None: the table was not read to its end


@dataclass(frozen=True, slots=True)
class Syslog:
    mib: str
    targets: int | None  # active ones; None: the table was not read to its end
    switched_off: bool = False  # targets may be written down, but none is sent anything


@dataclass(frozen=True, slots=True)
class TimeAndLogs:
    """``None`` means that no MIB we know tells it here."""

    ntp: Ntp | None
    syslog: Syslog | None
    gaps: tuple[str, ...] = ()
