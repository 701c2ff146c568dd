"""Ports that a host offers to the network, against those that the inventory expects of it."""

from collections.abc import Callable, Iterator, Sequence

from checks.finding import Ruling, Subject, failed
from inventory.asset import Asset
from inventory.facts.network import Listener

Passing = Callable[[Listener], bool]


def no_ports_expected(asset: Asset) -> str:
    return "the inventory does not say which ports are expected here" if asset.expected_ports is None else ""


def unexpected(listeners: Sequence[Listener], asset: Asset, passing: Passing) -> Iterator[Ruling]:
    """Ports that are other ones after each restart (``passing``) are one finding for each protocol together."""
    together: dict[str, list[str]] = {}
    for listener in listeners:
        if not listener.exposed or listener.endpoint in (asset.expected_ports or ()):
            continue
        told = f"{listener.endpoint} is open on {listener.address} ({listener.process or 'process unknown'})"
        if passing(listener):
            together.setdefault(listener.protocol, []).append(told)
        else:
            yield failed(told, Subject("port", listener.endpoint))
    for protocol, these in sorted(together.items()):
        yield failed("; ".join(these), Subject("port", f"{protocol}/passing"))
