"""DefectDojo's generic findings, JSON and CSV.

Source: DefectDojo documentation, "Generic Findings Import". What the file marks as inactive, mitigated, a duplicate or
a false positive is that tool's word: it is no finding here, and it closes none.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from checks.check import Theme
from checks.finding import HOST, Outcome, Severity, Subject
from scanner.importers.foreign_json import obj, objects, read_json, rows_of, strings, word
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Score,
    Sniffed,
    Source,
)
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import cves_in, members_of, moment, number, port_subject, severity_word, tidy

TOOL = "generic"
CLOSED = ("is_mitigated", "false_p", "duplicate", "out_of_scope")
COLUMNS = frozenset({"title", "severity"})
Values = Mapping[str, Any]
Place = tuple[str, Subject]  # host and port


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = obj(read_json(source))
    if not isinstance(document.get("findings"), list):
        raise ImportRefused(source.file, 0, "is JSON, but no list of generic findings: it has no findings")
    prefix = tidy(word(document.get("type")) or word(document.get("name")), 40)
    entries = document["findings"]
    for number_, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not word(entry.get("title")):
            raise ImportRefused(source.file, 0, f"finding {number_} has no title")
    return _imported(prefix, entries)


def read_csv(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    rows = []
    for line, row in rows_of(source, COLUMNS):
        if not row["title"].strip():
            raise ImportRefused(source.file, line, "has no title")
        rows.append(_as_json(row))
    return _imported("", rows)


def _as_json(row: Mapping[str, str]) -> Values:
    """The columns of the CSV under the names of the JSON."""
    flags = {"active": row.get("active", "true"), "duplicate": row.get("duplicate", "false")}
    return {
        **{key: value for key, value in row.items() if value},
        **{key: text.strip().lower() != "false" for key, text in flags.items()},
        "false_p": row.get("falsepositive", "false").strip().lower() == "true",
        "is_mitigated": row.get("is_mitigated", "false").strip().lower() == "true",
        "out_of_scope": row.get("out_of_scope", "false").strip().lower() == "true",
        "endpoints": [url] if (url := row.get("url", "").strip()) else [],
    }


def _imported(prefix: str, entries: list[Any]) -> Imported:
    by_host: dict[str, list[Result]] = {}
    closed, last = 0, None
    for entry in objects(entries):
        at = moment(entry.get("date"))
        last = max(filter(None, (last, at)), default=None)
        severity = severity_word(entry.get("severity"))
        if entry.get("active") is False or any(entry.get(key) is True for key in CLOSED) or severity is Severity.INFO:
            closed += 1
            continue
        for host, subject in _places(entry) or (("", HOST),):
            by_host.setdefault(host, []).append(_result(prefix, entry, subject, severity or Severity.HIGH))
    notes = (f"{closed} findings are informational or closed in the other tool; they were left out",) if closed else ()
    hosts = tuple(Host((name,) if name else (), results=tuple(results)) for name, results in by_host.items())
    return Imported(TOOL, "", hosts, None, last, notes)


def _places(entry: Values) -> tuple[Place, ...]:
    listed = entry.get("endpoints")
    found = [_place(one) for one in listed] if isinstance(listed, list) else []
    return tuple(dict.fromkeys(one for one in found if one[0]))


def _place(endpoint: object) -> Place:
    if isinstance(endpoint, dict):
        host, port = word(endpoint.get("host")).strip(), endpoint.get("port")
        return host, port_subject(port, word(endpoint.get("protocol")))
    try:
        parts = urlsplit(word(endpoint) if "://" in word(endpoint) else f"//{word(endpoint)}")
        return parts.hostname or "", port_subject(parts.port, "tcp")
    except ValueError:
        return "", HOST


def _result(prefix: str, entry: Values, subject: Subject, severity: Severity) -> Result:
    title = tidy(word(entry.get("title")), MAX_TITLE)
    ident = word(entry.get("vuln_id_from_tool")) or title.lower()
    scores = tuple(_scores(entry))
    component = tidy(word(entry.get("component_name")), MAX_TITLE)
    fixed = tidy(word(entry.get("fix_version")), MAX_TITLE)
    cves = cves_in(word(entry.get("cve")), *strings(entry.get("vulnerability_ids")), title)
    rule = Rule(
        id=f"{prefix}.{ident}" if prefix else ident,
        title=title,
        severity=severity,
        theme=Theme.MISSING_APP_PATCH if component and cves else Theme.WEAK_CONFIG,
        rationale=tidy(word(entry.get("impact")) or word(entry.get("description")), MAX_TEXT),
        remedy=tidy(word(entry.get("mitigation")), MAX_TEXT) or (f"Install {fixed}." if fixed else ""),
        references=tuple(tidy(word(entry.get("references")), MAX_TEXT).split()[:20]),
        scores=scores,
    )
    where = Subject("package", component) if component and subject == HOST else subject
    if where == HOST and (path := tidy(word(entry.get("file_path")), MAX_TITLE)):
        where = Subject("file", path)
    said = tidy(word(entry.get("description"))) or title
    return Result(rule, Outcome.FAIL, said, where, severity, members=members_of(cves, scores, severity, fixed))


def _scores(entry: Values) -> Iterator[Score]:
    for name in ("cvssv4", "cvssv3"):
        if vector := word(entry.get(name)):
            yield Score(TOOL, tidy(vector, MAX_TITLE), number(entry.get(f"{name}_score")))


def _recognises(sniffed: Sniffed) -> bool:
    return "findings" in sniffed.keys and "tester" not in sniffed.keys


def _recognises_csv(sniffed: Sniffed) -> bool:
    header = {word_.strip().strip('"').lower() for word_ in sniffed.head[0].split(",")} if sniffed.head else set()
    return (
        header >= COLUMNS and bool(header & {"cweid", "falsepositive", "mitigation", "active"}) and "host" not in header
    )


FORMAT = ForeignFormat(TOOL, "DefectDojo generic findings, JSON", _recognises, read)
CSV = ForeignFormat("generic-csv", "DefectDojo generic findings, CSV", _recognises_csv, read_csv)
