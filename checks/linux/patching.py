"""Patching of Linux hosts: rules that look at age, or at two lists at once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import dropwhile

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import Package, Packages, PendingUpdate, Repositories, Repository, Updates
from inventory.facts.system import System

DAY = 86_400
STALE_DAYS = 7  # older metadata cannot show this week's fixes

OPENSSL = PendingUpdate("openssl", "3.0.11-1", "3.0.17-1", "stable-security", security=True)
LIBSSL = PendingUpdate("libssl3", "3.0.11-1", "3.0.17-1", "stable-security", security=True)
BASH = PendingUpdate("bash", "5.2-3", "5.2-4", "stable", security=False)
SECURITY = Repositories((Repository("https://deb.example stable-security", "sources.list", verified=True, option=""),))
MAIN = Repositories((Repository("https://deb.example stable", "sources.list", verified=True, option=""),))
ROLLING = Repositories((Repository("https://deb.example sid", "sources.list", verified=True, option=""),))
INSTALLED = InstalledKernel("linux-image-6.1.0-31-amd64", "6.1.128-1", "6.1.0-31-amd64")
CLOUD = InstalledKernel("linux-image-6.12.9-cloud-amd64", "6.12.9-1", "6.12.9-cloud-amd64")
UEK = InstalledKernel("kernel-uek", "5.15.0-209.el9uek", "5.15.0-209.el9uek.x86_64")
RHCK = InstalledKernel("kernel-core", "5.14.0-503.el9", "5.14.0-503.el9.x86_64")
MACHINE: System = partial(System, container=None)
# Flavours that a Red Hat family release names before its architecture, or behind it after a plus.
_MARKS = re.compile(r"uek|elrepo|\.rt[0-9]|\.plus|PAE|\+(?:rt-64k|rt|64k|debug)")
_BUILD = re.compile(r"\bDebian (\S+)")


def _kernels(running: str, *installed: InstalledKernel, version: str = "#1 SMP") -> dict[str, object]:
    return {"kernel": partial(Kernel, running=running, version=version, installed=installed), "system": MACHINE}


_SECURITY = re.compile(
    r"security|\b(sid|unstable)\b", re.IGNORECASE
)  # unstable gets its fixes without a suite of its own


def _host(updates: Updates, repositories: Repositories) -> dict[str, object]:
    parts = (("openssl", "openssl"), ("libssl3", "openssl"), ("bash", ""))
    items = tuple(partial(Package, name=name, source=source) for name, source in parts)
    return {"updates": updates, "packages": partial(Packages, items=items), "repositories": repositories}


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
    version=2,
    examples=(
        Example(
            Outcome.PASS,
            _host(Updates("apt", (BASH,), 7 * DAY, None), SECURITY),
            says="no security update is pending, by metadata 7 days old",
        ),
        Example(
            Outcome.PASS,
            _host(Updates("dnf", (), 0, None), MAIN),
            says="no security update is pending, by metadata 0 days old",
        ),
        Example(Outcome.PASS, _host(Updates("apt", (), 0, None), ROLLING)),
        Example(
            Outcome.FAIL,
            _host(Updates("apt", (OPENSSL, BASH, LIBSSL), DAY, None), SECURITY),
            says="openssl: 3.0.17-1 is available from stable-security for libssl3 3.0.11-1, openssl 3.0.11-1",
            subjects=("openssl",),
        ),
        Example(
            Outcome.FAIL,
            _host(Updates("dnf", (replace(OPENSSL, name="tzdata", installed=""),), DAY, None), MAIN),
            says="tzdata: 3.0.17-1 is available from stable-security for tzdata",
        ),
        Example(Outcome.FAIL, _host(Updates("apt", (OPENSSL,), None, None), MAIN)),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apt", (), 7 * DAY + 1, None), SECURITY),
            says="the host's package metadata is 7 days old: what it does not list may be pending all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apt", (), None, None), SECURITY),
            says="the host has no package metadata: what it does not list may be pending all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apt", (), 0, None), MAIN),
            says="no security suite is enabled on the host: what it does not list may be pending all the same",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(Updates("apk", (BASH,), 0, None, tells_security=False), MAIN),
            says="updates are pending (1), and nothing on the host says which are for security",
        ),
        Example(Outcome.PASS, _host(Updates("apk", (), 0, None, tells_security=False), MAIN)),
        Example(Outcome.PASS, _host(Updates("dnf", (BASH,), 0, None), MAIN)),
        Example(
            Outcome.NOT_ASSESSED, {**_host(Updates("apt", (), 0, None), MAIN), "updates": Missing(Reason.TIMED_OUT)}
        ),
    ),
)
def security_updates_pending(updates: Updates, packages: Packages, repositories: Repositories) -> Iterator[Ruling]:
    """One finding per source package: one update closes it. A gap beside it keeps the unlisted ones from passing."""
    sources = {package.name: package.source or package.name for package in packages.items}
    pending: dict[str, list[PendingUpdate]] = {}
    for update in sorted(updates.security, key=lambda update: update.name):
        pending.setdefault(sources.get(update.name, update.name), []).append(update)
    for source, parts in pending.items():
        which = ", ".join(f"{part.name} {part.installed}".rstrip() for part in parts)
        told = f"{source}: {parts[0].candidate} is available from {parts[0].suite} for {which}"
        yield failed(told, Subject("package", source))
    gap = _blind(updates, repositories)
    if gap is not None:
        yield gap
    elif not pending:
        yield passed(
            f"no security update is pending, by metadata {(updates.metadata_age_seconds or 0) // DAY} days old"
        )


def _blind(updates: Updates, repositories: Repositories) -> Ruling | None:
    """Why the host's own list may lack something."""
    age, unsaid = updates.metadata_age_seconds, "what it does not list may be pending all the same"
    if age is None:
        return not_assessed(Reason.FEED_MISSING, f"the host has no package metadata: {unsaid}")
    if age > STALE_DAYS * DAY:
        return not_assessed(Reason.FEED_TOO_OLD, f"the host's package metadata is {age // DAY} days old: {unsaid}")
    if updates.manager == "apt" and not any(_SECURITY.search(item.name) for item in repositories.items):
        return not_assessed(Reason.FEED_MISSING, f"no security suite is enabled on the host: {unsaid}")
    if updates.pending and not updates.tells_security:
        told = f"updates are pending ({len(updates.pending)}), and nothing on the host says which are for security"
        return not_assessed(Reason.FEED_MISSING, told)
    return None


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
    version=2,
    references=("uname(1)",),
    examples=(
        Example(
            Outcome.PASS,
            _kernels("6.1.0-31-amd64", INSTALLED, version="#1 SMP Debian 6.1.128-1 (2025-02-07)"),
            says="6.1.0-31-amd64 runs and is the newest installed",
        ),
        Example(
            Outcome.FAIL,
            _kernels("6.1.0-30-amd64", INSTALLED, version="#1 SMP Debian 6.1.124-1 (2025-01-12)"),
            says="6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed",
        ),
        Example(
            Outcome.FAIL,
            _kernels("6.1.0-31-amd64", INSTALLED, version="#1 SMP Debian 6.1.123-1 (2025-01-02)"),
            says="6.1.0-31-amd64 runs as built in 6.1.123-1, its package is 6.1.128-1",
        ),
        Example(Outcome.FAIL, _kernels("6.1.0.31-amd64", INSTALLED)),
        Example(Outcome.PASS, _kernels("6.1.0-31-amd64", CLOUD, INSTALLED)),
        Example(Outcome.PASS, _kernels("5.14.0-503.el9.x86_64", UEK, RHCK)),
        Example(Outcome.FAIL, _kernels("5.15.0-101.el9uek.x86_64", UEK, RHCK)),
        Example(
            Outcome.NOT_ASSESSED,
            _kernels("6.1.0-32-amd64", INSTALLED),
            says="6.1.0-32-amd64 runs, is newer than every installed kernel of its kind, and belongs to no package",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _kernels("6.18.44", INSTALLED),
            says="no package owns a kernel of the kind that runs here; 6.18.44 runs",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _kernels("6.18.44"),
            says="no package owns a kernel of the kind that runs here; 6.18.44 runs",
        ),
        Example(Outcome.NOT_APPLICABLE, {"kernel": partial(Kernel), "system": partial(System, container="docker")}),
    ),
)
def running_kernel_stale(kernel: Kernel, system: System) -> Iterator[Ruling]:
    """Among kernels of one flavour: a host may hold others (cloud, rt, uek, another board's) that it never starts."""
    if system.container:
        yield not_applicable("a container runs its host's kernel")
        return
    alike = [k for k in kernel.installed if _flavour(k.release) == _flavour(kernel.running)]
    if not alike:
        told = f"no package owns a kernel of the kind that runs here; {kernel.running} runs"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
        return
    newest = alike[0]
    build = _BUILD.search(kernel.version)
    if kernel.running == newest.release and build and build[1] != newest.version:
        yield failed(f"{kernel.running} runs as built in {build[1]}, its package is {newest.version}")
    elif kernel.running == newest.release:
        yield passed(f"{kernel.running} runs and is the newest installed")
    elif _numbers(kernel.running) > _numbers(newest.release):
        told = f"{kernel.running} runs, is newer than every installed kernel of its kind, and belongs to no package"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    else:
        yield failed(f"{kernel.running} runs, {newest.release} is installed")


def _flavour(release: str) -> tuple[str, ...]:
    """``amd64`` of 6.1.0-31-amd64, ``rpi-v8`` of 6.6.51+rpt-rpi-v8, ``uek`` of 5.15.0-209.el9uek.x86_64."""
    words = dropwhile(lambda word: not word[:1].isalpha(), release.split("-"))
    return (*words, *_MARKS.findall(release))


def _numbers(release: str) -> list[int]:
    """Enough to order releases of one flavour of one distribution."""
    return [int(number[:18]) for number in re.findall("[0-9]+", release)]
