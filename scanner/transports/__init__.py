"""Ways in to an asset, by the name the inventory gives them in ``connection.way``. One file per way.

A way is imported when it is first used: paramiko alone takes 0.2 s.
"""

from collections.abc import Callable

from inventory.asset import Asset
from scanner.query import (
    CliCommand,
    RedfishTree,
    Script,
    ServiceLook,
    SnmpGet,
    SnmpPoll,
    SnmpWalk,
    SshOffers,
    Surroundings,
    TcpTalk,
    TlsOffers,
    Transport,
    WebLook,
    WindowsSection,
)
from scanner.transports.lacking import Lacking
from scanner.transports.selective import Helper, Selective

ENDPOINT_SECONDS = 15.0  # for each endpoint
ENDPOINT_QUERIES = (TlsOffers, WebLook, SshOffers, ServiceLook)
TCP_SECONDS = 20.0  # of a visit, kept for a look at the device's management ports


def _tcp(asset: Asset) -> tuple[Helper, ...]:
    """What answers on TCP ports, beside a way in that cannot tell from inside."""
    from scanner.transports.tcp_talk import TcpTalkTransport

    return (Helper(TcpTalkTransport(asset), (TcpTalk,), TCP_SECONDS),)


def _endpoints(asset: Asset) -> tuple[Helper, ...]:
    """The services of an asset that the inventory names, seen from outside."""
    if not asset.endpoints:
        return ()
    from scanner.transports.looks import EndpointTransport

    return (Helper(EndpointTransport(asset), ENDPOINT_QUERIES, ENDPOINT_SECONDS * len(asset.endpoints)),)


def _endpoint(asset: Asset, surroundings: Surroundings) -> Transport:  # noqa: ARG001 - nobody logs in
    from scanner.transports.looks import EndpointTransport

    return Selective(EndpointTransport(asset), "endpoint", ENDPOINT_QUERIES)


def _local(asset: Asset, surroundings: Surroundings) -> Transport:  # noqa: ARG001 - needs no log-in; one shape for all
    from scanner.transports.local import LocalTransport

    return Selective(LocalTransport(asset), "local", (Script,), _endpoints(asset))


def _ssh(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.ssh import SshTransport

    return Selective(SshTransport(asset, surroundings), "ssh", (Script,), _endpoints(asset))


def _ssh_windows(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.ssh import SshTransport
    from scanner.transports.ssh_windows import POWERSHELL, WAY

    inner = SshTransport(asset, surroundings, dialect=POWERSHELL)
    return Selective(inner, WAY, (WindowsSection,), _endpoints(asset))


def _winrm(asset: Asset, surroundings: Surroundings) -> Transport:
    try:
        from scanner.transports.winrm import WAY, WinrmTransport
    except ModuleNotFoundError:
        return Lacking("winrm", "pypsrp is not installed on the scanner: pip install 'estatecheck[windows]'")
    return Selective(WinrmTransport(asset, surroundings), WAY, (WindowsSection,), _endpoints(asset))


def _snmp(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.snmp import SnmpTransport

    return Selective(
        SnmpTransport(asset, surroundings), "snmp", (SnmpGet, SnmpWalk, SnmpPoll), (*_tcp(asset), *_endpoints(asset))
    )


def _redfish(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.redfish import RedfishTransport

    return Selective(
        RedfishTransport(asset, surroundings), "redfish", (RedfishTree,), (*_tcp(asset), *_endpoints(asset))
    )


def _cli(asset: Asset, surroundings: Surroundings) -> Transport:
    from scanner.transports.cli import CliTransport

    return Selective(CliTransport(asset, surroundings), "cli", (CliCommand,), (*_tcp(asset), *_endpoints(asset)))


WAYS: dict[str, Callable[[Asset, Surroundings], Transport]] = {
    "local": _local,
    "ssh": _ssh,
    "ssh-windows": _ssh_windows,
    "winrm": _winrm,
    "snmp": _snmp,
    "redfish": _redfish,
    "cli": _cli,
    "endpoint": _endpoint,
}
