"""Many SNMPv2c devices on loopback that answer from one table, as cheaply as Python can.

Only for measuring a client: no community is checked, nothing moves, and an answer that was made once is kept and sent
again with the new request id. One UDP port a device. It takes a tenth of the CPU that snmpsim would.

Usage: python -m benchmarks.snmp_responder DEVICES. It prints its ports as JSON when it is ready and ends when its
stdin does.
"""

import json
import resource
import selectors
import socket
import sys
from collections.abc import Mapping, Sequence

from tests.lab.agents import Key, Table, Value, key, oid, tlv

ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
COLUMNS = (2, 5, 7, 8, 9, 10, 11, 13)  # of entPhysicalTable: description, class, name, revisions, serial, model
ROWS = 34  # a chassis with its cards and power supplies
SYSTEM = tuple(f"1.3.6.1.2.1.1.{n}.0" for n in range(1, 8))
SCALARS = (*SYSTEM, "1.3.6.1.6.3.10.2.1.1.0", "1.3.6.1.6.3.10.2.1.3.0", "1.3.6.1.2.1.25.1.1.0")
BULK, NEXT = 0xA5, 0xA1


def contents() -> Mapping[Key, Value]:
    """Ten scalars and a table of 272 values."""
    rows: dict[Key, Value] = {key(name): (4, b"Benchmark OS, version 15.2(7)E3, RELEASE (fc2)") for name in SCALARS}
    rows[key(SYSTEM[1])] = (6, oid(key("1.3.6.1.4.1.99999.1.1208"))[2:])
    rows[key(SYSTEM[2])] = (67, b"\x07\x5b\xcd\x15")
    for column in COLUMNS:
        for row in range(1, ROWS + 1):
            rows[(*key(ENTITY), column, 1000 + row)] = (
                (2, b"\x09") if column == 5 else (4, b"WS-C2960X-%d/%d" % (column, row))
            )
    rows[(*key(ENTITY), 14, 1001)] = (2, b"\x01")
    return rows


class Responder:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[bytes, bytes] = {}

    def answer(self, data: bytes) -> bytes:
        """Short lengths only but for the outermost two: requests of ten OIDs are no longer."""
        at = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        head = data[at : at + 5 + data[at + 4]]  # version, community
        at += len(head)
        kind, at = data[at], at + (2 if data[at + 1] < 0x80 else 2 + (data[at + 1] & 0x7F))
        request_id = data[at : at + 2 + data[at + 1]]
        asked = bytes((kind,)) + data[at + len(request_id) :]
        rest = self._known.get(asked) or self._known.setdefault(asked, self._made(kind, asked[1:]))
        return tlv(0x30, head + tlv(0xA2, request_id + rest))

    def _made(self, kind: int, asked: bytes) -> bytes:
        repetitions = asked[5] if kind == BULK else 1
        names = _names(asked[6:])
        if kind in (BULK, NEXT):
            rows = self._table.behind(names[0], repetitions)
        else:
            rows = [self._table.get(name) for name in names]
        return b"\x02\x01\x00\x02\x01\x00" + tlv(0x30, b"".join(rows))


def _names(rows: bytes) -> Sequence[Key]:
    from scanner.transports import snmp_ber as ber

    outer, names = ber.span(rows, 0, len(rows)), []
    at = outer.start
    while at < outer.stop:
        row = ber.span(rows, at, outer.stop)
        name = ber.span(rows, row.start, row.stop)
        names.append(key(ber.oid_text(rows[name.start : name.stop])))
        at = row.stop
    return names


def main(devices: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, devices + 100), hard))
    responder, selector = Responder(Table(contents())), selectors.DefaultSelector()
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(devices)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print(json.dumps([sock.getsockname()[1] for sock in sockets]), flush=True)
    while True:
        for ready, _ in selector.select():
            if not isinstance(ready.fileobj, socket.socket):
                return
            data, peer = ready.fileobj.recvfrom(65535)
            ready.fileobj.sendto(responder.answer(data), peer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
