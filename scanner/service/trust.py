"""Trust: fetch the host key that an asset presents, without logging in, so that a person can compare and pin it."""

from dataclasses import dataclass, field, replace

from inventory.asset import Asset
from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline, HostKey, HostKeys, Login, Logins, Script, Surroundings
from scanner.transports import WAYS
from scanner.transports.ssh_wire import Fault

SEEN = Fault(Reason.HOST_KEY_UNKNOWN, "stopped on purpose once the host key was seen")


@dataclass
class _Catching:
    """The real host keys, but for one host: its key is caught, and the visit ends before any log-in."""

    real: HostKeys
    place: tuple[str, int]
    caught: list[HostKey] = field(default_factory=list)

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:
        return () if (address, port) == self.place else self.real.pinned(address, port)

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self.real.revoked(address, port)

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        return () if (address, port) == self.place else self.real.authorities(address, port)

    def may_trust_new(self, address: str, port: int) -> bool:
        return (address, port) == self.place or self.real.may_trust_new(address, port)

    def pin(self, address: str, port: int, key: HostKey) -> None:
        if (address, port) != self.place:
            self.real.pin(address, port, key)
            return
        self.caught.append(key)
        raise SEEN


@dataclass(frozen=True, slots=True)
class _NoSecret:
    """Real log-ins for bastions; for the host itself one that is never sent."""

    real: Logins
    name: str

    def login(self, asset: Asset) -> Login:
        return Login(user="nobody", password="never sent") if asset.name == self.name else self.real.login(asset)  # noqa: S106


async def presented_key(asset: Asset, surroundings: Surroundings) -> HostKey | Missing:
    """The key, or why there is none. Nothing is sent but the key exchange."""
    place = (asset.connection.address, asset.connection.port)
    keys = _Catching(surroundings.host_keys, place)
    around = replace(surroundings, host_keys=keys, logins=_NoSecret(surroundings.logins, asset.name))
    visit = await WAYS["ssh"](asset, around).answer([Script("nothing", ":")], Deadline(asset.limits.host_seconds))
    if keys.caught:
        return keys.caught[0]
    return visit.attempt.missing or Missing(Reason.UNREACHABLE, "no host key was presented")
