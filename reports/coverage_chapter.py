"""Coverage by service, supplier and kind of machine, and in how many areas each is, as every format tells it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from checks import coverage
from checks.coverage import Adoption, Row, Short, Step
from reports.counting import looked
from reports.once import once
from reports.report import ReportData
from reports.text import capital, count, listing, safe_text, share

GROUPINGS = ("service", "supplier", "kind")
MOST_ROWS = 100  # of one grouping in a table
FEW = 5  # names in a sentence


@dataclass(frozen=True, slots=True)
class Table:
    grouping: str
    rows: tuple[Row, ...]


@once
def tables(data: ReportData) -> tuple[Table, ...]:
    """One for each grouping that says something; a single nameless row says nothing."""
    assets = tuple(map(looked, data.assets))
    made = [Table(g, coverage.table(assets, g, _names(data, g), data.areas)) for g in GROUPINGS]
    return tuple(table for table in made if any(row.id for row in table.rows))


def _names(data: ReportData, grouping: str) -> Mapping[str, str]:
    if grouping == "kind":
        return {}
    entries = data.services if grouping == "service" else data.suppliers
    return {key: entry.name for key, entry in entries.items()}


@once
def estate_adoption(data: ReportData) -> Adoption:
    return coverage.adoption(coverage.by_area(map(looked, data.assets), data.areas))


def operating(data: ReportData) -> str:
    """``Operating in 38 of 42 areas; not in A, B, C and D.`` Empty when the inventory names no area."""
    told = estate_adoption(data)
    if not told.areas:
        return ""
    lit = set(told.operating)
    dark = sorted(area.name for area in data.areas.values() if area.name not in lit)
    names = f"; not in {listing([safe_text(name) for name in dark], len(dark))}" if dark else ""
    return f"Logged in to something in {len(told.operating):,} of {count(told.areas, 'area')}{names}."


def adopted(row: Row) -> str:
    """``16 of 54 areas: 30 % of areas, 20 % of budget``; empty when the inventory names no area."""
    told = row.adoption
    if not told.areas:
        return ""
    parts = [f"{_percent(part)} of {weight}{_left_out(told, weight)}" for weight, part in told.by_weight.items()]
    dark = f"; nothing logged in to in {listing([safe_text(n) for n in told.dark], FEW)}" if told.dark else ""
    return f"{len(told.adopted):,} of {count(told.areas, 'area')}: {', '.join(parts)}{dark}"


def _left_out(told: Adoption, weight: str) -> str:
    lacking = len(told.left_out[weight])
    return f" ({count(lacking, 'area')} not known)" if lacking else ""


def _percent(part: Fraction) -> str:
    return share(part.numerator, part.denominator)


def weighed(row: Row) -> str:
    """Logged in, by the weights of the areas in which it is: ``users 80 %, budget 75 %``."""
    return ", ".join(f"{one.weight} {_percent(one.shares[Step.LOGGED_IN])}" for one in row.shares)


def short(row: Row) -> str:
    """Why not all of it could be judged, with names."""
    return "; ".join(_short(one) for one in row.short)


def _short(one: Short) -> str:
    return f"{one.reason}: {listing([safe_text(name, 80) for name in one.names], FEW)}"


def chapter(data: ReportData) -> list[dict[str, Any]]:
    """What the template prints."""
    return [
        {
            "grouping": table.grouping,
            "caption": f"by-{table.grouping}-c",
            "title": "By kind of machine" if table.grouping == "kind" else f"By {table.grouping}",
            "column": capital(table.grouping),
            "rows": [
                {
                    "name": row.name,
                    "steps": row.steps,
                    "weighed": weighed(row),
                    "adopted": adopted(row),
                    "short": short(row),
                }
                for row in table.rows[:MOST_ROWS]
            ],
            "more": max(0, len(table.rows) - MOST_ROWS),
        }
        for table in tables(data)
    ]


def plain(data: ReportData) -> dict[str, Any]:
    """As JSON values, in the shape of docs/report-schema.json."""
    return {table.grouping: [_plain(row) for row in table.rows] for table in tables(data)}


def _plain(row: Row) -> dict[str, Any]:
    told = row.adoption
    return {
        "id": row.id,
        "name": row.name,
        "steps": {step.value: n for step, n in row.steps.items()},
        "weighted": {one.weight: {s.value: round(float(f), 6) for s, f in one.shares.items()} for one in row.shares},
        "short": [{"reason": one.reason, "assets": list(one.names)} for one in row.short],
        "adoption": {
            "areas": told.areas,
            "adopted": list(told.adopted),
            "operating": list(told.operating),
            "dark": list(told.dark),
            "by_weight": {weight: round(float(part), 6) for weight, part in told.by_weight.items()},
            "not_known": {weight: list(names) for weight, names in told.left_out.items() if names},
        },
    }
