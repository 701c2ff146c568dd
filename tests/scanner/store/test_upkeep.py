"""Making room without losing what findings rest on; a copy that is whole; and the command line for both."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.finding import Outcome, Subject
from scanner.cli.db import app, human
from scanner.store.evidence import OWN_FILE_BYTES
from scanner.store.records import StoreError
from scanner.store.store import Store, open_store
from tests.scanner.store.world import CHECK, OTHER, Bench, answer, noise, run

FAIL, PASS = run(Outcome.FAIL), run(Outcome.PASS)
NOTE = run(Outcome.PASS, OTHER, facts=("mounts",))


def history(bench: Bench) -> None:
    """web: fails in 1 and 2, is fixed in 4, fails again in 6. db: is always fine. Every answer differs."""
    for number, outcome in enumerate((FAIL, FAIL, run(Outcome.NOT_ASSESSED), PASS, PASS, FAIL, FAIL), 1):
        scan = bench.begin("web", "db")
        for name, said in (("web", outcome), ("db", PASS)):
            answers = tuple(answer(query, f"{name} {query} {number}") for query in ("sshd", "mounts", "kernel"))
            bench.save(scan, name, said, NOTE, answers=answers)
        bench.end(scan)


def shas(store: Store, *scans: int) -> dict[int, list[str]]:
    row = store.finding("1")
    return {n: [a.sha256 for a in store.evidence_of(row.fingerprint, n)] for n in scans}


def test_a_purge_keeps_what_findings_rest_on(bench: Bench) -> None:
    history(bench)
    store = bench.store
    events, findings, resting = store.events(), store.findings(), shas(store, 1, 2, 4, 6, 7)
    removed = store.purge(keep_scans=1)
    assert removed.scans == (1, 2, 3, 4, 5, 6)
    assert removed.kept_answers == 4
    assert (store.events(), store.findings(), store.verify_chain()) == (events, findings, 3)
    assert shas(store, 1, 2, 4, 6, 7) == resting
    for held in resting.values():
        assert all(store.blob(sha) for sha in held)
    assert shas(store, 3, 5) == {3: [], 5: []}
    size = store.size()
    assert size.blobs == 4 + 6
    assert [row.purged for row in store.scans()] == [True] * 6 + [False]
    assert len(list(store.hosts(7))) == 2
    with pytest.raises(StoreError, match="details of scan 3 were purged"):
        list(store.hosts(3))
    assert store.purge(keep_scans=1).scans == ()


def test_runs_about_one_kind_of_subject(bench: Bench) -> None:
    port, other = Subject("port", "tcp/22"), Subject("port", "tcp/443")
    runs = [run(Outcome.FAIL, subject=port), run(Outcome.PASS, OTHER, subject=other), run(Outcome.PASS)]
    first, saved = bench.scan("web", *runs)
    assert bench.store.runs_about(first, "port") == tuple((saved.uid, one) for one in runs[:2])
    assert bench.store.runs_about(first, "file") == ()


def test_a_fix_can_still_be_proven_after_a_purge(bench: Bench) -> None:
    bench.scan("web", FAIL)
    for _ in range(3):
        bench.scan("web", run(Outcome.NOT_ASSESSED))
    bench.store.purge(keep_scans=1)
    assert bench.scan("web", PASS)[1].fixed == ("EC-0001",)


def test_a_dry_run_removes_nothing_and_says_the_same(bench: Bench) -> None:
    history(bench)
    before = bench.store.size()
    planned = bench.store.purge(keep_scans=2, dry_run=True)
    assert bench.store.size() == before
    assert planned.blobs > 0
    assert bench.store.purge(keep_scans=2) == planned


def test_a_purge_by_age_keeps_the_last_scan_and_running_ones(bench: Bench) -> None:
    history(bench)
    running = bench.begin("web")
    bench.store._clock = lambda: datetime(2026, 4, 1, tzinfo=UTC)
    assert bench.store.purge(older_than_days=300).scans == ()
    assert bench.store.purge(older_than_days=10, keep_scans=3).scans == (1, 2, 3, 4)
    assert bench.store.purge(older_than_days=10).scans == (5, 6)
    assert not bench.store.scan(running).purged


def test_a_purge_removes_files_that_nobody_needs(database: str) -> None:
    with open_store(database) as store:
        bench = Bench(store)
        texts = [noise(n, OWN_FILE_BYTES + 4096) for n in range(3)]
        for text in texts:
            bench.scan("web", PASS, answers=(answer("sshd", text),))
        folder = Path(database + ".blobs")
        left = folder / "ab" / "abcd.part9"
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"cut off by a crash")
        assert store.purge(keep_scans=1, vacuum=True).blobs == 2
        assert [path.name for path in folder.rglob("*.*")] == [hashlib.sha256(texts[2].encode()).hexdigest() + ".zst"]


def test_a_backup_is_whole_and_its_manifest_true(database: str, tmp_path: Path) -> None:
    large = noise(1, OWN_FILE_BYTES + 4096)
    target = tmp_path / "copy.db"
    with open_store(database) as store:
        bench = Bench(store)
        bench.scan("web", FAIL, answers=(answer("sshd", large),))
        scan = bench.begin("web")  # a backup may run beside a scan
        made = store.backup(target)
        assert bench.save(scan, "web", FAIL).opened == ()
        with pytest.raises(StoreError, match="exists already"):
            store.backup(target)
        last = store.events()[-1].hash
    manifest = json.loads(Path(made.manifest).read_text())
    assert manifest["database"] == {"copy.db": hashlib.sha256(target.read_bytes()).hexdigest()}
    assert manifest["last_event"] == last
    [(name, digest)] = manifest["blobs"].items()
    assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert target.stat().st_mode & 0o777 == 0o600
    with open_store(str(target)) as copy:
        assert copy.verify_chain() == 1
        assert copy.blob(hashlib.sha256(large.encode()).hexdigest()) == large.encode()


def test_a_backup_that_fails_leaves_nothing(database: str, tmp_path: Path) -> None:
    with open_store(database) as store, pytest.raises(StoreError):
        store.backup(tmp_path / "missing" / "copy.db")
    assert not (tmp_path / "missing").exists()


def call(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_the_commands(database: str, tmp_path: Path) -> None:
    with open_store(database) as store:
        history(Bench(store))
    where = ("--database", database)
    code, said = call("size", *where)
    assert code == 0
    assert "7 scans" in said
    code, said = call("size", "--format", "json", *where)
    assert json.loads(said)["tables"]["finding"] == 1
    code, said = call("purge", "--keep-scans", "2", "--dry-run", *where)
    assert (code, "Would remove the details of 5 scans (1 to 5)" in said) == (0, True)
    code, said = call("purge", "--keep-scans", "2", "--yes", *where)
    assert (code, "Removed the details of 5 scans" in said) == (0, True)
    assert "nothing: no scan is old enough" in call("purge", "--keep-scans", "2", *where)[1]
    assert "there was nothing to do" in call("upgrade", *where)[1]
    code, said = call("backup", str(tmp_path / "copy.db"), *where)
    assert (code, "sha256" in said) == (0, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("purge",), "--keep-scans N, --older-than DAYS"),
        (("size", "--database", "/"), "is a folder"),
        (("backup", "/nowhere/copy.db"), "No such file"),
        (("upgrade", "--database", "/nowhere/record.db"), "does not exist"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_two(
    words: tuple[str, ...], why: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESTATECHECK_DATABASE", database)
    code, said = call(*words)
    assert code == 2
    assert why in said
    assert "Traceback" not in said


def test_purging_asks_first(database: str) -> None:
    with open_store(database) as store:
        history(Bench(store))
    result = CliRunner().invoke(app, ["purge", "--keep-scans", "1", "--database", database], input="n\n")
    assert (result.exit_code, "Nothing was removed" in result.output) == (2, True)
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM check_run").fetchone() == (28,)
    connection.close()


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (10**15, "1000.0 TB")]
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert human(count) == text


def test_the_names_of_checks_are_in_the_scan(bench: Bench) -> None:
    scan = bench.begin("web")
    assert bench.store.scan(scan).checks == (CHECK, OTHER)
