"""A DNS question (RFC 1035) over UDP, and over TCP when the answer does not fit."""

import secrets
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from inventory.watch import Dns, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Blind, Unexpected
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen

MAX_TOLD = 20  # answers that are noted
MAX_CUT = 200  # characters of one


async def dns_question(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Dns) else None
    asked = _question(ask or Dns(".", "SOA"))
    started = time.perf_counter()
    told = await _over_udp(watch, asked, around, seen)
    if told.flags & dns.flags.TC:
        seen.evidence = b""
        told = await _over_tcp(watch, asked, around, seen)
        seen.notes["over"] = "tcp"
    seen.timings["answer"] = (time.perf_counter() - started) * 1e3
    if ask is None:
        _judge_life(told, seen)
    else:
        _judge(ask, told, seen)


def _question(ask: Dns) -> dns.message.QueryMessage:
    try:
        made = dns.message.make_query(ask.query, ask.type, id=secrets.randbelow(65_536))
    except (dns.exception.DNSException, ValueError) as fault:
        raise Blind(f"{ask.type} {ask.query[:100]} is no question to a DNS server") from fault
    if not ask.recursion:
        made.flags &= ~dns.flags.RD
    return made


async def _over_udp(watch: Watch, asked: dns.message.QueryMessage, around: Around, seen: Seen) -> dns.message.Message:
    number = asked.id.to_bytes(2, "big")
    with await Datagram.open(watch.host, watch.port or 53, around, seen) as line:
        line.send(asked.to_wire())
        while True:
            said = await line.receive()
            if said[:2] != number:
                continue  # it answers another question
            told = _read(said)
            if asked.is_response(told):
                return told


async def _over_tcp(watch: Watch, asked: dns.message.QueryMessage, around: Around, seen: Seen) -> dns.message.Message:
    with await Line.open(watch.host, watch.port or 53, around, seen) as line:
        wire = asked.to_wire()
        await line.send(len(wire).to_bytes(2, "big") + wire)
        told = _read(await line.receive_exactly(int.from_bytes(await line.receive_exactly(2), "big")))
    if not asked.is_response(told):
        raise Unexpected("over TCP it answers another question")
    return told


def _read(said: bytes) -> dns.message.Message:
    try:
        return dns.message.from_wire(said, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError) as fault:
        raise Unexpected("its answer is no DNS message") from fault


def _judge_life(told: dns.message.Message, seen: Seen) -> None:
    """Nobody said what it must know: that it refuses us, or knows nothing, is an answer. Raises :class:`Unexpected`."""
    seen.notes["rcode"] = dns.rcode.to_text(told.rcode())
    if told.rcode() == dns.rcode.SERVFAIL:
        raise Unexpected("it answers SERVFAIL")


def _judge(ask: Dns, told: dns.message.Message, seen: Seen) -> None:
    """Raises :class:`Unexpected`."""
    wanted = dns.rdatatype.from_text(ask.type)
    answers = sorted(rd.to_text() for found in told.answer if found.rdtype == wanted for rd in found)
    seen.notes["rcode"] = dns.rcode.to_text(told.rcode())
    seen.notes["answers"] = ", ".join(answer[:MAX_CUT] for answer in answers[:MAX_TOLD])
    for found in told.answer:
        if found.rdtype == dns.rdatatype.SOA:
            seen.notes["serial"] = str(found[0].serial)
    if told.rcode() != dns.rcode.NOERROR:
        raise Unexpected(f"it answers {dns.rcode.to_text(told.rcode())} for {ask.type} {ask.query}")
    if not answers:
        raise Unexpected(f"it knows no {ask.type} of {ask.query}")
    lacking = [answer for answer in ask.answers if not _among(answer, answers)]
    if lacking:
        raise Unexpected(f"{', '.join(lacking)} is not among its answers for {ask.type} {ask.query}")


def _among(wanted: str, answers: list[str]) -> bool:
    """As people write it: without the last dot of a name, in any case."""
    plain = wanted.rstrip(".").lower()
    return any(plain == answer.rstrip(".").lower() or wanted == answer.strip('"') for answer in answers)
