"""SNMP answers as text: what is read back is what was written, and nothing in the text can break the reader."""

import pytest

from scanner.probes.network.varbinds import NO_SUCH_OBJECT, VarBind, VarBinds, read, write

ROWS = (
    VarBind("1.3.6.1.2.1.1.1.0", 4, b"Linux h 4.9.0 | with a bar"),
    VarBind("1.3.6.1.2.1.1.2.0", 6, b"1.3.6.1.4.1.8072.3.2.10"),
    VarBind("1.3.6.1.2.1.1.3.0", 67, b"4711"),
    VarBind("1.3.6.1.2.1.1.5.0", 4, b""),
    VarBind("1.3.6.1.2.1.1.6.0", 4, b"two\r\nlines \xff\x00"),
    VarBind("1.3.6.1.2.1.1.9.0", 2, b"-3"),
    VarBind("1.3.6.1.2.1.4.20.1.3", 64, b"255.255.255.0"),
    VarBind("1.3.6.1.2.1.4.21", 70, b"18446744073709551615"),
)


def test_what_is_written_is_read_back() -> None:
    assert tuple(read(write(ROWS))) == ROWS


def test_a_value_that_is_not_plain_ascii_is_written_in_hexadecimal() -> None:
    assert b"1.3.6.1.2.1.1.6.0|4x|74776f0d0a6c696e657320ff00\n" in write(ROWS)


def test_rows_below_an_oid_come_in_oid_order_and_not_from_its_neighbours() -> None:
    answered = read("1.3.10.1|2|1\n1.3.9.10|2|2\n1.3.9.2|2|3\n1.3.90.1|2|4\n1.3.9|2|5\n")
    assert [row.oid for row in answered.under("1.3.9")] == ["1.3.9.2", "1.3.9.10"]
    assert answered.under("1.4") == ()


def test_text_and_number() -> None:
    answered = read(b"1.1|4| Padded\0\0\n1.2|4x|e9\n1.3|65|12\n1.4|4|\n1.5|4|x12\n1.6|4x|c3a9\n")
    assert answered.text("1.1") == "Padded"
    assert (answered.text("1.2"), answered.text("1.6")) == ("é", "é")
    assert (answered.number("1.3"), answered.number("1.5"), answered.number("1.9")) == (12, None, None)
    assert answered.text("1.4") is None


def test_what_the_agent_lacks_is_no_value_but_is_remembered() -> None:
    answered = read(write([VarBind("1.2", NO_SUCH_OBJECT), VarBind("1.3", 2, b"1")]))
    assert answered.get("1.2") is None
    assert answered.lacking == {"1.2"}


def test_an_address_in_hexadecimal_is_an_address() -> None:
    assert read("1.2|64x|c0a80001\n").text("1.2") == "192.168.0.1"


@pytest.mark.parametrize(
    "line",
    [
        "no varbind",
        "1.2|4",
        "1.2|7|x",
        "1.2|4x|zz",
        "1.2|4e|x",
        "1.2|2|twelve",
        "1.2|65|999999999999999999999999",
        "1.<ip>.3|4|x",
        "1.4294967296|4|x",
        ".".join(["1"] * 129) + "|4|x",
        "1.2|4|" + "a" * 70_000,
    ],
)
def test_a_line_that_is_no_varbind_is_counted_and_left_out(line: str) -> None:
    answered = read(line + "\n1.3|4|kept\n")
    assert (answered.broken, answered.text("1.3"), len(answered)) == (1, "kept", 1)


def test_the_limit_is_kept_and_said() -> None:
    answered = read("".join(f"1.{n}|2|1\n" for n in range(50)), limit=10)
    assert (len(answered), answered.cut) == (10, True)
    assert read("1.1|2|1\n", limit=10).cut is False


def test_of_two_rows_for_one_oid_the_first_counts() -> None:
    assert read("1.1|4|first\n1.01|4|second\n").text("1.1") == "first"


def test_nothing_answered() -> None:
    assert read(b"") == VarBinds()


def test_a_gap_is_remembered_and_is_no_broken_line() -> None:
    answered = read("#gap|1.3.9|timed out|no answer after 2 s\n1.3.9.1|2|1\n")
    assert answered.broken == 0
    gap = answered.gap("1.3.9.1.7")
    assert gap is not None
    assert (gap.base, gap.reason, gap.detail) == ("1.3.9", "timed out", "no answer after 2 s")
    assert answered.gap("1.3") is gap
    assert answered.gap("1.3.90") is None
