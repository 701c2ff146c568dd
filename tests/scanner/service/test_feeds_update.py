"""``feeds update`` against publishers on loopback: what is taken, what is refused, and that the rest goes on."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scanner.feeds.download import Downloader, Patience
from scanner.feeds.publishers import FEEDS, Part, Route
from scanner.feeds.shelf import Busy, Shelf
from scanner.service.feeds import Desk, Outcome, Watcher, update
from tests.lab.publishers import Behaviour, Publishers, cut, endless, file, status
from tests.scanner.feeds.made import NOW, kev, osv_zip, secdb, zipped

PATIENCE = Patience(connect=2, read=1, total=5, attempts=2, pause=0.01)
DEBIAN = FEEDS["debian"].parts[0].url
KEV = FEEDS["kev"].parts[0].url
ALPINE = "https://secdb.alpinelinux.org/"
WHEN = "Thu, 19 Nov 2026 10:00:00 GMT"


class Told(Watcher):
    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self.outcomes: list[Outcome] = []
        self.bytes = 0

    def began(self, feed: str, step: str, /) -> None:
        self.steps.append((feed, step))

    def progress(self, done: int, _total: int | None, /) -> None:
        self.bytes = done

    def finished(self, outcome: Outcome, /) -> None:
        self.outcomes.append(outcome)


class Side:
    """One user with a shelf and a mirror of the publishers."""

    def __init__(self, folder: Path, lab: Publishers) -> None:
        self.shelf, self.lab, self.told = Shelf(folder), lab, Told()
        self.now = NOW

    def update(self, *names: str, force: bool = False) -> tuple[Outcome, ...]:
        self.now += timedelta(hours=1)
        self.lab.asked.clear()
        desk = Desk(self.shelf, self.told, self.now, force)
        return update(desk, names, Route(self.lab.url), Downloader(PATIENCE))

    def states(self, *names: str, force: bool = False) -> list[str]:
        return [outcome.state for outcome in self.update(*names, force=force)]

    def records(self) -> dict[str, int]:
        return {note.name: note.records for note in self.shelf.load().notes}


@pytest.fixture
def side(tmp_path: Path, publishers: Publishers) -> Side:
    publishers.publish(DEBIAN, file(osv_zip(10), '"v1"'))
    publishers.publish(KEV, file(kev(3), modified=WHEN))
    return Side(tmp_path / "feeds", publishers)


def test_feeds_are_downloaded_decoded_and_in_use(side: Side) -> None:
    outcomes = side.update("debian", "kev", "debian")
    assert [(outcome.feed, outcome.state, outcome.told) for outcome in outcomes] == [
        ("debian", "updated", ""),
        ("kev", "updated", ""),
    ]
    assert side.records() == {"debian": 10, "kev": 3}
    assert side.told.outcomes == list(outcomes)
    assert side.told.steps[:2] == [("debian", "download"), ("debian", "decode")]
    assert side.told.bytes > 0
    advisories = side.shelf.load()
    release = advisories.release("debian:12")
    assert release is not None
    assert [statement.cves for statement in release.statements("package7")] == [("CVE-2026-0007",)]
    assert advisories.exploited("CVE-2026-0002") is not None


def test_what_has_not_changed_is_confirmed_and_not_sent(side: Side) -> None:
    side.update("debian", "kev")
    before = side.shelf.entry("debian")
    assert side.states("debian", "kev") == ["unchanged", "unchanged"]
    assert [headers.get("If-None-Match") for _, headers in side.lab.asked] == ['"v1"', None]
    assert side.lab.asked[1][1]["If-Modified-Since"] == WHEN
    after = side.shelf.entry("debian")
    assert (after.identity, after.confirmed_at) == (before.identity, before.confirmed_at + timedelta(hours=1))
    assert ("debian", "decode") not in side.told.steps[4:]


def test_the_same_bytes_without_validators_are_not_decoded_again(side: Side) -> None:
    side.lab.publish(KEV, file(kev(3)))
    assert side.states("kev") == ["updated"]
    side.told.steps.clear()
    assert side.states("kev") == ["unchanged"]
    assert side.told.steps == [("kev", "download")]


def test_a_broken_entry_is_fetched_again_though_the_server_has_nothing_new(side: Side) -> None:
    side.update("debian")
    entry = side.shelf.entry("debian")
    for path in (side.shelf.folder / "debian" / entry.identity).iterdir():
        if path.suffix != ".json":
            path.write_bytes(b"")
    assert side.states("debian") == ["updated"]
    assert side.records() == {"debian": 10}


def test_force_fetches_again(side: Side) -> None:
    side.update("debian")
    assert side.states("debian", force=True) == ["unchanged"]
    assert "If-None-Match" not in side.lab.asked[0][1]


MORE = osv_zip(20)
FAULTS: dict[str, tuple[Sequence[Behaviour], str]] = {
    "cut off": ([cut(MORE[:-100], len(MORE))], "cut"),
    "truncated, and declared so": ([file(MORE[:-100])], "broken or cut short"),
    "tampered": ([file(MORE[:200] + b"\xff" + MORE[201:])], "broken or cut short"),
    "empty": ([file(b"")], "is not what Debian, through OSV publishes"),
    "an empty archive": ([file(zipped({}))], "it is empty"),
    "only a readme": ([file(zipped({"README.json": b"{}"}))], "its first file 'README.json' begins with '{}'"),
    "a login page": ([file(b"<html>log in</html>", Content_Type="application/zip")], "a proxy or a login page"),
    "another publisher's feed": ([file(kev(), Content_Type="application/zip")], "is not what Debian"),
    "another distribution's records": ([file(osv_zip(20, "AlmaLinux:9"))], "is not what Debian, through OSV publishes"),
    "records of no known release": ([file(osv_zip(20, "Debian:sid"))], "holds no advisory of a known release"),
    "far fewer records": ([file(osv_zip(4))], "has 4 records and the one in use has 10"),
    "older": ([file(osv_zip(20, modified="2026-11-18T00:00:00Z"))], "is of 2026-11-18 and the one in use"),
    "from the future": ([file(osv_zip(20, modified="2026-12-24T00:00:00Z"))], "is to come"),
    "not there": ([status(404)], "is not there (404)"),
    "server fault": ([status(500)], "answers 500 (2 attempts)"),
    "elsewhere": ([status(302, Location="https://evil.example/all.zip")], "not a host of this publisher"),
    "to a file": ([status(302, Location="file:///etc/passwd")], "is no URL"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_feed_is_refused_with_a_reason_and_the_working_one_stays(side: Side, fault: str) -> None:
    side.update("debian")
    behaviours, told = FAULTS[fault]
    side.lab.publish(DEBIAN, *behaviours)
    failed, other = side.update("debian", "kev")
    assert failed.state == "failed"
    assert told in failed.told
    assert failed.told.isprintable()
    assert failed.note is not None
    assert failed.note.records == 10
    assert other.state == "updated"
    assert side.records() == {"debian": 10, "kev": 3}


@pytest.mark.parametrize("fault", ["far fewer records", "older"])
def test_force_takes_what_compares_badly(side: Side, fault: str) -> None:
    side.update("debian")
    side.lab.publish(DEBIAN, *FAULTS[fault][0])
    assert side.states("debian", force=True) == ["updated"]
    assert side.records()["debian"] in (4, 20)
    assert side.shelf.rollback("debian").manifest.records == 10


def test_more_than_a_feed_may_have(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.service.feeds.FEEDS", {"kev": replace(FEEDS["kev"], max_bytes=1000)})
    for behaviour in (endless(), file(b"x" * 1001)):
        side.lab.publish(KEV, behaviour)
        (outcome,) = side.update("kev")
        assert "1,000" in outcome.told
    assert side.shelf.names() == ()


def test_nothing_is_left_of_downloads(side: Side) -> None:
    side.lab.publish(KEV, cut(kev()[:10], 5000))
    side.update("debian", "kev")
    assert sorted(path.name for path in side.shelf.folder.iterdir()) == ["debian", "lock"]


def test_after_a_rollback_the_newest_is_fetched_again(side: Side) -> None:
    side.update("debian")
    side.lab.publish(DEBIAN, file(osv_zip(20), '"v2"'))
    side.update("debian")
    side.shelf.rollback("debian")
    assert side.states("debian") == ["updated"]
    assert side.records() == {"debian": 20}


def test_a_release_that_is_gone_is_told(side: Side) -> None:
    side.update("debian")
    side.lab.publish(DEBIAN, file(osv_zip(10, "Debian:13")))
    (outcome,) = side.update("debian")
    assert (outcome.state, outcome.told) == ("updated", "no longer speaks of debian:12")


def test_a_server_that_packs_what_it_was_asked_to_send_plain(side: Side) -> None:
    side.lab.publish(KEV, file(gzip.compress(kev(3)), Content_Encoding="gzip"))
    assert side.states("kev") == ["updated"]
    side.lab.publish(KEV, file(gzip.compress(bytes(200_000_000), 1), Content_Encoding="gzip"))
    (outcome,) = side.update("kev")
    assert "more than" in outcome.told


def test_only_one_updates(side: Side) -> None:
    with Shelf(side.shelf.folder).lock(), pytest.raises(Busy, match="are being written"):
        side.update("debian")
    assert side.lab.asked == []


def test_what_cannot_be_downloaded_is_said(side: Side) -> None:
    (outcome,) = side.update("ssvc")
    assert outcome.told == "CISA Vulnrichment offers no file to download; use: estatecheck feeds import FILE"


@pytest.fixture
def alpine(side: Side) -> Side:
    page = b'<a href="../">..</a> <a href="v3.19/">v3.19/</a> <a href="v3.20/">x</a> <a href="edge/">edge</a>'
    side.lab.publish(ALPINE, file(page))
    for release in ("v3.19", "v3.20"):
        side.lab.publish(f"{ALPINE}{release}/main.json", file(secdb(release), f'"{release}"', WHEN))
    side.lab.publish(f"{ALPINE}v3.20/community.json", file(secdb("v3.20", 5), '"c"', WHEN))
    return side


def test_a_feed_of_many_files_is_found_by_its_listing(alpine: Side) -> None:
    assert alpine.states("alpine") == ["updated"]
    assert alpine.shelf.load().releases() == ("alpine:3.19", "alpine:3.20")
    (note,) = alpine.shelf.load().notes
    assert (note.records, note.snapshot) == (11, date(2026, 11, 19))  # Last-Modified: the files tell no date
    assert len(alpine.shelf.entry("alpine").manifest.origins) == 3


def test_of_many_files_all_are_fetched_when_one_has_changed(alpine: Side) -> None:
    alpine.update("alpine")
    assert alpine.states("alpine") == ["unchanged"]
    alpine.lab.publish(f"{ALPINE}v3.20/main.json", file(secdb("v3.20", 7), '"new"', WHEN))
    assert alpine.states("alpine") == ["updated"]
    assert alpine.records() == {"alpine": 15}
    alpine.lab.publish(f"{ALPINE}v3.20/community.json", status(404))
    assert alpine.states("alpine") == ["updated"]
    assert alpine.records() == {"alpine": 10}


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (file(b"<html>log in</html>"), "the page lists no folder of a release"),
        (file(b'<a href="v3.99/">'), "offers none of the files it should"),
        (status(404), "is not there"),
        (endless(), "more than the 1,048,576"),
    ],
    ids=["no folders", "nothing in them", "no page", "endless"],
)
def test_a_listing_that_leads_nowhere(alpine: Side, behaviour: Behaviour, told: str) -> None:
    alpine.lab.publish(ALPINE, behaviour)
    (outcome,) = alpine.update("alpine")
    assert told in outcome.told


def test_what_a_mirror_gives_does_not_look_fresh(side: Side) -> None:
    """A mirror may itself be old: the age counts from what the feed says."""
    (outcome,) = side.update("debian")
    assert outcome.note is not None
    assert (outcome.note.fetched, outcome.note.as_of) == ("", date(2026, 11, 19))


def test_the_publisher_itself_makes_a_feed_fresh(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    side.lab.paths["/kev.json"] = [file(kev(), '"v1"')]
    own = replace(FEEDS["kev"], parts=(Part(side.lab.url + "/kev.json"),))
    monkeypatch.setattr("scanner.service.feeds.FEEDS", {"kev": own})
    for day, state in ((25, "updated"), (28, "unchanged")):
        desk = Desk(side.shelf, side.told, datetime(2026, 11, day, tzinfo=UTC))
        (outcome,) = update(desk, ["kev"], Route(), Downloader(PATIENCE))
        assert outcome.state == state
        assert outcome.note is not None
        assert (outcome.note.snapshot, outcome.note.as_of) == (date(2026, 11, 18), date(2026, 11, day))
