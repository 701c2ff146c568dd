"""What still runs although an update has replaced it: the kernel, and processes with their libraries."""

import re
from collections.abc import Iterator

from checks.advisories.kernel_rulings import kernel_fails
from checks.advisories.kernels import flavour
from checks.advisories.library import Advisories
from checks.advisories.opinions import Host, opinion_of
from checks.advisories.restarts import UNKNOWN_VERSION, still_running
from checks.advisories.words import some
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.linux.example_feed import (
    KERNEL_FIX,
    LIBSSL,
    LIBSSL_FIXED,
    LINUX,
    LINUX_OLD,
    OLD_FIX,
    OPENSSL_FIX,
    feed,
    packages,
    system,
)
from checks.linux.example_feed import kernel as kernel_of
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.processes import StaleLibraries, StaleProcess
from inventory.facts.reboot import Reboot
from inventory.facts.system import System

INSTALLED = InstalledKernel("linux-image-6.1.0-31-amd64", "6.1.128-1", "6.1.0-31-amd64")
CLOUD = InstalledKernel("linux-image-6.12.9-cloud-amd64", "6.12.9-1", "6.12.9-cloud-amd64")
UEK = InstalledKernel("kernel-uek", "5.15.0-209.el9uek", "5.15.0-209.el9uek.x86_64")
RHCK = InstalledKernel("kernel-core", "5.14.0-503.el9", "5.14.0-503.el9.x86_64")
MACHINE: System = partial(System, container=None)
TOLD_BY = "linux.patch.kernel-updates-pending"
RESTART = {
    "kernel": kernel_of(LINUX_OLD, LINUX),
    "packages": packages(LINUX, LINUX_OLD),
    "system": system(),
}
_BUILD = re.compile(r"\bDebian (\S+)")
SSL = "/usr/lib/libssl.so.3"
NGINX = StaleProcess("nginx", SSL, 2, "libssl3")
OWN = StaleProcess("nginx", "/opt/agent/libown.so", 1)
MAPS = "nginx still maps /usr/lib/libssl.so.3 of libssl3, which was replaced (2 processes)"
SSHD = StaleProcess("sshd", SSL, 1)


def _kernels(running: str, *installed: InstalledKernel, version: str = "#1 SMP") -> dict[str, object]:
    return {"kernel": partial(Kernel, running=running, version=version, installed=installed), "system": MACHINE}


def _host(*items: StaleProcess) -> dict[str, object]:
    return {"stale_libraries": StaleLibraries(items), "system": system(), "packages": packages(LIBSSL_FIXED)}


@check(
    id="linux.patch.services-using-deleted-libs",
    title="A process still runs a library that was replaced",
    severity=Severity.MEDIUM,
    theme=Theme.RESTART_PENDING,
    rationale=(
        "The library was updated on disk, but this process loaded the old one before and keeps it until it is "
        "restarted. It is as vulnerable as before the update."
    ),
    remedy=Remedy(
        text="Restart the service that the process belongs to.",
        steps=("Find its unit with `systemctl status PID`", "Restart that unit"),
        verify="`grep -l '(deleted)' /proc/PID/maps` no longer names the library",
        risk="The service is away for the time of its restart.",
    ),
    privilege=Privilege.ROOT,
    references=("proc(5), /proc/pid/maps", "docs/patch-levels.md"),
    version=2,
    examples=(
        Example(
            Outcome.PASS,
            {"stale_libraries": StaleLibraries(())},
            says="no process maps a library that is gone from disk",
        ),
        Example(
            Outcome.FAIL,
            {"stale_libraries": StaleLibraries((SSHD, NGINX, OWN))},
            says=(
                "nginx still maps /usr/lib/libssl.so.3 of libssl3, /opt/agent/libown.so, which were replaced "
                "(2 processes)",
                "sshd still maps /usr/lib/libssl.so.3, which was replaced (1 process)",
            ),
            subjects=("nginx", "sshd"),
        ),
        Example(
            Outcome.FAIL,
            _host(NGINX),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says=f"{MAPS}; libssl3 3.0.15-1, fixed since 3.0.15-1, by the debian feed of 2026-02-23: "
            f"fixed on disk, restart of a process pending; {UNKNOWN_VERSION}",
        ),
        Example(
            Outcome.FAIL,
            {**_host(NGINX), "packages": packages(LIBSSL)},
            advisories=feed({"openssl": OPENSSL_FIX}),
            says=MAPS,
        ),
        Example(Outcome.FAIL, _host(NGINX), says=MAPS),
        *(
            Example(
                Outcome.FAIL,
                {**_host(NGINX), fact: Missing(Reason.TIMED_OUT)},
                advisories=feed({"openssl": OPENSSL_FIX}),
                says=MAPS,
            )
            for fact in ("packages", "system")
        ),
        Example(
            Outcome.FAIL,
            _host(SSHD),
            advisories=feed({"openssl": OPENSSL_FIX}),
            says="sshd still maps /usr/lib/libssl.so.3, which was replaced (1 process)",
        ),
        Example(Outcome.NOT_ASSESSED, {"stale_libraries": Missing(Reason.PRIVILEGE_TOO_LOW)}),
    ),
)
def services_using_deleted_libs(
    stale_libraries: StaleLibraries, host: Host | None, advisories: Advisories | None, context: Context
) -> Iterator[Ruling]:
    opinion = None
    if advisories and host:
        opinion = opinion_of(host, advisories, context.asset.exposure, context.today)
    yield from still_running(stale_libraries, opinion)


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
    version=3,
    references=("uname(1)", "docs/patch-levels.md"),
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
        Example(
            Outcome.NOT_APPLICABLE,
            RESTART,
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed; linux.patch.kernel-updates-pending tells what is "
            "pending for the running kernel",
        ),
        Example(Outcome.FAIL, RESTART, says="6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed"),
        Example(
            Outcome.FAIL,
            {**RESTART, "packages": Missing(Reason.TIMED_OUT)},
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed",
        ),
        Example(Outcome.FAIL, RESTART, advisories=feed({"linux": OLD_FIX})),
        Example(
            Outcome.PASS,
            {**RESTART, "kernel": kernel_of(LINUX_OLD)},
            advisories=feed({"linux": KERNEL_FIX}),
            says="6.1.0-30-amd64 runs and is the newest installed",
        ),
        Example(Outcome.FAIL, RESTART, advisories=feed({"linux": KERNEL_FIX}, release="debian:13")),
    ),
)
def running_kernel_stale(
    kernel: Kernel, system: System, host: Host | None, advisories: Advisories | None, context: Context
) -> Iterator[Ruling]:
    """With a feed a pending restart is a part of the kernel's own finding, where there is one, and none beside it."""
    if system.container:
        yield not_applicable("a container runs its host's kernel")
        return
    said = _restart_for(kernel)
    if said.outcome is Outcome.FAIL and advisories and host:
        opinion = opinion_of(host, advisories, context.asset.exposure, context.today)
        if kernel_fails(host, opinion):
            said = not_applicable(f"{said.observed}; {TOLD_BY} tells what is pending for the running kernel")
    yield said


def _restart_for(kernel: Kernel) -> Ruling:
    """Among kernels of one flavour: a host may hold others (cloud, rt, uek, another board's) that it never starts."""
    alike = [k for k in kernel.installed if flavour(k.release) == flavour(kernel.running)]
    if not alike:
        told = f"no package owns a kernel of the kind that runs here; {kernel.running} runs"
        return not_assessed(Reason.OUTPUT_UNREADABLE, told)
    newest = alike[0]
    build = _BUILD.search(kernel.version)
    if kernel.running == newest.release and build and build[1] != newest.version:
        return failed(f"{kernel.running} runs as built in {build[1]}, its package is {newest.version}")
    if kernel.running == newest.release:
        return passed(f"{kernel.running} runs and is the newest installed")
    if _numbers(kernel.running) > _numbers(newest.release):
        told = f"{kernel.running} runs, is newer than every installed kernel of its kind, and belongs to no package"
        return not_assessed(Reason.OUTPUT_UNREADABLE, told)
    return failed(f"{kernel.running} runs, {newest.release} is installed")


def _numbers(release: str) -> list[int]:
    """Enough to order releases of one flavour of one distribution."""
    return [int(number[:18]) for number in re.findall("[0-9]+", release)]


UBUNTU = Reboot(True, "/run/reboot-required", ("linux-base", "linux-image-6.1.0-31-amd64"))
STALE = _kernels("6.1.0-30-amd64", INSTALLED)
OF_KERNEL = re.compile(r"(linux|kernel|pve-kernel|proxmox-kernel|raspberrypi-kernel)(-.*)?")


@check(
    id="linux.patch.reboot-pending",
    title="The host waits for a restart to finish an update",
    severity=Severity.HIGH,
    theme=Theme.RESTART_PENDING,
    rationale=(
        "Updated files lie on disk, but the old kernel or library still runs. Until the restart the weakness that the "
        "update closes is open."
    ),
    remedy=Remedy(
        text="Restart the host in its next maintenance window.",
        steps=("Announce the window to the service owner", "Restart the host", "Check that its services are back"),
        verify="/run/reboot-required is gone, or needs-restarting -r says that none is needed",
        risk="The services of this host are away during the restart.",
    ),
    privilege=Privilege.USER,
    version=2,
    references=("needs-restarting(1)", "Debian policy: /run/reboot-required", "docs/patch-levels.md"),
    examples=(
        Example(
            Outcome.PASS,
            {"reboot": Reboot(False, "needs-restarting", ()), "system": MACHINE},
            says="no restart is asked for (needs-restarting)",
        ),
        Example(
            Outcome.FAIL,
            {"reboot": Reboot(True, "zypper", ()), "system": MACHINE},
            says="a restart is asked for (zypper)",
        ),
        Example(
            Outcome.FAIL,
            {"reboot": Reboot(True, "needs-restarting", ("glibc", "kernel-core")), **STALE},
            says="a restart is asked for (needs-restarting), by glibc, kernel-core",
        ),
        Example(
            Outcome.FAIL,
            {"reboot": UBUNTU, **_kernels("6.1.0-31-amd64", INSTALLED)},
            says="a restart is asked for (/run/reboot-required), by linux-base, linux-image-6.1.0-31-amd64",
        ),
        Example(Outcome.FAIL, {"reboot": UBUNTU, "system": MACHINE, "kernel": Missing(Reason.TIMED_OUT)}),
        *(
            Example(Outcome.FAIL, {"reboot": UBUNTU, **kernels})
            for kernels in (
                _kernels("6.1.0-31-amd64", INSTALLED, version="#1 SMP Debian 6.1.128-1 (2025-02-07)"),
                _kernels("6.1.0-31-amd64", CLOUD, INSTALLED),
                _kernels("5.14.0-503.el9.x86_64", UEK, RHCK),
                _kernels("6.1.0-32-amd64", INSTALLED, version="#1 SMP Debian 6.1.130-1 (2025-03-07)"),
            )
        ),
        *(
            Example(Outcome.NOT_APPLICABLE, {"reboot": UBUNTU, **kernels})
            for kernels in (
                _kernels("6.1.0-31-amd64", INSTALLED, version="#1 SMP Debian 6.1.123-1 (2025-01-02)"),
                _kernels("6.1.0.31-amd64", INSTALLED),
            )
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            {"reboot": UBUNTU, **STALE},
            says="a restart is asked for (/run/reboot-required), by linux-base, linux-image-6.1.0-31-amd64; "
            "6.1.0-30-amd64 runs, 6.1.0-31-amd64 is installed: the finding on the running kernel tells of that restart",
        ),
        Example(Outcome.NOT_APPLICABLE, {"reboot": Reboot(True, "zypper", ()), **STALE}),
        Example(
            Outcome.NOT_ASSESSED,
            {"reboot": Reboot(None, "", ()), "system": MACHINE},
            says="nothing on the host tells whether a restart is asked for",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            {"reboot": UBUNTU, "system": partial(System, container="docker")},
            says="a container is restarted with its image, not by itself",
        ),
    ),
)
def reboot_pending(reboot: Reboot, system: System, kernel: Kernel | None) -> Iterator[Ruling]:
    """Where a newer kernel waits and nothing else is known to ask for the restart, the finding on the running kernel
    tells of it (running-kernel-stale, or kernel-updates-pending by a feed): that one says which kernel, and which
    weaknesses. This one yields; it speaks of every other cause.
    """
    if system.container:
        yield not_applicable("a container is restarted with its image, not by itself")
    elif reboot.required is None:
        told = "nothing on the host tells whether a restart is asked for"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    elif not reboot.required:
        yield passed(f"no restart is asked for ({reboot.source})")
    else:
        by = f", by {some(reboot.packages)}" if reboot.packages else ""
        told = f"a restart is asked for ({reboot.source}){by}"
        waits = _restart_for(kernel) if kernel and all(map(OF_KERNEL.fullmatch, reboot.packages)) else None
        if waits is not None and waits.outcome is Outcome.FAIL:
            yield not_applicable(f"{told}; {waits.observed}: the finding on the running kernel tells of that restart")
        else:
            yield failed(told)
