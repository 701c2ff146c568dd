"""Which feed may take the place of the one in use."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scanner.feeds.acceptance import Refused, accept, well_formed
from scanner.feeds.manifest import DOWNLOAD, Manifest, TableNote
from scanner.feeds.shelf import described
from tests.scanner.feeds.made import NOW, decoded

TODAY = NOW.date()
BEFORE = described("debian", decoded(100), (), NOW, DOWNLOAD)


def changed(records: int = 100, days: int = 0) -> Manifest:
    return replace(BEFORE, records=records, snapshot=BEFORE.snapshot + timedelta(days=days))


@pytest.mark.parametrize(
    "new", [changed(), changed(50), changed(5000), changed(days=1), changed(days=2)], ids=lambda m: f"{m.records}"
)
def test_taken(new: Manifest) -> None:
    assert accept(new, BEFORE, TODAY, force=False) == ()
    assert accept(new, None, TODAY, force=False) == ()


@pytest.mark.parametrize(
    ("new", "told", "forced"),
    [
        (changed(49), "has 49 records and the one in use has 100; if that is meant, take it with --force", True),
        (changed(days=-1), "is of 2026-11-18 and the one in use of 2026-11-19; if that is meant", True),
        (changed(0), "holds no records", False),
        (replace(changed(), tables={"debian:12": TableNote("ab" * 32, 0, 0)}), "holds no records", False),
        (changed(days=3), "2026-11-22, which is to come", False),
    ],
    ids=["fewer", "older", "none", "empty table", "future"],
)
def test_refused(new: Manifest, told: str, forced: bool) -> None:
    with pytest.raises(Refused) as caught:
        accept(new, BEFORE, TODAY, force=False)
    assert told in str(caught.value)
    if forced:
        assert accept(new, BEFORE, TODAY, force=True) == ()
        assert accept(new, None, TODAY, force=False) == ()
    else:
        with pytest.raises(Refused):
            accept(new, BEFORE, TODAY, force=True)
        with pytest.raises(Refused):
            accept(new, None, TODAY, force=False)


def test_a_release_that_is_gone_is_told() -> None:
    other = described("debian", decoded(100, release="debian:13"), (), NOW, DOWNLOAD)
    assert accept(other, BEFORE, TODAY, force=False) == ("no longer speaks of debian:12",)


def test_tables_of_others_are_looked_at() -> None:
    well_formed(decoded().tables)
    well_formed({"a": b"a\t\nab\t1\nb\t2\n"})
    for data in (b"", b"a\t1", b"a\n", b"b\t1\na\t2\n", b"a\t1\na\t2\n", b"\n", b"a\t1\n\n"):
        with pytest.raises(Refused, match="its table t "):
            well_formed({"t": data})


def test_snapshot_of_made_feeds_is_what_these_tests_count_on() -> None:
    assert BEFORE.snapshot == date(2026, 11, 19)
