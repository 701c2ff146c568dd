"""Support dates per product and release cycle, decoded from feed data (never written into code)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

# Products whose publisher of dates has renamed them: either name finds the cycles of the other.
_RENAMED = {
    "alpine": "alpine-linux",
    "amazon": "amazon-linux",
    "opensuse-leap": "opensuse",
    "oracle": "oracle-linux",
    "rocky": "rocky-linux",
    "temurin": "eclipse-temurin",
}
OTHER_NAMES: Mapping[str, str] = _RENAMED | {new: old for old, new in _RENAMED.items()}


class SupportFeedError(ValueError):
    """The feed's bytes are not what they should be. The message says where."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One release cycle. A date is the last day of support; None: not announced."""

    product: str
    cycle: str
    ends: date | None  # regular support, free of charge
    extended_ends: date | None  # paid or community extension; counts only with evidence of entitlement
    released: date | None = None
    latest: str = ""


@dataclass(frozen=True, slots=True)
class SupportDates:
    snapshot: date  # when the publisher's data was taken
    source: str
    cycles: Mapping[str, tuple[Cycle, ...]]  # product -> its cycles

    def cycle(self, product: str, cycle: str) -> Cycle | None:
        known = self.cycles.get(product) or self.cycles.get(OTHER_NAMES.get(product, ""), ())
        return next((c for c in known if c.cycle == cycle), None)

    def cycle_of(self, product: str, version: str) -> Cycle | None:
        """Of the cycles that a version begins with, the longest: 9.6 before 9, 3.19 for 3.19.1, 8 for 8.9."""
        numbers = version.split(".")[:3]
        begins = (".".join(numbers[:count]) for count in range(len(numbers), 0, -1))
        return next((cycle for begin in begins if (cycle := self.cycle(product, begin))), None)


def decode(data: bytes) -> SupportDates:
    """Read our own JSON form: {"snapshot", "source", "products": {name: [{cycle, ends, extended_ends, ...}]}}.

    Raises :class:`SupportFeedError`.
    """
    try:
        document = json.loads(data)
        cycles = {name: tuple(_cycle(name, row) for row in rows) for name, rows in document["products"].items()}
        return SupportDates(date.fromisoformat(document["snapshot"]), str(document["source"]), cycles)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise SupportFeedError(f"support dates are unreadable: {fault!r}") from fault


def _cycle(product: str, row: Mapping[str, str | None]) -> Cycle:
    return Cycle(
        product=product,
        cycle=str(row["cycle"]),
        ends=_day(row.get("ends")),
        extended_ends=_day(row.get("extended_ends")),
        released=_day(row.get("released")),
        latest=str(row.get("latest") or ""),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
