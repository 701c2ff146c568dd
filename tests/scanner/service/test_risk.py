"""Risk in the record: the rules of a scan stay its own, signed overrides count as long as they may."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from checks.overrides import override_of, overrides
from checks.risk import Level
from checks.risk_rules import as_text, from_text, parse, shipped
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.policy import Policy, PolicyFile
from scanner.query import Answer, Attempt
from scanner.service.plan import plan
from scanner.service.policies import BadPolicy, in_force, risk_rules, risk_rules_of
from scanner.service.report import report_data
from scanner.service.risk_explained import explain
from scanner.store.records import EventRow, HostResult, ScanPlan, ScanState, StoreError
from scanner.store.store import Store, open_store

CHECK = "linux.patch.security-updates-pending"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB = Asset("web-1", Connection("ssh", "192.0.2.1"), exposure="internet", criticality=2)
CVE = Member("CVE-2026-1", "fix available", Severity.MEDIUM, {"score": "5.0", "epss": "0.20000"})
OWN = 'version: acme-1\ndate: "2026-01-01"\nsource: Acme\nrules:\n  R3: {epss: 0.5}\n'


def own(text: str) -> Policy:
    return Policy(files=(PolicyFile("risk", "risk.yaml", text),))


class Record:
    """A store with scans of one host that misses one update."""

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(f"sqlite:///{folder / 'record.db'}", clock=lambda: START)
        self.day = 0

    def scan(self, policy: Policy, *, keep: bool = True) -> int:
        self.day += 1
        at = START + timedelta(days=self.day)
        given = in_force(policy) if keep else {}
        made = ScanPlan(
            Estate("Lab", (WEB,), policy=policy), (WEB,), (CHECK,), at, "0", "cat", "sup", "2026-01-01", policies=given
        )
        scan_id = self.store.begin_scan(made)
        subject = Subject("package", "openssl")
        run = CheckRun(CHECK, 1, Outcome.FAIL, "said", subject, severity=Severity.MEDIUM, members=(CVE,))
        attempt = Attempt("ssh", True, True, Privilege.USER, None, started_at=at, seconds=1.0)
        identity = Identity(hashlib.md5(b"web-1").hexdigest(), None, ())  # noqa: S324 (like a machine-id)
        answers = (Answer("identity", b"x", 0),)
        self.store.save_host(scan_id, HostResult(WEB, attempt, answers, (run,), identity, "Debian", at))
        self.store.end_scan(scan_id, ScanState.COMPLETE, at + timedelta(minutes=1))
        return scan_id

    def level(self, scan_id: int) -> tuple[str, str]:
        """Severity and risk of what the scan found."""
        (issue,) = report_data(self.store, scan_id, catalogue()).issues
        return issue.severity.value, issue.level.value


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path)


def test_an_old_scan_keeps_the_rules_it_was_made_under(record: Record) -> None:
    first = record.scan(Policy())
    assert record.level(first) == ("medium", "high"), "by R3"
    second = record.scan(own(OWN))
    assert record.level(second) == ("medium", "medium")
    assert record.level(first) == ("medium", "high")
    kept = report_data(record.store, second, catalogue()).risk_rules
    assert kept == parse(OWN, "risk.yaml")
    assert kept is not None
    assert (kept.version, kept.epss_raises) == ("acme-1", 0.5)


def test_rules_that_ship_later_do_not_touch_what_was_kept(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    first = record.scan(Policy())
    monkeypatch.setattr("scanner.service.policies.shipped", lambda: parse(OWN, "later"))
    assert record.level(first) == ("medium", "high")


def test_a_scan_from_before_there_were_rules_is_rated_by_those_in_force(record: Record) -> None:
    scan_id = record.scan(own(OWN), keep=False)
    assert record.level(scan_id) == ("medium", "medium")


def test_what_was_kept_broken_is_said(record: Record) -> None:
    record.scan(Policy())
    (row,) = record.store.scans()
    with pytest.raises(StoreError, match="not readable"):
        risk_rules_of(replace(row, policies={"risk": "{"}), Policy())


def test_a_policy_that_cannot_be_used_stops_a_scan_before_it_begins() -> None:
    estate = Estate("Lab", (WEB,), policy=own("rules: 3\n"))
    with pytest.raises(BadPolicy, match=r"^risk\.yaml:1: "):
        plan(estate, catalogue(), date(2026, 3, 2))
    assert risk_rules(Policy()) == shipped()
    assert from_text(in_force(Policy())["risk"]) == shipped() == from_text(as_text(shipped()))


def test_a_finding_is_explained_by_its_reference(record: Record) -> None:
    scan_id = record.scan(Policy())
    told = explain(record.store, "ec-1", catalogue())
    assert (told.scan, told.occurrence.ref) == (scan_id, "EC-0001")
    assert told.occurrence.risk is not None
    assert told.occurrence.risk.lines == ("R3 EPSS 0.2 is 0.1 or more, internet-facing: MEDIUM -> HIGH",)
    with pytest.raises(StoreError, match="EC-9"):
        explain(record.store, "EC-9", catalogue())


SAID = {
    "version": 1,
    "action": "override-risk",
    "ref": "EC-0001",
    "fingerprint": "f",
    "episode": 1,
    "actor": "A. Mensah",
    "role": "accreditor",
    "at": "2026-03-03T10:00:00+00:00",
    "reason": "the port is filtered upstream",
    "reference": "",
    "until": "2026-04-01",
    "evidence": [],
    "more": {"risk": "low"},
}


def event(day: int = 3, *, signed: bool = True, episode: int = 1, **changes: object) -> EventRow:
    proof = {"why": "risk overridden", "statement": {**SAID, **changes}}
    signature = {"signature": {"keyid": "k", "sig": "s"}} if signed else {}
    at = datetime(2026, 3, day, 10, tzinfo=UTC)
    whole = {**proof, **signature}
    return EventRow(1, "f", at, "A. Mensah", "accreditor", "OPEN", "OPEN", whole, None, "", "", episode)


def test_a_signed_override_is_read() -> None:
    made = override_of(event())
    assert made is not None
    assert (made.level, made.actor, made.role, made.until) == (
        Level.LOW,
        "A. Mensah",
        "accreditor",
        date(2026, 4, 1),
    )


@pytest.mark.parametrize(
    "broken",
    [
        event(signed=False),
        event(action="accept"),
        event(until=None),
        event(until="soon"),
        event(more={}),
        event(more={"risk": "none"}),
        event(more={"risk": "unrated"}),
        event(more="low"),
    ],
)
def test_what_is_no_whole_override_moves_nothing(broken: EventRow) -> None:
    assert override_of(broken) is None
    assert overrides([broken], datetime(2026, 3, 10, tzinfo=UTC)) == {}


@pytest.mark.parametrize(
    ("events", "day", "level"),
    [
        ([event()], datetime(2026, 3, 10, tzinfo=UTC), Level.LOW),
        ([event()], datetime(2026, 4, 1, 23, tzinfo=UTC), Level.LOW),
        ([event()], datetime(2026, 4, 2, tzinfo=UTC), None),
        ([event()], datetime(2026, 3, 2, tzinfo=UTC), None),
        ([event(), event(4, more={"risk": "critical"})], datetime(2026, 3, 10, tzinfo=UTC), Level.CRITICAL),
        ([event(), event(5, action="claim", episode=2)], datetime(2026, 3, 10, tzinfo=UTC), None),
        ([event(role="operator")], datetime(2026, 3, 10, tzinfo=UTC), None),
        ([event(reason="")], datetime(2026, 3, 10, tzinfo=UTC), None),
    ],
    ids=["counts", "last day", "expired", "not yet", "the last one", "new episode", "other role", "no reason"],
)
def test_which_override_counts_on_a_day(events: list[EventRow], day: datetime, level: Level | None) -> None:
    found = overrides(events, day)
    assert (found["f"].level if found else None) is level
