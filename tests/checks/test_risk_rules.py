"""The rules as files: what ships, what may be overridden, and what is refused with its line."""

import hashlib
import re
from pathlib import Path

import pytest

from checks.advisories.bod2604 import DAYS_3, DAYS_14, FORENSIC
from checks.catalogue import catalogue
from checks.risk import Level, Support
from checks.risk_rules import RULES, BadRiskRules, as_text, from_text, parse, shipped, table
from reports.risk import _support

HEAD = 'version: acme-3\ndate: "2026-11-01"\nsource: Acme security board, minutes 14\nrules:\n'


def own(rules: str) -> str:
    return HEAD + rules


def test_all_eleven_rules_ship_with_words() -> None:
    assert [row.id for row in table()] == list(RULES) == [f"R{n}" for n in range(11)]
    assert all(row.when and row.effect for row in table())


def test_words_have_the_values_in_force() -> None:
    changed = parse(own("  R3: {epss: 0.05}\n  R6: {least: critical}\n"), "own.yaml")
    assert table()[3].when == "its EPSS is 0.1 or more, and the asset is internet-facing"
    assert table(changed)[3].when == "its EPSS is 0.05 or more, and the asset is internet-facing"
    assert (table()[6].effect, table(changed)[6].effect) == ("at least HIGH", "at least CRITICAL")


def test_the_table_of_the_directive_is_whole() -> None:
    assert dict(shipped().bod) == {DAYS_3: Level.CRITICAL, FORENSIC: Level.CRITICAL, DAYS_14: Level.HIGH}


def test_what_is_kept_with_a_scan_is_read_back_whole() -> None:
    text = as_text(shipped())
    assert from_text(text) == shipped()
    assert shipped().digest == hashlib.sha256(text.encode()).hexdigest()
    changed = parse(own("  R3: {epss: 0.05}\n  R7: {off: we do not accept isolation}\n"), "own.yaml")
    assert from_text(as_text(changed)) == changed
    assert changed.digest != shipped().digest
    assert (changed.epss_raises, changed.off, changed.version) == (
        0.05,
        (("R7", "we do not accept isolation"),),
        "acme-3",
    )
    assert changed.kev_least is shipped().kev_least, "what the file does not name stays"


def test_rules_of_an_older_version_have_the_defaults_of_what_they_did_not_know() -> None:
    assert from_text('{"version":"0","day":"2020-01-01","source":"old"}').epss_raises == 0.10


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version":"0"}', '{"version":"0","day":"x","source":"s"}'])
def test_broken_rules_of_a_scan_are_said_to_be_so(text: str) -> None:
    with pytest.raises(BadRiskRules, match="not readable"):
        from_text(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "own.yaml:1: the file must be a mapping"),
        ("- 1\n", "own.yaml:1: the file must be a mapping"),
        (own("  R11: {}\n"), 'own.yaml:5: unknown key "R11"'),
        (own("  R3: {eps: 0.1}\n"), 'own.yaml:5: unknown key "eps"; did you mean "epss"?'),
        (own("  R3: {epss: 2}\n"), "`epss` must be a number from 0 to 1"),
        (own("  R3: {epss: true}\n"), "`epss` must be a number from 0 to 1"),
        (own("  R3: 0.1\n"), "`R3` must be a mapping"),
        (own("  R1: {least: hgih}\n"), "`least` must be one of critical, high, medium, low, info; did you mean"),
        (own("  R1: {least: unrated}\n"), "`least` must be one of"),
        (own("  R1: {least: critical, least_exposed: low}\n"), "`least_exposed` must not be milder than `least`"),
        (own("  R5: {ended: high, ended_exposed: low}\n"), "`ended_exposed` must not be milder than `ended`"),
        (own("  R4: {criticality: 5}\n"), "`criticality` must be a whole number from 1 to 4"),
        (own("  R6: {roles: firewall}\n"), "`roles` must be a list"),
        (own("  R7: {off: }\n"), "`off` must be a text"),
        (own("  R8: {off: no reason counts}\n"), "R8 cannot be switched off"),
        (own("  R0: {off: no reason counts}\n"), "R0 cannot be switched off"),
        (own("  R8: {criticality: 1}\n"), "`criticality` must be 3 or more"),
        (own("  R8: {exposure: isolated}\n"), "`exposure` must be one of internal, third-party, internet"),
        (own("  R2: {least: {14 days: soon}}\n"), "`14 days` must be one of"),
        ('version: 1\ndate: "2026-01-01"\nsource: x\nrules: {}\n', "own.yaml:1: `version` must be a text"),
        ("version: a\ndate: soon\nsource: x\nrules: {}\n", "own.yaml:2: `date` must be a day"),
        ('version: a\ndate: "2026-01-01"\nrules: {}\n', "`source` must be a text"),
        ("version: &a [*a]\n", "own.yaml:1"),
        ("[" * 50_000, "own.yaml"),
        ("x" * 100_001, "more than 100000 characters"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadRiskRules, match=re.escape(says)) as caught:
        parse(text, "own.yaml")
    assert str(caught.value).startswith("own.yaml")


def test_only_checks_about_support_are_taken_for_such() -> None:
    about = {check.id: _support(check, shipped()) for check in catalogue()}
    ended = {name for name, support in about.items() if support is Support.ENDED}
    ending = {name for name, support in about.items() if support is Support.ENDING}
    assert {"linux.eol.os-release", "linux.eol.kernel-series", "net.fw.version-eol"} <= ended
    assert ending == {
        "linux.eol.os-within-180d",
        "linux.eol.os-within-12-months",
        "linux.eol.software-within-12-months",
        "net.fw.version-eol-within-12-months",
    }
    assert all(".eol." in name or "version-eol" in name for name in ended | ending)


def test_the_page_has_the_rules_as_they_ship() -> None:
    page = (Path(__file__).parents[2] / "docs" / "risk.md").read_text("utf-8")
    for row in table():
        assert f"| {row.id} | {row.when} | {row.effect} |" in page, "docs/risk.md: the table of rules"
