"""What the templates print of a comparison: its own page, and the part of it that a report carries. Pure."""

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from reports import charts, compare_text
from reports.compare_data import Change, Comparison, Kind, Rates, Side, Variance, VarianceRow
from reports.compare_variance import patch_share
from reports.text import safe_text, share

MOST_FINDINGS = 200  # of one kind; the JSON has all of them
MOST_ISSUES = 300
MOST_ASSETS = 200  # of one list of coverage
MOST_BARS = 12  # of a chart, the highest; the table beside it has all


def view(told: Comparison) -> dict[str, Any]:
    """What the templates may use; the report that carries a comparison uses it too."""
    return {
        "told": told,
        "words": compare_text,
        "sums": compare_text.balance(told),
        "warnings": list(compare_text.warnings(told)),
        "kinds": [_kind(told, kind) for kind in Kind if kind in told.kinds],
        "issues": [one for one in told.issues if one.word != "the same"][:MOST_ISSUES],
        "issues_total": sum(one.word != "the same" for one in told.issues),
        "rerated": [c for c in told.changes if c.rerate][:MOST_FINDINGS],
        "variances": [_variance(one) for one in told.variance if any(row.id for row in one.rows)],
        "chart": chart(told),
        "most": MOST_FINDINGS,
        "most_assets": MOST_ASSETS,
        "place": Places(told),
    }


def _kind(told: Comparison, kind: Kind) -> dict[str, Any]:
    found = [change for change in told.changes if change.kind is kind]
    return {
        "kind": kind,
        "id": kind.name.lower().replace("_", "-"),
        "units": told.kinds[kind],
        "symbol": compare_text.SYMBOLS[kind],
        "meaning": compare_text.MEANING[kind],
        "by_severity": compare_text.by_severity(found),
        "rows": [] if kind is Kind.STAYED else found[:MOST_FINDINGS],
    }


class Places:
    """Area and supplier of a finding's asset, as the later report that knows it says."""

    def __init__(self, told: Comparison) -> None:
        self._sides = (told.now, told.was)

    def __call__(self, change: Change) -> str:
        for side in self._sides:
            place = side.assets.get(change.it.asset_uid)
            if place is not None:
                return " · ".join(_named(side, place.area, place.supplier))
        return ""


def _named(side: Side, area: str, supplier: str) -> Iterator[str]:
    if area:
        yield safe_text(side.areas.get(area, area), 80)
    if supplier:
        yield safe_text(side.suppliers.get(supplier, supplier), 80)


def chart(told: Comparison) -> Markup:
    """Occurrences of each kind by severity."""
    shown = [kind for kind in Kind if kind in told.kinds and kind is not Kind.STAYED]
    most = max((told.kinds[kind].occurrences for kind in shown), default=0)
    rows = []
    for kind in shown:
        numbers = compare_text.by_severity(c for c in told.changes if c.kind is kind)
        parts = [charts.Part(f"s-{s.value}", n, f"{n:,} {s.value}") for s, n in numbers.items() if n]
        rows.append(charts.Bar(kind.value.capitalize(), f"{told.kinds[kind].occurrences:,}", parts, most))
    said = ", ".join(f"{told.kinds[kind].occurrences:,} {kind.value}" for kind in shown)
    return charts.bars("chart-change", "What changed", f"Occurrences: {said or 'no change'}.", rows)


def _variance(one: Variance) -> dict[str, Any]:
    rows = [_row(row) for row in one.rows]
    fair = [(row, row.now) for row in one.rows if row.now is not None and not row.why_not]
    measured = [(row.name, rates.per_100(rates.worst)) for row, rates in fair]
    bars = [(name, value) for name, value in measured if value is not None]
    return {
        "it": one,
        "rows": rows,
        "chart": _rates_chart(one.grouping, bars) if len(bars) > 1 else "",
        "bars": min(len(bars), MOST_BARS),
        "fair": len(bars),
    }


def _rates_chart(grouping: str, measured: list[tuple[str, float]]) -> Markup:
    """In hundredths, so that bars are whole numbers."""
    whole = max((round(100 * value) for _, value in measured), default=0)
    rows = [
        charts.Bar(name, f"{value:.1f}", [charts.Part("c4", round(100 * value), f"{value:.1f}")], whole)
        for name, value in sorted(measured, key=lambda item: (-item[1], item[0]))[:MOST_BARS]
    ]
    title = f"Critical and high findings per 100 assets, by {grouping}"
    said = "Only those that may be held against each other. The table has the numbers."
    return charts.bars(f"chart-{grouping}", title, said, rows)


def _row(row: VarianceRow) -> dict[str, Any]:
    return {"it": row, "now": _figures(row.now), "was": _figures(row.was)}


def _figures(rates: Rates | None) -> dict[str, str]:
    if rates is None:
        return dict.fromkeys(("covered", "all", "worst", "patches", "breached"), "–")
    patches = patch_share(rates)
    return {
        "covered": f"{rates.covered:,} of {rates.assets:,} ({share(rates.covered, rates.assets)})",
        "all": _one(rates.per_100(rates.occurrences)),
        "worst": _one(rates.per_100(rates.worst)),
        "patches": "–"
        if patches is None
        else f"{rates.worst_patches:,} of {rates.worst_fixable:,} ({patches:.0f}\u00a0%)",
        "breached": "not counted"
        if rates.breached is None
        else f"{rates.breached:,} ({_one(rates.per_100(rates.breached))})",
    }


def _one(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
