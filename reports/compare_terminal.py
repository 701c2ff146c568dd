"""A comparison as plain text, 80 columns. Everything said passes through :func:`safe_text`."""

import textwrap
from collections.abc import Iterator

from checks.finding import Severity
from reports.compare_data import Change, Comparison, CoverageChange, Kind, StepChange, Variance, VarianceRow
from reports.compare_text import (
    MEANING,
    TOLD,
    all_units,
    balance,
    by_severity,
    coverage_words,
    explained,
    headline,
    looked_at,
    markings,
    mended_between,
    moves,
    names,
    newly_seen,
    reason_rows,
    rerated,
    rerated_lines,
    same_policy,
    warnings,
)
from reports.compare_variance import patch_share
from reports.report import LABEL
from reports.text import count, listing, safe_text

MOST = 10  # of one list; the JSON and the HTML have more
WIDTH = 80


def render(told: Comparison, width: int = WIDTH) -> str:
    lines: list[str] = []
    for indent, text in _said(told):
        hang = " " * (indent + 2)
        lines += textwrap.wrap(
            safe_text(text), max(width, 40), initial_indent=" " * indent, subsequent_indent=hang, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines) + "\n"


def _said(told: Comparison) -> Iterator[tuple[int, str]]:
    if markings(told):
        yield 0, markings(told)
    yield 0, f"{told.now.estate}: change from {names(told.was)} to {names(told.now)}"
    yield 0, LABEL
    for warning in warnings(told):
        yield 0, f"!! {warning}"
    yield 0, ""
    yield 0, headline(told)
    if coverage_words(told):
        yield 0, coverage_words(told)
    yield from _sums(told)
    yield from _differences(told)
    for kind in TOLD:
        yield from _kind(told, kind)
    yield from _rerated(told)
    yield from _coverage(told)
    for one in told.variance:
        yield from _variance(one, told)
    if same_policy(told):
        yield 0, ""
        yield 0, same_policy(told)


def _sums(told: Comparison) -> Iterator[tuple[int, str]]:
    sums = balance(told)
    yield 0, ""
    yield 0, "HOW IT ADDS UP"
    yield 2, f"counted before: {all_units(told.before)}"
    yield (
        2,
        f"- {sums.fixed:,} verified fixed, - {sums.decided:,} closed by a decision, - {sums.gone:,} absent, not proven",
    )
    yield 2, f"= {sums.both:,} in both, + {sums.new:,} new, + {sums.back:,} back after a fix"
    yield 2, f"counted now: {all_units(told.after)}"
    if mended_between(told):
        yield 2, f"of those in both, {mended_between(told)}"
    for move, number in moves(told):
        yield 2, f"of those in both, {number:,} went from {move}"


def _differences(told: Comparison) -> Iterator[tuple[int, str]]:
    if not told.differences:
        return
    yield 0, ""
    yield 0, "NOT JUDGED ALIKE (reasons why figures may differ without any change of a host)"
    for one in told.differences:
        yield 2, f"{one.name}: {one.was or 'none'} -> {one.now or 'none'}. {one.means}"


def _kind(told: Comparison, kind: Kind) -> Iterator[tuple[int, str]]:
    found = [change for change in told.changes if change.kind is kind]
    if not found:
        return
    yield 0, ""
    yield 0, f"{kind.value.upper()}: {all_units(told.kinds[kind])} ({_severities(found)})"
    yield 2, MEANING[kind]
    if kind is Kind.NEW and newly_seen(told):
        yield 2, f"{newly_seen(told):,} of them the first report could not know, because it did not look there."
    if kind is Kind.NOT_SEEN:
        for reason, number in reason_rows(told):
            yield 2, f"{number:,}: {reason}"
    for change in found[:MOST]:
        it = change.it
        yield 2, f"{it.ref} {it.severity.value}: {it.title} on {it.asset}: {explained(change)}"
    if len(found) > MOST:
        yield 2, f"and {len(found) - MOST:,} more"


def _severities(found: list[Change]) -> str:
    told = [f"{n:,} {severity.value}" for severity, n in by_severity(found).items() if n]
    return listing(told, len(Severity))


def _rerated(told: Comparison) -> Iterator[tuple[int, str]]:
    found = [change for change in told.changes if change.rerate]
    if not found:
        return
    yield 0, ""
    yield 0, f"RE-RATED: {all_units(told.rerated)}"
    for change in found[:MOST]:
        if change.rerate:
            why = "; ".join(rerated_lines(change.rerate))
            yield 2, f"{change.it.ref} {change.it.title} on {change.it.asset}: {rerated(change.rerate)}: {why}"
    if len(found) > MOST:
        yield 2, f"and {len(found) - MOST:,} more"


def _coverage(told: Comparison) -> Iterator[tuple[int, str]]:
    seen = told.coverage
    if seen.empty:
        return
    yield 0, ""
    yield 0, "WHAT WAS LOOKED AT"
    for step, (old, new) in seen.steps.items():
        if old != new:
            yield 2, f"{step.value}: {old:,} -> {count(new, 'asset')}"
    yield from _moved(seen)
    for word, areas in (("not logged in to any more", seen.areas_lost), ("newly logged in to", seen.areas_gained)):
        if areas:
            yield 2, f"areas {word}: {listing(areas, MOST)}"


def _moved(seen: CoverageChange) -> Iterator[tuple[int, str]]:
    for word, moved in (("lost", seen.lost), ("gained", seen.gained)):
        for one in moved[:MOST]:
            yield 2, f"{word}: {_step(one)}"
        if len(moved) > MOST:
            yield 2, f"{word}: {len(moved) - MOST:,} more assets"
    for word, checks in (("did not run any more", seen.checks_lost), ("ran for the first time", seen.checks_gained)):
        for name, title in checks[:MOST]:
            yield 2, f"check {word}: {title} ({name})"
    for reason, number in seen.judgements_lost.items():
        yield 2, f"{count(number, 'judgement')} lost: {reason}"


def _step(one: StepChange) -> str:
    was, now = (step.value if step else "not in the report" for step in (one.was, one.now))
    return f"{one.name}: {was} -> {now}" + (f" ({one.reason})" if one.reason else "")


def _variance(one: Variance, told: Comparison) -> Iterator[tuple[int, str]]:
    if not any(row.id for row in one.rows):
        return
    gate = told.now.gate
    yield 0, ""
    yield 0, f"BY {one.grouping.upper()} (per 100 assets {looked_at(gate)}; gate: {gate.at_least} %)"
    for row in one.rows[:MOST]:
        yield 2, _row(row)
    for spread in one.spreads:
        least, most = (f"{value:.1f} ({name})" for name, value in (spread.least, spread.most))
        yield 2, f"{spread.measure}: from {least} to {most}, median {spread.median:.1f}, {spread.groups:,} groups"
    if not one.spreads:
        yield 2, f"No two of them can be held against each other: see what stands behind each {one.grouping}."


def _row(row: VarianceRow) -> str:
    name = row.name or "none given"
    rates = row.now
    if rates is None:
        return f"{name}: {'; '.join(row.why_not)}"
    figures = (("findings", rates.per_100(rates.occurrences)), ("critical and high", rates.per_100(rates.worst)))
    told = [f"{value:.1f} {word}" for word, value in figures if value is not None]
    patches = patch_share(rates)
    if patches is not None:
        of = f"{rates.worst_patches:,} of {rates.worst_fixable:,}"
        told.append(f"{of} critical and high ({patches:.0f} %) from missing patches")
    if rates.breached is not None:
        per_100 = rates.per_100(rates.breached)
        told.append(count(rates.breached, "breached clock") + (f" ({per_100:.1f})" if per_100 is not None else ""))
    limit = f"; not comparable: {'; '.join(row.why_not)}" if row.why_not else ""
    return f"{name}: {rates.covered:,} of {count(rates.assets, 'asset')}; {', '.join(told)}{limit}"
