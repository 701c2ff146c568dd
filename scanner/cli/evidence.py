"""``estatecheck evidence``: export the signed proof of a report or of one finding, and verify such a file offline."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say, write_whole
from scanner.cli.console import app as group
from scanner.cli.evidence_reports import checkpoint, export_report, is_of_report, verifier, verify_report
from scanner.cli.settings import SettingsError, resolve
from scanner.cli.signer_key import key_id, own_key_id

if TYPE_CHECKING:
    from scanner.service.evidence_check import PackVerdict

app = group("Evidence that both sides can check: export, checkpoint, verify, verifier.")
app.command()(checkpoint)
app.command()(verifier)


@app.command()
def export(
    ref: Annotated[str | None, typer.Argument(help="A finding; without one the whole report is exported.")] = None,
    report: Annotated[int | None, typer.Option(help="Number of the scan; the latest if left out.")] = None,
    supplier: Annotated[
        str, typer.Option(help="Only this supplier's part of the report (its id in the inventory).")
    ] = "",
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="File to write; <ref>.evidence.zip if left out.")
    ] = None,
    signing_key: Annotated[str | None, typer.Option(help="Ed25519 key in PEM; made when it does not exist.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Write one signed file: everything behind a report, or one finding with the page "before and after".

    Examples:
      estatecheck evidence export -o report.evidence.zip
      estatecheck evidence export --report 12 --supplier acme
      estatecheck evidence export EC-0001
    """
    with plain_errors(SettingsError):
        settings = resolve({"signing_key": signing_key, "database": database})
    if ref is None:
        export_report(settings, report, supplier, output)
        return
    if report is not None or supplier:
        raise fail("--report and --supplier are for whole reports: leave out the finding, or leave out these")
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.evidence_pack import export as make
    from scanner.service.signing import SigningError, load_or_create

    with plain_errors(*EXPECTED, SigningError):
        bench = Workbench(settings)
        key_file = settings.path("signing_key") or Path("signing-key.pem")
        row = bench.store.finding(ref)
        signer, new = load_or_create(key_file)
        pack = make(bench.store, bench.catalogue, bench.support.data, row.ref, signer)
    path = Path(output or f"{row.ref}.evidence.zip")
    write_whole(path, pack)
    if new:
        note(f"made a signing key: {key_file}. Keep it secret and backed up; give its id to those who verify.")
    say(f"{path}: {len(pack)} bytes, signed by key {signer.key_id}")


@app.command()
def key(
    signing_key: Annotated[str | None, typer.Option(help="Ed25519 key in PEM; made when it does not exist.")] = None,
) -> None:
    """Print the public half of the signing key, to hand to those who verify. Its id goes to stderr.

    Example: estatecheck evidence key > our-key.pem
    """
    with plain_errors(SettingsError):
        settings = resolve({"signing_key": signing_key})
    from scanner.service.signing import SigningError, load_or_create

    with plain_errors(SigningError):
        signer, _ = load_or_create(settings.path("signing_key") or Path("signing-key.pem"))
    say(signer.public_pem.decode().rstrip())
    note(f"key id {signer.key_id}")


@app.command()
def verify(
    file: Path,
    key: Annotated[
        str | None,
        typer.Option(
            "--trust", "--key", help="The signer's key, got from its owner: its id, or the public key as a PEM file."
        ),
    ] = None,
    remember: Annotated[
        str | None, typer.Option(help="A file of yours, one for each record: checkpoints seen so far. Made when new.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Check an evidence file or a checkpoint offline.

    Ends with 0 when everything holds, 1 when something does not, and 3 when something could not be checked, such as
    whose key it is: name it with --key. Your own signing key is known.

    Example: estatecheck evidence verify EC-0001.evidence.zip --key 1f7c...  (64 digits)
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        own = resolve().path("signing_key")
    from checks.catalogue import CatalogueError, catalogue
    from scanner.service.evidence_check import PackError, check_pack

    try:
        if is_of_report(file):
            verify_report(file, key_id(key) if key else "", own_key_id(own) or "", remember, format)
        if remember:
            raise fail("--remember is for packs of reports and for checkpoints, and this is neither")
        with plain_errors(CatalogueError):
            verdict = check_pack(file, catalogue(), key_id(key) if key else None, own_key_id(own))
    except OSError as fault:
        raise fail(f"{file} cannot be read: {fault.strerror}") from fault
    except PackError as fault:
        if format == "json":
            say(json.dumps({"holds": False, "why": str(fault)}, indent=2))
        raise fail(f"does not hold: {fault}", Exit.THRESHOLD_MET) from fault
    if format == "json":
        say(json.dumps({"holds": verdict.holds, **asdict(verdict)}, indent=2))
    else:
        say("\n".join(_told(verdict)))
    raise typer.Exit(Exit.OK if verdict.holds else Exit.INCOMPLETE)


def _told(verdict: "PackVerdict") -> Iterator[str]:
    said = "holds" if verdict.holds else "nothing is wrong with it, but not everything could be checked"
    yield f"{verdict.ref} {verdict.state}: {said}"
    yield from (f"  ok           {line}" for line in verdict.checked)
    yield from (f"  not checked  {line}" for line in verdict.not_checked)
    yield f"  signed by    {verdict.key_id}"
