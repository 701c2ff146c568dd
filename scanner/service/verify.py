"""Verify: look again at just one finding, and let the proof rules decide."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from checks.check import Check
from checks.finding import CheckRun, Outcome
from checks.import_proof import is_imported
from checks.lifecycle import run_for
from inventory.estate import Estate
from scanner.service.plan import Plan, PlanError, plan
from scanner.service.scan import Job, Watcher, scan
from scanner.store.records import FindingRow, ScanKind
from scanner.store.store import Store


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of looking again. ``after`` is None when the visit brought nothing on this subject."""

    before: FindingRow
    now: FindingRow
    after: CheckRun | None
    scan_id: int
    refusal: str  # why a pass was not accepted as proof, "" if it was or did not happen

    @property
    def fixed(self) -> bool:
        return self.now.state == "VERIFIED_FIXED"

    @property
    def looked(self) -> bool:
        return self.after is not None and self.after.outcome in (Outcome.PASS, Outcome.FAIL)


def plan_verification(
    store: Store, estate: Estate, catalogue: Sequence[Check], ref: str, today: date
) -> tuple[Plan, FindingRow]:
    """The smallest visit that can prove this fix: one asset, one check or what it was split into.

    Raises :class:`PlanError` and :class:`StoreError`.
    """
    row = store.finding(ref)
    if not any(asset.name == row.asset for asset in estate.assets):
        raise PlanError(
            f"{ref} is on {row.asset}, which this inventory does not name: a finding is proven on its own asset"
        )
    if is_imported(row.check_id):
        raise PlanError(
            f"{ref} was reported by another tool or a person ({row.check_id}), so nothing here can look at it again: "
            "import that tool's next results, or let a named tester sign a retest"
        )
    wanted = _now_called(row.check_id, catalogue)
    if not wanted:
        raise PlanError(f"{ref} was raised by {row.check_id}, which this version does not have")
    return plan(estate, catalogue, today, limit=[row.asset], globs=wanted), row


def _now_called(check_id: str, catalogue: Sequence[Check]) -> list[str]:
    """The check itself; where it is gone, all that take its place: it may have been split."""
    if any(check.id == check_id for check in catalogue):
        return [check_id]
    return [check.id for check in catalogue if check_id in (check.family, *check.supersedes)]


async def verify(job: Job, row: FindingRow, stop: asyncio.Event) -> Verified:
    """Run the visit and let the record decide. Only the proof rules of ``checks.lifecycle`` close a finding."""
    scanned = await scan(replace(job, kind=ScanKind.VERIFY), Watcher(), stop)
    saved = scanned.saved[0] if scanned.saved else None
    return Verified(
        before=row,
        now=job.store.finding(row.ref),
        after=_run_of(job, scanned.scan_id, row),
        scan_id=scanned.scan_id,
        refusal=saved.refused.get(row.ref, "") if saved else "",
    )


def _run_of(job: Job, scan_id: int, row: FindingRow) -> CheckRun | None:
    wanted = _now_called(row.check_id, job.plan.checks)
    runs = [run for host in job.store.hosts(scan_id) for run in host.runs if run.check_id in wanted]
    return run_for(row.subject, runs)
