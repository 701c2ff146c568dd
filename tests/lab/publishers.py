"""Publishers of feeds on loopback: the paths they really have, below a folder per host as a mirror has it, and faults.

Every path has a list of behaviours, one an answer; the last one stays. What was asked is kept in ``asked``.
"""

import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.lab.certificates import Certified

Behaviour = Callable[["Handler"], None]
PIECE = b"x" * 65536


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        publishers = self.server.publishers
        publishers.asked.append((self.path, dict(self.headers)))
        behaviours = publishers.paths.get(self.path)
        if not behaviours:
            status(404)(self)
            return
        (behaviours.pop(0) if len(behaviours) > 1 else behaviours[0])(self)

    def head(self, code: int, **headers: object) -> None:
        self.send_response_only(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests look at ``asked``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    publishers: "Publishers"

    def handle_error(self, *_: object) -> None:
        """Clients that go away are the point of some tests."""


class Publishers:
    def __init__(self, certified: Certified | None = None) -> None:
        """With ``certified`` over TLS alone, as the host of that certificate."""
        self.paths: dict[str, list[Behaviour]] = defaultdict(list)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.publishers = self
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        if certified is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certified.certificate, certified.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://{self.host}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def publish(self, address: str, *behaviours: Behaviour) -> None:
        """What is answered for a publisher's own address, ``https://host/path``."""
        self.paths["/" + address.removeprefix("https://")] = list(behaviours)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def publishers() -> Iterator[Publishers]:
    made = Publishers()
    yield made
    made.stop()


# --- behaviours


def status(code: int, **headers: object) -> Behaviour:
    return lambda handler: handler.head(code, Content_Length=0, **headers)


def file(data: bytes, etag: str = "", modified: str = "", **headers: object) -> Behaviour:
    """An honest server: 304 for the ETag or the date that it gave."""

    def answer(handler: Handler) -> None:
        given = {name: value for name, value in (("ETag", etag), ("Last_Modified", modified)) if value}
        asked = handler.headers
        same = asked["If-None-Match"] == etag if etag else modified and asked["If-Modified-Since"] == modified
        if same:
            handler.head(304, **given)
        else:
            handler.head(200, Content_Length=len(data), **given, **headers)
            handler.wfile.write(data)

    return answer


def cut(data: bytes, declared: int) -> Behaviour:
    """Declares more (or fewer) bytes than come, and closes."""

    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=declared, Connection="close")
        handler.wfile.write(data)
        handler.close_connection = True

    return answer


def drip(data: bytes, pause: float) -> Behaviour:
    """One byte at a time."""

    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=len(data))
        for byte in data:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause)

    return answer


def drip_head(pause: float) -> Behaviour:
    """Headers that never end."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(1000):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            handler.wfile.flush()
            time.sleep(pause)

    return answer


def silent(seconds: float) -> Behaviour:
    return lambda _: time.sleep(seconds)


def endless(megabytes: int = 64) -> Behaviour:
    """Without a declared size, until the client has enough (or the bound, so that no test fills a disk)."""

    def answer(handler: Handler) -> None:
        handler.head(200, Connection="close")
        for _ in range(megabytes * 16):
            handler.wfile.write(PIECE)
        handler.close_connection = True

    return answer


def chunked(data: bytes, last: bytes = b"0\r\n\r\n") -> Behaviour:
    def answer(handler: Handler) -> None:
        handler.head(200, Transfer_Encoding="chunked")
        handler.wfile.write(b"%x\r\n%s\r\n%s" % (len(data), data, last))
        handler.close_connection = True

    return answer
