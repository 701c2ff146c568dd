"""The sentences that open a report, for a reader who is not technical. Pure text, shared by the formats; no verdict."""

from collections.abc import Iterable

from checks.decision_model import CLOSED
from checks.finding import Severity
from inventory.asset import SNAPSHOTS
from reports.counting import (
    Step,
    Units,
    all_gaps,
    by_area,
    by_severity,
    by_theme,
    came_back,
    check_rows,
    first_seen_by,
    patch_share,
    planned,
    snapshots,
    units,
    whole_funnel,
)
from reports.report import AssetCoverage, Issue, ReportData
from reports.risk_text import all_units, kind_of
from reports.sources import absent, advisories, asked
from reports.text import capital, count, duration, listing, prose, safe_text, share, theme_name, window
from reports.updates import fix_first, known_exploited, without_fix

MOST_NAME = 60  # characters of a package's name in a sentence

SYMBOLS = {
    Severity.CRITICAL: "◆",
    Severity.HIGH: "▲",
    Severity.MEDIUM: "●",
    Severity.LOW: "▽",
    Severity.INFO: "○",
}

KEV_SYMBOL = "⚑"

COUNTING_RULE = (
    "An issue is one weakness, or one missing update whatever number of CVEs it closes. An occurrence is that issue on "
    "one subject (a package, a port, an account, a file system, or the host as a whole) of one asset. An asset is "
    "counted once in each row in which it has an occurrence, so the asset column does not add up; the column “worst "
    "here” counts every asset once, under its worst severity, and does. Severity is a word: of an update that of its "
    "worst CVE, of everything else the check's own rating; an issue and all its occurrences count under the worst of "
    "them. Neither people nor policies move it. What the vendor has not fixed is counted, told apart and never called "
    "a missing patch. Claimed, stale and accepted occurrences stay in the counts. So do those that an assessor called "
    "false positives, until their check passes; clocks, trend and verdict leave them out. What could not be looked at "
    "is never counted as passed."
)


def opening(data: ReportData) -> str:
    """What was looked at, when, and how far it went."""
    steps = whole_funnel(data)
    known, login, full = steps[Step.KNOWN], steps[Step.LOGGED_IN], steps[Step.FULLY_ASSESSED]
    if not known:
        return f"The inventory of {data.estate} has no asset in scope. Nothing was looked at, so nothing can be said."
    areas = [r for r in by_area(data) if r.area.id and r.known]
    where = f" in {count(len(areas), 'area')}" if areas else ""
    taken = duration(data.started_at, data.ended_at)
    time = f"{window(data.started_at, data.ended_at)}{f' ({taken})' if taken else ''}"
    if not login and snapshots(data.assets):
        return f"{time}: of {count(known, 'asset')} of {data.estate}{where} nobody logged in to any.{_themselves(data)}"
    if not login:
        return (
            f"{time}: the scan tried to look at {count(known, 'asset')} of {data.estate}{where} and could log in to "
            "none. This report says why; it says nothing about how safe the estate is."
        )
    return (
        f"{time}: the scan set out to look at {count(known, 'asset')} of {data.estate}{where} with "
        f"{count(len(data.checks), 'check')}. It could log in to {login:,} ({share(login, known)}) and judge every "
        f"check on {full:,} ({share(full, known)}).{_themselves(data)}"
    )


def _themselves(data: ReportData) -> str:
    """What is known of machines that nobody logged in to because they said it themselves."""
    own = snapshots(data.assets)
    words = "1 device sent its own snapshot" if own == 1 else f"{own:,} devices sent their own snapshots"
    return f" {words}: what {'it says of itself' if own == 1 else 'they say of themselves'} is in it." if own else ""


def state_warning(data: ReportData) -> str:
    """Loud when the scan did not run to its end; empty when it did."""
    tried = whole_funnel(data)[Step.ATTEMPTED]
    so_far = f"{tried:,} of {count(len(data.assets), 'asset')} had been attempted by then."
    if data.state == "complete":
        return ""
    if data.state == "partial":
        return f"This scan is PARTIAL: a person stopped it before its end. {so_far}"
    if data.state == "interrupted":
        return f"This scan was INTERRUPTED: the scanner died before its end. {so_far}"
    return f"This scan is not complete: its state is “{data.state}”. {so_far}"


def rests_on(data: ReportData) -> str:
    """What the judgements rest on where it is no full look of our own; empty when it is."""
    return {
        "evaluate": (
            "Nothing was looked at anew: stored evidence of earlier visits was judged again, with the data that this "
            "report names. Only a later look can prove a fix."
        ),
        "import": _supplied(data),
        "verify": "This was a targeted visit: it tells of what it asked for, and of nothing else.",
    }.get(data.kind, "")


def _supplied(data: ReportData) -> str:
    """Snapshots are what machines say of themselves; anything else that is taken in is somebody's list."""
    own = snapshots(data.assets)
    if not own:
        return "The judgements rest on lists that somebody supplied, not on a look of our own; they prove no fix."
    sent = f"{count(own, 'device')} sent {'its own snapshot' if own == 1 else 'their own snapshots'}."
    return f"{sent} The judgements rest on what these say, not on a look of our own; they prove no fix."


def units_phrase(severity: Severity, counted: Units) -> str:
    """``2 critical issues (3 occurrences on 2 assets, 1 root cause)``."""
    return all_units(counted, kind_of(severity))


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
    new, back, fixed = first_seen_by(data.issues, data.scan_id), came_back(data.issues), len(data.fixed)
    if not data.issues and not fixed:
        return ""
    was = "was" if new == 1 else "were"
    return (
        f"{count(new, 'occurrence')} {was} first seen by this scan, "
        f"{back:,} of all that it saw had been fixed before and came back, "
        f"and {count(fixed, 'earlier occurrence')} {'was' if fixed == 1 else 'were'} proven fixed."
    )


def standing(data: ReportData) -> str:
    """How this scan's sight and what is open add up; empty when it saw all that is open."""
    seen = [o for i in data.issues for o in i.occurrences]
    set_aside = sum(o.state in CLOSED for o in seen)
    if not (data.carried or set_aside):
        return ""
    still, now = len(data.carried), len(seen) - set_aside
    told = f"{count(now + still, 'occurrence')} {'is' if now + still == 1 else 'are'} open: {now:,} that this scan saw"
    earlier = f", and {still:,} from earlier scans that it did not look at again" if still else ""
    return f"{told}{earlier}.{_aside(set_aside)}"


def _aside(number: int) -> str:
    if not number:
        return ""
    words, them = ("is a false positive", "it") if number == 1 else ("are false positives", "them")
    return f" {number:,} more that it saw {words} by an assessor's word: no clock, trend or verdict counts {them}."


def patches(data: ReportData) -> str:
    """``x of y critical and high findings (z %) stem from missing security and firmware patches``."""
    told = patch_share(data.issues, data.checks)
    if not told.asked:
        return "No check of this scan asks for missing security or firmware patches, so nothing is said about them."
    apart = f" {told.without_fix:,} more have no vendor fix and are told apart." if told.without_fix else ""
    if not told.whole:
        nothing = "No critical or high finding that can be fixed came up where the checks could be judged."
        return f"{nothing}{apart}" if data.issues else ""
    return (
        f"{told.part:,} of {told.whole:,} critical and high findings ({share(told.part, told.whole)}) stem from "
        f"missing security and firmware patches.{apart}"
    )


def fix_these(data: ReportData) -> str:
    """``Fix these 3 updates on 12 assets, and 60 % of ... are gone``; empty when no such update is missing."""
    told = fix_first(data)
    if not told.fixes:
        return ""
    names = [unit_name(f.issue) for f in told.fixes]
    these = "this update" if len(names) == 1 else f"these {len(names):,} updates"
    if not told.part:
        return f"Install {these} on {count(told.assets, 'asset')}, known to be exploited: {listing(names, len(names))}."
    critical = f", among them {told.critical:,} of {told.all_critical:,} critical" if told.all_critical else ""
    return (
        f"Install {these} on {count(told.assets, 'asset')}, and {share(told.part, told.whole)} of the critical and "
        f"high findings are gone ({told.part:,} of {told.whole:,}{critical}): {listing(names, len(names))}."
    )


def unit_name(issue: Issue) -> str:
    """The package of an update; the title of everything else."""
    return safe_text(issue.subject.key, MOST_NAME) if issue.subject else prose(issue.title)


def exploited(data: ReportData) -> str:
    """How much of it is known to be exploited; empty when no list of that was loaded or nobody asked."""
    told = known_exploited(data)
    if not told.cves:
        known = asked(data) and advisories(data) and "kev" not in absent(data)
        return "Nothing found here is in CISA's list of known exploited vulnerabilities (KEV)." if known else ""
    are = "is" if len(told.cves) == 1 else "are"
    return (
        f"{count(len(told.cves), 'CVE')} on {count(told.units.assets, 'asset')} {are} known to be exploited (KEV), in "
        f"{count(told.units.issues, 'issue')} of which {told.fixable:,} can be closed by an update."
    )


def unfixed(data: ReportData) -> str:
    """What the vendor has not fixed; empty when there is nothing of it."""
    told = units(without_fix(data))
    if not told.issues:
        return ""
    have = "package has" if told.issues == 1 else "packages have"
    return (
        f"{told.issues:,} {have} vulnerabilities without a vendor fix, on {count(told.assets, 'asset')}: there is "
        "nothing to install yet."
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
    steps = whole_funnel(data)
    known = steps[Step.KNOWN]
    gaps = len(all_gaps(data))
    unjudged = sum(not row.judged for row in check_rows(data))
    dark = [r for r in by_area(data) if r.area.id and not r.operating]
    areas = [r for r in by_area(data) if r.area.id]
    rows = [
        (f"{known - steps[Step.LOGGED_IN]:,} of {known:,}", "assets could not be logged in to"),
        (f"{known - steps[Step.FULLY_ASSESSED]:,} of {known:,}", "assets were not fully assessed"),
        (f"{gaps:,} of {planned(data):,}", "judgements (a check on an asset) could not be made"),
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
    return f"{capital(issue.title)}: on {listing(names, most)}."


def first_step(issue: Issue) -> str:
    remedy = issue.check.remedy
    return remedy.steps[0] if remedy.steps else remedy.text


def no_login_reason(asset: AssetCoverage) -> str:
    """In a few words: why nobody logged in."""
    if asset.missing is not None:
        return asset.missing.reason.value
    return "only a snapshot of its own" if asset.asset.connection.way in SNAPSHOTS else "no reason recorded"


def got_no_further(asset: AssetCoverage) -> str:
    """Why an asset was not logged in to, for a person."""
    if asset.missing is None:
        return no_login_reason(asset)
    return f"{asset.missing.reason.value}{f': {asset.missing.detail}' if asset.missing.detail else ''}"


def identity_notes(data: ReportData) -> Iterable[tuple[str, str]]:
    return ((a.asset.name, a.identity_note) for a in data.assets if a.identity_note)
