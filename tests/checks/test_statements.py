"""A statement goes into JSON and comes back; whatever claims to be one and is none is refused in one sentence."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.statements import (
    PAYLOAD_TYPE,
    Action,
    BadStatement,
    Role,
    Statement,
    pre_authentication,
    role_kind,
    signed_bytes,
    statement_of,
    supplier_of,
)

SAID = Statement(
    action=Action.CLAIM,
    ref="EC-0001",
    fingerprint="f" * 64,
    episode=2,
    actor="Açme Ltd",
    role="supplier:acme",
    at=datetime(2026, 3, 2, 10, tzinfo=UTC),
    reason="openssl 3.0.17",
    reference="CHG-7",
    until=date(2026, 4, 1),
    evidence=("a" * 64,),
    more={"done_on": "2026-03-01", "scope": {"assets": 2, "evidence": ["x"]}},
)


def test_a_statement_comes_back_as_it_was_written() -> None:
    assert statement_of(json.loads(json.dumps(SAID.as_json()))) == SAID
    assert SAID.kind is Role.SUPPLIER


def test_what_is_signed_is_the_pae_of_the_canonical_json() -> None:
    """protocol.md of DSSE v1: PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body."""
    assert pre_authentication("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert SAID.payload() == signed_bytes(json.loads(json.dumps(SAID.as_json())))
    assert SAID.payload().startswith(f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} ".encode())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 2}, "version 2"),
        ({"version": None}, "version"),
        ({"action": "close"}, "no action 'close'"),
        ({"action": ["claim"]}, "no action"),
        ({"ref": 7}, "ref is not a text"),
        ({"reason": "x" * 4001}, "reason is not a text"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": "\ud800"}, "reason"),
        ({"episode": "1"}, "episode"),
        ({"episode": True}, "episode"),
        ({"episode": -1}, "episode"),
        ({"at": "2026-03-02T10:00:00"}, "moment in UTC"),
        ({"at": "2026-03-02T10:00:00+01:00"}, "moment in UTC"),
        ({"at": 7}, "moment in UTC"),
        ({"until": "soon"}, "until"),
        ({"until": "2026-13-01"}, "until"),
        ({"evidence": "a" * 64}, "evidence"),
        ({"evidence": ["A" * 64]}, "evidence"),
        ({"evidence": ["a" * 64] * 101}, "evidence"),
        ({"more": []}, "more"),
        ({"more": {"x": 1.5}}, "more"),
        ({"more": {"x": {"y": {"z": {"deep": 1}}}}}, "more"),
        ({"more": {"\ud800": 1}}, "more"),
        ({"more": {"x": 2**60}}, "more"),
        ({"role": "root"}, "no role 'root'"),
        ({"role": "supplier"}, "no role"),
        ({"role": "supplier:"}, "no role"),
        ({"role": "owner:acme"}, "no role"),
        ({"extra": 1}, "too many fields: extra"),
    ],
)
def test_what_is_no_statement(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadStatement, match=why) as caught:
        statement_of({**SAID.as_json(), **changes})
    assert "\n" not in str(caught.value)


def test_a_field_that_lacks_is_named() -> None:
    content = SAID.as_json()
    del content["reason"]
    with pytest.raises(BadStatement, match="reason"):
        statement_of(content)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=75, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(SAID.as_json())), anything)
def test_any_json_is_a_statement_that_can_be_signed_or_is_refused(field: str, value: object) -> None:
    try:
        made = statement_of({**SAID.as_json(), field: value})
    except BadStatement:
        return
    assert statement_of(json.loads(json.dumps(made.as_json()))) == made
    assert made.payload()


@pytest.mark.parametrize(("role", "kind", "supplier"), [("supplier:acme", "supplier", "acme"), ("owner", "owner", "")])
def test_roles(role: str, kind: str, supplier: str) -> None:
    assert (role_kind(role), supplier_of(role)) == (kind, supplier)
