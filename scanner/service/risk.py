"""Risk of what a scan found: the rules that were in force then, over what is in the record."""

from collections.abc import Iterable, Mapping, Sequence

from checks.overrides import overrides
from checks.risk import Level
from inventory.estate import Estate
from reports.firmware import DeviceFirmware
from reports.report import AssetCoverage, Issue
from reports.risk import Basis, levels_of_members, rated
from scanner.service.policies import risk_rules_of
from scanner.store.records import EventRow, ScanRow

KEV = "kev"


def issues_with_risk(
    events: Iterable[EventRow],
    scan: ScanRow,
    estate: Estate,
    issues: Sequence[Issue],
    assets: Iterable[AssetCoverage],
    firmware: Iterable[DeviceFirmware] = (),
) -> tuple[Issue, ...]:
    """Each occurrence rated as of the end of the scan. Raises :class:`StoreError`."""
    return rated(issues, _basis(events, scan, estate, assets, firmware))


def member_levels(
    events: Iterable[EventRow],
    scan: ScanRow,
    estate: Estate,
    issues: Sequence[Issue],
    assets: Iterable[AssetCoverage],
    firmware: Iterable[DeviceFirmware] = (),
) -> dict[str, Mapping[str, Level]]:
    """By fingerprint, the risk of each member as of the end of the scan. Raises :class:`StoreError`."""
    return levels_of_members(issues, _basis(events, scan, estate, assets, firmware))


def _basis(
    events: Iterable[EventRow],
    scan: ScanRow,
    estate: Estate,
    assets: Iterable[AssetCoverage],
    firmware: Iterable[DeviceFirmware],
) -> Basis:
    end = scan.ended_at or scan.started_at
    return Basis(
        rules=risk_rules_of(scan, estate.policy),
        today=end.date(),
        kev_known=any(note.name == KEV for note in scan.feeds),
        assets={one.uid: one for one in assets},
        services=estate.services,
        sites=estate.sites,
        devices={one.asset_uid: one for one in firmware},
        isolations=estate.policy.isolations,
        overrides=overrides(events, end),
    )
