"""``estatecheck db``: how large the record is, making room, upgrading it, a whole copy of it, and whether it holds."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import Exit, fail, note, plain_errors, say
from scanner.cli.console import app as app_of
from scanner.cli.db_verify import verify
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.store.records import Purged

app = app_of("The record: size, room, upgrade, backup, does it hold.")
app.command()(verify)

Database = Annotated[
    str | None,
    typer.Option("--database", help="The record: a URL or a file; else ESTATECHECK_DATABASE or a settings file."),
]


def _url(database: str | None) -> str:
    with plain_errors(SettingsError):
        return resolve({"database": database})["database"]


@app.command()
def size(
    database: Database = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Show how large the record is, and what takes the room.

    Example: estatecheck db size --format json
    """
    if format not in ("table", "json"):
        raise fail(f"--format {format}: allowed is table, json")
    from scanner.store.records import StoreError
    from scanner.store.store import open_store

    url = _url(database)
    with plain_errors(StoreError), open_store(url) as store:
        found = store.size()
    if format == "json":
        facts = {name: getattr(found, name) for name in ("total", "scans", "blobs", "blob_bytes", "blob_plain_bytes")}
        say(
            json.dumps(
                {**facts, "largest_scan_bytes": found.largest_scan_bytes, "tables": dict(found.tables)}, indent=2
            )
        )
        return
    largest, read, stored = (human(n) for n in (found.largest_scan_bytes, found.blob_plain_bytes, found.blob_bytes))
    say(f"{human(found.total)} in all, {found.scans} scans, the largest has {largest} of evidence")
    say(f"{found.blobs} pieces of evidence: {read} as read, {stored} as stored")
    for name, rows in sorted(found.tables.items(), key=lambda item: -item[1]):
        say(f"{rows:>12}  {name}")


@app.command()
def purge(
    keep_scans: Annotated[int | None, typer.Option("--keep-scans", min=1, help="Keep the newest N scans.")] = None,
    older_than: Annotated[int | None, typer.Option("--older-than", min=1, help="Only scans older than DAYS.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="Give the room back to the disk. Takes a while.")] = False,
    database: Database = None,
) -> None:
    """Remove the details of old scans. Events, findings and the evidence they rest on always stay.

    Example: estatecheck db purge --keep-scans 30 --dry-run
    """
    from scanner.store.records import StoreError
    from scanner.store.store import open_store

    if keep_scans is None and older_than is None:
        raise fail("say which: --keep-scans N, --older-than DAYS, or both")
    url = _url(database)
    with plain_errors(StoreError), open_store(url) as store:
        planned = store.purge(keep_scans=keep_scans, older_than_days=older_than, dry_run=True)
        say(f"{'Would remove' if dry_run else 'Removes'} {told(planned)}")
        if dry_run or not planned.scans:
            return
        if not yes and not typer.confirm("Remove them?", err=True):
            note("Nothing was removed.")
            raise typer.Exit(int(Exit.USAGE))
        say(f"Removed {told(store.purge(keep_scans=keep_scans, older_than_days=older_than, vacuum=vacuum))}")


@app.command()
def upgrade(database: Database = None) -> None:
    """Bring an older record to the version this program writes. Make a backup first.

    Example: estatecheck db upgrade
    """
    from scanner.store.migrations import upgrade as run
    from scanner.store.records import StoreError
    from scanner.store.schema import HEAD

    url = _url(database)
    with plain_errors(StoreError):
        before = run(url)
    say(f"The record has version {HEAD}" + (f"; it had {before}" if before != HEAD else "; there was nothing to do"))


@app.command()
def backup(target: Path, database: Database = None) -> None:
    """Write a whole copy and a list of its hashes, also while a scan runs.

    Example: estatecheck db backup /srv/backup/estatecheck-2026-03-01.db
    """
    from scanner.store.records import StoreError
    from scanner.store.store import open_store

    url = _url(database)
    with plain_errors(StoreError), open_store(url) as store:
        made = store.backup(target)
    say(f"{made.database}: sha256 {made.sha256}")
    say(f"{made.manifest}: the hashes of the database and of {made.blobs} files of evidence")


def told(purged: "Purged") -> str:
    if not purged.scans:
        return "nothing: no scan is old enough"
    scans = (
        f"scan {purged.scans[0]}" if len(purged.scans) == 1 else f"{len(purged.scans)} scans ({_ranges(purged.scans)})"
    )
    return (
        f"the details of {scans}: {purged.visits} visits, {purged.check_runs} check runs, {purged.answers} answers, "
        f"{purged.blobs} pieces of evidence ({human(purged.blob_bytes)}). "
        f"{purged.kept_answers} answers of these scans stay, because findings rest on them"
    )


def _ranges(numbers: tuple[int, ...]) -> str:
    return f"{numbers[0]} to {numbers[-1]}"


def human(count: int) -> str:
    """Bytes for people, in powers of 1000 as disks are sold."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
