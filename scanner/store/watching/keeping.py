"""Drops what need not be kept for good: raw samples, the hashes under a seal's root, notices that were sent."""

from sqlalchemy import Connection, Delete, delete

from scanner.store.series_schema import notification, sample_hour, seal_leaves
from scanner.store.watching.journal import to_ms
from scanner.store.watching.records import HOUR, Retention

DAY = 24 * HOUR


def drop(connection: Connection, now: float, retention: Retention) -> int:
    """How many rows went. Only sealed samples go; changes, outages, day rollups and seals never do."""
    told: tuple[Delete, ...] = (
        delete(sample_hour).where(sample_hour.c.hour < int(now - retention.samples * DAY)),
        delete(seal_leaves).where(seal_leaves.c.hour < int(now - retention.leaves * DAY)),
        delete(notification).where(
            notification.c.next_at.is_(None), notification.c.created < to_ms(now - retention.sent_notices * DAY)
        ),
    )
    return sum(connection.execute(one).rowcount for one in told)
