"""Sentences with the observed value."""

from datetime import UTC, datetime

import pytest

from checks.check import Context
from checks.document import Fault
from checks.example import partial
from checks.predicate import Terms
from checks.template import parse, shown
from inventory.asset import Asset, Connection
from inventory.facts.sshd import Sshd
from inventory.facts.table import FACTS

TERMS = Terms(tuple(FACTS), {"limit": 4, "weak": ("b", "c")})
FACT = partial(Sshd, version="", ciphers=("a", "b"), ports=(), x11_forwarding=True, kbd_interactive_authentication=None)
CONTEXT = Context(Asset("web", Connection("ssh", "192.0.2.1")), {"sshd": FACT}, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at most {params.limit}, not {params.weak}", "at most 4, not b, c"),
        ("{asset.name}: {sshd.ciphers} ({sshd.ciphers.count})", "web: a, b (2)"),
        ("weak: {sshd.ciphers & params.weak}", "weak: b"),
        ("ports: {sshd.ports}", "ports: none"),
        ("X11: {sshd.x11_forwarding}", "X11: yes"),
        ("asked: {sshd.kbd_interactive_authentication}", "asked: not reported"),
        ("asked: {sshd.kbd_interactive_authentication | nobody knows}", "asked: nobody knows"),
        ("100 % {{sure}}\n", "100 % {sure}"),
    ],
)
def test_render(text: str, said: str) -> None:
    assert parse(text, TERMS, 1).render(CONTEXT) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{sshd.cipher}", 'did you mean "ciphers"?'),
        ("{params.limt}", 'there is no parameter "params.limt"; did you mean "limit"?'),
        ("{sshd.ciphers & params.limit}", "both sides of & must be lists"),
        ("{sshd.version & params.weak}", "both sides of & must be lists"),
        ("{sshd.ciphers & weak}", 'there is no parameter "weak"'),
        ("{mounts.items}", '"mounts.items" is a list of Mount: name a field of it, or count'),
        ("{sshd.version | none}", "is always reported"),
        ("{sshd.version!r}", "nothing but a path"),
        ("{sshd.max_auth_tries:>5}", "nothing but a path"),
        ("{sshd.version", "the braces do not match"),
        ("{item.name}", "item is known inside for_each only"),
        ("{}", "a fact path is expected"),
        ("  ", "a sentence is expected"),
        (None, "a sentence is expected"),
    ],
)
def test_a_sentence_that_cannot_be_said_is_refused(text: str | None, said: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(text, TERMS, 1)
    assert said in caught.value.what


def test_sets_are_shown_in_one_order() -> None:
    assert shown(frozenset({"b", "a", "c"})) == "a, b, c"
