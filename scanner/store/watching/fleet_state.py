"""The fleet as text, and the fleet again from it: what it remembered after some batch, and what was fed since."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, delete, select

from checks.outages import Fleet, Kept, Outage
from checks.watching import BadMemory, Rule, memory_from, to_plain
from inventory.facts.availability import Sample
from scanner.store.codec import dump, load
from scanner.store.prepared import insertion
from scanner.store.records import StoreError
from scanner.store.schema import snapshot
from scanner.store.series_schema import fleet_state, sample_batch
from scanner.store.snapshots import save_texts
from scanner.store.watching.journal import BACK, STATES, TICK, Entry, from_ms, squeezed, unpacked, unsqueezed

_ADD = insertion(fleet_state)
Began = dict[str, Entry]  # key -> the sample that a state in doubt began with


def rules_text(rules: Mapping[str, Rule]) -> str:
    """In their order: the fleet goes through its watches in it."""
    return dump({"rules": [[key, rule] for key, rule in rules.items()]})


def rules_of(text: str) -> dict[str, Rule]:
    return {str(key): load(Rule, json.dumps(rule)) for key, rule in json.loads(text)["rules"]}


def kept_text(kept: Kept) -> bytes:
    plain = {"memories": [to_plain(one) for one in kept.memories], "open": [asdict(one) for one in kept.open]}
    return squeezed(json.dumps(plain, separators=(",", ":")).encode())


def kept_of(data: bytes) -> Kept:
    """Raises :class:`StoreError`."""
    try:
        plain = json.loads(unsqueezed(data, "the state of the watches"))
        outages = tuple(Outage(**{**one, "children": tuple(one["children"])}) for one in plain["open"])
        return Kept(tuple(memory_from(one) for one in plain["memories"]), outages)
    except (BadMemory, ValueError, KeyError, TypeError) as fault:
        raise StoreError(f"the state of the watches cannot be read back ({fault}): restore a backup") from fault


def save(connection: Connection, batch: int, rules_id: int, kept: Kept) -> None:
    """From now on replaying begins after this batch."""
    connection.execute(delete(fleet_state).where(fleet_state.c.batch <= batch))
    _ADD.run(connection, {"batch": batch, "rules_id": rules_id, "data": kept_text(kept)})


def save_rules(connection: Connection, rules: Mapping[str, Rule]) -> int:
    return save_texts(connection, [rules_text(rules)])[0]


def replayed(connection: Connection, names: Mapping[int, str]) -> tuple[Fleet | None, Began, int | None]:
    """The fleet as it stood after the last flush, by the rules of then; what its doubts began with; the last run.

    Nothing is written: what the replay says again was written down with its batch.
    """
    asked = select(fleet_state, snapshot.c.content).join(snapshot, snapshot.c.id == fleet_state.c.rules_id)
    row = connection.execute(asked.order_by(fleet_state.c.batch.desc()).limit(1)).first()
    if row is None:
        return None, {}, None
    fleet, began = Fleet(rules_of(row.content), kept_of(row.data)), dict[str, Entry]()
    batches = select(sample_batch).where(sample_batch.c.id >= row.batch).order_by(sample_batch.c.id)
    run: int | None = None
    for batch in connection.execute(batches):
        run = batch.run_id
        if batch.id > row.batch:
            _replay(fleet, batch.data, names, began)
    return fleet, began, run


def _replay(fleet: Fleet, data: bytes, names: Mapping[int, str], began: Began) -> None:
    try:
        for entry in unpacked(data).entries():
            at = from_ms(entry.at)
            if entry.kind == TICK:
                fleet.tick(at)
                continue
            key = names[entry.watch]
            if entry.kind == BACK:
                fleet.set_back(key, at, from_ms(entry.total), entry.reason)
                continue
            fleet.feed(Sample(key, at, STATES[entry.kind], entry.reason))
            if entry.detail is not None:
                began[key] = entry
    except (KeyError, IndexError) as fault:
        raise StoreError("the journal names a series that is not there: the record was changed from outside") from fault
