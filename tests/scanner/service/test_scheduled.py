"""One scheduled run from inside: its time limit, its turn, and hosts that must not be begun."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.missing import Reason
from scanner.query import Deadline
from scanner.service import scheduled
from scanner.service.scan import Scanned, Watcher
from scanner.service.scheduled import Outcome, run_scheduled
from scanner.service.shut import Shut
from scanner.store.records import ScanRunning, ScanState


@dataclass
class FakeScan:
    """A scan that is refused ``busy`` times, then goes on until it is told to stop, or for ``seconds``."""

    busy: int = 0
    seconds: float = 60.0
    tries: int = 0

    async def __call__(self, _job: Any, _watcher: Watcher, stop: asyncio.Event) -> Scanned:  # noqa: ANN401 (not looked at)
        self.tries += 1
        if self.tries <= self.busy:
            raise ScanRunning("another scan runs")
        try:
            await asyncio.wait_for(stop.wait(), self.seconds)
        except TimeoutError:
            return Scanned(1, ScanState.COMPLETE, (), 0)
        return Scanned(1, ScanState.PARTIAL, (), 2)


def run(fake: FakeScan, max_seconds: float, stop_after: float | None = None) -> Outcome:
    async def some() -> Outcome:
        stop = asyncio.Event()
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, stop.set)
        return await run_scheduled(None, max_seconds, Watcher(), stop, fake)  # type: ignore[arg-type]  # the fake takes any

    return asyncio.run(some())


def test_a_run_ends_at_its_time_limit_and_says_so() -> None:
    outcome = run(FakeScan(), 0.1)
    assert outcome.scanned
    assert outcome.scanned.state is ScanState.PARTIAL
    assert outcome.out_of_time
    assert not outcome.stopped


def test_a_run_that_is_stopped_is_not_out_of_time() -> None:
    outcome = run(FakeScan(), 60, stop_after=0.05)
    assert (outcome.stopped, outcome.out_of_time) == (True, False)


def test_a_run_waits_for_another_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "AGAIN_SECONDS", 0.01)
    fake = FakeScan(busy=3, seconds=0.01)
    outcome = run(fake, 60)
    assert outcome.scanned
    assert outcome.scanned.state is ScanState.COMPLETE
    assert fake.tries == 4
    assert run(FakeScan(busy=10**6), 0.1) == Outcome(None, True, False), "its turn never came"


def test_a_host_that_must_not_be_begun_is_out_of_window() -> None:
    visit = asyncio.run(Shut(Asset("h", Connection("ssh", "192.0.2.1")), "not now").answer((), Deadline(1.0)))
    assert visit.attempt.missing
    assert visit.attempt.missing.reason is Reason.OUT_OF_WINDOW
    assert visit.attempt.missing.detail == "not now"
    assert not visit.attempt.reached
