"""Every report format of a large estate: time, peak of memory, size; and how they grow.

    python -m benchmarks.report_formats [FOLDER] [--assets 1000 3000 10000] [--format html json ...]

The record is filled through the store's own methods by one scan of synthetic hosts (not counted): each asset lacks 20
of half as many updates as there are assets, so 10,000 assets have 5,000 issues and 200,000 occurrences. One process
builds the report's data from the record ("(data)"); each format is then made by a process that is forked from it, whose
peak, as the kernel tells it (wait4(2), ru_maxrss), holds the data too. FOLDER keeps the records, so that a second run
need not fill them.
"""

import argparse
import contextlib
import os
import resource
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import verdict
from checks.catalogue import catalogue
from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Area, Contract, Estate, Service, Supplier
from inventory.facts.identity import Identity
from inventory.policy import NO_POLICY
from reports.formats import FORMATS
from reports.report import ReportData
from scanner.query import Answer, Attempt
from scanner.service.clock_book import CLOCKS
from scanner.service.clock_book import in_force as clocks_in_force
from scanner.service.garbage import set_aside
from scanner.service.policies import in_force
from scanner.service.report import report_data
from scanner.store.database import normal_url
from scanner.store.migrations import upgrade
from scanner.store.records import HostResult, ScanPlan, ScanState
from scanner.store.store import Store, open_store

CHECKS = ("linux.patch.security-updates-pending", "linux.sysctl.aslr", "linux.eol.os-release")
EACH = 20  # updates that an asset lacks
AT_ONCE = 200  # assets in one transaction
START = datetime(2026, 3, 2, 2, tzinfo=UTC)
SEVERITIES = (Severity.CRITICAL, *[Severity.HIGH] * 3, *[Severity.MEDIUM] * 4, *[Severity.LOW] * 2)
LARGE = 10_000  # assets, for which the goals are
GOALS: Mapping[str, tuple[float, int | None]] = {  # seconds of rendering, and bytes
    "html": (10.0, 15_000_000),
    "json": (30.0, None),
    "csv": (30.0, None),
    "oscal-results": (60.0, None),
    "oscal-poam": (60.0, None),
    "xlsx": (60.0, None),
    "pdf": (90.0, None),
}
PEAK_MB = 1024.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of wall time and of CPU; the peak of resident memory in MB; bytes."""

    wall: float
    cpu: float
    peak: float
    size: int = 0


def fill(store: Store, count: int) -> None:
    """One scan. Each asset has its own evidence; its updates are drawn so that each stands on 40 assets."""
    assets = tuple(_asset(number) for number in range(count))
    areas = {f"area-{n}": Area(f"area-{n}", f"Area {n}", 10 + n, 1000 * n, 1) for n in range(42)}
    suppliers = {f"supplier-{n}": Supplier(f"supplier-{n}", f"Supplier {n}") for n in range(3)}
    contracts = {f"contract-{n}": Contract(f"contract-{n}", f"supplier-{n}") for n in range(3)}
    services = {f"service-{n}": Service(f"service-{n}", f"Service {n}", criticality=3) for n in range(6)}
    estate = Estate("Synthetic", assets, areas=areas, suppliers=suppliers, contracts=contracts, services=services)
    policies = {**in_force(NO_POLICY), CLOCKS: clocks_in_force(estate, START.year)}
    plan = ScanPlan(estate, assets, CHECKS, START, "0", "c", "s", "2026-03-01", policies=policies)
    scan = store.begin_scan(plan)
    for begin in range(0, count, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, count))
        store.save_hosts(scan, [_result(assets[number], number, count) for number in numbers])
    store.end_scan(scan, ScanState.COMPLETE, START + timedelta(hours=4))


def _asset(number: int) -> Asset:
    return Asset(
        f"host-{number:05}",
        Connection("ssh", f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"),
        area=f"area-{number % 42}",
        supplier=f"supplier-{number % 3}",
        service=f"service-{number % 6}",
        exposure="internal",
        criticality=number % 4 + 1,
    )


def _result(asset: Asset, number: int, count: int) -> HostResult:
    packages = [(number * EACH + place) % (count // 2) for place in range(EACH)]
    runs = (
        *(_lacks(package) for package in packages),
        CheckRun(CHECKS[1], 1, Outcome.PASS, "2 is full randomisation", privilege=Privilege.USER, facts=("sysctl",)),
        CheckRun(CHECKS[2], 1, Outcome.PASS, "it is supported", privilege=Privilege.USER, facts=("system",)),
    )
    answers = (
        Answer("packages", f"{asset.name}\n{packages}\n".encode() * 20, 0, None, Privilege.USER, 1.0, 2.0),
        Answer("sysctl", asset.name.encode(), 0, None, Privilege.USER, 1.0, 2.0),
        Answer("system", b"the same for all", 0, None, Privilege.USER, 1.0, 2.0),
    )
    attempt = Attempt("ssh", True, True, Privilege.USER, None, "OpenSSH", "", START, 1.0)
    identity = Identity(f"{number + 1:032x}", None, ())
    return HostResult(asset, attempt, answers, runs, identity, "Synthetic Linux 1", START + timedelta(seconds=2))


def _lacks(package: int) -> CheckRun:
    severity = SEVERITIES[package % len(SEVERITIES)]
    about = {"fixed": "1.2-3", "issued": "2026-01-15", "published": "2026-01-14", "vendor_severity": severity.value}
    members = tuple(Member(f"CVE-2099-{package * 2 + n + 10_000}", "affected", severity, about) for n in range(2))
    return CheckRun(
        CHECKS[0],
        1,
        Outcome.FAIL,
        f"package-{package}: 1.2-3 clears 2 known weaknesses of package-{package} 1.2-2",
        Subject("package", f"package-{package}"),
        privilege=Privilege.USER,
        facts=("packages", "system"),
        severity=severity,
        members=members,
    )


def built(record: Path) -> tuple[ReportData, Spent]:
    """In this process, whose peak it is."""
    began, cpu = time.monotonic(), time.process_time()
    with open_store(str(record)) as store:
        data = report_data(store, 1, catalogue())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return data, Spent(time.monotonic() - began, time.process_time() - cpu, peak)


def made(data: ReportData, name: str, path: Path) -> Spent:
    """In a process that is forked from the one that holds the data. Raises ``RuntimeError`` when it fails."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _render_and_end(data, name, path)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{name} could not be made")
    wall, peak = time.monotonic() - began, used.ru_maxrss / 1024
    return Spent(wall, used.ru_utime + used.ru_stime, peak, path.stat().st_size)


def _render_and_end(data: ReportData, name: str, path: Path) -> None:
    code = 1
    try:
        with path.open("wb") as out, set_aside():  # as scanner.service.rendering does
            FORMATS[name].render(data, out)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def table(folder: Path, count: int, formats: list[str]) -> None:
    """In a process of its own: what one size leaves in memory is no burden for the next."""
    record = folder / f"{count}.db"
    if not record.exists():
        began = time.monotonic()
        with open_store(str(record)) as store:
            fill(store, count)
        print(f"  (filled in {time.monotonic() - began:.0f} s)", flush=True)
    else:
        upgrade(normal_url(str(record)))  # it may be of an earlier version
    child = os.fork()
    if child == 0:
        _table(folder, count, formats)
        os._exit(0)
    os.waitpid(child, 0)


def _table(folder: Path, count: int, formats: list[str]) -> None:
    data, spent = built(folder / f"{count}.db")
    print(
        f"{count:,} assets, {len(data.issues):,} issues, {sum(len(i.occurrences) for i in data.issues):,} occurrences"
    )
    print(f"  {'format':14} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'size MB':>9}")
    print(_row("(data)", spent, count), flush=True)
    for name in formats:
        spent = made(data, name, folder / f"report-{count}{FORMATS[name].suffix}")
        print(_row(name, spent, count), flush=True)


def _row(name: str, spent: Spent, count: int) -> str:
    line = f"  {name:14} {spent.wall:8.1f} {spent.cpu:8.1f} {spent.peak:8.0f} {spent.size / 1e6:9.1f}"
    return f"{line}  {_held(name, spent)}" if count >= LARGE else line


def _held(name: str, spent: Spent) -> str:
    seconds, size = GOALS.get(name, (None, None))
    goals = [(spent.peak <= PEAK_MB, "under 1 GB")]
    if seconds is not None:
        goals.append((spent.wall <= seconds, f"under {seconds:.0f} s"))
    if size is not None:
        goals.append((spent.size <= size, f"under {size / 1e6:.0f} MB"))
    return "; ".join(verdict(reached, goal) for reached, goal in goals)


@contextlib.contextmanager
def _place(named: Path | None) -> Iterator[Path]:
    if named:
        named.mkdir(parents=True, exist_ok=True)
        yield named
    else:
        with tempfile.TemporaryDirectory(prefix="ecformats") as folder:
            yield Path(folder)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("folder", nargs="?", type=Path)
    words.add_argument("--assets", nargs="+", type=int, default=[1_000, 3_000, 10_000])
    words.add_argument("--format", nargs="+", default=sorted(set(FORMATS) - {"terminal"}), dest="formats")
    asked = words.parse_args()
    with _place(asked.folder) as folder:
        for count in asked.assets:
            table(folder, count, asked.formats)


if __name__ == "__main__":
    main()
