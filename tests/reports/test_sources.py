"""What the judgements rest on: every source with its age, and what is lacking said aloud."""

from dataclasses import replace

import pytest

from reports import sources, summary
from reports.report import DataSource, ReportData
from tests.reports.sample import CHECKS, sample

DEBIAN = DataSource("debian", "2025-03-02", 1, "d")
KEV = DataSource("kev", "2025-03-02", 1, "k")
EPSS = DataSource("epss", "2025-03-02", 1, "e")
SUPPORT = DataSource(sources.SUPPORT, "2024-12-01", 92, "s", fresh_days=sources.fresh_days(sources.SUPPORT))


def using(*given: DataSource) -> ReportData:
    return replace(sample(0), checks=CHECKS, sources=given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param((SUPPORT, DEBIAN, KEV, EPSS), [], id="all there"),
        pytest.param((SUPPORT,), ["No advisory feed was loaded"], id="no feed"),
        pytest.param((SUPPORT, KEV, EPSS), ["No advisory feed was loaded"], id="only lists about CVEs"),
        pytest.param((DEBIAN, EPSS), ["No feed brought known exploited vulnerabilities (CISA KEV):"], id="no KEV"),
        pytest.param((DEBIAN,), ["No feed brought known exploited vulnerabilities (CISA KEV) and est"], id="neither"),
        pytest.param((replace(DEBIAN, age_days=7), KEV, EPSS), [], id="a week"),
        pytest.param(
            (replace(DEBIAN, age_days=8), KEV, EPSS), ["Too old is the data of debian (8 days)"], id="too old"
        ),
        pytest.param((DEBIAN, replace(KEV, age_days=-3), EPSS), [], id="newer than the scan"),
    ],
)
def test_limits(given: tuple[DataSource, ...], said: list[str]) -> None:
    limits = sources.limits(using(*given))
    assert len(limits) == len(said)
    assert all(limit.startswith(start) for limit, start in zip(limits, said, strict=True))


def test_nothing_is_lacking_where_nobody_asked() -> None:
    assert sources.limits(replace(using(), checks=CHECKS[:3])) == ()


def test_not_exploited_is_said_only_when_the_list_was_there() -> None:
    assert summary.exploited(using(DEBIAN, KEV)).startswith("Nothing found here is in CISA's list")
    assert summary.exploited(using(DEBIAN)) == ""
    assert summary.exploited(using(KEV)) == ""  # without advisories no CVE is found


@pytest.mark.parametrize(("days", "said"), [(0, "0 days old"), (1, "1 day old"), (-2, "2 days newer than the scan")])
def test_age(days: int, said: str) -> None:
    assert sources.age(replace(KEV, age_days=days)) == said
