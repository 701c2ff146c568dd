"""The forked command does what the started one does: words, streams, environment, folder, exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import warm


@pytest.mark.parametrize(
    "words",
    [
        ["checks", "list", "--format", "json"],
        ["nothing"],
        ["inventory", "validate"],
        ["scan", "--database", "no/such/folder/x.db"],
    ],
    ids=lambda words: words[0],
)
def test_it_says_the_same_and_ends_the_same(words: list[str], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "ESTATECHECK_INVENTORY": "not-here.yaml",
        "XDG_DATA_HOME": str(tmp_path),
        "COLUMNS": "90",
    }
    command = [sys.executable, "-m", warm.PROGRAM, *words]
    real = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    forked = warm.run(words, environment, tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (real.returncode, real.stdout, real.stderr)
    assert forked.stdout + forked.stderr


def test_calls_share_nothing(tmp_path: Path) -> None:
    first = warm.run(["inventory", "validate"], {**os.environ, "ESTATECHECK_INVENTORY": "first.yaml"}, tmp_path)
    second = warm.run(["inventory", "validate"], {**os.environ, "ESTATECHECK_INVENTORY": "second.yaml"}, tmp_path)
    assert "first.yaml" in first.stderr
    assert "first.yaml" not in second.stderr
    assert "second.yaml" in second.stderr


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        warm.run(["checks", "test"], os.environ, tmp_path, seconds=0.02)
