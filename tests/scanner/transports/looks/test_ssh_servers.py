"""SSH endpoints: weak host keys and ways to log in of real OpenSSH; small groups and Terrapin made by hand.

OpenSSH 9 gives no group below 2048 bits, and Debian's has strict key exchange: servers without are hand-made KEXINITs.
"""

import socket
import struct
from pathlib import Path

import pytest

from inventory.facts.ssh_offer import SshEndpoint
from scanner.transports.looks.ssh_methods import user_of
from tests.lab.sshd import SshdFactory, keygen
from tests.lab.talkers import Habit, talker
from tests.scanner.transports.looks.outside import one


@pytest.mark.lab
def test_short_and_old_host_keys(sshd_factory: SshdFactory, tmp_path: Path) -> None:
    short, old = keygen(tmp_path / "short", "rsa", "", "-b", "1024"), keygen(tmp_path / "old", "dsa")
    kinds = "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512,ssh-dss"
    server = sshd_factory(f"HostKey {short}", f"HostKey {old}", "RequiredRSASize 1024", kinds)
    seen = one("ssh_offer", f"ssh://:{server.port}")
    assert seen.weak_host_keys == ("ssh-rsa 1024", "ssh-dss")
    assert [key.rsplit(" ", 1)[0] for key in seen.host_keys] == ["ssh-rsa 1024", "ssh-ed25519 256", "ssh-dss 1024"]


@pytest.mark.lab
@pytest.mark.parametrize(
    ("settings", "methods", "password"),
    [
        ((), ("publickey",), False),
        (("PasswordAuthentication yes",), ("publickey", "password"), True),
        (("KbdInteractiveAuthentication yes", "UsePAM yes"), ("publickey", "keyboard-interactive"), None),
        (("AuthenticationMethods none", "PermitEmptyPasswords yes"), None, None),
    ],
)
def test_ways_to_log_in(
    sshd_factory: SshdFactory, settings: tuple[str, ...], methods: tuple[str, ...] | None, password: bool | None
) -> None:
    server = sshd_factory(*settings)
    seen = one("ssh_offer", f"ssh://:{server.port}")
    if methods is not None:
        assert (seen.methods, seen.password) == (methods, password)
    assert "Failed" not in server.log
    assert "Invalid user" not in server.log


@pytest.mark.lab
def test_a_server_that_our_own_side_finds_too_weak_is_looked_at_all_the_same(sshd_factory: SshdFactory) -> None:
    server = sshd_factory("KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1")
    seen = one("ssh_offer", f"ssh://:{server.port}")
    assert seen.weak_kex == ("diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1")
    assert (seen.gex, seen.gex_bits) == (True, 2048)
    assert seen.methods is None


def test_whose_name_is_told() -> None:
    from inventory.asset import Asset, Connection

    assert user_of(Asset("a", Connection("ssh", "192.0.2.1", user="scan"))) == "scan"
    assert user_of(Asset("a", Connection("endpoint", "192.0.2.1"))) == "root"


STRICT = "kex-strict-s-v00@openssh.com"
SOUND = ("curve25519-sha256", "ssh-ed25519", "aes256-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com")


def packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit(kex: str, key: str, cipher: str, mac: str) -> bytes:
    lists = (kex, key, cipher, cipher, mac, mac, "none", "none", "", "")
    return packet(
        b"\x14" + bytes(16) + b"".join(struct.pack(">I", len(one)) + one.encode() for one in lists) + bytes(5)
    )


def offering(kex: str, key: str, cipher: str, mac: str, reply: bytes = b"") -> Habit:
    def habit(client: socket.socket) -> None:
        client.sendall(b"SSH-2.0-made-by-hand\r\n" + kexinit(kex, key, cipher, mac))
        if reply:
            client.recv(4096)
            client.sendall(reply)
        client.recv(1)

    return habit


def seen_of(habit: Habit, monkeypatch: pytest.MonkeyPatch) -> SshEndpoint:
    monkeypatch.setattr("scanner.transports.looks.wire.LISTEN_SECONDS", 0.3)
    monkeypatch.setattr("scanner.transports.looks.ssh_methods.LISTEN_SECONDS", 0.3)
    with talker(habit) as port:
        seen = one("ssh_offer", f"ssh://:{port}")
    assert isinstance(seen, SshEndpoint)
    return seen


CHACHA, CBC = "chacha20-poly1305@openssh.com", "aes128-cbc"


@pytest.mark.parametrize(
    ("kex", "cipher", "mac", "terrapin"),
    [
        ("curve25519-sha256", CHACHA, "hmac-sha2-256", True),
        ("curve25519-sha256", CBC, "hmac-sha2-256-etm@openssh.com", True),
        ("curve25519-sha256", CBC, "hmac-sha2-256", False),
        (f"curve25519-sha256,{STRICT}", CHACHA, "hmac-sha2-256", False),
        ("curve25519-sha256", "aes256-ctr", "hmac-sha2-256-etm@openssh.com", False),
    ],
)
def test_terrapin(monkeypatch: pytest.MonkeyPatch, kex: str, cipher: str, mac: str, terrapin: bool) -> None:
    assert seen_of(offering(kex, "ssh-ed25519", cipher, mac), monkeypatch).terrapin is terrapin


@pytest.mark.parametrize("bits", [1024, 1536, 2048])
def test_a_group_that_is_given_is_measured(monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    prime = (1 << bits - 1 | 1).to_bytes(bits // 8 + 1, "big")
    group = packet(b"\x1f" + struct.pack(">I", len(prime)) + prime + b"\0\0\0\x01\x02")
    _, key, cipher, mac = SOUND
    seen = seen_of(offering("diffie-hellman-group-exchange-sha256", key, cipher, mac, group), monkeypatch)
    assert (seen.gex, seen.gex_bits) == (True, bits)


def test_a_key_that_is_offered_and_not_shown_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    kex, _, cipher, mac = SOUND
    seen = seen_of(offering(kex, "rsa-sha2-512", cipher, mac), monkeypatch)
    assert seen.weak_host_keys is None
    assert seen.methods is None
