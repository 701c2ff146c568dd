"""Findings that count although the scan could not look at them again, open and stale ones alike, as issues of one.

Formats that other tools read need them one by one: a tool that is handed a list takes what is not in it for fixed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from checks.check import Check, Context, Remedy, Theme
from checks.finding import Ruling, Severity, Subject
from inventory.asset import Privilege
from reports.report import Issue, Occurrence, ReportData

NOT_SEEN = "This scan could not look at it again; it counts until a proof closes it."
_UNIT = "package"  # a subject that an issue is named after


def carried_issues(data: ReportData) -> Iterator[tuple[Issue, Occurrence]]:
    """In the order of their references."""
    checks = {check.id: check for check in data.checks}
    apart = {issue.check.id: issue.subject is not None for issue in data.issues}  # an issue for each subject of a check
    for one in data.carried:
        check = checks.get(one.check_id) or _unknown(one)
        unit = apart.get(one.check_id, one.subject.kind == _UNIT) and one.subject.key
        yield Issue(check, (one,), one.subject if unit else None), one


def left_by_issue(data: ReportData) -> dict[tuple[str, Subject | None], Issue]:
    """By check and subject, each with all of its occurrences that were not looked at again."""
    left: dict[tuple[str, Subject | None], Issue] = {}
    for issue, _ in carried_issues(data):
        key = issue.check.id, issue.subject
        before = left[key].occurrences if key in left else ()
        left[key] = replace(issue, occurrences=(*before, *issue.occurrences))
    return left


def with_carried(data: ReportData) -> ReportData:
    """Each among the occurrences of its issue, where the scan saw one, and else an issue of its own."""
    left = left_by_issue(data)
    seen = (_joined(issue, left.pop((issue.check.id, issue.subject), None)) for issue in data.issues)
    return replace(data, issues=(*seen, *left.values()))


def _joined(issue: Issue, left: Issue | None) -> Issue:
    return replace(issue, occurrences=(*issue.occurrences, *left.occurrences)) if left else issue


def _unknown(one: Occurrence) -> Check:
    """Of a check that the scan did not have. What nobody rated counts as high (docs/risk.md, R0)."""
    return Check(
        id=one.check_id,
        title=one.check_id,
        severity=one.severity or Severity.HIGH,
        theme=Theme.WEAK_CONFIG,
        rationale="The scan did not have the check that raised this.",
        remedy=Remedy("See the report of the scan that raised it."),
        needs=(),
        privilege=Privilege.NONE,
        rule=_never,
    )


def _never(_: Context) -> Iterable[Ruling]:
    return ()
