"""A picture of states over time: one band a service, its states told in words for who does not see colours."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from inventory.facts.availability import Interval, State

WIDTH, LEFT, BAND, GAP, TOP = 960, 180, 26, 16, 40
COLOURS = {State.UP: "#2e7d32", State.DEGRADED: "#e0a100", State.DOWN: "#b71c1c", State.UNKNOWN: "#b0bec5"}
SHOWN = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)
Band = tuple[str, Sequence[Interval], int, int]  # name, intervals, start and end in milliseconds


def timeline(bands: Sequence[Band]) -> str:
    """An SVG document. What no interval covers is drawn as unknown."""
    height = TOP + len(bands) * (BAND + GAP) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" '
        f'font-size="12"><title>Availability</title><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    ]
    parts += _legend()
    for place, band in enumerate(bands):
        parts += _band(band, TOP + place * (BAND + GAP))
    if bands:
        parts += _axis(bands[0][2], bands[0][3], TOP + len(bands) * (BAND + GAP) + 6)
    return "".join([*parts, "</svg>"])


def _legend() -> Iterable[str]:
    for place, state in enumerate(SHOWN):
        x = LEFT + place * 110
        yield f'<rect x="{x}" y="10" width="12" height="12" fill="{COLOURS[state]}"/>'
        yield f'<text x="{x + 18}" y="20">{state.value}</text>'


def _band(band: Band, y: int) -> Iterable[str]:
    name, intervals, start, end = band
    yield f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{escape(name[:28])}</text>'
    yield f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - 20}" height="{BAND}" fill="{COLOURS[State.UNKNOWN]}"/>'
    for one in intervals:
        first, last = max(one.start * 1000, start), min(one.end * 1000, end)
        if first >= last or one.state not in COLOURS:
            continue
        x, width = _x(first, start, end), max(_x(last, start, end) - _x(first, start, end), 0.6)
        said = f"{one.state.value} from {_when(first)} to {_when(last)} UTC" + (f": {one.reason}" if one.reason else "")
        yield f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{BAND}" fill="{COLOURS[one.state]}">'
        yield f"<title>{escape(_plain(said))}</title></rect>"


def _axis(start: int, end: int, y: int) -> Iterable[str]:
    for part in range(5):
        at = start + (end - start) * part / 4
        anchor = ("start", "middle", "middle", "middle", "end")[part]
        yield f'<text x="{_x(at, start, end):.1f}" y="{y + 14}" text-anchor="{anchor}">{_when(at)}</text>'


def _x(at: float, start: int, end: int) -> float:
    return LEFT + (WIDTH - LEFT - 20) * (at - start) / ((end - start) or 1)


def _when(ms: float) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _plain(text: str) -> str:
    """Without what XML 1.0 does not allow."""
    return "".join(char if char.isprintable() else "?" for char in text)
