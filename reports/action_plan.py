"""The remediation action plan: what is to be done, by whom, until when, about which findings. Pure rows.

A plan row is one issue with one supplier; its dates are the first and its stopped days the most of its findings. A list
row is one occurrence; a supplier fills in its last columns and sends it back (``estatecheck findings import-claims``).
A fix row is a fix that this scan proved.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter

from checks.check import Theme
from checks.clocks import Clock, Status
from inventory.estate import Area, Service
from reports.carried import carried_issues, left_by_issue
from reports.clocks import FindingClocks, stamp
from reports.on_record import Acceptance, OnRecord, words
from reports.plan_book import NO_SUPPLIER as NO_SUPPLIER
from reports.plan_book import Book, first_due
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from reports.text import listing, prose, safe_text, utc
from reports.updates import about_support, worst_first

MOST_REFS = 20
MAX_CELL = 2000
DAY_MS = 86_400_000
PATCHES = frozenset({Theme.MISSING_OS_PATCH, Theme.MISSING_APP_PATCH})


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Texts are fit to be shown; an empty one is not known or does not apply. Days and times in UTC."""

    refs: str
    issue: str
    type: str  # patch, firmware, config, EOL, availability
    severity: str
    risk: str
    cvss: str  # vector and source, of the worst CVE
    kev: str
    assets: int
    occurrences: int
    areas: str
    services: str
    supplier: str
    contract: str
    risk_owner: str  # who accepted the risk for the owner, else who owns the service
    short_term_action: str
    strategic_action: str
    owner: str
    raised: str
    clock: str  # of the finding that is worst off: breached, running ...
    policy_due: str  # by a policy that holds for every finding
    agreed_due: str  # by a policy of a contract
    stopped_days: int | str  # that a clock stood still for a pause; "" no clock
    states: str
    looked_at_again: str  # "no": an earlier scan found it, and nothing proves a fix
    claim_date: str
    verification_date: str  # of a fix that was proven once; it came back
    evidence: str
    acceptance: str  # reference and last day
    comment: str  # what somebody said last


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


@dataclass(frozen=True, slots=True)
class FixRow:
    """A fix that this scan proved, with what was seen."""

    ref: str
    issue: str
    asset: str
    supplier: str
    raised: str
    claimed: str  # not "claim date": nothing is to be filled in here
    verification_date: str
    observed_now: str
    evidence: str


PLAN_HEADINGS = tuple(field.name.replace("_", " ") for field in fields(PlanRow))
LIST_HEADINGS = tuple(field.name.replace("_", " ") for field in fields(ListRow))
FIX_HEADINGS = tuple(field.name.replace("_", " ") for field in fields(FixRow))
_CELLS = {kind: attrgetter(*(field.name for field in fields(kind))) for kind in (PlanRow, ListRow, FixRow)}


def cells(row: PlanRow | ListRow | FixRow) -> tuple[str | int, ...]:
    """As ``dataclasses.astuple``, which would copy each of millions of texts."""
    told: tuple[str | int, ...] = _CELLS[type(row)](row)
    return told


def plan(data: ReportData) -> Iterator[PlanRow]:
    """What this scan found; worst first, in the order of the report."""
    return _plan(Book(data), data.issues, seen=True)


def owed(data: ReportData) -> Iterator[PlanRow]:
    """What counts and was not looked at again, in the same order."""
    return _plan(Book(data), worst_first(left_by_issue(data).values()), seen=False)


def _plan(book: Book, issues: Iterable[Issue], *, seen: bool) -> Iterator[PlanRow]:
    for issue in issues:
        by_supplier: dict[str, list[Occurrence]] = defaultdict(list)
        for one in issue.occurrences:
            by_supplier[book.supplier(one)].append(one)
        for supplier, hit in sorted(by_supplier.items()):
            yield _plan_row(book, issue, supplier, hit, seen=seen)


def length(data: ReportData) -> int:
    """Rows of :func:`plan`."""
    book = Book(data)
    return sum(len({book.supplier(one) for one in issue.occurrences}) for issue in data.issues)


def occurrences(data: ReportData) -> Iterator[ListRow]:
    """Every occurrence once, and at the end what counts and was not looked at again: that is owed, too."""
    book = Book(data)
    for issue in data.issues:
        title = _cell(issue.title)
        for one in issue.occurrences:
            yield _list_row(book, issue, title, one)
    for issue, one in carried_issues(data):
        yield _list_row(book, issue, _cell(issue.title), one)


def _list_row(book: Book, issue: Issue, title: str, one: Occurrence) -> ListRow:
    severity = (one.severity or issue.check.severity).value
    return ListRow(one.ref, title, severity, _cell(one.asset), book.supplier(one), one.state, _cell(one.observed))


def fixes(data: ReportData) -> Iterator[FixRow]:
    """What this scan proved fixed."""
    book, titles = Book(data), {check.id: check.title for check in data.checks}
    proven = utc(data.ended_at or data.started_at).date().isoformat()
    for one in data.fixed:
        said = book.said.get(one.fingerprint)
        yield FixRow(
            ref=one.ref,
            issue=_cell(titles.get(one.check_id, one.check_id)),
            asset=_cell(one.asset),
            supplier=book.supplier(one),
            raised=utc(one.first_seen).date().isoformat(),
            claimed=said.claim_day if said else "",
            verification_date=proven,
            observed_now=_cell(one.observed),
            evidence=_names(set(one.evidence), 2),
        )


def _plan_row(book: Book, issue: Issue, supplier: str, hit: list[Occurrence], *, seen: bool) -> PlanRow:
    data, remedy = book.data, issue.check.remedy
    there, clocked, said = book.there(hit), book.clocked(hit), book.told(hit)
    return PlanRow(
        refs=listing(sorted(o.ref for o in hit), MOST_REFS),
        issue=_cell(issue.title),
        type=kind_of(issue),
        severity=issue.severity.value,
        risk=issue.level.value,
        cvss=_cvss(hit),
        kev="yes" if any(o.exploited for o in hit) else "",
        assets=len({o.asset_uid for o in hit}),
        occurrences=len(hit),
        areas=_names({_named(data.areas, a.asset.area) for a in there}),
        services=_names({_named(data.services, a.asset.service) for a in there}),
        supplier=supplier,
        contract=_names({name for one in clocked for name in one.contracts}),
        risk_owner=_names(_risk_owners(data, there, said)),
        short_term_action=prose(remedy.text),
        strategic_action=prose(" ".join(remedy.steps)),
        owner=_names({a.asset.owner for a in there}),
        raised=min(utc(o.first_seen) for o in hit).date().isoformat(),
        clock=_status(clocked),
        policy_due=_due(clocked, book.everywhere),
        agreed_due=_due(clocked, book.agreed),
        stopped_days=_stopped(clocked),
        states=_names({o.state for o in hit}),
        looked_at_again="yes" if seen else "no",
        claim_date=min((s.claim_day for s in said if s.claim_day), default=""),
        verification_date=max((utc(s.verified).date().isoformat() for s in said if s.verified), default=""),
        evidence=_names({digest for o in hit for digest in o.evidence}, 2),
        acceptance=_accepted(said),
        comment=_cell(max((s for s in said if s.comment), key=lambda s: s.ref, default=_SILENT).comment),
    )


_SILENT = OnRecord("", "", "")


def kind_of(issue: Issue) -> str:
    """The words of the plan's column "type"."""
    if about_support(issue.check):
        return "EOL"
    if issue.check.theme in PATCHES:
        return "patch"
    return {Theme.FIRMWARE: "firmware", Theme.AVAILABILITY: "availability"}.get(issue.check.theme, "config")


def _status(clocked: Iterable[FindingClocks]) -> str:
    statuses: list[Status] = [one.lead.status for one in clocked]
    return min(statuses, key=lambda status: status.rank).value if statuses else ""


def _due(clocked: Iterable[FindingClocks], policies: frozenset[str]) -> str:
    """When the first of them is due, UTC."""
    due = first_due(clocked, policies)
    return "" if due is None else stamp(due)


def _stopped(clocked: Iterable[FindingClocks]) -> int | str:
    times = [_paused(clock) for one in clocked for clock in one.clocks]
    return max(times) // DAY_MS if times else ""


def _paused(clock: Clock) -> int:
    return sum(one.end - one.start for one in clock.stood)


def _accepted(said: Iterable[OnRecord]) -> str:
    told: list[Acceptance] = [one.acceptance for one in said if one.acceptance]
    return listing(sorted({words(one) for one in told}), 5)


def _risk_owners(data: ReportData, there: Iterable[AssetCoverage], said: Iterable[OnRecord]) -> set[str]:
    named = {one.acceptance.owner for one in said if one.acceptance and one.acceptance.owner}
    services = (data.services.get(a.asset.service) for a in there if a.asset.service)
    return named or {service.owner for service in services if service}


def _named(known: Mapping[str, Area] | Mapping[str, Service], id_: str | None) -> str:
    return known[id_].name if id_ is not None and id_ in known else id_ or ""


def _cvss(hit: list[Occurrence]) -> str:
    scored = [m for o in hit for m in o.members if m.severity and m.attributes.get("vector")]
    worst = min(scored, key=lambda m: (m.severity.rank if m.severity else 9, m.id), default=None)
    if worst is None:
        return ""
    source, score = worst.attributes.get("vector_source", ""), worst.attributes.get("score", "")
    told = f"{worst.attributes['vector']}{f' ({source})' if source else ''}"
    return _cell(f"{score} {told}" if score else told)


def _names(names: set[str], most: int = 20) -> str:
    return listing([_cell(name) for name in sorted(names) if name], most)


def _cell(text: str) -> str:
    return safe_text(text, MAX_CELL)
