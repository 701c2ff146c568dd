"""``estatecheck probe redfish://``: what it prints, which certificate it accepts, and that no log-in is printed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from tests.lab.redfish import PASSWORD, USER, Bmc, certificate, published, served
from tests.lab.redfish_trees import V1, hpe

KEYS = {"vendor", "os", "model", "version", "serial", "rule", "evidence"}
LOGIN = f"{USER}:{PASSWORD}"


@pytest.fixture
def ilo(tmp_path: Path) -> Iterator[Bmc]:
    with served(hpe(), certificate(tmp_path)) as bmc:
        yield bmc


def run(bmc: Bmc, *words: str, **environment: str) -> Result:
    target = f"redfish://127.0.0.1:{bmc.port}"
    return CliRunner().invoke(
        main_app, ["probe", target, "--credential", "env:C", *words], env={"C": LOGIN, **environment}
    )


@pytest.mark.parametrize("spelt", [str, str.upper, lambda text: ":".join(text[7:][n : n + 2] for n in range(0, 64, 2))])
def test_a_pinned_certificate(ilo: Bmc, spelt: object) -> None:
    fingerprint = spelt(ilo.certificate.fingerprint)  # type: ignore[operator] # a function
    result = run(ilo, "--fingerprint", fingerprint, "--format", "json")
    assert result.exit_code == 0, result.output
    seen = json.loads(result.stdout)
    assert seen.keys() >= KEYS
    assert (seen["vendor"], seen["os"], seen["model"], seen["version"]) == (
        "HPE",
        "iLO 5",
        "ProLiant DL380 Gen10",
        "2.81",
    )
    assert (seen["serial"], seen["boot_version"], seen["rule"]) == ("CZ00000001", "U30 v2.76 (02/09/2023)", "hpe-ilo")
    assert seen["asked_by"] == "Redfish 1.6.0; session login; certificate pinned"
    assert {"field": "version", "oid": f"{V1}/Managers/1#/FirmwareVersion", "raw": "iLO 5 v2.81"} in seen["evidence"]
    assert seen["unknown"] is seen["missing"] is None
    assert ilo.sessions == {}


@pytest.mark.data
def test_a_table_with_the_published_tree(tmp_path: Path) -> None:
    with served(published(), certificate(tmp_path)) as bmc:
        result = run(bmc, "--ca", str(bmc.certificate.pem), "--explain")
    assert result.exit_code == 0, result.output
    for text in ("Contoso", "437XR1138R2", "1.45.455b66-rev4", "rule: redfish", "certificate of a trusted authority"):
        assert text in result.stdout


def test_a_credential_from_a_file(ilo: Bmc, tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text(f"user: {USER}\npassword: {PASSWORD}\n")
    file.chmod(0o600)
    result = run(ilo, "--fingerprint", ilo.certificate.fingerprint, "--credential", f"file:{file}")
    assert result.exit_code == 0, result.output
    file.chmod(0o644)
    assert run(ilo, "--credential", f"file:{file}").exit_code == 2


def test_a_first_try_shows_what_to_compare_and_sends_nothing(ilo: Bmc) -> None:
    result = run(ilo, "--format", "json")
    assert result.exit_code == 3
    seen = json.loads(result.stdout)
    assert all(seen[name] is None for name in KEYS - {"evidence"})
    assert seen["missing"]["reason"] == "host key not approved"
    assert ilo.certificate.fingerprint in result.stderr
    assert ilo.asked == []
    accepted = run(ilo, "--fingerprint", ilo.certificate.fingerprint)
    assert accepted.exit_code == 0


def test_a_wrong_password_is_never_printed(ilo: Bmc) -> None:
    result = run(ilo, "--fingerprint", ilo.certificate.fingerprint, C="scan:s3cret-wrong")
    assert result.exit_code == 3
    assert "login refused" in result.output
    assert "s3cret" not in result.output


def test_what_could_not_be_read_is_told(ilo: Bmc) -> None:
    ilo.faults["GET", f"{V1}/UpdateService"] = lambda handler: handler.say(403, {})
    result = run(ilo, "--fingerprint", ilo.certificate.fingerprint)
    assert result.exit_code == 0
    assert f"not read: {V1}/UpdateService: privilege too low" in result.stdout


def test_nothing_a_service_says_moves_the_cursor(ilo: Bmc) -> None:
    ilo.tree[f"{V1}/Systems/1"]["Model"] = "\x1b[2J\x07name\n\n{}"
    result = run(ilo, "--fingerprint", ilo.certificate.fingerprint)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout


INVENTORY = """
estatecheck:
  scopes:
    lab:
      authorised_by: A. Example, owner
      valid_from: 2020-01-01
      valid_until: 2099-12-31
      groups: [all]
all:
  hosts:
    bmc-1:
      ansible_host: 127.0.0.1
      ansible_connection: redfish
      estatecheck: {{tls: {{fingerprint: {fingerprint}}}}}
"""


def test_the_certificate_of_an_inventory(ilo: Bmc, tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(INVENTORY.format(fingerprint=ilo.certificate.fingerprint))
    accepted = run(ilo, "-i", str(file))
    assert accepted.exit_code == 0, accepted.output
    assert "A. Example, owner" in accepted.stdout
    file.write_text(INVENTORY.format(fingerprint="ab" * 32))
    refused = run(ilo, "-i", str(file))
    assert refused.exit_code == 3
    assert "host key mismatch" in refused.output


REFUSED = {
    "no credential": ("redfish://192.0.2.1", "redfish:// needs a log-in"),
    "a library": ("redfish://192.0.2.1 --credential env:C --library pysnmp", "--library says nothing"),
    "a fingerprint for SNMP": (
        "snmp://192.0.2.1 --credential env:C --fingerprint SHA256:00",
        "--fingerprint says nothing",
    ),
    "a fingerprint that is none": ("redfish://192.0.2.1 --credential env:C --fingerprint SHA256:00", "64 hex digits"),
    "two ways to trust": ("redfish://192.0.2.1 --credential env:C --ca x --fingerprint y", "one of the two"),
    "a community": ("redfish://192.0.2.1 --credential env:ONE", "`user` and a `password`"),
    "a log-in in the address": ("redfish://scan:s3cret@192.0.2.1 --credential env:C", "--credential"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_before_anything_is_sent(case: str) -> None:
    words, why = REFUSED[case]
    result = CliRunner().invoke(main_app, ["probe", *words.split()], env={"C": LOGIN, "ONE": "s3cret"})
    assert result.exit_code == 2
    assert why in result.output
    assert "s3cret" not in result.output
