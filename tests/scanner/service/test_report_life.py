"""The life of a report's findings: what is open is what the report shows, and nothing else of the record."""

from pathlib import Path

from checks.catalogue import catalogue
from checks.finding import Outcome
from reports.life import Backlog
from scanner.service.report import report_data
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer
from tests.scanner.service.clocked import Record
from tests.scanner.store.people_world import signer


def backlog(record: Record, scan: int) -> list[Backlog]:
    life = report_data(record.store, scan, catalogue()).life
    assert life is not None
    return list(life.backlog)


def test_keys_that_were_admitted_are_no_open_findings(tmp_path: Path) -> None:
    record, keeper = Record(tmp_path), signer()
    assert isinstance(keeper, Signer)
    admit(record.store.people, keeper, signer().public_pem, Holder("supplier:larkspur", "Larkspur"), None)
    first, fixed = record.scan(0, Outcome.FAIL), record.scan(5, Outcome.PASS)
    (open_,) = [row for row in backlog(record, first) if row.supplier == "larkspur"]
    assert (open_.open, open_.new, open_.fixed) == (1, 1, 0)
    rows = backlog(record, fixed)
    assert {row.supplier for row in rows} == {"larkspur"}
    assert (rows[-1].open, rows[-1].fixed) == (0, 1)
