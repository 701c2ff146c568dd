"""The life of a report's findings: what is open is what the report shows, and nothing else of the record."""

from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Member, Outcome, Severity
from reports.formats import json_file
from reports.life import Backlog, burn_down
from scanner.service.report import report_data
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer
from tests.scanner.service import patched
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


def test_the_backlog_by_severity_adds_up_and_a_later_scan_does_not_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """openssl on ``app`` was high, is proven fixed by scan 3, and comes back as critical in scan 5."""
    made = patched.patched(tmp_path)
    before = {n: json_file.encoded(report_data(made.store, n, catalogue()))[1] for n in (3, 4)}
    worse = (Member("CVE-2026-9", "fix available", Severity.CRITICAL, {"issued": "2026-03-25", "fixed": "3.0-3"}),)
    monkeypatch.setitem(patched.MEMBERS, "openssl", worse)  # type: ignore[arg-type]  # it is a dict
    said = {"web": {patched.SUDO: patched.BAD}, "app": {patched.SSL: patched.BAD}, "db": {}, "old": None}
    patched.scan(made, 30, said)  # type: ignore[arg-type]  # as its parameter has it
    for n, content in before.items():
        assert json_file.encoded(report_data(made.store, n, catalogue()))[1] == content
    life = report_data(made.store, 5, catalogue()).life
    assert life is not None
    points = burn_down(life.backlog)
    assert [sum(one.by_severity.values()) for one in points] == [one.open for one in points]
    assert points[-1].by_severity[Severity.CRITICAL] == 1  # openssl on app, as it is rated now
    assert all(row.by_severity.keys() == set(Severity) for row in life.backlog)
