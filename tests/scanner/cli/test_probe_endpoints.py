"""``estatecheck probe tcp://...`` and its like: what it prints, its exit codes, and when it refuses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from scanner.cli.probe_endpoints import ENDPOINTS
from scanner.transports.endpoints import PROBERS
from tests.lab.daemons import Daemons
from tests.lab.nginx import Nginx, free_ports
from tests.lab.recipes import ZONE


def run(*words: str) -> Result:
    return CliRunner().invoke(main_app, ["probe", *words])


def told(result: Result) -> dict[str, object]:
    return dict(json.loads(result.stdout))


def test_every_prober_can_be_tried_but_the_one_that_needs_a_page_of_settings() -> None:
    assert {endpoint.kind for endpoint in ENDPOINTS.values()} == set(PROBERS) - {"transaction"}


@pytest.mark.lab
def test_up_down_and_what_is_printed(lab_nginx: Nginx) -> None:
    address = f"http://127.0.0.1:{lab_nginx.ports['plain']}/"
    result = run(address, "--expect", "Welcome")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].split() == ["state", "up"]
    assert "first byte" not in result.stdout
    assert "first_byte (ms)" in result.stdout
    assert "Permitted by: nobody named (no inventory)." in result.stdout
    down = run(address, "--expect", "Goodbye", "--format", "json", "--authorised-by", "A. Example")
    assert down.exit_code == 1
    seen = told(down)
    assert (seen["state"], seen["permitted_by"]) == ("down", "A. Example")
    assert "lacks 'Goodbye'" in str(seen["reason"])
    assert seen.keys() == {"target", "kind", "asked_at", "permitted_by", "state", "reason", "timings_ms", "notes"}


@pytest.mark.lab
def test_tls(lab_nginx: Nginx) -> None:
    address, ca = f"https://127.0.0.1:{lab_nginx.ports['good']}", str(lab_nginx.authority.file)
    assert run(address).exit_code == 1
    assert run(address, "--ca", ca).exit_code == 0
    assert run(address, "--fingerprint", "SHA256:" + lab_nginx.certificates["good"].fingerprint).exit_code == 0
    seen = told(run(address.replace("https", "tls"), "--ca", ca, "--format", "json"))
    assert set(seen["notes"]) == {"tls", "cipher", "not_after"}  # type: ignore[call-overload]


@pytest.mark.lab
def test_other_kinds(daemons: Daemons) -> None:
    dns, smtp, ldap = (daemons[name] for name in ("dns", "smtp", "ldap"))
    assert run(f"dns://127.0.0.1:{dns.port}").exit_code == 0
    assert run(f"dns://127.0.0.1:{dns.port}/{ZONE}?type=mx", "--expect", f"10 mail.{ZONE}").exit_code == 0
    assert run(f"dns://127.0.0.1:{dns.port}/portal.{ZONE}", "--expect", "192.0.2.99").exit_code == 1
    assert run(f"tcp://127.0.0.1:{smtp.port}", "--send", "hex:0d0a", "--expect", "^220 ").exit_code == 0
    assert run(f"smtp://127.0.0.1:{smtp.port}", "--starttls", "smtp", "--ca", str(smtp.authority.file)).exit_code == 0
    assert run(f"ldaps://127.0.0.1:{ldap.ports[1]}", "--ca", str(ldap.authority.file)).exit_code == 0


def test_nobody_there_and_nobody_looking() -> None:
    port = free_ports(1)[0]
    assert run(f"tcp://127.0.0.1:{port}", "--timeout", "1s").exit_code == 1
    result = run("tcp://[ff02::1]:80", "--timeout", "1s")
    assert result.exit_code == 3
    assert "unknown" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tcp://127.0.0.1"], "lacks a port"),
        (["tcp://127.0.0.1:80/x"], "cannot be probed"),
        (["icmp://127.0.0.1:7"], "cannot be probed"),
        (["http://u:p@127.0.0.1/"], "nobody logs in here"),
        (["tcp://127.0.0.1:99999"], "is no address"),
        (["tcp://127.0.0.1:80", "--credential", "env:X"], "--credential says nothing for tcp://"),
        (["ntp://127.0.0.1", "--expect", "x"], "--expect says nothing for ntp://"),
        (["http://127.0.0.1", "--ca", "x"], "--ca says nothing for http://"),
        (["smtp://127.0.0.1", "--ca", "x"], "need --starttls smtp"),
        (["smtp://127.0.0.1", "--starttls", "imap"], "allowed is smtp"),
        (["https://127.0.0.1", "--ca", "x", "--fingerprint", "y"], "give one of the two"),
        (["https://127.0.0.1", "--fingerprint", "y"], "not a SHA-256 fingerprint"),
        (["tcp://127.0.0.1:80", "--timeout", "2m"], "allowed is up to 60s"),
        (["tcp://127.0.0.1:80", "--timeout", "soon"], "is not a length of time"),
        (["udp://127.0.0.1:80", "--send", "hex:xy"], "only hexadecimal digits"),
        (["http://127.0.0.1", "--expect", "("], "not a regular expression"),
        (["dns://127.0.0.1/x?class=CH"], "dns://SERVER/NAME?type=MX"),
        (["tcp://127.0.0.1:80", "--explain"], "--explain is for devices"),
        (["snmp://127.0.0.1", "--credential", "env:X", "--expect", "x"], "--expect says nothing for snmp://"),
        (["gopher://127.0.0.1"], "tcp://HOST:PORT"),
    ],
)
def test_what_is_refused(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert said in result.output


@pytest.mark.lab
def test_only_what_a_scope_covers(lab_nginx: Nginx, tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    scope = """estatecheck:
  scopes:
    lab:
      authorised_by: A. Example, owner
      valid_from: 2020-01-01
      valid_until: 2099-12-31
      networks: [{}]
all:
  hosts:
    portal:
      ansible_host: 192.0.2.1
"""
    address = f"http://127.0.0.1:{lab_nginx.ports['plain']}/"
    file.write_text(scope.format("198.51.100.0/24"))
    refused = run(address, "-i", str(file))
    assert refused.exit_code == 2
    assert "no scope" in refused.output
    file.write_text(scope.format("127.0.0.0/8"))
    result = run(address, "-i", str(file))
    assert result.exit_code == 0, result.output
    assert "Permitted by: A. Example, owner." in result.stdout
