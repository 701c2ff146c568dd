"""The way in over SSH: one gentle, bounded visit per asset, on paramiko.

A visit is one thread from its connection to its end; hosts behind a bastion wait in that bastion's own pool. asyncio
sees awaitables that end at the visit's deadline, whatever the host does, and cancelling one shuts its socket.

Parts: ``ssh_wire`` the socket that can be cut, ``ssh_watchdog`` who cuts it, ``ssh_bounds`` paramiko with limits,
``ssh_steps`` paramiko in the visit's own thread, ``ssh_hostkeys`` whom to trust, ``ssh_login`` how to get in,
``ssh_session`` one session, ``ssh_bastion`` ways around.
"""

import asyncio
import contextlib
import functools
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, Surroundings, Visit
from scanner.transports.script import Transcript, compose, new_marker, read_transcript
from scanner.transports.ssh_bastion import Bastion, Direct, Line, Tools, chain_of
from scanner.transports.ssh_login import KeyCache
from scanner.transports.ssh_session import (
    STDERR_BYTES,
    Output,
    Progress,
    Target,
    run_script,
)
from scanner.transports.ssh_target import target_of
from scanner.transports.ssh_watchdog import Watchdog
from scanner.transports.ssh_wire import FRAMING_BYTES, Fault, Wire
from scanner.transports.wired import in_thread

WAY = "ssh"
WORKERS = 64
MOST_WORKERS = 128
RETRY_AFTER = (0.2, 0.8)  # seconds, drawn at random; once, and never after a log-in or host key fault

T = TypeVar("T")


class SshPool:
    """Threads, parsed keys and lines to bastions, shared by the visits of a process. Close it at the end."""

    def __init__(self, workers: int = WORKERS) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise ValueError(f"ssh workers: {workers} is not between 1 and {MOST_WORKERS}")
        self.tools = Tools(Watchdog(), KeyCache())
        # more than may work at once: hosts that are switched off must not keep the others waiting
        self.workers = ThreadPoolExecutor(2 * workers, thread_name_prefix="ssh-visit")
        self._bastions: dict[tuple[int, str], Bastion] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def bastion(self, asset: Asset, surroundings: Surroundings) -> Iterator[Bastion | None]:
        """The bastion next to the asset, or None. Its idle lines are closed when its last visit ends."""
        chain = chain_of(asset, surroundings)
        if not chain:
            yield None
            return
        with self._lock:
            bastion = self._found(chain, surroundings)
            bastion.users += 1
        try:
            yield bastion
        finally:
            with self._lock:
                bastion.users -= 1
            if not bastion.users:
                bastion.close()

    def _found(self, chain: Sequence[Asset], surroundings: Surroundings) -> Bastion:
        *before, nearest = chain
        key = (id(surroundings), nearest.name)  # the bastion keeps its surroundings, so the id stays theirs
        if key not in self._bastions:
            self._forget_unused()
            outer = self._found(before, surroundings) if before else None
            self._bastions[key] = Bastion(nearest, surroundings, self.tools, outer)
        return self._bastions[key]

    def _forget_unused(self) -> None:
        for key, bastion in list(self._bastions.items()):
            if not bastion.users and not bastion.failing:
                del self._bastions[key]
                bastion.executor.shutdown(wait=False)

    def close(self) -> None:
        """Let running visits end, then give everything back."""
        for executor in (self.workers, *(b.executor for b in self._bastions.values())):
            executor.shutdown(cancel_futures=True)
        for bastion in self._bastions.values():
            bastion.close()
        self.tools.watchdog.close()


@functools.cache
def shared_pool() -> SshPool:
    """The pool of a process that does not make its own. Threads start when needed; the engine caps how many are."""
    return SshPool(MOST_WORKERS)


@dataclass(frozen=True, slots=True)
class _Order:
    """What one visit is to bring."""

    queries: Sequence[Query]
    marker: str
    script: bytes


class Dialect(Protocol):
    """What is run at the other end, and how its answer is read. :class:`Posix` is that of Unix hosts."""

    @property
    def way(self) -> str: ...

    @property
    def command(self) -> str: ...

    @property
    def of_the_stream(self) -> tuple[Reason, ...]:
        """Reasons of an answer that are those of the whole visit."""
        ...

    def compose(self, queries: Sequence[Query], marker: str, asset: Asset, deadline: Deadline) -> bytes:
        """The script for stdin. Raises ``ValueError`` for queries that cannot be sent."""
        ...

    def read(self, output: Output, queries: Sequence[Query], marker: str, asset: Asset) -> Transcript:
        """Never raises for what the host sent."""
        ...


class Posix:
    way = WAY
    command = "sh -s"
    of_the_stream = (Reason.OUTPUT_UNREADABLE, Reason.OUTPUT_TRUNCATED)

    def compose(self, queries: Sequence[Query], marker: str, asset: Asset, deadline: Deadline) -> bytes:  # noqa: ARG002
        return compose(queries, marker, asset.connection.become)  # its limits stand in each section

    def read(self, output: Output, queries: Sequence[Query], marker: str, asset: Asset) -> Transcript:
        return read_transcript(
            output.raw,
            queries,
            marker,
            exit_status=output.exit_status,
            limit=asset.limits.output_bytes,
            asked_at=output.asked_at,
            answered_at=time.time(),
            cut_by=output.cut_by,
        )


POSIX = Posix()


class SshTransport:
    """``surroundings``' log-ins and host keys are asked from several threads at once."""

    def __init__(
        self, asset: Asset, surroundings: Surroundings, pool: SshPool | None = None, dialect: Dialect = POSIX
    ) -> None:
        self._asset = asset
        self._surroundings = surroundings
        self._pool = pool or shared_pool()
        self._dialect = dialect

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        """One connection, one script. Raises ``ValueError`` for sections that cannot be sent, nothing else."""
        marker = new_marker()
        order = _Order(queries, marker, self._dialect.compose(queries, marker, self._asset, deadline))
        started, begin = datetime.now(UTC), time.monotonic()
        progress = Progress()
        try:
            transcript, missing = await self._tried(order, deadline, progress)
        except Fault as fault:
            transcript, missing = _nothing(queries, fault.missing, started), fault.missing
        return Visit(
            Attempt(
                way=self._dialect.way,
                reached=progress.reached,
                logged_in=progress.logged_in,
                privilege=transcript.privilege,
                missing=missing,
                peer=progress.peer,
                host_key=progress.host_key,
                started_at=started,
                seconds=time.monotonic() - begin,
            ),
            transcript.answers,
        )

    async def _tried(self, order: _Order, deadline: Deadline, progress: Progress) -> tuple[Transcript, Missing | None]:
        with self._pool.bastion(self._asset, self._surroundings) as bastion:
            visit = _OneVisit(
                self._asset, self._surroundings, self._pool.tools, self._dialect, order, progress, self._wire(deadline)
            )
            try:
                return await self._once(visit, bastion)
            except Fault as fault:
                pause = random.uniform(*RETRY_AFTER)  # noqa: S311 - jitter
                if not fault.again or deadline.left() <= pause:
                    raise
            await asyncio.sleep(pause)
            visit.wire = self._wire(deadline)
            return await self._once(visit, bastion)

    def _wire(self, deadline: Deadline) -> Wire:
        budget = self._asset.limits.output_bytes + STDERR_BYTES + FRAMING_BYTES
        return Wire(self._pool.tools.watchdog, deadline, budget)

    async def _once(self, visit: "_OneVisit", bastion: Bastion | None) -> tuple[Transcript, Missing | None]:
        if bastion is None:
            return await in_thread(self._pool.workers, visit.wire, visit.directly)
        return await in_thread(bastion.executor, visit.wire, functools.partial(visit.through, bastion))


@dataclass(slots=True)
class _OneVisit:
    """The blocking part: runs in threads, one step at a time. A second try gets a new wire."""

    asset: Asset
    surroundings: Surroundings
    tools: Tools
    dialect: Dialect
    order: _Order
    progress: Progress
    wire: Wire

    def through(self, bastion: Bastion) -> tuple[Transcript, Missing | None]:
        with bastion.line() as line:
            return self._over(line)

    def directly(self) -> tuple[Transcript, Missing | None]:
        return self._over(Direct())

    def _over(self, outside: Direct | Line) -> tuple[Transcript, Missing | None]:
        try:
            target = self._connect(outside)
            return self._read(run_script(target, self.wire, self.progress, self.order.script, self.dialect.command))
        finally:
            self.wire.close()

    def _connect(self, outside: Direct | Line) -> Target:
        """The log-in is looked up first: with one that cannot be used the host is left alone."""
        if self.wire.deadline.passed:
            raise Fault(Reason.NOT_ATTEMPTED, "the visit's time was up before its turn came")
        target = target_of(self.asset, self.surroundings, self.tools.keys)
        outside.connect(self.wire, target.address, target.port, target.limits.connect_seconds)
        return target

    def _read(self, output: Output) -> tuple[Transcript, Missing | None]:
        transcript = self.dialect.read(output, self.order.queries, self.order.marker, self.asset)
        return transcript, None if transcript.complete else output.cut_by or self._what_is_wrong(transcript, output)

    def _what_is_wrong(self, transcript: Transcript, output: Output) -> Missing:
        for answer in transcript.answers:
            if answer.missing is not None and answer.missing.reason in self.dialect.of_the_stream:
                return answer.missing
        status = "no exit status" if output.exit_status is None else f"exit status {output.exit_status}"
        return Missing(Reason.OUTPUT_TRUNCATED, f"the script ended with {status}, not as it should")


def _nothing(queries: Sequence[Query], missing: Missing, started: datetime) -> Transcript:
    asked_at = started.timestamp()
    answers = tuple(
        Answer(query.name, missing=missing, asked_at=asked_at, answered_at=time.time(), privilege=Privilege.NONE)
        for query in queries
    )
    return Transcript(answers, Privilege.NONE, complete=False)
