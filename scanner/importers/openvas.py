"""OpenVAS and Greenbone: the XML report (GMP ``report``), and its CSV.

Source: Greenbone, GMP protocol, ``get_reports`` response. A report names what was found; it never says which tests
ran on a host, so nothing that is lacking in it is gone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from xml.etree.ElementTree import Element

from checks.check import Theme
from checks.finding import Outcome, Severity, Subject
from inventory.facts.missing import Reason
from scanner.importers.foreign_json import rows_of
from scanner.importers.foreign_xml import child, children, records, text_of
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    Credentialed,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Score,
    Sniffed,
    Source,
)
from scanner.importers.text import (
    cves_in,
    members_of,
    moment,
    number,
    port_subject,
    severity_of_score,
    severity_word,
    tidy,
)

TOOL = "openvas"
COLUMNS = frozenset({"ip", "port", "cvss", "severity", "nvt name", "nvt oid"})
_AUTH = re.compile(r"Auth-(SSH|SMB|SNMP|ESXi)-(Success|Failure)\Z", re.IGNORECASE)
_LOGIN = Rule("authentication", "The tool could log in and look from inside", Severity.INFO)
_SCAN = Rule("test-error", "A test of the tool ended in an error", Severity.INFO)


@dataclass(slots=True)
class _Seen:
    """One host while it is put together."""

    names: dict[str, None] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    informational: int = 0
    logins: set[str] = field(default_factory=set)  # success, failure
    said: str = ""
    started: datetime | None = None
    ended: datetime | None = None


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    hosts: dict[str, _Seen] = defaultdict(_Seen)
    told: dict[str, str] = {}
    wanted = ("result", "error", "host", "scan_start", "scan_end", "scan_run_status", "version", "term")
    for record in records(source.data, source.file, wanted):
        element, parent = record.element, record.path[-1] if record.path else ""
        if record.name == "result" and parent == "results":
            _result(hosts, element)
        elif record.name == "error" and parent == "errors":
            _error(hosts, element)
        elif record.name == "host" and parent == "report":
            _details(hosts[text_of(element, "ip") or _own(element)], element)
        elif parent in ("report", "gmp", "filters"):
            told.setdefault(record.name, (element.text or "").strip())
    started, ended = moment(told.get("scan_start")), moment(told.get("scan_end"))
    made = tuple(_made(address, seen) for address, seen in hosts.items() if address)
    return Imported(TOOL, told.get("version", ""), made, started, ended, tuple(_notes(told)))


def _notes(told: dict[str, str]) -> Iterator[str]:
    status = told.get("scan_run_status", "")
    if status and status != "Done":
        yield f"the scan of this report was not done: its state is {tidy(status, 40)!r}"
    if "levels=" in told.get("term", ""):
        yield f"the report was filtered when it was exported: {tidy(told['term'], 200)}"


def _own(element: Element) -> str:
    return (element.text or "").strip()


def _result(hosts: dict[str, _Seen], element: Element) -> None:
    place = child(element, "host")
    address = _own(place) if place is not None else ""
    seen = hosts[address]
    if place is not None and (name := text_of(place, "hostname")):
        seen.names[name] = None
    result = _judged(element)
    if result is None:
        seen.informational += 1
    else:
        seen.results.append(result)


def _judged(element: Element) -> Result | None:
    nvt = child(element, "nvt")
    if nvt is None:
        return None
    threat, score = text_of(element, "threat").lower(), number(text_of(element, "severity"))
    if threat == "error" or text_of(element, "severity").startswith("-3"):
        return _failed_test(nvt.get("oid", ""), text_of(nvt, "name"), text_of(element, "description"))
    if threat in ("log", "debug", "false positive") or not score:
        return None
    rating = severity_word(threat) or severity_of_score(score) or Severity.HIGH
    rating = Severity.CRITICAL if score >= 9 else rating
    tags = _tags(text_of(nvt, "tags"))
    scores = tuple(_scores(nvt, tags))
    rule = Rule(
        id=nvt.get("oid", "") or text_of(nvt, "name"),
        title=tidy(text_of(nvt, "name") or text_of(element, "name"), MAX_TITLE),
        severity=rating,
        theme=_theme(text_of(nvt, "family")),
        rationale=tidy(" ".join(filter(None, (tags.get("summary"), tags.get("impact")))), MAX_TEXT),
        remedy=tidy(text_of(nvt, "solution") or tags.get("solution"), MAX_TEXT),
        scores=scores,
    )
    refs = child(nvt, "refs")
    listed = [r.get("id") for r in refs if (r.get("type") or "").lower() == "cve"] if refs is not None else []
    members = members_of(cves_in(*listed, text_of(nvt, "cve")), scores, rating)
    return Result(rule, Outcome.FAIL, _said(element, rule), _subject(text_of(element, "port")), members=members)


def _said(element: Element, rule: Rule) -> str:
    quality = text_of(element, "qod", "value")
    said = tidy(text_of(element, "description")) or rule.title
    return f"{said} (quality of detection {quality} %)" if quality else said


def _subject(port: str) -> Subject:
    value, _, protocol = port.partition("/")
    return port_subject(value, protocol)


def _theme(family: str) -> Theme:
    patches = re.search(r"local security checks|microsoft bulletins", family, re.IGNORECASE)
    return Theme.MISSING_OS_PATCH if patches else Theme.WEAK_CONFIG


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split("|"))
    return {key: value for key, mark, value in pairs if mark}


def _scores(nvt: Element, tags: dict[str, str]) -> Iterator[Score]:
    listed = child(nvt, "severities")
    for one in children(listed, "severity") if listed is not None else ():
        if vector := text_of(one, "value"):
            yield Score(text_of(one, "origin").lower() or TOOL, tidy(vector, MAX_TITLE), number(text_of(one, "score")))
            return
    if vector := tags.get("cvss_base_vector", ""):
        yield Score(TOOL, tidy(vector, MAX_TITLE), number(text_of(nvt, "cvss_base")))


def _failed_test(oid: str, name: str, said: str) -> Result:
    rule = replace(_SCAN, id=oid or _SCAN.id, title=tidy(name, MAX_TITLE) or _SCAN.title)
    return Result(rule, Outcome.NOT_ASSESSED, tidy(said) or "the test ended in an error", reason=Reason.TIMED_OUT)


def _error(hosts: dict[str, _Seen], element: Element) -> None:
    place, nvt = child(element, "host"), child(element, "nvt")
    address = _own(place) if place is not None else ""
    oid = nvt.get("oid", "") if nvt is not None else ""
    hosts[address].results.append(_failed_test(oid, text_of(nvt, "name"), text_of(element, "description")))


def _details(seen: _Seen, element: Element) -> None:
    seen.started, seen.ended = moment(text_of(element, "start")), moment(text_of(element, "end"))
    for detail in children(element, "detail"):
        name, value = text_of(detail, "name"), text_of(detail, "value")
        if name == "hostname" and value:
            seen.names[value] = None
        if found := _AUTH.match(name):
            seen.logins.add(found.group(2).lower())
            seen.said = tidy(f"{name}: {value}", 300)


def _made(address: str, seen: _Seen) -> Host:
    credentialed = Credentialed.UNKNOWN
    results = list(seen.results)
    if seen.logins:
        credentialed = Credentialed.YES if "success" in seen.logins else Credentialed.NO
    if credentialed is Credentialed.NO:
        results.append(Result(_LOGIN, Outcome.NOT_ASSESSED, seen.said, reason=Reason.LOGIN_REFUSED))
    return Host(
        names=tuple(seen.names),
        addresses=(address,),
        credentialed=credentialed,
        why=seen.said if credentialed is Credentialed.NO else "",
        started=seen.started,
        ended=seen.ended,
        results=tuple(results),
        informational=seen.informational,
    )


def read_csv(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    hosts: dict[str, _Seen] = defaultdict(_Seen)
    last: datetime | None = None
    for _, row in rows_of(source, COLUMNS):
        seen = hosts[row["ip"].strip() or row.get("hostname", "").strip()]
        if name := row.get("hostname", "").strip():
            seen.names[name] = None
        at = moment(row.get("timestamp", ""))
        last = max(filter(None, (last, at)), default=None)
        result = _row(row)
        if result is None:
            seen.informational += 1
        else:
            seen.results.append(result)
    return Imported(TOOL, "", tuple(_made(a, s) for a, s in hosts.items() if a), None, last)


def _row(row: dict[str, str]) -> Result | None:
    score, rating = number(row["cvss"]), severity_word(row["severity"])
    if not score or rating in (None, Severity.INFO):
        return None
    rule = Rule(
        id=row["nvt oid"].strip() or row["nvt name"],
        title=tidy(row["nvt name"], MAX_TITLE),
        severity=Severity.CRITICAL if score >= 9 else rating or Severity.HIGH,
        rationale=tidy(row.get("summary", ""), MAX_TEXT),
        remedy=tidy(row.get("solution", ""), MAX_TEXT),
    )
    said = tidy(row.get("specific result", "")) or rule.title
    members = members_of(cves_in(row.get("cves", "")), (), rule.severity)
    return Result(rule, Outcome.FAIL, said, port_subject(row["port"], row.get("port protocol", "")), members=members)


def _recognises(sniffed: Sniffed) -> bool:
    ours = (sniffed.attributes or {}).get("content_type") == "text/xml" or "format_id" in (sniffed.attributes or {})
    return sniffed.root == "get_reports_response" or (sniffed.root == "report" and ours)


def _recognises_csv(sniffed: Sniffed) -> bool:
    return bool(sniffed.head) and {"nvt oid", "nvt name"} <= {w.strip().lower() for w in sniffed.head[0].split(",")}


XML = ForeignFormat(TOOL, "OpenVAS/Greenbone XML report", _recognises, read)
CSV = ForeignFormat("openvas-csv", "OpenVAS/Greenbone CSV report", _recognises_csv, read_csv)
