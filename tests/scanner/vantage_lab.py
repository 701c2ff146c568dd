"""What tests of vantage points share: real processes with real certificates on loopback."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanner.service.signing import Signer, load_or_create
from scanner.service.vantage import folder as folders
from scanner.service.vantage.sealing import public_text
from tests.lab.certificates import Authority, Certified
from tests.scanner.serve_lab import until

ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """One vantage point: its folder, its port, and its process while it runs."""

    name: str
    folder: Path
    certified: Certified
    key: str
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    environment: dict[str, str] = field(default_factory=dict)
    program: str = "scanner.cli.main"

    @property
    def said(self) -> str:
        return (self.folder / "said.log").read_text()

    @property
    def inventory(self) -> dict[str, str]:
        return {"url": f"https://127.0.0.1:{self.port}", "key": self.key}

    def start(self, *, wait: bool = True) -> None:
        with (self.folder / "said.log").open("a") as out:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self.program, "vantage", "run", "--folder", str(self.folder)),
                    *("--listen", f"127.0.0.1:{self.port}"),
                    *("--certificate", str(self.certified.certificate), "--key", str(self.certified.key)),
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )
        if wait:
            until(self.listens, 20, lambda: self.said)

    def listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def scanner_of(folder: Path) -> Signer:
    return load_or_create(folder / "signing-key.pem")[0]


def place(name: str, base: Path, scanner: Signer, environment: dict[str, str], **limits: object) -> Place:
    folder = base / name
    public = public_text(scanner.key.public_key())
    key, _ = folders.init(folder, public, ["127.0.0.0/8"])
    if limits:
        told = {"networks": ["127.0.0.0/8"], **limits}
        lines = (f"{word} = {json.dumps(value)}" for word, value in told.items())
        (folder / folders.LIMITS).write_text("\n".join(lines) + "\n")
    certified = Authority(folder).issue("web", "127.0.0.1")
    return Place(name, folder, certified, key, free_port(), environment=environment)


@contextlib.contextmanager
def running(*places: Place) -> Iterator[None]:
    try:
        for one in places:
            one.start(wait=False)
        for one in places:
            until(one.listens, 20, lambda one=one: one.said)
        yield
    finally:
        for one in places:
            one.end()


def wait(seconds: float) -> None:
    time.sleep(seconds)
