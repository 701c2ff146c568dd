"""A report's files sealed: one signed statement over their digests, by a person's role key; and the same checked.

An in-toto Statement v1 (``reports.formats.dsse``) in a DSSE envelope. Nothing unsigned is ever written.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from checks.lifecycle import canonical
from checks.statements import is_digest
from reports.formats.dsse import PREDICATE, STATEMENT, SUFFIX, statement
from reports.report import ReportData
from scanner.service.decide import Desk
from scanner.service.report_pack.signed import raw_key
from scanner.service.signing import Signer, SigningError, key_id, opened, public_key
from scanner.store.witness import RoleKey

MAX_ENVELOPE = 4 * 1024 * 1024
MAX_FILES = 1_000
NAME = f"report{SUFFIX}"


class SealError(Exception):
    """A seal cannot be made, read or trusted. One sentence."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """A key, and whose it is by the record."""

    signer: Signer
    holder: RoleKey

    @classmethod
    def of(cls, desk: Desk) -> "Sealer":
        """Raises :class:`scanner.store.decisions.Refused` when the key is nobody's, or another role's."""
        return cls(desk.signer, desk.holder())

    def seal(self, data: ReportData, written: Sequence[Path]) -> bytes:
        """The envelope over files that were just written. Raises ``OSError`` and :class:`SealError`."""
        if not written:
            raise SealError("a seal is over files of a report: ask for another format with it, such as html")
        payload = statement(data, {path.name: digest_of(path) for path in written}, self.holder.name, self.holder.role)
        return canonical(self.signer.envelope(payload)) + b"\n"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    sha256: str
    found: str  # sha256 of the file beside the seal; "" there is none

    @property
    def word(self) -> str:
        return "as signed" if self.found == self.sha256 else "CHANGED" if self.found else "not here"


@dataclass(frozen=True, slots=True)
class Checked:
    """A seal whose signature holds, and the files beside it."""

    key_id: str
    signed_by: str  # "A. Creditor as accreditor"
    remark: str  # what is to be known of the key, "" nothing
    report_id: str
    evidence_root: str
    files: tuple[File, ...]


def digest_of(path: Path) -> str:
    """Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, pem: bytes | None, known: Mapping[str, RoleKey], now: datetime) -> Checked:
    """``pem``: the key that must have signed; without one it must be one of ``known``, the record's, by key id.

    Raises :class:`SealError` when the signature does not hold or nobody vouches for the key, and ``OSError``.
    """
    with path.open("rb") as file:
        data = file.read(MAX_ENVELOPE + 1)
    try:
        envelope = _json(data)
        signer = _named(envelope)
        key = public_key(pem) if pem is not None else raw_key(_vouched(signer, known).public_key)
        told = _statement(opened(envelope, key))
    except SigningError as fault:
        raise SealError(f"{path}: {fault}") from fault
    if data != canonical(envelope) + b"\n":
        raise SealError(f"{path} is not written as this tool writes it: something was added or changed")
    return _checked(path, key_id(key), told, known.get(key_id(key)), now)


def _json(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_ENVELOPE:
        raise SealError(f"the file is larger than {MAX_ENVELOPE // 2**20} MB, which no seal is")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise SealError("the file is not JSON, so it is no seal of a report") from fault
    if not isinstance(found, dict):
        raise SealError("the file is JSON, and no DSSE envelope")
    return found


def _named(envelope: Mapping[str, Any]) -> str:
    try:
        [one] = envelope["signatures"]
        return str(one["keyid"])
    except (KeyError, TypeError, ValueError) as fault:
        raise SealError("the file is no DSSE envelope with one signature") from fault


def _vouched(signer: str, known: Mapping[str, RoleKey]) -> RoleKey:
    if signer not in known:
        raise SealError(
            f"it was signed by key {signer[:16]!r}, which this record does not know: name the signer's public key "
            "with --key FILE.pub"
        )
    return known[signer]


def _statement(payload: bytes) -> dict[str, Any]:
    """Raises :class:`SealError`: a signed statement may still be of something else."""
    told = _json(payload)
    if told.get("_type") != STATEMENT or told.get("predicateType") != PREDICATE:
        raise SealError("what is signed is not the statement of a report by this program")
    subjects = told.get("subject")
    if not isinstance(subjects, list) or not 0 < len(subjects) <= MAX_FILES or not all(map(_is_subject, subjects)):
        raise SealError("the statement does not name files with their sha256")
    return told


def _is_subject(one: object) -> bool:
    """A plain name: nothing outside the seal's own folder is ever looked at."""
    if not isinstance(one, dict) or not isinstance(one.get("digest"), dict):
        return False
    name = one.get("name")
    plain = isinstance(name, str) and 0 < len(name) <= 255 and PurePosixPath(name).name == name and "\0" not in name
    return plain and is_digest(one["digest"].get("sha256"))


def _checked(path: Path, signer: str, told: Mapping[str, Any], key: RoleKey | None, now: datetime) -> Checked:
    predicate = told.get("predicate")
    said = predicate if isinstance(predicate, dict) else {}
    by = said.get("signed_by")
    who = f"{by.get('name')} as {by.get('role')}" if isinstance(by, dict) else "nobody named"
    if key is not None and who != f"{key.name} as {key.role}":
        raise SealError(f"the statement says that {who} signed it, and the record knows the key as that of {key.name}")
    files = tuple(_file(path.parent, one["name"], one["digest"]["sha256"]) for one in told["subject"])
    return Checked(
        signer, who, _remark(key, now), str(said.get("report_id", "")), str(said.get("evidence_root", "")), files
    )


def _remark(key: RoleKey | None, now: datetime) -> str:
    if key is None:
        return "whose key it is only the statement says: this record does not know it"
    if key.revoked:
        return f"the key was revoked on {key.revoked:%Y-%m-%d %H:%M} UTC, and a seal does not say when it was made"
    return "" if key.good_at(now) else "the key's time is over, and a seal does not say when it was made"


def _file(folder: Path, name: str, sha256: str) -> File:
    try:
        return File(name, sha256, digest_of(folder / name))
    except FileNotFoundError:
        return File(name, sha256, "")
