"""Tokens of machines: made once, kept as hashes, revocable; and what was last received with each."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from scanner.store.database import Database
from scanner.store.intake_schema import intake_token
from scanner.store.records import StoreError
from scanner.store.schema import Stored

_TOKEN = re.compile(r"ect_([0-9a-f]{8})_[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Token:
    """Never with its secret."""

    token_id: str
    asset: str
    created_at: datetime
    revoked_at: datetime | None
    collected_at: datetime | None  # of the last snapshot received with it
    received_at: datetime | None
    document: str  # sha256 of that, "" none


class Tokens:
    """Every method raises :class:`StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, asset: str, now: datetime) -> str:
        """The token, which nobody can read again."""
        made = f"ect_{secrets.token_hex(4)}_{secrets.token_hex(32)}"
        row = {"token_id": made[4:12], "sha256": _hash(made), "asset": asset, "created_at": now}
        with self._database.writing() as connection:
            connection.execute(intake_token.insert().values(row))
        return made

    def rows(self) -> tuple[Token, ...]:
        with self._database.reading() as connection:
            asked = select(intake_token).order_by(intake_token.c.asset, intake_token.c.id)
            return tuple(_token(row) for row in connection.execute(asked))

    def revoke(self, which: str, now: datetime) -> tuple[str, ...]:
        """By its id, or all of a machine. Ids of those revoked come back; raises when there is none to revoke."""
        live = intake_token.c.revoked_at.is_(None)
        chosen = live & ((intake_token.c.token_id == which) | (intake_token.c.asset == which))
        with self._database.writing() as connection:
            found = tuple(connection.execute(select(intake_token.c.token_id).where(chosen)).scalars())
            if not found:
                raise StoreError(
                    f"there is no token {which[:80]!r} to revoke; `estatecheck intake token list` shows them"
                )
            connection.execute(update(intake_token).where(chosen).values(revoked_at=now))
        return found

    def known(self, text: str) -> Token | None:
        """Whose token that is; None: nobody's, or it was revoked."""
        form = _TOKEN.fullmatch(text)
        with self._database.reading() as connection:
            row = _row(connection, form[1]) if form else None
        kept = bytes(row.sha256) if row is not None else bytes(32)
        same = hmac.compare_digest(_hash(text), kept)
        return _token(row) if row is not None and same and row.revoked_at is None else None

    def receive(self, token_id: str, document: str, collected_at: datetime, now: datetime) -> bool:
        """Write down what was received. False: something as new was received with it before, so nothing changed.

        In one transaction: of parallel posts one wins.
        """
        newer = intake_token.c.collected_at.is_(None) | (intake_token.c.collected_at < collected_at)
        mine = (intake_token.c.token_id == token_id) & intake_token.c.revoked_at.is_(None) & newer
        values = {"collected_at": collected_at, "received_at": now, "document": bytes.fromhex(document)}
        with self._database.writing() as connection:
            return connection.execute(update(intake_token).where(mine).values(values)).rowcount == 1


def _row(connection: Connection, token_id: str) -> Stored | None:
    return connection.execute(select(intake_token).where(intake_token.c.token_id == token_id)).first()


def _hash(text: str) -> bytes:
    """256 random bits need no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _token(row: Stored) -> Token:
    return Token(
        token_id=row.token_id,
        asset=row.asset,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        collected_at=row.collected_at,
        received_at=row.received_at,
        document=bytes(row.document).hex() if row.document else "",
    )
