"""The record: one object with everything the services may ask of it. ``docs/the-record.md`` tells the whole story."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.finding import CheckRun
from checks.lifecycle import State
from checks.responsibility import Baseline
from inventory.asset import Asset
from inventory.estate import Estate
from scanner.store import (
    carried,
    estate_runs,
    handovers,
    hostkeys,
    ledger,
    purge,
    reader,
    scans,
    sightings,
    upkeep,
    visits,
    writer,
)
from scanner.store.checkpoints import Checkpoints
from scanner.store.copying import Copy
from scanner.store.database import WAIT_SECONDS, Database, prepare
from scanner.store.evidence import read_blob, read_blobs
from scanner.store.given import Snapshots
from scanner.store.imports import Imports
from scanner.store.intake_tokens import Tokens
from scanner.store.people import People
from scanner.store.plans import Plans
from scanner.store.records import (
    Backup,
    EstateResult,
    EventRow,
    FindingRow,
    HostResult,
    LostScan,
    Purged,
    Saved,
    ScanKind,
    ScanPlan,
    ScanRow,
    ScanState,
    Size,
    StoredAnswer,
    StoredHost,
    StoreError,
)
from scanner.store.series import Series

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def open_store(
    url: str, *, wait_seconds: float = WAIT_SECONDS, clock: Clock = _now, blobs: Path | None = None
) -> "Store":
    """Open the record at a URL or a path; a new one is made. Raises :class:`StoreError`.

    ``blobs`` is the folder for large evidence; without it SQLite uses one beside the database, a server its rows.
    """
    database = Database(url, wait_seconds, blobs)
    try:
        prepare(database)
    except StoreError:
        database.close()
        raise
    return Store(database, clock)


class Store:
    """Every method raises :class:`StoreError`. Writing is serialised here, and between processes by the database."""

    def __init__(self, database: Database, clock: Clock = _now) -> None:
        self._database = database
        self._clock = clock
        self._plans = Plans()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # scans

    def begin_scan(self, plan: ScanPlan) -> int:
        """Write the plan down. Raises :class:`ScanRunning` when another full scan is alive."""
        with self._database.writing() as connection:
            return scans.begin(connection, plan, self._clock())

    def heartbeat(self, scan_id: int) -> None:
        with self._database.writing() as connection:
            scans.heartbeat(connection, scan_id, self._clock())

    def end_scan(self, scan_id: int, state: ScanState, at: datetime) -> ScanState:
        """The state that was written comes back: a scan that lacks hosts is partial, not complete."""
        with self._database.writing() as connection:
            return scans.end(connection, scan_id, state, at)

    def lost_scans(self) -> tuple[LostScan, ...]:
        """Scans whose process died: they are marked as interrupted, and told of once."""
        with self._database.writing() as connection:
            return scans.lost(connection, self._clock())

    def save_host(self, scan_id: int, result: HostResult) -> Saved:
        """All of one visit in one transaction, or nothing."""
        return self.save_hosts(scan_id, [result])[0]

    def save_hosts(self, scan_id: int, results: Sequence[HostResult]) -> tuple[Saved, ...]:
        """All of several visits in one transaction, synced once, or nothing of any. In the order given."""
        with self._database.writing() as connection:
            now, blobs = self._clock(), self._database.blobs
            return tuple(writer.save(connection, blobs, self._plans, scan_id, result, now) for result in results)

    def save_more(self, scan_id: int, results: Sequence[HostResult]) -> tuple[Saved, ...]:
        """Visits that the plan did not foresee, such as files that come one by one: it grows by them, all or none."""
        with self._database.writing() as connection:
            scans.extend(connection, scan_id, [result.asset for result in results])
            now, blobs = self._clock(), self._database.blobs
            return tuple(writer.save(connection, blobs, self._plans, scan_id, result, now) for result in results)

    def add_estate_runs(self, scan_id: int, results: Sequence[EstateResult]) -> tuple[Saved, ...]:
        """What could only be judged when the visits were over: all of these in one transaction, or nothing."""
        with self._database.writing() as connection:
            blobs = self._database.blobs
            return tuple(estate_runs.add(connection, blobs, self._plans, scan_id, result) for result in results)

    # reading

    def scans(self) -> tuple[ScanRow, ...]:
        """Oldest first."""
        with self._database.reading() as connection:
            return scans.rows(connection)

    def scan(self, scan_id: int) -> ScanRow:
        with self._database.reading() as connection:
            return scans.as_row(scans.stored(connection, scan_id))

    def latest_scan(self, kind: ScanKind = ScanKind.FULL) -> ScanRow:
        found = [row for row in self.scans() if row.kind is kind]
        if not found:
            raise StoreError(f"{self._database.place} holds no scan yet; run `estatecheck scan`")
        return found[-1]

    def hosts(self, scan_id: int, *, outputs: bool = False) -> Iterator[StoredHost]:
        """Every planned asset in the order of the plan; answers carry their output only when asked for."""
        with self._database.reading() as connection:
            yield from reader.hosts(connection, self._database.blobs, scan_id, outputs=outputs)

    def runs_about(self, scan_id: int, subject_kind: str) -> tuple[tuple[str, CheckRun], ...]:
        """Uid and run, of every run of the scan about such a subject, in the order of the plan."""
        with self._database.reading() as connection:
            return reader.runs_about(connection, scan_id, subject_kind)

    def latest_visits(
        self,
        asked_of: Callable[[str], visits.Asked],
        share: visits.Share = visits.Share(),  # noqa: B008 (frozen)
        chosen: Callable[[Asset], bool] = lambda _: True,
    ) -> Iterator[visits.Kept]:
        """The last visit of every ``chosen`` asset that went through.

        ``asked_of`` a catalogue's digest tells what to read.
        """
        with self._database.reading() as connection:
            yield from visits.latest(connection, self._database.blobs, asked_of, share, chosen)

    @property
    def url(self) -> str:
        """For another process of ours to open the same record. May hold a password: never shown."""
        return self._database.url

    def sightings(self, until: float, scan_id: int | None = None) -> dict[str, sightings.Sighting]:
        """By the inventory's name of each asset: when a scan first tried it, and when one last logged in.

        ``scan_id``: as the record stood when this scan was over.
        """
        with self._database.reading() as connection:
            return sightings.read(connection, until, scan_id)

    def visited(self) -> int:
        """How many assets have a visit that went through."""
        with self._database.reading() as connection:
            return visits.count(connection)

    def never_seen(self) -> tuple[str, ...]:
        """Names of assets without a visit that went through."""
        with self._database.reading() as connection:
            return visits.never_seen(connection)

    def estate_of(self, scan_id: int) -> Estate:
        """The inventory as that scan saw it; its assets are those that were planned."""
        with self._database.reading() as connection:
            return replace(scans.estate(connection, scan_id), assets=reader.planned(connection, scan_id))

    def finding(self, ref: str) -> FindingRow:
        with self._database.reading() as connection:
            return reader.by_ref(connection, ref)

    def findings(self, *states: str) -> tuple[FindingRow, ...]:
        """By number; only those in one of ``states``, when any is given."""
        with self._database.reading() as connection:
            return reader.findings(connection, states)

    def fixed_by(self, scan_id: int) -> tuple[FindingRow, ...]:
        with self._database.reading() as connection:
            return reader.moved_by(connection, scan_id, State.VERIFIED_FIXED.value)

    def opened_by(self, scan_id: int) -> tuple[FindingRow, ...]:
        """First seen, regressed or otherwise reopened by that scan."""
        with self._database.reading() as connection:
            return reader.moved_by(connection, scan_id, State.OPEN.value)

    def events(self, fingerprint: str | None = None) -> tuple[EventRow, ...]:
        with self._database.reading() as connection:
            return ledger.read(connection, fingerprint)

    def verify_chain(self) -> int:
        """How many events there are, all of them whole. Raises :class:`StoreError` naming the first that is not."""
        with self._database.reading() as connection:
            return ledger.verify(connection)

    def blob(self, sha256: str) -> bytes:
        """Evidence by its hash, held against it."""
        with self._database.reading() as connection:
            return read_blob(connection, self._database.blobs, sha256)

    def blobs(self, wanted: Collection[str]) -> dict[str, bytes]:
        """Evidence by its hashes. What is not here, or is damaged, is left out."""
        with self._database.reading() as connection:
            return read_blobs(connection, self._database.blobs, wanted)

    def evidence_of(self, fingerprint: str, scan_id: int, *, outputs: bool = False) -> tuple[StoredAnswer, ...]:
        """The answers a finding was judged from in one scan."""
        with self._database.reading() as connection:
            return reader.evidence_of(connection, self._database.blobs, fingerprint, scan_id, outputs=outputs)

    def last_fails(self, before: int, prints: Collection[str]) -> dict[str, CheckRun]:
        """Fingerprint -> its last failing run of a scan before ``before``; see :mod:`scanner.store.carried`."""
        with self._database.reading() as connection:
            return carried.last_fails(connection, before, prints)

    def last_known(self, before: int, uids: Collection[str]) -> dict[str, Asset]:
        """uid -> the asset as the last scan before ``before`` that visited it knew it."""
        with self._database.reading() as connection:
            return carried.last_known(connection, before, uids)

    def baselines(self) -> tuple[tuple[int, Baseline], ...]:
        """What was frozen at handovers, with the number of the scan that stored it; oldest first."""
        with self._database.reading() as connection:
            return handovers.read(connection)

    def freeze(self, baselines: Sequence[Baseline], scan_id: int) -> int:
        """Store those that are not stored yet; how many comes back."""
        with self._database.writing() as connection:
            return handovers.write(connection, baselines, scan_id, self._clock())

    # what people do

    @property
    def people(self) -> People:
        """Decisions, keys, and machines whose identity is in doubt."""
        return People(self._database, self._clock)

    def host_keys(
        self, *, trust_new: bool = False, known_hosts: hostkeys.KnownHosts | None = None
    ) -> hostkeys.StoredHostKeys:
        return hostkeys.StoredHostKeys(self._database, self._clock, trust_new=trust_new, known=known_hosts)

    @property
    def checkpoints(self) -> Checkpoints:
        """Signed heads of the chain of events."""
        return Checkpoints(self._database)

    @contextlib.contextmanager
    def copying(self, scan_id: int) -> Iterator[Copy]:
        """The rows behind one report, in one snapshot of the record."""
        with self._database.reading() as connection:
            yield Copy(connection, scan_id)

    @property
    def series(self) -> Series:
        """What was watched, and what came of it."""
        return Series(self._database)

    @property
    def imports(self) -> Imports:
        """Files of other tools and testers."""
        return Imports(self._database)

    @property
    def snapshots(self) -> Snapshots:
        """Machines that looked at themselves."""
        return Snapshots(self._database)

    @property
    def tokens(self) -> Tokens:
        """With which machines hand in snapshots of themselves."""
        return Tokens(self._database)

    # upkeep

    def size(self) -> Size:
        with self._database.reading() as connection:
            return upkeep.size(connection)

    def purge(
        self,
        *,
        keep_scans: int | None = None,
        older_than_days: int | None = None,
        dry_run: bool = False,
        vacuum: bool = False,
    ) -> Purged:
        """Remove the details of old scans. Events, findings and the evidence they rest on stay."""
        if keep_scans is None and older_than_days is None:
            raise StoreError("say how many scans to keep, or how old they may be")
        now = self._clock()
        before = now - timedelta(days=older_than_days) if older_than_days is not None else None
        with self._database.writing() as connection:
            old = purge.old_scans(connection, keep_scans, before)
            removed = purge.purge(connection, old, now)
            if dry_run:
                connection.rollback()
        if not dry_run:
            self._make_room(vacuum)
        return removed

    def _make_room(self, vacuum: bool) -> None:
        with self._database.writing() as connection:
            purge.sweep(connection, self._database.blobs)
        if vacuum and self._database.file:
            with self._database.plain() as plain:
                plain.execute("VACUUM")

    def backup(self, target: Path) -> Backup:
        return upkeep.backup(self._database, target, self._clock())
