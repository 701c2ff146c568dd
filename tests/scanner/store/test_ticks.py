"""Time in the record: what is over reopens, what nobody judges is shown apart and still counts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checks.finding import Member, Outcome, Severity
from checks.lifecycle import State
from checks.statements import Action
from scanner.store.store import open_store
from tests.scanner.store.people_world import UNTIL, World, clocked
from tests.scanner.store.world import CHECK, asset, gone, run

FAIL, PASS = run(Outcome.FAIL), run(Outcome.PASS)
RANKS = {CHECK: Severity.HIGH.rank}


@pytest.fixture
def world(tmp_path: Path):  # noqa: ANN201 (a generator of World)
    with open_store(str(tmp_path / "record.db")) as store:
        made = World(*clocked(store)).people()
        _scan(made, FAIL)
        yield made


def _scan(world: World, *runs: object, name: str = "web", options: dict[str, str] | None = None, **more: object) -> int:
    owned = replace(asset(name), supplier="acme")
    number = world.bench.begin(name, assets=(owned,), options=options or {})
    world.bench.save(number, name, *runs, asset=owned, **more)  # type: ignore[arg-type]  # a table of arguments
    world.bench.end(number)
    return number


def _ticked(world: World) -> list[tuple[str, str, str]]:
    return [(one.ref, one.after.value, one.why) for one in world.store.people.tick(RANKS)]


def _accepted(world: World) -> None:
    world.ask()
    world.answer("accreditor")


def test_an_acceptance_ends_on_its_last_day(world: World) -> None:
    _accepted(world)
    assert _ticked(world) == []
    world.bench.now += timedelta(days=40)
    assert _ticked(world) == [("EC-0001", "OPEN", "acceptance expired")]
    assert _ticked(world) == []
    event = world.store.events(world.store.finding("1").fingerprint)[-1]
    assert (event.actor, event.role) == ("estatecheck", "system")
    assert event.proof["found"] == {"until": UNTIL.isoformat(), "severity": "high", "exploited": False, "assets": 1}
    world.store.verify_chain()


def test_an_acceptance_ends_when_it_is_listed_as_exploited(world: World) -> None:
    _accepted(world)
    _scan(world, replace(FAIL, members=(Member("CVE-2026-1", "FIX_AVAILABLE", None, {"kev": "2026-03-05"}),)))
    assert _ticked(world) == [("EC-0001", "OPEN", "listed as exploited")]


def test_an_acceptance_ends_when_it_is_rated_higher(world: World) -> None:
    _accepted(world)
    _scan(world, replace(FAIL, severity=Severity.CRITICAL))
    assert _ticked(world) == [("EC-0001", "OPEN", "risk is higher than accepted")]


def test_an_acceptance_is_for_so_many_assets(world: World) -> None:
    _accepted(world)
    _scan(world, FAIL, name="db")
    assert _ticked(world) == [("EC-0001", "OPEN", "more assets than accepted")]


def test_a_review_that_nobody_made_and_a_request_that_nobody_answered(world: World) -> None:
    world.say("assessor", Action.MITIGATE, until=UNTIL)
    world.bench.now += timedelta(days=40)
    assert _ticked(world) == [("EC-0001", "OPEN", "review date passed")]
    world.say("supplier:acme", Action.PROPOSE_FALSE_POSITIVE)
    world.bench.now += timedelta(days=31)
    assert _ticked(world) == [("EC-0001", "OPEN", "request timed out")]


def test_three_scans_that_do_not_judge_it_make_it_stale_and_a_fail_makes_it_open(world: World) -> None:
    lost = {key: value for key, value in gone().items() if key != "who"}
    for _ in range(2):
        _scan(world, **lost)
    assert _ticked(world) == []
    _scan(world, options={"limit": "db"}, **lost)
    _scan(world, options={"check": "x*"}, **lost)
    assert _ticked(world) == [], "scans of a part of the estate do not count"
    _scan(world, **lost)
    assert _ticked(world) == [("EC-0001", "STALE", "not assessed for long")]
    world.store.verify_chain()
    _scan(world, FAIL)
    assert world.state() is State.OPEN


def test_a_pass_that_proves_nothing_is_a_judgement_and_a_gap_beside_a_fail_is_none(world: World) -> None:
    for _ in range(3):
        _scan(world, PASS, answers=())
    assert world.state() is State.OPEN
    assert _ticked(world) == []
    from checks.finding import Subject

    other, gap = run(Outcome.FAIL, subject=Subject("mount", "/")), run(Outcome.NOT_ASSESSED)
    for _ in range(3):
        _scan(world, other, gap)
    assert ("EC-0001", "STALE", "not assessed for long") in _ticked(world)
