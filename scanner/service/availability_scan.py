"""The devices of a scan's report: when was each last seen by any way in, and for how long has it been out of service?

As the record stood when the scan was over, so that the same report can be made again later. What ails a device is told
by its visit of this scan, or where that brought nothing by the last one before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from checks.device_troubles import FACTS, Trouble, troubles
from checks.serviceability import serviceability
from inventory.asset import SNAPSHOTS, Asset
from inventory.estate import Estate
from reports.availability import AvailabilityReport
from scanner.probes import probes_of
from scanner.query import Answer
from scanner.service.availability import DAYS, at_scan, source_at_scan
from scanner.service.availability_series import Source
from scanner.service.devices import facts, since, together
from scanner.store.records import ScanRow, StoredHost
from scanner.store.store import Store

AT_ONCE = 200  # hosts whose evidence is held at once
CARRIED = ("laptop", "workstation")  # kinds that are nobody's service and may be away


def available(store: Store, scan: ScanRow, estate: Estate, hosts: Sequence[StoredHost]) -> AvailabilityReport | None:
    """None: nothing was watched, and there is no device that may be away. Raises :class:`StoreError`."""
    watched = at_scan(store.series, estate, scan.started_at)
    assets = {asset.name: asset for asset in estate.assets}
    if watched is None and not any(map(_may_be_away, assets.values())):
        return None
    end = scan.ended_at or scan.started_at
    asked = source_at_scan(store.series, estate, scan.started_at) or _unwatched(store, scan, estate)
    asked = replace(asked, assets=assets, sightings=store.sightings(end.timestamp(), scan.id))
    found = together(asked, assets.keys(), dict(_ill(store, hosts, end)), end.timestamp())
    out = [one for one in found.out_of_service if one.reasons]
    return replace(
        watched or _nothing_watched(scan),
        devices=found.told,
        out_of_service=tuple(one.standing for one in found.out_of_service),
        groups=found.groups,
        reasons={one.standing.device: one.reasons for one in out},
    )


def _may_be_away(asset: Asset) -> bool:
    return asset.kind in CARRIED or asset.connection.way in SNAPSHOTS


def _unwatched(store: Store, scan: ScanRow, estate: Estate) -> Source:
    return Source(store.series, estate.watching, scan.started_at.timestamp())


NOBODY = serviceability(())


def _nothing_watched(scan: ScanRow) -> AvailabilityReport:
    moment = scan.started_at.timestamp()
    return AvailabilityReport(moment - timedelta(days=DAYS).total_seconds(), moment, moment, (), NOBODY)


def _ill(store: Store, hosts: Sequence[StoredHost], end: datetime) -> Iterator[tuple[str, tuple[Trouble, ...]]]:
    windows = [host for host in hosts if FACTS[0] in probes_of(host.asset.connection.way)]
    for at in range(0, len(windows), AT_ONCE):
        some = windows[at : at + AT_ONCE]
        told = {host.uid: [one for one in host.answers if one.query in FACTS] for host in some}
        outputs = store.blobs({one.sha256 for answers in told.values() for one in answers if not one.answer.missing})
        for host in some:
            answers = [replace(one.answer, output=outputs.get(one.sha256, b"")) for one in told[host.uid]]
            yield from _of_one(store, host, [one for one in answers if not one.missing], end)


def _of_one(
    store: Store, host: StoredHost, answers: Sequence[Answer], end: datetime
) -> Iterator[tuple[str, tuple[Trouble, ...]]]:
    name, until = host.asset.name, host.attempt.started_at if host.attempt and answers else end
    if not answers:
        answers = next((told for _, told in store.snapshots.back(name, FACTS, 1, until)), ())
    found = troubles(facts(host.asset, answers))
    if found:
        yield name, tuple(since(store, host.asset, one, until) for one in found)
