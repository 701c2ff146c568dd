"""Who may ask the device over SNMP: rows of the agent's own access tables, counted and never read.

The index of both tables may hold communities, so nothing of it is asked for: :class:`scanner.query.SnmpWalk` with a
tally brings numbers only.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.snmp_access import SnmpAccess
from scanner.probes.network import oids
from scanner.probes.network.varbinds import VarBinds, key_of, read
from scanner.query import Answer, Query, SnmpGet, SnmpPoll, SnmpWalk

GROUP_STORAGE, GROUP_STATUS = "1.3.6.1.6.3.16.1.2.1.4", "1.3.6.1.6.3.16.1.2.1.5"  # vacmSecurityToGroupTable, RFC 3415
COMMUNITY_STORAGE, COMMUNITY_STATUS = "1.3.6.1.6.3.18.1.1.1.7", "1.3.6.1.6.3.18.1.1.1.8"  # RFC 3584
V1, V2C, USM = 1, 2, 3  # SnmpSecurityModel, RFC 3411
ACTIVE, READ_ONLY = 1, 5  # RowStatus and StorageType, RFC 2579
WALKS = (
    *(SnmpWalk(base, base, max_rows=1000, tally=1) for base in (GROUP_STORAGE, GROUP_STATUS)),
    *(SnmpWalk(base, base, max_rows=1000, tally=0) for base in (COMMUNITY_STORAGE, COMMUNITY_STATUS)),
)


@dataclass(frozen=True, slots=True)
class SnmpAccessProbe:
    name: str = "snmp_access"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every device is asked alike)
        return None if so_far else SnmpPoll(self.name, SnmpGet(self.name, (oids.SYS_UP_TIME,)), WALKS)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> SnmpAccess:  # noqa: ARG002 (one shape for all probes)
        rows = read(answers[0].output)
        return SnmpAccess(
            community_groups=_counted(rows, GROUP_STORAGE, GROUP_STATUS, ((V1,), (V2C,))),
            user_groups=_counted(rows, GROUP_STORAGE, GROUP_STATUS, ((USM,),)),
            communities=_counted(rows, COMMUNITY_STORAGE, COMMUNITY_STATUS, ((),)),
            gaps=tuple(f"{gap.base}: {gap.reason}" for gap in rows.gaps),
        )


def _counted(rows: VarBinds, storage: str, status: str, parts: Iterable[tuple[int, ...]]) -> int | None:
    """Active rows with these first parts of the index, without those built in. None: the table is not shown whole."""
    stored, active = _tally(rows, storage), _tally(rows, status)
    if rows.gap(storage) or rows.gap(status) or not active:
        return None
    return sum(max(0, active[*part, ACTIVE] - stored[*part, READ_ONLY]) for part in parts)


def _tally(rows: VarBinds, base: str) -> Counter[tuple[int, ...]]:
    cut = len(key_of(base))
    return Counter({key_of(row.oid)[cut:]: rows.number(row.oid) or 0 for row in rows.under(base)})


SNMP_ACCESS = SnmpAccessProbe()
