"""Real machines against real feeds: expected verdicts, and every difference from other tools explained."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from checks.advisories.chapters import by_subscription
from checks.advisories.grouping import highest
from checks.advisories.judging import Hit
from checks.advisories.kernel_rulings import kernel_rulings
from checks.advisories.matching import Unit
from checks.advisories.opinions import Host, Opinion, opinion_of
from checks.advisories.pending import pending_by_both
from checks.advisories.verdict import TO_UPDATE
from checks.advisories.versions import compare, is_at_least
from checks.finding import Outcome
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import Package, Packages, PendingUpdate, Repositories, Repository, Updates
from inventory.facts.system import System
from tests.checks.advisories.real import advisories, host, raw, wanted_of
from tests.data import folder

pytestmark = pytest.mark.data
DAY = date(2026, 9, 1)
KERNELS = {"linux", "kernel", "kernel-core", "kernel-default"}
OSV = {"debian", "almalinux", "rocky"}  # feeds of which only what is said of the host's own release is decoded
NEVER = 100_000  # days: the feeds are years apart, and this is not about their age
BUG_FIX = re.compile(r"(?:RHBA|RHEA|ALBA|ALEA|RLBA|RLEA|RXSA|ELBA|SUSE-RU|openSUSE-RU)-.*")


def judged(name: str, *feeds: str) -> tuple[Host, Opinion]:
    system, packages, kernel = host(name)
    wanted = wanted_of(packages) | KERNELS
    release = system.os_version.partition(".")[0] if system.os_id in OSV and system.os_id in feeds else ""
    known = advisories(*feeds, wanted=wanted, release=release, max_age_days=NEVER)
    where = Host(system, packages, kernel)
    return where, opinion_of(where, known, "internal", DAY)


def units(opinion: Opinion) -> Iterator[Unit]:
    return (unit for found in opinion.judged.by_source.values() for unit in found.units)


def rows(opinion: Opinion) -> dict[tuple[str, str], Hit]:
    """(CVE, binary package) -> hit."""
    return {(hit.cve, unit.package): hit for unit in units(opinion) for hit in unit.judged.hits}


EXPECTED = [
    pytest.param(
        "debian_11",
        "debian",
        {
            ("CVE-2022-0778", "libssl1.1"): "FIX_AVAILABLE",
            ("CVE-2022-3715", "bash"): "NO_VENDOR_FIX",
            ("CVE-2011-3374", "apt"): "UNIMPORTANT",
        },
        ("linux", "5.10.46-4", "FIX_AVAILABLE", 1900),
        id="debian-11",
    ),
    pytest.param(
        "debian_12",
        "debian",
        {("CVE-2024-11187", "bind9-libs"): "FIX_AVAILABLE", ("CVE-2023-6879", "libaom3"): "NO_VENDOR_FIX"},
        ("linux", "6.1.123-1", "FIX_AVAILABLE", 90),
        id="debian-12",
    ),
    pytest.param(
        "ubuntu_1804",
        "ubuntu",
        {
            ("CVE-2023-3297", "accountsservice"): "FIX_NEEDS_SUBSCRIPTION",
            ("CVE-2023-1786", "cloud-init"): "FIX_AVAILABLE",
            ("CVE-2012-6655", "accountsservice"): "NO_VENDOR_FIX",
        },
        ("linux", "4.15.0-208.220", "FIX_NEEDS_SUBSCRIPTION", 100),
        id="ubuntu-18.04",
    ),
    pytest.param(
        "ubuntu_2204",
        "ubuntu",
        {("CVE-2022-3715", "bash"): "FIX_AVAILABLE", ("CVE-2016-1585", "apparmor"): "NO_VENDOR_FIX"},
        ("linux", "5.15.0-69.76", "FIX_AVAILABLE", 600),
        id="ubuntu-22.04",
    ),
    pytest.param(
        "alma_8",
        "almalinux",
        {("CVE-2024-3661", "NetworkManager"): "FIX_AVAILABLE"},
        ("kernel", "4.18.0-513.9.1.el8_9", "FIX_AVAILABLE", 500),
        id="almalinux-8",
    ),
    pytest.param(
        "alma_10",
        "almalinux",
        {("CVE-2025-9615", "NetworkManager"): "FIX_AVAILABLE"},
        ("kernel", "6.12.0-55.9.1.el10_0", "FIX_AVAILABLE", 200),
        id="almalinux-10",
    ),
    pytest.param(
        "rhel_80",
        "redhat",
        {("CVE-2020-10754", "NetworkManager"): "FIX_AVAILABLE"},
        ("kernel", "4.18.0-32.el8", "FIX_AVAILABLE", 1000),
        id="rhel-8.0",
    ),
    pytest.param(
        "rocky_9",
        "rocky",
        {("CVE-2022-3715", "bash"): "FIX_AVAILABLE"},
        ("kernel", "5.14.0-162.6.1.el9_1", "FIX_AVAILABLE", 1),
        id="rocky-9",
    ),
    pytest.param(
        "sles15",
        "suse",
        {("CVE-2019-20838", "pcre"): None, ("CVE-2022-44840", "binutils"): "FIX_NEEDS_SUBSCRIPTION"},
        ("kernel-default", "5.3.18-59.37.2", "FIX_AVAILABLE", 200),
        id="sles-15.3",
    ),
    pytest.param(
        "opensuse_leap_15",
        "suse",
        {("CVE-2021-3530", "binutils"): "FIX_AVAILABLE"},
        ("kernel-default", "5.3.18-150300.59.49.1", "FIX_AVAILABLE", 100),
        id="leap-15.3",
    ),
    pytest.param(
        "alpine_319",
        "alpine",
        {("CVE-2023-42363", "ssl_client"): "FIX_AVAILABLE", ("CVE-2024-4741", "libssl3"): "FIX_AVAILABLE"},
        None,
        id="alpine-3.19",
    ),
]


@pytest.mark.parametrize(("name", "feed", "expected", "kernel"), EXPECTED)
def test_recorded_hosts(
    name: str, feed: str, expected: dict[tuple[str, str], str | None], kernel: tuple[str, str, str, int] | None
) -> None:
    where, opinion = judged(name, feed)
    found = rows(opinion)
    assert {key: found[key].verdict.name if key in found else None for key in expected} == expected
    assert [hit.advisory for hit in found.values() if BUG_FIX.fullmatch(hit.advisory)] == []
    assert opinion.judged.unread == ()
    _versions_are_older(opinion)
    assert opinion.kernel is not None
    if kernel is None:  # a container: the machine's kernel belongs to none of its packages
        assert opinion.kernel.problem == "no package owns the running kernel 6.8.0-60-generic"
        return
    counts = Counter(hit.verdict.name for hit in opinion.kernel.hits)
    assert (opinion.kernel.source, opinion.kernel.version, opinion.kernel.problem) == (*kernel[:2], "")
    assert counts[kernel[2]] >= kernel[3]
    assert [r.outcome for r in kernel_rulings(where, opinion)] == [Outcome.FAIL]


def _versions_are_older(opinion: Opinion) -> None:
    """Whatever is told to be fixable is older than the fix, and one action's target clears all of its members."""
    scheme = opinion.scheme
    for unit in units(opinion):
        own = unit.source_version if scheme == "deb" else unit.version
        for hit in (hit for hit in unit.judged.hits if hit.fixed):
            sides = (own, hit.fixed)
            if opinion.name.startswith(("the rocky", "the suse")):  # by SOURCERPM; Rocky writes bind's epoch 32 as 2
                sides = (unit.source_version.rpartition(":")[2], hit.fixed.rpartition(":")[2])
            assert compare(scheme, *sides) < 0, (unit.package, own, hit)
    for action in opinion.actions(TO_UPDATE):
        assert all(is_at_least(scheme, action.target, member.attributes["fixed"]) for member in action.members)
        assert action.target == highest(scheme, (member.attributes["fixed"] for member in action.members))


@pytest.mark.parametrize("name", ["centos_7", "oracle_8", "fedora_38", "amazon_2"])
def test_releases_that_no_feed_speaks_of_are_said_aloud(name: str) -> None:
    where, opinion = judged(name, "rocky")
    said = list(pending_by_both(where, opinion))
    assert [ruling.outcome for ruling in said] == [Outcome.NOT_ASSESSED]
    assert f"{where.system.os_id}:" in said[0].observed


# Debian's own tool


def listed(file: str) -> list[list[str]]:
    return [line.split("\t") for line in (folder() / "debian-rootfs" / file).read_text().splitlines()]


def debian(file: str, version: str) -> tuple[Host, Opinion]:
    codename = {"11": "bullseye", "12": "bookworm"}[version]
    system = System("debian", version, f"Debian {version}", (), codename, "", "x86_64", None, "", None, "")
    items = [Package(row[0].partition(":")[0], row[1], "amd64", row[2], row[3]) for row in listed(file)]
    packages = Packages("deb", tuple(sorted(items, key=lambda p: p.name)))
    decoded = KERNELS if "-vuls-" in file else set()  # the tables that judged() has had made of the same packages
    known = advisories("debian", wanted=wanted_of(packages) | decoded, release=version, max_age_days=NEVER)
    where = Host(system, packages)
    return where, opinion_of(where, known, None, DAY)


PEERS = [
    ("dpkg-bookworm-minbase-main.txt", "bookworm", "12"),
    ("dpkg-bullseye-minbase-main.txt", "bullseye", "11"),
    ("dpkg-vuls-debian_12.txt", "debian_12", "12"),
    ("dpkg-vuls-debian_11.txt", "debian_11", "11"),
]


@pytest.mark.parametrize(("packages", "peer", "version"), PEERS)
def test_equals_debsecan_for_what_it_can_see(packages: str, peer: str, version: str) -> None:
    """debsecan lists binary packages and knows CVEs alone; what Debian tells in an advisory only is ours beside it."""
    text = (folder() / "debian-rootfs" / f"peer-debsecan-{peer}.txt").read_text()
    lines = [line.split(" ", 2) for line in text.splitlines()]
    theirs = {(line[0], line[1].partition(":")[0]): line[2:] for line in lines}
    _, opinion = debian(packages, version)
    ours = rows(opinion)
    assert theirs.keys() - ours.keys() == set()
    beside = {key: ours[key].advisory for key in ours.keys() - theirs.keys()}
    assert all(advisory.startswith(("DSA-", "DLA-")) for advisory in beside.values()), beside
    assert len(beside) <= 0.01 * len(ours) + 2
    if peer.startswith("debian_"):  # the others were run without naming the suite, so that nothing is "(fixed)"
        fixable = {key for key, flags in theirs.items() if flags == ["(fixed)"]}
        assert fixable == {key for key in theirs if ours[key].fixed and ours[key].verdict.name == "FIX_AVAILABLE"}


@pytest.mark.parametrize(("name", "version", "least"), [("debian_11", "11", 1900), ("debian_12", "12", 90)])
def test_kernel_that_debsecan_misses(name: str, version: str, least: int) -> None:
    """The image's source is linux-signed-amd64, of which no advisory speaks: debsecan has not one row of it."""
    peer = (folder() / "debian-rootfs" / f"peer-debsecan-{name}.txt").read_text()
    assert re.search(r"^\S+ linux-image", peer, re.MULTILINE) is None
    _, opinion = judged(name, "debian")
    kernel = opinion.kernel
    assert kernel is not None
    ours = {hit.cve for hit in kernel.hits if hit.fixed}
    assert ours == set(fixable_in(f"Debian:{version}", "linux", kernel.version))
    assert len(ours) >= least


def fixable_in(ecosystem: str, package: str, installed: str) -> Iterator[str]:
    """Straight from the records: CVEs that a later version of the package fixes."""
    for line in raw("debian-osv-10-13.jsonl.zst").splitlines():
        if f'"{package}"'.encode() in line:
            record = json.loads(line)
            of_one = record["id"].startswith("CVE-")
            if record.get("summary", "").endswith("regression update") and not record.get("related"):
                continue  # repairs what an earlier update broke
            cves = [record["id"]] if of_one else [cve for cve in record.get("related", ()) if cve.startswith("CVE-")]
            for affected in record["affected"]:
                if affected["package"] == {"ecosystem": ecosystem, "name": package}:
                    events = [event for span in affected["ranges"] for event in span["events"]]
                    fixed = [event["fixed"] for event in events if "fixed" in event]
                    if any(compare("deb", installed, one) < 0 for one in fixed):
                        yield from cves or [record["id"]]


@pytest.mark.parametrize(("codename", "version"), [("bookworm", "12"), ("bullseye", "11")])
def test_every_security_update_that_apt_lists_is_reported(codename: str, version: str) -> None:
    where, _ = debian(f"dpkg-{codename}-minbase-main.txt", version)
    text = (folder() / "debian-rootfs" / f"apt-upgradable-{codename}.txt").read_text()
    found = re.findall(r"^(\S+?)/(\S+) (\S+) \S+ \[upgradable from: (\S+)\]", text, re.MULTILINE)
    pending = tuple(PendingUpdate(name, old, new, suite, "security" in suite) for name, suite, new, old in found)
    assert len(pending) == len(text.splitlines()) > 0
    suites = Repositories((Repository("https://deb.example stable-security", "sources.list", True, ""),))
    whole = Host(where.system, where.packages, None, Updates("apt", pending, 0, None), suites)
    known = advisories("debian", wanted=wanted_of(where.packages), release=version, max_age_days=NEVER)
    said = list(pending_by_both(whole, opinion_of(whole, known, None, DAY)))
    sources = {package.name: package.source for package in where.packages.items}
    fails = {ruling.subject.key: ruling.observed for ruling in said if ruling.outcome is Outcome.FAIL}
    assert {sources[update.name] for update in pending if update.security} <= fails.keys()
    assert all("says so" in text or "say so" in text or "unknown to the debian feed" in text for text in fails.values())


def test_what_a_real_debian_11_has_to_do() -> None:
    """One update for each source package; two of them Debian calls security updates and names no CVE."""
    _, opinion = judged("debian_11", "debian")
    actions = opinion.actions(TO_UPDATE)
    cves = {action.source: {m.id for m in action.members if m.id.startswith("CVE-")} for action in actions}
    assert len(set().union(*cves.values())) == 216
    assert sum(1 for found in cves.values() if found) == 45
    assert [source for source, found in cves.items() if not found] == ["distro-info-data", "ucf"]


# Modularity


def test_naive_rows_of_almalinux_8_are_gone() -> None:
    """By name and version alone; each row that falls away does so because of its module."""
    _, packages, _ = host("alma_8")
    feeds = advisories("almalinux", wanted=wanted_of(packages) | KERNELS, release="8", max_age_days=NEVER)
    known = feeds.release("almalinux:8")
    assert known is not None
    naive, dropped = 0, Counter[str]()
    _, opinion = judged("alma_8", "almalinux")
    ours = {(unit.package, hit.cve, hit.fixed) for unit in units(opinion) for hit in unit.judged.hits}
    kernel = {package.name for package in opinion.judged.kernel}
    for package in packages.items:
        for statement in known.statements(package.name) if package.name not in kernel else ():
            if compare("rpm", package.version, statement.fixed) < 0:
                naive += 1
                dropped.update(_why_dropped(package, statement.module, statement.cves, ours))
    assert dropped["another module or stream"] >= 0.2 * naive > 10
    assert dropped[""] == 0


def _why_dropped(package: Package, module: str, cves: Iterable[str], ours: set[tuple[str, str, str]]) -> Iterator[str]:
    own = ":".join(package.module.split(":")[:2])
    if own != module:
        yield "another module or stream"
    elif not {cve for name, cve, _ in ours if name == package.name} >= set(cves):
        yield ""


def test_a_subscription_is_named() -> None:
    where, opinion = judged("ubuntu_1804", "ubuntu")
    said = [ruling.observed for ruling in by_subscription(where, opinion) if ruling.outcome is Outcome.FAIL]
    assert len(said) > 20
    assert all("it needs esm-" in text for text in said)


def test_the_worked_example_of_the_document() -> None:
    """docs/patch-levels.md, on the real feed."""
    images = [
        Package(f"linux-image-6.1.0-{abi}-amd64", f"6.1.{n}-1", "amd64", "linux-signed-amd64", f"6.1.{n}+1")
        for abi, n in ((29, 123), (31, 128))
    ]
    ssl = Package("libssl3", "3.0.11-1~deb12u1", "amd64", "openssl", "3.0.11-1~deb12u1")
    system = System("debian", "12", "Debian 12", (), "bookworm", "", "x86_64", None, "", None, "")
    installed = tuple(InstalledKernel(p.name, p.version, p.name.removeprefix("linux-image-")) for p in images)
    kernel = Kernel("6.1.0-29-amd64", "#1 SMP Debian 6.1.123-1 (2025-01-02)", installed, (), None, None, None)
    known = advisories("debian", wanted={"openssl", "linux"}, release="12", max_age_days=NEVER)
    opinion = opinion_of(Host(system, Packages("deb", (ssl, *images)), kernel), known, None, DAY)
    found = rows(opinion)
    assert found["CVE-2024-5535", "libssl3"].verdict.name == "FIX_AVAILABLE"
    assert found["CVE-2024-13176", "libssl3"].verdict.name == "NO_VENDOR_FIX"
    assert [action.target for action in opinion.actions(TO_UPDATE)] == ["3.0.15-1~deb12u1"]
    (said,) = [r for r in kernel_rulings(opinion.host, opinion) if r.outcome is Outcome.FAIL]
    assert "6.1.128-1 is installed and fixes" in said.observed
    assert {member.verdict for member in said.members} == {"fixed on disk, restart of the host pending"}
