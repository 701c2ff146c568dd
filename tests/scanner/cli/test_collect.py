"""``estatecheck collect``: the script as a file, and what it prints as a snapshot that can be read."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.cli.main import main_app
from scanner.probes import snapshot_sections
from scanner.probes.windows import WINDOWS
from scanner.query import Script
from scanner.transports.unix_snapshot import BadSnapshot, compose_file, read_snapshot
from scanner.transports.windows_script import sha256_in

SECTIONS = (
    Script("first", "echo first"),
    Script("second", "printf 'no end'; exit 3"),
    Script("rootly", "echo secret", privilege=Privilege.ROOT),
)


def test_the_windows_script_has_every_section_and_no_marker_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "collect.ps1"
    assert CliRunner().invoke(main_app, ["collect", "--windows", "-o", str(file)]).exit_code == 0
    script = file.read_bytes()
    assert script.isascii()
    assert script.count(b"\n") == script.count(b"\r\n")
    assert all(f"name = '{probe.section.key}'".encode() in script for probe in WINDOWS)
    assert b"New-Guid" in script
    assert len(sha256_in(script)) == 64
    printed = CliRunner().invoke(main_app, ["collect", "--windows"])
    assert printed.output == script.decode().replace("\r\n", "\n")


def test_the_linux_script_has_every_section_that_needs_no_inventory(tmp_path: Path) -> None:
    file = tmp_path / "collect.sh"
    assert CliRunner().invoke(main_app, ["collect", "--linux", "-o", str(file)]).exit_code == 0
    assert subprocess.run(["sh", "-n", str(file)]).returncode == 0
    names = file.read_text().partition("echo 'sections ")[2].partition("'")[0].split()
    assert names == [one.name for one in snapshot_sections()]


@pytest.mark.parametrize("options", [[], ["--windows", "--linux"]])
def test_one_of_both_must_be_said(options: list[str]) -> None:
    assert CliRunner().invoke(main_app, ["collect", *options]).exit_code == 2


def taken(tmp_path: Path) -> bytes:
    file = tmp_path / "collect.sh"
    file.write_bytes(compose_file(SECTIONS))
    return subprocess.run(["sh", str(file)], capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout


def test_a_snapshot_that_was_taken_here_is_read(tmp_path: Path) -> None:
    raw = taken(tmp_path)
    read = read_snapshot(raw, SECTIONS)
    first, second, rootly = read.answers
    assert (first.output, first.exit_code, first.missing) == (b"first\n", 0, None)
    assert (second.output, second.exit_code) == (b"no end", 3)
    assert (rootly.missing is None) == (read.privilege is Privilege.ROOT)
    assert first.asked_at == read.collected_at.timestamp()
    assert read.hostname
    assert read_snapshot(taken(tmp_path), SECTIONS).marker != read.marker


def test_sections_are_found_by_their_names(tmp_path: Path) -> None:
    later = (Script("new", "true"), *reversed(SECTIONS))
    new, _, second, first = read_snapshot(taken(tmp_path), later).answers
    assert new.missing is not None
    assert new.missing.reason is Reason.NOT_ATTEMPTED
    assert (first.output, second.output) == (b"first\n", b"no end")


def test_a_snapshot_that_is_cut_keeps_what_is_whole(tmp_path: Path) -> None:
    raw = taken(tmp_path)
    assert read_snapshot(raw, SECTIONS).complete
    assert not read_snapshot(raw[:-30], SECTIONS).complete
    for end in range(0, len(raw) - 1, 7):
        try:
            read = read_snapshot(raw[:end], SECTIONS)
        except BadSnapshot:
            continue
        assert {a.output for a in read.answers if a.missing is None} <= {b"first\n", b"no end", b"secret\n"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.OUTPUT_UNREADABLE),
        (
            b"estatecheck-unix 2 " + b"0" * 64 + b" 2026-11-23T04:00:00Z " + b"0" * 32 + b" h\nsections a\n",
            Reason.OUTPUT_UNREADABLE,
        ),
        (
            b"estatecheck-unix 1 " + b"0" * 64 + b" 2026-13-23T04:00:00Z " + b"0" * 32 + b" h\nsections a\n",
            Reason.OUTPUT_UNREADABLE,
        ),
        (
            b"estatecheck-unix 1 " + b"0" * 64 + b" 2026-11-23T04:00:00Z " + b"0" * 32 + b" h\nsections a a\n",
            Reason.OUTPUT_UNREADABLE,
        ),
        (b"x" * 17_000_000, Reason.OUTPUT_TRUNCATED),
    ],
    ids=["empty", "version", "month", "twice", "long"],
)
def test_what_is_no_snapshot_is_refused(raw: bytes, reason: Reason) -> None:
    with pytest.raises(BadSnapshot) as bad:
        read_snapshot(raw, SECTIONS)
    assert bad.value.missing.reason is reason
