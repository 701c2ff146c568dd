"""What the tests of the visit's script share: real shells, and one way to run a script through one of them."""

import shutil
import subprocess
from collections.abc import Sequence

from inventory.asset import Become, Privilege
from scanner.query import Script
from scanner.transports.script import Transcript, compose, new_marker, read_transcript

LIMIT = 8 * 1024 * 1024
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "mksh": ["mksh"]}


def installed(shell: str) -> bool:
    return shutil.which(SHELLS[shell][0]) is not None


def root(name: str, body: str, **limits: int) -> Script:
    return Script(name, body, Privilege.ROOT, **limits)


def read(
    raw: bytes, queries: Sequence[Script], marker: str, exit_status: int | None = 0, limit: int = LIMIT
) -> Transcript:
    return read_transcript(raw, queries, marker, exit_status=exit_status, limit=limit, asked_at=10.0, answered_at=11.0)


def visit(
    queries: Sequence[Script], shell: Sequence[str] = ("sh",), become: Become = Become.NONE, user: int | None = None
) -> tuple[bytes, Transcript]:
    """Compose, run for real, read. ``user``: run as that uid instead of ours."""
    marker = new_marker()
    done = subprocess.run(
        [*shell, "-s"], input=compose(queries, marker, become), capture_output=True, timeout=60, user=user, cwd="/"
    )
    return done.stdout, read(done.stdout, queries, marker, done.returncode)
