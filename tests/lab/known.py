"""Log-ins and host keys that live in memory, and assets that point at a lab server."""

# ruff: noqa: ARG002 - the arguments are those of the protocol

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.asset import Asset, Become, Connection, Limits
from scanner.query import HostKey, Login, SecretUnavailable, Surroundings


@dataclass
class MemoryLogins:
    """By the name of the asset; ``everybody`` for the others."""

    everybody: Login | None = None
    by_name: dict[str, Login] = field(default_factory=dict)

    def login(self, asset: Asset) -> Login:
        login = self.by_name.get(asset.name, self.everybody)
        if login is None:
            raise SecretUnavailable(f"file:/secrets/{asset.name} cannot be read: permission denied")
        return login


@dataclass
class MemoryHostKeys:
    """By port: lab servers differ by port, not by address."""

    pins: dict[int, tuple[HostKey, ...]] = field(default_factory=dict)
    bad: dict[int, tuple[HostKey, ...]] = field(default_factory=dict)
    signers: dict[int, tuple[HostKey, ...]] = field(default_factory=dict)
    trust_new: bool = False

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self.pins.get(port, ())

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self.bad.get(port, ())

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self.signers.get(port, ())

    def may_trust_new(self, address: str, port: int) -> bool:
        return self.trust_new

    def pin(self, address: str, port: int, key: HostKey) -> None:
        self.pins[port] = (*self.pinned(address, port), key)


def surroundings(
    login: Login | None, keys: MemoryHostKeys, assets: Mapping[str, Asset] | None = None, **logins: Login
) -> Surroundings:
    return Surroundings(MemoryLogins(login, dict(logins)), keys, dict(assets or {}))


def asset_at(
    port: int,
    name: str = "lab",
    *,
    address: str = "127.0.0.1",
    user: str | None = None,
    bastion: str | None = None,
    limits: Limits | None = None,
    ssh_config: bool = False,
) -> Asset:
    connection = Connection(
        way="ssh",
        address=address,
        port=port,
        user=user,
        bastion=bastion,
        become=Become.NONE,
        ssh_config=ssh_config,
    )
    return Asset(name, connection, limits=limits or Limits(host_seconds=30.0))
