"""Starting a worker's process, also ahead of time: it imports and loads the checks while the scanner does the same.

Imports nothing of ours, so that a command can start its workers before all else.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

SMALL = 20  # visits; for fewer, starting a process costs more than it saves
END_SECONDS = 2.0  # for the worker to end after its input did
PIPE_BYTES = 1 << 20  # a few visits ahead, so that the worker never waits for the scanner's turn
F_SETPIPE_SZ = 1031  # fcntl(2); another system refuses it, and its pipes stay as they are
BENCH, READER = "bench", "reader"  # what a worker is to be

KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "LC_",
    "LD_",
    "PYTHON",
)  # of the environment; secrets may be in the rest
CODE = "import sys; sys.path[:] = {path!r}; from scanner.service.worker import main; main()"


@dataclass(frozen=True, slots=True)
class Started:
    """``inlet``, ``outlet``: our ends of its output and its input, for one taker."""

    process: "subprocess.Popen[bytes]"
    inlet: int
    outlet: int


_ahead: dict[tuple[str, str], Started] = {}  # by its code and what it is to be


@contextlib.contextmanager
def ahead(visits: int) -> Iterator[None]:
    """One worker of each sort starts now, where so many visits are worth it; who starts one below gets this one.

    Those that nobody got are ended.
    """
    try:
        if visits >= SMALL and sys.executable:
            with contextlib.suppress(OSError):  # who starts one below is told why it cannot be done
                for sort in (BENCH, READER):
                    _ahead[CODE, sort] = _start(CODE, sort)
        yield
    finally:
        while _ahead:
            _, one = _ahead.popitem()
            one.process.kill()  # it has nothing to lose, and may be loading still
            one.process.wait()
            os.close(one.outlet)
            os.close(one.inlet)


def start(code: str, sort: str) -> Started:
    """In a session of its own: Ctrl-C reaches the scanner only. Raises ``OSError``."""
    return _ahead.pop((code, sort), None) or _start(code, sort)


def _start(code: str, sort: str) -> Started:
    with _pipe() as (their_in, our_out), _pipe() as (our_in, their_out):
        process = subprocess.Popen(
            [sys.executable, "-c", code.format(path=sys.path), sort],
            stdin=their_in,
            stdout=their_out,
            env={key: value for key, value in os.environ.items() if key.startswith(KEPT)},
            start_new_session=True,
        )
        return Started(process, os.dup(our_in), os.dup(our_out))


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Closed here in the end: who goes on using an end has taken a copy."""
    reading, writing = os.pipe()
    try:
        with contextlib.suppress(OSError):
            fcntl.fcntl(writing, F_SETPIPE_SZ, PIPE_BYTES)
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Its input has ended; it is waited for."""
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
