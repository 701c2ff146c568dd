"""Sets of time: sorted, disjoint, half-open spans of whole milliseconds since 1970 (UTC).

Whole numbers, so that sums are exact in any order: the hours of a day add up to the day, to the millisecond.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]  # [start, end), milliseconds
Spans = tuple[Span, ...]

HOUR = 3_600_000


def milliseconds(seconds: float) -> int:
    """POSIX seconds as whole milliseconds; the same instant always becomes the same number."""
    return round(seconds * 1000)


def union(spans: Iterable[Span]) -> Spans:
    """Sorted, overlaps and touching ends joined, empty ones dropped."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(first: Spans, second: Spans) -> Spans:
    """What lies in both. Linear in their lengths."""
    return tuple(_common(first, second))


def _common(first: Spans, second: Spans) -> Iterator[Span]:
    left = right = 0
    while left < len(first) and right < len(second):
        start = max(first[left][0], second[right][0])
        end = min(first[left][1], second[right][1])
        if start < end:
            yield start, end
        if first[left][1] <= second[right][1]:
            left += 1
        else:
            right += 1


def subtract(spans: Spans, taken: Spans) -> Spans:
    """What lies in ``spans`` and not in ``taken``."""
    left: list[Span] = []
    for start, end in spans:
        at = start
        for hole_start, hole_end in within(taken, start, end):
            if hole_start > at:
                left.append((at, hole_start))
            at = hole_end
        if at < end:
            left.append((at, end))
    return tuple(left)


def within(spans: Spans, start: int, end: int) -> Spans:
    """The part of ``spans`` in [start, end): found by halving, so many small questions stay cheap."""
    first = bisect_right(spans, start, key=_end)
    last = bisect_left(spans, end, key=_start)
    return tuple((max(start, begin), min(end, finish)) for begin, finish in spans[first:last])


def _start(span: Span) -> int:
    return span[0]


def _end(span: Span) -> int:
    return span[1]


def total(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)
