"""HTTP, HTTPS and TCP probes against a real nginx, and against servers that break the rules."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Bytes, Http, Tls, Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around
from tests.lab.certificates import NAME
from tests.lab.nginx import Nginx

UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN


def look(watch: Watch, around: Around | None = None) -> Sample:
    return asyncio.run(probe(watch, around or Around()))


def http(port: int, path: str = "/", timeout: float = 3.0, **ask: object) -> Watch:
    return Watch("portal", "http", "127.0.0.1", port, Http(path=path, **ask), timeout_seconds=timeout)  # type: ignore[arg-type]


def https(server: Nginx, label: str, **tls: object) -> Watch:
    told = {"ca": str(server.authority.file), **tls}
    return Watch("portal", "https", "127.0.0.1", server.ports[label], Http(), timeout_seconds=3, tls=Tls(**told))  # type: ignore[arg-type]


@pytest.mark.lab
@pytest.mark.parametrize(
    ("path", "ask", "state", "said"),
    [
        pytest.param("/", {}, UP, "", id="status"),
        pytest.param("/", {"body_has": "Welcome to the .ortal"}, UP, "", id="a word on the page"),
        pytest.param("/", {"body_has": "Goodbye"}, DOWN, "lacks 'Goodbye'", id="the word is not there"),
        pytest.param("/", {"body_lacks": "Welcome"}, DOWN, "holds 'Welcome'", id="a word that must not be there"),
        pytest.param("/", {"header_has": (("content-type", "^text/html"),)}, UP, "", id="header"),
        pytest.param("/", {"header_has": (("x-none", "."),)}, DOWN, "header x-none is 'not there'", id="no header"),
        pytest.param("/", {"method": "HEAD"}, UP, "", id="HEAD"),
        pytest.param("/", {"slow_seconds": 0.0}, DEGRADED, "is slow", id="slow"),
        pytest.param("/broken", {}, DOWN, "status 500; expected: 200 to 299", id="server error"),
        pytest.param("/broken", {"status": (500,)}, UP, "", id="an error that is expected"),
        pytest.param("/empty", {}, UP, "", id="no content"),
        pytest.param("/empty", {"body_has": "x"}, DOWN, "the page (0 bytes) lacks", id="no content, word wanted"),
        pytest.param("/nowhere", {}, DOWN, "status 404", id="not found"),
        pytest.param("/away", {}, DOWN, "status 302", id="a redirect that is not followed"),
        pytest.param("/away", {"redirects": 1, "body_has": "Welcome"}, UP, "", id="a redirect that is followed"),
        pytest.param("/away", {"status": (302,), "redirects_to": "/$"}, UP, "", id="a redirect that is wanted"),
        pytest.param("/loop", {"redirects": 5}, DOWN, "status 302", id="redirects for ever"),
        pytest.param("/guarded", {}, DOWN, "status 401", id="without the token"),
        pytest.param("/guarded", {"headers": (("X-Token", "env:TOKEN"),)}, UP, "", id="a secret by reference"),
    ],
)
def test_what_nginx_answers(lab_nginx: Nginx, path: str, ask: dict[str, object], state: State, said: str) -> None:
    around = Around(secret={"env:TOKEN": "open-sesame"}.__getitem__)
    sample = look(http(lab_nginx.ports["plain"], path, **ask), around)
    assert (sample.state, said in sample.reason) == (state, True), sample.reason
    assert b"open-sesame" not in sample.evidence
    assert sample.evidence.startswith(b"HTTP/1.1 ")
    assert sample.timings["total"] >= sample.timings["connect"] > 0
    assert sample.timings["first_byte"] > 0


@pytest.mark.lab
@pytest.mark.parametrize(
    ("label", "tls", "state", "said"),
    [
        pytest.param("good", {}, UP, "", id="our own authority"),
        pytest.param(
            "good", {"ca": None}, DOWN, "certificate does not hold: unable to get local issuer", id="unknown authority"
        ),
        pytest.param("good", {"names": (NAME,)}, UP, "", id="by name"),
        pytest.param("expired", {}, DOWN, "certificate has expired", id="expired"),
        pytest.param("wrong-name", {}, DOWN, "IP address mismatch", id="another name"),
        pytest.param("self-signed", {}, DOWN, "self-signed certificate", id="self-signed"),
        pytest.param("self-signed", {"fingerprint": "right"}, UP, "", id="self-signed and approved"),
        pytest.param(
            "self-signed", {"fingerprint": "SHA256:" + "0" * 64}, DOWN, "another certificate", id="another one approved"
        ),
        pytest.param("tls12", {}, UP, "", id="TLS 1.2"),
        pytest.param("plain", {}, DOWN, "no TLS session came about", id="no TLS at all"),
    ],
)
def test_whose_certificate_holds(lab_nginx: Nginx, label: str, tls: dict[str, object], state: State, said: str) -> None:
    if tls.get("fingerprint") == "right":
        tls = {"fingerprint": "SHA256:" + lab_nginx.certificates[label].fingerprint}
    sample = look(https(lab_nginx, label, **tls))
    assert (sample.state, said in sample.reason) == (state, True), sample.reason
    if state is UP:
        assert sample.notes["tls"] in ("TLSv1.2", "TLSv1.3")
        assert sample.timings["tls"] > 0


@pytest.mark.lab
def test_a_secret_does_not_follow_a_redirect_to_another_host(lab_nginx: Nginx) -> None:
    heard: list[bytes] = []
    location = f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{lab_nginx.ports['plain']}/guarded\r\n\r\n"
    with server(lambda peer: _answer(peer, location.encode(), heard)) as port:
        watch = http(port, headers=(("X-Token", "env:TOKEN"),), redirects=1)
        sample = look(watch, Around(secret=lambda _: "open-sesame"))
    assert b"open-sesame" in heard[0]
    assert (sample.state, sample.reason) == (DOWN, "status 401; expected: 200 to 299")


def test_nobody_listens() -> None:
    sample = look(http(closed_port()))
    assert sample.state is DOWN
    assert "connection refused" in sample.reason


def test_a_name_that_does_not_exist() -> None:
    sample = look(Watch("x", "tcp", "no-such-host.invalid", 80))
    assert sample.state in (DOWN, UNKNOWN)  # unknown on a machine without a resolver
    assert "does not resolve" in sample.reason


def test_no_way_of_our_own_proves_nothing() -> None:
    sample = look(Watch("x", "tcp", "ff02::1", 80, timeout_seconds=1))
    assert sample.state is UNKNOWN
    assert "here, at the prober" in sample.reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak HTTP/1", id="another protocol"),
        pytest.param(b"HTTP/1.1 200", "ended before the headers did", id="cut"),
        pytest.param(b"", "ended before the headers did", id="nothing"),
        pytest.param(b"HTTP/1.1 999 Odd\r\n\r\n", "it does not speak HTTP/1", id="no status there is"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000, "longer than 65536 bytes", id="endless"),
        pytest.param(b"HTTP/1.1 \x1b[31m500\r\n\r\n", "it does not speak HTTP/1", id="escapes"),
    ],
)
def test_what_is_no_http(said: bytes, reason: str) -> None:
    with server(lambda peer: _answer(peer, said, [])) as port:
        sample = look(http(port))
    assert sample.state is DOWN
    assert reason in sample.reason


def test_a_body_without_end_is_cut() -> None:
    def pour(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(64):
            peer.sendall(b"x" * 65_536)

    with server(pour) as port:
        sample = look(http(port, body_has="nowhere"))
    assert sample.state is DOWN
    assert "the page (1048576 bytes) lacks" in sample.reason


@pytest.mark.parametrize(
    ("first", "byte", "reason"),
    [(b"", b"", "no answer within 0.4 s"), (b"HTTP/1.1 200 OK\r\nx: ", b"y", "no whole answer within 0.4 s")],
    ids=["silence", "a drip"],
)
def test_who_never_comes_to_an_end_is_given_up(first: bytes, byte: bytes, reason: str) -> None:
    ended = threading.Event()

    def drip(peer: socket.socket) -> None:
        peer.send(first)
        while not ended.wait(0.05):
            peer.send(byte)

    with server(drip) as port:
        sample = look(http(port, timeout=0.4))
        ended.set()
    assert (sample.state, sample.reason) == (DOWN, reason)
    assert sample.timings["total"] < 1500


@pytest.mark.parametrize(
    ("ask", "state"),
    [
        pytest.param(Bytes(b"ping\n".hex(), "pong"), UP, id="as expected"),
        pytest.param(Bytes(b"ping\n".hex(), "pang"), DOWN, id="not as expected"),
        pytest.param(None, UP, id="open"),
    ],
)
def test_bytes_over_tcp(ask: Bytes | None, state: State) -> None:
    with server(lambda peer: _answer(peer, b"pong\n", [])) as port:
        assert look(Watch("x", "tcp", "127.0.0.1", port, ask, timeout_seconds=2)).state is state


def _answer(peer: socket.socket, said: bytes, heard: list[bytes]) -> None:
    heard.append(peer.recv(65_536))
    peer.sendall(said)


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def server(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """One that serves each peer with ``act`` and then hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with peer:
                try:
                    act(peer)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(2)
