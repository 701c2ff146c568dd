"""A main transport and its helpers: each gets its own kinds, and who fails takes nobody with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.missing import Missing, Reason
from scanner.query import (
    Answer,
    Attempt,
    Deadline,
    Query,
    Script,
    SnmpGet,
    Surroundings,
    TcpPort,
    TcpTalk,
    Visit,
)
from scanner.transports import TCP_SECONDS, WAYS
from scanner.transports.selective import Helper, Selective

SILENCE = Missing(Reason.TIMED_OUT, "silence")
GET, TALK, SCRIPT = SnmpGet("device", ("1.3",)), TcpTalk("management", (TcpPort(22),)), Script("uname", "uname")


@dataclass
class Stub:
    """Answers each query with its own word; with ``missing`` it gets nowhere. Keeps what it was given."""

    word: str
    missing: Missing | None = None
    answers: bool = True
    asked: list[Query] = field(default_factory=list)
    seconds: float = 0.0

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        self.asked += queries
        self.seconds = deadline.left()
        given = tuple(Answer(q.name, self.word.encode(), missing=self.missing) for q in queries)
        reached = self.missing is None
        return Visit(Attempt(self.word, reached, reached, missing=self.missing), given if self.answers else ())


def asked(main: Stub, helper: Stub, *queries: Query, seconds: float = 120.0) -> Visit:
    way = Selective(main, "snmp", (SnmpGet,), (Helper(helper, (TcpTalk,), 20.0),))
    return asyncio.run(way.answer(queries, Deadline(seconds)))


def test_each_gets_its_own_and_the_answers_keep_their_order() -> None:
    main, helper = Stub("main"), Stub("helper")
    seen = asked(main, helper, TALK, SCRIPT, GET)
    assert (main.asked, helper.asked) == ([GET], [TALK])
    assert [(a.query, a.output) for a in seen.answers] == [
        ("management", b"helper"),
        ("uname", b""),
        ("device", b"main"),
    ]
    assert seen.answers[1].missing is not None
    assert seen.answers[1].missing.reason is Reason.NOT_ATTEMPTED
    assert (seen.attempt.way, seen.attempt.logged_in) == ("snmp", True)


@pytest.mark.parametrize("answers", [True, False])
def test_a_failed_attempt_stays_one_and_what_was_read_stays_too(answers: bool) -> None:
    seen = asked(Stub("main", SILENCE, answers), Stub("helper"), GET, TALK)
    assert seen.attempt == Attempt("snmp", missing=SILENCE)
    assert [(a.query, a.missing) for a in seen.answers] == [("device", SILENCE), ("management", None)]


def test_a_failed_helper_takes_nothing_from_the_main_transport() -> None:
    seen = asked(Stub("main"), Stub("helper", SILENCE, answers=False), GET, TALK)
    assert seen.attempt.missing is None
    assert [(a.query, a.missing) for a in seen.answers] == [("device", None), ("management", SILENCE)]


def test_alone_the_helper_is_the_visit() -> None:
    main = Stub("main")
    seen = asked(main, Stub("helper"), TALK)
    assert main.asked == []
    assert (seen.attempt.way, seen.attempt.reached, seen.attempt.missing) == ("snmp", True, None)


def test_nothing_for_anybody() -> None:
    seen = asked(Stub("main"), Stub("helper"), SCRIPT)
    assert seen.attempt.missing is not None
    assert seen.answers[0].missing == seen.attempt.missing


@pytest.mark.parametrize(("seconds", "left"), [(120.0, 100.0), (30.0, 20.0)])
def test_the_helpers_time_is_kept_for_it(seconds: float, left: float) -> None:
    main, helper = Stub("main"), Stub("helper")
    asked(main, helper, GET, TALK, seconds=seconds)
    assert main.seconds == pytest.approx(left, abs=0.5)
    assert helper.seconds == pytest.approx(seconds, abs=0.5)
    asked(main, helper, GET, seconds=seconds)
    assert main.seconds == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize("way", ["snmp", "cli", "redfish"])
def test_ways_that_cannot_look_from_inside_look_at_the_ports(way: str) -> None:
    if way not in WAYS:
        pytest.skip(f"there is no way {way} yet")
    asset = Asset("device", Connection(way, "127.0.0.1", 161), kind="network")
    made = WAYS[way](asset, Surroundings(None, None))  # type: ignore[arg-type] # nobody logs in here
    assert isinstance(made, Selective)
    assert [(one.kinds, one.seconds) for one in made.helpers] == [((TcpTalk,), TCP_SECONDS)]
