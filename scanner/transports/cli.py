"""Command lines of network devices, over SSH: a closed list of read-only commands, one session, one log-in.

Connecting, host keys, log-in and bounds are those of the way ``ssh`` (its siblings ``ssh_*``); netmiko only speaks in
the session (:mod:`scanner.transports.cli_session`). It comes with the extra ``network-cli`` and is loaded when needed.
"""

import functools
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import paramiko

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, CliCommand, Deadline, Query, Surroundings, Visit
from scanner.transports import cli_text
from scanner.transports.cli_words import permitted
from scanner.transports.ssh import SshPool, shared_pool
from scanner.transports.ssh_bastion import Direct, Line
from scanner.transports.ssh_session import Progress, Target, close_session, open_session
from scanner.transports.ssh_target import target_of
from scanner.transports.ssh_wire import FRAMING_BYTES, Fault, Wire
from scanner.transports.wired import in_thread

if TYPE_CHECKING:
    from scanner.transports.cli_session import CliSession

WAY = "cli"
NOT_OURS = Missing(Reason.NOT_ATTEMPTED, "this asset is reached over its command line, which cannot answer this")
NOT_INSTALLED = Missing(
    Reason.NOT_ATTEMPTED,
    "netmiko and ntc-templates are not installed on the scanner: pip install 'estatecheck[network-cli]'",
)
_NO_SHELL = Missing(Reason.PRIVILEGE_TOO_LOW, "the device lets the account in but opens no command line")
WIDTH, HEIGHT = 511, 1000  # columns and lines of the terminal: as few line breaks and pages as a device allows

T = TypeVar("T")


class CliTransport:
    """A :class:`scanner.query.Transport`."""

    def __init__(self, asset: Asset, surroundings: Surroundings, pool: SshPool | None = None) -> None:
        self._asset, self._surroundings = asset, surroundings
        self._pool = pool or shared_pool()

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        """Raises nothing. With a command that is not on the list, the device is left alone."""
        started, begin = datetime.now(UTC), time.monotonic()
        progress, wire = Progress(), self._wire(deadline)
        answers: tuple[Answer, ...] = ()
        missing: Missing | None = None
        try:
            _check(queries)
            answers = await self._visited(queries, progress, wire)
        except Fault as fault:
            missing = fault.missing
            now = time.time()
            answers = tuple(
                Answer(query.name, b"", None, missing, Privilege.NONE, started.timestamp(), now) for query in queries
            )
        return Visit(
            Attempt(
                way=WAY,
                reached=progress.reached,
                logged_in=progress.logged_in,
                privilege=Privilege.USER if progress.logged_in else Privilege.NONE,
                missing=missing,
                peer=progress.peer,
                host_key=progress.host_key,
                started_at=started,
                seconds=time.monotonic() - begin,
            ),
            answers,
        )

    def _wire(self, deadline: Deadline) -> Wire:
        return Wire(self._pool.tools.watchdog, deadline, self._asset.limits.output_bytes + FRAMING_BYTES)

    async def _visited(self, queries: Sequence[Query], progress: Progress, wire: Wire) -> tuple[Answer, ...]:
        visit = _OneVisit(self._asset, self._surroundings, self._pool, queries, progress, wire)
        with self._pool.bastion(self._asset, self._surroundings) as bastion:
            if bastion is None:
                return await in_thread(self._pool.workers, wire, visit.directly)
            through = functools.partial(_through, bastion.line, visit)
            return await in_thread(bastion.executor, wire, through)


def _check(queries: Sequence[Query]) -> None:
    """Before anything is sent. Raises :class:`Fault`."""
    for query in queries:
        for command in query.commands if isinstance(query, CliCommand) else ():
            if not permitted(command):
                raise Fault(Reason.NOT_ATTEMPTED, f"{command!r} is not on the list of read-only commands")
    if not (find_spec("netmiko") and find_spec("ntc_templates")):
        raise Fault(NOT_INSTALLED.reason, NOT_INSTALLED.detail)


def _through(lines: Callable[[], AbstractContextManager[Line]], visit: "_OneVisit") -> tuple[Answer, ...]:
    with lines() as line:
        return visit.over(line)


@dataclass(frozen=True, slots=True)
class _OneVisit:
    """The blocking part, in a thread of its own."""

    asset: Asset
    surroundings: Surroundings
    pool: SshPool
    queries: Sequence[Query]
    progress: Progress
    wire: Wire

    def directly(self) -> tuple[Answer, ...]:
        return self.over(Direct())

    def over(self, outside: Direct | Line) -> tuple[Answer, ...]:
        """Raises :class:`Fault`. With a log-in that cannot be used the device is left alone."""
        try:
            target = target_of(self.asset, self.surroundings, self.pool.tools.keys)
            outside.connect(self.wire, target.address, target.port, target.limits.connect_seconds)
            return self._logged_in(target)
        finally:
            self.wire.close()

    def _logged_in(self, target: Target) -> tuple[Answer, ...]:
        transport = open_session(target, self.wire, self.progress)
        try:
            with self.wire.limit("the session", self.wire.deadline.left()):
                session = self._session(transport)
                return tuple(_answer(session, query, self.asset.platform) for query in self.queries)
        except (paramiko.SSHException, EOFError, OSError) as error:
            cut = self.wire.cut_by or _NO_SHELL
            raise Fault(cut.reason, cut.detail) from error
        finally:
            close_session(transport)

    def _session(self, transport: paramiko.Transport) -> "CliSession":
        from scanner.transports.cli_session import CliSession

        channel = transport.open_session()
        channel.get_pty(term="vt100", width=WIDTH, height=HEIGHT)
        channel.invoke_shell()
        return CliSession(channel, self.wire, self.asset.platform)


def _answer(session: "CliSession", query: Query, platform: str | None) -> Answer:
    """What came of the commands. Missing only when nothing came."""
    asked_at = time.time()
    if not isinstance(query, CliCommand):
        return Answer(query.name, missing=NOT_OURS, asked_at=asked_at, answered_at=asked_at)
    said = session.ask(query)
    parts = (cli_text.gap(s.command, s.missing) if s.missing else cli_text.block(s.command, s.output) for s in said)
    output = cli_text.head(platform) + b"".join(parts)
    missing = said[0].missing if said else None
    return Answer(query.name, b"" if missing else output, None, missing, Privilege.USER, asked_at, time.time())
