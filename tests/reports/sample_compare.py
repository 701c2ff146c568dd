"""Two reports of the fictional county, four weeks apart, in which something of every kind happened between.

``python -m tests.reports.sample_compare FOLDER`` writes the comparison in every format, to be looked at.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checks.check import Check
from checks.finding import Severity
from checks.risk import Level
from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from reports import compare_html, compare_json, compare_terminal
from reports.compare import compare
from reports.compare_data import Comparison, Ending, Side
from reports.compare_side import read
from reports.formats import json_file
from reports.report import AssetCoverage, DataSource, Issue, Occurrence, ReportData
from tests.reports.sample import CHECKS, END, START, digest, hostile, sample

LATER = timedelta(days=28)
GONE = Missing(Reason.LOGIN_REFUSED, "the host did not accept the key of credential scan-key")


def side(data: ReportData, source: str = "a test") -> Side:
    return read(json_file.encoded(data)[1], source)


def first() -> ReportData:
    """Nothing has come back yet, and one host is not known."""
    base = sample()
    calm = tuple(_each(issue, lambda o, i=issue: replace(o, episode=1, check_id=i.check.id)) for issue in base.issues)
    assets = tuple(a for a in base.assets if a.asset.name != "web-30.ashmoor.example")
    found = tuple(_only(issue, lambda o: o.asset != "web-30.ashmoor.example") for issue in calm)
    return replace(base, scan_id=41, assets=assets, issues=tuple(i for i in found if i.occurrences))


def second() -> ReportData:
    """Four weeks later: one issue fixed everywhere, one host dark, one feed newer, a rule and some risks changed."""
    base = sample()
    fixed = tuple(o for i in base.issues if i.check.id == "linux.ssh.weak-ciphers" for o in i.occurrences)
    dark = next(a for a in base.assets if a.asset.name == "db-06.ashmoor.example")
    left = tuple(replace(o, check_id=i.check.id) for i in base.issues for o in i.occurrences if o.asset_uid == dark.uid)
    names = {o.fingerprint for o in (*fixed, *left)}
    kept = tuple(_only(_rated(i), lambda o: o.fingerprint not in names) for i in base.issues)
    return replace(
        base,
        scan_id=45,
        started_at=START + LATER,
        ended_at=END + LATER,
        assets=tuple(_dark(a) if a.uid == dark.uid else a for a in base.assets),
        issues=tuple(i for i in kept if i.occurrences and i.check.id != "linux.clock.unsynchronised"),
        fixed=tuple(replace(o, state="VERIFIED_FIXED", check_id="linux.ssh.weak-ciphers") for o in fixed),
        carried=tuple(replace(o, evidence=(), state="STALE" if n == 0 else o.state) for n, o in enumerate(left)),
        checks=tuple(map(_stricter, (c for c in CHECKS if c.id != "linux.clock.unsynchronised"))),
        sources=tuple(_newer(source) if source.name == "debian" else source for source in base.sources),
    )


def _newer(source: DataSource) -> DataSource:
    return replace(source, snapshot="2025-03-30", digest=digest("new"))


def _each(issue: Issue, change: Callable[[Occurrence], Occurrence]) -> Issue:
    return Issue(issue.check, tuple(map(change, issue.occurrences)), issue.subject)


def _only(issue: Issue, keep: Callable[[Occurrence], bool]) -> Issue:
    return Issue(issue.check, tuple(filter(keep, issue.occurrences)), issue.subject)


def _rated(issue: Issue) -> Issue:
    """Telnet is seen from outside now; the check of the boot is rated higher."""
    if issue.check.id == "linux.network.telnet":
        return _each(issue, lambda o: replace(o, risk=o.risk and replace(
            o.risk, level=Level.CRITICAL, lines=(*o.risk.lines, "E1: reachable from the internet, one level up")
        )))  # fmt: skip
    return Issue(_stricter(issue.check), issue.occurrences, issue.subject)


def _stricter(check: Check) -> Check:
    if check.id != "linux.boot.restart-pending":
        return check
    return replace(check, severity=Severity.HIGH, version=2)


def _dark(one: AssetCoverage) -> AssetCoverage:
    return replace(one, logged_in=False, privilege=Privilege.NONE, missing=GONE, checks={})


def compared() -> Comparison:
    was, now = side(first(), "scan 41"), side(second(), "scan 45")
    away = next(key for key, one in was.findings.items() if key not in now.findings and key not in now.fixed)
    ending = Ending("FALSE_POSITIVE", "not a weakness after all", "2025-03-12T09:00:00Z", None, 812, digest("event"))
    return compare(was, now, {away: ending})


def hostile_pair() -> Comparison:
    bad = hostile()
    fewer = replace(bad, scan_id=43, started_at=START + LATER, issues=bad.issues[::2], assets=bad.assets[2:])
    return compare(side(bad), side(fewer))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, told in (("compare", compared()), ("hostile", hostile_pair())):
        (folder / f"{name}.html").write_bytes(compare_html.render(told))
        (folder / f"{name}.json").write_bytes(compare_json.render(told))
        (folder / f"{name}.txt").write_text(compare_terminal.render(told), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
