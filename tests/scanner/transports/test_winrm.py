"""The way in over WinRM, against a service that speaks WS-Management over real TLS with real NTLM."""

import json
import logging
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.probes.windows import WINDOWS
from scanner.query import Login
from tests.lab.redfish import certificate
from tests.lab.winrm import PASSWORD, USER, Command, fault_envelope
from tests.scanner.transports.winrm_bench import LAPTOP, SECTIONS, asset, service, users, visit

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def _users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users(tmp_path, monkeypatch)


def test_every_section_comes_back_as_the_data_that_was_told(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), queries=SECTIONS, seconds=20)
    assert came.attempt.missing is None
    assert (came.attempt.reached, came.attempt.logged_in, came.attempt.privilege) == (True, True, Privilege.ROOT)
    assert came.attempt.peer == "Microsoft-HTTPAPI/2.0; NTLM"
    assert came.attempt.host_key == winrm.certificate.fingerprint
    told = {answer.query: json.loads(answer.output) for answer in came.answers if answer.missing is None}
    assert told == {f"windows_{name}": data for name, data in LAPTOP.items()}
    assert [a.query for a in came.answers] == [probe.name for probe in WINDOWS]


def test_one_log_in_one_shell_and_it_is_deleted(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        visit(asset(winrm.port, winrm.certificate), queries=SECTIONS, seconds=20)
        assert (winrm.logins, winrm.most_shells, winrm.shells) == (1, 1, set())
    assert [action for action in winrm.asked if action not in ("Send", "Receive")] == [
        "Create",
        "Command",
        "Signal",
        "Delete",
    ]
    (line,) = winrm.lines
    assert line.startswith("powershell.exe ")
    assert line.endswith(" -Command -")
    (command,) = winrm.commands.values()
    assert command.script.isascii()


def test_a_slow_script_is_waited_for(tmp_path: Path) -> None:
    def play(command: Command) -> None:
        import threading

        from tests.lab.windows import answer

        def later() -> None:
            command.out += answer(command.script.decode(), LAPTOP).encode()
            command.done.set()

        threading.Timer(0.8, later).start()

    with service(tmp_path, play, wait=0.1) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate))
    assert came.attempt.missing is None
    assert winrm.asked.count("Receive") > 3


def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), Login(user=USER, password="wrong"))
        assert (winrm.refused, winrm.asked) == (1, [])
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.LOGIN_REFUSED
    assert (came.attempt.reached, came.attempt.logged_in) == (True, False)


def test_no_log_in_is_begun_with_a_certificate_that_nobody_approved(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, None))
        assert (winrm.asked, winrm.logins, winrm.refused) == ([], 0, 0)
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.HOST_KEY_UNKNOWN
    assert winrm.certificate.fingerprint in came.attempt.missing.detail


def test_the_service_cannot_be_somebody_in_the_middle(tmp_path: Path) -> None:
    """NTLM is bound to the TLS session: a log-in that was made for another certificate is refused by the service."""
    other = certificate(tmp_path, "other")
    with service(tmp_path) as winrm:
        shown = winrm.certificate
        winrm.certificate = other  # what the service binds to; TLS shows the first
        came, _ = visit(asset(winrm.port, shown))
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.LOGIN_REFUSED


def _pair(path: Path) -> tuple[str, str]:
    text = path.read_text()
    made = x509.load_pem_x509_certificate(text.encode())
    key = serialization.load_pem_private_key(text.encode(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"open")
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), pem.decode()


def test_a_client_certificate_logs_in_without_a_password(tmp_path: Path) -> None:
    client = certificate(tmp_path, "client")
    shown, key = _pair(client.pem)
    with service(tmp_path, client_ca=client.pem) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), Login(certificate=shown, key=key, passphrase="open"))
    assert came.attempt.missing is None
    assert came.attempt.peer == "Microsoft-HTTPAPI/2.0; certificate"


def test_a_key_that_does_not_open_sends_nothing(tmp_path: Path) -> None:
    client = certificate(tmp_path, "client")
    shown, key = _pair(client.pem)
    with service(tmp_path, client_ca=client.pem) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), Login(certificate=shown, key=key, passphrase="wrong"))
        assert winrm.open == []
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.CREDENTIAL_UNUSABLE


@pytest.mark.parametrize("login", [Login(), Login(user=USER), Login(password="x"), Login(certificate="c")])
def test_a_credential_that_cannot_do_is_named_and_nothing_is_sent(tmp_path: Path, login: Login) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), login)
        assert winrm.open == []
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.CREDENTIAL_UNUSABLE


@pytest.mark.skipif(find_spec("gssapi") is not None, reason="Kerberos is installed here")
def test_kerberos_that_is_not_installed_says_what_it_needs(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), Login(user=USER, password=PASSWORD, kerberos=True))
        assert (winrm.asked, winrm.logins, winrm.refused) == ([], 0, 0)
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.CREDENTIAL_UNUSABLE
    assert "pypsrp[kerberos]" in came.attempt.missing.detail


@pytest.mark.parametrize(
    ("action", "status", "body", "reason"),
    [
        pytest.param("Create", 500, fault_envelope(5), Reason.PRIVILEGE_TOO_LOW, id="access-denied"),
        pytest.param("Create", 500, fault_envelope(2150859173), Reason.CONNECTION_REFUSED, id="too-many-shells"),
        pytest.param("Create", 403, b"", Reason.PRIVILEGE_TOO_LOW, id="forbidden"),
        pytest.param("Create", 404, b"<html>", Reason.OUTPUT_UNREADABLE, id="no-winrm"),
        pytest.param("Create", 200, b"", Reason.OUTPUT_UNREADABLE, id="empty"),
        pytest.param("Create", 200, b"<a/>", Reason.OUTPUT_UNREADABLE, id="other-xml"),
        pytest.param("Create", 200, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Reason.OUTPUT_UNREADABLE, id="entity"),
        pytest.param("Create", 200, b"<a>" * 200_000, Reason.OUTPUT_UNREADABLE, id="deep"),
        pytest.param("Command", 200, b"<a/>", Reason.OUTPUT_UNREADABLE, id="no-command-id"),
        pytest.param("Receive", 500, fault_envelope(995), Reason.OUTPUT_UNREADABLE, id="aborted"),
    ],
)
def test_what_the_service_answers_instead_has_its_reason(
    tmp_path: Path, action: str, status: int, body: bytes, reason: Reason
) -> None:
    with service(tmp_path, refuse={action: (status, body)}) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate))
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert all(answer.missing == came.attempt.missing for answer in came.answers)


def test_a_document_that_came_whole_counts_although_the_session_broke_after_it(tmp_path: Path) -> None:
    def play(command: Command) -> None:
        from tests.lab.windows import answer

        command.out += answer(command.script.decode(), LAPTOP).encode()  # and it never ends

    with service(tmp_path, play, wait=0.1) as winrm:
        came, took = visit(asset(winrm.port, winrm.certificate), seconds=4.5)
    assert came.attempt.missing is None
    assert all(answer.missing is None for answer in came.answers)
    assert took < 6


def test_nothing_secret_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), service(tmp_path) as winrm:
        visit(asset(winrm.port, winrm.certificate))
        visit(asset(winrm.port, winrm.certificate), Login(user=USER, password="almost-" + PASSWORD))
    assert PASSWORD not in caplog.text
    assert "TlRMTVNT" not in caplog.text  # NTLMSSP in base64
