"""A report says how things stood when its scan ended, whatever happened later."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.advisories.model import FeedNote
from checks.catalogue import catalogue
from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate, Intrusiveness, Scope
from inventory.facts import Missing, Reason
from inventory.facts.identity import Identity
from reports.formats import FORMATS
from reports.report import ReportData
from reports.summary import change
from scanner.query import Answer, Attempt
from scanner.service.evidence_pack import export
from scanner.service.report import report_data
from scanner.service.signing import Signer
from scanner.store.records import HostResult, ScanPlan, ScanState, StoreError
from scanner.store.store import Store, open_store

CHECK = "linux.sysctl.aslr"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB = Asset("web-1", Connection("ssh", "192.0.2.1"), groups=("all",))
AWAY = Asset("web-2", Connection("ssh", "192.0.2.2"), groups=("all",))
SCOPE = Scope("s", "Head of IT", "CHG-1", START.date(), START.date() + timedelta(90), Intrusiveness.POLITE, ("all",))


class Record:
    """A store, and scans of two hosts of which one is always away."""

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(f"sqlite:///{folder / 'record.db'}", clock=lambda: START)
        self.day = 0
        self.feeds: tuple[FeedNote, ...] = ()
        self.runs: tuple[CheckRun, ...] = ()  # of the host that is there, in place of the one made up

    def scan(self, outcome: Outcome, *, end: ScanState = ScanState.COMPLETE, seen: datetime | None = None) -> int:
        """``seen``: when the evidence is from, where it is older than the scan."""
        self.day += 1
        at = START + timedelta(days=self.day)
        estate = Estate("Lab", (WEB, AWAY), scopes={"s": SCOPE})
        plan = ScanPlan(estate, (WEB, AWAY), (CHECK,), at, "0.1.0", "cat", "sup", "2026-01-01", feeds=self.feeds)
        scan_id = self.store.begin_scan(plan)
        self.store.save_host(scan_id, self.result(WEB, outcome, seen or at))
        if end is ScanState.COMPLETE:
            gap = Missing(Reason.CONNECTION_REFUSED, "192.0.2.2 port 22 refused")
            self.store.save_host(scan_id, self.result(AWAY, Outcome.NOT_ASSESSED, at, gap))
        self.store.end_scan(scan_id, end, at + timedelta(minutes=1))
        return scan_id

    def result(self, asset: Asset, outcome: Outcome, at: datetime, gap: Missing | None = None) -> HostResult:
        run = CheckRun(CHECK, 1, outcome, f"it says {outcome}", reason=gap.reason if gap else None, facts=("sysctl",))
        answers = tuple(Answer(name, f"{name} {outcome}".encode(), 0) for name in ("sysctl", "identity"))
        attempt = Attempt("ssh", gap is None, gap is None, Privilege.USER, gap, started_at=at, seconds=1.0)
        identity = Identity(hashlib.md5(asset.name.encode()).hexdigest(), None, ())  # noqa: S324 (32 hex digits, like a machine-id)
        seen = at + timedelta(seconds=30)
        runs = (run,) if gap or not self.runs else self.runs
        return HostResult(asset, attempt, () if gap else answers, runs, None if gap else identity, "Debian", seen)

    def report(self, scan_id: int) -> ReportData:
        return report_data(self.store, scan_id, catalogue())

    def bytes_of(self, scan_id: int) -> dict[str, bytes]:
        return {name: _rendered(name, self.report(scan_id)) for name in ("json", "html", "terminal")}


def _rendered(name: str, data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS[name].render(data, out)
    return out.getvalue()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path)


def test_open_fixed_and_back_again_each_report_tells_its_own_day(record: Record) -> None:
    failing = record.scan(Outcome.FAIL)
    first = record.bytes_of(failing)
    passing = record.scan(Outcome.PASS)
    second = record.bytes_of(passing)
    regressed = record.scan(Outcome.FAIL)
    assert record.bytes_of(failing) == first
    assert record.bytes_of(passing) == second
    ((issue,), fixed, again) = (
        record.report(failing).issues,
        record.report(passing).fixed,
        record.report(regressed).issues,
    )
    assert [(o.ref, o.state, o.episode) for o in issue.occurrences] == [("EC-0001", "OPEN", 1)]
    assert [(o.ref, o.state, o.check_id) for o in fixed] == [("EC-0001", "VERIFIED_FIXED", CHECK)]
    assert [(o.ref, o.state, o.episode) for o in again[0].occurrences] == [("EC-0001", "OPEN", 2)]
    assert record.report(passing).issues == ()


def test_what_older_evidence_shows_is_new_to_the_scan_that_judged_it(record: Record) -> None:
    """An import's list, or an evaluated visit, is older than the scan that opens the finding."""
    passing = record.scan(Outcome.PASS)
    before = record.bytes_of(passing)
    supplied = record.scan(Outcome.FAIL, seen=START)
    assert record.bytes_of(passing) == before
    assert "1 occurrence was first seen by this scan" in change(record.report(supplied))
    assert "0 occurrences were first seen by this scan" in change(record.report(record.scan(Outcome.FAIL)))


def test_what_was_not_seen_stays_in_every_denominator(record: Record) -> None:
    data = record.report(record.scan(Outcome.PASS))
    assert [asset.asset.name for asset in data.assets] == ["web-1", "web-2"]
    away = data.assets[1]
    assert (away.attempted, away.reached, away.logged_in) == (True, False, False)
    assert [(gap.asset, gap.reason) for gap in data.gaps] == [("web-2", Reason.CONNECTION_REFUSED)]
    assert data.passed == {CHECK: 1}


def test_an_asset_that_had_no_turn_is_a_gap_for_every_check(record: Record) -> None:
    data = record.report(record.scan(Outcome.PASS, end=ScanState.PARTIAL))
    assert data.state == "partial"
    assert [(gap.asset, gap.check_id, gap.reason) for gap in data.gaps] == [("web-2", CHECK, Reason.NOT_ATTEMPTED)]
    assert data.assets[1].missing == Missing(Reason.NOT_ATTEMPTED, "the scan ended before its turn came")


def test_a_scan_that_is_not_there_is_one_sentence(record: Record) -> None:
    with pytest.raises(StoreError, match="7"):
        record.report(7)


def test_a_check_that_this_version_lacks_is_said(record: Record) -> None:
    scan_id = record.scan(Outcome.PASS)
    with pytest.raises(StoreError, match=CHECK):
        report_data(record.store, scan_id, ())


def test_each_update_is_an_issue_of_its_own_with_its_members_and_the_feeds_are_named(record: Record) -> None:
    """All hosts that miss one update share one issue; a check that rates nothing apart stays one issue."""
    listed = Member("CVE-2025-0001", "fix available", Severity.LOW, {"kev": "2025-01-02", "fixed": "2"})
    mild, grave = Subject("package", "mild"), Subject("package", "grave")
    record.runs = (
        CheckRun(CHECK, 1, Outcome.FAIL, "mild", mild, facts=("sysctl",), severity=Severity.LOW, members=(listed,)),
        CheckRun(CHECK, 1, Outcome.FAIL, "grave", grave, facts=("sysctl",), severity=Severity.CRITICAL),
    )
    record.feeds = (FeedNote("kev", "CISA", START.date(), 7, "ab", "CC0-1.0", "2026-03-02T01:00:00Z"),)
    scan_id = record.scan(Outcome.FAIL)
    data = record.report(scan_id)
    assert [(i.title.rpartition(": ")[2], i.severity, i.exploited) for i in data.issues] == [
        ("grave", Severity.CRITICAL, False),
        ("mild", Severity.LOW, True),
    ]
    assert data.issues[1].occurrences[0].members == (listed,)
    feed = next(s for s in data.sources if s.name == "kev")
    assert (feed.publisher, feed.records, feed.age_days, feed.licence) == ("CISA", 7, 1, "CC0-1.0")
    assert record.bytes_of(scan_id) == record.bytes_of(scan_id)


def test_one_of_several_fixed_is_told_by_its_own_name_and_proven_in_its_pack(record: Record) -> None:
    """The check still fails for another subject: that one's sentence must not stand in for the proof."""
    both = [
        CheckRun(CHECK, 1, Outcome.FAIL, f"{n} is old", Subject("package", n), facts=("sysctl",)) for n in ("a", "b")
    ]
    for runs in (both, both[1:]):
        record.runs = tuple(runs)
        last = record.scan(Outcome.FAIL)
    (fixed,) = record.report(last).fixed
    assert (fixed.ref, fixed.subject.key, fixed.observed) == ("EC-0001", "a", "package a is no longer among what fails")
    pack = export(record.store, catalogue(), b"", "EC-0001", Signer(Ed25519PrivateKey.generate()))
    after = json.loads(zipfile.ZipFile(io.BytesIO(pack)).read("finding.json"))["after"]
    assert (after["outcome"], after["observed"]) == ("pass", "package a is no longer among what fails")
