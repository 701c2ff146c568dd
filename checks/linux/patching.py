"""Patching of Linux hosts: the updates that are pending, and the age of the list that says so."""

from collections.abc import Iterator
from dataclasses import replace

from checks.advisories.library import Advisories
from checks.advisories.opinions import Host, opinion_of
from checks.advisories.pending import pending_by_both, pending_by_host
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, passed
from checks.linux import example_feed
from checks.linux.example_feed import BUILDAH_FIXES, OLD, OPENSSL_FIX, feed, package, supplied
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.packages import Packages, PendingUpdate, Repositories, Repository, Updates

DAY = 86_400
STALE_DAYS = 7  # older metadata cannot show this week's fixes

OPENSSL = PendingUpdate("openssl", "3.0.11-1", "3.0.17-1", "stable-security", security=True)
LIBSSL = PendingUpdate("libssl3", "3.0.11-1", "3.0.17-1", "stable-security", security=True)
BASH = PendingUpdate("bash", "5.2-3", "5.2-4", "stable", security=False)
SECURITY = Repositories((Repository("https://deb.example stable-security", "sources.list", verified=True, option=""),))
MAIN = Repositories((Repository("https://deb.example stable", "sources.list", verified=True, option=""),))


def _list(packages: Packages, version: str, os_id: str = "debian") -> dict[str, object]:
    """A list that somebody supplied: nothing else is known of the host."""
    return {"packages": packages, "system": example_feed.system(version, os_id=os_id)}


def _host(updates: Updates, repositories: Repositories) -> dict[str, object]:
    """A Debian 12 with openssl in two packages, and bash."""
    items = (package("bash", "5.2.15-2"), example_feed.LIBSSL, package("openssl", "3.0.11-1"))
    known = {"updates": updates, "repositories": repositories}
    return {**known, "packages": example_feed.packages(*items), "system": example_feed.system()}


@check(
    id="linux.patch.security-updates-pending",
    title="Security updates are pending",
    severity=Severity.HIGH,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The publisher has fixed weaknesses in this package, and the host lacks the fix. Attackers read the same "
        "advisories; the time between release and installation is when a known weakness is open. Two opinions are "
        "heard: the publisher's advisories, and the host's own package manager."
    ),
    remedy=Remedy(
        text="Install the pending security updates.",
        steps=(
            "Run `apt-get upgrade`, `dnf upgrade --security` or `zypper patch`",
            "Restart what still runs the old version",
        ),
        verify="the installed version of the package is the one named here, or a later one",
        risk="Services restart; test first where a package is critical to a service.",
    ),
    privilege=Privilege.USER,
    references=("apt-get(8)", "dnf(8)", "zypper(8)", "docs/patch-levels.md"),
    version=3,
    examples=(
        Example(
            Outcome.PASS,
            _host(Updates("apt", (BASH,), 7 * DAY, None), SECURITY),
            says="no security update is pending, by metadata 7 days old; no advisory feed is loaded",
        ),
        Example(
            Outcome.FAIL,
            _host(Updates("apt", (OPENSSL, BASH, LIBSSL), DAY, None), SECURITY),
            says="openssl: 3.0.17-1 is available from stable-security for libssl3 3.0.11-1, openssl 3.0.11-1; "
            "no advisory feed is loaded",
            subjects=("openssl",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apt", (), 7 * DAY + 1, None), SECURITY),
            says="the host's package metadata is 7 days old: what it does not list may be pending all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {**_host(Updates("apt", (), 0, None), MAIN), "updates": Missing(Reason.TIMED_OUT)},
            says="no advisory feed is loaded, and the host's own list could not be had",
        ),
        Example(
            Outcome.FAIL,
            _host(Updates("apt", (OPENSSL,), DAY, None), SECURITY),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="openssl: 3.0.15-1 clears 2 known weaknesses (CVE-2026-1, CVE-2026-2) of libssl3 3.0.11-1, "
            "openssl 3.0.11-1; the debian feed of 2026-02-23 and the host's own list say so",
        ),
        Example(
            Outcome.PASS,
            _host(Updates("apt", (), 0, None), SECURITY),
            advisories=feed({"bash": OPENSSL_FIX}),
            says="nothing that the debian feed of 2026-02-23 knows a fix for is open in 3 packages (of 3 the origin is "
            "not established), and the host's own list says the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {**_host(Updates("apt", (), 0, None), MAIN), "updates": Missing(Reason.TIMED_OUT)},
            advisories=feed({"bash": OPENSSL_FIX}),
            says="the host's own list could not be had: what it does not list may be pending all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apt", (), 0, None), SECURITY),
            advisories=feed({"bash": OPENSSL_FIX}, day=OLD),
            says="the debian feed of 2026-02-22 is 8 days old, at most 7 are allowed: what it does not know may be "
            "open all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _list(supplied(("libssl3", "3.0.11-1"), unknown=("source", "state")), "12"),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="the list names no source packages, of which the debian feed of 2026-02-23 speaks: what is open in "
            "packages of another name than their source it does not show",
        ),
        Example(
            Outcome.FAIL,
            _list(supplied(("openssl", "3.0.11-1"), unknown=("source", "state")), "12"),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="openssl: 3.0.15-1 clears 2 known weaknesses (CVE-2026-1, CVE-2026-2) of openssl 3.0.11-1; the debian "
            "feed of 2026-02-23 says so, the host's own list could not be had; removed packages may be in the list; "
            "matched by name, as the list names no source packages",
        ),
        Example(
            Outcome.PASS,
            _list(supplied(("openssl-libs", "3.0.15-1"), manager="rpm", unknown=("epoch",)), "9.3", "almalinux"),
            advisories=feed({"openssl-libs": replace(OPENSSL_FIX, fixed="1:3.0.15-1")}, release="almalinux:9"),
            says="nothing that the almalinux feed of 2026-02-23 knows a fix for is open in 1 package (of 1 the origin "
            "is not established); compared without epochs, which the list lacks; the host's own list could not be had",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _list(supplied(("buildah", "1.24-1"), manager="rpm", unknown=("epoch",)), "9.3", "almalinux"),
            advisories=feed({"buildah": BUILDAH_FIXES}, release="almalinux:9"),
            says="1 package could not be compared with the almalinux feed of 2026-02-23: buildah 1.24-1 (only the "
            "epoch decides, which the list lacks)",
        ),
    ),
)
def security_updates_pending(host: Host, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    """One finding per source package: one update closes it. The kernel that runs has a check of its own."""
    if advisories is None:
        yield from pending_by_host(host, context.facts.get("updates"))
    else:
        opinion = opinion_of(host, advisories, context.asset.exposure, context.today)
        yield from pending_by_both(host, opinion, context.facts.get("updates"))


@check(
    id="linux.patch.metadata-stale",
    title="The list of available updates is out of date",
    severity=Severity.MEDIUM,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The host compares itself with a list of packages. When that list is old or absent, it reports no pending "
        "updates because it does not know of them."
    ),
    remedy=Remedy(
        text="Let the host refresh its package metadata every day.",
        steps=("Enable apt-daily.timer or dnf-makecache.timer", "Check that the host reaches its mirror or proxy"),
        verify="the newest file of /var/lib/apt/lists or /var/cache/dnf is younger than a day",
    ),
    privilege=Privilege.USER,
    references=("apt.systemd.daily", "dnf.conf(5), metadata_expire"),
    examples=(
        Example(
            Outcome.PASS,
            {"updates": partial(Updates, metadata_age_seconds=7 * DAY)},
            says="the package metadata is 7 days old",
        ),
        Example(
            Outcome.FAIL,
            {"updates": partial(Updates, metadata_age_seconds=7 * DAY + 1)},
            says="the package metadata is 7 days old; at most 7 are allowed",
        ),
        Example(
            Outcome.FAIL,
            {"updates": partial(Updates, metadata_age_seconds=None)},
            says="the host has no package metadata",
        ),
        Example(Outcome.NOT_ASSESSED, {"updates": Missing(Reason.COLLECTOR_MISSING)}),
    ),
)
def metadata_stale(updates: Updates) -> Iterator[Ruling]:
    age = updates.metadata_age_seconds
    if age is None:
        yield failed("the host has no package metadata")
    elif age > STALE_DAYS * DAY:
        yield failed(f"the package metadata is {age // DAY} days old; at most {STALE_DAYS} are allowed")
    else:
        yield passed(f"the package metadata is {age // DAY} days old")
