"""The operators, the three answers, and the types that are compared when the catalogue loads."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from checks.check import Context
from checks.document import Fault, read
from checks.example import partial
from checks.path import resolve
from checks.predicate import OPERATORS, Clause, Group, Not, Predicate, Terms, clauses, fits, parse
from inventory.asset import Asset, Become, Connection
from inventory.facts.accounts import PasswordPolicy
from inventory.facts.sshd import Sshd
from inventory.facts.table import FACTS

TERMS = Terms(tuple(FACTS), {"limit": 4, "weak": ("arcfour", "3des-cbc"), "word": "yes"})


def context(**sshd: object) -> Context:
    facts = {"sshd": partial(Sshd, **sshd)}
    return Context(Asset("a", Connection("ssh", "192.0.2.1")), facts, datetime(2026, 1, 1, tzinfo=UTC))


def predicate(text: str) -> Predicate:
    return parse(read(text), TERMS, 1)


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("{fact: sshd.log_level, op: equals, value: INFO}", {"log_level": "INFO"}, {"log_level": "QUIET"}),
        ("{fact: sshd.log_level, op: not_equals, value: QUIET}", {"log_level": "INFO"}, {"log_level": "QUIET"}),
        ("{fact: sshd.max_auth_tries, op: equals, value: $limit}", {"max_auth_tries": 4}, {"max_auth_tries": 5}),
        ("{fact: sshd.max_auth_tries, op: at_most, value: $limit}", {"max_auth_tries": 4}, {"max_auth_tries": 5}),
        ("{fact: sshd.max_auth_tries, op: less_than, value: 4}", {"max_auth_tries": 3}, {"max_auth_tries": 4}),
        ("{fact: sshd.max_auth_tries, op: at_least, value: 4}", {"max_auth_tries": 4}, {"max_auth_tries": 3}),
        ("{fact: sshd.max_auth_tries, op: greater_than, value: 4}", {"max_auth_tries": 5}, {"max_auth_tries": 4}),
        ("{fact: sshd.max_auth_tries, op: in, value: [1, 2]}", {"max_auth_tries": 2}, {"max_auth_tries": 3}),
        ("{fact: sshd.log_level, op: not_in, value: [A, B]}", {"log_level": "C"}, {"log_level": "B"}),
        ("{fact: sshd.x11_forwarding, op: is_true}", {"x11_forwarding": True}, {"x11_forwarding": False}),
        ("{fact: sshd.x11_forwarding, op: is_false}", {"x11_forwarding": False}, {"x11_forwarding": True}),
        ("{fact: sshd.ports, op: contains, value: 22}", {"ports": (22, 2222)}, {"ports": (2222,)}),
        ("{fact: sshd.ports, op: not_contains, value: 22}", {"ports": ()}, {"ports": (22,)}),
        ("{fact: sshd.banner, op: contains, value: issue}", {"banner": "/etc/issue"}, {"banner": "none"}),
        ("{fact: sshd.ciphers, op: contains_any, value: $weak}", {"ciphers": ("x", "arcfour")}, {"ciphers": ("x",)}),
        ("{fact: sshd.ciphers, op: contains_none, value: $weak}", {"ciphers": ("x",)}, {"ciphers": ("3des-cbc",)}),
        ("{fact: sshd.allow_users, op: is_empty}", {"allow_users": ()}, {"allow_users": ("a",)}),
        ("{fact: sshd.version, op: is_not_empty}", {"version": "x"}, {"version": ""}),
        (
            "{fact: sshd.version, op: matches, value: 'OpenSSH_9.*'}",
            {"version": "OpenSSH_9.2"},
            {"version": "x OpenSSH_9"},
        ),
        ("{fact: sshd.version, op: not_matches, value: '.*Debian'}", {"version": "Debian 1"}, {"version": "x Debian"}),
        (
            "{fact: sshd.kbd_interactive_authentication, op: exists}",
            {"kbd_interactive_authentication": False},
            {"kbd_interactive_authentication": None},
        ),
        (
            "{fact: sshd.kbd_interactive_authentication, op: missing}",
            {"kbd_interactive_authentication": None},
            {"kbd_interactive_authentication": True},
        ),
    ],
)
def test_operators(text: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    one = predicate(text)
    assert one.test(context(**good), None) is True
    assert one.test(context(**bad), None) is False
    assert Not(one).test(context(**good), None) is False


def test_the_table_above_knows_every_operator_and_its_negation() -> None:
    marks = test_operators.pytestmark[0].args[1]
    tried = {word for text, _, _ in marks for word in OPERATORS if f"op: {word}" in text}
    assert tried == set(OPERATORS)
    assert all(OPERATORS[o.negation].negation == name for name, o in OPERATORS.items())


VALUES: tuple[bool | None, ...] = (True, False, None)
_FIELD = resolve("sshd.kbd_interactive_authentication")
_OTHER = resolve("password_policy.lockout_after")


def two(first: bool | None, second: bool | None) -> Context:
    number = None if second is None else int(second)
    facts = {
        "sshd": partial(Sshd, kbd_interactive_authentication=first),
        "password_policy": partial(PasswordPolicy, lockout_after=number),
    }
    return Context(Asset("a", Connection("ssh", "192.0.2.1")), facts, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("first", "second"), list(product(VALUES, VALUES)))
def test_three_answers_follow_kleene(first: bool | None, second: bool | None) -> None:
    parts = (Clause(_FIELD, "is_true"), Clause(_OTHER, "equals", 1))
    where = two(first, second)
    lowest = False if False in (first, second) else None if None in (first, second) else True
    highest = True if True in (first, second) else None if None in (first, second) else False
    assert Group("all", parts).test(where, None) is lowest
    assert Group("any", parts).test(where, None) is highest
    assert Not(parts[0]).test(where, None) is (None if first is None else not first)


def test_unknown_names_the_fields_that_were_not_reported() -> None:
    both = Group("all", (Clause(_FIELD, "is_true"), Not(Clause(_OTHER, "equals", 1))))
    assert list(both.unknown(two(None, None), None)) == [_FIELD.text, _OTHER.text]
    assert list(both.unknown(two(True, None), None)) == [_OTHER.text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{fact: sshd.max_auth_tries, op: at_most, value: '4'}", "is number: it cannot be compared with '4'"),
        ("{fact: sshd.max_auth_tries, op: at_most, value: true}", "is number: it cannot be compared with True"),
        ("{fact: sshd.max_auth_tries, op: at_most, value: 4.5}", "cannot be compared with 4.5"),
        ("{fact: sshd.max_auth_tries, op: at_most}", "cannot be compared with None"),
        ("{fact: sshd.log_level, op: equals, value: 4}", "is text: it cannot be compared with 4"),
        ("{fact: sshd.log_level, op: at_most, value: 4}", '"at_most" wants a number, but "sshd.log_level" is text'),
        ("{fact: sshd.x11_forwarding, op: equals, value: true}", '"equals" wants a text or a number'),
        ("{fact: sshd.x11_forwarding, op: is_true, value: true}", '"is_true" takes no value'),
        ("{fact: sshd.log_level, op: is_true}", '"is_true" wants true or false, but "sshd.log_level" is text'),
        ("{fact: sshd.ports, op: contains, value: ssh}", "cannot be compared with 'ssh'"),
        (
            "{fact: sshd.ports, op: in, value: [22]}",
            '"in" wants a text or a number, but "sshd.ports" is a list of number',
        ),
        ("{fact: sshd.ciphers, op: contains_any, value: aes}", '"contains_any" wants a list of at least one value'),
        ("{fact: sshd.ciphers, op: contains_any, value: []}", "a list of at least one value"),
        ("{fact: sshd.ciphers, op: contains_any, value: [a, 1]}", "cannot be compared with 1"),
        ("{fact: sshd.ciphers, op: contains_any, value: [a, a]}", "a value is in the list twice"),
        ("{fact: sshd.ciphers, op: contains_any, value: $limit}", "a list of at least one value"),
        ("{fact: mounts.items, op: contains, value: x}", '"contains" wants a list or a text'),
        ("{fact: sshd.version, op: matches, value: '('}", "not a regular expression"),
        ("{fact: sshd.version, op: matches, value: 9}", "a regular expression is expected"),
        ("{fact: sshd.version, op: exists}", 'but "sshd.version" is text and always reported'),
        ("{fact: sshd.version, op: equls, value: x}", 'unknown operator "equls"; did you mean "equals"?'),
        ("{fact: sshd.version, op: equals, value: $wrd}", 'there is no parameter "wrd"; did you mean "word"?'),
        ("{fact: sshd.verson, op: is_empty}", 'did you mean "version"?'),
        ("{fact: sshd.version, op: is_empty, extra: 1}", 'unknown key "extra"'),
        ("{all: []}", '"all" needs a list of at least one predicate'),
        ("{any: {fact: sshd.version}}", '"any" needs a list'),
        ("{all: [{any: [7]}]}", "a predicate is expected"),
        ("{all: [], any: []}", 'unknown key "any"'),
        ("{not: {fact: sshd.version, op: is_empty}, all: []}", "unknown key"),
        ("[]", "a predicate is expected"),
        ("{}", "a predicate is expected"),
        ("{op: is_empty}", "a fact path is expected, not None"),
        ("{fact: asset.connection.become, op: equals, value: sud}", "cannot be compared with 'sud'"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        predicate(text)
    assert said in caught.value.what


def test_the_line_of_the_wrong_clause_is_named() -> None:
    with pytest.raises(Fault) as caught:
        predicate(
            "all:\n  - {fact: sshd.version, op: is_empty}\n  - any:\n      - {fact: sshd.nothing, op: is_empty}\n"
        )
    assert caught.value.line == 4


def test_a_fact_that_is_not_needed_cannot_be_read() -> None:
    with pytest.raises(Fault, match='"kernel" is not in needs'):
        parse(read("{fact: kernel.running, op: is_empty}"), Terms(("sshd",), {}), 1)


def test_the_asset_can_be_read_without_being_needed() -> None:
    one = parse(read("{fact: asset.connection.become, op: equals, value: collector}"), Terms((), {}), 1)
    assert one.test(context(), None) is True


def test_a_predicate_can_be_read_aloud() -> None:
    text = "{not: {all: [{fact: sshd.version, op: is_empty}, {fact: sshd.ports, op: contains, value: 22}]}}"
    assert str(predicate(text)) == "not(all(sshd.version is_empty, sshd.ports contains 22))"
    assert [c.op for c in clauses(predicate(text))] == ["is_empty", "contains"]


@pytest.mark.parametrize(
    ("value", "kind", "answer"),
    [
        (1, int, True),
        (True, int, False),
        (1, bool, False),
        (1, float, True),
        ("sudo", Become, True),
        ("x", Become, False),
    ],
)
def test_fits(value: object, kind: type, answer: bool) -> None:
    assert fits(value, kind) is answer
