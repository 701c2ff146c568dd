"""gufo-snmp, which carries the polling: its Rust core encodes, signs, encrypts and decodes.

It says neither the error status of an answer nor the tags of its values, takes any report for a wrong password, ends a
request at the first datagram it cannot decode, and panics at noSuchObject in an answer to GETNEXT. So it is used as a
codec: its socket is connected to one of ours on loopback, and what goes to the device and comes from there goes
through our hands. Each answer is matched and judged first (:mod:`scanner.transports.snmp_gate`), and only one that is
fit reaches the library. Its buffer has 4080 bytes: a longer answer counts as too big, and fewer rows are asked for.
"""

import os
import select
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, TypeVar

from gufo.snmp import SnmpError
from gufo.snmp._fast import GetIter, SnmpV2cClientSocket, SnmpV3ClientSocket

from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_discovery import LONGEST, SHORTEST
from scanner.transports.snmp_faults import (
    NOT_IN_TIME_WINDOW,
    UNKNOWN_ENGINE_ID,
    AgentError,
    Forged,
    Garbled,
    NotIncreasing,
    Silent,
    TooBig,
    refused_by,
)
from scanner.transports.snmp_gate import Gate
from scanner.transports.snmp_line import Line
from scanner.transports.snmp_session import NOTHING_CAME, Bind, Kind, SnmpLogin, Unfit
from scanner.transports.snmp_usm import User, master_key

BUFFER = 4080
MASTER = 1 << 6  # the key that is given is Ku of RFC 3414, not the password
AUTH = {"MD5": 1, "SHA": 4, "SHA-224": 7, "SHA-256": 10, "SHA-384": 11, "SHA-512": 12}
SHORT = ("MD5", "SHA", "SHA-224")  # their keys must be extended for AES-256
EXTENSION = {"AES-256": 1, "AES-256-C": 2}
PRIV = {"DES": 1, "AES-128": 2, "AES-256": 4, "AES-256-C": 4}
LOOPBACK_SECONDS = 0.005
RESYNCS = 2  # times that a request is sent again because the engine told its id or time

T = TypeVar("T")
Keying = tuple[str, int, bytes, int, bytes]  # as SnmpV3ClientSocket takes them: user, algorithm and key, twice


class Codec:
    """The library's socket with its other end in our hands."""

    def __init__(self, login: SnmpLogin, engine_id: bytes) -> None:
        self._end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._end.bind(("127.0.0.1", 0))
        self.library = _socket(f"127.0.0.1:{self._end.getsockname()[1]}", login, engine_id)
        with socket.socket(fileno=os.dup(self.library.get_fd())) as beside:
            self._end.connect(beside.getsockname())  # from here on nobody else can send there
        self._end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 0))  # loopback loses nothing

    def close(self) -> None:
        self._end.close()

    def encoded(self, send: Callable[[], None]) -> bytes:
        """What the library would send. Raises :class:`TooBig`."""
        try:
            send()
        except SnmpError as fault:
            raise TooBig(f"the request does not fit into one message ({fault})") from fault
        return self._end.recv(BUFFER)

    def decoded(self, data: bytes, receive: Callable[[], T]) -> T:
        """Raises ``SnmpError``; ``BlockingIOError`` when the library takes it for no answer to its request."""
        self._end.send(data)
        try:
            return receive()
        except BlockingIOError:  # dropped, or under heavy load not through the kernel yet
            select.select([self.library.get_fd()], [], [], LOOPBACK_SECONDS)
            return receive()


class GufoSession:
    """A :class:`scanner.transports.snmp_session.Session`."""

    def __init__(self, address: str, port: int, login: SnmpLogin) -> None:
        """Raises :class:`Unreachable`."""
        self.answered = False
        self._login, self._gate = login, Gate(login, (address, port))
        self._line = Line.to(address, port)
        self._synchronised = login.user is None
        self._codec = Codec(login, self._gate.engine_id)

    @property
    def library(self) -> str:
        return _library()

    def close(self) -> None:
        self._codec.close()
        self._line.close()

    async def ask(self, kind: Kind, oids: Sequence[str], repetitions: int, until: float) -> list[Bind]:
        report = "" if self._synchronised else await self._met(until)
        for _ in range(RESYNCS + 1):
            if report and report != NOT_IN_TIME_WINDOW:
                break
            send = _sender(self._codec.library, kind, oids, repetitions)
            _, pdu, told = await self._exchanged(send, self._codec.library.recv_get_many, until)
            report = pdu.report
            if pdu.status:  # its index counts values in a GET; a GETBULK has only one
                raise AgentError(pdu.status, pdu.index if kind is Kind.GET else 0)
            if pdu.kind != ber.REPORT:
                return _binds(pdu, told or {}, oids if kind is Kind.GET else None)
        self._synchronised = self._login.user is None
        raise refused_by(report)

    async def _met(self, until: float) -> str:
        """Engine id and time, as far as they are not known; "", or the report that says why not.

        RFC 3414, section 4: a request without values, to which the library takes over what the report tells. Only this
        request of the library asks for reports: to others an agent may be silent when the engine id is an old one.
        """
        if self._gate.engine_id:
            _, pdu, _ = await self._refreshed(until)
            if pdu.report != UNKNOWN_ENGINE_ID:
                self._synchronised = True
                return pdu.report.replace(NOT_IN_TIME_WINDOW, "")
            self._gate.forget()
            self._codec.close()
            self._codec = Codec(self._login, b"")
        message, _, _ = await self._refreshed(until)
        if not SHORTEST <= len(message.engine_id) <= LONGEST:
            raise Garbled("the device gave no engine id")
        self._gate.meet(message.engine_id)
        self._codec.library.set_keys(*_keying(self._login.user))
        self._synchronised = True
        return ""

    async def _refreshed(self, until: float) -> tuple[ber.Message, ber.Pdu, object]:
        library = self._codec.library
        return await self._exchanged(library.send_refresh, library.recv_refresh, until)

    async def _exchanged(
        self, send: Callable[[], None], receive: Callable[[], T], until: float
    ) -> tuple[ber.Message, ber.Pdu, T | None]:
        """One request and its answer: the outside of it, the PDU, and what the library made of a response."""
        request = self._codec.encoded(send)
        number, unfit = ber.message_id(request), Unfit()
        self._line.send(request)
        while True:
            try:
                data = await self._line.next(until)
            except Silent:
                raise unfit.fault() from None
            try:
                message, pdu = self._gate.admit(data)
            except (Garbled, Forged) as why:
                unfit.add(why)
                continue
            if message.id != number:
                unfit.add()
                continue
            self.answered = True
            return message, pdu, self._taken(data, pdu, receive)

    def _taken(self, data: bytes, pdu: ber.Pdu, receive: Callable[[], T]) -> T | None:
        if len(data) > BUFFER:
            raise TooBig(f"the answer is longer than {BUFFER} bytes")
        try:
            if pdu.kind == ber.REPORT:
                if pdu.report in (NOT_IN_TIME_WINDOW, UNKNOWN_ENGINE_ID):  # the others hold nothing for it to learn
                    self._codec.decoded(data, self._codec.library.recv_refresh)
                return None
            return self._codec.decoded(data, receive)
        except BlockingIOError:
            if pdu.report == UNKNOWN_ENGINE_ID:  # it drops what comes from another engine than the one it knows
                return None
            raise Garbled("the answer is not one to the request") from None
        except SnmpError as fault:
            if pdu.status:  # of some error statuses it makes an error, of others an empty answer
                return None
            raise Garbled(f"the answer cannot be decoded ({fault})") from fault


def _socket(where: str, login: SnmpLogin, engine_id: bytes) -> Any:  # noqa: ANN401 (two classes of the library without a common one)
    if login.user is None:
        return SnmpV2cClientSocket(where, login.community or "", 0, 0, 0, 0)
    keying = _keying(login.user if engine_id else User(""))
    return SnmpV3ClientSocket(where, engine_id, *keying, 0, 0, 0, 0)


def _keying(user: User | None) -> Keying:
    if user is None or user.auth is None:
        return (user.name if user else "", 0, b"", 0, b"")
    auth, priv, priv_key = AUTH[user.auth], 0, b""
    if user.priv:
        auth += EXTENSION.get(user.priv, 0) if user.auth in SHORT else 0
        priv, priv_key = PRIV[user.priv] | MASTER, master_key(user.auth, user.priv_password)
    return (user.name, auth | MASTER, master_key(user.auth, user.auth_password), priv, priv_key)


def _sender(socket: Any, kind: Kind, oids: Sequence[str], repetitions: int) -> Callable[[], None]:  # noqa: ANN401
    if kind is Kind.GET:
        return lambda: socket.send_get_many(list(oids))
    if kind is Kind.NEXT:
        return lambda: socket.send_get_next(GetIter(oids[0]))
    return lambda: socket.send_get_bulk(GetIter(oids[0], repetitions))


def _binds(pdu: ber.Pdu, told: Mapping[str, Any], asked: Sequence[str] | None) -> list[Bind]:
    """What the library decoded, with the tags and the empty rows that it left out. ``asked``: the OIDs of a GET."""
    if not pdu.tags:
        raise Garbled(NOTHING_CAME)
    if len(told) + len(pdu.nothing) != len(pdu.tags):
        raise NotIncreasing("the device gave the same OID twice in one answer")
    values = iter(told.items())
    binds: list[Bind] = []
    for place, tag in enumerate(pdu.tags):
        if place in pdu.nothing:
            binds.append(Bind(pdu.nothing[place], tag, b""))
        else:
            oid, value = next(values)
            binds.append(Bind(oid, tag, octets(value)))
    if asked is not None and [bind.oid for bind in binds] != list(asked):
        raise Garbled("the device answered for other values than were asked")
    return binds


def octets(value: object) -> bytes:
    """As evidence holds it: octets as they are, numbers, OIDs and addresses in ASCII."""
    return value if isinstance(value, bytes) else str(value).encode()


@cache
def _library() -> str:
    return f"gufo-snmp {version('gufo-snmp')}"
