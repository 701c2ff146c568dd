"""The ZIP around a pack, and what hostile ones hold: bombs, tricks with names, doubles, endless JSON."""

import gzip
import io
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.service.report_pack.checking import verify
from scanner.service.report_pack.container import Entry, PackError, Reader, Writer, gzipped
from scanner.service.report_pack.names import EVENTS, KEY, NEEDED

SMALL = dict.fromkeys(NEEDED, b"{}")


def written(path: Path, files: dict[str, bytes]) -> Path:
    with path.open("w+b") as out:
        pack = Writer(out)
        for name, data in files.items():
            pack.add(name, data)
        pack.close()
    return path


def test_every_tool_can_open_it(tmp_path: Path) -> None:
    files = {KEY: b"a key", EVENTS: gzipped(b"one\ntwo\n"), "keys.json": b""}
    path = written(tmp_path / "p.zip", files)
    with zipfile.ZipFile(path) as pack:
        assert pack.testzip() is None
        assert {name: pack.read(name) for name in pack.namelist()} == files
    with Reader(path) as ours:
        assert ours.flaws == []
        assert list(ours.lines(EVENTS, len)) == [b"one", b"two"]
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tq", str(path)], check=True, capture_output=True)


def test_gzip_is_the_same_each_time_and_names_nothing() -> None:
    assert gzipped(b"text") == gzipped(b"text")
    assert gzip.decompress(gzipped(b"text")) == b"text"
    assert gzipped(b"text")[4:8] == bytes(4)  # no time


def refused(path: Path, why: str) -> None:
    verdict = verify(path)
    assert any(why in problem for problem in verdict.problems), verdict.problems
    assert not verdict.holds


def other_zip(path: Path, *files: tuple[str, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as pack:
        for name, data in files:
            pack.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "blobs/../key.pem", "C:\\x", "blobs/x.gz", "événements"]
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    refused(other_zip(tmp_path / "p.zip", *SMALL.items(), (name, b"x")), "no file of an evidence pack")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(tmp_path: Path) -> None:
    refused(other_zip(tmp_path / "p.zip", *SMALL.items(), (KEY, b"x")), "two files of the name 'key.pem'")
    refused(written(tmp_path / "q.zip", SMALL), "not PEM")


def test_files_packed_once_more(tmp_path: Path) -> None:
    path = other_zip(tmp_path / "p.zip", *SMALL.items(), kind=zipfile.ZIP_DEFLATED)
    refused(path, "is packed in another way")


def whole() -> bytes:
    out = io.BytesIO()
    pack = Writer(out)
    pack.add(KEY, b"a key")
    pack.close()
    return out.getvalue()


NO_PACK: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"P",
    "no ZIP": lambda: bytes(range(256)) * 40,
    "cut short": lambda: whole()[:-30],
    "its beginning gone": lambda: whole()[20:],
    "a huge count": lambda: whole().replace((1).to_bytes(8, "little") * 2, (2**60).to_bytes(8, "little") * 2),
    "only an end": lambda: whole()[-98:],
}


@pytest.mark.parametrize("name", NO_PACK)
def test_what_is_no_pack(tmp_path: Path, name: str) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(NO_PACK[name]())
    verdict = verify(path)
    assert verdict.problems
    assert not verdict.holds


def test_something_before_the_pack(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(b"#!/bin/sh\n" + written(tmp_path / "q.zip", SMALL).read_bytes())
    refused(path, "the ZIP's own records are not as estatecheck writes them")


def plain(path: Path, most: int) -> bytes:
    with Reader(path) as pack:
        return b"".join(pack.plain(EVENTS, most, len))


def test_a_bomb_stops_at_its_bound(tmp_path: Path) -> None:
    path = written(tmp_path / "p.zip", {EVENTS: gzipped(bytes(50_000_000))})
    assert path.stat().st_size < 100_000
    with pytest.raises(PackError, match="unpacks to more than 1000000 bytes"):
        plain(path, 1_000_000)


def test_a_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.service.report_pack.container.MAX_LINE", 1_000_000)
    path, why = written(tmp_path / "p.zip", {EVENTS: gzipped(b"x" * 3_000_000)}), "a line of more than 1000000 bytes"
    with Reader(path) as pack, pytest.raises(PackError, match=why):
        list(pack.lines(EVENTS, len))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzipped(b"a\n") + b"more", "not one whole gzip file"),
        (gzipped(b"a\n")[:-3], "not one whole gzip file"),
        (b"plain text\n", "damaged and cannot be unpacked"),
        (zlib.compress(b"a\n"), "damaged and cannot be unpacked"),
        (gzipped(b"a\nb"), "ends within a line"),
    ],
)
def test_damaged_gzip(tmp_path: Path, data: bytes, why: str) -> None:
    with Reader(written(tmp_path / "p.zip", {EVENTS: data})) as pack, pytest.raises(PackError, match=why):
        list(pack.lines(EVENTS, len))


def test_json_without_bottom(tmp_path: Path) -> None:
    from scanner.service.report_pack.signed import BadSignature, parsed

    with pytest.raises(BadSignature, match="is not JSON"):
        parsed(b"[" * 200_000, "it")


def test_a_size_that_lies(tmp_path: Path) -> None:
    """The directory says more than the file holds."""
    path = written(tmp_path / "p.zip", {KEY: b"a key"})
    with Reader(path) as pack:
        pack.entries[KEY] = Entry(KEY, 0, 10**9, 0)
        with pytest.raises(PackError, match="larger than"):
            pack.read(KEY, 1000)
        with pytest.raises(PackError, match="cut short"):
            list(pack.pieces(KEY))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none.zip")
