"""What goes into the series and what comes out, as plain data. Instants in POSIX seconds unless said otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from checks.watching import Rule
from inventory.facts.availability import State
from inventory.watch import Maintenance, Watch
from scanner.store.records import StoreError

HOUR = 3600


class ProberRunning(StoreError):
    """Another process probes for this record and is alive."""


class RunLost(StoreError):
    """This prober was taken for dead and another one took over: stop, and begin again."""


def series_key(watch: str, vantage: str = "") -> str:
    """The name of one series: what ``Fleet``, ``Rule.parents`` and outages call it."""
    return f"{watch}@{vantage}" if vantage else watch


@dataclass(frozen=True, slots=True)
class Declared:
    """One series that is to be kept. ``rule.parents`` are keys of series that are declared too."""

    watch: Watch
    rule: Rule
    vantage: str = ""  # "" the scanner itself

    @property
    def key(self) -> str:
        return series_key(self.watch.name, self.vantage)


@dataclass(frozen=True, slots=True)
class Run:
    """The life of one prober process."""

    id: int
    started: float
    alive_until: float  # moved by every flush
    ended: float | None  # None: it runs, or it died and nobody has noticed
    machine: str
    pid: int
    tool_version: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept, in days. Changes of state, outages, day rollups and seals stay for good."""

    samples: float = 3.0
    leaves: float = 31.0  # hashes of each series' samples in an hour; the root over them stays in the seal
    sent_notices: float = 90.0


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series as it stands."""

    id: int
    watch: str
    vantage: str
    definition: Watch  # the newest
    watched: bool  # False: no longer in the inventory
    state: State = State.UNKNOWN
    since: float | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        return series_key(self.watch, self.vantage)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of state as it was learned: never altered. What was said of the time from ``start`` gives way."""

    id: int
    key: str
    state: State
    start: float
    reason: str
    after: float | None
    learned_at: float
    evidence: Mapping[str, object] = field(default_factory=dict)  # of the sample it began with; {} when there is none


@dataclass(frozen=True, slots=True)
class OutageRow:
    id: str  # checks.outages.Outage.id
    key: str
    watch: str
    vantage: str
    start: float
    after: float | None  # it began after this
    reason: str
    confirmed_at: float
    ended: float | None
    last_failed: float | None  # it ended after this
    children: tuple[str, ...]  # keys
    absorbed_into: str = ""  # id of the parent's outage


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A raw sample as the journal keeps it. ``total_ms``: how long the probe took, to a tenth."""

    at: float
    state: State
    total_ms: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """What the samples recorded in one hour say of a series. Milliseconds; of answers only (up and degraded)."""

    probes: int = 0
    failures: int = 0  # down
    answers: int = 0
    sum_ms: float = 0.0
    min_ms: float = 0.0
    max_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of a declaration in the register of maintenance."""

    declared: Maintenance
    registered_at: float  # our clock when it was first seen so
    until: float | None = None  # replaced or withdrawn then
    withdrawn: bool = False  # ``until`` is a withdrawal


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told. ``payload`` is JSON."""

    id: int
    channel: str
    payload: str
    created: float
    attempts: int


class SealSigner(Protocol):
    """Ed25519, from a floor above."""

    @property
    def key_id(self) -> str: ...
    def sign(self, message: bytes) -> bytes: ...


class SealChecker(Protocol):
    """Says whether a signature over ``message`` by the key named ``key_id`` holds."""

    def __call__(self, key_id: str, message: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed hour. ``statement`` is the canonical JSON that was signed."""

    hour: int  # POSIX seconds, a multiple of 3600
    sealed_at: float
    known_until: float  # what it covers was flushed by then
    last_batch: int
    hash: str
    key_id: str
    statement: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class SealChecked:
    """One seal held against the record; ``wrong``: sentences, none when all of it holds."""

    seal: Seal
    samples: int  # that it speaks of
    samples_checked: int  # that are still there
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SealsVerified:
    seals: int
    samples: int  # that the seals speak of
    samples_checked: int  # that are still there, held against their hour's root
    last_hash: str  # to be compared with a copy that was handed out: a chain cut off at its end looks whole


class JobState(StrEnum):
    """What became of one due time of a schedule."""

    CLAIMED = "claimed"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    MISSED = "missed"  # nobody ran when it was due
    SKIPPED = "skipped"  # overlap, blackout
    ABANDONED = "abandoned"  # its process died in the middle


OVER = frozenset(
    {JobState.DONE, JobState.PARTIAL, JobState.FAILED, JobState.MISSED, JobState.SKIPPED, JobState.ABANDONED}
)


@dataclass(frozen=True, slots=True)
class JobRun:
    schedule_id: str
    due_at: float
    state: JobState
    claimed_by: str
    lease_until: float | None
    started: float | None
    ended: float | None
    scan_id: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Control:
    """A word to the daemon: ``stop``, or ``run`` and the schedule to run now."""

    id: int
    what: str
    argument: str
    at: float
    by: str
    handled_at: float | None
