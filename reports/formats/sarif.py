"""SARIF 2.1.0: a rule for each check, a result for each occurrence and each check that could not be judged.

Source: OASIS SARIF 2.1.0 plus errata 01. An asset has no file: results name it as a logical location. A check that
could not be judged is told as kind ``open`` with the level ``none``, never as ``pass``. A single report has no baseline
to compare with, so there is no ``baselineState``. What still counts and was not looked at again is a result like any
other, with the property ``lookedAtAgain`` false: a viewer takes what is lacking for fixed.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from checks.check import Check
from checks.finding import Severity
from checks.risk import Level
from reports.carried import carried_issues
from reports.clocks import stamp as clock_stamp
from reports.counting import all_gaps
from reports.json_stream import write
from reports.on_record import words
from reports.plan_book import Book, first_due
from reports.report import LABEL, Gap, Issue, Occurrence, ReportData
from reports.text import prose, safe_text, stamp, state_words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# The numbers by which GitHub sorts into its bands; not CVSS, and said so in the rule.
SORTING = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
RANKS = {  # by risk; a viewer sorts by it
    Level.CRITICAL: 100.0,
    Level.HIGH: 80.0,
    Level.UNRATED: 70.0,
    Level.MEDIUM: 50.0,
    Level.LOW: 20.0,
    Level.INFO: 5.0,
}
SUPPRESSED = {
    "RISK_ACCEPTED": "accepted",
    "FALSE_POSITIVE": "accepted",
    "ACCEPTANCE_REQUESTED": "underReview",
    "FALSE_POSITIVE_PROPOSED": "underReview",
}
MAX_TEXT = 4000


def render(data: ReportData, out: BinaryIO) -> None:
    places = {check.id: place for place, check in enumerate(data.checks)}
    book = Book(data)
    results = (_result(issue, one, places, book) for issue in data.issues for one in issue.occurrences)
    left = (_left(issue, one, places, book) for issue, one in carried_issues(data))
    gaps = (_open(gap, places) for gap in all_gaps(data))
    write({"$schema": SCHEMA, "version": "2.1.0", "runs": iter([_run(data, chain(results, left, gaps))])}, out)


def _run(data: ReportData, results: Iterator[dict[str, Any]]) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": data.state == "complete",
        "startTimeUtc": stamp(data.started_at),
    }
    if data.ended_at:
        invocation["endTimeUtc"] = stamp(data.ended_at)
    return {
        "tool": {
            "driver": {
                "name": "estatecheck",
                "version": data.tool_version,
                "shortDescription": {"text": LABEL},
                "rules": [_rule(check) for check in data.checks],
            }
        },
        "invocations": [invocation],
        "automationDetails": {"id": f"estatecheck/{data.scan_id}/"},
        "properties": {"estate": safe_text(data.estate, 200), "evidenceRoot": data.evidence_root},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }


def _rule(check: Check) -> dict[str, Any]:
    properties: dict[str, Any] = {"tags": [check.theme.value, "security"], "severity": check.severity.value}
    if check.severity in SORTING:
        properties["security-severity"] = SORTING[check.severity]
    return {
        "id": check.id,
        "shortDescription": {"text": safe_text(check.title, MAX_TEXT)},
        "fullDescription": {"text": prose(check.rationale)},
        "help": {"text": prose(check.remedy.text)},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": properties,
    }


def _result(issue: Issue, one: Occurrence, places: dict[str, int], book: Book) -> dict[str, Any]:
    severity = one.severity or issue.check.severity
    told: dict[str, Any] = {
        "ruleId": issue.check.id,
        "kind": "fail",
        "level": LEVELS[severity],
        "message": {"text": safe_text(one.observed, MAX_TEXT) or issue.check.title},
        "locations": [_location(one.asset, str(one.subject))],
        "partialFingerprints": {"estatecheck/v1": one.fingerprint},
        "rank": RANKS[issue.level_of(one)],
        "properties": {
            "ref": one.ref,
            "state": one.state,
            "severity": severity.value,
            "risk": issue.level_of(one).value,
            "evidence": list(one.evidence),
            "members": sorted({member.id for member in one.members}),
            **_owed(one, book),
        },
    }
    return told | _indexed(issue.check.id, places) | _suppressed(one, book)


def _left(issue: Issue, one: Occurrence, places: dict[str, int], book: Book) -> dict[str, Any]:
    told = _result(issue, one, places, book)
    told["properties"]["lookedAtAgain"] = False
    return told


def _owed(one: Occurrence, book: Book) -> dict[str, str]:
    """Who mends it, by when."""
    supplier, clocked = book.supplier_id(one), book.clocks.get(one.fingerprint)
    due = first_due([clocked], book.everywhere | book.agreed) if clocked else None
    return {
        **({"supplier": book.name_of(supplier)} if supplier else {}),
        **({"clock": clocked.lead.status.value} if clocked else {}),
        **({"due": clock_stamp(due)} if due is not None else {}),
    }


def _suppressed(one: Occurrence, book: Book) -> dict[str, Any]:
    """What somebody accepted, or asks to; a claim suppresses nothing."""
    if one.state not in SUPPRESSED:
        return {}
    said = book.said.get(one.fingerprint)
    why = words(said.acceptance) if said and said.acceptance else state_words(one.state)
    return {"suppressions": [{"kind": "external", "status": SUPPRESSED[one.state], "justification": why}]}


def _open(gap: Gap, places: dict[str, int]) -> dict[str, Any]:
    why = gap.reason.value if gap.reason else "error in the check"
    return {
        "ruleId": gap.check_id,
        "kind": "open",
        "level": "none",
        "message": {"text": safe_text(f"Not assessed: {why}. {gap.detail}", MAX_TEXT)},
        "locations": [_location(gap.asset, "host")],
        "properties": {"outcome": gap.outcome.value, "reason": why},
    } | _indexed(gap.check_id, places)


def _indexed(check_id: str, places: dict[str, int]) -> dict[str, int]:
    return {"ruleIndex": places[check_id]} if check_id in places else {}


def _location(asset: str, subject: str) -> dict[str, Any]:
    name = safe_text(asset, 200)
    return {
        "logicalLocations": [
            {"name": name, "fullyQualifiedName": f"{name}/{safe_text(subject, 200)}", "kind": "resource"}
        ]
    }
