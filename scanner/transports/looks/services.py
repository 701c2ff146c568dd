"""Services looked at by a short conversation over TCP or a few packets over UDP; nobody logs in."""

from collections.abc import Sequence

from inventory.estate import Intrusiveness
from scanner.transports.looks.conversations import CONVERSATIONS, PACKETS, Conversation, Packet
from scanner.transports.looks.udp import asked
from scanner.transports.looks.wire import NotOpen, Record, Target, told

_LEVELS = ("", *Intrusiveness)  # "" is nobody's permission: only tests look without a plan


async def look(target: Target) -> list[Record]:
    """One record a step. The questions are those of the endpoint's scheme; no answer to the first ends the look."""
    scheme = target.endpoint.scheme
    records = await _packets(target, PACKETS[scheme](target)) if scheme in PACKETS else []
    for conversation in CONVERSATIONS.get(scheme, ()):
        if records and records[0]["state"] != "open":
            break
        records += await _asked(target, conversation)
    return records


async def _asked(target: Target, conversation: Conversation) -> list[Record]:
    first = conversation.steps[0]
    if first.sends(target, ()) is None:
        return []
    if not _may(target, conversation.asks):
        why = f"this question is {conversation.asks}; it needs a scope that permits it and an asset that is not fragile"
        return [target.record(step=first.name, state="not tried", why=why)]
    return await _talk(target, conversation)


def _may(target: Target, asks: Intrusiveness) -> bool:
    """An asset that is fragile is never asked anything intrusive (docs/endpoints.md)."""
    if asks is Intrusiveness.INTRUSIVE and (target.asset.fragile or not target.asset.permitted):
        return False
    return not target.asset.permitted or _LEVELS.index(asks) <= _LEVELS.index(target.asset.permitted)


async def _talk(target: Target, conversation: Conversation) -> list[Record]:
    """Steps of one connection, until one does not end as it should."""
    records, heard, rest = list[Record](), list[bytes](), b""
    try:
        with await target.connect() as wire:
            for step in conversation.steps:
                sent = step.sends(target, heard)
                if sent is None:
                    break
                await wire.send(sent)
                got, rest, end = await wire.listen(step.ended, rest) if step.ended else (b"", b"", "not listened to")
                heard.append(got)
                records.append(target.record(step=step.name, state="open", sent=sent.hex(), got=got.hex(), end=end))
                if end != "enough":
                    break
    except NotOpen as fault:
        records.append(target.record(step=conversation.steps[0].name, **told(fault)))
    return records


async def _packets(target: Target, packets: Sequence[Packet]) -> list[Record]:
    """Questions over UDP. Silence to the first ends the look: nothing says that anybody is there."""
    records = list[Record]()
    for packet in packets:
        records.append(await asked(target, packet))
        if records[0]["state"] != "open":
            break
    return records
