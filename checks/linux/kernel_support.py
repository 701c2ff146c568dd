"""Support dates of the running kernel's series (feed data; never dates in code)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from checks.advisories.support import Cycle, SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.system import System

FEED = SupportDates(
    date(2026, 1, 1),
    "example",
    {
        "linux-kernel": (
            Cycle("linux-kernel", "6.10", date(2026, 3, 1), None),
            Cycle("linux-kernel", "6.12", date(2026, 3, 2), None),
            Cycle("linux-kernel", "7.1", None, None),
        ),
    },
)
UNKNOWN = "the support dates of 2026-01-01 do not know "
# ELRepo's packages of upstream kernels; every other packaged kernel is its distribution's.
UPSTREAM = re.compile(r"kernel-(ml|lt)(-core)?")
DEBIAN = InstalledKernel("linux-image-6.10.9-amd64", "6.10.9-1", "6.10.9-amd64")
ELREPO = InstalledKernel("kernel-ml-core", "6.10.9-1.el9.elrepo", "6.10.9-1.el9.elrepo.x86_64")
MACHINE: System = partial(System, container=None)


def _running(outcome: Outcome, running: str, *installed: InstalledKernel, says: str = "") -> Example:
    kernel = partial(Kernel, running=running, installed=installed)
    return Example(outcome, {"kernel": kernel, "system": MACHINE}, says=says or (), support=FEED)


@check(
    id="linux.eol.kernel-series",
    title="The running kernel's series is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "A kernel that no package of the distribution owns gets its fixes from kernel.org alone, and kernel.org has "
        "ended its series. Kernels of a distribution follow the distribution's support and are not judged here."
    ),
    remedy=Remedy(
        text="Run the distribution's kernel, or one of a series that kernel.org maintains.",
        steps=("Install the kernel", "Restart the host in its window"),
        verify="`uname -r` names a series that is in support, or a kernel of the distribution",
        risk="A new kernel needs a restart, and modules from outside built anew.",
    ),
    privilege=Privilege.USER,
    references=("https://www.kernel.org/category/releases.html",),
    examples=(
        _running(
            Outcome.FAIL,
            "6.10.3-custom",
            says="no package of the distribution owns the running kernel 6.10.3-custom, and kernel.org ended 6.10 on "
            "2026-03-01",
        ),
        _running(Outcome.FAIL, ELREPO.release, ELREPO),
        _running(Outcome.FAIL, "6.10", replace(DEBIAN, release="6.1.0-31-amd64")),
        _running(Outcome.PASS, "6.12.4+", says="kernel.org maintains 6.12 until 2026-03-02"),
        _running(Outcome.PASS, "7.1.2", replace(DEBIAN, release="7.10.2-amd64"), says="kernel.org maintains 7.1"),
        _running(
            Outcome.NOT_APPLICABLE,
            "6.10.9-amd64",
            DEBIAN,
            says="6.10.9-amd64 is a kernel of the distribution: it follows the release's support",
        ),
        _running(Outcome.NOT_APPLICABLE, "6.10.3-amd64", ELREPO, DEBIAN),
        _running(Outcome.NOT_ASSESSED, "6.99.1", says=UNKNOWN + "kernel.org's 6.99"),
        _running(Outcome.NOT_ASSESSED, "unknown", says=UNKNOWN + "kernel.org's unknown"),
        Example(
            Outcome.NOT_APPLICABLE,
            {
                "kernel": partial(Kernel, running="6.10.3", installed=()),
                "system": partial(System, container="lxc"),
            },
            support=FEED,
            says="a container runs on the kernel of its host",
        ),
        Example(Outcome.NOT_ASSESSED, {"kernel": Missing(Reason.TIMED_OUT), "system": MACHINE}, support=FEED),
    ),
)
def kernel_series_ended(kernel: Kernel, system: System, support: SupportDates, context: Context) -> Iterator[Ruling]:
    """An older kernel of the distribution may run on after its package has gone: one of the same series tells it."""
    series = _series(kernel.running)
    owners = [k for k in kernel.installed if _series(k.release) == series and not UPSTREAM.fullmatch(k.package)]
    cycle = support.cycle("linux-kernel", series)
    if system.container:
        yield not_applicable("a container runs on the kernel of its host")
    elif owners:
        yield not_applicable(f"{kernel.running} is a kernel of the distribution: it follows the release's support")
    elif cycle is None:
        told = f"the support dates of {support.snapshot} do not know kernel.org's {series}"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif cycle.ends and cycle.ends < context.today:
        yield failed(
            f"no package of the distribution owns the running kernel {kernel.running}, and kernel.org ended {series} "
            f"on {cycle.ends}"
        )
    else:
        yield passed(f"kernel.org maintains {series}" + (f" until {cycle.ends}" if cycle.ends else ""))


def _series(release: str) -> str:
    """6.12 of 6.12.4-custom; what is no version stays as it is."""
    numbers = re.match(r"\d+\.\d+", release)
    return numbers[0] if numbers else release
