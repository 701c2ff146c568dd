"""Core statements compiled once and handed straight to the driver: for rows that are written by the million.

Only for columns of plain numbers, texts and bytes: the driver gets values as they are, no type of ours is applied.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Dialect, Executable, Insert, Select, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 500  # values in one statement: both databases have a limit

Values = Mapping[str, object]


class Prepared:
    """One statement. Compiled when a dialect first asks for it."""

    def __init__(self, make: Callable[[Dialect], Executable]) -> None:
        self._make = make
        self._ready: dict[str, tuple[str, Callable[[Values], Any]]] = {}

    def run(self, connection: Connection, values: Values) -> CursorResult[*tuple[Any, ...]]:
        text, arrange = self._for(connection.dialect)
        return connection.exec_driver_sql(text, arrange(values))

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        if rows:
            text, arrange = self._for(connection.dialect)
            connection.exec_driver_sql(text, [arrange(row) for row in rows])

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Values], Any]]:
        if dialect.name not in self._ready:
            self._ready[dialect.name] = _compiled(self._make(dialect), dialect)
        return self._ready[dialect.name]


def _compiled(statement: Executable, dialect: Dialect) -> tuple[str, Callable[[Values], Any]]:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # Executable hides it
    if not compiled.positional:
        return str(compiled), dict
    names = list(compiled.positiontup)
    pick = itemgetter(*names)
    return str(compiled), pick if len(names) > 1 else lambda values: (pick(values),)


def statement(made: Executable) -> Prepared:
    return Prepared(lambda _: made)


def insertion(table: Table) -> Prepared:
    """Every column but a number that the database gives; rows another process has put there are passed over."""
    names = [column.name for column in table.columns if column is not table.autoincrement_column]
    return Prepared(lambda dialect: _insert_once(table, dialect).values({name: _bind(name) for name in names}))


def _bind(name: str) -> Any:  # noqa: ANN401 (SQLAlchemy's own type for it is private)
    return bindparam(name)


def insert_once(connection: Connection, table: Table) -> Insert:
    """An insert that passes over a row another process has put there."""
    return _insert_once(table, connection.dialect)


def _insert_once(table: Table, dialect: Dialect) -> Insert:
    if dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


class Lookup:
    """``asked`` for the rows whose ``column`` is among many values."""

    def __init__(self, asked: Select[*tuple[Any, ...]], column: Column[Any]) -> None:
        self._asked = asked
        self._column = column
        self._sized: dict[int, Prepared] = {}

    def rows(self, connection: Connection, values: Sequence[object]) -> Iterator[Any]:
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            yield from self._for(len(part)).run(connection, {f"v{i}": value for i, value in enumerate(part)})

    def _for(self, count: int) -> Prepared:
        if count not in self._sized:
            binds = [_bind(f"v{i}") for i in range(count)]
            self._sized[count] = statement(self._asked.where(self._column.in_(binds)))
        return self._sized[count]
