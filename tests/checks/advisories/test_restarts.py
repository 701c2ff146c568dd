"""Files that were replaced while a process runs them: what is said of the fix, and what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from checks.advisories.opinions import Host, Opinion
from checks.advisories.restarts import still_running
from checks.check import Context
from checks.example import EXAMPLE_ASSET
from checks.finding import Outcome
from checks.linux.advisories import kernel_updates_pending
from checks.linux.restarts import running_kernel_stale
from inventory.facts.kernel import Kernel
from inventory.facts.packages import Package, PendingUpdate, Updates
from inventory.facts.processes import StaleLibraries, StaleProcess
from tests.checks.advisories.made import TODAY, deb, feed, fix, host, kernel, opinion, rpm

DEBIAN = ("debian", "12")
SSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
FEED = feed("debian:12", {"openssl": [fix("CVE-1", "3.0.13-1"), fix("CVE-2", "3.0.15-1")], "zlib": [fix("CVE-3", "2")]})


def told(where: Host, *items: StaleProcess) -> list[tuple[str, str, str]]:
    rulings = still_running(StaleLibraries(items), opinion(where, FEED))
    return [(one.outcome.value, one.subject.key, one.observed) for one in rulings]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        pytest.param(deb("libssl3", "3.0.15-1", "openssl"), "libssl3 3.0.15-1, fixed since 3.0.15-1", id="all-fixes"),
        pytest.param(deb("libssl3", "3.0.14-1", "openssl"), "libssl3 3.0.14-1, fixed since 3.0.13-1", id="one-of-two"),
        pytest.param(deb("libssl3", "3.0.11-1", "openssl"), "", id="no-fix-yet"),
        pytest.param(deb("libssl3", "9-1", "zlib-ng"), "", id="no-advisory-speaks-of-it"),
        pytest.param(deb("other", "3.0.15-1", "openssl"), "", id="another-package"),
    ],
)
def test_a_fix_on_disk_is_told_and_no_weakness_is_named(item: Package, says: str) -> None:
    ((outcome, subject, words),) = told(host(DEBIAN, item), StaleProcess("nginx", SSL, 1, "libssl3"))
    assert (outcome, subject) == ("fail", "nginx")
    assert words.startswith(f"nginx still maps {SSL} of libssl3, which was replaced (1 process)")
    assert (says in words and "fixed on disk, restart of a process pending" in words) is bool(says)
    assert bool(says) or words.endswith("(1 process)")
    assert "CVE" not in words


def test_each_program_is_told_once_with_all_its_files() -> None:
    items = [StaleProcess("b", f"/usr/lib/lib{n}.so", 9 - n) for n in range(8)] + [StaleProcess("a", SSL, 1)]
    assert told(host(DEBIAN), *items) == [
        ("fail", "a", f"a still maps {SSL}, which was replaced (1 process)"),
        (
            "fail",
            "b",
            "b still maps /usr/lib/lib0.so, /usr/lib/lib1.so, /usr/lib/lib2.so, /usr/lib/lib3.so, /usr/lib/lib4.so, "
            "/usr/lib/lib5.so and 2 more, which were replaced (9 processes)",
        ),
    ]


def test_another_makers_package_is_not_judged_by_the_distributions_feed() -> None:
    item = rpm("openssl-libs", "3.0.15-1", vendor="Fedora Project")
    known = feed("almalinux:9", {"openssl-libs": [fix("CVE-1", "3.0.13-1")]})
    where = host(("almalinux", "9.3"), item)
    (said,) = still_running(
        StaleLibraries((StaleProcess("sshd", "/usr/lib64/libssl.so.3", 1, item.name),)), opinion(where, known)
    )
    assert "fixed" not in said.observed


# A restart of the host

OLD = Package("linux-image-6.1.0-30-amd64", "6.1.124-1", "amd64", "linux-signed-amd64", "6.1.124+1")
NEW = Package("linux-image-6.1.0-31-amd64", "6.1.128-1", "amd64", "linux-signed-amd64", "6.1.128+1")
INSTALLED = [(p.name, p.version, p.name.removeprefix("linux-image-")) for p in (NEW, OLD)]
WAITING = kernel("6.1.0-30-amd64", *INSTALLED, version="#1 SMP Debian 6.1.124-1 (2025-01-12)")
RESTARTED = kernel("6.1.0-31-amd64", *INSTALLED, version="#1 SMP Debian 6.1.128-1 (2025-02-07)")
LATER = Updates("apt", (PendingUpdate(NEW.name, NEW.version, "6.1.130-1", "stable-security", True),), 0, None)


NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


def context(running: Kernel, fixed: str, updates: Updates | None = None) -> Context:
    where = host(DEBIAN, NEW, OLD, kernel=running, updates=updates)
    facts = {"kernel": where.kernel, "packages": where.packages, "system": where.system, "updates": updates}
    return Context(
        EXAMPLE_ASSET, facts, NOON, None, feed("debian:12", {"linux": [fix("CVE-3", fixed)]}) if fixed else None
    )


@pytest.mark.parametrize(
    ("running", "fixed", "updates", "kernel_check", "restart"),
    [
        pytest.param(WAITING, "6.1.128-1", None, Outcome.FAIL, Outcome.NOT_APPLICABLE, id="fixed-on-disk"),
        pytest.param(WAITING, "6.1.140-1", None, Outcome.FAIL, Outcome.NOT_APPLICABLE, id="fixed-by-neither"),
        pytest.param(WAITING, "6.1.100-1", None, Outcome.PASS, Outcome.FAIL, id="nothing-open"),
        pytest.param(WAITING, "6.1.100-1", LATER, Outcome.FAIL, Outcome.NOT_APPLICABLE, id="by-the-hosts-list"),
        pytest.param(WAITING, "", None, Outcome.NOT_ASSESSED, Outcome.FAIL, id="no-feed"),
        pytest.param(WAITING, "", LATER, Outcome.FAIL, Outcome.FAIL, id="no-feed-but-the-hosts-list"),
        pytest.param(RESTARTED, "6.1.128-1", None, Outcome.PASS, Outcome.PASS, id="restarted"),
        pytest.param(RESTARTED, "6.1.140-1", None, Outcome.FAIL, Outcome.PASS, id="restarted-and-another-update"),
    ],
)
def test_one_of_the_two_checks_speaks_of_the_restart(
    running: Kernel, fixed: str, updates: Updates | None, kernel_check: Outcome, restart: Outcome
) -> None:
    given = context(running, fixed, updates)
    outcomes = [check.judge(given, {})[0].outcome for check in (kernel_updates_pending, running_kernel_stale)]
    assert outcomes == [kernel_check, restart]


def test_it_asks_the_opinion_that_the_kernels_check_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging a kernel twice would cost as much as all the rest."""
    made: list[Opinion] = []
    real = Opinion.__init__

    def counting(self: Opinion, *given: Any) -> None:  # noqa: ANN401 (whatever the real one takes)
        made.append(self)
        real(self, *given)

    monkeypatch.setattr(Opinion, "__init__", counting)
    given = context(WAITING, "6.1.128-1")
    for check in (kernel_updates_pending, running_kernel_stale):
        check.judge(given, {})
    assert len(made) == 1
