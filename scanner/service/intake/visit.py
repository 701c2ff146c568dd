"""The way to a machine that looks at itself: a scan asks the record for its newest snapshot. Nothing is sent to it.

The snapshot is judged as of when it was taken, and counts as long as the inventory says (``snapshots: every``). One
that is older is not assessed, so that after some scans its findings go stale like those of a machine that is not
reached.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from inventory.asset import SNAPSHOT, SNAPSHOT_DAYS, SNAPSHOT_WINDOWS, Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.engine import Looked
from scanner.query import Answer, Attempt, Deadline, Query, Visit
from scanner.store.given import Given, Snapshots

LACKING = Missing(Reason.NOT_ATTEMPTED, "the script that made the snapshot did not have this section")


@dataclass(frozen=True, slots=True)
class OfSnapshot:
    """A transport, as it were."""

    asset: Asset
    snapshots: Snapshots
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        given = await asyncio.to_thread(self.snapshots.last, self.asset.name)
        now = self.clock()
        why = missing(self.asset, given, now)
        if given is None or why:
            return Visit(Attempt(SNAPSHOT, missing=why, started_at=now))
        kept = {answer.query: answer for answer in given.answers}
        answers = tuple(kept.get(one.name) or Answer(one.name, missing=LACKING) for one in queries)
        if all(answer.missing is LACKING for answer in answers):
            return Visit(Attempt(SNAPSHOT, missing=_other_system(self.asset), started_at=now))
        privilege = Privilege(given.privilege)
        return Visit(Attempt(SNAPSHOT, privilege=privilege, peer=given.peer, started_at=given.collected_at), answers)


def missing(asset: Asset, given: Given | None, now: datetime) -> Missing | None:
    """Why there is nothing to judge; None: the snapshot is fresh enough."""
    if given is None:
        return Missing(Reason.SNAPSHOT_MISSING, "it has never sent a snapshot (docs/snapshots.md)")
    allowed = asset.snapshot_days or SNAPSHOT_DAYS
    if now - given.collected_at <= timedelta(days=allowed):
        return None
    age = (now - given.collected_at).days
    said = f"its newest snapshot is of {given.collected_at:%Y-%m-%d}, {age} days old; {allowed:g} are allowed"
    return Missing(Reason.SNAPSHOT_TOO_OLD, said)


def _other_system(asset: Asset) -> Missing:
    here, there = ("Windows", "Linux") if asset.connection.way == SNAPSHOT_WINDOWS else ("Linux", "Windows")
    said = f"the inventory says that it is a {here} machine, and its snapshot is of {there}: correct its platform"
    return Missing(Reason.OUTPUT_UNREADABLE, said)


def as_of(looked: Looked) -> Looked:
    """A snapshot shows nothing after the moment it was taken, whenever it is judged."""
    attempt = looked.attempt
    own = attempt.way == SNAPSHOT and attempt.missing is None
    return replace(looked, finished_at=attempt.started_at) if own else looked
