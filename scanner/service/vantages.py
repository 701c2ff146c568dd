"""The scanner's side of its vantage points: gives them their lists, fetches what they saw, and feeds it to the series.

    inventory -> list -> vantage point -> batches -> Recorder.feed(sample, vantage)

A batch counts when the vantage point's key signed it and it follows on the one before. What is missing, and silence,
becomes UNKNOWN with its reason. Where a vantage point was read up to (``Cursor``) is kept in a file of this machine; a
daemon elsewhere begins with what the vantage point still has, and takes in only what is newer than its series.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checks.outages import Result
from checks.rounds import CLOCK_LIMIT, judge_round
from inventory.estate import Estate
from inventory.facts.availability import Sample, State
from inventory.watch import Vantage, Watch
from scanner.service.serve_clock import Clock
from scanner.service.serve_watches import refusals
from scanner.service.signing import Signer, key_id
from scanner.service.vantage import sealing
from scanner.service.vantage.client import Client, ListRefused, NoAnswer
from scanner.service.vantage.folder import write_whole
from scanner.service.vantage.lists import digest_of
from scanner.service.vantage.wire import Answer, Batch, Gap, ProbeList, read, written
from scanner.store.watching.recorder import Recorder
from scanner.store.watching.records import series_key

FETCH_SECONDS = 3.0
AT_ONCE = 100_000  # samples taken in without a pause: a tick in between would see a silence that there was not
VALID_SECONDS = 7 * 86400.0  # how long a vantage point goes on alone
SILENT = 2.0  # intervals without a sample, and its series are UNKNOWN
LATE_SECONDS = 120.0  # a probe may have begun so long before the batch that it is in
STEP = 0.001  # the series keep milliseconds


class Forked(Exception):
    """What a vantage point hands out does not follow on what it handed out before."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is taken in of a vantage point."""

    epoch: str = ""
    sequence: int = 0
    hash: str = ""
    end: float = 0.0
    certificate: str = ""  # PEM


def followed(cursor: Cursor, answer: Answer, public: Ed25519PublicKey) -> tuple[tuple[Batch, ...], Cursor]:
    """The batches of an answer, in order, and the cursor behind them. Raises :class:`Forked`."""
    if answer.epoch == cursor.epoch and answer.last < cursor.sequence:
        raise Forked(f"its last batch is {answer.last}, and {cursor.sequence} was already here: its spool was put back")
    found: list[Batch] = []
    for sealed in answer.batches:
        message = sealed.encode()
        try:
            batch = read(Batch, sealing.unseal(sealing.BATCH, message, public))
        except sealing.BadSeal as fault:
            raise Forked(f"a batch is not believed: {fault}") from fault
        _check(cursor, answer, batch)
        found.append(batch)
        cursor = replace(
            cursor, epoch=batch.epoch, sequence=batch.sequence, hash=sealing.digest(message), end=batch.end
        )
    return tuple(found), cursor


def _check(cursor: Cursor, answer: Answer, batch: Batch) -> None:
    """Raises :class:`Forked`."""
    follows = batch.epoch == cursor.epoch and batch.sequence == cursor.sequence + 1
    begins = batch.sequence == answer.first and (batch.epoch != cursor.epoch or batch.sequence > cursor.sequence)
    if batch.epoch != answer.epoch or not (follows or begins):
        raise Forked(f"batch {batch.sequence} does not come after {cursor.sequence}: it is old, or one is missing")
    if follows and batch.previous != cursor.hash:
        raise Forked(f"batch {batch.sequence} does not name the one before it: there are two histories")
    if batch.end < batch.start or (follows and batch.start != cursor.end):
        raise Forked(f"batch {batch.sequence} does not begin where the one before it ended")
    if any(not batch.start - LATE_SECONDS <= one.at <= batch.end + CLOCK_LIMIT for one in batch.samples):
        raise Forked(f"batch {batch.sequence} holds samples of another time")


@dataclass
class Point:
    """One vantage point, as long as one inventory is in use."""

    vantage: Vantage
    watches: Sequence[Watch]
    client: Client
    path: Path
    seen: Cursor = field(default_factory=Cursor)
    safe: int = 0  # sequence that is in the record for good
    due: tuple[int, Cursor] | None = None  # in the record when so many flushes were made
    canaries: dict[str, Sample] = field(default_factory=dict)
    trouble: str = ""
    refused: str = ""  # why the list was not taken


@dataclass(slots=True)
class PlaceHealth:
    """How one vantage point is, as the scanner knows it."""

    heard: float | None = None  # its last believed answer, POSIX seconds; None: none since the daemon began
    blind: bool = True  # it does not answer, is not believed, or does not take its list
    backlog: int = 0  # batches that it keeps for us: not in the record for good, as of its last answer


@dataclass
class VantagePoints:
    """``run`` belongs beside the probing, on the same loop. ``folder`` keeps the cursors."""

    signer: Signer
    folder: Path
    clock: Clock
    tell: Callable[[str], None]
    fetch_seconds: float = FETCH_SECONDS
    places: dict[str, PlaceHealth] = field(default_factory=dict)  # by name

    async def run(
        self, estate: Estate, recorder: Recorder, heard: Callable[[Result], None], flushes: Callable[[], int]
    ) -> None:
        """Until it is cancelled. ``flushes`` counts what was written to the record."""
        points = [made for vantage in estate.watching.vantages if (made := self._point(estate, vantage))]
        self.places = {one.name: self.places.get(one.name, PlaceHealth()) for one in estate.watching.vantages}
        feeding = _Feeding(recorder, heard, self.clock)
        tasks = [asyncio.ensure_future(self._serve(point, estate, feeding, flushes)) for point in points]
        try:
            await asyncio.gather(*tasks)
            await asyncio.Event().wait()  # there is none; the others go on
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _point(self, estate: Estate, vantage: Vantage) -> Point | None:
        watches = [watch for watch in estate.watching.watches if vantage.name in watch.vantages]
        try:
            public = sealing.public_from(vantage.key)
        except sealing.BadSeal as fault:
            self.tell(f"vantage {vantage.name} cannot be asked: {fault}")
            return None
        name = hashlib.sha256(f"{vantage.name} {vantage.key}".encode()).hexdigest()[:32]
        path = self.folder / f"{name}.json"
        cursor = _kept(path)
        client = Client(vantage, self.signer, public, cursor.certificate, self.clock.now)
        return Point(vantage, watches, client, path, cursor, cursor.sequence) if watches else None

    async def _serve(self, point: Point, estate: Estate, feeding: "_Feeding", flushes: Callable[[], int]) -> None:
        while True:
            refused = refusals(estate, datetime.fromtimestamp(self.clock.now(), UTC).date())
            try:
                answer = await self._fetch(point, feeding, flushes)
                self._heard(point, answer)
                await self._push(point, answer, [one for one in point.watches if one.name not in refused])
                self._told(point, point.refused and f"does not take its list: {point.refused}")
            except (NoAnswer, Forked) as fault:
                self._told(point, str(fault))
            feeding.forbid(point, refused)
            feeding.silence(point)
            self._settle(point, flushes())
            await self.clock.sleep(self.fetch_seconds)

    async def _fetch(self, point: Point, feeding: "_Feeding", flushes: Callable[[], int]) -> Answer:
        """Everything that is new. Raises NoAnswer, Forked."""
        batches: list[Batch] = []
        cursor, before = point.seen, point.seen
        offset = 0.0
        while True:
            asked = self.clock.now()
            answer = await point.client.results(cursor.sequence, point.safe)
            offset = max(offset, abs(answer.now - (asked + self.clock.now()) / 2), key=abs)
            if answer.epoch != cursor.epoch and cursor.epoch:
                self.tell(f"vantage {point.vantage.name} has begun a new spool: what the old one held is lost")
                cursor, point.safe = Cursor(end=cursor.end), 0
                continue
            found, cursor = followed(cursor, answer, point.client.key)
            batches += found
            if not found or cursor.sequence >= answer.last or sum(len(one.samples) for one in batches) > AT_ONCE:
                break
        point.seen = replace(cursor, certificate=point.client.certificate)
        if batches:
            feeding.take(point, before, batches, offset)
            point.due = point.due or (flushes() + 2, point.seen)
        return answer

    async def _push(self, point: Point, answer: Answer, watches: Sequence[Watch]) -> None:
        """The list, when the vantage point has another one or it ends soon. Raises NoAnswer."""
        told, now = tuple(replace(watch, line=0, pool=None) for watch in watches), self.clock.now()
        if answer.watches == digest_of(told) and answer.until - now > VALID_SECONDS / 2:
            point.refused = ""
            return
        serial = max(answer.serial + 1, int(now * 1000))
        probes = ProbeList(key_id(point.client.key), serial, now + VALID_SECONDS, told)
        try:
            await point.client.push(probes)
            point.refused = ""
        except ListRefused as fault:
            point.refused = str(fault)

    def _settle(self, point: Point, flushes: int) -> None:
        """What is in the record for good need not be kept at the vantage point. A flush that was under way when a batch
        was fed does not count, hence the second one."""
        if point.due and flushes >= point.due[0]:
            cursor, point.due = point.due[1], None
            point.safe = cursor.sequence
            with contextlib.suppress(OSError):  # then the same batches come again, and nothing is taken in twice
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(point.path, written(cursor))

    def _heard(self, point: Point, answer: Answer) -> None:
        place = self.places[point.vantage.name]
        place.heard, place.backlog = self.clock.now(), max(0, answer.last - point.safe)

    def _told(self, point: Point, trouble: str) -> None:
        self.places[point.vantage.name].blind = bool(trouble)
        if trouble != point.trouble:
            point.trouble = trouble
            self.tell(f"vantage {point.vantage.name}: {trouble or 'answers again'}")


def _kept(path: Path) -> Cursor:
    """Where we were; from the beginning when that is not known."""
    with contextlib.suppress(OSError, sealing.BadSeal):
        return read(Cursor, path.read_bytes())
    return Cursor()


@dataclass
class _Feeding:
    recorder: Recorder
    heard: Callable[[Result], None]
    clock: Clock

    def take(self, point: Point, before: Cursor, batches: Iterable[Batch], offset: float) -> None:
        """Oldest first; what the series already hold is passed over."""
        watches = {watch.name: watch for watch in point.watches}
        end = before.end
        for batch in batches:
            missing = (Gap(end, batch.start, "batches are missing"),) if 0 < end < batch.start else ()
            end = batch.end
            gaps = [sample for gap in (*missing, *batch.gaps) for sample in _blind(point, gap)]
            told = [one.sample() for one in batch.samples if one.watch in watches]
            for sample in (*gaps, *self._judged(point, watches, told, offset)):
                self._feed(point, sample)

    def _judged(
        self, point: Point, watches: Mapping[str, Watch], told: Sequence[Sample], offset: float
    ) -> Sequence[Sample]:
        point.canaries.update({one.watch: one for one in told if watches[one.watch].canary})
        ordered = sorted(told, key=lambda one: one.at)
        return judge_round(ordered, tuple(point.canaries.values()), offset)

    def _feed(self, point: Point, sample: Sample) -> None:
        last = self._last(point, sample.watch)
        if last is None or sample.at > last + STEP / 2:
            result = self.recorder.feed(sample, point.vantage.name)
            if result.changes or result.events:
                self.heard(result)

    def _last(self, point: Point, watch: str) -> float | None:
        return self.recorder.fleet.memory(series_key(watch, point.vantage.name)).last_at

    def silence(self, point: Point) -> None:
        """Nothing came for too long: UNKNOWN from the last sample on. What comes later, of that time, still counts."""
        for watch in point.watches:
            memory = self.recorder.fleet.memory(series_key(watch.name, point.vantage.name))
            silent = memory.last_at is not None and self.clock.now() - memory.last_at > SILENT * watch.every_seconds
            if silent and memory.state is not State.UNKNOWN and memory.last_at is not None:
                why = f"vantage {point.vantage.name} was blind from {_clock(memory.last_at)} on: "
                why += point.trouble or "it sent nothing"
                self._feed(point, Sample(watch.name, memory.last_at + STEP, State.UNKNOWN, why))

    def forbid(self, point: Point, refused: Mapping[str, str]) -> None:
        """What no scope permits is not on the list, and said in the series."""
        now = self.clock.now()
        for watch in point.watches:
            last = self._last(point, watch.name)
            if watch.name in refused and (last is None or now - last >= watch.every_seconds):
                self._feed(point, Sample(watch.name, now, State.UNKNOWN, refused[watch.name]))


def _blind(point: Point, gap: Gap) -> list[Sample]:
    why = f"vantage {point.vantage.name} was blind from {_clock(gap.start)} to {_clock(gap.end)}: {gap.why}"
    return [Sample(watch.name, gap.start, State.UNKNOWN, why[:300]) for watch in point.watches]


def _clock(instant: float) -> str:
    try:
        return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{instant:.0f}"
