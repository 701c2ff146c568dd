"""The ZIP around a pack: every file stored as it is, one fixed way to write the records around them.

Format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, always with the ZIP64 fields (4.5.3). What is
in the files is signed; that the records around them are exactly these is checked here, so that no byte of a pack can
be changed unnoticed. A pack that somebody packed again with another tool is still read, to say what else is wrong.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from scanner.service.report_pack.names import ALLOWED, MAX_DIRECTORY, MAX_FILES, MAX_LINE, MAX_PLAIN

STEP = 256 * 1024
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_64 = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_CENTRAL_64 = struct.Struct("<2H3Q")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
TAIL = _END_64.size + _LOCATOR.size + _END.size
_MADE_BY, _NEEDS = 3 << 8 | 45, 45  # on Unix, ZIP64
_DAY = 33  # 1980-01-01 in DOS format
_MODE = 0o100644 << 16
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


class PackError(Exception):
    """The pack, or one of its files, cannot be used at all. One sentence that names what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file. ``offset`` is where its local header begins."""

    name: str
    crc: int
    size: int
    offset: int

    @property
    def start(self) -> int:
        return self.offset + len(local_header(self))


def local_header(entry: Entry) -> bytes:
    name = entry.name.encode("ascii")
    head = _LOCAL.pack(b"PK\3\4", _NEEDS, 0, 0, 0, _DAY, entry.crc, _FULL32, _FULL32, len(name), _LOCAL_64.size)
    return head + name + _LOCAL_64.pack(1, 16, entry.size, entry.size)


def central_header(entry: Entry) -> bytes:
    name = entry.name.encode("ascii")
    extra = _CENTRAL_64.pack(1, 24, entry.size, entry.size, entry.offset)
    sizes = (entry.crc, _FULL32, _FULL32, len(name), len(extra), 0, 0, 0, _MODE, _FULL32)
    return _CENTRAL.pack(b"PK\1\2", _MADE_BY, _NEEDS, 0, 0, 0, _DAY, *sizes) + name + extra


def end_records(count: int, size: int, offset: int) -> bytes:
    """``size`` and ``offset`` of the central directory."""
    end = _END_64.pack(b"PK\6\6", _END_64.size - 12, _MADE_BY, _NEEDS, 0, 0, count, count, size, offset)
    locator = _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    return end + locator + _END.pack(b"PK\5\6", _FULL16, _FULL16, _FULL16, _FULL16, _FULL32, _FULL32, 0)


class Reader:
    """A pack's files. Raises :class:`PackError`, and ``OSError`` when there is no such file.

    ``flaws`` says in what its records are not those that this tool writes.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self.entries, self.flaws = _entries(self._file, path)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of one file as they are stored."""
        entry = self.entries.get(name)
        if entry is None:
            raise PackError(f"{name} is not in the pack")
        start, left, crc = entry.start if entry.offset >= 0 else ~entry.offset, entry.size, 0
        while left:
            self._file.seek(start)
            piece = self._file.read(min(left, STEP))
            if not piece:
                raise PackError(f"{name} is cut short")
            start, left, crc = start + len(piece), left - len(piece), zlib.crc32(piece, crc)
            yield piece
        if crc != entry.crc:
            raise PackError(f"{name} does not have the checksum that the ZIP's records give")

    def read(self, name: str, most: int) -> bytes:
        """A whole file of at most so many bytes."""
        if (entry := self.entries.get(name)) and entry.size > most:
            raise PackError(f"{name} is larger than {most} bytes")
        return b"".join(self.pieces(name))

    def plain(self, name: str, most: int, seen: Callable[[bytes], object]) -> Iterator[bytes]:
        """A gzip file unpacked piece by piece, never more than ``most`` bytes. ``seen`` gets every stored byte."""
        unpacker, total = zlib.decompressobj(wbits=31), 0
        for piece in self.pieces(name):
            seen(piece)
            rest = piece
            while rest and not unpacker.eof:
                out = _unpacked(unpacker, rest, name)
                rest, total = unpacker.unconsumed_tail, total + len(out)
                if total > most:
                    raise PackError(f"{name} unpacks to more than {most} bytes")
                yield out
        if not unpacker.eof or unpacker.unused_data:
            raise PackError(f"{name} is not one whole gzip file")

    def lines(self, name: str, seen: Callable[[bytes], object]) -> Iterator[bytes]:
        """The lines of a gzip file, without their end; the last one has an end too."""
        rest = b""
        for piece in self.plain(name, MAX_PLAIN, seen):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > MAX_LINE:
                raise PackError(f"{name} holds a line of more than {MAX_LINE} bytes")
        if rest:
            raise PackError(f"{name} ends within a line")


def _unpacked(unpacker: "zlib._Decompress", piece: bytes, name: str) -> bytes:
    try:
        return unpacker.decompress(piece, STEP)
    except zlib.error as fault:
        raise PackError(f"{name} is damaged and cannot be unpacked: {fault}") from fault


def _entries(file: BinaryIO, path: Path) -> tuple[dict[str, Entry], list[str]]:
    """By name, and what is wrong with the records around them."""
    size = file.seek(0, 2)
    exact = _exact(file, size)
    if exact is not None:
        return _named(exact, path), []
    flaw = "the ZIP's own records are not as estatecheck writes them: the pack was changed, or packed again"
    return _named(_any_zip(file, path), path), [flaw]


def _named(found: Sequence[Entry], path: Path) -> dict[str, Entry]:
    named: dict[str, Entry] = {}
    for entry in found:
        if entry.name in named:
            raise PackError(f"{path} holds two files of the name {entry.name!r:.80}")
        if not ALLOWED.fullmatch(entry.name):
            raise PackError(f"{path} holds {entry.name!r:.80}, which is no file of an evidence pack")
        named[entry.name] = entry
    return named


def _exact(file: BinaryIO, size: int) -> list[Entry] | None:
    """The entries, when every byte outside the files is what this tool writes; None otherwise."""
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    if len(tail) != TAIL:
        return None
    count, length, offset = _END_64.unpack_from(tail)[7:]
    if offset + length + TAIL != size or length > MAX_DIRECTORY or tail != end_records(count, length, offset):
        return None
    file.seek(offset)
    found = _directory(file.read(length), count)
    return found if found is not None and _contiguous(file, found, offset) else None


def _directory(data: bytes, count: int) -> list[Entry] | None:
    found: list[Entry] = []
    place = 0
    while place < len(data) and len(found) <= count:
        if len(data) - place < _CENTRAL.size:
            return None
        fields = _CENTRAL.unpack_from(data, place)
        end = place + _CENTRAL.size + fields[10]
        name = data[place + _CENTRAL.size : end]
        if not name.isascii() or len(data) - end < _CENTRAL_64.size:
            return None
        _, _, size, _, offset = _CENTRAL_64.unpack_from(data, end)
        entry = Entry(name.decode("ascii"), fields[7], size, offset)
        if data[place : end + _CENTRAL_64.size] != central_header(entry):
            return None
        found.append(entry)
        place = end + _CENTRAL_64.size
    return found if len(found) == count else None


def _contiguous(file: BinaryIO, found: Sequence[Entry], end: int) -> bool:
    place = 0
    for entry in found:
        header = local_header(entry)
        file.seek(place)
        if entry.offset != place or file.read(len(header)) != header:
            return False
        place += len(header) + entry.size
    return place == end


def _any_zip(file: BinaryIO, path: Path) -> list[Entry]:
    """What another tool's ZIP holds, as far as its files are stored and not packed once more."""
    try:
        with zipfile.ZipFile(file) as pack:
            infos = pack.infolist()
            if len(infos) > MAX_FILES:
                raise PackError(f"{path} holds more files than an evidence pack can")
            return [_foreign(pack, info) for info in infos]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, struct.error, NotImplementedError) as fault:
        raise PackError(f"{path} is damaged or no evidence pack: {fault!s:.200}") from fault


def _foreign(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    """``offset`` is ~ of where the data itself begin: another tool's header has another length."""
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
        raise PackError(f"{info.filename!r:.80} is packed in another way than an evidence pack's files are")
    with pack.open(info) as opened:  # holds the name in the local header against the directory
        del opened
    head = pack.fp
    if head is None:
        raise PackError("the ZIP was closed")
    head.seek(info.header_offset)
    fields = _LOCAL.unpack(head.read(_LOCAL.size))
    start = info.header_offset + _LOCAL.size + fields[-2] + fields[-1]
    return Entry(info.filename, info.CRC, info.file_size, ~start)


@dataclass
class Writer:
    """Writes a pack file by file into an open, seekable file. ``digests``: sha256 of each as it is stored."""

    out: BinaryIO
    entries: list[Entry] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        with self.file(name) as out:
            out.write(data)

    def file(self, name: str) -> "FileWriter":
        return FileWriter(self, name)

    def gz(self, name: str) -> "GzipWriter":
        return GzipWriter(self.file(name))

    def close(self) -> None:
        """The directory. Nothing can be added afterwards."""
        offset = self.out.tell()
        for entry in self.entries:
            self.out.write(central_header(entry))
        self.out.write(end_records(len(self.entries), self.out.tell() - offset, offset))


class FileWriter:
    """One file of a pack; its header is written when its length is known."""

    def __init__(self, pack: Writer, name: str) -> None:
        self._pack, self._name = pack, name
        self._offset = pack.out.tell()
        self._crc = self._size = 0
        self._sha256 = hashlib.sha256()
        pack.out.write(local_header(Entry(name, 0, 0, self._offset)))

    def __enter__(self) -> "FileWriter":
        return self

    def write(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._sha256.update(data)
        self._pack.out.write(data)

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            return
        entry, out = Entry(self._name, self._crc, self._size, self._offset), self._pack.out
        out.seek(self._offset)
        out.write(local_header(entry))
        out.seek(0, 2)
        self._pack.entries.append(entry)
        self._pack.digests[self._name] = self._sha256.hexdigest()


class GzipWriter:
    """gzip (RFC 1952) without name and time: the same content gives the same bytes, with the same zlib."""

    def __init__(self, file: FileWriter) -> None:
        self._file = file
        self._packer = zlib.compressobj(6, zlib.DEFLATED, 31)

    def __enter__(self) -> "GzipWriter":
        return self

    def write(self, data: bytes) -> None:
        if packed := self._packer.compress(data):
            self._file.write(packed)

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._file.write(self._packer.flush())
        self._file.__exit__(kind, fault, at)


def gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()
