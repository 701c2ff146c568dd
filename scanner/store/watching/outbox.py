"""Notices that wait to be told. They are written with what they tell of, so none is lost and none is made up."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from scanner.store.evidence import clean
from scanner.store.prepared import insertion
from scanner.store.series_schema import notification
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import Notice

MAX_ERROR = 500  # characters
LONGEST_WAIT = 2 * 3600.0  # nobody puts a notice off for longer
_ADD = insertion(notification, "id")


def add(connection: Connection, notices: Sequence[tuple[str, str]], at: int) -> None:
    """Channel and payload of each; ``at`` in ms: due at once."""
    rows = [
        {
            "channel": clean(channel),
            "payload": clean(payload),
            "created": at,
            "attempts": 0,
            "next_at": at,
            "sent_at": None,
            "error": "",
        }
        for channel, payload in notices
    ]
    _ADD.run_many(connection, rows)


def take(connection: Connection, now: float, lease_seconds: float, most: int) -> tuple[Notice, ...]:
    """In the write transaction, of which there is one at a time: two daemons never take the same one."""
    next_at = notification.c.next_at
    ripe = (next_at <= to_ms(now)) | (next_at > to_ms(now + LONGEST_WAIT))  # the latter by a clock that was set back
    rows = connection.execute(select(notification).where(ripe).order_by(notification.c.id).limit(most)).all()
    for row in rows:
        taken = {"next_at": to_ms(now + lease_seconds), "attempts": row.attempts + 1}
        connection.execute(update(notification).where(notification.c.id == row.id).values(taken))
    return tuple(Notice(row.id, row.channel, row.payload, from_ms(row.created), row.attempts + 1) for row in rows)


def sent(connection: Connection, notice: int, now: float) -> None:
    done = {"sent_at": to_ms(now), "next_at": None, "error": ""}
    connection.execute(update(notification).where(notification.c.id == notice).values(done))


def failed(connection: Connection, notice: int, error: str, again_at: float | None) -> None:
    told = {"error": clean(error[:MAX_ERROR]), "next_at": None if again_at is None else to_ms(again_at)}
    connection.execute(update(notification).where(notification.c.id == notice).values(told))


def waiting(connection: Connection) -> int:
    unsent = select(func.count()).select_from(notification).where(notification.c.next_at.is_not(None))
    return int(connection.execute(unsent).scalar_one())
