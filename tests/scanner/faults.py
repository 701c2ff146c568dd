"""What the fault tests share: misbehaving hosts, a search for secrets, a command under a pseudo-terminal."""

import os
import pty
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import zstandard

from tests.lab.hostile_fixture import Hostile
from tests.lab.sshd import Sshd, keygen, public_key
from tests.scanner.end_to_end import Estate

QUICK = (
    "--check",
    "linux.acct.uid0-extra",
    "--check",
    "linux.acct.empty-password",
    "--quiet",
)  # one as user, one as root
MEMORY = 400 * 1024  # kB of resident memory for one scan, with what the interpreter and its libraries take


def known_hosts(estate: Estate, hostile: Hostile, healthy: Sshd) -> Path:
    """Every key pinned, but for the one server whose key has changed."""
    other = public_key(keygen(estate.folder / "other", "ecdsa"))
    lines = [f"127.0.*,[127.0.*]:{healthy.port} {healthy.host_key.line}"]
    for fault, port in hostile.ports.items():
        key = other if fault == "changed host key" else hostile.host_key
        lines.append(f"[127.0.0.1]:{port} {key.line}")
    path = estate.folder / "known_hosts"
    path.write_text("\n".join(lines) + "\n")
    return path


def misbehaving(estate: Estate, hostile: Hostile, fault: str, name: str = "", credential: str = "lab") -> None:
    """A host of the hostile server; times are short, and long enough for a busy machine."""
    limits = {"host_seconds": 12, "connect_seconds": 1, "login_seconds": 6, "output_bytes": 512 * 1024}
    own = {"credential": credential, "limits": limits}
    estate.hosts[name or fault.replace(" ", "-")] = {
        "ansible_host": "127.0.0.1",
        "ansible_port": hostile.ports[fault],
        "estatecheck": own,
    }


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str
    seconds: float
    kilobytes: int  # resident memory at its peak


# ru_maxrss of a child counts what its parent held until it ran (getrusage(2)): a small process stands between.
BETWEEN = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def measured(estate: Estate, *words: str, **environment: str) -> Ended:
    """Run the command, and see what it took."""
    estate.write()
    out, err = estate.folder / "stdout.txt", estate.folder / "stderr.txt"
    peak = estate.folder / "peak.txt"
    begun = time.monotonic()
    with out.open("wb") as said, err.open("wb") as told:
        done = subprocess.run(
            [sys.executable, "-c", BETWEEN, str(peak), *estate.command(*words)],
            env={**estate.environment, **environment},
            cwd=estate.folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=told,
            check=False,
        )
    seconds = time.monotonic() - begun
    return Ended(done.returncode, out.read_text("utf-8"), err.read_text("utf-8"), seconds, int(peak.read_text()))


def holders(folder: Path, secrets: list[str], database: Path, *, but: tuple[Path, ...] = ()) -> list[str]:
    """Everything under a folder, and every packed piece of evidence, in which one of the secrets stands."""
    needles = [secret.encode() for secret in secrets]
    texts = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path not in but}
    with closing(sqlite3.connect(database)) as record:
        for sha256, packed in record.execute("SELECT hex(sha256), data FROM blob WHERE data IS NOT NULL"):
            texts[f"evidence {sha256}"] = zstandard.ZstdDecompressor().decompress(packed, max_output_size=2**24)
    return [f"{name}: {needle!r}" for name, text in texts.items() for needle in needles if needle in text]


def on_terminal(estate: Estate, columns: int, *words: str) -> str:
    """What the command writes to a terminal so many columns wide."""
    ours, theirs = pty.openpty()
    environment = {**estate.environment, "COLUMNS": str(columns), "TERM": "xterm-256color", "NO_COLOR": "1"}
    process = subprocess.Popen(
        estate.command(*words), env=environment, cwd=estate.folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # EIO: the other side is closed
            break
        said += part
    os.close(ours)
    process.wait()
    return said.decode().replace("\r\n", "\n")
