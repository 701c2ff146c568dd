"""A real net-snmp agent on loopback, with its own configuration, users and persistent folder."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scanner.query import Login
from tests.lab.sshd import stop

SNMPD = Path("/usr/sbin/snmpd")
INSTALL = "apt-get install --no-install-recommends snmpd snmp"
START_TRIES = 5
START_SECONDS = 10.0
COMMUNITY = "not-public"
AUTH_PASSWORD = "right-auth-key"
PRIV_PASSWORD = "right-priv-key"
# name of the user, what createUser(snmpd.conf) takes, and the least level that is let in
USERS: tuple[tuple[Login, str], ...] = (
    (Login(user="plain"), "noauth"),
    (Login(user="signed", auth="SHA-512", auth_password=AUTH_PASSWORD), "auth"),
    *(
        (Login(user=f"both-{n}", auth=a, auth_password=AUTH_PASSWORD, priv=p, priv_password=PRIV_PASSWORD), "priv")
        for n, (a, p) in enumerate(
            [
                ("SHA", "AES-128"),
                ("SHA-224", "AES-128"),
                ("SHA-256", "AES-128"),
                ("SHA-384", "AES-128"),
                ("SHA-512", "AES-128"),
                ("SHA", "AES-256"),
                ("SHA-224", "AES-256"),
                ("SHA", "AES-256-C"),
                ("SHA-256", "AES-256"),
                ("SHA-512", "AES-256"),
            ]
        )
    ),
    (
        Login("weak", auth="MD5", auth_password=AUTH_PASSWORD, priv="DES", priv_password=PRIV_PASSWORD, weak=True),
        "priv",
    ),
)
SPELLED = {"AES-128": "AES", "AES-256": "AES-256", "AES-256-C": "AES-256-C"}


@dataclass(frozen=True)
class Snmpd:
    """An agent that runs. It speaks v2c to ``COMMUNITY`` and v3 to ``USERS``."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    users: dict[str, Login]


def need_snmpd() -> None:
    """Skip, with the command that helps; in CI the lab must be there."""
    if SNMPD.exists():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"the lab needs net-snmp: {INSTALL}", pytrace=False)
    pytest.skip(f"the lab needs net-snmp: {INSTALL}")


def start_snmpd(folder: Path, *settings: str, port: int = 0) -> Snmpd:
    """``settings``: further lines of snmpd.conf(5). ``port``: 0 for any that is free."""
    (folder / "state").mkdir()
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "state"), "MIBS": "", "MIBDIRS": str(folder)}
    for _ in range(START_TRIES):
        chosen = port or free_port()
        (folder / "snmpd.conf").write_text("\n".join([*_config(chosen), *settings]) + "\n")
        command = [str(SNMPD), "-f", "-Lf", str(folder / "log"), "-C", "-c", str(folder / "snmpd.conf")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, stderr=subprocess.DEVNULL)
        if _speaks(process, chosen):
            return Snmpd(chosen, folder, process, {login.user or "": login for login, _ in USERS})
        stop(process)
    raise RuntimeError(f"snmpd did not start: {(folder / 'log').read_text()}")


def _config(port: int) -> list[str]:
    return [
        f"agentaddress udp:127.0.0.1:{port}",
        f"rocommunity {COMMUNITY} 127.0.0.1",
        "sysDescr a lab agent",
        "sysObjectID 1.3.6.1.4.1.8072.3.2.10",
        *(f"createUser {_created(login)}" for login, _ in USERS),
        *(f"rouser {login.user} {level}" for login, level in USERS),
    ]


def _created(login: Login) -> str:
    words = [login.user or ""]
    if login.auth:
        words += [login.auth, login.auth_password or ""]
    if login.priv:
        words += [SPELLED.get(login.priv, login.priv), login.priv_password or ""]
    return " ".join(words)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _speaks(process: subprocess.Popen[bytes], port: int) -> bool:
    """Does it answer an SNMPv3 discovery?"""
    from scanner.transports.snmp_discovery import request

    until = time.monotonic() + START_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(0.05)
        while time.monotonic() < until and process.poll() is None:
            try:
                sock.send(request()[1])
                return bool(sock.recv(2000))
            except OSError:
                time.sleep(0.02)
    return False


@pytest.fixture(scope="session")
def lab_snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    """One agent for all tests of a worker that need nothing special."""
    need_snmpd()
    agent = start_snmpd(tmp_path_factory.mktemp("snmpd"))
    yield agent
    stop(agent.process)
