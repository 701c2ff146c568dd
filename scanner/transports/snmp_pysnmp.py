"""pysnmp 7: the independent second opinion, and what carries on where gufo-snmp has no wheel.

Its engine is fed by hand: no event loop of its own, no timers, one connected socket a device, and only datagrams that
the gate lets in (:mod:`scanner.transports.snmp_gate`). An engine takes 64 ms to make and names users for all devices
alike, so there is one engine a credential. MIB look-up stays off: it would decode everything twice.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import count
from typing import Any, NamedTuple

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.carrier.base import AbstractTransport, AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto import errind

from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_faults import (
    UNKNOWN_ENGINE_ID,
    AgentError,
    Forged,
    Garbled,
    Silent,
    refused_by,
)
from scanner.transports.snmp_gate import Gate
from scanner.transports.snmp_line import Line
from scanner.transports.snmp_session import NOTHING_CAME, Bind, Kind, SnmpLogin, Unfit

AUTH = {
    None: config.USM_AUTH_NONE,
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV = {
    None: config.USM_PRIV_NONE,
    "DES": config.USM_PRIV_CBC56_DES,
    "AES-128": config.USM_PRIV_CFB128_AES,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-256-C": config.USM_PRIV_CFB256_AES,
}
GENERATORS = {
    Kind.GET: cmdgen.GetCommandGenerator,
    Kind.NEXT: cmdgen.NextCommandGenerator,
    Kind.BULK: cmdgen.BulkCommandGenerator,
}
NAME = "asker"  # of everything that there is once in an engine
EXPIRES = 6_000  # centiseconds until an engine forgets a request that we have given up long before
ADDRESS = ("127.0.0.1", 161)  # engines want one; where packets really go is the line's own matter


class Carrier(AbstractTransport):  # type: ignore[misc] # pysnmp has no types
    """Takes what the engine sends to the line of one device, and remembers the ids of the messages."""

    PROTO_TRANSPORT_DISPATCHER = AbstractTransportDispatcher
    ADDRESS_TYPE = udp.UdpTransportAddress

    def __init__(self, line: Line) -> None:
        self.line = line
        self.sent: set[int] = set()

    def send_message(self, outgoingMessage: bytes, transportAddress: object) -> None:  # noqa: ARG002, N803
        self.sent.add(ber.message_id(outgoingMessage))
        self.line.send(outgoingMessage)

    def deliver(self, data: bytes) -> None:
        self._callback_function(self, udp.UdpTransportAddress(ADDRESS), data)


class Engine:
    """One SnmpEngine for one credential. ``places`` keeps what it learns about a device under one name."""

    def __init__(self, login: SnmpLogin) -> None:
        self.engine = SnmpEngine()
        self._places: dict[tuple[str, int], int] = {}
        self._numbers = count(1)
        user = login.user
        if user is None:
            config.add_v1_system(self.engine, NAME, login.community or "", securityName=NAME)
        else:
            keying = (AUTH[user.auth], user.auth_password or None, PRIV[user.priv], user.priv_password or None)
            config.add_v3_user(self.engine, user.name, *keying)
        security = (user.name, user.level, 3) if user else (NAME, "noAuthNoPriv", 1)
        config.add_target_parameters(self.engine, NAME, *security)

    def connect(self, place: tuple[str, int], carrier: Carrier) -> str:
        """Put the carrier in; the name of the target."""
        number = self._places.setdefault(place, 0) or next(self._numbers)
        self._places[place] = number
        domain, name = (*udp.DOMAIN_NAME, number), f"device-{number}"
        config.add_transport(self.engine, domain, carrier)
        config.add_target_address(self.engine, name, domain, ADDRESS, NAME, EXPIRES, 0)
        return name

    def disconnect(self, place: tuple[str, int], name: str) -> None:
        config.delete_target_address(self.engine, name)
        config.delete_transport(self.engine, (*udp.DOMAIN_NAME, self._places[place]))

    def forget(self, place: tuple[str, int]) -> None:
        """What was learnt about the device that was there: another one is by now."""
        self._places.pop(place, None)


@lru_cache(maxsize=64)
def _engine(login: SnmpLogin) -> Engine:
    return Engine(login)


class PysnmpSession:
    """A :class:`scanner.transports.snmp_session.Session`. Not two at once to one place with one login."""

    def __init__(self, address: str, port: int, login: SnmpLogin) -> None:
        """Raises :class:`scanner.transports.snmp_faults.Unreachable`."""
        self.answered = False
        self._place, self._gate = (address, port), Gate(login, (address, port))
        self._line = Line.to(address, port)
        self._carrier = Carrier(self._line)
        self._engine = _engine(login)
        self._target = self._engine.connect(self._place, self._carrier)

    @property
    def library(self) -> str:
        return _library()

    def close(self) -> None:
        self._engine.disconnect(self._place, self._target)
        self._line.close()

    async def ask(self, kind: Kind, oids: Sequence[str], repetitions: int, until: float) -> list[Bind]:
        report, binds = await self._asked(kind, oids, repetitions, until)
        if report == UNKNOWN_ENGINE_ID:
            self._engine.disconnect(self._place, self._target)
            self._engine.forget(self._place)
            self._target = self._engine.connect(self._place, self._carrier)
            report, binds = await self._asked(kind, oids, repetitions, until)
        if report:
            raise refused_by(report)
        return binds

    async def _asked(self, kind: Kind, oids: Sequence[str], repetitions: int, until: float) -> tuple[str, list[Bind]]:
        """The OID of the report that came instead of an answer, "" if none did; the values."""
        told: list[_Told] = []
        self._carrier.sent.clear()
        self._engine.engine.transport_dispatcher.handle_timer_tick(time.time())
        self._send(kind, oids, repetitions, lambda *given: told.append(_Told(*given[2:6])))
        unfit, report = Unfit(), ""
        while not told:
            try:
                data = await self._line.next(until)
            except Silent:
                if report:
                    return report, []
                raise unfit.fault() from None
            report = self._take(data, unfit, told) or report
        if told[0].indication is not None and report:
            return report, []
        return "", _binds(told[0], oids if kind is Kind.GET else None)

    def _send(self, kind: Kind, oids: Sequence[str], repetitions: int, tell: Callable[..., None]) -> None:
        names = [(tuple(map(int, oid.split("."))), None) for oid in oids]
        bulk = (0, repetitions) if kind is Kind.BULK else ()
        try:
            GENERATORS[kind]().send_varbinds(self._engine.engine, self._target, None, "", *bulk, names, tell)
        except (PySnmpError, PyAsn1Error) as fault:
            raise Garbled(f"the request cannot be made ({type(fault).__name__})") from fault

    def _take(self, data: bytes, unfit: Unfit, told: Sequence["_Told"]) -> str:
        """Give it to the engine if it is fit; the OID of the report that it is, if it is one."""
        try:
            message, pdu = self._gate.admit(data)
        except (Garbled, Forged) as why:
            unfit.add(why)
            return ""
        if message.id not in self._carrier.sent:
            unfit.add()
            return ""
        self.answered = True
        if pdu.kind == ber.REPORT and pdu.report == UNKNOWN_ENGINE_ID:
            self._gate.meet(message.engine_id)
        sent = len(self._carrier.sent)
        try:
            self._carrier.deliver(data)
        except (PySnmpError, PyAsn1Error) as fault:
            raise Garbled(f"the answer cannot be decoded ({type(fault).__name__})") from fault
        if len(self._carrier.sent) > sent:
            return ""  # a report from which the engine learnt what it lacked: it has asked again
        if not told:
            unfit.add(Garbled("the answer cannot be decoded"))
        return pdu.report


class _Told(NamedTuple):
    """What the engine says of a request."""

    indication: object  # None: nothing went wrong
    status: Any
    index: Any
    rows: Any


def _binds(told: _Told, asked: Sequence[str] | None) -> list[Bind]:
    if isinstance(told.indication, errind.EmptyResponse):
        raise Garbled(NOTHING_CAME)
    if told.indication is not None:
        raise Garbled(f"the answer cannot be used ({type(told.indication).__name__})")
    if int(told.status):
        raise AgentError(int(told.status), int(told.index) if asked else 0)
    if not told.rows:
        raise Garbled(NOTHING_CAME)
    binds = [_bind(str(oid), value) for oid, value in told.rows]
    if asked is not None and [bind.oid for bind in binds] != list(asked):
        raise Garbled("the device answered for other values than were asked")
    return binds


def _bind(oid: str, value: Any) -> Bind:  # noqa: ANN401 (pyasn1's own types)
    tag = value.tagSet[-1]
    number = tag.tagClass | tag.tagId
    if number in ber.NOTHING:
        return Bind(oid, number, b"")
    if number in (ber.OCTETS, ber.OPAQUE):
        return Bind(oid, number, bytes(value))
    text = ".".join(map(str, bytes(value))) if number == ber.ADDRESS else str(value)
    return Bind(oid, number, text.encode())


@cache
def _library() -> str:
    return f"pysnmp {version('pysnmp')}"
