"""One YAML block becomes one check: what it rules, and every way in which a block can be wrong."""

from datetime import UTC, datetime

import pytest

from checks.catalogue import from_text
from checks.check import Check, Context, Theme
from checks.example import EXAMPLE_ASSET, partial
from checks.finding import CheckRun, Outcome, Severity, Subject
from inventory.asset import Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.kernel import CpuVulnerability, Kernel
from inventory.facts.sshd import Sshd
from inventory.facts.storage import Mount, Mounts

HEAD = """\
- id: linux.test.example
  title: An example
  severity: {level: medium}
  theme: weak configuration
  rationale: Because.
  privilege: root
  remediation: {text: Change it., steps: [one, two], verify: look, risk: none}
  evidence: "all well"
"""
ONE = """\
  needs: [sshd]
  pass_when: {fact: sshd.max_auth_tries, op: at_most, value: 4}
  finding: "it is {sshd.max_auth_tries}"
  examples:
    - pass: {sshd: {max_auth_tries: 4}}
    - fail: {sshd: {max_auth_tries: 5}}
    - not_applicable: {sshd: absent}
"""
EACH = """\
  needs: [mounts]
  for_each: mounts.items
  where: {fact: item.inodes_used_percent, op: greater_than, value: 0}
  subject: {kind: mount, key: item.target}
  pass_when: {fact: item.used_percent, op: less_than, value: 90}
  finding: "{item.target} is {item.used_percent} % full"
  examples:
    - pass: {mounts: {items: []}}
    - fail: {mounts: {items: [{target: /, used_percent: 99, inodes_used_percent: 1}]}}
    - not_applicable: {mounts: absent}
"""


def made(text: str) -> Check:
    faults: list[str] = []
    checks = from_text(text, "test.yaml", faults)
    assert faults == []
    return checks[0]


def faults_in(text: str) -> list[str]:
    faults: list[str] = []
    assert from_text(text, "test.yaml", faults) == []
    return faults


def judged(check: Check, **facts: object) -> tuple[CheckRun, ...]:
    context = Context(EXAMPLE_ASSET, facts, datetime(2026, 1, 1, tzinfo=UTC))
    return check.judge(context, dict.fromkeys(facts, Privilege.ROOT))


def mount(target: str, used: int | None, inodes: int | None) -> Mount:
    return partial(Mount, target=target, used_percent=used, inodes_used_percent=inodes)


def test_a_block_becomes_a_check() -> None:
    check = made(HEAD + ONE + "  references: [a(1)]\n  default: false\n  version: 3\n  family: linux.test.old\n")
    assert (check.id, check.title, check.source) == ("linux.test.example", "An example", "test.yaml")
    assert (check.severity, check.theme, check.privilege) == (Severity.MEDIUM, Theme.WEAK_CONFIG, Privilege.ROOT)
    assert check.remedy.steps == ("one", "two")
    assert (check.version, check.default, check.family, check.references) == (3, False, "linux.test.old", ("a(1)",))


@pytest.mark.parametrize(
    ("fact", "outcome", "observed"),
    [
        (partial(Sshd, max_auth_tries=4), Outcome.PASS, "all well"),
        (partial(Sshd, max_auth_tries=5), Outcome.FAIL, "it is 5"),
        (Absent("no sshd here"), Outcome.NOT_APPLICABLE, "no sshd here"),
        (Missing(Reason.PRIVILEGE_TOO_LOW, "not root"), Outcome.NOT_ASSESSED, "not root"),
    ],
)
def test_one_ruling_for_the_host(fact: object, outcome: Outcome, observed: str) -> None:
    (run,) = judged(made(HEAD + ONE), sshd=fact)
    assert (run.outcome, run.observed, run.subject) == (outcome, observed, Subject())


def test_a_fact_that_nobody_asked_for_is_never_a_pass() -> None:
    (run,) = judged(made(HEAD + ONE))
    assert (run.outcome, run.reason) == (Outcome.NOT_ASSESSED, Reason.NOT_ATTEMPTED)


def test_for_each_rules_on_every_item_that_is_not_good() -> None:
    items = (mount("/", 99, 1), mount("/a", 10, 1), mount("/b", 95, 0), mount("/c", None, 1), mount("/d", 90, 5))
    runs = judged(made(HEAD + EACH), mounts=Mounts(items))
    assert [(r.subject.key, r.outcome) for r in runs] == [
        ("/", Outcome.FAIL),
        ("/c", Outcome.NOT_ASSESSED),
        ("/d", Outcome.FAIL),
    ]
    assert runs[0].observed == "/ is 99 % full"
    assert (runs[1].observed, runs[1].reason) == ("the host did not report item.used_percent", Reason.OUTPUT_UNREADABLE)


@pytest.mark.parametrize(
    ("items", "outcome"),
    [
        ((), Outcome.PASS),
        ((mount("/", 10, None),), Outcome.PASS),  # it may not count, and it is good either way
        ((mount("/", 99, None),), Outcome.NOT_ASSESSED),  # bad, if it counts
        ((mount("/", None, None),), Outcome.NOT_ASSESSED),
        ((mount("/", None, 0),), Outcome.PASS),  # it does not count
    ],
)
def test_for_each_with_an_unknown_where(items: tuple[Mount, ...], outcome: Outcome) -> None:
    (run,) = judged(made(HEAD + EACH), mounts=Mounts(items))
    assert run.outcome is outcome


def test_a_list_that_the_host_did_not_report_is_not_assessed() -> None:
    text = """\
  needs: [kernel]
  for_each: kernel.cpu_vulnerabilities
  subject: {kind: cpu-vulnerability, key: item.name}
  pass_when: {fact: item.vulnerable, op: is_false}
  finding: "{item.name}: {item.status}"
  examples:
    - pass: {kernel: {cpu_vulnerabilities: []}}
    - fail: {kernel: {cpu_vulnerabilities: [{name: a, status: Vulnerable, vulnerable: true}]}}
    - not_assessed: {kernel: {cpu_vulnerabilities: null}}
"""
    check = made(HEAD + text)
    (run,) = judged(check, kernel=partial(Kernel, cpu_vulnerabilities=None))
    assert (run.outcome, run.observed) == (Outcome.NOT_ASSESSED, "the host did not report kernel.cpu_vulnerabilities")
    hostile = CpuVulnerability("\x1b[2Jmelt\u202edown", "Vulnerable\n", vulnerable=True)
    (run,) = judged(check, kernel=partial(Kernel, cpu_vulnerabilities=(hostile,)))
    assert run.subject.key == "\\x1b[2Jmelt\\u202edown"
    assert run.observed == "\\x1b[2Jmelt\\u202edown: Vulnerable\\n"


def test_for_each_over_plain_values_with_two_words_as_key() -> None:
    text = """\
  needs: [sshd]
  for_each: sshd.ciphers
  subject: {kind: cipher, key: [item, item]}
  pass_when: {fact: item, op: not_matches, value: ".*cbc"}
  finding: "{item}"
  examples:
    - pass: {sshd: {ciphers: [a]}}
    - fail: {sshd: {ciphers: [a-cbc]}}
    - not_applicable: {sshd: absent}
"""
    (run,) = judged(made(HEAD + text), sshd=partial(Sshd, ciphers=("a", "b-cbc")))
    assert (run.outcome, run.subject) == (Outcome.FAIL, Subject("cipher", "b-cbc b-cbc"))


APPLIES = (
    "  applies_when:\n    fact: sshd.kbd_interactive_authentication\n    op: is_true\n    else: off on {asset.name}\n"
)


@pytest.mark.parametrize(
    ("value", "outcome", "observed"),
    [
        (True, Outcome.FAIL, "it is 5"),
        (False, Outcome.NOT_APPLICABLE, "off on example"),
        (None, Outcome.NOT_ASSESSED, "the host did not report sshd.kbd_interactive_authentication"),
    ],
)
def test_applies_when(value: bool | None, outcome: Outcome, observed: str) -> None:
    example = "    - pass: {sshd: {kbd_interactive_authentication: true, max_auth_tries: 4}}\n"
    check = made(HEAD + ONE + example + APPLIES)
    (run,) = judged(check, sshd=partial(Sshd, kbd_interactive_authentication=value, max_auth_tries=5))
    assert (run.outcome, run.observed) == (outcome, observed)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title: An example", "titel: An example", 2, 'unknown key "titel"; did you mean "title"?'),
        ("  title: An example\n", "", 1, '"title" is missing'),
        ("title: An example", "title: 7", 2, '"title" is a text'),
        ("id: linux.test.example", "id: linux.test", 1, "is not <surface>.<area>.<condition-that-is-bad>"),
        ("id: linux.test.example", "id: linux.test.Bad_Name", 1, "is not <surface>"),
        ("{level: medium}", "medium", 3, '"severity" is written {level: low}'),
        ("{level: medium}", "{level: meduim}", 3, 'unknown level "meduim"; did you mean "medium"?'),
        ("{level: medium}", "{level: low, cvss: 3.1}", 3, 'unknown key "cvss"'),
        ("theme: weak configuration", "theme: weak config", 4, 'did you mean "weak configuration"?'),
        ("theme: weak configuration", "theme: zzz", 4, "one of missing OS patch"),
        ("privilege: root", "privilege: rot", 6, 'unknown privilege "rot"; did you mean "root"?'),
        (
            "{text: Change it., steps: [one, two], verify: look, risk: none}",
            "Change it.",
            7,
            '"remediation" is missing, or',
        ),
        ("steps: [one, two]", "steps: one", 7, '"steps" is a list of texts'),
        ("text: Change it., ", "", 7, '"text" is missing'),
        ("risk: none", "rsk: none", 7, 'unknown key "rsk"; did you mean "risk"?'),
        ("needs: [sshd]", "needs: [shd]", 9, 'there is no fact "shd"; did you mean "sshd"?'),
        ("needs: [sshd]", "needs: []", 9, '"needs" names at least one fact'),
        ("needs: [sshd]", "needs: [sshd, kernel]", 9, 'the fact "kernel" is needed but never read'),
        ("needs: [sshd]", "needs: [kernel]", 10, '"sshd" is not in needs'),
        ("sshd.max_auth_tries, op", "sshd.max_auth_try, op", 10, 'did you mean "max_auth_tries"?'),
        ("  pass_when: {fact: sshd.max_auth_tries, op: at_most, value: 4}\n", "", 1, "a predicate is expected"),
        ('  finding: "it is {sshd.max_auth_tries}"\n', "", 1, '"finding" is missing'),
        ('"it is {sshd.max_auth_tries}"', '"it is {sshd.tries}"', 11, 'Sshd has no field "tries"'),
        ('"all well"', '"{item.x}"', 8, "item is known inside for_each only"),
        ("    - pass: {sshd: {max_auth_tries: 4}}\n", "", 12, "examples lack a pass"),
        ("    - fail: {sshd: {max_auth_tries: 5}}\n", "", 12, "examples lack a fail"),
        ("    - not_applicable: {sshd: absent}\n", "", 12, "examples lack a not_applicable or not_assessed"),
        ("{max_auth_tries: 5}", "{max_auth_tries: many}", 14, "\"max_auth_tries\" is number, not 'many'"),
        ("needs: [sshd]", "params: {limit: 4}\n  needs: [sshd]", 9, 'the parameter "limit" is never used'),
        ("needs: [sshd]", "params: [4]\n  needs: [sshd]", 9, '"params" is a mapping'),
        ("needs: [sshd]", "params: {limit: {a: 1}}\n  needs: [sshd]", 9, 'the parameter "limit" is neither'),
        ("needs: [sshd]", "version: 0\n  needs: [sshd]", 9, '"version" is a whole number from 1'),
        ("needs: [sshd]", "default: maybe\n  needs: [sshd]", 9, '"default" is true or false'),
        ("needs: [sshd]", "where: {all: []}\n  needs: [sshd]", 9, '"where" goes with "for_each"'),
        ("needs: [sshd]", "subject: {kind: a}\n  needs: [sshd]", 9, '"subject" goes with "for_each"'),
        (
            "needs: [sshd]",
            "applies_when: {all: []}\n  needs: [sshd]",
            9,
            'is a predicate with an "else"',
        ),
        ("examples:", "examples: 7\n  references:", 12, '"examples" is a list'),
    ],
)
def test_every_way_to_be_wrong_is_told_with_its_line(old: str, new: str, line: int, said: str) -> None:
    text = HEAD + ONE
    assert text.count(old) == 1
    faults = faults_in(text.replace(old, new))
    assert [f for f in faults if f.startswith(f"test.yaml:{line}: ") and said in f], faults


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("for_each: mounts.items", "for_each: mounts.item", 'did you mean "items"?'),
        ("for_each: mounts.items", "for_each: asset.name", '"asset.name" is text, not a list'),
        ("  subject: {kind: mount, key: item.target}\n", "", '"for_each" needs a "subject"'),
        ("key: item.target", "key: item.targt", 'did you mean "target"?'),
        ("key: item.target", "key: mounts.items", "the key of a subject is a field of the item"),
        ("key: item.target", "key: item.options", "the key of a subject is a field of the item"),
        (", key: item.target", "", "the key of a subject"),
        ("kind: mount, ", "", '"kind" is missing'),
        ("item.inodes_used_percent, op", "item.inodes_used, op", 'did you mean "inodes_used_percent"?'),
    ],
)
def test_for_each_can_be_wrong_too(old: str, new: str, said: str) -> None:
    text = HEAD + EACH
    assert text.count(old) == 1
    assert any(said in fault for fault in faults_in(text.replace(old, new)))


def test_all_faults_are_told_at_once() -> None:
    text = (HEAD + ONE).replace("level: medium", "level: hgh").replace("at_most", "atmost").replace("root", "admin")
    faults = faults_in(text)
    assert len(faults) == 3
    assert all("linux.test.example" in fault for fault in faults)
