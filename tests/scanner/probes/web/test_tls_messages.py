"""ServerHellos made by hand from the layout of their standards: what OpenSSL no longer speaks, and what is broken.

None of these was recorded from a server: SSL 2, SSL 3, RC4, EXPORT and 3DES are gone from OpenSSL.
"""

import pytest

from inventory.sources.endpoint_words import endpoint_of
from scanner.probes.web.ssh_offer import name_lists
from scanner.probes.web.tls import HELLOS
from scanner.probes.web.tls_messages import Alert, Broken, ServerHello, answer_of
from scanner.transports.tls_hello import client_hello, ended


def hello(version: int, suite: int, compression: int = 0, extensions: bytes = b"") -> bytes:
    """RFC 5246, section 7.4.1.3, in one record."""
    tail = len(extensions).to_bytes(2, "big") + extensions if extensions else b""
    body = version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + bytes([compression]) + tail
    return record(b"\x02" + len(body).to_bytes(3, "big") + body)


def record(message: bytes, kind: int = 22) -> bytes:
    return bytes([kind]) + b"\x03\x00" + len(message).to_bytes(2, "big") + message


@pytest.mark.parametrize(
    ("got", "version", "suite"),
    [
        (hello(0x0300, 0x0005), 0x0300, 0x0005),
        (hello(0x0301, 0x0003), 0x0301, 0x0003),
        (hello(0x0301, 0x000A, 1), 0x0301, 0x000A),
        (hello(0x0303, 0x1301, 0, bytes.fromhex("002b000203040033000211ec")), 0x0304, 0x1301),
    ],
    ids=["SSL 3 RC4", "EXPORT", "3DES, compressed", "TLS 1.3 ML-KEM"],
)
def test_server_hello(got: bytes, version: int, suite: int) -> None:
    said = answer_of(got)
    assert isinstance(said, ServerHello)
    assert (said.version, said.suite) == (version, suite)
    assert said.compression == (1 if suite == 0x000A else 0)
    assert said.group == (0x11EC if version == 0x0304 else None)


def test_ssl2_counts_when_it_names_a_cipher() -> None:
    body = bytes.fromhex("04 00 01 0002 0000 0003 0010 010080") + bytes(16)
    got = (0x8000 | len(body)).to_bytes(2, "big") + body
    said = answer_of(got, ssl2=True)
    assert isinstance(said, ServerHello)
    assert said.version == 2
    with pytest.raises(Broken):
        answer_of(got.replace(b"\x00\x03\x00\x10", b"\x00\x00\x00\x10"), ssl2=True)


def test_dh_prime_is_measured() -> None:
    prime = (1 << 1023 | 1).to_bytes(128, "big")
    exchange = b"\x0c" + (130).to_bytes(3, "big") + (128).to_bytes(2, "big") + prime
    said = answer_of(hello(0x0303, 0x009E) + record(exchange), dhe=True)
    assert isinstance(said, ServerHello)
    assert said.dh_bits == 1024


def test_alert() -> None:
    assert answer_of(record(b"\x02\x46", 21)) == Alert(70)


@pytest.mark.parametrize(
    "got",
    [b"x", b"HTTP/1.1 400", hello(0x0303, 5)[:20], record(b"\x0b\0\0\0"), record(b"\x02\0\0\x02\x03\x03"), record(b"")],
)
def test_what_is_broken_is_no_answer(got: bytes) -> None:
    with pytest.raises(Broken):
        answer_of(got)


@pytest.mark.parametrize("one", HELLOS, ids=lambda one: one.label)
def test_our_hellos_end_and_their_lengths_are_right(one: object) -> None:
    sent = client_hello(one, "a.example", bytes)  # type: ignore[arg-type]  # a Hello
    if one.label == "ssl2":  # type: ignore[attr-defined]
        assert int.from_bytes(sent[:2], "big") & 0x7FFF == len(sent) - 2
    else:
        assert int.from_bytes(sent[3:5], "big") == len(sent) - 5
        assert int.from_bytes(sent[6:9], "big") == len(sent) - 9
    alert = record(b"\x02\x28", 21)
    assert ended(one, alert + b"more") == len(alert)  # type: ignore[arg-type]
    assert ended(one, alert[:4]) is None  # type: ignore[arg-type]


def test_cut_kexinit_is_none() -> None:
    payload = b"\x14" + bytes(16) + b"".join(b"\0\0\0\1x" for _ in range(10)) + bytes(5)
    assert name_lists(payload) == [("x",)] * 10
    assert name_lists(payload[:40]) == []


@pytest.mark.parametrize(
    "url",
    [
        "portal",
        "ftp://a",
        "tls://a",
        "https://u:p@a/",
        "ssh://a/x",
        "https://a:99999/",
        "https://a/#x",
        "smb://a/share",
        "mysql://u@a",
        "dns://a/b/c",
        "dns://a/?b",
        "https://a b/",
    ],
)
def test_an_endpoint_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|path|port|address|zone"):
        endpoint_of(url)
