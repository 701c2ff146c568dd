"""Two opinions on what is pending: who says what, and when neither is enough for a pass."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest

from checks.advisories.chapters import by_subscription, unspoken, without_fix
from checks.advisories.library import Advisories
from checks.advisories.offers import not_offered
from checks.advisories.opinions import Host
from checks.advisories.pending import pending_by_both, pending_by_host
from checks.finding import Ruling
from inventory.facts import Missing, Reason
from inventory.facts.origins import Origin, Origins
from inventory.facts.packages import PendingUpdate, Updates
from tests.checks.advisories.made import (
    CLEAN,
    NO_SECURITY_SUITE,
    SECURITY_SUITE,
    TODAY,
    deb,
    feed,
    fix,
    host,
    opinion,
    rpm,
)

DEBIAN = ("debian", "12")
SSL = deb("libssl3", "3.0.11-1", "openssl")
SSL_FIXED = deb("libssl3", "3.0.15-1", "openssl")
FEED = feed("debian:12", {"openssl": [fix("CVE-1", "3.0.15-1", "DSA-1")]})
OFFERED = PendingUpdate("libssl3", "3.0.11-1", "3.0.16-1", "stable-security", True)


def updates(*pending: PendingUpdate, age: int | None = 0, manager: str = "apt", tells: bool = True) -> Updates:
    return Updates(manager, pending, age, None, tells)


def joined(where: Host, advisories: Advisories = FEED, today: date = TODAY) -> list[tuple[str, str, str]]:
    return told(pending_by_both(where, opinion(where, advisories, today=today)))


def told(rulings: Iterable[Ruling]) -> list[tuple[str, str, str]]:
    return [(one.outcome.value, str(one.subject), one.observed) for one in rulings]


CLEARS = "openssl: 3.0.15-1 clears 1 known weakness (CVE-1) of libssl3 3.0.11-1"
NAME = "the debian feed of 2026-03-02"


@pytest.mark.parametrize(
    ("own", "who"),
    [
        pytest.param(updates(OFFERED), f"{NAME} and the host's own list say so", id="both"),
        pytest.param(CLEAN, f"{NAME} says so, the host's own list does not", id="feed"),
        pytest.param(None, f"{NAME} says so, the host's own list could not be had", id="no-list"),
        pytest.param(
            updates(manager="apk", tells=False),
            f"{NAME} says so, the host's own list does not tell which updates are for security",
            id="list-is-mute",
        ),
    ],
)
def test_who_says_so(own: Updates | None, who: str) -> None:
    where = host(DEBIAN, SSL, updates=own, repositories=SECURITY_SUITE)
    assert joined(where) == [("fail", "package openssl", f"{CLEARS}; {who}")]


def test_the_host_has_more_than_the_feed() -> None:
    where = host(DEBIAN, SSL_FIXED, updates=updates(OFFERED), repositories=SECURITY_SUITE)
    assert joined(where) == [
        (
            "fail",
            "package openssl",
            "openssl: 3.0.16-1 is available from stable-security for libssl3 3.0.11-1; pending by the host's own list, "
            f"unknown to {NAME}",
        )
    ]


def test_one_finding_for_both_opinions_of_one_source() -> None:
    other = PendingUpdate("openssl", "3.0.11-1", "3.0.16-1", "stable-security", True)
    items = [SSL, deb("openssl", "3.0.11-1")]
    where = host(DEBIAN, *items, updates=updates(OFFERED, other), repositories=SECURITY_SUITE)
    assert [subject for _, subject, _ in joined(where)] == ["package openssl"]


def test_rpm_findings_are_named_after_the_source_without_its_version() -> None:
    item = rpm("openssl-libs", "1:1.1.1k-7.el8", "openssl-1.1.1k-7.el8.src.rpm")
    pending = PendingUpdate("openssl-libs", "", "1:1.1.1k-9.el8", "baseos", True)
    where = host(("almalinux", "8.9"), item, updates=updates(pending, manager="dnf"))
    assert [subject for _, subject, _ in told(pending_by_host(where, where.updates))] == ["package openssl"]


def test_pass_by_both() -> None:
    where = host(DEBIAN, SSL_FIXED, updates=CLEAN, repositories=SECURITY_SUITE)
    assert joined(where) == [
        (
            "pass",
            "host",
            f"nothing that {NAME} knows a fix for is open in 1 package (of 1 the origin is not established), and the "
            "host's own list says the same",
        )
    ]


@pytest.mark.parametrize("item", [SSL, SSL_FIXED])
def test_an_old_feed_keeps_its_fails_and_proves_no_pass(item: object) -> None:
    where = host(DEBIAN, item, updates=CLEAN, repositories=SECURITY_SUITE)  # type: ignore[arg-type]
    outcomes = [outcome for outcome, _, _ in joined(where, today=TODAY + timedelta(days=8))]
    assert outcomes == (["fail"] if item is SSL else []) + ["not_assessed"]
    assert "not_assessed" not in [outcome for outcome, _, _ in joined(where, today=TODAY + timedelta(days=7))]


def test_the_limit_is_the_policys() -> None:
    strict = Advisories(FEED._feeds, max_age_days=1)
    where = host(DEBIAN, SSL_FIXED, updates=CLEAN, repositories=SECURITY_SUITE)
    ((outcome, _, observed),) = joined(where, strict, TODAY + timedelta(days=2))
    assert (outcome, "2 days old, at most 1 are allowed" in observed) == ("not_assessed", True)


def test_a_feed_newer_than_the_facts_is_not_old() -> None:
    where = host(DEBIAN, SSL_FIXED, updates=CLEAN, repositories=SECURITY_SUITE)
    assert [outcome for outcome, _, _ in joined(where, today=TODAY - timedelta(days=90))] == ["pass"]


@pytest.mark.parametrize(
    ("own", "repositories", "gap"),
    [
        (updates(age=None), SECURITY_SUITE, "the host has no package metadata"),
        (CLEAN, NO_SECURITY_SUITE, "no security suite is enabled on the host"),
    ],
)
def test_a_list_that_lost_what_it_named_takes_nothing_back(own: Updates, repositories: object, gap: str) -> None:
    """What only the host's list named would otherwise close when somebody switches the list off."""
    where = host(DEBIAN, SSL_FIXED, updates=own, repositories=repositories)
    ((outcome, subject, observed),) = joined(where)
    assert (outcome, subject, gap in observed) == ("not_assessed", "host", True)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (Missing(Reason.TIMED_OUT), "not_assessed"),
        (Missing(Reason.OUTPUT_UNREADABLE), "not_assessed"),
        (Missing(Reason.NOT_ATTEMPTED), "pass"),
        (None, "pass"),
    ],
)
def test_a_list_that_could_not_be_had(state: object, outcome: str) -> None:
    """A package list that somebody else supplied never had one: the feed alone judges it."""
    where = host(DEBIAN, SSL_FIXED)
    assert [one.outcome.value for one in pending_by_both(where, opinion(where, FEED), state)] == [outcome]


def test_a_mirror_of_ones_own_is_known_by_its_release_file() -> None:
    security = Origins(
        "deb", (Origin("Debian", "oldstable-security", "bookworm-security", "Debian-Security"),), (), None, 1
    )
    where = host(DEBIAN, SSL_FIXED, updates=CLEAN, repositories=NO_SECURITY_SUITE, origins=security)
    assert [outcome for outcome, _, _ in joined(where)] == ["pass"]


def test_an_old_list_still_names_what_it_named() -> None:
    where = host(DEBIAN, SSL_FIXED, updates=updates(age=30 * 86_400), repositories=SECURITY_SUITE)
    ((outcome, _, observed),) = joined(where)
    assert (outcome, observed.endswith("; the host's own list cannot be relied on")) == ("pass", True)


def test_unknown_release_is_named_and_never_passes() -> None:
    where = host(("fedora", "38"), rpm("a", "1-1.fc38"), updates=updates(manager="dnf"))
    assert joined(where) == [("not_assessed", "host", "no advisory feed speaks of fedora:38 (fedora 38)")]
    pending = updates(PendingUpdate("a", "", "2-1.fc38", "updates", True), manager="dnf")
    listed = joined(host(("fedora", "38"), rpm("a", "1-1.fc38"), updates=pending))
    assert [outcome for outcome, _, _ in listed] == ["fail", "not_assessed"]


def test_zyppers_patches_are_one_finding_beside_the_feeds() -> None:
    patches = [PendingUpdate(f"SUSE-SLE-{n}", "", "", "updates", True) for n in (1, 2)]
    where = host(("sles", "15.3"), rpm("a", "1-1", "a-1-1.src.rpm"), updates=updates(*patches, manager="zypper"))
    ruled = joined(where, feed("sles:15.3", {"a": [fix("CVE-1", "1-2")]}))
    assert [subject for _, subject, _ in ruled] == ["package a", "patches zypper"]
    assert ruled[1][2].startswith("2 security patches needed by the host's own list: SUSE-SLE-1, SUSE-SLE-2;")


def test_without_a_feed_the_hosts_own_list_speaks() -> None:
    where = host(DEBIAN, SSL, updates=updates(OFFERED), repositories=SECURITY_SUITE)
    ((outcome, subject, observed),) = told(pending_by_host(where, where.updates))
    assert (outcome, subject) == ("fail", "package openssl")
    assert observed.endswith("; no advisory feed is loaded")
    clean = host(DEBIAN, SSL, updates=CLEAN, repositories=SECURITY_SUITE)
    assert [one[0] for one in told(pending_by_host(clean, clean.updates))] == ["pass"]
    unread = host(DEBIAN, SSL)
    (ruling,) = pending_by_host(unread, Missing(Reason.TIMED_OUT))
    assert (ruling.outcome.value, ruling.reason) == ("not_assessed", Reason.TIMED_OUT)


KERNEL_UPDATE = PendingUpdate("linux-libc-dev", "6.1.1-1", "6.1.2-1", "stable-security", True)


@pytest.mark.parametrize(("container", "told_here"), [("docker", True), (None, True)])
def test_kernel_packages_count_here_where_the_kernel_is_not_judged_apart(
    container: str | None, told_here: bool
) -> None:
    item = deb("linux-libc-dev", "6.1.1-1", "linux")
    where = host(DEBIAN, item, updates=updates(KERNEL_UPDATE), repositories=SECURITY_SUITE, container=container)
    assert ("package linux" in [subject for _, subject, _ in joined(where)]) is told_here


# Chapters


def chapter(make: Callable[..., Iterable[Ruling]], where: Host, advisories: Advisories) -> list[tuple[str, str, str]]:
    return told(make(opinion(where, advisories)))


def test_without_fix_is_information() -> None:
    rows = feed("debian:12", {"openssl": [fix("CVE-1", ""), fix("CVE-2", "", unimportant=True), fix("CVE-3", "9")]})
    (said,) = without_fix(opinion(host(DEBIAN, SSL), rows))
    assert said.severity is not None
    assert said.severity.value == "info"
    assert [(member.id, member.verdict) for member in said.members] == [("CVE-1", "no fix from the vendor")]


def test_a_publisher_that_tells_of_fixes_only_cannot_pass_here() -> None:
    rows = feed("almalinux:8", {"a": [fix("CVE-1", "2-1")]})
    assert chapter(without_fix, host(("almalinux", "8.9"), rpm("a", "1-1")), rows)[0][0] == "not_assessed"


def test_subscription_names_what_is_needed() -> None:
    rows = feed("ubuntu:22.04", {"a": [fix("CVE-1", "1.0-1+esm1", scope="esm-apps")]})
    where = host(("ubuntu", "22.04"), deb("a", "1.0-1"))
    ((outcome, _, observed),) = told(by_subscription(where, opinion(where, rows)))
    assert outcome == "fail"
    assert observed.endswith("it needs esm-apps: whether the host has it could not be read")


def test_packages_nobody_speaks_of_are_named_up_to_a_limit() -> None:
    items = [deb(f"p{n:02}", "1.0-1~bpo12+1") for n in range(30)]
    ((outcome, _, observed),) = chapter(unspoken, host(DEBIAN, *items), FEED)
    assert outcome == "not_assessed"
    assert observed.startswith("30 packages no advisory speaks of: p00 1.0-1~bpo12+1 (")
    assert observed.endswith(" and 10 more")


# Fixes that are not offered


@pytest.mark.parametrize(
    ("item", "own", "repositories", "cause"),
    [
        (deb("libssl3", "3.0.11-1", "openssl", held=True), updates(OFFERED), SECURITY_SUITE, "cause held"),
        (SSL, updates(age=None), SECURITY_SUITE, "cause metadata"),
        (SSL, updates(age=8 * 86_400), SECURITY_SUITE, "cause metadata"),
        (SSL, CLEAN, NO_SECURITY_SUITE, "cause security-suite"),
        (SSL, CLEAN, SECURITY_SUITE, "cause unexplained"),
        (SSL, updates(OFFERED), SECURITY_SUITE, "host"),
        (SSL_FIXED, CLEAN, NO_SECURITY_SUITE, "host"),
    ],
)
def test_why_a_fix_is_not_offered(item: object, own: Updates, repositories: object, cause: str) -> None:
    where = host(DEBIAN, item, updates=own, repositories=repositories)  # type: ignore[arg-type]
    ((outcome, subject, observed),) = told(not_offered(where, opinion(where, FEED), own))
    assert (outcome, subject) == ("pass" if cause == "host" else "fail", cause)
    assert cause == "host" or observed.endswith("(openssl)")
