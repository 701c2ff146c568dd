"""ICMP echo (RFC 792, RFC 4443): over an unprivileged ping socket, icmp(7), or a raw one where we may have that."""

import itertools
import os
import socket
import struct
import time

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Blind
from scanner.transports.endpoints.sampling import Seen

PROTOCOLS = (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)
_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}  # request, reply
_HEAD = struct.Struct(">BBHHH")
_numbers = itertools.count(1)


async def icmp(watch: Watch, around: Around, seen: Seen) -> None:
    line, raw = await _open(watch.host, around, seen)
    with line:
        asked, answered = _ECHO[line.family]
        number, token = next(_numbers) & 0xFFFF, os.urandom(16)
        sent = time.perf_counter()
        line.send(_packet(asked, number, token))
        strip = raw and line.family == socket.AF_INET
        while not _is_ours(told := _bare(await line.receive(), strip), answered, number, token):
            pass  # it answers somebody else
        seen.timings["echo"] = (time.perf_counter() - sent) * 1e3
        seen.evidence = told


async def _open(host: str, around: Around, seen: Seen) -> tuple[Datagram, bool]:
    """Whether it is a raw one comes with it. Raises :class:`ProbeFault`."""
    try:
        return await Datagram.open(host, 0, around, seen, protocols=PROTOCOLS), False
    except Blind:
        try:
            raw = await Datagram.open(host, 0, around, seen, protocols=PROTOCOLS, kind=socket.SOCK_RAW)
        except Blind as fault:
            raise Blind(f"{fault}; allow it with sysctl net.ipv4.ping_group_range") from fault
        return raw, True


def _packet(kind: int, number: int, token: bytes) -> bytes:
    """The kernel puts its own identifier and checksum in, except on a raw IPv4 socket."""
    identifier = int.from_bytes(token[:2], "big")
    plain = _HEAD.pack(kind, 0, 0, identifier, number) + token
    return _HEAD.pack(kind, 0, _checksum(plain), identifier, number) + token


def _checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _bare(told: bytes, with_header: bool) -> bytes:
    """Without the IPv4 header, which a raw socket hands over too."""
    return told[(told[0] & 15) * 4 :] if with_header and told else told


def _is_ours(told: bytes, kind: int, number: int, token: bytes) -> bool:
    if len(told) < _HEAD.size:
        return False
    said, _, _, _, back = _HEAD.unpack_from(told)
    return said == kind and back == number and told[_HEAD.size :] == token
