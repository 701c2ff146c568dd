"""Pinned SSH host keys: our own pins, and beside them what an OpenSSH known_hosts file says."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Protocol

from sqlalchemy import delete, select

from scanner.query import HostKey
from scanner.store.database import Database
from scanner.store.records import StoreError
from scanner.store.schema import host_key


class KnownHosts(Protocol):
    """A parsed known_hosts file, as ``scanner/transports`` reads it."""

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]: ...

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]: ...

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]: ...


class StoredHostKeys:
    """Implements :class:`scanner.query.HostKeys`. May be used from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        trust_new: bool = False,
        known: KnownHosts | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._trust_new = trust_new
        self._known = known
        self._pins: dict[tuple[str, int], tuple[HostKey, ...]] | None = None  # read once: a query a host costs 1 ms
        self._lock = Lock()

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:
        """Our own pins first."""
        with self._lock:
            if self._pins is None:
                self._pins = self._read()
            own = self._pins.get((_normal(address), port), ())
        known = self._known.pinned(address, port) if self._known else ()
        return own + tuple(key for key in known if key not in own)

    def _read(self) -> dict[tuple[str, int], tuple[HostKey, ...]]:
        pins: dict[tuple[str, int], tuple[HostKey, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(select(host_key).order_by(host_key.c.type)):
                place = (row.address, row.port)
                pins[place] = (*pins.get(place, ()), HostKey(row.type, row.key))
        return pins

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self._known.revoked(address, port) if self._known else ()

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self._known.authorities(address, port) if self._known else ()

    def may_trust_new(self, address: str, port: int) -> bool:  # noqa: ARG002 (the protocol asks per host)
        return self._trust_new

    def pin(self, address: str, port: int, key: HostKey) -> None:
        """Raises :class:`StoreError` when another key of this type is pinned: a changed key needs ``unpin`` first."""
        values = {"address": _normal(address), "port": port, "type": key.type}
        same = [host_key.c[name] == value for name, value in values.items()]
        with self._database.writing() as connection:
            held = connection.execute(select(host_key.c.key).where(*same)).scalar()
            if held is None:
                how = "trust-new" if self._trust_new else "approved"
                connection.execute(host_key.insert().values(**values, key=key.base64, pinned_at=self._clock(), how=how))
            elif held != key.base64:
                raise StoreError(
                    f"another {key.type} host key is pinned for {address} port {port}; it was not replaced"
                )
        with self._lock:
            if self._pins is not None and held is None:
                place = (_normal(address), port)
                self._pins[place] = (*self._pins.get(place, ()), key)

    def unpin(self, address: str, port: int) -> int:
        """Forget our pins of this host; how many there were comes back."""
        held = delete(host_key).where(host_key.c.address == _normal(address), host_key.c.port == port)
        with self._database.writing() as connection:
            gone = connection.execute(held).rowcount
        with self._lock:
            if self._pins is not None:
                self._pins.pop((_normal(address), port), None)
        return gone


def _normal(address: str) -> str:
    return address.strip().rstrip(".").lower()
