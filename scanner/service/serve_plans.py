"""When may a host of a scheduled run be begun, and which definition of a schedule is it?"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inventory.asset import Asset
from inventory.estate import Estate
from inventory.watch import Maintenance, Plan
from scanner.schedule import Schedule, refusal
from scanner.schedule.plans import schedule_of


def digest(plan: Plan) -> str:
    """Which definition it is: a changed one does not make up for due times that are only its own."""
    return hashlib.sha256(repr(replace(plan, line=0)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Gate:
    """May a host of this run be begun now? Asked again for each."""

    schedule: Schedule
    maintenance: tuple[Maintenance, ...]
    now: Callable[[], datetime]

    def __call__(self, asset: Asset) -> str:
        """Why not; "" when it may."""
        instant = self.now()
        return refusal(self.schedule, instant) or self._work_on(asset, instant)

    def _work_on(self, asset: Asset, instant: datetime) -> str:
        works = (one for one in self.maintenance if asset.service and asset.service in one.services)
        work = next((one for one in works if one.starts <= instant < one.ends), None)
        return (
            f"declared maintenance {work.id} lasts until {work.ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if work else ""
        )


def gate_of(plan: Plan, estate: Estate, now: Callable[[], datetime]) -> Gate:
    """Raises BadSchedule."""
    return Gate(schedule_of(plan), estate.watching.maintenance, now)
