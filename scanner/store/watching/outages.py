"""Outages as the fleet tells of them: opened, joined by children, taken into a parent's, closed."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, delete, select

from checks.outages import Event, Happened, Outage
from scanner.store.prepared import insertion
from scanner.store.schema import Stored
from scanner.store.series_schema import outage, watch
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import OutageRow, series_key

_ADD = insertion(outage)
_TELL = frozenset({Happened.OPENED, Happened.JOINED, Happened.ABSORBED, Happened.CLOSED})


def row_of(event: Event, numbers: Mapping[str, int]) -> dict[str, object] | None:
    """The row of the outage that an event leaves behind; None when it tells of none."""
    if event.what not in _TELL or event.outage is None:
        return None
    return _row(event.outage, numbers[event.outage.watch], event.into if event.what is Happened.ABSORBED else "")


def _row(one: Outage, number: int, into: str) -> dict[str, object]:
    return {
        "key": one.id,
        "watch_id": number,
        "start": to_ms(one.start),
        "after": _ms(one.after),
        "reason": one.reason,
        "confirmed_at": to_ms(one.confirmed_at),
        "ended": _ms(one.end),
        "last_failed": _ms(one.last_failed),
        "children": json.dumps(list(one.children)),
        "absorbed_into": into,
    }


def save(connection: Connection, rows: Mapping[str, Mapping[str, object]]) -> None:
    """By key: what was known of an outage before is replaced."""
    if rows:
        connection.execute(delete(outage).where(outage.c.key.in_(list(rows))))
        _ADD.run_many(connection, list(rows.values()))


def touching(connection: Connection, start: float, end: float, *, absorbed: bool) -> tuple[OutageRow, ...]:
    asked = (
        select(outage, watch.c.name, watch.c.vantage)
        .join(watch, watch.c.id == outage.c.watch_id)
        .where(outage.c.start < to_ms(end), outage.c.ended.is_(None) | (outage.c.ended > to_ms(start)))
        .order_by(outage.c.start, outage.c.key)
    )
    if not absorbed:
        asked = asked.where(outage.c.absorbed_into == "")
    return tuple(_outage(row) for row in connection.execute(asked))


def _outage(row: Stored) -> OutageRow:
    return OutageRow(
        row.key,
        series_key(row.name, row.vantage),
        row.name,
        row.vantage,
        from_ms(row.start),
        _seconds(row.after),
        row.reason,
        from_ms(row.confirmed_at),
        _seconds(row.ended),
        _seconds(row.last_failed),
        tuple(json.loads(row.children)),
        row.absorbed_into,
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else to_ms(seconds)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else from_ms(ms)
