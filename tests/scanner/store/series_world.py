"""A made-up prober: watches whose truth is a table of failures, samples at fixed times, and a clock of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from checks.watching import Rule
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.store.series_schema import prober_run
from scanner.store.store import Store
from scanner.store.watching.recorder import Recorder
from scanner.store.watching.records import Declared, Run, Seal

START = 1_774_000_800.0  # 2026-03-20T10:00:00Z, a whole hour
HOUR = 3600.0


def declared(
    name: str, *, every: float = 60.0, parents: tuple[str, ...] = (), vantage: str = "", service: str | None = None
) -> Declared:
    watch = Watch(name, "tcp", f"{name}.example.test", 443, service=service, every_seconds=every, parents=parents)
    return Declared(watch, Rule(every=every, parents=parents), vantage)


def sample(name: str, at: float, state: State = State.UP) -> Sample:
    reason = "" if state is State.UP else f"it is {state.value}"
    shown = {} if state is State.UP else {"answer": "none"}
    return Sample(name, at, state, reason, {"connect": 1.5, "total": 2.0 + at % 7}, shown, b"\0\xff" + name.encode())


@dataclass(frozen=True)
class Key:
    """A signing key as the store knows it, and the check of its signatures."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = "k" * 64

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def holds(self, key_id: str, message: bytes, signature: bytes) -> bool:
        try:
            self.key.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return key_id == self.key_id


@dataclass
class Prober:
    """Probes every watch each minute, ticks and flushes every ``flush`` seconds. ``down``: name -> [from, to)."""

    store: Store
    watches: Sequence[Declared]
    now: float = START
    flush: float = 10.0
    down: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    key: Key = field(default_factory=Key)
    run: Run | None = None
    recorder: Recorder | None = None

    def begin(self) -> Recorder:
        self.run = self.store.series.begin_run("1.0", self.now)
        self.recorder = self.store.series.recorder(self.run, self.watches, self.now)
        return self.recorder

    def work(self, until: float, *, flush: bool = True) -> None:
        """In steps as long as a flush; each watch is asked at a step of its own within its interval."""
        assert self.recorder
        while self.now < until:
            for place, one in enumerate(self.watches):
                at = self.now + place * 0.01 + 0.1234567
                every = one.watch.every_seconds
                if self.now % every == place * self.flush % every or self.doubted(one.key):
                    self.recorder.feed(sample(one.watch.name, at, self.truth(one.key, at)), one.vantage)
            self.now += self.flush
            self.recorder.tick(self.now)
            if flush:
                self.recorder.flush(self.now)

    def doubted(self, key: str) -> bool:
        assert self.recorder
        return self.recorder.fleet.memory(key).pending is not None

    def truth(self, key: str, at: float) -> State:
        return State.DOWN if any(start <= at < end for start, end in self.down.get(key, ())) else State.UP

    def die(self) -> None:
        """As if the process were gone: nothing more is written, and nobody says goodbye."""
        assert self.run
        with self.store._database.writing() as connection:
            connection.execute(update(prober_run).values(process_start="1"))
        self.recorder = None

    def seal(self) -> tuple[Seal, ...]:
        return self.store.series.seal_due(self.key, self.now)


def states(store: Store, key: str, start: float, end: float) -> list[tuple[float, float, State]]:
    found = store.series.intervals(key, start, end, widely=False)
    return [(round(one.start - START, 3), round(one.end - START, 3), one.state) for one in found]


def no_overlap(store: Store, keys: Iterable[str], start: float, end: float) -> None:
    for key in keys:
        found = store.series.intervals(key, start, end, widely=False)
        assert all(one.start < one.end for one in found)
        assert all(one.end <= two.start for one, two in pairwise(found))
