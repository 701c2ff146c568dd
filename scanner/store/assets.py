"""Whose visit was this? Loads what ``inventory.identity`` decides on, and writes the decision down."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from inventory.identity import Known, Resolution, resolve
from scanner.store.prepared import Lookup, Prepared, insertion
from scanner.store.schema import Stored, asset, asset_identity, asset_name

_HOLDER = Prepared(
    select(asset.c.id, asset.c.uid)
    .where(asset.c.name == bindparam("name"))
    .order_by(asset.c.last_scan.desc(), asset.c.id.desc())
)
_RELATED = Lookup(
    select(asset_identity.c.asset_id, asset_identity.c.kind, asset_identity.c.value), asset_identity.c.value
)
_ASSETS = Lookup(select(asset), asset.c.id)
_IDENTITIES = Lookup(select(asset_identity), asset_identity.c.asset_id)
_TOUCH_IDENTITY = Prepared(
    update(asset_identity)
    .where(
        asset_identity.c.asset_id == bindparam("a"),
        asset_identity.c.kind == bindparam("k"),
        asset_identity.c.value == bindparam("v"),
    )
    .values(last_scan=bindparam("s"), disputed=bindparam("d"))
)
_TOUCH_NAME = Prepared(
    update(asset_name)
    .where(asset_name.c.asset_id == bindparam("a"), asset_name.c.name == bindparam("n"))
    .values(last_scan=bindparam("s"))
)
_TOUCH_ASSET = Prepared(
    update(asset)
    .where(asset.c.id == bindparam("a"))
    .values(name=bindparam("n"), generation=bindparam("g"), last_scan=bindparam("s"))
)
_BY_UID = Prepared(select(asset.c.id).where(asset.c.uid == bindparam("uid")))
_ADD_ASSET, _ADD_NAME, _ADD_IDENTITIES = insertion(asset, "id"), insertion(asset_name), insertion(asset_identity)
MAX_RELATED = 200  # a lab where hundreds of names are one machine: enough of them tell


@dataclass(frozen=True, slots=True)
class Owner:
    """The asset a visit was filed under. ``accepted`` are the strong identities that are its own, this visit's too."""

    id: int
    uid: str
    note: str
    accepted: frozenset[str]
    rivals: tuple[int, ...]  # asset ids whose visits of this scan are in doubt as well
    reviewed_scan: int


def new_uid(name: str, taken: int = 0) -> str:
    """The uid an asset gets when nothing is known of it. The same record made again has the same uids."""
    return hashlib.sha256(json.dumps(["asset", name, taken]).encode()).hexdigest()[:32]


def uid_for_name(connection: Connection, name: str) -> str:
    """The uid a name stands for now, also when nobody has been there yet."""
    held = _HOLDER.first(connection, {"name": name})
    return new_uid(name) if held is None else str(held.uid)


def file_visit(
    connection: Connection, scan_id: int, name: str, presented: frozenset[str], planned: Collection[str]
) -> Owner:
    """Decide, and remember what was presented: as the asset's own, or as disputed."""
    held = _HOLDER.first(connection, {"name": name})
    holder = held.id if held else None
    related = _related_ids(connection, presented)
    rows, known = _load(connection, {*related, *([holder] if holder is not None else [])})
    decided = resolve(name, presented, known.get(holder or 0), [known[i] for i in related], planned)
    row = next((rows[i] for i, k in known.items() if k.uid == decided.uid), None)
    number, uid, generation = _write_asset(connection, scan_id, name, row, decided)
    before = known.get(number, Known(uid, name))
    _remember(connection, scan_id, number, generation, before, presented, disputed=bool(decided.note))
    rivals = tuple(i for i, k in known.items() if k.uid in decided.rivals and i != number)
    accepted = before.accepted if decided.note else before.accepted | presented
    return Owner(number, uid, decided.note, accepted, rivals, row.reviewed_scan if row else 0)


def owner_of(connection: Connection, number: int) -> Owner:
    """The asset that a visit was filed under already."""
    rows, known = _load(connection, [number])
    return Owner(number, rows[number].uid, "", known[number].accepted, (), rows[number].reviewed_scan)


def _related_ids(connection: Connection, presented: frozenset[str]) -> list[int]:
    if not presented:
        return []
    rows = _RELATED.rows(connection, sorted({token.partition(" ")[2] for token in presented}))
    return sorted({row.asset_id for row in rows if f"{row.kind} {row.value}" in presented})[:MAX_RELATED]


def _load(connection: Connection, ids: Iterable[int]) -> tuple[dict[int, Stored], dict[int, Known]]:
    wanted = list(ids)
    if not wanted:
        return {}, {}
    rows = {row.id: row for row in _ASSETS.rows(connection, wanted)}
    identities: dict[int, list[Stored]] = {number: [] for number in rows}
    for row in _IDENTITIES.rows(connection, wanted):
        identities[row.asset_id].append(row)
    return rows, {number: _known(rows[number], identities[number]) for number in rows}


def _known(row: Stored, identities: Sequence[Stored]) -> Known:
    own = [i for i in identities if not i.disputed]
    return Known(
        uid=row.uid,
        name=row.name,
        accepted=frozenset(f"{i.kind} {i.value}" for i in own),
        current=_latest(own),
        disputed=frozenset(f"{i.kind} {i.value}" for i in identities if i.disputed),
        latest=_latest(identities),
    )


def _latest(identities: Sequence[Stored]) -> frozenset[str]:
    """A kind that the last visit could not read keeps what an earlier one read."""
    last: dict[str, int] = {}
    for i in identities:
        last[i.kind] = max(i.last_scan, last.get(i.kind, 0))
    return frozenset(f"{i.kind} {i.value}" for i in identities if i.last_scan == last[i.kind])


def _write_asset(
    connection: Connection, scan_id: int, name: str, row: Stored | None, decided: Resolution
) -> tuple[int, str, int]:
    """Number, uid and generation of the asset, made if need be."""
    if row is None:
        number, uid = _new_asset(connection, scan_id, name)
        generation = 1
    else:
        number, uid, generation = row.id, row.uid, row.generation + decided.new_generation
        _TOUCH_ASSET.run(connection, {"a": number, "n": name, "g": generation, "s": scan_id})
    _touch_name(connection, scan_id, number, name)
    return number, uid, generation


def _new_asset(connection: Connection, scan_id: int, name: str) -> tuple[int, str]:
    taken = 0
    while number_of(connection, new_uid(name, taken)) is not None:
        taken += 1
    uid = new_uid(name, taken)
    seen = {"name": name, "generation": 1, "first_scan": scan_id, "last_scan": scan_id, "reviewed_scan": 0}
    _ADD_ASSET.run(connection, {"uid": uid, **seen})
    return number_of(connection, uid) or 0, uid


def number_of(connection: Connection, uid: str) -> int | None:
    found = _BY_UID.first(connection, {"uid": uid})
    return found.id if found else None


def _touch_name(connection: Connection, scan_id: int, number: int, name: str) -> None:
    if not _TOUCH_NAME.run(connection, {"a": number, "n": name, "s": scan_id}):
        seen = {"asset_id": number, "name": name, "first_scan": scan_id, "last_scan": scan_id}
        _ADD_NAME.run(connection, seen)


def _remember(
    connection: Connection,
    scan_id: int,
    number: int,
    generation: int,
    before: Known,
    presented: frozenset[str],
    *,
    disputed: bool,
) -> None:
    """What was accepted once stays accepted; what was disputed becomes its own with the first visit beyond doubt."""
    old = presented & (before.accepted | before.disputed)
    if old:
        _TOUCH_IDENTITY.run_many(
            connection,
            [
                {"a": number, "k": kind, "v": value, "s": scan_id, "d": disputed and token not in before.accepted}
                for token in sorted(old)
                for kind, _, value in [token.partition(" ")]
            ],
        )
    if presented - old:
        common = {"asset_id": number, "strong": True, "disputed": disputed, "generation": generation}
        rows = [
            {**common, "kind": kind, "value": value, "first_scan": scan_id, "last_scan": scan_id}
            for token in sorted(presented - old)
            for kind, _, value in [token.partition(" ")]
        ]
        _ADD_IDENTITIES.run_many(connection, rows)


def accept(connection: Connection, scan_id: int, number: int, tokens: frozenset[str]) -> None:
    """A person has looked: these identities are this asset's own from now on, and nobody else's."""
    for token in sorted(tokens):
        kind, _, value = token.partition(" ")
        bearers = update(asset_identity).where(asset_identity.c.kind == kind, asset_identity.c.value == value)
        connection.execute(bearers.values(disputed=True))
        connection.execute(bearers.where(asset_identity.c.asset_id == number).values(disputed=False))
    connection.execute(update(asset).where(asset.c.id == number).values(reviewed_scan=scan_id))
