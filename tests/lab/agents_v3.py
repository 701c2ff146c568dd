"""SNMPv3 agents written for tests: one that signs as it should, and the ways not to."""

import hmac
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_usm import AUTH, User, keys
from tests.lab.agents import BULK, NEXT, REPORT, RESPONSE, Key, Table, key, row, tlv, whole

ENGINE_ID = b"\x80\x00\x00\x00\x05made-for-tests"
NOBODY = User("")
Serve = Callable[[socket.socket, bytes, tuple[str, int], int], None]


@dataclass(frozen=True)
class Asked:
    """A request in SNMPv3: clear text or not at all, agents here do not decrypt."""

    id: int
    flags: int
    engine_id: bytes
    user: str
    request_id: int
    kind: int
    names: tuple[Key, ...]
    number: int


@dataclass(frozen=True)
class Reply:
    """What goes into an answer; an honest one is signed when the request was."""

    id: int
    pdu: bytes
    user: User = NOBODY
    engine_id: bytes = ENGINE_ID
    boots: int = 7
    time: int = 1000
    signed: bool = True
    spoil: Callable[[bytes], bytes] = bytes  # of the signature


def asked(data: bytes, number: int) -> Asked:
    outer = ber.span(data, 0, len(data))
    _, at = ber.number(data, outer.start, outer.stop)
    header = ber.span(data, at, outer.stop)
    message_id, at = ber.number(data, header.start, header.stop)
    _, at = ber.number(data, at, header.stop)
    flags, _ = ber.octets(data, at, header.stop)
    secured = ber.span(data, header.stop, outer.stop)
    usm = ber.span(data, secured.start, secured.stop)
    engine_id, at = ber.octets(data, usm.start, usm.stop)
    _, at = ber.number(data, at, usm.stop)
    _, at = ber.number(data, at, usm.stop)
    user, at = ber.octets(data, at, usm.stop)
    body = ber.span(data, secured.stop, outer.stop)
    head = (message_id, flags[0], engine_id, user.decode())
    if flags[0] & ber.PRIV_FLAG:
        return Asked(*head, 0, 0, (), number)
    _, at = ber.octets(data, body.start, body.stop)
    _, at = ber.octets(data, at, body.stop)
    pdu = ber.span(data, at, body.stop)
    request_id, at = ber.number(data, pdu.start, pdu.stop)
    _, at = ber.number(data, at, pdu.stop)
    _, at = ber.number(data, at, pdu.stop)
    rows = ber.span(data, at, pdu.stop)
    names, at = [], rows.start
    while at < rows.stop:
        one = ber.span(data, at, rows.stop)
        name = ber.span(data, one.start, one.stop)
        names.append(key(ber.oid_text(data[name.start : name.stop])))
        at = one.stop
    return Asked(*head, request_id, pdu.tag, tuple(names), number)


def encoded(reply: Reply) -> bytes:
    """The whole message, with a signature where there is a user to sign for."""
    known = keys(reply.user, reply.engine_id)
    sign = reply.signed and reply.user.auth is not None
    size = AUTH[reply.user.auth].mac_bytes if reply.user.auth and sign else 0
    scoped = tlv(0x30, tlv(4, reply.engine_id) + tlv(4, b"") + reply.pdu)

    def whole_message(mac: bytes) -> bytes:
        flags = tlv(4, bytes((1 if sign else 0,)))
        header = tlv(0x30, whole(reply.id) + whole(65507) + flags + whole(3))
        head = tlv(4, reply.engine_id) + whole(reply.boots) + whole(reply.time) + tlv(4, reply.user.name.encode())
        usm = tlv(0x30, head + tlv(4, mac) + tlv(4, b""))
        return tlv(0x30, whole(3) + header + tlv(4, usm) + scoped)

    if not sign or reply.user.auth is None:
        return whole_message(b"")
    mac = hmac.digest(known.auth, whole_message(bytes(size)), AUTH[reply.user.auth].hash)[:size]
    return whole_message(reply.spoil(mac))


def report(to: Asked, counter: str, user: User = NOBODY, **what: object) -> Reply:
    pdu = tlv(REPORT, whole(to.request_id) + whole(0) + whole(0) + tlv(0x30, row(key(counter), (65, b"\x01"))))
    return replace(Reply(to.id, pdu, user), **what)  # type: ignore[arg-type]


def answer(to: Asked, rows: list[bytes], user: User) -> Reply:
    return Reply(to.id, tlv(RESPONSE, whole(to.request_id) + whole(0) + whole(0) + tlv(0x30, b"".join(rows))), user)


def v3(rows: Table, user: User, twist: Callable[[Asked, Reply], Reply | None]) -> Serve:
    """Answers discovery, then everything from the table, each answer through ``twist`` (None: none is sent)."""

    def serve(sock: socket.socket, data: bytes, peer: tuple[str, int], number: int) -> None:
        to = asked(data, number)
        if not to.engine_id or not to.user:
            sock.sendto(encoded(report(to, "1.3.6.1.6.3.15.1.1.4.0")), peer)
            return
        values = rows.behind(to.names[0], 1) if to.kind in (NEXT, BULK) else [rows.get(name) for name in to.names]
        twisted = twist(to, answer(to, values, user))
        if twisted is not None:
            sock.sendto(encoded(twisted), peer)

    return serve
