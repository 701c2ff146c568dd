"""A report's pack: the same bytes each time, the report made again (proof 7), a supplier's part, checkpoints."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Outcome
from checks.merkle import event_leaf, root_of
from reports.formats import FORMATS
from scanner.service.report import report_data
from scanner.service.report_pack.checking import verify
from scanner.service.report_pack.export import export
from scanner.service.report_pack.handed_out import checkpoint_file
from scanner.service.report_pack.memory import MemoryFault, load
from scanner.service.report_pack.names import BLOBS, EVENTS
from scanner.service.report_pack.restore import restored
from scanner.service.report_pack.standalone import NotPure, closure, verifier
from scanner.store.records import StoreError
from scanner.store.store import open_store
from tests.scanner.service.report_pack.packs import DB, ONE, TWO, Made, files_of, lines, lived, plain, rendered
from tests.scanner.store.people_world import signer


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    found = lived(tmp_path)
    yield found
    found.store.close()


def test_the_same_record_gives_the_same_bytes(made: Made) -> None:
    first, told = made.pack("one.zip")
    second, again = made.pack("two.zip")
    assert first.read_bytes() == second.read_bytes()
    assert told == again
    assert len(made.store.checkpoints.all()) == 1


def test_the_report_is_made_again_from_the_pack(made: Made, tmp_path: Path) -> None:
    """Proof 7: the same sha256, of every format, and for every scan of the record."""
    import hashlib

    for scan in (1, 2, 3):
        path, told = made.pack(f"{scan}.zip", scan)
        folder = tmp_path / f"again-{scan}"
        folder.mkdir()
        with restored(path, folder) as again:
            data = report_data(again.store, again.scan, catalogue())
        for name in ("json", "html"):
            digest = hashlib.sha256(rendered(FORMATS[name].render, data)).hexdigest()
            assert digest == told.reports[f"report.{name}"] == again.reports[f"report.{name}"]
        assert verify(path, made.signer.key_id).report == told.reports["report.json"]


def test_the_verifier_agrees_on_every_scan(made: Made) -> None:
    for scan in (1, 2, 3):
        verdict = verify(made.pack(f"{scan}.zip", scan)[0], made.signer.key_id)
        assert verdict.holds, (scan, verdict.problems, verdict.unknown)


def test_a_purged_record_still_proves_its_closings(made: Made) -> None:
    made.store.purge(keep_scans=1)
    verdict = verify(made.pack()[0], made.signer.key_id)
    assert verdict.holds, (verdict.problems, verdict.unknown)


def _words(text: bytes) -> bytes:
    """Without what is only letters by chance: keys, signatures and packed bytes in Base64, digests."""
    return re.sub(rb"[A-Za-z0-9+/=]{24,}", b"", text)


def test_nothing_secret_and_nothing_of_the_machine_is_in_it(made: Made) -> None:
    path, _ = made.pack()
    for name, data in files_of(path).items():
        text = plain(data) if name.endswith(".gz") else data
        assert not re.search(rb"\b%s\b" % re.escape(os.uname().nodename.encode()), _words(text)), name
        assert str(os.getpid()).encode() not in re.sub(rb"[0-9a-f]{16,}", b"", text) or name.startswith("report"), name
    assert "record/host_key.jsonl.gz" not in files_of(path)


# a supplier's part


def test_a_suppliers_part_holds_nothing_of_the_others(made: Made) -> None:
    path, told = made.pack("acme.zip", supplier="acme")
    assert told.reports == {}
    files = files_of(path)
    for name, data in files.items():
        text = plain(data) if name.endswith(".gz") else data
        for word in (b"db.example", b'"db"', b"of db", b"am db", b"bolt", b"Bolt"):
            assert word not in text, (name, word)
    assert any(b"web" in plain(data) for name, data in files.items() if name.startswith("blobs/"))
    withheld = [row for row in lines(files[EVENTS]) if row.get("withheld")]
    assert {*withheld[0]} == {"seq", "previous", "hash", "withheld"}


def test_a_suppliers_part_and_the_whole_bear_the_same_hashes(made: Made) -> None:
    whole, part = (
        verify(made.pack()[0], made.signer.key_id),
        verify(made.pack("acme.zip", supplier="acme")[0], made.signer.key_id),
    )
    assert part.holds, (part.problems, part.unknown)
    assert (part.root, part.events) == (whole.root, whole.events)
    words = " ".join(part.withheld)
    for what in ("events", "answers", "rows of finding", "rows of evidence", "could not be computed again"):
        assert what in words
    assert whole.withheld == []


def test_the_two_parts_remember_each_other(made: Made, tmp_path: Path) -> None:
    """One memory follows the record through the packs of a supplier and of the whole."""
    memory = tmp_path / "seen.json"
    assert verify(made.pack("a.zip", supplier="acme")[0], made.signer.key_id, memory).holds
    assert verify(made.pack("b.zip")[0], "", memory).holds


def test_the_report_cannot_be_made_from_a_part(made: Made, tmp_path: Path) -> None:
    path, _ = made.pack("acme.zip", supplier="acme")
    with pytest.raises(StoreError, match="the part of supplier acme"), restored(path, tmp_path):
        pass


def test_a_supplier_that_is_not_there(made: Made) -> None:
    with pytest.raises(StoreError, match="names no supplier 'nobody'"):
        made.pack("x.zip", supplier="nobody")


def test_an_answer_that_two_suppliers_share_is_there_for_both(made: Made) -> None:
    path, _ = made.pack("bolt.zip", supplier=DB.supplier or "")
    states = {row["state"] for row in lines(files_of(path)[BLOBS])}
    assert states == {"here", "withheld"}


# checkpoints


def test_a_checkpoint_covers_the_whole_chain(made: Made) -> None:
    _, told = made.pack()
    events = made.store.events()
    point = told.checkpoint
    assert (point.events, point.root) == (17, root_of([event_leaf(e.hash) for e in events]).hex())
    content = json.loads(point.statement)
    assert content["head"] == events[-1].hash
    assert content["states"] == {"OPEN": 1, "RISK_ACCEPTED": 1, "VERIFIED_FIXED": 1}
    assert (content["previous_count"], content["estate"]) == (0, "Northmoor")


def test_checkpoints_handed_out_follow_one_another(made: Made, tmp_path: Path) -> None:
    memory, now = tmp_path / "seen.json", made.world.bench.now
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.json"
        path.write_bytes(checkpoint_file(made.store, "Northmoor", made.signer, now)[0])
        verdict = verify(path, made.signer.key_id, memory)
        assert verdict.holds, (verdict.problems, verdict.unknown)
        paths.append(path)
        made.scan(web={ONE: list(Outcome)[number % 2], TWO: Outcome.FAIL}, db={ONE: Outcome.FAIL})
    assert [one.count for one in load(memory).seen] == [one.events for one in made.store.checkpoints.all()]
    assert any("shortened" in why for why in verify(paths[0], made.signer.key_id, memory).problems)
    assert verify(made.pack()[0], made.signer.key_id, memory).holds


def test_a_checkpoint_that_was_changed(made: Made, tmp_path: Path) -> None:
    data, _ = checkpoint_file(made.store, "Northmoor", made.signer, made.world.bench.now)
    path = tmp_path / "c.json"
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert verify(path, made.signer.key_id).problems, place


def test_a_forked_checkpoint_is_refused(made: Made, tmp_path: Path) -> None:
    """Two records of one key: the second begins otherwise, and its checkpoint goes on from nothing we know."""
    from tests.scanner.service.report_pack.packs import record

    memory, now = tmp_path / "seen.json", made.world.bench.now
    path = tmp_path / "c.json"
    path.write_bytes(checkpoint_file(made.store, "Northmoor", made.signer, now)[0])
    assert verify(path, made.signer.key_id, memory).holds
    other = record(tmp_path, "other.db")
    for _ in range(6):
        other.scan(web={ONE: Outcome.FAIL}, db={TWO: Outcome.FAIL})
        other.scan(web={ONE: Outcome.PASS}, db={TWO: Outcome.PASS})
    path.write_bytes(checkpoint_file(other.store, "Northmoor", made.signer, now)[0])
    verdict = verify(path, made.signer.key_id, memory)
    assert not verdict.holds
    assert any("no proof that its history begins" in why for why in verdict.unknown)
    other.store.close()


def test_the_record_refuses_a_checkpoint_over_a_changed_chain(made: Made) -> None:
    """Somebody rewrites the hash of an old event: the next checkpoint is not made."""
    made.pack()
    with made.store._database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER event_no_update")
        connection.exec_driver_sql("UPDATE event SET hash = replace(hash, substr(hash, 1, 4), 'abcd') WHERE seq = 9")
    with pytest.raises(StoreError, match="the first 17 events are not those of the checkpoint"):
        made.pack("two.zip")


def test_checkpoints_cannot_be_changed(made: Made) -> None:
    made.pack()
    with pytest.raises(StoreError, match="never changed or deleted"), made.store._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM checkpoint")


def test_another_key_signs_the_same_checkpoint_anew(made: Made, tmp_path: Path) -> None:
    made.pack()
    other = signer()
    with (tmp_path / "o.zip").open("w+b") as out:
        told = export(made.store, catalogue(), 3, other, out, made.world.bench.now)
    assert len(made.store.checkpoints.all()) == 1
    assert told.checkpoint.key_id == other.key_id
    verdict = verify(tmp_path / "o.zip", other.key_id)
    assert verdict.problems == []
    assert any("another one signed the pack" in why for why in verdict.unknown)


def test_a_memory_that_is_none(made: Made, tmp_path: Path) -> None:
    path, _ = made.pack()
    memory = tmp_path / "seen.json"
    for text in ("", "[]", '{"version": 2}', "x" * 100):
        memory.write_text(text)
        with pytest.raises(MemoryFault):
            verify(path, made.signer.key_id, memory)


# the verifier for strangers


def test_the_verifier_is_one_file_that_needs_nothing_of_ours(made: Made, tmp_path: Path) -> None:
    path, _ = made.pack()
    file = tmp_path / "verify_evidence.py"
    file.write_bytes(verifier())
    assert verifier() == file.read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", str(file), str(path), "--trust", made.signer.key_id],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "report of scan 3 of 'Northmoor': holds" in done.stdout
    assert "service credits are not computed again" in done.stdout  # says what it does not prove
    gone = subprocess.run([sys.executable, "-I", str(file), "/no/such"], capture_output=True, text=True, timeout=60)
    assert (gone.returncode, gone.stdout) == (2, "")
    assert gone.stderr.startswith("cannot check:")


def test_the_verifier_holds_only_pure_modules() -> None:
    found = closure()
    assert {"checks.replay", "checks.merkle", "checks.decisions"} <= found
    assert not any(name.startswith(("scanner.store", "scanner.cli", "reports.formats")) for name in found)


def test_what_is_not_pure_cannot_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.service.report_pack.standalone.ROOTS", ("scanner.store.ledger",))
    with pytest.raises(NotPure, match="which an accreditor does not have"):
        closure()


def test_a_scan_that_runs_has_no_pack(tmp_path: Path) -> None:
    from tests.scanner.store.world import Bench

    with open_store(str(tmp_path / "r.db")) as store:
        number = Bench(store).begin("web")
        with (tmp_path / "p.zip").open("w+b") as out, pytest.raises(StoreError, match="is not over"):
            export(store, catalogue(), number, signer(), out, Bench(store).now)
