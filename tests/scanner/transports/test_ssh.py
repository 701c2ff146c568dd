"""Visits to real sshd servers: ways to log in, what is refused, and what the attempt says."""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.asset import Asset, Limits, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline, HostKey, Login, Script, Surroundings, Visit
from scanner.transports import ssh_target
from scanner.transports.ssh import SshPool, SshTransport
from scanner.transports.ssh_hostkeys import fingerprint
from tests.lab.hostile import PASSWORD
from tests.lab.hostile_fixture import Hostile
from tests.lab.known import MemoryHostKeys, asset_at, surroundings
from tests.lab.sshd import Sshd, SshdFactory, keygen, need_sshd, start_sshd, stop

pytestmark = pytest.mark.lab

ECHO = [Script("echo", "echo hello")]


def visit(asset: Asset, around: Surroundings, pool: SshPool, queries: Sequence[Script] = ECHO) -> Visit:
    return asyncio.run(SshTransport(asset, around, pool).answer(queries, Deadline(20)))


def missing_of(visit: Visit) -> Missing:
    assert visit.attempt.missing is not None, visit
    assert [answer.missing for answer in visit.answers] != [None]
    return visit.attempt.missing


def test_a_visit_to_a_real_server_says_everything_it_knows(lab_sshd: Sshd, pool: SshPool) -> None:
    result = visit(asset_at(lab_sshd.port), surroundings(lab_sshd.login, lab_sshd.keys), pool)
    attempt = result.attempt
    assert attempt.missing is None
    assert (attempt.way, attempt.reached, attempt.logged_in) == ("ssh", True, True)
    assert attempt.privilege is (Privilege.ROOT if os.geteuid() == 0 else Privilege.USER)
    assert attempt.peer.startswith("SSH-2.0-OpenSSH")
    assert attempt.host_key == fingerprint(lab_sshd.host_key)
    assert 0 < attempt.seconds < 20
    assert (result.answers[0].output, result.answers[0].exit_code) == (b"hello\n", 0)
    assert attempt.started_at.timestamp() <= result.answers[0].asked_at <= result.answers[0].answered_at


def test_every_byte_and_exit_code_comes_back(lab_sshd: Sshd, pool: SshPool, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(os.urandom(700_000))
    queries = [Script("blob", f"cat {blob}"), Script("no", "exit 3"), Script("noise", "echo lost >&2; echo kept")]
    result = visit(asset_at(lab_sshd.port), surroundings(lab_sshd.login, lab_sshd.keys), pool, queries)
    assert result.attempt.missing is None
    assert [answer.exit_code for answer in result.answers] == [0, 3, 0]
    assert [answer.output for answer in result.answers] == [blob.read_bytes(), b"", b"kept\n"]


KINDS = {"ed25519": (), "rsa": ("-b", "2048"), "ecdsa": ()}


@pytest.fixture(scope="module")
def keys_of_all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sshd, dict[str, Login]]]:
    """A server that lets in keys of every kind: plain, encrypted, in PEM, and signed by an authority."""
    need_sshd()
    folder = tmp_path_factory.mktemp("kinds")
    authority = keygen(folder / "ca")
    server = start_sshd(folder, f"TrustedUserCAKeys {authority}.pub")
    user, lines, logins = server.login.user, [], {}
    assert user is not None
    for kind, size in KINDS.items():
        plain = keygen(folder / kind, kind, "", *size)
        lines.append(plain.with_name(f"{kind}.pub").read_text())
        logins[kind] = Login(user, key=plain.read_text())
        locked = folder / f"{kind}-locked"
        locked.write_bytes(plain.read_bytes())
        locked.chmod(0o600)
        pem = ("-m", "PEM") if kind != "ed25519" else ()
        change = ["ssh-keygen", "-q", "-p", "-a", "1", "-N", "open sesame", *pem, "-f", str(locked)]
        subprocess.run(change, check=True, stdout=subprocess.DEVNULL)
        logins[f"{kind}-locked"] = Login(user, key=locked.read_text(), passphrase="open sesame")
        signed = keygen(folder / f"{kind}-signed", kind, "", *size)
        subprocess.run(["ssh-keygen", "-q", "-s", str(authority), "-I", "lab", "-n", user, f"{signed}.pub"], check=True)
        logins[f"{kind}-signed"] = Login(
            user, key=signed.read_text(), certificate=Path(f"{signed}-cert.pub").read_text()
        )
    with (folder / "authorized_keys").open("a") as file:
        file.writelines(lines)
    yield server, logins
    stop(server.process)


def test_keys_of_every_kind_open_the_door(keys_of_all_kinds: tuple[Sshd, dict[str, Login]], pool: SshPool) -> None:
    server, logins = keys_of_all_kinds
    around = surroundings(None, server.keys, None, **logins)

    async def all_of_them() -> list[Visit]:
        assets = [asset_at(server.port, name) for name in logins]
        return await asyncio.gather(*(SshTransport(a, around, pool).answer(ECHO, Deadline(30)) for a in assets))

    results = asyncio.run(all_of_them())
    assert len(logins) == 9
    assert {name: v.attempt.missing for name, v in zip(logins, results, strict=True)} == dict.fromkeys(logins)


def test_a_signed_key_without_its_certificate_stays_outside(
    keys_of_all_kinds: tuple[Sshd, dict[str, Login]], pool: SshPool
) -> None:
    server, logins = keys_of_all_kinds
    around = surroundings(replace(logins["ed25519-signed"], certificate=None), server.keys)
    assert missing_of(visit(asset_at(server.port), around, pool)).reason is Reason.LOGIN_REFUSED


def test_a_certificate_of_another_key_cannot_be_used(
    keys_of_all_kinds: tuple[Sshd, dict[str, Login]], pool: SshPool
) -> None:
    server, logins = keys_of_all_kinds
    for certificate in (logins["rsa-signed"].certificate, "nonsense"):
        around = surroundings(replace(logins["ed25519"], certificate=certificate), server.keys)
        assert missing_of(visit(asset_at(server.port), around, pool)).reason is Reason.CREDENTIAL_UNUSABLE


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An ssh-agent without keys."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    while not path.exists():
        assert process.poll() is None
    yield
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("agent")
def test_the_agent_is_used_when_asked_and_only_then(lab_sshd: Sshd, pool: SshPool) -> None:
    user = lab_sshd.login.user
    asset = asset_at(lab_sshd.port)
    empty = missing_of(visit(asset, surroundings(Login(user, agent=True), lab_sshd.keys), pool))
    assert (empty.reason, "holds no key" in empty.detail) == (Reason.CREDENTIAL_UNUSABLE, True)
    subprocess.run(["ssh-add", "-q", str(lab_sshd.folder / "client")], check=True, stderr=subprocess.DEVNULL)
    assert visit(asset, surroundings(Login(user, agent=True), lab_sshd.keys), pool).attempt.missing is None
    refused = missing_of(visit(asset, surroundings(Login(user, password="x"), lab_sshd.keys), pool))
    assert refused.reason is Reason.LOGIN_REFUSED


def test_passwords(hostile: Hostile, pool: SshPool) -> None:
    limits = Limits(login_seconds=5.0, output_bytes=100_000)
    asset = asset_at(hostile.ports["binary garbage"], limits=limits)
    right = visit(asset, surroundings(Login("scan", password=PASSWORD), hostile.keys), pool)
    wrong = visit(asset, surroundings(Login("scan", password="tr0ub4dor"), hostile.keys), pool)
    assert (right.attempt.logged_in, wrong.attempt.logged_in) == (True, False)
    assert missing_of(wrong) == Missing(Reason.LOGIN_REFUSED, "the host refused to let scan in with a password")
    assert "tr0ub4dor" not in repr(wrong)


def test_a_wrong_password_at_a_real_server_is_tried_once(sshd_factory: SshdFactory, pool: SshPool) -> None:
    server = sshd_factory("PasswordAuthentication yes", "MaxAuthTries 1", "LogLevel VERBOSE")
    login = Login(server.login.user, password="tr0ub4dor")
    refused = missing_of(visit(asset_at(server.port), surroundings(login, server.keys), pool))
    assert refused.reason is Reason.LOGIN_REFUSED
    assert server.log.count("Failed password") == 1
    assert "tr0ub4dor" not in refused.detail


def test_a_server_that_wants_other_ways_is_a_refusal(lab_sshd: Sshd, pool: SshPool) -> None:
    login = Login(lab_sshd.login.user, password="x")
    assert missing_of(visit(asset_at(lab_sshd.port), surroundings(login, lab_sshd.keys), pool)).reason is (
        Reason.LOGIN_REFUSED
    )


@pytest.mark.parametrize(
    ("login", "words"),
    [
        pytest.param(None, "cannot be read", id="key file unreadable"),
        pytest.param(Login("scan"), "no key, no password and no agent", id="nothing in it"),
        pytest.param(Login(None, password="x"), "names no user", id="no user"),
        pytest.param(Login("scan", key="not a key"), "cannot be read", id="not a key"),
        pytest.param(Login("scan", key="-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"), "cannot be read", id="damaged"),
    ],
)
def test_a_credential_that_cannot_be_used_leaves_the_host_alone(
    lab_sshd: Sshd, pool: SshPool, login: Login | None, words: str
) -> None:
    result = visit(asset_at(lab_sshd.port), surroundings(login, lab_sshd.keys), pool)
    missing = missing_of(result)
    assert missing.reason is Reason.CREDENTIAL_UNUSABLE
    assert words in missing.detail
    assert not result.attempt.reached


def test_a_locked_key_needs_its_passphrase(tmp_path: Path, lab_sshd: Sshd, pool: SshPool) -> None:
    text = keygen(tmp_path / "locked", "ed25519", "open sesame").read_text()
    for passphrase, words in ((None, "no passphrase is given"), ("wrong", "the passphrase is wrong")):
        login = Login("scan", key=text, passphrase=passphrase)
        missing = missing_of(visit(asset_at(lab_sshd.port), surroundings(login, lab_sshd.keys), pool))
        assert missing.reason is Reason.CREDENTIAL_UNUSABLE
        assert words in missing.detail


def test_an_unknown_host_key_is_pinned_only_when_the_operator_says_so(lab_sshd: Sshd, pool: SshPool) -> None:
    keys = MemoryHostKeys()
    around = surroundings(lab_sshd.login, keys)
    first = visit(asset_at(lab_sshd.port, "web1"), around, pool)
    missing = missing_of(first)
    assert missing.reason is Reason.HOST_KEY_UNKNOWN
    assert fingerprint(lab_sshd.host_key) in missing.detail
    assert "estatecheck inventory trust web1" in missing.detail
    assert (first.attempt.reached, first.attempt.logged_in, keys.pins) == (True, False, {})
    keys.trust_new = True
    assert visit(asset_at(lab_sshd.port, "web1"), around, pool).attempt.missing is None
    assert keys.pins == {lab_sshd.port: (lab_sshd.host_key,)}


def test_a_changed_host_key_gets_no_log_in(sshd_factory: SshdFactory, pool: SshPool, tmp_path: Path) -> None:
    server = sshd_factory("LogLevel DEBUG1", host_keys=["ed25519", "rsa"])
    other = HostKey("ssh-ed25519", server.host_key.base64[:-4] + "AAAA")
    keys = MemoryHostKeys({server.port: (other,)}, trust_new=True)
    result = visit(asset_at(server.port), surroundings(server.login, keys), pool)
    assert missing_of(result).reason is Reason.HOST_KEY_MISMATCH
    assert result.attempt.host_key == fingerprint(server.host_key)
    assert "userauth-request" not in server.log
    assert keys.pins == {server.port: (other,)}


def test_only_the_pinned_type_is_negotiated(sshd_factory: SshdFactory, pool: SshPool) -> None:
    server = sshd_factory(host_keys=["rsa", "ed25519"])
    result = visit(asset_at(server.port), surroundings(server.login, server.keys), pool)
    assert server.host_key.type == "ssh-rsa"
    assert (result.attempt.missing, result.attempt.host_key) == (None, fingerprint(server.host_key))


def test_a_host_without_the_pinned_type_is_a_mismatch(sshd_factory: SshdFactory, pool: SshPool) -> None:
    server = sshd_factory(host_keys=["rsa"])
    keys = MemoryHostKeys({server.port: (HostKey("ssh-ed25519", "AAAA"),)})
    missing = missing_of(visit(asset_at(server.port), surroundings(server.login, keys), pool))
    assert missing.reason is Reason.HOST_KEY_MISMATCH
    assert "no longer offers" in missing.detail


def test_revoked_keys_and_authorities(lab_sshd: Sshd, pool: SshPool) -> None:
    revoked = replace(lab_sshd.keys, bad={lab_sshd.port: (lab_sshd.host_key,)})
    signed = MemoryHostKeys(signers={lab_sshd.port: (lab_sshd.host_key,)}, trust_new=True)
    results = [visit(asset_at(lab_sshd.port), surroundings(lab_sshd.login, keys), pool) for keys in (revoked, signed)]
    assert [missing_of(r).reason for r in results] == [Reason.HOST_KEY_MISMATCH, Reason.HOST_KEY_UNKNOWN]
    assert "host certificates cannot be verified" in missing_of(results[1]).detail


@pytest.mark.parametrize(
    ("forced", "reason", "words"),
    [
        pytest.param("/bin/false", Reason.OUTPUT_UNREADABLE, "no output", id="false"),
        pytest.param("/usr/bin/env python3 -", Reason.OUTPUT_UNREADABLE, "", id="python"),
        pytest.param("echo This account is not available; exit 1", Reason.OUTPUT_UNREADABLE, "POSIX", id="nologin"),
        pytest.param("cat", Reason.OUTPUT_UNREADABLE, "POSIX", id="an echo of what it gets"),
        pytest.param("head -c 300000 /dev/urandom", Reason.OUTPUT_UNREADABLE, "POSIX", id="binary garbage"),
        pytest.param("echo; echo Welcome to web1; echo; exec sh -s", None, "", id="a talkative profile"),
    ],
)
def test_login_shells_of_other_kinds(
    sshd_factory: SshdFactory, pool: SshPool, forced: str, reason: Reason | None, words: str
) -> None:
    server = sshd_factory(f"ForceCommand {forced}")
    result = visit(asset_at(server.port), surroundings(server.login, server.keys), pool)
    assert result.attempt.logged_in
    if reason is None:
        assert (result.attempt.missing, result.answers[0].text) == (None, "hello\n")
        return
    assert missing_of(result).reason is reason
    assert words in missing_of(result).detail


def test_a_server_that_allows_no_session_says_so(sshd_factory: SshdFactory, pool: SshPool) -> None:
    server = sshd_factory("MaxSessions 0")
    result = visit(asset_at(server.port), surroundings(server.login, server.keys), pool)
    assert missing_of(result).reason is Reason.PRIVILEGE_TOO_LOW
    assert result.attempt.logged_in


def test_output_above_the_cap_is_cut_and_what_is_whole_counts(lab_sshd: Sshd, pool: SshPool) -> None:
    asset = asset_at(lab_sshd.port, limits=Limits(output_bytes=100_000))
    queries = [Script("small", "echo small"), *(Script(f"pad{n}", "echo pad") for n in range(7))]
    queries.append(Script("large", "head -c 900000 /dev/urandom"))
    result = visit(asset, surroundings(lab_sshd.login, lab_sshd.keys), pool, queries)
    assert missing_of(result).reason is Reason.OUTPUT_TRUNCATED
    assert result.answers[0].output == b"small\n"
    assert result.answers[-1].missing is not None


def test_an_unknown_name_is_unreachable(pool: SshPool) -> None:
    asset = asset_at(22, address="no-such-host.invalid")
    result = visit(asset, surroundings(Login("scan", password="x"), MemoryHostKeys(trust_new=True)), pool)
    assert missing_of(result).reason is Reason.UNREACHABLE
    assert "no-such-host.invalid could not be resolved" in missing_of(result).detail


def test_ssh_config_is_honoured_only_when_asked(
    lab_sshd: Sshd, pool: SshPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    user, port = lab_sshd.login.user, lab_sshd.port
    config.write_text(
        f"Host alias.invalid\n  HostName 127.0.0.1\n  Port {port}\n  User {user}\n"
        "Host jump.invalid\n  ProxyJump other\nHost odd.invalid\n  Port many\n"
    )
    monkeypatch.setattr(ssh_target, "USER_CONFIG", config)
    around = surroundings(Login(key=lab_sshd.login.key), MemoryHostKeys({22: (lab_sshd.host_key,)}))
    asked = asset_at(22, address="alias.invalid", ssh_config=True)
    assert visit(asked, around, pool).attempt.missing is None
    plain = visit(asset_at(22, address="alias.invalid", user="scan"), around, pool)
    assert missing_of(plain).reason is Reason.UNREACHABLE
    for name in ("jump.invalid", "odd.invalid"):
        other = missing_of(visit(asset_at(22, address=name, user="scan", ssh_config=True), around, pool))
        assert (other.reason, str(config) in other.detail) == (Reason.NOT_ATTEMPTED, True)


def test_a_pool_has_a_sensible_size() -> None:
    for workers in (0, 129):
        with pytest.raises(ValueError, match="is not between 1 and 128"):
            SshPool(workers)
