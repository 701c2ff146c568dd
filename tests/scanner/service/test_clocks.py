"""Clocks of a record: from what a scan stored to what its report, its JSON and the command say."""

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.clocks import Status
from checks.finding import Outcome
from inventory.estate import Contract, Estate
from inventory.policy import Policy, PolicyFile
from inventory.responsibility import Layer, Responsibility
from reports.clock_desk import fingerprints, overdue
from reports.clocks import headline
from reports.formats import FORMATS
from scanner.service.clock_book import days_off, from_text, in_force
from scanner.service.credits import NoSuchCredits, credits_in
from scanner.service.forecast import forecast
from scanner.service.policies import BadPolicy
from scanner.service.report import report_data
from tests.scanner.service.clocked import CVES, ESTATE, START, Record


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path)


def test_each_member_has_its_own_clock_and_the_first_breached_leads(record: Record) -> None:
    (found,) = record.clocks(record.scan(0, Outcome.FAIL, members=CVES)).findings
    assert [(c.members, c.policy, c.days, c.status) for c in found.clocks] == [
        (("CVE-2026-1",), "moj", 7, Status.BREACHED),
        (("CVE-2026-2",), "moj", 90, Status.RUNNING),
    ]
    assert (found.supplier, found.contracts, found.seen) == ("larkspur", ("core",), True)


def test_clocks_are_those_of_who_answers_for_that_layer_on_the_day(tmp_path: Path) -> None:
    """From day 10 on another supplier answers for the operating system, by another contract."""
    second = Contract("next", "kestrel", clocks=("moj",))
    passed = Responsibility("r1", "kestrel", START.date() + timedelta(10), layers=(Layer.OS,), groups=("all",))
    estate = replace(ESTATE, contracts={**ESTATE.contracts, "next": second}, responsibilities=(passed,))
    record = Record(tmp_path, estate)
    (before,) = record.clocks(record.scan(9, Outcome.FAIL)).findings
    (after,) = record.clocks(record.scan(10, Outcome.FAIL)).findings
    assert (before.supplier, before.contracts) == ("larkspur", ("core",))
    assert (after.supplier, after.contracts) == ("kestrel", ("next",))


def test_what_could_not_be_looked_at_keeps_its_clocks(record: Record) -> None:
    before = record.clocks(record.scan(0, Outcome.FAIL, members=CVES))
    (found,) = record.clocks(record.scan(10, Outcome.FAIL, reached=False)).findings
    assert not found.seen
    assert [c.due for c in found.clocks] == [c.due for c in before.findings[0].clocks]


def test_a_verified_fix_stops_the_clock_and_nobody_is_overdue(record: Record) -> None:
    first = record.clocks(record.scan(0, Outcome.FAIL))
    fixed = record.clocks(record.scan(60, Outcome.PASS))
    (found,) = fixed.findings
    assert found.lead.last_fail is not None
    assert found.lead.waited > 50 * 86_400_000
    assert overdue(fixed) == frozenset()
    assert not overdue(first)


def test_overdue_names_what_is_late_and_still_there(record: Record) -> None:
    record.scan(0, Outcome.FAIL)
    late = record.clocks(record.scan(40, Outcome.FAIL))
    assert overdue(late) == fingerprints(late, Status.BREACHED) == {late.findings[0].fingerprint}
    assert headline(late).startswith("1 clock is breached, first: EC-0001 on web-1, due 2026-03-")


def test_a_report_is_the_same_for_ever_whatever_happened_later(record: Record) -> None:
    scan = record.scan(0, Outcome.FAIL, members=CVES)
    before = _rendered(record, scan)
    record.scan(20, Outcome.PASS)
    record.scan(70, Outcome.FAIL)
    assert _rendered(record, scan) == before


def _rendered(record: Record, scan: int) -> dict[str, bytes]:
    made = {}
    for name in ("json", "html", "terminal"):
        out = io.BytesIO()
        FORMATS[name].render(report_data(record.store, scan, catalogue()), out)
        made[name] = out.getvalue()
    return made


def test_every_format_tells_of_them_and_the_json_follows_its_schema(record: Record) -> None:
    import jsonschema

    record.scan(0, Outcome.FAIL, members=CVES)
    made = _rendered(record, record.scan(40, Outcome.FAIL, members=CVES))
    told = json.loads(made["json"])
    schema = json.loads((Path(__file__).parents[3] / "docs/report-schema.json").read_text())
    faults = [f"{f.json_path}: {f.message}" for f in jsonschema.Draft202012Validator(schema).iter_errors(told)]
    assert faults[:3] == []
    assert told["clocks"]["findings"][0]["clocks"][0]["status"] == "breached"
    assert b"Clocks by contract and supplier" in made["html"]
    assert b"1 clock is breached" in made["terminal"]
    assert told["credits"][1]["label"] == "indicative"
    assert b"indicative" in made["html"]


def test_credits_of_a_month_unfold_to_the_findings(record: Record) -> None:
    record.scan(0, Outcome.FAIL)  # medium: due 28 days later, in March
    scan = record.scan(40, Outcome.FAIL)
    data = report_data(record.store, scan, catalogue())
    made = credits_in(record.store, record.store.scan(scan), record.estate, data, "core", "2026-03")
    line = made.lines[1]
    assert (made.complete, line.at_least, line.evidence) == (True, made.at_least, ("EC-0001",))
    assert made.amount(made.at_least) == 50.0
    with pytest.raises(NoSuchCredits, match="had not begun"):
        credits_in(record.store, record.store.scan(scan), record.estate, data, "core", "2026-09")
    with pytest.raises(NoSuchCredits, match="has no table"):
        credits_in(record.store, record.store.scan(scan), record.estate, data, "other", "2026-03")


def test_what_an_earlier_scan_proved_fixed_too_late_still_counts_in_its_month(record: Record) -> None:
    record.scan(0, Outcome.FAIL)
    record.scan(33, Outcome.FAIL)
    record.scan(34, Outcome.PASS)
    scan = record.scan(40, Outcome.PASS)
    data = report_data(record.store, scan, catalogue())
    made = credits_in(record.store, record.store.scan(scan), record.estate, data, "core", "2026-03")
    assert made.lines[1].evidence == ("EC-0001",)


def test_a_short_record_gives_no_forecast(record: Record) -> None:
    scan = record.scan(0, Outcome.FAIL)
    (made,) = forecast(record.store, record.store.scan(scan), record.clocks(scan), catalogue())
    assert "too short" in made.why_not
    assert forecast(record.store, record.store.scan(scan), record.clocks(scan), catalogue(), "somebody") == ()


# policies in force


def test_the_default_holds_where_nobody_names_a_policy_and_the_report_says_so(tmp_path: Path) -> None:
    plain = replace(ESTATE, contracts={})
    book = from_text(in_force(plain, 2026))
    assert (book.use, book.chosen, list(book.policies)) == (("cyber-essentials",), False, ["cyber-essentials"])
    report = Record(tmp_path, plain).clocks(Record(tmp_path, plain).scan(0, Outcome.FAIL))
    assert report.findings == ()  # a setting: no update, so no clock by Cyber Essentials
    assert report.without == 1


OWN = """
use: [ours]
policies:
  - id: ours
    version: "3"
    title: Ours
    source: schedule 7
    date: "2026-01-01"
    zone: Europe/London
    days: working
    holidays: GB-ENG
    start: first-detected
    rules: [{id: all, days: 5}]
"""


def with_file(text: str, path: str = "clocks.yaml") -> Estate:
    return replace(ESTATE, policy=Policy(files=(PolicyFile("clocks", path, text),)))


def test_a_file_of_the_user_s_own_is_kept_with_its_days_off_as_dates(tmp_path: Path) -> None:
    book = from_text(in_force(with_file(OWN), 2026))
    assert book.use == ("ours",)
    assert set(book.policies) == {"ours", "moj"}  # the contract names moj
    assert date(2026, 12, 28) in book.days_off["GB-ENG"]  # Boxing Day on a Saturday is kept on the Monday
    assert book.days_off_from.startswith("holidays ")
    record = Record(tmp_path, with_file(OWN))
    (found,) = record.clocks(record.scan(0, Outcome.FAIL)).findings
    assert {clock.policy: clock.unit for clock in found.clocks} == {"ours": "working days", "moj": "days"}


def test_days_off_do_not_depend_on_the_library_once_a_scan_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(tmp_path, with_file(OWN))
    scan = record.scan(0, Outcome.FAIL)
    before = record.clocks(scan)

    def gone(*_: object, **__: object) -> None:
        raise AssertionError("a report must not ask the library")

    monkeypatch.setattr("holidays.country_holidays", gone)
    assert record.clocks(scan) == before


@pytest.mark.parametrize(
    ("text", "path", "wanted"),
    [
        ("use: [nobody]", "c.yaml", "'nobody' that nobody has written"),
        ("", "mojj", 'did you mean "moj"'),
        (OWN.replace("GB-ENG", "GB-XX"), "c.yaml", "public holidays of 'GB-XX'"),
        (OWN.replace("Europe/London", "Europe/Nowhere"), "c.yaml", "Europe/Nowhere"),
        (OWN.replace("days: 5", "days: soon"), "c.yaml", "c.yaml:13: `days` must be a whole number"),
        ("{", "c.yaml", "c.yaml:2: not readable as YAML"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_before_the_scan(text: str, path: str, wanted: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        in_force(with_file(text, path), 2026)
    assert wanted in str(refused.value)


def test_bank_holidays_of_england() -> None:
    found = days_off("GB-ENG", 2026)
    assert [d.isoformat() for d in found if d.year == 2027] == [
        *("2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30"),
        *("2027-12-25", "2027-12-26", "2027-12-27", "2027-12-28"),
    ]
