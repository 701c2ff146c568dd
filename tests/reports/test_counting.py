"""The numbers agree with each other, whatever was found."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.check import Theme
from checks.finding import HOST, Outcome, Severity
from checks.risk import Level
from inventory.asset import Privilege
from inventory.estate import Area
from inventory.facts.missing import Missing, Reason
from reports import counting
from reports.counting import Step, Units
from reports.once import known, once
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from tests.reports.sample import AREAS, CHECKS, START, asset, dark, empty, large, sample

R = TypeVar("R", Severity, Level)


def occurrence(number: int, uid: str) -> Occurrence:
    return Occurrence(f"EC-{number:04d}", f"f{number}", uid, uid, HOST, "seen", "OPEN", START, 1, ())


@st.composite
def found(draw: st.DrawFn) -> tuple[Issue, ...]:
    issues, number = [], 0
    for n in range(draw(st.integers(0, 8))):
        rule = replace(
            CHECKS[0], id=f"c{n}", severity=draw(st.sampled_from(Severity)), theme=draw(st.sampled_from(Theme))
        )
        uids = draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=6))
        issues.append(Issue(rule, tuple(occurrence(number + k, u) for k, u in enumerate(uids))))
        number += len(uids)
    return tuple(issues)


@given(found())
@settings(max_examples=60, deadline=None)
def test_every_breakdown_adds_up(issues: tuple[Issue, ...]) -> None:
    total = counting.units(issues)
    severities, themes = counting.by_severity(issues), counting.by_theme(issues)
    assert total.occurrences == sum(len(i.occurrences) for i in issues)
    for table in (severities.values(), [u for row in themes.values() for u in row.values()]):
        units = list(table)
        assert sum(u.issues for u in units) == total.issues
        assert sum(u.occurrences for u in units) == total.occurrences
        assert all(u.issues <= u.occurrences and u.assets <= u.occurrences for u in units)
    assert sum(counting.assets_by_worst(issues).values()) == total.assets
    assert counting.assets_by_worst(issues) == _one_by_one(issues, lambda issue: issue.severity, tuple(Severity))
    assert counting.assets_by_worst_risk(issues) == _one_by_one(issues, lambda issue: issue.level, tuple(Level))
    assert all(n <= severities[s].assets for s, n in counting.assets_by_worst(issues).items())
    assert sum(counting.by_state(issues).values()) == total.occurrences
    patch = counting.patch_share(issues, CHECKS)
    assert patch.part <= patch.whole
    assert patch.whole + patch.without_fix == sum(severities[s].occurrences for s in counting.WORST)


def _one_by_one(issues: tuple[Issue, ...], rated: Callable[[Issue], R], ranks: Iterable[R]) -> dict[R, int]:
    """The worst of each asset, found asset by asset."""
    uids = {uid for issue in issues for uid in issue.assets}
    worst = [min((rated(i) for i in issues if uid in i.assets), key=lambda one: one.rank) for uid in uids]
    return {rank: worst.count(rank) for rank in ranks}


def coverage(attempted: bool, reached: bool, logged_in: bool, checks: dict[Outcome, int], number: int) -> AssetCoverage:
    missing = None if logged_in else Missing(Reason.TIMED_OUT)
    return AssetCoverage(
        str(number), asset(number), attempted, reached, logged_in, Privilege.USER, missing, 0.0, "", checks
    )


COVERAGES = st.builds(
    coverage,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.dictionaries(st.sampled_from(Outcome), st.integers(0, 3)),
    st.integers(0, 40),
)


@given(st.lists(COVERAGES, max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_funnel_never_widens_and_shares_stay_within_bounds(assets: list[AssetCoverage]) -> None:
    data = replace(sample(0), assets=tuple(assets))
    steps = list(counting.funnel(assets).values())
    assert steps[0] == len(assets)
    assert steps == sorted(steps, reverse=True)
    rows = counting.by_area(data)
    assert sum(r.known for r in rows) == len(assets)
    assert sum(r.steps[Step.LOGGED_IN] for r in rows) == counting.funnel(assets)[Step.LOGGED_IN]
    for weight in counting.weights(data, rows):
        shares = list(weight.shares.values())
        assert all(0 <= s <= 1 for s in shares)
        assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("asset_coverage", "step"),
    [
        pytest.param(coverage(False, False, False, {}, 1), Step.KNOWN, id="never tried"),
        pytest.param(coverage(True, False, False, {}, 1), Step.ATTEMPTED, id="no answer"),
        pytest.param(coverage(True, True, False, {}, 1), Step.REACHED, id="refused"),
        pytest.param(coverage(True, True, True, {}, 1), Step.LOGGED_IN, id="nothing judged is not all judged"),
        pytest.param(coverage(True, True, True, {Outcome.PASS: 2, Outcome.ERROR: 1}, 1), Step.LOGGED_IN, id="error"),
        pytest.param(
            coverage(True, True, True, {Outcome.PASS: 2, Outcome.NOT_ASSESSED: 1}, 1), Step.LOGGED_IN, id="gap"
        ),
        pytest.param(
            coverage(True, True, True, {Outcome.PASS: 2, Outcome.FAIL: 1}, 1), Step.FULLY_ASSESSED, id="all judged"
        ),
    ],
)
def test_how_far_the_scan_got(asset_coverage: AssetCoverage, step: Step) -> None:
    assert counting.step_of(asset_coverage) is step


@pytest.mark.parametrize("data", [sample(), dark(), empty(), large(10, 10)], ids=["sample", "dark", "empty", "large"])
def test_gaps_are_counted_the_same_from_every_side(data: ReportData) -> None:
    gaps = counting.all_gaps(data)
    assert sum(g.judgements for g in counting.gaps_by_reason(gaps)) == len(gaps)
    assert sum(g.judgements for g in counting.gaps_by_check(gaps)) == len(gaps)
    assert sum(counting.gaps_by_severity(gaps).values()) == len(gaps)
    assert sum(r.not_assessed + r.errors for r in counting.check_rows(data)) == len(gaps)


def test_every_judgement_of_the_sample_is_accounted_for() -> None:
    data = sample()
    rows = counting.check_rows(data)
    ended = sum(r.passed + r.failed + r.not_assessed + r.errors for r in rows)
    assert ended == len(data.assets) * len(data.checks) == 540
    failing = {(i.check.id, o.asset_uid) for i in data.issues for o in i.occurrences}
    assert sum(r.failed for r in rows) == len(failing) < counting.units(data.issues).occurrences


def test_a_host_without_any_record_has_all_its_checks_as_gaps() -> None:
    data = dark()
    assert len(data.gaps) == 0
    assert len(counting.implied_gaps(data)) == len(data.assets) * len(data.checks)
    reasons = {g.reason: g.judgements for g in counting.gaps_by_reason(counting.all_gaps(data))}
    assert reasons == {"not attempted": 270, "unreachable": 270}


def test_recorded_gaps_are_not_counted_twice() -> None:
    data = dark()
    recorded = replace(data, gaps=counting.implied_gaps(data))
    assert counting.implied_gaps(recorded) == ()


def test_weights_of_two_areas_by_hand() -> None:
    """One area of 300 users with 1 of 2 assets logged in, one of 100 users with none, one without a number."""
    areas = {"a": Area("a", "A", users=300), "b": Area("b", "B", users=100), "c": Area("c", "C")}

    def at(area: str, login: bool, number: int) -> AssetCoverage:
        one = coverage(True, login, login, {}, number)
        return replace(one, asset=replace(one.asset, area=area))

    data = replace(
        sample(0), areas=areas, assets=(at("a", True, 1), at("a", False, 2), at("b", False, 3), at("c", True, 4))
    )
    by_users = counting.weighted(counting.by_area(data), "users")
    assert by_users is not None
    assert by_users.shares[Step.LOGGED_IN] == Fraction(300, 2 * 400)
    assert by_users.left_out == ("C",)
    assert counting.weighted(counting.by_area(data), "budget") is None


def test_areas_without_assets_and_assets_without_an_area_are_named() -> None:
    rows = {r.area.name: r for r in counting.by_area(sample())}
    assert set(rows) == {a.name for a in AREAS.values()} | {"No area given"}
    assert rows["Estuary Records Office"].known == 0
    assert not rows["Estuary Records Office"].operating
    assert list(rows)[-1] == "No area given"


def test_units_count_an_asset_once() -> None:
    issue = Issue(CHECKS[0], (occurrence(1, "a"), occurrence(2, "a"), occurrence(3, "b")))
    assert counting.units([issue, issue]) == Units(2, 6, 2, 1)


def test_patch_share_says_when_nobody_asked() -> None:
    asked_not = [c for c in CHECKS if c.theme not in counting.PATCH_THEMES]
    assert not counting.patch_share((), asked_not).asked
    assert counting.patch_share((), CHECKS).asked


def test_an_area_counts_what_is_on_its_own_assets() -> None:
    """Held against counting it area by area; one machine may stand under two names in two areas."""
    data = large(12, 3)
    twin = replace(data.assets[0], asset=replace(data.assets[0].asset, name="twin", area="elsewhere"))
    data = replace(data, assets=(*data.assets, twin))
    for row in counting.by_area(data):
        uids = {a.uid for a in data.assets if (a.asset.area or "") == row.area.id}
        hit = [replace(i, occurrences=tuple(o for o in i.occurrences if o.asset_uid in uids)) for i in data.issues]
        assert row.units == counting.units(i for i in hit if i.occurrences)


def test_what_is_worked_out_once_is_forgotten_with_its_data() -> None:
    asked = list[int]()

    @once
    def tally(data: ReportData) -> int:
        asked.append(data.scan_id)
        return len(data.assets)

    data = replace(sample())
    assert tally(data) == tally(data) == len(data.assets)
    assert len(asked) == 1
    assert tally(replace(data, assets=())) == 0
    key = id(data)
    del data
    assert key not in known
