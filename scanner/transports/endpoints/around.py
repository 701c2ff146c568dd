"""What every prober may use besides its watch: the clock, names, secrets and TLS contexts, each made once."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scanner.transports.endpoints.faults import Blind, NameUnknown

NAMES_SECONDS = 30.0  # a resolved name is used again this long; its time is told only when it was really asked
MAX_NAMES = 20_000
# What a resolver says of itself: not reached, or its own resolvers failed. Nothing is known of the service then.
_RESOLVER = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY, socket.EAI_SYSTEM})

Place = tuple[socket.AddressFamily, tuple[Any, ...]]


def no_secret(reference: str) -> str:
    raise LookupError(f"no secrets are at hand for {reference}")


@dataclass
class Around:
    """Shared by all probes of one process. ``secret`` turns a reference into its value."""

    clock: Callable[[], float] = time.time
    secret: Callable[[str], str] = no_secret
    _names: dict[tuple[str, int], tuple[float, Place]] = field(default_factory=dict)
    _asked: dict[tuple[str, int], "asyncio.Future[list[Any]]"] = field(default_factory=dict)
    _contexts: dict[tuple[str | None, bool, bool], ssl.SSLContext] = field(default_factory=dict)

    def known(self, host: str, port: int) -> Place | None:
        """Where an address, or a name that was resolved a moment ago, leads; without waiting."""
        found = self._names.get((host, port))
        if found and found[0] > time.monotonic():
            return found[1]
        place = _literal(host, port)
        if place:
            self._remember(host, port, place, float("inf"))
        return place

    async def place(self, host: str, port: int, kind: socket.SocketKind) -> Place:
        """Where a name leads. Raises :class:`NameUnknown`, or :class:`Blind` when it is our resolver that fails."""
        known = self.known(host, port)
        if known:
            return known
        try:
            told = await asyncio.shield(self._question(host, port, kind))
        except UnicodeError as fault:
            raise NameUnknown(f"{host[:100]!r} is no name of a host") from fault
        except OSError as fault:
            if ":" in host:
                raise Blind(f"{host} is no address here: {fault.strerror or fault}") from fault
            why = f"the name {host} does not resolve: {fault.strerror or fault}"
            raise (Blind if fault.errno in _RESOLVER else NameUnknown)(why) from fault
        place: Place = (told[0][0], told[0][4])
        self._remember(host, port, place, time.monotonic() + NAMES_SECONDS)
        return place

    def asks_for(self, host: str, port: int) -> bool:
        """Is the resolver still busy with it?"""
        return (host, port) in self._asked

    def _question(self, host: str, port: int, kind: socket.SocketKind) -> "asyncio.Future[list[Any]]":
        """One at a time for each name, however many probes wait for it; it outlives those that give up."""
        found = self._asked.get((host, port))
        if found is None or found.done():
            found = asyncio.ensure_future(asyncio.get_running_loop().getaddrinfo(host, port, type=kind))
            found.add_done_callback(lambda done: self._answered(host, port, done))
            self._asked[host, port] = found
        return found

    def _answered(self, host: str, port: int, done: "asyncio.Future[list[Any]]") -> None:
        self._asked.pop((host, port), None)
        if not done.cancelled():
            done.exception()  # taken note of, also when nobody waits any more

    def _remember(self, host: str, port: int, place: Place, until: float) -> None:
        if len(self._names) >= MAX_NAMES:
            self._names.clear()
        self._names[host, port] = (until, place)

    def context(self, ca: str | None, *, verified: bool = True, named: bool = True) -> ssl.SSLContext:
        """One for each set of authorities; with ``verified`` or ``named`` False we judge that ourselves, afterwards.

        Raises :class:`Blind` when the file of authorities cannot be used.
        """
        key = (ca, verified, named)
        if key not in self._contexts:
            self._contexts[key] = _context(*key)
        return self._contexts[key]


def _context(ca: str | None, verified: bool, named: bool) -> ssl.SSLContext:
    made = ssl.create_default_context()
    if ca:
        try:
            made.load_verify_locations(ca)
        except OSError as fault:  # ssl.SSLError is one
            raise Blind(f"the authorities in {ca} cannot be read: {fault.strerror or fault}") from fault
    made.check_hostname = verified and named
    if not verified:
        made.verify_mode = ssl.CERT_NONE
    return made


def _literal(host: str, port: int) -> Place | None:
    six = ":" in host
    family = socket.AF_INET6 if six else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except (OSError, UnicodeError):
        return None
    return (family, (host, port, 0, 0)) if six else (family, (host, port))
