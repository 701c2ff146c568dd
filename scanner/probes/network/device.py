"""What is this box? Asked in two rounds: who made it, then what this maker's rules need (``polling``)."""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.device import Device
from scanner.probes.network import polling
from scanner.probes.network.identify import identify
from scanner.probes.network.varbinds import MAX_ROWS, VarBinds, read
from scanner.query import Answer, Query, SnmpGet, SnmpPoll, SnmpWalk, Unreadable

ROUNDS = 2


@dataclass(frozen=True, slots=True)
class DeviceProbe:
    name: str = "device"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every device is asked alike)
        if not so_far:
            return SnmpGet(self.name, polling.FIRST)
        if len(so_far) >= ROUNDS or so_far[0].missing:
            return None
        first = read(so_far[0].output)
        walks = tuple(SnmpWalk(walk.base, walk.base, walk.max_rows) for walk in polling.walks(first))
        return SnmpPoll(self.name, SnmpGet(self.name, polling.second(first)), walks)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Device:  # noqa: ARG002 (one shape for all probes)
        device = identify(joined(answers))
        if device.object_id is None and device.description is None:
            raise Unreadable("the agent answered, but gave neither sysObjectID nor sysDescr")
        return device


def joined(answers: Sequence[Answer]) -> VarBinds:
    """All that was answered as one set of rows."""
    return read(b"".join(answer.output for answer in answers), MAX_ROWS)


DEVICE = DeviceProbe()
