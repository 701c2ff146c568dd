"""Ask an SNMPv3 engine who it is, without a user and without a key (RFC 3414, section 4; RFC 5343).

The one message that we write ourselves: it is the same for everybody but for its two numbers.
"""

import secrets

from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_faults import Garbled
from scanner.transports.snmp_line import Line

# version 3; msgID, msgMaxSize 65507, flags reportable, USM; no engine, boots, time, user, signature, salt; and a
# scoped PDU without a context: GET, request id, no values.
_MESSAGE = bytes.fromhex(
    "303e020103301102046d6d6d6d020300ffe3040104020103"
    "0410300e0400020100020100040004000400301404000400a00e020472727272020100020100 3000".replace(" ", "")
)
_ID, _REQUEST = _MESSAGE.index(b"mmmm"), _MESSAGE.index(b"rrrr")
SHORTEST, LONGEST = 5, 32  # octets of an engine id, RFC 3411, section 5


def request() -> tuple[int, bytes]:
    """A fresh message and its id."""
    number = secrets.randbits(30) | 1 << 30  # four octets, positive
    octets = number.to_bytes(4)
    return number, _MESSAGE[:_ID] + octets + _MESSAGE[_ID + 4 : _REQUEST] + octets + _MESSAGE[_REQUEST + 4 :]


async def engine_id(address: str, port: int, until: float) -> bytes:
    """Raises :class:`scanner.transports.snmp_faults.SnmpFault`, Silent when nothing came until then."""
    line = Line.to(address, port)
    try:
        number, asked = request()
        line.send(asked)
        while True:
            try:
                found = ber.message(await line.next(until))
            except Garbled:
                continue
            if found.id == number and SHORTEST <= len(found.engine_id) <= LONGEST:
                return found.engine_id
    finally:
        line.close()
