"""The JSON report: canonical, complete, described by its schema, safe to look at."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checks.check import Check
from reports.formats import FORMATS
from reports.formats.json_file import encoded
from reports.report import AssetCoverage, DataSource, EvidenceItem, Gap, Issue, Occurrence, ReportData
from reports.text import safe_text
from tests.reports.sample import BANNER, HOSTILE, dark, empty, hostile, sample


def document_bytes(data: ReportData) -> bytes:
    return encoded(data)[1]


def report_id(data: ReportData) -> str:
    return encoded(data)[0]


SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report-schema.json").read_text("utf-8"))
CASES = {"sample": sample, "hostile": hostile, "empty": empty, "dark": dark}


@pytest.mark.parametrize("case", CASES)
def test_follows_its_schema(case: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    faults = validator.iter_errors(json.loads(document_bytes(CASES[case]())))
    assert [f"{f.json_path}: {f.message}" for f in faults][:5] == []


def undescribed(value: object, schema: Mapping[str, Any], path: str) -> list[str]:
    """Keys of the document that the schema has no words for."""
    schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for choice in schema.get("oneOf", ()):
        if (value is None) == (choice.get("type") == "null"):
            return undescribed(value, choice, path)
    if isinstance(value, list):
        return [u for one in value for u in undescribed(one, schema["items"], f"{path}[]")]
    if not isinstance(value, dict):
        return []
    known, other = schema.get("properties", {}), schema.get("additionalProperties", False)
    unknown = [f"{path}.{k}" for k in value if k not in known and other is False]
    return unknown + [
        u for k, v in value.items() if k in known or other for u in undescribed(v, known.get(k, other), f"{path}.{k}")
    ]


def test_every_field_is_described() -> None:
    document = json.loads(document_bytes(sample()))
    assert sorted(set(undescribed(document, SCHEMA, "$"))) == [], "describe it in docs/report-schema.json"


@pytest.mark.parametrize(
    ("shape", "where", "elsewhere"),
    [
        (Occurrence, "occurrence", {}),
        (Gap, "gap", {}),
        (EvidenceItem, "evidence", {}),
        (DataSource, "source", {}),
        (AssetCoverage, "asset", {"asset": "inventory", "checks": "outcomes"}),
        (Issue, "issue", {"check": "check_id"}),
        (Check, "check", {"rule": "id", "examples": "id", "waived": "id", "gathers": "id"}),
    ],
)
def test_everything_of_the_report_is_in_it(shape: type, where: str, elsewhere: dict[str, str]) -> None:
    names = {elsewhere.get(f.name, f.name) for f in dataclasses.fields(shape)}
    assert names - SCHEMA["$defs"][where]["properties"].keys() == set()


def test_everything_at_the_top_is_in_it() -> None:
    document = json.loads(document_bytes(sample()))
    found = document.keys() | document["scan"].keys() | document["estate"].keys()
    found |= {"since"}  # only with --since
    kept = {
        "scan_id": "id",
        "estate": "name",
        "passed": "checks",
        "not_applicable": "checks",
        "viewer": "supplier_view",
    }
    left = {kept.get(f.name, f.name) for f in dataclasses.fields(ReportData)} - found
    assert left == {"branding", "branding_folder", "view", "by_supplier"}, (
        "dress and view are no facts; the tallies are parts of checks"
    )


def test_canonical_form() -> None:
    out = io.BytesIO()
    FORMATS["json"].render(sample(), out)
    text = out.getvalue().decode()
    assert text.endswith("}\n")
    assert "\r" not in text
    again = json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert text.replace("\n", "") == again
    assert sum(line.startswith('{"assets":') for line in text.splitlines()) == len(sample().issues) + len(
        sample().checks
    )


def test_the_id_is_a_digest_of_the_content() -> None:
    lines = document_bytes(sample()).splitlines(keepends=True)
    body = b"".join(line for line in lines if not line.startswith(b'"report_id":'))
    told = json.loads(b"".join(lines))["report_id"]
    assert told == report_id(sample()) == f"ECR-42-{hashlib.sha256(body).hexdigest()[:12]}"
    assert told != report_id(dataclasses.replace(sample(), marking=""))


def test_hostile_text_survives_and_cannot_move_the_cursor() -> None:
    text = document_bytes(hostile()).decode()
    assert [c for c in set(text) if c != "\n" and safe_text(c) != c] == []
    said = json.loads(text)["issues"][0]["occurrences"][0]["observed"]
    assert said == BANNER + " ".join(HOSTILE).replace("\udc80", "\ufffd")


def test_members_stand_in_full_and_once() -> None:
    data = sample()
    document = json.loads(document_bytes(data))
    told = [document["members"][n] for i in document["issues"] for o in i["occurrences"] for n in o["members"]]
    members = [m for i in data.issues for o in i.occurrences for m in o.members]
    assert [(t["id"], t["verdict"], t["severity"], t["attributes"]) for t in told] == [
        (m.id, m.verdict, m.severity, dict(m.attributes)) for m in members
    ]
    assert len(document["members"]) < len(members)
    assert len({json.dumps(m) for m in document["members"]}) == len(document["members"])


def test_no_secret_and_no_code() -> None:
    document = json.loads(document_bytes(sample()))
    assert "rule" not in document["checks"][0]
    assert document["assets"][0]["inventory"]["connection"]["credential"] == "scan-key"
