"""Host keys that more than one machine presents: whoever owns one of them can pass for the others."""

from collections.abc import Iterator, Mapping

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.estate import Gathered
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from inventory.asset import Asset, Connection, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.contact import Contact

MOST_NAMED = 5


def _presented(contact: Contact) -> Mapping[str, str]:
    return {"host_key": contact.host_key}


def _host(key: str) -> Mapping[str, object]:
    return {"contact": partial(Contact, host_key=key)}


def _among(
    outcome: Outcome, own: Mapping[str, object], *others: Mapping[str, object], says: str = "", way: str = "ssh"
) -> Example:
    asset = Asset("example", Connection(way, "192.0.2.1"))
    named = {f"h{n}": facts for n, facts in enumerate(others, 1)}
    return Example(outcome, own, asset, says=says or (), others=named)


def _not_over_ssh(asset: Asset) -> str:
    return "" if asset.connection.way in ("ssh", "cli") else "it is not reached over SSH"


SILENT = {"contact": Missing(Reason.UNREACHABLE, "no answer")}


@check(
    id="ssh.hostkey.shared-across-hosts",
    title="Several hosts present the same SSH host key",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CRYPTO,
    rationale=(
        "A host key says which machine this is. Machines that were cloned with their keys cannot be told apart, and "
        "whoever takes the key of one can pass for all of them."
    ),
    remedy=Remedy(
        text="Make new host keys on all of these machines but one, and approve them.",
        steps=(
            "Remove /etc/ssh/ssh_host_* and run ssh-keygen -A, then restart sshd",
            "Let the template remove the keys before it is cloned",
        ),
        verify="each of the hosts presents a key of its own",
        risk="Clients that know the old key warn until they have the new one.",
    ),
    privilege=Privilege.NONE,
    references=("RFC 4251, section 4.1", "CIS Controls v8 4.7"),
    gathers=_presented,
    waived=_not_over_ssh,
    examples=(
        _among(
            Outcome.FAIL,
            _host("SHA256:a"),
            _host("SHA256:b"),
            _host("SHA256:a"),
            SILENT,
            says="its host key SHA256:a is also that of h2",
        ),
        _among(
            Outcome.FAIL,
            *[_host("SHA256:a")] * 8,
            says="its host key SHA256:a is also that of h1, h2, h3, h4, h5 and 2 more",
        ),
        _among(Outcome.FAIL, *[_host("SHA256:a")] * 6, says="its host key SHA256:a is also that of h1, h2, h3, h4, h5"),
        _among(
            Outcome.PASS,
            _host("SHA256:a"),
            _host("SHA256:b"),
            _host(""),
            says="no other host of the estate presents its host key SHA256:a",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _host("SHA256:a"),
            _host("SHA256:b"),
            SILENT,
            says="no host that answered presents its host key SHA256:a; 1 of the estate did not answer",
        ),
        _among(Outcome.NOT_APPLICABLE, _host(""), _host(""), says="it presented no host key"),
        _among(Outcome.NOT_APPLICABLE, _host("SHA256:a"), says="no other host of the estate is visited this way"),
        _among(Outcome.NOT_ASSESSED, SILENT, _host("SHA256:a"), says="no answer"),
        _among(Outcome.PASS, _host("SHA256:a"), _host("SHA256:b"), way="cli"),
        _among(
            Outcome.NOT_APPLICABLE, _host("SHA256:a"), _host("SHA256:a"), says="it is not reached over SSH", way="snmp"
        ),
    ),
)
def host_key_shared(estate: Gathered) -> Iterator[Ruling]:
    key, gaps = estate.mine["host_key"], len(estate.peers.gaps)
    others = [name for name in estate.alike("host_key") if name != estate.own]
    if not key:
        yield not_applicable("it presented no host key")
    elif others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        yield failed(f"its host key {key} is also that of {', '.join(others[:MOST_NAMED])}{more}")
    elif gaps:
        told = f"no host that answered presents its host key {key}; {gaps} of the estate did not answer"
        yield not_assessed(Reason.NOT_ATTEMPTED, told)
    elif len(estate.peers.entries) == 1:
        yield not_applicable("no other host of the estate is visited this way")
    else:
        yield passed(f"no other host of the estate presents its host key {key}")
