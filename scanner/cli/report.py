"""``estatecheck report``: make the report of a stored scan again, with the same bytes."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say
from scanner.cli.console import app as group
from scanner.cli.report_branding import in_dress
from scanner.cli.report_compare import compare, with_since
from scanner.cli.report_root_cause import root_cause
from scanner.cli.report_seal import SEAL, sealer, verify, write_seal
from scanner.cli.report_view import DEFAULT, as_seen, check_view, open_report
from scanner.cli.report_word import word_template
from scanner.cli.settings import SettingsError, resolve

app = group("Make reports again from the record.")
app.info.invoke_without_command = True
app.info.no_args_is_help = False
app.command()(compare)
app.command("root-cause")(root_cause)
app.command("verify")(verify)
app.command("open")(open_report)
app.command("word-template")(word_template)


@app.callback()
def report(
    context: typer.Context,
    scan: Annotated[int | None, typer.Option(help="Number of the scan; the latest if left out.")] = None,
    format: Annotated[list[str] | None, typer.Option("--format", help="Repeatable; html and json if left out.")] = None,  # noqa: A002
    since: Annotated[
        str | None,
        typer.Option(help="Tell what changed since this earlier scan (12), report (ECR-12-...) or file of one."),
    ] = None,
    view: Annotated[str, typer.Option("--view", help="accreditor, supplier, board or technical.")] = DEFAULT,
    supplier: Annotated[str | None, typer.Option(help="With --view supplier: whose, by id or name.")] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Folder to write into.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    from_pack: Annotated[
        str | None, typer.Option(help="Make it from this evidence pack, and compare it with what the pack names.")
    ] = None,
    branding: Annotated[
        Path | None,
        typer.Option(help="Logo, marking, sections, Word template of your own: a folder with branding.yaml."),
    ] = None,
    sign_as: Annotated[str | None, typer.Option(help="With --format dsse: the role that signs it.")] = None,
    key: Annotated[Path | None, typer.Option(help="That role's private key.")] = None,
    passphrase: Annotated[str | None, typer.Option(help="Reference to its passphrase: env:NAME, file:PATH.")] = None,
) -> None:
    """Make the report of a scan again from the record. Nothing is contacted.

    Formats: html, json, terminal; pdf, docx, xlsx, csv, plan-csv; defectdojo,
    junit, metrics, oscal-poam, oscal-results, sarif; dsse (signs the others).

    Examples:
      estatecheck report
      estatecheck report --scan 12 --format html -o out
      estatecheck report --since 11
      estatecheck report --view supplier --supplier quill --format html
      estatecheck report open
      estatecheck report list
      estatecheck report --from-pack report-12.evidence.zip -o again
      estatecheck report --from-pack report-12.evidence.zip --view board
      estatecheck report --from-pack 12.evidence.zip --since 11.evidence.zip
      estatecheck report --format docx --view accreditor --branding our-dress
    """
    if context.invoked_subcommand is not None:
        return
    with plain_errors(SettingsError):
        settings = resolve({"output": output, "database": database})
    from reports.formats import FORMATS
    from scanner.cli.workbench import EXPECTED, Workbench

    wanted = format or ["html", "json"]
    for name in wanted:
        known("--format", name, [*FORMATS, SEAL])
    check_view(view, supplier)
    if SEAL not in wanted and (sign_as or key or passphrase):
        raise fail("--sign-as, --key and --passphrase seal a report: add --format dsse")
    if from_pack is not None:
        _only_the_packs(since, wanted)
        from scanner.cli.report_again import from_pack as made_again

        made_again(settings, Path(from_pack), wanted, lambda data: as_seen(data, view, supplier), since, branding)
        return
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        bench.tell_lost()
        data = bench.report(bench.store, scan if scan is not None else bench.store.latest_scan().id)
        if since:
            data = with_since(bench, data, since)
        named = data.branding_folder
        data = in_dress(as_seen(data, view, supplier), branding, named)
        files = [name for name in wanted if name not in ("terminal", SEAL)]
        by = sealer(bench.store, sign_as, key, passphrase) if SEAL in wanted else None
        written = bench.write(data, files)
        if by is not None:
            written = [*written, write_seal(by, data, written, bench.output)]
        if "terminal" in wanted or not files:
            say(bench.summary(data, "table", written))
    for path in written:
        note(f"wrote {path}")


def _only_the_packs(since: str | None, wanted: list[str]) -> None:
    """What cannot be had of a pack: it has one scan, and no keys."""
    if SEAL in wanted:
        raise fail("--format dsse needs the record, which knows whose key it is: leave out --from-pack")
    if since and not Path(since).is_file():
        raise fail(
            f"--since {since[:80]}: a pack holds one scan, so name the file of the earlier report with it: "
            "its evidence pack or its report.json"
        )


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
    if not scans:
        note("this record holds no scan yet; run `estatecheck scan`, or name another record with --database")
    rows = [
        [str(s.id), s.kind.value, s.state.value, f"{s.started_at:%Y-%m-%d %H:%M:%S}", f"{s.done}/{s.planned}", s.estate]
        for s in scans
    ]
    headings = ("scan", "kind", "state", "started (UTC)", "assets", "estate")
    if format == "json":
        say(json.dumps([dict(zip(headings, row, strict=True)) for row in rows], indent=2))
    else:
        say(table(headings, rows))
