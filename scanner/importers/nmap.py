"""nmap ``-oX``: open ports, and what NSE scripts said of a weakness.

Source: nmap.dtd and NSE's library ``vulns``. An open port is told as it is (severity info); a port that is named as
closed proves that nothing listens there, a port that is not named proves nothing.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from checks.check import Theme
from checks.finding import HOST, Member, Outcome, Severity, Subject
from inventory.facts.missing import Reason
from scanner.importers.foreign_xml import child, children, local, records, root_of, text_of
from scanner.importers.imported import (
    MAX_CVES,
    MAX_TITLE,
    Credentialed,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Sniffed,
    Source,
)
from scanner.importers.text import cves_in, members_of, moment, number, port_subject, severity_of_score, tidy, worst

OPEN_PORT = Rule(
    "open-port",
    "A port is open",
    Severity.INFO,
    Theme.EXPOSED_SERVICE,
    "Every service that can be reached is a way in; what is not needed should not answer.",
    "Close the port or name it in the inventory (expected_ports), if the service is meant to be there.",
)
DISCOVERY = Rule("host-discovery", "The host answered", Severity.INFO, Theme.ASSET_UNKNOWN)


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    _, attributes = root_of(source.data)
    hosts, ended, notes = [], None, []
    for record in records(source.data, source.file, ("host", "finished")):
        if record.name == "host":
            hosts.append(_host(record.element))
        else:
            ended = moment(record.element.get("time"))
            if record.element.get("exit", "success") != "success":
                notes.append("nmap did not run to its end: " + tidy(record.element.get("errormsg"), 200))
    started = moment(attributes.get("start"))
    return Imported("nmap", tidy(attributes.get("version"), 40), tuple(hosts), started, ended, tuple(notes))


def _host(element: Element) -> Host:
    addresses = [(a.get("addrtype", ""), a.get("addr", "")) for a in children(element, "address")]
    names = child(element, "hostnames")
    return Host(
        names=tuple(dict.fromkeys(n.get("name", "") for n in names if n.get("name"))) if names is not None else (),
        addresses=tuple(a for kind, a in addresses if a and kind != "mac"),
        macs=tuple(a for kind, a in addresses if a and kind == "mac"),
        credentialed=Credentialed.NO,
        started=moment(element.get("starttime")),
        ended=moment(element.get("endtime")),
        results=tuple(_results(element)),
    )


def _results(element: Element) -> Iterator[Result]:
    status = child(element, "status")
    if status is not None and status.get("state") == "down":
        yield Result(DISCOVERY, Outcome.NOT_ASSESSED, "nmap says the host is down", reason=Reason.UNREACHABLE)
    ports = child(element, "ports")
    for port in children(ports, "port") if ports is not None else ():
        subject = port_subject(port.get("portid"), port.get("protocol"))
        yield from _port(port, subject)
        for script in children(port, "script"):
            yield from _script(script, subject)
    for scripts in children(element, "hostscript"):
        for script in children(scripts, "script"):
            yield from _script(script, HOST)


def _port(port: Element, subject: Subject) -> Iterator[Result]:
    state = child(port, "state")
    word = state.get("state", "") if state is not None else ""
    if subject == HOST or word not in ("open", "closed"):
        return  # filtered and open|filtered say nothing for certain
    told = f"{subject.key} is {word}" + _service(port)
    yield Result(OPEN_PORT, Outcome.FAIL if word == "open" else Outcome.PASS, told, subject)


def _service(port: Element) -> str:
    service = child(port, "service")
    if service is None:
        return ""
    words = [service.get(key, "") for key in ("name", "product", "version")]
    guess = " (by its number only)" if service.get("method") == "table" else ""
    return f": {tidy(' '.join(filter(None, words)), 200)}{guess}"


def _script(script: Element, subject: Subject) -> Iterator[Result]:
    if script.get("id") == "vulners":
        yield from _vulners(script, subject)
        return
    for table in script.iter():
        state = _elem(table, "state").upper() if local(table.tag) == "table" else ""
        if state:
            yield from _vulnerability(script, table, state, subject)


def _vulnerability(script: Element, table: Element, state: str, subject: Subject) -> Iterator[Result]:
    """A table of NSE's library ``vulns``: its key is the id of the weakness."""
    name, found = script.get("id", "script"), state.startswith(("VULNERABLE", "LIKELY VULNERABLE"))
    if not found and not state.startswith("NOT VULNERABLE"):
        return
    score = next((number(e.text) for e in table.iter() if e.get("key") in ("cvss", "score")), None)
    severity = severity_of_score(score) or _factor(table)
    title = tidy(_elem(table, "title"), MAX_TITLE) or name
    rule = Rule(f"{name}.{table.get('key') or title}", title, severity, rationale=tidy(_description(table)))
    cves = cves_in(table.get("key"), *table.itertext())
    outcome = Outcome.FAIL if found else Outcome.PASS
    yield Result(rule, outcome, f"{name}: {state.lower()}: {title}", subject, members=members_of(cves) if found else ())


def _factor(table: Element) -> Severity:
    found = re.search(r"Risk factor: (High|Medium|Low)", " ".join(table.itertext()))
    return Severity(found.group(1).lower()) if found else Severity.HIGH


def _description(table: Element) -> str:
    return " ".join(" ".join(one.itertext()) for one in table if one.get("key") == "description")


def _vulners(script: Element, subject: Subject) -> Iterator[Result]:
    """CVEs that are listed for the version that a banner claims: distributions fix without raising it."""
    members = tuple(_listed(script))[:MAX_CVES]
    if not members:
        return
    rule = Rule(
        "vulners",
        "CVEs are listed for the version that the service claims",
        Severity.HIGH,
        rationale="A guess by the version in a banner; a distribution fixes weaknesses without raising that version.",
        remedy="Install the vendor's updates, or show that the distribution has fixed these CVEs.",
    )
    severity = worst(member.severity for member in members) or Severity.HIGH
    yield Result(rule, Outcome.FAIL, f"vulners lists {len(members)} CVEs", subject, severity, members=members)


def _listed(script: Element) -> Iterator[Member]:
    for table in script.iter():
        name = _elem(table, "id").upper() if local(table.tag) == "table" else ""
        if cves_in(name) == (name,):
            yield Member(name, "reported", severity_of_score(number(_elem(table, "cvss"))))


def _elem(table: Element, key: str) -> str:
    return next((text_of(one) for one in children(table, "elem") if one.get("key") == key), "")


def _recognises(sniffed: Sniffed) -> bool:
    return sniffed.root == "nmaprun"


FORMAT = ForeignFormat("nmap", "nmap XML (-oX)", _recognises, read)
