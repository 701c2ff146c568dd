"""Whose snapshot is this? By its strong identity and by its name, against the inventory and the record. Pure.

A machine that we know by its identity may call itself what it likes, but not by the name of another one we know. A
machine known by its name must not present an identity that contradicts the one we have. What is refused here can be
taken with the host named by a person (``--as``): then the record keeps it in doubt until somebody has reviewed it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.asset import Asset
from inventory.identity import SMBIOS
from scanner.service.intake.reading import Snapshot, SnapshotRefused


@dataclass(frozen=True, slots=True)
class Whose:
    asset: Asset
    notes: tuple[str, ...] = ()


class Directory:
    """The assets of an inventory by name and by identity. ``own``: name -> the tokens that are its own."""

    def __init__(self, assets: Iterable[Asset], own: Mapping[str, frozenset[str]]) -> None:
        self.assets = {asset.name: asset for asset in assets}
        self._own = {name: tokens for name, tokens in own.items() if name in self.assets}
        self._bearers: dict[str, set[str]] = defaultdict(set)
        for name, tokens in self._own.items():
            for token in tokens:
                self._bearers[token].add(name)
        self._full: dict[str, set[str]] = defaultdict(set)
        self._short: dict[str, set[str]] = defaultdict(set)
        for asset in self.assets.values():
            for text in {asset.name.lower(), asset.connection.address.lower().rstrip(".")}:
                self._full[text].add(asset.name)
                self._short[text.partition(".")[0]].add(asset.name)

    def remember(self, name: str, tokens: frozenset[str]) -> None:
        """What a machine presented, and the record took as its own."""
        self._own[name] = self._own.get(name, frozenset()) | tokens
        for token in tokens:
            self._bearers[token].add(name)

    def named(self, host: str) -> Asset:
        """Raises :class:`SnapshotRefused`."""
        if host not in self.assets:
            raise SnapshotRefused(f"the inventory names no host {host[:80]!r}: add it, so that it counts in its area")
        return self.assets[host]

    def bears(self, asset: str, name: str) -> bool:
        """Whether a machine of that name may be this asset."""
        return asset in self._by_name(name)

    def whose(self, snapshot: Snapshot) -> Whose:
        """Raises :class:`SnapshotRefused`."""
        by_name = self._by_name(snapshot.name)
        bearers = self.bearers(snapshot.identities)
        if len(bearers) > 1:
            raise SnapshotRefused(f"its identity is that of several known machines: {_listed(bearers)}")
        if not bearers:
            return self._known_by_name(snapshot, by_name)
        [name] = bearers
        others = by_name - {name}
        if others and name not in by_name:
            raise SnapshotRefused(f"it has the identity of {name} and the name of {_listed(others)}; give --as HOST")
        told = () if by_name else (f"it calls itself {snapshot.name[:80]} and is known as {name} by its identity",)
        return Whose(self.assets[name], told)

    def contradicts(self, snapshot: Snapshot, name: str) -> str:
        """Why that machine cannot be this one; "" when nothing speaks against it. The board outweighs the disk."""
        known = self._own.get(name, frozenset())
        kinds = {token.partition(" ")[0] for token in snapshot.identities}
        both = sorted(kind for kind in kinds if _of(kind, known))
        differ = [kind for kind in both if not _of(kind, known) & snapshot.identities]
        if SMBIOS in both:
            differ = [kind for kind in differ if kind == SMBIOS]
        return f"it presents another {' and '.join(differ)} than {name} does" if differ else ""

    def bearers(self, tokens: frozenset[str]) -> set[str]:
        """Names of known machines that are this one, without those whose board is another.

        Copies of one image share what is on the disk.
        """
        found = {name for token in tokens for name in self._bearers.get(token, ())}
        board = _of(SMBIOS, tokens)
        return {n for n in found if not board or not (known := _of(SMBIOS, self._own[n])) or board & known}

    def _known_by_name(self, snapshot: Snapshot, names: set[str]) -> Whose:
        if not names:
            raise SnapshotRefused(
                f"the inventory names no host {snapshot.name[:80]!r}: add it, or say which one it is with --as HOST"
            )
        if len(names) > 1:
            raise SnapshotRefused(f"its name is that of several hosts: {_listed(names)}; give --as HOST")
        [name] = names
        if why := self.contradicts(snapshot, name):
            raise SnapshotRefused(
                f"{why}: another machine under this name, or a new one; --as {name} takes it for a person's review"
            )
        notes = (
            () if snapshot.identities else (f"it presents no strong identity: only its name says that it is {name}",)
        )
        return Whose(self.assets[name], notes)

    def _by_name(self, name: str) -> set[str]:
        plain = name.lower().rstrip(".")
        return self._full.get(plain) or self._short.get(plain.partition(".")[0]) or set()


def _of(kind: str, tokens: frozenset[str]) -> frozenset[str]:
    return frozenset(token for token in tokens if token.startswith(kind + " "))


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
