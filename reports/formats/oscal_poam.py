"""OSCAL plan of action and milestones: an item for each issue, with its risk, remedy and occurrences.

What counts and could not be looked at again is in it: a plan without it would look as if that were done.

Source: NIST OSCAL 1.2.1 plan-of-action-and-milestones.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from reports.carried import with_carried
from reports.json_stream import Written, put_together, write
from reports.oscal import OURS, Ids, Json, inventory, line, metadata, observations, observed, origin, prop, risk_name
from reports.oscal_risks import deadline, risks, status
from reports.plan_book import Book
from reports.report import Issue, ReportData

NOTHING = "Nothing was found to act on. That speaks only for what could be looked at."


def render(data: ReportData, out: BinaryIO) -> None:
    ids, data = Ids(data), with_carried(data)
    document: Json = {
        "uuid": ids.of("poam"),
        "metadata": metadata(data, "Plan of action and milestones", ids),
        "system-id": {
            "identifier-type": OURS,
            "id": _system(data.estate),
        },
        "poam-items": _items(data, ids),
    }
    if data.assets:
        document["local-definitions"] = {"inventory-items": inventory(data, ids)}
    if data.issues:
        document |= {"observations": observations(data, ids), "risks": risks(data, ids)}
    write({"plan-of-action-and-milestones": document}, out)


def _system(estate: str) -> str:
    return hashlib.sha256(estate.encode("utf-8", "replace")).hexdigest()


def _items(data: ReportData, ids: Ids) -> Iterator[Json | Written]:
    """The schema wants at least one."""
    if not data.issues:
        yield {"uuid": ids.of("item"), "title": "No action", "description": NOTHING}
    book = Book(data)
    for issue in data.issues:
        yield _item(book, issue, ids)


def _item(book: Book, issue: Issue, ids: Ids) -> Written:
    hit = f"{len(issue.occurrences)} occurrences on {len(issue.assets)} assets"
    told = {
        "uuid": ids.of("item", risk_name(issue)),
        "title": line(issue.title),
        "description": line(f"{issue.check.remedy.text} {hit}."),
        "props": list(_props(book, issue)),
        "origins": origin(ids),
        "related-risks": [{"risk-uuid": ids.of("risk", risk_name(issue))}],
    }
    return put_together(told, {"related-observations": observed(issue.occurrences, ids)})


def _props(book: Book, issue: Issue) -> Iterator[Json]:
    """What a list of items is sorted and filtered by."""
    yield prop("severity", issue.severity.value)
    yield prop("risk", issue.level.value)
    yield prop("theme", issue.check.theme.value)
    yield prop("status", status(issue))
    due = deadline(book, issue)
    if due:
        yield prop("due", due)
        yield prop("clock", min((c.lead.status for c in book.clocked(issue.occurrences)), key=lambda s: s.rank).value)
    for supplier in sorted({book.supplier_id(o) for o in issue.occurrences} - {""}):
        yield prop("supplier", book.name_of(supplier))
