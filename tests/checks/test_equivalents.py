"""The table of equivalent rules: it names checks that exist, and says why."""

import pytest

from checks.catalogue import catalogue
from checks.document import Fault
from checks.equivalents import as_text, from_text, parse, shipped


def test_every_line_names_a_check_of_ours_and_a_reason() -> None:
    ours = {check.id for check in catalogue()}
    assert [one.ours for one in shipped().table if one.ours not in ours] == []
    assert all(one.reason for one in shipped().table)


def test_no_rule_stands_for_two_of_our_checks() -> None:
    rules = [rule for one in shipped().table for rule in one.rules]
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize(
    ("rule", "ours"),
    [
        ("import.testssl.SSLv3", "tls.proto.sslv2-sslv3"),
        ("import.ssh-audit.mac.hmac-sha1", "ssh.mac.md5-sha1-96"),
        ("import.ssh-audit.kex.diffie-hellman-group14-sha1", "ssh.kex.sha1-group1"),
        ("import.ssh-audit.kex.diffie-hellman-group14-sha256", ""),
        ("import.nessus.10", ""),
    ],
)
def test_a_rule_is_looked_up(rule: str, ours: str) -> None:
    assert shipped().ours(rule) == ours


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "version: '1'",
        "equivalents:\n  - {ours: a.b.c, reason: r}",
        "equivalents:\n  - {ours: a.b.c, reason: r, rules: []}",
        "equivalents:\n  - {ours: a.b.c, reason: r, rules: [nessus.1]}",
        "equivalents:\n  - {ours: a.b.c, reason: r, rules: [import.x.1], more: 1}",
    ],
)
def test_a_wrong_table_is_refused(text: str) -> None:
    with pytest.raises(Fault):
        parse(text)


def test_a_table_comes_back_as_it_was_kept() -> None:
    assert from_text(as_text(shipped())) == shipped()
    assert as_text(shipped()) == as_text(from_text(as_text(shipped())))


@pytest.mark.parametrize("kept", ["{", "[]", "{}", '{"version": "1", "table": [{"ours": "a"}]}'])
def test_a_table_that_was_kept_broken_is_refused(kept: str) -> None:
    with pytest.raises(ValueError, match=r"form|Expecting"):
        from_text(kept)
