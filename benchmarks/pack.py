"""Evidence packs of reports: exported, and verified by the file that strangers run, for 20,000 to 200,000 events.

    python -m benchmarks.pack [FOLDER] [--events 20000 60000 200000]

The record is lived through the store's own methods: in the first scan every host fails for twenty subjects, in the
second five of them pass with proof. Each finding has a clock; risk, clocks and verdict are computed again. Each host
answers differently, so each answer is a blob of its own. Export and verification run in processes of their own; the
peak is what the kernel says of them (wait4(2), ru_maxrss).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import row, verdict
from checks.finding import CheckRun, Outcome, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Contract, Estate, Supplier
from inventory.facts.identity import Identity
from inventory.policy import NO_POLICY
from scanner.query import Answer, Attempt
from scanner.service.clock_book import CLOCKS
from scanner.service.clock_book import in_force as clocks_in_force
from scanner.service.policies import in_force
from scanner.service.report_pack.standalone import verifier
from scanner.service.signing import load_or_create
from scanner.store.records import HostResult, ScanPlan, ScanState
from scanner.store.store import Store, open_store

CHECK = "linux.sysctl.aslr"
FINDINGS, FIXED = 20, 5  # of a host: 25 events
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOAL_SECONDS, GOAL_EVENTS = 60.0, 200_000
AT_ONCE = 200  # hosts in one transaction
EXPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from checks.catalogue import catalogue
from scanner.service.report_pack.export import export
from scanner.service.signing import load
from scanner.store.store import open_store
with open_store(sys.argv[1]) as store, Path(sys.argv[3]).open("w+b") as out:
    export(store, catalogue(), 2, load(Path(sys.argv[2])), out, datetime(2026, 4, 1, tzinfo=UTC))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, and the peak of resident memory in MB."""

    wall: float
    cpu: float
    peak: float


def _asset(name: str) -> Asset:
    return Asset(name, Connection("ssh", f"{name}.example.test"), supplier="acme")


def lived(store: Store, hosts: int) -> None:
    assets = tuple(
        Asset(f"host-{n:05}", Connection("ssh", f"host-{n}.example.test"), supplier="acme") for n in range(hosts)
    )
    suppliers, contracts = {"acme": Supplier("acme", "Acme")}, {"core": Contract("core", "acme", clocks=("moj",))}
    estate = Estate("Northmoor", assets, suppliers=suppliers, contracts=contracts)
    policies = {**in_force(NO_POLICY), CLOCKS: clocks_in_force(estate, START.year)}
    for day, fixed in ((1, 0), (2, FIXED)):
        at = START + timedelta(days=day)
        scan = store.begin_scan(ScanPlan(estate, assets, (CHECK,), at, "0", "c", "s", "2026-01-01", policies=policies))
        for begin in range(0, hosts, AT_ONCE):
            store.save_hosts(scan, [_result(asset, at, fixed) for asset in assets[begin : begin + AT_ONCE]])
        store.end_scan(scan, ScanState.COMPLETE, at + timedelta(hours=1))


def _result(asset: Asset, at: datetime, fixed: int) -> HostResult:
    runs = tuple(_run(n, Outcome.PASS if n < fixed else Outcome.FAIL) for n in range(FINDINGS))
    answers = (
        Answer("sysctl", f"{asset.name}\n{at}\n".encode() * 40, 0, None, Privilege.ROOT),
        Answer("identity", asset.name.encode(), 0, None, Privilege.ROOT),
    )
    attempt = Attempt("ssh", True, True, Privilege.ROOT, None, "OpenSSH", "", at, 1.0)
    machine = f"{int(asset.name[5:]):032x}"
    return HostResult(asset, attempt, answers, runs, Identity(machine, None, ()), "Debian", at + timedelta(minutes=1))


def _run(number: int, outcome: Outcome) -> CheckRun:
    subject = Subject("sysctl", f"key-{number}")
    return CheckRun(CHECK, 1, outcome, f"it is {outcome}", subject, privilege=Privilege.ROOT, facts=("sysctl",))


def run(*command: str) -> tuple[Spent, int]:
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = Spent(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    return spent, process.returncode


def measure(folder: Path, events: int) -> None:
    folder.mkdir()
    hosts = events // (FINDINGS + FIXED)
    began = time.monotonic()
    with open_store(str(folder / "record.db")) as store:
        lived(store, hosts)
    signer, _ = load_or_create(folder / "key.pem")
    print(f"  {events:,} events: {hosts:,} hosts lived through in {time.monotonic() - began:.0f} s", flush=True)
    pack, program = folder / "pack.zip", folder / "verify_evidence.py"
    program.write_bytes(verifier())
    exported, code = run(sys.executable, "-c", EXPORT, str(folder / "record.db"), str(folder / "key.pem"), str(pack))
    assert code == 0, "the export failed"
    verified, code = run(sys.executable, "-I", str(program), str(pack), "--trust", signer.key_id)
    assert code == 0, "the pack does not hold"
    row("exported", _said(exported), f"{pack.stat().st_size / 1e6:.1f} MB")
    goal = verdict(verified.wall <= GOAL_SECONDS, "under 60 s") if events >= GOAL_EVENTS else ""
    row("verified by verify_evidence.py", _said(verified), goal)


def _said(spent: Spent) -> str:
    return f"{spent.wall:.1f} s ({spent.cpu:.1f} s CPU), peak {spent.peak:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--events", nargs="+", type=int, default=[20_000, 60_000, 200_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ecpack", dir=asked.folder) as folder:
        for events in asked.events:
            measure(Path(folder) / str(events), events)


if __name__ == "__main__":
    main()
