"""Which looks from outside concern an asset: those whose kind of endpoint the inventory names."""

import pytest

from checks.catalogue import catalogue
from inventory.asset import Asset, Connection
from inventory.endpoint import PORTS
from inventory.sources.endpoint_words import endpoint_of
from scanner.probes import OUTSIDE, asked_of, concerns, probes_of
from scanner.transports.looks.conversations import CONVERSATIONS, PACKETS

NAMES = [probe.name for probe in OUTSIDE]


def asset(*urls: str, way: str = "endpoint") -> Asset:
    return Asset("a", Connection(way, "192.0.2.1"), endpoints=tuple(map(endpoint_of, urls)))


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        ((), []),
        (("https://",), ["tls", "web"]),
        (("http://",), ["web"]),
        (("ssh://", "smb://"), ["ssh_offer", "smb"]),
        (("smtp://", "ldap://"), ["tls", "mail", "ldap"]),
        (("postgresql://",), ["tls", "databases"]),
        (
            ("dns://ns.example/zone.example", "ntp://", "rdp://", "winrm://"),
            ["rdp", "winrm", "dns_service", "ntp_service"],
        ),
    ],
)
def test_only_what_the_inventory_names_is_asked(urls: tuple[str, ...], names: list[str]) -> None:
    one = asset(*urls)
    asked = [probe.name for probe in asked_of(one, tuple(probes_of("endpoint").values()))]
    assert [name for name in asked if name in NAMES] == names
    assert [name for name in NAMES if concerns(one, (name,))] == names


def test_every_scheme_is_looked_at_and_every_look_has_its_checks() -> None:
    schemes = {scheme: asset(f"{scheme}://a:1") for scheme in PORTS}
    assert [scheme for scheme, one in schemes.items() if not any(concerns(one, (name,)) for name in NAMES)] == []
    needed = {fact for check in catalogue() for fact in check.needs}
    assert [name for name in NAMES if name not in needed] == []


def test_every_service_has_its_questions() -> None:
    looked = {
        scheme
        for scheme in PORTS
        if any(p.name not in ("tls", "web", "ssh_offer") and p.query(asset(f"{scheme}://a:1"), ()) for p in OUTSIDE)
    }
    assert looked == CONVERSATIONS.keys() | PACKETS.keys()


def test_a_zone_stands_behind_its_server() -> None:
    endpoint = endpoint_of("dns://ns.example/zone.example")
    assert (endpoint.host, endpoint.port, endpoint.path) == ("ns.example", 53, "/zone.example")
    assert endpoint.url("192.0.2.1") == "dns://ns.example:53/zone.example"
    assert endpoint_of("dns://").url("192.0.2.1") == "dns://192.0.2.1:53"
