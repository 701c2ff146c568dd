"""Package lists that somebody supplied: what they leave out is said, and never made a pass."""

from collections.abc import Iterable

import pytest

from checks.advisories.chapters import by_subscription, unspoken, without_fix
from checks.advisories.model import Statement
from checks.advisories.opinions import Host
from checks.advisories.pending import pending_by_both
from checks.finding import Ruling
from inventory.facts.packages import Package, Packages
from tests.checks.advisories.made import feed, fix, opinion, rpm, system

OPENSSL = fix("CVE-1", "3.0.15-1", "DSA-1")
SAYS = "the debian feed of 2026-03-02 says so, the host's own list could not be had"
NO_SOURCES = "matched by name, as the list names no source packages"
EITHER = "removed packages may be in the list"


def listed(os: tuple[str, str], *items: tuple[str, str], unknown: tuple[str, ...] = ()) -> Host:
    """Names and versions, and no more."""
    manager = {"debian": "deb", "alpine": "apk"}.get(os[0], "rpm")
    packages = tuple(Package(*item, "x86_64", "", "") for item in items)
    return Host(system(*os), Packages(manager, packages, unknown))


def told(rulings: Iterable[Ruling]) -> list[tuple[str, str]]:
    return [(one.outcome.value, one.observed) for one in rulings]


def pending(where: Host, release: str, rows: dict[str, list[Statement]]) -> list[tuple[str, str]]:
    return told(pending_by_both(where, opinion(where, feed(release, rows))))


# No source packages

UNSOURCED = (
    "the list names no source packages, of which the {} feed of 2026-03-02 speaks: what is open in packages of another "
    "name than their source it does not show"
)


def test_no_hit_by_name_is_no_pass() -> None:
    where = listed(("debian", "12"), ("libssl3", "3.0.11-1"), unknown=("source",))
    rows = {"openssl": [OPENSSL, fix("CVE-2", ""), fix("CVE-3", "9", scope="elts")]}
    found = opinion(where, feed("debian:12", rows))
    for rulings in (pending_by_both(where, found), without_fix(found), by_subscription(where, found), unspoken(found)):
        assert told(rulings) == [("not_assessed", UNSOURCED.format("debian"))]


def test_a_package_that_bears_its_sources_name_still_fails() -> None:
    where = listed(("debian", "12"), ("openssl", "3.0.11-1"), unknown=("source",))
    assert pending(where, "debian:12", {"openssl": [OPENSSL]}) == [
        ("fail", f"openssl: 3.0.15-1 clears 1 known weakness (CVE-1) of openssl 3.0.11-1; {SAYS}; {NO_SOURCES}"),
        ("not_assessed", UNSOURCED.format("debian")),
    ]


def test_alpine_needs_origins() -> None:
    where = listed(("alpine", "3.19.1"), ("ssl_client", "1.36.1-r15"), unknown=("source",))
    rows = {"busybox": [fix("CVE-1", "1.36.1-r19")]}
    assert pending(where, "alpine:3.19", rows) == [("not_assessed", UNSOURCED.format("alpine"))]


@pytest.mark.parametrize(
    ("os", "release", "sourced"),
    [
        (("rocky", "9.3"), "rocky:9", False),
        (("sles", "15.3"), "sles:15.3", False),
        (("opensuse-leap", "15.3"), "opensuse-leap:15.3", False),
        (("almalinux", "9.3"), "almalinux:9", True),
        (("rhel", "9.3"), "rhel:9", True),
    ],
)
def test_publishers_of_rpm_that_name_sources_need_them(os: tuple[str, str], release: str, *, sourced: bool) -> None:
    """Plain rpm -qa has no SOURCERPM: of AlmaLinux and Red Hat nothing is lost by that."""
    where = listed(os, ("openssl-libs", "3.0.7-1.el9"), unknown=("epoch",))
    key = "openssl-libs" if sourced else "src:openssl"
    ((outcome, words), *others) = pending(where, release, {key: [fix("CVE-1", "1:3.0.7-2.el9")]})
    assert outcome == ("fail" if sourced else "not_assessed")
    assert ("names no source packages" in words) is not sourced
    assert others == []


def test_one_source_that_is_told_is_a_list_with_sources() -> None:
    packages = (rpm("bash", "5-1", "bash-5-1.src.rpm"), rpm("gpg", "1-1"))
    where = Host(system("rocky", "9.3"), Packages("rpm", packages))
    assert [outcome for outcome, _ in pending(where, "rocky:9", {"src:zlib": [fix("CVE-1", "2-1")]})] == ["pass"]


# Removed packages


def test_removed_packages_are_told_of() -> None:
    where = listed(("debian", "12"), ("openssl", "3.0.11-1"), unknown=("source", "state"))
    ((_, words), _) = pending(where, "debian:12", {"openssl": [OPENSSL]})
    assert words.endswith(f"; {EITHER}; {NO_SOURCES}")
    item = Package("libssl3", "3.0.15-1", "amd64", "openssl", "3.0.15-1")
    clean = Host(system("debian", "12"), Packages("deb", (item,), ("state",)))
    ((outcome, words),) = pending(clean, "debian:12", {"openssl": [OPENSSL]})
    assert outcome == "pass"
    assert EITHER in words


@pytest.mark.parametrize("unknown", [(), ("state",)])
def test_every_chapter_says_it(unknown: tuple[str, ...]) -> None:
    item = Package("libssl3", "3.0.11-1", "amd64", "openssl", "3.0.11-1")
    where = Host(system("debian", "12"), Packages("deb", (item,), unknown))
    rows = {"openssl": [OPENSSL, fix("CVE-2", ""), fix("CVE-3", "9", scope="elts")]}
    found = opinion(where, feed("debian:12", rows))
    for rulings in (pending_by_both(where, found), without_fix(found), by_subscription(where, found), unspoken(found)):
        assert all((EITHER in words) is bool(unknown) for _, words in told(rulings))


# No epochs

ALMA = ("almalinux", "9.3")
WITHOUT = "compared without epochs, which the list lacks"
UNDECIDED = "only the epoch decides, which the list lacks"


@pytest.mark.parametrize(
    ("version", "fixed", "outcome"),
    [
        pytest.param("3.0.7-1.el9", ["1:3.0.7-2.el9"], "fail", id="older"),
        pytest.param("3.0.7-2.el9", ["1:3.0.7-2.el9"], "pass", id="the-fix-itself"),
        pytest.param("3.0.7-3.el9", ["32:3.0.7-2.el9"], "pass", id="newer"),
        pytest.param("3.0.7-1.el9", ["3.0.7-2.el9"], "fail", id="none-anywhere"),
        pytest.param("1.24-1", ["1:1.23-1", "2:1.20-1"], "not_assessed", id="two-epochs-decide"),
        pytest.param("1.19-1", ["1:1.23-1", "2:1.20-1"], "not_assessed", id="open-by-the-higher-epoch-only-for-sure"),
        pytest.param("2.0-1", ["1.23-1", "1:1.20-1"], "not_assessed", id="an-epoch-and-none"),
    ],
)
def test_versions_are_compared_without_epochs(version: str, fixed: list[str], outcome: str) -> None:
    rows = {"a": [fix(f"CVE-{number}", one) for number, one in enumerate(fixed)]}
    where = listed(ALMA, ("a", version), unknown=("epoch",))
    found = pending(where, "almalinux:9", rows)
    assert found[-1][0] == outcome
    assert (WITHOUT if outcome != "not_assessed" else UNDECIDED) in found[-1][1]


def test_what_all_epochs_agree_on_is_told() -> None:
    """CVE-2 is open in whatever epoch; CVE-1 is closed by the higher one."""
    rows = {"a": [fix("CVE-1", "1:1.5-1"), fix("CVE-2", "2:1.9-1"), fix("CVE-3", "1:1.0-1")]}
    where = listed(ALMA, ("a", "1.2-1"), unknown=("epoch",))
    found = opinion(where, feed("almalinux:9", rows))
    (unit,) = found.judged.by_source["a"].units
    assert {hit.cve: hit.verdict.name for hit in unit.judged.hits} == {
        "CVE-1": "NOT_ASSESSED",
        "CVE-2": "FIX_AVAILABLE",
    }
    assert unit.judged.reached == "1:1.0-1"
    assert [outcome for outcome, _ in told(pending_by_both(where, found))] == ["fail", "not_assessed"]
    assert any(UNDECIDED in words for _, words in told(unspoken(found)))


def test_a_list_with_epochs_shares_nothing_with_one_without() -> None:
    """Both are judged by the same feed: what is kept of one must not answer for the other."""
    known = feed("almalinux:9", {"a": [fix("CVE-1", "1:1.0-1")]})
    without, having = listed(ALMA, ("a", "1.2-1"), unknown=("epoch",)), listed(ALMA, ("a", "1.2-1"))
    outcomes = [[o for o, _ in told(pending_by_both(one, opinion(one, known)))] for one in (without, having, without)]
    assert outcomes == [["pass"], ["fail"], ["pass"]]


def test_an_epoch_that_is_told_counts() -> None:
    rows = {"a": [fix("CVE-1", "1:1.5-1"), fix("CVE-2", "2:1.9-1")]}
    found = pending(listed(ALMA, ("a", "2:1.2-1"), unknown=("epoch",)), "almalinux:9", rows)
    assert [outcome for outcome, _ in found] == ["fail"]
    assert "(CVE-2)" in found[0][1]
