"""How a device is doing, as it says itself over SNMP or Redfish: sensors, storage, arrays, batteries, interfaces.

A part that is ``None`` was not told by the device; an empty tuple says that the device was asked, can tell, and has
none. Where only some of a part could be read, ``gaps`` says so: then nothing may be taken for "all of them".
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What the device itself says of a part of it."""

    OK = "ok"
    WARNING = "warning"  # works, but needs attention: degraded, non-critical
    CRITICAL = "critical"  # failed, or outside what the device allows
    OFF = "off"  # there, and switched off or without work: not a fault by itself
    ABSENT = "absent"  # the place is empty
    UNKNOWN = "unknown"  # the device does not say, or says that it does not know


class Kind(StrEnum):
    """What a sensor looks at."""

    PSU = "psu"
    FAN = "fan"
    TEMPERATURE = "temperature"
    VOLTAGE = "voltage"
    CURRENT = "current"
    POWER = "power"
    HUMIDITY = "humidity"
    MODULE = "module"  # a card, a memory module, a processor: a state without a measured value
    OTHER = "other"


class Duplex(StrEnum):
    HALF = "half"
    FULL = "full"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits that the device itself has set for a sensor, in the sensor's unit. None: it gives none."""

    low_critical: float | None = None
    low_warning: float | None = None
    high_warning: float | None = None
    high_critical: float | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """A power supply, fan, thermometer, or another thing whose state the device tells."""

    kind: Kind
    name: str  # unique among the sensors of one kind
    state: State = State.UNKNOWN
    raw: str | None = None  # the state as it was answered: a number or word, with its meaning where it is documented
    value: float | None = None
    unit: str = ""  # °C, RPM, V, A, W, %, Hz, "" for a state only
    thresholds: Thresholds = Thresholds()
    source: str = ""  # an OID, or the path of a Redfish resource


@dataclass(frozen=True, slots=True)
class Volume:
    """A place for files."""

    name: str
    kind: str = "disk"  # disk, flash, network, removable, other
    size_bytes: int | None = None
    used_bytes: int | None = None  # what cannot be had any more: blocks that only root may use count as used if so told
    used_percent: float | None = None  # where the device gives only this
    read_only: bool | None = None  # such a one is full by its nature
    source: str = ""


@dataclass(frozen=True, slots=True)
class Array:
    """A disk array, storage pool, logical or physical disk, or controller."""

    name: str
    kind: str = "array"  # array, disk, controller
    state: State = State.UNKNOWN
    raw: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery of a UPS or of a controller's cache. None: not told."""

    name: str = "battery"
    state: State = State.UNKNOWN
    raw: str | None = None
    charge_percent: float | None = None
    minutes_left: float | None = None  # at the present load
    seconds_on_battery: int | None = None  # 0: fed by the mains
    on_battery: bool | None = None
    replace_needed: bool | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Working memory. ``used_bytes`` counts without what a system only keeps as a cache, where that could be told."""

    name: str = "memory"
    size_bytes: int | None = None
    used_bytes: int | None = None
    used_percent: float | None = None  # where the device gives only this
    counts_cache: bool = False  # the figure holds caches that the system would give back: no sign of trouble
    source: str = ""


@dataclass(frozen=True, slots=True)
class Processor:
    name: str
    load_percent: float | None = None
    over: str = ""  # the time it is a mean of, "1 minute"; "" where not documented
    source: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface. Counters count since ``DeviceHealth.uptime_seconds``, or since ``counted_since_seconds``."""

    index: int
    name: str
    alias: str | None = None  # what the operator wrote there
    type: int | None = None  # IANAifType: 6 Ethernet, 24 loopback, 53 virtual, 161 aggregate
    physical: bool | None = None  # has a connector (ifConnectorPresent)
    admin: str | None = None  # up, down, testing
    oper: str | None = None  # up, down, testing, unknown, dormant, notPresent, lowerLayerDown
    speed_bps: int | None = None
    duplex: Duplex | None = None
    in_packets: int | None = None
    out_packets: int | None = None
    in_errors: int | None = None
    out_errors: int | None = None
    in_discards: int | None = None
    out_discards: int | None = None
    late_collisions: int | None = None
    last_change_seconds: int | None = None  # uptime at which it came into its present state
    counted_since_seconds: int | None = None  # uptime at which its counters began, where not 0
    narrow: bool = False  # packets are 32 bit counters, which may have wrapped


@dataclass(frozen=True, slots=True)
class Gap:
    """``part``: the field of :class:`DeviceHealth`. ``why``: one sentence, what was not read to its end."""

    part: str
    why: str


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    sensors: tuple[Sensor, ...] | None = None
    storage: tuple[Volume, ...] | None = None
    arrays: tuple[Array, ...] | None = None
    batteries: tuple[Battery, ...] | None = None
    memory: tuple[Memory, ...] | None = None
    processors: tuple[Processor, ...] | None = None
    interfaces: tuple[Interface, ...] | None = None
    uptime_seconds: int | None = None
    gaps: tuple[Gap, ...] = ()

    def gaps_in(self, part: str) -> tuple[str, ...]:
        """What was not read of one part, as sentences."""
        return tuple(gap.why for gap in self.gaps if gap.part == part)
