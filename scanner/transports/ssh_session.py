"""From a connected wire to a logged-in session, and one script run over it. Blocking; the wire bounds the time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from inventory.asset import Limits
from inventory.facts.missing import Missing, Reason
from scanner.query import HostKey
from scanner.transports.ssh_bounds import BoundedTransport, Sink, printable
from scanner.transports.ssh_hostkeys import Trust, fingerprint, wanted_types
from scanner.transports.ssh_login import Account, log_in
from scanner.transports.ssh_wire import Fault, Wire

STDERR_BYTES = 256 * 1024  # read and thrown away; more than this is no scan's noise
SLOT_PATIENCE = 2.0  # handshakes take turns to save CPU, but a host that stalls in its turn holds up nobody for long
JOIN_SECONDS = 2.0


@dataclass(slots=True)
class Progress:
    """How far a visit got, filled in as it goes."""

    reached: bool = False
    logged_in: bool = False
    peer: str = ""
    host_key: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One end to log in to, with everything that is needed to."""

    address: str
    port: int
    limits: Limits
    trust: Trust
    account: Account
    pin: Callable[[HostKey], None]


@dataclass(frozen=True, slots=True)
class Output:
    """What a script printed. ``exit_status`` None: the host never said. ``cut_by``: why it is not whole."""

    raw: bytes
    exit_status: int | None
    cut_by: Missing | None = None


class Turn:
    """A turn at the handshakes: taken when the host has spoken, given back once."""

    def __init__(self, turns: threading.Semaphore) -> None:
        self._turns = turns
        self._taken = False

    def take(self) -> None:
        self._taken = self._turns.acquire(timeout=SLOT_PATIENCE)

    def give_back(self) -> None:
        if self._taken:
            self._taken = False
            self._turns.release()


def open_session(target: Target, wire: Wire, turns: threading.Semaphore, progress: Progress) -> BoundedTransport:
    """Handshake, host key, log-in. Raises :class:`Fault`, the wire closed."""
    turn = Turn(turns)
    window = target.limits.output_bytes + STDERR_BYTES + 1
    transport = BoundedTransport(wire, wanted_types(target.trust.pinned), turn.take, window)
    try:
        _shake_hands(transport, target, wire, progress)
        with wire.limit("the log-in", target.limits.login_seconds):
            log_in(transport, target.account)
        progress.logged_in = True
    except Fault as fault:
        if wire.cut_by is not None:
            raise Fault(wire.cut_by.reason, wire.cut_by.detail, again=fault.again) from fault
        raise
    finally:
        turn.give_back()
        if not progress.logged_in:
            close_session(transport)
    transport.expect_data()
    return transport


def close_session(transport: BoundedTransport) -> None:
    """Also a transport that never started, or whose thread has ended by itself."""
    transport.close()
    transport.sock.close()
    if transport.is_alive():
        transport.join(JOIN_SECONDS)


def _shake_hands(transport: BoundedTransport, target: Target, wire: Wire, progress: Progress) -> None:
    fault: Fault | None = None
    transport.auth_timeout = transport.channel_timeout = wire.deadline.left() + JOIN_SECONDS  # the wire is cut before
    with wire.limit("the SSH handshake", target.limits.login_seconds):
        try:
            transport.start_client()
        except (paramiko.SSHException, EOFError, OSError) as error:
            fault = _handshake_fault(error, transport, target.trust)
    progress.peer = printable(transport.remote_version, 120)
    progress.reached = bool(progress.peer)
    if fault is not None:
        raise fault
    key = transport.get_remote_server_key()
    presented = HostKey(key.get_name(), key.get_base64())
    progress.host_key = fingerprint(presented)
    if target.trust.is_new(presented):
        target.pin(presented)


def _handshake_fault(error: Exception, transport: BoundedTransport, trust: Trust) -> Fault:
    said = printable(str(error), 160)
    if isinstance(error, IncompatiblePeer):
        if "host key" in said:
            return trust.no_common_type()
        return Fault(Reason.WEAK_ALGORITHMS_ONLY, f"the host speaks no algorithm that is still sound: {said}")
    if not transport.remote_version:
        return Fault(Reason.UNREACHABLE, "something accepts connections there and does not speak SSH", again=True)
    if "Signature verification" in said:
        return Fault(Reason.HOST_KEY_MISMATCH, "the host could not prove that it holds its host key; nothing was sent")
    said = said or transport.last_words
    return Fault(Reason.UNREACHABLE, f"the connection broke during the SSH handshake{': ' if said else ''}{said}")


def run_script(transport: BoundedTransport, script: bytes, wire: Wire, limits: Limits) -> Output:
    """``sh -s`` with the script on stdin, until it ends or the wire is cut. Raises :class:`Fault` if it never ran."""
    ended = threading.Event()
    out = Sink(limits.output_bytes + 1, keep=True, ended=ended)
    errors = Sink(STDERR_BYTES, keep=False, ended=ended)
    left = wire.deadline.left()
    with wire.limit("the script", left):
        channel = _started(transport, wire, out, errors)
        try:
            channel.sendall(script)
            channel.shutdown_write()
        except OSError:
            pass  # the other side closed without reading it all; what it printed tells why
        ended.wait()
        if not (out.over or errors.over):
            channel.status_event.wait()
    status = channel.exit_status if channel.exit_status >= 0 else None
    return Output(out.taken(), status, wire.cut_by or _cause(out, errors, channel, limits.output_bytes))


def _started(transport: BoundedTransport, wire: Wire, out: Sink, errors: Sink) -> paramiko.Channel:
    fault = partial(Fault, Reason.PRIVILEGE_TOO_LOW)
    try:
        channel = transport.open_session()
        early, early_errors = channel.in_buffer, channel.in_stderr_buffer
        channel.in_buffer, channel.in_stderr_buffer = out, errors
        out.feed(early.empty())  # a host that floods the channel before it is asked is counted too
        errors.feed(early_errors.empty())
        channel.exec_command("sh -s")
    except (paramiko.SSHException, EOFError, OSError) as error:
        if wire.cut_by is not None:
            raise Fault(wire.cut_by.reason, wire.cut_by.detail) from error
        if not transport.is_active():
            raise Fault(Reason.OUTPUT_TRUNCATED, "the connection broke before the script could start") from error
        raise fault("the host lets the account in but not run commands") from error
    return channel


def _cause(out: Sink, errors: Sink, channel: paramiko.Channel, limit: int) -> Missing | None:
    if out.over:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {limit} bytes")
    if errors.over:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {STDERR_BYTES} bytes of error messages")
    if not channel.eof_received and channel.exit_status < 0:
        return Missing(Reason.OUTPUT_TRUNCATED, "the connection broke before the script had ended")
    return None
