"""The rules of risk: each one on its own, together, and what must hold whatever is known."""

import itertools
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.risk import (
    Attested,
    Level,
    Override,
    Part,
    Place,
    Risk,
    Rules,
    Support,
    counts,
    lines_of,
    rate,
    rate_part,
    worst,
)
from checks.risk_rules import parse, shipped

RULES = shipped()
TODAY = date(2026, 11, 23)
KNOWN = Place(exposure="internal", criticality=2)  # an asset of which everything is known and nothing raises
OUTSIDE = replace(KNOWN, exposure="internet")
ATTESTED = Attested("R. Osei, assessor", "PT-7", date(2027, 1, 1))
QUIET = Part(Level.HIGH, 7.5, cve=True, kev_known=True, epss=0.001)


def risk_of(part: Part, place: Place = KNOWN, rules: Rules = RULES) -> Risk:
    return rate_part(rules, part, place)


HIGH, MEDIUM, LOW = Part(Level.HIGH, 7.5, cve=True), Part(Level.MEDIUM, 5.0, cve=True), Part(Level.LOW, 2.0, cve=True)
KEV = {"kev": "2026-01-02", "kev_known": True}


@pytest.mark.parametrize(
    ("part", "place", "level", "lines"),
    [
        pytest.param(HIGH, KNOWN, "high", [], id="nothing fires"),
        pytest.param(
            Part(Level.UNRATED),
            KNOWN,
            "unrated",
            ["R0 no score and no vendor word: UNRATED, clocked as HIGH"],
            id="R0",
        ),
        pytest.param(
            replace(MEDIUM, **KEV), KNOWN, "high", ["R1 in CISA KEV since 2026-01-02: MEDIUM -> HIGH"], id="R1 inside"
        ),
        pytest.param(
            replace(HIGH, **KEV),
            OUTSIDE,
            "critical",
            ["R1 in CISA KEV since 2026-01-02, internet-facing: HIGH -> CRITICAL"],
            id="R1 outside",
        ),
        pytest.param(
            replace(LOW, **KEV),
            replace(KNOWN, exposure="third-party"),
            "critical",
            ["R1 in CISA KEV since 2026-01-02, on a third-party link: LOW -> CRITICAL"],
            id="R1 third party",
        ),
        pytest.param(
            Part(Level.UNRATED, cve=True, **KEV),
            KNOWN,
            "high",
            [
                "R0 no score and no vendor word: UNRATED, clocked as HIGH",
                "R1 in CISA KEV since 2026-01-02: UNRATED -> HIGH",
            ],
            id="R1 rates what nobody rated",
        ),
        pytest.param(
            replace(MEDIUM, bod="14 days"), KNOWN, "high", ["R2 CISA BOD 26-04 says 14 days: MEDIUM -> HIGH"], id="R2"
        ),
        pytest.param(
            replace(HIGH, bod="3 days and forensic investigation", bod_assumed="not automatable"),
            KNOWN,
            "critical",
            [
                "R2 CISA BOD 26-04 says 3 days and forensic investigation (taken as not automatable): HIGH -> CRITICAL",
            ],
            id="R2 by default values",
        ),
        pytest.param(replace(HIGH, bod="60 days"), KNOWN, "high", [], id="R2 is silent on later rows"),
        pytest.param(
            replace(MEDIUM, epss=0.1),
            OUTSIDE,
            "high",
            ["R3 EPSS 0.1 is 0.1 or more, internet-facing: MEDIUM -> HIGH"],
            id="R3 at its threshold",
        ),
        pytest.param(replace(MEDIUM, epss=0.09999), OUTSIDE, "medium", [], id="R3 below"),
        pytest.param(replace(MEDIUM, epss=0.9), KNOWN, "medium", [], id="R3 not from inside"),
        pytest.param(
            HIGH,
            replace(KNOWN, criticality=4),
            "critical",
            ["R4 severity HIGH, criticality 4 of 4: HIGH -> CRITICAL"],
            id="R4",
        ),
        pytest.param(MEDIUM, replace(KNOWN, criticality=4), "medium", [], id="R4 not below high"),
        pytest.param(HIGH, replace(KNOWN, criticality=3), "high", [], id="R4 not below vital"),
        pytest.param(
            Part(Level.CRITICAL),
            replace(KNOWN, support=Support.ENDED),
            "high",
            ["R5 out of support: CRITICAL -> HIGH"],
            id="R5 sets",
        ),
        pytest.param(
            Part(Level.HIGH),
            replace(OUTSIDE, support=Support.ENDED),
            "critical",
            ["R5 out of support, internet-facing: HIGH -> CRITICAL"],
            id="R5 outside",
        ),
        pytest.param(
            Part(Level.HIGH),
            replace(KNOWN, support=Support.ENDED, exploited_since="CVE-2026-1"),
            "critical",
            ["R5 out of support, and CVE-2026-1 of this product line was listed in CISA KEV since: HIGH -> CRITICAL"],
            id="R5 exploited since",
        ),
        pytest.param(
            Part(Level.LOW),
            replace(OUTSIDE, support=Support.ENDING, criticality=4),
            "medium",
            ["R5 support ends within 12 months, plan: LOW -> MEDIUM"],
            id="R5 ending",
        ),
        pytest.param(
            MEDIUM,
            replace(KNOWN, security_device="role firewall", patch=True),
            "high",
            ["R6 a patch is missing on a security device (role firewall): MEDIUM -> HIGH"],
            id="R6",
        ),
        pytest.param(MEDIUM, replace(KNOWN, security_device="role firewall"), "medium", [], id="R6 not a setting"),
        pytest.param(MEDIUM, replace(KNOWN, patch=True), "medium", [], id="R6 not elsewhere"),
        pytest.param(
            QUIET,
            replace(KNOWN, attested=ATTESTED),
            "medium",
            [
                "R7 isolated, attested by R. Osei, assessor (PT-7, review by 2027-01-01), EPSS 0.001: HIGH -> MEDIUM",
            ],
            id="R7",
        ),
        pytest.param(
            Part(Level.HIGH),
            Place(),
            "high",
            ["R8 exposure not known, treated as internal; criticality not known, treated as 3 of 4: stays HIGH"],
            id="R8",
        ),
    ],
)
def test_each_rule_and_its_line(part: Part, place: Place, level: str, lines: list[str]) -> None:
    risk = risk_of(part, place)
    assert (risk.level.value, list(risk.lines)) == (level, lines)
    assert risk.severity is part.severity, "severity is never moved"


@pytest.mark.parametrize(
    ("part", "attested", "note"),
    [
        (replace(QUIET, kev="2026-01-01"), ATTESTED, "it is in CISA KEV"),
        (replace(QUIET, kev_known=False), ATTESTED, "no list of known exploited vulnerabilities was loaded"),
        (replace(QUIET, epss=None), ATTESTED, "its EPSS is not known, below 0.01 is needed"),
        (replace(QUIET, epss=0.01), ATTESTED, "its EPSS is 0.01, below 0.01 is needed"),
        (replace(QUIET, cve=False), ATTESTED, "no CVE, so no estimate says that it is not used"),
        (replace(QUIET, severity=Level.UNRATED, score=None), ATTESTED, "nobody rated it"),
        (QUIET, replace(ATTESTED, against="this scan reached it"), "this scan reached it"),
    ],
    ids=["kev", "no list", "no epss", "epss", "setting", "unrated", "contradicted"],
)
def test_isolation_lowers_nothing_without_every_proof(part: Part, attested: Attested, note: str) -> None:
    risk = risk_of(part, replace(KNOWN, attested=attested))
    assert not any(line.startswith("R7") for line in risk.lines)
    assert risk.notes == (f"R7 does not apply: {note}",)


@pytest.mark.parametrize("exposure", ["internet", "third-party"])
def test_isolation_does_not_count_against_the_inventory(exposure: str) -> None:
    risk = risk_of(QUIET, replace(KNOWN, exposure=exposure, attested=ATTESTED))
    assert risk.level is Level.HIGH
    assert risk.notes == (f"R7 does not apply: the inventory says that it is open to {exposure}",)


def test_isolation_never_goes_below_medium_for_a_score_of_seven() -> None:
    place = replace(KNOWN, attested=ATTESTED)
    assert risk_of(replace(QUIET, severity=Level.MEDIUM, score=7.0), place).level is Level.MEDIUM
    assert risk_of(replace(QUIET, severity=Level.MEDIUM, score=6.9), place).level is Level.LOW
    assert risk_of(replace(QUIET, severity=Level.MEDIUM, score=None), place).level is Level.MEDIUM
    assert risk_of(replace(QUIET, severity=Level.LOW, score=2.0), place).level is Level.LOW, "a weakness stays one"


def test_a_finding_is_rated_by_its_worst_part_and_names_it() -> None:
    parts = [("CVE-1", HIGH), ("CVE-2", replace(LOW, epss=0.9)), ("CVE-3", replace(MEDIUM, **KEV))]
    risk = rate(RULES, Level.HIGH, parts, OUTSIDE)
    assert (risk.level, risk.part) == (Level.CRITICAL, "CVE-3")
    assert next(iter(lines_of(risk))) == "severity HIGH, risk CRITICAL (by CVE-3)"


def test_parts_do_not_lend_each_other_what_is_known_of_them() -> None:
    parts = [("CVE-1", HIGH), ("CVE-2", replace(LOW, epss=0.9))]
    assert rate(RULES, Level.HIGH, parts, OUTSIDE).level is Level.HIGH, "the EPSS of one is not that of the other"


OVERRIDE = Override(Level.LOW, "A. Mensah", "accreditor", "the port is filtered upstream", date(2026, 12, 1))


def test_an_override_prints_both_values() -> None:
    risk = rate(RULES, Level.HIGH, [("", HIGH)], replace(KNOWN, criticality=4), OVERRIDE)
    assert (risk.severity, risk.computed, risk.level) == (Level.HIGH, Level.CRITICAL, Level.LOW)
    assert risk.lines[-1] == (
        "R10 overridden by A. Mensah (accreditor) until 2026-12-01, because the port is filtered upstream: "
        "CRITICAL -> LOW"
    )
    assert risk.override == OVERRIDE


@pytest.mark.parametrize(
    ("override", "today", "expected"),
    [
        (OVERRIDE, date(2026, 12, 1), True),
        (OVERRIDE, date(2026, 12, 2), False),
        (replace(OVERRIDE, role="assessor"), TODAY, True),
        (replace(OVERRIDE, role="operator"), TODAY, False),
        (replace(OVERRIDE, role="supplier:acme"), TODAY, False),
        (replace(OVERRIDE, role="owner"), TODAY, False),
        (replace(OVERRIDE, reason="  "), TODAY, False),
    ],
)
def test_which_override_counts(override: Override, today: date, expected: bool) -> None:
    assert counts(override, today) is expected


def test_unrated_is_clocked_as_high() -> None:
    assert [level.clocked.value for level in Level] == ["critical", "high", "high", "medium", "low", "info"]
    assert worst([Level.MEDIUM, Level.UNRATED]) is Level.UNRATED


# what must hold whatever is known

levels = st.sampled_from(Level)
shares = st.none() | st.sampled_from([0.0, 0.005, 0.01, 0.0999, 0.1, 0.7, 1.0])
parts = st.builds(
    Part,
    severity=levels,
    score=st.none() | st.sampled_from([0.0, 3.9, 6.9, 7.0, 9.8]),
    cve=st.booleans(),
    kev=st.sampled_from(["", "2026-01-01"]),
    kev_known=st.booleans(),
    epss=shares,
    bod=st.sampled_from(["", "fix on system upgrade", "60 days", "14 days", "3 days"]),
)
places = st.builds(
    Place,
    exposure=st.sampled_from([None, "isolated", "internal", "third-party", "internet"]),
    criticality=st.none() | st.integers(1, 4),
    support=st.sampled_from([None, *Support]),
    exploited_since=st.sampled_from(["", "CVE-2026-1"]),
    security_device=st.sampled_from(["", "role vpn"]),
    patch=st.booleans(),
    attested=st.sampled_from([None, ATTESTED, replace(ATTESTED, against="a probe reached it")]),
)
bounded = settings(derandomize=True, max_examples=75, deadline=None)


def never_lower(before: Risk, after: Risk) -> None:
    assert after.level.rank <= before.level.rank, (before, after)


@bounded
@given(parts, places)
def test_more_exposure_never_lowers(part: Part, place: Place) -> None:
    ladder = ["isolated", "internal", "third-party", "internet"]
    risks = [risk_of(part, replace(place, exposure=step)) for step in ladder]
    for before, after in itertools.pairwise(risks):
        never_lower(before, after)


@bounded
@given(parts, places)
def test_more_criticality_never_lowers(part: Part, place: Place) -> None:
    risks = [risk_of(part, replace(place, criticality=step)) for step in (1, 2, 3, 4)]
    for before, after in itertools.pairwise(risks):
        never_lower(before, after)


@bounded
@given(parts, places)
def test_known_exploitation_and_likelihood_never_lower(part: Part, place: Place) -> None:
    never_lower(risk_of(replace(part, kev=""), place), risk_of(replace(part, kev="2026-01-01"), place))
    for less, more in ((0.0, 0.009), (0.009, 0.05), (0.05, 0.1), (0.1, 1.0)):
        never_lower(risk_of(replace(part, epss=less), place), risk_of(replace(part, epss=more), place))


@bounded
@given(parts, places)
def test_a_worse_severity_never_lowers(part: Part, place: Place) -> None:
    rated = [level for level in reversed(Level) if level is not Level.UNRATED]
    risks = [risk_of(replace(part, severity=level), place) for level in rated]
    for before, after in itertools.pairwise(risks):
        never_lower(before, after)


@bounded
@given(parts, places)
def test_what_is_not_known_is_never_better_than_what_it_stands_for(part: Part, place: Place) -> None:
    unknown = risk_of(part, replace(place, exposure=None, criticality=None))
    assert unknown.level is risk_of(part, replace(place, exposure="internal", criticality=3)).level
    assert any(line.startswith("R8 ") for line in unknown.lines)
    never_lower(risk_of(part, place), risk_of(replace(part, kev_known=False), place))
    if place.attested is not None:
        never_lower(risk_of(replace(part, epss=0.0), place), risk_of(replace(part, epss=None), place))


@bounded
@given(parts, places)
def test_every_move_has_its_line_and_no_line_lies(part: Part, place: Place) -> None:
    risk = risk_of(part, place)
    at = part.severity.value.upper()
    for line in risk.lines:
        moved = line.rpartition(": ")[2]
        before, arrow, after = moved.partition(" -> ")
        if arrow:
            assert before == at, risk
            at = after
        elif moved.startswith("stays"):
            assert moved == f"stays {at}"
    assert at == risk.level.value.upper()


@bounded
@given(st.lists(st.tuples(st.text(max_size=3), parts), min_size=1, max_size=5), places)
def test_a_finding_is_as_bad_as_its_worst_part(named: list[tuple[str, Part]], place: Place) -> None:
    whole = rate(RULES, Level.HIGH, named, place)
    assert whole.level is worst(risk_of(part, place).level for _, part in named)
    never_lower(rate(RULES, Level.HIGH, named[:1], place), whole)


def test_old_rules_give_the_old_result() -> None:
    text = 'version: "2"\ndate: "2027-01-01"\nsource: test\nrules:\n  R3: {epss: 0.5}\n'
    newer = parse(text, "risk.yaml")
    part = replace(MEDIUM, epss=0.2)
    assert risk_of(part, OUTSIDE, newer).level is Level.MEDIUM
    assert risk_of(part, OUTSIDE).level is Level.HIGH
