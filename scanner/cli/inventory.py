"""``estatecheck inventory``: check the inventory, show it, fill it from a table."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import app as group
from scanner.cli.console import fail, note, on_terminal, plain_errors, say, table
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from inventory.asset import Asset
    from inventory.estate import Estate
    from inventory.sources.imported import Plan

app = group("Check the inventory, show it, fill it from a table.")
imports = group("Add hosts to an inventory directory from a table; nothing is ever removed.")
app.add_typer(imports, name="import")

Inventory = Annotated[
    Path | None,
    typer.Option("--inventory", "-i", help="File, or directory of *.yaml files. Default: the setting `inventory`."),
]
COLUMNS = ("host", "address", "way", "area", "site", "service", "supplier", "kind", "criticality", "scope")


class Shape(StrEnum):
    TABLE = "table"
    JSON = "json"


@app.command(epilog="Example:  estatecheck inventory validate --inventory estate.yaml")
def validate(inventory: Inventory = None) -> None:
    """Check the whole inventory; every fault is told at once, as file:line:column."""
    estate = _estate(inventory, strictly=True)
    bare = [row["host"] for row in _rows(estate) if row["scope"] is None]
    groups = {name for asset in estate.assets for name in asset.groups} - {"all", "ungrouped"}
    say(f"{estate.source}: valid. {_count(len(estate.assets), 'host')}, {_count(len(groups), 'group')}.")
    if bare:
        names = ", ".join(bare[:5]) + (" ..." if len(bare) > 5 else "")
        say(f"{_count(len(bare), 'host')} covered by no scope today, so that a scan refuses: {names}")


@app.command(name="list", epilog="Example:  estatecheck inventory list --format json")
def list_hosts(
    inventory: Inventory = None,
    shape: Annotated[Shape, typer.Option("--format", help="table, or json for programs.")] = Shape.TABLE,
) -> None:
    """Show every host, and the scope that permits looking at it today."""
    rows = list(_rows(_estate(inventory)))
    if shape is Shape.JSON:
        say(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    cells = [["-" if row[column] is None else str(row[column]) for column in COLUMNS] for row in rows]
    heading, *lines = table(COLUMNS, cells).split("\n")
    say("\n".join([typer.style(heading, bold=True) if on_terminal() else heading, *lines]))


@app.command(epilog="Example:  estatecheck inventory schema > inventory.schema.json")
def schema() -> None:
    """Print the JSON Schema of an inventory file, for editors that complete and check while you type."""
    from inventory.sources.schema import schema as made

    say(json.dumps(made(), indent=2))


@imports.command(
    name="csv", epilog="Example:  estatecheck inventory import csv hosts.csv --inventory inventory --map Place=site"
)
def import_csv(
    file: Annotated[Path, typer.Argument(help="The table: CSV with a heading line.")],
    inventory: Inventory = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column holds; FIELD - leaves it out. Repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Writes imported-NAME.yaml. Default: the table's name.")] = None,
    encoding: Annotated[str, typer.Option(help="utf-8, utf-16, cp1252 or iso-8859-15.")] = "utf-8",
    write: Annotated[bool, typer.Option("--write", help="Write; without it, the difference is only shown.")] = False,
) -> None:
    """Show what a table of hosts would change, and write it with --write, into a file of its own."""
    from inventory.sources import imported

    with _told_faults(), plain_errors(SettingsError):
        directory = Path(resolve({"inventory": inventory})["inventory"])
        plan = imported.plan_csv(directory, file, name or file.stem, dict(map(_pair, mapping or [])), encoding)
    say("\n".join(_preview(plan)))
    if not plan.differs:
        say(f"{plan.path} says this already; nothing to write")
    elif write:
        with _told_faults():
            imported.write(plan)
        say(f"Written: {plan.path}")
    else:
        say("Nothing was written; add --write to write it")


@contextlib.contextmanager
def _told_faults() -> Iterator[None]:
    """Every fault of an inventory on a line of its own on stderr, then exit code 2."""
    from inventory.sources.errors import InventoryError

    try:
        yield
    except InventoryError as error:
        note(str(error))
        raise fail(f"{_count(len(error.faults), 'fault')} in the inventory") from None


def _estate(inventory: Path | None, *, strictly: bool = False) -> "Estate":
    """``strictly``: its schedules and calendars are read, too."""
    from functools import partial

    from inventory.sources.yaml_file import YamlFile
    from scanner.schedule.plans import faults

    judge = partial(faults, now=datetime.now(UTC)) if strictly else None
    with _told_faults(), plain_errors(SettingsError):
        return YamlFile(resolve({"inventory": inventory})["inventory"]).estate(judge)


def _rows(estate: "Estate") -> Iterator[dict[str, Any]]:
    from inventory.scope import covering

    today = datetime.now(UTC).date()
    for asset in estate.assets:
        scope = covering(estate, asset, today)
        yield {**_shown(asset), "scope": scope.id if scope else None}


def _shown(asset: "Asset") -> dict[str, Any]:
    way = asset.connection
    return {
        "host": asset.name,
        "address": way.address,
        "way": way.way if way.way != "ssh" or way.port == 22 else f"{way.way}:{way.port}",
        **{column: getattr(asset, column) for column in COLUMNS[3:9]},
    }


def _preview(plan: "Plan") -> Iterator[str]:
    """``+`` new, ``~`` changed with each field, ``=`` counted, ``?`` only in the inventory."""
    found = plan.changes
    yield from (f"+ {host}" for host in found.added)
    for change in found.changed:
        yield f"~ {change.host}"
        yield from (f"    {field.field}: {field.before} -> {field.after}" for field in change.fields)
    yield from (f"? {host} is in the inventory and not in the table; it stays" for host in found.only_here)
    if plan.table.ignored:
        yield f"Columns left out: {', '.join(plan.table.ignored)}"
    counts = f"{len(found.added)} added, {len(found.changed)} changed, {len(found.unchanged)} unchanged"
    yield f"{plan.table.file}: {counts}, {len(found.only_here)} only in the inventory"


def _pair(text: str) -> tuple[str, str]:
    column, sign, field = text.rpartition("=")
    if not sign or not column:
        raise fail(f"--map {text}: write COLUMN=FIELD, for example --map Place=site")
    return column, field


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
