"""Risk of what a scan found: the rules that were in force then, over what is in the record."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from checks.risk import Level, Override, counts
from inventory.estate import Estate
from reports.firmware import DeviceFirmware
from reports.report import AssetCoverage, Issue
from reports.risk import Basis, levels_of_members, rated
from scanner.service.policies import risk_rules_of
from scanner.store.records import EventRow, ScanRow

KEV = "kev"
OVERRIDE = "override-risk"  # action of a signed statement


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


def overrides(events: Iterable[EventRow], until: datetime) -> dict[str, Override]:
    """By fingerprint: the last override that was signed before ``until``, if it still counts on that day.

    One that was signed in an earlier episode of the finding has gone with it.
    """
    found: dict[str, tuple[int, Override]] = {}
    episodes: dict[str, int] = {}
    for event in events:
        if event.at > until:
            continue
        episodes[event.fingerprint] = event.episode
        if (made := override_of(event)) is not None:
            found[event.fingerprint] = event.episode, made
    day = until.date()
    return {key: made for key, (episode, made) in found.items() if episodes[key] == episode and counts(made, day)}


def override_of(event: EventRow) -> Override | None:
    """What a signed statement ``override-risk`` says; None for every other event, and for one that is not whole."""
    said = event.proof.get("statement")
    signed = event.proof.get("signature")
    if not isinstance(said, Mapping) or said.get("action") != OVERRIDE or not isinstance(signed, Mapping):
        return None
    more = said.get("more")
    try:
        level = Level(str(more["risk"])) if isinstance(more, Mapping) else None
        until = date.fromisoformat(str(said["until"]))
    except (KeyError, ValueError):
        return None
    if level is None or level is Level.UNRATED:
        return None
    texts = {name: str(said.get(name) or "") for name in ("actor", "role", "reason", "at")}
    return Override(level=level, until=until, **texts)
