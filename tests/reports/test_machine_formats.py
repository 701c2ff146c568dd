"""Formats for machines: valid by the published schemas, right in their numbers, harmless whatever a target sent."""

import csv
import hashlib
import io
import json
import re
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from checks.finding import Outcome
from reports import action_plan
from reports.carried import NOT_SEEN, carried_issues
from reports.counting import all_gaps, by_severity
from reports.formats import FORMATS
from reports.json_stream import write
from reports.oscal import OURS, Ids
from reports.report import ReportData
from reports.text import json_safe, safe_text, stamp
from tests import data as test_data
from tests.reports.sample import dark, hostile, sample
from tests.reports.sample_whole import whole, whole_hostile

KINDS = {"sample": sample, "hostile": hostile, "dark": dark, "whole": whole, "whole-hostile": whole_hostile}
SCHEMAS = {
    "defectdojo": ("defectdojo/generic_findings.schema.json", jsonschema.Draft202012Validator),
    "oscal-poam": ("oscal/oscal_poam_schema.json", jsonschema.Draft7Validator),
    "oscal-results": ("oscal/oscal_assessment-results_schema.json", jsonschema.Draft7Validator),
    "sarif": ("sarif/sarif-schema-2.1.0.json", jsonschema.Draft4Validator),
}


def rendered(name: str, data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS[name].render(data, out)
    return out.getvalue()


def document(name: str, data: ReportData) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(rendered(name, data))


def pythonic(schema: Any) -> Any:  # noqa: ANN401 (JSON)
    """Python's ``re`` has no ``\\p{L}``."""
    if isinstance(schema, dict):
        return {key: _pattern(one) if key == "pattern" else pythonic(one) for key, one in schema.items()}
    return [pythonic(one) for one in schema] if isinstance(schema, list) else schema


def _pattern(one: Any) -> Any:  # noqa: ANN401 (JSON)
    return one.replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d") if isinstance(one, str) else pythonic(one)


@cache
def validator(name: str) -> Any:  # noqa: ANN401 (any of jsonschema's classes)
    file, kind = SCHEMAS[name]
    return kind(pythonic(json.loads((test_data.folder() / "schemas" / file).read_text())))


@pytest.mark.data
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_valid(name: str, kind: str) -> None:
    assert [fault.message for fault in validator(name).iter_errors(document(name, KINDS[kind]()))] == []


BROKEN = {
    "defectdojo": ('"title":', '"titel":'),
    "oscal-poam": ('"description":', '"descripton":'),
    "oscal-results": ('"not-satisfied"', '"perhaps"'),
    "sarif": ('"level":"error"', '"level":"fatal"'),
}


@pytest.mark.data
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_would_tell(name: str) -> None:
    text = rendered(name, sample()).decode()
    broken = text.replace(*BROKEN[name])
    assert broken != text
    assert not validator(name).is_valid(json.loads(broken))


def occurrences(data: ReportData) -> Counter[str]:
    """What the scan saw, and what it could not look at again."""
    told = [(i, o) for i in data.issues for o in i.occurrences] + list(carried_issues(data))
    return Counter((o.severity or i.check.severity).value for i, o in told)


def test_defectdojo_counts_and_states() -> None:
    data = sample()
    found = document("defectdojo", data)["findings"]
    assert Counter(f["severity"].lower() for f in found if not f["is_mitigated"]) == occurrences(data)
    fixed = [f for f in found if f["is_mitigated"]]
    assert {f["unique_id_from_tool"] for f in fixed} == {o.fingerprint for o in data.fixed} != set()
    assert not any(f["active"] for f in fixed)
    assert len({f["unique_id_from_tool"] for f in found}) == len(found)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("OPEN", {"active": True, "risk_accepted": False, "false_p": False, "under_review": False}),
        ("STALE", {"active": True, "risk_accepted": False, "false_p": False, "under_review": False}),
        ("CLAIMED_FIXED", {"active": True, "risk_accepted": False, "false_p": False, "under_review": True}),
        ("RISK_ACCEPTED", {"active": False, "risk_accepted": True, "false_p": False, "under_review": False}),
        ("FALSE_POSITIVE", {"active": False, "risk_accepted": False, "false_p": True, "under_review": False}),
    ],
)
def test_a_state_is_never_told_as_mitigated(state: str, told: dict[str, bool]) -> None:
    data = sample()
    first = data.issues[0]
    issue = replace(first, occurrences=tuple(replace(o, state=state) for o in first.occurrences))
    for finding in document("defectdojo", replace(data, issues=(issue,), fixed=(), carried=()))["findings"]:
        assert {key: finding[key] for key in told} == told
        assert finding["is_mitigated"] is False
        assert "mitigated" not in finding


def test_what_was_not_looked_at_again_is_not_left_out() -> None:
    """A tool that is handed a list takes what is not in it for fixed."""
    data = sample()
    left = replace(data.issues[0].occurrences[0], evidence=(), ref="EC-9001", fingerprint="9" * 64)
    gone = replace(left, check_id="gone.check", severity=None, ref="EC-9002", fingerprint="8" * 64)
    data = replace(data, issues=(), fixed=(), carried=(replace(left, state="STALE"), gone))
    stale, unknown = document("defectdojo", data)["findings"]
    assert (stale["unique_id_from_tool"], stale["active"], stale["is_mitigated"]) == ("9" * 64, True, False)
    assert "stale" in stale["tags"]
    assert stale["description"].endswith(NOT_SEEN)
    assert (unknown["vuln_id_from_tool"], unknown["severity"]) == ("gone.check", "High")
    fails = [one for one in document("sarif", data)["runs"][0]["results"] if one["kind"] == "fail"]
    assert [(one["properties"]["ref"], one["properties"]["lookedAtAgain"]) for one in fails] == [
        ("EC-9001", False),
        ("EC-9002", False),
    ]
    assert "ruleIndex" not in fails[1]
    told = rendered("metrics", data).decode()
    assert 'estatecheck_report_carried_occurrences{state="STALE"} 1.0' in told


def test_sarif_tells_what_was_not_assessed() -> None:
    data = sample()
    results = document("sarif", data)["runs"][0]["results"]
    assert sum(one["kind"] == "fail" for one in results) == sum(occurrences(data).values())
    assert sum(one["kind"] == "open" and one["level"] == "none" for one in results) == len(all_gaps(data)) > 0
    assert {one["kind"] for one in results} == {"fail", "open"}


def test_junit_adds_up_and_skips_what_was_not_assessed() -> None:
    data = sample()
    suites = ET.fromstring(rendered("junit", data))  # noqa: S314 (our own)
    assert [suite.get("name") for suite in suites] == [a.asset.name for a in data.assets]
    for suite in suites:
        cases = list(suite)
        assert int(suite.get("tests", "")) == len(cases)
        for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(case.find(element) is not None for case in cases)
    unseen = [a.asset.name for a in data.assets if not a.logged_in]
    assert unseen
    for suite in suites:
        if suite.get("name") in unseen:
            assert {child.tag for case in suite for child in case} <= {"skipped"}
            assert int(suite.get("skipped", "")) > 0


def test_a_check_that_could_not_be_judged_everywhere_is_not_satisfied() -> None:
    data = sample()
    findings = document("oscal-results", data)["assessment-results"]["results"][0]["findings"]
    lacking = {gap.check_id for gap in all_gaps(data)}
    failing = {issue.check.id for issue in data.issues}
    for finding in findings:
        target = finding["target"]
        expected = "fail" if target["target-id"] in failing else "other" if target["target-id"] in lacking else "pass"
        assert target["status"]["reason"] == expected
        assert (target["status"]["state"] == "satisfied") == (expected == "pass")
    assert {finding["target"]["status"]["reason"] for finding in findings} >= {"fail"}


def test_nothing_judged_satisfies_nothing() -> None:
    findings = document("oscal-results", dark())["assessment-results"]["results"][0]["findings"]
    assert findings
    assert {finding["target"]["status"]["reason"] for finding in findings} == {"other"}
    assert all(Outcome.PASS not in asset.checks for asset in dark().assets)


def test_the_plan_has_an_item_for_each_issue() -> None:
    data = sample()
    plan = document("oscal-poam", data)["plan-of-action-and-milestones"]
    assert len(plan["poam-items"]) == len(plan["risks"]) == len(data.issues)
    known = {one["uuid"] for one in plan["observations"]}
    told = [ref["observation-uuid"] for item in plan["poam-items"] for ref in item["related-observations"]]
    assert set(told) == known
    assert len(told) == sum(len(issue.occurrences) for issue in data.issues) + len(data.carried)
    left = [o for o in plan["observations"] if {"name": "looked-at-again", "value": "false"} in _plain(o["props"])]
    assert [one["collected"] for one in left] == [stamp(one.first_seen) for one in data.carried] != []


def _plain(props: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"name": one["name"], "value": one["value"]} for one in props]


def test_the_plan_holds_what_was_not_looked_at_again() -> None:
    data = sample()
    first = data.issues[0].occurrences[0]
    one = replace(first, fingerprint="9" * 64, ref="EC-9001", state="STALE", check_id=data.issues[0].check.id)
    other = replace(one, fingerprint="8" * 64, ref="EC-9002", check_id="gone.check")
    whole_ = document("oscal-poam", replace(data, carried=(one, other)))["plan-of-action-and-milestones"]
    assert len(whole_["poam-items"]) == len(data.issues) + 1
    alone = document("oscal-poam", replace(data, issues=(), carried=(one, other)))["plan-of-action-and-milestones"]
    assert [item["title"] for item in alone["poam-items"]] == [data.issues[0].title, "gone.check: openssl"]


def test_the_plan_has_deadlines_milestones_and_whose_they_are() -> None:
    data = whole()
    plan = document("oscal-poam", data)["plan-of-action-and-milestones"]
    parties = {one["uuid"]: one["name"] for one in plan["metadata"]["parties"]}
    assert {"Larkspur Managed IT", "Quill & Sons Systems"} <= set(parties.values())
    assert {"tool", "supplier"} == {one["id"] for one in plan["metadata"]["roles"]}
    assert data.clocks
    due = {one.fingerprint: min(c.due for c in one.clocks if c.due) for one in data.clocks.findings}
    for issue, risk in zip(data.issues, plan["risks"], strict=True):
        first = min(due[o.fingerprint] for o in issue.occurrences)
        assert risk["deadline"] == datetime.fromtimestamp(first / 1000, UTC).isoformat().replace("+00:00", "Z")
        [planned] = [one for one in risk["remediations"] if one["lifecycle"] == "planned"]
        named = {
            parties[uuid]
            for task in planned["tasks"]
            for role in task["responsible-roles"]
            for uuid in role["party-uuids"]
        }
        rows = [row for row in action_plan.plan(data) if row.issue == safe_text(issue.title)]
        assert named == {row.supplier for row in rows}
        facets = {one["name"]: one["value"] for one in risk["characterizations"][0]["facets"]}
        assert (facets["severity"], facets["risk"]) == (issue.severity.value, issue.level.value)


def test_an_acceptance_is_a_deviation_with_its_last_day() -> None:
    data = whole()
    risks = document("oscal-poam", data)["plan-of-action-and-milestones"]["risks"]
    entries = [entry for risk in risks for entry in risk.get("risk-log", {}).get("entries", [])]
    told = Counter(entry["status-change"] for entry in entries)
    given = [one.acceptance for one in data.on_record if one.acceptance]
    assert told["deviation-approved"] == sum(one.granted for one in given) > 0
    assert told["deviation-requested"] == sum(not one.granted for one in given) > 0
    assert told["remediating"] == sum(one.claimed is not None for one in data.on_record) > 0
    approved = next(entry for entry in entries if entry["status-change"] == "deviation-approved")
    assert {one["name"]: one["value"] for one in approved["props"]}["until"] == "2025-06-30"


def test_sarif_ranks_by_risk_and_suppresses_only_what_was_decided() -> None:
    data = whole()
    first = data.issues[0]
    states = ("OPEN", "CLAIMED_FIXED", "RISK_ACCEPTED", "ACCEPTANCE_REQUESTED", "FALSE_POSITIVE")
    shown = tuple(replace(first.occurrences[0], state=state, ref=f"EC-{n}") for n, state in enumerate(states))
    shorter = replace(data, issues=(replace(first, occurrences=shown),), gaps=(), carried=())
    results = document("sarif", shorter)["runs"][0]["results"]
    told = [one.get("suppressions", [{}])[0].get("status") for one in results if one["kind"] == "fail"]
    assert told == [None, None, "accepted", "underReview", "accepted"]
    fails = [one for one in document("sarif", data)["runs"][0]["results"] if one["kind"] == "fail"]
    ranks = {one["properties"]["risk"]: one["rank"] for one in fails}
    assert ranks["critical"] > ranks["high"] > ranks["medium"] > ranks["low"] > ranks["info"]
    seen = [one for one in fails if one["properties"].get("lookedAtAgain", True)]
    assert len(fails) - len(seen) == len(data.carried) > 0
    assert all(one["properties"]["due"] and one["properties"]["supplier"] for one in seen)


def test_defectdojo_tells_risk_beside_severity_and_when_it_is_due() -> None:
    data = whole()
    found = [one for one in document("defectdojo", data)["findings"] if not one["is_mitigated"]]
    by_ref = {o.fingerprint: (i, o) for i in data.issues for o in i.occurrences}
    by_ref |= {o.fingerprint: (i, o) for i, o in carried_issues(data)}
    for one in found:
        issue, occurrence = by_ref[one["unique_id_from_tool"]]
        assert one["severity"].lower() == (occurrence.severity or issue.check.severity).value
        if occurrence not in data.carried:  # of which the sample has neither risk nor clock
            assert one["severity_justification"].startswith(f"Risk: {issue.level_of(occurrence).value}.")
            assert re.fullmatch(r"2025-\d\d-\d\d", one["planned_remediation_date"])
        assert "Supplier: " in one["description"]
    assert any("Acceptance: " in one["description"] for one in found)
    assert any("cvssv3_score" in one for one in found)


def test_metrics_tell_risk_clocks_and_the_verdict() -> None:
    data = whole()
    families = {f.name: f for f in text_string_to_metric_families(rendered("metrics", data).decode())}
    assert data.clocks
    assert data.verdicts
    clocked = families["estatecheck_report_clock_findings"].samples
    assert sum(int(s.value) for s in clocked) == len(data.clocks.findings)
    assert {s.labels["supplier"] for s in clocked} == {"larkspur", "quill"}
    told = {s.labels["risk"]: int(s.value) for s in families["estatecheck_report_risk_occurrences"].samples}
    assert sum(told.values()) == sum(len(issue.occurrences) for issue in data.issues)
    verdicts = {s.labels["subject"]: s.labels["verdict"] for s in families["estatecheck_report_verdict"].samples}
    assert data.verdicts.estate.verdict.value in verdicts.values()
    assert len(verdicts) == 1 + len(data.verdicts.services)
    assert "estatecheck_report_clock_findings" not in rendered("metrics", sample()).decode()


@pytest.mark.parametrize("name", [*SCHEMAS, "csv", "plan-csv", "junit", "metrics"])
def test_nothing_invisible_goes_out(name: str) -> None:
    text = rendered(name, whole_hostile()).decode("utf-8-sig").replace("\r\n", "\n")
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]", text) is None
    assert "<script>" not in text or name != "junit"


@pytest.mark.parametrize("name", ["oscal-results", "oscal-poam"])
def test_what_is_written_by_hand_is_as_an_encoder_would(name: str) -> None:
    out = io.BytesIO()
    FORMATS[name].render(hostile(), out)
    text = out.getvalue().decode()
    again = json_safe(json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    assert text.replace("\n", "") == again


def test_ids_are_uuids_of_version_5() -> None:
    data = sample()
    root = uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS}:{data.scan_id}:{data.evidence_root}")
    digest = hashlib.sha256("asset\0odd \u00e4".encode()).hexdigest()
    assert Ids(data).of("asset", "odd \u00e4") == str(uuid.uuid5(root, digest))


def test_a_document_is_written_as_json_would() -> None:
    out = io.BytesIO()
    write({"b": iter([{"x": iter([])}, {"y": [1, 2]}]), "a": {"deep": iter(["\u202e"])}, "c": None}, out)
    assert json.loads(out.getvalue()) == {"b": [{"x": []}, {"y": [1, 2]}], "a": {"deep": ["\u202e"]}, "c": None}
    assert b"\\u202e" in out.getvalue()


def rows(data: ReportData) -> list[list[str]]:
    return list(csv.reader(io.StringIO(rendered("csv", data).decode("utf-8-sig"), newline="")))


def test_the_csv_holds_every_occurrence_once() -> None:
    data = sample()
    heading, *found = rows(data)
    assert len(heading) == 10
    assert Counter(row[2] for row in found) == occurrences(data)
    counted = [o for i in data.issues for o in i.occurrences] + list(data.carried)
    assert sorted(row[0] for row in found) == sorted(o.ref for o in counted)


def test_no_cell_is_a_formula() -> None:
    data = hostile()
    assert any(o.observed.startswith("=") for i in data.issues for o in i.occurrences) or "=1+1" in str(data)
    first = data.issues[0]
    worst = ("=1+1|cmd", "+1", "-1", "@SUM(1)", " =1", "\t=1", "\r=1")
    shown = tuple(replace(first.occurrences[0], observed=text, ref=f"EC-{n}") for n, text in enumerate(worst))
    _, *found = rows(replace(data, issues=(replace(first, occurrences=shown),), carried=()))
    assert len(found) == len(worst)
    assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for row in found for cell in row if cell)


def test_the_plan_is_by_supplier_and_adds_up() -> None:
    data = sample()
    planned = list(action_plan.plan(data))
    assert sum(row.occurrences for row in planned) == sum(len(issue.occurrences) for issue in data.issues)
    assert len({(row.issue, row.supplier) for row in planned}) == len(planned)
    assert {row.type for row in planned} >= {"patch", "firmware", "config", "EOL", "availability"}
    named = {supplier.name for supplier in data.suppliers.values()}
    assert {row.supplier for row in planned} <= named | {action_plan.NO_SUPPLIER}


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_read_by_a_parser_and_add_up(kind: str) -> None:
    data = KINDS[kind]()
    families = {f.name: f for f in text_string_to_metric_families(rendered("metrics", data).decode())}
    told = {s.labels["severity"]: int(s.value) for s in families["estatecheck_report_occurrences"].samples}
    assert {name: n for name, n in told.items() if n} == {
        severity.value: units.occurrences for severity, units in by_severity(data.issues).items() if units.occurrences
    }
    steps = {s.labels["step"]: int(s.value) for s in families["estatecheck_report_coverage_assets"].samples}
    assert steps["known"] == len(data.assets)
    lacking = sum(int(s.value) for s in families["estatecheck_report_not_assessed"].samples)
    assert lacking == len(all_gaps(data))
