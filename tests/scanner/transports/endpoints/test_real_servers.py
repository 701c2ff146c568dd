"""Each prober against the real server of its kind."""

import re

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Ask, Call, Dns, Ntp, Tls
from tests.lab.daemons import Daemons
from tests.lab.nginx import free_ports
from tests.lab.recipes import MANY, SERIAL, ZONE
from tests.lab.sshd import Sshd
from tests.scanner.transports.endpoints.looking import look

UP, DOWN, DEGRADED = State.UP, State.DOWN, State.DEGRADED
pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("server", "kind", "notes"),
    [
        ("ntp", "ntp", {"stratum": "5", "offset_seconds": r"-?0\.\d{6}"}),
        ("postgresql", "postgresql", {"tls_offered": "no"}),
        ("mysql", "mysql", {"version": r"5\.5\.5-1\d\.\d+\.\d+-MariaDB.*"}),
        ("redis", "redis", {"wants_password": "no"}),
        ("redis-password", "redis", {"wants_password": "yes"}),
        ("smb", "smb", {"dialect": "3.0.2", "signing": "enabled"}),
        ("smb-signed", "smb", {"dialect": "3.0.2", "signing": "required"}),
        ("smb-new", "smb", {"dialect": "none of 2.0.2 to 3.0.2"}),
        ("rdp", "rdp", {"security": "TLS"}),
        ("rdp-old", "rdp", {"security": "RDP"}),
        ("smtp", "smtp", {}),
        ("mailbox", "imap", {}),
        ("ldap", "ldap", {}),
        ("sip", "sip", {"status": "200"}),
        ("dns", "dns", {"rcode": "REFUSED"}),
    ],
)
def test_up(daemons: Daemons, server: str, kind: str, notes: dict[str, str]) -> None:
    sample = look(kind, daemons[server].port)
    assert (sample.state, sample.reason) == (UP, "")
    assert sample.notes.keys() == notes.keys()
    assert all(re.fullmatch(notes[name], told) for name, told in sample.notes.items()), sample.notes
    assert 0 < len(sample.evidence) <= 4096
    assert 0 < sample.timings["total"] < 4000


def test_an_ssh_banner(lab_sshd: Sshd) -> None:
    sample = look("ssh", lab_sshd.port)
    assert (sample.state, sample.reason) == (UP, "")
    assert sample.notes["banner"].startswith("SSH-2.0-OpenSSH_")


@pytest.mark.parametrize(
    ("server", "place", "kind", "starttls"),
    [
        pytest.param("smtp", 0, "smtp", True, id="smtp, STARTTLS"),
        pytest.param("smtp", 1, "smtp", False, id="smtps"),
        pytest.param("mailbox", 0, "imap", True, id="imap, STARTTLS"),
        pytest.param("mailbox", 1, "imap", False, id="imaps"),
        pytest.param("mailbox", 2, "pop3", True, id="pop3, STLS"),
        pytest.param("mailbox", 3, "pop3", False, id="pop3s"),
        pytest.param("ldap", 0, "ldap", True, id="ldap, StartTLS"),
        pytest.param("ldap", 1, "ldap", False, id="ldaps"),
    ],
)
def test_inside_tls(daemons: Daemons, server: str, place: int, kind: str, starttls: bool) -> None:
    daemon, upgrade = daemons[server], kind if starttls else None
    ca = str(daemon.authority.file)
    good = look(kind, daemon.ports[place], tls=Tls(ca=ca, starttls=upgrade))
    assert (good.state, good.reason) == (UP, "")
    assert good.notes["tls"] in ("TLSv1.2", "TLSv1.3")
    assert good.timings["tls"] > 0
    alone = look("tls", daemon.ports[place], Tls(ca=ca, starttls=upgrade))
    assert (alone.state, alone.notes["not_after"]) == (UP, good.notes["not_after"])
    soon = look(kind, daemon.ports[place], tls=Tls(ca=ca, starttls=upgrade, min_days=100))
    assert (soon.state, "its certificate ends on" in soon.reason) == (DEGRADED, True)
    stranger = look(kind, daemon.ports[place], tls=Tls(starttls=upgrade))
    assert (stranger.state, "certificate does not hold" in stranger.reason) == (DOWN, True)


@pytest.mark.parametrize(
    ("server", "place", "kind", "tls", "said"),
    [
        pytest.param("smtp-clear", 0, "smtp", Tls(starttls="smtp"), "refuses STARTTLS with 503", id="no STARTTLS"),
        pytest.param("postgresql", 0, "tls", Tls(starttls="postgresql"), "it offers no TLS", id="no TLS in postgres"),
        pytest.param("smtp", 0, "smtp", Tls(), "no TLS session came about", id="TLS where STARTTLS is spoken"),
        pytest.param("redis", 0, "smtp", None, "does not speak SMTP|no answer within", id="another protocol"),
        pytest.param("smtp", 0, "mysql", None, "does not greet as MySQL", id="not MySQL"),
        pytest.param("smtp", 0, "ssh", None, "no whole answer within", id="not SSH"),
        pytest.param("smtp", 0, "imap", None, "does not greet as IMAP", id="not IMAP"),
        pytest.param("smtp", 0, "ldap", None, "does not speak LDAP", id="not LDAP"),
        pytest.param("smtp", 0, "postgresql", None, "does not speak PostgreSQL", id="not PostgreSQL"),
        pytest.param("smtp", 0, "redis", None, "does not answer as Redis", id="not Redis"),
        pytest.param("smtp", 0, "rdp", None, "does not speak RDP", id="not RDP"),
        pytest.param("smtp", 0, "smb", None, "does not speak SMB", id="not SMB"),
        pytest.param("smtp", 0, "sql-server", None, "does not answer as SQL Server", id="not SQL Server"),
        pytest.param("ntp-alone", 0, "ntp", None, "its own clock is not synchronised", id="a clock on its own"),
        pytest.param("sip-busy", 0, "sip", None, "it answers OPTIONS with 503", id="no calls now"),
    ],
)
def test_down(daemons: Daemons, server: str, place: int, kind: str, tls: Tls | None, said: str) -> None:
    ask = tls if kind == "tls" else None
    sample = look(kind, daemons[server].ports[place], ask, tls=tls if ask is None else None, timeout=0.6)
    assert sample.state is DOWN
    assert re.search(said, sample.reason), sample.reason


@pytest.mark.parametrize("kind", ["ntp", "sip", "dns", "udp", "call", "tcp", "ssh", "smb", "redis", "ldap"])
def test_nobody_listens(kind: str) -> None:
    sample = look(kind, free_ports(1)[0], Call(10, 5) if kind == "call" else None)
    assert sample.state is DOWN
    assert "connection refused" in sample.reason


def test_a_clock_that_is_off(daemons: Daemons) -> None:
    from scanner.transports.endpoints.around import Around

    ahead = Around(clock=lambda: __import__("time").time() + 90)
    sample = look("ntp", daemons["ntp"].port, Ntp(max_offset_seconds=1), around=ahead)
    assert sample.state is DEGRADED
    assert sample.reason.startswith("its clock is -90.0")
    assert look("ntp", daemons["ntp"].port, Ntp(max_offset_seconds=5)).state is UP


@pytest.mark.parametrize(
    ("ask", "state", "said", "notes"),
    [
        (Dns(f"portal.{ZONE}"), UP, "", {"answers": "192.0.2.10"}),
        (Dns(f"portal.{ZONE}", answers=("192.0.2.10",)), UP, "", {}),
        (Dns(f"portal.{ZONE}", answers=("192.0.2.99",)), DOWN, "192.0.2.99 is not among its answers", {}),
        (Dns(f"www.{ZONE}", answers=("192.0.2.10",)), UP, "", {}),
        (Dns(ZONE, "MX", answers=(f"10 mail.{ZONE}",)), UP, "", {"answers": f"10 mail.{ZONE}."}),
        (Dns(ZONE, "SOA", recursion=False), UP, "", {"serial": str(SERIAL)}),
        (Dns(f"nowhere.{ZONE}"), DOWN, "it answers NXDOMAIN", {"rcode": "NXDOMAIN"}),
        (Dns(f"portal.{ZONE}", "AAAA"), DOWN, "it knows no AAAA", {"rcode": "NOERROR"}),
        (Dns("elsewhere.invalid"), DOWN, "it answers REFUSED", {}),
        (Dns(f"many.{ZONE}", "TXT", answers=(f"record number {MANY - 1}",)), UP, "", {"over": "tcp"}),
    ],
    ids=lambda value: f"{value.type} {value.query}" if isinstance(value, Dns) else "",
)
def test_dns(daemons: Daemons, ask: Ask, state: State, said: str, notes: dict[str, str]) -> None:
    sample = look("dns", daemons["dns"].port, ask)
    assert (sample.state, said in sample.reason) == (state, True), sample.reason
    assert {name: sample.notes[name] for name in notes} == notes


def test_mysql_without_a_connection_left(daemons: Daemons) -> None:
    import socket

    port = daemons["mysql"].port
    many = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
    try:
        for peer in many:
            peer.settimeout(5)
            peer.recv(5)  # it has counted us
        sample = look("mysql", port)
    finally:
        for peer in many:
            peer.close()
    assert (sample.state, sample.reason) == (DOWN, "it has no connection left (error 1040)")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_icmp(host: str) -> None:
    sample: Sample = look("icmp", 0, host=host)
    if sample.state is State.UNKNOWN:
        pytest.skip(sample.reason)  # no ping socket and no raw one: a plain user in a strict container
    assert (sample.state, sample.reason) == (UP, "")
    assert sample.timings["echo"] > 0
