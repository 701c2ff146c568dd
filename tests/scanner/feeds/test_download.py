"""Downloads from real sockets: honest servers, slow ones, broken ones and lying ones."""

import base64
import hashlib
import io
import time

import pytest

from scanner.feeds.download import Ask, Downloader, Got, NotThere, Patience, Unavailable, _checked
from tests.lab.publishers import (
    Behaviour,
    Publishers,
    chunked,
    cut,
    drip,
    drip_head,
    endless,
    file,
    silent,
    status,
)

DATA = b"all of it" * 1000
SHA256 = hashlib.sha256(DATA).digest()
PATIENCE = Patience(connect=2, read=0.3, total=1.5, attempts=3, pause=0.01)


def fetch(lab: Publishers, path: str = "/f", patience: Patience = PATIENCE, **ask: object) -> tuple[Got | None, bytes]:
    out = io.BytesIO()
    asked = {"hosts": frozenset({lab.host}), "max_bytes": 100_000, **ask}
    with Downloader(patience) as downloader:
        got = downloader.fetch(Ask(lab.url + path, **asked), out, lambda *_: None)  # type: ignore[arg-type]
    return got, out.getvalue()


def encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def test_a_file_comes_with_what_its_server_says_of_it(publishers: Publishers) -> None:
    publishers.paths["/f"] = [file(DATA, '"v1"', "Sat, 22 Aug 2026 10:00:00 GMT")]
    got, data = fetch(publishers)
    assert data == DATA
    assert got == Got(publishers.url + "/f", len(DATA), SHA256.hex(), '"v1"', "Sat, 22 Aug 2026 10:00:00 GMT")
    headers = publishers.asked[0][1]
    assert headers["Accept-Encoding"] == "identity"
    assert not {"If-None-Match", "If-Modified-Since"} & headers.keys()


@pytest.mark.parametrize("known", [{"etag": '"v1"'}, {"modified": "Sat, 22 Aug 2026 10:00:00 GMT"}], ids=str)
def test_what_has_not_changed_is_not_sent_again(publishers: Publishers, known: dict[str, str]) -> None:
    publishers.paths["/f"] = [file(DATA, **known)]
    assert fetch(publishers, **known) == (None, b"")


def test_progress_tells_bytes_and_total(publishers: Publishers) -> None:
    publishers.paths["/f"] = [file(DATA)]
    told: list[tuple[int, int | None]] = []
    with Downloader(PATIENCE) as downloader:
        ask = Ask(publishers.url + "/f", frozenset({publishers.host}), 100_000)
        downloader.fetch(ask, io.BytesIO(), lambda done, total: told.append((done, total)))
    assert told[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize(
    ("behaviours", "data"),
    [
        pytest.param([status(500), status(503, Retry_After="0"), file(DATA)], DATA, id="two faults, then well"),
        pytest.param([status(429), file(DATA)], DATA, id="too many requests, then well"),
        pytest.param([cut(DATA[:5], len(DATA)), file(DATA)], DATA, id="cut, then whole: nothing of the first stays"),
        pytest.param([silent(0.6), file(DATA)], DATA, id="silent, then well"),
        pytest.param([chunked(DATA)], DATA, id="chunked, no size declared"),
        pytest.param([file(b"")], b"", id="empty"),
    ],
)
def test_what_passes_is_tried_again(publishers: Publishers, behaviours: list[Behaviour], data: bytes) -> None:
    publishers.paths["/f"] = behaviours
    assert fetch(publishers)[1] == data


@pytest.mark.parametrize(
    ("behaviour", "told", "times"),
    [
        pytest.param(status(500), "answers 500 (3 attempts)", 3, id="500"),
        pytest.param(status(403), "answers 403", 1, id="403 is not asked again"),
        pytest.param(status(304), "answers 304", 1, id="304 that nobody asked for"),
        pytest.param(cut(DATA[:100], len(DATA)), "cut", 3, id="cut connection"),
        pytest.param(chunked(DATA, b""), "cut", 3, id="cut between chunks"),
        pytest.param(cut(DATA, 200_000), "more than the 100,000 it may have", 1, id="declares too much"),
        pytest.param(endless(), "sends more than the 100,000 bytes", 1, id="endless"),
        pytest.param(silent(0.6), "nothing came for too long (3 attempts)", 3, id="silent"),
        pytest.param(file(DATA, Content_MD5=encoded(b"0" * 16)), "do not match the md5 digest", 3, id="wrong md5"),
        pytest.param(status(302, Location="file:///etc/passwd"), "no URL that begins with https", 1, id="to a file"),
        pytest.param(status(302, Location="https://evil.example/f"), "not a host of this publisher", 1, id="elsewhere"),
        pytest.param(status(302, Location="//a:b@evil.example/f"), "user name or a password", 1, id="with credentials"),
        pytest.param(status(302, Location="ftp://127.0.0.1/f"), "no URL that begins with https", 1, id="to ftp"),
        pytest.param(status(302, Location="/f"), "more than 5 redirects", 6, id="in a circle"),
        pytest.param(status(302), "answers 302", 1, id="to nowhere"),
    ],
)
def test_faults_are_told_and_bounded(publishers: Publishers, behaviour: Behaviour, told: str, times: int) -> None:
    publishers.paths["/f"] = [behaviour]
    with pytest.raises(Unavailable) as caught:
        fetch(publishers)
    assert told in str(caught.value)
    assert str(caught.value).startswith(publishers.url + "/f: ")
    assert len(publishers.asked) == times


@pytest.mark.parametrize("behaviour", [drip(DATA, 0.05), drip_head(0.05)], ids=["body", "headers"])
def test_who_drips_byte_by_byte_ends_at_the_total_time(publishers: Publishers, behaviour: Behaviour) -> None:
    publishers.paths["/f"] = [behaviour]
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"not done within 1\.5 seconds"):
        fetch(publishers)
    assert time.monotonic() - began < 4


def test_a_missing_file_is_a_fault_of_its_own(publishers: Publishers) -> None:
    with pytest.raises(NotThere, match=r"is not there \(404\)"):
        fetch(publishers)
    assert len(publishers.asked) == 1


def test_nobody_there() -> None:
    lab = Publishers()
    lab.stop()
    with pytest.raises(Unavailable, match=r"ConnectError.*\(3 attempts\)"):
        fetch(lab)


def test_a_redirect_on_the_same_host_is_followed(publishers: Publishers) -> None:
    publishers.paths["/f"] = [status(301, Location="/today")]
    publishers.paths["/today"] = [file(DATA)]
    got, data = fetch(publishers)
    assert data == DATA
    assert got is not None
    assert got.url == publishers.url + "/f"


@pytest.mark.parametrize(
    "headers",
    [
        {"Repr_Digest": f"sha-256=:{encoded(SHA256)}:"},
        {"Content_Digest": f"sha-512=:{encoded(hashlib.sha512(DATA).digest())}:, sha-256=:{encoded(SHA256)}:"},
        {"Digest": f"SHA-256={encoded(SHA256)}"},
        {"x_goog_hash": f"crc32c=AAAAAA==,md5={encoded(hashlib.md5(DATA).digest())}"},  # noqa: S324 (what it sends)
        {"x_goog_hash": f"md5={encoded(b'0' * 16)}", "x_goog_stored_content_encoding": "gzip"},
        {"Content_MD5": "what is this?"},
        {"Content_Length_": "x"},
    ],
    ids=str,
)
def test_digests_that_hold_or_say_nothing(publishers: Publishers, headers: dict[str, str]) -> None:
    publishers.paths["/f"] = [file(DATA, **headers)]
    assert fetch(publishers)[1] == DATA


@pytest.mark.parametrize("name", ["Repr_Digest", "Content_Digest"])
def test_a_digest_that_does_not_hold(publishers: Publishers, name: str) -> None:
    publishers.paths["/f"] = [file(DATA, **{name: f"sha-256=:{encoded(b'0' * 32)}:"})]
    with pytest.raises(Unavailable, match="do not match the sha-256 digest"):
        fetch(publishers)


@pytest.mark.parametrize(
    ("url", "plain", "told"),
    [
        ("http://192.0.2.1/f", False, "would be asked without TLS"),
        ("http://192.0.2.1/f", True, None),
        ("file:///etc/passwd", True, "no URL"),
        ("https://user:secret@192.0.2.1/f", True, "user name or a password"),
        ("https://[::1/f", True, "no URL"),
        ("https://192.0.2.1:99999/f", True, "no URL"),
    ],
)
def test_which_addresses_are_asked(url: str, plain: bool, told: str | None) -> None:
    ask = Ask(url, frozenset({"192.0.2.1"}), 10, plain_http=plain)
    if told is None:
        assert _checked(url, ask) == url
        return
    with pytest.raises(Unavailable) as caught:
        _checked(url, ask)
    assert told in str(caught.value)


def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch, publishers: Publishers) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy.example")
    with pytest.raises(Unavailable, match="proxy in the environment"):
        fetch(publishers)
