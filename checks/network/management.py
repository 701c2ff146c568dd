"""What answers on a device's management ports and should not: Telnet, plain HTTP, SSH 1, Smart Install."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.network.ports import asked, heard, refused
from inventory.asset import Asset, Connection, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.device import Device
from inventory.facts.management import Management, Port, Service, Speaker, State, Web

SWITCH = Asset("sw1", Connection("snmp", "192.0.2.1", 161), kind="network")
NUMBER = {Service.SSH: 22, Service.TELNET: 23, Service.HTTP: 80, Service.SMART_INSTALL: 4786}
SEEN = "refuses connections, seen from the scanner"


def _seen(service: Service, state: State = State.OPEN, **more: object) -> dict[str, object]:
    port = partial(Port, service=service, number=NUMBER[service], state=state, **{"why": "", **more})
    return {"management": Management((port,))}


def _page(status: int, *, to_https: bool = False, by_script: bool = False, server: str = "") -> dict[str, object]:
    return _seen(Service.HTTP, web=Web(status, to_https, by_script, server))


@check(
    id="net.mgmt.telnet-open",
    title="The device can be managed over Telnet",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "Telnet carries the administrator's name and password in clear text: whoever sees the traffic once can log in "
        "for ever."
    ),
    remedy=Remedy(
        text="Turn Telnet off and use SSH.",
        steps=(
            "Check that SSH works",
            "Turn Telnet off, on Cisco IOS with `transport input ssh` on every vty line",
        ),
        verify="a connection to TCP 23 is refused",
        risk="Scripts and people that still use Telnet are locked out.",
    ),
    privilege=Privilege.NONE,
    references=("RFC 854", "NIST SP 800-53 CM-7"),
    examples=(
        Example(Outcome.PASS, _seen(Service.TELNET, State.REFUSED), says=f"TCP 23 {SEEN}"),
        Example(
            Outcome.PASS,
            _seen(Service.TELNET, speaker=Speaker.SSH, said="SSH-2.0-x"),
            says='TCP 23 is open, but an SSH server answers there: it says "SSH-2.0-x"',
        ),
        Example(
            Outcome.FAIL,
            _seen(Service.TELNET, speaker=Speaker.TELNET, said="Username:"),
            says='TCP 23 accepts connections: it says "Username:"',
        ),
        Example(
            Outcome.FAIL,
            _seen(Service.TELNET, speaker=Speaker.NOBODY, said=""),
            says="TCP 23 accepts connections: who speaks there: nobody",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _seen(Service.TELNET, speaker=Speaker.GONE, said=""),
            says="TCP 23 accepts connections and ends them at once: Telnet may be open to others",
        ),
        Example(Outcome.NOT_ASSESSED, _seen(Service.TELNET, State.NO_ANSWER)),
        Example(Outcome.NOT_ASSESSED, _seen(Service.SSH), says="the port of Telnet was not asked"),
        Example(Outcome.NOT_ASSESSED, {"management": Missing(Reason.UNREACHABLE)}),
    ),
)
def telnet_open(management: Management) -> Iterator[Ruling]:
    port = asked(management, Service.TELNET)
    if isinstance(port, Ruling):
        yield port
    elif port.state is State.REFUSED:
        yield passed(refused(port))
    elif port.speaker is Speaker.SSH:
        yield passed(f"{port.place} is open, but an SSH server answers there: {heard(port)}")
    elif port.speaker is Speaker.GONE:
        why = f"{port.place} accepts connections and ends them at once: Telnet may be open to others"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, why)
    else:
        yield failed(f"{port.place} accepts connections: {heard(port)}")


def _no_device(asset: Asset) -> str:
    """A web server on a server is what it is there for."""
    kind = asset.kind
    return (
        "" if kind == "network" else f"this asset is a {kind} in the inventory: its web server need not be management"
    )


@check(
    id="net.mgmt.http-open",
    title="The device's web management is served without encryption",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale="Over plain HTTP passwords and every change that is made can be read and altered on the way.",
    remedy=Remedy(
        text="Serve the web management over HTTPS only, or turn it off.",
        steps=("Turn HTTPS on and give it a certificate", "Turn HTTP off, or let it only send to https"),
        verify="a connection to TCP 80 is refused, or `curl -I http://DEVICE/` shows a Location that begins with https",
        risk="Bookmarks and scripts that name http may no longer work.",
    ),
    privilege=Privilege.NONE,
    references=("RFC 9110, section 15.4", "NIST SP 800-53 SC-8"),
    waived=_no_device,
    examples=(
        Example(Outcome.PASS, _seen(Service.HTTP, State.REFUSED), SWITCH, says=f"TCP 80 {SEEN}"),
        Example(Outcome.PASS, _page(301, to_https=True, by_script=True), SWITCH, says="TCP 80 sends to https"),
        Example(
            Outcome.FAIL,
            _page(200, server="box"),
            SWITCH,
            says="TCP 80 answers with status 200 and does not send to https",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _page(200, by_script=True),
            SWITCH,
            says="TCP 80 answers with a page whose script may send to https; look whether it does",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _seen(Service.HTTP, web=None, said="", speaker=Speaker.NOBODY),
            SWITCH,
            says="TCP 80 is open, but no whole answer of a web server came; who speaks there: nobody",
        ),
        Example(Outcome.NOT_ASSESSED, _seen(Service.HTTP, State.NO_ANSWER), SWITCH),
        Example(
            Outcome.NOT_APPLICABLE,
            _page(200),
            says="this asset is a server in the inventory: its web server need not be management",
        ),
    ),
)
def http_open(management: Management) -> Iterator[Ruling]:
    port = asked(management, Service.HTTP)
    if isinstance(port, Ruling):
        yield port
    elif port.state is State.REFUSED:
        yield passed(refused(port))
    elif port.web is None:
        why = f"{port.place} is open, but no whole answer of a web server came; {heard(port)}"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, why)
    elif port.web.to_https:
        yield passed(f"{port.place} sends to https")
    elif port.web.by_script:
        why = f"{port.place} answers with a page whose script may send to https; look whether it does"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, why)
    else:
        yield failed(f"{port.place} answers with status {port.web.status} and does not send to https")


@check(
    id="net.mgmt.ssh-v1",
    title="The SSH server offers protocol version 1",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CRYPTO,
    rationale=(
        "SSH 1 can be read and altered by somebody on the way. A server that says 1.99 speaks 2 as well, and lets a "
        "client be talked down to 1."
    ),
    remedy=Remedy(
        text="Allow SSH version 2 only; a device that cannot needs newer firmware or has to be replaced.",
        steps=("On Cisco IOS: `ip ssh version 2`", "Elsewhere: the vendor's command, or newer firmware"),
        verify="`ssh -v DEVICE` shows a remote protocol version 2.0",
        risk="Very old clients can no longer log in.",
    ),
    privilege=Privilege.NONE,
    references=("RFC 4253, section 5.1", "CVE-2001-0361"),
    examples=(
        Example(
            Outcome.PASS,
            _seen(Service.SSH, ssh_protocol="2.0", said="SSH-2.0-OpenSSH_9.2"),
            says='TCP 22 offers SSH version 2 only: it says "SSH-2.0-OpenSSH_9.2"',
        ),
        Example(
            Outcome.FAIL,
            _seen(Service.SSH, ssh_protocol="1.99", said="SSH-1.99-Cisco-1.25"),
            says='TCP 22 offers SSH version 1: it says "SSH-1.99-Cisco-1.25"',
        ),
        Example(Outcome.FAIL, _seen(Service.SSH, ssh_protocol="1.5", said="SSH-1.5-x")),
        Example(
            Outcome.NOT_ASSESSED,
            _seen(Service.SSH, ssh_protocol=None, said="", speaker=Speaker.NOBODY),
            says="TCP 22 is open, but no SSH server spoke; who speaks there: nobody",
        ),
        Example(Outcome.NOT_ASSESSED, _seen(Service.SSH, State.UNREACHABLE)),
        Example(
            Outcome.NOT_APPLICABLE, _seen(Service.SSH, State.REFUSED), says=f"TCP 22 {SEEN}: no SSH server to look at"
        ),
    ),
)
def ssh_v1(management: Management) -> Iterator[Ruling]:
    port = asked(management, Service.SSH)
    if isinstance(port, Ruling):
        yield port
    elif port.state is State.REFUSED:
        yield not_applicable(f"{refused(port)}: no SSH server to look at")
    elif port.ssh_protocol is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"{port.place} is open, but no SSH server spoke; {heard(port)}")
    elif port.ssh_protocol.startswith("1."):
        yield failed(f"{port.place} offers SSH version 1: {heard(port)}")
    else:
        yield passed(f"{port.place} offers SSH version 2 only: {heard(port)}")


@check(
    id="net.svc.smart-install",
    title="Cisco Smart Install is open",
    severity=Severity.CRITICAL,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "Smart Install asks for no password: whoever reaches TCP 4786 can fetch the configuration, replace the "
        "firmware and take over the switch. It has been used for attacks since 2017."
    ),
    remedy=Remedy(
        text="Turn Smart Install off with `no vstack`; where it is needed, let only the director reach TCP 4786.",
        steps=("`no vstack`, and save the configuration", "Where this release has no such command: an access list"),
        verify="`show vstack config` says that it is disabled, and a connection to TCP 4786 is refused",
        risk="Switches are no longer installed by themselves when they are replaced.",
    ),
    privilege=Privilege.NONE,
    references=("cisco-sa-20170214-smi", "CVE-2018-0171"),
    examples=(
        Example(Outcome.PASS, _seen(Service.SMART_INSTALL, State.REFUSED), says=f"TCP 4786 {SEEN}"),
        Example(
            Outcome.PASS,
            {**_seen(Service.SMART_INSTALL, State.REFUSED), "device": partial(Device, vendor="Cisco Systems")},
            says=f"TCP 4786 {SEEN}",
        ),
        Example(
            Outcome.FAIL,
            {**_seen(Service.SMART_INSTALL), "device": partial(Device, vendor=None)},
            says="TCP 4786, the port of Cisco Smart Install, accepts connections",
        ),
        Example(Outcome.FAIL, _seen(Service.SMART_INSTALL)),
        Example(Outcome.NOT_ASSESSED, _seen(Service.SMART_INSTALL, State.NO_ANSWER)),
        Example(
            Outcome.NOT_APPLICABLE,
            {**_seen(Service.SMART_INSTALL), "device": partial(Device, vendor="Juniper")},
            says="Smart Install is Cisco's, and this device was made by Juniper",
        ),
    ),
)
def smart_install(management: Management, device: Device | None) -> Iterator[Ruling]:
    vendor = device.vendor if device else None
    port = asked(management, Service.SMART_INSTALL)
    if vendor and "cisco" not in vendor.lower():
        yield not_applicable(f"Smart Install is Cisco's, and this device was made by {vendor}")
    elif isinstance(port, Ruling):
        yield port
    elif port.state is State.REFUSED:
        yield passed(refused(port))
    else:
        yield failed(f"{port.place}, the port of Cisco Smart Install, accepts connections")
