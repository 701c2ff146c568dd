"""Devices: for how long is each out of service, and who is to see to it? From watches, the visits of
scans, and snapshots."""

from collections.abc import Iterator, Sequence

from checks.serviceability import Standing, seen_by_scan, serviceability, standing
from inventory.asset import SNAPSHOT_DAYS
from reports.availability import DeviceGroup
from scanner.service.availability_series import Source, service_intervals
from scanner.store.watching.records import SeriesRow

DAY = 86_400.0
GAPS = 2.5  # intervals without a look after which a proof of working counts no more
SCAN_DAYS = 8  # so long a log-in of a scan proves that a device works: full scans are weekly


def standings_of(asked: Source, now: float, looked: float | None = None) -> tuple[Standing, ...]:
    """Each device that a watch belongs to, or that a scan has tried: when was it last proven to work?

    ``looked``: until when scans know something, where that is later than what watches do.
    """
    found = {one.device: one for one in _watched(asked, now)}
    now = now if looked is None else looked
    for device, sighting in asked.sightings.items():
        if (asked.assets and device not in asked.assets) or sighting.first_tried > now:
            continue  # it has left the inventory
        first = sighting.first_tried
        by_scan = seen_by_scan(device, found.get(device), first, sighting.seen, now, SCAN_DAYS * DAY)
        days = asked.assets[device].snapshot_days if device in asked.assets else None
        own = (days or SNAPSHOT_DAYS) * DAY
        found[device] = seen_by_scan(device, by_scan, first, sighting.snapshot, now, own, "snapshot")
    return tuple(found[device] for device in sorted(found))


def _watched(asked: Source, now: float) -> Iterator[Standing]:
    devices: dict[str, list[SeriesRow]] = {}
    for row in asked.rows:
        if row.definition.asset and row.watched:
            devices.setdefault(row.definition.asset, []).append(row)
    for device, rows in sorted(devices.items()):
        known = min(start for row in rows for start, _ in asked.watched[row.key])
        tolerance = GAPS * max(row.definition.every_seconds for row in rows)
        if known < now:
            yield standing(device, service_intervals(asked, rows, now - 1, now), known, now, tolerance)


def groups_of(asked: Source, standings: Sequence[Standing]) -> Iterator[DeviceGroup]:
    """By area, then by supplier, those with most out of service first. Nothing when no inventory names any."""
    for kind in ("area", "supplier"):
        parts: dict[str | None, list[Standing]] = {}
        for one in standings:
            asset = asked.assets.get(one.device)
            name = None if asset is None else asset.area if kind == "area" else asset.supplier
            parts.setdefault(name, []).append(one)
        if set(parts) - {None}:
            made = [DeviceGroup(kind, name, serviceability(part)) for name, part in parts.items()]
            yield from sorted(made, key=lambda one: (one.told.in_service - one.told.devices, one.name or "~"))
