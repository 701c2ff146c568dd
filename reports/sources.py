"""The data the judgements used: how old it is, what is lacking, and what that means. Pure text.

What is missing or too old limits the report and is said as loud as a host that was not reached.
"""

from collections.abc import Iterator

from checks.check import Theme
from reports.counting import PATCH_THEMES
from reports.imported import import_limits
from reports.report import DataSource, ReportData
from reports.text import count, listing

SUPPORT = "support dates"
FRESH_DAYS = {  # a publisher that seldom says something new is not too old after a week
    SUPPORT: 180,
    "distro-info": 180,
    "debian-support": 180,
    "endoflife": 45,
    "windows-kb": 45,
    "msrc": 45,
}
WEEK = 7  # everything else, where the scan was planned with no other limit (domain.md, Accreditation)
NO_ADVISORIES = frozenset({*FRESH_DAYS, "kev", "epss", "ssvc", "fortinet"})  # of packages
WINDOWS = "win."  # how the ids of its checks begin
OF_WINDOWS = frozenset({"windows-kb", "msrc"})
ABOUT_CVES = {"kev": "known exploited vulnerabilities (CISA KEV)", "epss": "estimates of exploitation (FIRST EPSS)"}


def fresh_days(name: str, most: int = WEEK) -> int:
    """``most``: the limit that the scan was planned with."""
    return max(FRESH_DAYS.get(name, most), most)


def advisories(data: ReportData) -> tuple[DataSource, ...]:
    """The feeds that say which version of a package has a fix."""
    return tuple(s for s in data.sources if s.name not in NO_ADVISORIES)


def stale(data: ReportData) -> tuple[DataSource, ...]:
    return tuple(s for s in data.sources if s.stale)


def absent(data: ReportData) -> tuple[str, ...]:
    """Data about CVEs that no feed of this scan brought: ``kev``, ``epss``. None when no check asks for any."""
    there = {source.name for source in data.sources}
    return tuple(what for what in ABOUT_CVES if what not in there) if asked(data) else ()


def asked(data: ReportData, surface: str = "") -> bool:
    """Whether a check of this scan looks for missing patches or unfixed vulnerabilities. ``surface``: of ``win.``..."""
    themes = {*PATCH_THEMES, Theme.NO_VENDOR_FIX}
    return any(c.theme in themes and c.id.startswith(surface) for c in data.checks)


def limits(data: ReportData) -> tuple[str, ...]:
    """A sentence for each thing that is lacking, with what it means for the reader."""
    return tuple(_limits(data))


def _limits(data: ReportData) -> Iterator[str]:
    if asked(data, WINDOWS) and not any(source.name in OF_WINDOWS for source in data.sources):
        yield "No feed of Windows updates was loaded: missing updates of Windows are told from the devices' word alone."
    if asked(data, "linux.") and not advisories(data):
        yield (
            "No advisory feed was loaded: missing updates are told from the hosts' own lists alone, without their "
            "CVEs, and vulnerabilities without a vendor fix are not told at all."
        )
    elif lacking := absent(data):
        named = listing([ABOUT_CVES[what] for what in lacking], len(lacking))
        yield f"No feed brought {named}: what has no such mark here is not known to be without it."
    yield from import_limits(data.imports)
    if old := stale(data):
        told = listing([f"{source.name} ({count(source.age_days, 'day')})" for source in old], len(old))
        yield f"Too old is the data of {told}: what was published since then is not known to this report."


def line(data: ReportData) -> str:
    """All sources in one line, with their age: ``debian 1 day old; kev 12 days old (too old)``."""
    told = (f"{s.name} {age(s)}{' (too old)' if s.stale else ''}" for s in data.sources)
    return "; ".join(told)


def age(source: DataSource) -> str:
    """Evidence can be judged again with newer data than its own day."""
    if source.age_days < 0:
        return f"{count(-source.age_days, 'day')} newer than the scan"
    return f"{count(source.age_days, 'day')} old"
