"""Real OpenSSH servers on loopback, each with its own keys, configuration and port."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from scanner.query import HostKey, Login
from tests.lab.known import MemoryHostKeys

SSHD = Path("/usr/sbin/sshd")
INSTALL = "apt-get install --no-install-recommends openssh-server openssh-client"
START_TRIES = 5
START_SECONDS = 10.0


@dataclass(frozen=True)
class Sshd:
    """A server that runs. ``login`` is let in; ``folder`` holds its keys, configuration and log."""

    port: int
    host_key: HostKey
    login: Login
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def keys(self) -> MemoryHostKeys:
        """With this server's key pinned."""
        return MemoryHostKeys({self.port: (self.host_key,)})

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def need_sshd() -> None:
    """Skip, with the command that helps; in CI the lab must be there."""
    if SSHD.exists() and shutil.which("ssh-keygen"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"the lab needs OpenSSH: {INSTALL}", pytrace=False)
    pytest.skip(f"the lab needs OpenSSH: {INSTALL}")


def keygen(path: Path, kind: str = "ed25519", passphrase: str = "", *more: str) -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "lab", "-f", str(path), *more]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def public_key(path: Path) -> HostKey:
    kind, text = path.with_name(path.name + ".pub").read_text().split()[:2]
    return HostKey(kind, text)


def start_sshd(
    folder: Path,
    *settings: str,
    addresses: Sequence[str] = ("127.0.0.1",),
    host_keys: Sequence[str] = ("ed25519",),
    within: Sequence[str] = (),
) -> Sshd:
    """``settings`` are lines of sshd_config(5) and win over the lab's own. The first of ``host_keys`` is pinned.

    ``within`` is a command that becomes the server: it ends in ``exec "$@"`` or the like.
    """
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's privilege separation directory
    keys = [keygen(folder / f"host_{kind}", kind) for kind in host_keys]
    client = keygen(folder / "client")
    (folder / "authorized_keys").write_text((folder / "client.pub").read_text())
    login = Login(user=getpass.getuser(), key=client.read_text())
    for _ in range(START_TRIES):
        port = _free_port(addresses)
        (folder / "sshd_config").write_text("\n".join([*settings, *_config(folder, keys, addresses, port)]) + "\n")
        with (folder / "log").open("wb") as log:
            command = [*within, str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if _speaks(process, addresses[-1], port):
            return Sshd(port, public_key(keys[0]), login, folder, process)
        stop(process)
    raise RuntimeError(f"sshd did not start: {(folder / 'log').read_text()}")


def _config(folder: Path, keys: Sequence[Path], addresses: Sequence[str], port: int) -> list[str]:
    return [
        f"Port {port}",
        *(f"ListenAddress {address}" for address in addresses),
        *(f"HostKey {key}" for key in keys),
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "MaxStartups 200",
        "PrintMotd no",
        "PrintLastLog no",
    ]


def _free_port(addresses: Sequence[str]) -> int:
    with socket.socket() as sock:
        sock.bind((addresses[0], 0))
        return int(sock.getsockname()[1])


def _speaks(process: subprocess.Popen[bytes], address: str, port: int) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((address, port), timeout=START_SECONDS) as sock:
                if sock.recv(4) == b"SSH-":
                    return True
        except OSError:
            time.sleep(0.02)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def lab_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One server for all tests of a worker that need nothing special."""
    need_sshd()
    server = start_sshd(
        tmp_path_factory.mktemp("sshd"), addresses=[f"127.0.1.{n}" for n in range(1, 16)] + ["127.0.0.1"]
    )
    yield server
    stop(server.process)


SshdFactory = Callable[..., Sshd]


@pytest.fixture
def sshd_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshdFactory]:
    """Servers with settings of their own: ``sshd_factory("MaxAuthTries 1", host_keys=["rsa"])``."""
    need_sshd()
    servers: list[Sshd] = []

    def make(*settings: str, **options: Sequence[str]) -> Sshd:
        servers.append(start_sshd(tmp_path_factory.mktemp("sshd"), *settings, **options))
        return servers[-1]

    yield make
    for server in servers:
        stop(server.process)
