"""``estatecheck findings claim`` and ``import-claims``: what a supplier says is fixed, at the record or by file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checks.actions import Action
from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say, write_whole
from scanner.cli.decided import (
    As,
    Database,
    Evidence,
    Key,
    Passphrase,
    Reason,
    Reference,
    Shape,
    day,
    desk,
    one_line,
    record,
    tell,
)

if TYPE_CHECKING:
    from scanner.service.offline import Offline

MAX_REPORT = 256 * 1024 * 1024


def claim(
    refs: Annotated[list[str], typer.Argument(help="Findings, e.g. EC-0001 EC-0002.")],
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    reference: Reference = "",
    done: Annotated[str | None, typer.Option(help="The day on which it was done, e.g. 2026-03-01.")] = None,
    evidence: Evidence = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Write a signed claim file, for whoever keeps the record.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Offline: the report in JSON that names the findings.")] = None,
    name: Annotated[str, typer.Option(help="Offline: your name as your key was admitted.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Offline: the file to write.")] = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Say that something is fixed: what was done, and under which change. The clock runs on until a scan proves it.

    Ends with 0 when every claim was taken, 2 when one was refused; the others stand.

    Examples:
      estatecheck findings claim EC-0001 --as supplier:acme --key acme.key --reason "openssl 3.0.17" --reference CHG-7
      estatecheck findings claim EC-0001 --offline --report report.json --name "Acme Ltd" -o claims.json
        --as supplier:acme --key acme.key --reason "openssl 3.0.17" --reference CHG-7
    """
    from scanner.service.decide import Word

    known("--format", format, SHAPES)
    told = day("--done", done)
    more = {"done_on": told.isoformat()} if told else {}
    word = Word(Action.CLAIM, reason, reference, files=tuple(evidence or ()), more=more)
    if offline:
        _write_file(refs, word, _offline(as_, key, passphrase, name, report), output)
        return
    _claim_here(refs, word, (database, as_, key, passphrase), format)


def _claim_here(refs: list[str], word: Any, who: tuple[Any, ...], shape: str) -> None:  # noqa: ANN401 (a Word)
    from scanner.store.records import StoreError

    refused = 0
    with one_line():
        place = desk(*who)
        place.holder()
    for ref in dict.fromkeys(refs):
        try:
            recorded = place.say(ref, word)
        except StoreError as fault:
            note(f"estatecheck: {ref}: {fault}")
            refused += 1
        else:
            tell(recorded, shape)
    if refused:
        raise typer.Exit(int(Exit.USAGE))


def _offline(role: str, key: Path | None, passphrase: str | None, name: str, report: Path | None) -> "Offline":
    from scanner.service.offline import Offline
    from scanner.service.roles import open_key

    if key is None or not name or report is None:
        raise fail("offline a claim needs --key, --name (as your key was admitted) and --report (the report in JSON)")
    try:
        with report.open("rb") as file:
            data = file.read(MAX_REPORT + 1)
    except OSError as fault:
        raise fail(f"{report} cannot be read: {fault.strerror}") from fault
    with one_line():
        return Offline.of(data[:MAX_REPORT], open_key(key, passphrase), role, name)


def _write_file(refs: list[str], word: Any, place: "Offline", output: Path | None) -> None:  # noqa: ANN401 (a Word)
    from scanner.service.claims_file import written

    if output is None:
        raise fail("name the file to write with -o FILE")
    with one_line():
        signed = [place.signed(ref, word) for ref in dict.fromkeys(refs)]
    write_whole(output, written(signed))
    say(f"{output}: {len(signed)} claims signed by key {place.signer.key_id}")


def import_claims(
    file: Annotated[Path, typer.Argument(help="A signed claim file, or an action plan as CSV or XLSX.")],
    as_: Annotated[
        str | None, typer.Option("--as", help="Of an action plan: who signs its rows, supplier:<id> or operator.")
    ] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Take in a supplier's claims. Every good row is taken, every bad one told of; twice changes nothing.

    Ends with 0 when every row was taken, 3 when some were not, 2 when nothing of the file could be read.

    Examples:
      estatecheck findings import-claims claims.json
      estatecheck findings import-claims plan.xlsx --as operator --key op.key
    """
    from scanner.service.claims_file import ClaimsError, imported, lines

    known("--format", format, SHAPES)
    with one_line(), plain_errors(ClaimsError):
        place = desk(database, as_, key, passphrase) if as_ else None
        store = place.store if place else record(database)
        done = imported(store, file, place)
    for where, why in done.errors:
        note(f"estatecheck: {file.name}, {where}: {why}")
    if format == "json":
        told = {
            "taken": [one.ref for one in done.taken],
            "already": done.already,
            "unclaimed": done.unclaimed,
            "errors": [{"place": where, "why": why} for where, why in done.errors],
        }
        say(json.dumps(told, indent=2))
    else:
        say("\n".join(lines(done)) or "nothing was taken")
    raise typer.Exit(int(Exit.INCOMPLETE if done.errors else Exit.OK))
