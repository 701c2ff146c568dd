"""What people decide, in the record: signed, chained, moved once, and noticed when it is forged."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from checks.finding import Outcome, Severity
from checks.lifecycle import State, canonical, event_hash
from checks.statements import Action
from inventory.estate import Area, Estate
from inventory.responsibility import Layer, Responsibility
from scanner.service.decide import Desk, Word, settle
from scanner.service.roles import Holder, admit, one_key, revoke
from scanner.service.signing import SigningError
from scanner.store.decisions import Refused
from scanner.store.finding_list import Filter, Rows
from scanner.store.records import StoreError
from scanner.store.store import Store
from tests.scanner.store.people_world import UNTIL, World, clocked, signer, written
from tests.scanner.store.world import asset, gone, identity, run

FAIL, PASS = run(Outcome.FAIL), run(Outcome.PASS)


@pytest.fixture
def world(store: Store) -> World:
    made = World(*clocked(store)).people()
    _scan(made, FAIL)
    return made


def _scan(world: World, *runs: object, **changes: object) -> None:
    owned = replace(asset("web"), supplier="acme", area="a1")
    number = world.bench.begin("web", assets=(owned,))
    world.bench.save(number, "web", *runs, asset=owned, **changes)  # type: ignore[arg-type]  # a table of arguments
    world.bench.end(number)


def test_a_claim_is_signed_chained_and_proven(world: World) -> None:
    done = world.claim("supplier:acme")
    assert (done.before, done.after, done.already) == (State.OPEN, State.CLAIMED_FIXED, False)
    event = world.store.events(world.store.finding("1").fingerprint)[-1]
    assert (event.actor, event.role, event.why, event.episode) == ("Acme Ltd", "supplier:acme", "claimed fixed", 1)
    said = event.proof["statement"]
    assert isinstance(said, dict)
    assert (said["action"], said["ref"], said["reason"], said["reference"]) == ("claim", "EC-0001", "because", "CHG-7")
    world.store.verify_chain()
    _scan(world, PASS)
    assert world.state() is State.VERIFIED_FIXED
    world.store.verify_chain()


def test_a_claim_that_a_scan_contradicts_is_rejected(world: World) -> None:
    world.claim()
    _scan(world, FAIL)
    assert world.state() is State.OPEN
    assert [e.why for e in world.store.events(world.store.finding("1").fingerprint)][-1] == "claim rejected"


def test_an_acceptance_takes_two_people_and_freezes_its_scope(world: World) -> None:
    world.ask()
    with pytest.raises(Refused, match="may not accept the risk: that is for accreditor"):
        world.answer("operator")
    done = world.answer("accreditor")
    assert done.after is State.RISK_ACCEPTED
    said = world.store.events(world.store.finding("1").fingerprint)[-1].proof["statement"]
    assert isinstance(said, dict)
    scope = said["more"]["scope"]
    assert (scope["severity"], scope["assets"], scope["exploited"]) == ("high", 1, False)
    assert len(scope["evidence"]) == 1
    assert said["until"] == UNTIL.isoformat()
    _scan(world, FAIL)
    assert world.state() is State.RISK_ACCEPTED
    world.store.verify_chain()


def test_a_refused_request_is_open_again(world: World) -> None:
    world.ask()
    assert world.answer("accreditor", grant=False).after is State.OPEN
    world.say("supplier:acme", Action.PROPOSE_FALSE_POSITIVE)
    with pytest.raises(Refused, match="may not refuse a request"):
        world.answer("accreditor", grant=False)
    assert world.answer("assessor").after is State.FALSE_POSITIVE
    with pytest.raises(Refused, match="nobody waits"):
        world.answer("assessor")
    world.store.verify_chain()


def test_one_person_with_two_keys_cannot_grant_his_own_request(world: World) -> None:
    second = signer()
    admit(world.store.people, world.record, second.public_pem, Holder("accreditor", "o.  perator"), None)
    world.keys["accreditor"] = second
    world.ask()
    with pytest.raises(Refused, match="asked for this"):
        world.answer("accreditor")


def test_a_mitigated_finding_goes_on_failing(world: World, tmp_path: Path) -> None:
    rules = written(tmp_path / "rules.txt", "deny 22")
    world.say("assessor", Action.MITIGATE, until=UNTIL, files=(rules,))
    _scan(world, FAIL)
    assert world.state() is State.MITIGATED
    _scan(world, replace(FAIL, check_version=2))
    assert world.state() is State.OPEN
    world.say("assessor", Action.MITIGATE, until=UNTIL)
    _scan(world, replace(FAIL, check_version=2, severity=Severity.LOW))
    assert world.state() is State.MITIGATED
    _scan(world, replace(FAIL, check_version=2, severity=Severity.HIGH))
    assert world.state() is State.OPEN


def test_files_are_kept_by_their_hash_and_survive_a_purge(world: World, tmp_path: Path) -> None:
    rules = written(tmp_path / "rules.txt", "deny 22")
    world.say("assessor", Action.MITIGATE, until=UNTIL, files=(rules,))
    [digest] = world.store.events(world.store.finding("1").fingerprint)[-1].proof["statement"]["evidence"]  # type: ignore[index]
    assert world.store.blob(digest) == b"deny 22"
    for _ in range(3):
        _scan(world, FAIL)
    world.store.purge(keep_scans=1)
    assert world.store.blob(digest) == b"deny 22"


def test_a_pause_is_granted_by_the_other_side(world: World) -> None:
    more = {"step": "asked", "ground": "no-vendor-fix", "from": "2026-03-03"}
    world.say("supplier:acme", Action.PAUSE_CLOCK, until=UNTIL, more=more)
    with pytest.raises(Refused, match="other side"):
        world.answer("operator")
    with pytest.raises(Refused, match="already"):
        world.say("operator", Action.PAUSE_CLOCK, until=UNTIL, more=more)
    done = world.answer("owner")
    assert (done.before, done.after, done.why) == (State.OPEN, State.OPEN, "clock paused")
    assert world.store.people.case(1).paused
    world.say("supplier:acme", Action.RESUME_CLOCK)
    assert not world.store.people.case(1).paused
    world.store.verify_chain()


def test_out_of_service_takes_two_people_and_an_asset_that_is_gone(world: World) -> None:
    with pytest.raises(Refused, match="did not reach it"):
        world.say("owner", Action.OUT_OF_SERVICE, more={"step": "asked"})
    for _ in range(3):
        _scan(world, **{k: v for k, v in gone().items() if k != "who"})
    with pytest.raises(Refused, match="may not put the asset out of service"):
        world.say("assessor", Action.OUT_OF_SERVICE, more={"step": "asked"})
    world.say("owner", Action.OUT_OF_SERVICE, more={"step": "asked"})
    with pytest.raises(Refused, match="asked for this"):
        world.answer("owner")
    assert world.answer("assessor").after is State.OUT_OF_SERVICE
    world.store.verify_chain()
    _scan(world, FAIL)
    assert world.state() is State.OPEN


def test_a_stranger_a_wrong_role_and_another_supplier_are_refused(world: World) -> None:
    with pytest.raises(Refused, match="never admitted"):
        Desk(world.store, signer()).say("1", Word(Action.CLAIM, "x", "y"))
    with pytest.raises(Refused, match="--as accreditor: the key is that of"):
        Desk(world.store, world.keys["operator"], "accreditor").say("1", Word(Action.CLAIM, "x", "y"))
    with pytest.raises(Refused, match="signs for no person"):
        Desk(world.store, world.record).say("1", Word(Action.CLAIM, "x", "y"))
    with pytest.raises(Refused, match="its supplier is acme"):
        world.claim("supplier:bolt")
    assert world.state() is State.OPEN


def test_after_a_handover_the_new_supplier_claims_and_the_old_one_is_refused(world: World) -> None:
    """Responsibility is dated; the machine's own `supplier`, which has no dates, counts only without any."""
    passed = Responsibility("r1", "bolt", world.bench.now.date(), layers=(Layer.OS,), groups=("all",))
    owned = replace(asset("web"), supplier="acme", area="a1", groups=("all",))
    estate = Estate("Northmoor Justice", (owned,), areas={"a1": Area("a1", "Northmoor")}, responsibilities=(passed,))
    number = world.bench.begin("web", assets=(owned,), estate=estate)
    world.bench.save(number, "web", FAIL, asset=owned)
    world.bench.end(number)
    assert world.claim("supplier:bolt").after is State.CLAIMED_FIXED
    kept = replace(passed, layers=tuple(Layer))
    number = world.bench.begin("web", assets=(owned,), estate=replace(estate, responsibilities=(kept,)))
    world.bench.save(number, "web", FAIL, asset=owned)
    world.bench.end(number)
    with pytest.raises(Refused, match="its supplier is bolt"):
        world.claim("supplier:acme")


def test_a_changed_statement_and_a_late_one_are_refused(world: World) -> None:
    row = world.store.finding("1")
    signed = world.desk("operator").signed(row, Word(Action.CLAIM, "x", "y"))
    other = replace(signed, statement=replace(signed.statement, reason="z"))
    with pytest.raises(Refused, match="does not hold"):
        world.store.people.decide(1, other)
    with pytest.raises(Refused, match="is OPEN by now, no longer STALE"):
        world.store.people.decide(1, signed, State.STALE)
    _scan(world, FAIL)
    with pytest.raises(Refused, match="still failed"):
        world.store.people.decide(1, signed)


def test_the_same_statement_twice_changes_nothing(world: World) -> None:
    signed = world.desk("operator").signed(world.store.finding("1"), Word(Action.CLAIM, "x", "y"))
    world.store.people.decide(1, signed)
    before = world.store.verify_chain()
    assert world.store.people.decide(1, signed).already
    assert world.store.verify_chain() == before


def test_a_regression_ends_what_was_said_before(world: World) -> None:
    signed = world.desk("operator").signed(world.store.finding("1"), Word(Action.CLAIM, "x", "y"))
    _scan(world, PASS)
    _scan(world, FAIL)
    with pytest.raises(Refused, match="episode 1 of EC-0001, which is in episode 2"):
        world.store.people.decide(1, signed)


def test_a_named_tester_closes_what_a_tool_or_a_person_reported(world: World, tmp_path: Path) -> None:
    _scan(world, run(Outcome.FAIL, "import.manual.weak-door"))
    shown = written(tmp_path / "retest.txt", "the door holds")
    with pytest.raises(Refused, match="only a scan"):
        world.say("tester", Action.RETEST, more={"result": "passed"}, files=(shown,))
    with pytest.raises(Refused, match="shows its evidence"):
        world.say("tester", Action.RETEST, "EC-0002", more={"result": "passed"})
    world.say("supplier:acme", Action.CLAIM, "EC-0002")
    assert (
        world.say("tester", Action.RETEST, "EC-0002", more={"result": "failed"}, files=(shown,)).why == "claim rejected"
    )
    done = world.say("tester", Action.RETEST, "EC-0002", more={"result": "passed"}, files=(shown,))
    assert (done.after, done.why) == (State.VERIFIED_FIXED, "retested and fixed")
    world.store.verify_chain()


def test_a_page_holds_what_fits(world: World) -> None:
    _scan(world, run(Outcome.FAIL, "import.manual.100%_sure"))
    page = world.store.people.page
    assert [row.ref for row in page(Filter(supplier="acme", area="")).rows] == ["EC-0001", "EC-0002"]
    assert page(Filter(supplier="bolt")).total == 0
    assert [row.ref for row in page(Filter(text="100%_S")).rows] == ["EC-0002"]
    assert page(Filter(text="0__s")).total == 0
    assert page(Filter(severities=(Severity.LOW,), ranks={FAIL.check_id: Severity.LOW.rank})).total == 1
    assert (page(Filter(), 1, 1).total, page(Filter(), 1, 9)) == (2, Rows((), 2))


# keys


def test_only_the_records_key_admits_and_one_key_has_one_role(world: World) -> None:
    people = world.store.people
    with pytest.raises(StoreError, match="not the record's own"):
        admit(people, signer(), signer().public_pem, Holder("owner", "M. Allory"), None)
    with pytest.raises(StoreError, match="one key, one role"):
        admit(people, world.record, world.keys["operator"].public_pem, Holder("accreditor", "O. Perator"), None)
    with pytest.raises(StoreError, match="there is no role"):
        admit(people, world.record, signer().public_pem, Holder("admin", "X"), None)
    with pytest.raises(StoreError, match="32 characters at most"):
        admit(people, world.record, signer().public_pem, Holder("supplier:" + "x" * 24, "X"), None)
    with pytest.raises(SigningError, match="key of his own"):
        admit(people, world.record, world.record.public_pem, Holder("owner", "X"), None)


def test_a_revoked_key_signs_no_more_and_what_it_signed_stays(world: World) -> None:
    world.claim()
    world.bench.now += timedelta(hours=1)
    key = one_key(world.store.people, world.keys["operator"].key_id[:12])
    revoke(world.store.people, world.record, key.key_id, "left")
    with pytest.raises(Refused, match="was revoked on"):
        world.say("operator", Action.WITHDRAW_CLAIM)
    with pytest.raises(StoreError, match="revoked already"):
        revoke(world.store.people, world.record, key.key_id, "again")
    world.store.verify_chain()


def test_a_key_for_some_days_ends(world: World) -> None:
    short = signer()
    admit(world.store.people, world.record, short.public_pem, Holder("operator", "T. Emp"), 3)
    world.bench.now += timedelta(days=4)
    with pytest.raises(Refused, match="was good until"):
        Desk(world.store, short).say("1", Word(Action.CLAIM, "x", "y"))


# forgeries: whoever holds the database rebuilds the chain, and still cannot sign


def _rewritten(store: Store, change: Callable[[int, dict[str, object], dict[str, object]], None]) -> None:
    """Every event again as ``change`` makes it, with a chain that fits, as an attacker would write it."""
    with store._database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_no_update")
        rows = connection.execute(text("SELECT * FROM event ORDER BY seq")).mappings().all()
        previous = "0" * 64
        for row in rows:
            content = {k: v for k, v in row.items() if k not in ("previous", "hash")}
            proof = json.loads(row["proof"])
            change(row["seq"], content, proof)
            content["proof"] = canonical(proof).decode()
            at = str(content["at"]).replace(" ", "T").removesuffix(".000000") + "+00:00"
            link = event_hash(previous, {**content, "at": at})
            values = {**content, "previous": previous, "hash": link}
            connection.execute(
                text(
                    "UPDATE event SET actor=:actor, role=:role, from_state=:from_state, to_state=:to_state,"
                    " proof=:proof, previous=:previous, hash=:hash WHERE seq=:seq"
                ),
                values,
            )
            previous = link


def _last(change: Callable[[dict[str, object], dict[str, object]], None]) -> Callable[..., None]:
    def only(seq: int, content: dict[str, object], proof: dict[str, object]) -> None:
        if proof.get("why") == "claimed fixed":
            change(content, proof)

    return only


def _without(_: dict[str, object], proof: dict[str, object]) -> None:
    del proof["signature"]


def _other_reason(_: dict[str, object], proof: dict[str, object]) -> None:
    proof["statement"]["reason"] = "something else"  # type: ignore[index]  # a statement


def _other_actor(content: dict[str, object], _: dict[str, object]) -> None:
    content["actor"] = "Somebody"


def _by_system(content: dict[str, object], proof: dict[str, object]) -> None:
    content["role"] = "system"
    del proof["statement"]


def _closed(content: dict[str, object], _: dict[str, object]) -> None:
    content["to_state"] = "FALSE_POSITIVE"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(_without, "bears no signature", id="no signature"),
        pytest.param(_other_reason, "signature does not hold", id="another statement"),
        pytest.param(_other_actor, "something else than what was signed", id="another actor"),
        pytest.param(_by_system, "only a person may lead", id="said to be the system's"),
        pytest.param(_closed, "does not lead from OPEN to FALSE_POSITIVE", id="led elsewhere"),
    ],
)
def test_a_forged_event_is_named(
    tmp_path: Path, change: Callable[[dict[str, object], dict[str, object]], None], why: str
) -> None:
    from scanner.store.store import open_store

    with open_store(str(tmp_path / "record.db")) as store:
        world = World(*clocked(store)).people()
        _scan(world, FAIL)
        done = world.claim()
        _rewritten(store, lambda *_: None)
        store.verify_chain()
        _rewritten(store, _last(change))
        with pytest.raises(StoreError, match=why) as caught:
            store.verify_chain()
        assert f"event {done.seq} " in str(caught.value)


def test_a_key_slipped_into_the_registry_is_noticed(world: World) -> None:
    if world.store._database.file is None:
        pytest.skip("the same on a server, with other words for the triggers")
    with world.store._database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER role_key_no_update")
        connection.exec_driver_sql("UPDATE role_key SET role = 'accreditor' WHERE role = 'operator'")
    with pytest.raises(StoreError, match="registry of keys"):
        world.store.verify_chain()


def test_keys_and_files_cannot_be_changed_or_deleted(world: World) -> None:
    for words in ("UPDATE role_key SET name = 'x'", "DELETE FROM role_key", "DELETE FROM event"):
        with pytest.raises(StoreError, match="never changed or deleted"), world.store._database.writing() as connection:
            connection.exec_driver_sql(words)


# machines


def test_an_identity_is_settled_by_a_signed_word(world: World) -> None:
    _scan(world, PASS, who=identity("new hardware"))
    assert "another machine" in world.store.people.machine("web").machine.note
    with pytest.raises(Refused, match="may not accept the asset's identity"):
        settle(world.desk("operator"), "web", "looked at it")
    uid = settle(world.desk("owner"), "web", "mainboard replaced, INC-7")
    assert world.store.people.machine(uid[:10]).machine.note == ""
    assert world.store.people.machines(in_doubt=True) == ()
    with pytest.raises(StoreError, match="not in doubt"):
        settle(world.desk("owner"), "web", "again")
    world.store.verify_chain()
    _scan(world, PASS, who=identity("new hardware"))
    assert world.state() is State.VERIFIED_FIXED
