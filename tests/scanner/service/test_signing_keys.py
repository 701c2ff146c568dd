"""Keys in files: encrypted or not, never readable by others, never shown."""

import traceback
from pathlib import Path

import pytest

from scanner.query import SecretUnavailable
from scanner.service.roles import make_key, open_key
from scanner.service.signing import SigningError, create, load
from scanner.store.witness import holds

PHRASE = "correct horse battery"


@pytest.fixture
def phrase(tmp_path: Path) -> str:
    path = tmp_path / "phrase"
    path.write_text(PHRASE + "\n")
    path.chmod(0o600)
    return f"file:{path}"


def test_an_encrypted_key_opens_with_its_passphrase_alone(tmp_path: Path, phrase: str) -> None:
    path = tmp_path / "a.key"
    made = make_key(path, phrase)
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_key(path, phrase).key_id == made.key_id
    with pytest.raises(SigningError, match="is encrypted; name its passphrase"):
        load(path)
    wrong = "-".join(("another", "secret"))
    with pytest.raises(SigningError, match="passphrase is wrong") as caught:
        load(path, wrong)
    told = "".join(traceback.format_exception(caught.value))
    assert wrong not in told
    assert "PRIVATE KEY" not in told


def test_a_passphrase_that_is_not_needed_is_refused(tmp_path: Path, phrase: str) -> None:
    create(tmp_path / "a.key")
    with pytest.raises(SigningError, match="is not encrypted"):
        open_key(tmp_path / "a.key", phrase)


def test_no_key_is_overwritten_and_none_that_others_can_read_is_used(tmp_path: Path) -> None:
    made = make_key(tmp_path / "a.key")
    with pytest.raises(SigningError, match="exists already"):
        make_key(tmp_path / "a.key")
    (tmp_path / "a.key.pub").unlink()
    with pytest.raises(SigningError, match="exists already"):
        make_key(tmp_path / "a.key")
    assert load(tmp_path / "a.key").key_id == made.key_id
    (tmp_path / "a.key").chmod(0o644)
    with pytest.raises(SigningError, match="chmod 600"):
        load(tmp_path / "a.key")


def test_a_passphrase_is_a_reference_and_never_the_word_itself(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailable, match="not a reference") as caught:
        make_key(tmp_path / "a.key", PHRASE)
    assert PHRASE not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_signature_holds_for_its_message_and_key_alone(tmp_path: Path) -> None:
    one, other = create(tmp_path / "a.key"), create(tmp_path / "b.key")
    signature = one.signature(b"message")
    assert holds(one.raw_public, signature, b"message")
    for key, sig, message in (
        (one.raw_public, signature, b"another"),
        (other.raw_public, signature, b"message"),
        (one.raw_public, "!!", b"message"),
        (one.raw_public, None, b"message"),
        ("zz", signature, b"message"),
        ("00", signature, b"message"),
    ):
        assert not holds(key, sig, message)
