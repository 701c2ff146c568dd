"""SNMPv3 agents that do not sign as they should: what they say never becomes evidence, whichever library asks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from inventory.facts.missing import Reason
from scanner.query import Login, SnmpGet, SnmpWalk
from scanner.transports.snmp_usm import User
from tests.lab.agents import serving, table
from tests.lab.agents_v3 import ENGINE_ID, Asked, Reply, report, v3
from tests.scanner.transports.snmp_bench import LIBRARIES, timed, visit

PASSWORD = "a-shared-password"
LOGIN = Login(user="scan", auth="SHA-256", auth_password=PASSWORD)
USER = User("scan", "SHA-256", PASSWORD)
STRANGER = User("scan", "SHA-256", "another-password")
GET = SnmpGet("system", ("1.3.6.1.2.1.1.1.0",))
WALK = SnmpWalk("entity", "1.3.6.1.2.1.47.1.1.1.1")
GOOD = table(columns=1, rows=3)

pytestmark = pytest.mark.parametrize("library", LIBRARIES)
Twist = Callable[[Asked, Reply], Reply | None]


def test_a_sound_agent(library: str) -> None:
    with serving(v3(GOOD, USER, lambda _, reply: reply)) as port:
        seen = visit(port, LOGIN, GET, WALK, library=library)
    assert seen.attempt.missing is None
    assert seen.answers[0].text == "1.3.6.1.2.1.1.1.0|4|a made-up device\n"
    assert seen.answers[1].text.count("\n") == 3


FORGED: dict[str, Twist] = {
    "signed with another key": lambda _, reply: replace(reply, user=STRANGER),
    "signature cut to half": lambda _, reply: replace(reply, spoil=lambda mac: mac[:12]),
    "signature of zeros": lambda _, reply: replace(reply, spoil=lambda mac: bytes(len(mac))),
    "empty signature": lambda _, reply: replace(reply, spoil=lambda _mac: b""),
    "no signature": lambda _, reply: replace(reply, signed=False),
    "another engine": lambda _, reply: replace(reply, engine_id=ENGINE_ID + b"x"),
    "another user": lambda _, reply: replace(reply, user=User("scam", "SHA-256", PASSWORD)),
}


@pytest.mark.parametrize("case", FORGED)
def test_forged_answers(library: str, case: str) -> None:
    with serving(v3(GOOD, USER, FORGED[case])) as port:
        seen, took = timed(port, LOGIN, GET, library=library)
    missing = seen.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.LOGIN_REFUSED
    assert seen.answers[0].output == b""
    assert took < 2


def test_an_old_answer_that_is_played_again(library: str) -> None:
    """Signed, but of an earlier boot of the device."""
    with serving(v3(GOOD, USER, lambda to, reply: replace(reply, boots=8 if to.number < 3 else 7))) as port:
        seen = visit(port, LOGIN, GET, WALK, library=library)
    assert seen.answers[0].missing is None
    missing = seen.answers[1].missing
    assert missing is not None
    assert "signed some time ago" in missing.detail


def test_a_clock_that_is_never_right(library: str) -> None:
    """Clock drift: the device refuses its own time again and again."""
    counter = "1.3.6.1.6.3.15.1.1.2.0"
    with serving(v3(GOOD, USER, lambda to, _: report(to, counter, USER))) as port:
        seen, took = timed(port, LOGIN, GET, library=library)
    missing = seen.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.LOGIN_REFUSED
    assert "time" in missing.detail
    assert took < 2


def test_a_clock_that_jumps_once(library: str) -> None:
    """The device was restarted between two requests: its report tells the time, and the request is sent again."""
    counter = "1.3.6.1.6.3.15.1.1.2.0"
    jumped: list[int] = []

    def twist(to: Asked, reply: Reply) -> Reply:
        late = replace(reply, boots=9, time=5)
        if to.number >= 3 and not jumped:
            jumped.append(to.number)
            return replace(report(to, counter, USER), boots=9, time=5)
        return late if jumped else reply

    with serving(v3(GOOD, USER, twist)) as port:
        seen = visit(port, LOGIN, GET, WALK, library=library)
    assert jumped
    assert [answer.missing for answer in seen.answers] == [None, None]
    assert seen.answers[1].text.count("\n") == 3


def test_a_report_about_the_time_that_nobody_signed(library: str) -> None:
    counter = "1.3.6.1.6.3.15.1.1.2.0"
    with serving(v3(GOOD, USER, lambda to, _: replace(report(to, counter, USER), signed=False, boots=99))) as port:
        seen, took = timed(port, LOGIN, GET, library=library)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.LOGIN_REFUSED
    assert "sign" in seen.attempt.missing.detail
    assert took < 2


REPORTED = {
    "1.3.6.1.6.3.15.1.1.1.0": "security level",
    "1.3.6.1.6.3.15.1.1.3.0": "does not know this user",
    "1.3.6.1.6.3.15.1.1.5.0": "authentication key",
    "1.3.6.1.6.3.15.1.1.6.0": "privacy key",
    "1.3.6.1.6.3.12.1.5.0": "context",
    "1.3.6.1.4.1.1.2.3": "1.3.6.1.4.1.1.2.3",
}


@pytest.mark.parametrize("counter", REPORTED)
def test_reports(library: str, counter: str) -> None:
    with serving(v3(GOOD, USER, lambda to, _: replace(report(to, counter), signed=False))) as port:
        seen, took = timed(port, LOGIN, GET, library=library)
    missing = seen.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.LOGIN_REFUSED
    assert REPORTED[counter] in missing.detail
    assert took < 1.5


def test_an_engine_id_that_is_always_new(library: str) -> None:
    """The device denies the engine id that it gave, without end."""
    counter = "1.3.6.1.6.3.15.1.1.4.0"
    with serving(
        v3(GOOD, USER, lambda to, _: replace(report(to, counter), signed=False, engine_id=b"%09d" % to.number))
    ) as port:
        seen, took = timed(port, LOGIN, GET, library=library)
    missing = seen.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.LOGIN_REFUSED
    assert took < 2


def test_answers_in_clear_text_to_encrypted_questions(library: str) -> None:
    login = replace(LOGIN, priv="AES-128", priv_password=PASSWORD)
    with serving(v3(GOOD, USER, lambda _, reply: reply)) as port:
        seen, _ = timed(port, login, GET, library=library)
    assert seen.attempt.missing is not None
    assert seen.answers[0].output == b""
