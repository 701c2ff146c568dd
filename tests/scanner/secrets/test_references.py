"""References to secrets: each scheme for real, each fault with one clear sentence, and no secret in any of them."""

import os
import stat
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from scanner.query import SecretUnavailable
from scanner.secrets import command
from scanner.secrets.references import MAX_SECRET_BYTES, resolve

SECRET = "correct-horse-battery"


def private(path: Path, text: str | bytes = SECRET, mode: int = 0o600) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def refusal(reference: str) -> str:
    """The sentence; and neither it nor a traceback that prints local variables holds a secret."""
    with pytest.raises(SecretUnavailable) as caught:
        resolve(reference)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SECRET not in shown
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESTATE_TEST", SECRET)
    monkeypatch.setenv("ESTATE_EMPTY", "")
    assert resolve("env:ESTATE_TEST") == SECRET
    assert "ESTATE_EMPTY is not set or empty" in refusal("env:ESTATE_EMPTY")
    assert "env:ESTATE_NOT_THERE" in refusal("env:ESTATE_NOT_THERE")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param(SECRET, SECRET, id="bare"),
        pytest.param(SECRET + "\n", SECRET, id="newline"),
        pytest.param(SECRET + "\r\n", SECRET, id="carriage return"),
        pytest.param(" a b \n\n", " a b \n", id="only the last newline goes"),
        pytest.param("k" * MAX_SECRET_BYTES, "k" * MAX_SECRET_BYTES, id="as long as it may be"),
    ],
)
def test_file(content: str, value: str, tmp_path: Path) -> None:
    assert resolve(f"file:{private(tmp_path / 'secret', content)}") == value


def test_file_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    private(tmp_path / "secret")
    assert resolve("file:~/secret") == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o610, 0o644])
def test_a_file_that_others_may_touch_is_refused_with_the_command_to_run(mode: int, tmp_path: Path) -> None:
    path = private(tmp_path / "a secret", mode=mode)
    assert refusal(f"file:{path}").endswith(f"run: chmod 600 '{path}'")


def test_a_link_is_followed_and_its_target_is_what_counts(tmp_path: Path) -> None:
    target, link = private(tmp_path / "target"), tmp_path / "link"
    link.symlink_to(target)
    assert resolve(f"file:{link}") == SECRET
    target.chmod(0o644)
    assert refusal(f"file:{link}").endswith(f"chmod 600 {target}")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "gives nothing", id="empty"),
        pytest.param(b"\n", "gives nothing", id="only a newline"),
        pytest.param(SECRET.encode() + b"\xff\xfe", "no UTF-8", id="not text"),
        pytest.param(SECRET.encode() * MAX_SECRET_BYTES, "more than", id="too long"),
    ],
)
def test_a_file_without_a_usable_secret(content: bytes, says: str, tmp_path: Path) -> None:
    assert says in refusal(f"file:{private(tmp_path / 'secret', content)}")


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    started = time.monotonic()
    assert "not a regular file" in refusal(f"file:{tmp_path / 'fifo'}")
    assert time.monotonic() - started < 5
    assert "not a regular file" in refusal("file:/dev/null")
    assert "No such file" in refusal(f"file:{tmp_path / 'nothing'}")
    (tmp_path / "loop").symlink_to("loop")
    assert "file:" in refusal(f"file:{tmp_path / 'loop'}")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "secret")
    os.chown(path, 65534, 65534)
    assert f"run: chown 0 {path}" in refusal(f"file:{path}")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        pytest.param(f"echo {SECRET}", SECRET, id="newline stripped"),
        pytest.param(f"printf %s {SECRET}", SECRET, id="no newline"),
        pytest.param("printf '%s' 'a b  c'", "a b  c", id="quotes"),
        pytest.param("echo $HOME;id", "$HOME;id", id="no shell"),
        pytest.param("sh -c 'cat; echo end'", "end", id="stdin is empty"),
        pytest.param(f"sh -c 'echo other >&2; echo {SECRET}'", SECRET, id="stderr is not read"),
    ],
)
def test_command(line: str, value: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert resolve(f"cmd:{line}") == value
    assert capfd.readouterr() == ("", "")


# the secret comes from a file, so that only the command's output could show it
@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("sh -c 'cat {}; exit 3'", "ended with status 3", id="fails after printing"),
        pytest.param("sh -c 'cat {} >&2; exit 1'", "ended with status 1", id="prints on stderr"),
        pytest.param("sh -c 'cat {}; printf \"\\377\"'", "no UTF-8", id="binary"),
        pytest.param("sh -c 'yes $(cat {})'", "printed more than", id="endless"),
        pytest.param("true", "gives nothing", id="prints nothing"),
        pytest.param("/no/such/program {}", "could not be started", id="no such program"),
        pytest.param("sh -c 'unbalanced", "quotes do not match", id="quotes"),
        pytest.param("   ", "quotes do not match", id="no words"),
    ],
)
def test_a_command_that_gives_no_secret(
    line: str, says: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert says in refusal("cmd:" + line.replace("{}", str(private(tmp_path / "s"))))
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("line", ["cat {}; sleep 74.25", "cat {}; exec >&-; sleep 74.25", "cat {}; sleep 74.25 & wait"])
def test_a_command_that_hangs_is_ended(line: str, tmp_path: Path) -> None:
    path = private(tmp_path / "s")
    started = time.monotonic()
    output, problem = command.run_command(["sh", "-c", line.replace("{}", str(path))], 1000, seconds=0.3)
    assert time.monotonic() - started < 5
    assert (output, problem) == (b"", "the command did not end in time")
    ends = time.monotonic() + 3
    while _running(b"74.25") and time.monotonic() < ends:
        time.sleep(0.02)
    assert not _running(b"74.25")


def _running(word: bytes) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in entry.read_bytes():
                return True
        except OSError:
            continue  # it ended while we looked
    return False


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(SECRET, id="a bare password"),
        pytest.param(f"{SECRET}:more", id="a password with a colon"),
        pytest.param("env:", id="no name"),
        pytest.param("", id="empty"),
        pytest.param(f"ENV:{SECRET}", id="scheme in capitals"),
    ],
)
def test_what_is_no_reference_is_not_shown(reference: str) -> None:
    with pytest.raises(SecretUnavailable, match="is not a reference") as caught:
        resolve(reference)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "package"), [("keyring:estate/scan", "keyring"), ("vault:secret/data/scan#password", "hvac")]
)
def test_an_optional_package_that_is_not_there(reference: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    said = refusal(reference)
    assert said.startswith(f"{reference}: the Python package {package} is not installed")


@pytest.mark.parametrize(
    "reference", ["keyring:scan", "keyring:/x", "keyring:x/", "vault:secret/data/scan", "vault:#x"]
)
def test_a_malformed_reference_shows_the_form(reference: str) -> None:
    assert "write " + reference.partition(":")[0] in refusal(reference)


class KeyringError(Exception):
    pass


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    module = ModuleType(name)
    module.__dict__.update(members)
    monkeypatch.setitem(sys.modules, name, module)


def locked(service: str, user: str) -> str | None:
    raise KeyringError(SECRET)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        pytest.param(lambda *_: None, "keyring set 'a/b' scan", id="no entry"),
        pytest.param(locked, "could not be asked (KeyringError)", id="locked"),
    ],
)
def test_a_keyring_without_the_secret(
    ask: Callable[[str, str], str | None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's documented interface, stood in for: no desktop here has a keyring."""
    stand_in(monkeypatch, "keyring", get_password=ask)
    stand_in(monkeypatch, "keyring.errors", KeyringError=KeyringError)
    with pytest.raises(SecretUnavailable) as caught:
        resolve("keyring:a/b/scan")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert says.replace("'a/b'", "a/b") in str(caught.value)


def test_a_keyring_with_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, "keyring", get_password=lambda service, user: f"{service}|{user}")
    stand_in(monkeypatch, "keyring.errors", KeyringError=KeyringError)
    assert resolve("keyring:a/b/scan") == "a/b|scan"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        pytest.param({"data": {"data": {"password": SECRET}, "metadata": {}}}, SECRET, id="version 2"),
        pytest.param({"data": {"password": SECRET}}, SECRET, id="version 1"),
        pytest.param(None, None, id="no such path"),
        pytest.param({"data": {"data": None}}, None, id="deleted"),
        pytest.param({"data": {"other": SECRET}}, None, id="no such field"),
        pytest.param({"data": {"password": {"nested": SECRET}}}, None, id="not a text"),
    ],
)
def test_vault(answer: dict[str, object] | None, value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(read=lambda path: answer if path == "secret/data/scan" else None)
    errors = SimpleNamespace(VaultError=KeyringError)
    stand_in(monkeypatch, "hvac", Client=lambda: client, exceptions=errors)
    stand_in(monkeypatch, "requests", RequestException=OSError)
    if value is not None:
        assert resolve("vault:secret/data/scan#password") == value
        return
    with pytest.raises(SecretUnavailable, match="Vault has no such path or field"):
        resolve("vault:secret/data/scan#password")


def test_the_mode_check_looks_at_what_was_opened(tmp_path: Path) -> None:
    """A file made with the usual umask is refused, and the printed command makes it acceptable."""
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o644)
    assert "chmod 600" in refusal(f"file:{path}")
    path.chmod(0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert resolve(f"file:{path}") == SECRET
