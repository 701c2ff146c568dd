"""``estatecheck feeds`` as a user types it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scanner.cli.feeds import app
from scanner.feeds.publishers import FEEDS
from scanner.feeds.shelf import Shelf
from tests.lab.publishers import Publishers, file, status
from tests.scanner.feeds.made import kev, osv_zip

RUN = CliRunner()
DEBIAN, KEV = FEEDS["debian"].parts[0].url, FEEDS["kev"].parts[0].url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ESTATECHECK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "all.zip").write_bytes(osv_zip(10))
    (tmp_path / "kev.json").write_bytes(kev(3))
    return tmp_path


@pytest.fixture
def lab(publishers: Publishers, monkeypatch: pytest.MonkeyPatch) -> Publishers:
    publishers.publish(DEBIAN, file(osv_zip(10), '"v1"'))
    publishers.publish(KEV, file(kev(3)))
    monkeypatch.setenv("ESTATECHECK_FEEDS_MIRROR", publishers.url)
    return publishers


def run(*words: str) -> tuple[int, str, str]:
    done = RUN.invoke(app, words)
    return done.exit_code, done.stdout, done.stderr


def test_update_tells_each_feed_and_ends_with_0(lab: Publishers, home: Path) -> None:
    plain = "the mirror is asked without TLS: nothing proves that what comes is what it has\n"
    told = "debian: updated, 10 records of 2026-11-19\nkev: updated, 3 records of 2026-11-18\n"
    assert run("update", "debian", "kev") == (0, told, plain)
    assert run("update", "debian")[1] == "debian: unchanged, 10 records of 2026-11-19\n"
    assert Shelf(home / "estatecheck" / "feeds").names() == ("debian", "kev")


def test_update_without_names_asks_for_all_and_ends_with_3_when_some_failed(lab: Publishers) -> None:
    code, out, err = run("update")
    assert code == 3
    assert out.splitlines() == ["debian: updated, 10 records of 2026-11-19", "kev: updated, 3 records of 2026-11-18"]
    failed = {line.partition(":")[0] for line in err.splitlines() if "is not there (404)" in line}
    assert failed == {feed.name for feed in FEEDS.values() if feed.downloadable} - {"debian", "kev"}


def test_a_failed_feed_says_that_the_working_one_stays(lab: Publishers) -> None:
    run("update", "debian")
    lab.publish(DEBIAN, status(403))
    code, out, err = run("update", "debian", "kev")
    assert (code, out) == (3, "kev: updated, 3 records of 2026-11-18\n")
    assert "debian: not taken: http://" in err
    assert "answers 403; the one in use stays: 10 records of 2026-11-19\n" in err


def test_the_mirror_on_the_command_line_wins(lab: Publishers) -> None:
    code, _, err = run("update", "kev", "--mirror", "https://user:hunter2@mirror.example")
    assert code == 2
    assert "user name or a password" in err
    assert "hunter2" not in err
    assert lab.asked == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["update", "debain"], "there is no feed 'debain'; there are debian, ubuntu"),
        (["rollback", "debain"], "there is no feed 'debain'"),
        (["rollback", "debian"], "debian/current cannot be read: No such file"),
        (["export", "x"], "there is no feed to export; get some with: estatecheck feeds update"),
        (["import", "all.zip", "--snapshot", "yesterday"], "--snapshot 'yesterday': write the date as YYYY-MM-DD"),
        (["import", "all.zip", "--feed", "x"], "there is no feed 'x'"),
        (["status", "--format", "xml"], "--format xml: allowed is table, json"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_usage_faults_end_with_2(words: list[str], told: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_import_tells_what_was_taken(home: Path) -> None:
    (home / "holiday.jpg").write_bytes(b"x")
    assert run("import", "all.zip", "kev.json")[0] == 0
    code, out, err = run("import", "all.zip", "holiday.jpg")
    assert (code, out) == (3, "debian: unchanged, 10 records of 2026-11-19\n")
    assert err.startswith("holiday.jpg: not taken: is no feed that we know")


def test_status_before_and_after(home: Path) -> None:
    code, out, _ = run("status")
    assert code == 0
    assert out == f"No feeds in {home / 'estatecheck' / 'feeds'}. Get them: estatecheck feeds update\n"
    run("import", "all.zip", "kev.json")
    code, out, _ = run("status")
    assert code == 0
    headings, debian, kev_row, *rest = out.splitlines()
    assert headings.split()[:5] == ["FEED", "RECORDS", "SNAPSHOT", "AGE", "STATE"]
    assert debian.split()[:3] == ["debian", "10", "2026-11-19"]
    assert kev_row.split()[:3] == ["kev", "3", "2026-11-18"]
    assert rest[0].startswith("Not here: ubuntu, almalinux")


def test_status_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    run("import", "all.zip", "kev.json")
    monkeypatch.setenv("ESTATECHECK_FEED_MAX_AGE_DAYS", "3650")
    code, out, _ = run("status", "--format", "json")
    document = json.loads(out)
    debian = document["feeds"][0]
    assert (code, document["max_age_days"], document["broken"]) == (0, 3650, [])
    assert (debian["feed"], debian["records"], debian["too_old"], debian["previous"]) == ("debian", 10, False, None)
    assert debian["as_of"] == debian["snapshot"] == "2026-11-19"
    assert debian["sources"][0]["url"] == "all.zip"
    assert debian["tables"]["debian:12"] == 10
    assert len(debian["digest"]) == 64
    assert "opensuse" in document["missing"]


def test_an_old_feed_of_advisories_is_called_too_old(home: Path) -> None:
    (home / "all.zip").write_bytes(osv_zip(10, modified="2020-01-01T00:00:00Z"))
    (home / "kev.json").write_bytes(kev(3, released="2020-01-01T00:00:00Z"))
    run("import", "all.zip", "kev.json")
    out = run("status")[1]
    assert "too old" in out.splitlines()[1]
    assert "too old" not in out.splitlines()[2]  # the limit is for advisories
    assert out.splitlines()[-1].startswith("Feeds older than 7 days (feed_max_age_days)")


def test_a_broken_feed_is_told_and_rolled_back(home: Path) -> None:
    for count in (10, 11):
        (home / "all.zip").write_bytes(osv_zip(count))
        run("import", "all.zip")
    shelf = Shelf(home / "estatecheck" / "feeds")
    (shelf.folder / "debian" / shelf.entry("debian").identity / "manifest.json").write_bytes(b"{}")
    code, out, _ = run("status")
    assert code == 3
    assert "the feed debian is broken" in out
    assert "estatecheck feeds rollback debian" in out
    assert json.loads(run("status", "--format", "json")[1])["broken"][0]["can_roll_back"] is True
    assert run("rollback", "debian") == (0, "debian: in use is now the one of 2026-11-19, 10 records\n", "")
    assert run("status")[0] == 0


def test_from_one_side_to_the_other_in_a_bundle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("import", "all.zip", "kev.json")
    code, out, err = run("export", "feeds.bundle")
    assert code == 0
    assert out.startswith("feeds.bundle: debian, kev; ")
    assert "made a signing key" in err
    key = out.split()[-1]
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "other side"))
    code, _, err = run("import", "feeds.bundle")
    assert code == 1
    assert f"feeds.bundle: is signed by key {key}; compare it with the signer's and name it with --key" in err
    code, _, err = run("import", "feeds.bundle", "--key", "0" * 64)
    assert code == 1
    code, _, err = run("import", "feeds.bundle", "all.zip", "--key", key)
    assert (code, "import it alone" in err) == (2, True)
    code, out, _ = run("import", "feeds.bundle", "--key", key)
    assert (code, out) == (0, "debian: updated, 10 records of 2026-11-19\nkev: updated, 3 records of 2026-11-18\n")
    assert json.loads(run("status", "--format", "json")[1])["feeds"][0]["signed_by"] == key


def test_a_bundle_of_ones_own_needs_no_key(home: Path) -> None:
    run("import", "all.zip")
    run("export", "feeds.bundle")
    assert run("import", "feeds.bundle")[:2] == (0, "debian: unchanged, 10 records of 2026-11-19\n")


def test_two_at_once(home: Path) -> None:
    with Shelf(home / "estatecheck" / "feeds").lock():
        code, _, err = run("import", "all.zip")
    assert code == 2
    assert f"feeds are being written by process {os.getpid()}; try again when that is done" in err


def test_progress_is_for_a_terminal_only(home: Path) -> None:
    """The real command, with its stderr on a terminal and then not."""
    command = [sys.executable, "-m", "scanner.cli.main", "feeds", "import", "all.zip"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm", "COLUMNS": "100"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=theirs, cwd=home) as process:
        out = process.communicate(timeout=60)[0]
    os.close(theirs)
    seen = b""
    with open(ours, "rb", buffering=0) as terminal:  # noqa: PTH123 (a descriptor)
        while True:
            try:
                piece = terminal.read(4096)
            except OSError:  # Linux: the other end is closed
                break
            if not piece:
                break
            seen += piece
    assert out == b"debian: updated, 10 records of 2026-11-19\n"
    assert b"debian: decode" in seen
    done = subprocess.run(command, env=environment, capture_output=True, cwd=home, timeout=60)
    assert (done.stdout, done.stderr) == (b"debian: unchanged, 10 records of 2026-11-19\n", b"")
