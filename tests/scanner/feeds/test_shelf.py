"""The shelf: swapped whole or not at all, verified when loaded, the one before kept."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scanner.feeds.manifest import IMPORT, TableNote
from scanner.feeds.shelf import CURRENT, MANIFEST, Busy, Entry, Shelf, ShelfError
from tests.data import ROOT
from tests.scanner.feeds.made import NOW, ORIGINS, decoded

LATER = NOW + timedelta(days=1)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "not" / "yet" / "there")


def home(shelf: Shelf, entry: Entry) -> Path:
    return shelf.folder / entry.manifest.feed / entry.identity


def table(shelf: Shelf, entry: Entry, name: str = "debian:12") -> Path:
    return home(shelf, entry) / entry.manifest.tables[name].sha256


def test_an_empty_shelf_knows_nothing(shelf: Shelf) -> None:
    assert shelf.active() == ()
    assert shelf.load().releases() == ()
    assert not shelf.folder.exists()


def test_what_was_put_is_loaded(shelf: Shelf) -> None:
    entry = shelf.put("debian", decoded(), ORIGINS, NOW)
    advisories = shelf.load()
    assert advisories.releases() == ("debian:12",)
    release = advisories.release("debian:12")
    assert release is not None
    assert [statement.fixed for statement in release.statements("package3")] == ["1.3-1"]
    (note,) = advisories.notes
    assert (note,) == shelf.active()
    assert (note.name, note.publisher, note.licence, note.records) == ("debian", "Debian", "MIT", 10)
    assert (note.snapshot, note.fetched) == (date(2026, 11, 19), "2026-11-20T12:00:30+00:00")
    assert note.digest == entry.manifest.digest
    manifest = json.loads((home(shelf, entry) / MANIFEST).read_bytes())
    assert manifest["origins"] == [
        {
            "url": "https://publisher.example/all.zip",
            "size": 1000,
            "sha256": "ab" * 32,
            "etag": '"v1"',
            "modified": "Fri, 20 Nov 2026 10:00:00 GMT",
        }
    ]
    assert manifest["tables"]["debian:12"]["rows"] == 10
    assert manifest["skipped"] == {"withdrawn": 1}


def test_the_digest_is_of_the_content_alone(shelf: Shelf) -> None:
    first = shelf.put("debian", decoded(), ORIGINS, NOW)
    again = shelf.put("debian", decoded(), (), LATER)
    other = shelf.put("debian", decoded(11), ORIGINS, LATER)
    assert first.manifest.digest == again.manifest.digest != other.manifest.digest
    assert first.identity != again.identity


def test_what_came_as_a_copy_does_not_look_fresh(shelf: Shelf) -> None:
    note = shelf.put("debian", decoded(), ORIGINS, NOW, IMPORT).note
    assert (note.fetched, note.as_of) == ("", date(2026, 11, 19))
    note = shelf.put("debian", decoded(11), ORIGINS, NOW).note
    assert note.as_of == date(2026, 11, 20)


def test_confirming_makes_it_fresh_and_changes_nothing_else(shelf: Shelf) -> None:
    first = shelf.put("debian", decoded(), ORIGINS, NOW)
    confirmed = shelf.confirm("debian", LATER)
    assert confirmed.identity == first.identity
    assert confirmed.note == replace(first.note, fetched="2026-11-21T12:00:30+00:00")
    assert shelf.load().notes == (confirmed.note,)


def test_the_one_before_is_kept_and_can_be_had_back(shelf: Shelf) -> None:
    for records, hours in ((10, 0), (11, 1), (12, 2)):
        shelf.put("debian", decoded(records), ORIGINS, NOW + timedelta(hours=hours))
    assert len([path for path in (shelf.folder / "debian").iterdir() if path.is_dir()]) == 2
    back = shelf.rollback("debian")
    assert (back.manifest.records, back.previous and back.previous.records) == (11, 12)
    assert shelf.load().notes[0].records == 11
    assert shelf.rollback("debian").manifest.records == 12


def test_the_same_content_again_does_not_displace_the_one_before(shelf: Shelf) -> None:
    shelf.put("debian", decoded(10), ORIGINS, NOW)
    for hours in (1, 2, 3):
        shelf.put("debian", decoded(11), ORIGINS, NOW + timedelta(hours=hours))
    assert shelf.rollback("debian").manifest.records == 10


def test_there_may_be_nothing_to_go_back_to(shelf: Shelf) -> None:
    with pytest.raises(ShelfError, match="cannot be read: No such file"):
        shelf.rollback("debian")
    shelf.put("debian", decoded(), ORIGINS, NOW)
    with pytest.raises(ShelfError, match="no earlier entry"):
        shelf.rollback("debian")


DAMAGES: dict[str, Callable[[Shelf, Entry], object]] = {
    "a byte of a table": lambda shelf, entry: flip(table(shelf, entry)),
    "a table is longer": lambda shelf, entry: append(table(shelf, entry)),
    "a table is shorter": lambda shelf, entry: os.truncate(table(shelf, entry), 10),
    "a table is gone": lambda shelf, entry: table(shelf, entry).unlink(),
    "a table is a link": lambda shelf, entry: link(table(shelf, entry)),
    "the manifest": lambda shelf, entry: flip(home(shelf, entry) / MANIFEST),
    "the manifest is gone": lambda shelf, entry: (home(shelf, entry) / MANIFEST).unlink(),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x\ty\n")


def link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_entry_is_refused_and_the_good_one_before_it_is_named(shelf: Shelf, damage: str) -> None:
    shelf.put("kev", decoded(5, release="debian:11"), ORIGINS, NOW)
    shelf.put("debian", decoded(10), ORIGINS, NOW)
    entry = shelf.put("debian", decoded(11), ORIGINS, LATER)
    DAMAGES[damage](shelf, entry)
    loaded = shelf.open()
    assert [note.name for note in loaded.advisories.notes] == ["kev"]
    with pytest.raises(ShelfError, match="the feed debian is broken: ") as caught:
        shelf.load()
    assert "The one of 2026-11-19 is whole: estatecheck feeds rollback debian" in str(caught.value)
    shelf.rollback("debian")
    assert {note.records for note in shelf.load().notes} == {5, 10}


def test_when_both_are_broken_it_has_to_be_fetched_again(shelf: Shelf) -> None:
    entries = [shelf.put("debian", decoded(n), ORIGINS, NOW + timedelta(hours=n)) for n in (10, 11)]
    for entry in entries:
        flip(table(shelf, entry))
    (fault,) = shelf.open().broken
    assert fault.previous is None
    assert "estatecheck feeds update debian" in str(fault)
    with pytest.raises(ShelfError, match="does not match"):
        shelf.rollback("debian")
    shelf.put("debian", decoded(12), ORIGINS, LATER)
    assert shelf.load().notes[0].records == 12


@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"{}",
        b'{"format": 2}',
        b'{"format": 1, "active": "../../etc", "previous": null, "confirmed_at": "2026-11-20T00:00:00+00:00"}',
        b'{"format": 1, "active": "%s", "previous": null, "confirmed_at": "2026-11-20T00:00:00"}' % (b"a" * 64),
    ],
    ids=["empty", "cut", "deep", "no fields", "newer", "a path", "no zone"],
)
def test_a_broken_pointer(shelf: Shelf, pointer: bytes) -> None:
    shelf.put("debian", decoded(), ORIGINS, NOW)
    (shelf.folder / "debian" / CURRENT).write_bytes(pointer)
    with pytest.raises(ShelfError, match="the feed debian is broken"):
        shelf.load()
    shelf.put("debian", decoded(11), ORIGINS, LATER)
    assert shelf.load().notes[0].records == 11


def test_an_entry_under_another_feeds_name_is_refused(shelf: Shelf) -> None:
    shelf.put("debian", decoded(), ORIGINS, NOW)
    (shelf.folder / "debian").rename(shelf.folder / "ubuntu")
    with pytest.raises(ShelfError, match="belongs to the feed debian"):
        shelf.load()


@pytest.mark.parametrize("name", ["", "..", "a/b", "Debian", "a" * 65, "lock\n"])
def test_a_name_is_never_a_path(shelf: Shelf, name: str) -> None:
    with pytest.raises(ShelfError, match="is not a feed's name"):
        shelf.put(name, decoded(), ORIGINS, NOW)
    with pytest.raises(ShelfError, match="is not a table's name"):
        shelf.put("debian", replace(decoded(), tables={f"{name}/../x": b"a\tb\n"}), ORIGINS, NOW)
    assert not shelf.folder.exists()


def test_two_who_write_at_once(shelf: Shelf) -> None:
    shelf.put("debian", decoded(), ORIGINS, NOW)
    with shelf.lock(), shelf.lock():
        with pytest.raises(Busy, match=f"are being written by process {os.getpid()}; try again"):
            Shelf(shelf.folder).put("debian", decoded(11), ORIGINS, LATER)
        assert Shelf(shelf.folder).load().notes[0].records == 10  # reading needs no lock
        shelf.put("debian", decoded(12), ORIGINS, LATER)
    Shelf(shelf.folder).put("debian", decoded(13), ORIGINS, LATER)


def test_a_lock_left_behind_is_no_lock(shelf: Shelf) -> None:
    shelf.folder.mkdir(parents=True)
    with (shelf.folder / "lock").open("w") as file:
        file.write("99999")
        fcntl.flock(file, fcntl.LOCK_EX)
    shelf.put("debian", decoded(), ORIGINS, NOW)


def test_a_feed_swapped_twice_while_it_is_loaded(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader has the pointer, and both entries it could mean are replaced before it opens one."""
    shelf.put("debian", decoded(10), ORIGINS, NOW)
    writer, swaps = Shelf(shelf.folder), iter((11, 12))
    real = Shelf._mapped

    def opened(self: Shelf, name: str, entry: str, table: str, note: TableNote) -> object:
        if self is shelf:
            for records in swaps:
                writer.put("debian", decoded(records), ORIGINS, NOW + timedelta(hours=records))
        return real(self, name, entry, table, note)

    monkeypatch.setattr(Shelf, "_mapped", opened)
    assert shelf.load().notes[0].records == 12


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShelfError, match="cannot be written: Not a directory"):
        Shelf(tmp_path / "file" / "feeds").put("debian", decoded(), ORIGINS, NOW)
    assert Shelf(tmp_path / "file" / "feeds").active() == ()


def test_killed_at_any_moment_leaves_the_old_feed_or_the_new_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scanner.feeds.killed", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    found = json.loads(done.stdout)
    assert len(found) > 10
    assert [died for _, died, *_ in found] == [True] * (len(found) - 1) + [False]
    records = [after for _, _, after, *_ in found]
    assert records == sorted(records)  # old until some step, new from there on
    assert set(records) == {11, 20}
    assert {(last, left) for *_, last, left in found} == {(30, 3)}  # nothing of the dead is left
