"""Keys, findings and assets at the command line: as people use them, and as scripts do."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from checks.finding import Outcome, Severity, Subject
from scanner.cli.main import main_app
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, asset, identity, run

Run = Callable[..., Result]
UNTIL = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
PEOPLE = {"supplier:acme": "Acme Ltd", "operator": "O. Perator", "accreditor": "A. Creditor", "owner": "O. Wner"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESTATECHECK_DATABASE", f"sqlite:///{tmp_path / 'record.db'}")
    monkeypatch.setenv("ESTATECHECK_SIGNING_KEY", str(tmp_path / "record.pem"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    with open_store(str(tmp_path / "record.db")) as store:
        fails = [
            run(Outcome.FAIL, "linux.ssh.permit-root-login", subject=Subject("host", ""), severity=Severity.HIGH),
            run(Outcome.FAIL, "linux.mounts.full", subject=Subject("mount", "/var"), severity=Severity.CRITICAL),
        ]
        scan(Bench(store), "web", fails, supplier="acme", area="north", service="pay")
        scan(Bench(store, datetime(2026, 4, 1, tzinfo=UTC)), "db_1", fails[:1], supplier="bolt")
    return tmp_path


def scan(bench: Bench, name: str, runs: list[Any], **said: object) -> None:
    owned = replace(asset(name), **said)  # type: ignore[arg-type]  # fields of an asset
    number = bench.begin(name, assets=(owned,))
    bench.save(number, name, *runs, asset=owned)
    bench.end(number)


@pytest.fixture
def run_cli(home: Path) -> Run:
    def ran(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main_app, list(words))
        assert result.exit_code == code, (words, result.output, result.exception)
        return result

    return ran


@pytest.fixture
def people(run_cli: Run) -> Run:
    for role, name in PEOPLE.items():
        file = f"{role.partition(':')[0]}.key"
        run_cli("keys", "init", "--role", role, "--name", name, "-o", file)
        run_cli("keys", "add", f"{file}.pub", "--role", role, "--name", name)
    return run_cli


def listed(run_cli: Run, *words: str) -> list[str]:
    rows = json.loads(run_cli("findings", "list", "--format", "json", *words).stdout)
    return [f"{row['ref']} {row['asset']} {row['severity']}" for row in rows]


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        ((), ["EC-0002", "EC-0001", "EC-0003"]),
        (("--severity", "critical"), ["EC-0002"]),
        (("--severity", "critical", "--severity", "high"), ["EC-0002", "EC-0001", "EC-0003"]),
        (("--state", "STALE"), []),
        (("--supplier", "acme"), ["EC-0002", "EC-0001"]),
        (("--supplier", "ac"), []),
        (("--supplier", "acme", "--area", "south"), []),
        (("--service", "pay", "--area", "north"), ["EC-0002", "EC-0001"]),
        (("--asset", "d*"), ["EC-0003"]),
        (("--asset", "d?_1"), []),
        (("--asset", "db%"), []),
        (("--text", "/VAR"), ["EC-0002"]),
        (("--text", "ssh.PERMIT-root"), ["EC-0001", "EC-0003"]),
        (("--limit", "1"), ["EC-0002"]),
        (("--limit", "1", "--offset", "1"), ["EC-0001"]),
        (("--offset", "9"), []),
        (("--check", "linux.ssh.permit-root-login*"), ["EC-0001", "EC-0003"]),
    ],
)
def test_findings_are_filtered_and_paged(run_cli: Run, words: tuple[str, ...], refs: list[str]) -> None:
    assert [line.split()[0] for line in listed(run_cli, *words)] == refs


def test_a_page_says_how_many_there_are(run_cli: Run) -> None:
    result = run_cli("findings", "list", "--limit", "2")
    assert "1 to 2 of 3; --offset 2 shows the next" in result.stderr
    assert "EC-0003" not in result.stdout


def test_a_word_that_is_none_lists_those_that_are(run_cli: Run) -> None:
    assert "allowed is" in run_cli("findings", "list", "--state", "DONE", code=2).stderr
    assert "allowed is" in run_cli("findings", "list", "--theme", "x", code=2).stderr
    assert "no check matches" in run_cli("findings", "list", "--check", "x.y", code=2).stderr


def claim(run_cli: Run, *more: str, code: int = 0) -> Result:
    words = ("--reason", "openssl 3.0.17", "--reference", "CHG-7")
    return run_cli("findings", "claim", "EC-0001", "--as", "supplier:acme", *words, *more, code=code)


def test_a_role_without_its_key_is_refused(people: Run) -> None:
    assert "needs that role's key" in claim(people, code=2).stderr
    assert "the key is that of O. Perator as operator" in claim(people, "--key", "operator.key", code=2).stderr
    assert "cannot be read" in claim(people, "--key", "none.key", code=2).stderr


def test_from_claim_to_history(people: Run) -> None:
    told = claim(people, "--key", "supplier.key")
    assert "EC-0001: claimed fixed; OPEN -> CLAIMED_FIXED" in told.stdout
    assert "is CLAIMED_FIXED; to claim a fix it has to be OPEN" in claim(people, "--key", "supplier.key", code=2).stderr
    shown = people("findings", "history", "EC-0001").stdout
    assert "claimed fixed  by Acme Ltd (supplier:acme)" in shown
    assert "reference: CHG-7" in shown
    assert "signed with key " in shown
    events = json.loads(people("findings", "history", "EC-0001", "--format", "json").stdout)
    assert events[-1]["proof"]["statement"]["action"] == "claim"
    people(
        "findings", "withdraw-claim", "EC-0001", "--as", "supplier:acme", "--key", "supplier.key", "--reason", "not yet"
    )
    assert listed(people, "--state", "OPEN", "--asset", "web") == ["EC-0002 web critical", "EC-0001 web high"]


def test_an_acceptance_from_the_asking_to_the_granting(people: Run) -> None:
    asked = ("--reason", "gateway", "--owner", "J. Roe", "--until", UNTIL)
    people("findings", "accept", "EC-0001", "--as", "operator", "--key", "operator.key", *asked)
    assert "waits for an answer: request-acceptance by O. Perator" in people("findings", "show", "EC-0001").stdout
    told = json.loads(people("findings", "show", "EC-0001", "--format", "json").stdout)
    assert [one["action"] for one in told["waiting"]] == ["request-acceptance"]
    who = ("--as", "accreditor", "--key", "accreditor.key")
    assert "say --grant or --refuse" in people("findings", "decide", "EC-0001", *who, code=2).stderr
    done = people("findings", "accept", "EC-0001", *who, "--reason", "agreed", "--format", "json")
    assert json.loads(done.stdout)["after"] == "RISK_ACCEPTED"
    assert "nobody waits" in people("findings", "decide", "EC-0001", "--grant", *who, code=2).stderr
    assert "nothing moved" in people("findings", "tick").stdout


def test_the_other_verbs_speak(people: Run) -> None:
    op = ("--as", "operator", "--key", "operator.key")
    assert (
        "supplier told; it stays OPEN"
        in people("findings", "tell-supplier", "EC-0001", *op, "--reference", "INC-1").stdout
    )
    pause = ("--ground", "force-majeure", "--until", UNTIL, "--reason", "flood")
    assert "pause asked" in people("findings", "pause-clock", "EC-0001", *op, *pause).stdout
    owner = ("--as", "owner", "--key", "owner.key")
    assert "clock paused" in people("findings", "decide", "EC-0001", "--grant", *owner, "--reason", "yes").stdout
    assert "clock resumed" in people("findings", "resume-clock", "EC-0001", *op, "--reason", "dry").stdout
    for words, why in (
        (("mitigate", "EC-0001", *op, "--reason", "x", "--until", UNTIL), "that is for assessor"),
        (("propose-false-positive", "EC-0001", *op, "--reason", "x"), "that is for supplier"),
        (("out-of-service", "EC-0001", *owner, "--reference", "D-1"), "did not reach it"),
        (("retest", "EC-0001", *op, "--result", "passed"), "that is for tester"),
        (("override-risk", "EC-0001", *op, "--risk", "low", "--until", UNTIL, "--reason", "x"), "accreditor or"),
        (("mitigate", "EC-0001", *op, "--reason", "x", "--until", "soon"), "write a day"),
        (("tell-supplier", "EC-0001", *op, "--told-at", "2026-03-01T10:00"), "say the zone"),
        (("claim", "EC-0077", *op, "--reason", "x", "--reference", "y"), "there is no finding"),
    ):
        told = people("findings", *words, code=2).stderr
        assert why in told, told
        assert len(told.strip().splitlines()) == 1


def test_claims_by_file(people: Run, home: Path) -> None:
    rows = json.loads(people("findings", "list", "--format", "json").stdout)
    told = [{"ref": r["ref"], "fingerprint": r["fingerprint"], "episode": r["episode"]} for r in rows]
    (home / "report.json").write_text(json.dumps({"occurrences": told}))
    away = ("--offline", "--report", "report.json", "--name", "Acme Ltd", "-o", "claims.json")
    assert "1 claims signed" in claim(people, "--key", "supplier.key", *away).stdout
    assert "EC-0001: OPEN -> CLAIMED_FIXED" in people("findings", "import-claims", "claims.json").stdout
    assert "in the record already" in people("findings", "import-claims", "claims.json").stdout
    (home / "plan.csv").write_text("ref,what was done,ticket\nEC-0002,grown,CHG-9\nEC-0055,x,y\n")
    assert "say who signs" in people("findings", "import-claims", "plan.csv", code=2).stderr
    done = people("findings", "import-claims", "plan.csv", "--as", "operator", "--key", "operator.key", code=3)
    assert "EC-0002: OPEN -> CLAIMED_FIXED" in done.stdout
    assert "plan.csv, line 3: there is no finding" in done.stderr
    assert "needs --key" in claim(people, "--offline", code=2).stderr


def test_keys_are_listed_shown_and_revoked(people: Run, home: Path) -> None:
    rows = json.loads(people("keys", "list", "--format", "json").stdout)
    assert [row["role"] for row in rows] == ["record", *PEOPLE]
    key = next(row["key"] for row in rows if row["role"] == "operator")
    assert json.loads(people("keys", "show", key[:10], "--format", "json").stdout)["name"] == "O. Perator"
    people("keys", "revoke", key[:16], "--reason", "left")
    assert "O. Perator" not in people("keys", "list").stdout
    assert "revoked" in people("keys", "list", "--all").stdout
    told = people("findings", "claim", "EC-0001", "--as", "operator", "--key", "operator.key", code=2)
    assert "was revoked on" in told.stderr
    assert "no key of this record begins" in people("keys", "show", "zz", code=2).stderr
    assert (home / "operator.key").stat().st_mode & 0o077 == 0


def test_a_key_with_a_passphrase_by_reference(run_cli: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHRASE", "correct horse battery")
    words = ("--role", "operator", "--name", "O. Perator", "-o", "op.key")
    run_cli("keys", "init", *words, "--passphrase", "env:PHRASE")
    assert b"ENCRYPTED" in (home / "op.key").read_bytes()
    run_cli("keys", "add", "op.key.pub", "--role", "operator", "--name", "O. Perator")
    say = ("findings", "claim", "EC-0001", "--as", "operator", "--key", "op.key", "--reason", "x", "--reference", "y")
    assert "name its passphrase by reference" in run_cli(*say, code=2).stderr
    monkeypatch.setenv("WRONG", "not it")
    told = run_cli(*say, "--passphrase", "env:WRONG", code=2)
    assert "the passphrase is wrong" in told.stderr
    assert "not it" not in told.output
    assert "not a reference" in run_cli(*say, "--passphrase", "correct horse battery", code=2).stderr
    run_cli(*say, "--passphrase", "env:PHRASE")
    assert "exists already" in run_cli("keys", "init", *words, code=2).stderr
    assert "there is no role" in run_cli("keys", "init", "--role", "boss", "--name", "x", "-o", "x", code=2).stderr


def test_assets_are_listed_and_a_doubt_is_settled(people: Run, home: Path) -> None:
    with open_store(str(home / "record.db")) as store:
        bench = Bench(store, datetime(2026, 5, 1, tzinfo=UTC))
        number = bench.begin("web", assets=(asset("web"),))
        bench.save(number, "web", who=identity("another"))
        bench.end(number)
    assert [m["name"] for m in json.loads(people("assets", "list", "--format", "json").stdout)] == ["db_1", "web"]
    assert "db_1" not in people("assets", "list", "--in-doubt").stdout
    assert "in doubt: " in people("assets", "show", "web").stdout
    who = ("--as", "owner", "--key", "owner.key")
    assert "give the reason" in people("assets", "accept-identity", "web", *who, code=2).stderr
    assert "identity accepted" in people("assets", "accept-identity", "web", *who, "--reason", "new board").stdout
    assert "is not in doubt" in people("assets", "accept-identity", "web", *who, "--reason", "again", code=2).stderr
    assert "there is no asset" in people("assets", "show", "nobody", code=2).stderr
