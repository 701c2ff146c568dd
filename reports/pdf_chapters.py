"""What the chapters of the PDF print, by the names of ``reports.views``: bounded, and what is left out is named. Pure.

Each function gives the names of its template ``templates/pdf/<chapter>.html.j2``; None: there is nothing to tell.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from markupsafe import Markup

from checks.finding import Severity
from reports import (
    action_plan,
    availability_chapter,
    board,
    caps,
    charts_time,
    clock_chapter,
    counting,
    coverage_chapter,
    open_ports,
    risk_text,
    sources,
    summary,
    updates,
    verdict_chapter,
)
from reports import chapters as chapters_told
from reports import clocks as clocks_told
from reports.counting import Step, Units
from reports.firmware import by_model
from reports.life import Life, trend
from reports.on_record import accepted, ends
from reports.parts import part_name
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from reports.text import listing, safe_text, utc

HEAT = (0, 25, 50, 75, 100)  # per cent: a share of at least this much gets the next stronger fill
HEAT_COUNTS = (1, 3, 10, 30, 100)
_BLACK = "text { font: 9px DejaVu Sans, sans-serif; fill: #18222c }"
_STRIP_STYLE = (
    f"{_BLACK} .st-up {{ fill: #2b7a4b }} .st-degraded {{ fill: #b88400 }} .st-down {{ fill: #b3261e }} "
    ".st-unknown { fill: #9aa5b1 } .st-excluded { fill: #3f5fa8 } .st-track { fill: #eef1f4 } "
    ".st-tick { stroke: #767676 }"
)
_TREND_STYLE = (
    f"{_BLACK} .s-critical {{ fill: #75102a }} .s-high {{ fill: #ad421a }} .s-medium {{ fill: #e2a93a }} "
    ".s-low { fill: #b9cfe3 } .s-info { fill: #e3e8ed } rect { stroke: #5b6975; stroke-width: .5 } "
    ".o-critical, .o-high { fill: #fff } .grid { stroke: #d3dae1 } .axis { stroke: #5b6975 } "
    ".fixed-bar { fill: #2b7a4b } .trend { stroke: #14507f; stroke-width: 2 } .dot { fill: #14507f }"
)
TREND = 190  # px high


@dataclass(frozen=True, slots=True)
class Capped:
    """Rows of a table, and how many there would be."""

    rows: Sequence[Any]
    total: int

    @property
    def note(self) -> str:
        if self.total <= len(self.rows):
            return ""
        return f"; the first {len(self.rows):,} of {self.total:,}, all in the JSON report (sha256 on the cover)"


def capped(rows: Iterable[Any], most: int | None = None) -> Capped:
    found = list(rows)
    return Capped(found[: most or caps.PDF_ROWS], len(found))


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, and how strongly its cell is filled: 0 to 5. The number tells it all; the fill only helps the eye."""

    text: str
    heat: int


class Places:
    """Where assets belong, by uid."""

    def __init__(self, data: ReportData) -> None:
        self._data = data
        self._assets = {one.uid: one for one in data.assets}

    def of(self, uid: str) -> str:
        """``Ashmoor Crown Court · Case File · Larkspur``, as far as known."""
        return self.told(self._assets[uid]) if uid in self._assets else ""

    def told(self, one: AssetCoverage) -> str:
        asset, data = one.asset, self._data
        parts = ((data.areas, asset.area), (data.services, asset.service), (data.suppliers, asset.supplier))
        return " · ".join(safe_text(_named(table, key), 80) for table, key in parts if key)


def _named(table: Mapping[str, Any], key: str) -> str:
    found = table.get(key)
    return str(found.name) if found else key


def _verdict(data: ReportData) -> dict[str, Any]:
    told = verdict_chapter.chapter(data)
    return {"told": told, "services": capped(told["services"]) if told else None}


def _summary(data: ReportData) -> dict[str, Any]:
    worst = [i for i in updates.with_remedy(data) if i.severity in counting.WORST]
    moved = (summary.found, summary.change, summary.standing)
    sentences = (*moved, summary.patches, summary.exploited, summary.unfixed, summary.themes)
    told = [sentence(data) for sentence in (*sentences, summary.areas_in_the_dark, risk_text.found)]
    late = clocks_told.spoken(data.clocks) if data.clocks else ""
    return {
        "opening": summary.opening(data),
        "warning": summary.state_warning(data),
        "rests_on": summary.rests_on(data),
        "lacking": summary.lacking(data),
        "by_severity": bars_of({s.value: u for s, u in counting.by_severity(data.issues).items()}),
        "total": counting.units(data.issues),
        "sentences": [one for one in (*told, late) if one],
        "worst": [(i.severity, summary.in_words(i), summary.first_step(i)) for i in worst[:6]],
        "trend": _trend(data),
    }


def _trend(data: ReportData) -> dict[str, Any] | None:
    """The burn-down with its numbers; None before there are two points to compare."""
    points, step = trend((data.life or Life()).backlog)
    told = charts_time.drawn(points)
    if len(told) < 2:
        return None
    return {"chart": _styled(charts_time.burn_down(points, TREND, step), _TREND_STYLE), "points": told, "step": step}


def bars_of(table: Mapping[str, Units]) -> list[tuple[str, Units, str]]:
    """Word, units, and the width of its bar in per cent of the longest."""
    longest = max((u.occurrences for u in table.values()), default=0) or 1
    return [(word, units, f"{100 * units.occurrences / longest:.1f}") for word, units in table.items()]


def _board(data: ReportData) -> dict[str, Any]:
    """The page of the HTML report, on one sheet."""
    told = board.page(data)
    chart = told["chart"]
    return {
        **told,
        "warning": summary.state_warning(data),
        "rests_on": summary.rests_on(data),
        "chart": chart and _styled(chart, _TREND_STYLE),
    }


def _scope(data: ReportData) -> dict[str, Any]:
    day = utc(data.started_at).date()
    permits = [
        (scope, [*(f"group {g}" for g in scope.groups), *scope.hosts, *scope.networks], scope.valid_on(day))
        for scope in data.scopes
    ]
    return {"permits": capped(permits)}


def _coverage(data: ReportData) -> dict[str, Any]:
    rows, places = counting.by_area(data), Places(data)
    no_login = [(a.asset.name, places.told(a), summary.got_no_further(a)) for a in data.assets if not a.logged_in]
    return {
        "weights": counting.weights(data, rows),
        "funnel": counting.whole_funnel(data),
        "areas": capped((row, [_step(row.steps, step) for step in tuple(Step)[1:]]) for row in rows),
        "operating": coverage_chapter.operating(data),
        "groupings": [
            {**table, "rows": capped(table["rows"], caps.PDF_GROUPS)} for table in coverage_chapter.chapter(data)
        ],
        "no_login": capped(no_login),
        "reasons": counting.gaps_by_reason(counting.all_gaps(data)),
        "unjudged": capped(row.check for row in counting.check_rows(data) if not row.judged),
        "limits": sources.limits(data),
        "notes": capped(summary.identity_notes(data)),
    }


def _step(steps: Mapping[Step, int], step: Step) -> Cell:
    known, here = steps[Step.KNOWN], steps[step]
    percent = 100 * here / known if known else 0
    return Cell(f"{here:,}", sum(percent >= least for least in HEAT) if here else 0)


def _method(data: ReportData) -> dict[str, Any]:
    return {
        "sources": capped((source, sources.age(source)) for source in data.sources),
        "options": sorted(data.options.items()),
        "counting": summary.COUNTING_RULE,
        "risk_rule": risk_text.RULE if data.risk_rules else "",
        "risk_rules": risk_text.rules(data),
        "imports": capped(data.imports),
    }


def _matrix(data: ReportData) -> dict[str, Any]:
    themes = counting.by_theme(data.issues)
    heat = [(theme, [_count(row[s]) for s in Severity], _sum(row.values())) for theme, row in themes.items()]
    return {
        "rows": risk_text.rows(data),
        "total": counting.units(data.issues),
        "rated": data.risk_rules is not None,
        "heat": heat,
        "change": risk_text.change(data),
        "patches": risk_text.patches(data),
    }


def _count(units: Units) -> Cell:
    number = units.occurrences
    return Cell(f"{number:,}" if number else "–", sum(number >= least for least in HEAT_COUNTS))


def _sum(units: Iterable[Units]) -> tuple[int, int]:
    found = tuple(units)
    return sum(u.issues for u in found), sum(u.occurrences for u in found)


def _themes(data: ReportData) -> dict[str, Any] | None:
    """Root causes by the number of occurrences that go with them."""
    groups: dict[tuple[Any, str], list[Issue]] = {}
    for issue in data.issues:
        groups.setdefault(counting.root_cause(issue), []).append(issue)
    rows = [(theme, part_name(product, found), counting.units(found)) for (theme, product), found in groups.items()]
    rows.sort(key=lambda row: (-row[2].occurrences, row[0].value, row[1]))
    return {"causes": capped(rows, caps.PDF_GROUPS)} if rows else None


def _findings(data: ReportData) -> dict[str, Any]:
    found, places = updates.with_remedy(data), Places(data)
    return {
        "found": [_finding(places, n, issue) for n, issue in enumerate(found[: caps.PDF_FINDINGS], 1)],
        "left_out": max(0, len(found) - caps.PDF_FINDINGS),
        "nothing": summary.found(data),
    }


def _finding(places: Places, number: int, issue: Issue) -> dict[str, Any]:
    names = sorted({m.id for o in issue.occurrences for m in o.members if m.id.startswith("CVE-")})
    return {
        "id": f"finding-{number}",
        "issue": issue,
        "units": counting.units([issue]),
        "rows": [(one, places.of(one.asset_uid)) for one in issue.occurrences[: caps.PDF_OCCURRENCES]],
        "more": max(0, len(issue.occurrences) - caps.PDF_OCCURRENCES),
        "cves": safe_text(listing(names, caps.PDF_CVES), 2000),
        "moved": _moved(issue),
    }


def _moved(issue: Issue) -> tuple[str, ...]:
    """The lines of the rules at the occurrence that is worst off."""
    rated: list[Occurrence] = [o for o in issue.occurrences if o.risk]
    worst = min(rated, key=lambda o: (issue.level_of(o).rank, len(o.ref), o.ref), default=None)
    return risk_text.lines(worst) if worst else ()


def _no_fix(data: ReportData) -> dict[str, Any] | None:
    found = updates.by_worst_member(updates.without_fix(data))
    rows = [(issue, counting.units([issue])) for issue in found]
    checks = {issue.check.id: issue.check for issue in found}
    return {"rows": capped(rows), "checks": list(checks.values())} if found else None


def _plan(data: ReportData) -> dict[str, Any]:
    told = list(islice(action_plan.plan(data), caps.PDF_PLAN))
    return {
        "rows": Capped(told, action_plan.length(data)),
        "fixes": updates.fix_first(data),
        "fix": summary.fix_these(data),
    }


def _clocks(data: ReportData) -> dict[str, Any] | None:
    if data.clocks is None:
        return None
    told = clock_chapter.chapter(data.clocks, "", data.suppliers, data.credits)
    findings = Capped(told["findings"], len(told["findings"]) + told["more"])
    return {"told": told, "findings": findings, "rows": capped(told["rows"])}


def _availability(data: ReportData) -> dict[str, Any] | None:
    if data.availability is None:
        return None
    told = availability_chapter.chapter(data.availability, "", availability_chapter.names_in(data))
    strips = [_styled(one["strip"]) for one in told["services"] if one["strip"]][: caps.PDF_STRIPS]
    return {"told": told, "strips": strips}


def _styled(strip: Markup, style: str = _STRIP_STYLE) -> Markup:
    """With its style inside: the layout program looks for it nowhere else."""
    head, end, rest = strip.partition(">")
    return Markup("{}{}<style>{}</style>{}").format(head, end, Markup(style), rest)  # noqa: S704 (our constant)


def _acceptances(data: ReportData) -> dict[str, Any]:
    today = utc(data.ended_at or data.started_at).date()
    titles = {o.fingerprint: (i.title, o.asset) for i in data.issues for o in i.occurrences}
    titles |= {o.fingerprint: (o.check_id, o.asset) for o in data.carried}
    rows = (
        (one, one.acceptance, *titles.get(one.fingerprint, ("", "")), ends(one.acceptance, today))
        for one in accepted(data.on_record)
        if one.acceptance
    )
    return {"rows": capped(rows)}


def _lifecycle(data: ReportData) -> dict[str, Any]:
    told = [(issue, updates.alike(issue)) for issue in updates.lifecycle(data)]
    ending = chapters_told.lifecycle(data)
    return {
        "rows": capped(told),
        "support": Capped(list(ending.rows.rows)[: caps.PDF_ROWS], ending.rows.total),
        "later": ending.later,
        "asked": any(map(updates.about_support, data.checks)),
    }


def _fixed(data: ReportData) -> dict[str, Any]:
    return {"rows": capped(action_plan.fixes(data)), "total": len(data.fixed)}


def _not_assessed(data: ReportData) -> dict[str, Any]:
    inside = {(a.uid, a.asset.name) for a in data.assets if a.logged_in}
    gaps = (g for g in counting.all_gaps(data) if (g.asset_uid, g.asset) in inside)
    told, places = chapters_told.left(data, caps.PDF_GROUPS), Places(data)
    left = Capped([(one, issue, places.of(one.asset_uid)) for issue, one in told.rows], told.total)
    return {"rows": capped(counting.gaps_by_check(gaps)), "left": left}


def _assets(data: ReportData) -> dict[str, Any]:
    places = Places(data)
    return {"rows": Capped([(one, places.told(one)) for one in data.assets[: caps.PDF_ROWS]], len(data.assets))}


def _ports(data: ReportData) -> dict[str, Any] | None:
    told = open_ports.told(data.ports, caps.PDF_ROWS, 0, 0)
    return {"told": told, "ports": Capped(told.by_port, told.ports)} if data.ports else None


def _checks(data: ReportData) -> dict[str, Any] | None:
    rows = counting.check_rows(data)
    return {"rows": capped(rows)} if rows else None


def _evidence(data: ReportData) -> dict[str, Any]:
    return {"rows": Capped(data.evidence[: caps.PDF_EVIDENCE], len(data.evidence))}


def _firmware(data: ReportData) -> dict[str, Any] | None:
    return {"rows": capped(by_model(data.firmware))} if data.firmware else None


def _ratings(data: ReportData) -> dict[str, Any] | None:
    told = [(o, i) for i in data.issues for o in i.occurrences if o.risk is not None and o.risk.override is not None]
    return {"rows": capped((o, i, "; ".join(risk_text.lines(o))) for o, i in told)} if told else None


def _people(data: ReportData) -> dict[str, Any] | None:
    return {"rows": capped(reversed(data.life.decisions))} if data.life and data.life.decisions else None


def _glossary(_: ReportData) -> dict[str, Any]:
    return {"words": GLOSSARY}


GLOSSARY = (
    ("Issue", "One weakness, or one missing update, wherever it stands."),
    (
        "Occurrence",
        "An issue on one subject (a package, a port, an account) of one asset. It has a reference, EC-0001.",
    ),
    ("Severity", "What a weakness is, by its publisher's score or the check's own rating. Nobody moves it."),
    ("Risk", "What it is here: severity moved by published rules, each of which prints its line."),
    ("KEV", "CISA's list of vulnerabilities that are known to be exploited."),
    (
        "Coverage",
        "How far the scan got: known, attempted, reached, logged in, privileged, fully assessed.",
    ),
    ("Not assessed", "A check that could not be judged. It is never counted as passed."),
    ("Clock", "The time a policy or a contract gives for mending. A claim does not stop it, a verified fix does."),
    ("Verified fix", "A later look with at least the same rights, at the same machine, found the weakness gone."),
    ("Evidence root", "The sha256 over all answers that the judgements rest on: a changed answer changes it."),
)

CHAPTERS: Mapping[str, Callable[[ReportData], dict[str, Any] | None]] = {
    "board": _board,
    "verdict": _verdict,
    "summary": _summary,
    "scope": _scope,
    "coverage": _coverage,
    "method": _method,
    "matrix": _matrix,
    "themes": _themes,
    "findings": _findings,
    "no-fix": _no_fix,
    "plan": _plan,
    "clocks": _clocks,
    "availability": _availability,
    "acceptances": _acceptances,
    "lifecycle": _lifecycle,
    "fixed": _fixed,
    "not-assessed": _not_assessed,
    "assets": _assets,
    "ports": _ports,
    "checks": _checks,
    "evidence": _evidence,
    "firmware": _firmware,
    "ratings": _ratings,
    "people": _people,
    "glossary": _glossary,
}


def chapters(data: ReportData, wanted: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those that are wanted and have something to tell, in their order."""
    for name in wanted:
        told = CHAPTERS[name](data) if name in CHAPTERS else None
        if told is not None:
            yield name, told
