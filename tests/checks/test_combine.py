"""Vantage points, parts and parents: tables, and every second against the rule."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.combine import behind, needed, reach, redundant, vantages
from checks.serviceability import Condition, Standing, serviceability, standing
from inventory.facts.availability import Interval, State

UP, SLOW, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
Series = list[Interval]


def const(state: State) -> Series:
    return [Interval(0, 10, state, "why" if state is DOWN else "")]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (UP, UP, UP),
        (UP, DOWN, SLOW),
        (UP, UNKNOWN, UP),
        (UP, SLOW, SLOW),
        (SLOW, UNKNOWN, SLOW),
        (DOWN, DOWN, DOWN),
        (DOWN, UNKNOWN, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_two_vantage_points(first: State, second: State, together: State) -> None:
    assert [one.state for one in vantages({"a": const(first), "b": const(second)})] == [together]
    assert [one.state for one in vantages({"a": const(second), "b": const(first)})] == [together]


def test_the_reason_names_the_place() -> None:
    assert vantages({"a": const(UP), "b": const(DOWN)})[0].reason == "down from b only"
    assert "nobody else could look" in vantages({"a": const(UNKNOWN), "b": const(DOWN)})[0].reason
    assert vantages({"a": const(DOWN), "b": const(DOWN)})[0].reason == "why"


def test_one_vantage_point_is_believed_and_two_of_three_are_enough() -> None:
    assert vantages({"a": const(DOWN)})[0].state is DOWN
    assert vantages({"a": const(DOWN), "b": const(DOWN), "c": const(UNKNOWN)})[0].state is DOWN
    assert redundant({"a": const(DOWN), "b": const(DOWN), "c": const(UNKNOWN)})[0].state is UNKNOWN


@pytest.mark.parametrize(
    ("states", "together"),
    [((UP, UP), UP), ((UP, SLOW), SLOW), ((SLOW, UNKNOWN), UNKNOWN), ((UNKNOWN, DOWN), DOWN), ((UP, DOWN), DOWN)],
)
def test_parts_that_are_all_needed(states: tuple[State, State], together: State) -> None:
    found = needed({str(number): const(state) for number, state in enumerate(states)})
    assert [one.state for one in found] == [together]


def test_behind_a_parent_that_is_down_nobody_knows() -> None:
    child = [Interval(0, 4, UP), Interval(4, 10, DOWN, "refused")]
    parent = [Interval(0, 6, UP), Interval(6, 8, DOWN), Interval(8, 10, UP)]
    assert behind(child, {"gw": parent}) == (
        Interval(0, 4, UP),
        Interval(4, 6, DOWN, "refused"),
        Interval(6, 8, UNKNOWN, "unreachable: gw down"),
        Interval(8, 10, DOWN, "refused"),
    )
    two_ways = behind(child, {"gw": parent, "other": const(UP)})
    assert [one.state for one in two_ways] == [UP, DOWN]
    assert behind([Interval(0, 10, UP)], {"gw": const(DOWN)})[0].state is UP
    assert behind(child, {}) == tuple(child)


def test_reachable_from_19_of_21() -> None:
    states = {f"site {number:02}": UP for number in range(19)} | {"far": DOWN, "blind": UNKNOWN}
    found = reach(states)
    assert (len(found.reached), found.of, found.not_reached, found.blind) == (19, 21, ("far",), ("blind",))


@st.composite
def series(draw: st.DrawFn) -> Series:
    edges = sorted(draw(st.lists(st.integers(0, 60), min_size=2, max_size=8, unique=True)))
    return [
        Interval(float(a), float(b), draw(st.sampled_from([UP, SLOW, DOWN, UNKNOWN])))
        for a, b in pairwise(edges)
        if draw(st.integers(0, 4))
    ]


def at(intervals: Series, second: float) -> State:
    return next((one.state for one in intervals if one.start <= second < one.end), UNKNOWN)


def possible(seen: State) -> set[bool]:
    """Could it work, could it fail?"""
    return {True, False} if seen is UNKNOWN else {seen is not DOWN}


@settings(max_examples=75, deadline=None)
@given(st.lists(series(), min_size=2, max_size=4))
def test_every_second_contains_the_truth(many: list[Series]) -> None:
    """A known result never contradicts what the parts allow: all needed is AND, redundant is OR."""
    parts = {str(number): one for number, one in enumerate(many)}
    together, either = list(needed(parts)), list(redundant(parts))
    for half in range(120):
        second = half / 2
        seen = [possible(at(one, second)) for one in many]
        blind = {False, True} if any(len(one) == 2 for one in seen) else None
        both = {False} if {False} in seen else blind or {True}
        one_is_enough = {True} if {True} in seen else blind or {False}
        assert possible(at(together, second)) == both
        assert possible(at(either, second)) == one_is_enough
    for joined in (together, either):
        assert all(a.end <= b.start for a, b in pairwise(joined))
        assert all((a.end, a.state, a.reason) != (b.start, b.state, b.reason) for a, b in pairwise(joined))


YEAR = 365 * 86_400.0


@pytest.mark.parametrize(
    ("intervals", "condition", "age", "never"),
    [
        ([Interval(0, YEAR, UP)], Condition.IN_SERVICE, 0, False),
        ([Interval(0, YEAR - 300, SLOW)], Condition.IN_SERVICE, 0, False),
        ([Interval(0, YEAR - 301, UP)], Condition.UNSEEN, 301, False),
        ([Interval(0, 100, UP), Interval(100, YEAR, DOWN)], Condition.UNUSABLE, YEAR - 100, False),
        ([Interval(0, 100, UP), Interval(100, 200, DOWN)], Condition.UNUSABLE, YEAR - 100, False),
        ([Interval(0, 9, UP), Interval(9, 20, DOWN), Interval(20, YEAR, UNKNOWN)], Condition.UNUSABLE, YEAR - 9, False),
        ([Interval(0, 9, DOWN), Interval(9, 20, UP), Interval(20, YEAR, UNKNOWN)], Condition.UNSEEN, YEAR - 20, False),
        ([Interval(50, YEAR, DOWN)], Condition.UNUSABLE, YEAR - 10, True),
        ([], Condition.UNSEEN, YEAR - 10, True),
    ],
)
def test_how_long_a_device_has_been_out_of_service(
    intervals: Series, condition: Condition, age: float, never: bool
) -> None:
    found = standing("d", intervals, 10.0, YEAR, 300.0)
    assert (found.condition, found.age, found.never_worked) == (condition, age, never)


def test_a_year_out_of_order_does_not_hide_in_an_average() -> None:
    one = [Standing(f"d{number}", Condition.UNUSABLE, 0.0, age) for number, age in enumerate([YEAR, 60.0, 3600.0])]
    fine = [Standing(f"ok{number}", Condition.IN_SERVICE, None, 0.0) for number in range(997)]
    found = serviceability([*one, *fine])
    assert (found.devices, found.in_service, found.unusable, found.unseen) == (1000, 997, 3, 0)
    assert (found.p50, found.p95) == (3600.0, YEAR)
    assert found.longest
    assert found.longest.device == "d0"
    nobody = serviceability(fine)
    assert (nobody.p50, nobody.longest) == (None, None)
