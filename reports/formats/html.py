"""The report as one self-contained HTML file: style, script and charts inside, and a policy that forbids the network.

Every value that the templates print passes :func:`_finalize` (control characters become escapes) and then autoescape.
Style and script are our own package data; their sha256 in the page's CSP is computed from what is embedded.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, BinaryIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from checks.check import Theme
from checks.finding import Severity
from checks.risk import Level
from inventory.estate import Scope
from reports import (
    board,
    caps,
    chapters,
    charts,
    charts_estate,
    charts_time,
    counting,
    coverage_chapter,
    glossary,
    open_ports,
    risk_text,
    sources,
    summary,
    text,
    updates,
)
from reports.availability_chapter import chapter, names_in
from reports.clock_chapter import chapter as clock_chapter
from reports.compare_view import view as since_view
from reports.firmware import by_model
from reports.formats import json_file
from reports.formats.html_dress import worn
from reports.life import Life, burn_down
from reports.report import LABEL, SCHEMA_VERSION, AssetCoverage, Issue, Occurrence, ReportData
from reports.timeline import hatch
from reports.verdict_chapter import chapter as verdict_chapter
from reports.views import APPENDICES, LABELS, TITLES, View, marks, sections

MOST_FOLDED = caps.HTML_FOLDED  # references folded below the rows of one finding
MOST_NAMES = 12  # in one cell
MOST_WORST = 6  # told in the summary
CLIP = caps.HTML_TEXT

_TEXTS = 4_096  # of the catalogue: the same advice stands below every issue of a check
_CODE = re.compile(r"`([^`]+)`")
_CLOSED = "base-uri 'none'; form-action 'none'"
_LINK = re.compile(r"https://[\w.~:/?#@!$&()*+,;=%-]+", re.ASCII)


def render(data: ReportData, out: BinaryIO) -> None:
    """In the view that the data was cut for (``reports.views.seen``)."""
    name = "board.html.j2" if data.view == View.BOARD else "report.html.j2"
    page = environment().get_template(name).render(view(data))
    out.write(page.encode())


def view(data: ReportData) -> dict[str, Any]:
    """What the templates may use, by name."""
    return _View(data).names()


@functools.cache
def environment() -> Environment:
    """Shared with the PDF, whose page is made of the same pieces."""
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": text.prose,
        "clip": lambda value: text.safe_text(value, CLIP),
        "code": _code,
        "reference": _reference,
        "number": lambda value: f"{value:,}",
        "count": text.count,
        "names": _names,
        "day": text.day,
        "stamp": text.stamp,
        "size": text.size,
        "theme": text.theme_name,
        "capital": text.capital,
        "part_of": text.share,
        "share": lambda fraction: text.share(fraction, 1),
        "state": lambda value: text.safe_text(text.state_words(value), CLIP),
    }
    environment.globals |= {
        "symbols": summary.SYMBOLS,
        "kev_symbol": summary.KEV_SYMBOL,
        "severities": tuple(Severity),
        "risk": risk_text,
        "levels": tuple(Level),
        "level_symbols": risk_text.SYMBOLS,
        "steps": tuple(counting.Step),
    }
    return environment


def _finalize(value: object) -> object:
    """What is data becomes safe text; markup that we built stays what it is."""
    if value is None:
        raise TypeError("a template prints a value that is not there")
    return value if isinstance(value, Markup | int) else text.safe_text(str(value))


@functools.lru_cache(maxsize=_TEXTS)
def _code(value: str) -> Markup:
    """Prose of the catalogue, with `these` as code."""
    told = text.prose(value)
    pieces, at = [], 0
    for match in _CODE.finditer(told):
        pieces += [escape(told[at : match.start()]), Markup("<code>{}</code>").format(match[1])]
        at = match.end()
    return Markup("").join([*pieces, escape(told[at:])])


def _names(names: Iterable[str], most: int = MOST_NAMES) -> Markup:
    """``a, b, c and 12 more``; a name breaks across lines only when it is longer than one."""
    known = list(names)
    told = [text.safe_text(n, 80) for n in known[:most]]
    commas = [f"{n}," for n in told[:-1]] + told[-1:]  # inside, or a line could begin with one
    shown = Markup(" ").join(Markup('<span class="name">{}</span>').format(n) for n in commas)
    left = len(known) - len(told)
    return shown + (f" and {left:,} more" if left else "")


@functools.lru_cache(maxsize=_TEXTS)
def _reference(value: str) -> Markup:
    """An https address becomes a link, anything else stays text."""
    told = text.prose(value)
    if not _LINK.fullmatch(told):
        return escape(told)
    return Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>').format(told)


def _slug(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", value)[:80] or "x"


@functools.cache
def own(name: str) -> tuple[Markup, str]:
    """A file of templates/ as it is embedded, and its CSP source."""
    content = files("reports").joinpath("templates", name).read_text("utf-8").replace("\r\n", "\n")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return Markup(content), f"sha256-{digest}"  # noqa: S704 - our own package data, not data of a report


class _Anchors:
    """Ids that are unique on the page: the first to ask for one has it, the others get a number behind it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        name, n = wanted, 1
        while name in self._taken:
            n += 1
            name = f"{wanted}_{n}"
        self._taken.add(name)
        return name


class _View:
    """What the templates may use, worked out once."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        self.anchors = _Anchors()
        self.assets = {a.uid: a for a in data.assets}
        self._facet_keys: dict[tuple[str, str], str] = {}
        self._facets_known: dict[str, tuple[str, ...]] = {}  # by uid of an asset
        self._places: dict[tuple[str | None, ...], str] = {}  # by area, service and supplier
        clocks = data.clocks.findings if data.clocks else ()
        self.clocks = {one.fingerprint: chapters.clock_line(one) for one in clocks}
        blocks = min(len(data.issues), caps.HTML_WHOLE)
        self.most = min(caps.HTML_OCCURRENCES, max(caps.HTML_LEAST, caps.HTML_ROWS // max(1, blocks)))
        self.folded = MOST_FOLDED if self.most == caps.HTML_OCCURRENCES else caps.HTML_FOLDED_OF_MANY
        self.facets = self._facets()  # first, in the order of names: keys are given out as they are asked for
        self.said = {one.fingerprint: chapters.record_line(one) for one in data.on_record}
        self.asset_ids = {a.uid: f"asset-{n}" for n, a in enumerate(data.assets, 1)}
        self.evidence_ids = {
            e.sha256: f"evidence-{n}" for n, e in reversed([*enumerate(data.evidence[: caps.HTML_EVIDENCE], 1)])
        }

    def names(self) -> dict[str, Any]:
        data = self.data
        return {
            **self._cover(),
            **self._numbers(),
            **self._coverage(),
            "data": data,
            "since": since_view(data.since) if data.since else None,
            **self._findings(),
            **self._rest(),
            **self._order(),
            **self._life(),
            **self._estate(),
        }

    def _order(self) -> dict[str, Any]:
        """Which chapters there are, in which order; an appendix without content is left out."""
        shown = View(self.data.view)
        empty = {name for name in ("firmware", "ports") if not getattr(self.data, name)}
        names = tuple(name for name in sections(shown) if name not in empty)
        viewer = self.data.suppliers.get(self.data.viewer)
        return {
            "view": shown.value,
            "view_label": LABELS[shown],
            "viewer": viewer.name if viewer else self.data.viewer,
            "chapters": [(name, f"{name.replace('-', '_')}.html.j2") for name in names],
            "no": marks(names),
            "titles": TITLES,
            "appendices": APPENDICES,
            "board": board.page(self.data) if shown is View.BOARD else None,
        }

    def _life(self) -> dict[str, Any]:
        data, life = self.data, self.data.life or Life()
        points = burn_down(life.backlog)
        clocked = data.clocks is not None and bool(charts_time.running(data.clocks))
        return {
            "plan": chapters.plan(data),
            "causes": chapters.causes(data),
            "ending": chapters.lifecycle(data),
            "accepted": chapters.acceptances(data),
            "people": chapters.people(data),
            "decisions": chapters.decisions(data),
            "ratings": chapters.ratings(data),
            "weaknesses": chapters.cves(data),
            "glossary": glossary.TERMS,
            "before": life.before,
            "points": charts_time.drawn(points),
            "chart_burn": charts_time.burn_down(points) if points else None,
            "chart_clocks": charts_time.clock_timeline(data.clocks) if clocked and data.clocks else None,
            "clocks_drawn": charts_time.MOST_CLOCKS,
            "hatch": hatch(),
        }

    def _estate(self) -> dict[str, Any]:
        places, rows = charts_estate.places(self.data), counting.by_area(self.data)
        return {
            "places": places,
            "chart_map": charts_estate.estate_map(places, charts_estate.without(self.data)) if places else None,
            "chart_cover": charts_estate.coverage_heat(rows) if rows else None,
            "sign": charts_estate.sign,
            "facets": self.facets,
        }

    def _facets(self) -> dict[str, list[tuple[str, str]]]:
        """What the filter offers: areas and suppliers that have a finding, key and name."""
        uids = set[str]().union(*(issue.assets for issue in self.data.issues))
        hit = [self.assets[uid].asset for uid in uids if uid in self.assets]
        areas = sorted({one.area for one in hit if one.area})
        suppliers = sorted({one.supplier for one in hit if one.supplier})
        return {
            "area": [(self._facet("a", key), _named(self.data.areas, key)) for key in areas],
            "supplier": [(self._facet("s", key), _named(self.data.suppliers, key)) for key in suppliers],
        }

    def _facet(self, kind: str, key: str) -> str:
        """A short key of our own for one of the inventory's, which may hold anything."""
        return self._facet_keys.setdefault((kind, key), f"{kind}{len(self._facet_keys)}")

    def _facets_of(self, issue: Issue) -> str:
        return " ".join(sorted(set[str]().union(*map(self._facets_at, issue.assets))))

    def _facets_at(self, uid: str) -> tuple[str, ...]:
        found = self._facets_known.get(uid)
        if found is None:
            one = self.assets[uid].asset if uid in self.assets else None
            keys = (("a", one.area), ("s", one.supplier)) if one else ()
            found = self._facets_known[uid] = tuple(self._facet(kind, key) for kind, key in keys if key)
        return found

    def _cover(self) -> dict[str, Any]:
        style, style_hash = own("report.css")
        script, script_hash = own("report.js")
        report_id, json_sha256 = json_file.digest(self.data)
        dress = worn(self.data.branding)
        return {
            "style": style,
            "script": script,
            "policy": f"default-src 'none'; style-src '{style_hash}'{dress.style_source}; "
            f"script-src '{script_hash}'; {dress.picture_source}{_CLOSED}",
            "dress": dress,
            "marking": dress.marking or self.data.marking,
            "label": LABEL,
            "schema_version": SCHEMA_VERSION,
            "report_id": report_id,
            "json_sha256": json_sha256,
            "window": text.window(self.data.started_at, self.data.ended_at),
            "duration": text.duration(self.data.started_at, self.data.ended_at),
            "warning": summary.state_warning(self.data),
            "verdict": verdict_chapter(self.data),
        }

    def _numbers(self) -> dict[str, Any]:
        data, issues = self.data, self.data.issues
        themes = counting.by_theme(issues)
        gaps = counting.all_gaps(data)
        return {
            "summary": summary,
            "by_severity": counting.by_severity(issues),
            "total": counting.units(issues),
            "by_theme": themes,
            "by_theme_risk": counting.by_theme_risk(issues),
            "worst_here": counting.assets_by_worst(issues),
            "by_state": counting.by_state(issues),
            "gaps_by_severity": counting.gaps_by_severity(gaps),
            "gap_total": len(gaps),
            "patch": counting.patch_share(issues, data.checks),
            "worst": [i for i in updates.with_remedy(data) if i.severity in counting.WORST],
            "without_fix": counting.by_severity(updates.without_fix(data)),
            "fix_first": updates.fix_first(data),
            "most_worst": MOST_WORST,
            "chart_themes": charts.themes(themes),
            "chart_heat": charts.heat_map(themes),
        }

    def _coverage(self) -> dict[str, Any]:
        data = self.data
        rows = counting.by_area(data)
        gaps = counting.all_gaps(data)
        inside = {(a.uid, a.asset.name) for a in data.assets if a.logged_in}
        return {
            "funnel": counting.whole_funnel(data),
            "areas": rows,
            "weights": counting.weights(data, rows),
            "operating": coverage_chapter.operating(data),
            "groupings": coverage_chapter.chapter(data),
            "reasons": counting.gaps_by_reason(gaps),
            "unjudged": [r for r in counting.check_rows(data) if not r.judged],
            "no_login": [a for a in data.assets if not a.logged_in],
            "gap_rows": counting.gaps_by_check(g for g in gaps if (g.asset_uid, g.asset) in inside),
            "most_gaps": caps.HTML_GAPS,
            "chart_funnel": charts.funnel(counting.whole_funnel(data)),
            "chart_areas": charts.coverage_by_area(rows),
            "coverage_parts": charts.COVERAGE_PARTS,
            "notes": list(summary.identity_notes(data)),
            "why": summary.got_no_further,
            "limits": sources.limits(data),
            "old": sources.age,
        }

    def _rest(self) -> dict[str, Any]:
        titles = {c.id: c.title for c in self.data.checks}
        return {
            "fixed": [(self._occurrence(o), titles.get(o.check_id, o.check_id)) for o in self.data.fixed],
            "check_rows": counting.check_rows(self.data),
            **self._left(),
            "place": self._place,
            "asset_ids": self.asset_ids,
            "evidence": [(f"evidence-{n}", e) for n, e in enumerate(self.data.evidence[: caps.HTML_EVIDENCE], 1)],
            "permits": [self._permit(s) for s in self.data.scopes],
            "opened": open_ports.told(
                self.data.ports, caps.HTML_PORTS, caps.HTML_PORT_ASSETS, caps.HTML_PORTS_OF_ASSET
            ),
        }

    def _findings(self) -> dict[str, Any]:
        """What the vendor has not fixed has a chapter of its own, with one introduction for each of its checks."""
        mended = updates.with_remedy(self.data)
        brief = {id(i) for i in mended[caps.HTML_WHOLE :]} - {id(i) for i in updates.lifecycle(self.data)}
        told = {id(i): self._brief(i) if id(i) in brief else self._finding(i) for i in self.data.issues}
        unfixed = updates.by_worst_member(updates.without_fix(self.data))
        checks = {i.check.id: i.check for i in unfixed}
        return {
            "findings": [told[id(i)] for i in mended[: caps.HTML_WHOLE]],
            "brief": [told[id(i)] for i in mended[caps.HTML_WHOLE :]],
            "unfixed": [(c, [told[id(i)] for i in unfixed if i.check.id == c.id]) for c in checks.values()],
            "lifecycle": [(told[id(i)], updates.alike(i)) for i in updates.lifecycle(self.data)],
            "no_fix_asked": any(c.theme is Theme.NO_VENDOR_FIX for c in self.data.checks),
            "firmware": by_model(self.data.firmware)[: caps.HTML_MODELS],
            "models": len(by_model(self.data.firmware)),
            "available": chapter(self.data.availability, "", names_in(self.data)) if self.data.availability else None,
            "clocked": clock_chapter(self.data.clocks, "", self.data.suppliers, self.data.credits)
            if self.data.clocks
            else None,
            "lifecycle_asked": any(map(updates.about_support, self.data.checks)),
            "anchor_of": lambda issue: told[id(issue)].id,
        }

    def _left(self) -> dict[str, Any]:
        told = chapters.left(self.data)
        return {"left": chapters.Rows(tuple((self._occurrence(o), i) for i, o in told.rows), told.more)}

    def _brief(self, issue: Issue) -> SimpleNamespace:
        """Of an issue that is one line: where it is addressed, and its first references."""
        unit = f"-{_slug(issue.subject.key)}" if issue.subject else ""
        return SimpleNamespace(
            id=self.anchors.take(f"issue-{_slug(issue.check.id)}{unit}"),
            issue=issue,
            facets=self._facets_of(issue),
            units=counting.units([issue]),
            refs=[o.ref for o in issue.occurrences[:2]],
        )

    def _finding(self, issue: Issue) -> SimpleNamespace:
        rest = issue.occurrences[self.most :]
        parts = updates.vulnerabilities(issue)
        cves = [part for part in parts if part.weakness]
        unit = f"-{_slug(issue.subject.key)}" if issue.subject else ""
        return SimpleNamespace(
            id=self.anchors.take(f"issue-{_slug(issue.check.id)}{unit}"),
            issue=issue,
            check=issue.check,
            facets=self._facets_of(issue),
            units=counting.units([issue]),
            refs=[o.ref for o in issue.occurrences[:2]],
            rows=[self._occurrence(o) for o in issue.occurrences[: self.most]],
            folded=[(self._anchor(o), o) for o in rest[: self.folded]],
            folded_total=len(rest),
            cves=cves[: caps.HTML_CVES],
            cves_total=len(cves),
            worst=min((c.severity for c in cves if c.severity), key=lambda s: s.rank, default=None),
            parts=[part for part in parts if not part.weakness][: caps.HTML_CVES],
            parts_total=len(parts) - len(cves),
        )

    def _anchor(self, occurrence: Occurrence) -> str:
        return self.anchors.take(_slug(occurrence.ref))

    def _occurrence(self, occurrence: Occurrence) -> SimpleNamespace:
        asset = self.assets.get(occurrence.asset_uid)
        return SimpleNamespace(
            id=self._anchor(occurrence),
            it=occurrence,
            place=self._place(asset) if asset else "",
            asset_id=self.asset_ids.get(occurrence.asset_uid, ""),
            evidence=[(e, self.evidence_ids.get(e, "")) for e in occurrence.evidence[:4]],
            clock=self.clocks.get(occurrence.fingerprint, ""),
            said=self.said.get(occurrence.fingerprint, ""),
        )

    def _place(self, asset: AssetCoverage) -> str:
        """``Ashmoor Crown Court · Case File · Larkspur Managed IT``: area, service and supplier, as far as known."""
        one, data = asset.asset, self.data
        keys = one.area, one.service, one.supplier
        if keys not in self._places:
            parts = zip((data.areas, data.services, data.suppliers), keys, strict=True)
            self._places[keys] = " · ".join(text.safe_text(_named(table, key), 80) for table, key in parts if key)
        return self._places[keys]

    def _permit(self, scope: Scope) -> dict[str, Any]:
        reach = [*(f"group {g}" for g in scope.groups), *scope.hosts, *scope.networks]
        return {"scope": scope, "reach": reach, "valid": scope.valid_on(text.utc(self.data.started_at).date())}


def _named(table: Mapping[str, Any], key: str) -> str:
    found = table.get(key)
    return str(found.name) if found else key
