"""One simulated visit: every probe asks as it would, and gets the text that the thing answers on that day."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from examples.simulated import devices, laptops, linux, timeline, websites
from examples.simulated.estate import Thing
from inventory.asset import BY_SNAPSHOT, SNAPSHOT, Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.engine import Errand, Looked
from scanner.probes.contact import as_answer
from scanner.query import EXIT_ABSENT, MAX_ROUNDS, Answer, Attempt, Probe, Query, Script
from scanner.service.intake.visit import as_of

PEERS = {"ssh": "SSH-2.0-OpenSSH_9.2p1 (simulated)", "snmp": "SNMPv3 authPriv (simulated)", "endpoint": ""}
COLLECTED = BY_SNAPSHOT + "{} took of itself on {:%Y-%m-%d}, supplied by its keeper (simulated)"
VIRTUAL = b"a virtual machine has its hypervisor's firmware\n"
Ask = Callable[[Query], Answer]


def visited(errand: Errand, thing: Thing, at: datetime, away: frozenset[str]) -> Looked:
    """``away``: ids of areas that cannot be reached today."""
    gap = timeline.not_reached(thing, at.date(), away)
    attempt = _attempt(errand.asset, thing, at, gap)
    ask, ended = _asked(thing, at), at + timedelta(seconds=attempt.seconds)
    given: dict[str, tuple[Answer, ...]] = {}
    unasked = set()
    for probe in errand.probes:
        if getattr(probe, "of_attempt", False):
            given[probe.name] = (as_answer(probe.name, attempt),)
        elif probe.query(errand.asset, ()) is None:
            unasked.add(probe.name)
        else:
            given[probe.name] = () if gap else tuple(_rounds(probe, errand.asset, ask))
    return as_of(Looked(errand.asset, errand.probes, attempt, given, frozenset(unasked), ended))


def _attempt(asset: Asset, thing: Thing, at: datetime, gap: Missing | None) -> Attempt:
    way, took = asset.connection.way, thing.dice.randrange(2, 9)
    if thing.kind == "laptop":
        if gap:
            return Attempt(SNAPSHOT, missing=gap, started_at=at)
        taken = timeline.sent(thing, at)
        return Attempt(SNAPSHOT, privilege=Privilege.ROOT, peer=COLLECTED.format(thing.name, taken), started_at=taken)
    key = b64encode(hashlib.sha256(thing.name.encode()).digest()).decode().rstrip("=")
    host_key = f"SHA256:{key}" if way == "ssh" else ""
    refused = gap is not None and gap.reason is Reason.LOGIN_REFUSED
    if gap:
        peer = PEERS[way] if refused else ""
        return Attempt(way, refused, False, Privilege.NONE, gap, peer, host_key if refused else "", at, float(took))
    right = {"ssh": Privilege.ROOT, "snmp": Privilege.USER}.get(way, Privilege.NONE)
    return Attempt(way, True, True, right, None, PEERS[way], host_key, at, float(took))


def _rounds(probe: Probe[Any], asset: Asset, ask: Ask) -> Sequence[Answer]:
    answers: list[Answer] = []
    for _ in range(MAX_ROUNDS):
        query = probe.query(asset, answers)
        if query is None:
            break
        answers.append(ask(query))
    return answers


def _asked(thing: Thing, at: datetime) -> Ask:
    began = at.timestamp() + 1

    def told(query: Query, output: bytes, right: Privilege, code: int = 0) -> Answer:
        return Answer(query.name, output, code, None, right, began, began + 0.5)

    if thing.kind == "linux":
        host = timeline.linux(thing, at)

        def shell(query: Query) -> Answer:
            right = query.privilege if isinstance(query, Script) else Privilege.NONE
            if query.name in linux.ANSWERS:
                return told(query, linux.ANSWERS[query.name](host).encode(), right)
            return told(query, VIRTUAL, right, EXIT_ABSENT)

        return shell
    if thing.kind == "laptop":
        state, began = timeline.laptop(thing, at), timeline.sent(thing, at).timestamp()
        return lambda query: told(query, laptops.answer(state, query), Privilege.ROOT)
    if thing.kind == "site":
        site = timeline.site(thing, at)
        return lambda query: told(query, websites.answer(site, query), Privilege.NONE)
    device = timeline.device(thing, at)
    return lambda query: told(query, devices.answer(device, query), Privilege.USER)
