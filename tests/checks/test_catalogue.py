"""The real catalogue: it loads, every example holds, every small fault is noticed; and loaders of broken ones."""

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

import checks.catalogue
from checks.catalogue import CatalogueError, catalogue, digest, load, matching
from checks.check import Check
from checks.mutation import problems
from inventory.asset import Privilege
from inventory.facts.table import FACTS
from scanner.probes import OUTSIDE

CHECKS = catalogue()
SURFACES = [
    "bmc",
    "db",
    "dns",
    "ldap",
    "linux",
    "mail",
    "net",
    "ntp",
    "rdp",
    "smb",
    "ssh",
    "tls",
    "web",
    "win",
    "winrm",
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_examples_hold_and_notice_every_small_fault(check: Check) -> None:
    assert problems(check) == []


UNPRIVILEGED = {"contact", "management"} | {probe.name for probe in OUTSIDE}
WHOLE: dict[str, Callable[[Check], bool]] = {
    "the title begins with a capital": lambda c: c.title[0].isupper() or c.title.startswith("sudo"),
    "the title ends without a full stop": lambda c: not c.title.endswith("."),
    "the rationale is a sentence": lambda c: c.rationale.endswith("."),
    "the remedy is a sentence": lambda c: c.remedy.text.endswith("."),
    "the reader sees that it worked": lambda c: bool(c.remedy.verify),
    "it has references": lambda c: bool(c.references),
    "it needs facts that there are": lambda c: set(c.needs) <= FACTS.keys(),
    "its privilege fits its facts": lambda c: (c.privilege is Privilege.NONE) == (set(c.needs) <= UNPRIVILEGED),
    "its surface is known": lambda c: c.surface in SURFACES,
}


@pytest.mark.parametrize("rule", WHOLE)
def test_texts_are_whole(rule: str) -> None:
    assert [check.id for check in CHECKS if not WHOLE[rule](check)] == []


def test_the_catalogue_is_sorted_read_once_and_has_a_name() -> None:
    assert [c.id for c in CHECKS] == sorted({c.id for c in CHECKS})
    assert catalogue() is CHECKS
    assert digest(CHECKS) == digest(reversed(CHECKS))
    assert digest(CHECKS) != digest(CHECKS[1:])


def test_matching_by_pattern() -> None:
    assert {c.id.rsplit(".", 1)[0] for c in matching(CHECKS, "linux.ssh.*")} == {"linux.ssh"}
    assert matching(CHECKS, "") == CHECKS
    assert matching(CHECKS, "nothing") == ()


GOOD = """\
- id: linux.mine.example
  title: An example
  severity: {level: low}
  theme: weak configuration
  rationale: Because.
  needs: [sshd]
  privilege: root
  pass_when: {fact: sshd.max_auth_tries, op: at_most, value: 4}
  evidence: well
  finding: "{sshd.max_auth_tries}"
  remediation: {text: Change it.}
  examples:
    - pass: {sshd: {max_auth_tries: 4}}
    - fail: {sshd: {max_auth_tries: 5}}
    - not_applicable: {sshd: absent}
"""
PYTHON = """\
from collections.abc import Iterator
from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import Kernel

@check(
    id="linux.mine.python", title="A", severity=Severity.LOW, theme=Theme.WEAK_CONFIG, rationale="B",
    remedy=Remedy("C"), privilege=Privilege.USER,
    examples=(
        Example(Outcome.PASS, {"kernel": partial(Kernel, running="6")}),
        Example(Outcome.FAIL, {"kernel": partial(Kernel, running="5")}),
        Example(Outcome.NOT_ASSESSED, {"kernel": Missing(Reason.TIMED_OUT)}),
    ),
)
def old(kernel: Kernel) -> Iterator[Ruling]:
    yield passed("new") if kernel.running == "6" else failed("old")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of checks as a third party would ship it; its name is its folder's."""
    folder = tmp_path / f"checks_{tmp_path.name.replace('-', '_')}"
    (folder / "below").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [n for n in sys.modules if n.partition(".")[0] == folder.name]:
        del sys.modules[name]


def imported(folder: Path) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(folder.name)


def test_a_package_brings_yaml_and_python(package: Path) -> None:
    (package / "below" / "ssh.yaml").write_text(GOOD)
    (package / "kernel.py").write_text(PYTHON)
    (package / "other.py").write_text(f"from {package.name}.kernel import old\n")  # imported is not defined twice
    found = load([], [imported(package)])
    assert [c.id for c in found] == ["linux.mine.example", "linux.mine.python"]
    assert [c.source for c in found] == [f"{package.name}/below/ssh.yaml", f"{package.name}/kernel.py"]
    assert [problems(c) for c in found] == [[], []]


def test_the_digest_follows_the_source(package: Path) -> None:
    (package / "ssh.yaml").write_text(GOOD)
    before = load([imported(package)])
    first = digest(before)
    checks.catalogue._file_digest.cache_clear()
    (package / "ssh.yaml").write_text(GOOD.replace("at_most, value: 4", "at_most, value: 6"))
    assert digest(before) != first
    checks.catalogue._file_digest.cache_clear()


def test_checks_of_others_come_through_entry_points(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package / "ssh.yaml").write_text(GOOD)
    imported(package)
    entry = EntryPoint("mine", package.name, "estatecheck.checks")
    monkeypatch.setattr(checks.catalogue, "entry_points", lambda group: [entry] if group == entry.group else [])
    found = catalogue.__wrapped__()
    assert "linux.mine.example" in [c.id for c in found]
    assert len(found) == len(CHECKS) + 1


def test_an_entry_point_that_is_no_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("mine", "json:dumps", "estatecheck.checks")
    monkeypatch.setattr(checks.catalogue, "entry_points", lambda **_: [entry])
    with pytest.raises(CatalogueError, match=r"entry point mine of estatecheck.checks: json:dumps is no package"):
        catalogue.__wrapped__()


def test_faults_of_all_files_are_told_at_once(package: Path) -> None:
    (package / "a.yaml").write_text(GOOD)
    (package / "b.yaml").write_text(GOOD)
    (package / "c.yaml").write_text("a: [")
    (package / "d.yaml").write_text("id: linux.mine.example\n")
    (package / "e.yaml").write_text("- 7\n")
    (package / "f.yaml").write_text(
        GOOD.replace("max_auth_tries, op", "max_auth_try, op").replace("mine.example", "mine.other")
    )
    (package / "g.yaml").write_text("")
    (package / "broken.py").write_text(PYTHON.replace("Outcome.FAIL", "Outcome.PASS"))
    (package / "misspelt.py").write_text(PYTHON.replace('running="6"', 'runing="6"'))
    with pytest.raises(CatalogueError) as caught:
        load([], [imported(package)])
    name = package.name
    assert [f.partition(": ")[0] for f in caught.value.faults] == [
        f"{name}/c.yaml:2",
        f"{name}/d.yaml:1",
        f"{name}/e.yaml:1",
        f"{name}/f.yaml:8",
        f"{name}/g.yaml:1",
        f"{name}/broken.py:10",
        f"{name}/misspelt.py",
        f"{name}/b.yaml",
    ]
    text = str(caught.value)
    assert 'linux.mine.other: "sshd.max_auth_try": Sshd has no field "max_auth_try"; did you mean' in text
    assert "linux.mine.python: examples lack a fail" in text
    assert f"linux.mine.example: the id is taken, in {name}/a.yaml" in text
