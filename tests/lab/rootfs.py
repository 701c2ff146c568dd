"""An older Debian on loopback: a root made by debootstrap(8), entered by its own sshd in a chroot.

The root is made once (a minute, 60 MB from the mirror that this machine's apt uses) and kept in
``$XDG_CACHE_HOME/estatecheck-lab``; each test works on a copy. It has the release as it was last published, and knows
of the security suite what was newest when it was made: every update lies in apt's archive, so that nothing is loaded
later.

Whatever is mounted, and every process, lives in namespaces of its own that end with the process that made them.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from scanner.query import Login
from tests.lab.sshd import START_SECONDS, START_TRIES, Sshd, keygen, public_key

RELEASE, VERSION = "bullseye", "11"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
INSTALL = "apt-get install --no-install-recommends debootstrap"
PUBLISHED = {"Debian": "http://deb.debian.org/debian", "Debian-Security": "http://deb.debian.org/debian-security"}
DEBOOTSTRAP = ("--variant=minbase", "--include=openssh-server", f"--keyring={KEYRING}", RELEASE)
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
MAKE_SECONDS = 900
ENTER_SECONDS = 120
# Nothing outside is changed by a mount in here, and nothing in here outlives the process in front.
UNSHARE = ("unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child")
OWN_NAMESPACES = ("setpriv", "--pdeathsig", "KILL", *UNSHARE)
ENTER = 'mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
UPDATES = """
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get clean
apt-get update -qq -o Acquire::Languages=none -o Acquire::Retries=2 -o APT::Update::Error-Mode=any
apt-get dist-upgrade -qq --yes --download-only -o Acquire::Retries=2
"""
CONFIG = """
ListenAddress 127.0.0.1
HostKey /etc/ssh/lab_host
AuthorizedKeysFile /etc/ssh/lab_client.pub
PidFile none
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
PrintMotd no
PrintLastLog no
"""


@dataclass(frozen=True)
class OldDebian:
    """``server`` lets root in. ``root`` is the folder that the server takes for its whole file system."""

    root: Path
    server: Sshd

    def run(self, *command: str, given: str = "") -> str:
        """What a command says in there, beside the server. Raises ``CalledProcessError``."""
        return inside(self.root, *command, given=given, seconds=ENTER_SECONDS)

    @property
    def sources(self) -> Path:
        return self.root / "etc/apt/sources.list"

    def forget_security_suite(self) -> None:
        """As debootstrap leaves it: the release alone. What apt knew of the suite stays on disk, and is not asked."""
        self.sources.write_text(self.sources.read_text().splitlines()[0] + "\n")

    def know_security_suite(self) -> None:
        self.sources.write_text(_sources())
        self.run("apt-cache", "gencaches")  # as after `apt update`

    def update(self, *packages: str) -> None:
        """From the security suite, out of apt's archive."""
        options = ("--yes", "--quiet", "--no-download", "--only-upgrade")
        self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *packages)


def need_debootstrap() -> None:
    """Skip, with the reason; in CI the lab must be there, for root."""
    if os.geteuid() != 0:
        pytest.skip("needs root: debootstrap and chroot; run the tests as root to see it")
    if not all(map(shutil.which, ("debootstrap", "setpriv", "unshare", "ssh-keygen"))) or not Path(KEYRING).exists():
        _missing(f"the lab needs debootstrap, Debian's keyring, util-linux and ssh-keygen: {INSTALL}")
    if _unshared("true", seconds=10).returncode != 0:
        _missing("the lab needs to make namespaces (unshare --mount --pid), which this machine does not permit")


def _missing(told: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


def _unshared(*command: str, seconds: float, given: str = "") -> subprocess.CompletedProcess[str]:
    """Raises ``TimeoutExpired``; what was started is gone then."""
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return subprocess.run(
        [*OWN_NAMESPACES, *command],
        env=ENVIRONMENT | proxies,
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def inside(root: Path, *command: str, seconds: float, given: str = "") -> str:
    done = _unshared("sh", "-c", ENTER, str(root), *command, seconds=seconds, given=given)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def _mirrors() -> dict[str, str]:
    """By the label of their Release files, where this machine's own apt gets packages; else where Debian has them."""
    found = dict(PUBLISHED)
    if shutil.which("apt-get"):
        command = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
        for origin, label, uri in (line.split("|", 2) for line in said.splitlines() if line.count("|") == 2):
            if origin == "Debian" and label in PUBLISHED and uri.startswith("http"):
                found[label] = uri.rstrip("/")
    return found


def _sources() -> str:
    mirrors = _mirrors()
    suites = {"Debian": RELEASE, "Debian-Security": f"{RELEASE}-security"}
    return "".join(f"deb {mirrors[label]} {suite} main\n" for label, suite in suites.items())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Test runs beside each other make one root."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept_root() -> Path:
    """The root that copies are made from; made now if this recipe's is not there. Skips when it cannot be made."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "estatecheck-lab"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(f"{DEBOOTSTRAP} {UPDATES}".encode()).hexdigest()[:12]
    kept, partial = folder / f"{RELEASE}-{recipe}", folder / "partial"
    with _alone(folder):
        if not kept.exists():
            shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
            try:
                _make(partial)
            except (subprocess.SubprocessError, OSError) as fault:
                shutil.rmtree(partial, ignore_errors=True)
                _missing(f"no {RELEASE} could be made from {_mirrors()}: {_why(fault)}")
            partial.rename(kept)
    return kept


def _why(fault: subprocess.SubprocessError | OSError) -> str:
    """debootstrap tells on its output what went wrong, apt on its errors."""
    said = f"{getattr(fault, 'stdout', None) or ''}{getattr(fault, 'stderr', None) or ''}"
    return f"{fault}\n{said[-1000:]}"


def _make(root: Path) -> None:
    """Raises ``SubprocessError`` and ``OSError``."""
    made = _unshared("debootstrap", *DEBOOTSTRAP, str(root), _mirrors()["Debian"], seconds=MAKE_SECONDS)
    made.check_returncode()
    (root / "etc/apt/sources.list").write_text(_sources())
    inside(root, "sh", "-c", UPDATES, seconds=MAKE_SECONDS)


def _start(root: Path, folder: Path) -> Sshd:
    """The sshd of the root itself, in its chroot, on a free port of this machine's loopback."""
    client = keygen(folder / "client")
    host = keygen(root / "etc/ssh/lab_host")
    shutil.copy(folder / "client.pub", root / "etc/ssh/lab_client.pub")
    (root / "run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)
    for _ in range(START_TRIES):
        port = _free_port()
        (root / "etc/ssh/lab_config").write_text(f"Port {port}\n{CONFIG}")
        command = ["sh", "-c", ENTER, str(root), "/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/lab_config"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*OWN_NAMESPACES, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT
            )
        if _speaks(process, port):
            return Sshd(port, public_key(host), Login(user="root", key=client.read_text()), folder, process)
        _end(process)
    raise RuntimeError(f"the sshd of {RELEASE} did not start: {(folder / 'log').read_text()}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _speaks(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as sock:
                if sock.recv(4) == b"SSH-":
                    return True
        except OSError:
            time.sleep(0.02)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """unshare(1) ignores SIGTERM while it waits; with it everything in its namespaces dies."""
    process.kill()
    process.wait()


@pytest.fixture
def old_debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldDebian]:
    """A copy of the kept root, served, and removed after the test."""
    need_debootstrap()
    folder = tmp_path_factory.mktemp("old-debian")
    kept, root = kept_root(), folder / "root"
    try:
        subprocess.run(["cp", "-a", "--reflink=auto", str(kept), str(root)], check=True, timeout=ENTER_SECONDS)
        server = _start(root, folder)
        yield OldDebian(root, server)
        _end(server.process)
    finally:
        shutil.rmtree(root)
