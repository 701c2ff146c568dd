"""Evidence files from somebody who wants them to hold: they never do, and never end in a traceback."""

import hashlib
import io
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from checks.lifecycle import canonical, event_hash
from scanner.cli.main import main_app
from scanner.service.evidence_pack import PREDICATE, STATEMENT
from scanner.service.signing import Signer
from tests.scanner.end_to_end import Estate

CHECK = "linux.backup.last-run-stale"
CLI = CliRunner()
Files = dict[str, bytes]


@dataclass(frozen=True)
class Proof:
    """A true pack: a backup mark was old, and is new again."""

    folder: Path
    pack: bytes
    key: Path  # the signer's public key

    @property
    def files(self) -> Files:
        with zipfile.ZipFile(io.BytesIO(self.pack)) as pack:
            return {name: pack.read(name) for name in pack.namelist()}


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    folder = tmp_path_factory.mktemp("proof")
    mark = folder / "backup-ran"
    mark.touch()
    os.utime(mark, (time.time() - 10**6,) * 2)
    estate = Estate(folder).local(backup_marks=[str(mark)])
    found = estate.run("scan", "--quiet", "--check", CHECK)
    assert found.returncode == 0, found.stderr
    mark.touch()
    fixed = estate.run("findings", "verify", "EC-0001")
    if "no strong identity" in fixed.stdout:
        pytest.skip("this machine has no machine-id, no SMBIOS and no host keys: nothing can be proven about it")
    assert "OPEN -> VERIFIED_FIXED" in fixed.stdout, fixed.stdout + fixed.stderr
    made = estate.run("evidence", "export", "EC-0001", "-o", "proof.zip")
    assert made.returncode == 0, made.stderr
    key = folder / "key.pem"
    pack = (folder / "proof.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        key.write_bytes(files.read("key.pem"))
    return Proof(folder, pack, key)


def zipped(files: Files, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how, compresslevel=1) as pack:  # a bomb is as large, and made sooner
        for name, data in files.items():
            pack.writestr(name, data)
    return out.getvalue()


def signed(files: Files, key: Ed25519PrivateKey | None = None, names: Files | None = None) -> Files:
    """The files with a signature of somebody else's over every one of them."""
    signer = Signer(key or Ed25519PrivateKey.generate())
    spoken_of = {
        **{name: data for name, data in files.items() if name not in ("envelope.json", "key.pem")},
        **(names or {}),
    }
    subjects = [{"name": n, "digest": {"sha256": hashlib.sha256(d).hexdigest()}} for n, d in sorted(spoken_of.items())]
    statement = {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": {}}
    envelope = canonical(signer.envelope(canonical(statement))) + b"\n"
    return {**files, "key.pem": signer.public_pem, "envelope.json": envelope}


def verified(tmp_path: Path, pack: bytes, *words: str) -> Result:
    """The verdict of one who has no key of their own; never a traceback, whatever comes."""
    file = tmp_path / "pack.zip"
    file.write_bytes(pack)
    nobody = {"ESTATECHECK_SIGNING_KEY": str(tmp_path / "no-key.pem")}
    result = CLI.invoke(main_app, ["evidence", "verify", str(file), *words], env=nobody)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    return result


def refused(tmp_path: Path, pack: bytes, *words: str) -> str:
    """Why it does not hold, in one line; said to programs as well."""
    result = verified(tmp_path, pack, *words)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert result.stderr.count("\n") == 1
    told = json.loads(verified(tmp_path, pack, *words, "--format", "json").stdout)
    assert told["holds"] is False
    return result.stderr


def test_a_true_pack_holds_for_who_knows_the_key_and_for_nobody_else(proof: Proof, tmp_path: Path) -> None:
    known = verified(tmp_path, proof.pack, "--key", str(proof.key))
    assert known.exit_code == 0, known.output
    assert known.stdout.startswith("EC-0001 VERIFIED_FIXED: holds\n")
    told = json.loads(verified(tmp_path, proof.pack, "--key", str(proof.key), "--format", "json").stdout)
    assert (told["holds"], verified(tmp_path, proof.pack, "--key", told["key_id"]).exit_code) == (True, 0)
    assert "not by the key that you named" in refused(tmp_path, proof.pack, "--key", "0" * 64)
    stranger = verified(tmp_path, proof.pack)
    assert stranger.exit_code == 3
    assert stranger.stdout.startswith("EC-0001 VERIFIED_FIXED: nothing is wrong with it, but not everything")
    assert "name it with --key" in stranger.stdout
    assert json.loads(verified(tmp_path, proof.pack, "--format", "json").stdout)["holds"] is False


def test_a_flipped_byte_never_goes_unseen(proof: Proof, tmp_path: Path) -> None:
    """A flip in the ZIP's own frame may leave every file as it was; in a file's content it may not."""
    known = ("--key", str(proof.key))
    for place in range(0, len(proof.pack), max(1, len(proof.pack) // 150)):
        flipped = bytearray(proof.pack)
        flipped[place] ^= 1 << place % 8
        if verified(tmp_path, bytes(flipped), *known).exit_code != 1:
            assert Proof(tmp_path, bytes(flipped), proof.key).files == proof.files


@pytest.mark.parametrize("name", ["envelope.json", "key.pem", "finding.json", "before-and-after.html"])
def test_a_flipped_byte_in_a_file_is_always_refused(proof: Proof, tmp_path: Path, name: str) -> None:
    files = proof.files
    size = len(files[name])
    for place in {0, size // 3, size // 2, size - 2, size - 1}:
        flipped = bytearray(files[name])
        flipped[place] ^= 1
        assert verified(tmp_path, zipped({**files, name: bytes(flipped)})).exit_code == 1


def _edited(files: Files, change: Callable[[dict[str, Any]], object]) -> Files:
    facts = json.loads(files["finding.json"])
    change(facts)
    return {**files, "finding.json": canonical(facts) + b"\n"}


def _swap(facts: dict[str, Any]) -> None:
    facts["before"], facts["after"] = facts["after"], facts["before"]


def _swap_and_lie(facts: dict[str, Any]) -> None:
    _swap(facts)
    facts["before"]["outcome"], facts["after"]["outcome"] = "fail", "pass"


def _rewrite_history(facts: dict[str, Any]) -> None:
    event = facts["events"][0]
    event["at"] = "2020-01-01T00:00:00+00:00"
    content = {key: value for key, value in event.items() if key not in ("previous", "hash")}
    event["hash"] = event_hash(event["previous"], content)
    facts["events"].pop(0)


TALES: dict[str, Callable[[dict[str, Any]], object]] = {
    "before and after swapped": _swap,
    "swapped, with the outcomes put right": _swap_and_lie,
    "an event edited": lambda facts: facts["events"][0].update(actor="somebody"),
    "an event left out": _rewrite_history,
    "no events": lambda facts: facts.update(events=[]),
    "no visit after": lambda facts: facts.update(after=None),
    "no visit before": lambda facts: facts.update(before=None),
    "another asset": lambda facts: facts.update(asset_uid="0" * 32),
    "another state": lambda facts: facts.update(state="OPEN"),
    "another version": lambda facts: facts.update(version=99),
    "answers of another visit": lambda facts: facts["before"].update(answers=facts["after"]["answers"]),
    "no answers": lambda facts: facts["after"].update(answers=[]),
    "an answer that is not there": lambda facts: facts["after"]["answers"][0].update(sha256="0" * 64),
    "lists for objects": lambda facts: facts.update(subject=[], events=[[]]),
    "a time that is none": lambda facts: facts["after"].update(started_at="yesterday"),
    "a reason that is none": lambda facts: facts["after"]["answers"][0].update(missing=["because", ""]),
    "numbers beyond everything": lambda facts: facts["after"]["answers"][0].update(exit_code=10**400, asked_at=1e308),
}


@pytest.mark.parametrize("tale", TALES)
def test_a_tale_does_not_hold_whoever_signs_it(proof: Proof, tmp_path: Path, tale: str) -> None:
    told = _edited(proof.files, TALES[tale])
    assert "finding.json was changed after it was signed" in refused(tmp_path, zipped(told))
    assert "not by the key that you named" in refused(tmp_path, zipped(signed(told)), "--key", str(proof.key))
    resigned = verified(tmp_path, zipped(signed(told)))
    if tale == "numbers beyond everything":  # nothing that is judged depends on them
        assert resigned.exit_code in (1, 3)
    else:
        assert resigned.exit_code == 1, resigned.output
    assert "VERIFIED_FIXED: holds" not in resigned.output


def test_signed_again_by_somebody_else(proof: Proof, tmp_path: Path) -> None:
    pack = zipped(signed(proof.files))
    assert "not by the key that you named" in refused(tmp_path, pack, "--key", str(proof.key))
    unknown = verified(tmp_path, pack)
    assert unknown.exit_code == 3
    assert "VERIFIED_FIXED: holds" not in unknown.stdout
    assert "not checked  whose key" in unknown.stdout


def _lying_size(pack: bytes) -> bytes:
    """Every size in the central directory says one byte."""
    out, place = bytearray(pack), pack.find(b"PK\x01\x02")
    while place >= 0:
        out[place + 24 : place + 28] = struct.pack("<I", 1)
        place = pack.find(b"PK\x01\x02", place + 4)
    return bytes(out)


def _twice(files: Files) -> bytes:
    out = io.BytesIO(zipped(files))
    with zipfile.ZipFile(out, "a") as pack, pytest.warns(UserWarning, match="Duplicate name"):
        pack.writestr("finding.json", b"{}")
    return out.getvalue()


def _without(files: Files, name: str) -> Files:
    return {key: data for key, data in files.items() if key != name}


DEEP = b"[" * 200_000
FRAMES: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "nothing": (lambda _: b"", "damaged or no evidence pack"),
    "no ZIP": (lambda _: os.urandom(5000), "damaged or no evidence pack"),
    "cut in half": (lambda files: zipped(files)[:-2000], "damaged or no evidence pack"),
    "empty": (lambda _: zipped({}), "finding.json is not in the pack"),
    "a bomb": (lambda files: zipped({**files, "bomb": bytes(300 * 1024**2)}), "more than an evidence pack can hold"),
    "a bomb that lies": (lambda files: _lying_size(zipped({**files, "b": bytes(200 * 1024**2)})), "damaged"),
    "packed otherwise": (lambda files: zipped(files, zipfile.ZIP_LZMA), "is packed in another way"),
    "many files": (lambda files: zipped({**files, **{f"f{n}": b"" for n in range(600)}}), "more than an evidence pack"),
    "two of one name": (_twice, "two files of one name"),
    "an unsigned file": (
        lambda files: zipped({**files, "notes.txt": b"trust me"}),
        "notes.txt is in the pack and not signed",
    ),
    "a way out": (lambda files: zipped({**files, "../../evil": b"x"}), "../../evil is in the pack and not signed"),
    "a signed file gone": (
        lambda files: zipped(_without(files, "before-and-after.html")),
        "is signed and not in the pack",
    ),
    "no key": (lambda files: zipped(_without(files, "key.pem")), "key.pem is not in the pack"),
    "no envelope": (lambda files: zipped(_without(files, "envelope.json")), "envelope.json is not in the pack"),
    "no finding": (lambda files: zipped(_without(files, "finding.json")), "finding.json is not in the pack"),
    "a key that is none": (lambda files: zipped({**files, "key.pem": b"-----BEGIN"}), "the public key is not PEM"),
    "an envelope too deep": (lambda files: zipped({**files, "envelope.json": DEEP}), "not in the documented form"),
    "a finding too deep": (lambda files: zipped(signed({**files, "finding.json": DEEP})), "not in the documented form"),
    "a wrong blob": (
        lambda files: zipped(signed({**files, "blobs/" + "0" * 64: b"x"})),
        "does not hold the answer it is named after",
    ),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_that_lies_is_refused_in_one_sentence(proof: Proof, tmp_path: Path, frame: str) -> None:
    made, says = FRAMES[frame]
    assert says in refused(tmp_path, made(proof.files))
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"], "nothing is unpacked onto the disk"


def test_files_that_cannot_be_read_are_a_matter_of_usage(proof: Proof, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(proof.pack)
    for words, says in (
        ([str(tmp_path / "none.zip")], "none.zip cannot be read: No such file"),
        ([str(tmp_path)], "cannot be read: Is a directory"),
        ([str(tmp_path / "pack.zip"), "--key", str(tmp_path / "none.pem")], "none.pem is no id of a key, and no file"),
        ([str(tmp_path / "pack.zip"), "--key", str(tmp_path / "pack.zip")], "pack.zip: the public key is not PEM"),
        ([str(tmp_path / "pack.zip"), "--format", "xml"], "--format xml: allowed is table, json"),
    ):
        result = CLI.invoke(main_app, ["evidence", "verify", *words])
        assert (result.exit_code, result.stdout) == (2, "")
        assert says in result.stderr
