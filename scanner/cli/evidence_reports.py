"""``estatecheck evidence`` for whole reports: their packs, checkpoints to hand out, and the verifier for strangers."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import Exit, fail, note, plain_errors, say, write_whole
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.signing import Signer

DATABASE = typer.Option(help="The record, as an SQLAlchemy URL.")
SIGNING_KEY = typer.Option(help="Ed25519 key in PEM; made when it does not exist.")


def export_report(settings: Settings, scan: int | None, supplier: str, output: str | None) -> None:
    """Write the pack of a report, or a supplier's part of it. Ends with exit code 2 when that cannot be done."""
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.report_pack.export import export
    from scanner.service.signing import SigningError

    with plain_errors(*EXPECTED, SigningError):
        bench = Workbench(settings)
        number = scan if scan is not None else bench.store.latest_scan().id
        path = Path(output or f"report-{number}{f'-{_plain(supplier)}' if supplier else ''}.evidence.zip")
        signer = _signer(settings)
        part = path.with_name(f"{path.name}.part{os.getpid()}")
        try:
            with part.open("w+b") as out:
                made = export(bench.store, bench.catalogue, number, signer, out, datetime.now(UTC), supplier)
            part.replace(path)
        except OSError as fault:
            raise fail(f"{path} cannot be written: {fault.strerror}") from fault
        finally:
            part.unlink(missing_ok=True)
    size = path.stat().st_size
    say(f"{path}: {size} bytes, scan {made.scan}, {made.events} events, {made.blobs} answers, key {signer.key_id}")
    for name, digest in made.reports.items():
        say(f"  {digest}  {name}")
    note("hand the checkpoint to the accreditor and the suppliers too: estatecheck evidence checkpoint")


def _plain(word: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in word)[:60]


def _signer(settings: Settings) -> "Signer":
    """Raises :class:`SigningError`."""
    from scanner.service.signing import load_or_create

    path = settings.path("signing_key") or Path("signing-key.pem")
    signer, new = load_or_create(path)
    if new:
        note(f"made a signing key: {path}. Keep it secret and backed up; give its id to those who verify.")
    return signer


def is_of_report(file: Path) -> bool:
    """A report's pack or a checkpoint, and not the pack of one finding. Raises ``OSError``."""
    import zipfile

    from scanner.service.report_pack.names import EVENTS

    with file.open("rb") as data:
        if data.read(1) == b"{":
            return True
        try:
            with zipfile.ZipFile(data) as pack:
                return any(name == EVENTS or name.startswith("record/") for name in pack.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False


def verify_report(file: Path, trusted: str, own: str, remember: str | None, shape: str) -> None:
    """Say what holds and end: 0 everything, 1 something is wrong, 3 something could not be checked."""
    from scanner.service.report_pack.checking import verify
    from scanner.service.report_pack.memory import MemoryFault
    from scanner.service.report_pack.program import as_json, told

    with plain_errors(MemoryFault):
        verdict = verify(file, trusted, Path(remember) if remember else None, own)
    say(as_json(verdict) if shape == "json" else "\n".join(told(verdict)))
    raise typer.Exit(Exit.THRESHOLD_MET if verdict.problems else Exit.OK if verdict.holds else Exit.INCOMPLETE)


def checkpoint(
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="File to write; checkpoint-<events>.json if left out.")
    ] = None,
    signing_key: Annotated[str | None, SIGNING_KEY] = None,
    database: Annotated[str | None, DATABASE] = None,
) -> None:
    """Write a signed checkpoint of the record's history, to hand to those who verify. Small, and it names nothing.

    Who keeps it can tell later whether the history was rewritten or cut short: evidence verify FILE --remember.

    Example: estatecheck evidence checkpoint -o for-the-accreditor.json
    """
    with plain_errors(SettingsError):
        settings = resolve({"signing_key": signing_key, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.report_pack.handed_out import checkpoint_file
    from scanner.service.signing import SigningError

    with plain_errors(*EXPECTED, SigningError):
        store = Workbench(settings).store
        content, made = checkpoint_file(store, store.latest_scan().estate, _signer(settings), datetime.now(UTC))
    path = Path(output or f"checkpoint-{made.events}.json")
    write_whole(path, content)
    say(f"{path}: {made.events} events until {made.at:%Y-%m-%d %H:%M} UTC, root {made.root}")


def verifier(
    output: Annotated[str, typer.Option("--output", "-o", help="File to write.")] = "verify_evidence.py",
) -> None:
    """Write the verifier for people who have no estatecheck: one Python file that needs only `cryptography`.

    Example: estatecheck evidence verifier -o verify_evidence.py
    """
    from scanner.service.report_pack.standalone import verifier as made

    content = made()
    write_whole(Path(output), content)
    say(f"{hashlib.sha256(content).hexdigest()}  {output}")
    note(f"to verify: python3 -I {output} PACK --trust KEY --remember seen.json")
