"""Whatever bytes a host sends: a fact, Unreadable or NotHere, nothing else, and soon."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.asset import Asset, Connection
from inventory.facts.table import FACTS
from scanner.probes import PROBES
from scanner.probes.linux.packages import read_packages
from scanner.query import Answer, NotHere, Unreadable

NAMES = (
    *("arrays", "audit", "boot", "clock", "hardware", "identity", "kernel", "logs"),
    *("packages", "reboot", "repositories", "services", "stale_libraries", "system", "updates"),
)
ASSET = Asset("hostile", Connection("local", "localhost"))
CASES = Path(__file__).parent / "linux"
SECONDS = 3.0  # of the processor, for one parse of a large answer


def take(name: str, output: bytes, exit_code: int = 0) -> str:
    """What became of it: "fact", "Unreadable" or "NotHere". Anything else is an exception and fails the test."""
    answer = Answer(name, output, exit_code, asked_at=1717236000.0, answered_at=1717236001.0)
    try:
        fact = PROBES[name].parse(ASSET, [answer])
    except (Unreadable, NotHere) as raised:
        return type(raised).__name__
    assert type(fact) is FACTS[name]
    return "fact"


def answers_of(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CASES / name).glob("*/answer.txt"))]


def marks_of(name: str) -> list[bytes]:
    lines = {line for answer in answers_of(name) for line in answer.split(b"\n")}
    return sorted(line + b"\n" for line in lines if len(line) < 300)


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes(name: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=400), st.sampled_from([0, 1, 2, 66, 69, 77, 100, 124, 137]))
    def check(output: bytes, exit_code: int) -> None:
        assert take(name, output, exit_code)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_its_own_lines_in_any_order(name: str) -> None:
    line = st.one_of(st.sampled_from(marks_of(name)), st.binary(max_size=40).map(lambda noise: noise + b"\n"))

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(line, max_size=30).map(b"".join))
    def check(output: bytes) -> None:
        assert take(name, output)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_real_answers_cut_short_never_pass_for_whole(name: str) -> None:
    """A cut is the transport's to find; a parser must at the least survive it, wherever it falls."""
    for answer in answers_of(name):
        for length in range(0, len(answer), max(1, len(answer) // 20)):
            assert take(name, answer[:length])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", [b"\n", b"=a=\n", b"[", b"a" * 4000 + b"\n", b"\xff\n", b"=:", b"\t\t\t\n", b'"'])
def test_large_answers_end_soon(name: str, unit: bytes) -> None:
    largest, answer = 512 * 1024, answers_of(name)[0]
    started = time.process_time()
    assert take(name, answer + unit * (largest // len(unit)))
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", NAMES)
def test_own_lines_by_the_thousand_end_soon(name: str) -> None:
    (answer, *_) = answers_of(name)
    for mark in marks_of(name)[::8]:
        started = time.process_time()
        assert take(name, mark * (200_000 // len(mark)) + answer)
        assert take(name, answer.replace(mark, mark * (200_000 // len(mark)), 1))
        assert time.process_time() - started < SECONDS


def test_five_hundred_packages_parse_in_two_milliseconds() -> None:
    line = "ii \tlibexample{0}\t1:2.{0}-3+deb12u1\tamd64\texample\t1:2.{0}-3+deb12u1\t\n"
    text = "=deb=\n" + "".join(line.format(number) for number in range(500)) + "=deb:0=\n"
    seconds = min(_seconds(text) for _ in range(20))
    assert len(read_packages(text).items) == 500
    assert seconds < 0.008, "2 ms on a quiet machine, with room for a busy one"


def _seconds(text: str) -> float:
    started = time.process_time()
    read_packages(text)
    return time.process_time() - started


def test_every_case_says_where_it_is_from() -> None:
    for name in NAMES:
        for case in (CASES / name).iterdir():
            assert json.loads((case / "meta.json").read_text())["origin"], case


@pytest.mark.parametrize("name", NAMES)
def test_control_characters_do_not_reach_a_fact(name: str) -> None:
    for answer in answers_of(name):
        result = Answer(name, answer.replace(b"a", b"\x1b[31ma\xe2\x80\xae"), 0, asked_at=1.0, answered_at=2.0)
        try:
            fact = PROBES[name].parse(ASSET, [result])
        except (Unreadable, NotHere):
            continue
        assert "\x1b" not in repr(fact)
        assert "\\x1b" not in repr(fact)
        assert "\\u202e" not in repr(fact)
