"""The summary printed after a scan: what was looked at, what was found and, as loud, what was not assessed and why."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from checks.finding import Severity
from reports import clocks, risk_text, sources, summary
from reports import credits as service_credits
from reports.availability import sets, stamp, told
from reports.availability_chapter import blind, devices, promise, worst_first
from reports.compare_text import since_lines
from reports.counting import (
    WORST,
    GapGroup,
    Step,
    all_gaps,
    by_area,
    by_severity,
    gaps_by_reason,
    planned,
    whole_funnel,
)
from reports.firmware import by_model
from reports.report import LABEL, Issue, Occurrence, ReportData
from reports.text import count, listing, prose, safe_text, share
from reports.updates import is_update, updates, with_remedy
from reports.verdict import headline

MOST_ISSUES = 25  # critical and high ones that are told here; the others are in the full report
MOST_OCCURRENCES = 3  # of each of them
MOST_UPDATES = 10
MOST_AREAS = 20
MOST_NOTES = 10
MOST_VERSIONS = 20  # of firmware
MOST_SUPPLIERS = 10  # with a breached clock
MOST_SERVICES = 20  # of which it is told how available they were
ASKED = ("approved", "support", "weaknesses")
CLIP = 300  # characters of a target's own text
MOST = 2_000  # characters of one paragraph: a list of names may be long, and no name is

BOLD, RED, YELLOW, DIM, RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"


def render(data: ReportData, out: BinaryIO) -> None:
    """Plain text, 80 columns, UTF-8."""
    out.write(render_terminal(data).encode())


def render_terminal(data: ReportData, *, width: int = 80, colour: bool = False, written: Sequence[str] = ()) -> str:
    """The summary as text. ``written`` names the files of the full report, if there are any."""
    page = _Page(max(width, 40), colour)
    for section in (
        _head,
        _coverage,
        _data,
        _found,
        _since,
        _updates,
        _worst,
        _firmware,
        _availability,
        _clocks,
        _not_assessed,
        _identity,
    ):
        section(page, data)
    _closing(page, data, written)
    return "\n".join(page.lines) + "\n"


@dataclass(slots=True)
class _Page:
    """Lines so far. Everything said passes through :func:`safe_text`; only the page itself writes colour."""

    width: int
    colour: bool
    lines: list[str] = field(default_factory=list)

    def blank(self) -> None:
        self.lines.append("")

    def heading(self, text: str) -> None:
        if self.lines and self.lines[-1]:
            self.blank()
        self._add([text], BOLD)

    def say(self, text: str, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """A paragraph, wrapped; ``hang`` indents its further lines more."""
        wrapped = textwrap.wrap(
            safe_text(text, MOST),
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_on_hyphens=False,
        )
        self._add(wrapped, style)

    def _add(self, lines: Iterable[str], style: str) -> None:
        self.lines += [f"{style}{line}{RESET}" if self.colour and style else line for line in lines]


def _head(page: _Page, data: ReportData) -> None:
    marking = safe_text(data.marking, MOST)
    if marking:
        page.say(marking, style=BOLD)
    page.say(f"{data.estate}: scan {data.scan_id}, {data.state}", style=BOLD)
    page.say(LABEL, style=DIM)
    warning = summary.state_warning(data)
    if warning:
        page.blank()
        page.say(f"!! {warning} What follows is what was collected until then.", hang=3, style=RED)
    page.blank()
    if data.verdicts is not None:
        page.say(f"VERDICT: {headline(data.verdicts)}", style=BOLD)
        page.blank()
    page.say(summary.opening(data))
    page.say(summary.rests_on(data), style=YELLOW)


def _coverage(page: _Page, data: ReportData) -> None:
    page.heading("COVERAGE")
    steps = whole_funnel(data)
    page.say(
        f"{count(steps[Step.KNOWN], 'asset')} known, "
        + ", ".join(f"{n:,} {s}" for s, n in steps.items() if s is not Step.KNOWN),
        2,
        2,
    )
    rows = by_area(data)
    if not rows:
        return
    wide = max(12, page.width - 2 - 4 * 11)
    page.lines.append(
        f"  {'Area':<{wide}}" + "".join(f"{h:>11}" for h in ("known", "reached", "logged in", "all judged"))
    )
    for row in rows[:MOST_AREAS]:
        name = textwrap.shorten(safe_text(row.area.name, MOST), wide - 1, placeholder="…")
        shown = (Step.KNOWN, Step.REACHED, Step.LOGGED_IN, Step.FULLY_ASSESSED)
        page.lines.append(f"  {name:<{wide}}" + "".join(f"{row.steps[s]:>11,}" for s in shown))
    if len(rows) > MOST_AREAS:
        page.say(f"and {count(len(rows) - MOST_AREAS, 'more area')} in the full report", 2)
    page.say(summary.areas_in_the_dark(data), 2, style=YELLOW)


def _data(page: _Page, data: ReportData) -> None:
    """What the judgements were made with, and what that data lacks."""
    if not data.sources:
        return
    page.heading("DATA")
    page.say(sources.line(data), 2, 2)
    for limit in sources.limits(data):
        page.say(f"!! {limit}", 2, 3, YELLOW)


def _firmware(page: _Page, data: ReportData) -> None:
    """A line for each version of each model; nothing where no device told one."""
    rows = [(model, version) for model in by_model(data.firmware) for version in model.versions]
    if not rows:
        return
    page.heading("FIRMWARE")
    for model, version in rows[:MOST_VERSIONS]:
        named = " ".join(part for part in (model.vendor, model.os, model.model) if part) or "unknown device"
        newest = {True: "newest here", False: "older than others here", None: "order not known"}[version.newest]
        told = (version.approved, version.supported, version.weaknesses)
        words = ", ".join(f"{what}: {word}" for what, word in zip(ASKED, told, strict=True))
        runs = f"{safe_text(named)} {safe_text(version.version) or 'version not told'}"
        page.say(f"{runs}: {count(len(version.devices), 'device')}, {newest}; {words}", 2, 4)
    if len(rows) > MOST_VERSIONS:
        page.say(f"and {count(len(rows) - MOST_VERSIONS, 'more version')} in the full report", 2)


def _availability(page: _Page, data: ReportData) -> None:
    """A line for each of the worst services; nothing where nothing was watched."""
    report = data.availability
    if report is None:
        return
    page.heading("AVAILABILITY")
    page.say(f"{stamp(report.start)} to {stamp(report.end)} UTC", 2)
    for one in worst_first(report.services)[:MOST_SERVICES]:
        for figures in sets(one):
            words = told(figures)
            bounds = f"between {words['lower bound']} and {words['upper bound']} up"
            down = f"{words['down']} down in {count(len(figures.outages), 'outage')}"
            page.say(f"{safe_text(one.name)}, {figures.name}: {bounds}, {down}; promise: {promise(one)}", 2, 4)
    if len(report.services) > MOST_SERVICES:
        page.say(f"and {count(len(report.services) - MOST_SERVICES, 'more service')} in the full report", 2)
    for sentence in (blind(report), devices(report.devices)):
        if sentence:
            page.say(sentence, 2)


def _found(page: _Page, data: ReportData) -> None:
    page.heading("FOUND")
    if not data.issues:
        page.say(summary.found(data), 2)
    for severity, counted in by_severity(data.issues).items():
        if data.issues:
            page.say(f"{summary.SYMBOLS[severity]} {summary.units_phrase(severity, counted)}", 2, 2, _style(severity))
    for sentence in (risk_text.found(data), risk_text.change(data), summary.patches(data), risk_text.patches(data)):
        page.say(sentence, 2, 2)
    for sentence in (summary.exploited(data), summary.unfixed(data), summary.change(data), summary.standing(data)):
        page.say(sentence, 2, 2)


def _style(severity: Severity) -> str:
    return {Severity.CRITICAL: RED, Severity.HIGH: RED, Severity.MEDIUM: YELLOW}.get(severity, "")


def _since(page: _Page, data: ReportData) -> None:
    if data.since is None:
        return
    page.heading("SINCE THE REPORT BEFORE")
    for line in since_lines(data.since):
        page.say(line, indent=2, hang=2)


def _updates(page: _Page, data: ReportData) -> None:
    """One line for each missing update, so that a hundred of them do not bury everything else."""
    missing = sorted(updates(data), key=lambda i: (i.severity.rank, not i.exploited, -len(i.assets), str(i.subject)))
    if not missing:
        return
    page.heading("MISSING UPDATES")
    for issue in missing[:MOST_UPDATES]:
        known = f"  {summary.KEV_SYMBOL} exploited (KEV)" if issue.exploited else ""
        name = f"{summary.SYMBOLS[issue.severity]} {issue.severity.value.upper():<8} {summary.unit_name(issue)}"
        page.say(f"{name} on {count(len(issue.assets), 'asset')}{known}", 2, 11, _style(issue.severity))
    if len(missing) > MOST_UPDATES:
        page.say(f"and {count(len(missing) - MOST_UPDATES, 'more update')} in the full report", 2)
    page.say(summary.fix_these(data), 2, style=BOLD)


def _worst(page: _Page, data: ReportData) -> None:
    worst = [i for i in with_remedy(data) if i.severity in WORST and not is_update(i)]
    if not worst:
        return
    page.heading("CRITICAL AND HIGH")
    for issue in worst[:MOST_ISSUES]:
        _issue(page, issue)
    if len(worst) > MOST_ISSUES:
        page.say(
            f"and {count(len(worst) - MOST_ISSUES, 'more critical or high issue')} in the full report", 2, style=BOLD
        )


def _issue(page: _Page, issue: Issue) -> None:
    severity = issue.severity
    page.say(f"{summary.SYMBOLS[severity]} {severity.value.upper()}  {prose(issue.title)}", 2, 2, _style(severity))
    for occurrence in issue.occurrences[:MOST_OCCURRENCES]:
        page.say(_sentence(occurrence), 4, 9)
    left = len(issue.occurrences) - MOST_OCCURRENCES
    if left > 0:
        page.say(f"and {count(left, 'more occurrence')}, {count(len(issue.assets), 'asset')} in all", 4)
    page.say(f"First: {prose(summary.first_step(issue))}", 4, 7)
    page.blank()


def _sentence(occurrence: Occurrence) -> str:
    state = "" if occurrence.state == "OPEN" else f" [{occurrence.state}]"
    return f"{occurrence.ref}  {safe_text(occurrence.asset, CLIP)}: {safe_text(occurrence.observed, CLIP)}{state}"


def _clocks(page: _Page, data: ReportData) -> None:
    """The headline, and a line for each supplier with a breach; nothing where no clock was worked out."""
    if data.clocks is None:
        return
    page.heading("CLOCKS")
    late = clocks.breached(data.clocks)
    page.say(clocks.spoken(data.clocks), 2, 2, RED if late else "")
    for row in [row for row in clocks.by_supplier(data.clocks) if row.breached][:MOST_SUPPLIERS]:
        who = " / ".join(filter(None, (row.supplier, row.contract))) or "no supplier named"
        page.say(f"{safe_text(who, 80)}: {row.breached:,} of {count(row.findings, 'finding')} breached", 2, 4)
    for one in data.credits:
        page.say(f"Credits: {safe_text(service_credits.headline(one))}", 2, 4)
    page.say(clocks.policies_line(data.clocks), 2, 2, DIM)


def _not_assessed(page: _Page, data: ReportData) -> None:
    page.heading("NOT ASSESSED, AND WHY")
    gaps = all_gaps(data)
    whole = planned(data)
    if not gaps:
        page.say(
            "Every check that was asked for could be judged on every asset." if whole else "Nothing was asked for.", 2
        )
        return
    page.say(
        f"{count(len(gaps), 'judgement')} of {whole:,} ({share(len(gaps), whole)}) could not be made. "
        "None of them counts as passed.",
        2,
        style=YELLOW,
    )
    for group in gaps_by_reason(gaps):
        _reason(page, group)


def _reason(page: _Page, group: GapGroup) -> None:
    names = [safe_text(n, 60) for n in group.assets]
    page.say(
        f"{group.reason}: {count(group.judgements, 'judgement')} on {count(len(names), 'asset')} ({listing(names, 5)})",
        2,
        2,
    )
    worst = [f"{prose(g.title)} ({g.severity.value})" for g in group.checks]
    page.say(f"{count(len(worst), 'check')}, the worst: {'; '.join(worst[:2])}", 4, 2, DIM)


def _identity(page: _Page, data: ReportData) -> None:
    notes = list(summary.identity_notes(data))
    if not notes:
        return
    page.heading("IDENTITY: A PERSON HAS TO LOOK")
    for name, note in notes[:MOST_NOTES]:
        page.say(f"{safe_text(name, 60)}: {safe_text(note, CLIP)}", 2, 2, YELLOW)
    if len(notes) > MOST_NOTES:
        page.say(f"and {count(len(notes) - MOST_NOTES, 'more asset')} in the full report", 2)


def _closing(page: _Page, data: ReportData, written: Sequence[str]) -> None:
    page.heading("FULL REPORT")
    for path in written:
        page.lines.append(f"  {safe_text(path)}")  # not wrapped: a path is copied
    if not written:
        page.say(f"Everything, with the evidence, is in the HTML and JSON reports of scan {data.scan_id}.", 2)
    page.say(f"Evidence root {data.evidence_root}", 2, style=DIM)
