"""The register of maintenance: what was declared, and when we first saw it declared so. Only ever added to.

A changed declaration is a new entry; one that is gone from the inventory is withdrawn by an entry of its own.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from inventory.watch import Maintenance
from scanner.store.codec import dump, load
from scanner.store.schema import Stored, snapshot
from scanner.store.series_schema import maintenance
from scanner.store.snapshots import save_texts
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import Registered


def update(connection: Connection, declared: Sequence[Maintenance], now: float) -> int:
    """How many entries were added."""
    newest = {row.name: row.content_id for row in _entries(connection)}
    texts = save_texts(connection, [dump(one) for one in declared])
    said: dict[str, int | None] = {one.id: text for one, text in zip(declared, texts, strict=True)}
    moved = {name: text for name, text in said.items() if newest.get(name) != text}
    moved |= {name: None for name, text in newest.items() if text is not None and name not in said}
    last = connection.execute(select(func.coalesce(func.max(maintenance.c.id), 0))).scalar_one()
    rows = [
        {"id": last + place, "name": name, "content_id": text, "registered_at": to_ms(now)}
        for place, (name, text) in enumerate(sorted(moved.items()), 1)
    ]
    if rows:
        connection.execute(maintenance.insert(), rows)
    return len(rows)


def _entries(connection: Connection, as_of: float | None = None) -> Sequence[Stored]:
    asked = (
        select(maintenance, snapshot.c.content)
        .outerjoin(snapshot, snapshot.c.id == maintenance.c.content_id)
        .order_by(maintenance.c.id)
    )
    if as_of is not None:
        asked = asked.where(maintenance.c.registered_at <= to_ms(as_of))
    return connection.execute(asked).all()


def read(connection: Connection, as_of: float | None) -> tuple[Registered, ...]:
    """By the time of registration."""
    found: list[Registered] = []
    open_: dict[str, int] = {}  # name -> place of the version that stands
    for row in _entries(connection, as_of):
        at = from_ms(row.registered_at)
        before = open_.pop(row.name, None)
        if before is not None:
            one = found[before]
            found[before] = Registered(one.declared, one.registered_at, at, row.content_id is None)
        if row.content_id is not None:
            open_[row.name] = len(found)
            found.append(Registered(load(Maintenance, row.content), at))
    return tuple(found)
