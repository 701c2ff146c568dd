"""LDAP: the root DSE is read without logging in (RFC 4512, section 5.1). That it may not be read is an answer too."""

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.certificate import secured
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.ldap_messages import (
    ROOT_DSE,
    SEARCH_DONE,
    SEARCH_ENTRY,
    UNBIND,
    Message,
    message,
    result_of,
)
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen
from scanner.transports.endpoints.starttls import UPGRADES

NO_SERVICE = {51: "busy", 52: "unavailable", 80: "other"}  # RFC 4511, appendix A.2


async def ldap(watch: Watch, around: Around, seen: Seen) -> None:
    port = watch.port or (636 if watch.tls and not watch.tls.starttls else 389)
    with await Line.open(watch.host, port, around, seen) as line:
        if watch.tls is not None:
            if watch.tls.starttls:
                await UPGRADES["ldap"](line)
            await secured(line, watch.tls, watch.host, around, seen)
        await line.send(ROOT_DSE)
        told = await message(line, number=2)
        await line.send(UNBIND)
    _judge(told, seen)


def _judge(told: Message, seen: Seen) -> None:
    """Raises :class:`Unexpected`."""
    if told.operation == SEARCH_ENTRY:
        return
    code = result_of(told) if told.operation == SEARCH_DONE else None
    if code is None:
        raise Unexpected("it does not answer a search")
    seen.notes["result"] = str(code)
    if code in NO_SERVICE:
        raise Unexpected(f"it answers {code} ({NO_SERVICE[code]})")
