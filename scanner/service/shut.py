"""The way in to a host that must not be begun now: nothing is sent, and the record says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.asset import Asset
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt, Deadline, Query, Visit


@dataclass(frozen=True, slots=True)
class Shut:
    asset: Asset
    why: str

    async def answer(self, _queries: Sequence[Query], _deadline: Deadline) -> Visit:
        missing = Missing(Reason.OUT_OF_WINDOW, self.why)
        return Visit(Attempt(self.asset.connection.way, missing=missing, started_at=datetime.now(UTC)))
