"""``estatecheck keys``: the keys that people sign with, and whose they are in this record."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.signing import Signer
    from scanner.store.store import Store
    from scanner.store.witness import RoleKey

app = group("Keys of people: init, add, list, show, revoke (docs/findings.md).")
Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]
RecordKey = Annotated[str | None, typer.Option("--signing-key", help="The record's own key, which admits others.")]
RecordPassphrase = Annotated[
    str | None, typer.Option("--signing-passphrase", help="Reference to the passphrase of the record's key.")
]
Role = Annotated[
    str, typer.Option(help="supplier:<id>, operator, owner, assessor, accreditor or tester (record: a successor).")
]


@app.command()
def init(
    role: Role,
    name: Annotated[str, typer.Option(help="The person or firm.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File for the private key; the public one: FILE.pub")],
    passphrase: Annotated[
        str | None, typer.Option(help="Encrypt it: env:NAME, file:PATH, keyring:SERVICE/USER, vault:..., cmd:...")
    ] = None,
) -> None:
    """Make a key pair for one person in one role. The private key stays with that person; hand on FILE.pub.

    Example: estatecheck keys init --role supplier:acme --name "Acme Ltd" -o acme.key --passphrase env:ACME_KEY
    """
    from scanner.query import SecretUnavailable
    from scanner.service.roles import make_key, why_not_role
    from scanner.service.signing import SigningError

    why = why_not_role(role)
    if why:
        raise fail(why)
    with plain_errors(SigningError, SecretUnavailable):
        signer = make_key(output, passphrase)
    note(f"{output} is {name}'s and nobody else's: keep it secret and backed up")
    note(f"whoever keeps the record admits it: estatecheck keys add {output}.pub --role {role} --name {name!r}")
    say(f"key {signer.key_id}")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The public key, PEM.")],
    role: Role,
    name: Annotated[str, typer.Option(help="The person or firm.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Good for so long; else until revoked.")] = None,
    reason: Annotated[str, typer.Option(help="Why, e.g. the letter that named the person.")] = "",
    signing_key: RecordKey = None,
    signing_passphrase: RecordPassphrase = None,
    database: Database = None,
) -> None:
    """Admit a person's public key to this record. Needs the record's own key; compare the key's id by voice before.

    Example: estatecheck keys add acme.key.pub --role supplier:acme --name "Acme Ltd"
    """
    from scanner.service.roles import Holder, admit, why_not_role
    from scanner.service.signing import MAX_PEM, SigningError
    from scanner.store.records import StoreError

    why = why_not_role(role)
    if why:
        raise fail(why)
    try:
        with file.open("rb") as opened:
            pem = opened.read(MAX_PEM)
    except OSError as fault:
        raise fail(f"{file} cannot be read: {fault.strerror}") from fault
    settings = _settings(database, signing_key)
    with plain_errors(SigningError, StoreError, SettingsError):
        key = admit(
            _store(settings).people, _record_key(settings, signing_passphrase), pem, Holder(role, name), days, reason
        )
    say(f"{key.name} may sign as {key.role} with key {key.key_id}")


@app.command("list")
def list_keys(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List whose keys may sign in this record.

    Example: estatecheck keys list --all
    """
    from scanner.service.roles import still_good
    from scanner.store.records import StoreError

    known("--format", format, SHAPES)
    with plain_errors(StoreError, SettingsError):
        store = _store(_settings(database))
        now = store.people.now
        found = [key for key in store.people.keys().keys.values() if all_ or key.good_at(now)]
    if format == "json":
        say(json.dumps([_plain(key, now) for key in found], indent=2))
        return
    rows = [[key.key_id[:16], key.role, key.name, f"{key.since:%Y-%m-%d}", still_good(key, now)] for key in found]
    say(table(("key", "role", "name", "since", "state"), rows))


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="The key's id, or the beginning of it.")],
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Show one key and the public half of it.

    Example: estatecheck keys show 1f7c20aa
    """
    from scanner.service.roles import one_key
    from scanner.service.signing import SigningError
    from scanner.store.records import StoreError

    known("--format", format, SHAPES)
    with plain_errors(StoreError, SettingsError, SigningError):
        store = _store(_settings(database))
        told = _plain(one_key(store.people, key), store.people.now)
    say(
        json.dumps(told, indent=2) if format == "json" else table(("field", "value"), [[k, v] for k, v in told.items()])
    )


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or the beginning of it.")],
    reason: Annotated[str, typer.Option(help="Why: lost, left the firm, replaced.")],
    signing_key: RecordKey = None,
    signing_passphrase: RecordPassphrase = None,
    database: Database = None,
) -> None:
    """From now on nobody signs with this key; what it signed before stays.

    Example: estatecheck keys revoke 1f7c20aa --reason "left the firm"
    """
    from scanner.service.roles import revoke as revoked
    from scanner.service.signing import SigningError
    from scanner.store.records import StoreError

    settings = _settings(database, signing_key)
    with plain_errors(StoreError, SettingsError, SigningError):
        gone = revoked(_store(settings).people, _record_key(settings, signing_passphrase), key, reason)
    say(f"key {gone.key_id} of {gone.name} as {gone.role} is revoked")


def _settings(database: str | None, signing_key: str | None = None) -> Settings:
    with plain_errors(SettingsError):
        return resolve({"database": database, "signing_key": signing_key})


def _store(settings: Settings) -> "Store":
    from scanner.cli.settings import database_url
    from scanner.store.store import open_store

    return open_store(database_url(settings))


def _record_key(settings: Settings, passphrase: str | None) -> "Signer":
    from scanner.service.roles import open_key
    from scanner.service.signing import load_or_create

    path = settings.path("signing_key") or Path("signing-key.pem")
    if passphrase:
        return open_key(path, passphrase)
    signer, made = load_or_create(path)
    if made:
        note(f"made the record's own key: {path}. Keep it secret and backed up: it admits every other key.")
    return signer


def _plain(key: "RoleKey", now: datetime) -> dict[str, Any]:
    from scanner.service.roles import still_good

    return {
        "key": key.key_id,
        "role": key.role,
        "name": key.name,
        "since": key.since.isoformat(),
        "until": key.until.isoformat() if key.until else None,
        "revoked": key.revoked.isoformat() if key.revoked else None,
        "state": still_good(key, now),
        "public_key": key.public_key,
    }
