"""``feeds update`` over TLS: whom it believes, and that the working feed stays when it believes nobody."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scanner.feeds.download import Downloader, Patience
from scanner.feeds.publishers import FEEDS, Route
from scanner.feeds.shelf import Shelf
from scanner.service.feeds import Desk, Outcome, Watcher, update
from tests.lab.certificates import Authority
from tests.lab.publishers import Publishers, file, status
from tests.scanner.feeds.made import NOW, kev

PATIENCE = Patience(connect=2, read=2, total=5, attempts=2, pause=0.01)
KEV = FEEDS["kev"].parts[0].url
HOST = "127.0.0.1"
Serve = Callable[..., Publishers]


class Quiet(Watcher):
    def began(self, _feed: str, _step: str, /) -> None: ...

    def progress(self, _done: int, _total: int | None, /) -> None: ...

    def finished(self, _outcome: Outcome, /) -> None: ...


class Side:
    """One user who trusts what SSL_CERT_FILE names, and has a working KEV of three records."""

    def __init__(self, folder: Path, trusted: Authority) -> None:
        self.shelf, self.trusted, self.now = Shelf(folder / "feeds"), trusted, NOW

    def update(self, lab: Publishers) -> Outcome:
        self.now += timedelta(hours=1)
        desk = Desk(self.shelf, Quiet(), self.now, force=False)
        (outcome,) = update(desk, ["kev"], Route(lab.url), Downloader(PATIENCE))
        return outcome

    def records(self) -> list[int]:
        return [note.records for note in self.shelf.load().notes]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a publisher whose certificate an authority issued for a name."""
    started: list[Publishers] = []

    def start(authority: Authority, name: str, *, self_signed: bool = False, days: int = 90) -> Publishers:
        certified = authority.issue(f"server-{len(started)}", name, self_signed=self_signed, days=days)
        started.append(Publishers(certified))
        started[-1].publish(KEV, file(kev(4)))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> Side:
    made = Side(tmp_path, Authority(tmp_path, "Trusted CA"))
    monkeypatch.setenv("SSL_CERT_FILE", str(made.trusted.file))
    lab = serve(made.trusted, HOST)
    lab.publish(KEV, file(kev(3)))
    assert (made.update(lab).state, made.records()) == ("updated", [3])
    return made


def test_an_authority_that_is_named_is_believed(side: Side, serve: Serve) -> None:
    assert (side.update(serve(side.trusted, HOST)).state, side.records()) == ("updated", [4])


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("another authority", "unable to get local issuer certificate"),
        ("self-signed", "self-signed certificate"),
        ("another name", "certificate is not valid for '127.0.0.1'"),
        ("expired", "certificate has expired"),
    ],
)
def test_who_is_not_believed_is_refused_and_the_working_feed_stays(
    side: Side, serve: Serve, tmp_path: Path, fault: str, told: str
) -> None:
    authority = Authority(tmp_path, "Other CA") if fault == "another authority" else side.trusted
    name = "192.0.2.1" if fault == "another name" else HOST
    lab = serve(authority, name, self_signed=fault == "self-signed", days=-1 if fault == "expired" else 90)
    outcome = side.update(lab)
    assert (outcome.state, side.records(), lab.asked) == ("failed", [3], [])
    assert "the server's certificate was refused" in outcome.told
    assert told in outcome.told
    assert "SSL_CERT_FILE" in outcome.told, "what the reader can do about it"


def test_a_redirect_away_from_tls_is_refused(side: Side, serve: Serve, publishers: Publishers) -> None:
    """Also to an address that would be allowed without TLS, being this machine."""
    publishers.publish(KEV, file(kev(4)))
    lab = serve(side.trusted, HOST)
    path = "/" + KEV.removeprefix("https://")
    lab.publish(KEV, status(302, Location=f"http://{lab.host}{path}"))
    outcome = side.update(lab)
    assert (outcome.state, side.records()) == ("failed", [3])
    assert "away from https" in outcome.told
    lab.publish(KEV, status(302, Location=f"{publishers.url}{path}"))
    assert (side.update(lab).state, side.records(), publishers.asked) == ("failed", [3], [])
