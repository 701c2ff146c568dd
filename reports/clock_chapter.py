"""The chapter "Clocks by contract and supplier" of the HTML report, as what its template prints. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from checks.clocks import Status
from checks.credits import Credits
from inventory.estate import Supplier
from reports import credits  # noqa: A004 (nobody here calls the site builtin)
from reports.clocks import (
    ClockReport,
    FindingClocks,
    Row,
    breached,
    by_supplier,
    days,
    policies_line,
    sentence,
    spoken,
    stamp,
    still_open,
)

MOST_FINDINGS = 200
SHOWN = (Status.BREACHED, Status.UNDECIDED, Status.RUNNING, Status.PAUSED)


def chapter(
    report: ClockReport, letter: str, suppliers: Mapping[str, Supplier], credits_: Iterable[Credits] = ()
) -> dict[str, Any]:
    """``letter`` is the chapter's number. The list holds what is late, what is due next, what was fixed too late."""
    told = [one for one in report.findings if one.lead.status in SHOWN]
    shown = sorted(told, key=lambda one: not still_open(one))  # otherwise in their order
    return {
        "letter": letter,
        "headline": spoken(report),
        "policies_line": policies_line(report),
        "policies": report.policies,
        "statuses": list(Status),
        "rows": [_row(row, suppliers) for row in by_supplier(report)],
        "breached": len(breached(report)),
        "findings": [_finding(one) for one in shown[:MOST_FINDINGS]],
        "more": max(0, len(shown) - MOST_FINDINGS),
        "without": report.without,
        "credits": [
            {"headline": credits.headline(one), "lines": [*map(credits.line, one.lines), *one.notes]}
            for one in credits_
        ],
    }


def _row(row: Row, suppliers: Mapping[str, Supplier]) -> dict[str, Any]:
    named = suppliers.get(row.supplier)
    return {
        "supplier": named.name if named else row.supplier or "no supplier named",
        "contract": row.contract or "no contract",
        "findings": row.findings,
        "statuses": [row.statuses.get(status, 0) for status in Status],
        "first": f"{row.first.ref}, {stamp(row.first.lead.due)}" if row.first else "",
    }


def _finding(one: FindingClocks) -> dict[str, Any]:
    clock = one.lead
    return {
        "ref": one.ref,
        "asset": one.asset,
        "title": one.title,
        "level": one.level,
        "status": clock.status.value,
        "bad": clock.status is Status.BREACHED,
        "policy": clock.policy,
        "due": stamp(clock.due),
        "late": days(clock.late) if clock.late else "",
        "net": days(clock.net),
        "gross": days(clock.gross),
        "seen": one.seen,
        "open": still_open(one),
        "told": [sentence(each) for each in one.clocks],
    }
