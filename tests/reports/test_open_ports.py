"""The appendix of open ports: merged, bounded, never more identified than somebody said."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from inventory.facts.databases import DatabaseEndpoint
from inventory.facts.dns_service import DnsEndpoint
from inventory.facts.ldap import LdapEndpoint
from inventory.facts.mail import MailEndpoint
from inventory.facts.ntp_service import NtpEndpoint
from inventory.facts.rdp import RdpEndpoint
from inventory.facts.smb import SmbEndpoint
from inventory.facts.ssh_offer import SshEndpoint
from inventory.facts.tls import TlsEndpoint
from inventory.facts.web import WebEndpoint
from inventory.facts.winrm import WinrmEndpoint
from reports.formats import html, pdf
from reports.open_ports import (
    MOST_ADDRESSES,
    MOST_PORTS,
    NOT_IDENTIFIED,
    AssetPorts,
    How,
    Identified,
    OpenPort,
    Reach,
    gathered,
    told,
    words,
)
from reports.report import ReportData
from tests.reports.page import Page
from tests.reports.sample_whole import whole, whole_hostile

LISTED = Identified(How.LISTED, "sshd", "", "e" * 64)
SPOKE = Identified(How.ANSWERED, "ssh", "SSH-2.0-Fenwick_1.0")


def port(number: int, reach: Reach = Reach.NETWORK, *by: Identified, protocol: str = "tcp") -> OpenPort:
    return OpenPort(protocol, number, reach, ("0.0.0.0",) if reach is Reach.NETWORK else (), by or (LISTED,))  # noqa: S104


def test_what_two_ways_tell_of_one_port_is_one_port() -> None:
    (one,) = gathered("u", "a", [port(22), port(22, Reach.ANSWERED, SPOKE)], "").ports
    assert one.reach is Reach.ANSWERED
    assert one.told == (SPOKE, LISTED)
    assert one.services == ("ssh", "sshd")
    assert one.addresses == ("0.0.0.0",)  # noqa: S104


def test_udp_and_tcp_are_two_ports() -> None:
    told_ = gathered("u", "a", [port(53), port(53, protocol="udp")], "")
    assert [one.name for one in told_.ports] == ["tcp/53", "udp/53"]


def test_a_host_that_lists_too_much_is_cut_and_says_so() -> None:
    """Those that can be reached from furthest stay."""
    many = [port(n, Reach.LOCAL) for n in range(1, MOST_PORTS + 500)] + [port(65_000, Reach.ANSWERED, SPOKE)]
    one = gathered("u", "a", many, "")
    assert (len(one.ports), one.more) == (MOST_PORTS, 500)
    assert one.ports[-1].reach is Reach.ANSWERED
    same = [OpenPort("tcp", 1, Reach.LOCAL, (f"127.0.0.{n}",), (LISTED,)) for n in range(1, 200)]
    assert len(gathered("u", "a", same, "").ports[0].addresses) == MOST_ADDRESSES


ENDPOINTS = [
    pytest.param(TlsEndpoint("u", "p", tls12=True, tls13=True), "TLS 1.2, TLS 1.3", id="tls"),
    pytest.param(TlsEndpoint("u", "p", why="it refuses connections"), "", id="no tls"),
    pytest.param(
        WebEndpoint("u", "p", True, status=200, server_version="nginx/1.2"), "HTTP, status 200, nginx/1.2", id="web"
    ),
    pytest.param(WebEndpoint("u", "p", True), "", id="no web"),
    pytest.param(SshEndpoint("u", "p", banner="SSH-2.0-x"), "SSH-2.0-x", id="ssh"),
    pytest.param(SmbEndpoint("u", "p", dialect="3.1.1"), "SMB 3.1.1", id="smb"),
    pytest.param(SmbEndpoint("u", "p", version1=True), "SMB 1", id="smb 1"),
    pytest.param(SmbEndpoint("u", "p"), "", id="no smb"),
    pytest.param(RdpEndpoint("u", "p", reachable=True, security="CredSSP"), "RDP, CredSSP", id="rdp"),
    pytest.param(RdpEndpoint("u", "p", reachable=False), "", id="no rdp"),
    pytest.param(MailEndpoint("u", "p", "smtp", starttls=False), "SMTP", id="mail"),
    pytest.param(MailEndpoint("u", "p", "smtp"), "", id="no mail"),
    pytest.param(LdapEndpoint("u", "p", base="dc=x"), "LDAP, base dc=x", id="ldap"),
    pytest.param(LdapEndpoint("u", "p", anonymous=False), "LDAP", id="ldap without a base"),
    pytest.param(LdapEndpoint("u", "p"), "", id="no ldap"),
    pytest.param(DatabaseEndpoint("u", "p", "redis", reachable=True), "redis", id="database"),
    pytest.param(DatabaseEndpoint("u", "p", "redis", reachable=False), "", id="no database"),
    pytest.param(DnsEndpoint("u", "p", recursion=False, version="x 9"), "DNS, x 9", id="dns"),
    pytest.param(DnsEndpoint("u", "p"), "", id="no dns"),
    pytest.param(NtpEndpoint("u", "p", control=False, monlist=False), "NTP", id="ntp"),
    pytest.param(NtpEndpoint("u", "p"), "", id="no ntp"),
    pytest.param(WinrmEndpoint("u", "p", speaks=True, schemes=("Basic",)), "WS-Management, Basic", id="winrm"),
    pytest.param(WinrmEndpoint("u", "p", speaks=False), "", id="no winrm"),
    pytest.param(object(), "", id="something else"),
]


@pytest.mark.parametrize(("seen", "said"), ENDPOINTS)
def test_an_endpoint_is_called_what_it_showed(seen: object, said: str) -> None:
    assert words(seen) == said


def test_rows_count_assets_and_name_what_was_said() -> None:
    found = [gathered(f"u{n}", f"a{n}", [port(22), port(22, Reach.ANSWERED, SPOKE)], "") for n in range(5)]
    found.append(gathered("u9", "a9", [port(22, Reach.LOCAL, Identified(How.LISTED, ""))], ""))
    found.append(AssetPorts("u8", "dark", (), "unreachable"))
    shown = told(found, 10, 10, 10)
    (row,) = shown.by_port
    assert (row.name, len(row.assets)) == ("tcp/22", 6)
    assert row.services == [("ssh", 5), ("sshd", 5), (NOT_IDENTIFIED, 1)]
    assert row.reach == [(Reach.ANSWERED, 5), (Reach.LOCAL, 1)]
    assert row.how == [(How.ANSWERED, 5), (How.LISTED, 6)]
    assert row.said == ["SSH-2.0-Fenwick_1.0"]
    assert (shown.assets, shown.hosts, shown.listed) == (7, 6, 6)
    assert shown.why == [("unreachable", 1)]
    (last,) = [one for one in shown.by_asset if one.uid == "u9"]
    assert (last.open, last.local) == ([], 1)


def test_tables_are_cut_and_the_widest_stay() -> None:
    found = [gathered("u", "a", [port(n, Reach.LOCAL) for n in range(1, 50)] + [port(60_000)], "")]
    shown = told(found, 3, 1, 1)
    assert [row.name for row in shown.by_port] == ["tcp/1", "tcp/2", "tcp/60000"]
    assert shown.ports == 50
    assert shown.by_asset[0].open == [("tcp/60000", "sshd")]


@pytest.mark.parametrize("make", [whole, whole_hostile])
def test_the_appendix_is_in_html_and_pdf(make: Callable[[int], ReportData]) -> None:
    data, out = make(2), io.BytesIO()
    away = AssetPorts("x", "dark", (), "unreachable")
    data = replace(data, ports=(*data.ports, away))
    html.render(data, out)
    page = Page(out.getvalue().decode())
    assert "ports" in page.ids
    for text in (page.words, pdf.html(data)):
        assert "Open ports, and how each was identified" in text
        assert "tcp/22" in text
        assert "this machine only" in text
        assert "unreachable" in text


def test_without_ports_there_is_no_appendix() -> None:
    out = io.BytesIO()
    html.render(replace(whole(2), ports=()), out)
    assert b'id="ports"' not in out.getvalue()
