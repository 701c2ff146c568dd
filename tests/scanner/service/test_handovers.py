"""A handover freezes what was open, once; later reports say what was inherited."""

import io
from datetime import timedelta
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from inventory.responsibility import Layer, Responsibility
from reports.formats import FORMATS
from scanner.service.handovers import freeze_due
from tests.scanner.service.test_report_replay import START
from tests.scanner.service.test_verdict import Record

DAY = (START + timedelta(days=3)).date()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    made = Record(tmp_path)
    made.responsibilities = (
        Responsibility("first", "larkspur", START.date(), DAY - timedelta(1), (Layer.OS,), hosts=("web-1", "web-2")),
        Responsibility("second", "quill", DAY, None, (Layer.OS,), hosts=("web-1", "web-2")),
    )
    return made


def freeze(record: Record, scan_id: int) -> int:
    return freeze_due(record.store, catalogue(), scan_id)


def test_what_was_open_at_the_handover_is_inherited_and_what_came_later_is_not(record: Record) -> None:
    first = record.scan(failing="web-1 web-2 db-1")
    assert freeze(record, first) == 0  # its day has not come
    record.scan(failing="web-1 web-2 db-1")
    third = record.scan(failing="web-1", away="db-1")  # on the day itself: web-2 is proven fixed
    assert freeze(record, third) == 1
    (told,) = record.report(third).handovers
    assert (told.baseline.handover.before, told.baseline.handover.after) == ("larkspur", "quill")
    assert told.baseline.handover.assets == ("web-1", "web-2")
    assert set(told.baseline.findings) == {ref(record, "web-1"), ref(record, "web-2")}
    assert told.baseline.scan == 2
    assert told.baseline.evidence_root == record.report(2).evidence_root
    assert told.still == (ref(record, "web-1"),)


def test_it_is_stored_once_and_is_no_longer_worked_out(record: Record) -> None:
    for _ in range(2):
        record.scan(failing="web-1")
    third = record.scan(failing="web-1")
    assert (freeze(record, third), freeze(record, third)) == (1, 0)
    before = record.report(third).handovers
    fourth = record.scan()
    record.scan(failing="web-1")  # it comes back: a new episode, which is nobody's inheritance
    assert freeze(record, fourth) == 0
    assert [one.still for one in record.report(fourth).handovers] == [()]
    assert [one.still for one in record.report(5).handovers] == [()]
    assert record.report(third).handovers == before
    assert [one.evidence_root for _, one in record.store.baselines()] == [before[0].baseline.evidence_root]
    assert record.store.verify_chain() > 0


def test_nothing_is_frozen_of_a_time_before_the_record(record: Record) -> None:
    record.now += timedelta(days=30)
    assert freeze(record, record.scan(failing="web-1")) == 0


def test_it_is_told_in_the_report(record: Record) -> None:
    for _ in range(3):
        last = record.scan(failing="web-1")
    freeze(record, last)
    out = io.BytesIO()
    FORMATS["html"].render(record.report(last), out)
    page = " ".join(out.getvalue().decode().split())
    assert (
        "quill took over the os layer of 2 assets from larkspur. 1 finding counted then (scan 2); 1 of them still"
        in page
    )


def ref(record: Record, asset: str) -> str:
    return next(row.ref for row in record.store.findings() if row.asset == asset)
