"""``estatecheck accreditation`` on a real record."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scanner.cli.main import main_app
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer, create
from tests.scanner.service.test_verdict import Record
from tests.scanner.store.people_world import signer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record = Record(tmp_path)
    record.scan(failing="web-1")
    own = signer()
    for role, name in (("accreditor", "acc.key"), ("operator", "op.key")):
        key: Signer = create(tmp_path / name, None)
        admit(record.store.people, own, key.public_pem, Holder(role, f"The {role}"), None)
    record.now += timedelta(minutes=1)
    record.store.close()
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main_app, ["accreditation", *words, "--database", f"sqlite:///{folder / 'record.db'}"])
    return done.exit_code, " ".join(done.output.split())


def sign(folder: Path, *words: str, role: str = "accreditor", key: str = "acc.key") -> tuple[int, str]:
    return run(folder, "sign", "case", *words, "--as", role, "--key", str(folder / key))


def test_show_and_what_if(folder: Path) -> None:
    code, said = run(folder, "show", "case")
    assert code == 0
    assert "Case File, scan 1: DOWNGRADE. “Nothing is open” does not hold: 1 occurrence in 1 issue, at most 0" in said
    assert "Policy court, version 2 of 2026-01-01" in said
    code, said = run(folder, "what-if")
    assert (code, said.startswith("To reach ACCREDIT: fix this issue: ")) == (0, True)
    code, said = run(folder, "show", "--format", "json")
    told = json.loads(said)
    assert (code, told["verdict"], told["rules"][0]["refs"]) == (0, "DOWNGRADE", ["EC-0001"])


def test_signed_and_listed(folder: Path) -> None:
    assert "Nobody has signed" in run(folder, "history")[1]
    assert sign(folder, "--accept")[0] == 0
    code, said = sign(folder, "--decide", "conditions", "--reason", "until the move", "--until", "2099-05-31")
    assert code == 0
    assert "service:case, scan 1: ACCREDIT WITH CONDITIONS, against the rules' DOWNGRADE, until 2099-05-31" in said
    code, said = run(folder, "history", "case", "--format", "json")
    first, second = json.loads(said)
    assert (first["override"], second["override"], second["computed"]) == (False, True, "DOWNGRADE")
    assert (second["decided"], second["actor"]) == ("ACCREDIT WITH CONDITIONS", "The accreditor")


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (["--decide", "accredit"], {}, "deciding ACCREDIT against them needs a reason"),
        (["--accept"], {"role": "operator", "key": "op.key"}, "only the accreditor signs a verdict"),
        (["--accept"], {"key": "op.key"}, "--as accreditor: the key is that of The operator as operator"),
        ([], {}, "say --accept to accept the verdict, or --decide WORD"),
        (["--accept", "--decide", "withdraw"], {}, "one of the two"),
        (["--decide", "fine"], {}, "fine"),
    ],
)
def test_refused_in_one_sentence(folder: Path, words: list[str], more: dict[str, str], said: str) -> None:
    code, output = sign(folder, *words, **more)
    assert code == 2
    assert said in output
    assert "Traceback" not in output
    assert "Nobody has signed" in run(folder, "history")[1]


def test_without_a_key_nothing_is_signed(folder: Path) -> None:
    code, said = run(folder, "sign", "case", "--accept", "--as", "accreditor")
    assert code == 2
    assert "needs that role's key" in said
