"""Limits of decisions as the inventory sets them: kept with the scan, and in force until the next one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checks.decision_limits import BadLimits, as_text, from_text
from checks.decision_model import DEFAULT_LIMITS, Limits
from checks.finding import Outcome
from checks.lifecycle import State
from checks.statements import Action
from inventory.policy import DecisionLimits, Policy
from scanner.service.policies import LIMITS, in_force, limits
from scanner.store.decisions import Refused
from scanner.store.records import StoreError
from scanner.store.store import open_store
from tests.scanner.store.people_world import UNTIL, World, clocked
from tests.scanner.store.world import asset, gone, run

FAIL, GAP = run(Outcome.FAIL), run(Outcome.NOT_ASSESSED)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_store(str(tmp_path / "record.db")) as store:
        yield World(*clocked(store)).people()


def _scan(world: World, said: DecisionLimits | None = None, *runs: object, **more: object) -> int:
    owned = replace(asset("web"), supplier="acme")
    number = world.bench.begin("web", assets=(owned,), policies=in_force(Policy(limits=said)), options={})
    world.bench.save(number, "web", *(runs or (FAIL,)), asset=owned, **more)  # type: ignore[arg-type]  # arguments
    world.bench.end(number)
    return number


def test_what_the_inventory_leaves_out_is_what_ships() -> None:
    assert limits(Policy()) == limits(Policy(limits=DecisionLimits())) == DEFAULT_LIMITS == Limits()
    said = DecisionLimits(1, 2, 3, 4, 5, 6, 7)
    assert limits(Policy(limits=said)) == Limits(1, 2, 3, 4, 5, 6, 7)


def test_limits_are_kept_with_the_scan_and_change_with_the_next(world: World) -> None:
    first = _scan(world, DecisionLimits(acceptance_days=20))
    assert from_text(world.store.scan(first).policies[LIMITS]) == Limits(acceptance_days=20)
    with pytest.raises(Refused, match="an acceptance lasts 20 days at most"):
        world.ask(until=UNTIL)
    _scan(world, DecisionLimits(acceptance_days=60))
    assert world.ask(until=UNTIL).after is State.ACCEPTANCE_REQUESTED
    assert from_text(world.store.scan(first).policies[LIMITS]) == Limits(acceptance_days=20)


def test_each_limit_is_held(world: World) -> None:
    _scan(world, DecisionLimits(review_days=5, pause_days=6, override_days=7))
    for role, action, more, days in (
        ("assessor", Action.MITIGATE, {}, 5),
        ("operator", Action.PAUSE_CLOCK, {"step": "asked", "ground": "force-majeure", "from": "2026-03-03"}, 6),
        ("assessor", Action.OVERRIDE_RISK, {"risk": "low"}, 7),
    ):
        with pytest.raises(Refused, match=f" lasts {days} days at most"):
            world.say(role, action, more=more, until=UNTIL)


def test_a_request_ends_and_a_finding_goes_stale_by_the_inventorys_numbers(world: World) -> None:
    _scan(world, DecisionLimits(request_days=2, stale_scans=1))
    world.ask()
    world.bench.now += timedelta(days=1)
    assert world.store.people.tick({}) == ()
    world.bench.now += timedelta(days=1)
    assert [one.why for one in world.store.people.tick({})] == ["request timed out"]
    _scan(world, DecisionLimits(stale_scans=1), GAP, **gone())
    assert [one.why for one in world.store.people.tick({})] == ["not assessed for long"]


def test_out_of_service_needs_as_many_visits_in_vain_as_the_inventory_says(world: World) -> None:
    _scan(world)
    _scan(world, None, GAP, **gone())
    asked = {"step": "asked"}
    with pytest.raises(Refused, match="3 in a row are needed"):
        world.say("owner", Action.OUT_OF_SERVICE, more=asked)
    _scan(world, DecisionLimits(unreachable_scans=2), GAP, **gone())
    world.say("owner", Action.OUT_OF_SERVICE, more=asked)


def test_a_record_without_a_scan_or_without_limits_has_those_that_ship(world: World) -> None:
    assert world.store.people.tick({}) == ()
    world.bench.scan("web", FAIL)
    assert world.ask().after is State.ACCEPTANCE_REQUESTED


@pytest.mark.parametrize("kept", ["{", "[]", '{"request_days": "30"}', '{"request_days": true}'])
def test_limits_that_were_kept_broken_are_said(world: World, kept: str) -> None:
    with pytest.raises(BadLimits):
        from_text(kept)
    world.bench.plan["policies"] = {LIMITS: kept}
    world.bench.scan("web", FAIL)
    with pytest.raises(StoreError, match="limits of decisions that were kept with the scan are not"):
        world.ask()


def test_a_number_of_another_version_is_passed_over() -> None:
    assert from_text('{"acceptance_days": 9, "of_later": "x"}') == Limits(acceptance_days=9)
    assert from_text(as_text(Limits(pause_days=1))) == Limits(pause_days=1)
