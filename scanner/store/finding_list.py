"""One page of the findings, filtered and ordered by the database: a large record is not read for twenty rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Select,
    case,
    cast,
    false,
    func,
    or_,
    select,
    type_coerce,
)

from checks.finding import Severity
from scanner.store.prepared import Lookup
from scanner.store.reader import row_of
from scanner.store.records import FindingRow
from scanner.store.schema import asset, finding, scan_asset, snapshot

LOWEST = len(Severity)  # rank of what nobody rated


@dataclass(frozen=True, slots=True)
class Filter:
    """Every part that is given has to fit. ``ranks`` are the severities of the checks, 0 for critical."""

    states: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    checks: tuple[str, ...] | None = None  # ids; None: any
    supplier: str = ""
    service: str = ""
    area: str = ""
    asset: str = ""  # a name, with * for anything
    text: str = ""  # in the observed value, the subject, the asset or the check
    among: frozenset[str] | None = None  # fingerprints; None: any
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page, and how many there are in all."""

    rows: tuple[FindingRow, ...]
    total: int


def page(connection: Connection, wanted: Filter, limit: int | None, offset: int) -> Rows:
    """Worst first, then by number."""
    rank = _rank(wanted.ranks)
    fits = _fitting(connection, wanted, rank)
    in_order = fits.order_by(rank, finding.c.number)
    if wanted.among is not None:
        numbers = _among(connection, in_order, wanted.among)
        return Rows(_whole(connection, numbers[offset:][:limit]), len(numbers))
    ordered = in_order.limit(limit).offset(offset)
    if wanted.text or wanted.severities:  # dear to hold against: once, and counted on the way
        found = connection.execute(ordered.add_columns(func.count().over())).all()
        total = int(found[0][1]) if found else _count(connection, fits)
    else:
        found = connection.execute(ordered).all()
        total = _count(connection, fits)
    return Rows(_whole(connection, [row[0] for row in found]), total)


def _among(connection: Connection, in_order: Select[tuple[int]], wanted: frozenset[str]) -> list[int]:
    """Held against them here: there may be more of them than a statement takes."""
    found = connection.execute(in_order.add_columns(finding.c.fingerprint))
    return [row.number for row in found if row.fingerprint in wanted]


def _whole(connection: Connection, numbers: Sequence[int]) -> tuple[FindingRow, ...]:
    rows = {row.number: row for row in _WHOLE.rows(connection, numbers)}
    return tuple(row_of(rows[number]) for number in numbers)


def _count(connection: Connection, fits: Select[tuple[int]]) -> int:
    return int(connection.execute(select(func.count()).select_from(fits.subquery())).scalar_one())


_WHOLE = Lookup(
    select(finding, asset.c.uid, asset.c.name).join(asset, asset.c.id == finding.c.asset_id), finding.c.number
)


def _rank(ranks: Mapping[str, int]) -> ColumnElement[int]:
    """The finding's own severity, else its check's."""
    own = [(finding.c.severity == severity.value, severity.rank) for severity in Severity]
    by_rank: dict[int, list[str]] = {}
    for check, rank in ranks.items():
        by_rank.setdefault(rank, []).append(check)
    checks = [(finding.c.check_id.in_(sorted(by_rank[rank])), rank) for rank in sorted(by_rank)]
    return case(*own, *checks, else_=LOWEST)


def _fitting(connection: Connection, wanted: Filter, rank: ColumnElement[int]) -> Select[tuple[int]]:
    asked = select(finding.c.number)
    if wanted.asset or wanted.text:
        asked = asked.join(asset, asset.c.id == finding.c.asset_id)
    if wanted.states:
        asked = asked.where(finding.c.state.in_(wanted.states))
    if wanted.severities:
        asked = asked.where(rank.in_([severity.rank for severity in wanted.severities]))
    if wanted.checks is not None:
        asked = asked.where(finding.c.check_id.in_(wanted.checks) if wanted.checks else false())
    if wanted.asset:
        asked = asked.where(_like(connection, asset.c.name, _escaped(wanted.asset).replace("*", "%")))
    if wanted.text:
        asked = asked.where(_says(connection, wanted.text))
    words = {"supplier": wanted.supplier, "service": wanted.service, "area": wanted.area}
    told = {name: word for name, word in words.items() if word}
    return asked.where(finding.c.asset_id.in_(_known_as(connection, told))) if told else asked


def _says(connection: Connection, text: str) -> ColumnElement[bool]:
    columns = (finding.c.observed, finding.c.subject_key, finding.c.check_id, asset.c.name)
    return or_(*(_like(connection, column, f"%{_escaped(text)}%") for column in columns))


def _like(connection: Connection, column: Column[Any], pattern: str) -> ColumnElement[bool]:
    """In any case of letters. SQLite's LIKE is so by itself (ASCII), and half as dear as with lower()."""
    server = connection.dialect.name == "postgresql"
    return column.ilike(pattern, escape="\\") if server else column.like(pattern, escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _known_as(connection: Connection, told: Mapping[str, str]) -> Select[tuple[int]]:
    """Assets of which the inventory said this at their last visit."""
    asked = (
        select(asset.c.id)
        .join(scan_asset, (scan_asset.c.asset_id == asset.c.id) & (scan_asset.c.scan_id == asset.c.last_scan))
        .join(snapshot, snapshot.c.id == scan_asset.c.snapshot_id)
    )
    server = connection.dialect.name == "postgresql"
    content = cast(snapshot.c.content, JSON) if server else type_coerce(snapshot.c.content, JSON)
    for name, word in told.items():
        asked = asked.where(content[name].as_string() == word)
    return asked
