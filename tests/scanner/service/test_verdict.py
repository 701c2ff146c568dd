"""The verdict of a scan in a real record: nothing leaves the count by not being seen, and a person signs."""

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from checks.accreditation_rules import Verdict
from checks.catalogue import catalogue
from checks.finding import CheckRun, Outcome, Severity
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Area, Estate, Service
from inventory.facts import Missing, Reason
from inventory.facts.identity import Identity
from inventory.policy import Policy, PolicyFile
from inventory.responsibility import Responsibility
from reports.formats import FORMATS
from reports.report import ReportData
from scanner.query import Answer, Attempt
from scanner.service.accredit import Told, history, sign, told
from scanner.service.decide import Desk
from scanner.service.policies import BadPolicy, in_force
from scanner.service.report import report_data
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer
from scanner.store.decisions import Refused
from scanner.store.records import HostResult, ScanPlan, ScanState, StoreError
from scanner.store.store import Store, open_store
from tests.scanner.service.test_report_replay import START
from tests.scanner.store.people_world import signer

CHECK = "linux.sysctl.aslr"
AREAS = {"ash": Area("ash", "Ashmoor", users=300), "bri": Area("bri", "Brindle", users=100)}
SERVICES = {"case": Service("case", "Case File", accreditor="A. Creditor")}
COURT = """\
name: court
version: "2"
date: "2026-01-01"
source: the board's minutes 14
gate:
  - {id: logged-in, title: The scanner could log in, coverage: logged in, per: area, at_least: 50}
rules:
  - {id: none, title: Nothing is open, count: occurrences, at_most: 0, otherwise: DOWNGRADE}
"""


def host(name: str, area: str = "ash") -> Asset:
    return Asset(name, Connection("ssh", "192.0.2.1"), area=area, service="case", exposure="internal")


HOSTS = (host("web-1"), host("web-2"), host("db-1", "bri"), host("db-2", "bri"))


class Record:
    def __init__(self, folder: Path) -> None:
        self.now = START
        self.responsibilities: tuple[Responsibility, ...] = ()
        self.store: Store = open_store(f"sqlite:///{folder / 'record.db'}", clock=lambda: self.now)

    def scan(self, *, failing: str = "", away: str = "", hosts: tuple[Asset, ...] = HOSTS) -> int:
        """Names of those that fail, and of those that cannot be reached."""
        self.now += timedelta(days=1)
        policy = Policy(files=(PolicyFile("accreditation", "court.yaml", COURT),))
        estate = Estate(
            "Lab",
            hosts,
            areas=AREAS,
            services=SERVICES,
            policy=policy,
            responsibilities=self.responsibilities,
        )
        plan = ScanPlan(estate, hosts, (CHECK,), self.now, "0.1.0", "cat", "sup", "2026-03-01")
        scan_id = self.store.begin_scan(replace(plan, policies=in_force(policy)))
        for one in hosts:
            self.store.save_host(scan_id, self._visit(one, one.name in failing.split(), one.name in away.split()))
        self.now += timedelta(minutes=1)
        self.store.end_scan(scan_id, ScanState.COMPLETE, self.now)
        return scan_id

    def _visit(self, one: Asset, fails: bool, away: bool) -> HostResult:
        gap = Missing(Reason.UNREACHABLE, "no route") if away else None
        outcome = Outcome.NOT_ASSESSED if away else Outcome.FAIL if fails else Outcome.PASS
        severity = Severity.CRITICAL if fails else None
        run = CheckRun(
            CHECK, 1, outcome, f"it is {outcome}", reason=gap and gap.reason, facts=("sysctl",), severity=severity
        )
        attempt = Attempt("ssh", not away, not away, Privilege.ROOT, gap, started_at=self.now, seconds=1.0)
        answers = (
            () if away else tuple(Answer(name, f"{name} {outcome}".encode(), 0) for name in ("sysctl", "identity"))
        )
        number = f"{[h.name for h in HOSTS].index(one.name) + 1:032x}"
        return HostResult(
            one, attempt, answers, (run,), None if away else Identity(number, None, ()), "Debian", self.now
        )

    def report(self, scan_id: int) -> ReportData:
        return report_data(self.store, scan_id, catalogue())

    def told(self, scan_id: int | None = None) -> Told:
        return told(self.store, catalogue(), scan_id)

    def json(self, scan_id: int) -> bytes:
        out = io.BytesIO()
        FORMATS["json"].render(self.report(scan_id), out)
        return out.getvalue()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path)


def verdict(record: Record, scan_id: int) -> tuple[Verdict, Verdict]:
    one = record.told(scan_id).of("estate")
    return one.verdict, one.ceiling


def test_a_host_that_cannot_be_reached_again_takes_no_finding_with_it(record: Record) -> None:
    """Half of Ashmoor is enough for this gate, so only the record remembers what web-1 failed."""
    assert verdict(record, record.scan(failing="web-1")) == (Verdict.DOWNGRADE, Verdict.DOWNGRADE)
    dark = record.scan(away="web-1")
    assert verdict(record, dark) == (Verdict.DOWNGRADE, Verdict.DOWNGRADE)
    data = record.report(dark)
    assert data.issues == ()
    assert [(o.ref, o.asset, o.observed, o.severity) for o in data.carried] == [
        ("EC-0001", "web-1", "it is fail", Severity.CRITICAL)
    ]
    (rule,) = record.told(dark).of("case").rules
    assert (rule.refs, rule.holds) == (("EC-0001",), False)


def test_leaving_a_host_out_of_the_inventory_hides_nothing(record: Record) -> None:
    record.scan(failing="db-1")
    less = record.scan(hosts=HOSTS[:2])
    one = record.told(less).of("estate")
    assert (one.verdict, one.ceiling) == (Verdict.INSUFFICIENT, Verdict.DOWNGRADE)
    assert [(part.name, part.got, part.of) for part in one.gate[0].parts] == [("Brindle", 0, 1)]
    assert one.gate[0].names == ("db-1",)


def test_a_proven_fix_leaves_and_the_older_report_stays_as_it_was(record: Record) -> None:
    record.scan(failing="web-1 web-2")
    dark = record.scan(away="web-1")
    before = record.json(dark)
    fixed = record.scan()
    assert verdict(record, fixed) == (Verdict.ACCREDIT, Verdict.ACCREDIT)
    assert record.report(fixed).carried == ()
    record.scan(failing="web-1")
    assert record.json(dark) == before
    assert [one["ref"] for one in json.loads(before)["carried"]] == ["EC-0001"]


def test_the_policy_of_the_scan_is_kept_with_it(record: Record) -> None:
    scan_id = record.scan()
    policy = record.told(scan_id).verdicts.policy
    assert (policy.name, policy.version) == ("court", "2")
    assert json.loads(record.store.scan(scan_id).policies["accreditation"])["name"] == "court"
    assert json.loads(record.json(scan_id))["verdicts"]["policy"]["sha256"] == policy.digest


def test_a_bad_policy_file_is_one_error_with_its_line() -> None:
    bad = Policy(files=(PolicyFile("accreditation", "court.yaml", COURT.replace("at_most: 0", "at_most: few")),))
    with pytest.raises(BadPolicy, match=r"^court.yaml:8: `at_most` must be a whole number from 0 to"):
        in_force(bad)


class Office:
    """A record with an accreditor and a supplier."""

    def __init__(self, record: Record) -> None:
        self.record, self.keys = record, {"accreditor": signer(), "supplier:acme": signer()}
        own = signer()
        for role, key in self.keys.items():
            admit(record.store.people, own, key.public_pem, Holder(role, f"The {role}"), None)

    def sign(self, role: str, decided: Verdict | None = None, reason: str = "", until: date | None = None) -> None:
        desk = Desk(self.record.store, self.key(role), role)
        sign(desk, self.record.told(), "case", decided, reason, until)

    def key(self, role: str) -> Signer:
        return self.keys[role]


@pytest.fixture
def office(record: Record) -> Office:
    record.scan(failing="web-1")
    return Office(record)


def test_the_verdict_and_an_override_are_both_kept(office: Office) -> None:
    office.sign("accreditor")
    office.record.now += timedelta(hours=1)
    office.sign("accreditor", Verdict.CONDITIONS, "the board accepts it until May", date(2026, 5, 31))
    first, second = history(office.record.store, "case")
    assert (first.decision.computed, first.decision.decided, first.decision.overrides) == (
        Verdict.DOWNGRADE,
        Verdict.DOWNGRADE,
        False,
    )
    assert (second.decision.computed, second.decision.decided) == (Verdict.DOWNGRADE, Verdict.CONDITIONS)
    assert (second.decision.reason, second.decision.until) == ("the board accepts it until May", date(2026, 5, 31))
    assert office.record.store.verify_chain() > 2
    assert list(history(office.record.store, "estate")) == []
    assert len(list(history(office.record.store))) == 2


@pytest.mark.parametrize(
    ("role", "decided", "reason", "until", "said"),
    [
        ("supplier:acme", None, "", None, "only the accreditor signs a verdict"),
        ("accreditor", Verdict.ACCREDIT, " ", None, "the rules give DOWNGRADE: deciding ACCREDIT against them needs a"),
        ("accreditor", None, "", date(2026, 1, 1), "2026-01-01 is over"),
    ],
)
def test_what_is_refused(
    office: Office, role: str, decided: Verdict | None, reason: str, until: date | None, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        office.sign(role, decided, reason, until)
    assert list(history(office.record.store)) == []


def test_a_key_that_nobody_admitted_signs_nothing(office: Office) -> None:
    office.keys["accreditor"] = signer()
    with pytest.raises(Refused):
        office.sign("accreditor")


def test_a_service_that_is_not_there_is_named(office: Office) -> None:
    with pytest.raises(StoreError, match=r"no service 'cas'; did you mean case\?"):
        office.record.told().of("cas")
