"""OpenMetrics 1.0 text: what the daemon's endpoint says. Pure.

Source: the OpenMetrics specification 1.0 (github.com/prometheus/OpenMetrics): families are contiguous, counters end in
``_total``, a stateset's label is named after its family, label values escape backslash, quote and line feed, and the
text ends with ``# EOF``.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """One line. ``suffix`` is what its family's kind asks for: _total, _bucket, _info ..."""

    value: float
    labels: Labels
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """``unit`` must be the end of the name, as the specification asks."""

    name: str
    kind: str  # gauge, counter, stateset, info, histogram
    help: str
    points: Sequence[Point]
    unit: str = ""


def gauge(name: str, about: str, points: Iterable[tuple[float, Labels]], unit: str = "") -> Family:
    return Family(name, "gauge", about, [Point(value, labels) for value, labels in points], unit)


def counter(name: str, about: str, points: Iterable[tuple[float, Labels]], unit: str = "") -> Family:
    return Family(name, "counter", about, [Point(value, labels, "_total") for value, labels in points], unit)


def info(name: str, about: str, labels: Labels) -> Family:
    return Family(name, "info", about, [Point(1, labels, "_info")])


def stateset(name: str, about: str, states: Sequence[str], points: Iterable[tuple[str, Labels]]) -> Family:
    """Each point says which one of ``states`` holds."""
    made = [Point(float(one == holds), {**labels, name: one}) for holds, labels in points for one in states]
    return Family(name, "stateset", about, made)


@dataclass(slots=True)
class Histogram:
    """Counts of observations up to each bound; ``BUCKETS`` in seconds."""

    counts: list[int]
    sum: float = 0.0

    @classmethod
    def empty(cls) -> "Histogram":
        return cls([0] * (len(BUCKETS) + 1))

    def add(self, seconds: float) -> None:
        place = next((place for place, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
        self.counts[place] += 1
        self.sum += seconds


def histogram(name: str, about: str, found: Iterable[tuple[Histogram, Labels]], unit: str) -> Family:
    made = [point for one, labels in found for point in _of_histogram(one, labels)]
    return Family(name, "histogram", about, made, unit)


def _of_histogram(found: Histogram, labels: Labels) -> Iterator[Point]:
    total = 0
    for bound, count in zip((*BUCKETS, math.inf), found.counts, strict=True):
        total += count
        yield Point(total, {**labels, "le": _number(bound)}, "_bucket")
    yield Point(total, labels, "_count")
    yield Point(found.sum, labels, "_sum")


def exposition(families: Iterable[Family]) -> bytes:
    """The whole text. A family without points is told by its name alone: that nothing is there is news as well."""
    lines = [line for family in families for line in _lines(family)]
    return ("\n".join([*lines, "# EOF"]) + "\n").encode()


def _lines(family: Family) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.kind}"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    yield f"# HELP {family.name} {_escaped(family.help)}"
    for point in family.points:
        yield f"{family.name}{point.suffix}{_labels(point.labels)} {_number(point.value)}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    safe = text.encode("utf-8", "replace").decode()
    return safe.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value)) if value != int(value) else str(float(int(value)))
