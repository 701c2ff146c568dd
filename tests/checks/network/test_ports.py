"""A port that is not open: only a refusal is proof."""

import pytest

from checks.finding import Outcome, Ruling
from checks.network.ports import asked, heard, refused
from inventory.facts.management import Management, Port, Service, Speaker, State
from inventory.facts.missing import Reason


@pytest.mark.parametrize("state", [State.OPEN, State.REFUSED])
def test_open_and_refused_can_be_judged(state: State) -> None:
    port = Port(Service.SSH, 22, state)
    assert asked(Management((port,)), Service.SSH) is port


@pytest.mark.parametrize(
    ("state", "why", "reason", "sentence"),
    [
        (
            State.NO_ANSWER,
            "",
            Reason.TIMED_OUT,
            "TCP 22 gave no answer: it is filtered on the way or dropped by the device; whether it is open to others "
            "cannot be told",
        ),
        (
            State.UNREACHABLE,
            "EHOSTUNREACH",
            Reason.UNREACHABLE,
            "TCP 22 cannot be reached from the scanner (EHOSTUNREACH)",
        ),
        (State.NOT_TRIED, "", Reason.NOT_ATTEMPTED, "TCP 22 was not tried"),
    ],
)
def test_everything_else_is_not_assessed(state: State, why: str, reason: Reason, sentence: str) -> None:
    ruling = asked(Management((Port(Service.SSH, 22, state, why=why),)), Service.SSH)
    assert ruling == Ruling(Outcome.NOT_ASSESSED, sentence, reason=reason)


def test_a_port_that_was_not_asked() -> None:
    ruling = asked(Management((Port(Service.SSH, 22, State.OPEN),)), Service.TELNET)
    assert ruling == Ruling(Outcome.NOT_ASSESSED, "the port of Telnet was not asked", reason=Reason.NOT_ATTEMPTED)


def test_sentences() -> None:
    port = Port(Service.SSH, 22, State.OPEN, Speaker.SSH, "SSH-2.0-x")
    assert refused(port) == "TCP 22 refuses connections, seen from the scanner"
    assert heard(port) == 'it says "SSH-2.0-x"'
    assert heard(Port(Service.SSH, 22, State.OPEN, Speaker.GONE)) == "who speaks there: gone"
