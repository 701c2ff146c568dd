"""A TLS handshake, direct or after STARTTLS, and the certificate that comes with it."""

from inventory.watch import Tls, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.certificate import secured
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen
from scanner.transports.endpoints.starttls import UPGRADES


async def tls(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Tls) else watch.tls or Tls()
    with await Line.open(watch.host, watch.port or 443, around, seen) as line:
        if ask.starttls:
            await UPGRADES[ask.starttls](line)
        await secured(line, ask, watch.host, around, seen)
