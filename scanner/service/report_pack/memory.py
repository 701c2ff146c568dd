"""What a verifier remembers of a record: its key, and every checkpoint that it has seen. A small JSON file.

The only thing that shows a history rewritten or cut short by somebody who holds key and database is a checkpoint kept
by somebody else. One memory follows one record.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

VERSION = 1
MAX_BYTES = 16 * 1024 * 1024


class MemoryFault(Exception):
    """The file that remembers cannot be used. One sentence."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One checkpoint: so many events, the Merkle root over them (hexadecimal), and when it was signed."""

    count: int
    root: str
    at: str


@dataclass(slots=True)
class Memory:
    estate: str = ""
    key: str = ""  # id of the key that signs for this record
    seen: list[Seen] = field(default_factory=list)

    @property
    def last(self) -> Seen | None:
        return max(self.seen, key=lambda one: one.count, default=None)

    def faults(self, estate: str, key: str, count: int, roots: Mapping[int, str]) -> Iterator[str]:
        """How a history of ``count`` events contradicts what is remembered. ``roots``: of its beginnings."""
        if not self.seen:
            return
        if estate != self.estate:
            yield f"this memory follows the record of {self.estate!r:.80}, and the file is of {estate!r:.80}"
        if key != self.key:
            yield f"signed by key {key[:16]}, and all before by key {self.key[:16]}: signed anew with another key"
        last = self.last
        if last is not None and count < last.count:
            yield (
                f"shortened history: it has {count} events, and the checkpoint of {last.at} that is remembered "
                f"had {last.count}"
            )
        for one in sorted(self.seen, key=lambda one: one.count):
            if one.count in roots and roots[one.count] != one.root:
                yield (
                    f"forked history: its first {one.count} events are not those of the checkpoint of {one.at} that is "
                    f"remembered (root {roots[one.count][:16]}, remembered {one.root[:16]})"
                )
                return

    def add(self, estate: str, key: str, seen: Seen) -> None:
        self.estate, self.key = estate, key
        if all(one.count != seen.count for one in self.seen):
            self.seen.append(seen)


def load(path: Path) -> Memory:
    """Empty when there is no such file yet. Raises :class:`MemoryFault`."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
        if content["version"] != VERSION:
            raise MemoryFault(f"{path} was written by another version of this program")
        seen = [Seen(int(one["count"]), str(one["root"]), str(one["at"])) for one in content["checkpoints"]]
        return Memory(str(content["estate"]), str(content["key"]), seen)
    except FileNotFoundError:
        return Memory()
    except OSError as fault:
        raise MemoryFault(f"{path} cannot be read: {fault.strerror}") from fault
    except (ValueError, LookupError, TypeError, RecursionError) as fault:
        raise MemoryFault(f"{path} is no memory of this program; name another file") from fault


def save(path: Path, memory: Memory) -> None:
    """Whole or not at all. Raises :class:`MemoryFault`."""
    rows = [{"count": one.count, "root": one.root, "at": one.at} for one in memory.seen]
    content = {"version": VERSION, "estate": memory.estate, "key": memory.key, "checkpoints": rows}
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8") as out:
            json.dump(content, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise MemoryFault(f"{path} cannot be written: {fault.strerror}") from fault
