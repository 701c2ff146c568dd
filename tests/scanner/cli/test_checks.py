"""``estatecheck checks``, against the real catalogue and against a broken check."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import checks.catalogue
from checks.catalogue import catalogue
from checks.example import Example
from checks.finding import Outcome
from scanner.cli.checks import app

ID = "linux.ssh.max-auth-tries"


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stdout, result.stderr


def test_list_names_each_check_with_its_severity() -> None:
    out, _ = run("list", "linux.ssh.*")
    row = next(line for line in out.splitlines() if ID in line)
    assert "low" in row
    assert "root" in row
    assert "linux.acct" not in out


def test_list_as_json_holds_what_a_page_about_a_check_needs() -> None:
    out, _ = run("list", "--format", "json", ID)
    (one,) = json.loads(out)
    assert one["id"] == ID
    assert one["severity"] == "low"
    assert one["needs"] == ["sshd"]
    assert one["remediation"]["verify"]


def test_list_as_json_covers_the_catalogue() -> None:
    out, _ = run("list", "--format", "json")
    assert [c["id"] for c in json.loads(out)] == [c.id for c in catalogue()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--format", "xml"), "--format xml: allowed is table, json"),
        (("list", "windows.*"), 'no check matches "windows.*"'),
        (("show", "linux.ssh.max-auth-trys"), f'did you mean "{ID}"?'),
        (("test", "nothing"), 'no check matches "nothing"'),
    ],
)
def test_wrong_use_is_told_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    _, err = run(*arguments, code=2)
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_show_tells_what_to_do() -> None:
    out, _ = run("show", ID)
    assert "Remedy: Lower MaxAuthTries to 4." in out
    assert "Verify: " in out
    assert "Risk: " in out
    assert "sshd_config(5)" in out
    assert "off by default" not in out


def test_show_says_when_a_check_is_off_by_default() -> None:
    out, _ = run("show", "linux.acct.password-max-age")
    assert "off by default: ask for it with --check" in out


def test_test_passes_for_a_sound_check() -> None:
    out, err = run("test", ID)
    assert out == ""
    assert "1 checks tested, 0 problems" in err


def test_test_fails_for_an_example_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    (sound,) = [c for c in catalogue() if c.id == ID]
    wrong = Example(Outcome.PASS, sound.examples[1].facts)
    broken = replace(sound, examples=(*sound.examples, wrong))
    monkeypatch.setattr(checks.catalogue, "catalogue", lambda: (broken,))
    out, err = run("test", code=1)
    assert "pass is expected, but it says fail: MaxAuthTries is 5" in out
    assert "1 problems" in err


def test_test_fails_for_a_rule_whose_fault_no_example_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    (sound,) = [c for c in catalogue() if c.id == ID]
    toothless = replace(sound, examples=sound.examples[:1])
    monkeypatch.setattr(checks.catalogue, "catalogue", lambda: (toothless,))
    out, _ = run("test", code=1)
    assert "no example notices: pass_when: limit of sshd.most_auth_tries at_most 4 off by +1" in out
