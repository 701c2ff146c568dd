"""TCP connect; where the inventory says so, some bytes sent and a pattern looked for in what comes back."""

from inventory.watch import Bytes, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.line import CHUNK, Line
from scanner.transports.endpoints.patterns import found
from scanner.transports.endpoints.sampling import Seen

MAX_READ = 65_536
MAX_PARTS = 500  # the pattern is tried after each


async def tcp(watch: Watch, around: Around, seen: Seen) -> None:
    with await Line.open(watch.host, watch.port, around, seen) as line:
        if isinstance(watch.ask, Bytes):
            await _talk(line, watch.ask)


async def _talk(line: Line, ask: Bytes) -> None:
    """Raises :class:`Unexpected` when the other side is done, or said enough, without a match."""
    if ask.hex:
        await line.send(ask.send)
    if ask.expect is None:
        return
    got, parts = bytearray(), 0
    while len(got) < MAX_READ and parts < MAX_PARTS:
        part = await line.receive(CHUNK)
        got += part
        parts += 1
        if found(ask.expect, bytes(got)):
            return
        if not part:
            break
    raise Unexpected(f"what it sent ({len(got)} bytes) does not match {ask.expect!r}")
