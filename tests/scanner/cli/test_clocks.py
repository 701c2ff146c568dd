"""``estatecheck clocks`` and ``credits`` over a record."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.finding import Outcome
from scanner.cli.main import main_app
from tests.scanner.service.clocked import CVES, START, Record


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clocks")
    record = Record(folder)
    record.scan(0, Outcome.FAIL, members=CVES)
    record.scan(40, Outcome.FAIL, members=CVES)
    record.store.close()
    return f"sqlite:///{folder / 'record.db'}"


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main_app, list(words))
    assert done.exit_code == code, done.output
    return done.output


def test_list(database: str) -> None:
    told = run("clocks", "list", "--breached", "--database", database)
    assert "1 clock is breached, first: EC-0001 on web-1, due 2026-02-28 00:00 by moj" in told
    assert "larkspur" in told
    (found,) = json.loads(run("clocks", "list", "--database", database, "--format", "json"))
    assert found["clocks"][0]["members"] == ["CVE-2026-1"]
    assert json.loads(run("clocks", "list", "--supplier", "nobody", "--database", database, "--format", "json")) == []


def test_an_earlier_scan_can_be_asked(database: str) -> None:
    (found,) = json.loads(run("clocks", "list", "--scan", "1", "--database", database, "--format", "json"))
    assert found["clocks"][0]["late_days"] < 3


def test_show(database: str) -> None:
    told = run("clocks", "show", "ec-0001", "--database", database)
    assert "CVE-2026-1: moj, critical and high, infrastructure: breached" in told
    assert "net " in told
    assert "gross " in told
    assert "no clock in this scan" in run("clocks", "show", "EC-0009", "--database", database, code=2)


def test_forecast(database: str) -> None:
    assert "nothing to forecast" in run("clocks", "forecast", "--database", database)


def test_policies() -> None:
    assert "cyber-essentials" in run("clocks", "policies")
    assert run("clocks", "policies", "--show", "moj").startswith("# Ministry of Justice")
    assert "no clock policy is called" in run("clocks", "policies", "--show", "nothing", code=2)


def test_credits(database: str) -> None:
    told = run("credits", "--contract", "core", "--month", "2026-03", "--database", database)
    assert "core 2026-03 (indicative)" in told
    assert "two sides of the contract" in told
    plain = json.loads(
        run("credits", "--contract", "core", "--month", "2026-04", "--database", database, "--format", "json")
    )
    assert (plain["label"], plain["complete"]) == ("indicative", False)
    assert "is not a month" in run("credits", "--contract", "core", "--month", "april", "--database", database, code=2)


def test_what_people_sign_reaches_the_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told, paused by both sides, claimed: then proven by a scan."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE", f"sqlite:///{tmp_path / 'record.db'}"), ("SIGNING_KEY", str(tmp_path / "r.pem"))):
        monkeypatch.setenv(f"ESTATECHECK_{name}", value)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    record, today = Record(tmp_path), (datetime.now(UTC) - START).days
    record.scan(today - 2, Outcome.FAIL)
    for role in ("supplier:larkspur", "owner"):
        word = role.partition(":")[0]
        run("keys", "init", "--role", role, "--name", word, "-o", f"{word}.key")
        run("keys", "add", f"{word}.key.pub", "--role", role, "--name", word)
    supplier, owner = (
        ("--as", role, "--key", f"{role.partition(':')[0]}.key") for role in ("supplier:larkspur", "owner")
    )
    day = datetime.now(UTC).date()
    pause = ("--ground", "buyer-delay", "--until", f"{day + timedelta(10)}", "--reason", "no window")
    run("findings", "pause-clock", "EC-0001", *supplier, *pause)
    run("findings", "decide", "EC-0001", "--grant", *owner, "--reason", "agreed")
    run("findings", "claim", "EC-0001", *supplier, "--reason", "set", "--reference", "CHG-9")
    record.scan(today + 2, Outcome.PASS)
    record.store.close()
    (found,) = json.loads(run("clocks", "list", "--format", "json"))
    (clock,) = found["clocks"]
    (stood,) = clock["pauses"]
    assert (clock["status"], stood["cause"], stood["note"]) == ("met", "buyer-delay", "")
    assert stood["asked_by"] == "supplier (supplier:larkspur)"
    assert stood["approved_by"] == "owner (owner)"
    assert clock["due"] > clock["due_without_pauses"]
    assert clock["claim"] is not None
    assert clock["waited_hours"] > 24
