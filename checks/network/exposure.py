"""Whether users can reach what only administrators should: seen by a scanner that stands in a user zone."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_assessed, passed
from checks.network.ports import asked
from inventory.asset import Asset, Connection, Privilege, Viewpoint
from inventory.facts import Missing, Reason
from inventory.facts.contact import Contact
from inventory.facts.management import Management, Port, Service, State

MANAGED_BY = (Service.SSH, Service.TELNET, Service.HTTP, Service.HTTPS)
SWITCH = Asset("sw1", Connection("snmp", "192.0.2.1", 161), kind="network", seen_from=Viewpoint("Desks", of_users=True))
WHERE = (
    "the inventory does not say whether the scanner stands in a zone of users: write `scanner: {site: NAME}` under "
    "estatecheck, and `users: true` or `users: false` at that site"
)


def _seen(**states: State) -> dict[str, object]:
    """``SSH=State.OPEN``; the others refuse."""
    ports = tuple(
        partial(Port, service=service, number=at, state=states.get(service.name, State.REFUSED), why="")
        for at, service in enumerate(MANAGED_BY)
    )
    return {"management": Management(ports)}


def _not_concerned(asset: Asset) -> str:
    if asset.kind != "network":
        return f"this asset is a {asset.kind} in the inventory, which users may have to reach"
    if asset.seen_from.of_users is False:
        return f"the scanner stands in {asset.seen_from.zone}, which is no zone of users"
    return ""


@check(
    id="net.mgmt.exposed-to-user-vlan",
    title="Users can reach the device's management",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "From a user's machine, or from malware on one, passwords of a device can be tried and its weaknesses used. "
        "Management belongs into a network of its own."
    ),
    remedy=Remedy(
        text="Let only the management network reach the device's management ports.",
        steps=(
            "Give the device a management address in a network of its own, or limit its services by access lists",
            "Filter the management ports between the zone of users and the devices",
        ),
        verify="a scan from the zone of users finds every management port refused",
        risk="Administrators who work from the zone of users are locked out until they have another way in.",
    ),
    privilege=Privilege.NONE,
    references=("NIST SP 800-53 SC-7",),
    waived=_not_concerned,
    examples=(
        Example(
            Outcome.PASS,
            {**_seen(), "contact": Missing(Reason.CONNECTION_REFUSED)},
            SWITCH,
            says="every management port that was asked refuses connections from Desks",
        ),
        *(
            Example(
                Outcome.NOT_ASSESSED,
                {**_seen(), **more},
                SWITCH,
                says="the TCP ports refuse connections from Desks, but whether snmp can be reached is not known",
            )
            for more in ({"contact": Missing(Reason.TIMED_OUT)}, dict[str, object]())
        ),
        Example(
            Outcome.FAIL,
            {**_seen(SSH=State.OPEN, HTTP=State.NO_ANSWER), "contact": partial(Contact, way="snmp")},
            SWITCH,
            says="from Desks, a zone of users, can be reached: SSH (TCP 0), snmp",
        ),
        *(
            Example(
                Outcome.FAIL,
                _seen(**{service.name: State.OPEN}),
                SWITCH,
                says=f"from Desks, a zone of users, can be reached: {service} (TCP {at})",
            )
            for at, service in enumerate(MANAGED_BY)
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _seen(HTTPS=State.NO_ANSWER),
            SWITCH,
            says="TCP 3 gave no answer: it is filtered on the way or dropped by the device; whether it is open to "
            "others cannot be told",
        ),
        Example(Outcome.NOT_ASSESSED, _seen(SSH=State.OPEN), replace(SWITCH, seen_from=Viewpoint()), says=WHERE),
        Example(Outcome.NOT_ASSESSED, _seen(SSH=State.OPEN), replace(SWITCH, seen_from=Viewpoint("Desks")), says=WHERE),
        Example(
            Outcome.NOT_APPLICABLE,
            _seen(SSH=State.OPEN),
            replace(SWITCH, seen_from=Viewpoint("Racks", of_users=False)),
            says="the scanner stands in Racks, which is no zone of users",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _seen(SSH=State.OPEN),
            replace(SWITCH, kind="server"),
            says="this asset is a server in the inventory, which users may have to reach",
        ),
    ),
)
def exposed_to_user_vlan(management: Management, contact: Contact | None, context: Context) -> Iterator[Ruling]:
    stands = context.asset.seen_from
    if stands.of_users is None:
        yield not_assessed(Reason.NOT_ATTEMPTED, WHERE)
        return
    told = [asked(management, service) for service in MANAGED_BY]
    found = [f"{one.service} ({one.place})" for one in told if not isinstance(one, Ruling) and one.state is State.OPEN]
    reached = [*found, *([contact.way] if contact else [])]
    gaps = [one for one in told if isinstance(one, Ruling)]
    if reached:
        yield failed(f"from {stands.zone}, a zone of users, can be reached: {', '.join(reached)}")
    elif gaps:
        yield gaps[0]
    elif _refused(context):
        yield passed(f"every management port that was asked refuses connections from {stands.zone}")
    else:
        way = context.asset.connection.way
        why = f"the TCP ports refuse connections from {stands.zone}, but whether {way} can be reached is not known"
        yield not_assessed(Reason.TIMED_OUT, why)


def _refused(context: Context) -> bool:
    """Whether the scan's own way in was refused: silence to a log-in that may be wrong proves nothing."""
    own = context.facts.get("contact")
    return isinstance(own, Missing) and own.reason is Reason.CONNECTION_REFUSED
