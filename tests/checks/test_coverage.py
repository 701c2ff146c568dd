"""How far the looking got: every grouping counts the same assets, and names what is lacking."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import coverage
from checks.coverage import GROUPINGS, Looked, Step
from inventory.estate import Area

AREAS = {
    "a": Area("a", "Ashmoor", users=100, budget=10),
    "b": Area("b", "Brindle", users=300, budget=40, sites=2),
    "c": Area("c", "Cobham", users=100, budget=50),
    "d": Area("d", "Dunwick"),
}
LOOKED = st.builds(
    Looked,
    uid=st.uuids().map(str),
    name=st.sampled_from(["one", "two", "three"]),
    step=st.sampled_from(Step),
    area=st.sampled_from(["a", "b", "c", "d", "", "unknown"]),
    service=st.sampled_from(["", "s", "t"]),
    supplier=st.sampled_from(["", "x", "y"]),
    kind=st.sampled_from(["server", "network"]),
    reason=st.sampled_from(["unreachable", "login refused", ""]),
    has_login=st.booleans(),
)


@given(st.lists(LOOKED, max_size=25))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_counts_add_up_whatever_they_are_grouped_by(assets: list[Looked]) -> None:
    whole = coverage.funnel(a.step for a in assets)
    for grouping in GROUPINGS:
        rows = coverage.table(assets, grouping, {"s": "Case File", "new": "New"}, AREAS)
        for step in Step:
            assert sum(row.steps[step] for row in rows) == whole[step]
        for row in rows:
            assert sum(len(short.names) for short in row.short) == row.known - row.steps[Step.FULLY_ASSESSED]
            assert list(row.steps.values()) == sorted(row.steps.values(), reverse=True)
            told = row.adoption
            assert {*told.operating, *told.dark} == set(told.adopted)
            assert not set(told.operating) & set(told.dark)
            for share in row.shares:
                assert all(0 <= part <= 1 for part in share.shares.values())


@given(st.lists(LOOKED, max_size=25), st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_looking_less_never_covers_more(assets: list[Looked], data: st.DataObject) -> None:
    less = [replace(a, step=data.draw(st.sampled_from(list(Step)[: a.step.rank + 1]))) for a in assets]
    for grouping in GROUPINGS:
        before = coverage.table(assets, grouping, {}, AREAS)
        after = coverage.table(less, grouping, {}, AREAS)
        for one, two in zip(before, after, strict=True):
            assert all(two.steps[step] <= one.steps[step] for step in Step)
            assert set(two.adoption.operating) <= set(one.adoption.operating)
            for share, lower in zip(one.shares, two.shares, strict=True):
                assert all(lower.shares[step] <= share.shares[step] for step in Step)


def at(area: str, step: Step, **more: str) -> Looked:
    made = Looked(f"{area}{step}", f"{area}-{step}", step, area=area, service="case", supplier="larkspur")
    return replace(made, **more)


ASSETS = (
    at("a", Step.FULLY_ASSESSED),
    at("a", Step.REACHED, reason="login refused"),
    at("b", Step.PRIVILEGED, reason="not every check could be judged"),
    at("c", Step.ATTEMPTED, reason="unreachable", service="print"),
)


def test_adoption_by_count_and_by_weight_side_by_side() -> None:
    case, printing = coverage.table(ASSETS, "service", {"case": "Case File", "print": "Printing"}, AREAS)
    told = case.adoption
    assert (told.areas, told.adopted, told.operating, told.dark) == (
        4,
        ("Ashmoor", "Brindle"),
        ("Ashmoor", "Brindle"),
        (),
    )
    assert told.by_weight == {
        "areas": Fraction(2, 4),
        "users": Fraction(400, 500),
        "budget": Fraction(50, 100),
        "sites": Fraction(1),
    }
    assert told.left_out == {
        "areas": (),
        "users": ("Dunwick",),
        "budget": ("Dunwick",),
        "sites": ("Ashmoor", "Cobham", "Dunwick"),
    }
    assert (printing.adoption.adopted, printing.adoption.dark) == (("Cobham",), ("Cobham",))
    assert printing.short == (coverage.Short("unreachable", ("c-attempted",)),)


def test_a_row_weighs_only_the_areas_in_which_it_is() -> None:
    (case, _) = coverage.table(ASSETS, "service", {}, AREAS)
    (areas, users, budget, _) = case.shares
    assert (areas.weight, areas.total, areas.shares[Step.LOGGED_IN]) == ("areas", 2, Fraction(3, 4))
    assert users.shares[Step.LOGGED_IN] == Fraction(100 * 1, 2 * 400) + Fraction(300, 400)
    assert budget.shares[Step.FULLY_ASSESSED] == Fraction(10, 2 * 50)


def test_every_area_stands_in_the_table_and_strangers_too() -> None:
    rows = coverage.table(
        (*ASSETS, at("", Step.KNOWN), at("zz", Step.KNOWN)), "area", {k: a.name for k, a in AREAS.items()}, AREAS
    )
    assert [row.name for row in rows] == ["Ashmoor", "Brindle", "Cobham", "Dunwick", "zz", "No area given"]
    assert [row.known for row in rows] == [2, 1, 1, 0, 1, 1]
    assert rows[3].share(Step.LOGGED_IN) is None


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ((False, False, False, False, False), Step.KNOWN),
        ((True, False, False, False, False), Step.ATTEMPTED),
        ((True, True, False, True, False), Step.REACHED),
        ((True, True, True, False, False), Step.LOGGED_IN),
        ((True, True, True, True, False), Step.PRIVILEGED),
        ((True, True, True, False, True), Step.FULLY_ASSESSED),
    ],
)
def test_the_furthest_step(said: tuple[bool, ...], step: Step) -> None:
    names = ("attempted", "reached", "logged_in", "privileged", "fully_assessed")
    assert coverage.furthest(**dict(zip(names, said, strict=True))) is step


def test_what_has_no_log_in_operates_when_it_was_reached() -> None:
    door = Looked("u", "door", Step.REACHED, area="a", has_login=False)
    assert door.operating
    assert not replace(door, has_login=True).operating
