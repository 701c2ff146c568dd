"""Who may ask the device over SNMP: versions that carry their password in clear text."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.contact import Contact
from inventory.facts.snmp_access import SnmpAccess

V2C = {"contact": partial(Contact, peer="SNMPv2c, some library")}
V3 = {"contact": partial(Contact, peer="SNMPv3 authPriv, some library")}


def _shown(groups: int | None, users: int | None, communities: int | None = None) -> dict[str, object]:
    return {"snmp_access": SnmpAccess(groups, users, communities)}


@check(
    id="net.snmp.v1-v2c-enabled",
    title="The device answers SNMP version 1 or 2c",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CRYPTO,
    rationale=(
        "The community of SNMPv1 and v2c is a password in clear text in every packet, and nothing proves who asks. "
        "Whoever sees one packet knows it."
    ),
    remedy=Remedy(
        text="Use SNMPv3 with authentication and privacy, and remove every community.",
        steps=(
            "Create a user of SNMPv3 with SHA-2 and AES, and let the monitoring and this scan use it",
            "Remove the communities and the groups of SNMPv1 and v2c",
        ),
        verify="the device does not answer a request with the old community",
        risk="Monitoring that still uses the community sees nothing more.",
    ),
    privilege=Privilege.USER,
    references=("RFC 3414", "RFC 3415", "RFC 3584"),
    examples=(
        Example(
            Outcome.FAIL,
            {**V2C, **_shown(None, None)},
            says="the device answered this scan over SNMPv2c, whose community travels in clear text",
        ),
        Example(
            Outcome.FAIL,
            {**V3, **_shown(2, 1, 0)},
            says="its own access tables hold entries for communities: 2 groups of SNMPv1 and v2c",
        ),
        Example(
            Outcome.FAIL,
            {**V3, **_shown(None, None, 1)},
            says="its own access tables hold entries for communities: 1 community",
        ),
        Example(
            Outcome.FAIL,
            {**V3, **_shown(1, 0, 2)},
            says="its own access tables hold entries for communities: 1 group of SNMPv1 and v2c, 2 communities",
        ),
        Example(
            Outcome.PASS,
            {**V3, **_shown(0, 1, None)},
            says="its access table holds users of SNMPv3 (1) and no community",
        ),
        Example(Outcome.PASS, {**V3, **_shown(0, 3, 0)}),
        Example(
            Outcome.NOT_ASSESSED,
            {**V3, **_shown(0, 0, 0)},
            says="this scan used SNMPv3, and the device does not show whether it answers SNMPv1 and v2c too",
        ),
        Example(Outcome.NOT_ASSESSED, {**V3, **_shown(None, None, 0)}),
        Example(Outcome.NOT_ASSESSED, {**V3, **_shown(None, 1, None)}),
        Example(Outcome.NOT_ASSESSED, {"contact": Missing(Reason.TIMED_OUT)}),
    ),
)
def v1_v2c_enabled(contact: Contact, snmp_access: SnmpAccess) -> Iterator[Ruling]:
    entries = [
        _number(snmp_access.community_groups, "group of SNMPv1 and v2c", "groups of SNMPv1 and v2c"),
        _number(snmp_access.communities, "community", "communities"),
    ]
    if contact.peer.startswith("SNMPv2c"):
        yield failed("the device answered this scan over SNMPv2c, whose community travels in clear text")
    elif any(entries):
        yield failed(f"its own access tables hold entries for communities: {', '.join(filter(None, entries))}")
    elif snmp_access.community_groups is not None and snmp_access.user_groups:
        yield passed(f"its access table holds users of SNMPv3 ({snmp_access.user_groups}) and no community")
    else:
        why = "this scan used SNMPv3, and the device does not show whether it answers SNMPv1 and v2c too"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, why)


def _number(count: int | None, one: str, more: str) -> str:
    """ "" for none."""
    if not count:
        return ""
    return f"{count} {one if count == 1 else more}"
