"""The whole way, as a user walks it: inventory, visit, facts, checks, record, report."""

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.sshd import Sshd, SshdFactory
from tests.scanner.end_to_end import SCOPE, Estate

QUICK = ("--check", "linux.sysctl.*", "--check", "linux.acct.uid0-extra", "--quiet")
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: sshd -T; run the tests as root to see it")


def test_this_machine_is_scanned_and_the_report_is_the_same_twice(tmp_path: Path) -> None:
    estate = Estate(tmp_path).local()
    done = estate.run("scan", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "COVERAGE" in done.stdout
    assert "NOT ASSESSED, AND WHY" in done.stdout
    first = {name: (tmp_path / "out" / name).read_bytes() for name in ("report.html", "report.json")}
    report = estate.report()
    (asset,) = report["assets"]
    assert asset["logged_in"] is True
    assert sum(asset["outcomes"].values()) == len(report["checks"]) >= 70
    again = estate.run("report", "--scan", "1", "-o", str(tmp_path / "again"), PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    assert again.returncode == 0, again.stderr
    assert {name: (tmp_path / "again" / name).read_bytes() for name in first} == first


def test_dry_run_contacts_nothing_and_names_everything(tmp_path: Path) -> None:
    estate = Estate(tmp_path, hosts={"far": {"ansible_host": "192.0.2.1"}})
    done = estate.run("scan", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "192.0.2.1" in done.stdout
    assert "nothing was contacted" in done.stdout
    assert not (tmp_path / "record.db").exists()


def test_a_host_outside_every_scope_is_refused(tmp_path: Path) -> None:
    estate = Estate(tmp_path, scopes={"old": {**SCOPE, "valid_until": "2026-01-02"}}).local()
    done = estate.run("scan")
    assert done.returncode == 2
    assert "nobody has permitted scanning here" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_any_scope_a_script_is_refused_and_told_what_to_say(tmp_path: Path) -> None:
    estate = Estate(tmp_path, scopes={}).local()
    done = estate.run("scan", "--dry-run")
    assert done.returncode == 2
    assert "for this one scan: --authorised-by" in done.stderr
    said = ("--authorised-by", "M. Okafor, head of IT", "--reference", "CHG-77")
    done = estate.run("scan", "--check", "linux.sysctl.aslr", *said)
    assert done.returncode == 0, done.stderr
    [scope] = json.loads((tmp_path / "out" / "report.json").read_text())["scopes"]
    assert (scope["authorised_by"], scope["reference"]) == ("M. Okafor, head of IT", "CHG-77")
    assert scope["valid_from"] == scope["valid_until"]


def test_a_word_at_the_terminal_does_not_widen_a_scope(tmp_path: Path) -> None:
    estate = Estate(tmp_path, scopes={"old": {**SCOPE, "valid_until": "2026-01-02"}}).local()
    done = estate.run("scan", "--authorised-by", "somebody")
    assert done.returncode == 2
    assert "--authorised-by is for one without scopes" in done.stderr


@pytest.mark.soak
@pytest.mark.parametrize(("answers", "code"), [(b"M. Okafor\nCHG-77\n", 0), (b"\n", 2)])
def test_without_any_scope_a_person_is_asked(tmp_path: Path, answers: bytes, code: int) -> None:
    estate = Estate(tmp_path, scopes={}).local()
    estate.write()
    terminal, theirs = pty.openpty()
    command = estate.command("scan", "--dry-run")
    with subprocess.Popen(
        command, env=estate.environment, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(terminal, answers)
        told = process.communicate(timeout=60)[0].decode()
    asked = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert process.returncode == code
    assert "does not say who permitted scanning Lab" in asked
    assert ("Permitted by: M. Okafor (CHG-77)" in told) is (code == 0)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--limit", "nowhere"), 2, "no host or group in the inventory matches 'nowhere'"),
        (("--check", "linux.shh.*"), 2, "no check matches 'linux.shh.*'"),
        (("--fail-on", "severe"), 2, "--fail-on severe: allowed is critical, high, medium, low, info"),
        (("--workers", "1000"), 2, "--workers: workers is '1000'; allowed is 1 to 128"),
        (("--database", "nonsense://x"), 2, "nonsense"),
        (("--inventory", "missing.yaml"), 2, "missing.yaml"),
    ],
    ids=["limit", "check", "fail-on", "workers", "database", "inventory"],
)
def test_bad_words_are_one_clear_message(tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    done = Estate(tmp_path).local().run("scan", *words)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.soak
def test_exit_codes_for_thresholds_and_unseen_assets(tmp_path: Path) -> None:
    estate = Estate(tmp_path).local()
    assert estate.run("scan", *QUICK).returncode == 0
    assert estate.run("scan", *QUICK, "--fail-on", "info").returncode in (0, 1)
    refusing = {"ansible_host": "127.0.0.1", "ansible_port": 1, "estatecheck": {"credential": "none"}}
    estate.credentials["none"] = {"user": "nobody", "password": "env:LAB_SECRET"}
    estate.hosts["gone"] = refusing
    done = estate.run("scan", *QUICK, LAB_SECRET="hunter2-hunter2")
    assert done.returncode == 3
    assert "connection refused" in done.stdout
    assert estate.run("scan", *QUICK, "--max-unreachable", "1", LAB_SECRET="hunter2-hunter2").returncode == 0
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hunter2" not in everything
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.lab
def test_first_contact_wants_approval_and_a_changed_key_is_refused(
    tmp_path: Path, lab_sshd: Sshd, sshd_factory: SshdFactory
) -> None:
    estate = Estate(tmp_path).ssh("box", lab_sshd)
    new = estate.run("scan", *QUICK)
    assert new.returncode == 3
    assert "host key not approved" in new.stdout
    wrong = estate.run("inventory", "trust", "box", "--fingerprint", "SHA256:AAAA")
    assert wrong.returncode == 1
    shown = next(word for word in wrong.stdout.split() if word.startswith("SHA256:"))
    assert estate.run("inventory", "trust", "box", "--fingerprint", shown).returncode == 0
    assert estate.run("scan", *QUICK).returncode == 0
    other = sshd_factory()
    other.process.terminate()
    other.process.wait()
    estate.run("inventory", "trust", "box")  # already pinned: asks nothing
    changed = sshd_factory(f"Port {lab_sshd.port}", addresses=["127.0.0.77"])
    estate.ssh("box", changed, "127.0.0.77")
    assert estate.run("scan", *QUICK).returncode == 3


@ROOT
@pytest.mark.lab
def test_a_broken_setting_is_found_fixed_proven_and_handed_over(tmp_path: Path, sshd_factory: SshdFactory) -> None:
    broken = sshd_factory("PermitEmptyPasswords yes", "PasswordAuthentication yes")
    estate = Estate(tmp_path).ssh("box", broken)
    found = estate.run(
        "scan", "--trust-new", "--quiet", "--check", "linux.ssh.permit-empty-passwords", "--fail-on", "critical"
    )
    assert found.returncode == 1, found.stderr
    still = estate.run("findings", "verify", "EC-0001")
    assert still.returncode == 1
    assert "OPEN -> OPEN" in still.stdout

    config = broken.folder / "sshd_config"
    config.write_text(config.read_text().replace("PermitEmptyPasswords yes", "PermitEmptyPasswords no"))
    broken.process.send_signal(signal.SIGHUP)
    _wait_for(broken.port)
    fixed = estate.run("findings", "verify", "EC-0001")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert "OPEN -> VERIFIED_FIXED" in fixed.stdout

    made = estate.run("evidence", "export", "EC-0001", "-o", "proof.zip")
    assert made.returncode == 0, made.stderr
    held = estate.run("evidence", "verify", "proof.zip")
    assert held.returncode == 0, held.stderr
    assert "judged again from its answers, the visit after gives: pass" in held.stdout
    again = estate.run("evidence", "export", "EC-0001", "-o", "again.zip")
    assert again.returncode == 0
    assert (tmp_path / "proof.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()

    broken.process.terminate()
    broken.process.wait()
    gone = estate.run("findings", "verify", "EC-0001")
    assert gone.returncode == 0, "a closed finding stays closed when the host is away"
    assert "VERIFIED_FIXED -> VERIFIED_FIXED" in gone.stdout


@ROOT
@pytest.mark.lab
def test_an_unreachable_host_never_closes_anything(tmp_path: Path, sshd_factory: SshdFactory) -> None:
    server = sshd_factory("PermitEmptyPasswords yes", "PasswordAuthentication yes")
    estate = Estate(tmp_path).ssh("box", server)
    estate.run("scan", "--trust-new", "--quiet", "--check", "linux.ssh.*")
    server.process.terminate()
    server.process.wait()
    assert estate.run("findings", "verify", "EC-0001").returncode == 3
    done = estate.run("scan", "--quiet", "--check", "linux.ssh.*")
    assert done.returncode == 3
    listed = estate.run("findings", "list", "--format", "json").stdout
    assert "VERIFIED_FIXED" not in listed
    assert "OPEN" in listed


def test_ctrl_c_ends_with_a_partial_and_honest_result(tmp_path: Path) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        estate = Estate(tmp_path).local()
        estate.credentials["none"] = {"user": "nobody", "password": "env:LAB_SECRET"}
        estate.hosts["mute"] = {
            "ansible_host": "127.0.0.1",
            "ansible_port": silent.getsockname()[1],
            "estatecheck": {"credential": "none", "limits": {"login_seconds": 60, "host_seconds": 90}},
        }
        estate.write()
        scan = subprocess.Popen(
            estate.command("scan", *QUICK[:-1]),
            env={**estate.environment, "LAB_SECRET": "hunter2-hunter2"},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for line in iter(scan.stderr.readline, ""):  # type: ignore[union-attr]  # it is a pipe
                if "here:" in line:
                    break
            scan.send_signal(signal.SIGINT)
            started = time.monotonic()
            out, err = scan.communicate(timeout=30)
        finally:
            scan.kill()
            scan.wait()
    assert time.monotonic() - started < 15
    assert scan.returncode == 3, err
    report = estate.report()
    assert report["scan"]["state"] == "partial"
    states = {asset["name"]: asset for asset in report["assets"]}
    assert states["here"]["logged_in"] is True
    assert states["mute"]["attempted"] is False
    assert "not attempted" in out


def _wait_for(port: int) -> None:
    import socket

    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as sock:
                if sock.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("sshd did not come back")
