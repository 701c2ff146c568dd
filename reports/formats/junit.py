"""JUnit XML, for pipelines: a suite for each asset, a case for each check; what could not be judged is *skipped*.

Source: the schema that Jenkins and GitLab read (testsuites > testsuite > testcase > failure | error | skipped).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from checks.finding import Outcome
from reports.counting import all_gaps
from reports.report import AssetCoverage, Gap, Issue, Occurrence, ReportData
from reports.text import safe_text, stamp

MAX_TEXT = 2000
_Case = tuple[str, str, str, str]  # check id, element, what it says, more

_Failures = Mapping[str, Mapping[str, list[tuple[Issue, Occurrence]]]]


def render(data: ReportData, out: BinaryIO) -> None:
    failures, gaps = _failures(data), defaultdict[str, list[Gap]](list)
    for gap in all_gaps(data):
        gaps[gap.asset].append(gap)
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f"<testsuites name={_attribute(data.estate)}>\n".encode())
    for asset in data.assets:
        suite = "".join(_suite(data, asset, list(_cases(failures.get(asset.uid, {}), gaps[asset.asset.name]))))
        out.write(suite.encode())
    out.write(b"</testsuites>\n")


def _failures(data: ReportData) -> _Failures:
    found: dict[str, dict[str, list[tuple[Issue, Occurrence]]]] = defaultdict(lambda: defaultdict(list))
    for issue in data.issues:
        for one in issue.occurrences:
            found[one.asset_uid][issue.check.id].append((issue, one))
    return found


def _cases(failures: Mapping[str, list[tuple[Issue, Occurrence]]], gaps: list[Gap]) -> Iterator[_Case]:
    for check, pairs in sorted(failures.items()):
        worst = min((issue.level_of(one) for issue, one in pairs), key=lambda level: level.rank)
        title = f"{pairs[0][0].severity.value}, risk {worst.value}: {pairs[0][0].check.title}"
        yield check, "failure", title, "\n".join(f"{one.ref} {one.state} {one.observed}" for _, one in pairs)
    for gap in gaps:
        if gap.check_id not in failures:
            said = f"not assessed: {gap.reason.value}" if gap.reason else "error in the check"
            yield gap.check_id, "error" if gap.outcome is Outcome.ERROR else "skipped", said, gap.detail


def _suite(data: ReportData, asset: AssetCoverage, cases: list[_Case]) -> Iterator[str]:
    """Checks that passed are counted; JUnit wants a name for each, and the report keeps only how many there were."""
    passed = asset.checks.get(Outcome.PASS, 0)
    tally = {kind: sum(case[1] == kind for case in cases) for kind in ("failure", "error", "skipped")}
    yield (
        f'<testsuite name={_attribute(asset.asset.name)} tests="{len(cases) + passed}" '
        f'failures="{tally["failure"]}" errors="{tally["error"]}" skipped="{tally["skipped"]}" '
        f'timestamp="{stamp(data.started_at)}" time="{asset.seconds:.3f}">\n'
    )
    for place in range(passed):
        yield f'<testcase classname="estatecheck" name="passed {place + 1} of {passed}"/>\n'
    for check, kind, said, more in cases:
        yield f"<testcase classname={_attribute(check.rpartition('.')[0])} name={_attribute(check)}>"
        body = "" if kind == "skipped" else escape(safe_text(more, MAX_TEXT))
        yield f"<{kind} message={_attribute(said)}>{body}</{kind}></testcase>\n"
    yield "</testsuite>\n"


def _attribute(text: str) -> str:
    return quoteattr(safe_text(text, MAX_TEXT))
