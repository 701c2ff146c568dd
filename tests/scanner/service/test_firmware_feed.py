"""Firmware advisories from the file to the finding: import, judging, and the rows that are kept as evidence."""

import io
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard

from checks.advisories.library import Advisories
from checks.check import Context
from checks.finding import CheckRun, Outcome
from checks.network.vulnerable_firmware import version_vulnerable
from inventory.asset import Asset, Connection
from inventory.facts.device import Device
from scanner.feeds.shelf import Shelf
from scanner.service.feed_rows import advisories_of, query_of, rows_of
from scanner.service.feeds import Desk, Watcher
from scanner.service.feeds import Outcome as Taken
from scanner.service.feeds_import import take_files
from tests.checks.firmware.cvrf import BOMB, advisory, as_xml, plain
from tests.data import folder

NOW = datetime(2026, 2, 15, 12, tzinfo=UTC)
FORTIOS = "fortinet/fortios"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Shelf(tmp_path / "feeds"), Watcher(), NOW)


def archive(path: Path, files: dict[str, bytes], cut: int | None = None) -> Path:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    path.write_bytes(zstandard.compress(held.getvalue()[:cut]))
    return path


def take(desk: Desk, path: Path) -> Taken:
    (taken,) = take_files(desk, [path], None, None)
    return taken


def runs(version: str, advisories: Advisories | None, at: datetime = NOW) -> tuple[CheckRun, ...]:
    device = Device(vendor="Fortinet", os="FortiOS", version=version)
    asset = Asset("fw1", Connection("snmp", "192.0.2.1", 161))
    return version_vulnerable.judge(Context(asset, {"device": device}, at, None, advisories), {})


@pytest.mark.parametrize("form", ["json", "xml"])
def test_an_archive_of_advisories(desk: Desk, tmp_path: Path, form: str) -> None:
    files = {f"{n}.{form}": plain(advisory(n)) if form == "json" else as_xml(advisory(n)) for n in range(1, 4)} | {
        "README": b"x"
    }
    taken = take(desk, archive(tmp_path / "whatever.tar.zst", files))
    assert (taken.feed, taken.state) == ("fortinet", "updated")
    assert taken.note is not None
    assert (taken.note.records, taken.note.snapshot) == (3, date(2026, 2, 10))
    failed, passed = runs("v7.0.1,build0157", desk.shelf.load()), runs("7.0.3", desk.shelf.load())
    assert [(run.outcome, run.subject.key) for run in (*failed, *passed)] == [
        (Outcome.FAIL, FORTIOS),
        (Outcome.PASS, FORTIOS),
    ]
    (member,) = failed[0].members
    assert (member.id, member.attributes["score"], member.attributes["fixed"]) == ("CVE-2026-0001", "9.8", "7.0.3")


def test_a_cut_archive_is_not_taken(desk: Desk, tmp_path: Path) -> None:
    files = {f"{n}.json": plain(advisory(n)) for n in range(1, 9)}
    taken = take(desk, archive(tmp_path / "cut.tar.zst", files, cut=9_000))
    assert taken.state == "failed"
    assert desk.shelf.names() == ()
    whole = archive(tmp_path / "whole.tar.zst", files).read_bytes()
    (tmp_path / "half.tar.zst").write_bytes(whole[: len(whole) // 2])
    assert take(desk, tmp_path / "half.tar.zst").state == "failed"


def test_a_bomb_among_them_is_counted(desk: Desk, tmp_path: Path) -> None:
    files = {f"{n}.json": plain(advisory(n)) for n in range(1, 101)} | {"z.xml": BOMB}
    assert take(desk, archive(tmp_path / "bomb.tar.zst", files)).state == "updated"
    assert desk.shelf.entry("fortinet").manifest.skipped == {"unreadable": 1}


def test_the_rows_are_kept_and_judge_both_visits_again(desk: Desk, tmp_path: Path) -> None:
    take(desk, archive(tmp_path / "a.tar.zst", {"1.json": plain(advisory(1))}))
    advisories = desk.shelf.load()
    failed = runs("7.0.1", advisories)
    rows = rows_of(advisories, {}, failed)
    assert list(rows) == [query_of(FORTIOS)]
    assert rows_of(advisories, {}, runs("7.0.3", advisories)) == {}
    assert rows_of(None, {}, failed) == {}
    again = advisories_of(rows.values(), advisories.notes)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert runs("7.0.1", again, later) == failed
    assert [run.outcome for run in runs("7.0.3", again, later)] == [Outcome.PASS]


@pytest.mark.data
def test_the_real_archive(desk: Desk) -> None:
    taken = take(desk, folder() / "feeds" / "fortinet-cvrf.tar.zst")
    assert taken.note is not None
    assert (taken.feed, taken.state, taken.note.snapshot) == ("fortinet", "updated", date(2025, 2, 12))
    assert taken.note.records == 860
    assert taken.told.startswith("tells no date of its own: taken as of 2025-02-12; --snapshot DATE")
    advisories = desk.shelf.load(max_age_days=1_000)
    worst, gap = runs("v7.0.5,build0304,220208 (GA)", advisories)
    assert (worst.outcome, gap.outcome) == (Outcome.FAIL, Outcome.NOT_ASSESSED)
    members = {member.id: member for member in worst.members}
    assert members["CVE-2022-40684"].attributes["fixed"] == "7.0.7"
    assert len(rows_of(advisories, {}, (worst, gap))[query_of(FORTIOS)]) < 256 * 1024
