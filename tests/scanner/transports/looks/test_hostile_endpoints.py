"""Endpoints that drip, talk without end, send garbage or fall silent: bounded, a reason each, to nobody else's harm."""

import socket
import ssl
import time
from pathlib import Path

import pytest

from scanner.probes.web.records import ENDS
from scanner.transports.looks import wire
from tests.lab.certificates import NAME, Authority
from tests.lab.nginx import Nginx
from tests.lab.talkers import Habit, drips, resets, says, talker
from tests.scanner.transports.looks.outside import looked

SECONDS = 0.4  # that a connection may take here; 5 outside of tests


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LISTEN_SECONDS", SECONDS)
    monkeypatch.setattr("scanner.transports.looks.ssh_methods.LISTEN_SECONDS", SECONDS)


def silence(client: socket.socket) -> None:
    time.sleep(3)


def hangs_up(client: socket.socket) -> None:
    client.recv(1)


def endless(start: bytes, more: bytes) -> Habit:
    def habit(client: socket.socket) -> None:
        client.sendall(start)
        while True:
            client.sendall(more)

    return habit


MUCH = b"x" * 16_384
OFF = ENDS["closed"], ENDS["reset"], "it gives no answer: it broke the connection off"  # the kernel decides which
HABITS: dict[str, tuple[Habit, tuple[str, ...]]] = {  # and what is said of the web server, the simplest of the three
    "a byte now and then": (drips(b"H", 0.05), (ENDS["waited"],)),
    "silence": (silence, ("it accepts the connection and says nothing",)),
    "hangs up at once": (says(b"", hold=False), OFF),
    "resets": (resets(), OFF),
    "headers without end": (
        endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 500),
        "its headers do not end within 16 KiB",
    ),
    "a banner without end": (endless(b"SSH-2.0-", MUCH), ("its headers do not end within 16 KiB",)),
    "garbage": (says(bytes(range(256)) * 20, hold=False), OFF),
    "a record without end": (
        endless(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff", MUCH),
        "its headers do not end within 16 KiB",
    ),
}
URLS = ("https", "ssh", "smtp", "smb", "rdp", "ldap", "redis", "mysql", "mongodb", "winrm")


@pytest.mark.parametrize("name", HABITS)
def test_web_servers_say_each_why(name: str) -> None:
    habit, why = HABITS[name]
    with talker(habit) as port:
        visit, facts = looked(f"http://:{port}/", only="web")
    assert facts["web"].endpoints[0].why in why
    assert len(visit.answers[0].output) < 500_000


@pytest.mark.parametrize("name", HABITS)
@pytest.mark.parametrize("scheme", URLS)
def test_every_kind_of_look_is_bounded_and_gives_a_reason(name: str, scheme: str) -> None:
    habit, _ = HABITS[name]
    begun = time.monotonic()
    with talker(habit) as port:
        visit, facts = looked(f"{scheme}://:{port}")
    assert time.monotonic() - begun < 12 * SECONDS
    for answer in visit.answers:
        assert len(answer.output) < wire.MAX_BYTES * 2 * 3  # in hexadecimal, of three connections at most
    for fact in facts.values():
        (endpoint,) = fact.endpoints
        assert endpoint.why or getattr(endpoint, "speaks", None) is False, endpoint


@pytest.mark.lab
@pytest.mark.parametrize("name", ["a byte now and then", "silence", "headers without end"])
def test_other_endpoints_of_the_host_are_unaffected(lab_nginx: Nginx, name: str) -> None:
    habit, _ = HABITS[name]
    with talker(habit) as port:
        bad = (f"https://:{port}/", f"smb://:{port}", f"ssh://:{port}")
        _, facts = looked(*bad, f"https://{NAME}:{lab_nginx.ports['good']}/", seconds=30)
    good = facts["tls"].endpoints[-1]
    assert (good.why, good.tls12, good.certificate.name_matches) == ("", True, True)
    assert facts["web"].endpoints[-1].status == 200
    assert facts["tls"].endpoints[0].why
    assert facts["tls"].endpoints[0].certificate is None


@pytest.mark.lab
def test_one_that_keeps_us_waiting_takes_only_its_share_of_a_short_visit(
    lab_nginx: Nginx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LISTEN_SECONDS", 5.0)
    with talker(silence) as port:
        _, facts = looked(f"tls://:{port}", f"tls://{NAME}:{lab_nginx.ports['good']}", seconds=4.0, only="tls")
    assert facts["tls"].endpoints[1].tls12 is True


def heavy_chain(folder: Path) -> tuple[Path, Path]:
    """A leaf with an alternative name for each of thousands of hosts, sent many times over."""
    leaf = Authority(folder).issue("leaf", *(f"host-{n}.{NAME}" for n in range(2_000)))
    leaf.certificate.write_bytes(leaf.certificate.read_bytes() * 8)
    return leaf.certificate, leaf.key


def test_a_chain_that_is_too_long_is_cut_off(tmp_path: Path) -> None:
    certificate, key = heavy_chain(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def habit(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as inside:
            inside.recv(1)

    with talker(habit) as port:
        visit, facts = looked(f"tls://{NAME}:{port}", only="tls")
    (seen,) = facts["tls"].endpoints
    assert seen.tls12 is True
    assert seen.certificate is None
    assert seen.why.startswith("no certificate was seen: ")
    assert len(visit.answers[0].output) < 1 << 20
