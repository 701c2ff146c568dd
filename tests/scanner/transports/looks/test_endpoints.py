"""Endpoints of real servers and of hostile ones, looked at from outside and read as facts."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.asset import Tls
from inventory.facts.missing import Missing
from inventory.facts.ssh_offer import SshEndpoint
from inventory.facts.tls import TlsEndpoint
from inventory.facts.web import WebEndpoint
from tests.lab.certificates import NAME
from tests.lab.nginx import Nginx, free_ports
from tests.lab.s_server import s_server
from tests.lab.sshd import Sshd
from tests.scanner.transports.looks.outside import looked, one


def tls_of(*urls: str, tls: Tls | None = None) -> TlsEndpoint:
    seen = one("tls", *urls, tls=tls)
    assert isinstance(seen, TlsEndpoint)
    return seen


def web_of(url: str) -> WebEndpoint:
    seen = one("web", url)
    assert isinstance(seen, WebEndpoint)
    return seen


def ssh_of(url: str) -> SshEndpoint:
    seen = one("ssh_offer", url)
    assert isinstance(seen, SshEndpoint)
    return seen


@pytest.mark.lab
@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("good", {"trusted": True, "name_matches": True, "self_signed": False, "chain_complete": True}),
        ("expired", {"trusted": True, "name_matches": True}),
        ("wrong-name", {"trusted": True, "name_matches": False}),
        ("self-signed", {"trusted": False, "self_signed": True, "chain_complete": True}),
        ("weak-key", {"weak_key": True, "key": "RSA 1024", "trusted": True}),
    ],
)
def test_certificates(lab_nginx: Nginx, label: str, expected: dict[str, object]) -> None:
    ca = Tls(ca=str(lab_nginx.authority.file))
    certificate = tls_of(f"tls://{NAME}:{lab_nginx.ports[label]}", tls=ca).certificate
    assert certificate is not None
    assert {name: getattr(certificate, name) for name in expected} == expected
    assert certificate.fingerprint == lab_nginx.certificates[label].fingerprint


@pytest.mark.lab
def test_an_authority_that_nobody_named_is_not_trusted_and_the_chain_cannot_be_told(lab_nginx: Nginx) -> None:
    certificate = tls_of(f"tls://:{lab_nginx.ports['good']}").certificate
    assert certificate is not None
    assert (certificate.trusted, certificate.chain_complete, certificate.name_matches) == (False, None, None)


@pytest.mark.lab
def test_a_fingerprint_of_the_inventory_is_trust(lab_nginx: Nginx) -> None:
    pinned = Tls(fingerprint=f"SHA256:{lab_nginx.certificates['self-signed'].fingerprint}")
    certificate = tls_of(f"tls://:{lab_nginx.ports['self-signed']}", tls=pinned).certificate
    assert certificate is not None
    assert certificate.pinned
    assert certificate.trusted


@pytest.mark.lab
@pytest.mark.parametrize(
    ("options", "spoken"),
    [
        (("-tls1", "-cipher", "ALL:@SECLEVEL=0"), {"tls10"}),
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), {"tls11"}),
        (("-tls1_2",), {"tls12"}),
        (("-tls1_3",), {"tls13"}),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-CAMELLIA128-SHA256"), {"tls12"}),
    ],
)
def test_each_version_is_told_from_the_others(tmp_path: Path, options: tuple[str, ...], spoken: set[str]) -> None:
    with s_server(tmp_path, *options) as port:
        seen = tls_of(f"tls://:{port}")
    versions = ("ssl2", "ssl3", "tls10", "tls11", "tls12", "tls13")
    assert {name: getattr(seen, name) for name in versions} == {name: name in spoken for name in versions}
    assert seen.certificate is not None
    assert seen.classic is (spoken != {"tls13"})
    assert seen.pq_hybrid is False


@pytest.mark.lab
def test_weak_suites(tmp_path: Path) -> None:
    with s_server(tmp_path, "-cipher", "ALL:eNULL:@SECLEVEL=0", "-tls1_2") as port:
        seen = tls_of(f"tls://:{port}")
    assert seen.null_anon_export is True
    assert seen.safe_renegotiation is True
    assert seen.compression is False


@pytest.mark.lab
def test_web_pages(lab_nginx: Nginx) -> None:
    listing = web_of(f"http://:{lab_nginx.ports['plain']}/listing/")
    assert (listing.listing, listing.trace, listing.redirects) == (True, False, False)
    assert listing.server_version
    cookie = web_of(f"http://:{lab_nginx.ports['plain']}/cookie")
    assert cookie.weak_cookies == ("session: without HttpOnly",)
    assert web_of(f"http://:{lab_nginx.ports['redirect']}/").redirects is True
    good = web_of(f"https://:{lab_nginx.ports['good']}/")
    assert (good.hsts, good.server_version, good.redirects) == (True, "", None)
    assert web_of(f"http://:{lab_nginx.ports['plain']}/broken").status == 500


@pytest.mark.lab
def test_the_value_of_a_cookie_is_not_kept(lab_nginx: Nginx) -> None:
    visit, _ = looked(f"http://:{lab_nginx.ports['plain']}/cookie")
    assert b"session=[1 characters]" in visit.answers[0].output


@pytest.mark.lab
def test_a_real_ssh_server(lab_sshd: Sshd) -> None:
    seen = ssh_of(f"ssh://:{lab_sshd.port}")
    assert seen.why == ""
    assert seen.banner.startswith("SSH-2.0-OpenSSH")
    assert seen.kex
    assert seen.host_keys
    assert all(" SHA256:" in key for key in seen.host_keys)
    assert not seen.gex or (seen.gex_bits or 0) >= 2048
    assert seen.terrapin is not None


HABITS = {
    "garbage": b"\x16\x03\x03\xff\xff" + b"x" * 500,
    "wrong length": bytes.fromhex("160303000402ffffff"),
    "words": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "no ssh": b"SSH-2.0-x\r\n" + b"\xff" * 64,
    "nothing": b"",
}


@contextlib.contextmanager
def says(data: bytes) -> Iterator[int]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.request.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    self.request.recv(4096)
                self.request.sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("habit", HABITS)
def test_what_a_hostile_server_says_is_no_pass(habit: str) -> None:
    with says(HABITS[habit]) as port:
        _, facts = looked(f"https://:{port}/", f"ssh://:{port}")
    tls, web, ssh = (facts[name].endpoints[0] for name in ("tls", "web", "ssh_offer"))  # type: ignore[attr-defined]
    assert tls.why
    assert {tls.old_ssl, tls.old_tls, tls.rc4_3des, tls.certificate} == {None}
    assert (web.status, web.trace, web.missing_headers) == (None, None, None)
    assert ssh.why
    assert (ssh.weak_kex, ssh.terrapin) == (None, None)


def test_nobody_there() -> None:
    (port,) = free_ports(1)
    visit, facts = looked(f"https://:{port}/")
    assert visit.attempt.reached  # it says no: that is an answer
    assert facts["tls"].endpoints[0].why == "it refuses connections"  # type: ignore[attr-defined]


def test_another_address_is_not_looked_at() -> None:
    _, facts = looked("https://192.0.2.9/")
    assert "another address" in facts["tls"].endpoints[0].why  # type: ignore[attr-defined]


def test_time_that_is_over_is_a_gap() -> None:
    _, facts = looked("https://:1/", seconds=0.0)
    assert isinstance(facts["tls"], Missing)
