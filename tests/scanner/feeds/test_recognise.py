"""Which feed some bytes are of, whatever the file is called; and that every publication and decoder fit together."""

import re
from urllib.parse import urlsplit

import pytest

from checks.advisories.formats import DECODERS
from scanner.feeds.publishers import FEEDS, Route, publication, split
from scanner.feeds.recognise import Unknown, recognise
from scanner.feeds.support_dates import FeedError
from scanner.feeds.unpack import Bounds, members
from tests.data import folder
from tests.scanner.feeds.made import kev, osv_record, secdb

BOUNDS = Bounds(10**9, 10**9, 10_000)
REAL = {
    "almalinux-osv-8-9-10.tar.zst": "almalinux",
    "alpine-secdb.tar.zst": "alpine",
    "debian-osv-10-13.jsonl.zst": "debian",
    "endoflife-products.json": "endoflife",
    "epss-20260816.csv.zst": "epss",
    "fortinet-cvrf.tar.zst": "fortinet",
    "kev.json": "kev",
    "redhat-osv-el8-el9.jsonl.zst": "redhat",
    "rocky-osv.tar.zst": "rocky",
    "ssvc-vulnrichment.csv.zst": "ssvc",
    "suse-osv-sles15-leap15.jsonl.zst": "suse",
    "ubuntu-cve-tracker-bionic-noble.jsonl.zst": "ubuntu",
    "wesng-definitions-20260628.zip": "windows-kb",
    "eol-debian/debian.csv": "distro-info",
    "eol-debian/ubuntu.csv": "distro-info",
    "eol-debian/security-support-limited": "debian-support",
    "eol-debian/security-support-ended.deb12": "debian-support",
}


@pytest.mark.parametrize("name", REAL)
def test_the_real_files(name: str) -> None:
    path = folder() / "feeds" / name
    with path.open("rb") as file:
        known = recognise(members(file, path.name, BOUNDS))
        assert known.publication.name == REAL[name]
        assert known.format in known.publication.formats


@pytest.mark.parametrize("name", ["eol-debian/lynis-software-eol.db"])
def test_real_files_that_are_no_feed_of_ours(name: str) -> None:
    path = folder() / "feeds" / name
    with path.open("rb") as file, pytest.raises(Unknown, match="is no feed that we know; its first file"):
        recognise(members(file, path.name, BOUNDS))


@pytest.mark.parametrize(
    ("ecosystem", "feed"),
    [
        ("Debian:12", "debian"),
        ("Ubuntu:22.04:LTS", "ubuntu"),
        ("Ubuntu:Pro:18.04:LTS", "ubuntu"),
        ("AlmaLinux:9", "almalinux"),
        ("Rocky Linux:8", "rocky"),
        ("Red Hat:enterprise_linux:9::appstream", "redhat"),
        ("SUSE:Linux Enterprise Server 15 SP5", "suse"),
        ("openSUSE:Leap 15.6", "opensuse"),
        ("Alpine:v3.19", "alpine"),
    ],
)
def test_osv_records_tell_their_ecosystem(ecosystem: str, feed: str) -> None:
    files = [("LICENSE", b"MIT"), ("x/DSA-1.json", osv_record(1, ecosystem)), ("x/DSA-2.json", b"{}")]
    known = recognise(files)
    assert (known.publication.name, known.format) == (feed, "osv")
    assert list(known.files) == files


def test_a_record_that_begins_with_a_long_text() -> None:
    record = b'{"id": "DSA-1-1", "details": "' + b"x" * 20_000 + b'", ' + osv_record(1)[1:]
    readmes = [(f"README{number}.json", b"{}") for number in range(200)]
    assert recognise([*readmes, ("DSA-1.json", record)]).publication.name == "debian"


def test_records_of_an_ecosystem_that_we_have_no_feed_for() -> None:
    with pytest.raises(Unknown):
        recognise([("GHSA-1.json", osv_record(1, "PyPI"))])


def test_a_feed_that_was_asked_for_must_be_that_feed() -> None:
    assert recognise([("x.json", kev())], FEEDS["kev"]).format == "kev"
    assert recognise([("main.json", secdb())], FEEDS["alpine"]).format == "alpine-secdb"
    with pytest.raises(Unknown, match=r"is not what CISA publishes; its first file 'x\.json' begins with"):
        recognise([("x.json", secdb())], FEEDS["kev"])


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([], "it is empty"),
        ([("all.zip", b"<!DOCTYPE html><html>Please log in")], "it is a web page or XML (a proxy or a login page"),
        ([("all.zip", b"\x1b[31m\x00\xff")], r"'all.zip' begins with '\x1b[31m\x00\ufffd'"),
    ],
    ids=["empty", "web page", "noise"],
)
def test_what_is_no_feed_is_shown(files: list[tuple[str, bytes]], told: str) -> None:
    with pytest.raises(Unknown) as caught:
        recognise(files, FEEDS["debian"])
    assert told in str(caught.value)
    assert str(caught.value).isprintable()


def test_every_publication_has_decoders_and_every_decoder_a_publication() -> None:
    assert {form for feed in FEEDS.values() for form in feed.formats} == set(DECODERS)
    for feed in FEEDS.values():
        shared = any(feed.formats[0] in other.formats for other in FEEDS.values() if other is not feed)
        assert feed.marks or not shared, feed.name


def test_publishers_are_asked_over_https_and_bounded() -> None:
    for feed in FEEDS.values():
        addresses = [part.url for part in feed.parts] + ([feed.listing.url] if feed.listing else [])
        assert bool(addresses) == feed.downloadable
        assert feed.about < feed.max_bytes <= feed.max_unpacked, feed.name
        assert feed.licence, feed.name
        for address in addresses:
            assert split(address).scheme == "https"
            assert not re.search(r"[ ?#]", address)
    assert not FEEDS["ssvc"].downloadable


def test_a_mirror_holds_a_folder_for_each_host() -> None:
    feed = FEEDS["rocky"]
    address = feed.parts[0].url
    host = urlsplit(address).netloc
    plain, route = Route(), Route("http://mirror.example:8080/feeds/")
    assert plain.url(address) == address == f"https://{host}/Rocky%20Linux/all.zip"
    assert plain.hosts(feed, address) == {host}
    assert not plain.plain_http
    assert route.url(address) == f"http://mirror.example:8080/feeds/{host}/Rocky%20Linux/all.zip"
    assert route.hosts(feed, address) == {"mirror.example:8080"}
    assert route.plain_http
    assert not Route("https://mirror.example").plain_http


@pytest.mark.parametrize(
    ("mirror", "told"),
    [
        ("mirror.example", "no URL that begins with https"),
        ("file:///srv/mirror", "no URL that begins with https"),
        ("https://user:hunter2@mirror.example", "user name or a password"),
        ("https://mirror.example/?x=1", "has a query"),
        ("https://mirror.example/\x1b[31m", "no URL that begins with https"),
    ],
)
def test_mirrors_that_are_none(mirror: str, told: str) -> None:
    with pytest.raises(FeedError) as caught:
        Route(mirror)
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_unknown_feed_lists_the_known_ones() -> None:
    with pytest.raises(FeedError, match="there is no feed 'debain'; there are debian, ubuntu"):
        publication("debain")
