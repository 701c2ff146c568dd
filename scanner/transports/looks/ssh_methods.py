"""Which ways to log in an SSH server offers: the answer to the request "none" (RFC 4252, section 5.2).

Keys are exchanged and one name is told; no key, no password. It is the one look that the host may log as an attempt.
"""

import asyncio
import socket
from typing import TYPE_CHECKING

from inventory.asset import Asset
from scanner.query import Deadline
from scanner.transports.looks.wire import LISTEN_SECONDS, NotOpen, Record, Target, opened, told

if TYPE_CHECKING:
    from scanner.transports.ssh_steps import SteppedTransport, Steps

MAX_BYTES = 256 * 1024
WINDOW = 64 * 1024
UNIX_ACCOUNT = "root"  # is there on every Unix: an unknown name would look like guessing
ANY = "none"


async def methods(target: Target) -> Record:
    user = user_of(target.asset)
    seen = target.record(step="methods", user=user)
    try:
        sock = await opened(target, socket.SOCK_STREAM)
    except NotOpen as fault:
        return {**seen, **told(fault)}
    sock.setblocking(True)
    from scanner.transports.ssh import shared_pool

    until = Deadline(target.deadline.left(LISTEN_SECONDS))
    loop = asyncio.get_running_loop()
    offered, why = await loop.run_in_executor(shared_pool().workers, _asked, sock, user, until)
    return {**seen, "state": "open", "methods": offered, "why": why}


def user_of(asset: Asset) -> str:
    return (asset.connection.user if asset.connection.way in ("ssh", "cli") else None) or UNIX_ACCOUNT


def _asked(sock: socket.socket, user: str, until: Deadline) -> tuple[list[str] | None, str]:
    """In a thread; the watchdog cuts the socket at ``until``."""
    import paramiko

    from scanner.transports.ssh import shared_pool
    from scanner.transports.ssh_bounds import KEY_TYPES, printable
    from scanner.transports.ssh_steps import SteppedTransport
    from scanner.transports.ssh_wire import Fault, TcpEnd, Wire

    wire = Wire(shared_pool().tools.watchdog, until, MAX_BYTES)
    try:
        wire.attach(TcpEnd(sock))
        transport = SteppedTransport(wire, KEY_TYPES, WINDOW)
        with wire.limit("the key exchange", LISTEN_SECONDS):
            return transport.carry_out(_steps(transport, user)), ""
    except paramiko.BadAuthenticationType as answer:
        return [printable(one, 50) for one in answer.allowed_types[:20]], ""
    except (paramiko.SSHException, EOFError, OSError, Fault) as fault:
        cut = wire.cut_by.detail if wire.cut_by else ""
        return None, cut or printable(str(fault), 160) or "it ended the connection"
    finally:
        wire.close()


def _steps(transport: "SteppedTransport", user: str) -> "Steps[list[str]]":
    import threading

    from paramiko.auth_handler import AuthHandler

    transport.auth_timeout = LISTEN_SECONDS
    yield transport.shaken.is_set
    if not (transport.is_active() and transport.initial_kex_done):
        raise transport.get_exception() or EOFError()
    answered = threading.Event()
    handler = transport.auth_handler = AuthHandler(transport)
    handler.auth_none(user, answered)
    yield answered.is_set
    handler.wait_for_response(answered)
    return [ANY]
