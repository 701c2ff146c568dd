"""Stored scans held against each other, files of others, and ``report --since``: all from a real record."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from reports.compare_data import Change, Comparison, Kind, Why
from reports.compare_rows import BadReport
from reports.compare_text import balance
from reports.formats import json_file
from scanner.service.compare import Trust, compare_named, named, scan_number, since
from scanner.service.report import report_data
from scanner.service.report_pack.names import REPORT
from scanner.store.records import StoreError
from tests.scanner.service.patched import patched
from tests.scanner.service.report_pack.packs import Made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return patched(tmp_path_factory.mktemp("compare"))


def told(made: Made, first: str, second: str) -> Comparison:
    return compare_named(first, second, lambda: made.store, catalogue(), Trust())


def found(comparison: Comparison) -> dict[tuple[str, str], Change]:
    """(host, package) -> the change."""
    return {(c.it.asset, c.it.unit or c.it.check_id): c for c in comparison.changes}


def stored(made: Made, scan: int, path: Path) -> str:
    path.write_bytes(json_file.encoded(report_data(made.store, scan, catalogue()))[1])
    return str(path)


def nowhere() -> Callable[[], object]:
    def ask() -> object:
        raise AssertionError("files need no record")

    return ask


def test_a_month_of_a_record(made: Made) -> None:
    comparison = told(made, "1", "4")
    kinds = {key: change.kind for key, change in found(comparison).items()}
    assert kinds == {
        ("web", "openssl"): Kind.REGRESSED,
        ("web", "sudo"): Kind.STAYED,
        ("app", "openssl"): Kind.FIXED,
        ("app", "curl"): Kind.NEW,
        ("db", "openssl"): Kind.FIXED,
        ("db", "sudo"): Kind.STAYED,
        ("old", "openssl"): Kind.NOT_SEEN,
        ("old", "linux.sysctl.aslr"): Kind.NOT_SEEN,
    }
    sums = balance(comparison)
    assert (sums.before, sums.fixed, sums.gone, sums.both, sums.new, sums.after) == (7, 2, 0, 5, 1, 6)


def test_a_fix_between_the_two_is_proven_by_its_event(made: Made) -> None:
    """Neither report names the scan that proved it: scan 3 did."""
    change = found(told(made, "1", "4"))["db", "openssl"]
    assert change.proof is not None
    events = {event.seq: event for event in made.store.events(change.it.key)}
    event = events[change.proof.event]
    assert (event.why, event.scan_id, event.hash) == ("proven", 3, change.proof.hash)


def test_what_was_not_reached_still_counts(made: Made) -> None:
    change = found(told(made, "1", "4"))["old", "openssl"]
    assert (change.why, change.detail) == (Why.NOT_REACHED, "connection refused")
    assert change.now is not None


def test_coverage_lost_is_told(made: Made) -> None:
    coverage = told(made, "1", "4").coverage
    assert [one.name for one in coverage.lost] == ["old"]
    assert [name for name, _ in coverage.checks_lost] == ["linux.sysctl.aslr"]
    assert told(made, "4", "1").coverage.lost == ()


@pytest.mark.parametrize("scan", ["1", "2", "3", "4"])
def test_a_scan_against_itself(made: Made, scan: str) -> None:
    assert told(made, scan, scan).empty


def test_each_step_alone_adds_up_to_the_whole(made: Made) -> None:
    steps = [balance(told(made, str(n), str(n + 1))) for n in (1, 2, 3)]
    assert [one.after for one in steps[:2]] == [one.before for one in steps[1:]]
    assert [one.fixed for one in steps] == [1, 2, 0]


def test_files_compare_without_a_record_and_prove_less(made: Made, tmp_path: Path) -> None:
    """Between scan 1 and scan 4 the proof is in scan 3: two files cannot show it, and nothing is called fixed."""
    files = [stored(made, scan, tmp_path / f"{scan}.json") for scan in (1, 4)]
    comparison = compare_named(files[0], files[1], nowhere(), catalogue(), Trust())  # type: ignore[arg-type]  # never asked
    kinds = {key: change.kind for key, change in found(comparison).items()}
    assert kinds["db", "openssl"] is Kind.NOT_SEEN
    assert found(comparison)["db", "openssl"].why is Why.NO_PROOF
    assert kinds["web", "openssl"] is Kind.REGRESSED
    assert Kind.FIXED not in kinds.values()


def test_a_file_proves_what_its_own_scan_proved(made: Made, tmp_path: Path) -> None:
    files = [stored(made, scan, tmp_path / f"{scan}.json") for scan in (2, 3)]
    comparison = compare_named(files[0], files[1], nowhere(), catalogue(), Trust())  # type: ignore[arg-type]  # never asked
    assert [c.it.asset for c in comparison.changes if c.kind is Kind.FIXED] == ["app", "db"]


def test_a_file_against_the_record(made: Made, tmp_path: Path) -> None:
    first = stored(made, 1, tmp_path / "1.json")
    mixed, own = told(made, first, "4"), told(made, "1", "4")
    assert [(c.kind, c.it.key, c.proof) for c in mixed.changes] == [(c.kind, c.it.key, c.proof) for c in own.changes]


def test_a_record_made_apart_has_the_same_names_and_no_proof(made: Made, tmp_path: Path) -> None:
    """Fingerprints are made of names: another record's fix of ``app`` is no proof about ours."""
    path = Path(stored(made, 3, tmp_path / "3.json"))
    document = json.loads(path.read_bytes())
    for row in document["fixed"]:
        row["ref"] = "EC-0900"
    path.write_text(json.dumps(document))
    comparison = told(made, "2", str(path))
    whys = {c.it.asset: c.why for c in comparison.changes if c.now is None}
    assert whys == {"app": Why.OTHER_RECORD, "db": Why.OTHER_RECORD}
    assert any("does not fit its content" in note for note in comparison.now.notes)


def test_the_report_in_a_pack(made: Made) -> None:
    path, _ = made.pack("four.zip", 4)
    side = named(str(path), lambda: made.store, catalogue(), Trust((made.signer.key_id,))).side
    assert side.scan == 4
    assert side.source.endswith(f"signed by key {made.signer.key_id[:16]}")


def test_a_pack_of_which_nobody_knows_the_signer_is_not_compared(made: Made) -> None:
    path, _ = made.pack("whose.zip", 4)
    with pytest.raises(BadReport, match=f"as key {made.signer.key_id} signed it, and whose key that is nobody said"):
        named(str(path), lambda: made.store, catalogue(), Trust(("f" * 64,)))
    side = named(str(path), lambda: made.store, catalogue(), Trust(unverified=True)).side
    assert any("whether it is as it was signed was not looked at" in note for note in side.notes)


def test_a_pack_that_was_changed_is_not_compared(made: Made) -> None:
    """The report inside, replaced by one that reads well: only the signed list of digests tells."""
    path, _ = made.pack("forged.zip", 4)
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    report = json.loads(gzip.decompress(parts[REPORT]))
    report["issues"] = []
    parts[REPORT] = gzip.compress(json.dumps(report).encode(), mtime=0)
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in parts.items():
            pack.writestr(name, content)
    with pytest.raises(BadReport, match="does not hold"):
        named(str(path), lambda: made.store, catalogue(), Trust((made.signer.key_id,)))
    forged = named(str(path), lambda: made.store, catalogue(), Trust(unverified=True)).side
    assert any("does not fit its content" in note for note in forged.notes)


BAD_PACKS = [
    pytest.param({"other.txt": b"x"}, "no report in this file", id="no report"),
    pytest.param({REPORT: b"no gzip"}, "cannot be unpacked", id="not packed"),
    pytest.param({REPORT: gzip.compress(b"{}")[:-4]}, "cannot be unpacked", id="cut short"),
    pytest.param({REPORT: gzip.compress(b"{}")}, "no estatecheck report", id="empty"),
]


@pytest.mark.parametrize(("members", "words"), BAD_PACKS)
def test_a_broken_pack_is_refused(tmp_path: Path, members: dict[str, bytes], words: str) -> None:
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    with pytest.raises(BadReport, match=words):
        named(str(path), nowhere(), catalogue(), Trust(unverified=True))  # type: ignore[arg-type]  # never asked


@pytest.mark.parametrize(
    ("name", "number"),
    [("12", 12), ("ECR-12-0123456789ab", 12), ("./12", None), ("12.json", None), ("ECR-12", None), ("-1", None)],
)
def test_what_a_name_stands_for(name: str, number: int | None) -> None:
    assert scan_number(name) == number


def test_a_report_id_is_held_against_what_the_scan_makes_now(made: Made) -> None:
    right, _ = json_file.encoded(report_data(made.store, 1, catalogue()))
    assert named(right, lambda: made.store, catalogue(), Trust()).side.notes == ()
    (note,) = named("ECR-1-000000000000", lambda: made.store, catalogue(), Trust()).side.notes
    assert "made by another version" in note


def test_since_adds_a_chapter_and_changes_nothing_else(made: Made) -> None:
    plain = report_data(made.store, 4, catalogue())
    before = json.loads(json_file.encoded(plain)[1])
    after = json.loads(json_file.encoded(since(made.store, catalogue(), plain, "1"))[1])
    change = after.pop("since")
    assert {**before, "report_id": ""} == {**after, "report_id": ""}
    assert change["balance"]["fixed"] == 2
    assert before["report_id"] == change["second"]["report_id"]


@pytest.mark.parametrize("earlier", ["4", "5", "x.json", "ECR-9-0123456789ab"])
def test_since_is_an_earlier_scan_of_the_record(made: Made, earlier: str) -> None:
    with pytest.raises(StoreError, match="--since"):
        since(made.store, catalogue(), report_data(made.store, 4, catalogue()), earlier)
