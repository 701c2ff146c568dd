"""Core statements compiled once and handed straight to the driver.

Saving a host takes two dozen statements, for thousands of hosts; what SQLAlchemy does around each of them costs more
than the database does. The statements, their types and their placeholders are still SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Dialect,
    Executable,
    Insert,
    Select,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.engine.interfaces import DBAPICursor

from scanner.store.schema import Stored, Utc

MOST_KNOWN = 100_000  # digests
CHUNK = 500  # values in one statement: both databases have a limit
AT_ONCE = (64, 32, 16, 8, 4, 2, 1)  # rows in one INSERT; 64 rows of our widest table are 1,100 values

Values = Mapping[str, object]
Convert = Callable[[Any], Any]


def _once(kind: object, convert: Convert | None) -> Convert | None:
    """The rows of one visit bear the same few moments: each is converted once."""
    return lru_cache(maxsize=256)(convert) if convert and isinstance(kind, Utc) else convert


class _Ready:
    """One statement in one dialect."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = cast("Any", statement).compile(dialect=dialect)
        self.text = str(compiled)
        types = {name: bind.type for bind, name in compiled.bind_names.items()}
        names = compiled.positiontup if compiled.positional else list(types)
        self._names = names
        made = [(n, _once(types[n], types[n].dialect_impl(dialect).bind_processor(dialect))) for n in names]
        self._converts = [(name if not compiled.positional else n, f) for n, (name, f) in enumerate(made) if f]
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._positional = compiled.positional
        self._pick = itemgetter(*names) if len(names) > 1 else lambda values: tuple(values[name] for name in names)
        self._statement, self._dialect = statement, dialect
        self._tail = self._row_of_values() if dialect.name == "sqlite" and isinstance(statement, Insert) else ""
        self._reads: list[tuple[int, Convert]] | None = None  # known with the first result
        self._row: Callable[..., Any] = tuple

    def arranged(self, values: Values) -> Any:  # noqa: ANN401 (what the driver takes)
        given = {**self._constants, **values} if self._constants else values
        picked = self._pick(given)
        if self._positional and not self._converts:
            return picked
        made: Any = list(picked) if self._positional else dict(zip(self._names, picked, strict=True))
        for place, convert in self._converts:
            made[place] = convert(made[place])
        return made

    def _row_of_values(self) -> str:
        """``(?, ?, ?)`` at the end of an INSERT; "" when it ends otherwise."""
        head, found, tail = self.text.rpartition(" VALUES ")
        return tail if found and " VALUES " not in head and tail == f"({', '.join('?' * len(self._names))})" else ""

    def run_many(self, cursor: DBAPICursor, rows: Sequence[Values]) -> None:
        """SQLite: many rows in one INSERT. The driver gives up the interpreter's lock around every statement, and
        in a process with busy threads each time it takes long to come back."""
        arranged = [self.arranged(row) for row in rows]
        if not self._tail:
            cursor.executemany(self.text, cast("Any", arranged))
            return
        start = 0
        for count in AT_ONCE:
            text = self.text + (", " + self._tail) * (count - 1)
            while len(arranged) - start >= count:
                cursor.execute(text, cast("Any", tuple(chain.from_iterable(arranged[start : start + count]))))
                start += count

    def read(self, cursor: DBAPICursor) -> list[Stored]:
        if self._reads is None:
            self._reads = self._prepare_rows(cursor)
        return [self._made(row, self._reads) for row in cursor.fetchall()]

    def _prepare_rows(self, cursor: DBAPICursor) -> list[tuple[int, Convert]]:
        columns = cast("Select[*tuple[Any, ...]]", self._statement).selected_columns
        self._row = cast("Any", namedtuple("Found", columns.keys(), rename=True))._make
        converts = []
        for place, (column, told) in enumerate(zip(columns, cursor.description, strict=True)):
            kind = cast("Any", column.type).dialect_impl(self._dialect)
            convert = _once(column.type, kind.result_processor(self._dialect, told[1]))
            if convert is not None:
                converts.append((place, convert))
        return converts

    def _made(self, found: Sequence[Any], reads: Sequence[tuple[int, Convert]]) -> Stored:
        if reads:
            found = list(found)
            for place, convert in reads:
                found[place] = convert(found[place])
        return cast("Stored", self._row(found))


class Prepared:
    """A statement with named values. Raises the driver's own errors, which ``Database`` translates."""

    def __init__(self, made: Executable) -> None:
        self._made = made
        self._ready: dict[str, _Ready] = {}

    def run(self, connection: Connection, values: Values) -> int:
        """How many rows it touched."""
        ready = self._for(connection)
        cursor = connection.connection.cursor()
        cursor.execute(ready.text, cast("Any", ready.arranged(values)))
        touched = int(cursor.rowcount)
        cursor.close()
        return touched

    def rows(self, connection: Connection, values: Values) -> list[Stored]:
        ready = self._for(connection)
        cursor = connection.connection.cursor()
        cursor.execute(ready.text, cast("Any", ready.arranged(values)))
        found = ready.read(cursor)
        cursor.close()
        return found

    def first(self, connection: Connection, values: Values) -> Stored | None:
        return next(iter(self.rows(connection, values)), None)

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        if rows:
            ready = self._for(connection)
            cursor = connection.connection.cursor()
            ready.run_many(cursor, rows)
            cursor.close()

    def _for(self, connection: Connection) -> _Ready:
        name = connection.dialect.name
        if name not in self._ready:
            self._ready[name] = _Ready(self._made, connection.dialect)
        return self._ready[name]


def insertion(table: Table, *without: str) -> Prepared:
    """Every column but ``without``."""
    names = (column.name for column in table.columns if column.name not in without)
    values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
    return Prepared(table.insert().values(values))


class Lookup:
    """``asked`` for the rows whose ``column`` is among many values."""

    def __init__(self, asked: Select[*tuple[Any, ...]], column: Column[Any]) -> None:
        self._asked = asked
        self._column = column
        self._sized: dict[int, Prepared] = {}

    def rows(self, connection: Connection, values: Sequence[object]) -> Iterator[Stored]:
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            size = min(CHUNK, 1 << (len(part) - 1).bit_length())  # few statements: each is compiled, here and there
            part = [*part, *[part[-1]] * (size - len(part))]
            yield from self._for(len(part)).rows(connection, {f"v{i}": value for i, value in enumerate(part)})

    def _for(self, count: int) -> Prepared:
        if count not in self._sized:
            binds: list[BindParameter[Any]] = [bindparam(f"v{i}") for i in range(count)]
            self._sized[count] = Prepared(self._asked.where(self._column.in_(binds)))
        return self._sized[count]


class Numbered:
    """A content-addressed table: every content once, under a number. Only the one writer may use it.

    What one transaction found or added it need not look up again: its hosts say the same things. The next one asks
    anew, for this one may be rolled back, and others may write in between.
    """

    def __init__(self, table: Table) -> None:
        self._lookup = Lookup(select(table.c.sha256, table.c.id), table.c.sha256)
        self._last = Prepared(select(func.coalesce(func.max(table.c.id), 0).label("last")))
        self._insert = insertion(table)
        self._kept: tuple[object, dict[bytes, int]] = (None, {})  # the transaction, and what it knows

    def save(self, connection: Connection, digests: Sequence[bytes], row: Callable[[int], Values]) -> list[int]:
        """The number of each digest. ``row`` makes the row for a place in ``digests`` that is not stored yet."""
        known = self._known(connection)
        asked = list(dict.fromkeys(digest for digest in digests if digest not in known))
        known.update((bytes(found[0]), found[1]) for found in self._lookup.rows(connection, asked))
        places = {digest: place for place, digest in enumerate(digests) if digest not in known}
        if places:
            last = self._last.rows(connection, {})[0].last
            numbers = dict(zip(places, range(last + 1, last + 1 + len(places)), strict=True))
            new = [{"id": numbers[digest], "sha256": digest, **row(place)} for digest, place in places.items()]
            self._insert.run_many(connection, new)
            known.update(numbers)
        return [known[digest] for digest in digests]

    def _known(self, connection: Connection) -> dict[bytes, int]:
        transaction = connection.get_transaction()
        kept = self._kept  # read once: another record may be written in another thread
        if transaction is None or kept[0] is not transaction or len(kept[1]) > MOST_KNOWN:
            kept = self._kept = (transaction, {})
        return kept[1]
