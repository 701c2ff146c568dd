"""UDP: something is sent, and something must come back. Silence over UDP is no proof of life, so it counts as down."""

from inventory.watch import Bytes, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.patterns import found
from scanner.transports.endpoints.sampling import Seen


async def udp(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Bytes) else Bytes()
    with await Datagram.open(watch.host, watch.port, around, seen) as line:
        line.send(ask.send)
        said = await line.receive()
    if ask.expect is not None and not found(ask.expect, said):
        raise Unexpected(f"what it sent ({len(said)} bytes) does not match {ask.expect!r}")
