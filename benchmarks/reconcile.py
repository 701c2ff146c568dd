"""What the record does with the results of a scan: findings open, stay, close with proof, come back; and list pages.

    python -m benchmarks.reconcile [FOLDER] [--assets 1000 3000 10000] [--scans 13]

Each asset is judged on 20 subjects; in each scan one of twenty passes that failed before, and one that had passed
fails again. Timed are the store's own calls: begin, save (200 assets in a transaction), tick, end. What a visit brings
is made before and not counted. Every scan but the last is saved by one process; the last by a process of its own, whose
peak is what the kernel says (wait4(2), ru_maxrss). List pages are asked for as ``estatecheck findings list`` does.
Goals, for 10,000 assets: the last scan under 30 s and 1 GB, a page under 200 ms.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import ROOT, row, verdict
from checks.finding import CheckRun, Outcome, Severity, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Area, Estate, Service, Supplier
from inventory.facts.identity import Identity
from scanner.query import Answer, Attempt
from scanner.store.finding_list import Filter
from scanner.store.records import HostResult, ScanPlan, ScanState
from scanner.store.store import Store, open_store

EACH = 20  # findings that an asset may have
CHECKS = tuple(f"linux.synthetic.check-{number:02}" for number in range(EACH))
RANKS = {check: number % 5 for number, check in enumerate(CHECKS)}
AT_ONCE, LARGE, PAGE, TRIES = 200, 10_000, 50, 5
START = datetime(2026, 1, 5, 2, tzinfo=UTC)
GOAL_SECONDS, GOAL_MB, GOAL_PAGE = 30.0, 1024.0, 0.2


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of wall time and CPU in the store's calls."""

    wall: float
    cpu: float


class Stopwatch:
    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu


def one_scan(store: Store, count: int, number: int) -> Spent:
    """The scan of that number, from 1 on; one every week."""
    watch, at, assets = Stopwatch(), START + timedelta(weeks=number - 1), _assets(count)
    with watch.running():
        scan = store.begin_scan(ScanPlan(_estate(assets), assets, CHECKS, at, "0", "c", "s", "2026-01-01"))
    for begin in range(0, count, AT_ONCE):
        results = [_result(assets[place], place, number, at) for place in range(begin, min(begin + AT_ONCE, count))]
        with watch.running():
            store.save_hosts(scan, results)
    with watch.running():
        store.people.tick(RANKS, scan)
        store.end_scan(scan, ScanState.COMPLETE, at + timedelta(hours=4))
    return Spent(watch.wall, watch.cpu)


def _assets(count: int) -> tuple[Asset, ...]:
    return tuple(
        Asset(
            f"host-{number:05}",
            Connection("ssh", f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"),
            area=f"area-{number % 42}",
            supplier=f"supplier-{number % 3}",
            service=f"service-{number % 6}",
        )
        for number in range(count)
    )


def _estate(assets: tuple[Asset, ...]) -> Estate:
    areas = {f"area-{n}": Area(f"area-{n}", f"Area {n}") for n in range(42)}
    suppliers = {f"supplier-{n}": Supplier(f"supplier-{n}", f"Supplier {n}") for n in range(3)}
    services = {f"service-{n}": Service(f"service-{n}", f"Service {n}") for n in range(6)}
    return Estate("Synthetic", assets, areas=areas, suppliers=suppliers, services=services)


def _result(asset: Asset, place: int, number: int, at: datetime) -> HostResult:
    runs = tuple(_run(subject, fails=(place + subject + number) % EACH != 0) for subject in range(EACH))
    answers = (
        Answer("synthetic", f"{asset.name}\n{number}\n".encode() * 40, 0, None, Privilege.ROOT, 1.0, 2.0),
        Answer("identity", asset.name.encode(), 0, None, Privilege.ROOT, 1.0, 2.0),
    )
    attempt = Attempt("ssh", True, True, Privilege.ROOT, None, "OpenSSH", "", at, 1.0)
    identity = Identity(f"{place + 1:032x}", None, ())
    return HostResult(asset, attempt, answers, runs, identity, "Synthetic Linux 1", at + timedelta(minutes=1))


def _run(subject: int, *, fails: bool) -> CheckRun:
    outcome = Outcome.FAIL if fails else Outcome.PASS
    seen = f"key {subject} is {'open' if fails else 'closed'}"
    what = Subject("key", f"key-{subject}")
    return CheckRun(CHECKS[subject], 1, outcome, seen, what, privilege=Privilege.ROOT, facts=("synthetic",))


def apart(record: Path, count: int, first: int, last: int) -> tuple[list[Spent], float]:
    """These scans in a process of its own; and its peak in MB. Raises ``RuntimeError`` when it fails."""
    command = [sys.executable, "-m", "benchmarks.reconcile", "--child", str(record), str(count), str(first), str(last)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        told = process.stdout.read().split() if process.stdout else []
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("the record could not be filled")
    spent = [Spent(float(wall), float(cpu)) for wall, cpu in zip(told[::2], told[1::2], strict=True)]
    return spent, used.ru_maxrss / 1024


def child(record: str, count: int, first: int, last: int) -> None:
    for number in range(first, last + 1):
        at = START + timedelta(weeks=number - 1, hours=3)
        with open_store(record, clock=lambda at=at: at) as store:  # type: ignore[misc]
            spent = one_scan(store, count, number)
        print(spent.wall, spent.cpu, flush=True)


def measure(folder: Path, count: int, scans: int) -> None:
    record = folder / f"{count}.db"
    earlier, _ = apart(record, count, 1, scans - 1)
    (last,), peak = apart(record, count, scans, scans)
    print(f"{count:,} assets, {count * EACH:,} findings, {scans} scans")
    for number in sorted({1, 2, scans // 2, scans - 1}):
        row(f"  scan {number}", _said(earlier[number - 1]))
    reached = last.wall <= GOAL_SECONDS and peak <= GOAL_MB
    goal = verdict(reached, "under 30 s and 1 GB") if count >= LARGE else ""
    row(f"  scan {scans}, peak {peak:.0f} MB", _said(last), goal)
    with open_store(str(record)) as store:
        pages(store, count)


def _said(spent: Spent) -> str:
    return f"{spent.wall:.1f} s ({spent.cpu:.1f} s CPU)"


def pages(store: Store, count: int) -> None:
    asked: Sequence[tuple[str, Filter, int]] = (
        ("first page", Filter(ranks=RANKS), 0),
        ("a page from the middle", Filter(ranks=RANKS), count * EACH // 2),
        ("open ones", Filter(states=("OPEN",), ranks=RANKS), 0),
        ("of one supplier and area", Filter(supplier="supplier-1", area="area-4", ranks=RANKS), 0),
        ("of one check", Filter(checks=CHECKS[:1], ranks=RANKS), 0),
        ("critical ones", Filter(severities=(Severity.CRITICAL,), ranks=RANKS), 0),
        ("of one asset", Filter(asset="host-00042", ranks=RANKS), 0),
        ("with a word", Filter(text="key-7", ranks=RANKS), 0),
    )
    for name, wanted, offset in asked:
        took = []
        for _ in range(TRIES):
            began = time.perf_counter()
            store.people.page(wanted, PAGE, offset)
            took.append(time.perf_counter() - began)
        goal = verdict(median(took) <= GOAL_PAGE, "under 200 ms") if count >= LARGE else ""
        row(f"  findings list: {name}", f"{median(took) * 1e3:.0f} ms ({max(took) * 1e3:.0f} ms at worst)", goal)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("folder", nargs="?", type=Path)
    words.add_argument("--assets", nargs="+", type=int, default=[1_000, 3_000, 10_000])
    words.add_argument("--scans", type=int, default=13)
    words.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.child:
        record, count, first, last = asked.child
        child(record, int(count), int(first), int(last))
        return
    with tempfile.TemporaryDirectory(prefix="ecreconcile", dir=asked.folder) as folder:
        for count in asked.assets:
            measure(Path(folder), count, asked.scans)


if __name__ == "__main__":
    main()
