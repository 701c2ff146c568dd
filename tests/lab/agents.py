"""SNMP agents written for tests: a table to answer from, and every way to misbehave.

An agent is a function from a request to the datagrams that are sent back; :func:`serving` gives it a port.
"""

import contextlib
import socket
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.transports import snmp_ber as ber

GET, NEXT, BULK, RESPONSE, REPORT = 0xA0, 0xA1, 0xA5, 0xA2, 0xA8
Key = tuple[int, ...]
Value = tuple[int, bytes]  # tag, content


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def whole(number: int, tag: int = 2) -> bytes:
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def oid(key: Key) -> bytes:
    octets = bytearray((key[0] * 40 + key[1],))
    for part in key[2:]:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(0x80 | part & 0x7F)
        octets += bytes(reversed(digits))
    return tlv(6, bytes(octets))


def key(text: str) -> Key:
    return tuple(map(int, text.split(".")))


def row(name: Key, value: Value) -> bytes:
    return tlv(0x30, oid(name) + tlv(*value))


@dataclass(frozen=True)
class Request:
    kind: int
    id: int
    names: tuple[Key, ...]
    repetitions: int  # of a GETBULK
    community: bytes
    number: int  # how many requests came before
    data: bytes


def parsed(data: bytes, number: int) -> Request:
    outer = ber.span(data, 0, len(data))
    _, at = ber.number(data, outer.start, outer.stop)
    community, at = ber.octets(data, at, outer.stop)
    pdu = ber.span(data, at, outer.stop)
    request_id, at = ber.number(data, pdu.start, pdu.stop)
    _, at = ber.number(data, at, pdu.stop)
    repetitions, at = ber.number(data, at, pdu.stop)
    rows = ber.span(data, at, pdu.stop)
    names, at = [], rows.start
    while at < rows.stop:
        one = ber.span(data, at, rows.stop)
        name = ber.span(data, one.start, one.stop)
        names.append(key(ber.oid_text(data[name.start : name.stop])))
        at = one.stop
    return Request(pdu.tag, request_id, tuple(names), repetitions, community, number, data)


def response(
    to: Request, rows: Iterable[bytes], status: int = 0, index: int = 0, request_id: int | None = None
) -> bytes:
    head = whole(to.id if request_id is None else request_id) + whole(status) + whole(index)
    return tlv(0x30, whole(1) + tlv(4, to.community) + tlv(RESPONSE, head + tlv(0x30, b"".join(rows))))


def echoed(to: Request) -> list[bytes]:
    """The names of the request with NULL, as answers with an error status have them."""
    return [row(name, (5, b"")) for name in to.names]


@dataclass(frozen=True)
class Table:
    """Answers as an agent should."""

    rows: Mapping[Key, Value]
    order: Sequence[Key] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", sorted(self.rows))

    def get(self, name: Key) -> bytes:
        return row(name, self.rows.get(name, (128, b"")))

    def behind(self, name: Key, count: int) -> list[bytes]:
        start = bisect_right(self.order, name)
        found = [row(one, self.rows[one]) for one in self.order[start : start + count]]
        return found if len(found) == count else [*found, row(name, (130, b""))]

    def answered(self, request: Request) -> list[bytes]:
        if request.kind == GET:
            return [self.get(name) for name in request.names]
        return self.behind(request.names[0], request.repetitions if request.kind == BULK else 1)

    def __call__(self, request: Request) -> list[bytes]:
        return [response(request, self.answered(request))]


Agent = Callable[[Request], Iterable[bytes]]


def table(prefix: str = "1.3.6.1.2.1.47.1.1.1.1", columns: int = 3, rows: int = 30) -> Table:
    """System scalars and a small ENTITY-like table."""
    made: dict[Key, Value] = {
        key("1.3.6.1.2.1.1.1.0"): (4, b"a made-up device"),
        key("1.3.6.1.2.1.1.2.0"): (6, oid(key("1.3.6.1.4.1.99999.1"))[2:]),
        key("1.3.6.1.2.1.1.3.0"): (67, b"\x01\x00\x00"),
    }
    for column in range(2, 2 + columns):
        for index in range(1, 1 + rows):
            made[(*key(prefix), column, index)] = (4, b"cell %d/%d" % (column, index))
    return Table(made)


@contextlib.contextmanager
def serving(agent: Callable[[socket.socket, bytes, tuple[str, int], int], None]) -> Iterator[int]:
    """Run the agent in a thread; its port. It ends with the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.05)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, agent, over), daemon=True)
        thread.start()
        yield int(sock.getsockname()[1])
        over.set()
        thread.join(5)


def _serve(
    sock: socket.socket, agent: Callable[[socket.socket, bytes, tuple[str, int], int], None], over: threading.Event
) -> None:
    number = 0
    while not over.is_set():
        try:
            data, peer = sock.recvfrom(65535)
        except TimeoutError:
            continue
        with contextlib.suppress(OSError):  # the asker is gone
            agent(sock, data, peer, number)
        number += 1


def v2c(agent: Agent) -> Callable[[socket.socket, bytes, tuple[str, int], int], None]:
    """An agent that sees parsed requests and answers from its own port."""

    def serve(sock: socket.socket, data: bytes, peer: tuple[str, int], number: int) -> None:
        for answer in agent(parsed(data, number)):
            sock.sendto(answer, peer)

    return serve
