"""``estatecheck report root-cause``: where the time went between a fix and its proof."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import fail, known, note, plain_errors, write_whole
from scanner.cli.settings import SettingsError, resolve

FORMATS = ("html", "json", "csv")


def root_cause(
    theme: Annotated[str, typer.Option(help="patching, or a theme of the report: weak-configuration ...")] = "",
    supplier: Annotated[str, typer.Option(help="A supplier of the inventory, by id or name.")] = "",
    scan: Annotated[int | None, typer.Option(help="As of the end of this scan; the latest if left out.")] = None,
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", help="html, json, csv; several with commas.")
    ] = "html,json,csv",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Folder to write into.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Tell how long each step took: fix released, detected, told, claimed, verified.

    For one theme or one supplier, from the record alone. A step that is not on
    record is counted as not known, never guessed.

    Examples:
      estatecheck report root-cause --theme patching -o pack
      estatecheck report root-cause --supplier larkspur --format html -o pack
    """
    if bool(theme) == bool(supplier):
        raise fail("name what the pack is about: --theme patching, or --supplier NAME, one of the two")
    wanted = [known("--format", name.strip(), FORMATS) for name in format.split(",")]
    with plain_errors(SettingsError):
        settings = resolve({"output": output, "database": database})
    from reports.root_cause_files import as_csv, as_html, as_json
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.root_cause import About
    from scanner.service.root_cause import root_cause as make

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        bench.try_output()
        number = scan if scan is not None else bench.store.latest_scan().id
        told = make(bench.store, bench.catalogue, number, About(theme, supplier))
    renderers = {"html": as_html, "json": as_json, "csv": as_csv}
    for name in dict.fromkeys(wanted):
        path = Path(bench.output) / f"root-cause.{name}"
        write_whole(path, renderers[name](told))
        note(f"wrote {path}")
