"""``estatecheck availability``: how available was a service, with bounds that contain the truth."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import fail, known, plain_errors, say
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from reports.availability import AvailabilityReport

SHAPES = ("table", "json", "csv", "svg")
HOURS = ("both", "business", "all")
DAYS = 30


def availability(
    service: Annotated[list[str] | None, typer.Option(help="A service, or a watch of none; all when left out.")] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="A day or moment; 30 days before the end if left out.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="A day or moment; now if left out.")] = None,
    hours: Annotated[str, typer.Option(help="business (the contract's), all (24x7) or both")] = "both",
    hourly: Annotated[bool, typer.Option("--hourly", help="A table of hours in place of the figures.")] = False,
    format: Annotated[str, typer.Option("--format", help="table, json, csv or svg")] = "table",  # noqa: A002
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Tell how available services were: measured share, lower and upper bound, hours down, outages, claims.

    Time that nobody could look at is UNKNOWN: the lower bound takes it as down, the upper bound as up. A day means its
    midnight where the contract is (the zone of its hours), else in UTC.

    Examples:
      estatecheck availability
      estatecheck availability --service portal --from 2026-03-01 --to 2026-04-01
      estatecheck availability --service portal --hourly --from 2026-03-03 --to 2026-03-04
      estatecheck availability --service portal --format svg > portal.svg
    """
    known("--format", format, SHAPES)
    known("--hours", hours, HOURS)
    if hourly and format == "svg":
        raise fail("--hourly is a table: use it with --format table, json or csv")
    now = datetime.now(UTC)
    finish = _moment(end, "--to") if end else now
    start = _moment(begin, "--from") if begin else finish - timedelta(days=DAYS)
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.schedule.zones import BadSchedule
    from scanner.service.availability import BadPeriod, NoSuchService, Period, measured, source

    with plain_errors(NoSuchService, BadPeriod, BadSchedule, *EXPECTED):
        bench = Workbench(settings)
        series, moment = bench.store.series, now.timestamp()
        until = min(moment, series.known_until() or moment)
        sightings = bench.store.sightings(moment)
        asked = source(series, bench.watching, until, bench.service_names, sightings, bench.assets)
        report = measured(asked, Period(start, finish), service or ())
    if hourly:
        _say_hours(report, format)
    else:
        _say(report, format, hours, full=bool(service))


def _moment(text: str, option: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise fail(
            f"{option} {text[:40]!r} is neither a day nor a moment; write 2026-03-01 or 2026-03-01T08:00+00:00"
        ) from None


def _say_hours(report: "AvailabilityReport", shape: str) -> None:
    from reports.availability_data import cell
    from reports.availability_hours import plain_hours

    if shape == "table":
        from scanner.cli.availability_text import by_hour

        say("\n".join(by_hour(report)).rstrip("\n"))
        return
    rows = plain_hours(report)
    if shape == "json":
        say(json.dumps({"hours": rows}, indent=2))
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0] if rows else ())
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    say(out.getvalue().rstrip("\n"))


def _say(report: "AvailabilityReport", shape: str, hours: str, *, full: bool) -> None:
    if shape == "json":
        from reports.availability_data import plain

        say(json.dumps(plain(report), indent=2))
    elif shape == "csv":
        from reports.availability_data import csv_rows

        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(csv_rows(report, hours))
        say(out.getvalue().rstrip("\n"))
    elif shape == "svg":
        from reports.timeline import strips

        say(str(strips(report.services)).rstrip("\n"))
    else:
        from scanner.cli.availability_text import lines

        say("\n".join(lines(report, hours, full=full)))
