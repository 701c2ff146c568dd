"""Answers as content-addressed blobs: sha256 of the plaintext, zstd, each text stored once.

Redaction is the collector's job and has happened before anything arrives here. What a script asked is never stored.
"""

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import zstandard
from sqlalchemy import Connection, bindparam, select

from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer
from scanner.store.packing import Packed, compressed, hashed
from scanner.store.prepared import Numbered, Prepared, insertion
from scanner.store.records import StoredAnswer, StoreError
from scanner.store.schema import Stored, blob, evidence

OWN_FILE_BYTES = 1024 * 1024  # compressed; from here on a blob is a file beside the database
MAX_DETAIL = 1000
_AT_ONCE = 500  # blobs in one question

_BLOBS = Numbered(blob)
_ADD = insertion(evidence)
_ANSWERS = Prepared(
    select(evidence, blob.c.sha256, blob.c.size)
    .join(blob, blob.c.id == evidence.c.blob_id)
    .where(evidence.c.visit_id == bindparam("visit_id"))
    .order_by(evidence.c.position)
)


def save_answers(
    connection: Connection,
    folder: Path | None,
    visit_id: int,
    answers: Sequence[Answer],
    packed: Sequence[Packed] | None = None,
    start: int = 0,
) -> list[str]:
    """Store what came back, in the order it came. The sha256 of each answer comes back.

    ``packed``: what was done ahead, one for each answer; None: nothing was. ``start``: the place of the first one.
    """
    ready = hashed([a.output for a in answers]) if packed is None else packed
    digests = [one.sha256 for one in ready]
    ids = _BLOBS.save(connection, digests, lambda i: _blob_row(folder, ready[i], answers[i].output))
    rows = [
        {
            "visit_id": visit_id,
            "position": start + position,
            "query": answer.query[:64],
            "blob_id": ids[position],
            "reason": answer.missing.reason.value if answer.missing else None,
            "detail": clean(answer.missing.detail[:MAX_DETAIL]) if answer.missing else None,
            "exit_code": answer.exit_code,
            "privilege": answer.privilege.value,
            "asked_at": answer.asked_at,
            "answered_at": answer.answered_at,
        }
        for position, answer in enumerate(answers)
    ]
    _ADD.run_many(connection, rows)
    return [digest.hex() for digest in digests]


def save_plain(connection: Connection, folder: Path | None, contents: Sequence[bytes]) -> list[int]:
    """Texts of people as blobs; the number of each comes back."""
    ready = hashed(list(contents))
    return _BLOBS.save(connection, [one.sha256 for one in ready], lambda i: _blob_row(folder, ready[i], contents[i]))


def clean(text: str) -> str:
    """Text that both databases take: no NUL, no lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _blob_row(folder: Path | None, ready: Packed, plain: bytes) -> dict[str, object]:
    data = compressed(plain) if ready.data is None else ready.data
    own_file = folder is not None and len(data) >= OWN_FILE_BYTES
    if own_file and folder is not None:
        write_file(blob_file(folder, ready.sha256.hex()), data)
    return {"size": len(plain), "stored": len(data), "data": None if own_file else data}


def blob_file(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / f"{sha256}.zst"


def write_file(path: Path, content: bytes) -> None:
    """Whole or not at all, also after a power cut. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_blob(connection: Connection, folder: Path | None, sha256: str) -> bytes:
    """The plaintext, held against its hash. Raises :class:`StoreError` naming a missing or damaged one."""
    with contextlib.suppress(ValueError):
        row = connection.execute(select(blob).where(blob.c.sha256 == bytes.fromhex(sha256))).first()
        if row is not None:
            return _unpacked(row, folder, sha256)
    raise StoreError(f"there is no evidence {sha256[:80]!r} in this record")


def read_blobs(connection: Connection, folder: Path | None, wanted: Collection[str]) -> dict[str, bytes]:
    """Many at once, those that are here and undamaged."""
    found: dict[str, bytes] = {}
    asked = sorted({bytes.fromhex(one) for one in wanted})
    for at in range(0, len(asked), _AT_ONCE):
        for row in connection.execute(select(blob).where(blob.c.sha256.in_(asked[at : at + _AT_ONCE]))):
            with contextlib.suppress(StoreError):
                sha256 = bytes(row.sha256).hex()
                found[sha256] = _unpacked(row, folder, sha256)
    return found


def _unpacked(row: Stored, folder: Path | None, sha256: str) -> bytes:
    damaged = StoreError(f"evidence {sha256} is damaged: restore it from a backup")
    try:
        packed = row.data if row.data is not None else _read_file(folder, sha256)
        plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=row.size)
    except (OSError, zstandard.ZstdError) as fault:
        raise damaged from fault
    if len(plain) != row.size or hashlib.sha256(plain).hexdigest() != sha256.lower():
        raise damaged
    return plain


def _read_file(folder: Path | None, sha256: str) -> bytes:
    if folder is None:
        raise FileNotFoundError(sha256)
    return blob_file(folder, sha256.lower()).read_bytes()


def answers_of(connection: Connection, visit_id: int, folder: Path | None, *, outputs: bool) -> Iterator[StoredAnswer]:
    """One visit's answers in the order they came; their output only when asked for."""
    for row in _ANSWERS.rows(connection, {"visit_id": visit_id}):
        sha256 = bytes(row.sha256).hex()
        output = read_blob(connection, folder, sha256) if outputs else b""
        yield StoredAnswer(row.query, sha256, row.size, answer_of(row, output))


def answer_of(row: Stored, output: bytes) -> Answer:
    return Answer(
        query=row.query,
        output=output,
        exit_code=row.exit_code,
        missing=Missing(Reason(row.reason), row.detail or "") if row.reason else None,
        privilege=Privilege(row.privilege),
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
