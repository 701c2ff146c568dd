"""What a person can get wrong before any host is asked: one clear message, exit code 2, nothing touched."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scanner.cli.main import main_app
from scanner.store.store import open_store
from tests.scanner.end_to_end import SCOPE, Estate
from tests.scanner.faults import on_terminal

CLI = CliRunner()
SECRET = "hunter2-hunter2"
SCAN = ("scan", "--quiet", "--check", "linux.acct.uid0-extra")
STALE = "linux.backup.last-run-stale"


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """This machine, and the surroundings of a user who has just this folder."""
    made = Estate(tmp_path).local()
    made.write()
    monkeypatch.chdir(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return made


def said(*words: str, **environment: str) -> Result:
    result = CLI.invoke(main_app, list(words), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    return result


def refused(says: str, *words: str, **environment: str) -> None:
    """Exit code 2, nothing on stdout, one message."""
    result = said(*words, **environment)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert says in result.stderr
    assert result.stderr.startswith("estatecheck: ")


SETTINGS = {
    "TOML": ("workers = ", "estatecheck.toml: cannot be read as TOML"),
    "name": ("worker = 3", "there is no setting 'worker'; did you mean workers?"),
    "long name": (f"{'x' * 5000} = 3", f"there is no setting '{'x' * 60}'; known are"),
    "number": ("workers = 0", "workers is '0'; allowed is 1 to 128"),
    "huge number": (f"workers = '{'9' * 5000}'", "allowed is 1 to 128"),
    "empty number": ("workers = ''", "workers is ''; allowed is 1 to 128"),
    "truth": ("output = true", "output is 'True'; allowed is a folder"),
    "list": ("inventory = ['a', 'b']", "allowed is a file or folder"),
    "table": ("[database]\nurl = 'x'", "allowed is a URL"),
    "NUL": ('inventory = "a\\u0000b"', "allowed is a file or folder"),
    "deep": (f"workers = {'[' * 20_000}", "estatecheck.toml: cannot be read as TOML"),
    "latin-1": ("# caf\xe9", "is not UTF-8"),
    "somebody": ("inventory = '~nobody-here/i.yaml'", "inventory is '~nobody-here/i.yaml', and there is no such user"),
    "large": ("#" * 100_000, "is larger than 64 kB"),
}


@pytest.mark.parametrize("fault", SETTINGS)
def test_a_broken_settings_file(estate: Estate, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, says = SETTINGS[fault]
    monkeypatch.delenv("ESTATECHECK_INVENTORY")
    monkeypatch.delenv("ESTATECHECK_DATABASE")
    monkeypatch.delenv("ESTATECHECK_OUTPUT")
    (tmp_path / "estatecheck.toml").write_text(text, encoding="latin-1")
    refused(says, "scan")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estatecheck.toml", "inventory.yaml"]


def test_a_settings_file_that_is_a_folder(estate: Estate, tmp_path: Path) -> None:
    (tmp_path / "estatecheck.toml").mkdir()
    refused("estatecheck.toml: cannot be read: Is a directory", "doctor")


def _newer(path: Path) -> None:
    open_store(str(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as record:
        record.execute("UPDATE alembic_version SET version_num = '9999'")


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as record:
        record.execute("CREATE TABLE photos (name TEXT)")


def _damaged(path: Path) -> None:
    open_store(str(path)).close()
    with path.open("r+b") as record:
        record.seek(100)
        record.write(os.urandom(20_000))


DATABASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (lambda path: path.mkdir(), "record.db is a folder; name a file in it"),
    "text": (lambda path: path.write_text("Dear diary, today I was scanned."), "is not an SQLite database"),
    "newer": (_newer, "was written by a newer estatecheck"),
    "foreign": (_foreign, "belongs to another program"),
    "damaged": (_damaged, "damaged; restore the last backup"),
    "fifo": (os.mkfifo, "record.db"),
}


@pytest.mark.parametrize("fault", DATABASES)
def test_a_database_that_is_none(estate: Estate, tmp_path: Path, fault: str) -> None:
    made, says = DATABASES[fault]
    made(tmp_path / "record.db")
    refused(says, *SCAN)
    refused(says, "findings", "list")
    examined = said("doctor", "--format", "json")
    record = next(item for item in json.loads(examined.stdout)["examined"] if item["what"] == "record")
    assert (examined.exit_code, record["state"]) == (2, "broken")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://scan:{SECRET}@127.0.0.1:port/record",
        f"postgresql://scan:{SECRET}@127.0.0.1:1/record",
        f"nosuch://scan:{SECRET}@127.0.0.1/record",
        f"://scan:{SECRET}@x",
    ],
)
def test_a_database_url_never_shows_its_password(estate: Estate, url: str) -> None:
    for words in (SCAN, ("doctor",), ("report", "list")):
        assert said(*words, ESTATECHECK_DATABASE=url).exit_code == 2


def test_an_output_folder_that_is_a_file_is_seen_before_anything_is_contacted(estate: Estate, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    refused("out: it is not a folder; name another folder with --output", *SCAN)
    assert said("report", "list").stdout.count("\n") == 1, "a heading and no scan"


INVENTORIES = {
    "cycle": ("all: {children: {a: {children: {b: {children: {a: }}}}}}", "cycle"),
    "YAML": ("all: [", "inventory.yaml:2:1: this is not valid YAML"),
    "empty": ("", "no host"),
    "binary": (bytes(range(256)).decode("latin-1"), "inventory.yaml"),
}


@pytest.mark.parametrize("fault", INVENTORIES)
def test_a_broken_inventory(estate: Estate, tmp_path: Path, fault: str) -> None:
    text, says = INVENTORIES[fault]
    (tmp_path / "inventory.yaml").write_bytes(text.encode("latin-1"))
    refused(says, *SCAN)
    assert not (tmp_path / "record.db").exists()


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**31)


SUPPORT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no JSON": (lambda path: path.write_text("soon"), "dates.json: "),
    "no object": (lambda path: path.write_text("[]"), "dates.json: "),
    "no date": (lambda path: path.write_text('{"snapshot": "x", "source": "", "products": {}}'), "dates.json: "),
    "deep": (lambda path: path.write_text("[" * 200_000), "dates.json: "),
    "huge": (_sparse, "dates.json: larger than 20 MB"),
    "folder": (lambda path: path.mkdir(), "dates.json: "),
    "fifo": (os.mkfifo, "dates.json: is not a regular file"),
    "endless": (lambda path: path.symlink_to("/dev/zero"), "dates.json: is not a regular file"),
}


@pytest.mark.parametrize("fault", SUPPORT)
def test_support_dates_that_cannot_be_used(estate: Estate, tmp_path: Path, fault: str) -> None:
    made, says = SUPPORT[fault]
    made(tmp_path / "dates.json")
    refused(says, *SCAN, ESTATECHECK_SUPPORT_DATES=str(tmp_path / "dates.json"))
    assert said("doctor", ESTATECHECK_SUPPORT_DATES=str(tmp_path / "dates.json")).exit_code == 2


def test_known_hosts_that_cannot_be_read(estate: Estate, tmp_path: Path) -> None:
    refused("known_hosts /no/such/file: No such file", *SCAN, ESTATECHECK_KNOWN_HOSTS="/no/such/file")
    refused("Is a directory", *SCAN, ESTATECHECK_KNOWN_HOSTS=str(tmp_path))


@pytest.fixture
def found(estate: Estate, tmp_path: Path) -> Estate:
    """With one finding: a backup mark that is not there."""
    estate.hosts["here"]["estatecheck"]["backup_marks"] = [str(tmp_path / "never-ran")]
    done = estate.run("scan", "--quiet", "--check", STALE)
    assert done.returncode == 0, done.stderr
    return estate


def test_every_verb_speaks_json_and_nothing_else(found: Estate) -> None:
    for words in (
        ("scan", "--check", STALE, "--format", "json"),
        ("scan", "--dry-run", "--format", "json"),
        ("report", "list", "--format", "json"),
        ("findings", "list", "--format", "json"),
        ("findings", "show", "EC-0001", "--format", "json"),
        ("findings", "verify", "EC-0001", "--format", "json"),
        ("inventory", "list", "--format", "json"),
        ("checks", "list", "--format", "json"),
        ("doctor", "--format", "json"),
        ("db", "size", "--format", "json"),
    ):
        assert json.loads(said(*words).stdout), words
    for verb in ("report list", "findings list", "doctor", "checks list", "scan"):
        refused("--format xml: allowed is table, json", *verb.split(), "--format", "xml")
    refused("--state open: allowed is OPEN", "findings", "list", "--state", "open")


def test_a_finding_that_cannot_be_looked_at_again(found: Estate, tmp_path: Path) -> None:
    refused("there is no finding 'EC-0099'", "findings", "verify", "EC-0001", "EC-0099")
    refused("there is no finding", "findings", "show", "../../etc/passwd")
    refused("there is no finding", "evidence", "export", "../../etc/passwd")
    assert not (tmp_path / "signing-key.pem").exists()
    found.scopes["lab"] = {**SCOPE, "valid_until": "2026-01-02"}
    found.write()
    refused("nobody has permitted scanning here", "findings", "verify", "EC-0001")
    found.scopes["lab"] = SCOPE
    found.hosts = {"elsewhere": {"ansible_connection": "local"}}
    found.write()
    refused("EC-0001 is on here, which this inventory does not name", "findings", "verify", "EC-0001")
    assert len(json.loads(said("report", "list", "--format", "json").stdout)) == 1, "nothing was looked at"
    assert json.loads(said("findings", "list", "--format", "json").stdout)[0]["state"] == "OPEN"


def test_a_signing_key_that_cannot_be_trusted(found: Estate, tmp_path: Path) -> None:
    key = tmp_path / "signing-key.pem"
    made = said("evidence", "export", "EC-0001")
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    true = key.read_bytes()
    key.chmod(0o644)
    refused("can be read by others; run: chmod 600", "evidence", "export", "EC-0001")
    key.chmod(0o600)
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", true[:60], bytes(100_000)):
        key.write_bytes(content)
        refused("is not an unencrypted PEM private key", "evidence", "export", "EC-0001")
        assert said("doctor").exit_code == 2
    key.write_bytes(_rsa())
    refused("is not Ed25519", "evidence", "export", "EC-0001")
    refused("cannot be read: Is a directory", "evidence", "export", "EC-0001", "--signing-key", str(tmp_path))
    refused(
        "record.db is in the way", "evidence", "export", "EC-0001", "--signing-key", str(tmp_path / "record.db" / "key")
    )
    key.write_bytes(true)
    refused("cannot be written", "evidence", "export", "EC-0001", "-o", str(tmp_path / "no" / "where.zip"))
    refused("cannot be written: Is a directory", "evidence", "export", "EC-0001", "-o", str(tmp_path / "out"))
    assert not list(tmp_path.rglob("*.part*"))


def _rsa() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.soak
def test_a_terminal_of_any_width(found: Estate) -> None:
    for columns in (40, 80, 200):
        shown = on_terminal(found, columns, "report", "--format", "terminal")
        assert "COVERAGE" in shown
        assert "\x1b[" not in shown, "NO_COLOR"
        too_wide = [line for line in shown.splitlines() if len(line) > columns]
        assert [line for line in too_wide if max(map(len, line.split())) < columns // 2] == [], "but for a hash"
    live = on_terminal(found, 40, "scan", "--check", STALE)
    assert "looking" in live, "the view that redraws itself"
    assert "COVERAGE" in live
    with closing(sqlite3.connect(found.folder / "record.db", isolation_level=None)) as record:
        record.execute("UPDATE finding SET subject_key = ?", ("/var/\x1b[31mred",))  # as a host could name it
    listed = on_terminal(found, 80, "findings", "list")
    assert "\\x1b[31m" in listed
    assert "\x1b[31m" not in listed
