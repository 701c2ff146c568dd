"""SMTP, IMAP and POP3: greeting, TLS where the inventory asks for it, farewell. Nobody logs in and nothing is sent."""

from collections.abc import Awaitable, Callable
from functools import partial

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.certificate import secured
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen
from scanner.transports.endpoints.starttls import UPGRADES, imap_greeted, pop3_greeted, smtp_greeted


async def _mail(
    watch: Watch,
    around: Around,
    seen: Seen,
    *,
    ports: tuple[int, int],
    protocol: str,
    greeted: Callable[[Line], Awaitable[None]],
    farewell: bytes,
) -> None:
    """TLS from the first byte when ``watch.tls`` is there without ``starttls``. ``ports``: in the clear, inside TLS."""
    asked = watch.tls
    usual = ports[asked is not None and not asked.starttls]
    with await Line.open(watch.host, watch.port or usual, around, seen) as line:
        if asked is not None:
            if asked.starttls:
                await UPGRADES[protocol](line)
            await secured(line, asked, watch.host, around, seen)
        if asked is None or not asked.starttls:  # after STARTTLS it has greeted already
            await greeted(line)
        await line.send(farewell)


smtp = partial(_mail, ports=(25, 465), protocol="smtp", greeted=smtp_greeted, farewell=b"QUIT\r\n")
imap = partial(_mail, ports=(143, 993), protocol="imap", greeted=imap_greeted, farewell=b"z LOGOUT\r\n")
pop3 = partial(_mail, ports=(110, 995), protocol="pop3", greeted=pop3_greeted, farewell=b"QUIT\r\n")
