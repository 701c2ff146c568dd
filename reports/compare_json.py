"""A comparison as JSON: canonical, complete, and of the same bytes each time."""

import hashlib
import json
from typing import Any

from reports.compare_data import Change, Comparison, IssueChange, Kind, Rates, Rerate, Seen, Side, StepChange, Variance
from reports.compare_text import balance, explained, headline, moves, warnings
from reports.compare_variance import MEASURES
from reports.report import LABEL
from reports.text import json_safe

SCHEMA, VERSION = "estatecheck.comparison", 1


def render(told: Comparison) -> bytes:
    document = {"schema": SCHEMA, "schema_version": VERSION, "label": LABEL, **plain(told)}
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    return json_safe_lines(text)


def json_safe_lines(text: str) -> bytes:
    """Invisible characters as escapes; the line breaks are our own."""
    return "".join(f"{json_safe(line)}\n" for line in text.split("\n")).encode()


def sha256(told: Comparison) -> str:
    return hashlib.sha256(render(told)).hexdigest()


def plain(told: Comparison) -> dict[str, Any]:
    """Findings that both count and rate alike are a number, not a list."""
    listed = [c for c in told.changes if c.kind is not Kind.STAYED or c.rerate]
    return {
        "first": _side(told.was),
        "second": _side(told.now),
        "second_is_later": told.later,
        "warnings": list(warnings(told)),
        "headline": headline(told),
        "before": _slots(told.before),
        "after": _slots(told.after),
        "kinds": {kind.value: _slots(units) for kind, units in told.kinds.items()},
        "rerated": _slots(told.rerated),
        "balance": _slots(balance(told)),
        "moves": dict(moves(told)),
        "differences": [_slots(one) for one in told.differences],
        "issues": [_issue(one) for one in told.issues if one.word != "the same"],
        "findings": [_change(one) for one in listed],
        "coverage": _coverage(told),
        "variance": [_variance(one) for one in told.variance],
    }


def _slots(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a flat dataclass of ours
    return {name: getattr(value, name) for name in value.__slots__}


def _side(side: Side) -> dict[str, Any]:
    return {
        "report_id": side.report_id,
        "sha256": side.sha256,
        "source": side.source,
        "scan": side.scan,
        "kind": side.kind,
        "state": side.state,
        "estate": side.estate,
        "marking": side.marking,
        "started_at": side.started,
        "ended_at": side.ended or None,
    }


def _issue(one: IssueChange) -> dict[str, Any]:
    return {
        "check_id": one.check_id,
        "unit": one.unit,
        "title": one.title,
        "theme": one.theme,
        "change": one.word,
        "severity": [one.was, one.now],
        "occurrences": [one.before, one.after],
        "kinds": {kind.value: number for kind, number in one.kinds.items()},
        "rerated": one.rerated,
    }


def _change(one: Change) -> dict[str, Any]:
    it = one.it
    return {
        "kind": one.kind.value,
        "ref": it.ref,
        "fingerprint": it.key,
        "asset_uid": it.asset_uid,
        "asset": it.asset,
        "check_id": it.check_id,
        "subject": it.subject,
        "title": it.title,
        "reason": one.why.value if one.why else None,
        "detail": one.detail,
        "explained": explained(one),
        "proof": _slots(one.proof) if one.proof else None,
        "proven_by": one.proven_by,
        "first": _seen(one.was),
        "second": _seen(one.now) if one.kind is not Kind.BETWEEN else None,
        "rerated": _rerate(one.rerate),
    }


def _seen(one: Seen | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "state": one.state,
        "severity": one.severity.value,
        "risk": one.level.value,
        "episode": one.episode,
        "looked_at": one.seen,
        "observed": one.observed,
    }


def _rerate(one: Rerate | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "severity": [severity.value for severity in one.severity],
        "risk": [level.value for level in one.level],
        "lines_gone": list(one.gone),
        "lines_new": list(one.came),
        "because": one.because,
    }


def _coverage(told: Comparison) -> dict[str, Any]:
    seen = told.coverage
    return {
        "steps": {step.value: list(pair) for step, pair in seen.steps.items()},
        "lost": [_step(one) for one in seen.lost],
        "gained": [_step(one) for one in seen.gained],
        "checks_lost": [{"id": name, "title": title} for name, title in seen.checks_lost],
        "checks_gained": [{"id": name, "title": title} for name, title in seen.checks_gained],
        "judgements_lost": dict(seen.judgements_lost),
        "judgements_gained": seen.judgements_gained,
        "areas_lost": list(seen.areas_lost),
        "areas_gained": list(seen.areas_gained),
    }


def _step(one: StepChange) -> dict[str, Any]:
    return {
        "asset_uid": one.uid,
        "asset": one.name,
        "area": one.area,
        "supplier": one.supplier,
        "steps": [one.was, one.now],
        "reason": one.reason,
    }


def _variance(one: Variance) -> dict[str, Any]:
    return {
        "by": one.grouping,
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "first": _rates(row.was),
                "second": _rates(row.now),
                "comparable": not row.why_not,
                "why_not": list(row.why_not),
            }
            for row in one.rows
        ],
        "spreads": [
            {
                "measure": spread.measure,
                "least": {"name": spread.least[0], "value": round(spread.least[1], 3)},
                "most": {"name": spread.most[0], "value": round(spread.most[1], 3)},
                "median": round(spread.median, 3),
                "groups": spread.groups,
            }
            for spread in one.spreads
        ],
    }


def _rates(rates: Rates | None) -> dict[str, Any] | None:
    if rates is None:
        return None
    figures = ((name, figure(rates)) for name, figure in MEASURES.items())
    return {**_slots(rates), "rates": {name: None if value is None else round(value, 3) for name, value in figures}}
