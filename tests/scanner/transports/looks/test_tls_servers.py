"""TLS behind STARTTLS of real servers, incomplete chains, small groups, and what OpenSSL no longer speaks."""

import base64
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from inventory.asset import Tls
from inventory.facts.tls import TlsEndpoint
from scanner.transports.looks.ssh import P
from tests.lab.certificates import NAME, Authority
from tests.lab.daemons import Daemons
from tests.lab.s_server import s_server
from tests.lab.talkers import Habit, talker
from tests.scanner.transports.looks.outside import one


@pytest.mark.lab
@pytest.mark.parametrize(
    ("daemon", "scheme", "at"),
    [
        ("smtp", "smtp", 0),
        ("smtp", "smtps", 1),
        ("mailbox", "imap", 0),
        ("mailbox", "imaps", 1),
        ("mailbox", "pop3", 2),
        ("mailbox", "pop3s", 3),
        ("ldap", "ldap", 0),
        ("ldap", "ldaps", 1),
        ("postgresql-tls", "postgresql", 0),
    ],
)
def test_tls_behind_starttls_and_from_the_first_byte(daemons: Daemons, daemon: str, scheme: str, at: int) -> None:
    server = daemons[daemon]
    seen = one("tls", f"{scheme}://localhost:{server.ports[at]}", tls=Tls(ca=str(server.authority.file)))
    gnutls = daemon in ("smtp", "ldap")  # whose defaults still take TLS 1.0 where OpenSSL's do not
    assert (seen.why, seen.tls12, seen.old_ssl, seen.old_tls) == ("", True, False, gnutls)
    assert seen.certificate.trusted
    assert seen.certificate.name_matches


@pytest.mark.lab
@pytest.mark.parametrize(
    ("daemon", "scheme", "why"),
    [
        ("smtp-clear", "smtp", "it refuses STARTTLS"),
        ("postgresql", "postgresql", "it offers no TLS"),
        ("redis", "ldap", "it does not answer as LDAP does"),
    ],
)
def test_a_server_that_offers_no_tls(daemons: Daemons, daemon: str, scheme: str, why: str) -> None:
    seen = one("tls", f"{scheme}://:{daemons[daemon].port}")
    assert why in seen.why
    assert seen.old_tls is None
    assert seen.certificate is None


def chained(folder: Path, *, whole: bool) -> tuple[Path, Path, Path]:
    """Certificate (with the intermediate, if whole), key, and the file with root and intermediate."""
    root = Authority(folder, "Root CA")
    between = Authority(folder, "Intermediate CA", root)
    leaf = between.issue("leaf", NAME)
    if whole:
        leaf.certificate.write_bytes(leaf.certificate.read_bytes() + between.file.read_bytes())
    both = folder / "both.pem"
    both.write_bytes(root.file.read_bytes() + between.file.read_bytes())
    return leaf.certificate, leaf.key, both


@pytest.mark.lab
@pytest.mark.parametrize("whole", [True, False])
def test_a_server_that_keeps_its_intermediate_to_itself(tmp_path: Path, whole: bool) -> None:
    certificate, key, both = chained(tmp_path, whole=whole)
    sends = ("-cert", str(certificate), "-key", str(key), *(("-cert_chain", str(certificate)) if whole else ()))
    with s_server(tmp_path, *sends) as port:
        seen = one("tls", f"tls://{NAME}:{port}", tls=Tls(ca=str(both)))
        blind = one("tls", f"tls://{NAME}:{port}", tls=Tls(ca=str(tmp_path / "root-ca.pem")))
    assert seen.certificate.chain_complete is whole
    assert seen.certificate.trusted is whole
    # who knows the root alone cannot tell a missing intermediate from an authority that nobody trusts
    assert blind.certificate.chain_complete is (True if whole else None)


OAKLEY_2 = int(  # RFC 2409, section 6.2
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


def parameters(prime: int) -> str:
    """DHParameter of PKCS #3, section 9: the prime and the base 2."""
    number = prime.to_bytes(prime.bit_length() // 8 + 1, "big")
    body = b"\x02\x82" + len(number).to_bytes(2, "big") + number + b"\x02\x01\x02"
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    return f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n"


@pytest.mark.lab
@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_size_of_the_group_is_measured(tmp_path: Path, bits: int) -> None:
    group = tmp_path / "dh.pem"
    group.write_text(parameters(OAKLEY_2 if bits == 1024 else P))
    made = Authority(tmp_path).issue("rsa", key=rsa.generate_private_key(65537, 2048))
    keys = ("-cert", str(made.certificate), "-key", str(made.key))
    with s_server(tmp_path, *keys, "-tls1_2", "-cipher", "DHE:@SECLEVEL=0", "-dhparam", str(group)) as port:
        seen = one("tls", f"tls://:{port}")
    assert (seen.dhe, seen.dh_bits) == (True, bits)


def hello(version: int, suite: int, extensions: bytes = b"") -> bytes:
    """A ServerHello as RFC 5246, section 7.4.1.3, lays it out. Made by hand: OpenSSL here speaks none of these."""
    tail = len(extensions).to_bytes(2, "big") + extensions if extensions else b""
    body = min(version, 0x0303).to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + b"\0" + tail
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x00" + len(message).to_bytes(2, "big") + message


REFUSES = b"\x15\x03\x01\x00\x02\x02\x28"
SSL2_HELLO = bytes.fromhex("8021 04 00 01 0002 0000 0003 0010 010080") + bytes(16) + b"\0" * 4
HYBRID = bytes.fromhex("002b00020304 0033000211ec")  # supported_versions and key_share of a HelloRetryRequest


def accepts(chosen: Callable[[bytes], bytes | None]) -> Habit:
    def habit(client: socket.socket) -> None:
        client.sendall(chosen(client.recv(8192)) or REFUSES)

    return habit


def version_of(said: bytes) -> int:
    return int.from_bytes(said[9:11], "big") if said[:1] == b"\x16" else 0


def suites_of(said: bytes) -> set[int]:
    at = 44 + said[43]
    size = int.from_bytes(said[at : at + 2], "big")
    return {int.from_bytes(said[n : n + 2], "big") for n in range(at + 2, at + 2 + size, 2)}


def only(suite: int, version: int = 0x0301) -> Habit:
    """Speaks one version and one suite."""

    def chosen(said: bytes) -> bytes | None:
        return hello(version, suite) if version_of(said) >= version and suite in suites_of(said) else None

    return accepts(chosen)


def seen_of(habit: Habit) -> TlsEndpoint:
    with talker(habit) as port:
        seen = one("tls", f"tls://:{port}")
    assert isinstance(seen, TlsEndpoint)
    return seen


def test_ssl3_alone() -> None:
    seen = seen_of(accepts(lambda said: hello(0x0300, 0x0005) if version_of(said) == 0x0300 else None))
    assert (seen.ssl3, seen.old_ssl, seen.old_tls, seen.modern) == (True, True, False, False)


def test_ssl2_alone() -> None:
    seen = seen_of(accepts(lambda said: SSL2_HELLO if said[:1] == b"\x80" else None))
    assert (seen.ssl2, seen.ssl3, seen.modern) == (True, False, False)


@pytest.mark.parametrize(
    ("suite", "name", "old"),
    [(0x0005, "RSA_RC4_SHA", True), (0x000A, "RSA_3DES", True), (0x0009, "RSA_DES", True)],
)
def test_rc4_and_3des(suite: int, name: str, old: bool) -> None:
    seen = seen_of(only(suite))
    assert (seen.rc4_3des, seen.old_suite, seen.null_anon_export) == (old, name, False)


@pytest.mark.parametrize(
    ("suite", "name"), [(0x0003, "RSA_EXPORT_RC4_40"), (0x0064, "RSA_EXPORT1024_RC4_56"), (0x0001, "RSA_NULL_MD5")]
)
def test_export_and_null(suite: int, name: str) -> None:
    seen = seen_of(only(suite))
    assert (seen.null_anon_export, seen.weak_suite, seen.rc4_3des) == (True, name, False)


def test_the_hybrid_with_ml_kem() -> None:
    """OpenSSL 3.0 lacks ML-KEM: the acceptor is made by hand, and answers as RFC 8446, section 4.1.4, says."""
    seen = seen_of(accepts(lambda said: hello(0x0304, 0x1301, HYBRID) if b"\x11\xec" in said else None))
    assert seen.pq_hybrid is True


def test_compression_and_no_safe_renegotiation() -> None:
    def chosen(said: bytes) -> bytes | None:
        made = hello(0x0301, 0x002F)
        return made[:-1] + b"\x01" if version_of(said) == 0x0301 else None

    seen = seen_of(accepts(chosen))
    assert (seen.compression, seen.safe_renegotiation) == (True, False)
