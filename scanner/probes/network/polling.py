"""What one poll must ask so that :func:`identify` can say all it can: few packets, and only what may be answered.

1. ``FIRST``: the same for every device.
2. ``second(first)``: the scalars of the rules that may still hold, and those of the standard MIBs.
3. ``walks(first)``: ENTITY-MIB's columns and the short tables of those rules.
"""

from dataclasses import dataclass

from scanner.probes.network import oids, standard
from scanner.probes.network.matching import candidates, object_id
from scanner.probes.network.reading import MAX_COLUMN_ROWS
from scanner.probes.network.rules import Table, shipped
from scanner.probes.network.varbinds import VarBinds, key_of

FIRST = (oids.SYS_DESCR, oids.SYS_OBJECT_ID, oids.SYS_UP_TIME, oids.SYS_NAME, oids.ENGINE_TIME)
MAX_SCALARS = 400  # a sysObjectID that many vendors share (net-snmp's) has about 120
MAX_ENTITY_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Walk:
    """One table column to walk: the OID below which it stands, and how many rows are enough."""

    base: str
    max_rows: int


def second(first: VarBinds, table: Table | None = None) -> tuple[str, ...]:
    """Scalars to ask once the first packet is there, in OID order; the transport cuts them into packets."""
    rules = candidates(first, table or shipped())
    found = object_id(first)
    asked = {oid for rule in rules for oid in rule.scalars(found)} | set(standard.SCALARS)
    return tuple(sorted(asked - set(FIRST), key=key_of))[:MAX_SCALARS]


def walks(first: VarBinds, table: Table | None = None) -> tuple[Walk, ...]:
    """Columns to walk. A column that stands inside ENTITY-MIB's is not asked twice."""
    rules = candidates(first, table or shipped())
    entity = tuple(f"{oids.ENT_PHYSICAL}.{column}" for column in oids.ENT_COLUMNS)
    own = {column for rule in rules for column in rule.columns()} - set(entity)
    return (
        *(Walk(base, MAX_ENTITY_ROWS) for base in entity),
        *(Walk(base, MAX_COLUMN_ROWS) for base in sorted(own, key=key_of)),
    )
