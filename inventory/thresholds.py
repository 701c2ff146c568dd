"""From which measured value on a device counts as in trouble, where the device sets no threshold of its own.

A value that the inventory does not give is a default: figures that operators commonly start with, not a standard's.
docs/write-an-inventory.md lists them; every verdict says which threshold it was held against.
"""

from dataclasses import dataclass

DEFAULTS = {
    "temperature_celsius": 75.0,
    "storage_percent": 90.0,
    "memory_percent": 95.0,
    "cpu_percent": 95.0,
    "interface_error_ratio": 0.01,
    "battery_charge_percent": 50.0,
    "battery_minutes": 10.0,
}


@dataclass(frozen=True, slots=True)
class Threshold:
    value: float
    said: bool  # by the inventory; else it is the default

    @property
    def origin(self) -> str:
        return "the inventory's threshold" if self.said else "the default threshold"


@dataclass(frozen=True, slots=True)
class HealthThresholds:
    """What the inventory says, None where it says nothing. Use :meth:`of`, which knows the defaults."""

    temperature_celsius: float | None = None  # at least: too hot
    storage_percent: float | None = None  # of a volume in use, at least: too full
    memory_percent: float | None = None  # in use, at least
    cpu_percent: float | None = None  # load, at least
    interface_error_ratio: float | None = None  # errors and discards by packets, above: too many
    battery_charge_percent: float | None = None  # below: too low
    battery_minutes: float | None = None  # the battery would last, below: too short

    def of(self, name: str) -> Threshold:
        given: float | None = getattr(self, name)
        return Threshold(DEFAULTS[name], said=False) if given is None else Threshold(given, said=True)
