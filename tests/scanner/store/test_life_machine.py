"""Random scans, claims, acceptances, forgeries of role and time: nothing closes without proof, counts add up, the
chain verifies. A stateful test (hypothesis); bounded, and the same every time."""

import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from checks.decisions import CLOSED
from checks.finding import Outcome, Severity, Subject
from checks.lifecycle import State
from checks.statements import Action
from inventory.asset import Privilege
from scanner.service.decide import Rated, Word, answer
from scanner.service.roles import Holder, admit
from scanner.store.decisions import Refused
from scanner.store.records import EventRow, StoreError
from scanner.store.store import open_store
from tests.scanner.store.people_world import PEOPLE, World, clocked, signer
from tests.scanner.store.world import CHECK, asset, gone, run
from tests.scanner.store.world import answer as told

SUBJECTS = (Subject("mount", "/"), Subject("mount", "/var"))
ROLES = tuple(PEOPLE)
KEYS = {role: signer() for role in ROLES}
RECORD = signer()
EVIDENCE = ("a" * 64,)
MORE = {
    Action.REQUEST_ACCEPTANCE: {"owner": "J. Roe"},
    Action.PAUSE_CLOCK: {"step": "asked", "ground": "force-majeure", "from": "2026-03-01"},
    Action.OUT_OF_SERVICE: {"step": "asked"},
    Action.RETEST: {"result": "passed"},
    Action.OVERRIDE_RISK: {"risk": "low"},
    Action.ACCEPT: {"scope": {"assets": 9, "severity": "info"}},
    Action.REFUSE: {"of": "request-acceptance"},
}
# Which words of the chain may lead to a state that no longer counts.
CLOSING = {
    State.VERIFIED_FIXED: {"proven"},
    State.FALSE_POSITIVE: {"false positive"},
    State.OUT_OF_SERVICE: {"out of service"},
}
BEYOND_SUPPLIERS = (State.VERIFIED_FIXED, State.FALSE_POSITIVE, State.RISK_ACCEPTED)

outcomes = st.sampled_from([Outcome.FAIL, Outcome.FAIL, Outcome.PASS, Outcome.NOT_ASSESSED, Outcome.ERROR])
hows = st.sampled_from(["reached", "reached", "reached", "unreachable", "no answers", "as a user"])
numbers = st.integers(1, 2)


class Life(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(str(Path(self.folder.name) / "record.db"))
        self.world = World(*clocked(self.store), record=RECORD, keys=dict(KEYS))
        for role, name in PEOPLE.items():
            admit(self.store.people, RECORD, KEYS[role].public_pem, Holder(role, name), None)
        self.seen: set[str] = set()
        self.events = 0
        self.scan((Outcome.FAIL, Outcome.FAIL), "reached", None)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @rule(said=st.tuples(outcomes, outcomes), how=hows, rated=st.sampled_from([None, *Severity]))
    def scan(self, said: tuple[Outcome, Outcome], how: str, rated: Severity | None) -> None:
        owned = replace(asset("web"), supplier="acme")
        scan = self.world.bench.begin("web", assets=(owned,), options={})
        privilege = Privilege.USER if how == "as a user" else Privilege.ROOT
        runs = [
            run(outcome, subject=subject, privilege=privilege, severity=rated)
            for outcome, subject in zip(said, SUBJECTS, strict=True)
        ]
        more: dict[str, object] = {"answers": () if how == "no answers" else (told("sshd", f"{scan}"),)}
        if how == "unreachable":
            more, runs = {key: value for key, value in gone().items() if key != "who"}, []
        saved = self.world.bench.save(scan, "web", *runs, asset=owned, **more)
        assert not saved.fixed or how in ("reached", "as a user")
        for ref in saved.fixed:
            place = SUBJECTS.index(self.store.finding(ref).subject)
            assert said[place] is Outcome.PASS
        self.store.people.tick({CHECK: Severity.HIGH.rank}, scan)
        self.world.bench.end(scan)

    @rule(number=numbers, role=st.sampled_from(ROLES), action=st.sampled_from(list(Action)), days=st.integers(0, 60))
    def say(self, number: int, role: str, action: Action, days: int) -> None:
        until = (self.world.bench.now + timedelta(days=days)).date()
        word = Word(action, "because", "CHG-1", until, more=MORE.get(action, {}))
        self._recorded(number, role, word)

    @rule(number=numbers, role=st.sampled_from(ROLES), grant=st.booleans())
    def decide(self, number: int, role: str, grant: bool) -> None:
        try:
            word = answer(self.store, f"EC-{number}", grant=grant, reason="so", until=None, rated=Rated({}))
        except Refused:
            return
        self._recorded(number, role, word)

    @rule(number=numbers, day=st.integers(1, 30))
    def late_claim(self, number: int, day: int) -> None:
        """Signed before, handed in after whatever happened meanwhile."""
        with suppress(StoreError):
            signed = self.world.desk("operator").signed(
                self.store.finding(f"EC-{number}"), Word(Action.CLAIM, "x", "y")
            )
            earlier = replace(signed.statement, at=signed.statement.at - timedelta(days=day))
            signature = KEYS["operator"].signature(earlier.payload())
            self.store.people.decide(number, replace(signed, statement=earlier, signature=signature))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.world.bench.now += timedelta(days=days)
        self.store.people.tick({CHECK: Severity.HIGH.rank})

    def _recorded(self, number: int, role: str, word: Word) -> None:
        before = State(self.store.finding(f"EC-{number}").state)
        done = None
        with suppress(StoreError):
            done = self.world.desk(role).say(f"EC-{number}", word)
        now = State(self.store.finding(f"EC-{number}").state)
        assert (now is before) if done is None else (done.before, done.after) == (before, now)
        if role.startswith(("supplier", "operator")) and now is not before:
            assert now not in BEYOND_SUPPLIERS
        self.world.bench.now += timedelta(minutes=1)

    @invariant()
    def the_chain_verifies_and_only_grows(self) -> None:
        if hasattr(self, "store"):
            count = self.store.verify_chain()
            assert count >= self.events
            self.events = count

    @invariant()
    def nothing_is_closed_without_what_closes_it(self) -> None:
        if not hasattr(self, "store"):
            return
        for row in self.store.findings():
            state = State(row.state)
            last = [event for event in self.store.events(row.fingerprint) if event.from_state != event.to_state][-1]
            assert last.to_state == state
            if state in CLOSED:
                assert last.why in CLOSING[state]
            if state is State.VERIFIED_FIXED:
                self._proven(last)

    def _proven(self, event: EventRow) -> None:
        before, after = event.proof["before"], event.proof["after"]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert event.proof["identity"]
        assert before["evidence"]
        assert after["evidence"]
        assert before["scan"] < after["scan"]

    @invariant()
    def counts_add_up_and_nothing_disappears(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.store.findings()
        refs = {row.ref for row in rows}
        assert refs >= self.seen
        self.seen = refs
        counts = Counter(row.state for row in rows)
        from scanner.store.finding_list import Filter

        paged = {state: self.store.people.page(Filter(states=(state.value,))).total for state in State}
        assert {state: paged[State(state)] for state in counts} == dict(counts)
        assert sum(paged.values()) == len(rows)


class LongLife(Life):
    """Many more of them."""


SETTINGS = settings(
    max_examples=6,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Life.TestCase.settings = SETTINGS
LongLife.TestCase.settings = settings(SETTINGS, max_examples=40)
TestLife = Life.TestCase
TestLongLife = pytest.mark.soak(LongLife.TestCase)
