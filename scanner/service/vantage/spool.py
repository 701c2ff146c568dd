"""What a vantage point saw, until the scanner has it: one sealed batch a file, each naming the hash of the one before.

Bounded in bytes and days. What has to be given up is said in the next batch, never passed over in silence.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.facts.availability import Sample
from scanner.service.signing import Signer
from scanner.service.vantage import sealing
from scanner.service.vantage.folder import write_whole
from scanner.service.vantage.wire import Batch, Gap, Told, read, written

DAY = 86400.0
MAX_BATCH_BYTES = 16 << 20
MAX_SAMPLES = 500  # of one batch
DOWN = "the vantage point did not run"


@dataclass(frozen=True, slots=True)
class _Kept:
    sequence: int
    size: int
    start: float
    end: float


class Spool:
    """Belongs to one process. Raises OSError when the disk does not take it, BadSeal for a spool that was changed."""

    def __init__(self, folder: Path, signer: Signer, most_bytes: int, most_days: float, now: float) -> None:
        self._folder, self._signer, self._most_bytes, self._most_days = folder, signer, most_bytes, most_days
        self._kept: list[_Kept] = []
        self._gaps: list[Gap] = []
        self._previous = ""
        self.epoch = self._epoch()
        self.end = now  # of what is accounted for
        for path in sorted(folder.glob("*.batch")):
            self._take_up(path)
        if self._kept and self.end < now:
            self._gaps.append(Gap(self.end, now, DOWN))

    @property
    def first(self) -> int:
        return self._kept[0].sequence if self._kept else 0

    @property
    def last(self) -> int:
        return self._kept[-1].sequence if self._kept else 0

    def gap(self, start: float, end: float, why: str) -> None:
        """Said with the next batch."""
        self._gaps.append(Gap(start, max(start, end), why))

    def append(self, samples: Sequence[Sample], now: float) -> None:
        """One more batch, from the end of the last one to ``now``; several when there is much."""
        for place in range(0, max(1, len(samples)), MAX_SAMPLES):
            self._append(samples[place : place + MAX_SAMPLES], now)
        self._make_room(now)

    def _append(self, samples: Sequence[Sample], now: float) -> None:
        sequence, end = self.last + 1, max(now, self.end)
        told = tuple(Told.of(one) for one in samples)
        batch = Batch(self.epoch, sequence, self._previous, self.end, end, told, tuple(self._gaps))
        message = sealing.seal(sealing.BATCH, written(batch), self._signer)
        write_whole(self._path(sequence), message)
        self._kept.append(_Kept(sequence, len(message), self.end, end))
        self._previous, self.end = sealing.digest(message), end
        self._gaps = []

    def after(self, sequence: int, most_bytes: int) -> tuple[str, ...]:
        """Sealed batches with a higher number, oldest first; at least one when there is one."""
        return tuple(self._after(sequence, most_bytes))

    def _after(self, sequence: int, most_bytes: int) -> Iterator[str]:
        room = most_bytes
        for kept in self._kept:
            if kept.sequence > sequence:
                if room < kept.size and room < most_bytes:
                    return
                room -= kept.size
                yield self._path(kept.sequence).read_text()

    def done(self, sequence: int) -> None:
        """The scanner has these for good. The last one stays: the chain goes on from it."""
        while len(self._kept) > 1 and self._kept[0].sequence <= sequence:
            self._path(self._kept.pop(0).sequence).unlink(missing_ok=True)

    def _make_room(self, now: float) -> None:
        given_up: list[_Kept] = []
        while len(self._kept) > 1 and (self._bytes() > self._most_bytes or self._old(self._kept[0], now)):
            kept = self._kept.pop(0)
            self._path(kept.sequence).unlink(missing_ok=True)
            given_up.append(kept)
        if given_up:
            first, last = given_up[0], given_up[-1]
            why = f"batches {first.sequence} to {last.sequence} were given up: the spool was full, or they were too old"
            self._gaps.append(Gap(first.start, last.end, why))

    def _bytes(self) -> int:
        return sum(kept.size for kept in self._kept)

    def _old(self, kept: _Kept, now: float) -> bool:
        return kept.end < now - self._most_days * DAY

    def _path(self, sequence: int) -> Path:
        return self._folder / f"{sequence:012}.batch"

    def _take_up(self, path: Path) -> None:
        with path.open("rb") as file:
            message = file.read(MAX_BATCH_BYTES)
        batch = read(Batch, sealing.unseal(sealing.BATCH, message, self._signer.key.public_key()))
        if batch.epoch != self.epoch or path != self._path(batch.sequence):
            raise sealing.BadSeal(f"{path} does not belong to this spool: move it away")
        if self._kept and (batch.sequence != self.last + 1 or batch.previous != self._previous):
            raise sealing.BadSeal(f"{path} does not follow on the batch before it: the spool was changed")
        self._kept.append(_Kept(batch.sequence, len(message), batch.start, batch.end))
        self._previous, self.end = sealing.digest(message), batch.end

    def _epoch(self) -> str:
        """A name for this spool; with none of its files left, a new one begins."""
        path = self._folder / "epoch.json"
        if path.exists() and any(self._folder.glob("*.batch")):
            return str(json.loads(path.read_bytes())["epoch"])
        made = secrets.token_hex(8)
        write_whole(path, json.dumps({"epoch": made}).encode())
        return made
