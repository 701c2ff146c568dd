"""From samples to the record: feeds the fleet, and writes what came of it, a whole flush in one transaction."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from checks.outages import Fleet, Kept, Result
from checks.watching import Change, lose
from inventory.facts.availability import Sample, State
from scanner.store.database import Database
from scanner.store.evidence import clean
from scanner.store.prepared import insertion
from scanner.store.records import StoreError
from scanner.store.series_schema import fleet_state, hour_seal, sample_batch
from scanner.store.watching import changes, definitions, outages, outbox, runs
from scanner.store.watching import fleet_state as stored_fleet
from scanner.store.watching.journal import (
    BACK,
    CODE,
    MAX_REASON,
    STATES,
    TICK,
    Entry,
    Journal,
    detail_of,
    tenths,
    to_ms,
)
from scanner.store.watching.records import HOUR, Declared, Run, series_key

MAX_WAITING = 2_000_000  # entries that could not be written yet: then the daemon must stop, not forget
MAX_BACK = 40 * 86_400.0  # seconds; further back only so much becomes UNKNOWN
JUMPED = 2.0  # seconds; two machines that share a record may be so far apart
_ADD = insertion(sample_batch)
_NOTHING: Mapping[str, Any] = {}  # the fleet looks at state and reason alone


@dataclass(frozen=True, slots=True)
class _Flush:
    number: int  # in its run
    at: int  # ms; never less than the one before
    clock: int  # ms; what the clock showed, which may have been set back
    journal: Journal
    pending: str  # JSON
    changes: tuple[changes.NewChange, ...]
    outages: Mapping[str, Mapping[str, object]]
    notices: tuple[tuple[str, str], ...]
    kept: Kept | None  # replaying begins after this flush


class Recorder:
    """One prober's pen. ``feed``, ``tick``, ``notify`` and ``cut`` belong to one thread, ``write`` to any one other."""

    def __init__(
        self, database: Database, run: Run, fleet: Fleet, numbers: Mapping[str, int], rules_id: int, at: int
    ) -> None:
        self.began = Result()  # what taking over did
        self._database, self._run, self._fleet, self._rules_id = database, run, fleet, rules_id
        self._numbers = numbers  # key -> series, also of those that are no longer watched
        self._watched = frozenset(memory.watch for memory in fleet.state().memories)
        self._keys: dict[tuple[str, str], str] = {}
        self._first: dict[str, Entry] = {}  # key -> the sample that its state in doubt began with
        self._journal = Journal()
        self._changes: list[changes.NewChange] = []
        self._outages: dict[str, Mapping[str, object]] = {}
        self._notices: list[tuple[str, str]] = []
        self._queue: deque[_Flush] = deque()
        self._cuts = 0
        self._batch = 0  # number of the last one that was written; nobody else writes any while this run lives
        self._doubtful = False  # whether the last transaction went through
        self._last_at = at  # ms
        self._kept_hour = -1

    @property
    def fleet(self) -> Fleet:
        """To look at: states, open outages. Only the recorder feeds it."""
        return self._fleet

    @property
    def waiting(self) -> int:
        """Entries that are not in the record yet."""
        return len(self._journal) + sum(len(flush.journal) for flush in tuple(self._queue))

    def feed(self, sample: Sample, vantage: str = "") -> Result:
        """Take in one sample of a declared series (:class:`StoreError` otherwise), seen from ``vantage``."""
        key = self._key(sample.watch, vantage)
        number, at, state = self._numbers[key], to_ms(sample.at), CODE.get(sample.state, CODE[State.UNKNOWN])
        reason = clean(sample.reason[:MAX_REASON]) if sample.reason else ""
        total = tenths(sample.timings)
        self._journal.add(state, number, at, total, reason)
        exact = Sample(key, at / 1000, STATES[state], reason, _NOTHING, _NOTHING)
        result = self._fleet.feed(exact)
        memory = self._fleet.memory(key)
        if memory.pending is not None and memory.pending_since == exact.at:
            detail = detail_of(sample)
            self._journal.explain(detail)  # only a later sample confirms it, perhaps after a restart
            self._first[key] = Entry(state, number, at, total, reason, detail)
        elif result.changes and any(change.watch == key and change.start == exact.at for change in result.changes):
            self._first[key] = Entry(state, number, at, total, reason, detail_of(sample))
        if result.changes or result.events:
            self._take(result)
        return result

    def tick(self, now: float) -> Result:
        """Gaps, and children that have waited long enough for their parents."""
        at = to_ms(now)
        self._journal.add(TICK, 0, at)
        result = self._fleet.tick(at / 1000)
        self._take(result)
        return result

    def set_back(self, now: float, by: float, watches: Iterable[str], reason: str) -> Result:
        """The clock of this machine was set back and shows ``now``; of the last ``by`` seconds nobody can say which
        clock is right. For ``watches`` that are seen from here: see ``checks.watching.set_back``."""
        if len(self._journal):
            self.cut(now)  # the samples of one flush must not lie weeks apart
        at, span, reason = to_ms(now), to_ms(min(by, MAX_BACK)), clean(reason[:MAX_REASON])
        brought = []
        for key in (self._key(watch, "") for watch in watches):
            self._journal.add(BACK, self._numbers[key], at, span, reason)
            brought.append(self._fleet.set_back(key, at / 1000, span / 1000, reason))
        result = Result(tuple(change for one in brought for change in one.changes))
        self._take(result)
        return result

    def notify(self, channel: str, payload: str) -> None:
        """Goes into the record with the next flush."""
        self._notices.append((channel, payload))

    def cut(self, now: float) -> None:
        """What was collected becomes a flush that waits for ``write``. Cheap; raises :class:`StoreError` when too much
        waits already."""
        if self.waiting > MAX_WAITING:
            raise StoreError("the record has not taken anything for too long: make it writable, and start again")
        self._last_at = max(self._last_at, to_ms(now))
        hour = self._last_at // (HOUR * 1000)
        kept = self._fleet.state() if hour != self._kept_hour else None
        self._kept_hour = hour
        self._cuts += 1
        self._queue.append(
            _Flush(
                self._cuts,
                self._last_at,
                to_ms(now),
                self._journal,
                self._pending(to_ms(now)),
                tuple(self._changes),
                self._outages,
                tuple(self._notices),
                kept,
            )
        )
        self._journal, self._changes, self._outages, self._notices = Journal(), [], {}, []

    def write(self) -> None:
        """Write every flush that waits, in order, each in one transaction. After a :class:`StoreError` call it again:
        nothing is lost and nothing is written twice. :class:`RunLost` is for good."""
        while self._queue:
            flush, batch = self._queue[0], self._batch + 1
            doubtful, self._doubtful = self._doubtful, True
            with self._database.writing() as connection:
                if not (doubtful and _is_there(connection, self._run, flush)):
                    _write(connection, self._run, self._rules_id, flush, batch)
            self._queue.popleft()
            self._batch, self._doubtful = batch, False

    def flush(self, now: float) -> None:
        self.cut(now)
        self.write()

    def behind(self, now: float, here: Iterable[str], *, down: bool) -> None:
        """Before ``resume``: when the clock shows less than the record holds already, it was set back meanwhile."""
        by = self._last_at / 1000 - now
        if by > JUMPED:
            why = f"the clock was set back by at least {by:.0f} s{' while the scanner did not run' if down else ''}"
            for key in here:
                self._take(self._fleet.set_back(key, now, min(by, MAX_BACK), why, seen=not down))

    def resume(
        self, connection: Connection, old: Fleet | None, first: Mapping[str, Entry], now: float, *, down: bool
    ) -> None:
        """Take over from what the last run left behind, as the first flush, in the caller's transaction."""
        self._first = dict(first)
        if old:
            self._changes += (self._new(change) for change in _no_longer(old, self._watched))
        if down:
            self.began = self._fleet.blind(self._last_at / 1000)
            self._take(self.began)
        last = select(func.max(sample_batch.c.number)).where(sample_batch.c.run_id == self._run.id)
        self._cuts = int(connection.execute(last).scalar() or 0)
        self.cut(now)
        self._batch = _last_batch(connection) + 1
        _write(connection, self._run, self._rules_id, self._queue.popleft(), self._batch)

    def _key(self, watch: str, vantage: str) -> str:
        key = self._keys.get((watch, vantage))
        if key is None:
            key = series_key(watch, vantage)
            if key not in self._watched:
                raise StoreError(f"{key} is not one of the series that are kept")
            self._keys[watch, vantage] = key
        return key

    def _pending(self, now: int) -> str:
        """The series whose state is in doubt, and since when; number 0 speaks for all: the clock shows no more yet."""
        doubted = [memory for memory in self._fleet.state().memories if memory.pending is not None]
        told = [f"[{self._numbers[one.watch]},{to_ms(one.pending_since)}]" for one in doubted]
        if now < self._last_at:
            told.append(f"[{changes.ALL},{now}]")
        return f"[{','.join(told)}]"

    def _take(self, result: Result) -> None:
        self._changes += (self._new(change) for change in result.changes)
        for event in result.events:
            row = outages.row_of(event, self._numbers)
            if row:
                self._outages[str(row["key"])] = row

    def _new(self, change: Change) -> changes.NewChange:
        start = to_ms(change.start)
        after = None if change.after is None else to_ms(change.after)
        evidence: dict[str, object] = {}
        entry = self._first.get(change.watch)
        if entry and entry.at == start:
            evidence = {"at": entry.at, "state": STATES[entry.kind].value, "total_ms": entry.total / 10}
            evidence |= {"reason": entry.reason, **(entry.detail or {})}
        number = self._numbers[change.watch]
        return changes.NewChange(number, change.state, start, clean(change.reason), after, evidence)


def _is_there(connection: Connection, run: Run, flush: _Flush) -> bool:
    """Its commit went through, and only the word of it was lost."""
    mine = (sample_batch.c.run_id == run.id) & (sample_batch.c.number == flush.number)
    return connection.execute(select(sample_batch.c.id).where(mine)).first() is not None


def _write(connection: Connection, run: Run, rules_id: int, flush: _Flush, batch: int) -> None:
    runs.beat(connection, run.id, flush.at)
    row = {"id": batch, "run_id": run.id, "number": flush.number, "at": flush.at, "pending": flush.pending}
    _ADD.run(connection, {**row, "data": flush.journal.packed()})
    changes.add(connection, flush.changes, batch, flush.at)
    outages.save(connection, flush.outages)
    outbox.add(connection, flush.notices, flush.clock)
    if flush.kept is not None:
        stored_fleet.save(connection, batch, rules_id, flush.kept)


def _last_batch(connection: Connection) -> int:
    """Batches go when their hour is sealed; their numbers are never used again."""
    used = (func.max(sample_batch.c.id), func.max(fleet_state.c.batch), func.max(hour_seal.c.last_batch))
    found = (connection.execute(select(column)).scalar() for column in used)
    return max(int(one or 0) for one in found)


def open_recorder(database: Database, run: Run, declared: Sequence[Declared], now: float) -> Recorder:
    """See ``Series.recorder``: all of it in one transaction, or nothing."""
    with database.writing() as connection:
        at = max(to_ms(now), changes.newest_flush(connection))
        numbers = definitions.declare(connection, declared, now)
        old, first, last_run = stored_fleet.replayed(connection, {number: key for key, number in numbers.items()})
        rules = {one.key: one.rule for one in declared}
        recorder = Recorder(
            database,
            run,
            Fleet(rules, old.state() if old else None),
            numbers,
            stored_fleet.save_rules(connection, rules),
            at,
        )
        down = last_run not in (None, run.id)
        recorder.behind(now, [one.key for one in declared if not one.vantage], down=down)
        recorder.resume(connection, old, first, now, down=down)
    return recorder


def _no_longer(old: Fleet, watched: frozenset[str]) -> Iterator[Change]:
    """Nobody looks at these any more: UNKNOWN from the last proof on."""
    for memory in old.state().memories:
        if memory.watch not in watched and memory.since is not None:
            yield from lose(memory, memory.since if memory.proof is None else memory.proof, "no longer watched").changes
