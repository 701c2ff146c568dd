"""The sentences that open a report, for a reader who is not technical. Pure text, shared by the formats; no verdict."""

from collections.abc import Iterable

from checks.finding import Severity
from reports.counting import (
    Step,
    Units,
    all_gaps,
    by_area,
    by_severity,
    by_theme,
    came_back,
    check_rows,
    first_seen_since,
    funnel,
    patch_share,
    units,
)
from reports.report import AssetCoverage, Issue, ReportData
from reports.text import capital, count, duration, listing, share, theme_name, window

SYMBOLS = {
    Severity.CRITICAL: "◆",
    Severity.HIGH: "▲",
    Severity.MEDIUM: "●",
    Severity.LOW: "▽",
    Severity.INFO: "○",
}

COUNTING_RULE = (
    "An issue is one weakness. An occurrence is that issue on one subject (a port, an account, a file system, or the "
    "host as a whole) of one asset. An asset is counted once in each row in which it has an occurrence, so the asset "
    "column does not add up; the column “worst here” counts every asset once, under its worst severity, and does. "
    "Severity is the check's own rating, a word and not a CVSS number; neither people nor policies move it. Claimed, "
    "stale and accepted occurrences stay in the counts. What could not be looked at is never counted as passed."
)


def opening(data: ReportData) -> str:
    """What was looked at, when, and how far it went."""
    steps = funnel(data.assets)
    known, login, full = steps[Step.KNOWN], steps[Step.LOGGED_IN], steps[Step.FULLY_ASSESSED]
    if not known:
        return f"The inventory of {data.estate} has no asset in scope. Nothing was looked at, so nothing can be said."
    areas = [r for r in by_area(data) if r.area.id and r.known]
    where = f" in {count(len(areas), 'area')}" if areas else ""
    taken = duration(data.started_at, data.ended_at)
    time = f"{window(data.started_at, data.ended_at)}{f' ({taken})' if taken else ''}"
    if not login:
        return (
            f"{time}: the scan tried to look at {count(known, 'asset')} of {data.estate}{where} and could log in to "
            "none. This report says why; it says nothing about how safe the estate is."
        )
    return (
        f"{time}: the scan set out to look at {count(known, 'asset')} of {data.estate}{where} with "
        f"{count(len(data.checks), 'check')}. It could log in to {login:,} ({share(login, known)}) and judge every "
        f"check on {full:,} ({share(full, known)})."
    )


def state_warning(data: ReportData) -> str:
    """Loud when the scan did not run to its end; empty when it did."""
    tried = funnel(data.assets)[Step.ATTEMPTED]
    so_far = f"{tried:,} of {count(len(data.assets), 'asset')} had been attempted by then."
    if data.state == "complete":
        return ""
    if data.state == "partial":
        return f"This scan is PARTIAL: a person stopped it before its end. {so_far}"
    if data.state == "interrupted":
        return f"This scan was INTERRUPTED: the scanner died before its end. {so_far}"
    return f"This scan is not complete: its state is “{data.state}”. {so_far}"


def units_phrase(severity: Severity, counted: Units) -> str:
    """``2 critical issues (3 occurrences on 2 assets)``."""
    kind = "informational" if severity is Severity.INFO else severity.value
    head = count(counted.issues, f"{kind} issue")
    if not counted.issues:
        return head
    return f"{head} ({count(counted.occurrences, 'occurrence')} on {count(counted.assets, 'asset')})"


def found(data: ReportData) -> str:
    """The counts in one sentence, all units together."""
    if not data.issues and not any(row.judged for row in check_rows(data)):
        return "No check could be judged anywhere, so nothing was found and nothing is known."
    if not data.issues:
        return "The checks that could be judged found no weakness. That speaks only for what could be looked at."
    hit = [units_phrase(s, u) for s, u in by_severity(data.issues).items() if u.issues]
    total = units(data.issues)
    return (
        f"Found: {listing(hit, len(hit))}; in all {count(total.issues, 'issue')} with "
        f"{count(total.occurrences, 'occurrence')} on {count(total.assets, 'asset')}."
    )


def change(data: ReportData) -> str:
    """What is new, what came back, what was proven fixed; empty when there is nothing of it."""
    new, back, fixed = first_seen_since(data.issues, data.started_at), came_back(data.issues), len(data.fixed)
    if not data.issues and not fixed:
        return ""
    was = "was" if new == 1 else "were"
    return (
        f"{count(new, 'occurrence')} {was} first seen by this scan, {back:,} came back after a fix, "
        f"and {count(fixed, 'earlier occurrence')} {'was' if fixed == 1 else 'were'} proven fixed."
    )


def patches(data: ReportData) -> str:
    """``x of y critical and high findings (z %) stem from missing security and firmware patches``."""
    told = patch_share(data.issues, data.checks)
    if not told.asked:
        return "No check of this scan asks for missing security or firmware patches, so nothing is said about them."
    if not told.whole:
        return "No critical or high finding came up where the checks could be judged." if data.issues else ""
    return (
        f"{told.part:,} of {told.whole:,} critical and high findings ({share(told.part, told.whole)}) stem from "
        "missing security and firmware patches."
    )


def themes(data: ReportData, most: int = 3) -> str:
    """The themes with the worst and most findings."""
    table = by_theme(data.issues)
    told = [
        f"{theme_name(t) if n == 0 else t.value} ({count(sum(u.occurrences for u in row.values()), 'occurrence')})"
        for n, (t, row) in enumerate(list(table.items())[:most])
    ]
    return f"{listing(told, most)} weigh{'s' if len(told) == 1 else ''} most." if told else ""


def lacking(data: ReportData) -> tuple[tuple[str, str], ...]:
    """What could not be looked at: a number with its base, and its words. Weighs as much as what was found."""
    steps = funnel(data.assets)
    known = steps[Step.KNOWN]
    gaps = len(all_gaps(data))
    unjudged = sum(not row.judged for row in check_rows(data))
    dark = [r for r in by_area(data) if r.area.id and not r.operating]
    areas = [r for r in by_area(data) if r.area.id]
    rows = [
        (f"{known - steps[Step.LOGGED_IN]:,} of {known:,}", "assets could not be logged in to"),
        (f"{known - steps[Step.FULLY_ASSESSED]:,} of {known:,}", "assets were not fully assessed"),
        (f"{gaps:,} of {known * len(data.checks):,}", "judgements (a check on an asset) could not be made"),
        (f"{unjudged:,} of {len(data.checks):,}", "checks could be judged on no asset at all"),
    ]
    if areas:
        rows.append((f"{len(dark):,} of {len(areas):,}", "areas had no asset that could be logged in to"))
    return tuple(rows)


def areas_in_the_dark(data: ReportData) -> str:
    """Names the areas in which nothing could be logged in to; empty when there are none."""
    rows = [r for r in by_area(data) if r.area.id]
    dark = [r.area.name for r in rows if not r.operating]
    if not dark:
        return ""
    seen = len(rows) - len(dark)
    return (
        f"The scan could log in somewhere in {seen:,} of {count(len(rows), 'area')}. "
        f"Nothing could be logged in to in {listing(dark, len(dark))}."
    )


def in_words(issue: Issue, most: int = 3) -> str:
    """One of the worst issues as a sentence about where it is."""
    names = sorted({o.asset for o in issue.occurrences})
    return f"{capital(issue.check.title)}: on {listing(names, most)}."


def first_step(issue: Issue) -> str:
    remedy = issue.check.remedy
    return remedy.steps[0] if remedy.steps else remedy.text


def got_no_further(asset: AssetCoverage) -> str:
    """Why an asset was not logged in to, for a person."""
    if asset.missing is None:
        return "the scan recorded no reason"
    return f"{asset.missing.reason.value}{f': {asset.missing.detail}' if asset.missing.detail else ''}"


def identity_notes(data: ReportData) -> Iterable[tuple[str, str]]:
    return ((a.asset.name, a.identity_note) for a in data.assets if a.identity_note)
