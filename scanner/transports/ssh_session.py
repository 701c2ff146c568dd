"""From a connected wire to a logged-in session, and one script run over it. Steps; the wire bounds the time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.ssh_exception import IncompatiblePeer

from inventory.asset import Limits
from inventory.facts.missing import Missing, Reason
from scanner.query import HostKey
from scanner.transports.ssh_bounds import BoundedTransport, Sink, printable
from scanner.transports.ssh_hostkeys import Trust, fingerprint, wanted_types
from scanner.transports.ssh_login import Account, log_in
from scanner.transports.ssh_steps import SteppedTransport, Steps
from scanner.transports.ssh_wire import Fault, Wire

STDERR_BYTES = 256 * 1024  # read and thrown away; more than this is no scan's noise
POLL_SECONDS = 0.01  # how often a session that is opened in its own thread is looked at
JOIN_SECONDS = 2.0

Asked = tuple[str, bytes]  # a command, and the script on its stdin


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
    asked_at: float  # Unix time the script was sent at
    cut_by: Missing | None = None


def run_script(target: Target, wire: Wire, progress: Progress, script: bytes, command: str = "sh -s") -> Output:
    """One session and one script in it, in this thread. Raises :class:`Fault`, the wire closed in any case."""
    transport = SteppedTransport(wire, wanted_types(target.trust.pinned), _window(target))
    try:
        return transport.carry_out(_session(transport, target, wire, progress, (command, script)))
    finally:
        close_session(transport)


def open_session(target: Target, wire: Wire, progress: Progress) -> BoundedTransport:
    """A session that stays, in a thread of its own. Raises :class:`Fault`, the wire closed."""
    transport = BoundedTransport(wire, wanted_types(target.trust.pinned), _window(target))
    try:
        transport.start_client(transport.shaken)
        for happened in _opened(transport, target, wire, progress):
            while transport.is_active() and not happened():
                time.sleep(POLL_SECONDS)
    finally:
        if not progress.logged_in:
            close_session(transport)
    return transport


def _window(target: Target) -> int:
    return target.limits.output_bytes + STDERR_BYTES + 1


def _session(
    transport: SteppedTransport, target: Target, wire: Wire, progress: Progress, asked: Asked
) -> Steps[Output]:
    yield from _opened(transport, target, wire, progress)
    return (yield from _run(transport, asked, wire, target.limits))


def _opened(transport: BoundedTransport, target: Target, wire: Wire, progress: Progress) -> Steps[None]:
    """Handshake, host key, log-in."""
    try:
        yield from _shake_hands(transport, target, wire, progress)
        with wire.limit("the log-in", target.limits.login_seconds):
            yield from log_in(transport, target.account)
    except Fault as fault:
        if wire.cut_by is not None:
            raise Fault(wire.cut_by.reason, wire.cut_by.detail, again=fault.again) from fault
        raise
    progress.logged_in = True
    transport.expect_data()


def close_session(transport: BoundedTransport) -> None:
    """Also a transport that never started, or whose thread has ended by itself."""
    transport.close()
    transport.sock.close()
    if transport.is_alive():
        transport.join(JOIN_SECONDS)


def _shake_hands(transport: BoundedTransport, target: Target, wire: Wire, progress: Progress) -> Steps[None]:
    transport.auth_timeout = transport.channel_timeout = wire.deadline.left() + JOIN_SECONDS  # the wire is cut before
    with wire.limit("the SSH handshake", target.limits.login_seconds):
        yield transport.shaken.is_set
    progress.peer = printable(transport.remote_version, 120)
    progress.reached = bool(progress.peer)
    if not (transport.is_active() and transport.initial_kex_done):
        error = transport.get_exception() or EOFError()
        raise _handshake_fault(error, transport, target.trust) from error
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


def _run(transport: SteppedTransport, asked: Asked, wire: Wire, limits: Limits) -> Steps[Output]:
    """The command with the script on its stdin, until it ends or the wire is cut."""
    ended = threading.Event()
    out = Sink(limits.output_bytes + 1, keep=True, ended=ended)
    errors = Sink(STDERR_BYTES, keep=False, ended=ended)
    asked_at = time.time()
    with wire.limit("the script", wire.deadline.left()):
        try:
            channel = yield from _started(transport, out, errors, asked)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise _start_fault(transport, wire) from error
        yield ended.is_set
        if not (out.over or errors.over):
            yield channel.status_event.is_set
    status = channel.exit_status if channel.exit_status >= 0 else None
    return Output(out.taken(), status, asked_at, wire.cut_by or _cause(out, errors, channel, limits.output_bytes))


def _start_fault(transport: SteppedTransport, wire: Wire) -> Fault:
    if wire.cut_by is not None:
        return Fault(wire.cut_by.reason, wire.cut_by.detail)
    if not transport.is_active():
        return Fault(Reason.OUTPUT_TRUNCATED, "the connection broke before the script could start")
    return Fault(Reason.PRIVILEGE_TOO_LOW, "the host lets the account in but not run commands")


def _started(transport: SteppedTransport, out: Sink, errors: Sink, asked: Asked) -> Steps[paramiko.Channel]:
    command, script = asked
    channel = transport.open_session()  # does not wait in a stepped session
    channel.in_buffer, channel.in_stderr_buffer = out, errors
    yield transport.channel_events[channel.get_id()].is_set
    if not channel.active:
        raise transport.get_exception() or EOFError
    _ask_for_a_shell(transport, channel, command)
    yield from _send(channel, script)
    yield channel.event.is_set
    if not channel.event_ready:
        raise transport.get_exception() or EOFError
    return channel


def _ask_for_a_shell(transport: SteppedTransport, channel: paramiko.Channel, command: str) -> None:
    """RFC 4254 section 6.5. exec_command() would wait for the answer; the script may follow before it comes."""
    request = paramiko.Message()
    request.add_byte(cMSG_CHANNEL_REQUEST)
    request.add_int(channel.remote_chanid)
    request.add_string("exec")
    request.add_boolean(True)
    request.add_string(command)
    transport.ask(request)


def _send(channel: paramiko.Channel, script: bytes) -> Steps[None]:
    """As much at a time as the host makes room for (RFC 4254 section 5.2), and an end."""
    rest = script
    try:
        while rest:
            yield channel.send_ready
            rest = rest[channel.send(rest) :]
        channel.shutdown_write()
    except OSError:
        pass  # the other side closed without reading it all; what it printed tells why


def _cause(out: Sink, errors: Sink, channel: paramiko.Channel, limit: int) -> Missing | None:
    if out.over:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {limit} bytes")
    if errors.over:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {STDERR_BYTES} bytes of error messages")
    if not channel.eof_received and channel.exit_status < 0:
        return Missing(Reason.OUTPUT_TRUNCATED, "the connection broke before the script had ended")
    return None
