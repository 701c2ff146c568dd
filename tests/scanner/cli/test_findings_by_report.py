"""``findings list --clock`` and ``--risk``: what the newest full scan's report picks out, paged."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.finding import CheckRun, Outcome, Severity, Subject
from inventory.estate import Estate
from inventory.policy import Policy, PolicyFile
from scanner.cli.main import main_app
from scanner.service.clock_book import CLOCKS, in_force
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, asset, gone, run

MOJ = Policy(files=(PolicyFile(CLOCKS, "moj", ""),))  # high in 7 days, medium in 28, low in 90
CHECK = "linux.sysctl.aslr"


def full(severity: Severity) -> CheckRun:
    return run(Outcome.FAIL, CHECK, subject=Subject("mount", f"/{severity}"), severity=severity)


def scan(bench: Bench, *hosts: tuple[str, tuple[CheckRun, ...]], clocks: bool = True) -> None:
    assets = tuple(asset(name) for name, _ in hosts)
    estate = Estate("Northmoor Justice", assets, policy=MOJ)
    policies = {CLOCKS: in_force(estate, bench.now.year)} if clocks else {}
    number = bench.begin(estate=estate, assets=assets, checks=(CHECK,), policies=policies)
    for name, runs in hosts:
        bench.save(number, name, *runs, **({} if runs else gone()))  # type: ignore[arg-type]  # fields of a result
    bench.end(number)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """On the 28th one is late, one is due in days, one has been seen just now and one could not be looked at."""
    path = str(tmp_path_factory.mktemp("filters") / "record.db")
    with open_store(path) as store:
        bench = Bench(store, datetime(2026, 3, 1, 12, tzinfo=UTC))
        scan(bench, ("web", (full(Severity.HIGH), full(Severity.MEDIUM))), ("db", (full(Severity.CRITICAL),)))
        bench.now = datetime(2026, 3, 27, 12, tzinfo=UTC)
        web = (full(Severity.HIGH), full(Severity.MEDIUM), full(Severity.LOW))
        scan(bench, ("web", web), ("db", ()))
    return f"sqlite:///{path}"


def listed(database: str, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main_app, ["findings", "list", "--database", database, *words])
    assert done.exit_code == code, done.output
    return done.stderr if code else done.stdout


def subjects(database: str, *words: str) -> list[str]:
    return [row["subject"] for row in json.loads(listed(database, "--format", "json", *words))]


HIGH, MEDIUM, LOW, UNSEEN = "mount /high", "mount /medium", "mount /low", "mount /critical"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--clock", "breached"), [UNSEEN, HIGH]),
        (("--clock", "due"), [MEDIUM]),
        (("--clock", "running"), [MEDIUM, LOW]),
        (("--risk", "critical"), [UNSEEN]),
        (("--risk", "high"), [HIGH]),
        (("--risk", "high", "--risk", "low"), [HIGH, LOW]),
        (("--risk", "unrated"), []),
        (("--clock", "breached", "--risk", "high"), [HIGH]),
        (("--clock", "running", "--risk", "high"), []),
        (("--clock", "running", "--state", "STALE"), []),
        (("--clock", "breached", "--asset", "db"), [UNSEEN]),
        (("--clock", "running", "--limit", "1"), [MEDIUM]),
        (("--clock", "running", "--limit", "1", "--offset", "1"), [LOW]),
        (("--clock", "running", "--offset", "1"), [LOW]),
        (("--clock", "running", "--offset", "9"), []),
    ],
)
def test_what_the_report_picks_out(database: str, words: tuple[str, ...], expected: list[str]) -> None:
    assert subjects(database, *words) == expected


def test_a_page_says_how_many_the_filter_leaves(database: str) -> None:
    done = CliRunner().invoke(
        main_app, ["findings", "list", "--database", database, "--clock", "running", "--limit", "1"]
    )
    assert "1 to 1 of 2; --offset 1 shows the next" in done.stderr


def test_what_cannot_be_answered_is_said(database: str, tmp_path: Path) -> None:
    assert "allowed is breached" in listed(database, "--clock", "late", code=2)
    assert "allowed is critical" in listed(database, "--risk", "worst", code=2)
    assert "holds no scan yet" in listed(f"sqlite:///{tmp_path / 'new.db'}", "--clock", "due", code=2)
    with open_store(str(tmp_path / "old.db")) as store:
        scan(Bench(store), ("web", (full(Severity.HIGH),)), clocks=False)
    old = f"sqlite:///{tmp_path / 'old.db'}"
    assert "made before there were clocks" in listed(old, "--clock", "due", code=2)
    assert subjects(old, "--risk", "high") == [HIGH]
