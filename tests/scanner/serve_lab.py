"""What tests of the real daemon share: an estate that is watched, the process, receivers of webhooks and of mail."""

import contextlib
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from scanner.store.store import Store, open_store
from tests.lab import warm
from tests.scanner.end_to_end import SCOPE

SECRET = "a secret for the tests"
PATIENCE = 4  # times what a quiet machine needs


@dataclass
class Watched:
    """An inventory with what is watched, and a record."""

    folder: Path
    hosts: dict[str, Any] = field(default_factory=lambda: {"here": {"ansible_connection": "local"}})
    own: dict[str, Any] = field(default_factory=dict)
    scope: dict[str, Any] = field(default_factory=lambda: dict(SCOPE))
    program: str = "scanner.cli.main"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ESTATECHECK_")}
        return {
            **kept,
            "ESTATECHECK_DATABASE": f"sqlite:///{self.folder / 'record.db'}",
            "ESTATECHECK_INVENTORY": str(self.folder / "inventory.yaml"),
            "ESTATECHECK_OUTPUT": str(self.folder / "out"),
            "ESTATECHECK_SIGNING_KEY": str(self.folder / "signing-key.pem"),
            "ESTATECHECK_FLUSH_SECONDS": "1",
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "LAB_SECRET": SECRET,
        }

    def write(self) -> None:
        own = {"estate": {"name": "Lab"}, "scopes": {"lab": self.scope}, **self.own}
        inventory = {"estatecheck": own, "all": {"hosts": self.hosts}}
        (self.folder / "inventory.yaml").write_text(json.dumps(inventory, indent=1))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", self.program, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return warm.run([*words], self.environment, Path(__file__).parents[2], self.program)

    @contextlib.contextmanager
    def serving(self, *words: str) -> Iterator["Serving"]:
        self.write()
        said = self.folder / f"serve-{time.monotonic_ns()}.log"
        with said.open("w") as out:
            process = subprocess.Popen(
                self.command("serve", *words),
                env=self.environment,
                cwd=Path(__file__).parents[2],
                stdout=subprocess.DEVNULL,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )
        serving = Serving(process, said)
        try:
            yield serving
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
            process.wait()

    def store(self) -> Store:
        return open_store(self.environment["ESTATECHECK_DATABASE"])


@dataclass
class Serving:
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def until(self, words: str, seconds: float = 30.0) -> None:
        until(lambda: words in self.said, seconds, lambda: f"{words!r} was not said: {self.said}")


def until(true: Callable[[], object], seconds: float, told: Callable[[], str] = lambda: "it did not happen") -> None:
    end = time.monotonic() + seconds * PATIENCE
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.05)


class Listener:
    """A TCP server that can be stopped and started again on its port."""

    def __init__(self) -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = int(sock.getsockname()[1])
        self._server: socketserver.ThreadingTCPServer | None = None
        self.start()

    def start(self) -> None:
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), socketserver.BaseRequestHandler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextlib.contextmanager
def listener() -> Iterator[Listener]:
    made = Listener()
    try:
        yield made
    finally:
        made.stop()


@dataclass
class Received:
    url: str
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # status codes to give first; then 204

    def events(self) -> list[tuple[str, str]]:
        told = [json.loads(body) for _, body in self.posts]
        return [(one["event"], one["watch"]) for one in told]


@contextlib.contextmanager
def receiver() -> Iterator[Received]:
    """Takes webhooks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = received.answers.pop(0) if received.answers else 204
            received.posts.append((dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Received(f"http://127.0.0.1:{server.server_address[1]}/hook/token-in-the-address")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def mail_sink() -> Iterator[tuple[int, list[str]]]:
    """As much of SMTP (RFC 5321) as smtplib speaks; offers no STARTTLS. The port, and what was delivered."""
    delivered: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    letter = b""
                    while (text := self.rfile.readline()) != b".\r\n":
                        letter += text
                    delivered.append(letter.decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_address[1], delivered
    finally:
        server.shutdown()
        server.server_close()
