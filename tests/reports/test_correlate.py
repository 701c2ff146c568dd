"""One weakness that several tools saw is one issue with several sources, ours first; what only looks alike is not."""

from datetime import UTC, datetime

import pytest

from checks.advisories.verdict import Verdict
from checks.check import Check, Remedy, Theme
from checks.equivalents import Equivalent, Equivalents
from checks.finding import HOST, CheckRun, Member, Outcome, Severity, Subject
from inventory.asset import Privilege
from reports.correlate import Reported, correlate, port_of
from reports.counting import units
from reports.imported import SeenBy
from reports.report import Issue, Occurrence

SEEN = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = Equivalents(
    "1", (Equivalent("tls.proto.old", "the same handshake", ("import.testssl.SSL*", "import.sslyze.ssl3")),)
)
NUMBERS = iter(range(1, 10_000))


def check(name: str, theme: Theme = Theme.WEAK_CRYPTO, severity: Severity = Severity.HIGH) -> Check:
    return Check(name, name, severity, theme, "why", Remedy("do"), (), Privilege.NONE, lambda _: ())


def occurrence(name: str, asset: str = "web-1", subject: Subject = HOST, *cves: str) -> Occurrence:
    number = next(NUMBERS)
    members = tuple(Member(cve, Verdict.FIX_AVAILABLE.value) for cve in cves)
    return Occurrence(
        ref=f"EC-{number:04d}",
        fingerprint=f"{number:064d}",
        asset_uid=f"uid-{asset}",
        asset=asset,
        subject=subject,
        observed="seen",
        state="OPEN",
        first_seen=SEEN,
        episode=1,
        evidence=(),
        check_id=name,
        members=members,
    )


def ours(name: str, *occurrences: Occurrence, theme: Theme = Theme.WEAK_CRYPTO, unit: Subject | None = None) -> Issue:
    return Issue(check(name, theme), occurrences, unit)


def theirs(
    name: str, asset: str = "web-1", subject: Subject = HOST, *cves: str, theme: Theme = Theme.WEAK_CRYPTO
) -> Reported:
    seen = occurrence(name, asset, subject, *cves)
    return Reported(check(name, theme), seen, SeenBy(name.split(".")[1], "1", "", seen.ref, name, "seen", SEEN))


def port(number: int) -> Subject:
    return Subject("port", f"tcp/{number}")


def told(issues: tuple[Issue, ...]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Check -> asset and tools of each occurrence."""
    return [
        (issue.check.id, [(o.asset, [source.tool for source in o.sources]) for o in issue.occurrences])
        for issue in issues
    ]


TLS = Subject("tls", "www.example.org:443")


def test_the_same_weakness_at_the_same_port_is_counted_once_with_ours_first() -> None:
    mine = ours("tls.proto.old", occurrence("tls.proto.old", "web-1", TLS))
    found = correlate(
        [mine],
        [theirs("import.testssl.SSLv3", "web-1", port(443)), theirs("import.sslyze.ssl3", "web-1", port(443))],
        TABLE,
    )
    assert told(found) == [("tls.proto.old", [("web-1", ["estatecheck", "sslyze", "testssl"])])]
    assert found[0].occurrences[0].ref == mine.occurrences[0].ref


def test_another_port_or_another_asset_is_another_occurrence_of_the_same_issue() -> None:
    mine = ours("tls.proto.old", occurrence("tls.proto.old", "web-1", TLS))
    reported = [theirs("import.sslyze.ssl3", "web-1", port(8443)), theirs("import.sslyze.ssl3", "web-2", port(443))]
    found = correlate([mine], reported, TABLE)
    assert told(found) == [("tls.proto.old", [("web-1", []), ("web-1", ["sslyze"]), ("web-2", ["sslyze"])])]
    counted = units(found)
    assert (counted.issues, counted.occurrences, counted.assets) == (1, 3, 2)


def test_two_other_tools_are_one_issue_where_we_saw_nothing() -> None:
    reported = [theirs("import.testssl.SSLv3", "web-1", port(443)), theirs("import.sslyze.ssl3", "web-1", port(443))]
    assert told(correlate([], reported, TABLE)) == [("import.sslyze.ssl3", [("web-1", ["sslyze", "testssl"])])]


def test_two_rules_of_one_tool_stay_two_occurrences() -> None:
    reported = [theirs("import.testssl.SSLv2", "web-1", port(443)), theirs("import.testssl.SSLv3", "web-1", port(443))]
    [issue] = correlate([], reported, TABLE)
    assert len(issue.occurrences) == 2


def update(package: str, *cves: str, asset: str = "web-1") -> Issue:
    unit = Subject("package", package)
    return ours(
        "linux.patch.x", occurrence("linux.patch.x", asset, unit, *cves), theme=Theme.MISSING_OS_PATCH, unit=unit
    )


def test_a_missing_update_is_told_by_its_package() -> None:
    listed = theirs(
        "import.trivy.missing-update", "web-1", Subject("package", "openssl"), "CVE-1-1", theme=Theme.MISSING_OS_PATCH
    )
    found = correlate([update("openssl", "CVE-1-1", "CVE-1-2")], [listed], TABLE)
    assert told(found) == [("linux.patch.x", [("web-1", ["estatecheck", "trivy"])])]


@pytest.mark.parametrize(
    ("package", "theme"),
    [
        pytest.param("libssl", Theme.MISSING_OS_PATCH, id="another package"),
        pytest.param("openssl", Theme.NO_VENDOR_FIX, id="without a fix"),
    ],
)
def test_another_package_or_one_without_a_fix_is_apart(package: str, theme: Theme) -> None:
    listed = theirs("import.trivy.x", "web-1", Subject("package", package), "CVE-1-1", theme=theme)
    assert len(correlate([update("openssl", "CVE-1-1")], [listed], TABLE)) == 2


def test_cves_alone_tell_when_exactly_one_of_ours_has_them_all() -> None:
    plugin = theirs("import.nessus.7", "web-1", HOST, "CVE-1-1", theme=Theme.WEAK_CONFIG)
    assert len(correlate([update("openssl", "CVE-1-1", "CVE-1-2")], [plugin], TABLE)) == 1
    both = [update("openssl", "CVE-1-1"), update("nodejs", "CVE-1-1")]
    assert len(correlate(both, [plugin], TABLE)) == 3  # it could be either
    more = theirs("import.nessus.7", "web-1", HOST, "CVE-1-1", "CVE-9-9", theme=Theme.WEAK_CONFIG)
    assert len(correlate([update("openssl", "CVE-1-1")], [more], TABLE)) == 2  # it names one that ours does not close
    elsewhere = theirs("import.nessus.7", "web-2", HOST, "CVE-1-1", theme=Theme.WEAK_CONFIG)
    assert len(correlate([update("openssl", "CVE-1-1")], [elsewhere], TABLE)) == 2


def test_the_same_cves_of_two_tools_are_one_issue() -> None:
    reported = [
        theirs("import.nessus.7", "web-1", port(443), "CVE-2014-0160"),
        theirs("import.openvas.1.3", "web-1", port(443), "CVE-2014-0160"),
        theirs("import.openvas.1.3", "web-1", port(8443), "CVE-2014-0160"),
    ]
    [issue] = correlate([], reported, TABLE)
    assert [len(o.sources) for o in issue.occurrences] == [2, 1]


def test_what_has_nothing_in_common_is_never_folded() -> None:
    reported = [
        theirs("import.nessus.7"),
        theirs("import.lynis.AUTH-1"),
        theirs("import.nessus.8", "web-1", HOST, "CVE-1-1"),
    ]
    assert len(correlate([], reported, TABLE)) == 3


def test_every_finding_is_told_exactly_once_and_in_the_same_order() -> None:
    mine = [ours("tls.proto.old", occurrence("tls.proto.old", "web-1", TLS)), update("openssl", "CVE-1-1", "CVE-1-2")]
    reported = [
        theirs(name, asset, subject, *cves)
        for name in ("import.testssl.SSLv3", "import.sslyze.ssl3", "import.nessus.1")
        for asset in ("web-1", "web-2")
        for subject in (HOST, port(443), Subject("package", "openssl"))
        for cves in ((), ("CVE-1-1",))
    ]
    found = correlate(mine, reported, TABLE)
    named = [
        source.ref for issue in found for o in issue.occurrences for source in o.sources if source.tool != "estatecheck"
    ]
    assert sorted(named) == sorted(one.occurrence.ref for one in reported)
    assert correlate(mine, list(reversed(reported)), TABLE) == found


def test_without_imports_nothing_changes() -> None:
    mine = (update("openssl", "CVE-1-1"),)
    assert correlate(mine, [], TABLE) == mine


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        (port(443), "443"),
        (TLS, "443"),
        (Subject("ssh", "[2001:db8::1]:22"), "22"),
        (HOST, ""),
        (Subject("file", "a:1"), ""),
    ],
)
def test_ports_of_all_spellings(subject: Subject, number: str) -> None:
    assert port_of(subject) == number


def test_where_our_own_check_passed_that_is_told_beside_it() -> None:
    passed = CheckRun("tls.proto.old", 1, Outcome.PASS, "TLS 1.2 and newer only", Subject("tls", "a.example.org:443"))
    passes = {("uid-web-1", "tls.proto.old"): [passed]}
    [issue] = correlate([], [theirs("import.sslyze.ssl3", subject=port(443))], TABLE, passes)
    assert [(s.tool, s.disagrees, s.observed) for s in issue.occurrences[0].sources] == [
        ("sslyze", False, "seen"), ("estatecheck", True, "TLS 1.2 and newer only")
    ]  # fmt: skip
    assert "disagrees" in issue.occurrences[0].sources[1].name
    for elsewhere in (
        theirs("import.sslyze.ssl3", "web-2", port(443)),
        theirs("import.sslyze.ssl3", subject=port(8443)),
    ):
        [issue] = correlate([], [elsewhere], TABLE, passes)
        assert [source.tool for source in issue.occurrences[0].sources] == ["sslyze"]
