"""``estatecheck intake``: the folder of snapshots, tokens of machines, and receipts."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.cli.workbench import Workbench
    from scanner.service.intake.folder import Drop
    from scanner.service.intake.taking import Result

app = group("Snapshots that come by themselves: the folder, tokens, receipts (docs/snapshots.md).")
token = group("Tokens with which machines hand in their snapshots over HTTPS: add, list, revoke.")
receipt = group("Receipts for snapshots that were handed in: verify.")
app.add_typer(token, name="token")
app.add_typer(receipt, name="receipt")
DEVICES = "the devices themselves"

Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Inventory = Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]


def _bench(inventory: str | None, database: str | None) -> "Workbench":
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import Workbench

    return Workbench(settings)


@app.command()
def run(
    folder: Annotated[Path | None, typer.Argument(help="The folder; the setting intake_folder if left out.")] = None,
    supplied_by: Annotated[str, typer.Option(help="Who supplies what lies there.")] = DEVICES,
    inventory: Inventory = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Take in what waits in the folder of snapshots, as the daemon does every half minute. At most 1,000 files.

    Each file is moved to done or, with a file that says why, to refused.

    Example: estatecheck intake run /srv/snapshots --supplied-by Larkspur
    """
    from scanner.cli.import_snapshot import judging_of
    from scanner.cli.workbench import EXPECTED
    from scanner.service.intake.folder import Drop, FolderError, sent_of
    from scanner.service.intake.taking import Took, take

    known("--format", format, SHAPES)
    bench = _bench(inventory, database)
    drop = Drop(folder or bench.settings.path("intake_folder") or _no_folder())
    counts: Counter[str] = Counter({took.value: 0 for took in Took})
    with plain_errors(*EXPECTED, FolderError), drop.alone() as alone:
        waiting = drop.waiting() if alone else []
        if not alone:
            note(f"another process works on {drop.folder}")
        if waiting:
            judging, sent = judging_of(bench, supplied_by), tuple(sent_of(waiting))
            results = take(bench.store, bench.estate, judging, sent, lambda one: _settle(drop, one))
            counts.update(one.took.value for one in results)
    said = {took: counts[took] for took in counts}
    say(json.dumps({"snapshots": said}) if format == "json" else ", ".join(f"{n:,} {took}" for took, n in said.items()))


def _no_folder() -> Path:
    raise fail("name the folder, or set intake_folder")


def _settle(drop: "Drop", result: "Result") -> None:
    from reports.text import safe_text

    path = Path(result.label)
    if result.why:
        note(safe_text(f"{path.name}: {result.took}: {result.why}", 400))
    try:
        drop.settle(path, result)
    except OSError as fault:
        note(safe_text(f"{path.name} cannot be moved: {fault.strerror}", 400))


@token.command("add")
def add(
    host: Annotated[str, typer.Argument(help="The host of the inventory.")],
    inventory: Inventory = None,
    database: Database = None,
) -> None:
    """Make a token for one machine. It is printed once, and kept as a hash only.

    Example: estatecheck intake token add pc-7 > pc-7.token
    """
    from scanner.cli.workbench import EXPECTED

    bench = _bench(inventory, database)
    with plain_errors(*EXPECTED):
        if host not in bench.assets:
            raise fail(f"the inventory names no host {host[:80]!r}")
        made = bench.store.tokens.add(host, datetime.now(UTC))
    note("give it to that machine alone; it cannot be shown again")
    say(made)


@token.command("list")
def list_tokens(database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """List tokens: whose they are, and when something was last received with them.

    Example: estatecheck intake token list
    """
    from scanner.cli.workbench import EXPECTED

    known("--format", format, SHAPES)
    with plain_errors(*EXPECTED):
        found = _bench(None, database).store.tokens.rows()
    if format == "json":
        rows = [
            {
                "id": one.token_id,
                "host": one.asset,
                "created_at": _iso(one.created_at),
                "revoked_at": _iso(one.revoked_at),
                "received_at": _iso(one.received_at),
                "collected_at": _iso(one.collected_at),
                "document": one.document or None,
            }
            for one in found
        ]
        say(json.dumps(rows, indent=2))
        return
    cells = [
        [
            one.token_id,
            one.asset,
            _iso(one.created_at) or "",
            _iso(one.received_at) or "never",
            _iso(one.revoked_at) or "",
        ]
        for one in found
    ]
    say(table(("id", "host", "made", "last received", "revoked"), cells))


@token.command("revoke")
def revoke(
    which: Annotated[str, typer.Argument(metavar="ID|HOST", help="A token's id, or a host: all of its tokens.")],
    database: Database = None,
) -> None:
    """Revoke a token, or all of a machine. From then on nothing is received with it.

    Example: estatecheck intake token revoke pc-7
    """
    from scanner.cli.workbench import EXPECTED

    with plain_errors(*EXPECTED):
        gone = _bench(None, database).store.tokens.revoke(which, datetime.now(UTC))
    say(f"revoked: {', '.join(gone)}")


@receipt.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt, as the door answered.")],
    document: Annotated[Path | None, typer.Option(help="The snapshot that it is to be of.")] = None,
    key: Annotated[Path | None, typer.Option(help="The record's public key in PEM; else the own signing key.")] = None,
) -> None:
    """Verify a receipt: the signature of the record's key, and that it is of this document.

    Example: estatecheck intake receipt verify pc-7.receipt --document pc-7.json --key record.pem
    """
    from scanner.service.intake.receipts import BadReceipt
    from scanner.service.intake.receipts import verify as check
    from scanner.service.signing import MAX_PEM, SigningError, load, public_key

    with plain_errors(SettingsError, SigningError, BadReceipt):
        inner = _receipt(file)
        if key is None:
            path = resolve({}).path("signing_key") or Path("signing-key.pem")
            public = load(path).key.public_key()
        else:
            public = public_key(_read(key, MAX_PEM))
        given = _read(document, 1 << 26) if document else None
        found = check(json.dumps(inner).encode(), public, given)
    say(f"the signature holds: sha256 {found.sha256} of {found.host}, collected {_iso(found.collected_at)}")
    say(f"received {_iso(found.received_at)}" + ("; it is of this document" if document else ""))


def _receipt(file: Path) -> dict[str, object]:
    """The envelope, alone or within the door's answer. Ends with exit code 2 when it is none."""
    try:
        told = json.loads(_read(file, 64 * 1024).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        told = None
    found = told.get("receipt", told) if isinstance(told, dict) else None
    if not isinstance(found, dict) or "payload" not in found:
        raise fail(f"{file} is no receipt of estatecheck")
    return found


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(most)
    except OSError as fault:
        raise fail(f"{file} cannot be read: {fault.strerror}") from fault


def _iso(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
