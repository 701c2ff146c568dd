"""A stream of numbered packets, shaped like RTP (RFC 3550), that the far end echoes: loss, jitter and round trip.

The far end is any UDP echo (RFC 862). What becomes of the numbers is ``checks.call_quality``'s business; here they are
only taken.
"""

import asyncio
import contextlib
import json
import secrets
import struct
import time
from statistics import median

from inventory.watch import Call, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Blind, NoAnswer
from scanner.transports.endpoints.sampling import Seen

MAX_PACKETS = 1_500
MIN_INTERVAL = 0.005
LAST_SECONDS = 1.0  # for the last packets to come back
SPARE = 100  # packets of others that may come in between
_HEAD = struct.Struct(">BBHII")
PCMU = 0


async def call(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Call) else Call()
    needed = ask.packets * _step(ask) + LAST_SECONDS
    if needed > watch.timeout_seconds:
        raise Blind(f"{ask.packets} packets take {needed:.1f} s, and the time limit is {watch.timeout_seconds:g} s")
    most = 2 * min(ask.packets, MAX_PACKETS) + SPARE
    with await Datagram.open(watch.host, watch.port or 7, around, seen, most=most) as line:
        sent, came = await _stream(line, ask)
    if not came:
        raise NoAnswer(f"none of {len(sent)} packets came back")
    trip = round(median(came[number] - sent[number] for number in came) * 1e3, 3)
    measured = {"packets": len(sent), "lost": len(sent) - len(came), "round_trip_ms": trip}
    seen.timings["round_trip"] = trip
    if len(came) > 1:
        seen.timings["jitter"] = measured["jitter_ms"] = round(jitter(sent, came) * 1e3, 3)
    seen.notes |= {name: str(value) for name, value in measured.items()}
    seen.evidence = json.dumps(measured, sort_keys=True).encode()


async def _stream(line: Datagram, ask: Call) -> tuple[dict[int, float], dict[int, float]]:
    """When each packet went, and when each came back."""
    source, count = secrets.randbits(32), min(ask.packets, MAX_PACKETS)
    sent: dict[int, float] = {}
    came: dict[int, float] = {}
    listening = asyncio.create_task(_listen(line, source, count, sent, came))
    try:
        begun, step = time.perf_counter(), _step(ask)
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number * step - time.perf_counter()))
            if listening.done():
                break
            sent[number] = time.perf_counter()
            line.send(_packet(number, source, ask.size))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(listening), LAST_SECONDS)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return sent, came


def _step(ask: Call) -> float:
    """Seconds between two packets."""
    return max(ask.interval_ms / 1e3, MIN_INTERVAL)


async def _listen(line: Datagram, source: int, count: int, sent: dict[int, float], came: dict[int, float]) -> None:
    """Until every packet is back, or somebody ends it. A number that was not sent yet comes from a forger."""
    while len(came) < count:
        said = await line.receive()
        at = time.perf_counter()
        if len(said) >= _HEAD.size:
            _, _, number, _, theirs = _HEAD.unpack_from(said)
            if theirs == source and number in sent:
                came.setdefault(number, at)  # a packet that comes twice counts once


def _packet(number: int, source: int, size: int) -> bytes:
    head = _HEAD.pack(0x80, PCMU, number & 0xFFFF, number * 160 & 0xFFFFFFFF, source)
    return head.ljust(min(max(size, _HEAD.size), 1_400), b"\xd5")


def jitter(sent: dict[int, float], came: dict[int, float]) -> float:
    """Interarrival jitter in seconds, RFC 3550, section 6.4.1."""
    estimate, before = 0.0, None
    for number in sorted(came, key=lambda one: came[one]):
        transit = came[number] - sent[number]
        if before is not None:
            estimate += (abs(transit - before) - estimate) / 16
        before = transit
    return estimate
