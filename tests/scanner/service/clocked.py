"""A record of one host under a contract, scanned as often as a test wants: for tests of clocks and credits."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.catalogue import catalogue
from checks.finding import CheckRun, Member, Outcome, Severity
from inventory.asset import Asset, Connection, Privilege
from inventory.credits import ClockCredit, CreditTable
from inventory.estate import Contract, Estate, Intrusiveness, Scope, Supplier
from inventory.facts import Missing, Reason
from inventory.facts.identity import Identity
from reports.clocks import ClockReport
from scanner.query import Answer, Attempt
from scanner.service.clock_book import CLOCKS, in_force
from scanner.service.report import report_data
from scanner.store.records import HostResult, ScanPlan, ScanState
from scanner.store.store import Store, open_store

CHECK = "linux.sysctl.aslr"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB = Asset("web-1", Connection("ssh", "192.0.2.1"), groups=("all",), supplier="larkspur")
SCOPE = Scope("s", "Head of IT", "CHG-1", START.date(), START.date() + timedelta(400), Intrusiveness.POLITE, ("all",))
TABLE = CreditTable(
    clocks=(ClockCredit("high", 0.5), ClockCredit("medium", 0.5)), currency="GBP", monthly_charge=10_000
)
CONTRACT = Contract("core", "larkspur", clocks=("moj",), credits=TABLE)
ESTATE = Estate(
    "Lab",
    (WEB,),
    suppliers={"larkspur": Supplier("larkspur", "Larkspur Managed IT")},
    contracts={"core": CONTRACT},
    scopes={"s": SCOPE},
)
CVES = (
    Member("CVE-2026-1", "fix available", Severity.HIGH, {"score": "7.5", "issued": "2026-02-20", "fixed": "2"}),
    Member("CVE-2026-2", "fix available", Severity.LOW, {"score": "3.1", "issued": "2026-02-20", "fixed": "2"}),
)


class Record:
    def __init__(self, folder: Path, estate: Estate = ESTATE) -> None:
        self.store: Store = open_store(f"sqlite:///{folder / 'record.db'}", clock=lambda: START)
        self.estate = estate

    def scan(self, day: int, outcome: Outcome, *, members: tuple[Member, ...] = (), reached: bool = True) -> int:
        at = START + timedelta(days=day)
        policies = {CLOCKS: in_force(self.estate, at.year)}
        plan = ScanPlan(self.estate, (WEB,), (CHECK,), at, "0.1.0", "cat", "sup", "2026-01-01", policies=policies)
        scan_id = self.store.begin_scan(plan)
        gap = None if reached else Missing(Reason.CONNECTION_REFUSED, "192.0.2.1 port 22 refused")
        shown = outcome if reached else Outcome.NOT_ASSESSED
        run = CheckRun(CHECK, 1, shown, f"it says {shown}", reason=gap.reason if gap else None, facts=("sysctl",))
        answers = () if gap else tuple(Answer(n, f"{n} {shown}".encode(), 0) for n in ("sysctl", "identity"))
        attempt = Attempt("ssh", reached, reached, Privilege.USER, gap, started_at=at, seconds=1.0)
        identity = Identity(hashlib.md5(b"web-1").hexdigest(), None, ()) if reached else None  # noqa: S324 (32 hex digits)
        run = replace(run, members=members if shown is Outcome.FAIL else ())
        result = HostResult(WEB, attempt, answers, (run,), identity, "Debian", at + timedelta(seconds=30))
        self.store.save_host(scan_id, result)
        self.store.end_scan(scan_id, ScanState.COMPLETE, at + timedelta(minutes=1))
        return scan_id

    def clocks(self, scan_id: int) -> ClockReport:
        report = report_data(self.store, scan_id, catalogue()).clocks
        assert report is not None
        return report
