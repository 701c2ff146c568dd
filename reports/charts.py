"""Charts as inline SVG. Pure: numbers in, markup out. Bars, never pies.

Each picture has a title and a description, and every number in it stands in a data table beside it. Rows are laid
out in per cent of the width with text in fixed size, so that they can be read on a telephone and in print. Colours are
classes of templates/report.css: a style attribute would be refused by the page's own content security policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from checks.check import Theme
from checks.finding import Severity
from reports.counting import AreaRow, Step, Units
from reports.summary import SYMBOLS
from reports.text import safe_text, share, theme_name

ROW, BAR, LABEL_LINE = 44, 16, 16  # heights in px
CELL_HEIGHT, LABEL_WIDTH, CELL_WIDTH, HEAT_WIDTH = 30, 210, 78, 640
LONGEST_LABEL = 34  # characters; the table beside the chart has the whole name
LEAST_ROOM = 0.09  # of the width, for a sign inside a piece of a bar
HEAT_STEPS = (1, 3, 10, 30, 100)  # a count of at least this many gets the next stronger fill


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a stacked bar: its css class, how many, and of what, for the tooltip."""

    css: str
    number: int
    words: str
    sign: str = ""  # printed inside where there is room: a colour says nothing alone


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: str  # printed at the right end
    parts: Sequence[Part]
    whole: int  # what the full width stands for


def svg(name: str, title: str, description: str, height: int, body: Markup, width: str = "100%") -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{w}" height="{h}"'
        ' aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{t}</title><desc id="{n}-desc">{d}</desc>{body}</svg>'
    ).format(n=name, t=safe_text(title), d=safe_text(description), w=width, h=height, body=body)


def bars(name: str, title: str, description: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars, stacked when they have several parts. ``name`` makes the ids unique on the page."""
    body = Markup("").join(_bar(n * ROW, row) for n, row in enumerate(rows))
    return svg(name, title, description, len(rows) * ROW, body)


def _bar(top: int, row: Bar) -> Markup:
    y = top + LABEL_LINE + 5
    text = Markup(
        '<text class="label" x="0" y="{y}">{label}</text>'
        '<text class="value" x="100%" y="{y}" text-anchor="end">{value}</text>'
        '<rect class="track" x="0" y="{b}" width="100%" height="{h}"/>'
    ).format(y=top + LABEL_LINE - 2, b=y, h=BAR, label=label_of(row.label), value=safe_text(row.value))
    pieces, left = [text], 0
    for part in row.parts:
        pieces.append(_piece(part, left, row.whole, y))
        left += part.number
    return Markup("").join(pieces)


def label_of(text: str, longest: int = LONGEST_LABEL) -> str:
    """Fit to be shown, and cut to a length."""
    label = safe_text(text)
    return label if len(label) <= longest else f"{label[: longest - 1]}…"


def _piece(part: Part, left: int, whole: int, y: int) -> Markup:
    if not part.number or not whole:
        return Markup("")
    x = _percent(left, whole)
    drawn = Markup(
        '<rect class="{css}" x="{x}%" y="{y}" width="{w}%" height="{h}"><title>{words}</title></rect>'
    ).format(css=part.css, x=x, w=_percent(part.number, whole), y=y, h=BAR, words=safe_text(part.words))
    if not part.sign or part.number / whole < LEAST_ROOM:
        return drawn
    return drawn + Markup('<text class="o{css} inside" x="{x}%" dx="5" y="{y}">{t}</text>').format(
        css=part.css.removeprefix("s"), x=x, y=y + 12, t=part.sign
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}".rstrip("0").rstrip(".")


def funnel(steps: Mapping[Step, int]) -> Markup:
    """Known, attempted, reached, logged in, privileged, fully assessed."""
    known = steps[Step.KNOWN]
    rows = [
        Bar(s.value.capitalize(), f"{n:,} of {known:,} ({share(n, known)})", [Part("c4", n, f"{n:,} {s}")], known)
        for s, n in steps.items()
    ]
    told = ", ".join(f"{n:,} {s}" for s, n in steps.items())
    return bars("chart-funnel", "How far the scan got", f"Assets: {told}.", rows)


COVERAGE_PARTS = (
    ("c4", Step.FULLY_ASSESSED, "fully assessed"),
    ("c3", Step.LOGGED_IN, "logged in, not every check judged"),
    ("c2", Step.REACHED, "reached, not logged in"),
    ("c1", Step.ATTEMPTED, "attempted, not reached"),
    ("c0", Step.KNOWN, "not attempted"),
)


def coverage_by_area(rows: Sequence[AreaRow]) -> Markup:
    """For each area, its assets by how far the scan got with them."""
    drawn = [Bar(r.area.name, _fully(r), _ends(r.steps), r.known) for r in rows]
    said = "Share of each area's assets by how far the scan got. The table below has the numbers."
    return bars("chart-areas", "Coverage by area", said, drawn)


def _fully(row: AreaRow) -> str:
    """Short: beside it the area's name has to fit on a telephone."""
    return f"{row.steps[Step.FULLY_ASSESSED]:,} of {row.known:,}" if row.known else "no asset"


def _ends(steps: Mapping[Step, int]) -> list[Part]:
    """Assets by the step at which the scan stopped, the best first."""
    parts, further = [], 0
    for css, step, words in COVERAGE_PARTS:
        here = steps[step] - further
        further = steps[step]
        parts.append(Part(css, here, f"{here:,} {words}"))
    return parts


def severities(table: Mapping[Severity, Units]) -> Markup:
    """Occurrences by severity, each bar against the longest."""
    longest = max((u.occurrences for u in table.values()), default=0)
    rows = [
        Bar(
            s.value.capitalize(),
            f"{u.occurrences:,}",
            [Part(f"s-{s.value}", u.occurrences, f"{u.occurrences:,}")],
            longest,
        )
        for s, u in table.items()
    ]
    return bars("chart-severity", "Occurrences by severity", _told(table), rows)


def themes(table: Mapping[Theme, Mapping[Severity, Units]]) -> Markup:
    """Occurrences by theme, stacked by severity."""
    totals = {t: sum(u.occurrences for u in row.values()) for t, row in table.items()}
    longest = max(totals.values(), default=0)
    rows = [
        Bar(
            theme_name(t),
            f"{totals[t]:,}",
            [
                Part(f"s-{s.value}", u.occurrences, f"{u.occurrences:,} {s.value}", f"{SYMBOLS[s]} {u.occurrences:,}")
                for s, u in row.items()
            ],
            longest,
        )
        for t, row in table.items()
    ]
    said = "Occurrences of each theme, stacked from critical to informational. The table beside it has the numbers."
    return bars("chart-themes", "Occurrences by theme", said, rows)


def _told(table: Mapping[Severity, Units]) -> str:
    return ", ".join(f"{s.value} {u.occurrences:,}" for s, u in table.items()) + "."


def heat_map(table: Mapping[Theme, Mapping[Severity, Units]]) -> Markup:
    """Theme x severity in occurrences: the darker, the more. Each cell prints its number."""
    head = Markup("").join(_column_head(n, s) for n, s in enumerate(Severity))
    body = Markup("").join(_heat_row(CELL_HEIGHT * (n + 1), t, row) for n, (t, row) in enumerate(table.items()))
    height = CELL_HEIGHT * (len(table) + 1)
    said = "Occurrences for each theme and severity; a stronger fill means more. The table below has the same numbers."
    return svg("chart-heat", "Themes by severity", said, height, head + body, str(HEAT_WIDTH))


def _column_head(n: int, severity: Severity) -> Markup:
    return Markup('<text class="value" x="{x}" y="20" text-anchor="middle">{t}</text>').format(
        x=LABEL_WIDTH + n * (CELL_WIDTH + 4) + CELL_WIDTH // 2, t=severity.value.capitalize()
    )


def _heat_row(top: int, theme: Theme, row: Mapping[Severity, Units]) -> Markup:
    label = Markup('<text class="label" x="0" y="{y}">{t}</text>').format(y=top + 18, t=theme_name(theme))
    return label + Markup("").join(
        _cell(LABEL_WIDTH + n * (CELL_WIDTH + 4), top, row[s].occurrences) for n, s in enumerate(Severity)
    )


def _cell(x: int, y: int, number: int) -> Markup:
    strength = sum(number >= least for least in HEAT_STEPS)
    return Markup(
        '<rect class="h{s}" x="{x}" y="{y}" width="{w}" height="{h}" rx="3"/>'
        '<text class="t{s}" x="{m}" y="{b}" text-anchor="middle">{n}</text>'
    ).format(
        s=strength,
        x=x,
        y=y,
        w=CELL_WIDTH,
        h=CELL_HEIGHT - 4,
        m=x + CELL_WIDTH // 2,
        b=y + 18,
        n=f"{number:,}" if number else "–",
    )
