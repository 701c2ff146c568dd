"""The verdict in words: in every format, on hostile names, and as docs/accreditation.md tells it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from checks.accreditation import Accreditation, Basis, DataAge, Held, Weighed, judge
from checks.accreditation_policy import shipped
from checks.accreditation_rules import Verdict
from checks.check import Theme
from checks.coverage import Looked, Step
from checks.finding import Severity
from inventory.estate import Area
from reports import coverage_chapter
from reports.report import ReportData
from reports.verdict import Beside, because, headline, measured, threshold, verdicts, what_if
from tests.reports.sample import HOSTILE, dark, empty, hostile, sample
from tests.reports.test_availability import told

DOC = (Path(__file__).parents[2] / "docs" / "accreditation.md").read_text("utf-8")
AREAS = {"ash": Area("ash", "Ashmoor"), "bri": Area("bri", "Brindle"), "cob": Area("cob", "Cobham")}
TITLES = {"pending: openssl": "Security updates are pending: openssl", "root-login": "Root may log in with a password"}


def looked(n: int, area: str, step: Step = Step.FULLY_ASSESSED) -> Looked:
    return Looked(f"{area}-{n}", f"{area}-{n:02d}", step, area=area, exposure="internal")


def example(cobham: Step = Step.FULLY_ASSESSED) -> Accreditation:
    """The worked example of docs/accreditation.md."""
    assets = [looked(n, "ash") for n in range(10)] + [looked(n, "bri") for n in range(11)]
    assets += [looked(n, "cob", cobham) for n in range(6)]
    openssl = tuple(Held(f"EC-{n:04d}", f"ash-{n}", Severity.CRITICAL, overdue=n <= 2) for n in range(1, 6))
    login = tuple(Held(f"EC-{n:04d}", f"bri-{n}", Severity.HIGH) for n in range(6, 9))
    issues = (
        Weighed("pending: openssl", TITLES["pending: openssl"], Theme.MISSING_OS_PATCH, openssl),
        Weighed("root-login", TITLES["root-login"], Theme.WEAK_CONFIG, login),
    )
    data = (DataAge("debian", 1), DataAge("kev", 3))
    basis = Basis("estate", "Fenmarsh", tuple(assets), AREAS, issues, data, by_risk=True, has_clocks=True)
    return judge(shipped(), basis)


def block(one: Accreditation) -> str:
    rows = [
        f"{'yes' if line.holds else 'NO':<4}{line.rule.id:<18}{measured(line)}; needed: {threshold(line.rule)}"
        for line in (*one.gate, *one.rules)
    ]
    return "\n".join([f"{one.verdict.value}. {because(one)}", *rows, *what_if(one, TITLES, 5)])


@pytest.mark.parametrize("one", [example(), example(Step.ATTEMPTED)], ids=["all looked at", "an area in the dark"])
def test_the_worked_example_of_the_manual(one: Accreditation) -> None:
    assert f"```\n{block(one)}\n```" in DOC


def test_the_manual_names_every_rule_and_key() -> None:
    policy = shipped()
    assert [rule.id for rule in (*policy.gate, *policy.rules) if f"`{rule.id}`" not in DOC] == []
    assert [verdict.value for verdict in Verdict if verdict.value not in DOC] == []


def test_all_formats_say_it_at_the_top() -> None:
    data = sample()
    assert data.verdicts is not None
    page, terminal, document = told(data)
    said = headline(data.verdicts)
    assert said.split(". ")[0] in page.split("Contents", 1)[0]
    assert terminal.index("VERDICT: INSUFFICIENT EVIDENCE") < terminal.index("COVERAGE")
    assert " ".join(said.split()) in " ".join(terminal.split())
    assert isinstance(document["verdicts"], dict)
    assert document["verdicts"]["estate"]["verdict"] == "INSUFFICIENT EVIDENCE"
    assert document["verdicts"]["estate"]["ceiling"] == "WITHDRAW"
    for area in (
        "Brindle Magistrates (10 of 11",
        "Dunwick Tribunals (1 of 6",
        "Estuary Records Office (no asset in scope)",
    ):
        assert area in " ".join(page.replace("\xa0", " ").split())


def test_each_service_stands_with_what_failed() -> None:
    page, _, document = told(sample())
    for service in ("Case File", "Printing"):
        assert service in page.split("By service", 1)[1]
    assert isinstance(document["verdicts"], dict)
    assert [one["subject"] for one in document["verdicts"]["services"]] == ["service:casefile", "service:print"]


def test_a_targeted_visit_gives_none() -> None:
    page, terminal, document = told(replace(sample(), verdicts=None, kind="verify"))
    assert "This report gives no verdict" in page
    assert "VERDICT" not in terminal
    assert document["verdicts"] is None


def test_what_could_not_be_looked_at_again_is_counted_and_said() -> None:
    data = sample()
    assert "1 earlier occurrence on 1 asset was not looked at again" in told(data)[0]
    assert data.verdicts is not None
    (rule,) = (line for line in data.verdicts.estate.rules if line.rule.id == "high")
    assert "EC-9002" in rule.refs


@pytest.mark.parametrize("state", ["VERIFIED_FIXED", "FALSE_POSITIVE", "OUT_OF_SERVICE"])
def test_what_is_closed_does_not_count(state: str) -> None:
    data = sample()
    closed = tuple(
        replace(issue, occurrences=tuple(replace(o, state=state) for o in issue.occurrences)) for issue in data.issues
    )
    told = verdicts(replace(data, issues=closed), shipped(), Beside(overdue=frozenset()))
    assert told.estate.ceiling is Verdict.CONDITIONS
    assert {line.rule.id for line in told.estate.rules if not line.holds} == {"identity", "everywhere"}


@pytest.mark.parametrize("state", ["OPEN", "CLAIMED_FIXED", "CLAIM_UNVERIFIABLE", "STALE", "MITIGATED"])
def test_what_nobody_has_proven_counts(state: str) -> None:
    data = sample()
    held = tuple(
        replace(issue, occurrences=tuple(replace(o, state=state) for o in issue.occurrences)) for issue in data.issues
    )
    told = verdicts(replace(data, issues=held), shipped(), Beside(overdue=frozenset()))
    assert data.verdicts is not None
    counts = {line.rule.id: line.measured for line in told.estate.rules}
    assert counts["critical"] == 8
    assert counts["accepted"] == 0


@pytest.mark.parametrize("data", [dark(), empty()], ids=["dark", "empty"])
def test_nothing_seen_is_never_a_good_verdict(data: ReportData) -> None:
    told = verdicts(data, shipped(), Beside(overdue=frozenset()))
    assert told.estate.verdict is Verdict.INSUFFICIENT
    assert because(told.estate)


def test_hostile_names_stay_text() -> None:
    page, terminal, document = told(hostile())
    assert "<script>alert(1)" not in page
    assert "\x1b" not in terminal
    assert json.dumps(document["verdicts"])
    assert HOSTILE[0] in json.dumps(document["verdicts"], ensure_ascii=False)


def test_coverage_by_service_supplier_and_kind_adds_up() -> None:
    data = sample()
    for table in coverage_chapter.tables(data):
        assert sum(row.known for row in table.rows) == len(data.assets)
        assert all(coverage_chapter.adopted(row) for row in table.rows)
    assert coverage_chapter.operating(data) == "Logged in to something in 4 of 5 areas; not in Estuary Records Office."
    assert {row.known for table in coverage_chapter.tables(empty()) for row in table.rows} == {0}
