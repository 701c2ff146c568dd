"""One question over UDP on a connected socket: packets of others never arrive. One packet out; a bounded wait."""

import asyncio
import socket

from scanner.query import Deadline
from scanner.transports.looks.conversations import Packet
from scanner.transports.looks.wire import NotOpen, Record, Target, opened, told

WAIT_SECONDS = 2.0
MAX_PACKET = 65_535
MAX_PACKETS = 50  # that answer something else


async def asked(target: Target, packet: Packet) -> Record:
    seen = target.record(step=packet.name, sent=packet.sent.hex(), over="udp")
    try:
        sock = await opened(target, socket.SOCK_DGRAM)
    except NotOpen as fault:
        return {**seen, **told(fault)}
    with sock:
        state, got = await _answer(sock, packet, Deadline(target.deadline.left(WAIT_SECONDS)))
    return {**seen, "state": state, "got": got.hex()}


async def _answer(sock: socket.socket, packet: Packet, until: Deadline) -> tuple[str, bytes]:
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(sock, packet.sent)
        async with asyncio.timeout(until.left()):
            for _ in range(MAX_PACKETS):
                got = await loop.sock_recv(sock, MAX_PACKET)
                if packet.answers(got):
                    return "open", got
    except TimeoutError:
        return "no answer", b""
    except OSError as fault:
        return ("refused" if isinstance(fault, ConnectionRefusedError) else "unreachable"), b""
    return "no answer", b""
