"""Two columns on a terminal: nothing is cut off, nothing of a target steers the terminal."""

import pytest

from scanner.cli.side_by_side import columns


@pytest.mark.parametrize("width", [20, 60, 100, 500])
def test_every_word_of_both_sides_is_there(width: int) -> None:
    left = ["fail", " ".join(f"left{n}" for n in range(30))]
    right = ["pass", " ".join(f"right{n}" for n in range(40))]
    lines = list(columns(("before", left), ("after", right), ("outcome", "observed"), width))
    told = " ".join(lines).split()
    assert {word for text in (*left, *right, "before after outcome observed") for word in text.split()} <= set(told)
    assert max(map(len, lines)) <= max(60, min(width, 160))
    assert lines[1].split() == ["outcome", "fail", "pass"]


def test_what_a_target_sends_steers_no_terminal() -> None:
    lines = list(columns(("a", ["\x1b[2Jx"]), ("b", ["y"]), ("t",), 80))
    assert all(line.isprintable() for line in lines)
