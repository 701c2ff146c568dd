"""``estatecheck evidence`` and ``report --from-pack`` for whole reports, as a person runs them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from tests.scanner.service.report_pack.packs import files_of, lived, put, resigned
from tests.scanner.store.people_world import signer


@dataclass
class Shell:
    folder: Path
    key_id: str
    environment: dict[str, str]

    def run(self, *words: str, **changes: str) -> Result:
        return CliRunner().invoke(main_app, list(words), env={**self.environment, **changes})

    def path(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("shell")
    made = lived(folder)
    key = folder / "key.pem"
    key.write_bytes(made.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    (folder / "public.pem").write_bytes(made.signer.public_pem)
    made.store.close()
    environment = {
        "ESTATECHECK_DATABASE": str(folder / "record.db"),
        "ESTATECHECK_SIGNING_KEY": str(key),
        "ESTATECHECK_OUTPUT": str(folder / "out"),
        "HOME": str(folder),
    }
    return Shell(folder, made.signer.key_id, environment)


@pytest.fixture(scope="module")
def pack(shell: Shell) -> str:
    path = shell.path("report.zip")
    done = shell.run("evidence", "export", "-o", path)
    assert done.exit_code == 0, done.output
    assert "scan 3, 17 events, 7 answers" in done.output
    return path


def test_export_and_verify(shell: Shell, pack: str) -> None:
    done = shell.run("evidence", "verify", pack)
    assert (done.exit_code, "holds" in done.output) == (0, True), done.output  # our own key is known
    stranger = shell.run("evidence", "verify", pack, ESTATECHECK_SIGNING_KEY=shell.path("none.pem"))
    assert stranger.exit_code == 3
    assert "not checked  whose key" in stranger.output
    for trusted in (shell.key_id, shell.path("public.pem")):
        named = shell.run("evidence", "verify", pack, "--trust", trusted, ESTATECHECK_SIGNING_KEY="")
        assert named.exit_code == 0, named.output


def test_what_is_wrong_is_said_and_ends_with_1(shell: Shell, pack: str) -> None:
    other = shell.folder / "other.zip"
    put(other, resigned(files_of(Path(pack)), signer()))
    done = shell.run("evidence", "verify", str(other), "--trust", shell.key_id)
    assert done.exit_code == 1
    assert "wrong        signed by key" in done.output
    told = json.loads(shell.run("evidence", "verify", str(other), "--trust", shell.key_id, "--format", "json").output)
    assert told["holds"] is False


def test_the_report_is_made_again(shell: Shell, pack: str) -> None:
    done = shell.run(
        "report", "--from-pack", pack, "-o", shell.path("again"), ESTATECHECK_DATABASE="/nowhere/at/all.db"
    )
    assert done.exit_code == 0, done.output
    assert done.output.count("as the pack names it") == 2
    shell.run("report", "-o", shell.path("first"))
    for name in ("report.json", "report.html"):
        first, again = (shell.folder / where / name for where in ("first", "again"))
        assert first.read_bytes() == again.read_bytes()
        assert hashlib.sha256(again.read_bytes()).hexdigest() in done.output


def test_a_view_of_it_is_made_again_too(shell: Shell, pack: str) -> None:
    """The pack does not name a view's files: that it is cut from the pack's report is what can be shown."""
    where = shell.path("views")
    done = shell.run(
        "report", "--from-pack", pack, "--view", "supplier", "--supplier", "acme", "--format", "json", "-o", where
    )
    assert done.exit_code == 0, done.output
    assert "report.json, from which this is made: as the pack names it" in " ".join(done.output.split())
    same = shell.run("report", "--view", "supplier", "--supplier", "acme", "--format", "json", "-o", shell.path("own"))
    assert same.exit_code == 0, same.output
    name = "report-supplier-acme.json"
    assert (shell.folder / "views" / name).read_bytes() == (shell.folder / "own" / name).read_bytes()


def test_a_pack_in_a_dress_since_an_earlier_report(shell: Shell, pack: str) -> None:
    """Neither is named by the pack: that both rest on the pack's report is what can be shown."""
    shell.run("report", "--scan", "1", "--format", "json", "-o", shell.path("earlier"))
    dress = shell.folder / "dress"
    dress.mkdir()
    (dress / "branding.yaml").write_text("marking: OF THE FEN\n")
    earlier = str(shell.folder / "earlier" / "report.json")
    words = ("report", "--from-pack", pack, "--format", "html", "-o", shell.path("dressed"))
    done = shell.run(*words, "--since", earlier, "--branding", str(dress), ESTATECHECK_DATABASE="/nowhere/at/all.db")
    assert done.exit_code == 0, done.output
    assert "report.json, from which this is made: as the pack names it" in " ".join(done.output.split())
    assert "NOT the pack's" not in done.output
    page = (shell.folder / "dressed" / "report.html").read_text()
    assert "OF THE FEN" in page
    assert "Since report ECR-1-" in page
    refused = shell.run(*words, "--since", "1")
    assert (refused.exit_code, "a pack holds one scan" in " ".join(refused.output.split())) == (2, True)


def test_a_view_of_a_report_that_is_not_the_packs(shell: Shell, pack: str) -> None:
    from scanner.service.report_pack.container import gzipped
    from tests.scanner.service.report_pack.packs import plain

    files, name = files_of(Path(pack)), "record/ruling.jsonl.gz"
    changed = {**files, name: gzipped(plain(files[name]).replace(b" fail", b" FAIL"))}
    path = put(shell.folder / "other-view.zip", changed)
    done = shell.run("report", "--from-pack", str(path), "--view", "board", "--format", "json", "-o", shell.path("o"))
    assert done.exit_code == 1
    assert "is not the one that the pack names" in " ".join(done.output.split())


def test_a_report_that_is_not_the_packs(shell: Shell, pack: str) -> None:
    files = files_of(Path(pack))
    name = "record/ruling.jsonl.gz"
    from scanner.service.report_pack.container import gzipped
    from tests.scanner.service.report_pack.packs import plain

    changed = {**files, name: gzipped(plain(files[name]).replace(b" fail", b" FAIL"))}
    path = put(shell.folder / "changed.zip", changed)
    done = shell.run("report", "--from-pack", str(path), "-o", shell.path("changed"))
    assert done.exit_code == 1
    assert "NOT the pack's" in done.output


def test_a_checkpoint_and_a_memory(shell: Shell, pack: str) -> None:
    point, memory = shell.path("point.json"), shell.path("seen.json")
    done = shell.run("evidence", "checkpoint", "-o", point)
    assert done.exit_code == 0, done.output
    assert "17 events" in done.output
    assert shell.run("evidence", "verify", point, "--remember", memory).exit_code == 0
    done = shell.run("evidence", "verify", pack, "--remember", memory, ESTATECHECK_SIGNING_KEY="")
    assert done.exit_code == 0, done.output  # the key is remembered


def test_a_suppliers_part(shell: Shell) -> None:
    path = shell.path("acme.zip")
    assert shell.run("evidence", "export", "--supplier", "acme", "-o", path).exit_code == 0
    done = shell.run("evidence", "verify", path)
    assert done.exit_code == 0
    assert "withheld" in done.output
    again = shell.run("report", "--from-pack", path)
    assert again.exit_code == 2
    assert "the part of supplier acme" in again.output


def test_the_verifier_is_written(shell: Shell) -> None:
    path = shell.path("verify_evidence.py")
    done = shell.run("evidence", "verifier", "-o", path)
    assert done.exit_code == 0
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() in done.output


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("evidence", "export", "--report", "99"), 2, "there is no scan 99"),
        (("evidence", "export", "--supplier", "nobody"), 2, "names no supplier 'nobody'"),
        (("evidence", "export", "EC-0001", "--supplier", "acme"), 2, "are for whole reports"),
        (("evidence", "export", "-o", "/no/such/folder/x.zip"), 2, "cannot be written: No such file"),
        (("evidence", "verify", "/no/such/file"), 2, "cannot be read: No such file"),
        (("report", "--from-pack", "/no/such/file"), 2, "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell: Shell, words: tuple[str, ...], code: int, why: str) -> None:
    done = shell.run(*words)
    assert (done.exit_code, why in done.output) == (code, True), done.output
    assert "Traceback" not in done.output


def test_a_memory_is_for_reports(shell: Shell) -> None:
    path = shell.folder / "text.zip"
    path.write_bytes(b"no pack at all")
    done = shell.run("evidence", "verify", str(path), "--remember", shell.path("m.json"))
    assert (done.exit_code, "--remember is for packs of reports" in done.output) == (2, True)
