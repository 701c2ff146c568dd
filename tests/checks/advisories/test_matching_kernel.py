"""The kernel that runs: found by its whole release, judged by what is in memory."""

import pytest

from checks.advisories.kernel_rulings import kernel_rulings
from checks.advisories.kernels import build_of, is_kernel
from checks.finding import Ruling
from inventory.facts import Missing, Reason
from inventory.facts.entitlements import Entitlement, Entitlements
from inventory.facts.kernel import Kernel
from inventory.facts.origins import Origin, Origins, PackageOrigin
from inventory.facts.packages import Package, PendingUpdate, Updates
from tests.checks.advisories.made import deb, feed, fix, host, kernel, opinion, rpm

DEBIAN = ("debian", "12")


def image(abi: str, version: str) -> Package:
    return deb(f"linux-image-{abi}-amd64", version, "linux-signed-amd64", version.replace("-", "+", 1))


OLD, NEW = image("6.1.0-30", "6.1.124-1"), image("6.1.0-31", "6.1.128-1")
ROWS = [fix("CVE-1", "6.1.128-1"), fix("CVE-2", "6.1.140-1"), fix("CVE-3", ""), fix("CVE-4", "6.1.100-1")]


def installed(*images: Package) -> list[tuple[str, str, str]]:
    return [(one.name, one.version, one.name.removeprefix("linux-image-")) for one in images]


def hits(where: tuple[str, str], release: str, facts: Kernel, *items: Package, key: str = "linux") -> dict[str, str]:
    found = opinion(host(where, *items, kernel=facts), feed(release, {key: ROWS})).kernel
    assert found is not None
    assert found.problem == ""
    return {hit.cve: hit.verdict.name for hit in found.hits}


def test_signed_image_is_the_source_linux() -> None:
    facts = kernel("6.1.0-30-amd64", *installed(OLD))
    expected = {"CVE-1": "FIX_AVAILABLE", "CVE-2": "FIX_AVAILABLE", "CVE-3": "NO_VENDOR_FIX"}
    assert hits(DEBIAN, "debian:12", facts, OLD) == expected


def test_fixed_on_disk_is_a_pending_restart() -> None:
    facts = kernel("6.1.0-30-amd64", *installed(NEW, OLD))
    expected = {"CVE-1": "FIXED_REBOOT_PENDING", "CVE-2": "FIX_AVAILABLE", "CVE-3": "NO_VENDOR_FIX"}
    assert hits(DEBIAN, "debian:12", facts, OLD, NEW) == expected


def test_older_kernels_on_disk_are_information() -> None:
    facts = kernel("6.1.0-31-amd64", *installed(NEW, OLD))
    assert hits(DEBIAN, "debian:12", facts, OLD, NEW) == {"CVE-2": "FIX_AVAILABLE", "CVE-3": "NO_VENDOR_FIX"}


def test_package_replaced_under_the_running_kernel() -> None:
    """The same release, built anew: uname -v tells what is in memory."""
    replaced = image("6.1.0-31", "6.1.128-1")
    facts = kernel("6.1.0-31-amd64", *installed(replaced), version="#1 SMP Debian 6.1.124-1 (2025-01-01)")
    assert hits(DEBIAN, "debian:12", facts, replaced)["CVE-1"] == "FIXED_REBOOT_PENDING"


@pytest.mark.parametrize(
    ("uname", "version", "expected"),
    [
        ("#1 SMP PREEMPT_DYNAMIC Debian 6.1.128-1 (2025-02-07)", "6.1.129-1", "6.1.128-1"),
        ("#76-Ubuntu SMP Fri Mar 17 17:19:29 UTC 2023", "5.15.0-69.76", "5.15.0-69.76"),
        ("#75-Ubuntu SMP Fri Mar 17 17:19:29 UTC 2023", "5.15.0-69.76", "5.15.0-69.75"),
        ("#76~20.04.1-Ubuntu SMP Mon Mar 20 15:54:19 UTC 2023", "5.15.0-69.76~20.04.1", "5.15.0-69.76~20.04.1"),
        ("#1 SMP Tue Mar 4 2025", "4.18.0-513.el8", ""),
    ],
)
def test_build_that_runs(uname: str, version: str, expected: str) -> None:
    assert build_of(uname, deb("linux-image", version)) == expected


def test_another_flavour_does_not_fix_this_one() -> None:
    cloud = deb("linux-image-6.1.0-31-cloud-amd64", "6.1.128-1", "linux-signed-amd64", "6.1.128+1")
    facts = kernel("6.1.0-30-amd64", *installed(cloud, OLD))
    assert hits(DEBIAN, "debian:12", facts, OLD, cloud)["CVE-1"] == "FIX_AVAILABLE"


SUSE = [fix("CVE-1", "5.3.18-24.52.1"), fix("CVE-2", "5.3.18-24.6.1")]


@pytest.mark.parametrize(
    ("running", "expected"), [("5.3.18-24.5-default", {"CVE-1", "CVE-2"}), ("5.3.18-24.52-default", set())]
)
def test_suse_releases_are_compared_whole(running: str, expected: set[str]) -> None:
    """5.3.18-24.5 is not 5.3.18-24.52; the package has a rebuild number that the release has not."""
    images = [("kernel-default", f"5.3.18-24.{n}.1", f"5.3.18-24.{n}-default") for n in (5, 52)]
    items = [rpm(name, version, f"kernel-default-{version}.nosrc.rpm") for name, version, _ in images]
    facts = kernel(running, *images)
    found = opinion(
        host(("sles", "15.3"), *items, kernel=facts), feed("sles:15.3", {"src:kernel-default": SUSE})
    ).kernel
    assert found is not None
    assert {hit.cve for hit in found.hits} == expected
    assert found.version == running.removesuffix("-default") + ".1"


@pytest.mark.parametrize(
    ("name", "version", "release", "key"),
    [
        ("kernel-core", "4.18.0-513.9.1.el8_9", "4.18.0-513.9.1.el8_9.x86_64", "kernel-core"),
        ("kernel-core", "5.14.0-162.6.1.el9_1", "5.14.0-162.6.1.el9_1.x86_64", "src:kernel"),
        ("kernel-rt-core", "4.18.0-513.rt7.el8", "4.18.0-513.rt7.el8.x86_64", "kernel-rt-core"),
        ("kernel-64k-core", "5.14.0-503.el9", "5.14.0-503.el9.aarch64+64k", "kernel-64k-core"),
        ("kernel-uek", "5.15.0-101.el9uek", "5.15.0-101.el9uek.x86_64", "kernel-uek"),
        ("kernel", "3.10.0-1062.el7", "3.10.0-1062.el7.x86_64", "kernel"),
    ],
)
def test_kernels_of_the_red_hat_family(name: str, version: str, release: str, key: str) -> None:
    rows = {key: [fix("CVE-1", "99-1")]}
    facts = kernel(release, (name, version, release))
    found = opinion(host(("almalinux", "8.9"), rpm(name, version), kernel=facts), feed("almalinux:8", rows)).kernel
    assert found is not None
    assert [hit.cve for hit in found.hits] == ["CVE-1"]


@pytest.mark.parametrize(
    ("manager", "item", "expected"),
    [
        ("deb", deb("linux-image-6.1.0-31-amd64", "1", "linux-signed-amd64"), True),
        ("deb", deb("linux-libc-dev", "1", "linux"), True),
        ("deb", deb("bpftool", "1", "linux"), True),
        ("deb", deb("linux-headers-5.15.0-69-generic", "1", "linux-hwe-5.15"), True),
        ("deb", deb("linux-base", "1", "linux-base"), False),
        ("deb", deb("linux-firmware", "1", "linux-firmware"), False),
        ("deb", deb("libatm1", "1", "linux-atm"), False),
        ("deb", deb("util-linux", "1", "util-linux"), False),
        ("deb", deb("proxmox-kernel-6.8.12-4-pve", "1", "proxmox-kernel-6.8"), True),
        ("rpm", rpm("kernel-modules", "1"), True),
        ("rpm", rpm("python3-perf", "1"), True),
        ("rpm", rpm("bpftool", "1"), True),
        ("rpm", rpm("kernel-firmware-amdgpu", "1"), False),
        ("rpm", rpm("kernel-srpm-macros", "1"), False),
        ("rpm", rpm("python3-libs", "1"), False),
        ("rpm", rpm("perl", "1"), False),
        ("apk", Package("linux-lts", "6.6.71-r0", "x86_64", "linux-lts", ""), True),
        ("apk", Package("linux-pam", "1.5-r0", "x86_64", "linux-pam", ""), False),
        ("apk", Package("linux-firmware", "1-r0", "x86_64", "linux-firmware", ""), False),
    ],
)
def test_what_belongs_to_the_kernel(manager: str, item: Package, expected: bool) -> None:
    assert is_kernel(manager, item) is expected


def rulings(*items: Package, rows: object = None, **facts: object) -> list[Ruling]:
    where = host(DEBIAN, *items, **facts)
    return list(kernel_rulings(where, opinion(where, feed("debian:12", rows or {"linux": ROWS}))))  # type: ignore[arg-type]


def test_silence_about_a_kernel_is_no_pass() -> None:
    (said,) = rulings(OLD, kernel=kernel("6.1.0-30-amd64", *installed(OLD)), rows={"bash": ROWS})
    assert (said.outcome.value, said.observed) == (
        "not_assessed",
        "the feed says nothing about the kernel package linux",
    )


def test_a_kernel_of_another_maker_is_not_judged() -> None:
    pve = deb("proxmox-kernel-6.8.12-4-pve-signed", "6.8.12-4", "proxmox-kernel-6.8")
    origins = Origins(
        "deb", (Origin("Proxmox", "stable", "bookworm", carries="same"),), (PackageOrigin(pve.name, (0,)),), None, 1
    )
    facts = kernel("6.8.12-4-pve", (pve.name, pve.version, "6.8.12-4-pve"))
    (said,) = rulings(pve, kernel=facts, origins=origins)
    assert said.outcome.value == "not_assessed"
    assert "another maker's: it comes from Proxmox stable" in said.observed


def test_an_old_kernel_that_no_repository_has_any_more_is_still_the_distributions() -> None:
    """Debian's archive keeps the newest release of a kernel only: apt calls the running one "local"."""
    places = tuple(PackageOrigin(name, (0,)) for name in ("a", "b", "c"))
    debian = Origin("Debian", "stable", "bookworm", carries="same")
    origins = Origins("deb", (debian, Origin(local=True)), (*places, PackageOrigin(OLD.name, (1,))), None, 1)
    (said,) = rulings(OLD, kernel=kernel("6.1.0-30-amd64", *installed(OLD)), origins=origins)
    assert (said.outcome.value, said.subject.key) == ("fail", "linux")


def test_all_of_the_kernel_is_one_fail() -> None:
    (said,) = rulings(OLD, NEW, kernel=kernel("6.1.0-30-amd64", *installed(NEW, OLD)))
    assert said.observed == (
        "6.1.0-30-amd64 runs linux 6.1.124-1; 6.1.140-1 clears 1 known weakness (CVE-2); 1 more are fixed on disk by "
        "6.1.128-1, restart pending, by the debian feed of 2026-03-02"
    )
    assert [member.id for member in said.members] == ["CVE-1", "CVE-2"]


def test_live_patching_is_told() -> None:
    ksplice = Entitlements((Entitlement("livepatch", "canonical-livepatch status", True),))
    (said,) = rulings(OLD, kernel=kernel("6.1.0-30-amd64", *installed(OLD)), entitlements=ksplice)
    assert said.observed.endswith("; livepatch patches this kernel in memory, which its version does not show")


def test_update_that_the_feed_does_not_know() -> None:
    names = ("linux-image-6.1.0-42-amd64", "linux-image-amd64")
    update = [PendingUpdate(name, "", "6.1.160-1", "stable-security", True) for name in names]
    facts = kernel("6.1.0-31-amd64", *installed(NEW))
    said = rulings(NEW, kernel=facts, updates=Updates("apt", tuple(update), 0, None), rows={"linux": ROWS[:1]})
    assert [(one.outcome.value, one.observed) for one in said] == [
        (
            "fail",
            "linux: 6.1.160-1 is available from stable-security for linux-image-6.1.0-42-amd64, linux-image-amd64; "
            "pending by the host's own list, unknown to the debian feed of 2026-03-02",
        )
    ]


def test_a_list_that_could_not_be_had_proves_no_pass() -> None:
    where = host(DEBIAN, NEW, kernel=kernel("6.1.0-31-amd64", *installed(NEW)))
    found = opinion(where, feed("debian:12", {"linux": ROWS[:1]}))
    (said,) = kernel_rulings(where, found, Missing(Reason.TIMED_OUT))
    assert (said.outcome.value, said.reason) == ("not_assessed", Reason.TIMED_OUT)


def test_pass_names_what_runs_and_what_it_had_to_reach() -> None:
    (said,) = rulings(NEW, OLD, kernel=kernel("6.1.0-31-amd64", *installed(NEW, OLD)), rows={"linux": ROWS[:1]})
    assert said.observed == (
        "6.1.0-31-amd64 runs linux 6.1.128-1, fixed since 6.1.128-1; the debian feed of 2026-03-02 knows of no later "
        "fix; installed too: 6.1.0-30-amd64"
    )
