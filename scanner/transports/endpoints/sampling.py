"""From a probe to a sample: the deadline, the clock, and what a fault means. The one task boundary of probing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.query import SecretUnavailable
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Blind, ProbeFault

log = logging.getLogger(__name__)

MAX_REASON = 300  # characters
MAX_NOTE = 300
MAX_NOTES = 20
MAX_EVIDENCE = 4_096  # bytes
LATE_SECONDS = 1.0  # whoever wakes us so long after the time limit was himself not running
REFERENCES = ("env:", "file:", "keyring:", "vault:", "cmd:")


@dataclass(slots=True)
class Seen:
    """What a prober fills while it looks, so that a fault in the middle keeps what came before it."""

    timings: dict[str, float] = field(default_factory=dict)  # milliseconds by step
    notes: dict[str, str] = field(default_factory=dict)
    evidence: bytes = b""
    slow: str = ""  # why this success is only DEGRADED
    secrets: list[str] = field(default_factory=list)  # that were sent: no answer may carry them into the sample


Prober = Callable[[Watch, Around, Seen], Awaitable[None]]  # returns: up. Raises ProbeFault


async def sampled(prober: Prober, watch: Watch, around: Around) -> Sample:
    """One look, bounded by the watch's time limit. Never raises but for cancellation."""
    seen, at, started = Seen(), around.clock(), time.perf_counter()
    state, reason = State.UP, ""
    try:
        async with asyncio.timeout(watch.timeout_seconds):
            await prober(watch, around, seen)
        if seen.slow:
            state, reason = State.DEGRADED, seen.slow
    except ProbeFault as fault:
        state, reason = fault.state, str(fault)
    except TimeoutError:
        state, reason = _out_of_time(watch, around, seen, time.perf_counter() - started)
    except Exception as fault:  # noqa: BLE001 (hostile answers must not stop the others, and prove nothing)
        log.error("probing %s: %s", watch.name, type(fault).__name__)  # noqa: TRY400 (its text may hold what was sent)
        state, reason = State.UNKNOWN, f"the prober itself failed: {type(fault).__name__}"
    seen.timings["total"] = (time.perf_counter() - started) * 1e3
    if seen.secrets:
        reason = _redacted(reason, seen)
    return Sample(watch.name, at, state, _text(reason, MAX_REASON), seen.timings, _noted(seen), _kept(seen))


def value_of(given: str, around: Around, seen: Seen) -> str:
    """What stands in the inventory, or what it refers to. Raises :class:`Blind` when a secret is not at hand."""
    if not given.startswith(REFERENCES):
        return given
    try:
        told = around.secret(given)
    except (LookupError, SecretUnavailable) as fault:
        raise Blind(f"the secret {given} is not at hand") from fault
    if told:
        seen.secrets.append(told)
    return told


def _out_of_time(watch: Watch, around: Around, seen: Seen, took: float) -> tuple[State, str]:
    if took > watch.timeout_seconds + LATE_SECONDS:
        late = took - watch.timeout_seconds
        return State.UNKNOWN, f"the prober itself was held up: {late:.1f} s behind the time limit"
    if around.asks_for(watch.host, watch.port):
        return State.UNKNOWN, f"the name {watch.host} did not resolve within {watch.timeout_seconds:g} s"
    return State.DOWN, f"no {'whole ' if seen.evidence else ''}answer within {watch.timeout_seconds:g} s"


def _noted(seen: Seen) -> Mapping[str, str]:
    if not seen.notes:
        return seen.notes
    notes = list(seen.notes.items())[:MAX_NOTES]
    return {name: _text(_redacted(told, seen), MAX_NOTE) for name, told in notes}


def _kept(seen: Seen) -> bytes:
    kept = seen.evidence
    for secret in _spellings(seen):
        kept = kept.replace(secret.encode(), b"[secret]")
    return kept[:MAX_EVIDENCE]


def _redacted(told: str, seen: Seen) -> str:
    for secret in _spellings(seen):
        told = told.replace(secret, "[secret]")
    return told


def _spellings(seen: Seen) -> tuple[str, ...]:
    """As it is, and as a form or an address spells it."""
    return tuple(spelled for secret in seen.secrets for spelled in (secret, quote_plus(secret)))


def _text(told: str, most: int) -> str:
    """Without control characters: what the other side sent may be in it."""
    if told.isprintable():
        return told[:most]
    return "".join(char if char.isprintable() else "?" for char in told[:most])
