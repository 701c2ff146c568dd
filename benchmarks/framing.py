"""A recorded visit as the stream that ``scanner/transports/script.py`` makes the host send, at little cost.

Everything but the marker is compressed beforehand. A gzip member (RFC 1952) is put together from deflate blocks
(RFC 1951): the sections at level 1, ended by a full flush, and the lines with the marker as stored blocks between them.
"""

import struct
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.recording import Section
from scanner.transports.script import GROUP
from scanner.transports.transcript import cksum

_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\x04\x03"  # level 1, Unix: as gzip -1 writes it
_LAST_BLOCK = b"\x01\0\0\xff\xff"


@lru_cache(maxsize=4096)
def _packed(text: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(text: bytes) -> bytes:
    return struct.pack("<BHH", 0, len(text), len(text) ^ 0xFFFF) + text


@dataclass(frozen=True, slots=True)
class _Frame:
    index: int
    ran_as: str
    exit_code: int
    output: Callable[[], bytes]
    packed: bytes | None  # None: too small to matter, or only known when it is sent
    sums: bytes  # " CKSUM COUNT", when packed

    def put(self, marker: bytes, text: list[bytes], blocks: list[bytes]) -> None:
        output = self.output()
        begin = b"\n%s begin %d %s\n" % (marker, self.index, self.ran_as.encode())
        sums = self.sums or _sums(output)
        code = b"e%d" % self.exit_code
        end = b"\n%s end %d %s %s %s%s\n" % (marker, self.index, self.ran_as.encode(), code, code, sums)
        text += (begin, output, end)
        if self.packed is None:
            blocks.append(_stored(begin + output + end))
        else:
            blocks += (_stored(begin), self.packed, _stored(end))


def _sums(output: bytes) -> bytes:
    return b" %d %d" % (cksum(output), len(output))


class Stream:
    """One host's stream, ready but for the marker."""

    def __init__(self, sections: Sequence[Section]) -> None:
        plain = [(i, s) for i, s in enumerate(sections) if not s.root]
        root = [(i, s) for i, s in enumerate(sections) if s.root]
        self._groups = [
            [_frame(i, s) for i, s in part[start : start + GROUP]]
            for part in (plain, root)
            for start in range(0, len(part), GROUP)
        ]

    def bytes_for(self, marker: bytes) -> bytes:
        parts = [b"\nestatecheck %s gz\n" % marker]
        for group in self._groups:
            text: list[bytes] = []
            blocks: list[bytes] = []
            for frame in group:
                frame.put(marker, text, blocks)
            parts.append(_member(b"".join(text), blocks))
        done = b"\n%s done\n" % marker
        return b"".join((*parts, _member(done, [_stored(done)])))


def _member(text: bytes, blocks: Sequence[bytes]) -> bytes:
    tail = struct.pack("<II", zlib.crc32(text), len(text))
    return b"".join((_GZIP_HEADER, *blocks, _LAST_BLOCK, tail))


def _frame(index: int, section: Section) -> _Frame:
    common = (index, section.ran_as, section.exit_code)
    if section.name == "clock":  # a host's clock goes on
        return _Frame(*common, lambda: b"now=%d\n" % time.time(), None, b"")
    if len(section.output) < 100:
        return _Frame(*common, lambda: section.output, None, _sums(section.output))
    return _Frame(*common, lambda: section.output, _packed(section.output), _sums(section.output))
