"""Files out of whatever a publisher sends: ZIP, tar, gzip, zstd, xz or the plain file; told by content, never by name.

Everything is counted while it is unpacked: an archive that grows beyond its bounds is refused before it fills memory,
and one that ends too early is refused too. Nothing is written; a name in an archive is a label and never a path.

tar: POSIX.1-2001 (ustar, pax) and GNU long names. zstd: RFC 8878. gzip: RFC 1952. ZIP: PKWARE APPNOTE.
"""

import contextlib
import gzip
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, cast

import zstandard

from scanner.feeds.support_dates import FeedError

CHUNK = 64 * 1024
ZSTD_CHUNK = 1024  # zstd packs 128 kB in as little as 4 bytes: 1 kB unpacks to 32 MB at most
XZ_CHUNK = 1024 * 1024
XZ_MEMORY = 192 * 1024 * 1024  # xz -9 needs 65 MB
ZSTD_WINDOW = 1 << 27  # 128 MB, as `zstd --long` makes
ZIP_DIRECTORY = 64 * 1024 * 1024  # bytes of a ZIP's list of names
NAME = 200  # characters of a name that are kept
LABEL = 64 * 1024  # bytes of a long name or a pax header
BLOCK = 512  # bytes of a tar header, and what tar pads to
_SUFFIX = re.compile(r"\.(?:gz|zst|xz)$", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    EOFError,
    OSError,  # gzip; and a seek to where a hostile ZIP points
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
    RuntimeError,  # zipfile: encrypted, or a compression it does not know
)


class Unusable(FeedError):
    """What came is broken, cut short, or larger than its bounds. The message says which."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may come out of one file."""

    total: int  # bytes
    member: int  # bytes of one file in an archive
    members: int


def members(file: IO[bytes], name: str, bounds: Bounds) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file inside, or of the one file itself where it is no archive. ``file`` can seek.

    Raises :class:`Unusable`; what was given out before that must not be used either.
    """
    if _start(file, 4) in (b"PK\x03\x04", b"PK\x05\x06"):
        with open_zip(file) as archive:
            yield from _zip(archive, bounds)
        return
    with _broken_told():
        stream = _Stream(_chunks(file), bounds.total)
        head = stream.read(BLOCK)
        if head[257:262] == b"ustar":
            yield from _tar(stream, head, bounds)
        else:
            yield _SUFFIX.sub("", PurePosixPath(name).name)[:NAME], head + stream.whole(bounds.member - len(head))


@contextlib.contextmanager
def open_zip(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """A ZIP whose list of names is bounded. Raises :class:`Unusable`, also for what goes wrong while it is read."""
    with _broken_told(), zipfile.ZipFile(cast("IO[bytes]", _Careful(file))) as archive:
        yield archive


@contextlib.contextmanager
def _broken_told() -> Iterator[None]:
    try:
        yield
    except _BROKEN as fault:
        raise Unusable(f"is broken or cut short ({type(fault).__name__}: {str(fault)[:120]!a})") from fault


def _start(file: IO[bytes], n: int) -> bytes:
    file.seek(0)
    head = file.read(n)
    file.seek(0)
    return head


class _Stream:
    """Unpacked bytes in pieces of any size, counted."""

    def __init__(self, chunks: Iterator[bytes], total: int) -> None:
        self._chunks, self._left = chunks, total
        self._ready = memoryview(b"")

    def read(self, n: int) -> bytes:
        """n bytes, fewer only where the stream ends. Raises :class:`Unusable` beyond the bound."""
        parts = []
        while n > 0 and self._refill():
            part = bytes(self._ready[:n])
            self._ready = self._ready[len(part) :]
            n -= len(part)
            parts.append(part)
        return b"".join(parts)

    def exactly(self, n: int) -> bytes:
        data = self.read(n)
        if len(data) != n:
            raise EOFError("the archive ends in the middle of a file")
        return data

    def whole(self, most: int) -> bytes:
        """All the rest. Raises :class:`Unusable` when that is more than ``most`` bytes."""
        data = self.read(most + 1)
        if len(data) > most:
            raise Unusable(f"holds a file of more than {most:,} bytes")
        return data

    def skip(self, n: int | None = None) -> None:
        """n bytes, or all the rest, so that checksums at the end are checked."""
        while n is None or n > 0:
            got = len(self.read(CHUNK if n is None else min(n, CHUNK)))
            if got == 0:
                return
            n = None if n is None else n - got

    def _refill(self) -> bool:
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._left -= len(chunk)
            if self._left < 0:
                raise Unusable("unpacks to more than it may: it was not unpacked to its end")
            self._ready = memoryview(chunk)
        return True


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file without its compression."""
    head = _start(file, 6)
    if head.startswith(b"\x1f\x8b"):
        return _pieces(cast("IO[bytes]", gzip.GzipFile(fileobj=file)))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd(file)
    return _xz(file) if head == b"\xfd7zXZ\x00" else _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Frame after frame. (``stream_reader`` would take a frame that is cut short for a whole one.)"""
    data = file.read(ZSTD_CHUNK)
    while data:
        frame = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        while not frame.eof:
            if not data:
                raise EOFError("the zstd frame is cut short")
            yield frame.decompress(data)
            data = b"" if frame.eof else file.read(ZSTD_CHUNK)
        data = frame.unused_data or file.read(ZSTD_CHUNK)


def _xz(file: IO[bytes]) -> Iterator[bytes]:
    """Stream after stream; zero bytes between them are padding (xz format 1.2, 2.2)."""
    data = file.read(CHUNK)
    while data:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY)
        while not stream.eof:
            if stream.needs_input and not data:
                data = file.read(CHUNK)
                if not data:
                    raise EOFError("the xz stream is cut short")
            yield stream.decompress(data, XZ_CHUNK)
            data = b""
        data = (stream.unused_data or file.read(CHUNK)).lstrip(b"\0")


class _Careful:
    """The file for :mod:`zipfile`, which reads the whole list of names at once, however long it claims to be."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, n: int = -1) -> bytes:
        data = self._file.read(n if 0 <= n <= ZIP_DIRECTORY else ZIP_DIRECTORY + 1)
        if len(data) > ZIP_DIRECTORY:
            raise Unusable(f"has a list of names of more than {ZIP_DIRECTORY:,} bytes")
        return data


def _zip(archive: zipfile.ZipFile, bounds: Bounds) -> Iterator[tuple[str, bytes]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > bounds.members:
        raise Unusable(f"holds {len(entries):,} files, more than {bounds.members:,}")
    left = bounds.total
    for entry in entries:
        with archive.open(entry) as packed:  # read to its end, where its checksum is compared
            data = _Stream(_pieces(packed), left).whole(bounds.member)
        left -= len(data)
        yield entry.filename[:NAME], data


def _tar(stream: _Stream, head: bytes, bounds: Bounds) -> Iterator[tuple[str, bytes]]:
    label, seen = "", 0
    while head.strip(b"\0"):
        seen += 1
        if seen > bounds.members:
            raise Unusable(f"holds more than {bounds.members:,} files")
        size, kind = _size(head), head[156:157]
        if kind in (b"L", b"x"):
            label = _label(kind, _body(stream, size, LABEL)) or label
        elif kind in (b"0", b"\0", b"7"):
            yield (label or _name(head))[:NAME], _body(stream, size, bounds.member)
            label = ""
        else:  # folders, links and devices have no body; what else there may be is passed over
            stream.skip(0 if kind in b"123456" else -(-size // BLOCK) * BLOCK)
            label = "" if kind in b"123456" else label
        head = stream.exactly(BLOCK)
    stream.skip()


def _body(stream: _Stream, size: int, most: int) -> bytes:
    if size > most:
        raise Unusable(f"holds a file of {size:,} bytes, more than {most:,}")
    return stream.exactly(-(-size // BLOCK) * BLOCK)[:size]


def _size(head: bytes) -> int:
    """Raises ``ValueError`` for a header whose checksum does not hold."""
    if _octal(head[148:156]) != sum(head[:148]) + sum(head[156:]) + 8 * ord(" "):
        raise ValueError("a tar header's checksum does not hold")
    field = head[124:136]
    return int.from_bytes(field[1:]) if field[0] == 0x80 else _octal(field)


def _octal(field: bytes) -> int:
    text = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]{0,12}", text):
        raise ValueError("a number in a tar header is not octal")
    return int(text or b"0", 8)


def _name(head: bytes) -> str:
    prefix = head[345:500] if head[257:263] == b"ustar\0" else b""
    parts = (part.partition(b"\0")[0].decode("utf-8", "replace") for part in (prefix, head[:100]))
    return "/".join(filter(None, parts))


def _label(kind: bytes, body: bytes) -> str:
    """A long name: GNU's as it is, pax's from its record ``<length> path=<name>``."""
    if kind == b"L":
        return body.partition(b"\0")[0].decode("utf-8", "replace")
    found = re.search(rb"(?:^|\n)\d{1,6} path=([^\n]+)\n", body)
    return found[1].decode("utf-8", "replace") if found else ""
