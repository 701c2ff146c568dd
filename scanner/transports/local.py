"""The host the scanner itself runs on: the visit's script as a child process.

The child has a process group of its own, a bare environment (the scanner's own may hold secrets) and one limit on
time and one on bytes. Whatever happens, also cancellation, the group is ended before the visit returns.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt, Deadline, Query, Visit
from scanner.transports.script import Transcript, compose, new_marker, read_transcript

SHELL = "/bin/sh"
GRACE_SECONDS = 1.0  # between SIGTERM, which lets the script end its section's group, and SIGKILL
CHUNK = 64 * 1024
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


@dataclass(slots=True)
class _Heard:
    """What the shell has printed so far, kept also when the time runs out in the middle."""

    output: bytearray
    exit_status: int | None = None
    cut_by: Missing | None = None


class LocalTransport:
    """A :class:`scanner.query.Transport`."""

    def __init__(self, asset: Asset, shell: str = SHELL) -> None:
        self.asset = asset
        self.shell = shell

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        marker = new_marker()
        script = compose(queries, marker, self.asset.connection.become)
        started, clock = datetime.now(UTC), time.monotonic()
        heard = _Heard(bytearray())
        try:
            await self._run(script, deadline, heard)
        except OSError as fault:
            missing = Missing(Reason.UNREACHABLE, f"{self.shell} could not be started: {fault.strerror}")
            return Visit(_attempt(started, clock, missing=missing))
        transcript = read_transcript(
            bytes(heard.output),
            queries,
            marker,
            exit_status=heard.exit_status,
            limit=self.asset.limits.output_bytes,
            asked_at=started.timestamp(),
            answered_at=started.timestamp() + (time.monotonic() - clock),
            cut_by=heard.cut_by,
        )
        return Visit(_attempt(started, clock, transcript, heard.cut_by), transcript.answers)

    async def _run(self, script: bytes, deadline: Deadline, heard: _Heard) -> None:
        try:
            async with asyncio.timeout(deadline.left()), _shell(self.shell) as (process, output):
                await _feed(process, script)
                await self._listen(output, heard)
                if heard.cut_by is None:
                    heard.exit_status = await process.wait()
        except TimeoutError:
            heard.cut_by = Missing(Reason.TIMED_OUT, "the visit did not end within the host's time limit")

    async def _listen(self, output: asyncio.StreamReader, heard: _Heard) -> None:
        limit = self.asset.limits.output_bytes
        while chunk := await output.read(CHUNK):
            heard.output += chunk
            if len(heard.output) > limit:
                heard.cut_by = Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {limit} bytes")
                return


def _attempt(
    started: datetime, clock: float, transcript: Transcript | None = None, missing: Missing | None = None
) -> Attempt:
    return Attempt(
        way="local",
        reached=transcript is not None,
        logged_in=transcript is not None,
        privilege=transcript.privilege if transcript else Privilege.NONE,
        missing=missing,
        started_at=started,
        seconds=time.monotonic() - clock,
    )


async def _feed(process: asyncio.subprocess.Process, script: bytes) -> None:
    """The shell reads all of it before it prints anything, so this cannot block against reading."""
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(script)
        await process.stdin.drain()
    process.stdin.close()


@asynccontextmanager
async def _shell(shell: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    """A shell in its own process group, and its output.

    The output pipe is ours and not asyncio's: waiting for the process must not wait for whoever else holds the pipe.
    """
    here, there = os.pipe()
    reader = asyncio.StreamReader()
    pipe = os.fdopen(here, "rb", 0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        process = await _start(shell, there)
        try:
            yield process, reader
        finally:
            await _end(process)
    finally:
        transport.close()


async def _start(shell: str, output: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            shell,
            "-s",
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=asyncio.subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(output)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask, wait a little, then kill the whole group; also when the wait is cancelled once more."""
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        try:
            await _group_gone(process.pid)
        finally:
            _signal_group(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)


async def _group_gone(group: int) -> None:
    """Not only the first shell: its children need a moment to end the sections they watch."""
    ends_at = time.monotonic() + GRACE_SECONDS
    while _signal_group(group, 0) and time.monotonic() < ends_at:  # noqa: ASYNC110 - a group has no event
        await asyncio.sleep(0.01)


def _signal_group(group: int, number: int) -> bool:
    """False when no process of the group is left, or none that is ours to signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
