"""Which series there are, and what was watched under each name from when on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from inventory.facts.availability import State
from inventory.watch import Watch
from scanner.store.codec import dump, load
from scanner.store.records import StoreError
from scanner.store.schema import Stored, snapshot
from scanner.store.series_schema import state_change, watch, watch_now, watch_version
from scanner.store.snapshots import save_texts
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import Declared, SeriesRow, series_key

_FOREVER = 2**62  # ms


def declare(connection: Connection, declared: Sequence[Declared], now: float) -> dict[str, int]:
    """The number of every series by its key, also of those that are no longer watched.

    New and changed definitions get a version; so does a series that is gone. Raises :class:`StoreError`.
    """
    _refuse_twins(declared)
    numbers = {(row.name, row.vantage): int(row.id) for row in connection.execute(select(watch))}
    known = {row.watch_id: row.definition_id for row in connection.execute(_newest())}
    fresh = [one for one in declared if (one.watch.name, one.vantage) not in numbers]
    first = max(numbers.values(), default=0) + 1
    rows = [{"id": n, "name": one.watch.name, "vantage": one.vantage} for n, one in enumerate(fresh, first)]
    if rows:
        connection.execute(watch.insert(), rows)
    numbers |= {(str(row["name"]), str(row["vantage"])): first + place for place, row in enumerate(rows)}
    texts = save_texts(connection, [dump(replace(one.watch, line=0)) for one in declared])
    said = {numbers[one.watch.name, one.vantage]: text for one, text in zip(declared, texts, strict=True)}
    gone = {number: None for number, text in known.items() if text is not None and number not in said}
    moved = {number: text for number, text in said.items() if known.get(number) != text}
    _add_versions(connection, moved | gone, now)
    return {series_key(*name): number for name, number in numbers.items()}


def _refuse_twins(declared: Sequence[Declared]) -> None:
    keys: set[str] = set()
    for one in declared:
        if one.key in keys:
            raise StoreError(f"two series are called {one.key}: rename one of the watches (NAME@VANTAGE is reserved)")
        keys.add(one.key)


def _newest(then: ColumnElement[bool] | None = None) -> Select[*tuple[Any, ...]]:
    last = select(func.max(watch_version.c.id)).group_by(watch_version.c.watch_id)
    last = last if then is None else last.where(then)
    return select(watch_version.c.watch_id, watch_version.c.definition_id).where(watch_version.c.id.in_(last))


def _add_versions(connection: Connection, versions: dict[int, int | None], now: float) -> None:
    if not versions:
        return
    last = connection.execute(select(func.coalesce(func.max(watch_version.c.id), 0))).scalar_one()
    rows = [
        {"id": last + place, "watch_id": number, "definition_id": text, "at": to_ms(now)}
        for place, (number, text) in enumerate(sorted(versions.items()), 1)
    ]
    connection.execute(watch_version.insert(), rows)


def watch_id(connection: Connection, key: str) -> int | None:
    """The number of a series; None when there is no such one."""
    name, _, vantage = key.rpartition("@")
    asked = select(watch.c.id).where(
        ((watch.c.name == key) & (watch.c.vantage == "")) | ((watch.c.name == name) & (watch.c.vantage == vantage))
    )
    found: int | None = connection.execute(asked).scalar()
    return found


def keys(connection: Connection) -> dict[int, tuple[str, str]]:
    """Number -> watch and vantage."""
    return {row.id: (row.name, row.vantage) for row in connection.execute(select(watch))}


def named(names: Mapping[int, tuple[str, str]], number: int) -> str:
    return series_key(*names[number]) if number in names else f"series {number}"


def rows(connection: Connection, as_of: float | None = None) -> tuple[SeriesRow, ...]:
    """By watch and vantage. One that is no longer watched tells its last definition. ``as_of``: as declared then."""
    then = watch_version.c.at <= (_FOREVER if as_of is None else to_ms(as_of))
    last = (
        select(func.max(watch_version.c.id))
        .where(watch_version.c.definition_id.is_not(None), then)
        .group_by(watch_version.c.watch_id)
    )
    newest = connection.execute(_newest(then))
    watched = {row.watch_id for row in newest if row.definition_id is not None}
    asked = (
        select(watch, snapshot.c.content, state_change.c.state, state_change.c.start, state_change.c.reason)
        .join(watch_version, watch_version.c.watch_id == watch.c.id)
        .join(snapshot, snapshot.c.id == watch_version.c.definition_id)
        .outerjoin(watch_now, watch_now.c.watch_id == watch.c.id)
        .outerjoin(state_change, state_change.c.id == watch_now.c.change_id)
        .where(watch_version.c.id.in_(last))
        .order_by(watch.c.name, watch.c.vantage)
    )
    return tuple(_series(row, row.id in watched) for row in connection.execute(asked))


def _series(row: Stored, watched: bool) -> SeriesRow:
    state = State(row.state) if row.state else State.UNKNOWN
    since = None if row.start is None else from_ms(row.start)
    return SeriesRow(row.id, row.name, row.vantage, load(Watch, row.content), watched, state, since, row.reason or "")


Spans = tuple[tuple[float, float | None], ...]


def watched(connection: Connection) -> dict[str, Spans]:
    """By key: from when to when a series was declared, oldest first; None: it still is."""
    names, found = keys(connection), dict[int, list[tuple[float, float | None]]]()
    for row in connection.execute(select(watch_version).order_by(watch_version.c.id)):
        spans = found.setdefault(row.watch_id, [])
        open_ = bool(spans) and spans[-1][1] is None
        if row.definition_id is None and open_:
            spans[-1] = (spans[-1][0], from_ms(row.at))
        elif row.definition_id is not None and not open_:
            spans.append((from_ms(row.at), None))
    return {series_key(*names[number]): tuple(spans) for number, spans in found.items()}
