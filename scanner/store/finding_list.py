"""One page of the findings, filtered and ordered by the database: a large record is not read for twenty rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Select, case, cast, false, func, or_, select, type_coerce

from checks.finding import Severity
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
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page, and how many there are in all."""

    rows: tuple[FindingRow, ...]
    total: int


def page(connection: Connection, wanted: Filter, limit: int | None, offset: int) -> Rows:
    """Worst first, then by number."""
    rank = _rank(wanted.ranks)
    asked = _filtered(connection, wanted, rank)
    total = connection.execute(asked.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    rows = connection.execute(asked.order_by(rank, finding.c.number).limit(limit).offset(offset))
    return Rows(tuple(row_of(row) for row in rows), int(total))


def _rank(ranks: Mapping[str, int]) -> ColumnElement[int]:
    """The finding's own severity, else its check's."""
    own = [(finding.c.severity == severity.value, severity.rank) for severity in Severity]
    by_rank: dict[int, list[str]] = {}
    for check, rank in ranks.items():
        by_rank.setdefault(rank, []).append(check)
    checks = [(finding.c.check_id.in_(sorted(by_rank[rank])), rank) for rank in sorted(by_rank)]
    return case(*own, *checks, else_=LOWEST)


def _filtered(connection: Connection, wanted: Filter, rank: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    asked = select(finding, asset.c.uid, asset.c.name).join(asset, asset.c.id == finding.c.asset_id)
    if wanted.states:
        asked = asked.where(finding.c.state.in_(wanted.states))
    if wanted.severities:
        asked = asked.where(rank.in_([severity.rank for severity in wanted.severities]))
    if wanted.checks is not None:
        asked = asked.where(finding.c.check_id.in_(wanted.checks) if wanted.checks else false())
    if wanted.asset:
        pattern = _escaped(wanted.asset).replace("*", "%")
        asked = asked.where(asset.c.name.ilike(pattern, escape="\\"))
    if wanted.text:
        asked = asked.where(_says(wanted.text))
    words = {"supplier": wanted.supplier, "service": wanted.service, "area": wanted.area}
    told = {name: word for name, word in words.items() if word}
    return asked.where(finding.c.asset_id.in_(_known_as(connection, told))) if told else asked


def _says(text: str) -> ColumnElement[bool]:
    columns = (finding.c.observed, finding.c.subject_key, finding.c.check_id, asset.c.name)
    return or_(*(column.ilike(f"%{_escaped(text)}%", escape="\\") for column in columns))


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
