"""The remediation action plan: what is to be done, by whom, about which findings. Pure rows for CSV and XLSX.

A plan row is one issue with one supplier. A list row is one occurrence; a supplier fills in its last columns and sends
it back (``estatecheck findings import-claims``).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from checks.check import Theme
from inventory.estate import Area, Service
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from reports.text import listing, prose, safe_text, utc
from reports.updates import about_support

NO_SUPPLIER = "no supplier named"
MOST_REFS = 20
MAX_CELL = 2000
PATCHES = frozenset({Theme.MISSING_OS_PATCH, Theme.MISSING_APP_PATCH})


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Texts are fit to be shown; an empty one is not known or does not apply."""

    refs: str
    issue: str
    type: str  # patch, firmware, config, EOL, availability
    severity: str
    cvss: str  # vector and source, of the worst CVE
    kev: str
    assets: int
    occurrences: int
    areas: str
    services: str
    supplier: str
    owner: str
    short_term_action: str
    strategic_action: str
    raised: str
    states: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """At most ten columns. The last three are for whoever claims."""

    ref: str
    issue: str
    severity: str
    asset: str
    supplier: str
    state: str
    observed: str
    claim_date: str = ""
    what_was_done: str = ""
    change_reference: str = ""


PLAN_HEADINGS = tuple(field.name.replace("_", " ") for field in fields(PlanRow))
LIST_HEADINGS = tuple(field.name.replace("_", " ") for field in fields(ListRow))


def plan(data: ReportData) -> Iterator[PlanRow]:
    """Worst first, in the order of the report."""
    assets = {one.uid: one for one in data.assets}
    for issue in data.issues:
        by_supplier: dict[str, list[Occurrence]] = defaultdict(list)
        for one in issue.occurrences:
            by_supplier[_supplier(data, assets.get(one.asset_uid))].append(one)
        for supplier, hit in sorted(by_supplier.items()):
            yield _plan_row(data, issue, supplier, hit, assets)


def occurrences(data: ReportData) -> Iterator[ListRow]:
    assets = {one.uid: one for one in data.assets}
    for issue in data.issues:
        title = _cell(issue.title)
        for one in issue.occurrences:
            severity = (one.severity or issue.check.severity).value
            supplier = _supplier(data, assets.get(one.asset_uid))
            yield ListRow(one.ref, title, severity, _cell(one.asset), supplier, one.state, _cell(one.observed))


def _plan_row(
    data: ReportData, issue: Issue, supplier: str, hit: list[Occurrence], assets: Mapping[str, AssetCoverage]
) -> PlanRow:
    there = [assets[o.asset_uid] for o in hit if o.asset_uid in assets]
    remedy = issue.check.remedy
    areas = {_named(data.areas, a.asset.area) for a in there}
    services = {_named(data.services, a.asset.service) for a in there}
    return PlanRow(
        refs=listing(sorted(o.ref for o in hit), MOST_REFS),
        issue=_cell(issue.title),
        type=kind_of(issue),
        severity=issue.severity.value,
        cvss=_cvss(hit),
        kev="yes" if any(o.exploited for o in hit) else "",
        assets=len({o.asset_uid for o in hit}),
        occurrences=len(hit),
        areas=_names(areas),
        services=_names(services),
        supplier=supplier,
        owner=_names({a.asset.owner for a in there}),
        short_term_action=prose(remedy.text),
        strategic_action=prose(" ".join(remedy.steps)),
        raised=min(utc(o.first_seen) for o in hit).date().isoformat(),
        states=_names({o.state for o in hit}),
        evidence=_names({digest for o in hit for digest in o.evidence}, 2),
    )


def kind_of(issue: Issue) -> str:
    """The words of the plan's column "type"."""
    if about_support(issue.check):
        return "EOL"
    if issue.check.theme in PATCHES:
        return "patch"
    return {Theme.FIRMWARE: "firmware", Theme.AVAILABILITY: "availability"}.get(issue.check.theme, "config")


def _named(known: Mapping[str, Area] | Mapping[str, Service], id_: str | None) -> str:
    return known[id_].name if id_ is not None and id_ in known else id_ or ""


def _supplier(data: ReportData, one: AssetCoverage | None) -> str:
    if one is None or not one.asset.supplier:
        return NO_SUPPLIER
    known = data.suppliers.get(one.asset.supplier)
    return _cell(known.name if known else one.asset.supplier)


def _cvss(hit: list[Occurrence]) -> str:
    scored = [m for o in hit for m in o.members if m.severity and m.attributes.get("vector")]
    worst = min(scored, key=lambda m: (m.severity.rank if m.severity else 9, m.id), default=None)
    if worst is None:
        return ""
    source = worst.attributes.get("vector_source", "")
    return _cell(f"{worst.attributes['vector']}{f' ({source})' if source else ''}")


def _names(names: set[str], most: int = 20) -> str:
    return listing([_cell(name) for name in sorted(names) if name], most)


def _cell(text: str) -> str:
    return safe_text(text, MAX_CELL)
