"""Support dates as bytes: the table that ships with us, or the file that the user put in its place."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from checks.advisories.support import SupportDates, SupportFeedError, decode
from inventory.faults import Foreseen

DEFAULT = Path(__file__).parent / "data" / "support-dates.json"
MAX_BYTES = 20 * 1024 * 1024


class FeedError(Foreseen):
    """A feed cannot be used. The message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class SupportFeed:
    dates: SupportDates
    digest: str  # sha256 of the bytes
    path: Path
    data: bytes = b""  # the bytes themselves: JSON as decode() reads it


def load(path: Path | None = None) -> SupportFeed:
    """Raises :class:`FeedError` when the file cannot be read, is too large, or is not the documented form."""
    chosen = path or DEFAULT
    try:
        data = _bounded(chosen)
        return SupportFeed(decode(data), hashlib.sha256(data).hexdigest(), chosen, data)
    except OSError as fault:
        raise FeedError(f"{chosen}: cannot be read: {fault.strerror}") from fault
    except SupportFeedError as fault:
        raise FeedError(f"{chosen}: {fault}") from fault


def _bounded(path: Path) -> bytes:
    """The bytes of a regular file. Raises ``OSError`` and :class:`FeedError`."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # a FIFO must not block
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FeedError(f"{path}: is not a regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FeedError(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MB, which no list of support dates is")
    return data
