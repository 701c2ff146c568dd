"""Two feeds that speak of one release: what both say counts once, and of two words the stricter stands."""

import json

import pytest

from checks.advisories.formats import DECODERS
from checks.advisories.kernel_rulings import kernel_rulings
from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote, Statement
from checks.advisories.pending import pending_by_both
from checks.advisories.table import Table
from checks.advisories.verdict import TO_UPDATE
from checks.finding import Outcome
from inventory.facts.packages import Package
from tests.checks.advisories.made import TODAY, deb, fix, host, kernel, one_feed, opinion, rpm

LEAP, DEBIAN = ("opensuse-leap", "15.3"), ("debian", "12")
SSL = deb("libssl3", "3.0.11-1", "openssl")
ONE = fix("CVE-1", "3.0.15-1", "DSA-1", severity="high")


def archive(name: str, form: str = "osv", **more: object) -> Feed:
    """One advisory as SUSE's and openSUSE's archives both have it: it names the releases of both."""
    product, leap = "SUSE:Linux Enterprise Server 15 SP3", "openSUSE:Leap 15.3"
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1-150300.2.1"}]}
    record: dict[str, object] = {
        "id": "SUSE-SU-2026:1-1",
        "modified": "2026-03-01T00:00:00Z",
        "published": "2026-03-01T00:00:00Z",
        "summary": "Security update for pcre",
        "related": ["CVE-2026-0001", "CVE-2026-0002"],
        "affected": [
            {"package": {"ecosystem": one, "name": "pcre"}, "ranges": [span], **more} for one in (product, leap)
        ],
    }
    decoded = DECODERS[form].decode([("one.json", json.dumps(record).encode())], name)
    note = FeedNote(name, decoded.publisher, TODAY, decoded.records, "")
    return Feed(note, {table: Table(data) for table, data in decoded.tables.items()})


def told(where: tuple[str, str], item: Package, *feeds: Feed) -> list[tuple[str, list[str]]]:
    """What has to be done, with the members of each."""
    actions = opinion(host(where, item), Advisories(feeds)).actions(TO_UPDATE)
    return [(action.sentence, [member.id for member in action.members]) for action in actions]


PCRE = rpm("libpcre1", "1.0-150300.1.1", "pcre-1.0-150300.1.1.src.rpm", vendor="openSUSE")
BINARIES = {"ecosystem_specific": {"binaries": [{"libpcre1": "1.1-150300.2.1"}]}}


@pytest.mark.parametrize("second", [{}, BINARIES], ids=["both-by-source", "one-by-binary"])
def test_suse_and_opensuse_name_each_others_releases(second: dict[str, object]) -> None:
    one, other = archive("suse"), archive("opensuse", **second)
    assert "opensuse-leap:15.3" in one.tables
    assert "opensuse-leap:15.3" in other.tables
    assert told(LEAP, PCRE, one, other) == told(LEAP, PCRE, one)
    assert [members for _, members in told(LEAP, PCRE, one, other)] == [["CVE-2026-0001", "CVE-2026-0002"]]


def test_the_same_statement_stands_once() -> None:
    feeds = [one_feed("debian:12", {"openssl": [ONE, fix("CVE-2", "")]}, name=name) for name in ("debian", "mirror")]
    release = Advisories(feeds).release("debian:12")
    assert release is not None
    assert sorted(s.advisory for s in release.statements("openssl")) == ["CVE-2", "DSA-1"]
    assert told(DEBIAN, SSL, *feeds) == told(DEBIAN, SSL, feeds[0])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(fix("CVE-1", "3.0.15-1", "DSA-1"), id="without-a-rating"),
        pytest.param(fix("CVE-1", "3.0.15-1", "CVE-1"), id="under-the-name-of-the-cve"),
        pytest.param(fix("CVE-1", "3.0.14-1", "DSA-1"), id="with-a-lower-fix"),
    ],
)
def test_the_same_weakness_in_other_words_is_one_member(other: Statement) -> None:
    first, second = one_feed("debian:12", {"openssl": [ONE]}), one_feed("debian:12", {"openssl": [other]}, name="other")
    ((sentence, members),) = told(DEBIAN, SSL, first, second)
    assert members == ["CVE-1"]
    assert sentence.startswith("openssl: 3.0.15-1 clears 1 known weakness (CVE-1)")
    assert told(DEBIAN, SSL, second, first)[0][1] == members


def test_of_two_words_the_stricter_stands() -> None:
    """An older copy of a feed that knows no fix yet closes nothing, and neither does a newer one by itself."""
    item = deb("libssl3", "3.0.14-1", "openssl")
    lower, higher = (one_feed("debian:12", {"openssl": [fix("CVE-1", v, "DSA-1")]}) for v in ("3.0.14-1", "3.0.15-1"))
    assert told(DEBIAN, item, lower) == []
    assert [members for _, members in told(DEBIAN, item, lower, higher)] == [["CVE-1"]]


def test_the_kernel_counts_once_too() -> None:
    image = Package("linux-image-6.1.0-30-amd64", "6.1.124-1", "amd64", "linux-signed-amd64", "6.1.124+1")
    running = kernel("6.1.0-30-amd64", (image.name, image.version, "6.1.0-30-amd64"))
    feeds = [one_feed("debian:12", {"linux": [fix("CVE-3", "6.1.128-1")]}, name=name) for name in ("debian", "mirror")]
    where = host(DEBIAN, image, kernel=running)
    (said,) = [one for one in kernel_rulings(where, opinion(where, Advisories(feeds))) if one.outcome is Outcome.FAIL]
    assert [member.id for member in said.members] == ["CVE-3"]
    assert "1 known weakness (CVE-3)" in said.observed


def test_a_pass_needs_both_to_be_fresh() -> None:
    fresh, old = (
        one_feed("debian:12", {"bash": [ONE]}, name=name, day=day)
        for name, day in (("debian", TODAY), ("mirror", TODAY.replace(month=1)))
    )
    where = host(DEBIAN, SSL)
    (said,) = pending_by_both(where, opinion(where, Advisories([fresh, old])))
    assert (said.outcome, said.observed.startswith("the mirror feed of 2026-01-02 is 59 days old")) == (
        Outcome.NOT_ASSESSED,
        True,
    )
