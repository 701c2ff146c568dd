"""Disks, volumes and batteries.

Sources: MSFT_PhysicalDisk, MSFT_StorageReliabilityCounter, MSStorageDriver_FailurePredictStatus, Win32_LogicalDisk,
BatteryStaticData and BatteryFullChargedCapacity.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsDisk:
    name: str
    media: str  # ssd, hdd, scm, unknown
    bus: str  # nvme, sata, usb, ...; unknown
    size_bytes: int | None
    health: str  # healthy, warning, unhealthy, unknown (MSFT_PhysicalDisk.HealthStatus)
    failure_predicted: bool | None  # MSStorageDriver_FailurePredictStatus; needs administrator rights
    wear_percent: int | None  # used up of what it can write
    temperature_celsius: int | None
    power_on_hours: int | None
    read_errors: int | None  # uncorrected
    write_errors: int | None

    @property
    def failing(self) -> bool | None:
        if self.failure_predicted or self.health in ("warning", "unhealthy"):
            return True
        return None if self.health == "unknown" and self.failure_predicted is None else False


@dataclass(frozen=True, slots=True)
class WindowsVolume:
    drive: str  # "C:"
    file_system: str
    size_bytes: int | None
    free_bytes: int | None
    system: bool  # Windows runs from it

    @property
    def free_percent(self) -> float | None:
        return None if not self.size_bytes or self.free_bytes is None else 100 * self.free_bytes / self.size_bytes


@dataclass(frozen=True, slots=True)
class WindowsStorage:
    disks: tuple[WindowsDisk, ...] | None  # None: Windows does not tell (before 8, or refused)
    volumes: tuple[WindowsVolume, ...]  # built in only

    @property
    def system_volume(self) -> WindowsVolume | None:
        return next((v for v in self.volumes if v.system), None)

    @property
    def failing(self) -> tuple[WindowsDisk, ...] | None:
        known = self.disks
        return None if known is None else tuple(d for d in known if d.failing)


@dataclass(frozen=True, slots=True)
class WindowsBattery:
    name: str
    design_mwh: int | None  # capacity when new, milliwatt-hours
    full_mwh: int | None  # capacity when charged now
    cycles: int | None  # None: not told (0 counts as not told)
    charge_percent: int | None

    @property
    def wear_percent(self) -> float | None:
        """How much of its capacity is gone. A new battery may hold more than its design says: then 0."""
        if not self.design_mwh or self.full_mwh is None:
            return None
        return max(0.0, 100 - 100 * self.full_mwh / self.design_mwh)


@dataclass(frozen=True, slots=True)
class WindowsBatteries:
    """A machine without a battery has none of this: Absent."""

    items: tuple[WindowsBattery, ...]
