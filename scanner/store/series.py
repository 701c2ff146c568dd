"""What was watched, and what came of it: the series of every watch, the prober's own life, schedules, notices.

How a daemon uses it (``Store.series`` gives the :class:`Series` of a record)::

    run = series.begin_run(tool_version)            # ProberRunning: another one is alive; stand by and try again
    recorder = series.recorder(run, declared)       # replays the journal; the downtime is UNKNOWN now
    recorder.began                                   # Result: what the downtime did (changes, events)
    recorder.feed(sample, vantage)                  # microseconds; gives checks.outages.Result at once
    recorder.tick(now)                              # every few seconds: gaps, children that wait
    recorder.notify("channel", '{"json": 1}')       # goes into the same transaction as what it tells of
    recorder.cut(now); recorder.write()             # a flush: ``cut`` beside the probing, ``write`` in any one thread
    series.seal_due(signer, now)                    # in a thread, every minute: seals the hours that are over
    series.retain(now)                              # in a thread, every hour
    series.end_run(run, now)                        # after the last flush

All of a flush is there or nothing. A kill loses at most what was not flushed, and that time is UNKNOWN afterwards.
``docs/the-record.md`` tells what is kept and what the seals cover. Every method raises :class:`StoreError`.
Instants are POSIX seconds; they are kept to the millisecond.
"""

from collections.abc import Iterable, Iterator, Sequence

from inventory.facts.availability import Interval
from inventory.watch import Maintenance
from scanner.store.database import Database
from scanner.store.watching import (
    changes,
    controls,
    days,
    definitions,
    jobs,
    keeping,
    outages,
    outbox,
    register,
    runs,
    samples,
    seals,
    verifying,
)
from scanner.store.watching.recorder import Recorder, open_recorder
from scanner.store.watching.records import (
    ChangeRow,
    Control,
    Declared,
    JobRun,
    JobState,
    Notice,
    OutageRow,
    Registered,
    Retention,
    Run,
    Seal,
    SealChecked,
    SealChecker,
    SealSigner,
    SealsVerified,
    SeriesRow,
    Stats,
    StoredSample,
)


class Series:
    """Every method is one transaction. Reading never waits for writing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # the prober

    def begin_run(self, tool_version: str, now: float) -> Run:
        """A prober begins to live. Raises :class:`ProberRunning` while another one is alive."""
        with self._database.writing() as connection:
            return runs.begin(connection, tool_version, now)

    def end_run(self, run: Run, now: float) -> None:
        """It ended in order. The time from here to the next run becomes UNKNOWN when that begins."""
        with self._database.writing() as connection:
            runs.end(connection, run, now)

    def runs(self) -> tuple[Run, ...]:
        """Every prober's life, oldest first."""
        with self._database.reading() as connection:
            return runs.read(connection)

    def recorder(self, run: Run, declared: Sequence[Declared], now: float) -> Recorder:
        """Take over where the last run ended: definitions are registered, what is no longer declared becomes UNKNOWN,
        and so does the time since the last flush. ``BadWatches`` when the parents cannot be meant.

        Call it again with a new inventory, after the last flush of the recorder before; no time is lost by that.
        """
        return open_recorder(self._database, run, declared, now)

    # what was seen

    def rows(self, as_of: float | None = None) -> tuple[SeriesRow, ...]:
        """Every series, by name, as it stands after the last flush; also those that are no longer watched.
        ``as_of``: by the definitions of then (the state is that of now)."""
        with self._database.reading() as connection:
            return definitions.rows(connection, as_of)

    def watched(self) -> dict[str, tuple[tuple[float, float | None], ...]]:
        """By key: from when to when a series was declared in the inventory, oldest first; None: it still is."""
        with self._database.reading() as connection:
            return definitions.watched(connection)

    def known_until(self) -> float | None:
        """When the last flush was: after it nothing is known. None: there was none."""
        with self._database.reading() as connection:
            return changes.known_until(connection)

    def intervals(
        self, key: str, start: float, end: float, *, seal: Seal | None = None, widely: bool = True
    ) -> tuple[Interval, ...]:
        """The states of one series over [start, end), oldest first, without overlap; a gap was not watched.

        Nothing is claimed beyond the last flush, nor of the time since a state began to be doubted. ``widely``: from
        the last proof of working before ``start`` on, as ``checks.availability.Record.of`` wants it. ``seal``: as it
        was known when that hour was sealed: the same for ever. An unknown key gives nothing.
        """
        with self._database.reading() as connection:
            return changes.intervals(connection, key, start, end, seal, widely=widely)

    def changes(self, key: str, start: float, end: float) -> tuple[ChangeRow, ...]:
        """What was learned of one series, with its evidence, by the time it was learned; of states from ``start``."""
        with self._database.reading() as connection:
            return changes.learned(connection, key, start, end)

    def outages(self, start: float, end: float, *, absorbed: bool = False) -> tuple[OutageRow, ...]:
        """Outages that touch [start, end), oldest first. ``absorbed``: also those that were a parent's after all."""
        with self._database.reading() as connection:
            return outages.touching(connection, start, end, absorbed=absorbed)

    def samples(self, key: str, start: float, end: float) -> tuple[StoredSample, ...]:
        """Raw samples by time, as far as they are still kept (``Retention.samples``)."""
        with self._database.reading() as connection:
            return samples.of(connection, key, start, end)

    def stats(self, key: str, start: float, end: float) -> tuple[tuple[int, Stats], ...]:
        """By sealed hour (POSIX seconds): probes, failures, latency."""
        with self._database.reading() as connection:
            return days.stats(connection, key, start, end)

    # seals and keeping

    def seal_due(self, signer: SealSigner, now: float) -> tuple[Seal, ...]:
        """Seal every hour that is over and holds samples, roll it up, pack its samples. May take a second an hour."""
        return seals.seal_due(self._database, signer, now)

    def seals(self) -> tuple[Seal, ...]:
        """Oldest first."""
        with self._database.reading() as connection:
            return seals.read(connection)

    def sealed_before(self, instant: float) -> Seal | None:
        """The newest seal that had been made by then."""
        with self._database.reading() as connection:
            return seals.before(connection, instant)

    def verify_seals(self, checker: SealChecker) -> SealsVerified:
        """Hold everything that the seals cover against them. Raises :class:`StoreError` naming the first that fails."""
        with self._database.reading() as connection:
            return verifying.verify(connection, checker)

    def check_seals(self, checker: SealChecker) -> Iterator[SealChecked]:
        """The same, seal by seal, and all that does not hold of each. Read it in one go: it keeps the record open."""
        with self._database.reading() as connection:
            yield from verifying.each(connection, checker)

    def retain(self, now: float, retention: Retention = Retention()) -> int:  # noqa: B008 (frozen)
        """Drop what is older than it need be; how many rows comes back."""
        with self._database.writing() as connection:
            return keeping.drop(connection, now, retention)

    # maintenance

    def register(self, declared: Iterable[Maintenance], now: float) -> int:
        """Bring the register up to the inventory's declarations: new and changed ones are registered as of ``now``,
        those that are gone are withdrawn. How many entries were added comes back. Call it with every inventory read.
        """
        with self._database.writing() as connection:
            return register.update(connection, tuple(declared), now)

    def registered(self, as_of: float | None = None) -> tuple[Registered, ...]:
        """Every version of every declaration, by the time it was registered; as the register stood ``as_of``."""
        with self._database.reading() as connection:
            return register.read(connection, as_of)

    # notices

    def notices(self, now: float, lease_seconds: float = 60.0, most: int = 50) -> tuple[Notice, ...]:
        """Take notices that are due. Nobody else gets them for ``lease_seconds``; then they are due again."""
        with self._database.writing() as connection:
            return outbox.take(connection, now, lease_seconds, most)

    def notice_sent(self, notice: int, now: float) -> None:
        with self._database.writing() as connection:
            outbox.sent(connection, notice, now)

    def notice_failed(self, notice: int, error: str, again_at: float | None) -> None:
        """``again_at`` None: given up; it is kept with its error."""
        with self._database.writing() as connection:
            outbox.failed(connection, notice, error, again_at)

    def notices_waiting(self) -> int:
        with self._database.reading() as connection:
            return outbox.waiting(connection)

    # schedules

    def claim(self, schedule_id: str, due_at: float, who: str, now: float, lease_seconds: float) -> bool:
        """Whether this caller, and nobody else ever, runs what is due then. The claim holds while it is renewed."""
        with self._database.writing() as connection:
            return jobs.claim(connection, schedule_id, due_at, who, now, lease_seconds)

    def note_run(self, schedule_id: str, due_at: float, state: JobState, who: str, now: float, note: str = "") -> bool:
        """Write down a due time that was not run: MISSED or SKIPPED. False: it has its entry already."""
        with self._database.writing() as connection:
            return jobs.note(connection, schedule_id, due_at, state, who, now, note)

    def renew(
        self, schedule_id: str, due_at: float, who: str, now: float, lease_seconds: float, scan_id: int | None = None
    ) -> bool:
        """The heartbeat of a job: it is RUNNING. False: the claim is lost (taken for abandoned); stop the job."""
        with self._database.writing() as connection:
            return jobs.renew(connection, schedule_id, due_at, who, now, lease_seconds, scan_id)

    def finish(self, schedule_id: str, due_at: float, who: str, now: float, state: JobState, note: str = "") -> bool:
        """DONE, PARTIAL or FAILED. False: the claim was lost before."""
        with self._database.writing() as connection:
            return jobs.finish(connection, schedule_id, due_at, who, now, state, note)

    def abandoned(self, now: float) -> tuple[JobRun, ...]:
        """Mark the jobs whose lease ran out as abandoned, and tell of them once."""
        with self._database.writing() as connection:
            return jobs.abandoned(connection, now)

    def job_runs(self, schedule_id: str | None = None, most: int = 100) -> tuple[JobRun, ...]:
        """Newest due first; of all schedules when none is named."""
        with self._database.reading() as connection:
            return jobs.read(connection, schedule_id, most)

    def last_due(self, schedule_id: str) -> float | None:
        """The newest due time that has an entry, whatever became of it."""
        with self._database.reading() as connection:
            return jobs.last_due(connection, schedule_id)

    # words to the daemon

    def say(self, what: str, argument: str, by: str, now: float) -> int:
        """``stop``, or ``run`` SCHEDULE; its number comes back."""
        with self._database.writing() as connection:
            return controls.say(connection, what, argument, by, now)

    def said(self, after: int = 0) -> tuple[Control, ...]:
        """Words with a higher number, oldest first, also those that somebody has handled."""
        with self._database.reading() as connection:
            return controls.read(connection, after)

    def handle(self, number: int, now: float) -> bool:
        """Whether this caller is the one to carry it out: of several daemons exactly one."""
        with self._database.writing() as connection:
            return controls.handle(connection, number, now)
