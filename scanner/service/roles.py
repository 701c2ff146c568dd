"""Keys of people: made, admitted to a record by its own key, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.secrets.references import resolve
from scanner.service.signing import MAX_PEM, Signer, SigningError, create, key_id, load, public_key
from scanner.store.people import People
from scanner.store.role_keys import Admission, content_of
from scanner.store.witness import ADMITTED, RECORD, REVOKED, RoleKey, key_message, role_fits

RECORDS_NAME = "the record"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose key it shall be."""

    role: str
    name: str


def open_key(path: Path, passphrase: str | None = None) -> Signer:
    """``passphrase`` is a reference (env:, file:, keyring:, vault:, cmd:).

    Raises :class:`SigningError` and :class:`scanner.query.SecretUnavailable`.
    """
    return load(path, resolve(passphrase) if passphrase else None)


def make_key(path: Path, passphrase: str | None = None) -> Signer:
    """A new private key, and beside it ``<path>.pub``. Raises as :func:`open_key` does."""
    public = path.with_name(path.name + ".pub")
    if public.exists():
        raise SigningError(f"{public} exists already; name another file")
    signer = create(path, resolve(passphrase) if passphrase else None)
    try:
        public.write_bytes(signer.public_pem)
    except OSError as fault:
        raise SigningError(f"{public} cannot be written: {fault.strerror}") from fault
    return signer


def why_not_role(role: str) -> str:
    """Why nobody can have this role, "" when somebody can."""
    return "" if role == RECORD else role_fits(role)


def admit(people: People, record: Signer, pem: bytes, holder: Holder, days: int | None, reason: str = "") -> RoleKey:
    """Admit a public key. The first time the record's own key is admitted before it, by itself.

    Raises :class:`SigningError` and :class:`scanner.store.records.StoreError`.
    """
    raw = public_key(pem[:MAX_PEM])
    name = raw.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    if key_id(raw) == record.key_id and holder.role != RECORD:
        raise SigningError("this is the record's own key: every person has a key of his own")
    if not people.keys().keys:
        _say(people, record, RoleKey(record.key_id, RECORD, RECORDS_NAME, record.raw_public, people.now), ADMITTED, "")
    now = people.now
    until = now + timedelta(days=days) if days else None
    key = RoleKey(key_id(raw), holder.role, " ".join(holder.name.split()), name, now, until)
    return _say(people, record, key, ADMITTED, reason)


def revoke(people: People, record: Signer, wanted: str, reason: str) -> RoleKey:
    """From now on nobody signs with it; what it signed before stays. Raises as :func:`admit` does."""
    known = one_key(people, wanted)
    key = RoleKey(known.key_id, known.role, known.name, known.public_key, people.now)
    return _say(people, record, key, REVOKED, reason)


def one_key(people: People, wanted: str) -> RoleKey:
    """By its id or the beginning of it. Raises :class:`SigningError`."""
    found = [key for name, key in people.keys().keys.items() if name.startswith(wanted.lower())] if wanted else []
    if len(found) != 1:
        many = f"{len(found)} keys begin" if found else "no key of this record begins"
        raise SigningError(f"{many} with {wanted[:64]!r}; `estatecheck keys list` shows them")
    return found[0]


def _say(people: People, record: Signer, key: RoleKey, what: str, reason: str) -> RoleKey:
    content = content_of(key, reason)
    return people.admit(Admission(what, content, record.key_id, record.signature(key_message(content))))


def still_good(key: RoleKey, now: datetime) -> str:
    """A word for a table."""
    if key.revoked:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.until and key.until <= now:
        return f"ended {key.until:%Y-%m-%d}"
    return f"until {key.until:%Y-%m-%d}" if key.until else "good"
