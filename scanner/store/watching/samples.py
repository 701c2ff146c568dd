"""Raw samples of one series: of sealed hours, and of the journal since."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from scanner.store.series_schema import sample_batch, sample_hour
from scanner.store.watching.definitions import watch_id
from scanner.store.watching.hours import first_of_chunk, unpacked_chunk
from scanner.store.watching.journal import to_ms, unpacked
from scanner.store.watching.records import HOUR, StoredSample


def of(connection: Connection, key: str, start: float, end: float) -> tuple[StoredSample, ...]:
    number = watch_id(connection, key)
    if number is None:
        return ()
    inside = (one for one in _all(connection, number, start) if start <= one.at < end)
    return tuple(sorted(inside, key=lambda one: one.at))


def _all(connection: Connection, number: int, start: float) -> Iterator[StoredSample]:
    """Those recorded since ``start``: none is recorded before it was taken."""
    mine = (sample_hour.c.first_watch == first_of_chunk(number)) & (sample_hour.c.hour >= int(start) // HOUR * HOUR)
    for data in connection.execute(select(sample_hour.c.data).where(mine).order_by(sample_hour.c.hour)).scalars():
        columns = unpacked_chunk(data).get(number)
        if columns:
            yield from columns.samples()
    since = select(sample_batch.c.data).where(sample_batch.c.at >= to_ms(start)).order_by(sample_batch.c.id)
    for data in connection.execute(since).scalars():
        yield from unpacked(data).of(number)
