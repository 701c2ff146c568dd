"""What the report's appendix of open ports rests on: the sockets that hosts listed, what answered from outside, the
scanner's own way in, and what imported files tell. Read again from the evidence of the scan by the same parsers that
the checks were judged with.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from checks.check import Check
from checks.lifecycle import answers_fact
from inventory.endpoint import Endpoint
from inventory.facts.missing import Missing
from inventory.facts.network import Listener, Sockets
from inventory.facts.windows_network import WindowsSockets
from reports.open_ports import MOST_SAID, AssetPorts, How, Identified, OpenPort, Reach, gathered, words
from reports.text import safe_text
from scanner.engine import fact_of
from scanner.probes import OUTSIDE, can_tell, probes_of
from scanner.probes.web.records import Record, by_url
from scanner.query import Unreadable
from scanner.store.records import StoredHost
from scanner.store.store import Store

SOCKETS = ("sockets", "windows_sockets")
WAYS = {  # protocol and service of a way in
    "ssh": ("tcp", "ssh"),
    "ssh-windows": ("tcp", "ssh"),
    "cli": ("tcp", "ssh"),
    "winrm": ("tcp", "winrm"),
    "redfish": ("tcp", "https"),
    "snmp": ("udp", "snmp"),
}
PLAIN_HTTP = 80  # that an https endpoint is asked at too
NEVER_TRIED = "the scan ended before its turn came"
AT_ONCE = 200  # hosts whose evidence is held at once


def open_ports_of(
    store: Store, hosts: Sequence[StoredHost], checks: Mapping[str, Check], others: Mapping[str, Sequence[OpenPort]]
) -> tuple[AssetPorts, ...]:
    """Of every asset, also of one of which nothing is known: then with the reason. In the order of ``hosts``.

    ``others``: what imported files tell, by the uid of an asset.
    """
    asked = frozenset(name for name in SOCKETS if any(name in check.needs for check in checks.values()))
    found = list[AssetPorts]()
    for at in range(0, len(hosts), AT_ONCE):
        some = [_Host(one) for one in hosts[at : at + AT_ONCE]]
        outputs = store.blobs({answer.sha256 for one in some for answer in one.wanted})
        found += (_of(one, outputs, asked, others.get(one.stored.uid, ())) for one in some)
    return tuple(found)


class _Host:
    """A host with the answers that tell of its ports, by fact."""

    def __init__(self, stored: StoredHost) -> None:
        self.stored, self.asset = stored, stored.asset
        self.sockets = next((name for name in SOCKETS if can_tell(stored.asset.connection.way, (name,))), "")
        names = (*SOCKETS, *(probe.name for probe in OUTSIDE)) if stored.asset.endpoints else SOCKETS
        told = {name: [one for one in stored.answers if answers_fact(one.query, name)] for name in names}
        self.answers = {name: found for name, found in told.items() if found}
        self.wanted = [one for found in self.answers.values() for one in found]


Outputs = Mapping[str, bytes]


def _of(host: _Host, outputs: Outputs, asked: Container[str], others: Sequence[OpenPort]) -> AssetPorts:
    one = host.stored
    if one.attempt is None:
        return gathered(one.uid, host.asset.name, others, NEVER_TRIED)
    listed, why = _listed(host, outputs, asked)
    outside = (port for name in host.answers if name not in SOCKETS for port in _outside(host, name, outputs))
    return gathered(one.uid, host.asset.name, (*_way_in(one), *listed, *outside, *others), why)


def _way_in(host: StoredHost) -> Iterator[OpenPort]:
    way, attempt = host.asset.connection, host.attempt
    if attempt is not None and attempt.reached and way.way in WAYS:
        protocol, service = WAYS[way.way]
        told = Identified(How.WAY_IN, service, safe_text(attempt.peer, MOST_SAID))
        yield OpenPort(protocol, way.port, Reach.ANSWERED, (), (told,))


# what the host lists


def _listed(host: _Host, outputs: Outputs, asked: Container[str]) -> tuple[tuple[OpenPort, ...], str]:
    """Its sockets, or why there is no list of them."""
    name = host.sockets
    if not name:
        return (), f"not to be had over {host.asset.connection.way}"
    if name not in host.answers:
        lost = host.stored.attempt.missing if host.stored.attempt else None
        said = "it was not asked" if name in asked else "no check of this scan asks for it"
        return (), lost.reason.value if lost else said
    seen = _fact(host, name, outputs)
    if isinstance(seen, Sockets | WindowsSockets):
        evidence = host.answers[name][0].sha256
        return tuple(_socket(one, evidence) for one in seen.listeners), ""
    return (), seen.reason.value if isinstance(seen, Missing) else "it cannot be read"


def _socket(one: Listener, evidence: str) -> OpenPort:
    told = Identified(How.LISTED, safe_text(one.process or "", MOST_SAID), "", evidence)
    reach = Reach.NETWORK if one.exposed else Reach.LOCAL
    return OpenPort(one.protocol, one.port, reach, (safe_text(one.address, 64),), (told,))


def _fact(host: _Host, name: str, outputs: Outputs) -> object:
    """None: the evidence is damaged or gone, which `db verify` names."""
    answers = host.answers[name]
    lacking = next((one.answer.missing for one in answers if one.answer.missing), None)
    if lacking is not None:
        return lacking
    if any(one.sha256 not in outputs for one in answers):
        return None
    whole = [replace(one.answer, output=outputs[one.sha256]) for one in answers]
    return fact_of(probes_of(host.asset.connection.way)[name], host.asset, whole)


# what answers from outside


def _outside(host: _Host, name: str, outputs: Outputs) -> Iterator[OpenPort]:
    """Endpoints of the inventory that answered; one that speaks and was not understood is open all the same."""
    evidence = host.answers[name][0].sha256
    try:
        records = by_url(outputs.get(evidence, b""))
    except Unreadable:
        return
    told = {one.url: words(one) for one in getattr(_fact(host, name, outputs), "endpoints", ())}
    for endpoint in host.asset.endpoints:
        url = endpoint.url(host.asset.connection.address)
        yield from _endpoint(endpoint, records.get(url, ()), safe_text(told.get(url, ""), MOST_SAID), evidence)


def _endpoint(endpoint: Endpoint, records: Sequence[Record], said: str, evidence: str) -> Iterator[OpenPort]:
    plain = next((one for one in records if one.get("step") == "plain"), {})  # asked in the clear, for where it sends
    if plain.get("state") == "open":
        service = "http" if str(plain.get("got", "")).startswith("HTTP/") else ""
        yield OpenPort("tcp", PLAIN_HTTP, Reach.ANSWERED, (), (Identified(How.ANSWERED, service, "", evidence),))
    for protocol in _open(records, endpoint.scheme):
        one = Identified(How.ANSWERED, endpoint.scheme if said else "", said, evidence)
        yield OpenPort(protocol, endpoint.port, Reach.ANSWERED, (), (one,))


def _open(records: Sequence[Record], scheme: str) -> list[str]:
    """The protocols over which it answered. ``no tls``: the connection came about, the session did not."""
    spoke = [one for one in records if one.get("state") in ("open", "no tls") and one.get("step") != "plain"]
    return sorted({"udp" if one.get("over") == "udp" or scheme == "ntp" else "tcp" for one in spoke})
