"""Ways in to a host, by the name the inventory gives them in ``connection.way``. One file per way.

A way is imported when it is first used: paramiko alone takes 0.2 s.
"""

from collections.abc import Callable

from inventory.asset import Asset
from scanner.query import Surroundings, Transport


def _local(asset: Asset, surroundings: Surroundings) -> Transport:  # noqa: ARG001 - needs no log-in; one shape for all
    from scanner.transports.local import LocalTransport

    return LocalTransport(asset)


def _ssh(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.ssh import SshTransport

    return SshTransport(asset, surroundings)


WAYS: dict[str, Callable[[Asset, Surroundings], Transport]] = {
    "local": _local,
    "ssh": _ssh,
}
