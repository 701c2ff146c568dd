"""What a vantage point lets itself be asked for: its own limits file, which no list can widen."""

import socket
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from inventory.watch import Watch
from scanner.query import SecretUnavailable
from scanner.transports.endpoints.around import Around, Place
from scanner.transports.endpoints.faults import Blind

MAX_BYTES = 65_536
Network = IPv4Network | IPv6Network


class BadLimits(Exception):
    """The limits file cannot be used. One plain sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    networks: tuple[Network, ...]  # only addresses in these are probed
    max_watches: int = 500
    min_every_seconds: int = 10
    kinds: tuple[str, ...] = ()  # empty: all but those that load the line (call)
    secrets: tuple[str, ...] = ()  # references that watches may use, such as env:PORTAL_PASSWORD
    probes_at_once: int = 50
    spool_mebibytes: int = 64
    spool_days: int = 14

    def allows(self, address: str) -> bool:
        found = ip_address(address.partition("%")[0])
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self.networks)


def read_limits(path: Path) -> Limits:
    """Raises :class:`BadLimits`."""
    try:
        with path.open("rb") as file:
            told = tomllib.loads(file.read(MAX_BYTES).decode())
    except OSError as fault:
        raise BadLimits(f"{path} cannot be read: {fault.strerror}") from fault
    except ValueError as fault:  # also tomllib.TOMLDecodeError and UnicodeDecodeError
        raise BadLimits(f"{path} is not TOML: {fault}") from fault
    try:
        return _limits(told)
    except ValueError as fault:
        raise BadLimits(f"{path}: {fault}") from fault


def _limits(told: dict[str, object]) -> Limits:
    unknown = sorted(set(told) - {one.name for one in fields(Limits)})
    if unknown:
        raise ValueError(f"{unknown[0]} is not a limit")
    numbers = {name: value for name, value in told.items() if name not in ("networks", "kinds", "secrets")}
    for name, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1")
    networks = tuple(ip_network(one) for one in _texts(told, "networks"))
    if not networks:
        raise ValueError("networks is empty: say what may be probed from here, such as ['10.20.0.0/16']")
    return Limits(networks, kinds=_texts(told, "kinds"), secrets=_texts(told, "secrets"), **numbers)  # type: ignore[arg-type]  # whole numbers, as was checked


def _texts(told: dict[str, object], name: str) -> tuple[str, ...]:
    found = told.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(found)


def refusal(limits: Limits, watches: Collection[Watch], known: Collection[str]) -> str:
    """Why a list is not taken; "" when it is. ``known``: kinds that this version can probe."""
    if len(watches) > limits.max_watches:
        return f"{len(watches)} watches, and at most {limits.max_watches} are allowed here"
    if len({watch.name for watch in watches}) < len(watches):
        return "two watches have the same name"
    return next((why for watch in watches if (why := _refusal(limits, watch, known))), "")


def _refusal(limits: Limits, watch: Watch, known: Collection[str]) -> str:
    kinds = limits.kinds or tuple(kind for kind in known if kind != "call")
    if watch.kind not in known or watch.kind not in kinds:
        return f"watch {watch.name}: kind {watch.kind} is not allowed here"
    if watch.every_seconds < limits.min_every_seconds:
        return (
            f"watch {watch.name}: every {watch.every_seconds:g} s, and {limits.min_every_seconds} s is the least here"
        )
    if not 0 < watch.timeout_seconds <= min(60.0, watch.every_seconds):
        return f"watch {watch.name}: its time limit is {watch.timeout_seconds:g} s"
    if _is_address(watch.host) and not limits.allows(watch.host):
        return f"watch {watch.name}: {watch.host} is in none of the networks that may be probed from here"
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


@dataclass
class Fenced(Around):
    """Leads nowhere outside the networks, though a name, a redirect or a step of a transaction may point there."""

    allows: Callable[[str], bool] = field(kw_only=True)

    def known(self, host: str, port: int) -> Place | None:
        place = super().known(host, port)
        return self._inside(host, place) if place else None

    async def place(self, host: str, port: int, kind: socket.SocketKind) -> Place:
        return self._inside(host, await super().place(host, port, kind))

    def _inside(self, host: str, place: Place) -> Place:
        if not self.allows(str(place[1][0])):
            raise Blind(f"{host} is in none of the networks that this vantage point may probe")
        return place


def permitted(limits: Limits, resolve: Callable[[str], str]) -> Callable[[str], str]:
    """Secrets by reference, of this machine, and only those that the limits name."""

    def value(reference: str) -> str:
        if reference not in limits.secrets:
            raise SecretUnavailable(f"{reference} is not among the secrets that watches may use here")
        return resolve(reference)

    return value
