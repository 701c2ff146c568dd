"""What people decide, in one transaction: the rule is asked again, the event appended, the finding moved.

The rules are in ``checks.decisions``; here is only what they need to know, and the writing down.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, select, update

from checks.decision_model import CLOSED, DEFAULT_LIMITS, Case, Limits, Signer
from checks.decisions import decide
from checks.lifecycle import Move, Refusal, State
from checks.responsibility import responsible
from checks.standing import Standing, standing_of
from checks.statements import Statement, signed_bytes
from inventory.asset import Asset
from inventory.estate import Estate
from inventory.responsibility import Layer
from scanner.store import ledger, role_keys
from scanner.store.codec import load
from scanner.store.decision_schema import attachment
from scanner.store.evidence import save_plain
from scanner.store.findings import ref
from scanner.store.prepared import Prepared
from scanner.store.records import EventRow, ScanKind, StoreError
from scanner.store.schema import Stored, attempt, finding, scan, scan_asset, snapshot
from scanner.store.witness import holds

FOREIGN = "import."  # how the ids of what testers and other tools reported begin
MAX_FILE = 16 * 1024 * 1024  # bytes of one file that a statement names
MAX_FILES = 20

_FINDING = Prepared(select(finding).where(finding.c.number == bindparam("number")))
_MOVE = Prepared(
    update(finding)
    .where(finding.c.number == bindparam("n"), finding.c.state == bindparam("was"))
    .values(state=bindparam("new_state"), moved_at=bindparam("new_moved_at"))
)
_ESTATE = snapshot.alias()
_NEWEST = (
    select(snapshot.c.content, _ESTATE.c.content.label("estate"))
    .join(scan_asset, scan_asset.c.snapshot_id == snapshot.c.id)
    .join(scan, scan.c.id == scan_asset.c.scan_id)
    .join(_ESTATE, _ESTATE.c.id == scan.c.estate_id)
    .where(scan_asset.c.asset_id == bindparam("asset_id"))
    .order_by(scan_asset.c.scan_id.desc())
    .limit(1)
)
_LOOKS = Prepared(
    select(attempt.c.reached)
    .join(scan_asset, scan_asset.c.id == attempt.c.visit_id)
    .join(scan, scan.c.id == scan_asset.c.scan_id)
    .where(
        scan_asset.c.asset_id == bindparam("asset_id"),
        (scan.c.kind == ScanKind.FULL.value) | (scan.c.kind == ScanKind.VERIFY.value),
    )
    .order_by(scan_asset.c.scan_id.desc())
    .limit(20)
)


class Refused(StoreError):
    """The rules do not allow it. One sentence."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that the statement names by its hash."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement with its signature (Base64) over ``statement.payload()``."""

    statement: Statement
    key_id: str
    signature: str
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it. ``already``: this very statement stands in the record, and nothing was changed."""

    ref: str
    before: State
    after: State
    why: str
    seq: int
    already: bool = False


def record(
    connection: Connection,
    folder: Path | None,
    number: int,
    signed: Signed,
    now: datetime,
    *,
    expected: State | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Recorded:
    """Raises :class:`Refused` and :class:`StoreError`. ``expected``: the state that the person saw."""
    row = stored(connection, number)
    said, by = signed.statement, signer(connection, signed, now)
    events = ledger.read(connection, row.fingerprint)
    known = _recorded_before(row, events, signed)
    if known is not None:
        return known
    if expected is not None and row.state != expected:
        raise Refused(f"{ref(number)} is {row.state} by now, no longer {expected}; look at it again")
    came = decide(case_of(connection, row, standing_of(events), now, limits), said, by, now, limits)
    if isinstance(came, Refusal):
        raise Refused(came.sentence)
    _hold_files(signed)
    if came.to is not State(row.state):
        _move(connection, row, came, now)
    seq = ledger.append(connection, [_event(row, came, signed, now)])
    _attach(connection, folder, seq, signed.files)
    return Recorded(ref(number), State(row.state), came.to, came.why, seq)


def stored(connection: Connection, number: int) -> Stored:
    row = _FINDING.first(connection, {"number": number})
    if row is None:
        raise StoreError(f"there is no finding {ref(number)} in this record")
    return row


def signer(connection: Connection, signed: Signed, now: datetime) -> Signer:
    """Whose key it is. Raises :class:`Refused` when nobody's, or the signature does not hold."""
    registry = role_keys.registry(connection)
    key = registry.holder(signed.key_id, now)
    if key is None:
        raise Refused(registry.why_not(signed.key_id, now))
    if not registry.holder(signed.key_id, signed.statement.at):
        raise Refused(f"it was signed before key {signed.key_id[:16]} of {key.name} was admitted")
    if not holds(key.public_key, signed.signature, signed.statement.payload()):
        raise Refused(f"the signature by {key.name} does not hold: the statement was changed")
    return Signer(key.name, key.role, key.key_id)


def _recorded_before(row: Stored, events: Sequence[EventRow], signed: Signed) -> Recorded | None:
    """The same statement once more changes nothing."""
    payload = signed.statement.payload()
    for event in events:
        content = event.proof.get("statement")
        if isinstance(content, dict) and signed_bytes(content) == payload:
            now = State(row.state)
            return Recorded(ref(row.number), now, now, event.why, event.seq, already=True)
    return None


def case_of(connection: Connection, row: Stored, standing: Standing, now: datetime, limits: Limits) -> Case:
    return Case(
        ref=ref(row.number),
        fingerprint=row.fingerprint,
        state=State(row.state),
        episode=row.episode,
        moved_at=row.moved_at,
        last_seen=row.last_seen,
        foreign=row.check_id.startswith(FOREIGN),
        suppliers=suppliers_of(connection, row.asset_id, now.date()),
        asked=standing.waiting(now, limits.request_days),
        claimed_by=standing.claimed_by,
        unreachable=unreachable(connection, row.asset_id),
        paused=standing.paused(now),
    )


def suppliers_of(connection: Connection, asset_id: int, day: date) -> tuple[str, ...]:
    """Who answers for a layer of the asset on that day, by the inventory of its last visit; sorted."""
    row = connection.execute(_NEWEST, {"asset_id": asset_id}).one_or_none()
    if row is None:
        return ()
    looked_at, estate = load(Asset, row.content), _estate(row.estate)
    found = (responsible(estate.responsibilities, looked_at, layer, day).suppliers for layer in Layer)
    return tuple(sorted({supplier for suppliers in found for supplier in suppliers}))


@lru_cache(maxsize=2)  # who decides on many findings asks for the same inventory each time
def _estate(text: str) -> Estate:
    return load(Estate, text)


def unreachable(connection: Connection, asset_id: int) -> int:
    """How many of the last visits in a row did not reach the asset (20 at most)."""
    count = 0
    for row in _LOOKS.rows(connection, {"asset_id": asset_id}):
        if row.reached:
            break
        count += 1
    return count


def same_issue(connection: Connection, row: Stored) -> int:
    """On how many assets the same weakness of the same subject still counts."""
    same = (
        (finding.c.family == row.family)
        & (finding.c.subject_kind == row.subject_kind)
        & (finding.c.subject_key == row.subject_key)
        & finding.c.state.not_in([state.value for state in CLOSED])
    )
    return int(connection.execute(select(func.count(finding.c.asset_id.distinct())).where(same)).scalar_one())


def _hold_files(signed: Signed) -> None:
    """Files are those that the statement names. One that is named and not handed in may be kept elsewhere."""
    if len(signed.files) > MAX_FILES:
        raise Refused(f"a statement names at most {MAX_FILES} files")
    for file in signed.files:
        if len(file.content) > MAX_FILE:
            raise Refused(f"{file.name} is larger than {MAX_FILE // 2**20} MB")
        if file.sha256 not in signed.statement.evidence:
            raise Refused(f"{file.name} is not among the files that were signed for")


def _move(connection: Connection, row: Stored, came: Move, now: datetime) -> None:
    values = {"n": row.number, "was": row.state, "new_state": came.to.value, "new_moved_at": now}
    if _MOVE.run(connection, values) != 1:
        raise Refused(f"{ref(row.number)} was moved by somebody else meanwhile; look at it again")


def _event(row: Stored, came: Move, signed: Signed, now: datetime) -> ledger.NewEvent:
    said = signed.statement
    told = {
        "why": came.why,
        "episode": row.episode,
        "statement": said.as_json(),
        "signature": {"keyid": signed.key_id, "sig": signed.signature},
    }
    return ledger.NewEvent(row.fingerprint, now, row.state, came.to.value, told, None, said.actor, said.role)


def _attach(connection: Connection, folder: Path | None, seq: int, files: Sequence[Attached]) -> None:
    numbers = save_plain(connection, folder, [file.content for file in files])
    rows = [
        {"event_seq": seq, "position": position, "name": file.name[:200], "blob_id": numbers[position]}
        for position, file in enumerate(files)
    ]
    if rows:
        connection.execute(attachment.insert(), rows)
