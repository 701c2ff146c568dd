"""YAML with positions, and stricter than YAML."""

import pytest

from checks.document import Block, Fault, Items, nearest, only, read


def test_values_and_the_lines_they_stand_on() -> None:
    items = read("- a: 1\n  b: [x, true, null, 2.5]\n- c\n")
    assert isinstance(items, Items)
    block = items[0]
    assert isinstance(block, Block)
    assert block == {"a": 1, "b": ["x", True, None, 2.5]}
    assert (items.lines, block.line, block.at("b"), block.at("not there")) == ([1, 3], 1, 2, 1)
    assert read("") is None


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' is here twice"),
        ("a: 1\nb: no\n", 2, "'no' is read as bool by YAML"),
        ("a: on\n", 1, "'on' is read as bool"),
        ("a: True\n", 1, "'True' is read as bool"),
        ("mode: 0640\n", 1, "'0640' is read as int"),
        ("a: 1_000\n", 1, "'1_000' is read as int"),
        ("a: 1:30\n", 1, "'1:30' is read as int"),
        ("a: 2026-01-01\n", 1, "is read as timestamp"),
        ("a: !!python/name:os.system x\n", 1, "is read as"),
        ("? [a]\n: 1\n", 1, "a key must be a word"),
        ("a: 1\n b: 2\n", 2, "not readable as YAML"),
        ("a: *missing\n", 1, "not readable as YAML"),
        ("a: \x07\n", 1, "not readable as YAML"),
    ],
)
def test_what_would_silently_become_something_else_is_refused(text: str, line: int, what: str) -> None:
    with pytest.raises(Fault) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.line == line


def test_a_key_that_nobody_reads_is_named_with_its_line() -> None:
    with pytest.raises(Fault, match=r'unknown key "colr"; did you mean "color"\?') as caught:
        only(read("size: 1\ncolr: red\n"), ("size", "color"))
    assert caught.value.line == 2


def test_nearest_is_silent_when_nothing_is_near() -> None:
    assert nearest("xyz", ["alpha", "beta"]) == ""
