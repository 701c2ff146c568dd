"""NTP (RFC 5905, client mode): is the server synchronised, and how far is our clock from its?"""

import struct

from inventory.watch import Ntp, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.sampling import Seen

EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_PACKET = struct.Struct(">BBbb11I")
UNSYNCHRONISED = 16  # stratum
ALARM = 3  # leap indicator
SERVER = 4  # mode


async def ntp(watch: Watch, around: Around, seen: Seen) -> None:
    with await Datagram.open(watch.host, watch.port or 123, around, seen) as line:
        sent = around.clock()
        seconds, fraction = _stamp(sent)
        line.send(_PACKET.pack(0x23, 0, 0, 0, *([0] * 9), seconds, fraction))
        while True:
            told = await line.receive()
            came = around.clock()
            if len(told) >= _PACKET.size and _origin(told) == (seconds, fraction):
                break  # any other packet answers another question
    seen.evidence = told[: _PACKET.size]
    first, stratum, _, _, *words = _PACKET.unpack_from(told)
    if first & 7 != SERVER:
        raise Unexpected(f"it answered in mode {first & 7} and not as a server")
    if stratum == 0 and _code(words[2]):
        raise Unexpected(f"it refuses: {_code(words[2])}")
    if not 0 < stratum < UNSYNCHRONISED or first >> 6 == ALARM:
        raise Unexpected("its own clock is not synchronised")
    received, replied = _seconds(words[7], words[8], sent), _seconds(words[9], words[10], sent)
    offset = ((received - sent) + (replied - came)) / 2
    seen.timings["round_trip"] = ((came - sent) - (replied - received)) * 1e3
    seen.notes |= {"stratum": str(stratum), "offset_seconds": f"{offset:.6f}"}
    limit = watch.ask.max_offset_seconds if isinstance(watch.ask, Ntp) else None
    if limit is not None and abs(offset) > limit:
        seen.slow = f"its clock is {offset:+.3f} s from ours; more than {limit:g} s is too much"


def _stamp(at: float) -> tuple[int, int]:
    whole = int(at)
    return (whole + EPOCH) & 0xFFFFFFFF, int((at - whole) * 2**32)


def _seconds(seconds: int, fraction: int, near: float) -> float:
    """POSIX seconds. NTP's count starts again every 136 years: the era is the one that lies nearest."""
    plain = seconds - EPOCH + fraction / 2**32
    return plain + round((near - plain) / 2**32) * 2**32


def _origin(told: bytes) -> tuple[int, int]:
    """What it says that it answers: our own time of sending, which nobody else knows."""
    words = _PACKET.unpack_from(told)
    return words[9], words[10]


def _code(word: int) -> str:
    """The kiss code, up to four letters (RFC 5905, section 7.4); "" for none."""
    told = word.to_bytes(4, "big").rstrip(b"\0")
    return told.decode("ascii") if told.isalnum() and told.isascii() else ""
