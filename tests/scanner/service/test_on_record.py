"""What people said of findings, as a report of a real record tells it."""

from datetime import timedelta
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Outcome
from reports.action_plan import plan
from reports.on_record import OnRecord, ends
from reports.report import ReportData
from scanner.service.report import report_data
from tests.scanner.service.report_pack.packs import ONE, TWO, Made, lived


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return lived(tmp_path_factory.mktemp("lived"))


def told(data: ReportData) -> dict[str, OnRecord]:
    return {one.ref: one for one in data.on_record}


def test_a_claim_a_proof_and_an_acceptance(made: Made) -> None:
    data = report_data(made.store, 3, catalogue())
    found = told(data)
    assert found["EC-0001"].verified is not None, "it was proven fixed and came back"
    assert (found["EC-0001"].state, found["EC-0001"].claimed) == ("OPEN", None)
    claimed = found["EC-0002"]
    assert (claimed.claim, claimed.change, claimed.claimed_by) == ("because", "CHG-7", "Acme Ltd")
    assert claimed.verified is not None
    assert claimed.claimed is not None
    assert claimed.verified > claimed.claimed
    given = found["EC-0003"].acceptance
    assert given is not None
    assert (given.granted, given.owner, given.role, given.reference) == (True, "J. Roe", "accreditor", "CHG-7")
    assert given.until == (given.at + timedelta(days=30)).date().isoformat()
    assert given.asked_by
    assert given.asked_by != given.by, "four eyes"


def test_an_earlier_report_does_not_know_what_was_said_later(made: Made) -> None:
    assert told(report_data(made.store, 1, catalogue())) == {}
    assert told(report_data(made.store, 2, catalogue())).keys() == {"EC-0001"}


def test_the_plan_tells_it(made: Made) -> None:
    rows = list(plan(report_data(made.store, 3, catalogue())))
    assert any("CHG-7 (event" in row.acceptance and row.risk_owner == "J. Roe" for row in rows)
    assert any(row.verification_date for row in rows)


def test_an_acceptance_whose_day_is_over_is_told_as_over(tmp_path: Path) -> None:
    """It stays what it is in the record until the scheduler moves it; the report says what the day is."""
    made = lived(tmp_path)
    made.world.bench.now += timedelta(days=40)
    number = made.scan(web={ONE: Outcome.FAIL, TWO: Outcome.PASS}, db={ONE: Outcome.FAIL})
    given = told(report_data(made.store, number, catalogue()))["EC-0003"].acceptance
    assert given is not None
    assert ends(given, made.world.bench.now.date()).endswith("(over)")
    assert ends(given, (given.at + timedelta(days=30)).date()).endswith("(today)")
    assert ends(given, (given.at + timedelta(days=18)).date()).endswith("(in 12 days)")
