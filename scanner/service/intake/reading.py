"""A snapshot by its content: the JSON of the PowerShell script, or the transcript of the sh script (docs/snapshots.md).

What is kept of one is a small head (when, of whom, by which script, the hash of what came) and its sections, each as
the probe of that section reads it: the parts that did not change since the last one are stored once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from inventory.asset import SNAPSHOT, SNAPSHOT_WINDOWS, Asset, Connection, Privilege
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing
from inventory.identity import identity_in, strong
from scanner.engine import fact_of
from scanner.probes import probes_of, snapshot_sections
from scanner.probes.windows import WINDOWS
from scanner.query import Answer
from scanner.transports import unix_snapshot, windows_document
from scanner.transports.unix_snapshot import BadSnapshot, UnixSnapshot
from scanner.transports.windows_document import BadDocument, Document

MAX_BYTES = max(unix_snapshot.MAX_BYTES, windows_document.MAX_BYTES)  # of a snapshot as it came
HEAD = "snapshot"  # the query under which the head is kept
LOOK = 64 * 1024  # bytes in which a snapshot shows what it is
OLDEST = datetime(2015, 1, 1, tzinfo=UTC)  # a clock that says less has never been set
_UNIX = b"estatecheck-unix "
NEITHER = "it is no snapshot of estatecheck: neither the JSON of the Windows script nor the text of the Linux one"


class SnapshotRefused(Exception):
    """The snapshot is not taken. The message is one sentence that repeats nothing secret of what was sent."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``answers``: one for each section that we know, in their order, the head first. Identities are unproven."""

    way: str  # snapshot or snapshot-windows
    name: str  # as the machine calls itself
    sha256: str  # of what came
    marker: str
    script_sha256: str
    collected_at: datetime  # by the machine's clock
    ended_at: datetime
    privilege: Privilege
    answers: tuple[Answer, ...]
    identities: frozenset[str] = field(default_factory=frozenset)  # tokens of inventory.identity
    size: int = 0

    @property
    def title(self) -> str:
        return "Windows" if self.way == SNAPSHOT_WINDOWS else "Linux"

    def asset(self, asset: Asset) -> Asset:
        """As it is judged: by what a snapshot can tell, whatever other way in leads there."""
        if asset.connection.way == self.way:
            return asset
        return replace(asset, connection=replace(asset.connection, way=self.way))


def read(raw: bytes) -> Snapshot:
    """Raises :class:`SnapshotRefused`."""
    if len(raw) > MAX_BYTES:
        raise SnapshotRefused(f"it is longer than {MAX_BYTES // (1 << 20)} MB")
    if not raw.strip():
        raise SnapshotRefused("it is empty")
    try:
        found = _unix(raw) if _is_unix(raw) else _windows(raw)
    except (BadDocument, BadSnapshot) as fault:
        raise SnapshotRefused(fault.missing.detail) from None
    if found.collected_at < OLDEST:
        raise SnapshotRefused(f"its clock said {found.collected_at:%Y-%m-%d}: set the clock of that machine")
    return found


def _is_unix(raw: bytes) -> bool:
    """Its first line may come after what a profile or a banner printed."""
    start = raw[:LOOK].removeprefix(b"\xef\xbb\xbf")
    return start.startswith(_UNIX) or b"\n" + _UNIX in start


def _windows(raw: bytes) -> Snapshot:
    if b"f\0o\0r\0m\0a\0t" not in raw[:LOOK] and b'"format"' not in raw[:LOOK]:
        raise SnapshotRefused(NEITHER)
    document = windows_document.read_document(raw)
    at, ended = document.collected_at.timestamp(), document.ended_at.timestamp()
    answers = windows_document.split(document, [probe.section for probe in WINDOWS], at, max(at, ended))
    snapshot = Snapshot(
        way=SNAPSHOT_WINDOWS,
        name=document.host.name,
        sha256=hashlib.sha256(raw).hexdigest(),
        marker=document.marker,
        script_sha256=document.script_sha256,
        collected_at=document.collected_at,
        ended_at=max(document.collected_at, document.ended_at),
        privilege=document.privilege,
        answers=tuple(answers),
        size=len(raw),
    )
    host = document.host
    told = Identity(host.machine_guid or None, host.smbios_uuid or None, ())
    return _headed(snapshot, told, "windows_identity", _windows_head(document))


def _windows_head(document: Document) -> dict[str, Any]:
    return {
        "zone": document.zone,
        "clock": _iso(document.ended_at),
        "domain": document.host.domain,
        "language_mode": document.language_mode,
    }


def _unix(raw: bytes) -> Snapshot:
    told: UnixSnapshot = unix_snapshot.read_snapshot(raw.removeprefix(b"\xef\xbb\xbf"), snapshot_sections())
    snapshot = Snapshot(
        way=SNAPSHOT,
        name=told.hostname,
        sha256=hashlib.sha256(raw).hexdigest(),
        marker=told.marker,
        script_sha256=told.script_sha256,
        collected_at=told.collected_at,
        ended_at=told.collected_at,
        privilege=told.privilege,
        answers=told.answers,
        size=len(raw),
    )
    return _headed(snapshot, None, "identity", {})


def _headed(snapshot: Snapshot, told: Identity | None, fact: str, more: Mapping[str, Any]) -> Snapshot:
    """With the head as the first answer, and the identities of the section, or else of the document's own words.

    Raises :class:`SnapshotRefused` when the two name different machines.
    """
    if all(answer.missing for answer in snapshot.answers):
        raise SnapshotRefused("not one section of it is whole")
    section, said = _identities(snapshot, fact), strong(told)
    if section and said and any(_others(token, section) for token in said):
        raise SnapshotRefused("its head and its identity section name different machines")
    head = {
        "format": "estatecheck-windows" if snapshot.way == SNAPSHOT_WINDOWS else "estatecheck-unix",
        "sha256": snapshot.sha256,
        "bytes": snapshot.size,
        "host": snapshot.name,
        "marker": snapshot.marker,
        "script_sha256": snapshot.script_sha256,
        "collected_at": _iso(snapshot.collected_at),
        "privilege": snapshot.privilege.value,
        **more,
    }
    text = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    at = snapshot.collected_at.timestamp()
    first = Answer(HEAD, text, 0, None, Privilege.NONE, at, at)
    return replace(snapshot, answers=(first, *snapshot.answers), identities=section or said)


def _others(token: str, tokens: frozenset[str]) -> bool:
    """The same kind is there with other values only."""
    kind = token.partition(" ")[0] + " "
    return token not in tokens and any(one.startswith(kind) for one in tokens)


def _identities(snapshot: Snapshot, fact: str) -> frozenset[str]:
    nobody = Asset(snapshot.name, Connection(snapshot.way, ""))
    answers = [answer for answer in snapshot.answers if answer.query == fact]
    found = fact_of(probes_of(snapshot.way)[fact], nobody, answers) if answers else Missing
    return strong(identity_in({fact: found}))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
