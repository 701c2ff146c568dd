"""Sockets that listen: MSFT_NetTCPConnection in state 2 and MSFT_NetUDPEndpoint, else ``netstat -ano``.

The latter's lines are ``TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 984`` and ``UDP [::]:123 *:* 1200``; the word for the state
is translated, that a listening socket has the other end ``0.0.0.0:0`` or ``[::]:0`` is not.
"""

import ipaddress
from collections.abc import Iterator, Mapping

from inventory.facts.network import Listener
from inventory.facts.windows_network import WindowsSockets
from scanner.probes.windows.reading import Data, each
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_NOBODY = ("0.0.0.0:0", "[::]:0")  # the other end of a socket that listens


def read_sockets(data: Data) -> WindowsSockets:
    """There is no Windows on which nothing listens: its own RPC does (port 135)."""
    names = {one.number("ProcessId"): one.word("Name") or None for one in each(data.rows("processes"))}
    tcp, udp = data.rows("tcp"), data.rows("udp")
    if tcp is None or udp is None:
        found = [one for line in data.texts("lines") or () for one in _of_line(line, names)]
    else:
        found = [_of_row(protocol, row, names) for protocol, rows in (("tcp", tcp), ("udp", udp)) for row in rows]
    if not any(one.protocol == "tcp" for one in found):
        raise Unreadable("the list of sockets that listen is empty, and Windows itself has some")
    listeners = {(one.protocol, one.port, one.address, one.process or ""): one for one in found}
    return WindowsSockets(tuple(listeners[key] for key in sorted(listeners)))


def _of_row(protocol: str, row: Data, names: Mapping[int | None, str | None]) -> Listener:
    owner = names.get(row.number("OwningProcess"))
    return _listener(protocol, row.word("LocalAddress"), row.number("LocalPort"), owner)


def _of_line(line: str, names: Mapping[int | None, str | None]) -> Iterator[Listener]:
    """Nothing of a connection that is established."""
    words = line.split()
    protocol = words[0].lower() if words else ""
    if protocol not in ("tcp", "udp") or len(words) < (5 if protocol == "tcp" else 4):
        raise Unreadable("a line of netstat is no socket")
    if protocol == "tcp" and words[2] not in _NOBODY:
        return
    address, _, port = words[1].rpartition(":")
    owner = names.get(_digits(words[-1]))
    yield _listener(protocol, address.removeprefix("[").removesuffix("]"), _digits(port), owner)


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _listener(protocol: str, address: str, port: int | None, process: str | None) -> Listener:
    bare = address.partition("%")[0]  # without the number of an interface
    try:
        ip = ipaddress.ip_address(bare)
    except ValueError:
        raise Unreadable("a socket that listens has no address") from None
    if port is None or not 0 < port < 65_536:
        raise Unreadable("a socket that listens has no port")
    mapped = getattr(ip, "ipv4_mapped", None)
    return Listener(protocol, str(ip), port, process, exposed=not (mapped or ip).is_loopback)


SOCKETS = probe("sockets", read_sockets, seconds=30)
