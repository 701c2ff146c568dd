"""``estatecheck clocks`` and ``credits``: what is late, by whose clock; what is due next; what a month would cost."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from reports.clocks import ClockReport, FindingClocks
    from reports.report import ReportData
    from scanner.cli.workbench import Workbench
    from scanner.store.records import ScanRow

app = group("Clocks: by when findings must be mended, by contract and supplier.")
Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]
Scan = Annotated[int | None, typer.Option(help="Number of a scan; the newest full one when left out.")]


@app.command("list")
def list_clocks(
    breached: Annotated[bool, typer.Option("--breached", help="Only findings with a breached clock.")] = False,
    supplier: Annotated[str | None, typer.Option(help="Only those of this supplier of the inventory.")] = None,
    contract: Annotated[str | None, typer.Option(help="Only those under this contract.")] = None,
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List findings by the clock that leads: breached first, then by when they are due.

    Examples:
      estatecheck clocks list --breached
      estatecheck clocks list --supplier larkspur --format json
    """
    from checks.clocks import Status
    from reports.clocks import headline, plain_finding, policies_line
    from reports.text import safe_text

    known("--format", format, SHAPES)
    report = _report(scan, database)
    found = [
        one
        for one in report.findings
        if supplier in (None, one.supplier)
        and (contract is None or contract in one.contracts)
        and (not breached or one.lead.status is Status.BREACHED)
    ]
    if format == "json":
        say(json.dumps([plain_finding(one) for one in found], indent=2))
        return
    say(safe_text(headline(report)))
    say(safe_text(policies_line(report)))
    cells = [_cells(one) for one in found]
    say(table(("ref", "risk", "clock", "due (UTC)", "late", "policy", "supplier", "asset", "what"), cells))


def _cells(one: "FindingClocks") -> list[str]:
    from reports.clocks import days, stamp
    from reports.text import safe_text

    lead = one.lead
    when = (lead.status.value, stamp(lead.due), days(lead.late) if lead.late else "-", lead.policy)
    return [one.ref, one.level, *when, *(safe_text(text, 60) for text in (one.supplier or "-", one.asset, one.title))]


@app.command()
def show(ref: str, scan: Scan = None, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show every clock of one finding: start, limit, pauses, gross and net time.

    Example: estatecheck clocks show EC-0001
    """
    from reports.clocks import plain_finding, sentence
    from reports.text import safe_text

    known("--format", format, SHAPES)
    wanted = ref.strip().upper()
    one = next((one for one in _report(scan, database).findings if one.ref == wanted), None)
    if one is None:
        raise fail(f"{ref[:40]!r} has no clock in this scan; `estatecheck clocks list` shows those that have")
    if format == "json":
        say(json.dumps(plain_finding(one), indent=2))
        return
    say(safe_text(f"{one.ref}  {one.state}  risk {one.level}  {one.title} on {one.asset}"))
    for clock in one.clocks:
        say(safe_text(f"  {sentence(clock)}"))


@app.command()
def forecast(
    supplier: Annotated[str | None, typer.Option(help="Only what this supplier of the inventory has to mend.")] = None,
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Tell which clocks will be breached if things come and go as before, or why that cannot be told.

    Example: estatecheck clocks forecast --supplier larkspur
    """
    from reports.forecast import lines, plain
    from reports.text import safe_text
    from scanner.service.forecast import forecast as work_out

    known("--format", format, SHAPES)
    bench, row, data = _data(scan, database)
    made = work_out(bench.store, row, _clocks(data), bench.catalogue, supplier)
    if format == "json":
        say(json.dumps([plain(one) for one in made], indent=2))
        return
    if not made:
        say("No clock is running, so there is nothing to forecast.")
    for one in made:
        say("\n".join(safe_text(line) for line in lines(one)))


@app.command()
def policies(
    show: Annotated[str | None, typer.Option("--show", help="Print the text of a preset, to copy and edit.")] = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List the clock policies that ship with estatecheck, or print one.

    Examples:
      estatecheck clocks policies
      estatecheck clocks policies --show custom > our-contract.yaml
    """
    from checks.clock_policy import PRESETS, BadClockPolicy, parse, preset

    known("--format", format, SHAPES)
    if show is not None:
        with plain_errors(BadClockPolicy):
            say(preset(show).rstrip("\n"))
        return
    made = [parse(preset(name), name) for name in PRESETS]
    if format == "json":
        words = ("id", "version", "title", "source", "date", "digest", "unit", "zone", "note")
        say(json.dumps([{word: getattr(one, word) for word in words} for one in made], indent=2))
        return
    cells = [[one.id, one.version, one.date, one.unit, one.title, one.source] for one in made]
    say(table(("policy", "version", "of", "counts", "title", "source"), cells))


def credits_(
    contract: Annotated[str, typer.Option(help="A contract of the inventory that has a table of credits.")],
    month: Annotated[str, typer.Option(help="Such as 2026-03.")],
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Work out a contract's service credits of a month, indicative: what is certain, and what it would be at most.

    Example: estatecheck credits --contract larkspur-core --month 2026-03
    """
    from reports.credits import headline, line, plain
    from reports.text import safe_text
    from scanner.cli.workbench import EXPECTED
    from scanner.service.credits import credits_in

    known("--format", format, SHAPES)
    bench, row, data = _data(scan, database)
    with plain_errors(*EXPECTED):
        made = credits_in(bench.store, row, bench.store.estate_of(row.id), data, contract, month)
    if format == "json":
        say(json.dumps(plain(made), indent=2))
        return
    say(safe_text(headline(made)))
    for told in (*map(line, made.lines), *made.notes):
        say(safe_text(f"  {told}"))
    say("  Indicative: which credits are due is for the two sides of the contract.")


def _report(scan: int | None, database: str | None) -> "ClockReport":
    return _clocks(_data(scan, database)[2])


def _clocks(data: "ReportData") -> "ClockReport":
    if data.clocks is None:
        raise fail(f"scan {data.scan_id} was made before there were clocks; scan again, then ask again")
    return data.clocks


def _data(scan: int | None, database: str | None) -> "tuple[Workbench, ScanRow, ReportData]":
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.report import report_data

    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        row = bench.store.scan(scan) if scan is not None else bench.store.latest_scan()
        return bench, row, report_data(bench.store, row.id, bench.catalogue)
