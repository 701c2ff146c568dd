"""What a Windows host offers to the network, against what the inventory says it should."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.expected_ports import no_ports_expected, unexpected
from checks.finding import Outcome, Ruling, Severity
from checks.windows.words import FIREWALLS, mapped
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.network import Listener
from inventory.facts.windows_network import WindowsSockets

FIRST_PASSING_PORT = 49_152  # learn.microsoft.com/troubleshoot/windows-server/networking/default-dynamic-port-range


def _asset(*expected: str, told: bool = True) -> Asset:
    return replace(EXAMPLE_ASSET, expected_ports=expected if told else None)


RPC = Listener("tcp", "0.0.0.0", 135, "svchost.exe", exposed=True)  # noqa: S104 (an example)
WEB = replace(RPC, address="::", port=8080, process="java.exe")
LOCAL = replace(RPC, address="127.0.0.1", port=5354, process="mdns.exe", exposed=False)
LSASS = replace(RPC, port=49_152, process="lsass.exe")
WININIT = replace(LSASS, port=49_664, process="wininit.exe")
NEARLY = replace(RPC, port=49_151, process=None)
NAMES = replace(RPC, protocol="udp", port=60_000, process="svchost.exe")


@check(
    id="win.net.unexpected-listener",
    waived=no_ports_expected,
    title="A service listens that the inventory does not expect",
    severity=Severity.MEDIUM,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "What nobody expects, nobody patches or guards. The inventory says which ports this host is to offer. Windows' "
        "firewall may keep others away from it all the same."
    ),
    remedy=Remedy(
        text="Stop the service, let the firewall block its port, or add the port to the inventory when it is meant.",
        steps=("Find the service with `Get-NetTCPConnection -State Listen` and its process", "Decide with its owner"),
        verify="`Get-NetTCPConnection -State Listen` no longer shows the port on a network address",
        risk="Something may depend on the port without anybody having said so.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/troubleshoot/windows-server/networking/service-overview-and-network-port-requirements",
        *mapped("4.8", FIREWALLS, "8.20", "1.2.5"),
    ),
    examples=(
        Example(Outcome.PASS, {"windows_sockets": WindowsSockets((RPC,))}, _asset("tcp/135")),
        Example(Outcome.PASS, {"windows_sockets": WindowsSockets((LOCAL,))}, _asset()),
        Example(
            Outcome.FAIL,
            {"windows_sockets": WindowsSockets((RPC, WEB))},
            _asset("tcp/135"),
            says="tcp/8080 is open on :: (java.exe)",
            subjects=("tcp/8080",),
        ),
        Example(
            Outcome.FAIL,
            {"windows_sockets": WindowsSockets((NEARLY, LSASS, NAMES, WININIT))},
            _asset(),
            says=(
                "tcp/49151 is open on 0.0.0.0 (process unknown)",
                "tcp/49152 is open on 0.0.0.0 (lsass.exe); tcp/49664 is open on 0.0.0.0 (wininit.exe)",
                "udp/60000 is open on 0.0.0.0 (svchost.exe)",
            ),
            subjects=("tcp/49151", "tcp/passing", "udp/passing"),
        ),
        Example(Outcome.NOT_APPLICABLE, {"windows_sockets": WindowsSockets((RPC,))}, _asset(told=False)),
        Example(Outcome.NOT_ASSESSED, {"windows_sockets": Missing(Reason.TIMED_OUT)}, _asset()),
    ),
)
def unexpected_listener(windows_sockets: WindowsSockets, asset: Asset) -> Iterator[Ruling]:
    """Windows' own services listen on ports that it hands out, other ones after each restart."""
    yield from unexpected(windows_sockets.listeners, asset, lambda one: one.port >= FIRST_PASSING_PORT)
