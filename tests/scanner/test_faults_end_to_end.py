"""Everything that can go wrong with a host, in one scan: each fault has its reason, and harms nobody else."""

import os
from pathlib import Path

import pytest

from inventory.facts.missing import Reason
from tests.lab.hostile_fixture import Hostile
from tests.lab.sshd import Sshd, SshdFactory
from tests.scanner.end_to_end import Estate
from tests.scanner.faults import MEMORY, QUICK, holders, known_hosts, measured, misbehaving

pytestmark = pytest.mark.lab

THIRTEEN = {
    "blackhole": Reason.TIMED_OUT,
    "refused": Reason.CONNECTION_REFUSED,
    "mute": Reason.TIMED_OUT,
    "slow banner": Reason.TIMED_OUT,
    "wrong key": Reason.LOGIN_REFUSED,
    "changed host key": Reason.HOST_KEY_MISMATCH,
    "reset before output": Reason.OUTPUT_TRUNCATED,
    "reset during output": Reason.OUTPUT_TRUNCATED,
    "drip": Reason.TIMED_OUT,
    "endless stdout": Reason.OUTPUT_TRUNCATED,
    "endless stderr": Reason.OUTPUT_TRUNCATED,
    "hanging command": Reason.TIMED_OUT,
    "decompression bomb": Reason.OUTPUT_TRUNCATED,
}
FURTHER = {
    "binary garbage": Reason.OUTPUT_UNREADABLE,
    "http": Reason.UNREACHABLE,
    "huge packet": Reason.UNREACHABLE,
    "sha1 key exchange": Reason.WEAK_ALGORITHMS_ONLY,
    "ignore flood": Reason.OUTPUT_TRUNCATED,
}
PASSWORD, PASSPHRASE = "hunter2-is-not-right", "a passphrase nobody must see"


def test_thirteen_faults_and_more_beside_healthy_hosts(tmp_path: Path, hostile: Hostile, lab_sshd: Sshd) -> None:
    estate = Estate(tmp_path)
    for number in range(1, 7):
        estate.ssh(f"healthy-{number}", lab_sshd, f"127.0.1.{number}", become="sudo")
    (tmp_path / "lab-key").write_text(hostile.login.key or "")
    (tmp_path / "lab-key").chmod(0o600)
    (tmp_path / "open-key").write_text(f"{PASSPHRASE}\n")
    (tmp_path / "open-key").chmod(0o644)
    estate.credentials |= {
        "lab": {"user": "scan", "key": f"file:{tmp_path / 'lab-key'}"},
        "wrong": {"user": "scan", "password": "env:LAB_PASSWORD"},
        "open": {"user": "scan", "key": f"file:{tmp_path / 'open-key'}"},
        "gone": {"user": "scan", "key": f"file:{tmp_path / 'no-such-key'}"},
    }
    for fault in (*THIRTEEN, *FURTHER):
        misbehaving(estate, hostile, fault)
    misbehaving(estate, hostile, "healthy", "wrong-password", "wrong")
    misbehaving(estate, hostile, "healthy", "key-others-may-read", "open")
    misbehaving(estate, hostile, "healthy", "no-key-file", "gone")
    pins = known_hosts(estate, hostile, lab_sshd)
    done = measured(estate, "scan", *QUICK, ESTATECHECK_KNOWN_HOSTS=str(pins), LAB_PASSWORD=PASSWORD)

    assert done.code == 3, done.err
    assert done.err == ""
    assert done.seconds < 90
    assert done.kilobytes < MEMORY
    report = estate.report()
    assets = {asset["name"]: asset for asset in report["assets"]}
    expected = {fault.replace(" ", "-"): reason for fault, reason in (THIRTEEN | FURTHER).items()} | {
        "wrong-password": Reason.LOGIN_REFUSED,
        "key-others-may-read": Reason.CREDENTIAL_UNUSABLE,
        "no-key-file": Reason.CREDENTIAL_UNUSABLE,
    }
    assert {name: assets[name]["missing"]["reason"] for name in expected} == expected
    assert {name: assets[name]["outcomes"] for name in expected if assets[name]["outcomes"]["pass"]} == {}
    unread = 0 if os.geteuid() == 0 else 1  # one of the quick checks reads as root
    for number in range(1, 7):
        healthy = assets[f"healthy-{number}"]
        assert (healthy["logged_in"], healthy["missing"]) == (True, None)
        assert healthy["outcomes"]["not_assessed"] <= unread
    assert "chmod 600" in assets["key-others-may-read"]["missing"]["detail"]

    key_lines = [login.key.splitlines()[2] for login in (hostile.login, lab_sshd.login) if login.key]
    keys = tuple(tmp_path / name for name in ("open-key", "lab-key", "scan-key"))
    assert holders(tmp_path, [PASSWORD, PASSPHRASE, *key_lines], tmp_path / "record.db", but=keys) == []
    again = estate.run("report", "--scan", "1", "-o", "again", PYTHONHASHSEED="4711", LC_ALL="C", TZ="Asia/Tokyo")
    assert again.returncode == 0, again.stderr
    for name in ("report.html", "report.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a server that makes its sessions another user's")
def test_shells_and_accounts_that_cannot_do_what_is_asked(tmp_path: Path, sshd_factory: SshdFactory) -> None:
    other = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    servers = {
        "no-sudo": f"ForceCommand {other} sh -s",
        "no-shell": "ForceCommand /usr/sbin/nologin",
        "not-posix": "ForceCommand cat",
        "silent": "ForceCommand true",
        "not-a-program": "ForceCommand /no/such/shell",
    }
    estate = Estate(tmp_path)
    for number, (name, setting) in enumerate(servers.items(), 1):
        server = sshd_factory(setting, addresses=[f"127.0.2.{number}"])
        estate.ssh(name, server, f"127.0.2.{number}", become="sudo")
        (tmp_path / f"key-{name}").write_text(server.login.key or "")
        (tmp_path / f"key-{name}").chmod(0o600)
        estate.credentials[name] = {"user": server.login.user, "key": f"file:{tmp_path / f'key-{name}'}"}
        estate.hosts[name]["estatecheck"]["credential"] = name
    done = estate.run("scan", "--trust-new", *QUICK)
    assert done.returncode == 3, done.stderr
    gaps = {(gap["asset"], gap["check_id"]): gap["reason"] for gap in estate.report()["gaps"]}
    root, user = "linux.acct.empty-password", "linux.acct.uid0-extra"
    assert gaps["no-sudo", root] == Reason.PRIVILEGE_TOO_LOW
    assert ("no-sudo", user) not in gaps
    for name in ("no-shell", "not-posix", "silent", "not-a-program"):
        assert (gaps[name, root], gaps[name, user]) == (Reason.OUTPUT_UNREADABLE, Reason.OUTPUT_UNREADABLE)
    assert estate.run("scan", *QUICK, "--limit", "no-sudo").returncode == 0, (
        "what root must read is a gap, not a host unseen"
    )
