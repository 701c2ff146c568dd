"""Ports that were found open, on which assets, and how each was identified. Pure.

A port is told when the host itself lists it as listening, when it answered the scanner from outside, when it is the
scanner's own way in, or when another tool's imported file tells of it. Its number alone identifies nothing: what nobody
named stays *not identified*. Where a host did not list its sockets, other ports may be open, and the reason stands with
the asset.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

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
from reports.text import safe_text

MOST_PORTS = 1_000  # of one asset
MOST_ADDRESSES = 16  # of one port
MOST_SAID = 200  # characters of a banner
MOST_SHOWN, MOST_QUOTED = 3, 2  # names and banners in one cell
NOT_IDENTIFIED = "not identified"


class How(StrEnum):
    """How somebody came to know of a port."""

    ANSWERED = "answered from outside"
    WAY_IN = "the scanner's way in"
    LISTED = "listed by the host"
    IMPORTED = "told by another tool"


class Reach(StrEnum):
    """From where a port can be reached, as far as it was seen; the widest first."""

    ANSWERED = "answered the scanner"
    ELSEWHERE = "answered another tool"
    NETWORK = "bound to the network"
    LOCAL = "this machine only"


_WIDEST = tuple(Reach)
_FIRST = tuple(How)


@dataclass(frozen=True, slots=True)
class Identified:
    """One way in which a port was identified."""

    how: How
    service: str  # ssh, https; of a socket that the host lists the name of its process; "" it did not tell
    said: str = ""  # how it told itself: banner, versions. A target's words
    evidence: str = ""  # sha256 of the answer; "" there is none of its own


@dataclass(frozen=True, slots=True)
class OpenPort:
    protocol: str  # tcp, udp
    port: int
    reach: Reach
    addresses: tuple[str, ...]  # that it is bound to, as the host lists them; empty: it did not list it
    told: tuple[Identified, ...]  # never empty

    @property
    def name(self) -> str:
        return f"{self.protocol}/{self.port}"

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.service for one in self.told if one.service))


@dataclass(frozen=True, slots=True)
class AssetPorts:
    asset_uid: str
    asset: str
    ports: tuple[OpenPort, ...]  # by protocol and number
    why: str = ""  # why the host's own list of sockets is not there; "": it is, and it is whole
    more: int = 0  # ports beyond those that are kept


def gathered(asset_uid: str, asset: str, found: Iterable[OpenPort], why: str) -> AssetPorts:
    """One entry for each protocol and number. Of too many those are kept that can be reached from furthest."""
    merged: dict[tuple[str, int], OpenPort] = {}
    for one in found:
        key = one.protocol, one.port
        merged[key] = _both(merged[key], one) if key in merged else one
    kept = sorted(merged.values(), key=lambda p: (_WIDEST.index(p.reach), p.protocol, p.port))[:MOST_PORTS]
    ports = tuple(sorted(kept, key=lambda p: (p.protocol, p.port)))
    return AssetPorts(asset_uid, asset, ports, why, len(merged) - len(ports))


def _both(one: OpenPort, other: OpenPort) -> OpenPort:
    told = sorted({*one.told, *other.told}, key=lambda t: (_FIRST.index(t.how), t.service, t.said))
    return replace(
        one,
        reach=min(one.reach, other.reach, key=_WIDEST.index),
        addresses=tuple(sorted({*one.addresses, *other.addresses}))[:MOST_ADDRESSES],
        told=tuple(told),
    )


def words(seen: object) -> str:
    """What an endpoint's fact says of the service behind it; "" when nothing could be seen of it."""
    teller = _TELLERS.get(type(seen))
    return teller(seen) if teller else ""


def _tls(seen: TlsEndpoint) -> str:
    subject = f", certificate for {seen.certificate.subject}" if seen.certificate else ""
    return "" if seen.versions == "none" else f"{seen.versions}{subject}"


def _web(seen: WebEndpoint) -> str:
    server = f", {seen.server_version}" if seen.server_version else ""
    return "" if seen.status is None else f"HTTP, status {seen.status}{server}"


def _smb(seen: SmbEndpoint) -> str:
    return f"SMB {seen.dialect}" if seen.dialect else "SMB 1" if seen.version1 else ""


def _rdp(seen: RdpEndpoint) -> str:
    security = f", {seen.security}" if seen.security else ""
    return f"RDP{security}" if seen.reachable else ""


def _mail(seen: MailEndpoint) -> str:
    return "" if seen.starttls is None and seen.clear_logins is None else seen.protocol.upper()


def _ldap(seen: LdapEndpoint) -> str:
    return f"LDAP, base {seen.base}" if seen.base else "" if seen.anonymous is None else "LDAP"


def _dns(seen: DnsEndpoint) -> str:
    version = f", {seen.version}" if seen.version else ""
    return "" if seen.recursion is None and seen.version is None else f"DNS{version}"


def _winrm(seen: WinrmEndpoint) -> str:
    schemes = f", {', '.join(seen.schemes)}" if seen.schemes else ""
    return f"WS-Management{schemes}" if seen.speaks else ""


_TELLERS: Mapping[type, Callable[[Any], str]] = {
    TlsEndpoint: _tls,
    WebEndpoint: _web,
    SshEndpoint: lambda seen: seen.banner,
    SmbEndpoint: _smb,
    RdpEndpoint: _rdp,
    MailEndpoint: _mail,
    LdapEndpoint: _ldap,
    DatabaseEndpoint: lambda seen: seen.product if seen.reachable else "",
    DnsEndpoint: _dns,
    NtpEndpoint: lambda seen: "" if seen.control is None and seen.monlist is None else "NTP",
    WinrmEndpoint: _winrm,
}


# for people


@dataclass(frozen=True, slots=True)
class PortRow:
    """One port over all assets."""

    name: str
    reach: Sequence[tuple[Reach, int]]  # on how many assets
    services: Sequence[tuple[str, int]]  # the most common first
    said: Sequence[str]  # the most common first
    how: Sequence[tuple[How, int]]
    assets: Sequence[str]  # names
    more_services: int
    more_said: int


@dataclass(frozen=True, slots=True)
class AssetRow:
    uid: str
    asset: str
    open: Sequence[tuple[str, str]]  # those that others can reach: tcp/22, what it is
    local: int
    more: int
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """``hosts``: assets of which a port is known. ``listed``: those that listed their sockets themselves."""

    by_port: Sequence[PortRow]
    by_asset: Sequence[AssetRow]
    ports: int  # that there are, before the tables are cut
    hosts: int
    assets: int
    listed: int
    why: Sequence[tuple[str, int]]


def told(found: Sequence[AssetPorts], most_ports: int, most_assets: int, most_each: int) -> Told:
    groups: dict[tuple[str, int], list[tuple[str, OpenPort]]] = {}
    for one in found:
        for port in one.ports:
            groups.setdefault((port.protocol, port.port), []).append((one.asset, port))
    kept = sorted(groups, key=lambda key: (_reach_of(groups[key]), -len(groups[key]), key))[:most_ports]
    known = [one for one in found if one.ports]
    return Told(
        [_port_row(groups[key]) for key in sorted(kept)],
        [_asset_row(one, most_each) for one in known[:most_assets]],
        len(groups),
        len(known),
        len(found),
        sum(not one.why for one in found),
        Counter(one.why for one in found if one.why).most_common(),
    )


def _reach_of(found: Iterable[tuple[str, OpenPort]]) -> int:
    return min(_WIDEST.index(port.reach) for _, port in found)


def _port_row(found: Sequence[tuple[str, OpenPort]]) -> PortRow:
    ports = [port for _, port in found]
    services = _ranked(name for port in ports for name in port.services or (NOT_IDENTIFIED,))
    said = _ranked(text for port in ports for text in dict.fromkeys(t.said for t in port.told if t.said))
    reach = Counter(port.reach for port in ports)
    how = Counter(how for port in ports for how in {t.how for t in port.told})
    return PortRow(
        ports[0].name,
        [(one, reach[one]) for one in Reach if reach[one]],
        services[:MOST_SHOWN],
        [text for text, _ in said[:MOST_QUOTED]],
        [(one, how[one]) for one in How if how[one]],
        [name for name, _ in found],
        max(0, len(services) - MOST_SHOWN),
        max(0, len(said) - MOST_QUOTED),
    )


def _ranked(texts: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0]))


def _asset_row(one: AssetPorts, most: int) -> AssetRow:
    wide = [port for port in one.ports if port.reach is not Reach.LOCAL]
    shown = [(port.name, safe_text(" / ".join(port.services) or NOT_IDENTIFIED, 80)) for port in wide[:most]]
    return AssetRow(
        one.asset_uid, one.asset, shown, len(one.ports) - len(wide), len(wide) - len(shown) + one.more, one.why
    )


# as JSON values


def plain(found: Iterable[AssetPorts]) -> Iterable[dict[str, object]]:
    """In the shape of docs/report-schema.json, one asset after the other."""
    for one in found:
        yield {
            "asset_uid": one.asset_uid,
            "asset": one.asset,
            "ports": [_plain(port) for port in one.ports],
            "why": one.why,
            "more": one.more,
        }


def _plain(port: OpenPort) -> dict[str, object]:
    names = ("how", "service", "said", "evidence")
    return {
        "protocol": port.protocol,
        "port": port.port,
        "reach": port.reach.value,
        "addresses": list(port.addresses),
        "told": [{name: str(getattr(t, name)) for name in names} for t in port.told],
    }
