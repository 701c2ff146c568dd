"""``estatecheck assets``: the machines of the record, and settling whose a machine is."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from scanner.cli.console import SHAPES, known, say, table
from scanner.cli.console import app as group
from scanner.cli.decided import As, Database, Key, Passphrase, Reason, Shape, desk, one_line, record

app = group("Machines of the record: list, show, accept-identity.")
Name = Annotated[str, typer.Argument(help="The asset's name, or the beginning of its uid.")]


@app.command("list")
def list_assets(
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="Only those whose identity needs a review.")] = False,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List the machines that were ever looked at.

    Example: estatecheck assets list --in-doubt
    """
    known("--format", format, SHAPES)
    with one_line():
        found = record(database).people.machines(in_doubt=in_doubt)
    if format == "json":
        say(json.dumps([asdict(machine) for machine in found], indent=2))
        return
    rows = [
        [m.name, m.uid[:12], m.supplier, m.area, str(m.last_scan), str(m.findings), "in doubt" if m.note else ""]
        for m in found
    ]
    say(table(("asset", "uid", "supplier", "area", "last scan", "findings", "identity"), rows))


@app.command()
def show(name: Name, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show a machine: its names, what proves which machine it is, and why that is in doubt, if it is.

    Example: estatecheck assets show web-1
    """
    from reports.text import safe_text

    known("--format", format, SHAPES)
    with one_line():
        page = record(database).people.machine(name)
    if format == "json":
        say(json.dumps(asdict(page), indent=2))
        return
    machine = page.machine
    say(safe_text(f"{machine.name}  uid {machine.uid}  generation {machine.generation}"))
    say(safe_text(f"  names: {', '.join(page.names)}"))
    if machine.note:
        say(safe_text(f"  in doubt: {machine.note}"))
    rows = [[i.kind, i.value, "disputed" if i.disputed else "its own", str(i.last_scan)] for i in page.identities]
    say(table(("kind", "value", "whose", "last scan"), rows))


@app.command("accept-identity")
def accept_identity(
    name: Name,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    database: Database = None,
) -> None:
    """Settle a doubt (owner, assessor): what this machine presented last is its own from now on.

    Example: estatecheck assets accept-identity web-1 --as owner --key owner.key --reason "mainboard replaced, INC-7"
    """
    from checks.actions import Action
    from scanner.service.decide import settle

    with one_line():
        uid = settle(desk(database, as_, key, passphrase), name, reason)
    say(f"{name}: identity accepted for {uid} ({Action.ACCEPT_IDENTITY})")
