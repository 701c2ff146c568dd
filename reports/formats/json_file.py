"""The report as one JSON document: all of :class:`ReportData` and the counts, in the shape of docs/report-schema.json.

Canonical: sorted keys, no spaces, UTF-8, LF, a line for each member of the arrays at the top, instants in UTC.
Characters that are invisible or move the cursor are ``\\u`` escapes, so that the file can be looked at in a terminal.
Readers ignore fields they do not know; a field that goes or changes its meaning raises ``schema_version``.
"""

import dataclasses
import hashlib
import itertools
import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from checks.finding import Outcome, Severity
from reports import (
    availability_data,
    clocks,
    compare_json,
    coverage_chapter,
    handovers,
    life,
    on_record,
    open_ports,
    risk_data,
    verdict_data,
)
from reports import credits as service_credits
from reports.counting import (
    AreaRow,
    CheckRow,
    Units,
    all_gaps,
    assets_by_worst,
    by_area,
    by_severity,
    by_state,
    by_theme,
    came_back,
    check_rows,
    first_seen_by,
    gaps_by_reason,
    gaps_by_severity,
    patch_share,
    planned,
    units,
    weights,
    whole_funnel,
)
from reports.firmware import by_model
from reports.json_findings import Findings
from reports.json_plain import plain
from reports.json_stream import Written, compact, put_together
from reports.json_text import text, texts
from reports.report import LABEL, SCHEMA_VERSION, AssetCoverage, DataSource, ReportData
from reports.sources import limits
from reports.updates import MemberTable, fix_first, known_exploited, without_fix

SCHEMA = "estatecheck.report"
_ID = "report_id"  # its key, in its place among the others
_END = b"\n}\n"
_last: list[tuple[weakref.ref[ReportData], tuple[str, str]]] = []  # the newest digest: every format prints it


def render(data: ReportData, out: BinaryIO) -> None:
    report_id, sha256, pieces = _whole(data)
    out.writelines(pieces)
    _last[:] = [(weakref.ref(data), (report_id, sha256))]


def encoded(data: ReportData) -> tuple[str, bytes]:
    """The report's id, the same in every format, and the whole file.

    ``ECR-42-1f3a9c0d5e6b`` is the scan, and a digest of what the report says of it.
    """
    report_id, _, pieces = _whole(data)
    return report_id, b"".join(pieces)


def digest(data: ReportData) -> tuple[str, str]:
    """The report's id, and the sha256 of the file that :func:`render` writes, which is never held whole.

    Of the data that was rendered or asked for last it is known.
    """
    if not _last or _last[0][0]() is not data:
        report_id, sha256, _ = _whole(data)
        _last[:] = [(weakref.ref(data), (report_id, sha256))]
    return _last[0][1]


def _whole(data: ReportData) -> tuple[str, str, Iterator[bytes]]:
    """The id, the sha256 of the file, and its pieces.

    The id is a digest of the file without it. What stands before it, nearly all, is hashed once for both.
    """
    values = {key: _value(value) for key, value in document(data).items()}
    before = {key: value for key, value in values.items() if key < _ID}
    after = {key: value for key, value in values.items() if key > _ID}
    so_far = hashlib.sha256()
    for piece in _pieces(before):
        so_far.update(piece)
    report_id = f"ECR-{data.scan_id}-{_sha256(so_far, _pieces(after, ','))[:12]}"
    after[_ID] = json.dumps(report_id)
    pieces = itertools.chain(_pieces(before), _pieces(after, ","), (_END,))
    return report_id, _sha256(so_far, _pieces(after, ",")), pieces


def _sha256(so_far: "hashlib._Hash", pieces: Iterable[bytes]) -> str:
    """With the end of the document."""
    hashed = so_far.copy()
    for piece in itertools.chain(pieces, (_END,)):
        hashed.update(piece)
    return hashed.hexdigest()


def _value(value: object) -> str | list[str]:
    """One value at the top of the document; an array has a line for each of its members."""
    return [compact(one) for one in value] if isinstance(value, list | Iterator) else compact(value)


def _pieces(values: Mapping[str, str | list[str]], start: str = "{") -> Iterator[bytes]:
    """Without the end. ``start`` stands before the first key, a comma before each other one."""
    for place, key in enumerate(sorted(values)):
        yield f'{"," if place else start}\n"{key}":'.encode()
        value = values[key]
        if isinstance(value, str):
            yield value.encode()
        elif value:
            yield from (f"{',' if n else '['}\n{one}".encode() for n, one in enumerate(value))
            yield b"\n]"
        else:
            yield b"[]"


def _later(make: Callable[[], Iterable[object]]) -> Iterator[object]:
    """What is not worked out before its turn comes."""
    yield from make()


def document(data: ReportData) -> dict[str, Any]:
    """The report as JSON values, without its id. Long arrays are iterators, to be read once and in this order."""
    table, risks = MemberTable(), risk_data.RiskTable()
    found = Findings(table, risks)
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "label": LABEL,
        "marking": data.marking,
        "scan": _scan(data),
        "estate": {
            "name": data.estate,
            **{part: plain(getattr(data, part)) for part in ("areas", "sites", "suppliers", "services")},
        },
        "scopes": plain(data.scopes),
        "counts": _counts(data),
        "coverage": _coverage(data),
        "assets": (_asset(a) for a in data.assets),
        "issues": map(found.issue, data.issues),
        "fixed": map(found.occurrence, data.fixed),
        "carried": map(found.occurrence, data.carried),
        "on_record": on_record.plain(data.on_record),
        "life": life.plain(data.life),
        "supplier_view": data.viewer,
        "members": _later(lambda: map(text, table.members)),  # after those that refer to it
        "risks": _later(risks.rows),  # after those that refer to it
        "risk_rules": risk_data.rules_in(data.risk_rules),
        "firmware": plain(by_model(data.firmware)),
        "availability": availability_data.plain(data.availability) if data.availability else None,
        "handovers": handovers.plain(data.handovers),
        "verdicts": verdict_data.verdicts_of(data),
        "clocks": clocks.plain(data.clocks) if data.clocks else None,
        "credits": [service_credits.plain(one) for one in data.credits],
        "gaps": map(text, all_gaps(data)),
        "checks": [_check(row) for row in check_rows(data)],
        "sources": [_source(s) for s in data.sources],
        "imports": plain(data.imports),
        "limitations": list(limits(data)),
        "evidence": map(text, data.evidence),
        "evidence_root": data.evidence_root,
        "ports": _later(lambda: open_ports.plain(data.ports)),
        **({"since": compare_json.plain(data.since)} if data.since else {}),
    }


def _scan(data: ReportData) -> dict[str, Any]:
    return {
        "id": data.scan_id,
        "kind": data.kind,
        "state": data.state,
        **{
            name: plain(getattr(data, name))
            for name in ("started_at", "ended_at", "tool_version", "inventory_digest", "catalogue_digest", "options")
        },
    }


def _counts(data: ReportData) -> dict[str, Any]:
    patch = patch_share(data.issues, data.checks)
    return {
        "total": plain(units(data.issues)),
        "by_severity": _per_severity(by_severity(data.issues)),
        "by_theme": {t.value: _per_severity(row) for t, row in by_theme(data.issues).items()},
        "by_state": by_state(data.issues),
        "assets_by_worst": {s.value: n for s, n in assets_by_worst(data.issues).items()},
        "first_seen_by_this_scan": first_seen_by(data.issues, data.scan_id),
        "came_back": came_back(data.issues),
        "fixed": len(data.fixed),
        "patch_share": plain(patch),
        "exploited": plain(known_exploited(data)),
        "without_fix": _per_severity(by_severity(without_fix(data))),
        "fix_first": _fix_first(data),
        "not_assessed": _lacking(data),
        **risk_data.counts(data),
    }


def _per_severity(table: Mapping[Severity, Units]) -> dict[str, Any]:
    return {s.value: plain(u) for s, u in table.items()}


def _lacking(data: ReportData) -> dict[str, Any]:
    gaps = all_gaps(data)
    return {
        "judgements": len(gaps),
        "of": planned(data),
        "by_severity": {s.value: n for s, n in gaps_by_severity(gaps).items()},
        "by_reason": {
            g.reason: {"judgements": g.judgements, "assets": list(g.assets), "checks": [c.check_id for c in g.checks]}
            for g in gaps_by_reason(gaps)
        },
    }


def _coverage(data: ReportData) -> dict[str, Any]:
    rows = by_area(data)
    return {
        "steps": {s.value: n for s, n in whole_funnel(data).items()},
        "areas": [_area(r) for r in rows],
        "weighted": [
            {
                "weight": w.weight,
                "total": w.total,
                "shares": {s.value: round(float(f), 6) for s, f in w.shares.items()},
                "left_out": list(w.left_out),
            }
            for w in weights(data, rows)
        ],
        "groups": coverage_chapter.plain(data),
    }


def _area(row: AreaRow) -> dict[str, Any]:
    return {
        "id": row.area.id,
        "name": row.area.name,
        "steps": {s.value: n for s, n in row.steps.items()},
        "units": plain(row.units),
        "without_login": list(row.without_login),
    }


_of_asset = texts(*(f.name for f in dataclasses.fields(AssetCoverage) if f.name not in ("asset", "checks", "beside")))


def _asset(asset: AssetCoverage) -> Written:
    told = {
        "name": text(asset.asset.name),
        "inventory": text(asset.asset),
        "beside": text(len(asset.beside)),
        "outcomes": text({o.value: asset.checks.get(o, 0) for o in Outcome}),
        "fully_assessed": text(asset.fully_assessed),
    }
    return put_together({}, {**_of_asset(asset), **told})


def _fix_first(data: ReportData) -> dict[str, Any]:
    told = fix_first(data)
    fixes = [
        {"check_id": f.issue.check.id, "subject": plain(f.issue.subject), "gone": f.gone, "assets": f.assets}
        for f in told.fixes
    ]
    return {**plain(dataclasses.replace(told, fixes=())), "fixes": fixes}


def _source(source: DataSource) -> dict[str, Any]:
    return {**plain(source), "stale": source.stale}


def _check(row: CheckRow) -> dict[str, Any]:
    numbers = plain(row)
    return {**numbers.pop("check"), "assets": numbers}
