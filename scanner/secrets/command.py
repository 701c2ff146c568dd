"""Run a command for the secret it prints: no shell, ten seconds, bounded output, its stderr never shown."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

COMMAND_SECONDS = 10.0


def run_command(words: Sequence[str], limit: int, seconds: float = COMMAND_SECONDS) -> tuple[bytes, str]:
    """Its output (at most ``limit`` + 1 bytes) and what went wrong, "" if nothing did."""
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a password tool says there may quote the secret
            start_new_session=True,
        )
    except (OSError, ValueError) as fault:
        return b"", f"the command could not be started ({type(fault).__name__})"
    with process:
        try:
            return _heard(process, limit, time.monotonic() + seconds)
        finally:
            _end(process)


def _heard(process: subprocess.Popen[bytes], limit: int, ends_at: float) -> tuple[bytes, str]:
    slow = "the command did not end in time"
    if process.stdout is None:
        return b"", slow
    output = _read(process.stdout, limit, ends_at)
    if output is None:
        return b"", slow
    if len(output) > limit:
        return b"", f"the command printed more than {limit} bytes"
    try:
        code = process.wait(max(0.0, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", slow
    return (output, "") if code == 0 else (b"", f"the command ended with status {code}")


def _read(stream: IO[bytes], limit: int, ends_at: float) -> bytes | None:
    """Until the end or one byte over the limit; None when the time ran out."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(output) <= limit:
            if not selector.select(max(0.0, ends_at - time.monotonic())):
                return None
            chunk = os.read(stream.fileno(), limit + 1 - len(output))
            if not chunk:
                break
            output += chunk
    return bytes(output)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The command's whole session, if the command still runs: nothing of it stays behind."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
