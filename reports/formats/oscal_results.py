"""OSCAL assessment results: what was looked at, what was seen, and of each check whether its aim was met.

Source: NIST OSCAL 1.2.1 assessment-results. A finding is one check over the estate: *not satisfied* with the reason
``fail`` where it failed, with the reason ``other`` where it could not be judged everywhere, and *satisfied* only where
it was judged everywhere that it concerns.
"""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from checks.check import Check
from reports.counting import all_gaps
from reports.json_stream import Written, put_together, write
from reports.oscal import (
    MAX_TEXT,
    Ids,
    Json,
    inventory,
    line,
    metadata,
    observations,
    observed,
    origin,
    prop,
    risk_name,
)
from reports.oscal_risks import risks
from reports.report import Issue, ReportData
from reports.text import prose, stamp

NO_BASELINE = (
    "The checks of the estatecheck catalogue were run; they are no control baseline, and no control of one "
    "was reviewed as a whole."
)


def render(data: ReportData, out: BinaryIO) -> None:
    ids = Ids(data)
    document: Json = {
        "uuid": ids.of("assessment-results"),
        "metadata": metadata(data, "Assessment results", ids),
        "import-ap": {"href": f"#{ids.of('plan')}"},
        "results": iter([_result(data, ids)]),
        "back-matter": {"resources": [_plan(data, ids)]},
    }
    write({"assessment-results": document}, out)


def _plan(data: ReportData, ids: Ids) -> Json:
    told = f"{len(data.checks)} checks on {len(data.assets)} assets; catalogue {data.catalogue_digest}"
    return {"uuid": ids.of("plan"), "title": "What was asked for", "description": line(told)}


def _result(data: ReportData, ids: Ids) -> Json:
    told: Json = {
        "uuid": ids.of("result"),
        "title": f"Scan {data.scan_id}",
        "description": line(f"Scan {data.scan_id} of {data.estate}, state {data.state}"),
        "start": stamp(data.started_at),
        "reviewed-controls": {"control-selections": [{"description": NO_BASELINE, "include-all": {}}]},
    }
    if data.ended_at:
        told["end"] = stamp(data.ended_at)
    if data.assets:
        told["local-definitions"] = {"inventory-items": inventory(data, ids)}
    if data.issues:
        told |= {"observations": observations(data, ids), "risks": risks(data, ids)}
    if data.checks:
        told["findings"] = _findings(data, ids)
    return told


def _findings(data: ReportData, ids: Ids) -> Iterator[Written]:
    failing: dict[str, list[Issue]] = {}
    for issue in data.issues:
        failing.setdefault(issue.check.id, []).append(issue)
    gaps = Counter(gap.check_id for gap in all_gaps(data))
    for check in data.checks:
        found = failing.get(check.id, [])
        judged = data.passed.get(check.id, 0) + data.not_applicable.get(check.id, 0)
        if found or gaps[check.id] or judged:
            yield _finding(check, found, gaps[check.id], data.passed.get(check.id, 0), ids)


def _finding(check: Check, found: list[Issue], gaps: int, passed: int, ids: Ids) -> Written:
    met = not found and not gaps
    occurrences = [one for issue in found for one in issue.occurrences]
    told: Json = {
        "uuid": ids.of("finding", check.id),
        "title": line(check.title),
        "description": line(prose(check.rationale), MAX_TEXT),
        "props": [prop("severity", check.severity.value), prop("passed", passed), prop("not-assessed", gaps)],
        "origins": origin(ids),
        "target": {
            "type": "objective-id",
            "target-id": check.id,
            "status": {
                "state": "satisfied" if met else "not-satisfied",
                "reason": "pass" if met else "fail" if found else "other",
                "remarks": _remarks(len(occurrences), gaps, passed),
            },
        },
    }
    if not found:
        return put_together(told, {})
    told["related-risks"] = [{"risk-uuid": ids.of("risk", risk_name(issue))} for issue in found]
    return put_together(told, {"related-observations": observed(occurrences, ids)})


def _remarks(failed: int, gaps: int, passed: int) -> str:
    return f"{failed} occurrences fail, {passed} assets pass, {gaps} times it could not be judged."
