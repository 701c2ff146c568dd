"""Charts over time as inline SVG: what was open after each scan, and where clocks stand. Pure; see ``reports.charts``.

Positions along the time are per cents of the width, so that text keeps its size on a telephone and in print.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from markupsafe import Markup

from checks.clocks import Status
from checks.finding import Severity
from reports.charts import label_of, svg
from reports.clocks import ClockReport, FindingClocks, still_open
from reports.life import Backlog
from reports.summary import SYMBOLS
from reports.text import day, safe_text

HEIGHT, TOP, BOTTOM = 196, 24, 30  # px of the burn-down: all of it, above and below the drawing
AREAS = 248  # px of the burn-down by severity
LAST, FIXED = 8.0, 1.2  # per cent of the width: of the last area, which nothing ends, and of a bar below the axis
LEAST_HEIGHT = 13  # px of a piece with its number inside
MOST_SCANS = 60  # the last ones
MOST_CLOCKS = 16
ROW, BAR = 40, 14
MOST_TITLE = 44  # characters of a title beside its clock; on a telephone the reference stands alone
DAY = 86_400_000
SHOWN = (Status.BREACHED, Status.UNDECIDED, Status.RUNNING, Status.PAUSED)


def drawn(points: Sequence[Backlog]) -> Sequence[Backlog]:
    return points[-MOST_SCANS:]


def burn_down(points: Sequence[Backlog], room_for_areas: int = AREAS, step: str = "scan") -> Markup:
    """Open findings after each scan, and what it proved fixed: areas by severity where they are rated, else a line.

    ``step``: "month" where each point is one (``reports.life.by_month``).
    """
    points = drawn(points)
    rated = all(one.by_severity for one in points)
    most = max((one.open for one in points), default=0) or 1
    room = (0.0, 100 - LAST) if rated else (2.0, 98.0)
    even = rated and step == "month"  # each has a band as wide as the others
    instants = [round(one.at.timestamp() * 1000) for one in points]
    places = [100 * n / len(points) for n in range(len(points))] if even else _places(instants, *room)
    steps = list(zip(places, points, strict=True))
    first, last = points[0], points[-1]
    shown = (
        f"areas are what counted after each {step}, by severity" if rated else f"line is what counted after each {step}"
    )
    said = (
        f"From {first.open:,} open on {day(first.at)} to {last.open:,} on {day(last.at)}. The {shown}, the bars"
        f"{' below' if rated else ''} what {'that scan proved' if step == 'scan' else 'was proven'} fixed."
    )
    body, height = _line(steps, most), HEIGHT
    if rated:
        body, height = _areas(steps, most, room_for_areas, 100 / len(points) if even else 0.0), room_for_areas
    return svg("chart-burn", f"Open findings after each {step}", said, height, body)


def _line(steps: Sequence[tuple[float, Backlog]], most: int) -> Markup:
    body = [_grid(most), *(_fixed_bar(x, one, most) for x, one in steps)]
    body += [_stroke(a, b, most) for a, b in pairwise(steps)]
    body += [_dot(x, one, most) for x, one in steps]
    return Markup("").join([*body, _dates(steps, HEIGHT)])


# areas by severity


def _areas(steps: Sequence[tuple[float, Backlog]], most: int, height: int, band: float = 0.0) -> Markup:
    """Each scan's count holds until the next. What was proven fixed hangs below the axis, on the same scale.

    ``band``: per cent of the width that each of them has; 0, when they stand where their time is.
    """
    fixed = max(one.fixed for _, one in steps)
    scale = (height - TOP - BOTTOM - 2) / (most + fixed)
    axis = TOP + most * scale
    ends = [*(x for x, _ in steps[1:]), 100.0]
    body = [_axes(most, axis)]
    body += [_stack(x, end, one, axis, scale) for (x, one), end in zip(steps, ends, strict=True)]
    body += [_hanging(x + band / 2, one, axis, scale, max(FIXED, band / 2)) for x, one in steps if one.fixed]
    return Markup("").join([*body, _dates(steps, height)])


def _axes(most: int, axis: float) -> Markup:
    return Markup(
        '<line class="grid" x1="0" x2="100%" y1="{t}" y2="{t}"/><text class="value" x="0" y="{a}">{n}</text>'
        '<line class="axis" x1="0" x2="100%" y1="{b}" y2="{b}"/>'
    ).format(t=TOP, a=TOP - 8, n=f"{most:,}", b=f"{axis:.1f}")


def _stack(x: float, end: float, one: Backlog, axis: float, scale: float) -> Markup:
    """The worst stands on the axis, where its height can be compared from scan to scan."""
    pieces, top = list[Markup](), axis
    for severity in Severity:
        number = one.by_severity.get(severity, 0)
        if number > 0:
            top -= number * scale
            words = f"scan {one.scan_id}, {day(one.at)}: {number:,} {severity.value} of {one.open:,} open"
            pieces.append(_piece(f"s-{severity.value}", x, top, end - x, number * scale, words))
            if end == 100 and number * scale >= LEAST_HEIGHT:  # the last has room for its numbers
                pieces.append(_number(severity, number, (x + end) / 2, top + number * scale / 2 + 4))
    return Markup("").join(pieces)


def _hanging(x: float, one: Backlog, axis: float, scale: float, width: float) -> Markup:
    words = f"scan {one.scan_id}, {day(one.at)}: {one.fixed:,} proven fixed"
    return _piece("fixed-bar", max(0.0, x - width / 2), axis, width, one.fixed * scale, words)


def _piece(css: str, x: float, y: float, width: float, height: float, words: str) -> Markup:
    return Markup('<rect class="{c}" x="{x}%" y="{y}" width="{w}%" height="{h}"><title>{t}</title></rect>').format(
        c=css, x=f"{x:.2f}", y=f"{y:.1f}", w=f"{width:.2f}", h=f"{height:.1f}", t=words
    )


def _number(severity: Severity, number: int, x: float, y: float) -> Markup:
    """Symbol and number: a colour says nothing alone."""
    return Markup('<text class="o-{c} inside in-area" x="{x}%" y="{y}" text-anchor="middle">{s} {n}</text>').format(
        c=severity.value, x=f"{x:.2f}", y=f"{y:.1f}", s=SYMBOLS[severity], n=f"{number:,}"
    )


def _places(instants: Sequence[int], left: float, right: float) -> list[float]:
    """Per cent of the width; a single one stands in the middle of a line, and at the beginning of an area."""
    first, whole = min(instants), max(instants) - min(instants)
    alone = 0.0 if not left else 0.5
    return [left + (right - left) * ((at - first) / whole if whole else alone) for at in instants]


def _y(number: int, most: int) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - number / most), 1)


def _grid(most: int) -> Markup:
    return Markup(
        '<line class="grid" x1="0" x2="100%" y1="{t}" y2="{t}"/><text class="value" x="0" y="{a}">{n}</text>'
        '<line class="axis" x1="0" x2="100%" y1="{b}" y2="{b}"/>'
    ).format(t=TOP, a=TOP - 8, n=f"{most:,}", b=HEIGHT - BOTTOM)


def _fixed_bar(x: float, one: Backlog, most: int) -> Markup:
    if not one.fixed:
        return Markup("")
    y = _y(min(one.fixed, most), most)
    return Markup(
        '<rect class="fixed-bar" x="{x}%" y="{y}" width="8" height="{h}" transform="translate(-4 0)"/>'
    ).format(x=f"{x:.2f}", y=y, h=round(HEIGHT - BOTTOM - y, 1))


def _stroke(a: tuple[float, Backlog], b: tuple[float, Backlog], most: int) -> Markup:
    return Markup('<line class="trend" x1="{a}%" y1="{ay}" x2="{b}%" y2="{by}"/>').format(
        a=f"{a[0]:.2f}", ay=_y(a[1].open, most), b=f"{b[0]:.2f}", by=_y(b[1].open, most)
    )


def _dot(x: float, one: Backlog, most: int) -> Markup:
    words = f"scan {one.scan_id}, {day(one.at)}: {one.open:,} open, {one.new:,} new, {one.fixed:,} proven fixed"
    return Markup('<circle class="dot" cx="{x}%" cy="{y}" r="4"><title>{t}</title></circle>').format(
        x=f"{x:.2f}", y=_y(one.open, most), t=words
    )


def _dates(steps: Sequence[tuple[float, Backlog]], height: int) -> Markup:
    first, last = steps[0][1], steps[-1][1]
    ends = [("0", "start", first), ("100%", "end", last)] if len(steps) > 1 else [("50%", "middle", first)]
    return Markup("").join(
        Markup('<text class="value" x="{x}" y="{y}" text-anchor="{a}">{t}</text>').format(
            x=x, y=height - BOTTOM + 20, a=anchor, t=f"{day(one.at)}: {one.open:,} open"
        )
        for x, anchor, one in ends
    )


def running(report: ClockReport) -> list[FindingClocks]:
    """Open ones with a start and a due date; the worst and the next."""
    found = [one for one in report.findings if one.lead.status in SHOWN and still_open(one)]
    return [one for one in found if one.lead.started is not None and one.lead.due is not None][:MOST_CLOCKS]


def clock_timeline(report: ClockReport) -> Markup:
    """From the start of each clock to its due date, and what lies beyond it; a line marks the end of the scan."""
    told = running(report)
    starts = [one.lead.started for one in told if one.lead.started is not None]
    dues = [one.lead.due for one in told if one.lead.due is not None]
    first, last = min([*starts, report.now]), max([*dues, report.now]) + DAY
    body = Markup("").join(_clock_row(n * ROW, one, first, last, report.now) for n, one in enumerate(told))
    height = len(told) * ROW + 22
    x = _per_cent(report.now, first, last)
    line = Markup('<line class="now" x1="{x}%" x2="{x}%" y1="0" y2="{h}"/>').format(
        x=x, h=height - 18
    )  # below all text
    mark = Markup('<text class="value" x="{x}%" y="{y}" text-anchor="{a}">{t}</text>').format(
        x=x, y=height - 3, a="end" if float(x) > 60 else "start", t=f"scan: {_day(report.now)}"
    )
    said = "From the start of each clock to the day it is due; what is past due is striped. The table has the dates."
    return svg("chart-clocks", "Clocks: what is late, and what is due next", said, height, line + body + mark)


def _per_cent(at: int, first: int, last: int) -> str:
    return f"{100 * (at - first) / max(1, last - first):.2f}"


def _day(at: int) -> str:
    return day(datetime.fromtimestamp(at / 1000, UTC))


def _clock_row(top: int, one: FindingClocks, first: int, last: int, now: int) -> Markup:
    clock = one.lead
    start, due = clock.started or first, clock.due or last
    late = clock.status is Status.BREACHED
    parts = [
        Markup('<text class="label" x="0" y="{y}">{r}<tspan class="wide"> {t}</tspan></text>').format(
            y=top + 13, r=label_of(one.ref, 12), t=label_of(one.title, MOST_TITLE)
        ),
        Markup('<text class="value over" x="100%" y="{y}" text-anchor="end">{t}</text>').format(
            y=top + 13, t=f"{'✗ late, ' if late else ''}due {_day(due)}"
        ),
        _span("run", start, due, first, last, top),
    ]
    if late and now > due:
        parts.append(_span("late", due, now, first, last, top))
    return Markup("").join(parts)


def _span(css: str, start: int, end: int, first: int, last: int, top: int) -> Markup:
    width = max(0.3, float(_per_cent(end, first, last)) - float(_per_cent(start, first, last)))
    return Markup('<rect class="{css}" x="{x}%" y="{y}" width="{w}%" height="{h}"/>').format(
        css=safe_text(css), x=_per_cent(start, first, last), y=top + 18, w=f"{width:.2f}", h=BAR
    )
