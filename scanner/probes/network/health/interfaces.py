"""Interfaces: IF-MIB (RFC 2863) and the duplex state and late collisions of EtherLike-MIB (RFC 3635)."""

from dataclasses import replace

from inventory.facts.health import Duplex, Interface
from scanner.probes.network.health.cells import Row, counter, table, text, unique, whole
from scanner.probes.network.varbinds import VarBinds

IF = "1.3.6.1.2.1.2.2.1"  # ifEntry
IF_X = "1.3.6.1.2.1.31.1.1.1"  # ifXEntry
ETHER = "1.3.6.1.2.1.10.7.2.1"  # dot3StatsEntry
IF_COLUMNS = (2, 3, 5, 7, 8, 9, 11, 12, 13, 14, 17, 18, 19, 20)
IF_X_COLUMNS = (1, 7, 8, 9, 11, 12, 13, 15, 17, 18, 19)
ETHER_COLUMNS = (8, 19)  # late collisions, duplex
MAX_INTERFACES = 2_000  # asked for; a device with more has a gap

ADMIN = {1: "up", 2: "down", 3: "testing"}
OPER = {**ADMIN, 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
DUPLEX = {1: Duplex.UNKNOWN, 2: Duplex.HALF, 3: Duplex.FULL}
PHYSICAL = {1: True, 2: False}  # TruthValue
SPEED_FULL = 2**32 - 1  # ifSpeed of what is too fast for it
TICKS = 100  # a second


def interfaces(answered: VarBinds) -> tuple[Interface, ...]:
    """All rows of ifTable, at most ``MAX_INTERFACES``, by index."""
    extended = table(answered, IF_X, IF_X_COLUMNS)
    ether = table(answered, ETHER, ETHER_COLUMNS)
    taken: set[str] = set()
    found = (
        _interface(int(index), row, extended.get(index, {}), ether.get(index, {}))
        for index, row in table(answered, IF, IF_COLUMNS).items()
        if index.isdecimal()
    )
    return tuple(replace(one, name=unique(one.name, str(one.index), taken)) for one in found)


def _interface(index: int, row: Row, more: Row, ether: Row) -> Interface:
    wide_in, wide_out = _sum(more, 7, (8, 9)), _sum(more, 11, (12, 13))
    began = counter(more.get(19))
    return Interface(
        index=index,
        name=text(more.get(1)) or text(row.get(2)) or f"interface {index}",
        alias=text(more.get(18)),
        type=counter(row.get(3)),
        physical=PHYSICAL.get(whole(more.get(17)) or 0),
        admin=ADMIN.get(whole(row.get(7)) or 0),
        oper=OPER.get(whole(row.get(8)) or 0),
        speed_bps=_speed(row, more),
        duplex=DUPLEX.get(whole(ether.get(19)) or 0),
        in_packets=_sum(row, 11, (12,)) if wide_in is None else wide_in,
        out_packets=_sum(row, 17, (18,)) if wide_out is None else wide_out,
        in_errors=counter(row.get(14)),
        out_errors=counter(row.get(20)),
        in_discards=counter(row.get(13)),
        out_discards=counter(row.get(19)),
        late_collisions=counter(ether.get(8)),
        last_change_seconds=_seconds(counter(row.get(9))),
        counted_since_seconds=_seconds(began),
        narrow=wide_in is None or wide_out is None,
    )


def _sum(row: Row, first: int, others: tuple[int, ...]) -> int | None:
    """Unicast packets and the others; None without the first. Broadcast that is not counted apart is left out."""
    told = counter(row.get(first))
    return None if told is None else told + sum(counter(row.get(column)) or 0 for column in others)


def _speed(row: Row, more: Row) -> int | None:
    """ifHighSpeed is in Mbit/s and rounded, so ifSpeed goes before it where that can hold the speed."""
    speed, high = counter(row.get(5)), counter(more.get(15))
    if speed and speed < SPEED_FULL:
        return speed
    return high * 1_000_000 if high else None


def _seconds(ticks: int | None) -> int | None:
    return None if ticks is None else ticks // TICKS
