"""One signed file with whole feeds in it, for a side that has no network.

A ZIP: ``envelope.json`` (an in-toto Statement v1 in a DSSE envelope, Ed25519), ``key.pem`` (the public key) and
``parts/<sha256>`` (tables as they lie on the shelf). The statement names every part by its sha256 and holds every
feed's manifest. The same shelf and key give the same bytes.
"""

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from scanner.feeds.acceptance import well_formed
from scanner.feeds.files import told
from scanner.feeds.manifest import Malformed, Manifest, TableNote, from_document
from scanner.feeds.shelf import Shelf
from scanner.feeds.support_dates import FeedError
from scanner.feeds.unpack import Unusable, open_zip
from scanner.service.feeds import Desk, Outcome
from scanner.service.signing import Signer, SigningError, key_id, named_key_id, opened, public_key

ENVELOPE, KEY, PARTS = "envelope.json", "key.pem", "parts/"
PREDICATE = "urn:estatecheck:feeds:v1"
STATEMENT = "https://in-toto.io/Statement/v1"
MAX_ENVELOPE = 32 * 1024 * 1024
MAX_KEY = 64 * 1024
MAX_PARTS = 10_000
CHUNK = 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that ZIP can tell


class Untrusted(FeedError):
    """The bundle is not what its signer made, or not of the signer that was named. Nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Exported:
    feeds: tuple[str, ...]
    size: int  # bytes of the file


def export(shelf: Shelf, names: Sequence[str], target: Path, signer: Signer) -> Exported:
    """Write the feeds in use, each byte verified. Raises :class:`ShelfError`, :class:`FeedError`."""
    entries = {name: shelf.entry(name) for name in dict.fromkeys(names or shelf.names())}
    if not entries:
        raise FeedError(f"{shelf.folder}: there is no feed to export; get some with: estatecheck feeds update")
    statement = _statement([entry.manifest for entry in entries.values()])
    envelope = _canonical(signer.envelope(_canonical(statement)))
    part = target.with_name(target.name + ".part")
    with told(target, "written"), _removed(part):
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
            _add(out, ENVELOPE, envelope)
            _add(out, KEY, signer.public_pem)
            _add_parts(out, shelf, {name: entry.identity for name, entry in entries.items()})
        part.replace(target)
    return Exported(tuple(entries), target.stat().st_size)


@contextlib.contextmanager
def _removed(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        part.unlink(missing_ok=True)


def _add_parts(out: zipfile.ZipFile, shelf: Shelf, entries: Mapping[str, str]) -> None:
    written: set[str] = set()
    for name, entry in entries.items():
        for data in shelf.tables(name, entry).values():
            digest = hashlib.sha256(data).hexdigest()
            if digest not in written:
                written.add(digest)
                _add(out, PARTS + digest, data)


def _add(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    out.writestr(entry, data)


def _statement(manifests: Sequence[Manifest]) -> dict[str, Any]:
    digests = sorted({note.sha256 for manifest in manifests for note in manifest.tables.values()})
    return {
        "_type": STATEMENT,
        "subject": [{"name": PARTS + digest, "digest": {"sha256": digest}} for digest in digests],
        "predicateType": PREDICATE,
        "predicate": {"feeds": [manifest.document() for manifest in manifests]},
    }


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


# --- import


def trusted_id(text: str) -> str:
    """The id of a key, given as id or as a file with the public key in PEM. Raises :class:`SigningError`."""
    try:
        return named_key_id(text)
    except OSError as fault:
        raise SigningError(f"{text} is no id of a key, and no file that can be read: {fault.strerror}") from fault


def is_bundle(path: Path) -> bool:
    """By its list of names. False for what is no ZIP, or cannot be read."""
    try:
        with path.open("rb") as file, open_zip(file) as archive:
            return ENVELOPE in archive.namelist()
    except (OSError, Unusable):
        return False


def take_bundle(desk: Desk, path: Path, trusted: str | None) -> tuple[Outcome, ...]:
    """Import every feed of a bundle, after all of it was verified. ``trusted``: the id of the signer's key.

    Raises :class:`Untrusted`, :class:`Busy`, :class:`Unusable`.
    """
    with desk.shelf.lock(), told(path, "read"), path.open("rb") as file, open_zip(file) as archive:
        signer, manifests = _verified(archive, trusted)
        notes = {note.sha256: note for manifest in manifests for note in manifest.tables.values()}
        _check_names(archive, notes)
        for note in notes.values():
            _part(archive, note)
        return tuple(
            desk.guarded(manifest.feed, partial(_taken, desk, archive, replace(manifest, signed_by=signer)))
            for manifest in manifests
        )


def _taken(desk: Desk, archive: zipfile.ZipFile, manifest: Manifest) -> Outcome:
    tables = {name: _part(archive, note) for name, note in manifest.tables.items()}
    well_formed(tables)
    return desk.take(manifest, tables)


def _verified(archive: zipfile.ZipFile, trusted: str | None) -> tuple[str, tuple[Manifest, ...]]:
    """The signer's key id and what was signed."""
    try:
        key = public_key(_read(archive, KEY, MAX_KEY))
        signer = key_id(key)
        if trusted is None:
            raise Untrusted(f"is signed by key {signer}; compare it with the signer's and name it with --key")
        if signer != trusted:
            raise Untrusted(f"is signed by key {signer} and not by {trusted}, the one that was named")
        statement = json.loads(opened(json.loads(_read(archive, ENVELOPE, MAX_ENVELOPE)), key))
        if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
            raise Untrusted("is signed, but it is no bundle of feeds")
        manifests = tuple(from_document(document) for document in statement["predicate"]["feeds"])
        if _canonical(statement) != _canonical(_statement(manifests)):
            raise Untrusted("its statement holds something else than feeds and their parts")
    except (SigningError, Malformed, RecursionError) as fault:
        raise Untrusted(f"does not hold: {fault}") from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise Untrusted("does not hold: the signed statement is unreadable") from fault
    return signer, manifests


def _check_names(archive: zipfile.ZipFile, notes: Mapping[str, TableNote]) -> None:
    expected = sorted([ENVELOPE, KEY, *(PARTS + digest for digest in notes)])
    if len(expected) > MAX_PARTS or sorted(archive.namelist()) != expected:
        raise Untrusted("does not hold: its files are not the ones that were signed")


def _part(archive: zipfile.ZipFile, note: TableNote) -> bytes:
    data = _read(archive, PARTS + note.sha256, note.size)
    if len(data) != note.size or hashlib.sha256(data).hexdigest() != note.sha256:
        raise Untrusted(f"does not hold: its part {note.sha256} was changed")
    return data


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """At most one byte more than allowed."""
    try:
        with archive.open(name) as member:
            return _all(member, most + 1)
    except KeyError as fault:
        raise Untrusted(f"does not hold: it lacks {name}") from fault


def _all(file: IO[bytes], most: int) -> bytes:
    pieces, left = [], most
    while left > 0 and (piece := file.read(min(CHUNK, left))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
