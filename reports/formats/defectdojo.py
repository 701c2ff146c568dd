"""DefectDojo's "Generic Findings Import" JSON: one finding for each occurrence.

Source: DefectDojo, "Generic Findings Import" (docs.defectdojo.com, and the importer's list of accepted keys). What has
been proven fixed is told as mitigated, so that a later import closes it there too; nothing else ever is. What the scan
could not look at again is told too, as open: an import that closes what is lacking would close it without a proof.
"""

import re
from itertools import chain
from typing import Any, BinaryIO

from checks.check import Check
from checks.finding import Severity
from reports.carried import NOT_SEEN, carried_issues
from reports.clocks import stamp as clock_stamp
from reports.json_stream import write
from reports.on_record import words
from reports.plan_book import Book, first_due
from reports.report import LABEL, Issue, Occurrence, ReportData
from reports.risk_text import lines
from reports.text import prose, safe_text, stamp, utc

MAX_TITLE = 511  # characters its column holds
MAX_TEXT = 4000
# What a feed said is handed on only where it has the form that the importer takes.
_SHARE = re.compile(r"0(\.[0-9]{1,10})?|1(\.0{1,10})?")
_SCORE = re.compile(r"[0-9](\.[0-9])?|10(\.0)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VECTOR = re.compile(r"CVSS:3\.[01](/[A-Z]{1,3}:[A-Z]){8,30}")


def render(data: ReportData, out: BinaryIO) -> None:
    checks, services, book = {check.id: check for check in data.checks}, _services(data), Book(data)
    found = ((issue, one) for issue in data.issues for one in issue.occurrences)
    open_ = (_open(issue, one, book) | services.get(one.asset_uid, {}) for issue, one in found)
    proven = (one for one in data.fixed if one.check_id in checks)
    left = (_left(issue, one, book) | services.get(one.asset_uid, {}) for issue, one in carried_issues(data))
    fixed = (_fixed(data, checks[one.check_id], one) | services.get(one.asset_uid, {}) for one in proven)
    document = {
        "name": f"{LABEL}: {safe_text(data.estate, 200)}",
        "type": "estatecheck",
        "version": data.tool_version,
        "description": f"Scan {data.scan_id}, evidence root {data.evidence_root}",
        "findings": chain(open_, left, fixed),
    }
    write(document, out)


def _services(data: ReportData) -> dict[str, dict[str, str]]:
    """Asset uid -> what is said of its service."""
    named = ((a.uid, a.asset.service) for a in data.assets if a.asset.service)
    return {
        uid: {"service": safe_text(data.services[id_].name if id_ in data.services else id_, 200)} for uid, id_ in named
    }


def _open(issue: Issue, one: Occurrence, book: Book) -> dict[str, Any]:
    closed = one.state in ("FALSE_POSITIVE", "OUT_OF_SERVICE")
    told = _finding(issue.check, one, issue.title) | _moved(issue, one) | _planned(book, one)
    return told | {
        "description": " ".join((told["description"], *_notes(book, one))),
        "active": not closed and one.state != "RISK_ACCEPTED",
        "verified": True,
        "risk_accepted": one.state == "RISK_ACCEPTED",
        "false_p": one.state == "FALSE_POSITIVE",
        "under_review": one.state in ("CLAIMED_FIXED", "FALSE_POSITIVE_PROPOSED", "ACCEPTANCE_REQUESTED"),
        "is_mitigated": False,
    }


def _left(issue: Issue, one: Occurrence, book: Book) -> dict[str, Any]:
    told = _open(issue, one, book)
    return told | {"description": f"{told['description']} {NOT_SEEN}"}


def _moved(issue: Issue, one: Occurrence) -> dict[str, Any]:
    """Risk stands beside severity: what an importer sorts by is never moved."""
    told = f"Risk: {issue.level_of(one).value}."
    return {"severity_justification": safe_text(" ".join((told, *lines(one))), MAX_TEXT)} if one.risk else {}


def _planned(book: Book, one: Occurrence) -> dict[str, str]:
    """By when its first clock is due."""
    due = first_due(book.clocked([one]), book.everywhere | book.agreed)
    return {} if due is None else {"planned_remediation_date": clock_stamp(due)[:10]}


def _notes(book: Book, one: Occurrence) -> list[str]:
    """Who mends it, and what people said of it."""
    supplier, said = book.supplier_id(one), book.said.get(one.fingerprint)
    told = [f"Supplier: {safe_text(book.name_of(supplier), 200)}."] if supplier else []
    told += [f"Acceptance: {words(said.acceptance)}."] if said and said.acceptance else []
    return told + ([f"Claimed {said.claim_day}: {safe_text(said.change, 200)}."] if said and said.claimed else [])


def _fixed(data: ReportData, check: Check, one: Occurrence) -> dict[str, Any]:
    proven = stamp(data.ended_at or data.started_at)
    return _finding(check, one, check.title) | {
        "active": False,
        "verified": True,
        "is_mitigated": True,
        "mitigated": proven,
    }


def _finding(check: Check, one: Occurrence, title: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": safe_text(f"{title} ({one.asset})")[:MAX_TITLE],
        "severity": _word(one.severity or check.severity),
        "date": utc(one.first_seen).date().isoformat(),
        "description": f"{safe_text(one.observed, MAX_TEXT)}\n\n{one.ref}, state {one.state}, episode {one.episode}.",
        "impact": prose(check.rationale),
        "mitigation": prose(check.remedy.text),
        "steps_to_reproduce": f"Evidence (sha256): {', '.join(one.evidence) or 'none'}",
        "references": "\n".join(check.references),
        "unique_id_from_tool": one.fingerprint,
        "vuln_id_from_tool": check.id,
        "static_finding": False,
        "dynamic_finding": True,
        "endpoints": [_endpoint(one.asset)],
        "tags": [check.theme.value.replace(" ", "-"), one.state.lower().replace("_", "-")],
        "nb_occurences": 1,
    }
    return told | _component(one) | _members(one)


def _word(severity: Severity) -> str:
    return severity.value.capitalize()


def _endpoint(asset: str) -> dict[str, str]:
    return {"host": safe_text(asset, 200)}


def _component(one: Occurrence) -> dict[str, Any]:
    if one.subject.kind != "package":
        return {}
    fixed = sorted({v for m in one.members if (v := m.attributes.get("fixed"))})
    told = {"component_name": safe_text(one.subject.key, 200)}
    return told | ({"fix_available": True, "fix_version": safe_text(", ".join(fixed), 200)} if fixed else {})


def _members(one: Occurrence) -> dict[str, Any]:
    """The CVEs, with the vector of the worst and the highest EPSS."""
    cves = sorted({m.id for m in one.members if m.id.startswith("CVE-")})
    if not cves:
        return {}
    scored = [float(epss) for m in one.members if _SHARE.fullmatch(epss := m.attributes.get("epss", ""))]
    listed = sorted(kev for m in one.members if _DAY.fullmatch(kev := m.attributes.get("kev", "")))
    worst = min((m for m in one.members if m.severity), key=lambda m: (m.severity.rank, m.id), default=None)  # type: ignore[union-attr]  # rated ones only
    vector = worst.attributes.get("vector", "") if worst else ""
    score = worst.attributes.get("score", "") if worst else ""
    return {
        "vulnerability_ids": cves,
        "known_exploited": one.exploited,
        **({"cvssv3": vector} if _VECTOR.fullmatch(vector) else {}),
        **({"cvssv3_score": float(score)} if _SCORE.fullmatch(score) and _VECTOR.fullmatch(vector) else {}),
        **({"epss_score": max(scored)} if scored else {}),
        **({"kev_date": listed[0]} if listed else {}),
    }
