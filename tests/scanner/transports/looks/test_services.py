"""Services beside TLS, web and SSH: real servers in a good and a bad configuration, and hand-made answers.

RDP with Network Level Authentication, MongoDB, Elasticsearch, SQL Server, Oracle, WinRM and ntpd are not among Debian's
packages or not to be had here: their answers are made by hand from their specifications, and none was recorded.
"""

import struct
from typing import Any

import pytest

from tests.lab.daemons import Daemons
from tests.lab.talkers import deaf, nobody, says, says_and_reads, talker
from tests.scanner.transports.looks.outside import looked, one

REAL: dict[str, tuple[str, str, str, dict[str, object]]] = {  # name: daemon, fact, scheme, what is expected
    "SMB": ("smb", "smb", "smb", {"version1": False, "dialect": "3.1.1", "signing_required": False, "why": ""}),
    "SMB, signed": ("smb-signed", "smb", "smb", {"version1": False, "signing_required": True}),
    "SMB 1": ("smb-old", "smb", "smb", {"version1": True, "dialect": "3.1.1", "signing_required": False}),
    "RDP with TLS": ("rdp", "rdp", "rdp", {"reachable": True, "nla_required": False}),
    "RDP's own": (
        "rdp-old",
        "rdp",
        "rdp",
        {"reachable": True, "nla_required": False, "security": "RDP's own security"},
    ),
    "SMTP": ("smtp", "mail", "smtp", {"starttls": True, "clear_logins": (), "relays": None}),
    "SMTP, clear": ("smtp-clear", "mail", "smtp", {"starttls": False, "clear_logins": ()}),
    "SMTP, passwords": ("smtp-passwords", "mail", "smtp", {"starttls": True, "clear_logins": ("PLAIN",)}),
    "IMAP": ("mailbox", "mail", "imap", {"starttls": True, "clear_logins": ("the LOGIN command", "PLAIN")}),
    "LDAP": ("ldap", "ldap", "ldap", {"anonymous": True, "base": "dc=lab,dc=example", "why": ""}),
    "LDAP, closed": ("ldap-closed", "ldap", "ldap", {"anonymous": False}),
    "Redis": ("redis", "databases", "redis", {"reachable": True, "without_login": True, "tls": None}),
    "Redis, password": ("redis-password", "databases", "redis", {"reachable": True, "without_login": False}),
    "PostgreSQL": ("postgresql", "databases", "postgresql", {"reachable": True, "tls": False, "without_login": None}),
    "PostgreSQL, TLS": ("postgresql-tls", "databases", "postgresql", {"reachable": True, "tls": True}),
    "MariaDB": ("mysql", "databases", "mysql", {"reachable": True, "tls": False}),
    "MariaDB, TLS": ("mysql-tls", "databases", "mysql", {"reachable": True, "tls": True}),
    "DNS": ("dns", "dns_service", "dns", {"recursion": False, "transfer": None, "unprotected": None}),
    "DNS, open": ("dns-open", "dns_service", "dns", {"recursion": True, "why": ""}),
    "NTP": ("ntp", "ntp_service", "ntp", {"control": False, "monlist": False, "why": ""}),
}


def fields(endpoint: object, expected: dict[str, object]) -> dict[str, object]:
    return {name: getattr(endpoint, name) for name in expected}


@pytest.mark.lab
@pytest.mark.parametrize("name", REAL)
def test_real_servers(daemons: Daemons, name: str) -> None:
    daemon, fact, scheme, expected = REAL[name]
    seen = one(fact, f"{scheme}://:{daemons[daemon].port}")
    assert fields(seen, expected) == expected


@pytest.mark.lab
def test_a_zone_that_is_given_away_and_half_protected(daemons: Daemons) -> None:
    seen = one("dns_service", f"dns://:{daemons['dns-zone'].port}/lab.example")
    expected = {"zone": "lab.example", "recursion": False, "transfer": True, "unprotected": ("DNSSEC", "DMARC")}
    assert fields(seen, expected) == expected


@pytest.mark.lab
@pytest.mark.parametrize(("scheme", "port"), [("imap", 0), ("pop3", 2)])
def test_a_mailbox_that_takes_passwords_inside_tls_only(daemons: Daemons, scheme: str, port: int) -> None:
    seen = one("mail", f"{scheme}://:{daemons['mailbox-closed'].ports[port]}", address="127.0.0.2")
    assert (seen.starttls, seen.clear_logins) == (True, ())


@pytest.mark.lab
def test_pop3_that_takes_passwords_in_the_clear(daemons: Daemons) -> None:
    seen = one("mail", f"pop3://:{daemons['mailbox'].ports[2]}")
    assert (seen.starttls, seen.clear_logins) == (True, ("the USER command", "PLAIN"))


@pytest.mark.lab
@pytest.mark.parametrize(("daemon", "relays"), [("smtp-relay", True), ("smtp-clear", False)])
def test_relaying_is_asked_for_only_where_the_scope_is_intrusive(daemons: Daemons, daemon: str, relays: bool) -> None:
    url = f"smtp://:{daemons[daemon].port}"
    assert one("mail", url, permitted="intrusive").relays is relays
    assert one("mail", url, permitted="polite").relays is None
    assert one("mail", url, permitted="intrusive", fragile=True).relays is None


def test_a_passive_scope_permits_no_question() -> None:
    with talker(says(b"220 x\r\n")) as port:
        visit, facts = looked(f"smtp://:{port}", only="mail", permitted="passive")
    assert not visit.attempt.reached
    assert "passive" in facts["mail"].detail


def rdp(answer: str) -> bytes:
    body = bytes.fromhex("0ed000001234 00") + bytes.fromhex(answer)
    return b"\x03\x00" + (len(body) + 4).to_bytes(2, "big") + body


def op_msg(document: bytes) -> bytes:
    body = struct.pack("<i", len(document) + 5) + document + b"\0"
    return struct.pack("<iiiiIB", 21 + len(body), 1, 1, 2013, 0, 0) + body


def http(status: str, *headers: str, body: str = "") -> bytes:
    lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", body)
    return "\r\n".join(lines).encode()


MADE: dict[str, tuple[str, str, bytes, dict[str, object]]] = {  # name: scheme, fact, the answer, what is expected
    # MS-RDPBCGR, section 2.2.1.2.2: HYBRID_REQUIRED_BY_SERVER
    "RDP wants CredSSP": ("rdp", "rdp", rdp("03000800 05000000"), {"reachable": True, "nla_required": True}),
    "RDP takes RDP only": ("rdp", "rdp", rdp("03000800 02000000"), {"reachable": True, "nla_required": False}),
    "RDP wants a client certificate": ("rdp", "rdp", rdp("03000800 06000000"), {"nla_required": None}),
    "RDP of old": ("rdp", "rdp", bytes.fromhex("0300000b06d00000123400"), {"nla_required": False}),
    "MongoDB, open": ("mongodb", "databases", op_msg(b"\x01ok\0" + struct.pack("<d", 1)), {"without_login": True}),
    "MongoDB, closed": (
        "mongodb",
        "databases",
        op_msg(b"\x01ok\0" + struct.pack("<d", 0) + b"\x10code\0\x0d\0\0\0"),
        {"reachable": True, "without_login": False},
    ),
    "MongoDB, another fault": (
        "mongodb",
        "databases",
        op_msg(b"\x01ok\0" + struct.pack("<d", 0) + b"\x10code\0\x0b\0\0\0"),
        {"reachable": True, "without_login": None},
    ),
    "Elasticsearch, open": (
        "elasticsearch",
        "databases",
        http("200 OK", body='{"cluster_name" : "x"}'),
        {"without_login": True},
    ),
    "Elasticsearch, closed": (
        "elasticsearch",
        "databases",
        http("401 Unauthorized", 'WWW-Authenticate: Basic realm="security"'),
        {"reachable": True, "without_login": False},
    ),
    "another web server": ("elasticsearch", "databases", http("200 OK", body="hello"), {"reachable": None}),
    "SQL Server": (
        "sql-server",
        "databases",
        bytes.fromhex("0401 0010 00000100 ff00000000000000"),
        {"reachable": True, "tls": None},
    ),
    "Oracle": ("oracle", "databases", b"", {"reachable": True, "without_login": None}),
    "Redis of others": ("redis", "databases", b"-DENIED protected mode\r\n", {"without_login": False}),
    "WinRM": (
        "winrm",
        "winrm",
        http(
            "401 ", "Server: Microsoft-HTTPAPI/2.0", "WWW-Authenticate: Negotiate", 'WWW-Authenticate: Basic realm="W"'
        ),
        {"speaks": True, "schemes": ("Negotiate", "Basic")},
    ),
    "no WinRM": ("winrm", "winrm", http("404 Not Found"), {"speaks": False}),
    "MySQL that does not know us": (
        "mysql",
        "databases",
        b"\x05\0\0\0\xff\x6a\x04no",
        {"reachable": True, "tls": None},
    ),
    "SMB 2.1 alone, signed": (
        "smb",
        "smb",
        (lambda said: len(said).to_bytes(4, "big") + said)(
            b"\xfeSMB" + struct.pack("<HHI", 64, 0, 0) + bytes(52) + struct.pack("<HHH", 65, 3, 0x0210) + bytes(60)
        ),
        {"dialect": "2.1.0", "signing_required": True, "version1": False},
    ),
    "IMAP without LOGIN": (
        "imap",
        "mail",
        b"* OK x\r\n* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK\r\n",
        {"starttls": True, "clear_logins": ()},
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_answers_made_by_hand(name: str) -> None:
    scheme, fact, answer, expected = MADE[name]
    first = says(answer) if scheme in ("mysql", "imap", "oracle") else says_and_reads(answer)
    with talker(first) as port:
        seen = one(fact, f"{scheme}://:{port}")
    assert fields(seen, expected) == expected


EVERY = {
    "smb": ("smb", "signing_required"),
    "rdp": ("rdp", "nla_required"),
    "smtp": ("mail", "starttls"),
    "imap": ("mail", "clear_logins"),
    "pop3": ("mail", "starttls"),
    "ldap": ("ldap", "anonymous"),
    "redis": ("databases", "without_login"),
    "mongodb": ("databases", "without_login"),
    "elasticsearch": ("databases", "without_login"),
    "mysql": ("databases", "tls"),
    "postgresql": ("databases", "tls"),
    "sql-server": ("databases", "reachable"),
    "winrm": ("winrm", "speaks"),
}
NOISE = {
    "garbage": bytes(range(256)) * 8,
    "ends at once": b"",
    "cut": b"\x00\x00\x10\x00\xfeSMB",
    "long length": b"\x03\x00\xff\xff\xff\xff\xff\xff",
    "BER that lies": b"\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
}


@pytest.mark.parametrize("scheme", EVERY)
@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_no_verdict(scheme: str, noise: str) -> None:
    fact, field = EVERY[scheme]
    with talker(says(NOISE[noise], hold=False)) as port:
        seen = one(fact, f"{scheme}://:{port}")
    assert getattr(seen, field) is None
    assert seen.why


@pytest.mark.parametrize("scheme", EVERY)
def test_a_port_that_refuses(scheme: str) -> None:
    fact, _ = EVERY[scheme]
    with nobody() as port:
        seen = one(fact, f"{scheme}://:{port}")
    assert seen.why == "it refuses connections" or seen.speaks is False
    reachable: Any = getattr(seen, "reachable", None)
    assert reachable is (False if fact in ("rdp", "databases") else None)


def test_a_port_that_gives_no_answer_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.transports.looks.wire.CONNECT_SECONDS", 0.2)
    with deaf() as port:
        seen = one("databases", f"redis://:{port}")
    assert (seen.reachable, seen.why) == (None, "it gives no answer")
