"""CONTRIBUTING.md does what it says: its blocks go into a copy of the project, and its commands are run there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(?:python|yaml|json|text)\n# (?P<path>\S+)\n(?P<body>.*?)```", re.DOTALL)
FOLDERS = ("inventory", "checks", "reports", "scanner", "tests")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with everything that the page adds."""
    folder = tmp_path_factory.mktemp("project")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)  # with what is compiled: it fits, as the times are copied too
    shutil.copy(ROOT / "pyproject.toml", folder)
    blocks = {match["path"]: match["body"] for match in BLOCK.finditer((ROOT / "CONTRIBUTING.md").read_text())}
    for path, body in blocks.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(body)
    _add(
        folder / "inventory/facts/table.py",
        "from inventory.facts.example_cmdline import ExampleCmdline",
        "FACTS",
        "{",
        '"example_cmdline": ExampleCmdline,',
    )
    _add(
        folder / "scanner/probes/linux/__init__.py",
        "from scanner.probes.linux.example_cmdline import EXAMPLE_CMDLINE",
        "LINUX",
        "(",
        "EXAMPLE_CMDLINE,",
    )
    return folder


def _add(path: Path, line: str, name: str, bracket: str, entry: str) -> None:
    text = path.read_text()
    head, sign, tail = text.partition(f"\n{name}: ")
    opening, found, rest = tail.partition(f" = {bracket}\n")
    assert sign, f"{path} has no {name}"
    assert found, f"{path}: {name} does not open with {bracket}"
    path.write_text(f"{head}\n{line}\n{sign}{opening}{found}    {entry}\n{rest}")


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_checks_pass_their_own_gate(copy: Path) -> None:
    """``linux.sysctl.example-dmesg-open`` and ``linux.boot.example-mitigations-off``."""
    assert "2 checks" in run(copy, "scanner.cli.main", "checks", "test", "linux.*.example-*")


def test_the_probe_reads_its_recorded_cases(copy: Path) -> None:
    said = run(
        copy,
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/scanner/probes/test_recorded_cases.py",
        "-k",
        "example_cmdline",
    )
    assert "4 passed" in said


def test_the_new_check_runs_on_this_machine(copy: Path) -> None:
    shutil.copy(ROOT / "examples/this-machine.yaml", copy)
    said = run(
        copy, "scanner.cli.main", "scan", "-q", "-i", "this-machine.yaml", "--check", "linux.boot.example-*",
        "--database", "sqlite:///record.db",
    )  # fmt: skip
    assert "judge every check on 1" in " ".join(said.split())
