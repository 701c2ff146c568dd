"""The states of a service over a period as a strip of inline SVG. Pure: intervals in, markup out.

No state is told by its colour alone: the worse, the taller; unknown is hatched, excluded maintenance is a line below.
A piece is never thinner than a thousandth of the strip, so that an outage of a minute is seen in a month; of the states
that fall into one piece the worst is drawn. Every piece says its times and its state as text, and the outages stand in
a table beside the strip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from checks.availability import in_hours
from inventory.facts.availability import Interval, State
from reports.availability import ServiceAvailability, percent, stamp
from reports.text import safe_text

COLUMNS = 1000
HEIGHT, LABEL, STRIP, AXIS = 74, 18, 30, 20  # px
GAP = 10  # between two services
TICKS = 6
WORST = (State.UP, State.DEGRADED, State.UNKNOWN, State.DOWN)
TALL = {State.UP: 10, State.DEGRADED: 18, State.UNKNOWN: 24, State.DOWN: STRIP}

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #222 }
.st-up { fill: #2b7a4b } .st-degraded { fill: #b88400 } .st-down { fill: #b3261e }
.st-unknown { fill: url(#hatch); stroke: #767676; stroke-width: .5 } .st-excluded { fill: #3f5fa8 }
.st-track { fill: #f2f2f2 } .st-tick { stroke: #767676 } .st-stripe { stroke: #767676; stroke-width: 2 }
"""


@dataclass(frozen=True, slots=True)
class _Piece:
    first: int  # column
    last: int
    state: State
    start: float
    end: float
    reason: str


def strips(services: Sequence[ServiceAvailability]) -> Markup:
    """A file of its own: every service below the other, with a legend."""
    body = Markup("").join(
        Markup('<svg y="{y}" width="100%" height="{h}">{body}</svg>').format(
            y=n * (HEIGHT + GAP), h=HEIGHT, body=_strip(service)
        )
        for n, service in enumerate(services)
    )
    height = len(services) * (HEIGHT + GAP) + 24
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="1000" height="{h}" aria-labelledby="t d">'
        '<title id="t">Availability</title><desc id="d">{d}</desc><style>{style}</style>{hatch}{body}'
        '<text x="0" y="{y}">{legend}</text></svg>\n'
    ).format(
        h=height,
        d=" ".join(description(service) for service in services),
        style=Markup(STYLE),  # noqa: S704 (our own constant)
        hatch=hatch(),
        body=body,
        y=height - 8,
        legend=LEGEND,
    )


LEGEND = "Low: up. Half: degraded. Hatched: unknown. Tall: down. Line below: excluded maintenance. Times are UTC."


def strip(name: str, service: ServiceAvailability) -> Markup:
    """One service in a page. ``name`` makes the ids unique there; :func:`hatch` has to be on the page once."""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="100%" height="{h}"'
        ' aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{t}</title><desc id="{n}-desc">{d}</desc>{body}</svg>'
    ).format(h=HEIGHT, n=name, t=f"States of {safe_text(service.name)}", d=description(service), body=_strip(service))


def hatch() -> Markup:
    return Markup(
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="st-track" width="6" height="6"/><line class="st-stripe" x1="0" y1="0" x2="0" y2="6"/>'
        "</pattern></defs>"
    )


def description(service: ServiceAvailability) -> str:
    """What the strip shows, in words."""
    figures = service.measured.always
    down, unknown = in_hours(figures.down), in_hours(figures.unknown)
    return safe_text(
        f"{service.name}: {len(figures.outages)} outages, {down:.2f} h down, {unknown:.2f} h unknown; between "
        f"{percent(figures.lower)} and {percent(figures.upper)} of the time up."
    )


def _strip(service: ServiceAvailability) -> Markup:
    start, end = service.measured.start / 1000, service.measured.end / 1000
    figures = service.measured.always
    value = f"{percent(figures.lower)} to {percent(figures.upper)}"
    head = Markup(
        '<text class="label" x="0" y="13">{name}</text><text class="value" x="100%" y="13" text-anchor="end">{value}'
        '</text><rect class="st-track" x="0" y="{y}" width="100%" height="{h}"/>'
    ).format(name=safe_text(service.name, 60), value=value, y=LABEL, h=STRIP)
    if start >= end:
        return head
    drawn = [_piece(piece) for piece in pieces(service.timeline, start, end)]
    work = [
        Markup('<rect class="st-excluded" x="{x}%" y="{y}" width="{w}%" height="3"><title>{t}</title></rect>').format(
            x=_percent((a / 1000 - start) / (end - start)),
            y=LABEL + STRIP + 2,
            w=_percent(max((b - a) / 1000 / (end - start), 1 / COLUMNS)),
            t=f"{stamp(a / 1000)} to {stamp(b / 1000)}: excluded maintenance",
        )
        for a, b in service.measured.maintenance.excluded
    ]
    return Markup("").join([head, *drawn, *work, *_ticks(start, end)])


def pieces(timeline: Sequence[Interval], start: float, end: float) -> Iterator[_Piece]:
    """At most ``COLUMNS`` of them, whatever the number of intervals."""
    columns: list[Interval | None] = [None] * COLUMNS
    per = (end - start) / COLUMNS
    for one in _covered(timeline, start, end):
        first = min(COLUMNS - 1, int((one.start - start) / per))
        last = max(first, min(COLUMNS - 1, int((one.end - start) / per - 1e-9)))
        for column in range(first, last + 1):
            known = columns[column]
            if known is None or WORST.index(one.state) > WORST.index(known.state):
                columns[column] = one
    begun = 0
    for column in range(1, COLUMNS + 1):
        here = columns[begun]
        if column == COLUMNS or columns[column] is not here:
            if here is not None:
                yield _Piece(begun, column, here.state, here.start, here.end, here.reason)
            begun = column


def _covered(timeline: Sequence[Interval], start: float, end: float) -> Iterator[Interval]:
    """With what nobody watched as unknown."""
    at = start
    for one in timeline:
        if one.start > at:
            yield Interval(at, one.start, State.UNKNOWN, "not watched")
        yield one
        at = one.end
    if at < end:
        yield Interval(at, end, State.UNKNOWN, "not watched")


def _piece(piece: _Piece) -> Markup:
    tall = TALL[piece.state]
    said = f"{stamp(piece.start)} to {stamp(piece.end)}: {piece.state.value}"
    return Markup('<rect class="st-{s}" x="{x}%" y="{y}" width="{w}%" height="{h}"><title>{t}</title></rect>').format(
        s=piece.state.value,
        x=_percent(piece.first / COLUMNS),
        y=LABEL + STRIP - tall,
        w=_percent((piece.last - piece.first) / COLUMNS),
        h=tall,
        t=safe_text(f"{said}: {piece.reason}" if piece.reason else said, 300),
    )


def _ticks(start: float, end: float) -> Iterator[Markup]:
    """At most a handful of midnights (or hours, in a short period), with their dates."""
    step = next((s for s in _STEPS if (end - start) / s <= TICKS), _STEPS[-1])
    at = -(-start // step) * step
    while at < end:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
        words = f"{moment:%d %b}" if step >= DAY else f"{moment:%H:%M}"
        x = _percent((at - start) / (end - start))
        yield Markup(
            '<line class="st-tick" x1="{x}%" x2="{x}%" y1="{a}" y2="{b}"/><text class="label" x="{x}%" y="{y}" dx="3">'
            "{words}</text>"
        ).format(x=x, a=LABEL + STRIP + 6, b=HEIGHT - 2, y=HEIGHT - 5, words=words)
        at += step


DAY = 86_400
_STEPS = (600, 1800, 3600, 3 * 3600, 6 * 3600, *(days * DAY for days in (1, 2, 7, 30, 90, 365, 10_000)))


def _percent(share: float) -> str:
    return f"{100 * share:.3f}".rstrip("0").rstrip(".")
