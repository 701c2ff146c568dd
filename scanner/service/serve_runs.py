"""One run of a schedule, as a process of its own.

A child process and not a task of the daemon: parsing what hosts send takes the CPU that probes must not wait for, its
memory goes back when it ends, and it can be killed. It watches its standard input: when the daemon is gone it stops, as
it does at a SIGTERM, and keeps what it has collected. It tells what it does by lines of JSON on its standard output.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scanner.store.watching.records import JobState

END_SECONDS = 3.0  # from SIGTERM to SIGKILL: everything ends within five
GRACE_SECONDS = 60.0  # the child keeps its time limit itself; this much after it, it is ended
MAX_LINE = 64 * 1024
MAX_NOTE = 300


@dataclass(frozen=True, slots=True)
class Errand:
    schedule: str
    due: float
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    state: JobState  # DONE, PARTIAL or FAILED
    note: str = ""


class Runner(Protocol):
    async def run(self, errand: Errand, began: Callable[[int], None], stop: "asyncio.Task[None]") -> Ended:
        """Run it to its end, or until ``stop`` is done. ``began`` gets the number of its scan. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class ChildRunner:
    """``environment``: the daemon's settings, so that the child has the same. It may hold a password: never shown."""

    environment: Mapping[str, str]

    async def run(self, errand: Errand, began: Callable[[int], None], stop: "asyncio.Task[None]") -> Ended:
        words = (sys.executable, "-m", "scanner.cli.scheduled", errand.schedule, str(errand.due))
        pipe = asyncio.subprocess.PIPE
        try:
            child = await asyncio.create_subprocess_exec(
                *words, stdin=pipe, stdout=pipe, env=self.environment, limit=MAX_LINE
            )
        except OSError as fault:
            return Ended(JobState.FAILED, f"its process could not be started: {fault.strerror}")
        try:
            return await _follow(child, errand, began, stop)
        finally:
            await _end(child)


async def _follow(
    child: asyncio.subprocess.Process, errand: Errand, began: Callable[[int], None], stop: "asyncio.Task[None]"
) -> Ended:
    hearing = asyncio.create_task(_hear(child, began))
    limit = errand.max_seconds + GRACE_SECONDS
    await asyncio.wait((hearing, stop), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    why = "" if hearing.done() else "it was stopped" if stop.done() else "it did not end by itself at its time limit"
    if why:
        await _end(child)
    try:
        told = await asyncio.wait_for(hearing, END_SECONDS)
    except (TimeoutError, ValueError):
        told = None
    return _ended(told, why, await child.wait())


async def _hear(child: asyncio.subprocess.Process, began: Callable[[int], None]) -> dict[str, Any] | None:
    """Its last word; None when it said none."""
    last: dict[str, Any] | None = None
    while child.stdout and (line := await child.stdout.readline()):
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict):
                last = told
                if isinstance(told.get("scan"), int):
                    began(told["scan"])
    return last if last and "state" in last else None


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _ended(told: Mapping[str, Any] | None, why: str, code: int) -> Ended:
    if told is None:
        return Ended(JobState.FAILED, why or f"its process ended with code {code} and said nothing")
    states = {state.value: state for state in (JobState.DONE, JobState.PARTIAL, JobState.FAILED)}
    note = str(told.get("note", ""))[:MAX_NOTE]
    return Ended(states.get(str(told["state"]), JobState.FAILED), "; ".join(part for part in (why, note) if part))
