"""The collector: what it takes, what it refuses, and the real thing behind real sudo in a private mount namespace."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from inventory.asset import Become, Privilege
from inventory.facts.missing import Reason
from scanner.query import Script
from scanner.transports.collector import COLLECTOR_PATH, EXIT_NO_SECTION, collector_script, header
from scanner.transports.script import Transcript, compose, new_marker
from tests.scanner.transports.script_bench import SHELLS, installed, read, root, visit

WHO = root("who", 'id -u; echo "it\'s" $LC_ALL')
ABSENT = root("absent", "echo nothing here; exit 66")
SLOW = root("slow", "echo half; sleep 60", timeout_seconds=1)
PLAIN = Script("plain", "echo plain")
ALL = [WHO, ABSENT, SLOW, PLAIN]


def run(tmp_path: Path, *words: str, shell: Sequence[str] = ("/bin/sh",)) -> subprocess.CompletedProcess[bytes]:
    path = tmp_path / "collector"
    path.write_bytes(collector_script(ALL))
    return subprocess.run([*shell, str(path), *words], capture_output=True, timeout=20)


def test_the_same_sections_give_the_same_bytes() -> None:
    assert collector_script(ALL) == collector_script(list(reversed(ALL)))
    assert collector_script(ALL) == collector_script([WHO, ABSENT, SLOW])
    assert collector_script(ALL) != collector_script([WHO, ABSENT])


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(words, id=name, marks=pytest.mark.skipif(not installed(name), reason="not installed"))
        for name, words in SHELLS.items()
    ],
)
def test_a_section_by_its_name(shell: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, "who", shell=shell)
    assert done.stdout == header(WHO) + f"{os.geteuid()}\nit's C\n".encode()
    assert done.returncode == 0
    assert run(tmp_path, "absent", shell=shell).returncode == 66
    assert run(tmp_path, "slow", shell=shell).returncode == 124


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), id="nothing"),
        pytest.param(("plain",), id="a section that needs no root"),
        pytest.param(("other",), id="unknown"),
        pytest.param(("who", "more"), id="two words"),
        pytest.param(("*",), id="pattern"),
        pytest.param(("who)",), id="case syntax"),
        pytest.param(("$(touch x)",), id="substitution"),
        pytest.param(("who;id",), id="list"),
        pytest.param(("",), id="empty"),
        pytest.param(("-c",), id="option"),
        pytest.param(("who\nabsent",), id="newline"),
    ],
)
def test_anything_else_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, *words)
    assert (done.stdout, done.returncode) == (b"", EXIT_NO_SECTION)


def test_a_collector_cut_in_transit_does_nothing(tmp_path: Path) -> None:
    whole = collector_script(ALL)
    path = tmp_path / "collector"
    for size in range(0, len(whole) - len(b'main "$@" </dev/null 2>/dev/null\n'), 61):
        path.write_bytes(whole[:size])
        assert subprocess.run(["/bin/sh", str(path), "who"], capture_output=True).stdout == b""


def test_the_header_knows_the_text_and_the_limit() -> None:
    assert header(root("a", "x")) == header(root("a", "x"))
    assert len({header(root("a", "x")), header(root("a", "y")), header(root("a", "x", timeout_seconds=9))}) == 3


def private_mounts() -> bool:
    """Whether we may have mounts of our own, so that no sudoers file of this machine is touched."""
    if os.geteuid() != 0 or not shutil.which("sudo") or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


needs_sudo = [
    pytest.mark.root,
    pytest.mark.skipif(not private_mounts(), reason="needs root, sudo and mount namespaces"),
]

# In namespaces of its own: our sudoers, our collector, then the visit as a plain user.
STAGE = r"""
set -e
mount --bind "$1/sudoers" /etc/sudoers
mkdir -p /usr/local/libexec
mount -t tmpfs none /usr/local/libexec
[ ! -e "$1/collector" ] || install -o root -g root -m 0755 "$1/collector" /usr/local/libexec/estatecheck-collector
exec setpriv --reuid nobody --regid nogroup --clear-groups sh -s
"""


def behind_sudo(tmp_path: Path, sudoers: str, collector: bytes | None, become: Become) -> Transcript:
    rules = tmp_path / "sudoers"
    rules.write_text(f"Defaults !syslog, !mail_always, !mail_badpass, !mail_no_user\nroot ALL=(ALL) ALL\n{sudoers}\n")
    rules.chmod(0o440)
    if collector is not None:
        (tmp_path / "collector").write_bytes(collector)
    marker = new_marker()
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", STAGE, "sh", str(tmp_path)],
        input=compose(ALL, marker, become),
        capture_output=True,
        timeout=30,
        cwd="/",
    )
    return read(done.stdout, ALL, marker, done.returncode)


def line(collector: bytes) -> str:
    """The line docs/scan-account.md tells to write, for the user nobody."""
    return f"nobody ALL=(root) NOPASSWD: sha256:{hashlib.sha256(collector).hexdigest()} {COLLECTOR_PATH}"


def reasons(transcript: Transcript) -> list[Reason | None]:
    return [a.missing.reason if a.missing else None for a in transcript.answers]


TOO_LOW, NO_COLLECTOR = Reason.PRIVILEGE_TOO_LOW, Reason.COLLECTOR_MISSING


class TestBehindRealSudo:
    pytestmark = needs_sudo

    def test_the_pinned_collector_runs_as_root(self, tmp_path: Path) -> None:
        collector = collector_script(ALL)
        transcript = behind_sudo(tmp_path, line(collector), collector, Become.COLLECTOR)
        who, absent, _, plain = transcript.answers
        assert reasons(transcript) == [None, None, Reason.TIMED_OUT, None]
        assert (who.text, who.privilege, who.exit_code) == ("0\nit's C\n", Privilege.ROOT, 0)
        assert (absent.text, absent.exit_code) == ("nothing here\n", 66)
        assert plain.privilege is Privilege.USER
        assert (transcript.privilege, transcript.complete) == (Privilege.ROOT, True)

    def test_the_check_that_the_manual_gives(self, tmp_path: Path) -> None:
        collector = collector_script(ALL)
        (tmp_path / "sudoers").write_text(f"Defaults !syslog\n{line(collector)}\n")
        (tmp_path / "sudoers").chmod(0o440)
        (tmp_path / "collector").write_bytes(collector)
        words = ["unshare", "-m", "--propagation", "private", "sh", "-c", STAGE, "sh", str(tmp_path)]
        done = subprocess.run(words, input=f"sudo -n {COLLECTOR_PATH} nothing".encode(), capture_output=True, cwd="/")
        assert (done.stdout, done.returncode) == (b"", EXIT_NO_SECTION)

    def test_one_changed_byte_and_sudo_refuses(self, tmp_path: Path) -> None:
        collector = collector_script(ALL)
        transcript = behind_sudo(tmp_path, line(collector), collector + b"\n", Become.COLLECTOR)
        assert reasons(transcript) == [TOO_LOW] * 3 + [None]
        assert transcript.privilege is Privilege.USER

    def test_a_collector_of_another_version_is_not_believed(self, tmp_path: Path) -> None:
        other = collector_script([root("who", "id -u"), ABSENT])
        transcript = behind_sudo(tmp_path, line(other), other, Become.COLLECTOR)
        assert reasons(transcript) == [NO_COLLECTOR, None, NO_COLLECTOR, None]

    def test_no_collector(self, tmp_path: Path) -> None:
        transcript = behind_sudo(tmp_path, line(b""), None, Become.COLLECTOR)
        assert reasons(transcript) == [NO_COLLECTOR] * 3 + [None]

    def test_the_collectors_line_is_no_way_to_a_root_shell(self, tmp_path: Path) -> None:
        collector = collector_script(ALL)
        transcript = behind_sudo(tmp_path, line(collector), collector, Become.SUDO)
        assert reasons(transcript) == [TOO_LOW] * 3 + [None]

    def test_sudo_for_everything(self, tmp_path: Path) -> None:
        transcript = behind_sudo(tmp_path, "nobody ALL=(root) NOPASSWD: ALL", None, Become.SUDO)
        assert reasons(transcript) == [None, None, Reason.TIMED_OUT, None]
        assert transcript.answers[0].text == "0\nit's C\n"
        assert [a.privilege for a in transcript.answers] == [Privilege.ROOT] * 3 + [Privilege.USER]
        assert transcript.complete

    def test_sudo_that_would_ask_a_password_is_a_refusal(self, tmp_path: Path) -> None:
        transcript = behind_sudo(tmp_path, "nobody ALL=(root) ALL", None, Become.SUDO)
        assert reasons(transcript) == [TOO_LOW] * 3 + [None]

    def test_sudo_to_another_user_than_root_is_no_root(self, tmp_path: Path) -> None:
        rules = "Defaults runas_default=daemon\nnobody ALL=(daemon) NOPASSWD: ALL"
        assert reasons(behind_sudo(tmp_path, rules, None, Become.SUDO)) == [TOO_LOW] * 3 + [None]


@pytest.mark.skipif(shutil.which("visudo") is None, reason="visudo is not installed")
def test_the_sudoers_line_is_valid(tmp_path: Path) -> None:
    rules = tmp_path / "estatecheck"
    rules.write_text(line(collector_script(ALL)) + "\n")
    done = subprocess.run([str(shutil.which("visudo")), "-c", "-f", str(rules)], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_root_needs_no_collector(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    _, transcript = visit(ALL, become=Become.COLLECTOR)
    assert transcript.answers[0].text == "0\nit's C\n"
