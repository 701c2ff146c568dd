"""What both OSCAL documents of a report share: ids, parties and roles, the inventory and observations.

Source: NIST OSCAL 1.2.1, JSON. Every id is a UUID of version 5 under the evidence root, so the same data
gives the same bytes.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

from reports.report import LABEL, AssetCoverage, Issue, Occurrence, ReportData
from reports.text import safe_text, stamp

VERSION = "1.2.1"
OURS = "urn:estatecheck"  # namespace of our properties, and naming system of our words
MAX_TEXT = 4000
NO_SAY = "not said"
ROLE_TOOL, ROLE_SUPPLIER = "tool", "supplier"
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
        "roles": [{"id": ROLE_TOOL, "title": "Assessor's tool"}, *_roles(data)],
        "parties": [
            {"uuid": ids.of("tool"), "type": "organization", "name": line(f"estatecheck {data.tool_version}")},
            *_parties(data, ids),
        ],
        "responsible-parties": [{"role-id": ROLE_TOOL, "party-uuids": [ids.of("tool")]}],
        "props": [prop("evidence-root", data.evidence_root), prop("scan-state", data.state)],
        "remarks": LABEL,
    }
    if data.marking:
        told["props"].append(prop("marking", data.marking))
    return told


def _roles(data: ReportData) -> list[Json]:
    return [{"id": ROLE_SUPPLIER, "title": "Supplier: mends what stands on its assets"}] if data.suppliers else []


def _parties(data: ReportData, ids: Ids) -> Iterator[Json]:
    for key in sorted(data.suppliers):
        yield {"uuid": ids.of("supplier", key), "type": "organization", "name": line(data.suppliers[key].name)}


def responsible(data: ReportData, supplier: str, ids: Ids) -> list[Json]:
    """Whose it is to mend; empty where the inventory does not name the supplier."""
    if supplier not in data.suppliers:
        return []
    return [{"role-id": ROLE_SUPPLIER, "party-uuids": [ids.of("supplier", supplier)]}]


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
            prop("risk", issue.level_of(one).value),
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


def risk_name(issue: Issue) -> str:
    return f"{issue.check.id}\0{issue.subject or ''}"
