"""Clock policies as they are written: what ships is whole, what cannot be meant is refused with its line."""

from datetime import date

import pytest

from checks.clock_policy import PRESETS, BadClockPolicy, chosen, parse, preset, preset_plain, stored
from checks.clock_types import Cause, Start

GOOD = """\
id: ours
version: "1"
title: Ours
source: schedule 7
date: "2026-01-01"
zone: Europe/London
start: told-supplier
otherwise: [first-detected]
pauses: {buyer-delay: 10}
rules:
  - id: all
    days: 5
    target: 3
    when: {level: high}
"""


@pytest.mark.parametrize("name", PRESETS)
def test_preset_names_its_source_and_date_and_is_the_same_when_it_was_stored(name: str) -> None:
    made = parse(preset(name), name)
    assert made.id == name
    assert made.source
    assert date.fromisoformat(made.date)
    assert stored(preset_plain(name), name) == made


def test_the_digest_is_over_the_values_and_not_over_the_comments() -> None:
    same = GOOD.replace("zone:", "# where days begin\nzone:")
    assert parse(same, "x").digest == parse(GOOD, "x").digest
    assert parse(GOOD.replace("days: 5", "days: 6"), "x").digest != parse(GOOD, "x").digest


def test_what_is_read() -> None:
    made = parse(GOOD, "x")
    (rule,) = made.rules
    assert (rule.start, rule.otherwise, rule.days, rule.target) == (Start.TOLD, (Start.DETECTED,), 5, 3)
    assert made.pauses == {Cause.BUYER_DELAY: 10}
    assert made.continues_within_days == 30  # the default of domain.md


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("id: ours", "id: Our Contract", "x:1: `id` must be lower-case"),
        ("zone: ", "zon: ", 'x:6: unknown key "zon"; did you mean "zone"?'),
        ("zone: Europe/London\n", "", "`zone` must be a text"),
        ("told-supplier", "whenever", "x:7: `start` must be one of fix-released, alert, first-detected, told-supplier"),
        ("[first-detected]", "[soon]", "x:8: 'soon' is not known in `otherwise`"),
        ("buyer-delay", "holiday", 'x:9: unknown key "holiday"'),
        ("10}", "-1}", "`buyer-delay` must be a whole number of days"),
        ("days: 5", "days: 5000", "x:12: `days` must be a whole number of days, 0 to 3660"),
        ("target: 3", "target: 9", "x:13: `target` is the earlier end"),
        ("level: high", "level: terrible", "'terrible' is not known in `level`"),
        ("level: high", "score_at_least: 11", "must be a CVSS v3 base score"),
        ("level: high", "kev: perhaps", "`kev` must be true or false"),
        ('"2026-01-01"', '"1 January"', "x:5: `date` must be a day in quotes"),
        ('"2026-01-01"', "2026-01-01", "put it in quotes"),
        ("  - id: all\n    days: 5", "  - days: 5", "`id` must be a text"),
        ("zone: Europe/London", "zone: Europe/London\nholidays: GB-ENG", "holidays matter to working days only"),
        (GOOD[GOOD.index("rules:") :], "rules: []\n", "`rules` must be a list of 1 to 200 rules"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, wanted: str) -> None:
    assert old in GOOD
    with pytest.raises(BadClockPolicy) as refused:
        parse(GOOD.replace(old, new), "x")
    assert wanted in str(refused.value)


def test_a_rule_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadClockPolicy, match="here twice"):
        parse(GOOD + GOOD[GOOD.index("  - id") :], "x")


def test_a_file_is_one_policy_or_a_list_of_them() -> None:
    assert chosen(GOOD, "x").use == ("ours",)
    many = "use: [moj, ours]\npolicies:\n" + "".join(
        f"  {'- ' if n == 0 else '  '}{line}\n" for n, line in enumerate(GOOD.splitlines())
    )
    said = chosen(many, "x")
    assert said.use == ("moj", "ours")
    assert said.own["ours"].digest == parse(GOOD, "x").digest
    with pytest.raises(BadClockPolicy, match="unknown key"):
        chosen("uses: [moj]", "x")


@pytest.mark.parametrize("text", ["", "[]", "- 1", "{" * 5000, "a: " + "x" * 200_000, "\0"])
def test_hostile_text_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadClockPolicy):
        parse(text, "x")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("[" * 50_000, "x:1: nested more than 50 deep", id="deep"),
        pytest.param("a: " + "{b: " * 20_000, "x:1: nested more than 50 deep", id="deep mapping"),
        pytest.param("- &a [1]\n- *a\n", r"x:2: an alias \(\*\) is not allowed here", id="alias"),
    ],
)
def test_what_would_end_the_process_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(BadClockPolicy, match=why):
        parse(text, "x")
    with pytest.raises(BadClockPolicy, match=why):
        chosen(text, "x")
