"""Databases: who answers, and whether without a log-in or without TLS. What is read is named beside each."""

import re
import struct
from collections.abc import Callable, Mapping

from inventory.endpoint import DATABASES as SCHEMES
from inventory.facts.databases import DatabaseEndpoint, Databases
from scanner.probes.services.probe import Heard, ServiceProbe

CLIENT_SSL = 0x0800  # of MySQL's capabilities
UNAUTHORIZED = (13, 18)  # MongoDB: Unauthorized, AuthenticationFailed
_STATUS = re.compile(rb"\AHTTP/1\.[01] (\d{3})[ \r\n]")

# It spoke its protocol; it needs no log-in; it offers TLS. None: cannot be told.
Told = tuple[bool | None, bool | None, bool | None]
SILENT: Told = (None, None, None)


def _read(heard: Heard) -> DatabaseEndpoint:
    spoke, free, tls = _KINDS[heard.scheme](heard)
    if spoke:
        return DatabaseEndpoint(heard.url, heard.place, heard.scheme, "", True, free, tls)
    why = heard.silence(f"it does not speak the protocol of {heard.scheme}")
    return DatabaseEndpoint(heard.url, heard.place, heard.scheme, why, False if heard.refused else None)


def _postgresql(heard: Heard) -> Told:
    said = heard.got("ssl")
    return (True, None, said == b"S") if said in (b"S", b"N") else SILENT


def _mysql(heard: Heard) -> Told:
    """Version 10 greets: text up to a zero byte, thread, 8 bytes of salt, a filler, and the lower capabilities."""
    said = heard.got("greeting") or b""
    if said[4:5] == b"\xff":
        return True, None, None  # it speaks, and only says that we may not
    at = said.find(b"\0", 5) + 1 + 4 + 8 + 1
    if said[4:5] != b"\x0a" or not said.find(b"\0", 5) > 0 or len(said) < at + 2:
        return SILENT
    return True, None, bool(int.from_bytes(said[at : at + 2], "little") & CLIENT_SSL)


def _sql_server(heard: Heard) -> Told:
    said = heard.got("prelogin") or b""
    return (True, None, None) if said[:1] == b"\x04" and len(said) > 8 else SILENT


def _oracle(heard: Heard) -> Told:
    """It waits for the client's first word, which names a service: that it accepts connections is all that is told."""
    return (True, None, None) if heard.state("connect") == "open" else SILENT


def _redis(heard: Heard) -> Told:
    said = (heard.got("ping") or b"").upper()
    if said.startswith(b"+PONG"):
        return True, True, None
    if said.startswith((b"-NOAUTH", b"-DENIED", b"-NOPERM", b"-ERR OPERATION NOT PERMITTED")):
        return True, False, None
    return (True, None, None) if said.startswith((b"-LOADING", b"-MASTERDOWN", b"-BUSY", b"-ERR")) else SILENT


def _mongodb(heard: Heard) -> Told:
    """OP_MSG with one document of kind 0: ``ok`` is 1 when the names of the databases were given."""
    said = heard.got("list") or b""
    if len(said) < 26 or int.from_bytes(said[12:16], "little") != 2013 or said[20] != 0:
        return SILENT
    ok, code = _number(said, b"ok"), _number(said, b"code")
    if ok == 1:
        return True, True, None
    return True, False if code in UNAUTHORIZED else None, None


def _number(document: bytes, name: bytes) -> float | None:
    """A double or 32-bit integer of that name in a BSON document."""
    for kind, form in ((b"\x01", "<d"), (b"\x10", "<i")):
        at = document.find(kind + name + b"\0")
        start = at + len(name) + 2
        if at >= 0 and len(document) >= start + struct.calcsize(form):
            return float(struct.unpack_from(form, document, start)[0])
    return None


def _elasticsearch(heard: Heard) -> Told:
    """Its root page names the cluster; OpenSearch's does too. A server that only speaks HTTP is something else."""
    said, _ = heard.part("get")
    status = _STATUS.match(said)
    if status and status[1] == b"200" and b'"cluster_name"' in said:
        return True, True, None
    if status and status[1] in (b"401", b"403"):
        return True, False, None
    return SILENT


_KINDS: Mapping[str, Callable[[Heard], Told]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sql-server": _sql_server,
    "oracle": _oracle,
    "redis": _redis,
    "mongodb": _mongodb,
    "elasticsearch": _elasticsearch,
}
DATABASES = ServiceProbe(
    "databases", SCHEMES, _read, Databases, "the inventory names no database endpoint of this asset"
)
