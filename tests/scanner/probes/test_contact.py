"""The connection itself as a fact: what an attempt shows, and what it does not."""

import pytest

from inventory.asset import Asset, Connection
from inventory.facts import Missing, Reason
from inventory.facts.contact import Contact
from scanner.engine import fact_of
from scanner.probes.contact import CONTACT, as_answer
from scanner.query import Answer, Attempt

HERE = Asset("box", Connection("ssh", "192.0.2.1"))
BANNER = "SSH-2.0-OpenSSH_9.2"


def attempt(reason: Reason | None, *, reached: bool = True, logged_in: bool = False) -> Attempt:
    missing = Missing(reason, "why") if reason else None
    return Attempt("ssh", reached, logged_in, missing=missing, peer=BANNER, host_key="SHA256:a")


@pytest.mark.parametrize(
    ("met", "fact"),
    [
        (
            attempt(None, logged_in=True),
            Contact("ssh", BANNER, "SHA256:a", key_refused=False, weak_only=False, said=""),
        ),
        (
            attempt(Reason.HOST_KEY_MISMATCH),
            Contact("ssh", BANNER, "SHA256:a", key_refused=True, weak_only=False, said="why"),
        ),
        (
            attempt(Reason.WEAK_ALGORITHMS_ONLY),
            Contact("ssh", BANNER, "SHA256:a", key_refused=False, weak_only=True, said="why"),
        ),
        (
            attempt(Reason.OUTPUT_TRUNCATED, logged_in=True),
            Contact("ssh", BANNER, "SHA256:a", key_refused=False, weak_only=False, said=""),
        ),
        (attempt(Reason.HOST_KEY_MISMATCH, reached=False), Missing(Reason.HOST_KEY_MISMATCH, "why")),
        (attempt(Reason.LOGIN_REFUSED), Missing(Reason.LOGIN_REFUSED, "why")),
        (attempt(Reason.TIMED_OUT, reached=False), Missing(Reason.TIMED_OUT, "why")),
    ],
    ids=["logged in", "changed key", "weak only", "cut off later", "the bastion's key", "login refused", "silent"],
)
def test_attempt_becomes_contact(met: Attempt, fact: object) -> None:
    answer = as_answer("contact", met)
    assert fact_of(CONTACT, HERE, [answer]) == fact
    assert as_answer("contact", met) == answer


@pytest.mark.parametrize("output", [b"", b"[]", b"{}", b"\xff", b'{"reason": "no such reason"}'])
def test_garbage_is_unreadable(output: bytes) -> None:
    fact = fact_of(CONTACT, HERE, [Answer("contact", output, 0)])
    assert isinstance(fact, Missing)
    assert fact.reason is Reason.OUTPUT_UNREADABLE
