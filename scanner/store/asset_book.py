"""The machines of the record as people see them: names, identities, doubts; and settling a doubt."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from checks.decision_model import Case
from checks.decisions import decide
from checks.lifecycle import Refusal, State
from scanner.store import assets, ledger
from scanner.store.decisions import Refused, Signed, signer
from scanner.store.records import StoreError
from scanner.store.schema import Stored, asset, asset_identity, asset_name, finding, scan_asset, snapshot
from scanner.store.snapshots import read_text

ASSET = "asset:"  # fingerprints of events about a machine


@dataclass(frozen=True, slots=True)
class Machine:
    uid: str
    name: str  # at its last visit
    generation: int  # how often it was installed anew, from 1
    first_scan: int
    last_scan: int
    note: str  # why its identity needs a person's review, "" it does not
    supplier: str
    area: str
    findings: int  # of any state


@dataclass(frozen=True, slots=True)
class Told:
    """What a machine calls itself by. ``disputed``: seen under its name, and not accepted as its own."""

    kind: str
    value: str
    disputed: bool
    first_scan: int
    last_scan: int


@dataclass(frozen=True, slots=True)
class Page:
    """All there is about one machine."""

    machine: Machine
    names: tuple[str, ...]
    identities: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person settles: these identities, seen in that scan, are this machine's."""

    uid: str
    note: str
    identities: tuple[str, ...]


_LAST = (
    select(asset, scan_asset.c.identity_note, scan_asset.c.snapshot_id, snapshot.c.content)
    .outerjoin(
        scan_asset,
        (scan_asset.c.asset_id == asset.c.id) & (scan_asset.c.scan_id == asset.c.last_scan),
    )
    .outerjoin(snapshot, snapshot.c.id == scan_asset.c.snapshot_id)
    .order_by(asset.c.name, asset.c.id)
)


def machines(connection: Connection, *, in_doubt: bool = False) -> tuple[Machine, ...]:
    """By name."""
    counts = select(finding.c.asset_id, func.count()).group_by(finding.c.asset_id)
    held: dict[int, int] = {row[0]: row[1] for row in connection.execute(counts)}
    found = {row.id: _machine(row, held.get(row.id, 0)) for row in connection.execute(_LAST)}
    return tuple(machine for machine in found.values() if machine.note or not in_doubt)


def _machine(row: Stored, findings: int) -> Machine:
    told = json.loads(row.content) if row.content else {}
    settled = row.reviewed_scan >= row.last_scan
    return Machine(
        uid=row.uid,
        name=row.name,
        generation=row.generation,
        first_scan=row.first_scan,
        last_scan=row.last_scan,
        note="" if settled else row.identity_note or "",
        supplier=str(told.get("supplier") or ""),
        area=str(told.get("area") or ""),
        findings=findings,
    )


def page(connection: Connection, name: str) -> Page:
    """By name, or by the beginning of a uid. Raises :class:`StoreError`."""
    rows = connection.execute(_LAST.where(asset.c.name == name)).all()
    if not rows and len(name) >= 8:
        rows = connection.execute(_LAST.where(asset.c.uid.startswith(name, autoescape=True))).all()
    if not rows:
        raise StoreError(f"there is no asset {name[:60]!r} in this record; `estatecheck assets list` shows them")
    row = max(rows, key=lambda row: (row.last_scan, row.id))
    names = select(asset_name.c.name).where(asset_name.c.asset_id == row.id).order_by(asset_name.c.last_scan.desc())
    told = (
        select(asset_identity)
        .where(asset_identity.c.asset_id == row.id)
        .order_by(asset_identity.c.kind, asset_identity.c.value)
    )
    count = connection.execute(select(func.count()).where(finding.c.asset_id == row.id)).scalar_one()
    return Page(
        _machine(row, int(count)),
        tuple(connection.execute(names).scalars()),
        tuple(Told(i.kind, i.value, i.disputed, i.first_scan, i.last_scan) for i in connection.execute(told)),
    )


def doubt(connection: Connection, name: str) -> Doubt:
    """Raises :class:`StoreError` when there is nothing to settle."""
    visit = _visit(connection, name)
    return Doubt(visit.uid, visit.identity_note, tuple(json.loads(read_text(connection, visit.identity_id))))


def _visit(connection: Connection, name: str) -> Stored:
    asked = (
        select(scan_asset, asset.c.uid, asset.c.reviewed_scan)
        .join(asset, asset.c.id == scan_asset.c.asset_id)
        .where(scan_asset.c.name == name)
        .order_by(scan_asset.c.id.desc())
        .limit(1)
    )
    visit = connection.execute(asked).first()
    if visit is None or not visit.identity_note or visit.reviewed_scan >= visit.scan_id:
        raise StoreError(f"the identity of {name} is not in doubt")
    return visit


def accept_identity(connection: Connection, signed: Signed, now: datetime) -> str:
    """A person has looked at a machine in doubt: what it presented last is its own. The uid comes back.

    Raises :class:`Refused` and :class:`StoreError`.
    """
    said, by = signed.statement, signer(connection, signed, now)
    visit = _visit(connection, said.ref)
    tokens = frozenset(json.loads(read_text(connection, visit.identity_id)))
    if sorted(tokens) != said.more.get("identity"):
        raise Refused(f"{said.ref} has presented something else since; look at it again")
    about = Case(said.ref, ASSET + visit.uid, State.OPEN, 1, visit.finished_at, visit.finished_at)
    came = decide(about, said, by, now)
    if isinstance(came, Refusal):
        raise Refused(came.sentence)
    assets.accept(connection, visit.scan_id, visit.asset_id, tokens)
    told = {
        "why": came.why,
        "episode": 1,
        "reason": said.reason,
        "note": visit.identity_note,
        "identity": sorted(tokens),
        "statement": said.as_json(),
        "signature": {"keyid": signed.key_id, "sig": signed.signature},
    }
    new = ledger.NewEvent(ASSET + visit.uid, now, "", "", told, visit.scan_id, said.actor, said.role)
    ledger.append(connection, [new])
    return str(visit.uid)
