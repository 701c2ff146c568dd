"""Words to the daemon by way of the record: they reach it on any machine, and what was said stays readable."""

from sqlalchemy import Connection, select, update

from scanner.store.schema import Stored
from scanner.store.series_schema import control
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import Control


def say(connection: Connection, what: str, argument: str, by: str, now: float) -> int:
    values = {"what": what, "argument": argument, "said_by": by, "at": to_ms(now)}
    return int(connection.execute(control.insert().values(values).returning(control.c.id)).scalar_one())


def read(connection: Connection, after: int) -> tuple[Control, ...]:
    asked = select(control).where(control.c.id > after).order_by(control.c.id)
    return tuple(_control(row) for row in connection.execute(asked))


def handle(connection: Connection, number: int, now: float) -> bool:
    free = (control.c.id == number) & control.c.handled_at.is_(None)
    return connection.execute(update(control).where(free).values(handled_at=to_ms(now))).rowcount == 1


def _control(row: Stored) -> Control:
    handled = None if row.handled_at is None else from_ms(row.handled_at)
    return Control(row.id, row.what, row.argument, from_ms(row.at), row.said_by, handled)
