"""A device in an inventory, asked over SNMP by a scan: a real net-snmp agent that says it is a switch."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.snmpd import AUTH_PASSWORD as AUTH
from tests.lab.snmpd import COMMUNITY, PRIV_PASSWORD, Snmpd, need_snmpd, start_snmpd
from tests.lab.sshd import stop
from tests.scanner.end_to_end import Estate

IOS = "Cisco IOS Software, C2960S Software (C2960S-UNIVERSALK9-M), Version 15.2(2)E8, RELEASE SOFTWARE (fc2)"
V2C, NOT_APPROVED = "net.snmp.v1-v2c-enabled", "net.fw.version-not-approved"
V3 = {"user": "both-2", "auth": "SHA-256", "auth_password": "env:A", "priv": "AES-128", "priv_password": "env:P"}
SECRETS = {"C": COMMUNITY, "A": AUTH, "P": PRIV_PASSWORD}


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Snmpd]:
    need_snmpd()
    folder = tmp_path / "agent"
    folder.mkdir()
    agent = start_snmpd(folder, f"sysDescr {IOS}", "sysObjectID 1.3.6.1.4.1.9.1.1208")
    yield agent
    stop(agent.process)


def estate(folder: Path, switch: Snmpd, credential: dict[str, Any]) -> Estate:
    made = Estate(folder, credentials={"snmp": credential})
    made.hosts["switch-1"] = {
        "ansible_host": "127.0.0.1",
        "ansible_port": switch.port,
        "ansible_connection": "snmp",
        "estatecheck": {"kind": "network", "credential": "snmp"},
    }
    return made


def outcome(report: dict[str, Any], check: str) -> str:
    """On the one asset."""
    if any(issue["check_id"] == check for issue in report["issues"]):
        return "fail"
    if any(gap["check_id"] == check for gap in report["gaps"]):
        return "not assessed"
    return "pass" if report["passed"].get(check) else "not applicable"


@pytest.mark.lab
def test_a_switch_is_scanned_and_a_better_log_in_alone_closes_nothing(tmp_path: Path, switch: Snmpd) -> None:
    made = estate(tmp_path, switch, {"community": "env:C"})
    done = made.run("scan", "--quiet", **SECRETS)
    assert done.returncode == 0, done.stdout + done.stderr
    report = made.report()
    (asset,) = report["assets"]
    assert asset["os_name"] == "IOS 15.2(2)E8"
    assert not any(check["id"].startswith("linux.") for check in report["checks"]), "what only a shell can tell"
    assert outcome(report, V2C) == "fail"
    assert outcome(report, NOT_APPROVED) == "not assessed"
    whole = "".join(file.read_text(errors="replace") for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert COMMUNITY not in whole + done.stdout + done.stderr
    ref = next(o["ref"] for issue in report["issues"] if issue["check_id"] == V2C for o in issue["occurrences"])

    made = estate(tmp_path, switch, V3)
    done = made.run("scan", "--quiet", **SECRETS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome(made.report(), V2C) == "fail", "the agent's own access tables still let v2c in"
    shown = json.loads(made.run("findings", "show", ref, "--format", "json").stdout)
    assert shown["state"] == "OPEN"

    packed = made.run("evidence", "export", ref, "-o", str(tmp_path / "pack.zip"))
    assert packed.returncode == 0, packed.stderr
    held = made.run("evidence", "verify", str(tmp_path / "pack.zip"))
    assert held.returncode == 0, held.stdout + held.stderr
    assert "judged again from its answers, the visit before gives: fail" in held.stdout


@pytest.mark.lab
def test_approved_firmware_is_judged_and_may_change_without_looking_again(tmp_path: Path, switch: Snmpd) -> None:
    made = estate(tmp_path, switch, V3)
    approved = {
        "model": "*",
        "vendor": "Cisco",
        "versions": ["15.2(7)E8"],
        "approved_by": "A. Keeper",
        "approved_on": "2026-02-01",
    }
    made.write()
    file = tmp_path / "inventory.yaml"
    inventory = json.loads(file.read_text())
    inventory["estatecheck"]["approved_firmware"] = [approved]
    file.write_text(json.dumps(inventory))
    made.write = lambda: None  # type: ignore[method-assign]  # it stays as it is now
    done = made.run("scan", "--quiet", **SECRETS)
    assert done.returncode == 0, done.stdout + done.stderr
    state = outcome(made.report(), NOT_APPROVED)
    model = made.report()["firmware"]
    assert state in ("fail", "not assessed"), model
    inventory["estatecheck"]["approved_firmware"][0]["versions"].append("15.2(2)E8")
    file.write_text(json.dumps(inventory))
    judged = json.loads(made.run("evaluate", "--check", NOT_APPROVED, "--format", "json").stdout)
    changed = [change for change in judged["changes"] if change["check"] == NOT_APPROVED]
    assert [change["what"] for change in changed] == (["gone"] if state == "fail" else [])
