"""Take in snapshots: each is held against our clock, the record and the inventory, judged, and kept with its sections.

A run is one scan of kind import, to which each machine is added as its snapshot comes; what is left over because a
machine sent several comes in the scan after it. Nobody of ours looked: what a snapshot shows raises findings and
supports a claim, and never proves a fix.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from checks.advisories.library import Advisories
from checks.check import Check
from checks.finding import Outcome
from inventory.asset import BY_SNAPSHOT, SNAPSHOT, SNAPSHOTS, Asset
from inventory.estate import Estate
from scanner.engine import Looked
from scanner.probes import can_tell, probes_of
from scanner.query import Attempt
from scanner.service.bench import Bench, Order, not_counted, result_of
from scanner.service.intake.matching import Directory, Whose
from scanner.service.intake.reading import HEAD, MAX_BYTES, Snapshot, SnapshotRefused
from scanner.service.keeper import Room
from scanner.service.planned import Basis, to_store
from scanner.service.scan import rarer_collection
from scanner.service.workshop import Maker, Reader, maker_for, reader_for
from scanner.store.given import Newest
from scanner.store.records import HostResult, Saved, ScanKind, ScanState
from scanner.store.store import Store

AHEAD = timedelta(minutes=5)  # a clock may be so far ahead of ours
AT_ONCE = 100  # machines in one transaction
READ_AHEAD, AHEAD_BYTES = 8, 16 << 20  # files whose turn has not come, and that are read already
ROOM, ROOM_BYTES = 32, 64 << 20  # snapshots that were read and are not stored yet
Clock = Callable[[], datetime]


class Took(StrEnum):
    TAKEN = "taken"
    KNOWN = "known"  # this very snapshot was taken in before: nothing was changed
    OLDER = "older"  # what is known of the machine is newer: kept out
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Sent:
    """One snapshot on its way in. ``host``: the only asset that it may be of; ``forced``: a person says so."""

    label: str  # of the file, or where it came from
    read: Callable[[], bytes]  # raises OSError
    host: str = ""
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one snapshot. ``why``: one sentence where it was not taken."""

    label: str
    took: Took
    why: str = ""
    host: str = ""
    scan_id: int = 0  # that took it in, now or earlier
    collected_at: datetime | None = None
    sha256: str = ""
    notes: tuple[str, ...] = ()
    failing: int = 0
    not_assessed: int = 0
    opened: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    not_proven: int = 0  # passes that closed nothing


@dataclass(frozen=True, slots=True)
class Judging:
    """What snapshots are judged with; made once for many."""

    basis: Basis
    advisories: Advisories | None
    order: Callable[[Sequence[Check]], Order]
    supplied_by: str
    clock: Clock = lambda: datetime.now(UTC)
    options: dict[str, str] = field(default_factory=dict)


def of_files(paths: Iterable[Path], host: str = "") -> Iterator[Sent]:
    for path in paths:
        yield Sent(str(path), partial(_read_file, path), host, bool(host))


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def answerable(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Those of which a snapshot can tell all facts. Checks of the whole estate need a scan of it."""
    return tuple(c for c in checks if c.gathers is None and any(can_tell(way, c.needs) for way in SNAPSHOTS))


def take(
    store: Store, estate: Estate, judging: Judging, sent: Sequence[Sent], told: Callable[[Result], None] | None = None
) -> list[Result]:
    """In the order given; ``told`` hears of each as it is done. Raises :class:`StoreError`.

    What is wrong with one snapshot is its own result and stops no other.
    """
    with rarer_collection():
        return asyncio.run(take_in(store, estate, judging, sent, told))


async def take_in(
    store: Store, estate: Estate, judging: Judging, sent: Sequence[Sent], told: Callable[[Result], None] | None = None
) -> list[Result]:
    """As :func:`take`, for who has a loop running."""
    checks = answerable(judging.basis.checks)
    judging = replace(judging, basis=replace(judging.basis, checks=checks))
    bench = Bench(checks, judging.basis.support.dates, judging.advisories, estate.policy)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        loop = asyncio.get_running_loop()

        async def write(call: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401 (whatever the call gives)
            return await loop.run_in_executor(thread, call, *given)

        desk = _Desk(
            Directory(estate.assets, await write(store.imports.identities)), await write(store.snapshots.newest)
        )
        found: dict[int, Result] = {}
        left, later, whose = list(enumerate(sent)), list[tuple[int, Sent]](), dict[int, str]()
        async with maker_for(len(sent), bench, judging.order(checks)) as maker, reader_for(len(sent)) as reader:
            while left:
                round_ = _Round(store, estate, judging, desk, maker, reader, write, told or (lambda _: None))
                again = await round_.run(left)
                found |= round_.results
                whose |= round_.left
                left, later = _first_of_each(sorted([*again, *later], key=lambda one: one[0]), whose)
    return [found[number] for number in sorted(found)]


Waiting = list[tuple[int, Sent]]


def _first_of_each(waiting: Waiting, whose: Mapping[int, str]) -> tuple[Waiting, Waiting]:
    """The next one of each machine, and those that wait on: so none of many is read in every round."""
    turn: Waiting = []
    later: Waiting = []
    seen: set[str] = set()
    for one in waiting:
        (later if whose[one[0]] in seen else turn).append(one)
        seen.add(whose[one[0]])
    return turn, later


@dataclass
class _Desk:
    """What is known of every machine, as far as this run has come."""

    directory: Directory
    newest: dict[str, Newest]

    def examine(self, one: Sent, snapshot: Snapshot, now: datetime) -> tuple[Snapshot, Whose]:
        """Raises :class:`SnapshotRefused`."""
        skew = skew_of(snapshot.collected_at, now)
        snapshot = _timed(snapshot, now)
        whose = self._whose(snapshot, one)
        return snapshot, replace(whose, notes=(*whose.notes, *skew))

    def _whose(self, snapshot: Snapshot, one: Sent) -> Whose:
        if not one.host:
            return self.directory.whose(snapshot)
        asset = self.directory.named(one.host)
        against = self._other(snapshot, one.host)
        if against:
            raise SnapshotRefused(f"it has the identity of {against}, and was to be of {one.host}")
        why = self.directory.contradicts(snapshot, one.host)
        if why and not one.forced:
            raise SnapshotRefused(f"{why}: it is not of {one.host}")
        return Whose(asset, (f"taken because --as says so: {why}",) if why else ())

    def _other(self, snapshot: Snapshot, host: str) -> str:
        bearers = self.directory.bearers(snapshot.identities)
        return "" if not bearers or host in bearers else min(bearers)

    def older(self, snapshot: Snapshot, name: str) -> str:
        """Why it is kept out; "" when it is news."""
        known = self.newest.get(name)
        if known is None or snapshot.collected_at > known.any_way:
            return ""
        what = "snapshot" if known.snapshot == known.any_way else "look"
        return (
            f"it is of {snapshot.collected_at:%Y-%m-%d %H:%M:%S} UTC, and the newest {what} at {name} "
            f"of {known.any_way:%Y-%m-%d %H:%M:%S} UTC: kept out"
        )

    def remember(self, snapshot: Snapshot, name: str) -> None:
        self.newest[name] = Newest(snapshot.collected_at, snapshot.collected_at)


def _timed(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Never of the future. Raises :class:`SnapshotRefused`."""
    if snapshot.collected_at > now + AHEAD:
        raise SnapshotRefused(
            f"it says it was taken {snapshot.collected_at:%Y-%m-%d %H:%M} UTC, which is in the future here: "
            "set the clock of that machine, or of this one"
        )
    return replace(snapshot, collected_at=min(snapshot.collected_at, now), ended_at=min(snapshot.ended_at, now))


def skew_of(said: datetime, now: datetime) -> tuple[str, ...]:
    """A note where a clock is ahead; of one that is behind nobody can tell, for a file may have waited."""
    ahead = (said - now).total_seconds()
    return (f"its clock is {ahead:.0f} s ahead of ours: it counts as of now",) if ahead > 1 else ()


class _Round:
    """One scan: at most one snapshot of each machine."""

    def __init__(
        self,
        store: Store,
        estate: Estate,
        judging: Judging,
        desk: _Desk,
        maker: Maker,
        reader: Reader,
        write: Callable[..., Awaitable[Any]],
        told: Callable[[Result], None],
    ) -> None:
        self._store, self._estate, self._judging, self._desk = store, estate, judging, desk
        self._maker, self._reader, self._write, self._told = maker, reader, write, told
        self.results: dict[int, Result] = {}
        self.left: dict[int, str] = {}  # the machine of each that must wait for the next round
        self._scan = 0
        self._presented: dict[str, frozenset[str]] = {}  # by asset, of this round
        self._turn = asyncio.Lock()  # one batch after the other
        self._ready: list[tuple[int, Result, HostResult]] = []

    async def run(self, sent: Sequence[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
        """Those come back whose machine had another one in this round."""
        left: list[tuple[int, Sent]] = []
        room, state = Room(ROOM, ROOM_BYTES), ScanState.PARTIAL
        try:
            async with asyncio.TaskGroup() as group, contextlib.aclosing(self._opened(sent)) as opened:
                async for number, one, read in opened:
                    looked = await self._looked(number, one, read, left)
                    if looked is None:
                        continue
                    await room.take(looked[2])
                    group.create_task(self._work(*looked)).add_done_callback(partial(room.give_back, looked[2]))
            await self._flush()
            state = ScanState.COMPLETE
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        finally:
            if self._scan:
                await self._write(self._store.end_scan, self._scan, state, self._judging.clock())
        return left

    async def _opened(self, sent: Sequence[tuple[int, Sent]]) -> AsyncGenerator[tuple[int, Sent, Snapshot | str], None]:
        """In the order given, and some ahead. A text says why there is none."""
        ahead: deque[Opened] = deque()
        try:
            for number, one in sent:
                raw = _raw(one)
                ahead.append((number, one, len(raw), asyncio.create_task(self._read(raw))))
                while len(ahead) > READ_AHEAD or sum(size for _, _, size, _ in ahead) > AHEAD_BYTES:
                    yield await _first(ahead)
            while ahead:
                yield await _first(ahead)
        finally:
            for *_, task in ahead:
                task.cancel()

    async def _read(self, raw: bytes | str) -> Snapshot | str:
        if isinstance(raw, str):
            return raw
        try:
            return await self._reader.read(raw)
        except SnapshotRefused as fault:
            return str(fault)

    async def _looked(
        self, number: int, one: Sent, read: Snapshot | str, left: list[tuple[int, Sent]]
    ) -> tuple[int, Result, Looked] | None:
        """None: it is done with, or left for the next round."""
        came = await self._came(one, read)
        if isinstance(came, Result):
            self._done(number, came)
            return None
        told, snapshot, whose = came
        if told.host in self._presented:
            left.append((number, one))
            self.left[number] = told.host
            return None
        self._presented[told.host] = snapshot.identities
        self._desk.remember(snapshot, told.host)
        return number, told, looked_of(snapshot, whose.asset, self._judging.supplied_by)

    async def _came(self, one: Sent, read: Snapshot | str) -> Result | tuple[Result, Snapshot, Whose]:
        if isinstance(read, str):
            return Result(one.label, Took.REFUSED, read)
        try:
            snapshot, whose = self._desk.examine(one, read, self._judging.clock())
        except SnapshotRefused as fault:
            return Result(one.label, Took.REFUSED, str(fault))
        told = Result(
            label=one.label,
            took=Took.TAKEN,
            host=whose.asset.name,
            collected_at=snapshot.collected_at,
            sha256=snapshot.sha256,
            notes=whose.notes,
        )
        why = self._desk.older(snapshot, told.host)
        if why and (already := await self._already(snapshot)):
            known = f"scan {already} took this very snapshot in: nothing was changed"
            return replace(told, took=Took.KNOWN, why=known, scan_id=already)
        return replace(told, took=Took.OLDER, why=why) if why else (told, snapshot, whose)

    async def _already(self, snapshot: Snapshot) -> int:
        head = hashlib.sha256(snapshot.answers[0].output).digest()
        found: dict[bytes, int] = await self._write(self._store.snapshots.taken, [head])
        return found.get(head, 0)

    def _done(self, number: int, result: Result) -> None:
        self.results[number] = result
        self._told(result)

    async def _work(self, number: int, told: Result, looked: Looked) -> None:
        worked = await self._maker.work(looked)
        looked = not_counted(looked, worked)
        outcomes = [run.outcome for run in worked.runs]
        told = replace(
            told,
            failing=outcomes.count(Outcome.FAIL),
            not_assessed=outcomes.count(Outcome.NOT_ASSESSED) + outcomes.count(Outcome.ERROR),
        )
        self._ready.append((number, told, result_of(looked, worked)))
        if len(self._ready) >= AT_ONCE:
            await self._flush()

    async def _flush(self) -> None:
        async with self._turn:
            batch, self._ready = self._ready, []
            if not batch:
                return
            if not self._scan:
                self._scan = await self._write(self._begin)
            saved = await self._write(self._save, [result for _, _, result in batch])
        for (number, told, _), one in zip(batch, saved, strict=True):
            if not one.identity_note:
                self._desk.directory.remember(told.host, self._presented[told.host])
            self._done(number, _with(told, one, self._scan))

    def _begin(self) -> int:
        judging = self._judging
        options = {"supplied by": judging.supplied_by, "way": SNAPSHOT, **judging.options}
        return self._store.begin_scan(
            to_store(judging.basis, self._estate, (), ScanKind.IMPORT, judging.clock(), options)
        )

    def _save(self, results: Sequence[HostResult]) -> tuple[Saved, ...]:
        return self._store.save_more(self._scan, results)


Opened = tuple[int, Sent, int, "asyncio.Task[Snapshot | str]"]


def _raw(one: Sent) -> bytes | str:
    try:
        return one.read()
    except OSError as fault:
        return f"it cannot be read: {fault.strerror}"


async def _first(ahead: deque[Opened]) -> tuple[int, Sent, Snapshot | str]:
    number, one, _, task = ahead[0]
    read = await task
    ahead.popleft()
    return number, one, read


def _with(told: Result, saved: Saved, scan_id: int) -> Result:
    doubt = (f"in doubt: {saved.identity_note}",) if saved.identity_note else ()
    return replace(
        told,
        scan_id=scan_id,
        notes=(*told.notes, *doubt),
        opened=saved.opened,
        regressed=saved.regressed,
        not_proven=len(saved.refused),
    )


def looked_of(snapshot: Snapshot, asset: Asset, supplied_by: str) -> Looked:
    """The snapshot in the shape of a visit: nothing was reached, nobody was logged in."""
    when = f"{snapshot.collected_at:%Y-%m-%d %H:%M} UTC"
    peer = f"{BY_SNAPSHOT}{snapshot.name} took of itself {when}, supplied by {supplied_by}"
    attempt = Attempt(SNAPSHOT, privilege=snapshot.privilege, peer=peer, started_at=snapshot.collected_at)
    probes = tuple(probes_of(snapshot.way).values())
    given = {HEAD: (snapshot.answers[0],)}
    given |= {probe.name: (answer,) for probe, answer in zip(probes, snapshot.answers[1:], strict=True)}
    return Looked(snapshot.asset(asset), probes, attempt, given, frozenset(), snapshot.ended_at)
