"""Recorded devices served on loopback by snmpsim: one process for all, each device under a community of its own."""

import grp
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from scanner.probes.network.varbinds import key_of, read, write
from tests.lab.snmpd import _speaks, free_port
from tests.lab.sshd import stop
from tests.scanner.probes.network.walks import recordings

COMMAND = Path(sys.executable).with_name("snmpsim-command-responder")
INSTALL = "pip install -r requirements/dev.txt"
DEVICES = 30
LARGEST = 30_000  # bytes of a recording: snmpsim reads the whole index of a file at the first request
START_SECONDS = 60.0
READY = "Listening at UDP/IPv4 endpoint"


@dataclass(frozen=True)
class Simulator:
    port: int
    recorded: dict[str, bytes]  # by name of the device
    communities: dict[str, str]


def sample() -> dict[str, bytes]:
    """One device each of many operating systems, spread by hash. On the wire no OID begins with a dot."""
    chosen: dict[str, tuple[str, bytes]] = {}
    for name, text in recordings():
        if len(text) <= LARGEST and text.count(b"|") > 20:
            chosen.setdefault(name.partition("_")[0], (name, text.replace(b"|6|.", b"|6|")))
    spread = sorted(chosen.values(), key=lambda device: sha256(device[0].encode()).digest())
    return dict(spread[:DEVICES])


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """snmpsim wants its records in OID order, and a user who may write its cache."""
    if not COMMAND.exists():
        pytest.skip(f"the lab needs snmpsim: {INSTALL}")
    folder = tmp_path_factory.mktemp("snmpsim")
    (folder / "data").mkdir()
    recorded = sample()
    communities = {name: f"device-{number}" for number, name in enumerate(recorded)}
    for name, text in recorded.items():
        rows = sorted(read(text), key=lambda row: key_of(row.oid))
        (folder / "data" / f"{communities[name]}.snmprec").write_bytes(write(rows))
    port = free_port()
    process = _start(folder, port)
    try:
        _wait(process, port, folder / "log")
        yield Simulator(port, recorded, communities)
    finally:
        stop(process)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        str(COMMAND),
        f"--data-dir={folder / 'data'}",
        f"--cache-dir={folder / 'cache'}",
        f"--agent-udpv4-endpoint=127.0.0.1:{port}",
        f"--process-user={pwd.getpwuid(os.getuid()).pw_name}",
        f"--process-group={grp.getgrgid(os.getgid()).gr_name}",
        "--log-level=info",
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """It says that it listens a moment before it does."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if READY in log.read_text(errors="replace") and _speaks(process, port):
            return
        time.sleep(0.1)
    raise RuntimeError(f"snmpsim did not start: {log.read_text(errors='replace')[-2000:]}")
