"""Snapshots taken in: recognised, held against clock, record and inventory, judged, kept, and never a proof."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from checks.finding import Outcome
from scanner.service import workshop
from scanner.service.intake import taking
from scanner.service.intake.reading import MAX_BYTES, SnapshotRefused, read
from scanner.service.intake.taking import Sent, Took, take
from scanner.store.records import ScanKind, ScanState
from tests.lab import windows as lab
from tests.scanner.service.intake_lab import NOW, Intake, judging, laptop, linux_asset, windows_asset

OTHER = "11112222-3333-4444-5555-666677778888"
GUID = "99990f6c-4a3b-4b7e-9d52-0c3c9f1b7a11"


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.store.close()


def test_a_snapshot_is_judged_kept_and_proves_nothing(intake: Intake) -> None:
    first = intake.one(laptop())
    assert (first.took, first.host) == (Took.TAKEN, "pc-7")
    assert first.failing > 0
    assert first.opened
    row = intake.store.scan(first.scan_id)
    assert (row.kind, row.state, row.options["supplied by"]) == (ScanKind.IMPORT, ScanState.COMPLETE, "Larkspur")
    [host] = intake.store.hosts(first.scan_id)
    assert host.attempt is not None
    assert (host.attempt.reached, host.attempt.logged_in) == (False, False)
    assert {"snapshot", "windows_system"} <= {answer.query for answer in host.answers}
    before = {row.check_id for row in intake.store.findings() if row.state == "OPEN"}
    uac = lab.recorded("laptop-11-23h2")
    uac["autoplay"]["registry"] |= {"NoDriveTypeAutoRun": 255, "NoAutorun": 1, "NoAutoplayfornonVolume": 1}
    fixed = laptop(at="2026-11-23T05:00:00Z", marker="b" * 32, change={"autoplay": lab.section(uac["autoplay"])})
    later = intake.one(fixed)
    [after] = intake.store.hosts(later.scan_id)
    passed = {run.check_id for run in after.runs if run.outcome is Outcome.PASS}
    assert passed & before, "something that failed passes now"
    assert later.not_proven > 0
    assert {row.check_id for row in intake.store.findings() if row.state == "OPEN"} >= before


def test_the_same_file_again_changes_nothing(intake: Intake) -> None:
    first = intake.one(laptop())
    events = intake.store.events()
    again = intake.one(laptop())
    assert (again.took, again.scan_id) == (Took.KNOWN, first.scan_id)
    assert intake.store.events() == events
    assert len(intake.store.scans()) == 1


@pytest.mark.parametrize("spelled", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_what_a_redirect_makes_of_it_is_read(intake: Intake, spelled: str) -> None:
    assert intake.one(laptop().decode().encode(spelled)).took is Took.TAKEN


def test_the_same_machine_spelled_otherwise_is_not_news(intake: Intake) -> None:
    intake.one(laptop())
    again = intake.one(laptop().decode().encode("utf-16"))
    assert again.took is Took.OLDER
    assert "kept out" in again.why


def test_several_snapshots_of_one_machine_are_taken_one_after_the_other(intake: Intake) -> None:
    times = ("2026-11-20T04:00:00Z", "2026-11-22T04:00:00Z", "2026-11-21T04:00:00Z")
    results = intake.take(*(laptop(at=at, marker=f"{n}" * 32) for n, at in enumerate(times)))
    assert [one.took for one in results] == [Took.TAKEN, Took.TAKEN, Took.OLDER]
    assert len({one.scan_id for one in results[:2]}) == 2


def test_many_of_one_machine_are_read_twice_at_most(intake: Intake) -> None:
    """Whoever drops a thousand files must not have each read a thousand times."""
    reads: Counter[int] = Counter()

    def file(number: int, at: str) -> Sent:
        def read() -> bytes:
            reads[number] += 1
            return laptop(at=at, marker=f"{number:032x}")

        return Sent(f"f{number}", read)

    sent = [file(n, f"2026-11-22T04:00:{n:02}Z") for n in range(6)]
    results = take(intake.store, intake.estate, judging(), [*sent[:3], Sent("bad", bytes), *sent[3:]])
    assert [one.took for one in results] == [Took.TAKEN] * 3 + [Took.REFUSED] + [Took.TAKEN] * 3
    assert [one.label for one in results] == ["f0", "f1", "f2", "bad", "f3", "f4", "f5"]
    assert max(reads.values()) == 2


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"hello", "it is no snapshot", id="something else"),
        pytest.param(b'{"format": "cyclonedx"}', "not a document of format", id="another JSON"),
        pytest.param(b"x" * (MAX_BYTES + 1), "longer than 16 MB", id="too big"),
        pytest.param(laptop()[:-40], "cut off", id="cut"),
        pytest.param(laptop(at="2026-11-23T04:61:00Z"), "no collected_at", id="no time"),
        pytest.param(laptop(at="1980-01-01T00:00:00Z"), "set the clock", id="clock never set"),
        pytest.param(laptop(at="2027-01-01T00:00:00Z"), "in the future", id="future"),
        pytest.param(laptop(version=2), "version 1", id="other version"),
        pytest.param(laptop(name="PC-8", board=OTHER, guid=GUID), "names no host 'PC-8'", id="not in the inventory"),
        pytest.param(laptop().replace(b"4C4C4544", b"5D5D5555", 1), "different machines", id="two machines"),
        pytest.param(b"estatecheck-unix 1 \n", "not a snapshot", id="broken transcript"),
        pytest.param(lab.document({}, "a" * 32).encode(), "not one section", id="no section"),
    ],
)
def test_what_is_wrong_is_said_and_stops_no_other(intake: Intake, raw: bytes, says: str) -> None:
    wrong, right = intake.take(raw, laptop())
    assert wrong.took is Took.REFUSED
    assert says in wrong.why
    assert right.took is Took.TAKEN


def test_nothing_is_begun_for_refused_ones(intake: Intake) -> None:
    assert intake.one(b"{}").took is Took.REFUSED
    assert intake.store.scans() == ()


def test_a_clock_that_is_a_little_ahead_is_told_and_counts_as_of_now(intake: Intake) -> None:
    result = intake.one(laptop(at="2026-11-23T06:02:00Z"))
    assert result.collected_at == NOW
    assert result.notes == ("its clock is 120 s ahead of ours: it counts as of now",)


def test_a_renamed_machine_is_known_by_its_identity(intake: Intake) -> None:
    intake.one(laptop())
    renamed = intake.one(laptop("NEW-NAME", "2026-11-23T05:00:00Z", marker="b" * 32))
    assert (renamed.took, renamed.host) == (Took.TAKEN, "pc-7")
    assert "known as pc-7" in renamed.notes[0]


def test_another_machine_under_a_known_name_is_refused_or_reviewed(intake: Intake) -> None:
    intake.one(laptop())
    other = laptop(at="2026-11-23T05:00:00Z", board=OTHER, guid=GUID, marker="b" * 32)
    refused = intake.one(other)
    assert refused.took is Took.REFUSED
    assert "--as pc-7" in refused.why
    taken = intake.one(other, "pc-7", forced=True)
    assert taken.took is Took.TAKEN
    assert any(note.startswith("in doubt:") for note in taken.notes)
    assert [machine.name for machine in intake.store.people.machines(in_doubt=True)] == ["pc-7"]


def test_one_machine_cannot_speak_for_another(intake: Intake) -> None:
    intake.assets = (windows_asset("pc-7"), windows_asset("pc-8"))
    intake.one(laptop())
    as_other = laptop("pc-8", "2026-11-23T05:00:00Z", marker="b" * 32)
    assert "the identity of pc-7 and the name of pc-8" in intake.one(as_other).why
    assert "the identity of pc-7, and was to be of pc-8" in intake.one(as_other, "pc-8", forced=True).why


def test_copies_of_an_image_are_told_apart_by_their_boards(intake: Intake) -> None:
    intake.assets = (windows_asset("pc-7"), windows_asset("pc-8"))
    first, second = intake.take(laptop(), laptop("PC-8", board=OTHER, marker="b" * 32))
    assert (first.host, second.host) == ("pc-7", "pc-8")
    assert any("in doubt" in note for note in second.notes), "the same MachineGuid: a person looks at it"


def test_an_asset_with_a_way_in_is_judged_by_what_a_snapshot_tells(intake: Intake) -> None:
    intake.assets = (windows_asset("pc-7", "winrm"),)
    [host] = intake.store.hosts(intake.one(laptop()).scan_id)
    assert host.asset.connection.way == "snapshot-windows"
    assert {run.check_id.partition(".")[0] for run in host.runs} == {"win"}


# What the process that reads snapshots is made to do with two of them.
HARM = """
import sys; sys.path[:] = {path!r}
import os
import scanner.service.worker as worker
read = worker.read
def harmed(raw):
    if b'"name":"pc-7"' in raw:
        os._exit(3)
    if b'"name":"pc-9"' in raw:
        raise KeyError("hunter2")
    return read(raw)
worker.read = harmed
worker.main()
"""


def test_many_go_through_workers_and_what_does_harm_there_costs_itself_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workshop, "CODE", HARM)
    names = [f"pc-{number}" for number in range(25)]
    intake = Intake(tmp_path, tuple(map(windows_asset, names)))
    documents = [
        laptop(
            name,
            board=f"{n:08x}-0042-3510-8052-b4c04f4e3233",
            guid=f"{n:08x}-4a3b-4b7e-9d52-0c3c9f1b7a11",
            marker=f"{n:032x}",
        )
        for n, name in enumerate(names, 1)
    ]
    results = intake.take(*documents[:4], documents[3][:-9], *documents[4:])
    cut, died, faulty = results.pop(4), results.pop(7), results.pop(8)
    assert {one.took for one in results} == {Took.TAKEN}
    assert [one.host for one in results] == [name for name in names if name not in ("pc-7", "pc-9")]
    assert {one.took for one in (cut, died, faulty)} == {Took.REFUSED}
    assert cut.why == "the document is cut off"
    assert died.why == "it could not be read: the process that reads answers died 2 times of what this host sent"
    assert faulty.why == "it could not be read: the scanner itself failed here: KeyError"
    scan = intake.store.scan(results[0].scan_id)
    assert (scan.done, scan.state) == (23, ScanState.COMPLETE)
    intake.store.close()


def test_what_is_read_ahead_keeps_its_order_and_is_bounded(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where every file is larger than what may wait."""
    monkeypatch.setattr(taking, "AHEAD_BYTES", 1)
    at = [f"2026-11-2{day}T04:00:00Z" for day in (0, 1, 2)]
    sent = [laptop(at=moment, marker=f"{n:032x}") for n, moment in enumerate(at)]
    assert [one.took for one in intake.take(b"", *sent, b"{")] == [Took.REFUSED, *[Took.TAKEN] * 3, Took.REFUSED]


def test_what_is_newer_by_another_way_keeps_it_out(intake: Intake) -> None:
    intake.one(laptop())
    intake.now = NOW + timedelta(days=1)
    assert intake.one(laptop(at="2026-11-22T04:00:00Z", marker="b" * 32)).took is Took.OLDER


def test_reading_never_raises_anything_else() -> None:
    whole = laptop()
    for cut in range(0, len(whole), 997):
        with pytest.raises(SnapshotRefused):
            read(whole[:cut])


def test_linux(intake: Intake, tmp_path: Path) -> None:
    import subprocess

    from scanner.probes import snapshot_sections
    from scanner.transports.unix_snapshot import compose_file

    script = tmp_path / "collect.sh"
    script.write_bytes(compose_file(snapshot_sections()[:6]))
    said = subprocess.run(["/bin/sh", str(script)], capture_output=True, check=True, timeout=60).stdout
    name = said.split(b"\n", 1)[0].split()[-1].decode()
    intake.assets, intake.now = (linux_asset(name),), NOW + timedelta(days=3650)
    result = intake.one(said)
    assert (result.took, result.host) == (Took.TAKEN, name), result.why
    [host] = intake.store.hosts(result.scan_id)
    assert {"snapshot", "system"} <= {answer.query for answer in host.answers}
