"""What users can name stands in the docs: verbs, settings, variables, and every check's texts."""

import re
from pathlib import Path

import pytest
import typer

from checks.catalogue import catalogue
from scanner.cli.main import main_app
from scanner.cli.settings import settings

ROOT = Path(__file__).parents[2]
COMMAND_LINE = (ROOT / "docs/command-line.md").read_text()


def verbs() -> list[str]:
    root = typer.main.get_command(main_app)
    names = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # a group
        names += _below(name, command)
    return names


def _below(name: str, command: object) -> list[str]:
    inner = getattr(command, "commands", None)
    if not inner:
        return [name]
    return [verb for word, below in inner.items() for verb in _below(f"{name} {word}", below)]


@pytest.mark.parametrize("verb", verbs())
def test_verb_is_documented_and_its_help_has_an_example(verb: str) -> None:
    from typer.testing import CliRunner

    first, _, rest = verb.partition(" ")
    row = next((line for line in COMMAND_LINE.splitlines() if f"`{first}" in line and rest in line), None)
    assert row, f"docs/command-line.md does not name {verb}"
    told = CliRunner().invoke(main_app, [*verb.split(), "--help"])
    assert told.exit_code == 0
    assert "Example" in told.output, f"{verb} --help has no example"


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.name)
def test_setting_is_documented(setting: object) -> None:
    assert f"`{setting.name}` | `{setting.variable}`" in COMMAND_LINE  # type: ignore[attr-defined]  # a Setting


def test_every_environment_variable_in_the_code_is_documented() -> None:
    used: set[str] = set()
    for path in (ROOT / name for name in ("inventory", "checks", "reports", "scanner", "tests", "Makefile", ".ci/run")):
        files = path.rglob("*.py") if path.is_dir() else [path]
        for file in files:
            used |= set(re.findall(r"ESTATECHECK_[A-Z_]*[A-Z]", file.read_text()))
    assert used - {"ESTATECHECK_"} <= set(re.findall(r"ESTATECHECK_[A-Z_]*[A-Z]", COMMAND_LINE))


@pytest.mark.parametrize("check", catalogue(), ids=lambda check: check.id)
def test_check_says_what_why_and_how(check: object) -> None:
    for text in (check.title, check.rationale, check.remedy.text):  # type: ignore[attr-defined]  # a Check
        assert len(text.split()) >= 3
    assert check.remedy.verify or check.remedy.steps, "a reader must see how to fix it and that it worked"  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
