"""One watch, sample by sample: when is a state confirmed, when is it lost? Pure; time comes with the samples.

- A failure counts when ``confirmations`` further looks within ``within`` seconds fail too. The state then holds from
  the first failed sample on; the truth lies between the last good sample (``Change.after``) and it.
- It is over when ``recoveries`` looks in a row answer; from the first of them on.
- Out of UNKNOWN one answer is enough to be UP; a failure has to be confirmed.
- No sample for longer than ``gap`` times the interval, or a downtime of the scanner in which one was due: UNKNOWN from
  the last proof on. An UNKNOWN sample (the prober could not look): UNKNOWN from that sample on.
- The clock was set back (``set_back``): UNKNOWN for what cannot be put in order, and on from there by the new clock.
- Flapping is Nagios' rule: the last 21 confirmed results, newer changes weigh more, two thresholds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from inventory.facts.availability import Interval, Sample, State

REMEMBERED = 21  # Nagios Core, MAX_STATE_HISTORY_ENTRIES
_RANK = {State.UNKNOWN: -1, State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}
_LETTER = {State.UP: "u", State.DEGRADED: "g", State.DOWN: "d"}
_STEADY = {state: letter * REMEMBERED for state, letter in _LETTER.items()}


class BadMemory(ValueError):
    """What a daemon left behind cannot be read; the message names the watch and the field."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one watch is judged. Seconds, counts, percent."""

    every: float
    confirmations: int = 2
    within: float = 20.0
    recoveries: int = 1
    gap: float = 2.5
    flap_low: float = 5.0
    flap_high: float = 20.0
    parents: tuple[str, ...] = ()  # all ways lead through one of these
    patience: float = 30.0  # a failed child waits this long for fresh looks at its parents
    together: float = 60.0  # a child that failed at most this long before its parent failed because of it

    @property
    def again_after(self) -> float:
        return self.within / max(1, self.confirmations)


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of a watch between two samples. Instants in POSIX seconds."""

    watch: str
    state: State = State.UNKNOWN
    since: float | None = None  # None: no sample yet
    last_at: float | None = None  # the last sample of any kind
    proof: float | None = None  # the last sample that showed ``state``
    last_good: float | None = None
    pending: State | None = None  # seen, and not confirmed yet
    pending_since: float = 0.0
    pending_count: int = 0
    pending_reason: str = ""
    history: str = ""  # u, g, d: the last 21 confirmed results
    flapping: bool = False
    behind: str | None = None  # unreachable because this watch is down
    waiting_until: float | None = None  # a confirmed failure that waits for its parents


@dataclass(frozen=True, slots=True)
class Change:
    """From ``start`` on the watch is in ``state``. A start equal to the open interval's start takes its place."""

    watch: str
    state: State
    start: float
    reason: str = ""
    after: float | None = None  # it began after this: the last sample that showed the state before


@dataclass(frozen=True, slots=True)
class Step:
    memory: Memory
    changes: tuple[Change, ...] = ()
    again_at: float | None = None  # look again then: a state waits to be confirmed
    flap: bool | None = None  # flapping began (True) or ended (False) with this sample


def step(memory: Memory, sample: Sample, rule: Rule, *, hold: bool = False) -> Step:
    """Take in one sample. One that is not newer than the last is ignored.

    ``hold``: a failure that is confirmed stays pending (``ripe``) until ``settle``; its parents are asked first.
    """
    if memory.last_at is not None and sample.at <= memory.last_at:
        return Step(memory)
    again = same_again(memory, sample, rule)
    if again:
        return Step(again)
    lost = tick(memory, sample.at, rule)
    if sample.state in _LETTER:
        known = _known(replace(lost.memory, last_at=sample.at), sample, rule, hold)
    else:
        known = lose(lost.memory, sample.at, sample.reason or "could not look")
        known = replace(known, memory=replace(known.memory, last_at=sample.at))
    return replace(known, changes=lost.changes + known.changes)


def same_again(memory: Memory, sample: Sample, rule: Rule) -> Memory | None:
    """The same as ever, which is nearly always: the next memory at once (``replace`` takes five times as long). None
    when it is not that simple: something hangs, changed as far back as is remembered, or was missing."""
    state, at, last = memory.state, sample.at, memory.last_at
    if sample.state is not state or state is State.UNKNOWN or memory.pending is not None or memory.flapping:
        return None
    if last is None or not last < at <= last + rule.every * rule.gap:
        return None
    steady, long = _STEADY[state], len(memory.history)
    if memory.history != steady[:long]:
        return None
    good = memory.last_good if state is State.DOWN else at
    return Memory(
        memory.watch,
        state,
        memory.since,
        at,
        at,
        good,
        None,
        memory.pending_since,
        memory.pending_count,
        memory.pending_reason,
        steady[: long + 1],
        behind=memory.behind,
    )


def silent(memory: Memory, now: float, rule: Rule) -> bool:
    """No sample for too long."""
    return memory.last_at is not None and now - memory.last_at > rule.every * rule.gap


def tick(memory: Memory, now: float, rule: Rule) -> Step:
    """Nothing was heard for too long: the state is lost. Says nothing a second time."""
    if not silent(memory, now, rule):
        return Step(memory)
    return _lose_from_proof(memory, f"no sample since the last proof, for more than {rule.gap:g} intervals")


def blind(memory: Memory, end: float, rule: Rule, reason: str) -> Step:
    """The scanner did not run until ``end``. When a sample was due in that time, the state is lost."""
    if memory.last_at is None or end <= memory.last_at + rule.every:
        return Step(memory)
    return _lose_from_proof(memory, reason)


def _lose_from_proof(memory: Memory, reason: str) -> Step:
    """From the last proof on; when a failure hangs unconfirmed, that proof came before it."""
    start = memory.pending_since if memory.proof is None else memory.proof
    return lose(replace(memory, pending=None), start, reason)


def set_back(memory: Memory, now: float, by: float, reason: str, *, seen: bool = True) -> Step:
    """The clock that dated the samples was set back and shows ``now``; by the monotonic clock the last ``by`` seconds
    were dated by the other one. A state that held all that time held by either clock; else it is UNKNOWN from the
    beginning of that time on. What comes next is dated by the clock as it is now. ``seen`` False: nobody looked
    at the end of that time."""
    if memory.last_at is None or memory.last_at <= now:
        return Step(memory)
    steady = seen and memory.pending is None and memory.since is not None and memory.since <= now - by
    start = now if steady else now - by
    good = None if memory.last_good is not None and memory.last_good > start else memory.last_good
    kept = replace(memory, last_at=now, proof=None, last_good=good, pending=None, waiting_until=None)
    if steady and memory.state is State.UNKNOWN:
        return Step(kept)
    lost = replace(kept, state=State.UNKNOWN, since=start)
    return Step(lost, (Change(memory.watch, State.UNKNOWN, start, reason),))


def lose(memory: Memory, start: float, reason: str) -> Step:
    """UNKNOWN from ``start`` on, or from the first unconfirmed sample when one hangs."""
    at = memory.pending_since if memory.pending else start
    cleared = replace(memory, pending=None, waiting_until=None)
    if memory.state is State.UNKNOWN and memory.since is not None:
        return Step(cleared)
    return Step(replace(cleared, state=State.UNKNOWN, since=at), (Change(memory.watch, State.UNKNOWN, at, reason),))


def _known(memory: Memory, sample: Sample, rule: Rule, hold: bool) -> Step:
    if sample.state is memory.state:
        return _remembered(_proven(memory, sample), rule)
    if memory.state is State.UNKNOWN and sample.state is not State.DOWN:
        reason = "" if sample.state is State.UP else sample.reason
        return _remembered(_adopt(memory, sample.state, sample.at, reason), rule)
    waiting = _pending(memory, sample)
    if waiting.pending_count < _needed(memory.state, sample.state, rule):
        return Step(waiting, again_at=sample.at + rule.again_after)
    if hold and ripe(waiting, rule):
        return Step(waiting)
    return settle(waiting, rule)


def _proven(memory: Memory, sample: Sample) -> Step:
    good = memory.last_good if sample.state is State.DOWN else sample.at
    return Step(replace(memory, proof=sample.at, last_good=good, pending=None, waiting_until=None))


def _pending(memory: Memory, sample: Sample) -> Memory:
    """Count looks on the same side of the state; those that differ among themselves (down, slow) make DEGRADED."""
    if memory.pending is None or _side(memory.pending, memory.state) != _side(sample.state, memory.state):
        begun = replace(memory, pending=sample.state, pending_since=sample.at, pending_count=1, waiting_until=None)
        return replace(begun, pending_reason=sample.reason)
    state = memory.pending if memory.pending is sample.state else State.DEGRADED
    return replace(memory, pending=state, pending_count=memory.pending_count + 1)


def _side(state: State, confirmed: State) -> bool:
    return _RANK[state] > _RANK[confirmed]


def _needed(confirmed: State, seen: State, rule: Rule) -> int:
    worse = _side(seen, confirmed)
    return rule.confirmations + 1 if worse else max(1, rule.recoveries)


def ripe(memory: Memory, rule: Rule) -> bool:
    """A failure is confirmed, and only waits for what its parents say."""
    return memory.pending is State.DOWN and memory.pending_count > rule.confirmations


def settle(memory: Memory, rule: Rule) -> Step:
    """The pending state becomes the state, from its first sample on."""
    if memory.pending is None:
        return Step(memory)
    reason = "" if memory.pending is State.UP else memory.pending_reason
    return _remembered(_adopt(memory, memory.pending, memory.pending_since, reason), rule)


def _adopt(memory: Memory, state: State, start: float, reason: str) -> Step:
    before = memory.last_good if state is State.DOWN else memory.proof if memory.state is not State.UNKNOWN else None
    good = memory.last_good if state is State.DOWN else memory.last_at
    now = replace(memory, state=state, since=start, proof=memory.last_at, last_good=good, pending=None)
    return Step(replace(now, waiting_until=None, behind=None), (Change(memory.watch, state, start, reason, before),))


def _remembered(done: Step, rule: Rule) -> Step:
    """Add the confirmed result to the history and judge whether the watch flaps."""
    history = (done.memory.history + _LETTER[done.memory.state])[-REMEMBERED:]
    changed = changed_percent(history)
    was = done.memory.flapping
    flapping = changed > rule.flap_low if was else changed >= rule.flap_high
    memory = replace(done.memory, history=history, flapping=flapping)
    return replace(done, memory=memory, flap=flapping if flapping is not was else None)


def changed_percent(history: str) -> float:
    """Weighted share of changes among the last 21 results; the newest weighs 1.25, the oldest 0.75 (Nagios Core)."""
    if not history:
        return 0.0
    results = history[-REMEMBERED:].rjust(REMEMBERED, history[0])
    last = REMEMBERED - 2
    weights = (0.75 + 0.5 * place / last for place in range(REMEMBERED - 1))
    changed = (weight for weight, old, new in zip(weights, results, results[1:], strict=False) if old != new)
    return sum(changed) * 100 / (REMEMBERED - 1)


def open_intervals(memory: Memory, now: float, rule: Rule) -> tuple[Interval, ...]:
    """What can be said of the time since the last change: the state as far as it is proven, then UNKNOWN."""
    if memory.since is None or memory.since >= now:
        return ()
    lost = tick(memory, now, rule)
    if lost.changes:
        until, reason = lost.changes[0].start, lost.changes[0].reason
    elif memory.pending:
        until, reason = memory.pending_since, f"{memory.pending.value} not confirmed yet"
    else:
        until, reason = now, ""
    parts = Interval(memory.since, until, memory.state), Interval(until, now, State.UNKNOWN, reason)
    return tuple(one for one in parts if one.start < one.end)


def to_plain(memory: Memory) -> dict[str, object]:
    """For a database or JSON; ``memory_from`` reads it back."""
    return asdict(memory)


def memory_from(plain: Mapping[str, object]) -> Memory:
    """Raises BadMemory for a field that is missing, unknown or of another type."""
    named = {one.name for one in fields(Memory)}
    if set(plain) != named:
        raise BadMemory(f"watch {plain.get('watch')!r}: the fields {sorted(named ^ set(plain))} are missing or unknown")
    for name, kinds in _KINDS.items():
        if not isinstance(plain[name], kinds) or (isinstance(plain[name], bool) and bool not in kinds):
            raise BadMemory(f"watch {plain['watch']!r}: {name} is {plain[name]!r}")
    try:
        states = {name: State(str(plain[name])) for name in ("state", "pending") if plain[name] is not None}
    except ValueError as unknown:
        raise BadMemory(f"watch {plain['watch']!r}: {unknown}") from None
    return replace(Memory(""), **{**plain, **states})  # type: ignore[arg-type]  # each field was checked above


_NUMBER = (int, float)
_KINDS: dict[str, tuple[type, ...]] = {
    "watch": (str,),
    "state": (str,),
    "since": (*_NUMBER, type(None)),
    "last_at": (*_NUMBER, type(None)),
    "proof": (*_NUMBER, type(None)),
    "last_good": (*_NUMBER, type(None)),
    "pending": (str, type(None)),
    "pending_since": _NUMBER,
    "pending_count": (int,),
    "pending_reason": (str,),
    "history": (str,),
    "flapping": (bool,),
    "behind": (str, type(None)),
    "waiting_until": (*_NUMBER, type(None)),
}
