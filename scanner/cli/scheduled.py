"""The process of one scheduled run: ``python -m scanner.cli.scheduled NAME DUE``. ``estatecheck serve`` starts it.

It ends when its standard input does: then the daemon is gone. Its standard output carries lines of JSON:
``{"scan": 7}``, and at the end ``{"state": "done", "note": "..."}``.
"""

import asyncio
import json
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime

import typer

from inventory.asset import Asset
from inventory.watch import Plan
from scanner.cli.report_branding import as_named
from scanner.cli.scan import run_stoppable
from scanner.cli.settings import resolve
from scanner.cli.workbench import EXPECTED, Workbench
from scanner.schedule.zones import BadSchedule
from scanner.service.scan import Job, Watcher
from scanner.service.scheduled import Outcome, run_scheduled
from scanner.service.serve_plans import gate_of
from scanner.store.records import ScanState


class _Telling(Watcher):
    """Names the scan as soon as it is known: the record is asked once, when the first host begins."""

    def __init__(self, bench: Workbench) -> None:
        self._bench, self._told = bench, False

    def started(self, _asset: Asset, /) -> None:
        if not self._told:
            self._told = True
            _say({"scan": self._bench.store.scans()[-1].id})


def main(words: list[str]) -> int:
    try:
        bench = Workbench(resolve())
        plan = next((one for one in bench.estate.watching.plans if one.id == words[0]), None)
        if plan is None:
            _end("failed", f"schedule {words[0]} is no longer in the inventory")
            return 2
        job = _job(bench, plan, words[1])
        outcome = run_stoppable(lambda stop: _with_daemon(stop, job, plan, _Telling(bench)))
        _end(*_told(bench, outcome))
    except (*EXPECTED, BadSchedule) as fault:
        _end("failed", str(fault))
        return 3
    except typer.Exit as cut_short:  # ``run_stoppable`` has told why
        _end("partial", "the scan was cut short; what it stored before is kept")
        return cut_short.exit_code
    return 0


def _job(bench: Workbench, plan: Plan, due: str) -> Job:
    limit = () if "all" in plan.groups else plan.groups
    options = {"schedule": plan.id, "due": datetime.fromtimestamp(float(due), UTC).isoformat()}
    job = bench.job(bench.plan(limit, plan.checks), options=options)
    return replace(job, gate=gate_of(plan, bench.estate, lambda: datetime.now(UTC)))


async def _with_daemon(stop: asyncio.Event, job: Job, plan: Plan, watcher: Watcher) -> Outcome:
    loop = asyncio.get_running_loop()

    def follow() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=follow, daemon=True).start()
    return await run_scheduled(job, plan.max_seconds, watcher, stop)


def _told(bench: Workbench, outcome: Outcome) -> tuple[str, str]:
    if outcome.scanned is None:
        return "failed", "it was stopped, or out of time, before another scan had ended"
    scanned = outcome.scanned
    why = "ended by its time limit" if outcome.out_of_time else "stopped" if outcome.stopped else ""
    if not outcome.stopped:
        bench.write(as_named(bench.report(bench.store, scanned.scan_id)))
    unseen = f"scan {scanned.scan_id}: {scanned.unseen} assets unseen" if scanned.unseen else f"scan {scanned.scan_id}"
    whole = scanned.state is ScanState.COMPLETE
    return "done" if whole else "partial", "; ".join(part for part in (unseen, why) if part)


def _end(state: str, text: str) -> None:
    _say({"state": state, "note": text})


def _say(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
