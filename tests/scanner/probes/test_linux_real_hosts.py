"""Checks of packages, kernels and support dates over real machines' lists: every verdict below was looked at by eye."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from checks.catalogue import catalogue
from checks.check import Check, Context
from checks.example import EXAMPLE_ASSET, overall
from checks.finding import CheckRun, Outcome
from checks.linux import restarts, software, support
from inventory.asset import Privilege
from inventory.facts.kernel import Kernel
from inventory.facts.packages import Packages
from inventory.facts.system import System
from scanner.feeds import support_dates
from scanner.probes.linux.kernel import read_kernel
from scanner.probes.linux.packages import read_packages
from tests import data

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SYSTEM = System("debian", "12", "Debian", (), "", "host", "x86_64", 1000, "b", None, "systemd")
DEB = ("debian_11", "debian_12", "ubuntu_1804", "ubuntu_2204")
RPM: tuple[str, ...] = ("alma_10", "alma_8", "amazon_2", "centos_7", "fedora_38", "opensuse_leap_15", "oracle_8")
RPM += ("rhel_80", "rocky_9", "sles15")


def runs(check: Check, **facts: Any) -> tuple[CheckRun, ...]:  # noqa: ANN401 (a fact of any kind)
    context = Context(EXAMPLE_ASSET, facts, NOW, support_dates.load().dates)
    return check.judge(context, dict.fromkeys(facts, Privilege.USER))


def said(check: Check, **facts: Any) -> list[str]:  # noqa: ANN401
    return [f"{run.outcome.value}: {run.observed}" for run in runs(check, **facts)]


def packages_of(name: str) -> Packages:
    """The list as the host's package manager would have printed it, through the probe's own parser."""
    host = data.recorded_host(name)
    return read_packages(_as_printed(name, host))


def _as_printed(name: str, host: Mapping[str, Any]) -> str:
    if name in DEB:
        rows = [f"ii \t{p['name']}\t{p['version']}\tamd64\t{p['name']}\t{p['version']}\t" for p in host["packages"]]
        return "\n".join(["=deb=", *rows, "=deb:0="])
    if name in RPM:
        vendor = "SUSE LLC" if "suse" in host["family"] else "vendor"
        rows = [f"{p['name']}\t{_evr(p)}\t{p.get('arch', '')}\t(none)\t{vendor}\t" for p in host["packages"]]
        return "\n".join(["=rpm=", *rows, "=rpm:0="])
    stanzas = [f"P:{p['name']}\nV:{p['version']}\nA:{p['arch']}\n" for p in host["packages"]]
    return "\n".join(["=apk=", *stanzas, "=apk:0="])


def _evr(package: Mapping[str, str]) -> str:
    return f"{package['version']}-{package['release']}" if package.get("release") else package["version"]


def kernel_of(name: str) -> Kernel:
    """The running and the installed kernels, through the probe's own parser."""
    host = data.recorded_host(name)
    running = host["kernel"]
    version = f"Debian {running['version']}" if running["version"] else ""
    head = f"uname={running['release']} #1 SMP {version}\n"
    if name in DEB:
        rows = [f"ii \t{p['name']}\t{p['version']}" for p in host["packages"] if p["name"].startswith("linux-image-")]
        return read_kernel("\n".join([head, "=deb=", *rows, "=deb:0="]))
    if name in RPM:
        vendor = "SUSE LLC" if "suse" in host["family"] else "vendor"
        rows = [
            f"{p['name']}\t{_evr(p)}\t{p['arch']}\t{vendor}" for p in host["packages"] if p["name"].startswith("kernel")
        ]
        return read_kernel("\n".join([head, "=rpm=", *rows, "=rpm:0="]))
    return read_kernel(head)


@pytest.mark.data
@pytest.mark.parametrize("name", [*DEB, *RPM, "alpine_319"])
def test_a_plain_machine_has_no_old_server_and_nothing_from_a_publisher(name: str) -> None:
    """They hold telnet and ftp clients, YaST modules about servers and distributions' own PHP: none is a finding."""
    legacy = next(check for check in catalogue() if check.id == "linux.svc.legacy-cleartext")
    packages = packages_of(name)
    listed = [p for p in data.recorded_host(name)["packages"] if p["name"] != "gpg-pubkey"]
    assert len(packages.items) == len(listed)
    assert said(legacy, packages=packages) == ["pass: none of the old clear-text servers is installed"]
    for check in (
        software.runtime_ended,
        software.database_ended,
        software.server_software_ended,
        software.software_ending,
    ):
        assert said(check, packages=packages)[0].startswith("pass: no package from the publisher")


@pytest.mark.data
@pytest.mark.parametrize("name", [*DEB, *RPM, "alpine_319"])
def test_the_running_kernel_is_found_among_the_packages(name: str) -> None:
    """Of every machine but Alpine, which was a container on somebody else's kernel."""
    release = data.recorded_host(name)["kernel"]["release"]
    expected = f"pass: {release} runs and is the newest installed"
    if name == "alpine_319":
        expected = f"not_assessed: no package owns a kernel of the kind that runs here; {release} runs"
    assert said(restarts.running_kernel_stale, kernel=kernel_of(name), system=SYSTEM) == [expected]


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in (*DEB, *RPM) if name != "fedora_38"])
def test_the_kernel_that_ran_before_is_stale(name: str) -> None:
    kernel = kernel_of(name)
    before = replace(kernel, running=kernel.running.replace(".", ".0.", 1), version="")
    assert said(restarts.running_kernel_stale, kernel=before, system=SYSTEM) == [
        f"fail: {before.running} runs, {kernel.running} is installed"
    ]


@pytest.mark.data
@pytest.mark.parametrize(
    ("status", "count"), [("dpkg-status-vuls-debian_11", 419), ("dpkg-status-vuls-debian_12", 437)]
)
def test_the_status_file_of_a_real_debian(status: str, count: int) -> None:
    rows = [
        f"ii \t{s['Package']}\t{s['Version']}\t{s.get('Architecture', 'all')}\t\t\t{s.get('Origin', '')}"
        for s in data.dpkg_status(status)
    ]
    packages = read_packages("\n".join(["=deb=", *rows, "=deb:0="]))
    assert len(packages.items) == count
    held = next(check for check in catalogue() if check.id == "linux.patch.held-packages")
    assert said(held, packages=packages) == ["pass: no package is held back"]


FAIL, PASS, UNKNOWN, ROLLING = Outcome.FAIL, Outcome.PASS, Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("os_id", "version", "name", "outcome", "observed"),
    [
        ("sles", "15.5", "SLES 15 SP5", FAIL, "ended on 2024-12-31 (an extension to 2027-12-31 needs evidence"),
        ("sles", "15.7", "SLES 15 SP7", PASS, "supported until 2031-07-31"),
        ("sles", "15", "SLES 15", FAIL, "ended on 2019-12-31, its extension on 2022-12-31"),
        ("sles", "12.5", "SLES 12 SP5", FAIL, "ended on 2024-10-31 (an extension to 2027-10-31 needs evidence"),
        ("sles_sap", "15.6", "SLES for SAP 15 SP6", FAIL, "ended on 2025-12-31 (an extension to 2028-12-31"),
        ("amzn", "2", "Amazon Linux 2", FAIL, "ended on 2026-06-30"),
        ("amzn", "2023", "Amazon Linux 2023", PASS, "supported until 2029-06-30"),
        ("amzn", "2018.03", "Amazon Linux AMI 2018.03", FAIL, "ended on 2023-12-31"),
        ("ol", "8.9", "Oracle Linux Server 8.9", PASS, "supported until 2029-07-31"),
        ("ol", "7.9", "Oracle Linux Server 7.9", FAIL, "ended on 2024-12-31 (an extension to 2028-06-30"),
        ("centos", "7", "CentOS Linux 7 (Core)", FAIL, "ended on 2024-06-30"),
        ("centos", "8", "CentOS Linux 8", FAIL, "ended on 2021-12-31"),
        ("centos", "8", "CentOS Stream 8", FAIL, "ended on 2024-05-31"),
        ("centos", "9", "CentOS Stream 9", PASS, "supported until 2027-05-31"),
        ("fedora", "38", "Fedora Linux 38", FAIL, "ended on 2024-05-21"),
        ("fedora", "43", "Fedora Linux 43", PASS, "supported until 2026-12-09"),
        ("opensuse-leap", "15.5", "openSUSE Leap 15.5", FAIL, "ended on 2024-12-31"),
        ("opensuse-leap", "16.0", "openSUSE Leap 16.0", PASS, "supported until 2027-10-31"),
        ("opensuse", "42.3", "openSUSE Leap 42.3", FAIL, "ended on 2019-07-01"),
        ("opensuse-tumbleweed", "20261120", "openSUSE Tumbleweed", ROLLING, "is a rolling release"),
        ("rocky", "9.3", "Rocky Linux 9.3", PASS, "supported until 2032-05-31"),
        ("almalinux", "8.10", "AlmaLinux 8.10", PASS, "supported until 2029-05-31"),
        ("almalinux", "10.0", "AlmaLinux 10.0", PASS, "supported until 2035-05-31"),
        ("rhel", "8.0", "Red Hat Enterprise Linux 8.0", PASS, "supported until 2029-05-31"),
        ("rhel", "7.9", "Red Hat Enterprise Linux 7.9", FAIL, "ended on 2024-06-30 (an extension to 2029-05-31"),
        ("alpine", "3.19.1", "Alpine Linux v3.19", FAIL, "ended on 2025-11-01"),
        ("alpine", "3.21.7", "Alpine Linux v3.21", FAIL, "ended on 2026-11-01"),
        ("alpine", "3.24.0", "Alpine Linux v3.24", PASS, "supported until 2028-06-01"),
        ("alpine", "3.25_alpha20261101", "Alpine Linux edge", UNKNOWN, "do not know Alpine Linux edge"),
        ("ubuntu", "18.04", "Ubuntu 18.04.6 LTS", FAIL, "ended on "),
        ("ubuntu", "22.04", "Ubuntu 22.04.5 LTS", PASS, "supported until 2027-04-01"),
        ("ubuntu", "24.10", "Ubuntu 24.10", FAIL, "ended on 2025-07-10"),
        ("debian", "11", "Debian 11", FAIL, "ended on 2024-08-14, its extension on 2026-08-31"),
        ("debian", "12", "Debian 12", FAIL, "ended on 2026-07-11 (an extension to 2028-06-30 needs evidence"),
        ("debian", "13", "Debian 13", PASS, "supported until 2028-08-09"),
        ("debian", "", "Debian GNU/Linux forky/sid", UNKNOWN, "do not know Debian GNU/Linux forky/sid"),
        ("raspbian", "12", "Raspbian 12", UNKNOWN, "do not know Raspbian 12"),
        ("arch", "", "Arch Linux", ROLLING, "is a rolling release"),
    ],
)
def test_support_of_every_family(os_id: str, version: str, name: str, outcome: Outcome, observed: str) -> None:
    found = runs(support.os_release_ended, system=replace(SYSTEM, os_id=os_id, os_version=version, os_name=name))
    assert overall(found) is outcome
    assert observed in found[0].observed


@pytest.mark.parametrize(
    ("os_id", "version", "outcome"),
    [
        ("fedora", "43", FAIL),
        ("ubuntu", "22.04", FAIL),  # 130 days
        ("centos", "9", PASS),  # 190 days
        ("alpine", "3.22.5", FAIL),  # 160 days
        ("debian", "12", ROLLING),  # it has ended: told by the other check
        ("debian", "", UNKNOWN),
    ],
)
def test_support_that_ends_soon(os_id: str, version: str, outcome: Outcome) -> None:
    system = replace(SYSTEM, os_id=os_id, os_version=version, os_name="Stream" if os_id == "centos" else os_id)
    assert overall(runs(support.os_release_ending, system=system)) is outcome
