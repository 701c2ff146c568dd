"""``estatecheck probe``: what it prints, when it refuses, and that no log-in is ever printed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from tests.lab.agents import Request, echoed, response, serving, table, v2c
from tests.lab.snmpd import AUTH_PASSWORD, COMMUNITY, PRIV_PASSWORD, Snmpd

KEYS = {"vendor", "os", "model", "version", "serial", "rule", "evidence"}


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main_app, ["probe", *words], env=environment)


def told(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.mark.lab
@pytest.mark.parametrize("library", ["gufo-snmp", "pysnmp"])
def test_a_community_from_the_environment(lab_snmpd: Snmpd, library: str) -> None:
    words = (f"snmp://127.0.0.1:{lab_snmpd.port}", "--credential", "env:C", "--format", "json", "--library", library)
    seen = told(run(*words, C=COMMUNITY))
    assert seen.keys() >= KEYS
    assert seen["object_id"] == "1.3.6.1.4.1.8072.3.2.10"
    assert seen["description"] == "a lab agent"
    assert seen["asked_by"].startswith(f"SNMPv2c, {library} ")  # type: ignore[attr-defined]
    assert seen["permitted_by"] == "nobody named (no inventory)"
    assert seen["missing"] is None
    assert "explain" not in seen


@pytest.mark.lab
def test_a_user_from_a_file(lab_snmpd: Snmpd, tmp_path: Path) -> None:
    file = tmp_path / "v3"
    file.write_text(
        f"user: both-2\nauth: SHA-256\nauth_password: {AUTH_PASSWORD}\npriv: AES-128\npriv_password: {PRIV_PASSWORD}\n"
    )
    file.chmod(0o600)
    result = run(f"snmp://127.0.0.1:{lab_snmpd.port}", "--credential", f"file:{file}", "--explain")
    assert result.exit_code == 0
    assert "SNMPv3 authPriv" in result.stdout
    assert AUTH_PASSWORD not in result.output
    assert PRIV_PASSWORD not in result.output
    file.chmod(0o644)
    refused = run(f"snmp://127.0.0.1:{lab_snmpd.port}", "--credential", f"file:{file}")
    assert refused.exit_code == 2
    assert "chmod 600" in refused.output


def test_explain_names_the_rules() -> None:
    with serving(v2c(table())) as port:
        seen = told(run(f"snmp://127.0.0.1:{port}", "--credential", "env:C", "--format", "json", "--explain", C="lab"))
    assert seen["rule"] is None
    assert "unknown device" in str(seen["unknown"])
    assert seen["explain"]["rules"]  # type: ignore[index]


def test_somebody_answers_for_it() -> None:
    with serving(v2c(table())) as port:
        result = run(f"snmp://127.0.0.1:{port}", "--credential", "env:C", "--authorised-by", "A. Example", C="lab")
    assert result.exit_code == 0
    assert "Permitted by: A. Example." in result.stdout


def test_a_device_that_refuses_is_told_with_every_key_null() -> None:
    def agent(request: Request) -> list[bytes]:
        return [response(request, echoed(request), status=16)]

    with serving(v2c(agent)) as port:
        result = run(f"snmp://127.0.0.1:{port}", "--credential", "env:C", "--format", "json", C="s3cret-lab")
    assert result.exit_code == 3
    seen = json.loads(result.stdout)
    assert all(seen[name] is None for name in KEYS - {"evidence"})
    assert seen["missing"]["reason"] == "privilege too low"
    assert "s3cret" not in result.output


def test_nothing_a_device_says_moves_the_cursor() -> None:
    from tests.lab.agents import Table, key

    hostile = Table({**table().rows, key("1.3.6.1.2.1.1.5.0"): (4, b"\x1b[2J\x07name\n\n{}")})
    with serving(v2c(hostile)) as port:
        result = run(f"snmp://127.0.0.1:{port}", "--credential", "env:C", C="lab")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout


REFUSED = {
    "no scheme": (("127.0.0.1",), "snmp://HOST"),
    "another scheme": (("ftp://127.0.0.1",), "snmp://HOST"),
    "a path": (("snmp://127.0.0.1/system",), "snmp://HOST"),
    "a port that is none": (("snmp://127.0.0.1:99999",), "snmp://HOST"),
    "a log-in in the address": (("snmp://s3cret@127.0.0.1",), "--credential"),
    "no credential": (("snmp://127.0.0.1",), "--credential env:NAME"),
    "a credential that is no reference": (("snmp://127.0.0.1", "--credential", "s3cret"), "not a reference"),
    "a variable that is not set": (("snmp://127.0.0.1", "--credential", "env:NOT_SET_HERE"), "NOT_SET_HERE"),
    "a format that is none": (("snmp://127.0.0.1", "--format", "xml"), "allowed is table, json"),
    "a library that is none": (("snmp://127.0.0.1", "--library", "net-snmp"), "allowed is gufo-snmp, pysnmp"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_before_anything_is_sent(case: str) -> None:
    words, why = REFUSED[case]
    result = run(*words)
    assert result.exit_code == 2
    assert why in result.output
    assert "s3cret" not in result.output


INVENTORY = """
estatecheck:
  scopes:
    lab:
      authorised_by: A. Example, owner
      reference: LAB-1
      valid_from: 2020-01-01
      valid_until: 2099-12-31
      networks: [{network}]
all:
  hosts:
    gate:
      ansible_host: 192.0.2.1
"""


@pytest.mark.parametrize(("network", "code"), [("127.0.0.0/8", 0), ("192.0.2.0/24", 2)])
def test_an_inventory_says_what_may_be_probed(tmp_path: Path, network: str, code: int) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(INVENTORY.format(network=network))
    with serving(v2c(table())) as port:
        result = run(f"snmp://127.0.0.1:{port}", "--credential", "env:C", "-i", str(file), C="lab")
    assert result.exit_code == code
    assert ("A. Example, owner (LAB-1)" in result.stdout) is (code == 0)
    assert ("no scope of" in result.output) is (code == 2)
