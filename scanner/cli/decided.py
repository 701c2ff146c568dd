"""What the verbs of people share: role, key and passphrase; a day; files; how the result is told."""

import json
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, known, plain_errors, say
from scanner.cli.settings import SettingsError, database_url, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checks.statements import Action
    from scanner.service.decide import Desk
    from scanner.store.decisions import Recorded
    from scanner.store.store import Store

Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]
As = Annotated[
    str, typer.Option("--as", help="Your role: supplier:<id>, operator, owner, assessor, accreditor, tester.")
]
Key = Annotated[
    Path | None, typer.Option("--key", help="Your private key; without it nothing is signed and nothing happens.")
]
Passphrase = Annotated[
    str | None, typer.Option(help="Reference to the key's passphrase: env:NAME, file:PATH, keyring:..., cmd:...")
]
Reason = Annotated[str, typer.Option(help="In plain words.")]
Reference = Annotated[str, typer.Option(help="Change, ticket, contract or report.")]
Until = Annotated[str | None, typer.Option(help="The last day, e.g. 2026-12-31.")]
Evidence = Annotated[list[Path] | None, typer.Option(help="A file that shows it; kept with its hash. Repeatable.")]


@contextmanager
def one_line() -> "Iterator[None]":
    """Whatever may go wrong with a person's word becomes one sentence and exit code 2."""
    from scanner.query import SecretUnavailable
    from scanner.service.signing import SigningError
    from scanner.store.records import StoreError

    with plain_errors(SettingsError, SigningError, StoreError, SecretUnavailable):
        yield


def desk(database: str | None, role: str, key: Path | None, passphrase: str | None) -> "Desk":
    """Raises what :func:`one_line` catches."""
    from scanner.service.decide import Desk
    from scanner.service.roles import open_key
    from scanner.service.signing import SigningError

    if key is None:
        raise SigningError(f"--as {role} needs that role's key: --key FILE (made with `estatecheck keys init`)")
    return Desk(record(database), open_key(key, passphrase), role)


def record(database: str | None) -> "Store":
    """Raises what :func:`one_line` catches."""
    from scanner.store.store import open_store

    return open_store(database_url(resolve({"database": database})))


def day(option: str, text: str | None) -> date | None:
    """Ends with exit code 2 when it is none."""
    from scanner.cli.console import fail

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise fail(f"{option} {text}: write a day such as 2026-12-31") from fault


def moment(option: str, text: str) -> str:
    """A day, or a moment with its zone; a day is its midnight in UTC. In UTC, ISO 8601."""
    from scanner.cli.console import fail

    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise fail(f"{option} {text}: write 2026-12-31 or 2026-12-31T14:00+01:00") from fault
    if found.tzinfo is None and len(text) > 10:
        raise fail(f"{option} {text}: say the zone too, e.g. {text}+00:00")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def speak(
    ref: str,
    who: tuple[str | None, str, Path | None, str | None],
    action: "Action",
    shape: str,
    *,
    reason: str = "",
    reference: str = "",
    until: date | None = None,
    evidence: list[Path] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Sign it, record it, tell it. ``who``: database, role, key, passphrase."""
    from scanner.service.decide import Word

    known("--format", shape, SHAPES)
    word = Word(action, reason, reference, until, tuple(evidence or ()), more or {})
    with one_line():
        recorded = desk(*who).say(ref, word)
    tell(recorded, shape)


def tell(recorded: "Recorded", shape: str) -> None:
    if shape == "json":
        told = {
            "ref": recorded.ref,
            "before": recorded.before.value,
            "after": recorded.after.value,
            "why": recorded.why,
            "event": recorded.seq,
            "already": recorded.already,
        }
        say(json.dumps(told, indent=2))
    elif recorded.already:
        say(f"{recorded.ref}: that stands in the record already (event {recorded.seq}); nothing was changed")
    elif recorded.before is recorded.after:
        say(f"{recorded.ref}: {recorded.why}; it stays {recorded.after} (event {recorded.seq})")
    else:
        say(f"{recorded.ref}: {recorded.why}; {recorded.before} -> {recorded.after} (event {recorded.seq})")
