"""Every state against everything a scan can bring, and every rule of a proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.finding import CheckRun, Outcome, Subject
from checks.lifecycle import (
    GENESIS,
    Proof,
    Refusal,
    Sighting,
    Source,
    State,
    Verdicts,
    after_fail,
    after_gap,
    after_proof,
    answers_fact,
    canonical,
    event_hash,
    proof_of_fix,
)
from inventory.asset import Privilege

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAYS = None

# state -> after a fail, after a proof, after a gap (unreachable, not assessed, error)
TABLE: dict[State | None, tuple[str | None, str | None, str | None]] = {
    None: ("OPEN", STAYS, STAYS),
    State.OPEN: (STAYS, "VERIFIED_FIXED", STAYS),
    State.CLAIMED_FIXED: ("OPEN", "VERIFIED_FIXED", "CLAIM_UNVERIFIABLE"),
    State.CLAIM_UNVERIFIABLE: ("OPEN", "VERIFIED_FIXED", STAYS),
    State.VERIFIED_FIXED: ("OPEN", STAYS, STAYS),
    State.MITIGATED: (STAYS, "VERIFIED_FIXED", STAYS),
    State.ACCEPTANCE_REQUESTED: (STAYS, STAYS, STAYS),
    State.RISK_ACCEPTED: (STAYS, STAYS, STAYS),
    State.FALSE_POSITIVE_PROPOSED: (STAYS, STAYS, STAYS),
    State.FALSE_POSITIVE: (STAYS, STAYS, STAYS),
    State.STALE: ("OPEN", "VERIFIED_FIXED", STAYS),
    State.OUT_OF_SERVICE: ("OPEN", STAYS, STAYS),
}


def test_the_table_knows_every_state() -> None:
    assert set(TABLE) == {None, *State}


@pytest.mark.parametrize(("state", "expected"), TABLE.items())
def test_every_state_against_every_event(
    state: State | None, expected: tuple[str | None, str | None, str | None]
) -> None:
    moves = [after_fail(state)]
    moves += [after_proof(state), after_gap(state)] if state else [None, None]
    assert tuple(move and move.to.value for move in moves) == expected


def test_only_a_regression_begins_a_new_episode() -> None:
    begun = {state for state in TABLE if (move := after_fail(state)) and move.new_episode}
    assert begun == {State.VERIFIED_FIXED}


def test_a_false_positive_reopens_when_its_check_changed() -> None:
    move = after_fail(State.FALSE_POSITIVE, check_changed=True)
    assert move is not None
    assert move.to is State.OPEN


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param({}, None, id="the same fail again: the mitigation stands"),
        pytest.param({"check_changed": True}, "the check changed", id="another version of the check"),
        pytest.param({"worse": True}, "worse than when mitigated", id="rated higher"),
    ],
)
def test_what_is_mitigated_reopens_only_by_a_fail_that_says_something_new(
    said: dict[str, bool], why: str | None
) -> None:
    move = after_fail(State.MITIGATED, **said)
    assert (move and move.why) == why
    assert move is None or (move.to, move.new_episode) == (State.OPEN, False)


def test_a_higher_rating_alone_reopens_nothing_that_was_not_mitigated() -> None:
    assert [state for state in State if after_fail(state, worse=True) != after_fail(state)] == [State.MITIGATED]


BEFORE = Sighting(
    scan=1,
    started_at=NOON,
    finished_at=NOON + timedelta(minutes=1),
    check_id="linux.ssh.tries",
    observed="MaxAuthTries is 6",
    privilege=Privilege.ROOT,
    identities=frozenset({"machine-id a", "smbios-uuid b"}),
    facts=("sshd",),
    sources=(Source("sshd", "11", True),),
    support_snapshot="2026-02-01",
)
AFTER = replace(
    BEFORE,
    scan=2,
    started_at=NOON + timedelta(days=1),
    finished_at=NOON + timedelta(days=1, minutes=1),
    observed="MaxAuthTries is 4",
    sources=(Source("sshd", "22", True),),
)


def test_a_proof_links_both_sides() -> None:
    proof = proof_of_fix(BEFORE, AFTER)
    assert isinstance(proof, Proof)
    told = proof.as_json()
    assert told["before"] == BEFORE.as_json()
    assert told["after"] == {**AFTER.as_json(), "evidence": ["22"], "observed": "MaxAuthTries is 4", "scan": 2}
    assert told["identity"] == ["machine-id a", "smbios-uuid b"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"identities": frozenset({"smbios-uuid b"})}, id="one shared identity is enough"),
        pytest.param({"started_at": BEFORE.finished_at}, id="right after the failing visit"),
        pytest.param({"support_snapshot": "2026-02-02"}, id="newer support dates"),
        pytest.param({"sources": (Source("sshd", "2", True), Source("sshd-2", "3", True))}, id="two rounds"),
    ],
)
def test_accepted(changes: dict[str, Any]) -> None:
    assert isinstance(proof_of_fix(BEFORE, replace(AFTER, **changes)), Proof)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        pytest.param({}, {"identity_note": "two names"}, "two names", id="identity in doubt"),
        pytest.param({"identity_note": "x"}, {}, "in doubt when it failed", id="identity was in doubt"),
        pytest.param({}, {"identities": frozenset()}, "no strong identity could be read", id="no identity"),
        pytest.param({}, {"identities": frozenset({"machine-id z"})}, "shared", id="other machine"),
        pytest.param({"identities": frozenset()}, {}, "shared", id="failing machine unknown"),
        pytest.param({}, {"check_id": "linux.other"}, "linux.other passed", id="other check"),
        pytest.param({}, {"privilege": Privilege.USER}, "only as user", id="less privilege"),
        pytest.param({}, {"reached": False}, "not reached", id="not reached"),
        pytest.param({}, {"logged_in": False}, "logged in", id="not logged in"),
        pytest.param({}, {"observed": ""}, "observed", id="no observed value"),
        pytest.param({}, {"sources": ()}, "no evidence of sshd", id="no answer"),
        pytest.param({}, {"sources": (Source("mounts", "2", True),)}, "no evidence of sshd", id="another answer"),
        pytest.param({}, {"sources": (Source("sshd", "2", False),)}, "not complete", id="truncated answer"),
        pytest.param(
            {}, {"sources": (Source("sshd", "2", True), Source("sshd-2", "3", False))}, "not complete", id="round two"
        ),
        pytest.param({"sources": ()}, {}, "failing visit stored no evidence", id="nothing before"),
        pytest.param({}, {"support_snapshot": "2026-01-31"}, "older", id="older support dates"),
        pytest.param({}, {"support_snapshot": ""}, "without any", id="no support dates"),
        pytest.param({}, {"support_snapshot": "yesterday"}, "older", id="support dates of no date"),
        pytest.param({}, {"started_at": NOON}, "before the failing one had ended", id="visits overlap"),
        pytest.param({}, {"started_at": NOON - timedelta(days=9)}, "before the failing", id="time goes backwards"),
    ],
)
def test_refused(before: dict[str, Any], after: dict[str, Any], why: str) -> None:
    result = proof_of_fix(replace(BEFORE, **before), replace(AFTER, **after))
    assert isinstance(result, Refusal)
    assert why in result.sentence


FED = replace(BEFORE, feeds={"debian": "2026-02-01", "kev": "2026-02-03"})


@pytest.mark.parametrize(
    ("feeds", "why"),
    [
        pytest.param({}, "failed with the feed debian of 2026-02-01 and passed without", id="no feed at all"),
        pytest.param({"debian": "2026-02-02"}, "passed without that feed", id="one feed is gone"),
        pytest.param({"debian": "2026-01-31", "kev": "2026-02-03"}, "debian of 2026-01-31 is older", id="an older one"),
        pytest.param({"debian": "new", "kev": "2026-02-03"}, "older", id="no date"),
    ],
)
def test_a_pass_by_older_advisories_is_refused(feeds: dict[str, str], why: str) -> None:
    result = proof_of_fix(FED, replace(AFTER, feeds=feeds))
    assert isinstance(result, Refusal)
    assert why in result.sentence


def test_a_pass_by_newer_advisories_is_accepted_and_both_are_told() -> None:
    later = {"debian": "2026-02-02", "kev": "2026-02-03", "alpine": "2020-01-01"}
    proof = proof_of_fix(FED, replace(AFTER, feeds=later))
    assert isinstance(proof, Proof)
    assert proof.as_json()["before"] == FED.as_json()
    assert FED.as_json()["feeds"] == FED.feeds


def test_a_declared_successor_may_prove_it() -> None:
    successor = replace(AFTER, check_id="linux.ssh.tries-2")
    assert isinstance(proof_of_fix(BEFORE, successor, successors=["linux.ssh.tries-2"]), Proof)


def test_a_check_without_support_dates_does_not_wait_for_them() -> None:
    older = replace(AFTER, support_snapshot="")
    assert isinstance(proof_of_fix(BEFORE, older, uses_support=False), Proof)


VAR, TMP = Subject("mount", "/var"), Subject("mount", "/tmp")


def run(outcome: Outcome, subject: Subject | None = None) -> CheckRun:
    return CheckRun("linux.mounts.full", 1, outcome, f"{outcome.value} seen", subject or Subject())


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([], Outcome.NOT_ASSESSED, id="nobody looked"),
        pytest.param([run(Outcome.FAIL, VAR)], Outcome.FAIL, id="this one fails"),
        pytest.param([run(Outcome.PASS, VAR)], Outcome.PASS, id="this one passes"),
        pytest.param([run(Outcome.PASS)], Outcome.PASS, id="nothing found"),
        pytest.param([run(Outcome.FAIL, TMP)], Outcome.PASS, id="only another fails"),
        pytest.param([run(Outcome.FAIL, TMP), run(Outcome.NOT_ASSESSED)], Outcome.NOT_ASSESSED, id="a gap beside it"),
        pytest.param([run(Outcome.PASS, TMP), run(Outcome.ERROR)], Outcome.ERROR, id="a fault beside it"),
        pytest.param([run(Outcome.NOT_APPLICABLE)], Outcome.NOT_APPLICABLE, id="does not apply any more"),
        pytest.param([run(Outcome.FAIL, TMP), run(Outcome.NOT_APPLICABLE)], Outcome.NOT_APPLICABLE, id="partly"),
        pytest.param([run(Outcome.NOT_ASSESSED, VAR), run(Outcome.PASS, TMP)], Outcome.NOT_ASSESSED, id="not this one"),
        pytest.param([run(Outcome.PASS, VAR), run(Outcome.FAIL, VAR)], Outcome.FAIL, id="half of it fails"),
        pytest.param([run(Outcome.FAIL, VAR), run(Outcome.PASS, VAR)], Outcome.FAIL, id="the other half fails"),
        pytest.param([run(Outcome.PASS, VAR), run(Outcome.ERROR, VAR)], Outcome.ERROR, id="half of it broke"),
        pytest.param(
            [run(Outcome.NOT_APPLICABLE, VAR), run(Outcome.PASS, VAR)], Outcome.PASS, id="half does not apply"
        ),
    ],
)
def test_what_a_visit_says_about_one_subject(runs: list[CheckRun], expected: Outcome) -> None:
    said = Verdicts(runs).on(VAR)
    assert said.outcome is expected
    assert bool(said.observed) == (expected in (Outcome.PASS, Outcome.FAIL) or any(r.subject == VAR for r in runs))


def test_a_subject_that_is_gone_says_so() -> None:
    assert Verdicts([run(Outcome.FAIL, TMP)]).on(VAR).observed == "mount /var is no longer among what fails"


@pytest.mark.parametrize(
    ("query", "fact", "expected"),
    [("sshd", "sshd", True), ("sshd-2", "sshd", True), ("sshd_config", "sshd", False), ("log", "logs", False)],
)
def test_answers_bear_the_name_of_their_fact(query: str, fact: str, expected: bool) -> None:
    assert answers_fact(query, fact) is expected


def test_hashes_do_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "é"}) == b'{"a":"\xc3\xa9","b":1}'
    assert event_hash(GENESIS, {"b": 1, "a": 2}) == event_hash(GENESIS, {"a": 2, "b": 1})
    assert event_hash(GENESIS, {"a": 1}) != event_hash("1" * 64, {"a": 1})
