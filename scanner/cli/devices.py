"""``estatecheck devices``: when each was last seen, and for how long it has been unusable."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, known, plain_errors, say, table
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.devices import Device, Devices

MOST = 20


def devices(
    kind: Annotated[str, typer.Option(help="Only of this kind: laptop, workstation, server ...")] = "",
    area: Annotated[str, typer.Option(help="Only of this area.")] = "",
    supplier: Annotated[str, typer.Option(help="Only of this supplier.")] = "",
    longest: Annotated[int, typer.Option(help="So many of those longest out of service; 0: all.")] = MOST,
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Tell which devices are out of service: no successful contact, an update stuck, a disk failing, crash after crash.

    Seen by any way in: watches, log-ins of scans, snapshots. Half of those out of service are so for less than p50.

    Examples:
      estatecheck devices --kind laptop
      estatecheck devices --area north --longest 0 --format json
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.availability import source
    from scanner.service.devices import devices as look

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        now = datetime.now(UTC).timestamp()
        chosen = [
            asset
            for asset in bench.estate.assets
            if (not kind or asset.kind == kind)
            and (not area or asset.area == area)
            and (not supplier or asset.supplier == supplier)
        ]
        sightings = bench.store.sightings(now)
        asked = source(bench.store.series, bench.watching, now, bench.service_names, sightings, bench.assets)
        found = look(bench.store, asked, chosen)
    if format == "json":
        say(json.dumps(_as_json(found), indent=2))
    else:
        say("\n".join(_lines(found, longest)))


def _lines(found: "Devices", longest: int) -> Iterator[str]:
    from reports.availability import age
    from reports.text import safe_text

    told = found.told
    out = f"{told.unusable:,} unusable, {told.unseen:,} unseen"
    yield f"{told.in_service:,} of {told.devices:,} devices in service; {out}"
    if told.p50 is not None and told.p95 is not None and told.longest is not None:
        yield f"out of service for p50 {age(told.p50)}, p95 {age(told.p95)}, longest {age(told.longest.age)}"
    rows = [
        [
            f"{group.kind} {group.name}" if group.name else f"no {group.kind}",
            f"{group.told.devices - group.told.in_service} of {group.told.devices}",
            *("-" if days is None else age(days) for days in (group.told.p50, group.told.p95)),
            f"{age(group.told.longest.age)} ({group.told.longest.device})" if group.told.longest else "-",
        ]
        for group in found.groups
    ]
    if rows:
        yield from ("", table(("of", "out of service", "p50", "p95", "longest"), rows))
    absent = found.out_of_service
    if absent:
        shown = [_row(one) for one in (absent[:longest] if longest > 0 else absent)]
        headings = ("device", "is", "for", "why", "last seen by any way in (UTC)")
        yield from ("", safe_text(table(headings, shown), 10**6))
        if len(absent) > len(shown):
            yield f"... and {len(absent) - len(shown):,} more: --longest 0 lists them all"


def _row(one: "Device") -> list[str]:
    from reports.availability import age, stamp

    standing = one.standing
    seen = f"{stamp(standing.last_seen)} ({standing.way})" if standing.last_seen is not None else "never"
    why = "; ".join((*one.reasons[:1], *(trouble.said for trouble in one.troubles)))
    return [standing.device, standing.condition.value, age(standing.age) if standing.age else "?", why, seen]


def _as_json(found: "Devices") -> dict[str, Any]:
    from reports.availability_data import counts

    return {
        **counts(found.told),
        "groups": [{"by": group.kind, "name": group.name, **counts(group.told)} for group in found.groups],
        "devices": [_device(one) for one in found.all],
    }


def _device(one: "Device") -> dict[str, Any]:
    from reports.availability import stamp

    standing = one.standing
    return {
        "device": standing.device,
        "area": one.asset.area if one.asset else None,
        "supplier": one.asset.supplier if one.asset else None,
        "condition": standing.condition.value,
        "since": None if standing.since is None else stamp(standing.since),
        "days": round(standing.age / 86_400, 2),
        "never_seen": standing.last_seen is None,
        "last_seen": None if standing.last_seen is None else stamp(standing.last_seen),
        "last_seen_by": standing.way or None,
        "reasons": list(one.reasons),
        "troubles": [
            {"kind": t.kind, "since": None if t.since is None else stamp(t.since), "said": t.said} for t in one.troubles
        ],
    }
