"""An older Debian, as debootstrap makes it, is scanned over SSH: its own sshd, apt and dpkg, and Debian's real records.

What is found is held against an oracle of its own: the records read here, the versions compared by the host's dpkg.
"""

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import data
from tests.checks.advisories.real import raw
from tests.lab.rootfs import RELEASE, VERSION, OldDebian
from tests.scanner.end_to_end import Estate

FEED = "debian-osv-10-13.jsonl.zst"
PENDING = "linux.patch.security-updates-pending"
UNFIXED = "linux.patch.no-vendor-fix"
KERNEL = "linux.patch.kernel-updates-pending"
NOT_OFFERED = "linux.patch.fix-not-offered"
ORIGINS = "linux.patch.package-without-advisories"
FRESH = {"ESTATECHECK_FEED_MAX_AGE_DAYS": "3650"}  # as if the feed were of today
LIVING = ("/dev/", "/proc/", "/run/", "/sys/")  # what a running system changes by itself


@dataclass(frozen=True)
class Expected:
    """By source package: CVEs with a fix that the host lacks, the versions that fix them, and CVEs without a fix."""

    fixable: dict[str, set[str]]
    versions: dict[str, set[str]]
    unfixed: dict[str, set[str]]


@pytest.mark.soak
@pytest.mark.root
@pytest.mark.data
@pytest.mark.lab
def test_an_older_debian_is_judged_by_the_feed_and_by_itself_updated_and_proven(
    tmp_path: Path, old_debian: OldDebian
) -> None:
    estate = Estate(tmp_path).ssh("old", old_debian.server)
    done = estate.run("feeds", "import", str(data.folder() / "feeds" / FEED))
    assert done.returncode == 0, done.stderr

    old_debian.forget_security_suite()
    records = list(statements(set(sources_of(old_debian))))
    expected = oracle(old_debian, records)
    before = everything_in(old_debian.root)
    done = estate.run("scan", "--trust-new", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert everything_in(old_debian.root) == before, "a scan changes nothing on the host"
    assert_what_the_feed_knows(estate.report(), expected)
    assert_an_old_feed_is_told(done.stdout, estate.report())
    assert_nothing_is_mounted_outside(old_debian)

    old_debian.know_security_suite()
    done = estate.run("scan", "--quiet", **FRESH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_both_opinions(estate.report(), expected, pending_by_apt(old_debian))
    assert_kernel_and_origins(tmp_path, estate.report(), old_debian)

    source = assert_an_update_is_proven(estate, old_debian, expected)
    still = {name: cves for name, cves in expected.fixable.items() if name != source}
    assert oracle(old_debian, records).fixable == still


def assert_what_the_feed_knows(report: dict[str, Any], expected: Expected) -> None:
    [asset] = report["assets"]
    assert f"Debian GNU/Linux {VERSION} ({RELEASE})" in asset["os_name"]
    assert (asset["logged_in"], asset["privilege"]) == (True, "root")
    assert sum(map(len, expected.fixable.values())) >= 10, "the oracle has nothing to compare"
    assert named(report, PENDING) == expected.fixable
    assert named(report, UNFIXED) == expected.unfixed
    for source, found in occurrences(report, PENDING).items():
        fixed = {member["attributes"]["fixed"] for member in members(report, found)}
        assert fixed == expected.versions[source]
        assert "the host's own list does not" in found["observed"]
    [cause] = occurrences(report, NOT_OFFERED).values()
    assert cause["observed"].startswith(f"no security suite is enabled on the host: {len(expected.fixable)} fixes ")
    assert cause["observed"].endswith(f"not offered ({', '.join(sorted(expected.fixable))})")


def assert_an_old_feed_is_told(told: str, report: dict[str, Any]) -> None:
    [feed] = [source for source in report["sources"] if source["name"] == "debian"]
    assert feed["stale"] is True
    assert any(f"debian ({feed['age_days']} days)" in line for line in report["limitations"])
    assert "Too old is the data of debian" in " ".join(told.split())
    for check in (PENDING, UNFIXED):
        assert gap(report, check)["reason"] == "feed too old"
    assert gap(report, KERNEL)["reason"] == "feed missing", "a fresh feed would not speak of this kernel either"


def assert_nothing_is_mounted_outside(host: OldDebian) -> None:
    assert str(host.root) not in Path("/proc/self/mounts").read_text()
    assert f"{host.root} " not in host.run("cat", "/proc/mounts"), "a chroot does not show its own place"


def assert_both_opinions(report: dict[str, Any], expected: Expected, by_apt: dict[str, str]) -> None:
    assert occurrences(report, NOT_OFFERED) == {}
    found = occurrences(report, PENDING)
    assert found.keys() == expected.fixable.keys() | by_apt.keys()
    assert by_apt.keys() - expected.fixable.keys(), "the suite is newer than the feed"
    for source in by_apt.keys() - expected.fixable.keys():
        assert f"{source}: {by_apt[source]} is available from " in found[source]["observed"]
        assert "unknown to the debian feed of" in found[source]["observed"]
    for source in expected.fixable.keys() & by_apt.keys():
        assert "and the host's own list say so" in found[source]["observed"]
    assert named(report, PENDING) == expected.fixable | {source: set() for source in by_apt.keys() - expected.fixable}


def assert_kernel_and_origins(folder: Path, report: dict[str, Any], host: OldDebian) -> None:
    """A chroot runs the kernel of the machine around it, which no package in there owns."""
    assert gap(report, KERNEL)["detail"] == f"no package owns the running kernel {os.uname().release}"
    installed = host.run("dpkg-query", "-W", "-f", "${db:Status-Status}\n").split().count("installed")
    assert [text.partition(" by ")[0] for text in passes(folder, ORIGINS)] == [f"{installed} packages are judged"]
    assert not any("not established" in text for text in passes(folder, ORIGINS))


def assert_an_update_is_proven(estate: Estate, host: OldDebian, expected: Expected) -> str:
    """Of the source with the fewest packages, which is returned."""
    source = min(expected.fixable, key=lambda source: (len(packages_of(host, source)), source))
    ref = occurrences(estate.report(), PENDING)[source]["ref"]
    host.update(*packages_of(host, source))
    done = estate.run("findings", "verify", ref)
    assert done.returncode == 3, "an old feed proves nothing"
    assert "OPEN -> OPEN" in done.stdout
    done = estate.run("findings", "verify", ref, **FRESH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OPEN -> VERIFIED_FIXED" in done.stdout
    assert estate.run("evidence", "export", ref, "-o", "proof.zip").returncode == 0
    held = estate.run("evidence", "verify", "proof.zip")
    assert held.returncode == 0, held.stdout + held.stderr
    assert "judged again from its answers, the visit after gives: pass" in held.stdout
    return source


# The oracle


Row = tuple[str, list[str], str | None, bool]


def oracle(host: OldDebian, records: list[Row]) -> Expected:
    """What the host has now, by the records that name one of its sources."""
    installed = sources_of(host)
    pairs = {(version, fix) for source, _, fix, _ in records if fix for version in installed[source]}
    older = compared(host, pairs)
    unimportant = {(source, cve) for source, cves, _, vain in records if vain for cve in cves}
    expected = Expected({}, {}, {})
    for source, cves, fix, _ in records:
        open_ = {cve for cve in cves if (source, cve) not in unimportant}
        if open_ and fix is None:
            expected.unfixed.setdefault(source, set()).update(open_)
        elif open_ and any((version, fix) in older for version in installed[source]):
            expected.fixable.setdefault(source, set()).update(open_)
            expected.versions.setdefault(source, set()).add(str(fix))
    return expected


def statements(sources: set[str]) -> Iterator[Row]:
    """Source package, CVEs, the first version without them (None: there is none), unimportant.

    An advisory stands for the CVEs it names; without any for itself, if it calls itself a security update.
    """
    for line in raw(FEED).splitlines():
        if f'"Debian:{VERSION}"'.encode() not in line:
            continue
        record = json.loads(line)
        cves = [name for name in (record["id"], *record.get("related", ())) if name.startswith("CVE-")]
        if record["id"].startswith("CVE-") or (not cves and "security update" in record["summary"]):
            cves = [record["id"]]
        for affected in () if "withdrawn" in record else record["affected"]:
            name, ecosystem = affected["package"]["name"], affected["package"]["ecosystem"]
            if ecosystem == f"Debian:{VERSION}" and name in sources:
                vain = (affected.get("ecosystem_specific") or {}).get("urgency") == "unimportant"
                for span in affected["ranges"]:
                    fixes = [event["fixed"] for event in span["events"] if "fixed" in event]
                    yield name, cves, max(fixes, default=None), vain


def sources_of(host: OldDebian) -> dict[str, set[str]]:
    """Of every package with files on disk: source package -> versions of it."""
    found: dict[str, set[str]] = {}
    said = host.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${source:Package}\t${source:Version}\n")
    for state, source, version in (line.split("\t") for line in said.splitlines()):
        if state.startswith("ii"):
            found.setdefault(source, set()).add(version)
    return found


def packages_of(host: OldDebian, source: str) -> list[str]:
    said = host.run("dpkg-query", "-W", "-f", "${source:Package} ${Package}\n")
    return [line.split()[1] for line in said.splitlines() if line.split()[0] == source]


def compared(host: OldDebian, pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of which dpkg says that the first is older."""
    script = 'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo "$a $b"; fi; done'
    said = host.run("sh", "-c", script, given="".join(f"{a} {b}\n" for a, b in sorted(pairs)))
    return {(line.split()[0], line.split()[1]) for line in said.splitlines()}


def pending_by_apt(host: OldDebian) -> dict[str, str]:
    """Source -> the version that the host's apt would install from the security suite."""
    said = host.run("apt-get", "-s", "dist-upgrade")
    found = re.findall(r"^Inst (\S+) \[\S+\] \((\S+) Debian-Security:", said, re.MULTILINE)
    names = dict(
        line.split() for line in host.run("dpkg-query", "-W", "-f", "${Package} ${source:Package}\n").splitlines()
    )
    return {names[name]: version for name, version in reversed(found)}


# The report


def occurrences(report: dict[str, Any], check: str) -> dict[str, dict[str, Any]]:
    """By the subject of the finding."""
    found = [one for issue in report["issues"] if issue["check_id"] == check for one in issue["occurrences"]]
    assert len({one["subject"]["key"] for one in found}) == len(found), "one finding is one update"
    return {one["subject"]["key"]: one for one in found}


def members(report: dict[str, Any], occurrence: dict[str, Any]) -> list[dict[str, Any]]:
    return [report["members"][index] for index in occurrence["members"]]


def named(report: dict[str, Any], check: str) -> dict[str, set[str]]:
    return {
        source: {member["id"] for member in members(report, one)} for source, one in occurrences(report, check).items()
    }


def gap(report: dict[str, Any], check: str) -> dict[str, Any]:
    [found] = [one for one in report["gaps"] if one["check_id"] == check]
    return dict(found)


def passes(folder: Path, check: str) -> list[str]:
    """What the check recorded with a pass, once for each text."""
    with sqlite3.connect(folder / "record.db") as connection:
        rows = connection.execute("SELECT observed FROM ruling WHERE check_id = ? AND outcome = 'pass'", [check])
        found = [text for (text,) in rows]
    connection.close()
    return found


def everything_in(root: Path) -> dict[str, tuple[int, int]]:
    """Every file of the host with its size and the time of its last change."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = f"{folder}/{name}"
            own = path.removeprefix(str(root))
            if not own.startswith(LIVING):
                state = os.lstat(path)
                found[own] = (state.st_size, state.st_mtime_ns)
    return found
