"""Charts over time as inline SVG: what was open after each scan, and where clocks stand. Pure; see ``reports.charts``.

Positions along the time are per cents of the width, so that text keeps its size on a telephone and in print.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from markupsafe import Markup

from checks.clocks import Status
from reports.charts import label_of, svg
from reports.clocks import ClockReport, FindingClocks
from reports.life import Backlog
from reports.text import day, safe_text

HEIGHT, TOP, BOTTOM = 196, 24, 30  # px of the burn-down: all of it, above and below the drawing
MOST_SCANS = 60  # the last ones
MOST_CLOCKS = 16
ROW, BAR = 40, 14
DAY = 86_400_000
SHOWN = (Status.BREACHED, Status.UNDECIDED, Status.RUNNING, Status.PAUSED)


def drawn(points: Sequence[Backlog]) -> Sequence[Backlog]:
    return points[-MOST_SCANS:]


def burn_down(points: Sequence[Backlog]) -> Markup:
    """Open findings after each scan as a line; what was proven fixed by it as a bar below."""
    points = drawn(points)
    most = max((one.open for one in points), default=0) or 1
    xs = _places([round(one.at.timestamp() * 1000) for one in points])
    body = [_grid(most), *(_fixed_bar(x, one, most) for x, one in zip(xs, points, strict=True))]
    steps = list(zip(xs, points, strict=True))
    body += [_stroke(a, b, most) for a, b in pairwise(steps)]
    body += [_dot(x, one, most) for x, one in steps]
    body += [_dates(steps)]
    first, last = points[0], points[-1]
    said = (
        f"From {first.open:,} open on {day(first.at)} to {last.open:,} on {day(last.at)}. The line is what counted "
        "after each scan, the bars what that scan proved fixed."
    )
    return svg("chart-burn", "Open findings after each scan", said, HEIGHT, Markup("").join(body))


def _places(instants: Sequence[int]) -> list[float]:
    """Per cent of the width, with room for the dots at both ends."""
    first, whole = min(instants), max(instants) - min(instants)
    return [2 + 96 * ((at - first) / whole if whole else 0.5) for at in instants]


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


def _dates(steps: Sequence[tuple[float, Backlog]]) -> Markup:
    first, last = steps[0][1], steps[-1][1]
    ends = [("0", "start", first), ("100%", "end", last)] if len(steps) > 1 else [("50%", "middle", first)]
    return Markup("").join(
        Markup('<text class="value" x="{x}" y="{y}" text-anchor="{a}">{t}</text>').format(
            x=x, y=HEIGHT - BOTTOM + 20, a=anchor, t=f"{day(one.at)}: {one.open:,} open"
        )
        for x, anchor, one in ends
    )


def running(report: ClockReport) -> list[FindingClocks]:
    """With a start and a due date; the worst and the next."""
    found = [one for one in report.findings if one.lead.status in SHOWN]
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
    mark = Markup(
        '<line class="now" x1="{x}%" x2="{x}%" y1="0" y2="{h}"/>'
        '<text class="value" x="{x}%" y="{y}" text-anchor="{a}">{t}</text>'
    ).format(x=x, h=height - 18, y=height - 3, a="end" if float(x) > 60 else "start", t=f"scan: {_day(report.now)}")
    said = "From the start of each clock to the day it is due; what is past due is striped. The table has the dates."
    return svg("chart-clocks", "Clocks: what is late, and what is due next", said, height, body + mark)


def _per_cent(at: int, first: int, last: int) -> str:
    return f"{100 * (at - first) / max(1, last - first):.2f}"


def _day(at: int) -> str:
    return day(datetime.fromtimestamp(at / 1000, UTC))


def _clock_row(top: int, one: FindingClocks, first: int, last: int, now: int) -> Markup:
    clock = one.lead
    start, due = clock.started or first, clock.due or last
    late = clock.status is Status.BREACHED
    parts = [
        Markup('<text class="label" x="0" y="{y}">{t}</text>').format(
            y=top + 13, t=label_of(f"{one.ref} {one.title}", 44)
        ),
        Markup('<text class="value" x="100%" y="{y}" text-anchor="end">{t}</text>').format(
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
