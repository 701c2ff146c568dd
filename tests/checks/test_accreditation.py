"""The verdict: each rule, the gate and its ceiling, what would change it, and what must hold for every policy."""

from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.accreditation import Basis, DataAge, Held, Line, Part, Weighed, bases_of, judge
from checks.accreditation_policy import PolicyError, parse, shipped
from checks.accreditation_rules import Policy, Verdict
from checks.check import Theme
from checks.coverage import Looked, Step
from checks.finding import Severity
from inventory.estate import Area

AREAS = {f"a{n:02d}": Area(f"a{n:02d}", f"Court {n:02d}") for n in range(42)}


def looked(n: int, step: Step = Step.FULLY_ASSESSED, **more: object) -> Looked:
    made = Looked(f"u{n}", f"host-{n:02d}", step, area=f"a{n % 42:02d}", service="case", exposure="internal")
    return replace(made, **more)  # type: ignore[arg-type]  # fields of Looked


def held(n: int, level: Severity = Severity.CRITICAL, **more: bool) -> Held:
    return Held(f"EC-{n:04d}", f"u{n}", level, **more)


def issue(key: str, *occurrences: Held, theme: Theme = Theme.MISSING_OS_PATCH) -> Weighed:
    return Weighed(key, f"Title of {key}", theme, occurrences)


def estate(*issues: Weighed, assets: tuple[Looked, ...] = tuple(map(looked, range(42))), **more: object) -> Basis:
    made = Basis("estate", "Estate", assets, AREAS, issues, (DataAge("debian", 1),), by_risk=True, has_clocks=True)
    return replace(made, **more)  # type: ignore[arg-type]  # fields of Basis


def line(basis: Basis, rule: str, policy: Policy | None = None) -> Line:
    told = judge(policy or shipped(), basis)
    return next(one for one in (*told.gate, *told.rules) if one.rule.id == rule)


def test_nothing_found_and_everything_looked_at_is_accredited() -> None:
    told = judge(shipped(), estate())
    assert (told.verdict, told.ceiling, told.failed, told.regain) == (Verdict.ACCREDIT, Verdict.ACCREDIT, (), ())


@pytest.mark.parametrize(
    ("found", "verdict", "rules"),
    [
        pytest.param([held(1)], Verdict.DOWNGRADE, {"critical", "high"}, id="critical"),
        pytest.param([held(1, overdue=True)], Verdict.WITHDRAW, {"critical-overdue", "critical", "high", "overdue"}),
        pytest.param([held(1, Severity.HIGH)], Verdict.CONDITIONS, {"high"}, id="high"),
        pytest.param([held(1, Severity.HIGH, overdue=True)], Verdict.CONDITIONS, {"high", "overdue"}),
        pytest.param([held(1, Severity.MEDIUM)], Verdict.ACCREDIT, set(), id="medium"),
        pytest.param([held(1, Severity.MEDIUM, overdue=True)], Verdict.CONDITIONS, {"overdue"}),
        pytest.param([held(1, accepted=True)], Verdict.CONDITIONS, {"accepted"}, id="accepted"),
        pytest.param([held(1, Severity.LOW, exploited=True)], Verdict.ACCREDIT, set(), id="exploited inside"),
        pytest.param(
            [held(1, Severity.LOW, exploited=True, exposed=True)], Verdict.WITHDRAW, {"exploited-outside"}, id="outside"
        ),
    ],
)
def test_what_each_finding_does(found: list[Held], verdict: Verdict, rules: set[str]) -> None:
    told = judge(shipped(), estate(issue("x", *found)))
    assert told.verdict is verdict
    assert {one.rule.id for one in told.failed} == rules
    assert all(one.refs == ("EC-0001",) for one in told.failed)


def test_eleven_high_issues_are_one_too_many() -> None:
    ten = [issue(f"i{n}", held(n, Severity.HIGH)) for n in range(10)]
    assert judge(shipped(), estate(*ten)).verdict is Verdict.CONDITIONS
    more = estate(*ten, issue("i10", held(10, Severity.HIGH)))
    told = judge(shipped(), more)
    assert told.verdict is Verdict.DOWNGRADE
    assert line(more, "many-high").measured == 11
    (nearest, best) = told.regain
    assert (nearest.verdict, len(nearest.fix), nearest.proven_smallest) == (Verdict.CONDITIONS, 1, True)
    assert (best.verdict, len(best.fix), best.proven_smallest) == (Verdict.ACCREDIT, 11, True)


def test_one_unassessed_area_of_42_is_insufficient_evidence_and_is_named() -> None:
    """Proof 15."""
    assets = tuple(looked(n, Step.ATTEMPTED if n == 17 else Step.FULLY_ASSESSED) for n in range(42))
    told = judge(shipped(), estate(assets=assets))
    assert told.verdict is Verdict.INSUFFICIENT
    (gate,) = (one for one in told.gate if not one.holds)
    assert gate.parts == (Part("Court 17", 0, 1),)
    assert gate.names == ("host-17",)
    assert gate.measured == 0
    assert told.ceiling is Verdict.CONDITIONS  # the rules still speak: not everywhere


def test_the_ceiling_is_told_below_the_gate() -> None:
    assets = tuple(looked(n, Step.REACHED if n == 3 else Step.FULLY_ASSESSED) for n in range(42))
    told = judge(shipped(), estate(issue("x", held(3, overdue=True)), assets=assets))
    assert (told.verdict, told.ceiling) == (Verdict.INSUFFICIENT, Verdict.WITHDRAW)


def test_an_area_without_an_asset_is_not_covered() -> None:
    told = judge(shipped(), estate(assets=tuple(looked(n) for n in range(41))))
    assert told.verdict is Verdict.INSUFFICIENT
    assert told.gate[1].parts == (Part("Court 41", 0, 0),)


def test_assets_without_an_area_are_a_place_of_their_own() -> None:
    lost = looked(99, Step.REACHED, area="")
    told = judge(shipped(), estate(assets=(*map(looked, range(42)), lost)))
    assert told.gate[1].parts == (Part("No area given", 0, 1),)


@pytest.mark.parametrize(("missed", "holds"), [(1, True), (2, False)])
def test_ninety_five_per_cent_is_exact(missed: int, holds: bool) -> None:
    assets = tuple(looked(42 * n, Step.REACHED if n < missed else Step.LOGGED_IN) for n in range(20))
    rule = line(estate(assets=assets, areas={"a00": AREAS["a00"]}), "logged-in")
    assert (rule.holds, rule.measured) == (holds, Fraction(20 - missed, 20))


@pytest.mark.parametrize(
    ("exposure", "step", "holds"),
    [
        ("internet", Step.ATTEMPTED, False),
        ("third-party", Step.ATTEMPTED, False),
        (None, Step.ATTEMPTED, False),
        ("internal", Step.ATTEMPTED, True),
        ("internet", Step.REACHED, True),
    ],
)
def test_everything_outside_must_have_been_reached(exposure: str | None, step: Step, holds: bool) -> None:
    """What nobody said counts as outside: silence must not help."""
    assets = (*map(looked, range(42)), *(looked(42 + n) for n in range(42)), looked(84, step, exposure=exposure))
    assert line(estate(assets=assets), "external").holds is holds


def test_what_has_no_log_in_need_only_be_reached() -> None:
    door = looked(0, Step.REACHED, has_login=False)
    told = judge(shipped(), estate(assets=(door, *map(looked, range(1, 42)))))
    assert told.verdict is Verdict.ACCREDIT


@pytest.mark.parametrize(
    ("age", "holds"),
    [
        (DataAge("debian", 7), True),
        (DataAge("debian", 8), False),
        (DataAge("kev", None), False),
        (DataAge("support dates", 180, 180), True),
        (DataAge("support dates", 181, 180), False),
        (DataAge("newer than the scan", -3), True),
    ],
)
def test_data_must_be_there_and_new(age: DataAge, holds: bool) -> None:
    rule = line(estate(data=(DataAge("epss", 0), age)), "data")
    assert rule.holds is holds
    assert rule.names == (() if holds else (age.name,))


def test_without_clocks_nobody_knows_what_is_overdue() -> None:
    told = judge(shipped(), estate(issue("x", held(1)), has_clocks=False))
    assert (told.verdict, told.ceiling) == (Verdict.INSUFFICIENT, Verdict.DOWNGRADE)
    assert {one.rule.id for one in told.rules if one.measured is None} == {"critical-overdue", "overdue"}


def test_an_identity_in_doubt_is_a_condition() -> None:
    told = judge(shipped(), estate(in_doubt=("host-07",)))
    assert told.verdict is Verdict.CONDITIONS
    assert told.failed[0].names == ("host-07",)
    assert told.regain[0].rules_beside == ("identity",)


def test_a_service_is_judged_by_its_own_assets_and_areas() -> None:
    other = looked(1, Step.ATTEMPTED, service="mail")
    whole = estate(issue("x", held(0), held(1)), assets=(looked(0), other, *map(looked, range(2, 42))))
    first, case, mail = (judge(shipped(), one) for one in bases_of(whole, {"mail": "Mail", "case": "Case File"}))
    assert (first.subject, case.subject, mail.subject) == ("estate", "service:case", "service:mail")
    assert first.verdict is Verdict.INSUFFICIENT
    assert case.verdict is Verdict.DOWNGRADE
    assert mail.verdict is Verdict.INSUFFICIENT
    assert [part.name for part in mail.gate[1].parts] == ["Court 01"]
    assert [one.refs for one in case.rules if one.rule.id == "critical"] == [("EC-0000",)]


def test_a_service_without_an_asset_has_no_evidence() -> None:
    (_, empty) = (judge(shipped(), one) for one in bases_of(estate(), {"new": "New"}))
    assert empty.verdict is Verdict.INSUFFICIENT


# what holds for every policy and every estate

LEVELS = st.sampled_from([Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW])
HELD = st.builds(
    Held,
    st.just("EC-0001"),
    st.sampled_from(["u0", "u1", "u2", "u3"]),
    LEVELS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
ISSUES = st.lists(st.tuples(st.sampled_from(Theme), st.lists(HELD, min_size=1, max_size=4)), max_size=8)


@st.composite
def bounds(draw: st.DrawFn) -> str:
    """A rule of a policy, as YAML in one line."""
    said = [f"count: {draw(st.sampled_from(['issues', 'occurrences']))}", f"at_most: {draw(st.integers(0, 6))}"]
    said += [f"{flag}: true" for flag in ("exploited", "exposed", "overdue", "accepted") if draw(st.booleans())]
    if draw(st.booleans()):
        said.append(f"level: {draw(LEVELS).value}")
    if draw(st.booleans()):
        said.append(f"themes: [{draw(st.sampled_from(Theme)).name}]")
    return f"{', '.join(said)}, otherwise: {draw(st.sampled_from(list(Verdict)[1:4])).value}"


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = draw(st.lists(bounds(), min_size=1, max_size=5))
    gate = "{id: g, title: G, coverage: logged in, per: area, at_least: 95}"
    lines = "\n".join(f"  - {{id: r{n}, title: R, {rule}}}" for n, rule in enumerate(rules))
    return parse(f'name: p\nversion: "1"\ndate: "2026-01-01"\nsource: s\ngate:\n  - {gate}\nrules:\n{lines}\n')


@st.composite
def estates(draw: st.DrawFn) -> Basis:
    found = [issue(f"i{n}", *held_, theme=theme) for n, (theme, held_) in enumerate(draw(ISSUES))]
    steps = draw(st.lists(st.sampled_from(Step), min_size=4, max_size=4))
    assets = tuple(looked(n, step, exposure=None if n == 2 else "internal") for n, step in enumerate(steps))
    areas = {key: AREAS[key] for key in ("a00", "a01", "a02", "a03")}
    return estate(*found, assets=assets, areas=areas, data=(DataAge("debian", draw(st.integers(0, 9))),))


@given(policies(), estates(), st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_fixing_more_never_worsens_it(policy: Policy, basis: Basis, data: st.DataObject) -> None:
    before = judge(policy, basis)
    kept = []
    for one in basis.issues:
        left = tuple(h for h in one.held if not data.draw(st.booleans()))
        kept += [replace(one, held=left)] if left else []
    after = judge(policy, replace(basis, issues=tuple(kept)))
    assert after.ceiling.rank <= before.ceiling.rank
    assert after.verdict.rank <= before.verdict.rank


@given(st.one_of(policies(), st.just(shipped())), estates(), st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_less_evidence_never_betters_it(policy: Policy, basis: Basis, data: st.DataObject) -> None:
    """Findings stay, as the record keeps them; looks are lost, data ages or goes, exposure is forgotten."""
    less = tuple(replace(a, step=Step(data.draw(st.sampled_from(list(Step)[: a.step.rank + 1])))) for a in basis.assets)
    less = tuple(replace(a, exposure=None) if data.draw(st.booleans()) else a for a in less)
    ages = tuple(replace(d, days=data.draw(st.none() | st.integers(d.days or 0, 99))) for d in basis.data)
    doubt = tuple(a.name for a in less if data.draw(st.booleans()))
    before, after = judge(policy, basis), judge(policy, replace(basis, assets=less, data=ages, in_doubt=doubt))
    assert after.ceiling.rank >= before.ceiling.rank
    assert after.verdict.rank >= before.verdict.rank


@given(policies(), estates())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_fixing_what_is_named_gives_what_is_promised(policy: Policy, basis: Basis) -> None:
    told = judge(policy, basis)
    for regain in told.regain:
        left = tuple(one for one in basis.issues if one.key not in regain.fix)
        after = judge(policy, replace(basis, issues=left))
        assert regain.rules_beside or after.ceiling.rank <= regain.verdict.rank
        assert set(regain.fix) <= {one.key for one in basis.issues}


def fewest(policy: Policy, basis: Basis, target: Verdict) -> int:
    """By trying every set: the oracle."""
    keys = [one.key for one in basis.issues]
    sets = (frozenset(chosen) for size in range(len(keys) + 1) for chosen in combinations(keys, size))
    return next(
        len(chosen)
        for chosen in sets
        if judge(policy, replace(basis, issues=tuple(i for i in basis.issues if i.key not in chosen))).ceiling.rank
        <= target.rank
    )


@given(policies(), estates())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_is_called_the_fewest_is(policy: Policy, basis: Basis) -> None:
    basis = replace(basis, issues=basis.issues[:5])
    for regain in judge(policy, basis).regain:
        if regain.proven_smallest and not regain.rules_beside:
            assert len(regain.fix) == fewest(policy, basis, regain.verdict)


def test_what_cannot_be_proven_is_said() -> None:
    """Two limits over shared issues: greedy takes what helps both, and three are still needed here."""
    text = (
        'name: p\nversion: "1"\ndate: "2026-01-01"\nsource: s\n'
        "gate:\n  - {id: g, title: G, coverage: reached, at_least: 0}\nrules:\n"
        "  - {id: a, title: A, count: issues, exploited: true, at_most: 1, otherwise: WITHDRAW}\n"
        "  - {id: b, title: B, count: issues, exposed: true, at_most: 1, otherwise: WITHDRAW}\n"
    )
    found = [issue(f"a{n}", held(n, exploited=True)) for n in range(3)]
    found += [issue(f"b{n}", held(n, exposed=True)) for n in range(3)]
    (regain, *_) = judge(parse(text), estate(*found)).regain
    assert (len(regain.fix), regain.proven_smallest) == (4, False)


# the file

POLICY_FILE = files("checks").joinpath("policy", "accreditation.yaml").read_text("utf-8")


def test_the_shipped_policy_reads_the_same_from_json() -> None:
    assert parse(shipped().text) == shipped()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (
            "level: critical",
            "level: crticial",
            '`level` must be one of critical, high, medium, low, info; did you mean "c',
        ),
        ("at_most: 10", "at_most: -1", "`at_most` must be a whole number from 0 to"),
        ("at_most: 10", 'at_most: "10"', "`at_most` must be a whole number"),
        ("at_most: 10", "at_least: 10", 'unknown key "at_least"; did you mean "at_most"?'),
        ("otherwise: DOWNGRADE", "otherwise: ACCREDIT", "`otherwise` must be one of ACCREDIT WITH CONDITIONS, DOWN"),
        ("id: many-high", "id: critical", 'the id "critical" is here twice'),
        ("coverage: reached\n    of: external", "count: issues", "what was found does not belong to the gate"),
        ("at_least: 95", "at_least: 101", "`at_least` must be a whole number from 0 to 100"),
        ("coverage: reached", "coverage: known", "`coverage` must be one of attempted, reached"),
        ("version: ", "verzion: ", 'unknown key "verzion"; did you mean "version"?'),
        ('version: "1"', "version: 1", "`version` must be a text of at most 1000 characters; put it in quotes"),
        ("exploited: true", "exploited: 1", "`exploited` must be true or false"),
        ("overdue: true", "themes: [PATCHES]", "`themes` must be a list of MISSING_OS_PATCH"),
    ],
)
def test_a_bad_policy_is_one_sentence_with_its_line(wrong: str, right: str, said: str) -> None:
    text = POLICY_FILE
    assert wrong in text
    where = text[: text.index(wrong)].count("\n") + 1
    with pytest.raises(PolicyError) as raised:
        parse(text.replace(wrong, right, 1), "own.yaml")
    message = str(raised.value)
    assert said in message
    assert message.startswith("own.yaml:")
    assert abs(int(message.split(":")[1]) - where) <= 21
    assert "\n" not in message


def test_a_gate_without_coverage_is_refused() -> None:
    text = POLICY_FILE[: POLICY_FILE.index("gate:")] + (
        "gate:\n  - {id: d, title: D, data_days: 7}\nrules:\n"
        "  - {id: a, title: A, count: issues, at_most: 0, otherwise: WITHDRAW}\n"
    )
    with pytest.raises(PolicyError, match="a gate needs a line of coverage"):
        parse(text)


@pytest.mark.parametrize("text", ["", "- a", "a: [", "gate: 1\n", "name: &a [*a]\n", "\0", "[" * 5_000, "#" * 200_001])
def test_what_is_no_policy_is_said(text: str) -> None:
    with pytest.raises(PolicyError, match="own:"):
        parse(text, "own")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("[" * 50_000, "own:1: nested more than 50 deep", id="deep"),
        pytest.param("name: &a b\nversion: *a\n", r"own:2: an alias \(\*\) is not allowed here", id="alias"),
    ],
)
def test_what_would_end_the_process_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        parse(text, "own")


def test_a_bound_measures_what_it_names() -> None:
    """Occurrences are counted one by one, issues once."""
    basis = estate(issue("x", held(1), held(2)), issue("y", held(3, Severity.HIGH)))
    assert line(basis, "critical").measured == 1
    assert line(basis, "high").measured == 2
    assert line(basis, "high").refs == ("EC-0001", "EC-0002", "EC-0003")
