"""What time does to findings, and what a history of events leaves standing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.decisions_by_time import Now, Term, after_time
from checks.lifecycle import State
from checks.standing import standing_of
from checks.statements import Action

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACCEPTED = Term(until="2026-03-10", severity_rank=1, exploited=False, assets=2, since=NOW - timedelta(days=9))
FINE = Now(NOW, severity_rank=1, assets=2)
TOMORROW = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "term", "now", "why"),
    [
        pytest.param(State.RISK_ACCEPTED, ACCEPTED, FINE, None, id="accepted, on its last day"),
        pytest.param(State.RISK_ACCEPTED, ACCEPTED, replace(FINE, at=TOMORROW), "acceptance expired", id="expired"),
        pytest.param(
            State.RISK_ACCEPTED, ACCEPTED, replace(FINE, exploited=True), "listed as exploited", id="listed in KEV"
        ),
        pytest.param(
            State.RISK_ACCEPTED, replace(ACCEPTED, exploited=True), replace(FINE, exploited=True), None,
            id="accepted although listed",
        ),
        pytest.param(
            State.RISK_ACCEPTED, ACCEPTED, replace(FINE, severity_rank=0), "risk is higher than accepted", id="worse"
        ),
        pytest.param(State.RISK_ACCEPTED, ACCEPTED, replace(FINE, severity_rank=3), None, id="less severe"),
        pytest.param(
            State.RISK_ACCEPTED, ACCEPTED, replace(FINE, assets=3), "more assets than accepted", id="on one more asset"
        ),
        pytest.param(State.RISK_ACCEPTED, ACCEPTED, replace(FINE, assets=1), None, id="on fewer assets"),
        pytest.param(State.RISK_ACCEPTED, Term(), FINE, "acceptance expired", id="an acceptance that says nothing"),
        pytest.param(
            State.RISK_ACCEPTED, Term(until="2026-03-11"), FINE, "risk is higher than accepted", id="of no severity"
        ),
        pytest.param(State.MITIGATED, Term(until="2026-03-10"), FINE, None, id="mitigated, on the day of its review"),
        pytest.param(
            State.MITIGATED, Term(until="2026-03-10"), replace(FINE, at=TOMORROW), "review date passed", id="unreviewed"
        ),
        pytest.param(
            State.ACCEPTANCE_REQUESTED, Term(since=NOW - timedelta(days=30)), FINE, "request timed out", id="unanswered"
        ),
        pytest.param(
            State.FALSE_POSITIVE_PROPOSED, Term(since=NOW - timedelta(days=30)), FINE, "request timed out", id="unheard"
        ),
        pytest.param(State.ACCEPTANCE_REQUESTED, Term(since=NOW - timedelta(days=29)), FINE, None, id="waiting"),
        pytest.param(State.OPEN, Term(), replace(FINE, cycles_unassessed=2), None, id="not judged twice"),
        pytest.param(State.OPEN, Term(), replace(FINE, cycles_unassessed=3), "not assessed for long", id="stale"),
        pytest.param(
            State.CLAIMED_FIXED, Term(), replace(FINE, cycles_unassessed=9), None, id="a claim does not go stale"
        ),
    ],
)  # fmt: skip
def test_what_time_does(state: State, term: Term, now: Now, why: str | None) -> None:
    move = after_time(state, term, now)
    assert (move and move.why) == why
    if move:
        assert move.to is (State.STALE if state is State.OPEN else State.OPEN)


@pytest.mark.parametrize("state", State)
def test_time_closes_nothing(state: State) -> None:
    worst = Now(NOW + timedelta(days=9999), 0, exploited=True, assets=10**6, cycles_unassessed=10**6)
    move = after_time(state, Term(since=NOW), worst)
    assert move is None or move.to in (State.OPEN, State.STALE)


@dataclass(frozen=True)
class Event:
    from_state: str
    to_state: str
    proof: Mapping[str, object] = field(default_factory=dict)
    role: str = "operator"
    episode: int = 1
    seq: int = 1
    at: datetime = NOW
    actor: str = "A. Person"


def said(action: Action, **more: object) -> dict[str, object]:
    until = more.pop("until", None)
    statement = {"action": action.value, "until": until, "more": more}
    return {"statement": statement, "signature": {"keyid": "k1"}}


OPENED = Event("", "OPEN")
REQUEST = Event("OPEN", "ACCEPTANCE_REQUESTED", said(Action.REQUEST_ACCEPTANCE, until="2026-04-01"))
PAUSE_ASKED = Event("OPEN", "OPEN", said(Action.PAUSE_CLOCK, step="asked"))
PAUSED = Event("OPEN", "OPEN", said(Action.PAUSE_CLOCK, step="granted", until="2026-03-10"))
SCOPE = {"severity": "high", "exploited": True, "assets": 4}
GRANTED = Event(
    "ACCEPTANCE_REQUESTED", "RISK_ACCEPTED", said(Action.ACCEPT, until="2026-04-01", scope=SCOPE), "accreditor"
)


def test_a_request_waits_until_it_is_answered_or_over() -> None:
    standing = standing_of([OPENED, REQUEST])
    assert set(standing.waiting(NOW, 30)) == {Action.REQUEST_ACCEPTANCE}
    assert standing.asked[Action.REQUEST_ACCEPTANCE].key_id == "k1"
    assert standing.waiting(NOW + timedelta(days=30), 30) == {}
    assert standing_of([OPENED, REQUEST, GRANTED]).asked == {}


def test_an_acceptance_holds_what_was_frozen_into_it() -> None:
    term = standing_of([OPENED, REQUEST, GRANTED]).term
    assert (term.until, term.severity_rank, term.exploited, term.assets) == ("2026-04-01", 1, True, 4)
    assert standing_of([OPENED, REQUEST, GRANTED, Event("RISK_ACCEPTED", "OPEN")]).term == Term()


def test_a_pause_holds_from_grant_to_its_last_day_or_until_it_is_ended() -> None:
    assert not standing_of([OPENED, PAUSE_ASKED]).paused(NOW)
    standing = standing_of([OPENED, PAUSE_ASKED, PAUSED])
    assert standing.paused(NOW)
    assert standing.asked == {}
    assert not standing.paused(TOMORROW)
    ended = Event("OPEN", "OPEN", said(Action.RESUME_CLOCK))
    assert not standing_of([OPENED, PAUSE_ASKED, PAUSED, ended]).paused(NOW)


def test_a_refusal_ends_what_it_names() -> None:
    refused = Event("OPEN", "OPEN", said(Action.REFUSE, of="pause-clock"))
    asked = Event("OPEN", "OPEN", said(Action.OUT_OF_SERVICE, step="asked"))
    assert set(standing_of([OPENED, PAUSE_ASKED, asked, refused]).asked) == {Action.OUT_OF_SERVICE}


def test_a_new_episode_forgets_what_was_said_before() -> None:
    again = Event("VERIFIED_FIXED", "OPEN", episode=2)
    standing = standing_of([OPENED, PAUSE_ASKED, PAUSED, again])
    assert (standing.asked, standing.paused(NOW)) == ({}, False)


def test_who_claimed_is_known_while_the_claim_stands() -> None:
    claimed = Event("OPEN", "CLAIMED_FIXED", said(Action.CLAIM), "supplier:acme")
    gap = Event("CLAIMED_FIXED", "CLAIM_UNVERIFIABLE")
    assert standing_of([OPENED, claimed, gap]).claimed_by == "supplier:acme"
    assert standing_of([OPENED, claimed, Event("CLAIMED_FIXED", "OPEN")]).claimed_by == ""
