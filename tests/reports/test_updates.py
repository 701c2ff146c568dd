"""Update units: one issue each, the worst first, CVEs as members, and what to fix first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.check import Check, Theme
from checks.finding import Member, Severity, Subject
from reports import counting, summary, updates
from reports.report import Issue, Occurrence, ReportData
from tests.reports.sample import CHECKS, START, sample
from tests.reports.sample_updates import PENDING, UNFIXED

RULES = {check.id: check for check in CHECKS}
PATCH = RULES[PENDING]
LISTED = {"kev": "2025-01-01"}


def cve(name: str, severity: Severity | None = Severity.HIGH, **attributes: str) -> Member:
    return Member(name, "fix available", severity, attributes)


def seen(uid: str, severity: Severity | None = None, *members: Member) -> Occurrence:
    subject = Subject("package", "p")
    return Occurrence(
        f"EC-{uid}", uid, uid, uid, subject, "seen", "OPEN", START, 1, (), severity=severity, members=members
    )


def update(name: str, severity: Severity, assets: str, *members: Member, check: Check = PATCH) -> Issue:
    return Issue(check, tuple(seen(uid, severity, *members) for uid in assets), Subject("package", name))


def with_issues(*issues: Issue) -> ReportData:
    return replace(sample(0), issues=updates.worst_first(issues))


def test_an_issue_is_as_severe_as_the_worst_of_its_occurrences() -> None:
    mixed = Issue(PATCH, (seen("a", Severity.LOW), seen("b", Severity.CRITICAL), seen("c")), Subject("package", "p"))
    assert mixed.severity is Severity.CRITICAL
    assert Issue(PATCH, (seen("a"),)).severity is PATCH.severity
    assert Issue(PATCH, (seen("a", Severity.INFO),)).severity is Severity.INFO
    assert (mixed.title, Issue(PATCH, ()).title) == (f"{PATCH.title}: p", PATCH.title)


def test_the_order_is_severity_then_exploited_then_name() -> None:
    issues = (
        update("c", Severity.HIGH, "a"),
        update("b", Severity.HIGH, "a", cve("CVE-1", **LISTED)),
        update("a", Severity.HIGH, "a"),
        update("d", Severity.CRITICAL, "a"),
        update("e", Severity.LOW, "a", cve("CVE-2", **LISTED)),
    )
    assert [str(i.subject) for i in updates.worst_first(issues)] == [f"package {n}" for n in "dbace"]


def test_a_cve_is_one_row_whatever_the_releases_say_of_it() -> None:
    debian, ubuntu = cve("CVE-1", fixed="1-deb", epss="0.5"), cve("CVE-1", Severity.LOW, fixed="1-ubuntu", epss="0.5")
    again = cve("CVE-1", fixed="1-deb", epss="0.5")
    other = cve("CVE-2", None, epss="not a number")
    issue = Issue(PATCH, (seen("a", None, ubuntu), seen("b", None, debian, other), seen("c", None, again)))
    first, second = updates.vulnerabilities(issue)
    assert (first.id, first.occurrences, first.severity) == ("CVE-1", 3, Severity.HIGH)
    assert first.values("fixed") == ("1-deb", "1-ubuntu")
    assert first.values("kev") == ()
    assert (second.id, second.occurrences, second.severity) == ("CVE-2", 1, None)


@pytest.mark.parametrize(
    ("said", "score"), [("0.25", 0.25), ("", 0.0), ("much", 0.0), ("nan", 0.0), ("7", 0.0), ("-1", 0.0), ("1e999", 0.0)]
)
def test_a_feed_may_send_any_epss(said: str, score: float) -> None:
    assert updates.epss_of(cve("CVE-1", epss=said)) == score


def test_exploited_rows_come_first_then_severity_then_epss() -> None:
    rows = (
        cve("CVE-1", Severity.CRITICAL),
        cve("CVE-2", Severity.LOW, **LISTED),
        cve("CVE-3", Severity.HIGH, epss="0.1"),
        cve("CVE-4", Severity.HIGH, epss="0.9"),
        cve("CVE-5", None, epss="0.99"),
    )
    told = updates.vulnerabilities(Issue(PATCH, (seen("a", None, *rows),)))
    assert [row.id for row in told] == ["CVE-2", "CVE-1", "CVE-4", "CVE-3", "CVE-5"]


def test_members_are_told_once() -> None:
    one, same, other = cve("CVE-1", fixed="1"), cve("CVE-1", fixed="1"), cve("CVE-1", fixed="2")
    table = updates.MemberTable()
    assert table.positions(seen("a", None, one, other)) == [0, 1]
    assert table.positions(seen("b", None, same)) == [0]
    assert table.members == [one, other]


def test_known_exploited_counts_only_where_it_is() -> None:
    issue = Issue(PATCH, (seen("a", None, cve("CVE-1", **LISTED)), seen("b", None, cve("CVE-2"))), Subject("package"))
    unfixed = update("u", Severity.LOW, "bc", cve("CVE-3", **LISTED), check=RULES[UNFIXED])
    told = updates.known_exploited(with_issues(issue, unfixed))
    assert told == updates.Exploited(("CVE-1", "CVE-3"), counting.Units(2, 3, 3, 2), 1)


def test_fix_first_by_hand() -> None:
    """Ten findings count: 5 + 3 + 1 of updates, 1 of a setting. What has no fix is no part of the whole."""
    data = with_issues(
        update("many", Severity.HIGH, "abcde"),
        update("some", Severity.CRITICAL, "cdf"),
        update("one", Severity.CRITICAL, "z"),
        update("exploited", Severity.MEDIUM, "y", cve("CVE-1", **LISTED)),
        update("mild", Severity.LOW, "abcdefgh"),
        update("unfixed", Severity.CRITICAL, "abcdefgh", check=RULES[UNFIXED]),
        Issue(RULES["linux.ssh.root-login"], (seen("a"),)),
    )
    told = updates.fix_first(data, most=3)
    steps = [(summary.unit_name(f.issue), f.gone, f.assets) for f in told.fixes]
    assert steps == [("exploited", 0, 1), ("many", 5, 6), ("some", 8, 7)]
    assert (told.part, told.whole, told.critical, told.all_critical, told.left) == (8, 10, 3, 4, 1)
    assert summary.fix_these(data) == (
        "Install these 4 updates on 8 assets, and 90\u00a0% of the critical and high findings are gone (9 of 10, among "
        "them 4 of 4 critical): exploited, many, some and one."
    )


def test_fix_first_of_an_exploited_update_that_is_mild() -> None:
    data = with_issues(update("mild", Severity.LOW, "ab", cve("CVE-1", **LISTED)))
    assert summary.fix_these(data) == "Install this update on 2 assets, known to be exploited: mild."
    assert summary.fix_these(with_issues()) == ""


SOME = st.builds(
    lambda n, s, assets, kev, theme: update(
        f"p{n}",
        s,
        assets,
        *((cve("CVE-1", **LISTED),) if kev else ()),
        check=replace(PATCH, theme=theme),
    ),
    st.integers(0, 99),
    st.sampled_from(Severity),
    st.text("abcdef", min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([Theme.MISSING_OS_PATCH, Theme.NO_VENDOR_FIX, Theme.WEAK_CONFIG]),
)


@given(st.lists(SOME, max_size=12), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_fix_first_never_promises_more_than_there_is(issues: list[Issue], most: int) -> None:
    data = with_issues(*issues)
    told = updates.fix_first(data, most)
    share = counting.patch_share(data.issues, data.checks)
    assert told.part <= share.part <= told.whole == share.whole
    assert told.critical <= told.all_critical <= told.whole
    assert [f.gone for f in told.fixes] == sorted(f.gone for f in told.fixes)
    assert len(told.fixes) <= most
    assert told.left == 0 or len(told.fixes) == most
    named = {f.issue.subject for f in told.fixes}
    assert told.left > 0 or {i.subject for i in updates.updates(data) if i.exploited} <= named


def test_what_has_no_fix_is_never_a_missing_patch() -> None:
    data = with_issues(update("u", Severity.CRITICAL, "ab", check=RULES[UNFIXED]), update("o", Severity.HIGH, "a"))
    assert counting.patch_share(data.issues, data.checks) == counting.PatchShare(1, 1, ("EC-a",), True, 2)
    assert summary.patches(data).endswith("2 more have no vendor fix and are told apart.")
    assert not any(updates.is_update(i) for i in updates.without_fix(data))
    assert counting.units(data.issues).occurrences == 3


def test_support_that_ends_is_told_by_its_sentences() -> None:
    ending = replace(PATCH, id="linux.eol.os-release", theme=Theme.UNSUPPORTED)
    said = [replace(seen(uid), observed=words) for uid, words in (("a", "ends in May"), ("b", "ended"), ("c", "ended"))]
    issue = Issue(ending, tuple(said))
    data = with_issues(issue, update("eol.p", Severity.LOW, "a"))
    assert updates.lifecycle(data) == (issue,)
    assert updates.alike(issue) == (("ended", ("b", "c")), ("ends in May", ("a",)))


def test_without_a_fix_the_worst_cve_leads() -> None:
    rule = RULES[UNFIXED]
    data = with_issues(
        update("a", Severity.INFO, "a", cve("CVE-1", Severity.LOW), check=rule),
        update("b", Severity.INFO, "a", cve("CVE-2", Severity.CRITICAL), check=rule),
        update("c", Severity.INFO, "a", cve("CVE-3", None, **LISTED), check=rule),
    )
    assert [summary.unit_name(i) for i in updates.by_worst_member(updates.without_fix(data))] == ["c", "b", "a"]


def test_only_a_package_is_an_update() -> None:
    by_cause = Issue(PATCH, (seen("a"),), Subject("cause", "held"))
    assert not updates.is_update(by_cause)
    assert not updates.is_update(Issue(PATCH, (seen("a"),)))
    assert updates.is_update(update("p", Severity.LOW, "a"))


def test_a_package_without_advisories_is_no_weakness() -> None:
    unknown = Member("docker-ce", "third-party package: no advisory source", None, {"evidence": "its own maker"})
    (row,) = updates.vulnerabilities(Issue(PATCH, (seen("a", None, unknown),)))
    assert not row.weakness
    assert all(v.weakness for i in sample().issues for v in updates.vulnerabilities(i))


def test_one_check_with_several_units_fails_on_each_asset_once() -> None:
    data = with_issues(update("a", Severity.HIGH, "xy"), update("b", Severity.LOW, "yz"))
    (row,) = (r for r in counting.check_rows(data) if r.check.id == PENDING)
    assert row.failed == 3
