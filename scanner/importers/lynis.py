"""lynis ``report.dat``: lines of ``key=value`` and ``key[]=value``.

Source: CISOfy, lynis(8) and include/functions of Lynis 3 (ReportWarning, ReportSuggestion). ``tests_executed`` lists
the tests that ran, so a test that ran and has nothing to say any more can prove that a weakness is gone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from checks.finding import Outcome, Severity
from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.importers.foreign_json import text_of_file
from scanner.importers.imported import (
    MAX_RESULTS,
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
from scanner.importers.supplied import ImportRefused, shown
from scanner.importers.text import moment, tidy

TOOL = "lynis"
SAID = {"warning[]": Severity.MEDIUM, "suggestion[]": Severity.LOW}
ABOUT_ITSELF = "LYNIS"  # the tool's own version and database
Fields = Mapping[str, list[str]]


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused` with the line."""
    fields = _fields(source)
    if "lynis_version" not in fields:
        raise ImportRefused(source.file, 0, "names no lynis_version; give the report file of lynis, not its log")
    whole = _one(fields, "finish") == "true"
    notes = () if whole else ("the report has no end (finish=true): lynis was stopped or the file is cut",)
    started, ended = (moment(_one(fields, key)) for key in ("report_datetime_start", "report_datetime_end"))
    host = _host(fields, started, ended, whole=whole)
    return Imported(TOOL, _one(fields, "lynis_version"), (host,), started, ended, notes)


def _fields(source: Source) -> Fields:
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text_of_file(source).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, mark, value = line.partition("=")
        if not mark:
            raise ImportRefused(source.file, number, f"{shown(line)} is no key=value; is the file cut?")
        if number > MAX_RESULTS:
            raise ImportRefused(source.file, number, "has more lines than a report of lynis")
        found.setdefault(key.strip(), []).append(value.strip())
    return found


def _one(fields: Fields, key: str) -> str:
    return fields.get(key, [""])[-1]


def _host(fields: Fields, started: datetime | None, ended: datetime | None, *, whole: bool) -> Host:
    name, domain = _one(fields, "hostname"), _one(fields, "domainname")
    results = [*_failing(fields), *_vulnerable(fields)]
    failing = {result.rule.id for result in results}
    results += _passing(fields, failing) if whole else []
    results += list(_gaps(fields))
    return Host(
        names=tuple(filter(None, (f"{name}.{domain}" if name and domain else "", name))),
        addresses=tuple(fields.get("network_ipv4_address[]", []) + fields.get("network_ipv6_address[]", [])),
        macs=tuple(fields.get("network_mac_address[]", [])),
        credentialed=Credentialed.YES,
        privilege=Privilege.USER,  # the report does not tell whether it ran as root
        started=started,
        ended=ended,
        scope=f"{_one(fields, 'test_category')}/{_one(fields, 'test_group')}",
        results=tuple(results),
        informational=len(fields.get("manual[]", [])) + sum(_about_itself(fields)),
    )


def _about_itself(fields: Fields) -> list[bool]:
    return [line.startswith(ABOUT_ITSELF + "|") for key in SAID for line in fields.get(key, [])]


def _failing(fields: Fields) -> Iterator[Result]:
    """One result a test, whatever the number of its sentences: a sentence is no identity."""
    said: dict[str, list[str]] = {}
    severity: dict[str, Severity] = {}
    remedies: dict[str, str] = {}
    for key, level in SAID.items():
        for line in fields.get(key, []):
            test, text, details, solution = (*line.split("|"), "", "", "", "")[:4]
            if not test or test == ABOUT_ITSELF:
                continue
            said.setdefault(test, []).append(f"{text} ({details})" if details not in ("", "-") else text)
            severity.setdefault(test, level)
            remedies.setdefault(test, solution.removeprefix("text:") if solution not in ("", "-") else text)
    for test, sentences in said.items():
        rule = Rule(test, tidy(sentences[0], MAX_TITLE) or test, severity[test], remedy=tidy(remedies[test]))
        yield Result(rule, Outcome.FAIL, tidy("; ".join(sentences)) or test)


def _vulnerable(fields: Fields) -> Iterator[Result]:
    listed = sorted({line.partition("|")[0] for line in fields.get("vulnerable_package[]", []) if line})
    if listed:
        rule = Rule("vulnerable-packages", "Packages with known vulnerabilities are installed", Severity.HIGH)
        yield Result(rule, Outcome.FAIL, tidy(", ".join(listed)))


def _passing(fields: Fields, failing: set[str]) -> list[Result]:
    ran = dict.fromkeys(test for line in fields.get("tests_executed", []) for test in line.split("|") if test)
    return [
        Result(Rule(test, f"lynis test {test}", Severity.INFO), Outcome.PASS, "the test ran and had nothing to say")
        for test in ran
        if test not in failing
    ]


def _gaps(fields: Fields) -> Iterator[Result]:
    for line in fields.get("exception_event[]", []):
        test, _, said = line.partition("|")
        rule = Rule(f"exception.{test}", "A test of lynis met something that it could not read", Severity.INFO)
        yield Result(rule, Outcome.NOT_ASSESSED, tidy(f"{test}: {said.strip('|')}"), reason=Reason.OUTPUT_UNREADABLE)


def _recognises(sniffed: Sniffed) -> bool:
    return any(line.startswith(("lynis_version=", "# Lynis Report")) for line in sniffed.head)


FORMAT = ForeignFormat(TOOL, "lynis report.dat", _recognises, read)
