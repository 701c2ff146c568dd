"""Estates of many loopback hosts, and the server that plays them."""

import base64
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.cheap_sshd import address
from benchmarks.recording import host_key, public_blob
from checks.catalogue import catalogue, digest
from inventory.asset import Asset, Become, Connection
from inventory.estate import Credential, Estate, Intrusiveness, Scope
from scanner.engine import Pace
from scanner.feeds.support_dates import load as load_support
from scanner.query import HostKey, Surroundings
from scanner.secrets.credentials import CredentialStore
from scanner.service.plan import plan
from scanner.service.scan import Job
from scanner.store.store import open_store

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A server that plays ``hosts`` hosts on one port; ``pid`` tells what it costs."""

    hosts: int
    port: int
    pid: int


@contextlib.contextmanager
def cheap_server(folder: Path, hosts: int, delay: float) -> Iterator[Server]:
    """``folder`` holds recording.json, user and user.pub. The server ends with the block, or with this process."""
    command = [sys.executable, "-m", "benchmarks.cheap_sshd", str(folder), str(hosts), str(delay)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline() if process.stdout else ""
            if not port:
                raise SystemExit("the cheap SSH server did not start; what it said is above")
            yield Server(hosts, int(port), process.pid)
        finally:
            process.terminate()


def make_user_key(folder: Path) -> None:
    if not (folder / "user").exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "benchmark", "-f", str(folder / "user")]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def estate_of(folder: Path, hosts: int, port: int, user: str) -> Estate:
    return Estate(
        name="Benchmark",
        assets=tuple(
            Asset(
                f"host{number:04d}",
                Connection("ssh", address(number), port, user, credential="key", become=Become.SUDO),
                groups=("all",),
            )
            for number in range(hosts)
        ),
        scopes={
            "bench": Scope(
                "bench",
                "the person who runs the benchmark",
                "own loopback",
                date(2020, 1, 1),
                date(2099, 12, 31),
                Intrusiveness.POLITE,
                groups=("all",),
            )
        },
        credentials={"key": Credential("key", key=f"file:{folder / 'user'}")},
        digest="benchmark",
    )


def job_for(folder: Path, record: Path, hosts: int, port: int, workers: int) -> Job:
    """Everything the command line would put together, with every host key pinned already."""
    estate = estate_of(folder, hosts, port, "bench")
    checks = catalogue()
    store = open_store(f"sqlite:///{record}")
    keys = store.host_keys()
    for number, asset in enumerate(estate.assets):
        blob = base64.b64encode(public_blob(host_key(number))).decode()
        keys.pin(asset.connection.address, port, HostKey("ssh-ed25519", blob))
    return Job(
        plan=plan(estate, checks, datetime.now(UTC).date()),
        estate=estate,
        store=store,
        surroundings=Surroundings(CredentialStore(estate.credentials), keys, {a.name: a for a in estate.assets}),
        support=load_support(),
        catalogue_digest=digest(checks),
        tool_version="benchmark",
        pace=Pace(workers=workers, per_subnet=128),
    )


def cpu_seconds_of(pid: int) -> float:
    """User and system time of a process that runs (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(load: float = 0.7, seconds: float = 60.0) -> float:
    """Wait until nothing else keeps this machine busy, or until the time is up; the load comes back."""
    until = time.monotonic() + seconds
    while (now := _busy(1.0)) > load and time.monotonic() < until:
        pass
    return now


def _busy(seconds: float) -> float:
    """How many cores were in use in a short while (proc(5), stat): the load average forgets too slowly."""
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    total, idle = after[0] - before[0], after[1] - before[1]
    return (total - idle) / total * (os.cpu_count() or 1) if total else 0.0


def _ticks() -> tuple[int, int]:
    words = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(words), words[3] + words[4]
