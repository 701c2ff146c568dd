"""Answers with a few octets changed: read, or refused by name, and nothing else, in the library's native code too."""

import random

import pytest
from gufo.snmp import SnmpError

from scanner.transports.snmp_faults import Garbled, NotIncreasing, SnmpFault
from scanner.transports.snmp_gate import Gate
from scanner.transports.snmp_gufo import Codec, _binds
from scanner.transports.snmp_session import SnmpLogin
from tests.lab.agents import key, parsed, response, row

LOGIN = SnmpLogin("lab")
SYSTEM = "1.3.6.1.2.1.1"
ROWS = [
    row(key(f"{SYSTEM}.1.0"), (4, b"abc")),
    row(key(f"{SYSTEM}.2.0"), (6, b"\x2b\x06\x01\x84\x01")),
    row(key(f"{SYSTEM}.3.0"), (67, b"\x01\x00")),
    row(key(f"{SYSTEM}.4.0"), (64, b"\x7f\x00\x00\x01")),
    row(key(f"{SYSTEM}.5.0"), (70, b"\x00" + b"\xff" * 8)),
    row(key(f"{SYSTEM}.6.0"), (68, b"\x9f\x78\x04\x42\xf6\x00\x00")),
    row(key(f"{SYSTEM}.7.0"), (5, b"")),
    row(key(f"{SYSTEM}.8.0"), (2, b"\xff")),
    row(key(f"{SYSTEM}.9.0"), (130, b"")),
]
LIKELY = (0, 1, 2, 4, 5, 6, 0x30, 0x40, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF)


def mutated(data: bytes, chance: random.Random) -> bytes:
    octets = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at, what = chance.randrange(len(octets)), chance.random()
        if what < 0.7:
            octets[at] = chance.choice((*LIKELY, chance.randrange(256)))
        elif what < 0.85:
            del octets[at]
        else:
            octets.insert(at, chance.randrange(256))
    return bytes(octets)


@pytest.mark.parametrize("seed", range(4))
def test_mutations(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (no secret)
    codec, gate = Codec(LOGIN, b""), Gate(LOGIN, ("192.0.2.1", 161))
    outcomes = {"read": 0, "refused": 0}
    for _ in range(2000):
        request = parsed(codec.encoded(lambda: codec.library.send_get_many([f"{SYSTEM}.1.0"])), 0)
        data = mutated(response(request, chance.sample(ROWS, chance.randint(1, len(ROWS)))), chance)
        try:
            message, pdu = gate.admit(data)
            if message.id == request.id and message.pdu:
                _binds(pdu, codec.library and codec.decoded(data, codec.library.recv_get_many), None)
            outcomes["read"] += 1
        except (Garbled, NotIncreasing, SnmpFault, SnmpError, BlockingIOError):
            outcomes["refused"] += 1
    codec.close()
    assert min(outcomes.values()) > 100
