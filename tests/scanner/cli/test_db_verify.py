"""``db verify``: what holds, what does not, what nobody can tell; and its exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from typer.testing import CliRunner

from scanner.cli.db import app
from scanner.service.serve_seals import Pen
from scanner.service.signing import Signer, load_or_create
from scanner.store.store import open_store
from tests.scanner.store.series_world import HOUR, START, Prober, declared

RUN = CliRunner()


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key.pem"
    monkeypatch.setenv("ESTATECHECK_SIGNING_KEY", str(path))
    monkeypatch.setenv("ESTATECHECK_DATABASE", str(tmp_path / "record.db"))
    return path


def sealed(folder: Path, signer: Signer, hours: int = 3) -> None:
    with open_store(str(folder / "record.db")) as store:
        prober = Prober(store, [declared("web")], flush=60.0)
        prober.begin()
        prober.work(START + hours * HOUR + 60)
        store.series.seal_due(Pen(signer), prober.now)


def verify(*words: str) -> Result:
    return RUN.invoke(app, ["verify", *words])


def tamper(folder: Path, *statements: str) -> None:
    """From outside, by somebody who knows of the triggers."""
    with open_store(str(folder / "record.db")) as store, store._database.writing() as connection:
        triggers = connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).scalars().all()
        for name in triggers:
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        for one in statements:
            connection.execute(text(one))


def test_everything_holds(tmp_path: Path, key: Path) -> None:
    sealed(tmp_path, load_or_create(key)[0])
    done = verify()
    assert done.exit_code == 0, done.output
    assert "3 of 3 sealed hours hold" in done.stdout
    assert "179 samples are sealed, 179 of them" in done.stdout
    told = json.loads(verify("--format", "json").stdout)
    assert (told["holds"], told["seals"], told["wrong"], told["not_checked"]) == (True, 3, [], [])
    assert len(told["last_hash"]) == 64


def test_all_that_does_not_hold_is_named(tmp_path: Path, key: Path) -> None:
    sealed(tmp_path, load_or_create(key)[0])
    second = int(START + HOUR)
    tamper(
        tmp_path,
        "UPDATE state_change SET state = 'down'",
        f"UPDATE hour_seal SET signature = zeroblob(64) WHERE hour = {second}",  # noqa: S608 (a number)
    )
    done = verify()
    assert done.exit_code == 1
    assert "1 of 3 sealed hours hold" in done.stdout
    assert "changes of state that were sealed with the hour from 2026-03-20 10:00 UTC are others now" in done.stdout
    assert "signature of the seal of the hour from 2026-03-20 11:00 UTC does not hold" in done.stdout


def test_a_key_that_nobody_knows_is_no_pass(tmp_path: Path, key: Path) -> None:
    before = Signer(Ed25519PrivateKey.generate())
    sealed(tmp_path, before)
    load_or_create(key)
    done = verify()
    assert done.exit_code == 3
    assert f"not checked    hours were signed with key {before.key_id}" in done.stdout
    public = tmp_path / "before.pem"
    public.write_bytes(before.public_pem)
    assert verify("--key", str(public)).exit_code == 0


def test_a_record_without_seals(tmp_path: Path, key: Path) -> None:
    with open_store(str(tmp_path / "record.db")):
        pass
    assert verify().exit_code == 0, "nothing was ever probed"
    with open_store(str(tmp_path / "record.db")) as store:
        Prober(store, [declared("web")]).begin()
    done = verify()
    assert (done.exit_code, "no hour of the series is sealed yet" in done.stdout) == (3, True)


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_key_that_is_none(tmp_path: Path, key: Path, content: bytes | None) -> None:
    path = tmp_path / "other.pem"
    if content:
        path.write_bytes(content)
    done = verify("--key", str(path))
    assert done.exit_code == 2
    assert f"--key {path}" in done.stderr
