"""Administrators' pages and an ntpd that answers strangers, made by hand."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from scanner.probes.web.panels import CONTROL, PANELS
from tests.lab.talkers import Habit, talker
from tests.scanner.transports.looks.outside import one

Page = tuple[str, str, str]  # status, a header, the body
MISSING: Page = ("404 Not Found", "X-A: b", "no")


def site(pages: Callable[[str], Page]) -> Habit:
    def habit(client: socket.socket) -> None:
        path = client.recv(4096).split(b" ")[1].decode()
        status, header, body = pages(path)
        client.sendall(f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    return habit


BASIC = ("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"', "")
SITES: dict[str, tuple[Callable[[str], Page], tuple[str, ...]]] = {
    "nothing": (lambda _path: MISSING, ()),
    "Adminer": (
        lambda path: ("200 OK", "X-A: b", "<title>Login - Adminer</title>") if path == "/adminer.php" else MISSING,
        ("/adminer.php (Adminer)",),
    ),
    "a form": (
        lambda path: ("200 OK", "X-A: b", '<input name=p type="password">') if path == "/admin/" else MISSING,
        ("/admin/ (a log-in)",),
    ),
    "Tomcat": (
        lambda path: BASIC if path == "/manager/html" else MISSING,
        ("/manager/html (Tomcat Manager)",),
    ),
    "all behind a log-in": (lambda _path: BASIC, ()),
    "one page for every path": (
        lambda _path: ("200 OK", "X-A: b", "wordpress jenkins adminer <input type=password>"),
        (),
    ),
    "the path alone": (lambda path: MISSING if path == CONTROL else ("200 OK", "X-A: b", "hello"), ()),
}


@pytest.mark.parametrize("name", SITES)
def test_pages_are_known_by_their_marks(name: str) -> None:
    pages, expected = SITES[name]
    with talker(site(pages)) as port:
        seen = one("web", f"http://:{port}/")
    assert (seen.panels, seen.panels_why) == (expected, "")


def test_a_fragile_asset_is_not_asked_for_them() -> None:
    asked = list[str]()

    def pages(path: str) -> Page:
        asked.append(path)
        return MISSING

    with talker(site(pages)) as port:
        seen = one("web", f"http://:{port}/", fragile=True)
    assert (seen.panels, seen.panels_why) == (None, "its administrators' pages were not asked for")
    assert not {*asked} & {*PANELS}


def test_a_server_that_falls_silent_in_between_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.transports.looks.wire.LISTEN_SECONDS", 0.3)

    def pages(path: str) -> Page:
        if path == "/wp-login.php":
            raise OSError
        return MISSING

    with talker(site(pages)) as port:
        seen = one("web", f"http://:{port}/")
    assert seen.panels is None
    assert seen.panels_why == "1 of its administrators' pages were not answered, /wp-login.php for one"


@contextlib.contextmanager
def ntpd(*modes: int) -> Iterator[int]:
    """Tells the time, and answers questions of these modes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                said, client = server.recvfrom(1024)
                mode = said[0] & 7 if said else 0
                if not said:
                    return
                if mode == 3:
                    server.sendto(b"\x24\x02\0\0" + bytes(20) + said[40:48] + bytes(16), client)
                elif mode in modes:
                    answer = b"\x16\x82" if mode == 6 else b"\x97\x00"
                    server.sendto(answer + bytes(10) + b"version=4.2.6", client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join()


@pytest.mark.parametrize("modes", [(), (6,), (7,), (6, 7)])
def test_monitoring_questions(monkeypatch: pytest.MonkeyPatch, modes: tuple[int, ...]) -> None:
    monkeypatch.setattr("scanner.transports.looks.udp.WAIT_SECONDS", 0.3)
    with ntpd(*modes) as port:
        seen = one("ntp_service", f"ntp://:{port}")
    assert (seen.control, seen.monlist, seen.why) == (6 in modes, 7 in modes, "")


def test_a_time_server_that_is_not_there_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.transports.looks.udp.WAIT_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        seen = one("ntp_service", f"ntp://:{mute.getsockname()[1]}")
    assert (seen.control, seen.monlist, seen.why) == (None, None, "it gives no answer")
