"""Stored evidence judged again by today's feeds and rules: what differs is told, and nothing closes by it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from checks.advisories.support import Cycle, SupportDates
from checks.catalogue import catalogue, digest
from checks.check import Check, Context
from checks.finding import CheckRun
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing, Reason
from scanner.engine import fact_of
from scanner.feeds.support_dates import SupportFeed
from scanner.probes import PROBES
from scanner.query import Answer, Attempt
from scanner.service import evaluate_shares
from scanner.service.bench import Order
from scanner.service.evaluate import Judged, Rules, What, evaluate, matching
from scanner.service.evaluate_record import recorded
from scanner.store import visits
from scanner.store.records import HostResult, ScanKind, ScanPlan, ScanState
from scanner.store.store import Store, open_store

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CASES = Path(__file__).parent.parent / "probes" / "linux"
CHECKS = {check.id: check for check in catalogue()}
EOL, ASLR = CHECKS["linux.eol.os-release"], CHECKS["linux.sysctl.aslr"]


def dates(ends: date) -> SupportDates:
    return SupportDates(date(2026, 3, 1), "test", {"debian": (Cycle("debian", "12", ends, None),)})


SUPPORTED, ENDED = dates(date(2028, 6, 30)), dates(date(2026, 3, 1))


def case(probe: str, name: str) -> bytes:
    return (CASES / probe / name / "answer.txt").read_bytes()


@dataclass
class Record:
    """A record whose hosts answered with what real hosts answered."""

    store: Store
    now: datetime = START

    def scan(self, names: Mapping[str, bool], checks: tuple[Check, ...], *, catalogue_digest: str = "cat") -> int:
        """``names`` tells of each host whether it was reached."""
        self.now += timedelta(days=1)
        assets = tuple(Asset(name, Connection("ssh", name), groups=("web",)) for name in names)
        ids = tuple(check.id for check in checks)
        plan = ScanPlan(Estate("Lab", assets), assets, ids, self.now, "0.1", catalogue_digest, "s", "2026-03-01")
        scan = self.store.begin_scan(replace(plan, uses_support=(EOL.id,)))
        for asset in assets:
            self.store.save_host(scan, self.visit(asset, checks, there=names[asset.name]))
        self.store.end_scan(scan, ScanState.COMPLETE, self.now)
        return scan

    def visit(self, asset: Asset, checks: tuple[Check, ...], *, there: bool) -> HostResult:
        began, self.now = self.now, self.now + timedelta(minutes=1)
        gap = None if there else Missing(Reason.UNREACHABLE, "no route")
        parts = {"system": case("system", "debian-12"), "identity": case("identity", "debian-12")}
        parts["identity"] = parts["identity"].replace(b"5c1e0d7a", f"{sum(asset.name.encode()):08x}".encode())
        answers = tuple(Answer(name, output, 0, privilege=Privilege.USER) for name, output in parts.items())
        answers = answers if there else ()
        facts = {answer.query: fact_of(PROBES[answer.query], asset, [answer]) for answer in answers}
        context = Context(asset, facts, began, SUPPORTED)
        runs = tuple(run for check in checks for run in check.judge(context, dict.fromkeys(facts, Privilege.USER)))
        attempt = Attempt("ssh", there, there, Privilege.USER, gap, started_at=began, seconds=1.0)
        identity = facts.get("identity")
        assert identity is None or isinstance(identity, Identity)
        known = replace(identity, ssh_host_keys=()) if identity else None
        return HostResult(asset, attempt, answers, runs, known, "Debian GNU/Linux 12 (bookworm)", self.now)

    def rules(self, support: SupportDates, *checks: Check, catalogue_digest: str = "cat") -> Rules:
        return Rules(checks or (EOL,), catalogue_digest, support, None, self.now + timedelta(hours=1))

    def feed(self) -> SupportFeed:
        return SupportFeed(ENDED, "d", Path("support.json"))


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with open_store(f"sqlite:///{tmp_path / 'record.db'}") as store:
        yield Record(store)


def told(judged: Iterator[Judged]) -> list[tuple[str, What, str]]:
    return [(change.asset, change.what, change.observed) for one in judged for change in one.changes]


def test_the_same_feeds_change_nothing(record: Record) -> None:
    record.scan({"web-1": True, "web-2": True}, (EOL,))
    judged = list(evaluate(record.store, record.rules(SUPPORTED)))
    assert [one.visit.asset.name for one in judged] == ["web-1", "web-2"]
    assert told(iter(judged)) == []


def test_a_new_feed_shows_the_hosts_it_is_about(record: Record) -> None:
    record.scan({"web-1": True, "web-2": False}, (EOL,))
    sentence = "support of Debian GNU/Linux 12 (bookworm) ended on 2026-03-01"
    assert told(evaluate(record.store, record.rules(ENDED))) == [("web-1", What.NEW, sentence)]
    assert record.store.never_seen() == ("web-2",)
    assert record.store.findings() == ()  # telling is not recording


def test_the_last_visit_that_went_through_is_judged(record: Record) -> None:
    first = record.scan({"web-1": True}, (EOL,))
    record.scan({"web-1": False}, (EOL,))
    [judged] = evaluate(record.store, record.rules(ENDED))
    assert (judged.visit.scan_id, record.store.never_seen()) == (first, ())


def test_only_the_hosts_that_are_asked_for(record: Record) -> None:
    record.scan({"web-1": True, "db-1": True}, (EOL,))
    for limit, names in ((["db*"], ["db-1"]), (["web"], ["web-1", "db-1"]), (["nobody"], [])):
        found = evaluate(record.store, record.rules(ENDED), matching(limit))
        assert [one.visit.asset.name for one in found] == names


def test_a_check_that_reads_no_feed_waits_for_a_changed_catalogue(record: Record) -> None:
    record.scan({"web-1": True}, (EOL,))
    both = (EOL, ASLR)
    [same] = evaluate(record.store, record.rules(SUPPORTED, *both))
    assert {run.check_id for run in same.runs} == {EOL.id}
    [other] = evaluate(record.store, record.rules(SUPPORTED, *both, catalogue_digest="newer"))
    assert {run.check_id: run.reason for run in other.runs} == {EOL.id: None, ASLR.id: Reason.NOT_ATTEMPTED}


def test_an_evaluation_is_recorded_once(record: Record) -> None:
    record.scan({"web-1": True, "web-2": True}, (EOL,))
    number = recorded(record.store, record.rules(ENDED), record.feed(), {"web-1"})
    row = record.store.scan(number)
    assert (row.kind, row.state, row.planned, row.done) == (ScanKind.EVALUATE, ScanState.COMPLETE, 1, 1)
    assert [(f.asset, f.state, f.last_fail_scan) for f in record.store.findings()] == [("web-1", "OPEN", number)]
    left = [(asset, what) for asset, what, _ in told(evaluate(record.store, record.rules(ENDED)))]
    assert left == [("web-2", What.NEW)]
    assert record.store.latest_scan().kind is ScanKind.FULL


def test_recording_judges_each_host_once(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.scan({"web-1": True, "web-2": True}, (EOL,))
    judged: list[str] = []
    real = Check.judge

    def counting(self: Check, context: Context, rights: Mapping[str, Privilege]) -> tuple[CheckRun, ...]:
        judged.append(context.asset.name)
        return real(self, context, rights)

    monkeypatch.setattr(Check, "judge", counting)
    recorded(record.store, record.rules(ENDED), record.feed(), {"web-1"})
    assert judged == ["web-1"]


def test_the_evidence_that_raised_a_finding_never_closes_it(record: Record) -> None:
    record.scan({"web-1": True}, (EOL,))
    recorded(record.store, record.rules(ENDED), record.feed(), {"web-1"})
    record.now += timedelta(days=1)
    assert [what for _, what, _ in told(evaluate(record.store, record.rules(SUPPORTED)))] == [What.GONE]
    recorded(record.store, record.rules(SUPPORTED), record.feed(), {"web-1"})
    assert [finding.state for finding in record.store.findings()] == ["OPEN"]


def test_what_a_new_visit_proves_closes_it(record: Record) -> None:
    record.scan({"web-1": True}, (EOL,))
    recorded(record.store, record.rules(ENDED), record.feed(), {"web-1"})
    record.now += timedelta(days=1)
    record.scan({"web-1": True}, (EOL,))
    assert [finding.state for finding in record.store.findings()] == ["VERIFIED_FIXED"]


def test_evidence_that_was_tampered_with_is_no_evidence(record: Record, tmp_path: Path) -> None:
    import sqlite3

    from scanner.store.records import StoreError

    record.scan({"web-1": True}, (EOL,))
    with sqlite3.connect(tmp_path / "record.db") as connection:
        [(packed,)] = connection.execute("SELECT data FROM blob WHERE sha256 IN (SELECT sha256 FROM blob LIMIT 1)")
        connection.execute("UPDATE blob SET data = ?", (packed,))
    connection.close()
    with pytest.raises(StoreError, match="is damaged"):
        list(evaluate(record.store, record.rules(ENDED)))


def test_two_processes_find_what_one_finds(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """More visits than two chunks, so that each process has some."""
    names = [f"web-{number:03d}" for number in range(2 * visits.CHUNK + 10)]
    record.scan(dict.fromkeys(names, True), (EOL,), catalogue_digest=digest(catalogue()))
    rules = record.rules(ENDED, catalogue_digest=digest(catalogue()))
    data = json.dumps(
        {
            "snapshot": "2026-03-01",
            "source": "test",
            "products": {"debian": [{"cycle": "12", "ends": "2026-03-01", "extended_ends": None}]},
        }
    ).encode()
    order = Order((EOL.id,), rules.catalogue_digest, data, hashlib.sha256(data).hexdigest())
    one = evaluate_shares.evaluated(record.store, rules, order, ())
    monkeypatch.setattr(evaluate_shares, "LARGE", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    two = evaluate_shares.evaluated(record.store, rules, order, ())
    assert (two.hosts, two.oldest, two.newest) == (one.hosts, one.oldest, one.newest) == (410, two.oldest, two.newest)
    assert sorted(change.asset for change in two.changes) == names
    assert {change.observed for change in two.changes} == {change.observed for change in one.changes}
