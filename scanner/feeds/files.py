"""Files that must be on disk whole or not at all, and faults of the disk told in one sentence."""

import contextlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scanner.feeds.support_dates import FeedError


class ShelfError(FeedError):
    """The folder of feeds cannot be read or written, or what is in it is broken. The message says what to do."""


@contextlib.contextmanager
def told(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise ShelfError(f"{fault.filename or path} cannot be {done}: {fault.strerror}") from fault


def bounded(path: Path, most: int) -> bytes:
    """A regular file of at most so many bytes; of a larger one, one byte more. Raises :class:`ShelfError`."""
    with told(path, "read"), opened(path) as file:
        return file.read(most + 1)


def mapped(path: Path) -> bytes | mmap.mmap:
    """A regular file as it lies on disk, read where it is looked at. Raises :class:`ShelfError`."""
    with told(path, "read"), opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""


def opened(path: Path) -> IO[bytes]:
    """Never a link. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")


def durable(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
