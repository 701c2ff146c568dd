"""The demo of the README runs, and prints what the README shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.sshd import need_sshd

ROOT = Path(__file__).parents[2]


@pytest.mark.lab
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: sshd -T; run the tests as root to see it")
def test_the_demo_prints_what_the_readme_shows() -> None:
    need_sshd()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [ROOT / "examples/demo"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = re.search(r"```console\n\$ examples/demo\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown
    lines = [line for line in shown[1].splitlines() if line]
    printed = done.stdout.splitlines()
    assert len(lines) > 15
    assert [line for line in lines if line not in printed] == []
    assert "does not hold: blobs/" in done.stderr
