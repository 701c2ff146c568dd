"""A machine that a scan could not reach is judged by what it last told of itself.

Only where the way in was closed (nothing answered, refused, too late): a log-in that was refused or another host key
is a finding about the way in, which a snapshot must not hide. Only by a snapshot that is newer than the last visit
that logged in, and not older than the inventory allows. It is judged as of when it was taken, nobody was logged in,
and the visit keeps what had been tried (``contact``), so that the report says both.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from inventory.asset import SNAPSHOT, SNAPSHOTS, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.engine import Looked
from scanner.probes import OUTSIDE
from scanner.query import Answer, Attempt, Probe
from scanner.service.intake.visit import LACKING, missing
from scanner.store.given import Given, Newest, Snapshots

CLOSED = frozenset({Reason.UNREACHABLE, Reason.CONNECTION_REFUSED, Reason.TIMED_OUT})


@dataclass
class Instead:
    """Asks the record, of each machine that could not be reached. :meth:`of` raises :class:`StoreError`."""

    snapshots: Snapshots
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _newest: "asyncio.Task[dict[str, Newest]] | None" = None

    async def of(self, looked: Looked) -> Looked:
        """The visit itself, where there is nothing to put in its place."""
        if not _not_reached(looked):
            return looked
        if self._newest is None:
            self._newest = asyncio.create_task(asyncio.to_thread(self.snapshots.newest))
        newest = (await self._newest).get(looked.asset.name)
        if newest is None or newest.snapshot is None or newest.snapshot < newest.any_way:
            return looked
        given = await asyncio.to_thread(self.snapshots.last, looked.asset.name)
        return judged_by(looked, given, self.clock())


def _not_reached(looked: Looked) -> bool:
    """What was seen from outside is of now: it is not mixed with what the machine said earlier."""
    attempt, why = looked.attempt, looked.attempt.missing
    if why is None or attempt.reached or why.reason not in CLOSED or looked.asset.connection.way in SNAPSHOTS:
        return False
    outside = (answer for probe in looked.probes if probe in OUTSIDE for answer in looked.given.get(probe.name, ()))
    return all(answer.missing for answer in outside)


def judged_by(looked: Looked, given: Given | None, now: datetime) -> Looked:
    """With the snapshot's answers, where it is whole, fresh, of this machine and of its system."""
    if given is None or given.identity_note:
        return looked
    why = looked.attempt.missing
    if too_old := missing(looked.asset, given, now):
        said = f"{why.detail}; {too_old.detail}" if why and why.detail else too_old.detail
        return replace(looked, attempt=replace(looked.attempt, missing=replace(why, detail=said) if why else None))
    told = {answer.query: answer for answer in given.answers}
    asked = [probe.name for probe in looked.probes if not _from_outside(probe) and probe.name not in looked.unasked]
    if not any(name in told and told[name].missing is None for name in asked):
        return looked  # it is of another system
    of_snapshot = {name: (told.get(name) or Answer(name, missing=LACKING),) for name in asked}
    attempt = _attempt(looked.attempt, given)
    return replace(looked, attempt=attempt, given={**looked.given, **of_snapshot}, finished_at=given.collected_at)


def _from_outside(probe: Probe[Any]) -> bool:
    """What was found out of the attempt itself, and of the services that can be seen, no snapshot tells."""
    return probe in OUTSIDE or bool(getattr(probe, "of_attempt", False))


def _attempt(tried: Attempt, given: Given) -> Attempt:
    why = tried.missing or Missing(Reason.UNREACHABLE)
    when = f"{tried.started_at:%Y-%m-%d %H:%M} UTC"
    said = f"{given.peer}; at {when} it could not be reached ({tried.way}: {why.reason.value})"
    return Attempt(
        SNAPSHOT,
        privilege=Privilege(given.privilege),
        peer=said,
        started_at=given.collected_at,
        seconds=tried.seconds,
    )
