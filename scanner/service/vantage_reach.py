"""From how many places is a service reached: "gateway reachable from 19 of 21 sites"."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.combine import Reach, reach
from inventory.estate import Estate
from inventory.facts.availability import State
from inventory.watch import Watch
from scanner.store.watching.records import SeriesRow


@dataclass(frozen=True, slots=True)
class Reached:
    watch: Watch
    reach: Reach

    def cells(self) -> tuple[str, ...]:
        told = self.reach
        share = f"{len(told.reached)} of {told.of} places"
        return (
            self.watch.name,
            self.watch.service or "-",
            share,
            ", ".join(told.not_reached) or "-",
            ", ".join(told.blind) or "-",
        )

    def plain(self) -> dict[str, object]:
        told = self.reach
        return {
            "watch": self.watch.name,
            "service": self.watch.service,
            "of": told.of,
            "reached": list(told.reached),
            "not_reached": list(told.not_reached),
            "blind": list(told.blind),
        }


def reached(estate: Estate, rows: Iterable[SeriesRow]) -> tuple[Reached, ...]:
    """Every watch with vantage points; a place that has no series yet could not look."""
    states = {(row.watch, row.vantage): row.state for row in rows if row.watched}
    return tuple(
        Reached(watch, reach({place: states.get((watch.name, place), State.UNKNOWN) for place in watch.vantages}))
        for watch in estate.watching.watches
        if watch.vantages
    )
