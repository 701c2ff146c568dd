"""Values as evidence holds them: one a line, ``OID|TAG|VALUE``. ``scanner/probes/network/varbinds.py`` reads them."""

from collections import Counter
from collections.abc import Iterable

from scanner.transports.snmp_ber import INTEGER
from scanner.transports.snmp_faults import NotIncreasing, SnmpFault
from scanner.transports.snmp_session import Bind

GAUGE32 = 66
MAX_COUNTED_VALUE = 255


def lines(binds: Iterable[Bind]) -> bytes:
    return "".join([_line(*bind) for bind in binds]).encode()


def _line(oid: str, tag: int, value: bytes) -> str:
    if value.isascii() and (plain := value.decode()).isprintable():
        return f"{oid}|{tag}|{plain}\n"
    return f"{oid}|{tag}x|{value.hex()}\n"


def gap(base: str, reason: str, detail: str) -> bytes:
    """The remark in front of a walk that was not ended."""
    return f"#gap|{base}|{reason}|{detail}\n".encode()


def tallied(binds: Iterable[Bind], base: str, parts: int) -> bytes:
    """Numbers of rows by the first ``parts`` of their index and their value; nothing else of them is kept."""
    counted = Counter((*_index(bind.oid, base)[:parts], _small(bind)) for bind in binds)
    rows = sorted(counted.items())
    return lines(Bind(".".join(map(str, (base, *key))), GAUGE32, str(count).encode()) for key, count in rows)


def uncounted(fault: SnmpFault, base: str) -> SnmpFault:
    """The same fault, without a sentence that names a row and so what stands in its index."""
    return NotIncreasing(f"the walk under {base} goes in circles") if isinstance(fault, NotIncreasing) else fault


def _index(oid: str, base: str) -> tuple[int, ...]:
    return tuple(map(int, oid.removeprefix(f"{base}.").split(".")))


def _small(bind: Bind) -> int:
    """A whole number of 0 to 255, else 0."""
    told = bind.value.decode("ascii", "replace") if bind.tag == INTEGER else ""
    return int(told) if told.isdecimal() and len(told) <= 3 and int(told) <= MAX_COUNTED_VALUE else 0
