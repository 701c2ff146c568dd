"""Risk as the reports tell it: totals side by side with severity, and the lines of each finding. Pure."""

from dataclasses import dataclass

from checks.finding import Severity
from checks.risk import Level, Risk
from reports.counting import (
    Units,
    assets_by_worst,
    assets_by_worst_risk,
    by_risk,
    by_severity,
    moved,
    overridden,
    patch_share_by_risk,
    units,
)
from reports.report import Occurrence, ReportData
from reports.text import count, listing, safe_text, share

SYMBOLS = {
    Level.CRITICAL: "◆",
    Level.HIGH: "▲",
    Level.UNRATED: "?",
    Level.MEDIUM: "●",
    Level.LOW: "▽",
    Level.INFO: "○",
}
MOST_LINES = 12  # of one finding

RULE = (
    "Severity says what a weakness is, and nobody moves it. Risk says what it is here: severity moved by published "
    "rules (exposure, criticality, known exploitation, end of support), each of which prints its line at the finding. "
    "Risk is what is clocked and decided on. What nobody scored is unrated, is clocked as high and stands apart. A "
    "root cause is a theme and a product."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One level: by severity on the left, by risk on the right. ``severity`` None: severity has no such level."""

    level: Level
    severity: Units | None
    worst_severity: int  # assets
    risk: Units
    worst_risk: int


def rows(data: ReportData) -> tuple[Row, ...]:
    left, right = by_severity(data.issues), by_risk(data.issues)
    worst_left, worst_right = assets_by_worst(data.issues), assets_by_worst_risk(data.issues)
    named = {severity.value: severity for severity in Severity}
    return tuple(
        Row(
            level,
            left[named[level.value]] if level.value in named else None,
            worst_left[named[level.value]] if level.value in named else 0,
            right[level],
            worst_right[level],
        )
        for level in Level
    )


def all_units(found: Units, kind: str) -> str:
    """``25 critical issues (412 occurrences on 131 assets, 19 root causes)``."""
    head = count(found.issues, f"{kind} issue")
    if not found.issues:
        return head
    told = f"{count(found.occurrences, 'occurrence')} on {count(found.assets, 'asset')}"
    return f"{head} ({told}, {count(found.root_causes, 'root cause')})"


def kind_of(level: Severity | Level) -> str:
    return "informational" if level.value == "info" else level.value


def found(data: ReportData) -> str:
    """The totals of risk in one sentence, all units together; empty when nothing was found, or nothing rated."""
    hit = [all_units(u, kind_of(level)) for level, u in by_risk(data.issues).items() if u.issues]
    if not hit or data.risk_rules is None:
        return ""
    total = units(data.issues)
    return f"By risk: {listing(hit, len(hit))}; in all {all_units(total, '').replace('  ', ' ')}."


def change(data: ReportData) -> str:
    """How many of them the rules moved, and how many a person."""
    if data.risk_rules is None or not data.issues:
        return ""
    whole = sum(len(i.occurrences) for i in data.issues)
    told = f"The rules gave {moved(data):,} of {count(whole, 'occurrence')} another risk than their severity"
    people = overridden(data.issues)
    return f"{told}; people overrode {people:,}." if people else f"{told}."


def rules(data: ReportData) -> str:
    """By which rules; empty when by none."""
    made = data.risk_rules
    if made is None:
        return ""
    off = "".join(f" {rule} is switched off: {safe_text(why, 200)}." for rule, why in made.off)
    version = safe_text(made.version, 80)
    return f"Rules of risk version {version} of {made.day}, {safe_text(made.source, 200)} (sha256 {made.digest}).{off}"


def patches(data: ReportData) -> str:
    """``By risk: x of y critical and high findings (z %) stem from missing security and firmware patches``."""
    told = patch_share_by_risk(data.issues, data.checks)
    if not told.asked or not told.whole or data.risk_rules is None:
        return ""
    apart = f" {told.without_fix:,} more have no vendor fix and are told apart." if told.without_fix else ""
    return (
        f"By risk, {told.part:,} of {told.whole:,} critical and high findings ({share(told.part, told.whole)}) stem "
        f"from missing security and firmware patches.{apart}"
    )


def lines(occurrence: Occurrence) -> tuple[str, ...]:
    """What moved it; empty where its risk is its severity and no rule had anything to say."""
    risk = occurrence.risk
    return (*_decisive(risk), *risk.lines, *risk.notes)[:MOST_LINES] if risk and (risk.lines or risk.notes) else ()


def _decisive(risk: Risk) -> tuple[str, ...]:
    return (f"decided by {risk.part}",) if risk.part else ()
