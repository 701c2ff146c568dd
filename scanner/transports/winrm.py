"""The way in over WinRM: HTTPS only, one connection, one shell, one PowerShell, one script.

A visit is one thread; asyncio sees an awaitable that ends at the visit's deadline whatever the machine does, and
cancelling it cuts its connection. Parts: ``ssh_wire`` the connection that can be cut, ``winrm_tls`` which certificate,
``winrm_http`` how to log in, ``winrm_session`` WS-Management.
"""

import asyncio
import functools
import random
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inventory.asset import Asset
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt, Deadline, Login, Query, SecretUnavailable, Surroundings, Visit
from scanner.transports.redfish_tls import Checking
from scanner.transports.ssh_watchdog import Watchdog
from scanner.transports.ssh_wire import Fault, Wire, dial
from scanner.transports.transcript import Transcript
from scanner.transports.windows_script import compose, new_marker
from scanner.transports.windows_visit import Printed, nothing, read_printed, script_seconds
from scanner.transports.winrm_http import Endpoint
from scanner.transports.winrm_session import STDERR_BYTES, Run, missing_of
from scanner.transports.winrm_tls import TlsLine, context_for, presented_by, tls_fault
from scanner.transports.wired import in_thread

WAY = "winrm"
WORKERS = 64
RETRY_AFTER = (0.2, 0.8)  # seconds, drawn at random; once, and never after a log-in was begun
CLOSING_SECONDS = 3.0  # of the visit's time, at most, to end the shell
LOOK_SECONDS = 5.0  # for the handshake that only reads the fingerprint of a certificate that was refused
ENVELOPES = 512 * 1024  # bytes beside the output
LONGEST = 1024  # characters of user and password


@functools.cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="winrm-visit")


@functools.cache
def _watchdog() -> Watchdog:
    return Watchdog()


@dataclass(slots=True)
class _Progress:
    reached: bool = False
    logged_in: bool = False
    peer: str = ""
    certificate: str = ""


@dataclass(slots=True)
class _Job:
    """The blocking part; runs in a thread."""

    asset: Asset
    login: Login
    context: Checking
    script: bytes
    deadline: Deadline
    progress: _Progress = field(default_factory=_Progress)

    def run(self, wire: Wire) -> Printed:
        """Raises :class:`Fault`."""
        connection, limits = self.asset.connection, self.asset.limits
        try:
            dial(wire, connection.address, connection.port, limits.connect_seconds)
            line = self._handshake(wire)
            endpoint = Endpoint(line, connection, self.login)
            return self._script(wire, endpoint)
        finally:
            wire.close()

    def _handshake(self, wire: Wire) -> TlsLine:
        connection = self.asset.connection
        try:
            with wire.limit("the TLS handshake", self.asset.limits.login_seconds):
                line = TlsLine(wire, self.context, connection.address)
                line.handshake()
        except ssl.SSLError as error:
            _cut(wire)
            shown = self._look() if isinstance(error, ssl.SSLCertVerificationError) else ""
            raise tls_fault(error, self.context, connection, shown) from None
        except (OSError, ValueError) as error:
            _cut(wire)
            why = "the connection broke during the TLS handshake"
            raise Fault(Reason.UNREACHABLE, why, again=isinstance(error, OSError)) from None
        finally:
            self.progress.certificate = self.context.presented
        self.progress.reached = True
        return line

    def _look(self) -> str:
        connection = self.asset.connection
        wire = Wire(_watchdog(), self.deadline, ENVELOPES)
        try:
            with wire.limit("looking at the certificate", LOOK_SECONDS):
                dial(wire, connection.address, connection.port, LOOK_SECONDS)
                return presented_by(wire, connection.address)
        except Fault:
            return ""
        finally:
            wire.close()

    def _script(self, wire: Wire, endpoint: Endpoint) -> Printed:
        left = self.deadline.left()
        until = time.monotonic() + left - min(CLOSING_SECONDS, left / 4)
        run = Run(endpoint, self.asset.limits.output_bytes, until, self._let_in)
        try:
            with wire.limit("the script", left):
                printed = run.script(self.script)
        except (Fault, OSError) as fault:
            _cut(wire)
            missing = missing_of(fault)
            raise Fault(missing.reason, missing.detail) from None
        finally:
            how = f"{endpoint.server or 'WinRM'}; {endpoint.how}"
            self.progress.peer = "".join(c for c in how if c.isprintable()) if self.progress.logged_in else ""
        return Printed(printed.raw, printed.exit_status, printed.asked_at, wire.cut_by or printed.cut_by)

    def _let_in(self) -> None:
        self.progress.logged_in = True


def _cut(wire: Wire) -> None:
    """What cut the wire is the cause, whatever broke afterwards."""
    if wire.cut_by is not None:
        raise Fault(wire.cut_by.reason, wire.cut_by.detail)


class WinrmTransport:
    """A :class:`scanner.query.Transport`."""

    def __init__(self, asset: Asset, surroundings: Surroundings) -> None:
        self._asset, self._surroundings = asset, surroundings

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        """Raises ``ValueError`` for sections that cannot be sent, nothing else."""
        marker = new_marker()
        script = compose(queries, marker, script_seconds(deadline))
        started, begin = datetime.now(UTC), time.monotonic()
        progress = _Progress()
        try:
            login = usable(self._surroundings.logins.login(self._asset))
            job = _Job(self._asset, login, context_for(self._asset.connection, login), script, deadline, progress)
            printed = await self._tried(job)
            transcript = read_printed(printed, queries, marker, self._asset.limits.output_bytes)
            missing = None if transcript.complete else transcript.answers[0].missing if transcript.answers else None
        except SecretUnavailable as fault:
            transcript, missing = _none(queries, Missing(Reason.CREDENTIAL_UNUSABLE, str(fault)), started)
        except Fault as fault:
            transcript, missing = _none(queries, fault.missing, started)
        attempt = Attempt(
            way=WAY,
            reached=progress.reached,
            logged_in=progress.logged_in,
            privilege=transcript.privilege,
            missing=missing,
            peer=progress.peer,
            host_key=progress.certificate,
            started_at=started,
            seconds=time.monotonic() - begin,
        )
        return Visit(attempt, transcript.answers)

    async def _tried(self, job: _Job) -> Printed:
        try:
            return await self._once(job)
        except Fault as fault:
            pause = random.uniform(*RETRY_AFTER)  # noqa: S311 (jitter)
            if not fault.again or job.deadline.left() <= pause:
                raise
        await asyncio.sleep(pause)
        return await self._once(job)

    async def _once(self, job: _Job) -> Printed:
        """In a thread; its wire is cut when this task is cancelled or the thread does not end in time."""
        wire = Wire(_watchdog(), job.deadline, 2 * job.asset.limits.output_bytes + STDERR_BYTES + ENVELOPES)
        return await in_thread(_workers(), wire, functools.partial(job.run, wire))


def _none(queries: Sequence[Query], missing: Missing, started: datetime) -> tuple[Transcript, Missing]:
    return nothing(queries, missing, started.timestamp()), missing


def usable(login: Login) -> Login:
    """Raises :class:`Fault`; no message repeats what the credential holds."""
    if login.certificate and login.key:
        return login
    if login.certificate:
        raise Fault(Reason.CREDENTIAL_UNUSABLE, "a WinRM credential with a `certificate` needs its `key` too")
    if login.kerberos:
        return login  # without a password: with the tickets of this process
    if not login.user or not login.password:
        raise Fault(
            Reason.CREDENTIAL_UNUSABLE,
            "WinRM needs a credential with `user` and `password`, `kerberos: true`, or `certificate` and `key`",
        )
    if len(login.user) > LONGEST or len(login.password) > LONGEST:
        raise Fault(Reason.CREDENTIAL_UNUSABLE, f"`user` and `password` may have {LONGEST} characters at most")
    return login
