"""``estatecheck db verify``: does the record still say what was chained and sealed?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, plain_errors, say
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from scanner.service.seals_check import SealsVerdict

MOST_WRONG = 100  # of a table


def verify(
    key: Annotated[
        list[Path] | None,
        typer.Option(help="Public key in PEM that hours were signed with (repeatable); our own is known."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="The record: a URL or a file; else ESTATECHECK_DATABASE or a settings file.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Hold the record against its chain of events and the signed seals of its hours; name what does not hold.

    Ends with 0 when everything holds, 1 when something does not, and 3 when something could not be checked, such as
    hours that were signed with a key that nobody named. What was cut off at the end cannot be seen from inside:
    compare the last hash with a copy that was kept elsewhere.

    Example: estatecheck db verify --key old-key.pem
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    from scanner.service.seals_check import check_seals
    from scanner.store.records import StoreError
    from scanner.store.store import open_store

    keys = [*_named(key or ()), *_own(settings.path("signing_key"))]
    with plain_errors(StoreError), open_store(settings["database"]) as store:
        try:
            events, broken = store.verify_chain(), ""
        except StoreError as fault:
            events, broken = 0, str(fault)
        seals = check_seals(store.series, keys)
    unchecked = tuple(_unchecked(seals))
    wrong = (*((broken,) if broken else ()), *seals.wrong)
    if format == "json":
        say(json.dumps(_plain(events, seals, wrong, unchecked), indent=2))
    else:
        say("\n".join(_lines(events, seals, wrong, unchecked)))
    raise typer.Exit(Exit.THRESHOLD_MET if wrong else Exit.INCOMPLETE if unchecked else Exit.OK)


def _named(paths: "tuple[Path, ...] | list[Path]") -> "Iterator[Ed25519PublicKey]":
    from scanner.service.signing import MAX_PEM, SigningError, public_key

    for path in paths:
        try:
            with path.open("rb") as pem:
                yield public_key(pem.read(MAX_PEM))
        except OSError as fault:
            raise fail(f"--key {path} cannot be read: {fault.strerror}") from fault
        except SigningError as fault:
            raise fail(f"--key {path}: {fault}; `estatecheck evidence key` prints such a file") from fault


def _own(path: Path | None) -> "Iterator[Ed25519PublicKey]":
    """None when there is no key of our own that can be used: its hours are then not checked, and that is said."""
    from scanner.service.signing import SigningError, load

    try:
        if path:
            yield load(path).key.public_key()
    except SigningError:
        return


def _unchecked(seals: "SealsVerdict") -> Iterator[str]:
    for one in seals.unknown_keys:
        yield f"hours were signed with key {one}, which is not known here: name its public half with --key"
    if seals.runs and not seals.checked:
        yield "no hour of the series is sealed yet: an hour is sealed when it is over"


def _plain(events: int, seals: "SealsVerdict", wrong: tuple[str, ...], unchecked: tuple[str, ...]) -> dict[str, object]:
    return {
        "holds": not wrong and not unchecked,
        "events": events,
        "seals": len(seals.checked),
        "seals_that_hold": seals.holding,
        "samples": seals.samples,
        "samples_checked": seals.samples_checked,
        "last_hash": _last(seals),
        "wrong": list(wrong),
        "not_checked": list(unchecked),
    }


def _last(seals: "SealsVerdict") -> str | None:
    return seals.checked[-1].seal.hash if seals.checked else None


def _lines(events: int, seals: "SealsVerdict", wrong: tuple[str, ...], unchecked: tuple[str, ...]) -> Iterator[str]:
    yield f"{events} events in their chain; {seals.holding} of {len(seals.checked)} sealed hours hold"
    if seals.checked:
        yield (f"{seals.samples} samples are sealed, {seals.samples_checked} of them are still kept and were compared")
        yield f"the last seal's hash is {_last(seals)}: compare it with a copy that was kept elsewhere"
    yield from (f"does not hold  {line}" for line in wrong[:MOST_WRONG])
    if len(wrong) > MOST_WRONG:
        yield f"... and {len(wrong) - MOST_WRONG} more: --format json lists them all"
    yield from (f"not checked    {line}" for line in unchecked)
