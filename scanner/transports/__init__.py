"""Ways in to an asset, by the name the inventory gives them in ``connection.way``. One file per way.

A way is imported when it is first used: paramiko alone takes 0.2 s.
"""

from collections.abc import Callable

from inventory.asset import Asset
from scanner.query import Script, SnmpGet, SnmpPoll, SnmpWalk, Surroundings, Transport
from scanner.transports.selective import Selective


def _local(asset: Asset, surroundings: Surroundings) -> Transport:  # noqa: ARG001 - needs no log-in; one shape for all
    from scanner.transports.local import LocalTransport

    return Selective(LocalTransport(asset), "local", (Script,))


def _ssh(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.ssh import SshTransport

    return Selective(SshTransport(asset, surroundings), "ssh", (Script,))


def _snmp(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.snmp import SnmpTransport

    return Selective(SnmpTransport(asset, surroundings), "snmp", (SnmpGet, SnmpWalk, SnmpPoll))


WAYS: dict[str, Callable[[Asset, Surroundings], Transport]] = {
    "local": _local,
    "ssh": _ssh,
    "snmp": _snmp,
}
