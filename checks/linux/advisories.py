"""Patch levels by the publishers' advisories: the kernel that runs, weaknesses without a fix, fixes by subscription,
packages that nobody speaks of, fixes that the host is not offered (docs/patch-levels.md).
"""

from collections.abc import Iterator

from checks.advisories.chapters import by_subscription, unspoken, without_fix
from checks.advisories.kernel_rulings import kernel_rulings
from checks.advisories.library import Advisories
from checks.advisories.offers import not_offered
from checks.advisories.opinions import Host, Opinion, opinion_of
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example
from checks.finding import Outcome, Ruling, Severity
from checks.linux.example_feed import (
    BY_ESM,
    ESM_OFFERED,
    IDLE,
    KERNEL_FIX,
    LIBSSL,
    LIBSSL_FIXED,
    LINUX,
    LINUX_OLD,
    NO_ESM,
    OLD,
    OPENSSL_FIX,
    UNFIXED,
    feed,
    kernel,
    origins,
    package,
    packages,
    supplied,
    system,
)
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import Kernel
from inventory.facts.origins import Origin
from inventory.facts.packages import PendingUpdate, Repositories, Repository, Updates

NO_FEED = "no advisory feed is loaded"
DOCKER = Origin("Docker", "bookworm", "bookworm", site="download.docker.example", carries="same")
LOCAL = Origin(local=True)
KERNEL_UPDATE = PendingUpdate("linux-image-amd64", "6.1.124-1", "6.1.128-1", "stable-security", security=True)
BASE = package("base-files", "12.4+deb12u9")
DOCKER_CE = package("docker-ce", "5:27.1.1-1~debian.12~bookworm")
HELD = package("libssl3", "3.0.11-1", "openssl", held=True)
SECURITY = Repositories((Repository("https://deb.example stable-security", "sources.list", verified=True, option=""),))
STALE = (
    "the debian feed of 2026-02-22 is 8 days old, at most 7 are allowed: what it does not know may be open all the same"
)
UNSOURCED = (
    "the list names no source packages, of which the debian feed of 2026-02-23 speaks: what is open in packages of "
    "another name than their source it does not show"
)
LISTED = {"system": system(), "packages": supplied(("libssl3", "3.0.11-1"), unknown=("source",))}


def _host(*items: object, **facts: object) -> dict[str, object]:
    return {"system": system(), "packages": packages(*items), **facts}  # type: ignore[arg-type]  # packages, in examples


def _heard(host: Host, advisories: Advisories | None, context: Context) -> Opinion | None:
    return opinion_of(host, advisories, context.asset.exposure, context.today) if advisories else None


@check(
    id="linux.patch.kernel-updates-pending",
    title="The running kernel lacks security updates",
    severity=Severity.HIGH,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The kernel that runs has known weaknesses that its publisher has fixed. What counts is the kernel in memory: "
        "an installed update does nothing before the host is restarted, and other installed kernels do not matter."
    ),
    remedy=Remedy(
        text="Install the newest kernel of the release and restart the host in its next maintenance window.",
        steps=("Install the pending kernel update, if there is one", "Restart", "Compare `uname -r` and `uname -v`"),
        verify="`uname -r` and the version of the package that owns it are those named here, or later ones",
        risk="The services of this host are away during the restart.",
    ),
    privilege=Privilege.USER,
    references=("uname(1)", "docs/patch-levels.md"),
    examples=(
        Example(
            Outcome.PASS,
            _host(LINUX, kernel=kernel(LINUX)),
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-31-amd64 runs linux 6.1.128-1, fixed since 6.1.128-1; the debian feed of 2026-02-23 knows of "
            "no later fix",
        ),
        Example(
            Outcome.FAIL,
            _host(LINUX_OLD, kernel=kernel(LINUX_OLD)),
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-30-amd64 runs linux 6.1.124-1; 6.1.128-1 clears 1 known weakness (CVE-2026-3), by the debian "
            "feed of 2026-02-23",
            subjects=("linux",),
        ),
        Example(
            Outcome.FAIL,
            _host(LINUX, LINUX_OLD, kernel=kernel(LINUX_OLD, LINUX)),
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-30-amd64 runs linux 6.1.124-1; 6.1.128-1 is installed and fixes 1 known weakness (CVE-2026-3) "
            "once the host is restarted, by the debian feed of 2026-02-23",
        ),
        Example(
            Outcome.FAIL,
            _host(
                package("linux-image-amd64", "6.1.124-1", "linux-signed-amd64"),
                kernel=kernel(LINUX_OLD),
                updates=Updates("apt", (KERNEL_UPDATE,), 0, None),
            ),
            says="linux: 6.1.128-1 is available from stable-security for linux-image-amd64 6.1.124-1; "
            "no advisory feed is loaded",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(LIBSSL, kernel=kernel(LINUX)),
            advisories=feed({"linux": KERNEL_FIX}),
            says="no package owns the running kernel 6.1.0-31-amd64",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(LIBSSL, kernel=kernel(LINUX)),
            advisories=feed({"linux": KERNEL_FIX}, day=OLD),
            says="no package owns the running kernel 6.1.0-31-amd64",
        ),
        Example(Outcome.NOT_ASSESSED, _host(LINUX, kernel=kernel(LINUX)), advisories=feed({}, day=OLD)),
        Example(Outcome.NOT_ASSESSED, _host(LINUX, kernel=kernel(LINUX)), says=NO_FEED),
        Example(Outcome.NOT_ASSESSED, {**_host(LINUX), "kernel": Missing(Reason.TIMED_OUT)}),
        Example(
            Outcome.NOT_APPLICABLE,
            {**_host(LINUX, kernel=kernel(LINUX)), "system": system(container="docker")},
            says="a container runs its host's kernel",
        ),
    ),
)
def kernel_updates_pending(
    host: Host,
    kernel: Kernel,  # noqa: ARG001 (without it nothing can be said)
    advisories: Advisories | None,
    context: Context,
) -> Iterator[Ruling]:
    feed = _heard(host, advisories, context)
    yield from kernel_rulings(host, feed, context.facts.get("updates"))


@check(
    id="linux.patch.no-vendor-fix",
    title="Known weaknesses that the vendor has not fixed",
    severity=Severity.INFO,
    theme=Theme.NO_VENDOR_FIX,
    rationale=(
        "The publisher knows these weaknesses and has no fix for them in this release. That is normal on a host with "
        "every update, and no missing patch; it is told so that nobody takes the host for free of known weaknesses."
    ),
    remedy=Remedy(
        text="Nothing can be installed. Read the vendor's notes on the severe ones and mitigate where they say how.",
        steps=("Look at exploited ones first", "Remove the package where nothing needs it"),
        verify="the vendor publishes a fix, or calls the release not affected",
    ),
    privilege=Privilege.USER,
    references=("docs/patch-levels.md",),
    examples=(
        Example(
            Outcome.PASS,
            _host(LIBSSL, kernel=kernel(LINUX)),
            advisories=feed({"openssl": IDLE}),
            says="the debian feed of 2026-02-23 knows of no weakness without a fix; 1 other is unimportant "
            "by the vendor's word",
        ),
        Example(
            Outcome.FAIL,
            _host(LIBSSL),
            advisories=feed({"openssl": UNFIXED}),
            says="libssl3 3.0.11-1: 1 known weakness (CVE-2026-4) without a fix from the vendor, by the debian feed of "
            "2026-02-23",
            subjects=("openssl",),
        ),
        Example(Outcome.PASS, _host(LIBSSL), advisories=feed({"openssl": OPENSSL_FIX})),
        Example(Outcome.NOT_ASSESSED, _host(LIBSSL), advisories=feed({"bash": UNFIXED}, day=OLD), says=STALE),
        Example(Outcome.NOT_ASSESSED, LISTED, advisories=feed({"openssl": UNFIXED}), says=UNSOURCED),
        Example(Outcome.NOT_ASSESSED, _host(LIBSSL), says=NO_FEED),
    ),
)
def no_vendor_fix(host: Host, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    yield from without_fix(_heard(host, advisories, context))


@check(
    id="linux.patch.fix-needs-subscription",
    title="A fix exists, but only by subscription",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "The vendor has fixed these weaknesses for subscribers of extended support only, and nothing shows that this "
        "host is one. Without it they stay open until the host moves to a later release."
    ),
    remedy=Remedy(
        text="Enable the subscription on this host, or move it to a release in regular support.",
        steps=("`pro attach`, `subscription-manager` or `SUSEConnect`, where the contract covers the host",),
        verify="the entitlement is active on the host and the update is installed",
    ),
    privilege=Privilege.USER,
    references=("docs/patch-levels.md",),
    examples=(
        Example(
            Outcome.PASS,
            _host(LIBSSL),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="the debian feed of 2026-02-23 knows of no fix that this host would need a subscription for",
        ),
        Example(
            Outcome.FAIL,
            _host(LIBSSL, entitlements=ESM_OFFERED),
            advisories=feed({"openssl": BY_ESM}),
            says="openssl: 3.0.15-1+esm1 clears 1 known weakness (CVE-2026-6) of libssl3 3.0.11-1, by the debian feed "
            "of 2026-02-23; it needs esm-infra: esm-infra is there but not in use (pro status says so)",
            subjects=("openssl",),
        ),
        Example(Outcome.FAIL, _host(LIBSSL, entitlements=NO_ESM), advisories=feed({"openssl": BY_ESM})),
        Example(Outcome.NOT_ASSESSED, _host(LIBSSL), advisories=feed({"bash": BY_ESM}, day=OLD), says=STALE),
        Example(Outcome.NOT_ASSESSED, LISTED, advisories=feed({"openssl": BY_ESM}), says=UNSOURCED),
        Example(Outcome.NOT_ASSESSED, _host(LIBSSL), says=NO_FEED),
    ),
)
def fix_needs_subscription(host: Host, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    feed = _heard(host, advisories, context)
    yield from by_subscription(host, feed)


@check(
    id="linux.patch.package-without-advisories",
    title="A package that no advisory source speaks of",
    severity=Severity.MEDIUM,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "A package that is in no repository of the host gets no fixes from anybody: it was left over from an older "
        "release, or built here. Packages of other makers are not judged by the distribution's advisories: their "
        "versions follow other rules, so nothing can be said of them, good or bad."
    ),
    remedy=Remedy(
        text="Remove what nobody needs; of the rest, note who watches its maker's advisories.",
        steps=("`apt list '?obsolete'` or `dnf list --extras` names them on the host",),
        verify="the package is gone, or comes from a repository",
    ),
    privilege=Privilege.USER,
    references=("docs/patch-levels.md",),
    examples=(
        Example(
            Outcome.PASS,
            _host(BASE),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="1 package is judged by the debian feed of 2026-02-23; of 1 the origin is not established",
        ),
        Example(
            Outcome.FAIL,
            _host(BASE, LIBSSL, origins=origins("libssl3", LOCAL)),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="libssl3 3.0.11-1: no repository of this host has this version or a later one, so nobody sends fixes "
            "for it",
            subjects=("openssl",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(BASE, DOCKER_CE, origins=origins("docker-ce", DOCKER)),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="1 package no advisory speaks of: docker-ce 5:27.1.1-1~debian.12~bookworm (its version "
            "5:27.1.1-1~debian.12~bookworm is that of Docker)",
        ),
        Example(Outcome.NOT_ASSESSED, _host(BASE), says=NO_FEED),
        Example(Outcome.NOT_ASSESSED, LISTED, advisories=feed({"openssl": OPENSSL_FIX}), says=UNSOURCED),
    ),
)
def package_without_advisories(host: Host, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    yield from unspoken(_heard(host, advisories, context))


@check(
    id="linux.patch.fix-not-offered",
    title="A fix exists, but the host is not offered it",
    severity=Severity.MEDIUM,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The vendor has published fixes that this host's package manager does not list. Updating it as usual installs "
        "nothing: packages are held back, the security repository is not enabled, or the lists are old."
    ),
    remedy=Remedy(
        text="Remove the cause that is named, then update.",
        steps=(
            "Held back: `apt-mark unhold PACKAGE`, `dnf versionlock delete PACKAGE` or `zypper removelock PACKAGE`",
            "Security repository: enable it",
            "Old lists: see that the host reaches its mirror",
        ),
        verify="the package manager lists the updates",
    ),
    privilege=Privilege.USER,
    references=("apt-mark(8)", "sources.list(5)", "docs/patch-levels.md"),
    examples=(
        Example(
            Outcome.PASS,
            _host(LIBSSL_FIXED, updates=Updates("apt", (), 0, None), repositories=SECURITY),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="the host is offered every fix that the debian feed of 2026-02-23 knows for it",
        ),
        Example(
            Outcome.FAIL,
            _host(HELD, updates=Updates("apt", (), 0, None), repositories=SECURITY),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="packages are held back: 1 fix known to the debian feed of 2026-02-23 is not offered (openssl)",
            subjects=("held",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(LIBSSL, updates=Missing(Reason.TIMED_OUT)),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="what the host is offered could not be read",
        ),
        Example(Outcome.NOT_ASSESSED, _host(LIBSSL), says=NO_FEED),
    ),
)
def fix_not_offered(host: Host, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    feed = _heard(host, advisories, context)
    yield from not_offered(host, feed, context.facts.get("updates"))
