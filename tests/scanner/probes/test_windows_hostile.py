"""Whatever a section's data is: a fact of the right type, unreadable, or not there. Never another exception."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.asset import Asset, Connection
from inventory.facts.table import FACTS
from scanner.probes.windows import WINDOWS
from scanner.probes.windows.reading import Data, clean
from scanner.query import Answer, NotHere, Unreadable

ASSET = Asset("pc-7", Connection("winrm", "192.0.2.7"))
CASES = Path(__file__).parent / "windows"
BY_NAME = {probe.name: probe for probe in WINDOWS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
ODD = st.one_of(
    JSON,
    st.just(-1),
    st.just(2**70),
    st.just({"value": [], "Count": 0}),
    st.just([[]]),
    st.just("2026-99-99T99:99:99Z"),
    st.just("x" * 10_000),
    st.just("\u202e\x00\x1b[31m"),
)


def fact(name: str, data: object) -> object:
    answer = Answer(name, json.dumps(data).encode(), 0, asked_at=1.0, answered_at=2.0)
    try:
        return BY_NAME[name].parse(ASSET, [answer])
    except (Unreadable, NotHere) as said:
        return said


def accepted(name: str, found: object) -> bool:
    return isinstance(found, (FACTS[name], Unreadable, NotHere))


def places(told: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 (JSON)
    """Where in the data something stands."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def replaced(told: Any, path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 (JSON)
    if not path:
        return value
    copy = dict(told) if isinstance(told, dict) else list(told)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("name", sorted(BY_NAME))
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_any_json_is_a_fact_or_unreadable(name: str, data: st.DataObject) -> None:
    assert accepted(name, fact(name, data.draw(JSON)))


@pytest.mark.parametrize("name", sorted(BY_NAME))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_recorded_data_with_an_odd_value_is_a_fact_or_unreadable(name: str, data: st.DataObject) -> None:
    told = json.loads(
        (CASES / name / data.draw(st.sampled_from(["laptop-11-23h2", "server-2022-dc"])) / "answer.txt").read_text()
    )
    path = data.draw(st.sampled_from(places(told)))
    assert accepted(name, fact(name, replaced(told, path, data.draw(ODD))))


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_empty_data_proves_nothing(name: str) -> None:
    """A section that said nothing at all has no fact in which something is said to be off, or not there."""
    found = fact(name, {})
    assert accepted(name, found)
    if isinstance(found, Unreadable | NotHere):
        assert isinstance(found, Unreadable)
        return
    said = [getattr(found, field) for field in type(found).__dataclass_fields__]  # type: ignore[attr-defined]
    assert all(value in (None, "", (), "unknown", "local") for value in said), found


@pytest.mark.parametrize("raw", [b"", b"[]", b"1", b"\xff", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_object_is_unreadable(raw: bytes) -> None:
    for name, probe in BY_NAME.items():
        with pytest.raises(Unreadable):
            probe.parse(ASSET, [Answer(name, raw, 0)])


def test_texts_are_printable_and_bounded() -> None:
    assert clean("a\u202eb\x1b[31mc\td\ne") == "ab[31mc d e"
    assert len(clean("x" * 10_000)) == 4096


def test_a_list_of_one_and_a_wrapped_list_are_lists() -> None:
    one = Data({"rows": {"a": 1}, "texts": "x", "wrapped": {"value": [{"a": 1}], "Count": 1}})
    assert [row.number("a") for row in one.needed_rows("rows")] == [1]
    assert one.texts("texts") == ("x",)
    assert [row.number("a") for row in one.needed_rows("wrapped")] == [1]


@pytest.mark.parametrize(("told", "expected"), [({}, None), ({"a": None}, -1), ({"a": 0}, 0), ({"a": "7"}, 7)])
def test_not_read_and_not_set_stay_apart(told: dict[str, Any], expected: int | None) -> None:
    assert Data(told).setting("a") == expected


def test_a_clock_is_held_against_the_time_in_which_it_was_asked() -> None:
    told = {"registry": {}, "lines": [], "now": "2026-11-23T04:00:00Z"}
    at = 1_795_406_400.0

    def skew(asked: float, answered: float) -> float | None:
        answer = Answer("windows_time", json.dumps(told).encode(), 0, asked_at=asked, answered_at=answered)
        return BY_NAME["windows_time"].parse(ASSET, [answer]).skew_seconds  # type: ignore[no-any-return]

    assert skew(at - 5, at + 5) == 0
    assert skew(at + 100, at + 110) == 99
    assert skew(at - 110, at - 100) == 100
    assert skew(0.0, 0.0) is None
