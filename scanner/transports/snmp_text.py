"""Values as evidence holds them: one a line, ``OID|TAG|VALUE``. ``scanner/probes/network/varbinds.py`` reads them."""

from collections.abc import Iterable

from scanner.transports.snmp_session import Bind


def lines(binds: Iterable[Bind]) -> bytes:
    return "".join([_line(*bind) for bind in binds]).encode()


def _line(oid: str, tag: int, value: bytes) -> str:
    if value.isascii() and (plain := value.decode()).isprintable():
        return f"{oid}|{tag}|{plain}\n"
    return f"{oid}|{tag}x|{value.hex()}\n"


def gap(base: str, reason: str, detail: str) -> bytes:
    """The remark in front of a walk that was not ended."""
    return f"#gap|{base}|{reason}|{detail}\n".encode()
