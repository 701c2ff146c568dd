"""Patching of Linux hosts: rules that look at age, or at two lists at once."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import PendingUpdate, Updates
from inventory.facts.system import System

DAY = 86_400
STALE_DAYS = 7  # older metadata cannot show this week's fixes

OPENSSL = PendingUpdate("openssl", "3.0.11-1", "3.0.17-1", "stable-security", security=True)
BASH = PendingUpdate("bash", "5.2-3", "5.2-4", "stable", security=False)
INSTALLED = InstalledKernel("linux-image-6.1.0-31-amd64", "6.1.128-1", "6.1.0-31-amd64")


@check(
    id="linux.patch.security-updates-pending",
    title="Security updates are pending",
    severity=Severity.HIGH,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The host's own package manager knows of security updates that are not installed. Attackers read the same "
        "advisories; the time between release and installation is when a known weakness is open."
    ),
    remedy=Remedy(
        text="Install the pending security updates.",
        steps=(
            "Run `apt-get upgrade`, `dnf upgrade --security` or `zypper patch`",
            "Restart what still runs the old version",
        ),
        verify="the package manager lists no security update for these packages",
        risk="Services restart; test first where a package is critical to a service.",
    ),
    privilege=Privilege.USER,
    references=("apt-get(8)", "dnf(8)", "zypper(8)"),
    examples=(
        Example(
            Outcome.PASS,
            {"updates": partial(Updates, pending=(BASH,), metadata_age_seconds=7 * DAY)},
            says="no security update is pending, by metadata 7 days old",
        ),
        Example(
            Outcome.FAIL,
            {"updates": partial(Updates, pending=(BASH, OPENSSL), metadata_age_seconds=DAY)},
            says="openssl 3.0.11-1: 3.0.17-1 is available from stable-security",
            subjects=("openssl",),
        ),
        Example(Outcome.FAIL, {"updates": partial(Updates, pending=(OPENSSL,), metadata_age_seconds=None)}),
        Example(
            Outcome.NOT_ASSESSED,
            {"updates": partial(Updates, pending=(), metadata_age_seconds=7 * DAY + 1)},
            says="the host's package metadata is 7 days old: an empty list proves nothing",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"updates": partial(Updates, pending=(), metadata_age_seconds=None)},
            says="the host has no package metadata: an empty list proves nothing",
        ),
        Example(Outcome.NOT_ASSESSED, {"updates": Missing(Reason.TIMED_OUT)}),
    ),
)
def security_updates_pending(updates: Updates) -> Iterator[Ruling]:
    age = updates.metadata_age_seconds
    for update in updates.security:
        told = f"{update.name} {update.installed}: {update.candidate} is available from {update.suite}"
        yield failed(told, Subject("package", update.name))
    if updates.security:
        return
    if age is None:
        yield not_assessed(Reason.FEED_MISSING, "the host has no package metadata: an empty list proves nothing")
    elif age > STALE_DAYS * DAY:
        told = f"the host's package metadata is {age // DAY} days old: an empty list proves nothing"
        yield not_assessed(Reason.FEED_TOO_OLD, told)
    else:
        yield passed(f"no security update is pending, by metadata {age // DAY} days old")


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


@check(
    id="linux.patch.running-kernel-stale",
    title="The running kernel is older than the installed one",
    severity=Severity.HIGH,
    theme=Theme.RESTART_PENDING,
    rationale=(
        "A newer kernel was installed, but the host has not been restarted since. Fixed on disk is not fixed: the old "
        "kernel, with its known weaknesses, is the one that runs."
    ),
    remedy=Remedy(
        text="Restart the host in its next maintenance window.",
        steps=("Announce the window", "Restart", "Compare `uname -r` with the newest installed kernel"),
        verify="`uname -r` prints the newest installed kernel",
        risk="The services of this host are away during the restart.",
    ),
    privilege=Privilege.USER,
    references=("uname(1)",),
    examples=(
        Example(
            Outcome.PASS,
            {
                "kernel": partial(Kernel, running="6.1.0-31-amd64", installed=(INSTALLED,)),
                "system": partial(System, container=None),
            },
            says="6.1.0-31-amd64 runs and is the newest installed",
        ),
        Example(
            Outcome.FAIL,
            {
                "kernel": partial(Kernel, running="6.1.0-30-amd64", installed=(INSTALLED,)),
                "system": partial(System, container=None),
            },
            says="6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"kernel": partial(Kernel, running="6.18.44", installed=()), "system": partial(System, container=None)},
            says="no package owns a kernel here; 6.18.44 runs",
        ),
        Example(Outcome.NOT_APPLICABLE, {"kernel": partial(Kernel), "system": partial(System, container="docker")}),
    ),
)
def running_kernel_stale(kernel: Kernel, system: System) -> Iterator[Ruling]:
    if system.container:
        yield not_applicable("a container runs its host's kernel")
    elif kernel.newest is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"no package owns a kernel here; {kernel.running} runs")
    elif kernel.running != kernel.newest:
        yield failed(f"{kernel.running} runs, {kernel.newest} is installed")
    else:
        yield passed(f"{kernel.running} runs and is the newest installed")
