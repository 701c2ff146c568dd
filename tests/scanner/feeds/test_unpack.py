"""Archives of every kind: whole, cut short anywhere, with flipped bytes, too large, and with hostile names."""

import gzip
import io
import lzma
import os
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping

import pytest
import zstandard

from scanner.feeds.unpack import LABEL, Bounds, Unusable, members
from tests.data import folder

BOUNDS = Bounds(total=10_000_000, member=5_000_000, members=100)
FILES = {"a.json": b'{"id": 1}', "deep/" * 30 + "b.json": b"two" * 1000, "empty": b"", "c d é.txt": os.urandom(3000)}
MB = 1024 * 1024


def tar(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("folder/")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def packed(files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        archive.mkdir("folder")
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def unpacked(data: bytes, bounds: Bounds = BOUNDS, name: str = "f") -> list[tuple[str, bytes]]:
    return list(members(io.BytesIO(data), name, bounds))


ARCHIVES: Mapping[str, Callable[[], bytes]] = {
    "zip": lambda: packed(FILES),
    "zip, stored": lambda: packed(FILES, zipfile.ZIP_STORED),
    "zip, lzma": lambda: packed(FILES, zipfile.ZIP_LZMA),
    "tar, pax": lambda: tar(FILES),
    "tar, gnu": lambda: tar(FILES, tarfile.GNU_FORMAT),
    "tar.gz": lambda: gzip.compress(tar(FILES)),
    "tar.zst": lambda: zstd(tar(FILES)),
    "tar.xz": lambda: lzma.compress(tar(FILES)),
    "tar.zst in two frames": lambda: zstd(tar(FILES)[:2000]) + zstd(tar(FILES)[2000:]),
    "tar.xz in two streams": lambda: lzma.compress(tar(FILES)[:2000]) + b"\0" * 8 + lzma.compress(tar(FILES)[2000:]),
    "tar.gz in two members": lambda: gzip.compress(tar(FILES)[:2000]) + gzip.compress(tar(FILES)[2000:]),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_files_come_out_with_their_names(kind: str) -> None:
    assert dict(unpacked(ARCHIVES[kind]())) == FILES


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd, lzma.compress], ids=["plain", "gz", "zst", "xz"])
def test_a_plain_file_loses_the_suffix_of_its_compression(pack: Callable[[bytes], bytes]) -> None:
    for data in (b"cve,epss\n", b"", os.urandom(100_000)):
        packed_data = pack(data)
        assert unpacked(packed_data, name="folder/epss.csv.gz") == [("epss.csv", data)]


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lzma.compress], ids=["gz", "zst", "xz"])
def test_a_packed_file_that_is_cut_short(pack: Callable[[bytes], bytes]) -> None:
    data = pack(os.urandom(3000))
    for end in range(8, len(data), 97):
        with pytest.raises(Unusable, match="cut short"):
            unpacked(data[:end])


@pytest.mark.parametrize("kind", [kind for kind in ARCHIVES if kind not in ("tar, pax", "tar, gnu")])
def test_an_archive_that_is_cut_short_is_never_taken_for_whole(kind: str) -> None:
    data = ARCHIVES[kind]()
    for end in {*range(1, len(data) - 1, max(1, len(data) // 60)), len(data) - 1}:
        try:
            files = unpacked(data[:end])
        except Unusable:
            continue
        assert len(files) == 1, (kind, end)  # too short to be known for an archive: a plain file, that no decoder takes
        assert files[0][1] != FILES["a.json"], (kind, end)


def test_a_plain_tar_that_is_cut_short() -> None:
    data = tar({"a": b"x" * 2000})
    for end in range(600, 1536 + 2048, 100):  # behind that stand only its blocks of zeros
        with pytest.raises(Unusable, match="cut short"):
            unpacked(data[:end])


@pytest.mark.parametrize("kind", [kind for kind in ARCHIVES if kind not in ("tar, pax", "tar, gnu")])
def test_flipped_bytes_never_change_a_content_unseen(kind: str) -> None:
    data = ARCHIVES[kind]()
    for place in range(6, len(data), max(1, len(data) // 80)):
        broken = bytearray(data)
        broken[place] ^= 0x55
        try:
            found = dict(unpacked(bytes(broken)))
        except Unusable:
            continue
        assert set(found.values()) <= set(FILES.values()), (kind, place)  # a name or a time is not covered everywhere


def test_a_flipped_tar_header_is_seen() -> None:
    data = bytearray(tar({"a": b"x"}))
    data[1024 + 130] ^= 1  # in the size of the first file
    with pytest.raises(Unusable, match="checksum"):
        unpacked(bytes(data))


def bomb_of_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.json", bytes(100 * MB))
    return out.getvalue()


BOMBS = {
    "gz": lambda: gzip.compress(bytes(96 * MB), 1),
    "xz": lambda: lzma.compress(bytes(96 * MB), preset=0),
    "zst": lambda: zstandard.ZstdCompressor().compress(bytes(96 * MB)),
    "zip": bomb_of_zip,
    "tar.gz": lambda: gzip.compress(tar({"zeros": bytes(96 * MB)}), 1),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_not_unpacked_to_its_end(kind: str) -> None:
    data = BOMBS[kind]()
    tracemalloc.start()
    try:
        with pytest.raises(Unusable, match="more than"):
            unpacked(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 48 * MB  # the bound for a file is 5 MB; zstd unpacks in pieces of up to 32 MB


def test_many_small_files_are_bounded_together() -> None:
    files = {f"{number}": b"x" * 100_000 for number in range(50)}
    for data in (packed(files), zstd(tar(files))):
        with pytest.raises(Unusable, match="unpacks to more than it may"):
            unpacked(data, Bounds(total=4_000_000, member=200_000, members=100))
        with pytest.raises(Unusable, match="more than 49"):
            unpacked(data, Bounds(total=40_000_000, member=200_000, members=49))


def test_a_zip_that_lies_about_a_size() -> None:
    data = bytearray(packed({"a": b"x" * 5000}))
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Unusable, match="broken"):
        unpacked(bytes(data))


def test_a_zip_with_a_huge_list_of_names() -> None:
    data = bytearray(packed({"a": b"x"}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = (2**31).to_bytes(4, "little")
    with pytest.raises(Unusable):
        unpacked(bytes(data))


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(packed({"a": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(signature) + offset] |= 1
    with pytest.raises(Unusable, match="broken"):
        unpacked(bytes(data))


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_long_name_is_a_bounded_label(form: int) -> None:
    name = "../" * 100 + "x" * 1000
    assert unpacked(tar({name: b"data"}, form)) == [(name[:200], b"data")]
    with pytest.raises(Unusable, match="more than"):
        unpacked(tar({"x" * (LABEL + 1): b"data"}, form))


def test_names_are_labels_and_nothing_is_written(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["../../evil", "/etc/evil", "a\x1b[31m", "C:\\evil"]
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("opened a file"))
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened a file"))
    for data in (packed(dict.fromkeys(names, b"x")), tar(dict.fromkeys(names, b"x"))):
        assert [content for _, content in unpacked(data)] == [b"x"] * 4


def test_memory_that_xz_and_zstd_may_ask_for_is_bounded() -> None:
    wide = zstandard.ZstdCompressionParameters.from_level(1, window_log=30, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(Unusable, match="ZstdError"):
        unpacked(compressor.compress(b"x" * 100) + compressor.flush())
    dictionary = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    data = bytearray(lzma.compress(b"x", filters=dictionary))
    with pytest.raises(Unusable, match=r"LZMAError.*[Mm]emory"):
        unpacked(bytes(data))


def test_the_real_files() -> None:
    expected = {
        "almalinux-osv-8-9-10.tar.zst": 5682,
        "alpine-secdb.tar.zst": 41,
        "rocky-osv.tar.zst": 1491,
        "epss-20260816.csv.zst": 1,
        "kev.json": 1,
    }
    bounds = Bounds(100 * MB, 50 * MB, 10_000)
    for name, count in expected.items():
        with (folder() / "feeds" / name).open("rb") as file:
            assert sum(1 for _ in members(file, name, bounds)) == count
