"""All watches together: which failure is an outage of its own, and which only hides behind another?

A watch whose parents are all down cannot be seen: it is UNKNOWN ("unreachable") and a child of the parent's ONE outage.
A child that fails first waits for fresh looks at its parents; one that was declared down shortly before its parent is
taken into the parent's outage afterwards. An outage ends with proof of working, never by silence.

Pure: no clock, no I/O; the same samples in the same order give the same result, also when the state is written down and
read back in between (``state``; the constructor takes it).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from checks.watching import (
    Change,
    Memory,
    Rule,
    Step,
    blind,
    lose,
    ripe,
    same_again,
    set_back,
    settle,
    silent,
    step,
    tick,
)
from inventory.facts.availability import Sample, State


class BadWatches(ValueError):
    """Parents that are not watched or that are their own parents; the message names them."""


class Happened(StrEnum):
    OPENED = "opened"
    JOINED = "joined"  # a child became unreachable behind it
    ABSORBED = "absorbed"  # an outage of its own turned out to be a child's; ``into`` names the parent's
    CLOSED = "closed"
    FLAPPING = "flapping"
    SETTLED = "settled"  # no longer flapping


@dataclass(frozen=True, slots=True)
class Outage:
    """Instants in POSIX seconds. It began after ``after`` (the last good sample) and at ``start`` at the latest."""

    watch: str
    start: float
    after: float | None
    reason: str
    confirmed_at: float
    end: float | None = None  # the first good sample
    last_failed: float | None = None  # it ended after this
    children: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.watch}@{self.start:.3f}"


@dataclass(frozen=True, slots=True)
class Event:
    what: Happened
    watch: str
    at: float
    outage: Outage | None = None
    into: str = ""  # id of the parent's outage


@dataclass(frozen=True, slots=True)
class Result:
    """What one call brought. Changes of one watch come in order of time."""

    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    looks: Mapping[str, float] = field(default_factory=dict)  # watch -> look again then (POSIX seconds), out of turn


_NOTHING = Result()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a daemon writes down, to go on after it was killed."""

    memories: tuple[Memory, ...]
    open: tuple[Outage, ...]


class Fleet:
    """The state of all watches. ``rules``: watch -> rule. Raises BadWatches when the parents cannot be meant."""

    def __init__(self, rules: Mapping[str, Rule], kept: Kept | None = None) -> None:
        self._rules = dict(rules)
        self._children = _children(self._rules)
        self._memories = {name: Memory(name) for name in self._rules}
        self._memories.update((one.watch, one) for one in (kept.memories if kept else ()) if one.watch in self._rules)
        self._open = {one.watch: one for one in (kept.open if kept else ())}
        self._changes: list[Change] = []
        self._events: list[Event] = []
        self._looks: dict[str, float] = {}

    def state(self) -> Kept:
        return Kept(tuple(self._memories.values()), tuple(self._open.values()))

    def memory(self, watch: str) -> Memory:
        return self._memories[watch]

    @property
    def open(self) -> tuple[Outage, ...]:
        """The outages that nothing has proven over, oldest first; also of watches that are no longer watched."""
        return tuple(sorted(self._open.values(), key=lambda one: (one.start, one.watch)))

    def feed(self, sample: Sample) -> Result:
        """Take in one sample of a known watch (KeyError otherwise)."""
        watch, rule = sample.watch, self._rules[sample.watch]
        again = same_again(self._memories[watch], sample, rule)
        if again and self._alone(watch, sample.state):
            self._memories[watch] = again
            return _NOTHING
        last_at = self._memories[watch].last_at
        if last_at is not None and sample.at <= last_at:
            return Result()
        root = self._root_of(watch) if sample.state is State.DOWN else None
        if root:
            self._hide(watch, root, sample.at)
            sample = replace(sample, state=State.UNKNOWN, reason=_unreachable(root))
        self._take(step(self._memories[watch], sample, rule, hold=bool(rule.parents)), sample.at)
        self._decide([watch, *self._children[watch]], sample.at)
        return self._result()

    def _alone(self, watch: str, state: State) -> bool:
        """Nobody waits for this look, and nothing hides it."""
        return not self._children[watch] and not (state is State.DOWN and self._rules[watch].parents)

    def tick(self, now: float) -> Result:
        """Call this every few seconds: gaps, and children that have waited long enough for their parents."""
        for watch, memory in tuple(self._memories.items()):
            if silent(memory, now, self._rules[watch]):
                self._take(tick(memory, now, self._rules[watch]), now)
        self._decide([name for name, memory in self._memories.items() if memory.waiting_until is not None], now)
        return self._result()

    def blind(self, end: float, reason: str = "the scanner did not run") -> Result:
        """Call this first after a downtime of the scanner that lasted until ``end``."""
        for watch, memory in tuple(self._memories.items()):
            self._take(blind(memory, end, self._rules[watch], reason), end)
        return self._result()

    def set_back(self, watch: str, now: float, by: float, reason: str, *, seen: bool = True) -> Result:
        """The clock that dates the samples of this watch was set back (``checks.watching.set_back``)."""
        self._take(set_back(self._memories[watch], now, by, reason, seen=seen), now)
        return self._result()

    def _result(self) -> Result:
        done = Result(tuple(self._changes), tuple(self._events), dict(self._looks))
        self._changes, self._events, self._looks = [], [], {}
        return done

    def _take(self, done: Step, now: float) -> None:
        """Keep what a step brought, and open or close the outage that follows."""
        watch = done.memory.watch
        self._memories[watch] = done.memory
        self._changes += done.changes
        if done.again_at is not None:
            self._looks[watch] = done.again_at
        if done.flap is not None:
            self._events.append(Event(Happened.FLAPPING if done.flap else Happened.SETTLED, watch, now))
        for change in done.changes:
            if change.state is State.DOWN:
                self._began(change, now)
            elif change.state is not State.UNKNOWN:
                self._ended(change, now)

    def _began(self, change: Change, now: float) -> None:
        if change.watch not in self._open:  # down, unknown, down is one outage
            outage = Outage(change.watch, change.start, change.after, change.reason, now)
            self._open[change.watch] = outage
            self._events.append(Event(Happened.OPENED, change.watch, now, outage))
        self._draw_in(change, now)

    def _ended(self, change: Change, now: float) -> None:
        self._memories[change.watch] = replace(self._memories[change.watch], behind=None)
        outage = self._open.pop(change.watch, None)
        if outage is None:
            return
        end = max(change.start, outage.start)  # a clock that was set back in between shows less
        closed = replace(outage, end=end, last_failed=change.after)
        self._events.append(Event(Happened.CLOSED, change.watch, now, closed))
        for name, memory in self._memories.items():
            if memory.behind == change.watch:
                self._memories[name] = replace(memory, behind=None)
                self._looks[name] = now

    def _draw_in(self, change: Change, now: float) -> None:
        """A parent is down: those below it that are down or waiting cannot be seen through it."""
        below = list(self._children[change.watch])
        for child in below:  # grows while it is walked
            memory = self._memories[child]
            root = self._root_of(child)
            if root is None:
                continue
            if memory.state is State.DOWN:
                self._cover(child, root, change, now)
            elif ripe(memory, self._rules[child]):
                self._decide([child], now)
            else:
                continue
            below += [name for name in self._children[child] if name not in below]

    def _cover(self, child: str, root: str, change: Change, now: float) -> None:
        """A child that was declared down: because of this parent, or before it."""
        memory, own = self._memories[child], self._open.get(child)
        start = max(memory.since or 0.0, change.start)
        if own and _because(own, change, self._rules[child]):
            start = memory.since or 0.0
            del self._open[child]
            self._events.append(Event(Happened.ABSORBED, child, now, own, self._open[root].id))
            self._hand_over(own, root, now)
        self._hide(child, root, now)
        self._take(lose(replace(self._memories[child], pending=None), start, _unreachable(root)), now)

    def _hand_over(self, own: Outage, root: str, now: float) -> None:
        """The children of an absorbed outage become the parent's; those that answer again stay free."""
        for name in own.children:
            self._join(name, root, now)
            if self._memories[name].behind == own.watch:
                self._memories[name] = replace(self._memories[name], behind=root)

    def _hide(self, watch: str, root: str, now: float) -> None:
        """A watch with an outage of its own, from before, keeps it."""
        self._memories[watch] = replace(self._memories[watch], behind=root)
        if watch not in self._open:
            self._join(watch, root, now)

    def _join(self, watch: str, root: str, now: float) -> None:
        outage = self._open[root]
        if watch not in outage.children:
            self._open[root] = replace(outage, children=tuple(sorted((*outage.children, watch))))
            self._events.append(Event(Happened.JOINED, watch, now, self._open[root]))

    def _decide(self, watches: Iterable[str], now: float) -> None:
        """Confirmed failures of children: unreachable, an outage of their own, or wait for the parents."""
        for watch in watches:
            memory, rule = self._memories[watch], self._rules[watch]
            if not ripe(memory, rule):
                continue
            root = self._root_of(watch)
            if root:
                self._hide(watch, root, now)
                self._take(lose(self._memories[watch], memory.pending_since, _unreachable(root)), now)
            elif self._answers(rule.parents, memory.pending_since) or now >= (memory.waiting_until or now + 1):
                self._take(settle(memory, rule), now)
            else:
                self._wait(memory, rule, now)

    def _wait(self, memory: Memory, rule: Rule, now: float) -> None:
        if memory.waiting_until is None:
            self._memories[memory.watch] = replace(memory, waiting_until=now + rule.patience)
            self._looks.update((parent, now) for parent in rule.parents)
            self._looks[memory.watch] = now + rule.patience

    def _answers(self, parents: Iterable[str], since: float) -> bool:
        """Did one of the parents answer after ``since``, with nothing hanging? Then there is a way."""
        found = (self._memories[parent] for parent in parents)
        return any(
            one.state in (State.UP, State.DEGRADED) and one.pending is None and (one.proof or 0.0) >= since
            for one in found
        )

    def _root_of(self, watch: str) -> str | None:
        """The outage that hides a watch: set when it has parents and every one is down or hidden itself."""
        roots = [
            self._memories[name].behind or (name if name in self._open else None) for name in self._rules[watch].parents
        ]
        known = [root for root in roots if root is not None and root in self._open]
        return known[0] if known and len(known) == len(roots) else None


def _because(own: Outage, change: Change, rule: Rule) -> bool:
    """Did the child fail because of the parent? Shortly before it, or when the parent had last answered before that."""
    return change.start - own.start <= rule.together or (change.after is not None and change.after <= own.start)


def _unreachable(root: str) -> str:
    return f"unreachable: {root} is down"


def _children(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {name: [] for name in rules}
    for name, rule in rules.items():
        for parent in rule.parents:
            if parent not in children:
                raise BadWatches(f"watch {name}: its parent {parent} is not watched")
            children[parent].append(name)
    for name in rules:
        if name in _above(name, rules):
            raise BadWatches(f"watch {name} is its own parent, by way of {', '.join(rules[name].parents)}")
    return children


def _above(watch: str, rules: Mapping[str, Rule]) -> set[str]:
    seen: set[str] = set()
    todo = list(_parents(watch, rules))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += _parents(name, rules)
    return seen


def _parents(watch: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    return iter(rules[watch].parents)
