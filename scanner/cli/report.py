"""``estatecheck report``: make the report of a stored scan again, with the same bytes."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import SHAPES, known, note, plain_errors, say
from scanner.cli.console import app as group
from scanner.cli.settings import SettingsError, resolve

app = group("Make reports again from the record.")
app.info.invoke_without_command = True
app.info.no_args_is_help = False


@app.callback()
def report(
    context: typer.Context,
    scan: Annotated[int | None, typer.Option(help="Number of the scan; the latest if left out.")] = None,
    format: Annotated[list[str] | None, typer.Option("--format", help="Repeatable; html and json if left out.")] = None,  # noqa: A002
    output: Annotated[str | None, typer.Option("--output", "-o", help="Folder to write into.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    from_pack: Annotated[
        str | None, typer.Option(help="Make it from this evidence pack, and compare it with what the pack names.")
    ] = None,
) -> None:
    """Make the report of a scan again from the record. Nothing is contacted.

    Formats: html, json, terminal; pdf, xlsx, csv; defectdojo, junit, metrics,
    oscal-poam, oscal-results, sarif.

    Examples:
      estatecheck report
      estatecheck report --scan 12 --format html -o out
      estatecheck report list
      estatecheck report --from-pack report-12.evidence.zip -o again
    """
    if context.invoked_subcommand is not None:
        return
    with plain_errors(SettingsError):
        settings = resolve({"output": output, "database": database})
    from reports.formats import FORMATS
    from scanner.cli.workbench import EXPECTED, Workbench

    wanted = format or ["html", "json"]
    for name in wanted:
        known("--format", name, list(FORMATS))
    if from_pack is not None:
        from scanner.cli.report_again import from_pack as made_again

        made_again(settings, Path(from_pack), wanted)
        return
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        bench.tell_lost()
        data = bench.report(bench.store, scan if scan is not None else bench.store.latest_scan().id)
        files = [name for name in wanted if name != "terminal"]
        written = bench.write(data, files)
        if "terminal" in wanted or not files:
            say(bench.summary(data, "table", written))
    for path in written:
        note(f"wrote {path}")


@app.command("list")
def list_scans(
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """List the scans in the record.

    Example: estatecheck report list --format json
    """
    import json

    from scanner.cli.console import table
    from scanner.cli.workbench import EXPECTED, Workbench

    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        bench.tell_lost()
        scans = bench.store.scans()
    rows = [
        [str(s.id), s.kind.value, s.state.value, f"{s.started_at:%Y-%m-%d %H:%M:%S}", f"{s.done}/{s.planned}", s.estate]
        for s in scans
    ]
    headings = ("scan", "kind", "state", "started (UTC)", "assets", "estate")
    if format == "json":
        say(json.dumps([dict(zip(headings, row, strict=True)) for row in rows], indent=2))
    else:
        say(table(headings, rows))
