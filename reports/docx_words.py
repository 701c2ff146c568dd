"""What a Word template may print, by name: plain texts, numbers, lists and tables of these. Pure.

The rows are those of the PDF, capped alike (``reports.caps``), each table with a ``note`` that is empty or says how
many there are and where all of them stand. ``chapters`` holds the chapters of the view: what is not in it has no rows.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from reports import coverage_chapter, pdf_chapters, sources, summary, text
from reports.counting import Step, by_severity, units
from reports.formats import json_file
from reports.pdf_chapters import Capped
from reports.report import LABEL, AssetCoverage, ReportData
from reports.text import count, listing, prose, safe_text
from reports.verdict_chapter import chapter as verdict
from reports.views import LABELS, View, sections

Told = dict[str, Any]


def names(data: ReportData, *, whole: bool) -> Told:
    """``whole``: also ``report``, the whole JSON report, which is large."""
    chapters = dict(pdf_chapters.chapters(data, sections(View(data.view))))
    told = {**_cover(data), **_opening(data, chapters), "chapters": list(chapters), **_tables(data, chapters)}
    if whole:
        told["report"] = json.loads(json_file.encoded(data)[1])
    return told


def _cover(data: ReportData) -> Told:
    report_id, sha256 = json_file.digest(data)
    viewer = data.suppliers.get(data.viewer)
    return {
        "estate": data.estate,
        "title": LABELS[View(data.view)],
        "viewer": viewer.name if viewer else data.viewer,
        "label": LABEL,
        "marking": (data.branding and data.branding.marking) or data.marking,
        "report_id": report_id,
        "json_sha256": sha256,
        "evidence_root": data.evidence_root,
        "inventory_digest": data.inventory_digest,
        "catalogue_digest": data.catalogue_digest,
        "window": text.window(data.started_at, data.ended_at),
        "duration": text.duration(data.started_at, data.ended_at),
        "state": text.capital(data.state),
        "made": text.utc(data.ended_at or data.started_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool_version": data.tool_version,
        "checks": len(data.checks),
        "verdict": _verdict(data),
    }


def _verdict(data: ReportData) -> Told | None:
    told = verdict(data)
    if told is None:
        return None
    lines = [
        {
            **{key: line[key] for key in ("measured", "needed", "otherwise", "gate")},
            "title": prose(line["title"]),
            "holds": "yes" if line["holds"] else "no",
        }
        for line in told["lines"]
    ]
    kept = ("word", "because", "rests", "carried", "policy", "regain")
    return {**{key: told[key] for key in kept}, "lines": lines}


def _opening(data: ReportData, chapters: Mapping[str, Told]) -> Told:
    by_word = [
        {"severity": text.capital(s.value), "issues": u.issues, "occurrences": u.occurrences, "assets": u.assets}
        for s, u in by_severity(data.issues).items()
    ]
    whole, told = units(data.issues), chapters.get("summary") or pdf_chapters.CHAPTERS["summary"](data) or {}
    return {
        "opening": summary.opening(data),
        "warning": summary.state_warning(data),
        "rests_on": summary.rests_on(data),
        "sentences": told["sentences"],
        "worst": [{"severity": text.capital(s.value), "words": w, "first": plain(f)} for s, w, f in told["worst"]],
        "severities": by_word,
        "total": {"issues": whole.issues, "occurrences": whole.occurrences, "assets": whole.assets},
        "lacking": [{"number": number, "words": words} for number, words in summary.lacking(data)],
        "operating": coverage_chapter.operating(data),
        "limits": list(sources.limits(data)),
        "fix_first": summary.fix_these(data),
    }


def plain(said: str) -> str:
    """A text of the catalogue: its line breaks and its `marks` of code mean nothing here."""
    return prose(said).replace("`", "")


# tables


def _tables(data: ReportData, chapters: Mapping[str, Told]) -> Told:
    coverage, found = chapters.get("coverage", {}), chapters.get("findings", {})
    none = Capped((), 0)
    places = pdf_chapters.Places(data)
    left = found.get("left_out", 0)
    return {
        "nothing_found": found.get("nothing", "") if found and not found["found"] else "",
        "findings": [_finding(n, one) for n, one in enumerate(found.get("found", ()), 1)],
        "findings_left_out": f"{count(left, 'more issue')}, less severe than these, stand in report.json"
        if left
        else "",
        "areas": _table(coverage.get("areas", none), _area),
        "no_login": _table(
            coverage.get("no_login", none), lambda one: {"asset": one[0], "place": one[1] or "–", "why": one[2]}
        ),
        "not_assessed": _table(chapters.get("not-assessed", {}).get("rows", none), _gap),
        "plan": _table(chapters.get("plan", {}).get("rows", none), _planned),
        "sources": _table(chapters.get("method", {}).get("sources", none), _source),
        "assets": _table(chapters.get("assets", {}).get("rows", none), lambda one: _asset(one[0], places)),
        "evidence": _table(chapters.get("evidence", {}).get("rows", none), _answer),
    }


def _table(capped: Capped, told: Callable[[Any], Told]) -> Told:
    return {"rows": [told(row) for row in capped.rows], "total": capped.total, "note": capped.note}


def _finding(number: int, one: Told) -> Told:
    issue, found = one["issue"], one["units"]
    check, more = issue.check, one["more"]
    return {
        "number": number,
        "title": issue.title,
        "severity": text.capital(issue.severity.value),
        "risk": text.capital(issue.level.value),
        "exploited": issue.exploited,
        "theme": text.theme_name(check.theme),
        "check": check.id,
        "where": f"{count(found.occurrences, 'occurrence')} on {count(found.assets, 'asset')}",
        "why": plain(check.rationale),
        "first": plain(check.remedy.text),
        "properly": [plain(step) for step in check.remedy.steps],
        "verify": plain(check.remedy.verify),
        "risk_lines": list(one["moved"]),
        "cves": one["cves"],
        "rows": [_occurrence(row, place) for row, place in one["rows"]],
        "note": f": {len(one['rows'])} of {len(one['rows']) + more:,}; all stand in the JSON report" if more else "",
    }


def _occurrence(row: Any, place: str) -> Told:  # noqa: ANN401 (an occurrence, or a carried one)
    return {
        "ref": row.ref,
        "asset": row.asset,
        "place": place or "–",
        "observed": row.observed,
        "state": text.state_words(row.state),
        "since": text.day(row.first_seen),
    }


def _area(one: Any) -> Told:  # noqa: ANN401 (a row and its cells)
    row, _ = one
    steps = {step.name.lower(): row.steps[step] for step in Step}
    return {"area": row.area.name, **steps, "issues": row.units.issues, "occurrences": row.units.occurrences}


def _gap(group: Any) -> Told:  # noqa: ANN401 (a GapGroup)
    worst = group.checks[0]
    return {
        "severity": text.capital(worst.severity.value),
        "check": prose(worst.title),
        "reason": text.capital(group.reason),
        "assets": len(group.assets),
        "names": listing([safe_text(name, 80) for name in group.assets], 5),
    }


def _planned(row: Any) -> Told:  # noqa: ANN401 (a PlanRow)
    kept = ("refs", "issue", "type", "supplier", "contract", "assets", "occurrences", "clock", "acceptance")
    return {
        **{key: getattr(row, key) for key in kept},
        "risk": text.capital(row.risk),
        "exploited": bool(row.kev),
        "due": (row.agreed_due or row.policy_due)[:10] or "–",
        "states": text.state_words(row.states),
        "first": plain(row.short_term_action),
        "properly": plain(row.strategic_action),
    }


def _source(one: Any) -> Told:  # noqa: ANN401 (a source and its age)
    source, age = one
    return {"name": source.name, "of": source.snapshot, "age": age, "sha256": source.digest}


def _asset(one: AssetCoverage, places: pdf_chapters.Places) -> Told:
    reached = "logged in" if one.logged_in else "reached" if one.reached else "not reached"
    return {"asset": one.asset.name, "place": places.told(one) or "–", "os": one.os_name, "looked_at": reached}


def _answer(one: Any) -> Told:  # noqa: ANN401 (an EvidenceItem)
    return {
        "asset": one.asset,
        "asked": one.query,
        "rights": one.privilege.value,
        "size": text.size(one.size),
        "sha256": f"{one.missing.reason.value if one.missing else ''} {one.sha256}".strip(),
    }
