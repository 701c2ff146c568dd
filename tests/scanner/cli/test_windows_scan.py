"""From the inventory to the report: a scan of a Windows machine over SSH, whose PowerShell is played."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import warm
from tests.lab.sshd import Sshd, need_sshd, start_sshd, stop
from tests.lab.windows import recorded

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[3]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Sshd]:
    need_sshd()
    (tmp_path / "sections.json").write_text(json.dumps(recorded("laptop-11-23h2")))
    player = f"cd {shlex.quote(str(ROOT))} && exec {shlex.quote(sys.executable)} -m tests.lab.windows"
    server = start_sshd(tmp_path, f"ForceCommand {player} {tmp_path / 'sections.json'}")
    yield server
    stop(server.process)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return warm.run([*arguments], {"PATH": os.environ["PATH"], "HOME": str(cwd)}, cwd)


def test_a_scan_judges_a_windows_machine(machine: Sshd, tmp_path: Path) -> None:
    inventory, record = tmp_path / "estate.yaml", f"sqlite:///{tmp_path / 'e.db'}"
    inventory.write_text(
        "estatecheck:\n"
        f'  credentials: {{c: {{user: {machine.login.user}, key: "file:{tmp_path}/client"}}}}\n'
        '  scopes: {s: {authorised_by: "A B, CISO", valid_from: 2026-01-01, valid_until: 2099-12-31,'
        " groups: [all], intrusiveness: polite}}\n"
        "all:\n  hosts:\n"
        f"    pc-7: {{ansible_host: 127.0.0.1, ansible_port: {machine.port},"
        " estatecheck: {credential: c, platform: windows, kind: laptop}}\n"
    )
    done = run("scan", "-i", str(inventory), "--database", record, "--trust-new", "-q", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    (asset,) = report["assets"]
    assert asset["reached"]
    assert asset["os_name"] == "Microsoft Windows 11 Pro 23H2 (10.0.22631.4317)"
    found = {issue["check_id"] for issue in report["issues"]}
    assert "win.patch.reboot-pending" in found
    shown = run("assets", "show", "pc-7", "--database", record, cwd=tmp_path).stdout
    assert "machine-id" in shown
    assert "smbios-uuid" in shown
    again = run("evaluate", "--database", record, "--format", "json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
