"""Disks, volumes and batteries."""

from inventory.facts.windows_storage import (
    WindowsBatteries,
    WindowsBattery,
    WindowsDisk,
    WindowsStorage,
    WindowsVolume,
)
from scanner.probes.windows.reading import Data, chosen, each
from scanner.probes.windows.section import probe
from scanner.query import NotHere, Unreadable

# MSFT_PhysicalDisk: MediaType, BusType, HealthStatus
_MEDIA = {3: "hdd", 4: "ssd", 5: "scm"}
_HEALTH = {0: "healthy", 1: "warning", 2: "unhealthy"}
_BUSES = {
    1: "scsi",
    3: "ata",
    6: "fibre channel",
    7: "usb",
    8: "raid",
    9: "iscsi",
    10: "sas",
    11: "sata",
    12: "sd",
    13: "mmc",
    15: "file-backed virtual",
    16: "storage spaces",
    17: "nvme",
    18: "scm",
    19: "ufs",
}
_HOTTEST = 200  # degrees; more is a filler
_UNKNOWN_CAPACITY = 0xFFFF_FFFF  # BATTERY_UNKNOWN_CAPACITY


def read_storage(data: Data) -> WindowsStorage:
    disks, drive = data.rows("disks"), data.word("system_drive").upper()
    predicted = _predictions(data)
    return WindowsStorage(
        disks=None if disks is None else tuple(_disk(row, predicted) for row in disks),
        volumes=tuple(_volume(row, drive) for row in data.needed_rows("volumes")),
    )


def _predictions(data: Data) -> dict[str, bool | None]:
    """By the number of the drive. The driver's name of one is its PnP id and an underscore with a digit."""
    drives = {row.word("PNPDeviceID").upper(): row.word("Index") for row in each(data.rows("drives"))}
    said = ((row.word("InstanceName").upper(), row.flag("PredictFailure")) for row in each(data.rows("predictions")))
    return {drives[name[:-2]]: failing for name, failing in said if name[:-2] in drives}


def _disk(row: Data, predicted: dict[str, bool | None]) -> WindowsDisk:
    counter = row.part("counter")
    temperature = counter.number("Temperature")
    return WindowsDisk(
        name=row.word("FriendlyName"),
        media=chosen(row.number("MediaType"), _MEDIA),
        bus=chosen(row.number("BusType"), _BUSES),
        size_bytes=row.number("Size"),
        health=chosen(row.number("HealthStatus"), _HEALTH),
        failure_predicted=predicted.get(row.word("DeviceId")),
        wear_percent=counter.number("Wear"),
        temperature_celsius=temperature if temperature and temperature < _HOTTEST else None,
        power_on_hours=counter.number("PowerOnHours"),
        read_errors=counter.number("ReadErrorsUncorrected"),
        write_errors=counter.number("WriteErrorsUncorrected"),
    )


def _volume(row: Data, system_drive: str) -> WindowsVolume:
    drive, size, free = row.word("DeviceID"), row.number("Size"), row.number("FreeSpace")
    if size is not None and free is not None and free > size:
        raise Unreadable("a volume has more room than it is large")
    return WindowsVolume(
        drive=drive,
        file_system=row.word("FileSystem"),
        size_bytes=size,
        free_bytes=free,
        system=bool(drive) and drive.upper() == system_drive,
    )


def read_batteries(data: Data) -> WindowsBatteries:
    rows = data.needed_rows("batteries")
    if not rows:
        raise NotHere("this machine has no battery")
    design, full = _by_name(data, "design", "DesignedCapacity"), _by_name(data, "full", "FullChargedCapacity")
    cycles = _by_name(data, "cycles", "CycleCount")
    names = sorted(design.keys() | full.keys()) if len(rows) > 1 else [*full, *design][:1]
    charges = [row.number("EstimatedChargeRemaining") for row in rows]
    if not names:
        return WindowsBatteries(
            tuple(WindowsBattery(r.word("Name"), None, None, None, c) for r, c in zip(rows, charges, strict=True))
        )
    single = charges[0] if len(rows) == 1 else None  # which charge belongs to which battery nobody says
    return WindowsBatteries(
        tuple(
            WindowsBattery(
                name=rows[0].word("Name") if len(rows) == 1 else name,
                design_mwh=design.get(name),
                full_mwh=full.get(name),
                cycles=cycles.get(name) or None,
                charge_percent=single,
            )
            for name in names
        )
    )


def _by_name(data: Data, part: str, key: str) -> dict[str, int | None]:
    told = {row.word("InstanceName"): row.number(key) for row in each(data.rows(part))}
    return {name: None if value in (0, _UNKNOWN_CAPACITY) else value for name, value in told.items()}


STORAGE = probe("storage", read_storage, seconds=45)
BATTERIES = probe("batteries", read_batteries, seconds=30)
