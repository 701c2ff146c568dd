"""Examples are tests: fillers may not be read, and what is expected is compared exactly."""

from dataclasses import replace

import pytest

from checks.catalogue import from_text
from checks.check import Check
from checks.document import Fault, read
from checks.example import EXAMPLE_ASSET, Example, FillerRead, faults_of, from_yaml, lacking, overall, partial
from checks.finding import CheckRun, Outcome
from inventory.facts import Absent, Missing, Reason
from inventory.facts.accounts import AuthorizedKey, AuthorizedKeys
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.sshd import Sshd

SOUND = """
- id: linux.ssh.example
  title: An example
  severity: {level: low}
  theme: weak configuration
  rationale: Because.
  needs: [sshd]
  privilege: root
  pass_when: {fact: sshd.max_auth_tries, op: at_most, value: 4}
  evidence: "it is {sshd.max_auth_tries}"
  finding: "it is {sshd.max_auth_tries}"
  remediation: {text: Lower it.}
  examples:
    - pass: {sshd: {max_auth_tries: 4}}
    - fail: {sshd: {max_auth_tries: 5}}
    - not_applicable: {sshd: absent}
"""


@pytest.fixture
def sound() -> Check:
    faults: list[str] = []
    (check,) = from_text(SOUND, "sound.yaml", faults)
    assert faults == []
    return check


def test_reading_a_filler_is_an_error_that_nothing_hides(sound: Check) -> None:
    with pytest.raises(FillerRead, match=r"Sshd.max_auth_tries was read, but the example does not give it"):
        Example(Outcome.PASS, {"sshd": partial(Sshd, version="x")}).wrong(sound)


def test_a_fact_that_is_left_out_is_a_filler(sound: Check) -> None:
    (fault,) = faults_of(replace(sound, examples=(Example(Outcome.PASS, {}),)))
    assert "Sshd.max_auth_tries was read" in fault


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (
            Example(Outcome.FAIL, {"sshd": partial(Sshd, max_auth_tries=4)}),
            "fail is expected, but it says pass: it is 4",
        ),
        (Example(Outcome.PASS, {"sshd": Missing(Reason.TIMED_OUT, "slow")}), "but it says not_assessed: slow"),
        (Example(Outcome.PASS, {"sshd": partial(Sshd, max_auth_tries=4)}, says="it is 3"), "the words ('it is 3',)"),
        (Example(Outcome.PASS, {"sshd": partial(Sshd, max_auth_tries=4)}, subjects=("x",)), "the subjects ('x',)"),
        (Example(Outcome.NOT_APPLICABLE, {"sshd": Absent("no sshd")}, says="no sshd"), ""),
        (Example(Outcome.NOT_ASSESSED, {"sshd": Missing(Reason.TIMED_OUT, "slow")}, says="slow"), ""),
    ],
)
def test_what_is_expected_is_compared_exactly(sound: Check, example: Example, said: str) -> None:
    wrong = example.wrong(sound)
    assert said in wrong
    assert bool(wrong) == bool(said)


def test_the_real_properties_work_on_what_is_given() -> None:
    kernel = partial(Kernel, installed=(partial(InstalledKernel, release="6.2"),))
    assert kernel.newest == "6.2"
    listed = (partial(AuthorizedKey, account="root"), partial(AuthorizedKey, account="a"))
    keys = partial(AuthorizedKeys, items=listed, elsewhere=())
    assert [k.account for k in keys.of_root or ()] == ["root"]
    with pytest.raises(FillerRead, match=r"Kernel\.running"):
        _ = kernel.running
    assert repr(keys.items[0]) == "partial(AuthorizedKey, account='root')"


def test_a_property_over_a_filler_is_an_error_too() -> None:
    with pytest.raises(FillerRead, match=r"Kernel\.installed"):
        _ = partial(Kernel, running="6.1").newest


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r'Kernel has no field "runing"; did you mean "running"\?'):
        partial(Kernel, runing="6.1")


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ((Outcome.PASS, Outcome.FAIL, Outcome.ERROR), Outcome.FAIL),
        ((Outcome.PASS, Outcome.NOT_ASSESSED), Outcome.NOT_ASSESSED),
        ((Outcome.NOT_ASSESSED, Outcome.ERROR), Outcome.ERROR),
        ((Outcome.PASS, Outcome.NOT_APPLICABLE), Outcome.PASS),
    ],
)
def test_overall_is_the_worst(outcomes: tuple[Outcome, ...], worst: Outcome) -> None:
    assert overall([CheckRun("x", 1, o, "") for o in outcomes]) is worst


def test_lacking_names_the_kind_that_is_not_there() -> None:
    kinds = (Outcome.PASS, Outcome.FAIL, Outcome.NOT_ASSESSED)
    examples = [Example(kind, {}) for kind in kinds]
    assert lacking(examples) == ""
    assert lacking(examples[1:]) == "examples lack a pass"
    assert lacking([examples[0], examples[2]]) == "examples lack a fail"
    assert lacking(examples[:2]) == "examples lack a not_applicable or not_assessed"


def test_an_example_is_decoded_from_yaml() -> None:
    node = read(
        "{fail: {mounts: {items: [{target: /, used_percent: null}]}, asset: {roles: [web]}}, says: x, subjects: [/]}"
    )
    example = from_yaml(node, ("mounts", "sshd"), 3)
    assert example.outcome is Outcome.FAIL
    assert example.facts["mounts"].items[0].target == "/"
    assert example.facts["mounts"].items[0].used_percent is None
    assert example.asset == replace(EXAMPLE_ASSET, roles=("web",))
    assert (example.says, example.subjects, example.line) == (("x",), ("/",), 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{pas: {sshd: {}}}", 'unknown key "pas"; did you mean "pass"?'),
        ("{pass: {sshd: {}}, fail: {sshd: {}}}", "exactly one of pass, fail"),
        ("{says: x}", "exactly one of pass, fail"),
        ("{pass: sshd}", "an example names its facts"),
        ("{pass: {ssh: {}}}", 'unknown key "ssh"; did you mean "sshd"?'),
        ("{pass: {sshd: {max_auth_try: 4}}}", 'did you mean "max_auth_tries"?'),
        ("{pass: {sshd: {max_auth_tries: four}}}", "\"max_auth_tries\" is number, not 'four'"),
        ("{pass: {sshd: {max_auth_tries: null}}}", '"max_auth_tries" can never be null'),
        ("{pass: {sshd: {ports: 22}}}", '"ports" is a list'),
        ("{pass: {sshd: {ports: [ssh]}}}", "\"ports\" is number, not 'ssh'"),
        ("{pass: {sshd: timeout}}", '"timeout" is no reason; did you mean "timed out"?'),
        ("{pass: {sshd: [1]}}", "fields of Sshd are expected"),
        ("{pass: {mounts: {items: [7]}}}", "fields of Mount are expected"),
        ("{pass: {mounts: {items: [{is_tmpfs: true}]}}}", '"is_tmpfs" of Mount is worked out from its fields'),
        ("{pass: {asset: web}}", "fields of the asset are expected"),
        ("{pass: {asset: {role: [web]}}}", 'did you mean "roles"?'),
        ("{pass: {sshd: absent}, says: 7}", '"says" is a text or a list of texts'),
        ("pass", "an example is a mapping"),
    ],
)
def test_an_example_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        from_yaml(read(text), ("sshd", "mounts"), 1)
    assert said in caught.value.what
