"""testssl.sh: JSON (flat and pretty) and CSV.

Source: testssl.sh(1), "SEVERITY": OK and INFO are no weakness, LOW to CRITICAL are one, WARN and FATAL mean that a test
could not be done. Each test that ran has a row, so an OK proves that its weakness is gone from that port.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.check import Theme
from checks.finding import Outcome, Severity
from inventory.facts.missing import Reason
from scanner.importers.foreign_json import objects, read_json, rows_of, word
from scanner.importers.imported import (
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
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import cves_in, members_of, moment, port_subject, severity_word, tidy

TOOL = "testssl"
NEEDED = frozenset({"id", "severity", "finding"})
COLUMNS = frozenset({"id", "fqdn/ip", "port", "severity", "finding"})
REACHING = frozenset({"scanProblem", "scanTime", "service_problem"})
CLEAN = frozenset({"OK", "INFO"})
UNDONE = {"WARN": Reason.OUTPUT_UNREADABLE, "FATAL": Reason.UNREACHABLE}
IGNORED = frozenset({"scanTime", "engine_problem", "old_fart"})  # about testssl.sh itself


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = read_json(source)
    if isinstance(document, dict):
        return _pretty(source, document)
    if not isinstance(document, list):
        raise ImportRefused(source.file, 0, "is JSON, but no list of results of testssl.sh")
    rows = [row for row in objects(document) if row.keys() >= NEEDED]
    if not rows and document:
        raise ImportRefused(source.file, 0, "holds no results of testssl.sh: none has id, severity and finding")
    return Imported(TOOL, "", tuple(_hosts((_place(row), row) for row in rows)))


def _pretty(source: Source, document: Mapping[str, Any]) -> Imported:
    found: list[tuple[tuple[str, str, str], Mapping[str, Any]]] = []
    for scan in objects(document.get("scanResult")):
        place = word(scan.get("targetHost")), word(scan.get("ip")), word(scan.get("port"))
        rows = [row for part in scan.values() for row in objects(part) if row.keys() >= NEEDED]
        found += [(place, row) for row in rows]
        if scan.keys() >= NEEDED:  # a target that could not be reached at all
            found.append((_place(scan), scan))
    if not found:
        raise ImportRefused(source.file, 0, "holds no results of testssl.sh (scanResult)")
    started = moment(document.get("startTime"))
    return Imported(TOOL, tidy(document.get("version"), 40), tuple(_hosts(found)), started)


def read_csv(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    found = [(_split(row["fqdn/ip"], row["port"]), row) for _, row in rows_of(source, COLUMNS)]
    return Imported(TOOL, "", tuple(_hosts(found)))


def _place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return _split(word(row.get("ip")) or word(row.get("fqdn/ip")), word(row.get("port")))


def _split(place: str, port: str) -> tuple[str, str, str]:
    """``www.example.org/192.0.2.1``: the name that was asked for, and the address that answered."""
    name, _, address = place.partition("/")
    return name.strip(), address.strip(), port.strip()


def _hosts(found: Any) -> Iterator[Host]:  # noqa: ANN401 - pairs of a place and a row of either form
    by_host: dict[tuple[str, str], list[Result]] = {}
    quiet: dict[tuple[str, str], int] = {}
    for (name, address, port), row in found:
        result = _result(row, port)
        if result is None:
            quiet[name, address] = quiet.get((name, address), 0) + 1
        elif name or address:
            by_host.setdefault((name, address), []).append(result)
    for (name, address), results in by_host.items():
        yield Host(
            names=(name,) if name else (),
            addresses=(address,) if address else (),
            credentialed=Credentialed.NO,
            results=tuple(results),
            informational=quiet.get((name, address), 0),
        )


def _result(row: Mapping[str, Any], port: str) -> Result | None:
    ident, level, said = word(row.get("id")), word(row.get("severity")).upper(), tidy(word(row.get("finding")))
    subject, severity = port_subject(port, "tcp"), severity_word(level)
    if ident in IGNORED or not ident:
        return None
    if level in UNDONE or ident in REACHING:
        rule = Rule(ident, f"testssl.sh: {ident}", Severity.INFO, Theme.WEAK_CRYPTO)
        return Result(rule, Outcome.NOT_ASSESSED, said or level, subject, reason=UNDONE.get(level, Reason.UNREACHABLE))
    if level in CLEAN:
        rule = Rule(ident, f"testssl.sh: {ident}", Severity.INFO, Theme.WEAK_CRYPTO)
        return Result(rule, Outcome.PASS, said or "OK", subject)
    if severity is None:
        return None
    title = tidy(f"{ident}: {said}", MAX_TITLE)
    rule = Rule(ident, title, severity, Theme.WEAK_CRYPTO, references=tuple(word(row.get("cwe")).split()[:5]))
    members = members_of(cves_in(word(row.get("cve"))), (), severity)
    return Result(rule, Outcome.FAIL, title, subject, severity, members=members)


def _recognises(sniffed: Sniffed) -> bool:
    flat = sniffed.item_keys >= {"id", "severity", "finding", "ip"}
    return flat or sniffed.keys >= {"scanResult", "Invocation"} or {"scanResult", "openssl"} <= sniffed.keys


def _recognises_csv(sniffed: Sniffed) -> bool:
    return bool(sniffed.head) and "fqdn/ip" in sniffed.head[0].lower()


FORMAT = ForeignFormat(TOOL, "testssl.sh JSON", _recognises, read)
CSV = ForeignFormat("testssl-csv", "testssl.sh CSV", _recognises_csv, read_csv)
