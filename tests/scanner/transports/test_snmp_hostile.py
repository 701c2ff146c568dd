"""Agents that misbehave: each ends bounded, with its reason, and the same whichever library asks."""

import socket
import time
from collections.abc import Callable, Iterable
from itertools import count

import pytest

from inventory.facts.missing import Reason
from scanner.query import Login, SnmpGet, SnmpPoll, SnmpWalk
from tests.lab.agents import BULK, GET, Key, Request, Table, Value, echoed, key, response, row, serving, table, v2c
from tests.scanner.transports.snmp_bench import LIBRARIES, plain, timed, visit

V2C = Login(community="lab")
BASE = "1.3.6.1.2.1.47.1.1.1.1"
SYSTEM = SnmpGet("system", ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"))
WALK = SnmpWalk("entity", BASE)
GOOD = table()
EXPECTED = [f"{BASE}.{column}.{index}|4|cell {column}/{index}" for column in (2, 3, 4) for index in range(1, 31)]

pytestmark = pytest.mark.parametrize("library", LIBRARIES)
Agent = Callable[[Request], Iterable[bytes]]


def walked(
    agent: Agent, library: str, seconds: float = 20, walk: SnmpWalk = WALK
) -> tuple[list[str], str, Reason | None, float]:
    """The rows, the sentence and the reason of what is missing, and how long it took."""
    with serving(v2c(agent)) as port:
        seen, took = timed(port, V2C, walk, library=library, seconds=seconds)
    missing = seen.answers[0].missing
    return (
        seen.answers[0].text.splitlines(),
        missing.detail if missing else "",
        missing.reason if missing else None,
        took,
    )


def test_a_sound_agent(library: str) -> None:
    with serving(v2c(GOOD)) as port:
        seen = visit(port, V2C, SYSTEM, WALK, library=library)
    assert seen.attempt.missing is None
    assert seen.answers[0].text.splitlines() == [
        "1.3.6.1.2.1.1.1.0|4|a made-up device",
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1",
        "1.3.6.1.2.1.1.3.0|67|65536",
        "1.3.6.1.2.1.1.5.0|128|",
    ]
    assert seen.answers[1].text.splitlines() == EXPECTED


def test_every_second_packet_is_lost(library: str) -> None:
    """A lost packet is asked for again with as many rows as before: loss is no reason to crawl."""
    kinds: list[tuple[int, int]] = []

    def agent(request: Request) -> Iterable[bytes]:
        kinds.append((request.kind, request.repetitions))
        return GOOD(request) if request.number % 2 else ()

    rows, why, _, took = walked(agent, library)
    assert (rows, why) == (EXPECTED, "")
    assert took < 3
    assert set(kinds) == {(BULK, 20)}


def test_large_requests_are_never_answered(library: str) -> None:
    """Fewer rows are asked for, down to what the agent can do."""
    asked: list[int] = []

    def agent(request: Request) -> Iterable[bytes]:
        asked.append(request.repetitions if request.kind == BULK else 1)
        return GOOD(request) if asked[-1] <= 5 else ()

    rows, why, _, _ = walked(agent, library)
    assert (rows, why) == (EXPECTED, "")
    assert asked[:6] == [20, 20, 1, 10, 10, 1]
    assert asked.count(5) >= 15


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_too_big(library: str, limit: int) -> None:
    def agent(request: Request) -> Iterable[bytes]:
        big = request.repetitions > limit if request.kind == BULK else len(request.names) > limit
        return [response(request, echoed(request), status=1)] if big else GOOD(request)

    with serving(v2c(agent)) as port:
        seen = visit(port, V2C, SYSTEM, WALK, library=library)
    assert seen.answers[0].text.count("\n") == 4
    assert seen.answers[1].missing is None
    assert seen.answers[1].text.splitlines() == EXPECTED


def test_too_big_for_a_single_row(library: str) -> None:
    rows, why, reason, took = walked(lambda request: [response(request, echoed(request), status=1)], library)
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE if "tooBig" in why else Reason.OUTPUT_TRUNCATED)
    assert took < 2


def test_an_answer_longer_than_any_buffer(library: str) -> None:
    """Twenty rows of 300 bytes do not fit into the 4080 bytes of gufo-snmp: it must not make the table look short."""
    wide = Table({(*key(BASE), 2, index): (4, b"x" * 300) for index in range(1, 61)})
    rows, why, _, _ = walked(wide, library)
    assert why == ""
    assert len(rows) == 60


def test_garbage(library: str) -> None:
    rows, why, reason, took = walked(lambda _: [bytes(range(256)), b"", b"0", b"\x30\x84\xff\xff\xff\xff"], library)
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE)
    assert "what came" in why
    assert took < 2


def test_garbage_before_the_answer_is_passed_over(library: str) -> None:
    rows, why, _, took = walked(lambda request: [b"\x30\x03\x02\x01\x01", b"noise", *GOOD(request)], library)
    assert (rows, why) == (EXPECTED, "")
    assert took < 2


def test_a_flood_of_garbage(library: str) -> None:
    _, why, reason, took = walked(lambda _: [b"noise"] * 500, library)
    assert reason is Reason.OUTPUT_UNREADABLE
    assert "what came" in why
    assert took < 3


def test_an_endless_table(library: str) -> None:
    """Always one row more, and each of them behind the last."""

    def agent(request: Request) -> Iterable[bytes]:
        name = request.names[0]
        start = name[-1] if len(name) > len(key(BASE)) + 1 else 0
        many = request.repetitions if request.kind == BULK else 1
        return [response(request, [row((*key(BASE), 2, start + n), (4, b"more")) for n in range(1, many + 1)])]

    rows, why, reason, _ = walked(agent, library, walk=SnmpWalk("entity", BASE, max_rows=500))
    assert (len(rows), reason) == (500, Reason.OUTPUT_TRUNCATED)
    assert "more than 500 rows" in why


def test_an_endless_table_of_large_values(library: str) -> None:
    from dataclasses import replace

    from tests.scanner.transports import snmp_bench

    def agent(request: Request) -> Iterable[bytes]:
        name = request.names[0]
        start = name[-1] if len(name) > len(key(BASE)) + 1 else 0
        return [response(request, [row((*key(BASE), 2, start + 1), (4, b"x" * 3000))])]

    small = snmp_bench.asset(0, output_bytes=100_000).limits
    with serving(v2c(agent)) as port:
        asset = replace(snmp_bench.asset(port), limits=small)
        seen = snmp_bench.visit_of(asset, V2C, WALK, library=library)
    missing = seen.answers[0].missing
    assert missing is not None
    assert missing.reason is Reason.OUTPUT_TRUNCATED
    assert len(seen.answers[0].output) < 150_000


CIRCLES: dict[str, list[tuple[int, ...]]] = {
    "the same row again": [(2, 1), (2, 1)],
    "back and forth": [(2, 16384), (2, 16383)],
    "one step back": [(2, 1), (2, 2), (2, 1)],
    "a shorter OID": [(2, 1, 1), (2, 1)],
}


@pytest.mark.parametrize("case", CIRCLES)
@pytest.mark.parametrize("at_once", [True, False])
def test_oids_that_do_not_increase(library: str, case: str, at_once: bool) -> None:
    names = [(*key(BASE), *part) for part in CIRCLES[case]]

    def agent(request: Request) -> Iterable[bytes]:
        if at_once and request.kind == BULK:
            return [response(request, [row(name, (4, b"again")) for name in names])]
        return [response(request, [row(names[request.number % len(names)], (4, b"again"))])]

    rows, why, reason, took = walked(agent, library)
    assert reason is Reason.OUTPUT_UNREADABLE
    assert "in circles" in why or "the same OID twice" in why
    assert len(rows) < len(names)
    assert took < 2


def test_a_walk_that_goes_back_behind_its_beginning(library: str) -> None:
    """An end that is no end: the table is not known to be over."""
    rows, why, reason, _ = walked(
        lambda request: [response(request, [row(key("1.3.6.1.2.1.1.1.0"), (4, b"back"))])], library
    )
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE)
    assert "goes back" in why


def test_nothing_instead_of_rows(library: str) -> None:
    rows, why, reason, _ = walked(lambda request: [response(request, [])], library)
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE)
    assert "with nothing" in why


def test_rows_without_a_value_do_not_end_a_walk(library: str) -> None:
    """NULL stands in many recorded walks: libraries leave such rows out, and the end of a page must not be lost."""
    rows: dict[Key, Value] = {
        (*key(BASE), 2, index): ((5, b"") if index % 3 == 0 else (4, b"v")) for index in range(1, 50)
    }
    got, why, _, _ = walked(Table(rows), library, walk=SnmpWalk("entity", BASE, max_repetitions=3))
    assert why == ""
    assert len(got) == 49
    assert got[2].endswith(".3|5|")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(5, Reason.OUTPUT_UNREADABLE), (16, Reason.PRIVILEGE_TOO_LOW), (99, Reason.OUTPUT_UNREADABLE)],
)
def test_an_error_status_is_never_an_empty_table(library: str, status: int, reason: Reason) -> None:
    rows, why, told, _ = walked(lambda request: [response(request, echoed(request), status=status)], library)
    assert (rows, told) == ([], reason)
    assert "the device answered" in why


def test_no_such_name_of_an_old_agent(library: str) -> None:
    """SNMPv1 behind a proxy: the error names the value that is not there; the others are asked for again."""

    def agent(request: Request) -> Iterable[bytes]:
        if request.kind == GET:
            lacking = [n for n, name in enumerate(request.names, 1) if name not in GOOD.rows]
            return [response(request, echoed(request), status=2, index=lacking[0])] if lacking else GOOD(request)
        rows = GOOD.answered(request)
        return (
            [response(request, echoed(request), status=2, index=1)]
            if b"\x82\x00" in rows[-1]
            else [response(request, rows)]
        )

    with serving(v2c(agent)) as port:
        seen = visit(port, V2C, SYSTEM, SnmpWalk("entity", BASE, max_repetitions=1), library=library)
    assert seen.answers[0].text.endswith("1.3.6.1.2.1.1.5.0|128|\n")
    assert seen.answers[0].text.count("\n") == 4
    assert seen.answers[1].text.splitlines() == EXPECTED


def test_another_request_id(library: str) -> None:
    rows, why, reason, took = walked(
        lambda request: [response(request, GOOD.answered(request), request_id=request.id ^ 1)], library
    )
    assert (rows, reason) == ([], Reason.TIMED_OUT)
    assert "silence" in why
    assert took < 2


def test_an_answer_to_another_request_before_the_right_one(library: str) -> None:
    """A late or doubled reply: passed over, and what it says is not used."""
    late = Table({(*key(BASE), 2, 1): (4, b"late")})

    def agent(request: Request) -> Iterable[bytes]:
        return [response(request, late.answered(request), request_id=request.id ^ 1), *GOOD(request)]

    rows, why, _, _ = walked(agent, library)
    assert (rows, why) == (EXPECTED, "")


def test_answers_with_another_community(library: str) -> None:
    from dataclasses import replace

    rows, why, reason, _ = walked(
        lambda request: [response(replace(request, community=b"other"), GOOD.answered(request))], library
    )
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE)
    assert "another community" in why


def test_answers_for_other_values_than_were_asked(library: str) -> None:
    with serving(v2c(lambda request: [response(request, [row(key("1.3.6.1.2.1.1.6.0"), (4, b"x"))])])) as port:
        missing = visit(port, V2C, SYSTEM, library=library).answers[0].missing
    assert missing is not None
    assert missing.reason is Reason.OUTPUT_UNREADABLE


def test_answers_from_another_port(library: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))

        def agent(_sock: socket.socket, data: bytes, peer: tuple[str, int], number: int) -> None:
            from tests.lab.agents import parsed

            for answer in GOOD(parsed(data, number)):
                other.sendto(answer, peer)

        with serving(agent) as port:
            seen, took = timed(port, V2C, SYSTEM, library=library)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.TIMED_OUT
    assert took < 2


def test_a_slow_drip(library: str) -> None:
    """One row every 0.1 s for ever: the visit's time ends it, and what came is kept."""
    numbers = count(1)

    def agent(request: Request) -> Iterable[bytes]:
        time.sleep(0.1)
        return [response(request, [row((*key(BASE), 2, next(numbers)), (4, b"drip"))])]

    rows, why, reason, took = walked(agent, library, seconds=1.0)
    assert reason is Reason.TIMED_OUT
    assert 3 < len(rows) < 12
    assert "time limit" in why
    assert took < 1.5


def test_silence(library: str) -> None:
    kinds: list[int] = []

    def agent(request: Request) -> Iterable[bytes]:
        kinds.append(request.kind)
        return ()

    with serving(v2c(agent)) as port:
        seen = visit(port, V2C, SYSTEM, WALK, library=library)
    missing = seen.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.TIMED_OUT
    assert [answer.missing for answer in seen.answers] == [missing, missing]
    assert set(kinds) == {GET}  # the second query was not tried


def test_silence_in_the_middle(library: str) -> None:
    """What came stays, with the reason why it is not all."""
    rows, why, reason, _ = walked(lambda request: GOOD(request) if request.number < 2 else (), library)
    assert rows == EXPECTED[:40]
    assert reason is Reason.TIMED_OUT
    assert "stopped answering" in why


def test_a_poll_keeps_what_came(library: str) -> None:
    poll = SnmpPoll("device", SYSTEM, (WALK, SnmpWalk("more", "1.3.6.1.2.1.99")))
    with serving(v2c(lambda request: GOOD(request) if request.number < 2 else ())) as port:
        answer = visit(port, V2C, poll, library=library).answers[0]
    assert answer.missing is None
    told = answer.text.splitlines()
    assert told[0].startswith("1.3.6.1.2.1.1.1.0|4|")
    assert told[4].startswith(f"#gap|{BASE}|timed out|the device stopped answering")
    assert told[5:25] == EXPECTED[:20]
    assert told[25].startswith("#gap|1.3.6.1.2.1.99|timed out|")


MALFORMED: dict[str, bytes] = {
    "empty name": b"\x06\x00\x04\x01a",
    "name cut in the middle": b"\x06\x03\x2b\x06\x81\x04\x01a",
    "empty OID as value": b"\x06\x02\x2b\x06\x06\x00",
    "OID value cut": b"\x06\x02\x2b\x06\x06\x01\x81",
    "empty integer": b"\x06\x02\x2b\x06\x02\x00",
    "integer of 12 octets": b"\x06\x02\x2b\x06\x02\x0c" + b"\x01" * 12,
    "address of 3 octets": b"\x06\x02\x2b\x06\x40\x03\x01\x02\x03",
    "unknown tag": b"\x06\x02\x2b\x06\x1f\x01a",
    "constructed value": b"\x06\x02\x2b\x06\x30\x02\x05\x00",
    "boolean": b"\x06\x02\x2b\x06\x01\x01\x01",
    "bit string": b"\x06\x02\x2b\x06\x03\x02\x00\x01",
    "no value": b"\x06\x02\x2b\x06",
    "two values": b"\x06\x02\x2b\x06\x04\x01a\x04\x01b",
    "value longer than the row": b"\x06\x02\x2b\x06\x04\x7fa",
    "absurd arc": b"\x06\x0a\x2b\x06\xff\xff\xff\xff\xff\xff\xff\x7f\x05\x00",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_values(library: str, case: str) -> None:
    """Never an exception of a library, never a row."""
    rows, why, reason, took = walked(
        lambda request: [response(request, [bytes((0x30, len(MALFORMED[case]))) + MALFORMED[case]])], library
    )
    assert (rows, reason) == ([], Reason.OUTPUT_UNREADABLE), why
    assert took < 2


def test_both_say_the_same(library: str) -> None:
    """Of a set of faults, the whole visit is equal for both libraries."""
    agents: list[Agent] = [
        GOOD,
        lambda _: [b"noise"],
        lambda request: [response(request, echoed(request), status=5)],
        lambda request: [response(request, [])],
    ]
    for agent in agents:
        seen = []
        for name in LIBRARIES:
            with serving(v2c(agent)) as port:
                seen.append(plain(visit(port, V2C, SYSTEM, WALK, library=name)))
        assert seen[0] == seen[1]
