"""Whose results are these? The hosts of a foreign file against the assets of the inventory. Pure; nothing is guessed.

A strong identity in the file decides. Without one a name or an address of the inventory does, when all of them point
to one asset and that asset is not known under another identity. Loopback and "localhost" are every machine's and say
nothing. A short name counts when no full name fits and only one asset bears it.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inventory.asset import Asset
from inventory.estate import Estate
from scanner.importers.imported import Host

UNKNOWN = "no asset of the inventory has this name or address"
NAMELESS = "the file names no host: say whose results these are with --as"
MOST_NAMED = 5
Own = Mapping[str, frozenset[str]]  # name of an asset -> its strong identities


@dataclass(frozen=True, slots=True)
class Unmatched:
    host: Host
    why: str


@dataclass(slots=True)
class Matched:
    assets: dict[str, tuple[Asset, list[Host]]] = field(default_factory=dict)  # by name
    unmatched: list[Unmatched] = field(default_factory=list)


def match(hosts: Iterable[Host], estate: Estate, own: Own) -> Matched:
    index, found = _Index(estate.assets), Matched()
    for host in hosts:
        asset, why = _asset_of(host, index, own)
        if asset is None:
            found.unmatched.append(Unmatched(host, why))
        else:
            found.assets.setdefault(asset.name, (asset, []))[1].append(host)
    return found


def mismatch(host: Host, asset: Asset, own: Own) -> str:
    """Why the machine in the file cannot be this asset; "" when nothing speaks against it."""
    known = own.get(asset.name, frozenset())
    for token in host.identities:
        kind = token.partition(" ")[0]
        same_kind = {one for one in known if one.partition(" ")[0] == kind}
        if same_kind and same_kind.isdisjoint(host.identities):
            return f"it presents another {kind} than {asset.name} does"
    return ""


class _Index:
    def __init__(self, assets: Sequence[Asset]) -> None:
        self.assets = {asset.name: asset for asset in assets}
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._short: dict[str, set[str]] = defaultdict(set)
        for asset in assets:
            for key in _keys_of_asset(asset):
                self._exact[key].add(asset.name)
                if not key.startswith("ip:"):
                    self._short[key.partition(".")[0]].add(asset.name)

    def exact(self, keys: Iterable[str]) -> set[str]:
        return {name for key in keys for name in self._exact.get(key, ())}

    def short(self, keys: Iterable[str]) -> set[str]:
        """One of the two names has no domain, and the first labels are the same."""
        return {
            name
            for key in keys
            if not key.startswith("ip:")
            for name in self._short.get(key.partition(".")[0], ())
            if "." not in key or any("." not in k for k in _names_of_asset(self.assets[name]))
        }


def _keys_of_asset(asset: Asset) -> Iterator[str]:
    for text in (asset.name, asset.connection.address, *(endpoint.host for endpoint in asset.endpoints)):
        if key := _key(text):
            yield key


def _names_of_asset(asset: Asset) -> list[str]:
    return [key for key in _keys_of_asset(asset) if not key.startswith("ip:")]


def _key(text: str) -> str:
    """A name in lower case, ``ip:`` and an address in its one spelling, "" for what says nothing."""
    plain = text.strip().strip("[]").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return "" if plain.partition(".")[0] == "localhost" or not plain or len(plain) > 255 else plain
    mapped = getattr(address, "ipv4_mapped", None) or address
    useless = mapped.is_loopback or mapped.is_unspecified or mapped.is_multicast or mapped.is_link_local
    return "" if useless else f"ip:{mapped}"


def _asset_of(host: Host, index: _Index, own: Own) -> tuple[Asset | None, str]:
    bearers = {name for name, tokens in own.items() if not tokens.isdisjoint(host.identities)} & index.assets.keys()
    if bearers:
        return _only(bearers, index, "its identity is that of")
    keys = [key for text in (*host.names, *host.addresses) if (key := _key(text))]
    if not keys:
        return None, NAMELESS
    names = index.exact(keys) or index.short(keys)
    asset, why = _only(names, index, "its names and addresses are those of")
    against = mismatch(host, asset, own) if asset else ""
    return (None, against) if against else (asset, why)


def _only(names: set[str], index: _Index, what: str) -> tuple[Asset | None, str]:
    if len(names) == 1:
        return index.assets[next(iter(names))], ""
    told = ", ".join(sorted(names)[:MOST_NAMED])
    return None, f"{what} {len(names)} assets: {told}" if names else UNKNOWN
