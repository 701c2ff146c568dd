"""``estatecheck report compare``: two reports held against each other."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import fail, known, note, plain_errors, say, write_whole
from scanner.cli.settings import SettingsError, resolve
from scanner.cli.signer_key import key_id, own_key_id

if TYPE_CHECKING:
    from reports.compare_data import Comparison
    from reports.report import ReportData
    from scanner.cli.workbench import Workbench
    from scanner.store.store import Store

FORMATS = ("terminal", "json", "html")
_SUFFIX = {".json": "json", ".html": "html", ".htm": "html"}


def compare(
    first: Annotated[str, typer.Argument(help="The earlier one: number of a scan, report id, JSON report or pack.")],
    second: Annotated[str, typer.Argument(help="The later one, in the same words.")],
    format: Annotated[  # noqa: A002
        str | None, typer.Option("--format", help="terminal, json or html; by the ending of -o if left out.")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="File to write; printed if left out.")] = None,
    trust: Annotated[
        list[str] | None,
        typer.Option("--trust", help="Who may have signed a pack: id of a key, or its PEM. Repeatable."),
    ] = None,
    unverified: Annotated[bool, typer.Option("--unverified", help="Compare packs without verifying them.")] = False,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Compare two reports: what is new, verified fixed, back, stale, re-rated.

    What is absent is never called fixed: without a proof it is told as not
    seen again, with the reason. Files need no record. Packs are verified as
    by evidence verify; your own signing key is known.

    Examples:
      estatecheck report compare 11 12
      estatecheck report compare 11 12 --format html -o change.html
      estatecheck report compare supplier.json report.json
      estatecheck report compare 11 theirs.evidence.zip --trust their-key.pem
    """
    shape = known("--format", format or _SUFFIX.get(Path(output or "").suffix, "terminal"), FORMATS)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    from reports.compare_rows import BadReport
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.compare import Trust, compare_named

    own = own_key_id(settings.path("signing_key"))
    keys = (*(key_id(one, "--trust") for one in trust or ()), *((own,) if own else ()))
    bench = Workbench(settings)
    with plain_errors(*EXPECTED, BadReport):
        try:
            told = compare_named(first, second, lambda: bench.store, bench.catalogue, Trust(keys, unverified))
        except OSError as fault:
            raise fail(f"{fault.filename or first} cannot be read: {fault.strerror}") from fault
    content = _rendered(told, shape)
    if output is None:
        say(content.decode().rstrip("\n"))
        return
    write_whole(Path(output), content)
    note(f"wrote {output}")


def with_since(bench: "Workbench", data: "ReportData", earlier: str) -> "ReportData":
    """``report --since``: with the change since an earlier report of the record, or a file of it."""
    return since_in(bench.store, bench, data, earlier)


def since_in(store: "Store", bench: "Workbench", data: "ReportData", earlier: str) -> "ReportData":
    """The same with the record that a pack was made into, which knows one scan."""
    from reports.compare_rows import BadReport
    from scanner.service.compare import since

    with plain_errors(BadReport):
        try:
            return since(store, bench.catalogue, data, earlier)
        except OSError as fault:
            raise fail(f"{fault.filename or earlier} cannot be read: {fault.strerror}") from fault


def _rendered(told: "Comparison", shape: str) -> bytes:
    if shape == "json":
        from reports.compare_json import render as as_json

        return as_json(told)
    if shape == "html":
        from reports.compare_html import render as as_html

        return as_html(told)
    from reports.compare_terminal import render as as_text

    return as_text(told).encode()
