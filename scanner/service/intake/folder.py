"""The folder that snapshots come through: dropped there by people and tools, or received over HTTPS.

    FOLDER/*            dropped: any name; not hidden, and nothing changed for some seconds
    FOLDER/received/    put there by the HTTPS door: HOST@SHA256
    FOLDER/done/        taken in, or known already
    FOLDER/refused/     with NAME.reason.txt beside it, which says why

Files are moved by rename(2), so each is in one place at any time. A round takes a bounded number of them.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote

from scanner.service.intake.reading import MAX_BYTES
from scanner.service.intake.taking import Result, Sent, Took
from scanner.store.evidence import write_file

MOST = 1_000  # files in one round
QUIET_SECONDS = 5.0  # since its last change: who copies a file is done with it
RECEIVED, DONE, REFUSED = "received", "done", "refused"
_RECEIVED = re.compile(r"([^@]{1,1000})@([0-9a-f]{64})")


class FolderError(Exception):
    """The folder cannot be used. One plain sentence."""


@dataclass(frozen=True, slots=True)
class Drop:
    folder: Path

    def prepare(self) -> None:
        """Raises :class:`FolderError`."""
        try:
            for name in (RECEIVED, DONE, REFUSED):
                (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise FolderError(f"{self.folder} cannot be used as the folder of snapshots: {fault.strerror}") from fault

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """False when another process works on this folder. Raises :class:`FolderError`."""
        self.prepare()
        with (self.folder / ".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def waiting(self, now: float | None = None, most: int = MOST) -> list[Path]:
        """By name, those received over HTTPS first. Raises :class:`FolderError`."""
        before = (time.time() if now is None else now) - QUIET_SECONDS
        try:
            received = sorted(path for path in (self.folder / RECEIVED).iterdir() if _RECEIVED.fullmatch(path.name))
            dropped = sorted(_ready(self.folder, before)) if len(received) < most else []
        except OSError as fault:
            raise FolderError(f"{self.folder} cannot be read: {fault.strerror}") from fault
        return [*received, *dropped][:most]

    def keep(self, host: str, sha256: str, document: bytes) -> None:
        """What came over HTTPS, whole and on the disk before its receipt is signed, or not at all. Raises OSError."""
        write_file(self.folder / RECEIVED / f"{quote(host, safe='')}@{sha256}", document)

    def settle(self, path: Path, result: Result) -> None:
        """Out of the way. What somebody else has taken meanwhile is left to him. Raises OSError."""
        if not path.exists():
            return
        well = result.took in (Took.TAKEN, Took.KNOWN)
        place = self.folder / (DONE if well else REFUSED)
        target = _free(place / path.name)
        if not well:
            reason = place / f"{target.name}.reason.txt"
            reason.write_text(f"{result.took}: {result.why}\n", encoding="utf-8")
        path.replace(target)


def sent_of(paths: Iterable[Path]) -> Iterator[Sent]:
    """Those received over HTTPS may only be of the host whose token they came with."""
    for path in paths:
        known = _RECEIVED.fullmatch(path.name) if path.parent.name == RECEIVED else None
        yield Sent(str(path), partial(_read, path), unquote(known[1]) if known else "")


def _ready(folder: Path, before: float) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for one in entries:
            if not one.name.startswith(".") and one.is_file(follow_symlinks=False) and one.stat().st_mtime <= before:
                yield Path(one.path)


def _read(path: Path) -> bytes:
    """Never through a link: whoever may drop files here may not have others read."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(MAX_BYTES + 1)


def _free(target: Path) -> Path:
    """A name that is not taken yet."""
    name, number = target.name, 1
    while target.exists():
        number += 1
        target = target.with_name(f"{name}.{number}")
    return target
