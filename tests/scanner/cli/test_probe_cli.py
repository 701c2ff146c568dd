"""``estatecheck probe cli://``: over a real SSH server that carries made-up outputs (tests/lab/cli_device.py)."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from scanner.transports.ssh_hostkeys import fingerprint
from tests.lab.cli_device import PASSWORD, USER, Manner, device

pytestmark = pytest.mark.lab

STATUS = "Version: FortiGate-60F v7.4.8,build2795,250523 (GA.M)\nSerial-Number: FGT60F0000000000\nHostname: fw1"
FORTIGATE = {"get system status": STATUS}
MANNER = Manner(prompt="fw1 # ", refuse="command parse error before 'version'\nCommand fail. Return code -61")
OTHER = "SHA256:" + "A" * 43


def run(port: int, *words: str) -> Result:
    environment = {"C": f"{USER}:{PASSWORD}"}
    return CliRunner().invoke(
        main_app, ["probe", f"cli://127.0.0.1:{port}", "--credential", "env:C", *words], env=environment
    )


def test_without_a_fingerprint_it_shows_the_key_and_sends_nothing() -> None:
    with device(FORTIGATE, MANNER) as served:
        result = run(served.port)
        shown = fingerprint(served.host_key)
        assert result.exit_code == 3
        assert f"--credential env:C --fingerprint {shown}" in result.output
        assert f"estatecheck probe cli://127.0.0.1:{served.port}" in result.output
        assert served.logins == []
        again = run(served.port, "--fingerprint", shown, "--format", "json")
    assert again.exit_code == 0, again.output
    seen = json.loads(again.stdout)
    assert seen["vendor"] == "Fortinet"
    assert (seen["os"], seen["model"]) == ("FortiOS", "FortiGate-60F")
    assert (seen["version"], seen["serial"]) == ("v7.4.8,build2795,250523 (GA.M)", "FGT60F0000000000")
    assert seen["rule"] == "fortinet-fortigate"
    assert {"field": "serial", "oid": "get system status", "raw": "FGT60F0000000000"} in seen["evidence"]
    assert PASSWORD not in again.output.split()


def test_a_key_that_is_another_one() -> None:
    with device(FORTIGATE, MANNER) as served:
        result = run(served.port, "--fingerprint", OTHER)
        assert result.exit_code == 3
        assert "host key mismatch" in result.output
        assert served.logins == []


def test_a_platform_saves_the_detection() -> None:
    with device(FORTIGATE, MANNER) as served:
        result = run(served.port, "--fingerprint", fingerprint(served.host_key), "--platform", "fortinet", "--explain")
        assert result.exit_code == 0, result.output
        assert served.received == ["get system status"]
        assert "rule: fortinet-fortigate" in result.output


def test_what_it_is_not_able_to_name() -> None:
    with device({"show version": "An unheard-of box"}, Manner()) as served:
        result = run(served.port, "--fingerprint", fingerprint(served.host_key))
    assert result.exit_code == 3
    assert "no rule knows what the device printed to show version" in result.output


def test_a_log_in_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text(f"user: {USER}\npassword: {PASSWORD}\n")
    file.chmod(0o600)
    with device(FORTIGATE, MANNER) as served:
        words = ["probe", f"cli://127.0.0.1:{served.port}", "--credential", f"file:{file}", "--fingerprint"]
        result = CliRunner().invoke(main_app, [*words, fingerprint(served.host_key)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--fingerprint", "SHA256:x"), "SHA256: and 43 characters"),
        (("--platform", "cisco_iso"), "allowed is arista_eos"),
        (("--library", "pysnmp"), "--library says nothing for cli://"),
        (("--ca", "x.pem"), "--ca says nothing for cli://"),
    ],
)
def test_options_that_cannot_be(words: tuple[str, ...], why: str) -> None:
    result = run(1, *words)
    assert result.exit_code == 2
    assert why in result.output


@pytest.mark.parametrize("text", ["nobody", "user: a", "password: b", "name: a\npassword: b", "user: a\nhue: 1"])
def test_a_log_in_that_cannot_be(text: str) -> None:
    words = ["probe", "cli://127.0.0.1:1", "--credential", "env:C"]
    result = CliRunner().invoke(main_app, words, env={"C": text})
    assert result.exit_code == 2
    assert "--credential: " in result.output
