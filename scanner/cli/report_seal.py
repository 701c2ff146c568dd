"""``estatecheck report --format dsse``, ``report verify``: a report's files sealed, and the seal checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import Exit, fail, note, plain_errors, say, write_whole
from scanner.cli.decided import Database, one_line

if TYPE_CHECKING:
    from reports.report import ReportData
    from scanner.service.sealing import Sealer
    from scanner.store.store import Store
    from scanner.store.witness import RoleKey

SEAL = "dsse"
MAX_PEM = 64 * 1024


def sealer(store: "Store", sign_as: str | None, key: Path | None, passphrase: str | None) -> "Sealer":
    """Ends with exit code 2 when there is no key, or it is not that role's: nothing is written unsigned."""
    from scanner.service.decide import Desk
    from scanner.service.roles import open_key
    from scanner.service.sealing import Sealer

    if sign_as is None or key is None:
        raise fail(
            "--format dsse is a signed statement: say who signs with --sign-as ROLE --key FILE "
            "(a key made with `estatecheck keys init` and admitted with `estatecheck keys add`)"
        )
    with one_line():
        return Sealer.of(Desk(store, open_key(key, passphrase), sign_as))


def write_seal(by: "Sealer", data: "ReportData", written: Sequence[Path], folder: Path) -> Path:
    """The seal over files that were just written."""
    from scanner.service.sealing import NAME, SealError

    path = folder / NAME
    try:
        with plain_errors(SealError):
            write_whole(path, by.seal(data, written))
    except OSError as fault:
        raise fail(f"{path} cannot be written: {fault.strerror}") from fault
    return path


def verify(
    file: Annotated[Path, typer.Argument(help="The seal, such as report.dsse.json; the report's files lie beside it.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The signer's public key (PEM); the record's keys if left out.")
    ] = None,
    database: Database = None,
) -> None:
    """Check the seal of a report: who signed it, and that the files beside it are the ones that were signed.

    Ends with 0 when every file is as signed, 1 when something was changed, 3 when a file is not here.

    Examples:
      estatecheck report verify out/report.dsse.json
      estatecheck report verify report.dsse.json --key accreditor.key.pub
    """
    from datetime import UTC, datetime

    from scanner.service.sealing import SealError, check

    if not file.is_file():
        raise fail(f"{file} cannot be read: there is no such file")
    pem = _pem(key) if key else None
    known = {} if key else _known(database)
    try:
        told = check(file, pem, known, datetime.now(UTC))
    except SealError as fault:
        raise fail(str(fault), Exit.THRESHOLD_MET) from fault
    except OSError as fault:
        raise fail(f"{file} cannot be read: {fault.strerror}") from fault
    say(f"{told.report_id}, signed by {told.signed_by}, key {told.key_id}")
    say(f"evidence root {told.evidence_root}")
    for one in told.files:
        say(f"{one.sha256}  {one.name}  {one.word}")
    if told.remark:
        note(told.remark)
    words = {one.word for one in told.files}
    raise typer.Exit(Exit.THRESHOLD_MET if "CHANGED" in words else Exit.INCOMPLETE if "not here" in words else Exit.OK)


def _pem(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_PEM)
    except OSError as fault:
        raise fail(f"key {path} cannot be read: {fault.strerror}") from fault


def _known(database: str | None) -> "Mapping[str, RoleKey]":
    from scanner.cli.decided import record

    with one_line():
        return record(database).people.keys().keys
