"""Risks of both OSCAL documents: how bad, until when, who mends it, and what was accepted.

Source: NIST OSCAL 1.2.1, assessment-common: risk. A clock's due time is the ``deadline`` and a milestone; a supplier is
a responsible role; an acceptance is a deviation with an entry in the risk log.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from checks.check import Check
from checks.finding import Member
from reports.json_stream import Written, put_together
from reports.on_record import OnRecord
from reports.oscal import MAX_TEXT, OURS, Ids, Json, line, observed, origin, prop, responsible, risk_name
from reports.plan_book import Book, first_due
from reports.report import Issue, Occurrence, ReportData
from reports.text import prose, stamp

CVSS3 = "http://www.first.org/cvss/v3.1"
MOST_LOGGED = 50  # entries of one risk's log
MOST_CVES = 100  # of one risk


def risks(data: ReportData, ids: Ids) -> Iterator[Written]:
    """One for each issue; a deviation is approved only where every occurrence of it is accepted."""
    book = Book(data)
    return (_risk(book, issue, ids) for issue in data.issues)


def _risk(book: Book, issue: Issue, ids: Ids) -> Written:
    told: Json = {
        "uuid": ids.of("risk", risk_name(issue)),
        "title": line(issue.title),
        "description": line(prose(issue.check.rationale), MAX_TEXT),
        "statement": line(prose(issue.check.rationale), MAX_TEXT),
        "props": list(_props(issue)),
        "status": status(issue),
        "origins": origin(ids),
        "characterizations": [{"origin": origin(ids)[0], "facets": list(_facets(issue))}],
        "remediations": [_recommended(issue.check, issue, ids), *_planned(book, issue, ids)],
    }
    due = deadline(book, issue)
    log = list(_log(book.told(issue.occurrences), issue, ids))[:MOST_LOGGED]
    told |= ({"deadline": due} if due else {}) | ({"risk-log": {"entries": log}} if log else {})
    return put_together(told, {"related-observations": observed(issue.occurrences, ids)})


def deadline(book: Book, issue: Issue) -> str:
    """When the first of its clocks is due; "" it has none."""
    due = first_due(book.clocked(issue.occurrences), book.everywhere | book.agreed)
    return "" if due is None else _moment(due)


def status(issue: Issue) -> str:
    states = {one.state for one in issue.occurrences}
    if states == {"RISK_ACCEPTED"}:
        return "deviation-approved"
    if "ACCEPTANCE_REQUESTED" in states or "FALSE_POSITIVE_PROPOSED" in states:
        return "deviation-requested"
    return "remediating" if "CLAIMED_FIXED" in states else "open"


def _props(issue: Issue) -> Iterator[Json]:
    yield prop("occurrences", len(issue.occurrences))
    yield prop("assets", len(issue.assets))
    if issue.exploited:
        yield prop("known-exploited", "yes")
    cves = sorted({m.id for o in issue.occurrences for m in o.members if m.id.startswith("CVE-")})
    yield from (prop("cve", cve) for cve in cves[:MOST_CVES])


def _facets(issue: Issue) -> Iterator[Json]:
    yield {"name": "severity", "system": OURS, "value": issue.severity.value}
    yield {"name": "risk", "system": OURS, "value": issue.level.value}
    worst = _worst(issue.occurrences)
    if worst is not None:
        yield {"name": "vector", "system": CVSS3, "value": line(worst.attributes["vector"], 200)}
        if worst.attributes.get("score"):
            yield {"name": "base-score", "system": CVSS3, "value": line(worst.attributes["score"], 20)}


def _worst(occurrences: Iterable[Occurrence]) -> Member | None:
    scored = [m for o in occurrences for m in o.members if m.severity and m.attributes.get("vector")]
    return min(scored, key=lambda m: (m.severity.rank if m.severity else 9, m.id), default=None)


def _recommended(check: Check, issue: Issue, ids: Ids) -> Json:
    return {
        "uuid": ids.of("remediation", risk_name(issue)),
        "lifecycle": "recommendation",
        "title": line(check.remedy.text, 200),
        "description": line(" ".join((check.remedy.text, *check.remedy.steps)), MAX_TEXT),
    }


def _planned(book: Book, issue: Issue, ids: Ids) -> Iterator[Json]:
    """A milestone for each supplier and each kind of clock: by policy, and as agreed."""
    tasks = [
        task for supplier, hit in _by_supplier(book, issue) for task in _milestones(book, issue, supplier, hit, ids)
    ]
    if tasks:
        yield {
            "uuid": ids.of("planned", risk_name(issue)),
            "lifecycle": "planned",
            "title": "Mended by the dates of its clocks",
            "description": "Dates are the first of the findings that each supplier has of this issue.",
            "tasks": tasks,
        }


def _by_supplier(book: Book, issue: Issue) -> list[tuple[str, list[Occurrence]]]:
    groups: dict[str, list[Occurrence]] = {}
    for one in issue.occurrences:
        groups.setdefault(book.supplier_id(one), []).append(one)
    return sorted(groups.items())


def _milestones(book: Book, issue: Issue, supplier: str, hit: list[Occurrence], ids: Ids) -> Iterator[Json]:
    clocked = book.clocked(hit)
    for kind, policies in (("policy", book.everywhere), ("agreed", book.agreed)):
        due = first_due(clocked, policies)
        if due is None:
            continue
        by = responsible(book.data, supplier, ids)
        yield {
            "uuid": ids.of("milestone", f"{risk_name(issue)}\0{supplier}\0{kind}"),
            "type": "milestone",
            "title": line(f"Due {'by policy' if kind == 'policy' else 'as agreed'}: {book.name_of(supplier)}"),
            "timing": {"on-date": {"date": _moment(due)}},
            **({"responsible-roles": by} if by else {}),
        }


def _log(told: Iterable[OnRecord], issue: Issue, ids: Ids) -> Iterator[Json]:
    for one in told:
        given = one.acceptance
        if given is not None:
            yield {
                "uuid": ids.of("accepted", f"{risk_name(issue)}\0{one.ref}"),
                "title": line(
                    f"{one.ref}: risk {'accepted' if given.granted else 'acceptance asked for'} ({given.name})"
                ),
                "description": line(given.reason, MAX_TEXT),
                "start": stamp(given.at),
                "status-change": "deviation-approved" if given.granted else "deviation-requested",
                "props": [prop("by", given.by), prop("risk-owner", given.owner), prop("until", given.until)],
            }
        elif one.claimed is not None:
            yield {
                "uuid": ids.of("claimed", f"{risk_name(issue)}\0{one.ref}"),
                "title": line(f"{one.ref}: claimed as fixed ({one.change or 'no change named'})"),
                "description": line(one.claim, MAX_TEXT),
                "start": stamp(one.claimed),
                "status-change": "remediating",
                "props": [prop("by", one.claimed_by)],
            }


def _moment(instant: int) -> str:
    return stamp(datetime.fromtimestamp(instant // 1000, UTC))
