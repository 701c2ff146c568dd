"""The report's counts as OpenMetrics text, for a textfile collector or a push gateway (docs/metrics.md)."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from reports.counting import all_gaps, by_area, by_risk, by_severity, by_state, by_theme, whole_funnel
from reports.formats.openmetrics import Family, Labels, exposition, gauge, info
from reports.report import ReportData
from reports.text import safe_text, utc

MAX_LABEL = 200


def render(data: ReportData, out: BinaryIO) -> None:
    out.write(exposition(_families(data)))


def _families(data: ReportData) -> Iterator[Family]:
    about = {"estate": data.estate, "scan": str(data.scan_id), "state": data.state, "version": data.tool_version}
    told = {name: _label(value) for name, value in about.items()}
    yield info("estatecheck_report", "What these numbers were counted from.", told)
    ended = utc(data.ended_at or data.started_at).timestamp()
    yield gauge("estatecheck_report_end_seconds", "When the scan ended, POSIX time.", [(ended, {})], "seconds")
    severities = by_severity(data.issues)
    for unit in ("issues", "occurrences", "assets"):
        points = ((float(getattr(units, unit)), {"severity": s.value}) for s, units in severities.items())
        yield gauge(f"estatecheck_report_{unit}", f"Open {unit} by severity.", points)
    levels = by_risk(data.issues)
    for unit in ("issues", "occurrences", "assets"):
        points = ((float(getattr(units, unit)), {"risk": level.value}) for level, units in levels.items())
        yield gauge(f"estatecheck_report_risk_{unit}", f"Open {unit} by risk.", points)
    yield from _people(data)
    yield gauge("estatecheck_report_occurrences_by_state", "Open occurrences by state.", _pairs(data))
    left = sorted(Counter(one.state for one in data.carried).items())
    points = ((float(n), {"state": _label(state)}) for state, n in left)
    yield gauge("estatecheck_report_carried_occurrences", "Earlier ones that count and were not seen again.", points)
    yield gauge("estatecheck_report_occurrences_by_theme", "Open occurrences by theme and severity.", _themes(data))
    steps = ((float(n), {"step": step.value}) for step, n in whole_funnel(data).items())
    yield gauge("estatecheck_report_coverage_assets", "Assets that got at least as far as each step.", steps)
    yield gauge("estatecheck_report_area_coverage_assets", "The same by area.", _areas(data))
    yield gauge("estatecheck_report_not_assessed", "Checks that could not be judged, by reason.", _gaps(data))
    ages = ((float(source.age_days * 86400), {"source": _label(source.name)}) for source in data.sources)
    yield gauge("estatecheck_report_source_age_seconds", "Age of the data that was judged by.", ages, "seconds")


def _people(data: ReportData) -> Iterator[Family]:
    """What suppliers and accreditors are asked about."""
    yield gauge("estatecheck_report_verified_fixes", "Fixes that the scan proved.", [(float(len(data.fixed)), {})])
    if data.clocks is not None:
        tally = Counter((one.supplier, one.lead.status.value) for one in data.clocks.findings)
        points = ((float(n), {"supplier": _label(who), "status": status}) for (who, status), n in sorted(tally.items()))
        yield gauge("estatecheck_report_clock_findings", "Findings by supplier and leading clock.", points)
    if data.verdicts is not None:
        told = [data.verdicts.estate, *data.verdicts.services]
        points = ((1.0, {"subject": _label(one.subject), "verdict": one.verdict.value}) for one in told)
        yield gauge("estatecheck_report_verdict", "The verdict on the estate and on each service.", points)
    accepted = Counter("granted" if one.acceptance.granted else "asked" for one in data.on_record if one.acceptance)
    points = ((float(accepted[kind]), {"kind": kind}) for kind in ("asked", "granted"))
    yield gauge("estatecheck_report_acceptances", "Acceptances in force, and asked for.", points)


def _pairs(data: ReportData) -> Iterator[tuple[float, Labels]]:
    yield from ((float(n), {"state": _label(state)}) for state, n in by_state(data.issues).items())


def _themes(data: ReportData) -> Iterator[tuple[float, Labels]]:
    for theme, severities in by_theme(data.issues).items():
        for severity, units in severities.items():
            yield float(units.occurrences), {"theme": theme.value, "severity": severity.value}


def _areas(data: ReportData) -> Iterator[tuple[float, Labels]]:
    for row in by_area(data):
        for step, n in row.steps.items():
            yield float(n), {"area": _label(row.area.id), "step": step.value}


def _gaps(data: ReportData) -> Iterator[tuple[float, Labels]]:
    reasons = Counter(gap.reason.value if gap.reason else "error in the check" for gap in all_gaps(data))
    yield from ((float(n), {"reason": reason}) for reason, n in sorted(reasons.items()))


def _label(text: str) -> str:
    return safe_text(text, MAX_LABEL)
