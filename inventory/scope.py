"""Which permission covers an asset on a day (domain.md: scan refuses what no scope covers)."""

import ipaddress
from dataclasses import replace
from datetime import date
from functools import lru_cache

from inventory.asset import Asset
from inventory.estate import Estate, Intrusiveness, Scope

_HOST, _NETWORK, _GROUP, _ALL = 3000, 2000, 1000, 1  # how closely a scope names an asset
_GENTLER = list(Intrusiveness)


def permitted_today(estate: Estate, authorised_by: str, reference: str, day: date) -> Estate:
    """An estate without scopes, and the permission that a person gives for this one day: recorded with the scan."""
    scope = Scope("asked", authorised_by, reference, day, day, Intrusiveness.POLITE, groups=("all",))
    return replace(estate, scopes={scope.id: scope})


def covering(estate: Estate, asset: Asset, day: date) -> Scope | None:
    """The scope that permits looking at the asset on that day, or None.

    Of several, the one that names the asset most closely counts: the host, then the smallest network, then a group,
    then ``all``. Among equals the gentlest counts, then the first by name. Networks are matched against the literal
    address; names are not resolved.
    """
    valid = [(closeness(scope, asset), scope) for scope in estate.scopes.values() if scope.valid_on(day)]
    covers = [(near, scope) for near, scope in valid if near]
    if not covers:
        return None
    return min(covers, key=lambda c: (-c[0], _GENTLER.index(c[1].intrusiveness), c[1].id))[1]


def closeness(scope: Scope, asset: Asset) -> int:
    """How closely the scope names the asset; 0 when it does not."""
    if asset.name in scope.hosts:
        return _HOST
    if lengths := [n.prefixlen for n in map(_network, scope.networks) if _inside(asset.connection.address, n)]:
        return _NETWORK + max(lengths)
    if set(scope.groups) & set(asset.groups) - {"all"}:
        return _GROUP
    return _ALL if "all" in scope.groups else 0


@lru_cache(maxsize=4096)
def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(cidr)


def _inside(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:
        return False
