"""``estatecheck availability``: how available was a service, with bounds that contain the truth."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import fail, known, plain_errors, say, table
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from checks.availability import Availability, Figures
    from checks.serviceability import Serviceability
    from scanner.service.availability import Measured

SHAPES = ("table", "json", "csv", "svg")
DAYS = 30
DAY_SECONDS = 86_400


def availability(
    service: Annotated[list[str] | None, typer.Option(help="A service, or a watch of none; all when left out.")] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="A day or moment; 30 days before the end if left out.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="A day or moment; now if left out.")] = None,
    format: Annotated[str, typer.Option("--format", help="table, json, csv or svg")] = "table",  # noqa: A002
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Tell how available services were: measured share, lower and upper bound, hours down, outages, claims.

    Time that nobody could look at is UNKNOWN: the lower bound takes it as down, the upper bound as up.

    Examples:
      estatecheck availability
      estatecheck availability --service portal --from 2026-03-01 --to 2026-04-01
      estatecheck availability --service portal --format svg > portal.svg
    """
    known("--format", format, SHAPES)
    now = datetime.now(UTC)
    finish = _moment(end, "--to") if end else now
    start = _moment(begin, "--from") if begin else finish - timedelta(days=DAYS)
    if start >= finish:
        raise fail(f"--from {start.isoformat()} is not before --to {finish.isoformat()}")
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.availability import NoSuchService, devices, measured, services

    with plain_errors(NoSuchService, *EXPECTED):
        bench = Workbench(settings)
        series, watching = bench.store.series, bench.watching
        names = service or services(watching, series.rows())
        found = [measured(series, watching, name, start, finish, now) for name in names]
        standing = devices(series, now)
    say(_shaped(format, found, standing))


def _moment(text: str, option: str) -> datetime:
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        raise fail(
            f"{option} {text[:40]!r} is neither a day nor a moment; write 2026-03-01 or 2026-03-01T08:00+00:00"
        ) from None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _shaped(shape: str, found: Sequence["Measured"], standing: "Serviceability") -> str:
    if shape == "json":
        return json.dumps({"services": [_plain(one) for one in found], "devices": _devices(standing)}, indent=2)
    if shape == "csv":
        return _csv(found)
    if shape == "svg":
        from reports.availability import timeline

        bands = [(one.service, one.intervals, one.figures.start, one.figures.asked_end) for one in found]
        return timeline(bands)
    return "\n\n".join([*(_told(one) for one in found), _standing(standing)] if found else ["Nothing is watched yet."])


def _sets(figures: "Availability") -> Iterator["Figures"]:
    yield figures.always
    if figures.promised:
        yield figures.promised


def _told(one: "Measured") -> str:
    figures = one.figures
    headings = (
        "hours",
        "lower",
        "point",
        "upper",
        "measured",
        "down",
        "unknown",
        "excluded",
        "outages",
        "longest",
        "MTTR",
        "MTBF",
    )
    blocks = [
        f"{_safe(one.service)}: {_when(figures.start)} to {_when(figures.end)} UTC "
        f"({', '.join(map(_safe, one.watches))})",
        table(headings, [_cells(each) for each in _sets(figures)]),
    ]
    if figures.claim and one.promise:
        claim = figures.claim
        blocks.append(
            f"Promised: {_share(claim.claimed)}, {_hours(claim.allowed_down)} down allowed. Measured: "
            f"{_hours(claim.down)} down, at most {_hours(claim.down_at_most)}. The promise {claim.verdict.value}."
        )
    late = figures.maintenance.late
    if late:
        blocks.append(
            f"Declared too late to be excluded: {', '.join(_safe(entry.reference or entry.who) for entry in late)}."
        )
    for claimed in one.claims:
        verdict = claimed.figures.claim
        if verdict:
            blocks.append(
                f"Claimed for {claimed.month}: {_share(verdict.claimed)}; measured {_hours(verdict.down)} down, "
                f"at most {_hours(verdict.down_at_most)}: it {verdict.verdict.value}."
            )
    if one.outages:
        rows = [
            (_when(o.start * 1000), _when(o.ended * 1000) if o.ended else "open", _safe(o.key), _safe(o.reason))
            for o in one.outages
        ]
        blocks.append(table(("outage from", "to", "watch", "because"), rows))
    return "\n".join(blocks)


def _cells(each: "Figures") -> list[str]:
    return [
        each.name,
        _share(each.lower),
        _share(each.point),
        _share(each.upper),
        _share(each.measured),
        _hours(each.down),
        _hours(each.unknown),
        _hours(each.excluded),
        str(len(each.outages)),
        _hours(each.longest),
        _hours(each.mttr),
        _hours(each.mtbf),
    ]


def _standing(standing: "Serviceability") -> str:
    if not standing.devices:
        return "No device is watched."
    told = f"Devices: {standing.in_service} of {standing.devices} in service, "
    told += f"{standing.unusable} unusable, {standing.unseen} unseen."
    if standing.longest is None:
        return told
    days = [f"{(age or 0.0) / DAY_SECONDS:.1f}" for age in (standing.p50, standing.p95, standing.longest.age)]
    longest = _safe(standing.longest.device)
    return f"{told} Out for {days[0]} days (p50), {days[1]} (p95), longest {longest}: {days[2]} days."


def _plain(one: "Measured") -> dict[str, Any]:
    figures = one.figures
    return {
        "service": one.service,
        "series": list(one.watches),
        "from": _when(figures.start),
        "to": _when(figures.end),
        "asked_to": _when(figures.asked_end),
        "hours": [_figures(each) for each in _sets(figures)],
        "promise": _claim(figures) if one.promise else None,
        "claims": [{"month": each.month, **(_claim(each.figures) or {})} for each in one.claims],
        "maintenance": {
            "excluded_hours": _number(sum(end - start for start, end in figures.maintenance.excluded)),
            "over_allowance_hours": _number(sum(end - start for start, end in figures.maintenance.over_allowance)),
            "allowed_hours": _number(figures.maintenance.allowed_ms),
            "late": [{"who": entry.who, "reference": entry.reference} for entry in figures.maintenance.late],
        },
        "outages": [
            {
                "id": outage.id,
                "series": outage.key,
                "from": _when(outage.start * 1000),
                "not_before": _when(outage.after * 1000) if outage.after is not None else None,
                "to": _when(outage.ended * 1000) if outage.ended is not None else None,
                "reason": outage.reason,
                "children": list(outage.children),
            }
            for outage in one.outages
        ],
    }


def _figures(each: "Figures") -> dict[str, Any]:
    return {
        "name": each.name,
        "lower": _ratio(each.lower),
        "point": _ratio(each.point),
        "upper": _ratio(each.upper),
        "measured": _ratio(each.measured),
        "promised_hours": _number(each.promised),
        "up_hours": _number(each.up),
        "down_hours": _number(each.down),
        "unknown_hours": _number(each.unknown),
        "degraded_hours": _number(each.degraded),
        "excluded_hours": _number(each.excluded),
        "outages": len(each.outages),
        "longest_hours": _number(each.longest),
        "mttr_hours": _number(each.mttr),
        "mtbf_hours": _number(each.mtbf),
        "worst_day": {"day": each.worst_day[0], "down_hours": _number(each.worst_day[1])} if each.worst_day else None,
    }


def _claim(figures: "Availability") -> dict[str, Any] | None:
    claim = figures.claim
    if claim is None:
        return None
    return {
        "share": _ratio(claim.claimed),
        "verdict": claim.verdict.value,
        "allowed_down_hours": _number(claim.allowed_down),
        "down_hours": _number(claim.down),
        "down_at_most_hours": _number(claim.down_at_most),
    }


def _devices(standing: "Serviceability") -> dict[str, Any]:
    longest = standing.longest
    return {
        "watched": standing.devices,
        "in_service": standing.in_service,
        "unusable": standing.unusable,
        "unseen": standing.unseen,
        "p50_days": _days(standing.p50),
        "p95_days": _days(standing.p95),
        "longest": {"device": longest.device, "days": _days(longest.age)} if longest else None,
    }


def _csv(found: Sequence["Measured"]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [
        {"service": one.service, "from": _when(one.figures.start), "to": _when(one.figures.end), **_flat(each)}
        for one in found
        for each in _sets(one.figures)
    ]
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return out.getvalue().rstrip("\n")


def _flat(each: "Figures") -> dict[str, Any]:
    told = _figures(each)
    worst = told.pop("worst_day")
    return {
        **told,
        "worst_day": worst["day"] if worst else "",
        "worst_day_down_hours": worst["down_hours"] if worst else "",
    }


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value


def _share(share: Fraction | None) -> str:
    return "-" if share is None else f"{float(share) * 100:.3f} %"


def _hours(ms: int | Fraction | None) -> str:
    return "-" if ms is None else f"{float(ms) / 3_600_000:.2f} h"


def _ratio(share: Fraction | None) -> float | None:
    return None if share is None else round(float(share), 9)


def _number(ms: int | Fraction | None) -> float | None:
    return None if ms is None else round(float(ms) / 3_600_000, 6)


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / DAY_SECONDS, 3)


def _when(ms: float) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _safe(text: str) -> str:
    from reports.text import safe_text

    return safe_text(text)
