"""The gate: a rule that is inverted, loose or toothless is noticed, in YAML and in Python."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from checks.catalogue import from_text
from checks.check import Check, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, passed
from checks.mutation import mutants, problems, survivors
from inventory.asset import Privilege
from inventory.facts.clock import Clock
from inventory.facts.sshd import Sshd

BLOCK = """\
- id: linux.test.example
  title: An example
  severity: {level: low}
  theme: weak configuration
  rationale: Because.
  needs: [sshd]
  privilege: root
  params: {weak: [a, b]}
  applies_when:
    fact: sshd.x11_forwarding
    op: is_true
    else: nothing to see
  pass_when:
    all:
      - {fact: sshd.max_auth_tries, op: at_most, value: 4}
      - not: {fact: sshd.ciphers, op: contains_any, value: $weak}
  evidence: well
  finding: "{sshd.max_auth_tries}, {sshd.ciphers & params.weak}"
  remediation: {text: Change it.}
  examples:
    - pass: {sshd: {x11_forwarding: true, max_auth_tries: 4, ciphers: [c]}}
    - fail: {sshd: {x11_forwarding: true, max_auth_tries: 5, ciphers: [c]}}
    - fail: {sshd: {x11_forwarding: true, max_auth_tries: 4, ciphers: [a, b]}}
      says: 4, a, b
    - not_applicable: {sshd: {x11_forwarding: false, max_auth_tries: 5, ciphers: [c]}}
"""


def declared(text: str = BLOCK) -> Check:
    faults: list[str] = []
    checks = from_text(text, "test.yaml", faults)
    assert faults == []
    return checks[0]


def without(check: Check, *numbers: int) -> Check:
    return replace(check, examples=tuple(e for n, e in enumerate(check.examples) if n not in numbers))


def test_each_small_fault_is_tried_once() -> None:
    assert [m.fault for m in mutants(declared())] == [
        "pass_when: all swapped with any",
        "pass_when: sshd.max_auth_tries at_most 4 dropped",
        "pass_when: sshd.max_auth_tries at_most 4 negated",
        "pass_when: limit of sshd.max_auth_tries at_most 4 off by -1",
        "pass_when: limit of sshd.max_auth_tries at_most 4 off by +1",
        "pass_when: not(sshd.ciphers contains_any ['a', 'b']) dropped",
        "pass_when: \"not\" dropped before sshd.ciphers contains_any ['a', 'b']",
        "pass_when: sshd.ciphers contains_any ['a', 'b'] negated",
        "pass_when: 'a' dropped from sshd.ciphers contains_any ['a', 'b']",
        "pass_when: 'b' dropped from sshd.ciphers contains_any ['a', 'b']",
        "applies_when dropped",
        "applies_when: sshd.x11_forwarding is_true negated",
    ]


def test_sound_examples_notice_every_one() -> None:
    assert problems(declared()) == []


@pytest.mark.parametrize(
    ("left_out", "unnoticed"),
    [
        ((1,), {"sshd.max_auth_tries at_most 4 dropped", "off by +1"}),
        ((2,), {"contains_any ['a', 'b']) dropped", "'a' dropped", "'b' dropped"}),
        ((3,), {"applies_when dropped"}),
    ],
)
def test_an_example_that_is_lacking_leaves_faults_unnoticed(left_out: tuple[int, ...], unnoticed: set[str]) -> None:
    faults = [m.fault for m in survivors(without(declared(), *left_out))]
    assert faults
    for words in unnoticed:
        assert any(fault.endswith(words) or words in fault for fault in faults), faults


def test_reading_a_filler_does_not_count_as_noticing() -> None:
    check = declared()
    thin = Example(Outcome.NOT_APPLICABLE, {"sshd": partial(Sshd, x11_forwarding=False)})
    faults = [m.fault for m in survivors(replace(check, examples=(*check.examples[:3], thin)))]
    assert faults == ["applies_when dropped"]


def test_a_broken_example_is_told_before_any_mutant() -> None:
    check = declared(BLOCK.replace("says: 4, a, b", "says: 4, b"))
    (said,) = problems(check)
    assert said == "test.yaml:23: the words ('4, b',) are expected, not ('4, a, b',)"


def test_limits_of_numbers_with_a_fraction_are_opened_and_shut() -> None:
    text = BLOCK.replace("sshd.max_auth_tries, op: at_most, value: 4", "clock.skew_seconds, op: at_most, value: 5.0")
    text = text.replace("{sshd.max_auth_tries}", "x").replace("[sshd]", "[sshd, clock]")
    for tries in (4, 5):
        text = text.replace(
            f"max_auth_tries: {tries}, ciphers: [c]}}", f"ciphers: [c]}}, clock: {{skew_seconds: {tries}.0}}"
        )
    text = text.replace("max_auth_tries: 4, ciphers: [a, b]}", "ciphers: [a, b]}, clock: {skew_seconds: 4.0}")
    faults = [m.fault for m in survivors(declared(text.replace("says: 4, a, b", "says: x, a, b")))]
    assert "pass_when: limit of clock.skew_seconds at_most 5.0 shut or opened" in faults


LIMIT = 5


def _far(clock: Clock) -> bool:
    return clock.skew_seconds > LIMIT


def skewed(clock: Clock) -> Iterator[Ruling]:
    if clock.synchronised is None:
        yield not_applicable("nothing keeps the clock")
        return
    if _far(clock) and clock.source in ("chrony", "ntpq"):
        yield failed(f"{clock.skew_seconds}")
    else:
        yield passed("well")


def one(outcome: Outcome, synchronised: bool | None, skew: float, source: str) -> Example:
    clock = partial(Clock, synchronised=synchronised, skew_seconds=skew, source=source)
    return Example(outcome, {"clock": clock}, says="well" if outcome is Outcome.PASS else ())


SOUND = (
    one(Outcome.PASS, True, 5.0, "chrony"),
    one(Outcome.PASS, True, 6.0, "rdate"),
    one(Outcome.FAIL, True, 6.0, "chrony"),
    one(Outcome.FAIL, True, 6.0, "ntpq"),
    one(Outcome.NOT_APPLICABLE, None, 6.0, "chrony"),
)
TEXTS: dict[str, Any] = {
    "id": "linux.test.skewed",
    "title": "An example",
    "severity": Severity.LOW,
    "theme": Theme.WEAK_CONFIG,
    "rationale": "Because.",
    "remedy": Remedy("Change it."),
    "privilege": Privilege.USER,
}


def test_python_rules_are_mutated_with_the_functions_they_call() -> None:
    made = check(**TEXTS, examples=SOUND)(skewed)
    faults = [m.fault.partition(": ")[2] for m in mutants(made)]
    assert "Gt became LtE" in faults  # in _far
    assert "Gt became GtE" in faults
    assert "Is became IsNot" in faults
    assert "value 2 of the list dropped" in faults
    assert "and, or swapped" in faults
    assert faults.count("yield left out") == 3


@pytest.mark.parametrize(
    ("lacking", "unnoticed"),
    [
        (0, "Gt became GtE"),
        (2, "value 1 of the list dropped"),
        (3, "value 2 of the list dropped"),
        (4, "yield left out"),
    ],
)
def test_python_examples_have_to_notice_every_fault(lacking: int, unnoticed: str) -> None:
    made = check(**TEXTS, examples=SOUND)(skewed)
    assert problems(made) == []
    left = replace(made, examples=tuple(e for n, e in enumerate(SOUND) if n != lacking))
    assert any(m.fault.endswith(unnoticed) for m in survivors(left))
