"""Maps of the estate as inline SVG: coverage by area, and areas by suppliers. Pure; see ``reports.charts``.

Cells print their numbers and symbols: no colour says anything alone, and each map has its data table beside it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from checks.finding import Severity
from reports.charts import CELL_HEIGHT, label_of, svg
from reports.counting import AreaRow, Step
from reports.report import ReportData
from reports.summary import SYMBOLS
from reports.text import safe_text, share

STEPS = (Step.ATTEMPTED, Step.REACHED, Step.LOGGED_IN, Step.PRIVILEGED, Step.FULLY_ASSESSED)
LABEL, CELL, GAP = 214, 92, 4  # px
MAP_HEIGHT, MAP_CELL = 46, 112
MOST_SUPPLIERS = 8
MOST_AREAS = 60
SHARES = (0.01, 0.5, 0.8, 0.95, 1.0)  # at least this share gets the next stronger fill


@dataclass(frozen=True, slots=True)
class Place:
    """The assets of one supplier in one area."""

    area: str
    supplier: str
    assets: int
    logged_in: int
    occurrences: int
    worst: Severity | None


def coverage_heat(rows: Sequence[AreaRow]) -> Markup:
    """Area x step: the share of its assets that got so far."""
    rows = rows[:MOST_AREAS]
    head = Markup("").join(_head(n, step.value.capitalize(), CELL) for n, step in enumerate(STEPS))
    body = Markup("").join(_coverage_row(CELL_HEIGHT * (n + 1), row) for n, row in enumerate(rows))
    said = "For each area, the share of its assets that got as far as each step; a stronger fill means more."
    width = LABEL + len(STEPS) * (CELL + GAP)
    return svg(
        "chart-cover",
        "Coverage of each area, step by step",
        said,
        CELL_HEIGHT * (len(rows) + 1),
        head + body,
        str(width),
    )


def _head(n: int, words: str, width: int) -> Markup:
    return Markup('<text class="value" x="{x}" y="20" text-anchor="middle">{t}</text>').format(
        x=LABEL + n * (width + GAP) + width // 2, t=words
    )


def _coverage_row(top: int, row: AreaRow) -> Markup:
    cells = (_coverage_cell(n, top, row.steps[step], row.known) for n, step in enumerate(STEPS))
    return _label(top + 18, row.area.name) + Markup("").join(cells)


def _label(y: int, name: str) -> Markup:
    return Markup('<text class="label" x="0" y="{y}">{t}</text>').format(y=y, t=label_of(name, 26))


def _coverage_cell(n: int, top: int, got: int, known: int) -> Markup:
    part = got / known if known else 0.0
    strength, middle = sum(part >= least for least in SHARES), LABEL + n * (CELL + GAP) + CELL // 2
    return Markup(
        '<rect class="h{s}" x="{x}" y="{y}" width="{w}" height="{h}" rx="3"/>'
        '<text class="t{s}" x="{m}" y="{b}" text-anchor="middle">{t}</text>'
    ).format(
        s=strength, x=LABEL + n * (CELL + GAP), y=top, w=CELL, h=CELL_HEIGHT - 4, m=middle,
        b=top + 18, t=share(got, known) if known else "none",
    )  # fmt: skip


def without(data: ReportData) -> tuple[str, ...]:
    """Names of areas that have no asset in scope: nobody looked there."""
    used = {one.asset.area for one in data.assets}
    return tuple(sorted(area.name for key, area in data.areas.items() if key not in used))


def places(data: ReportData) -> tuple[Place, ...]:
    """By area, then supplier, as the names go; only where there are assets."""
    groups: dict[tuple[str, str], list[str]] = {}
    inside: dict[tuple[str, str], int] = {}
    for one in data.assets:
        key = _name(data.areas, one.asset.area, "no area"), _name(data.suppliers, one.asset.supplier, "no supplier")
        groups.setdefault(key, []).append(one.uid)
        inside[key] = inside.get(key, 0) + one.logged_in
    found, worst = _found(data)
    return tuple(
        Place(
            area,
            supplier,
            len(uids),
            inside[area, supplier],
            sum(found.get(uid, 0) for uid in uids),
            min((worst[uid] for uid in uids if uid in worst), key=lambda s: s.rank, default=None),
        )
        for (area, supplier), uids in sorted(groups.items())
    )


def _name(known: Mapping[str, object], key: str | None, none: str) -> str:
    return str(getattr(known[key], "name", key)) if key is not None and key in known else key or none


def _found(data: ReportData) -> tuple[dict[str, int], dict[str, Severity]]:
    """Occurrences of each asset, and its worst severity."""
    found: Counter[str] = Counter(one.asset_uid for issue in data.issues for one in issue.occurrences)
    worst: dict[str, Severity] = {}
    for issue in sorted(data.issues, key=lambda one: one.severity.rank, reverse=True):
        worst |= dict.fromkeys(issue.assets, issue.severity)  # the worst comes last, and stays
    return found, worst


def estate_map(told: Sequence[Place], empty: Sequence[str] = ()) -> Markup:
    """Area x supplier: how many assets, and the worst found on them. ``empty``: areas without an asset in scope."""
    suppliers = sorted({one.supplier for one in told})[:MOST_SUPPLIERS]
    areas = sorted({*empty, *(one.area for one in told)})[:MOST_AREAS]
    cells = {(one.area, one.supplier): one for one in told}
    head = Markup("").join(_head(n, label_of(name, 15), MAP_CELL) for n, name in enumerate(suppliers))
    body = Markup("").join(
        _map_row(30 + n * MAP_HEIGHT, area, [cells.get((area, name)) for name in suppliers])
        for n, area in enumerate(areas)
    )
    said = (
        "For each area and supplier, the number of assets and the worst severity found there; not seen where "
        "nothing could be logged in to."
    )
    width = LABEL + len(suppliers) * (MAP_CELL + GAP)
    return svg(
        "chart-map", "The estate by area and supplier", said, 30 + MAP_HEIGHT * len(areas), head + body, str(width)
    )


def _map_row(top: int, area: str, row: Sequence[Place | None]) -> Markup:
    return _label(top + 25, area) + Markup("").join(_map_cell(n, top, one) for n, one in enumerate(row))


def _map_cell(n: int, top: int, one: Place | None) -> Markup:
    x = LABEL + n * (MAP_CELL + GAP)
    if one is None:
        return Markup('<text class="value" x="{x}" y="{y}" text-anchor="middle">–</text>').format(
            x=x + MAP_CELL // 2, y=top + 25
        )
    return Markup(
        '<rect class="m-{css}" x="{x}" y="{y}" width="{w}" height="{h}" rx="3"><title>{words}</title></rect>'
        '<text class="o-{css} strong" x="{m}" y="{a}" text-anchor="middle">{sign}</text>'
        '<text class="o-{css}" x="{m}" y="{b}" text-anchor="middle">{assets}</text>'
    ).format(
        css=_css(one), x=x, y=top, w=MAP_CELL, h=MAP_HEIGHT - 4, words=safe_text(words(one)), m=x + MAP_CELL // 2,
        a=top + 18, b=top + 34, sign=sign(one), assets=f"{one.assets:,} asset{'' if one.assets == 1 else 's'}",
    )  # fmt: skip


def _css(one: Place) -> str:
    if not one.logged_in:
        return "dark"
    return one.worst.value if one.worst else "clear"


def sign(one: Place) -> str:
    """Symbol and word: the worst that was found, or why nothing is known."""
    if one.worst:
        return f"{SYMBOLS[one.worst]} {one.worst.value}"
    return "none found" if one.logged_in else "? not seen"


def words(one: Place) -> str:
    return (
        f"{one.area}, {one.supplier}: {one.assets:,} assets, {one.logged_in:,} logged in, "
        f"{one.occurrences:,} occurrences, worst: {sign(one)}"
    )
