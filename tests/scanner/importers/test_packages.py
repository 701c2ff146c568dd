"""Every real package list that is at hand is recognised and read as the probe reads the same host."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scanner.importers.dpkg_words import COMMAND as DPKG_COMMAND
from scanner.importers.packages import read_packages
from scanner.importers.supplied import ImportRefused
from scanner.probes.linux import packages as probe
from tests import data

EL_HOSTS = ("alma_10", "alma_8", "amazon_2", "centos_7", "fedora_38", "oracle_8", "rhel_80", "rocky_9")
RPM_HOSTS = (*EL_HOSTS, "opensuse_leap_15", "sles15")  # SUSE's packages have no epochs


def rootfs(name: str) -> bytes:
    return (data.folder() / "debian-rootfs" / name).read_bytes()


def rpms(name: str) -> list[dict[str, Any]]:
    return list(data.recorded_host(name)["packages"])


def evr(package: dict[str, Any]) -> str:
    return f"{package['version']}-{package['release']}"


@pytest.mark.data
@pytest.mark.parametrize("release", ["bookworm", "bullseye"])
def test_a_minimal_debian_by_its_list_and_by_its_status_file(release: str) -> None:
    """Two files of one system, from two commands: the same packages, sources and binNMUs."""
    listed = read_packages(rootfs(f"dpkg-{release}-minbase-main.txt"), "list")
    status = read_packages(rootfs(f"dpkg-status-{release}"), "status")
    assert listed.packages == status.packages
    assert len(status.packages.items) == {"bookworm": 88, "bullseye": 96}[release]
    assert (listed.format, status.format) == ("dpkg-query -W", "/var/lib/dpkg/status")
    assert (listed.notes, status.notes, status.release, status.running_kernel) == ((), (), None, None)
    rebuilt = [
        p for p in status.packages.items if p.version != p.source_version and p.version.startswith(p.source_version)
    ]
    assert any(p.version.endswith("+b1") for p in rebuilt)
    assert any(p.name != p.source for p in status.packages.items)


@pytest.mark.data
@pytest.mark.parametrize(("release", "count"), [("11", 419), ("12", 437)])
def test_a_real_debian_by_its_list_and_by_its_status_file(release: str, count: int) -> None:
    """The list has a fifth column, of versions to come: it is neither origin nor architecture."""
    listed = read_packages(rootfs(f"dpkg-vuls-debian_{release}.txt"), "list")
    status = read_packages(rootfs(f"dpkg-status-vuls-debian_{release}"), "status")
    assert len(listed.packages.items) == len(status.packages.items) == count
    assert listed.packages.unknown == ("state",)
    assert listed.notes[1:] == ("Column 5 was not read: what it holds is not known.",)
    same = ("name", "version", "source", "source_version", "vendor")
    for one, other in zip(listed.packages.items, status.packages.items, strict=True):
        assert [getattr(one, key) for key in same] == [getattr(other, key) for key in same]


@pytest.mark.data
@pytest.mark.parametrize("name", RPM_HOSTS)
def test_rpm_qa_of_real_hosts(name: str) -> None:
    """As printed by default: names with hyphens, dots and plus signs are cut where they must be; epochs are lost."""
    host = rpms(name)
    lines = [f"{p['name']}-{evr(p).rpartition(':')[2]}.{p['arch']}" for p in host]
    found = read_packages("\n".join(lines).encode(), "list")
    real = [p for p in host if p["name"] != "gpg-pubkey"]
    assert found.format == "rpm -qa"
    assert found.packages.unknown == ("epoch",)
    assert "rpm -qa --qf" in found.notes[0]
    assert {(p.name, p.version, p.architecture) for p in found.packages.items} == {
        (p["name"], evr(p).rpartition(":")[2], p["arch"]) for p in real
    }


@pytest.mark.data
@pytest.mark.parametrize("name", EL_HOSTS)
def test_rpm_qa_with_epochs_of_real_hosts(name: str) -> None:
    """``--qf '%{NEVRA}\\n'``: epochs stand in front of the version, where they are not 0."""
    lines = [f"{p['name']}-{evr(p)}.{p['arch']}" for p in rpms(name)]
    found = read_packages("\n".join(lines).encode(), "list")
    assert (found.packages.unknown, found.notes) == ((), ())
    assert {evr(p) for p in rpms(name) if p["name"] != "gpg-pubkey"} == {p.version for p in found.packages.items}


@pytest.mark.data
@pytest.mark.parametrize("name", RPM_HOSTS)
def test_our_own_question_to_rpm_is_read_as_the_probe_reads_it(name: str) -> None:
    rows = [
        f"{p['name']}\t{evr(p)}\t{p['arch']}\t{p['name']}-{evr(p).rpartition(':')[2]}.src.rpm\tMaker of {name}\t(none)"
        for p in rpms(name)
    ]
    found = read_packages("\n".join(rows).encode(), "list")
    assert found.format == "rpm -qa --qf"
    assert found.packages == probe.read_packages("\n".join(["=rpm=", *rows, "=rpm:0="]))


@pytest.mark.data
@pytest.mark.parametrize("name", ["debian_11", "debian_12", "ubuntu_1804", "ubuntu_2204"])
def test_our_own_question_to_dpkg_is_read_as_the_probe_reads_it(name: str) -> None:
    host = data.recorded_host(name)["packages"]
    rows = [f"ii \t{p['name']}\t{p['version']}\tamd64\ts-{p['name']}\t{p['version']}\tDebian" for p in host]
    rows += ["rc \tremoved\t1.0-1\tamd64\tremoved\t1.0-1\t", "hi \theld\t1.0-1\tall\theld\t1.0-1\t"]
    found = read_packages("\n".join(rows).encode(), "list")
    assert found.format == "dpkg-query -W"
    assert found.packages == probe.read_packages("\n".join(["=deb=", *rows, "=deb:0="]))
    assert [p.name for p in found.packages.held] == ["held"]
    assert "removed" not in found.packages.names


@pytest.mark.data
def test_an_alpine_by_its_data_base_and_by_its_names() -> None:
    host = data.recorded_host("alpine_319")
    origins = {binary: source["name"] for source in host["source_packages"] for binary in source["binaries"]}
    stanzas = [
        f"C:Q1abc=\nP:{p['name']}\nV:{p['version']}\nA:{p['arch']}\no:{origins.get(p['name'], p['name'])}\nF:etc\nR:a\n"
        for p in host["packages"]
    ]
    base = read_packages("\n".join(stanzas).encode(), "installed")
    names = read_packages("".join(f"{p['name']}-{p['version']}\n" for p in host["packages"]).encode(), "names")
    assert (base.format, names.format) == ("/lib/apk/db/installed", "apk info -v")
    assert [(p.name, p.version) for p in base.packages.items] == [(p.name, p.version) for p in names.packages.items]
    assert {p.name: p.source for p in base.packages.items}["libssl3"] == "openssl"
    assert (base.packages.unknown, names.packages.unknown) == ((), ("source",))
    assert "apk list -I" in names.notes[0]


def printed(command: str) -> bytes:
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, timeout=60, check=True, env={"LC_ALL": "C"}
    ).stdout


@pytest.mark.skipif(shutil.which("dpkg-query") is None or not Path("/var/lib/dpkg/status").exists(), reason="no dpkg")
def test_this_host_by_every_command_of_dpkg() -> None:
    ours = read_packages(printed(DPKG_COMMAND), "ours").packages
    status = read_packages(Path("/var/lib/dpkg/status").read_bytes(), "status").packages
    assert {(p.name, p.source, p.source_version) for p in ours.items} == {
        (p.name, p.source, p.source_version) for p in status.items
    }
    versions = {(p.name, p.version) for p in ours.items}
    assert versions == {(p.name, p.version) for p in status.items}
    assert versions == {(p.name, p.version) for p in read_packages(printed("dpkg -l"), "list").packages.items}
    assert versions <= {(p.name, p.version) for p in read_packages(printed("dpkg-query -W"), "names").packages.items}


@pytest.mark.data
@pytest.mark.parametrize("name", ["all_statuses", "issue_10991", "scheme_2_many_vulns"])
def test_a_scanner_report_is_no_package_list(name: str) -> None:
    """It names only packages in which something was found."""
    report = (data.folder() / "scanner-output" / "trivy" / f"{name}.json").read_bytes()
    with pytest.raises(ImportRefused, match=r"^r\.json: is (a report of trivy|JSON, but neither CycloneDX nor SPDX)"):
        read_packages(report, "r.json")


@pytest.mark.data
@pytest.mark.parametrize("folder", ["lynis", "masscan", "nmap", "testssl", "sslyze", "openvas", "ssh_audit", "csaf"])
def test_other_scanners_files_are_refused(folder: str) -> None:
    for path in (data.folder() / "scanner-output" / folder).iterdir():
        with pytest.raises(ImportRefused, match="supply"):
            read_packages(path.read_bytes(), path.name)


@pytest.mark.data
def test_other_lists_about_packages_are_refused() -> None:
    """What can be upgraded, what is vulnerable: neither is what is installed."""
    for path in (data.folder() / "debian-rootfs").glob("*.txt"):
        if path.name.startswith(("apt-", "peer-")):
            with pytest.raises(
                ImportRefused, match="is no package list that is known here; supply the output of one of"
            ):
                read_packages(path.read_bytes(), path.name)


@pytest.mark.data
def test_packages_come_sorted_and_once() -> None:
    text = rootfs("dpkg-bookworm-minbase-main.txt")
    shuffled = b"\n".join([*reversed(text.splitlines()), *text.splitlines()])
    assert read_packages(shuffled, "list") == read_packages(text, "list")
    assert [p.name for p in read_packages(shuffled, "list").packages.items[:2]] == ["adduser", "apt"]


def test_doubles_come_in_the_same_order_always() -> None:
    """Two that differ in nothing but the last column: hashes of strings differ from run to run."""
    rows = [f"a\t1-1\tnoarch\ta-1-1.src.rpm\tMaker {number}\t(none)" for number in range(20)]
    found = read_packages("\n".join(rows).encode(), "list").packages.items
    assert [p.vendor for p in found] == sorted(f"Maker {number}" for number in range(20))
