"""``estatecheck risk``: the rules, one finding explained, and a signed override from the key to the report."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from checks.finding import Outcome, Severity, Subject
from checks.risk_rules import shipped, table
from scanner.cli.main import main_app
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, asset, run

Run = Callable[..., Result]
CHECK = "linux.ssh.permit-root-login"
UNTIL = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESTATECHECK_DATABASE", f"sqlite:///{tmp_path / 'record.db'}")
    monkeypatch.setenv("ESTATECHECK_SIGNING_KEY", str(tmp_path / "record.pem"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    scan(tmp_path, datetime(2026, 3, 1, tzinfo=UTC))
    return tmp_path


def scan(folder: Path, at: datetime) -> None:
    """One vital host that lets root in by password."""
    with open_store(str(folder / "record.db")) as store:
        bench = Bench(store, at)
        owned = replace(asset("web"), criticality=4)
        number = bench.begin("web", assets=(owned,), checks=(CHECK,))
        fails = run(Outcome.FAIL, CHECK, subject=Subject("host", ""), severity=Severity.HIGH)
        bench.save(number, "web", fails, asset=owned)
        bench.end(number)


@pytest.fixture
def run_cli(home: Path) -> Run:
    def ran(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main_app, list(words))
        assert result.exit_code == code, (words, result.output, result.exception)
        return result

    return ran


def test_one_finding_is_explained(run_cli: Run) -> None:
    lines = run_cli("risk", "explain", "EC-1").stdout.splitlines()
    assert lines[0].startswith("EC-0001  ")
    assert [line.strip() for line in lines[1:]] == [
        "severity HIGH, risk CRITICAL",
        "R8 exposure not known, treated as internal: stays HIGH",
        "R4 severity HIGH, criticality 4 of 4: HIGH -> CRITICAL",
        f"by the rules version {shipped().version} of {shipped().day}, as of scan 1",
    ]
    plain = json.loads(run_cli("risk", "explain", "EC-0001", "--format", "json").stdout)
    assert (plain["risk"]["severity"], plain["risk"]["level"]) == ("high", "critical")
    assert plain["rules"]["digest"] == shipped().digest
    assert "EC-9" in run_cli("risk", "explain", "EC-9", code=2).stderr


def test_the_rules_in_force_are_listed(run_cli: Run, home: Path) -> None:
    told = run_cli("risk", "rules").stdout
    assert all(row.id in told for row in table())
    assert shipped().digest in told
    (home / "own.yaml").write_text(
        'version: acme-1\ndate: "2026-01-01"\nsource: Acme\nrules:\n  R7: {off: not with us}\n  R3: {epss: 0.5}\n'
    )
    (home / "i.yaml").write_text("estatecheck: {policy: {risk: own.yaml}}\nall: {hosts: {192.0.2.1: }}\n")
    assert "off: not with us" in run_cli("risk", "rules", "-i", "i.yaml").stdout
    assert json.loads(run_cli("risk", "rules", "-i", "i.yaml", "--format", "json").stdout)["epss_raises"] == 0.5
    (home / "own.yaml").write_text("rules: 3\n")
    assert "own.yaml:1: " in run_cli("risk", "rules", "-i", "i.yaml", code=2).stderr


def test_a_signed_override_counts_from_the_next_scan_on_and_both_values_are_printed(run_cli: Run, home: Path) -> None:
    run_cli("keys", "init", "--role", "accreditor", "--name", "A. Mensah", "-o", "a.key")
    run_cli("keys", "add", "a.key.pub", "--role", "accreditor", "--name", "A. Mensah")
    words = ("--as", "accreditor", "--key", "a.key", "--risk", "low", "--until", UNTIL, "--reason", "filtered upstream")
    run_cli("findings", "override-risk", "EC-0001", *words)
    assert "R10" not in run_cli("risk", "explain", "EC-0001").stdout, "the scan before it stays as it was"
    scan(home, datetime.now(UTC) + timedelta(minutes=2))
    told = run_cli("risk", "explain", "EC-0001").stdout
    assert "severity HIGH, risk LOW" in told
    line = f"R10 overridden by A. Mensah (accreditor) until {UNTIL}, because filtered upstream: CRITICAL -> LOW"
    assert line in told
