"""``report --format dsse`` and ``report verify``: nothing unsigned is written, no changed byte is passed."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from checks.lifecycle import canonical
from reports.formats.dsse import PREDICATE, STATEMENT
from scanner.cli.main import main_app
from scanner.service.signing import PAYLOAD_TYPE, Signer
from tests.scanner.service.report_pack.packs import lived
from tests.scanner.store.people_world import signer


@dataclass
class Desk:
    folder: Path
    keys: dict[str, Signer]
    environment: dict[str, str]

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main_app, ["report", *words], env=self.environment)

    def seal(self, out: Path, role: str = "assessor", *formats: str) -> Result:
        wanted = [word for name in (*(formats or ("csv", "junit")), "dsse") for word in ("--format", name)]
        return self.run(*wanted, "-o", str(out), "--sign-as", role, "--key", str(self.folder / f"{role}.key"))


def private(one: Signer, path: Path) -> Path:
    path.write_bytes(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    path.with_name(path.name + ".pub").write_bytes(one.public_pem)
    return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    made = lived(folder)
    for role, key in made.world.keys.items():
        private(key, folder / f"{role}.key")
    private(signer(), folder / "stranger.key")
    made.store.close()
    return Desk(folder, made.world.keys, {"ESTATECHECK_DATABASE": str(folder / "record.db"), "HOME": str(folder)})


@pytest.fixture
def sealed(desk: Desk, tmp_path: Path) -> Path:
    done = desk.seal(tmp_path)
    assert done.exit_code == 0, done.output
    return tmp_path / "report.dsse.json"


def payload_of(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    return found


def test_the_statement_names_the_files_and_what_they_count(sealed: Path) -> None:
    envelope, told = json.loads(sealed.read_bytes()), payload_of(sealed)
    assert envelope.keys() == {"payload", "payloadType", "signatures"}
    assert envelope["payloadType"] == PAYLOAD_TYPE == "application/vnd.in-toto+json"
    assert told.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert (told["_type"], told["predicateType"]) == (STATEMENT, PREDICATE)
    assert [one["name"] for one in told["subject"]] == ["report.csv", "report.junit.xml"]  # type: ignore[attr-defined]  # JSON
    predicate = told["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["report_id"].startswith("ECR-3-")
    assert predicate["signed_by"]["role"] == "assessor"
    assert predicate["counts"]["total"]["occurrences"] == 2


def test_it_is_verified_by_the_record_and_by_a_key(desk: Desk, sealed: Path) -> None:
    for more in ((), ("--key", str(desk.folder / "assessor.key.pub"))):
        done = desk.run("verify", str(sealed), *more)
        assert done.exit_code == 0, done.output
        assert done.output.count("as signed") == 2


def test_the_same_report_and_key_give_the_same_bytes(desk: Desk, sealed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert desk.seal(again).exit_code == 0
    assert (again / sealed.name).read_bytes() == sealed.read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--sign-as ROLE --key FILE"),
        (("--sign-as", "assessor"), "--sign-as ROLE --key FILE"),
        (("--sign-as", "accreditor", "--key", "assessor.key"), "as assessor"),
        (("--sign-as", "assessor", "--key", "stranger.key"), "never admitted"),
        (("--sign-as", "assessor", "--key", "none.key"), "cannot be read"),
    ],
)
def test_nothing_unsigned_is_written(desk: Desk, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    named = [str(desk.folder / word) if word.endswith(".key") else word for word in words]
    done = desk.run("--format", "csv", "--format", "dsse", "-o", str(tmp_path / "out"), *named)
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_a_seal_over_nothing_is_refused(desk: Desk, tmp_path: Path) -> None:
    words = ("--format", "dsse", "-o", str(tmp_path), "--sign-as", "assessor", "--key")
    done = desk.run(*words, str(desk.folder / "assessor.key"))
    assert (done.exit_code, "another format" in done.output) == (2, True)


def test_every_flipped_byte_of_the_seal_is_seen(desk: Desk, sealed: Path) -> None:
    from datetime import UTC, datetime

    from scanner.service.sealing import SealError, check

    whole, pem = sealed.read_bytes(), (desk.folder / "assessor.key.pub").read_bytes()
    for place in range(0, len(whole), 7):
        sealed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(SealError):
            check(sealed, pem, {}, datetime.now(UTC))


def test_a_changed_and_a_missing_file_are_named(desk: Desk, sealed: Path) -> None:
    page = sealed.with_name("report.csv")
    page.write_bytes(page.read_bytes() + b" ")
    done = desk.run("verify", str(sealed))
    assert (done.exit_code, "report.csv  CHANGED" in done.output) == (1, True)
    page.unlink()
    done = desk.run("verify", str(sealed))
    assert (done.exit_code, "report.csv  not here" in done.output) == (3, True)


def test_another_key_is_not_taken(desk: Desk, sealed: Path) -> None:
    done = desk.run("verify", str(sealed), "--key", str(desk.folder / "accreditor.key.pub"))
    assert done.exit_code == 1


def _named(name: str) -> Callable[[dict[str, object]], object]:
    subject = [{"name": name, "digest": {"sha256": "a" * 64}}]
    return lambda told: told.update(subject=subject)


@pytest.mark.parametrize(
    "change",
    [
        _named("../secret"),
        _named("/etc/passwd"),
        _named(""),
        lambda told: told.update(predicateType="urn:other"),
        lambda told: told.update(subject=[]),
        lambda told: told["predicate"].update(signed_by={"name": "Somebody", "role": "accreditor"}),
    ],
)
def test_a_signed_statement_that_is_none_of_ours(
    desk: Desk, sealed: Path, change: Callable[[dict[str, object]], object]
) -> None:
    """Rightly signed, and still not believed."""
    told = payload_of(sealed)
    change(told)
    sealed.write_bytes(canonical(desk.keys["assessor"].envelope(canonical(told))) + b"\n")
    done = desk.run("verify", str(sealed))
    assert done.exit_code == 1, done.output


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"signatures": []}', b"[" * 100_000])
def test_what_is_no_seal(desk: Desk, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.dsse.json"
    path.write_bytes(content)
    done = desk.run("verify", str(path))
    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1


def test_a_dress_is_put_on_and_a_bad_one_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "dress"
    folder.mkdir()
    (folder / "branding.yaml").write_text("marking: FOR THE BOARD\nsections: [{title: Ours, template: a.j2}]\n")
    (folder / "a.j2").write_text("<p>Of {{ report.estate.name }}</p>")
    plain, worn = tmp_path / "plain", tmp_path / "worn"
    assert desk.run("--format", "json", "--format", "html", "-o", str(plain)).exit_code == 0
    done = desk.run("--format", "json", "--format", "html", "-o", str(worn), "--branding", str(folder))
    assert done.exit_code == 0, done.output
    assert (plain / "report.json").read_bytes() == (worn / "report.json").read_bytes()
    assert "<p>Of Northmoor</p>" in (worn / "report.html").read_text()
    assert "FOR THE BOARD" in (worn / "report.html").read_text()
    (folder / "a.j2").write_text("<p>\n{{ ''.__class__ }}</p>")
    done = desk.run("--format", "html", "-o", str(tmp_path / "none"), "--branding", str(folder))
    assert done.exit_code == 2
    assert "a.j2 line 2: " in done.output
    assert len(done.output.splitlines()) == 1
    assert not (tmp_path / "none").exists()
