"""Proof 6: whatever is done to a pack, both verifiers notice, and say which file, event or answer it was.

The table changes a real pack in every way we can think of: without a key, with the record's own key (an insider), and
with another key. The verifier that strangers run is made once and run on all of them in one process of its own.
"""

import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.lifecycle import canonical
from scanner.service.report_pack.checking import verify
from scanner.service.report_pack.container import gzipped
from scanner.service.report_pack.names import BLOBS, CHECKPOINT, ENVELOPE, EVENTS, KEY, KEYS, NEEDED, POLICIES, REPORT
from scanner.service.signing import Signer
from tests.scanner.service.report_pack.packs import (
    Made,
    chained,
    changed,
    files_of,
    lived,
    packed,
    plain,
    put,
    resigned,
)
from tests.scanner.service.report_pack.strangers import Change, Files, Stranger, both, report
from tests.scanner.store.people_world import signer

Rows = list[dict[str, Any]]
FIRST_FIX, CLAIM, ASKED, ACCEPTED = 12, 13, 14, 15  # events of ``lived``


@dataclass(frozen=True)
class World:
    made: Made
    path: Path
    files: Files
    other: Signer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = lived(tmp_path_factory.mktemp("pack"))
    path, _ = made.pack()
    yield World(made, path, files_of(path), signer())
    made.store.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    made = Stranger(tmp_path_factory.mktemp("stranger"))
    yield made
    made.close()


def test_nothing_changed_holds(world: World, stranger: Stranger) -> None:
    verdict = both(stranger, world.path, world.made.signer.key_id)
    assert verdict.holds, verdict
    assert put(world.made.folder / "again.zip", world.files).read_bytes() == world.path.read_bytes()


# without a key


def event(number: int, **changes: Any) -> Callable[[Rows], None]:  # noqa: ANN401 (JSON)
    return lambda rows: rows[number - 1].update(changes)


def without(number: int) -> Callable[[Rows], None]:
    def drop(rows: Rows) -> None:
        del rows[number - 1]

    return drop


def swapped(rows: Rows) -> None:
    rows[10], rows[11] = rows[11], rows[10]


def of(name: str, change: Callable[[Rows], Any]) -> Change:
    return lambda files: changed(files, name, change)


def bytes_of(name: str, old: bytes, new: bytes) -> Change:
    def change(files: Files) -> Files:
        assert old in files[name]
        return {**files, name: files[name].replace(old, new, 1)}

    return change


def dropped(name: str) -> Change:
    return lambda files: {n: data for n, data in files.items() if n != name}


def a_blob(files: Mapping[str, bytes]) -> str:
    return min(name for name in files if name.startswith("blobs/"))


def blob_changed(files: Files) -> Files:
    return {**files, a_blob(files): gzipped(b"nothing to see here")}


UNSIGNED_CHANGES: dict[str, tuple[Change, str]] = {
    "an event says something else": (of(EVENTS, event(12, actor="nobody")), "event 12 does not have the content"),
    "an event has another time": (of(EVENTS, event(9, at="2020-01-01T00:00:00+00:00")), "event 9 does not have"),
    "an event is dropped": (of(EVENTS, without(12)), "event 12 missing: event 11 is followed by event 13"),
    "the first event is dropped": (of(EVENTS, without(1)), "event 1 missing: event 0 is followed by event 2"),
    "the last event is dropped": (of(EVENTS, without(17)), "the events have the count 16"),
    "events change places": (of(EVENTS, swapped), "event 11 stands after event 12: the order was changed"),
    "an event is there twice": (of(EVENTS, lambda rows: rows.insert(5, rows[5])), "event 6 is there twice"),
    "a line is no event": (of(EVENTS, lambda rows: rows.insert(5, {"seq": 6})), "the line after event 5 is no event"),
    "no events at all": (of(EVENTS, lambda _: []), "the events have the count 0"),
    "an answer is another": (blob_changed, ".gz unpacks to more than 12 bytes"),
    "an answer is dropped": (lambda f: dropped(a_blob(f))(f), ".gz is not in the pack"),
    "an answer is added": (lambda f: {**f, f"blobs/{'ab' * 32}.gz": gzipped(b"x")}, f"blobs/{'ab' * 32}.gz is in the"),
    "an answer is not listed": (of(BLOBS, without(1)), "is in the pack and not signed"),
    "a finding has another state": (
        of("record/finding.jsonl.gz", event(1, state="VERIFIED_FIXED")),
        "EC-0001 is VERIFIED_FIXED, but its events say OPEN",
    ),
    "a finding is dropped": (
        of("record/finding.jsonl.gz", without(2)),
        "record/finding.jsonl.gz does not hold the 3 rows",
    ),
    "a judgement is dropped": (of("record/check_run.jsonl.gz", without(1)), "record/check_run.jsonl.gz was changed"),
    "a table is dropped": (dropped("record/scan.jsonl.gz"), "record/scan.jsonl.gz is not in the pack"),
    "the report is another": (
        lambda f: {**f, REPORT: gzipped(plain(f[REPORT]).replace(b'"RISK_ACCEPTED"', b'"VERIFIED_FIXED"'))},
        "report.json is not the one whose sha256 the statement names",
    ),
    "the list of keys": (bytes_of(KEYS, b"Acme Ltd", b"Bcme Ltd"), "keys.json was changed after it was signed"),
    "the policies": (bytes_of(POLICIES, b"version", b"Version"), "policies.json was changed after it was signed"),
    "the checkpoint": (bytes_of(CHECKPOINT, b'"sig":"', b'"sig":"AAAA'), "checkpoint.json"),
    "the statement": (bytes_of(ENVELOPE, b'"payload":"ey', b'"payload":"eY'), "statement"),
    "a signature": (bytes_of(ENVELOPE, b'"sig":"', b'"sig":"AAAA'), "envelope.json"),
    **{f"{name} is dropped": (dropped(name), f"{name} is not in the pack") for name in NEEDED},
}


@pytest.mark.parametrize("name", UNSIGNED_CHANGES)
def test_what_is_changed_without_a_key_is_named(world: World, stranger: Stranger, tmp_path: Path, name: str) -> None:
    change, expected = UNSIGNED_CHANGES[name]
    verdict = both(stranger, put(tmp_path / "p.zip", change(world.files)), world.made.signer.key_id)
    assert any(expected in problem for problem in verdict.problems), verdict.problems


@pytest.mark.parametrize("name", [n for n, (_, words) in UNSIGNED_CHANGES.items() if "event" in words])
def test_it_is_named_as_well_when_the_pack_was_packed_with_another_tool(
    world: World, stranger: Stranger, tmp_path: Path, name: str
) -> None:
    change, expected = UNSIGNED_CHANGES[name]
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as pack:
        for file, data in change(world.files).items():
            pack.writestr(file, data)
    verdict = both(stranger, path, world.made.signer.key_id)
    assert any(expected in problem for problem in verdict.problems), verdict.problems
    assert any("packed again" in problem for problem in verdict.problems)


def test_any_flipped_byte_is_noticed_wherever_it_is(world: World, stranger: Stranger, tmp_path: Path) -> None:
    """Every record of the ZIP at its edges, and 60 places at random: files and all that is between them."""
    whole = world.path.read_bytes()
    places = {0, 1, len(whole) - 1, len(whole) - 21, whole.index(b"PK\1\2") + 12, whole.index(b"PK\6\6") + 8}
    places |= set(random.Random(6).sample(range(len(whole)), 60))  # noqa: S311 (no secret)
    for place in sorted(places):
        path = tmp_path / "flipped.zip"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        verdict = both(stranger, path, world.made.signer.key_id)
        assert verdict.problems, place


@pytest.mark.parametrize(
    "name", [ENVELOPE, CHECKPOINT, KEY, KEYS, POLICIES, EVENTS, BLOBS, REPORT, "record/asset.jsonl.gz"]
)
def test_a_flipped_byte_names_its_file(world: World, tmp_path: Path, name: str) -> None:
    data = world.files[name]
    for place in (0, len(data) // 2, len(data) - 1):
        flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        verdict = verify(put(tmp_path / "p.zip", {**world.files, name: flipped}), world.made.signer.key_id)
        words = " ".join(verdict.problems)
        assert name in words or (name == KEY and "key" in words), (place, verdict.problems)


# by somebody who holds the record's own key


def rewritten(change: Callable[[Rows], Any]) -> Change:
    """Events changed and chained anew; findings follow them."""

    def do(files: Files) -> Files:
        def events(rows: Rows) -> Rows:
            return chained(change(rows) or rows)

        return changed(files, EVENTS, events)

    return do


def proof(number: int, change: Callable[[dict[str, Any]], Any]) -> Callable[[Rows], None]:
    def do(rows: Rows) -> None:
        content = json.loads(rows[number - 1]["proof"])
        change(content)
        rows[number - 1]["proof"] = canonical(content).decode()

    return do


def first_occurrence(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["issues"][0]["occurrences"][0]
    return found


def proof_blobs_gone(files: Files) -> Files:
    """The failing visit's answer, on which the first fix rests, is taken out of pack and list."""
    told = json.loads(_event(files, FIRST_FIX)["proof"])
    digest = told["before"]["evidence"][0]
    made = changed(files, BLOBS, lambda rows: [row for row in rows if row["sha256"] != digest])
    return dropped(f"blobs/{digest}.gz")(made)


def _event(files: Files, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plain(files[EVENTS]).splitlines()[number - 1])
    return found


def role(number: int, name: str, actor: str) -> Callable[[Rows], None]:
    return event(number, role=name, actor=actor)


INSIDER: dict[str, tuple[Change, str]] = {
    "closed without proof": (
        rewritten(proof(FIRST_FIX, lambda p: (p.pop("before"), p.pop("after")))),
        "event 12: it closes the finding without proof: there is no evidence of the failing visit",
    ),
    "closed on no evidence": (
        rewritten(proof(FIRST_FIX, lambda p: p["after"].update(evidence=[]))),
        "event 12: it closes the finding without proof: there is no evidence of the passing visit",
    ),
    "closed with fewer rights": (
        rewritten(proof(FIRST_FIX, lambda p: p["after"].update(privilege="user"))),
        "event 12: it closes the finding without proof: it failed as root and passed only as user",
    ),
    "closed on another machine": (
        rewritten(proof(FIRST_FIX, lambda p: p.update(identity=[]))),
        "event 12: it closes the finding without proof: no strong identity",
    ),
    "closed before it failed": (
        rewritten(proof(FIRST_FIX, lambda p: p["after"].update(at=p["before"]["at"]))),
        "event 12: it closes the finding without proof: the passing visit of",
    ),
    "the proof's answer is missing": (proof_blobs_gone, "event 12 rests on the evidence of the failing visit"),
    "accepted by the system": (
        rewritten(role(ACCEPTED, "system", "estatecheck")),
        "event 15: no scan may move a finding from ACCEPTANCE_REQUESTED to RISK_ACCEPTED",
    ),
    "accepted without having been asked": (rewritten(without(ASKED)), "nobody had asked for it"),
    "claimed in another's name": (
        rewritten(role(CLAIM, "operator", "O. Perator")),
        "event 13: the signed statement has",
    ),
    "a statement is reworded": (
        rewritten(proof(CLAIM, lambda p: p["statement"].update(reason="replaced it"))),
        "event 13: the signature of Acme Ltd as supplier:acme does not hold",
    ),
    "a statement is unsigned": (
        rewritten(proof(CLAIM, lambda p: (p.pop("statement"), p.pop("signature")))),
        "event 13: Acme Ltd moved the finding as supplier:acme without a signed statement",
    ),
    "a person's key was never admitted": (rewritten(without(2)), "which was never admitted"),
    "a key is admitted by nobody": (
        rewritten(proof(3, lambda p: p["admission"].update(name="Mallory"))),
        "event 3: the record's key did not sign what is said of key",
    ),
    "a state out of nothing": (
        rewritten(event(FIRST_FIX, from_state="RISK_ACCEPTED")),
        "event 12: it moves the finding from RISK_ACCEPTED, but its events before say OPEN",
    ),
    "an episode that is not": (rewritten(proof(16, lambda p: p.update(episode=1))), "event 16: it counts episode 1"),
    "time goes backwards": (
        rewritten(event(17, at="2026-03-01T00:00:00+00:00")),
        "before the finding's event of 2026-03-03",
    ),
    "a finding is left out": (
        of("record/finding.jsonl.gz", without(3)),
        "the events speak of a finding that is not in the record",
    ),
    "a finding's state": (
        of("record/finding.jsonl.gz", event(3, state="VERIFIED_FIXED")),
        "EC-0003 is VERIFIED_FIXED, but its events say RISK_ACCEPTED",
    ),
    "the report's state": (
        report(lambda c: first_occurrence(c).update(state="VERIFIED_FIXED")),
        "the report says state VERIFIED_FIXED, its events say",
    ),
    "the report's ref": (
        report(lambda c: first_occurrence(c).update(ref="EC-0009")),
        "EC-0009 of the report is EC-000",
    ),
    "the report leaves one out": (report(lambda c: c.update(issues=[])), "failed in scan 3 and is not in the report"),
    "the report adds one": (
        report(lambda c: c["issues"][0]["occurrences"].append({**first_occurrence(c), "fingerprint": "f" * 64})),
        "is in the report, and no check failed for it",
    ),
    "the report counts less": (
        report(lambda c: c["counts"]["total"].update(occurrences=1)),
        "(total); counted again it is",
    ),
    "the report hides a fix": (
        report(lambda c: c.update(fixed=[])),
        "were proven fixed by the scan and are not in the",
    ),
    "the verdict": (
        report(lambda c: c["verdicts"]["estate"].update(verdict="ACCREDIT")),
        "the verdict on 'Northmoor': it says ACCREDIT, not better than",
    ),
    "the ceiling": (
        report(lambda c: c["verdicts"]["estate"].update(ceiling="ACCREDIT", verdict="ACCREDIT")),
        "the verdict on 'Northmoor': it says ACCREDIT, not better than ACCREDIT; by its lines it is",
    ),
    "a line of the gate": (
        report(lambda c: [line.update(holds=False) for line in c["verdicts"]["estate"]["gate"]]),
        "the line logged-in: by the assets' rows it holds, and the report says otherwise",
    ),
    "an area that was looked at": (
        report(lambda c: c["assets"][0].update(reached=False, logged_in=False, fully_assessed=False)),
        "by the assets' rows it falls short in North (1 of 2)",
    ),
    "a line that is left out": (
        report(lambda c: c["verdicts"]["estate"]["rules"].pop()),
        "the verdict on 'Northmoor': its rules are not those of the policy",
    ),
    "the policy": (
        bytes_of(POLICIES, b'"otherwise":"WITHDRAW"', b'"otherwise":"DOWNGRADE"'),
        "the verdict was made by another policy than the one in the pack",
    ),
    "a judgement turned round": (
        of("record/ruling.jsonl.gz", lambda rows: [{**r, "outcome": "pass"} for r in rows]),
        "is in the report, and no check failed for it",
    ),
    "the keys of the list": (bytes_of(KEYS, b"Acme Ltd", b"Bcme Ltd"), "keys.json says something else of key"),
    "an answer under another's name": (
        lambda f: _as_answer(f, b"all is well"),
        "does not hold the answer that it is named after",
    ),
}


def _as_answer(files: Files, text: bytes) -> Files:
    import hashlib

    name, data = a_blob(files), gzipped(text)
    told = {"size": len(text), "packed": hashlib.sha256(data).hexdigest()}
    made = changed(files, BLOBS, lambda rows: [row | told if row["sha256"] in name else row for row in rows])
    return {**made, name: data}


@pytest.mark.parametrize("name", INSIDER)
def test_what_the_holder_of_the_key_changes_breaks_the_rules_or_the_counts(
    world: World, stranger: Stranger, tmp_path: Path, name: str
) -> None:
    change, expected = INSIDER[name]
    files = resigned(change(world.files), world.made.signer)
    verdict = both(stranger, put(tmp_path / "p.zip", files), world.made.signer.key_id)
    assert any(expected in problem for problem in verdict.problems), verdict.problems
    assert not any("after it was signed" in problem for problem in verdict.problems)


# histories held against what is remembered


@pytest.fixture
def remembered(world: World, tmp_path: Path) -> Path:
    memory = tmp_path / "seen.json"
    assert verify(world.path, world.made.signer.key_id, memory).holds
    return memory


def test_a_fork_is_refused(world: World, stranger: Stranger, tmp_path: Path, remembered: Path) -> None:
    """A whole history without the claim, true to all rules, with the record's own key."""
    files = rewritten(lambda rows: rows[9].update(actor="someone"))(world.files)
    path = put(tmp_path / "p.zip", resigned(files, world.made.signer))
    verdict = both(stranger, path, world.made.signer.key_id, remembered)
    assert any("forked history: its first 17 events" in problem for problem in verdict.problems)
    assert not any("forked" in problem for problem in verify(path, world.made.signer.key_id).problems)


def test_a_shortened_history_is_refused(world: World, stranger: Stranger, tmp_path: Path, remembered: Path) -> None:
    files = resigned(rewritten(lambda rows: rows[:12])(world.files), world.made.signer)
    verdict = both(stranger, put(tmp_path / "p.zip", files), world.made.signer.key_id, remembered)
    assert any("shortened history: it has 12 events" in problem for problem in verdict.problems)


def test_signed_anew_with_another_key(world: World, stranger: Stranger, tmp_path: Path, remembered: Path) -> None:
    path = put(tmp_path / "p.zip", resigned(world.files, world.other))
    verdict = both(stranger, path, world.made.signer.key_id)
    assert any("not by key" in problem and "that you trust" in problem for problem in verdict.problems)
    verdict = both(stranger, path, world.other.key_id, remembered)
    assert any("signed anew with another key" in problem for problem in verdict.problems)
    assert verify(path).unknown
    assert any("whose key" in why for why in verify(path).unknown)


def test_the_history_goes_on(tmp_path: Path, stranger: Stranger) -> None:
    """The next report, with more events, is taken, and what was remembered stays."""
    from checks.finding import Outcome
    from tests.scanner.service.report_pack.packs import ONE, TWO

    made, memory = lived(tmp_path), tmp_path / "seen.json"
    first, _ = made.pack("first.zip")
    assert verify(first, made.signer.key_id, memory).holds
    made.scan(web={ONE: Outcome.PASS, TWO: Outcome.FAIL}, db={ONE: Outcome.FAIL})
    second, _ = made.pack("second.zip")
    verdict = both(stranger, second, made.signer.key_id, memory)
    assert verdict.holds, verdict.problems
    assert any("goes on from the checkpoint" in line for line in verdict.checked)
    older = both(stranger, first, made.signer.key_id, memory)
    assert any("shortened history" in problem for problem in older.problems)
    made.store.close()


def test_packed_rows_are_what_was_there(world: World) -> None:
    """The table's own tools change nothing by themselves."""
    assert changed(world.files, EVENTS, lambda _: None) == world.files
    assert (
        packed(chained([json.loads(line) for line in plain(world.files[EVENTS]).splitlines()])) == world.files[EVENTS]
    )
    assert files_of(world.path) == world.files
