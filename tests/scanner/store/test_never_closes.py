"""Whatever happens in whatever order: nothing closes without proof, the chain holds, and no ref is used twice."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.finding import CheckRun, Outcome, Subject
from inventory.asset import Privilege
from scanner.store.records import Saved
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, answer, gone, identity, run

NAMES = ("web", "db")
SUBJECTS = (Subject("mount", "/"), Subject("mount", "/var"))
MACHINES = ("one", "two", "copy of one")

judged = st.builds(
    lambda outcome, subject, privilege: replace(run(outcome, subject=subject), privilege=privilege),
    st.sampled_from(list(Outcome)),
    st.sampled_from(SUBJECTS),
    st.sampled_from([Privilege.ROOT, Privilege.USER]),
)
visits = st.tuples(
    st.sampled_from(NAMES),
    st.lists(judged, max_size=2, unique_by=lambda r: r.subject).map(tuple),
    st.sampled_from(MACHINES),
    st.sampled_from(["reached", "reached", "reached", "unreachable", "no answers"]),
)
scans = st.lists(
    st.tuples(st.lists(visits, max_size=2, unique_by=lambda v: v[0]), st.sampled_from(["2026-01-01", "2026-02-01"])),
    max_size=8,
)


def visit(bench: Bench, scan: int, name: str, runs: tuple[CheckRun, ...], machine: str, how: str) -> Saved:
    who = identity(machine) if machine != "copy of one" else identity("copy", machine="one")
    if how == "unreachable":
        return bench.save(scan, name, *runs, who=None, **{k: v for k, v in gone().items() if k != "who"})
    answers = () if how == "no answers" else (answer("sshd", f"{scan} {name}"),)
    return bench.save(scan, name, *runs, who=who, answers=answers)


History = list[tuple[list[tuple[str, tuple[CheckRun, ...], str, str]], str]]


@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scans)
def test_any_history(history: History) -> None:
    nothing_closes_without_proof(history)


@pytest.mark.soak
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scans)
def test_very_many_histories(history: History) -> None:
    nothing_closes_without_proof(history)


def nothing_closes_without_proof(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "record.db")) as store:
        bench, refs = Bench(store), set[str]()
        for planned, snapshot in history:
            scan = bench.begin(*NAMES, support_snapshot=snapshot)
            for name, runs, machine, how in planned:
                before = {row.ref: row for row in store.findings()}
                saved = visit(bench, scan, name, runs, machine, how)
                for ref in saved.fixed:
                    row, now = before[ref], store.finding(ref)
                    assert row.state == "OPEN"
                    assert (now.state, now.last_pass_scan) == ("VERIFIED_FIXED", scan)
                    assert saved.identity_note == ""
                    assert how == "reached"
                    assert any(r.outcome in (Outcome.PASS, Outcome.FAIL) for r in runs)
                    assert not any(r.subject == row.subject and r.outcome is not Outcome.PASS for r in runs)
                    assert store.evidence_of(row.fingerprint, row.last_fail_scan)
                    assert store.evidence_of(row.fingerprint, scan)
                assert not refs & {ref for ref in saved.opened if ref not in before}
                refs |= set(before)
            bench.end(scan)
        closed = [row for row in store.findings() if row.state == "VERIFIED_FIXED"]
        for row in closed:
            last = store.events(row.fingerprint)[-1]
            assert last.proof["identity"]
            assert last.proof["before"]["evidence"]  # type: ignore[index]  # the shape of a proof
            assert last.proof["after"]["evidence"]  # type: ignore[index]  # the shape of a proof
        store.verify_chain()
        assert len({row.ref for row in store.findings()}) == len(store.findings())
