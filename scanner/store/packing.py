"""Hashing and packing evidence: the part of storing a visit that needs no database, so any process can do it ahead."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

LEVEL = 3
MAX_REMEMBERED = 65_536  # digests: 32 bytes each and what a set takes around them


@dataclass(frozen=True, slots=True)
class Packed:
    """One text. ``data`` is None when it was packed before, or is to be packed only if it turns out to be new."""

    sha256: bytes  # of the plaintext
    data: bytes | None = None  # zstd


class Packer:
    """Packs each text once, however many hosts bring it. What it left out the store packs itself, if it must."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)

    def pack(self, texts: Sequence[bytes]) -> tuple[Packed, ...]:
        if len(self._known) > MAX_REMEMBERED:
            self._known.clear()
        return tuple(self._packed(text) for text in texts)

    def _packed(self, text: bytes) -> Packed:
        digest = hashlib.sha256(text).digest()
        if digest in self._known:
            return Packed(digest)
        self._known.add(digest)
        return Packed(digest, self._zstd.compress(text))


def hashed(texts: Sequence[bytes]) -> tuple[Packed, ...]:
    """Only the hashes: the store packs what is new."""
    return tuple(Packed(hashlib.sha256(text).digest()) for text in texts)


def compressed(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(text)
