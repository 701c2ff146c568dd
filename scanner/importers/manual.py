"""Findings of a person: YAML or CSV with the tester's name. Strict: a fault is told with its finding or line.

YAML::

    tester: Rowan Ashdown            # or --tester
    tested: 2026-11-20               # ISO date or time
    findings:
      - host: web-1                  # name or address in the inventory
        id: weak-badge-reader        # optional; without it the title is the identity
        title: The badge reader accepts a cloned card
        severity: high               # critical, high, medium, low
        evidence: ...                # what was seen
        remedy: ...
        port: 443/tcp                # optional
        package: openssl             # optional
        cves: [CVE-2024-0001]        # optional
        cvss: CVSS:3.1/AV:N/...      # optional

CSV: the same names as columns, and ``tester`` and ``tested`` in every row; CVEs with blanks between them.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml

from checks.check import Theme
from checks.finding import HOST, Outcome, Severity, Subject
from scanner.importers.foreign_json import rows_of, strings, text_of_file, word
from scanner.importers.imported import (
    MAX_RESULTS,
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
from scanner.importers.supplied import ImportRefused, shown
from scanner.importers.text import cves_in, members_of, moment, port_subject, severity_word, tidy

TOOL = "manual"
KNOWN = frozenset(
    {"host", "id", "title", "severity", "evidence", "remedy", "port", "package", "cves", "cvss", "rationale", "tester"}
) | {"tested"}
COLUMNS = frozenset({"host", "title", "severity", "evidence"})
MAX_YAML = 8 * 1024 * 1024
MAX_ALIASES = 1000


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = _yaml(source)
    listed = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        raise ImportRefused(source.file, 0, "holds no list named findings (docs/import-findings.md shows the form)")
    stray = sorted(str(key) for key in document.keys() - {"tester", "tested", "findings"})
    if stray:
        raise ImportRefused(source.file, 0, f"has a key that is not known: {shown(stray[0])}")
    entries = [(f"finding {n}", _row(source, f"finding {n}", one)) for n, one in enumerate(listed[:MAX_RESULTS], 1)]
    return _imported(source, entries, _text(document.get("tester")), moment(_text(document.get("tested"))))


def read_csv(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    entries: list[tuple[str, Mapping[str, Any]]] = []
    testers: dict[str, None] = {}
    times: list[datetime] = []
    for line, row in rows_of(source, COLUMNS):
        entries.append(
            (f"line {line}", _row(source, f"line {line}", {key: value for key, value in row.items() if value}))
        )
        testers[row.get("tester", "").strip()] = None
        times += [at for at in (moment(row.get("tested", "")),) if at]
    if len(testers) > 1:
        raise ImportRefused(source.file, 0, "names more than one tester; give each tester a file")
    return _imported(source, entries, next(iter(testers), ""), max(times, default=None))


def _yaml(source: Source) -> object:
    if len(source.data) > MAX_YAML:
        raise ImportRefused(source.file, 0, f"is larger than {MAX_YAML // 1024 // 1024} MB; give the findings as CSV")
    text = text_of_file(source)
    try:
        if sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)) > MAX_ALIASES:
            raise ImportRefused(source.file, 0, f"uses more than {MAX_ALIASES} aliases")
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 0
        raise ImportRefused(source.file, line, f"is no YAML: {tidy(str(fault.problem), 100)}") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ImportRefused(source.file, 0, "is no YAML that can be read") from None


def _row(source: Source, where: str, entry: object) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise ImportRefused(source.file, 0, f"{where} is no finding: give it host, title, severity and evidence")
    stray = sorted(str(key) for key in entry.keys() - KNOWN)
    if stray:
        raise ImportRefused(source.file, 0, f"{where} has a field that is not known: {shown(stray[0])}")
    for field in sorted(COLUMNS):
        if not _text(entry.get(field)):
            raise ImportRefused(source.file, 0, f"{where} lacks its {field}")
    return entry


def _text(value: object) -> str:
    if isinstance(value, date):  # YAML reads dates by itself; a datetime is one too
        return value.isoformat()
    return word(value).strip()


def _imported(
    source: Source, entries: list[tuple[str, Mapping[str, Any]]], tester: str, tested: datetime | None
) -> Imported:
    by_host: dict[str, list[Result]] = {}
    seen: dict[tuple[str, str, Subject], str] = {}
    for where, entry in entries:
        host, result = _text(entry["host"]), _result(source, where, entry)
        double = seen.setdefault((host, result.rule.id, result.subject), where)
        if double != where:
            raise ImportRefused(source.file, 0, f"{where} is the same finding as {double}: give them different ids")
        by_host.setdefault(host, []).append(result)
    hosts = tuple(Host((name,), results=tuple(results)) for name, results in by_host.items())
    return Imported(TOOL, "", hosts, tested, tested, tester=tidy(tester, 100))


def _result(source: Source, where: str, entry: Mapping[str, Any]) -> Result:
    severity = severity_word(entry["severity"])
    if severity in (None, Severity.INFO):
        raise ImportRefused(source.file, 0, f"{where}: severity is one of critical, high, medium, low")
    title = tidy(_text(entry["title"]), MAX_TITLE)
    scores = tuple(Score("tester", tidy(v, MAX_TITLE)) for v in (_text(entry.get("cvss")),) if v)
    cves = cves_in(*strings(entry.get("cves")), *strings(entry.get("cve")))
    rule = Rule(
        id=_text(entry.get("id")) or title.lower(),
        title=title,
        severity=severity or Severity.HIGH,
        theme=Theme.MISSING_APP_PATCH if entry.get("package") and cves else Theme.WEAK_CONFIG,
        rationale=tidy(_text(entry.get("rationale")), MAX_TEXT),
        remedy=tidy(_text(entry.get("remedy")), MAX_TEXT),
        scores=scores,
    )
    subject = _subject(source, where, entry)
    said = tidy(_text(entry["evidence"]))
    return Result(rule, Outcome.FAIL, said, subject, severity, members=members_of(cves, scores, severity))


def _subject(source: Source, where: str, entry: Mapping[str, Any]) -> Subject:
    if package := tidy(_text(entry.get("package")), MAX_TITLE):
        return Subject("package", package)
    port = _text(entry.get("port"))
    if not port:
        return HOST
    left, _, right = port.partition("/")
    subject = port_subject(left, right) if left.isdigit() else port_subject(right, left)
    if subject == HOST:
        raise ImportRefused(source.file, 0, f"{where}: port is written 443/tcp or tcp/443")
    return subject


def _named(head: tuple[str, ...]) -> Iterator[str]:
    return (line.partition(":")[0].strip() for line in head if line[:1].isalpha())


def _recognises(sniffed: Sniffed) -> bool:
    return "findings" in sniffed.keys or ("findings" in set(_named(sniffed.head)) and not sniffed.keys)


def _recognises_csv(sniffed: Sniffed) -> bool:
    return bool(sniffed.head) and {word_.strip().strip('"').lower() for word_ in sniffed.head[0].split(",")} >= COLUMNS


FORMAT = ForeignFormat(TOOL, "manual findings, YAML", _recognises, read)
CSV = ForeignFormat("manual-csv", "manual findings, CSV", _recognises_csv, read_csv)
