"""What is signed of a report: an in-toto Statement v1 over the sha256 of its files (signed by the service).

Source: in-toto attestation framework, Statement v1; its envelope is DSSE v1. The predicate says of which scan the files
are, what they count, and the evidence root on which all of it rests. There is no time in it but the scan's: the same
report and key give the same bytes.
"""

from collections.abc import Mapping
from typing import Any

from checks.lifecycle import canonical
from reports.counting import by_risk, by_severity, units, whole_funnel
from reports.formats.json_file import digest
from reports.json_plain import plain
from reports.report import LABEL, ReportData
from reports.text import safe_text, stamp

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:estatecheck:report:v1"
SUFFIX = ".dsse.json"
MAX_TEXT = 200


def statement(data: ReportData, files: Mapping[str, str], name: str, role: str) -> bytes:
    """Canonical JSON. ``files``: name -> sha256 of what was written; ``name``, ``role``: whose key signs."""
    subjects = [{"name": file, "digest": {"sha256": files[file]}} for file in sorted(files)]
    told = {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {**predicate(data), "signed_by": {"name": name, "role": role}},
    }
    return canonical(told)


def predicate(data: ReportData) -> dict[str, Any]:
    """Of which report, and what it counts."""
    verdict = data.verdicts
    return {
        "label": LABEL,
        "report_id": digest(data)[0],
        "view": {"name": data.view, "supplier": data.viewer},
        "scan": {
            "id": data.scan_id,
            "kind": data.kind,
            "state": data.state,
            "estate": safe_text(data.estate, MAX_TEXT),
            "started_at": stamp(data.started_at),
            "ended_at": stamp(data.ended_at) if data.ended_at else None,
        },
        "counts": {
            "total": plain(units(data.issues)),
            "by_severity": {severity.value: plain(found) for severity, found in by_severity(data.issues).items()},
            "by_risk": {level.value: plain(found) for level, found in by_risk(data.issues).items()},
            "verified_fixed": len(data.fixed),
            "coverage": {step.value: number for step, number in whole_funnel(data).items()},
        },
        "verdict": {"word": verdict.estate.verdict.value, "policy_sha256": verdict.policy.digest} if verdict else None,
        "evidence_root": data.evidence_root,
        "inventory_digest": data.inventory_digest,
        "catalogue_digest": data.catalogue_digest,
        "tool_version": data.tool_version,
    }
