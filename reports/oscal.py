"""What both OSCAL documents of a report share: ids, the people and tools, observations and risks.

Source: NIST OSCAL 1.2.1, JSON. Every id is a UUID of version 5 under the evidence root, so the same data
gives the same bytes.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

from checks.check import Check
from reports.report import LABEL, AssetCoverage, Issue, Occurrence, ReportData
from reports.text import prose, safe_text, stamp

VERSION = "1.2.1"
OURS = "urn:estatecheck"  # namespace of our properties, and naming system of our words
MAX_TEXT = 4000
NO_SAY = "not said"
_BLANKS = re.compile(r"\s+")

Json = dict[str, Any]


class Ids:
    """UUIDs by kind and name, under one report's evidence."""

    def __init__(self, data: ReportData) -> None:
        self._root = uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS}:{data.scan_id}:{data.evidence_root}")

    def of(self, kind: str, name: str = "") -> str:
        digest = hashlib.sha256(f"{kind}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()
        return str(uuid.uuid5(self._root, digest))


def line(text: str, limit: int = 1000) -> str:
    """A string in the one form that OSCAL takes: no blanks at its ends, one line, never empty."""
    return _BLANKS.sub(" ", safe_text(text, limit)).strip() or NO_SAY


def prop(name: str, value: object) -> Json:
    return {"name": name, "ns": OURS, "value": line(str(value))}


def metadata(data: ReportData, title: str, ids: Ids) -> Json:
    told: Json = {
        "title": line(f"{title}: {data.estate}"),
        "last-modified": stamp(data.ended_at or data.started_at),
        "version": str(data.scan_id),
        "oscal-version": VERSION,
        "parties": [{"uuid": ids.of("tool"), "type": "organization", "name": f"estatecheck {data.tool_version}"}],
        "props": [prop("evidence-root", data.evidence_root), prop("scan-state", data.state)],
        "remarks": LABEL,
    }
    if data.marking:
        told["props"].append(prop("marking", data.marking))
    return told


def origin(ids: Ids) -> list[Json]:
    return [{"actors": [{"type": "tool", "actor-uuid": ids.of("tool")}]}]


def inventory(data: ReportData, ids: Ids) -> list[Json]:
    return [_item(one, ids) for one in data.assets]


def _item(one: AssetCoverage, ids: Ids) -> Json:
    said = {
        "asset-id": one.uid,
        "reached": one.reached,
        "logged-in": one.logged_in,
        "fully-assessed": one.fully_assessed,
        "area": one.asset.area,
        "supplier": one.asset.supplier,
        "service": one.asset.service,
        "operating-system": one.os_name,
    }
    props = [prop(name, value) for name, value in said.items() if value not in (None, "")]
    return {"uuid": ids.of("asset", one.uid), "description": line(one.asset.name), "props": props}


def observations(data: ReportData, ids: Ids) -> Iterator[Json]:
    """One for each occurrence that fails, as it was seen."""
    when = stamp(data.ended_at or data.started_at)
    for issue in data.issues:
        for one in issue.occurrences:
            yield _observation(issue, one, ids, when)


def _observation(issue: Issue, one: Occurrence, ids: Ids, when: str) -> Json:
    told: Json = {
        "uuid": ids.of("observation", one.fingerprint),
        "title": line(f"{one.ref} {issue.title}"),
        "description": line(one.observed, MAX_TEXT),
        "props": [
            prop("ref", one.ref),
            prop("state", one.state),
            prop("severity", (one.severity or issue.check.severity).value),
            prop("subject", one.subject),
            prop("first-seen", stamp(one.first_seen)),
        ],
        "methods": ["TEST"],
        "types": ["finding"],
        "origins": origin(ids),
        "subjects": [{"subject-uuid": ids.of("asset", one.asset_uid), "type": "inventory-item"}],
        "collected": when,
    }
    if one.evidence:
        told["relevant-evidence"] = [
            {"href": f"urn:sha256:{digest}", "description": "The stored answer with this sha256."}
            for digest in one.evidence
        ]
    return told


def risks(data: ReportData, ids: Ids) -> Iterator[Json]:
    """One for each issue; a deviation is approved only where every occurrence of it is accepted."""
    for issue in data.issues:
        yield {
            "uuid": ids.of("risk", risk_name(issue)),
            "title": line(issue.title),
            "description": line(prose(issue.check.rationale), MAX_TEXT),
            "statement": line(prose(issue.check.rationale), MAX_TEXT),
            "status": _status(issue),
            "characterizations": [
                {
                    "origin": origin(ids)[0],
                    "facets": [{"name": "severity", "system": OURS, "value": issue.severity.value}],
                }
            ],
            "remediations": [_remediation(issue.check, issue, ids)],
            "related-observations": [
                {"observation-uuid": ids.of("observation", one.fingerprint)} for one in issue.occurrences
            ],
        }


def risk_name(issue: Issue) -> str:
    return f"{issue.check.id}\0{issue.subject or ''}"


def _status(issue: Issue) -> str:
    states = {one.state for one in issue.occurrences}
    if states == {"RISK_ACCEPTED"}:
        return "deviation-approved"
    if "ACCEPTANCE_REQUESTED" in states or "FALSE_POSITIVE_PROPOSED" in states:
        return "deviation-requested"
    return "remediating" if "CLAIMED_FIXED" in states else "open"


def _remediation(check: Check, issue: Issue, ids: Ids) -> Json:
    return {
        "uuid": ids.of("remediation", risk_name(issue)),
        "lifecycle": "recommendation",
        "title": line(check.remedy.text, 200),
        "description": line(" ".join((check.remedy.text, *check.remedy.steps)), MAX_TEXT),
    }
