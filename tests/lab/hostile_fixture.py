"""The hostile servers as a fixture."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scanner.query import HostKey, Login
from tests.lab.known import MemoryHostKeys
from tests.lab.sshd import keygen, need_sshd, stop


@dataclass(frozen=True)
class Hostile:
    ports: dict[str, int]
    host_key: HostKey
    login: Login
    pid: int

    @property
    def keys(self) -> MemoryHostKeys:
        """Every server's key pinned, but for the one whose key has changed."""
        pins: dict[int, tuple[HostKey, ...]] = dict.fromkeys(self.ports.values(), (self.host_key,))
        other = HostKey(self.host_key.type, self.host_key.base64[:-8] + "AAAAAAA=")
        pins[self.ports["changed host key"]] = (other,)
        return MemoryHostKeys(pins)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    need_sshd()  # for ssh-keygen
    client = keygen(tmp_path_factory.mktemp("hostile") / "client").read_text()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("hostile.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    yield Hostile(said["ports"], HostKey(*said["host_key"]), Login(user="scan", key=client), process.pid)
    process.stdin.close()
    process.stdout.close()
    stop(process)
