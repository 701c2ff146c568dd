"""Matching package lists with advisories: 100, 1,000 and 10,000 hosts, and beside a real debsecan process.

    python -m benchmarks.matching [--hosts 100 1000 10000] [--debsecan /path/to/debsecan] [--tables FOLDER]

Feeds: the real ones of the test data (Debian, Ubuntu, AlmaLinux), decoded once and put on disk; that is not counted.
Hosts: 500 packages each, drawn from real package lists at the versions that were installed, or that some advisory
names, so that hosts of one release differ. "Judged" is all that the checks on patch levels say of a host. debsecan
(GPL-2+) runs as a program and is never imported.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import median

from benchmarks.measure import row, verdict
from checks.advisories.chapters import by_subscription, unspoken, without_fix
from checks.advisories.kernel_rulings import kernel_rulings
from checks.advisories.kernels import is_kernel
from checks.advisories.library import Advisories, Feed
from checks.advisories.matching import source_of
from checks.advisories.model import FeedNote, statements_of
from checks.advisories.offers import not_offered
from checks.advisories.opinions import Host, opinion_of
from checks.advisories.pending import pending_by_both
from checks.advisories.table import Table
from inventory.facts.kernel import Kernel
from inventory.facts.packages import Package, Packages, Repositories, Repository, Updates
from inventory.facts.system import System
from tests.checks.advisories.real import advisories, host

DAY = date(2026, 3, 2)
FAMILIES = {"debian_12": "debian", "ubuntu_2204": "ubuntu", "alma_8": "almalinux"}
RELEASES = {"debian_12": "debian:12", "ubuntu_2204": "ubuntu:22.04", "alma_8": "almalinux:8"}
PACKAGES, VERSIONS = 500, 5
CLEAN = Updates("apt", (), 0, None)
SUITE = Repositories((Repository("https://deb.example stable-security", "sources.list", True, ""),))


def on_disk(folder: Path) -> None:
    """Decode the feeds and write their tables, as the shelf has them."""
    for feed in advisories(*FAMILIES.values())._feeds:  # noqa: SLF001  # the decoded tables, as bytes
        for name, table in feed.tables.items():
            (folder / feed.note.name).mkdir(exist_ok=True)
            (folder / feed.note.name / name).write_bytes(table._data)  # noqa: SLF001


def load(folder: Path) -> Advisories:
    return Advisories(
        [
            Feed(FeedNote(one.name, one.name, DAY, 0, ""), {f.name: Table(f.read_bytes()) for f in one.iterdir()})
            for one in sorted(folder.iterdir())
        ],
        max_age_days=100_000,
    )


def estate(folder: Path, count: int) -> Iterator[Host]:
    """Hosts that share packages as real ones do. The same every time."""
    dice = random.Random(1)
    pools = {name: _pool(folder, name, dice) for name in FAMILIES}
    for number in range(count):
        name = list(FAMILIES)[number % len(FAMILIES)]
        system, packages, kernel = recorded(name)
        image = next(p for p in packages.items if p.name == kernel.installed[0].package)
        chosen = [package for versions in pools[name] for package in dice.choice(versions)]
        items = sorted([*dice.sample(chosen, PACKAGES - 1), image], key=lambda p: p.name)
        running = replace(kernel)
        yield Host(system, Packages(packages.manager, tuple(items)), running, CLEAN, SUITE)


@lru_cache
def recorded(name: str) -> tuple[System, Packages, Kernel]:
    return host(name)


def _pool(folder: Path, name: str, dice: random.Random) -> list[list[list[Package]]]:
    """Of each source package some versions: the installed one, and some that advisories call fixed."""
    _, packages, _ = recorded(name)
    table = Table((folder / FAMILIES[name] / RELEASES[name]).read_bytes())
    by_source: dict[str, list[Package]] = {}
    for package in packages.items:
        if not is_kernel(packages.manager, package):
            by_source.setdefault(source_of(packages.manager, package)[0], []).append(package)
    pool = [list(_versions(found, packages.manager, table, dice)) for found in by_source.values()]
    extra = max(0, PACKAGES - sum(len(found) for found in by_source.values()))  # as long as a host of 500
    return [*pool, *([[Package(f"local-{n}", "1.0-1", "all", "", "")]] for n in range(extra))]


def _versions(found: list[Package], manager: str, table: Table, dice: random.Random) -> Iterator[list[Package]]:
    """The packages of one source, together in one version after the other."""
    yield found
    known = table.get(found[0].name if manager == "rpm" else found[0].source)
    fixed = sorted({s.fixed for s in statements_of(known) if s.fixed}) if known else []
    for version in dice.sample(fixed, min(VERSIONS - 1, len(fixed))):
        source = version if manager == "deb" else ""
        yield [replace(package, version=version, source_version=source) for package in found]


def judge(host: Host, known: Advisories) -> int:
    """All that the checks say of one host; how many sentences."""
    opinion = opinion_of(host, known, "internal", DAY)
    said = (
        pending_by_both(host, opinion),
        kernel_rulings(host, opinion),
        without_fix(opinion),
        by_subscription(host, opinion),
        unspoken(opinion),
        not_offered(host, opinion, None),
    )
    return sum(len(list(rulings)) for rulings in said)


def megabytes() -> float:
    """Resident now (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measured(folder: Path, count: int) -> None:
    began = time.perf_counter()
    known = load(folder)
    loaded = time.perf_counter() - began
    hosts = list(estate(folder, count))
    unique = len({(p.name, p.version, h.system.os_id) for h in hosts for p in h.packages.items})
    held = megabytes()
    began, worked = time.perf_counter(), time.process_time()
    said = sum(judge(one, known) for one in hosts)
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    grown = megabytes() - held
    again = time.perf_counter()
    for one in hosts[:100]:
        judge(one, known)
    again = (time.perf_counter() - again) / min(count, 100)
    row(
        f"{count} hosts x {PACKAGES} packages",
        f"{took:.2f} s ({cpu:.2f} s of CPU), {unique} unique packages, {said} rulings",
    )
    row("  load from disk; a host when all is known", f"{loaded * 1e3:.0f} ms; {again * 1e3:.2f} ms")
    row("  resident: all; by judging", f"{megabytes():.0f} MB; {grown:.0f} MB")
    if count == 1000:
        row("", verdict(took < 2, "under 2 s after load"))
        row("", verdict(megabytes() < 400, "under 400 MB, the hosts' facts included"))


def debsecan(script: str, data: Path, folder: Path) -> None:
    """The same list, Debian 12, judged by both, in turn."""
    rootfs = data / "debian-rootfs"
    feed = rootfs / "debsecan-feed-from-osv-20250212"
    command = [script, "--suite", "bookworm", "--source", f"file://{feed}/"]
    command += ["--status", str(rootfs / "dpkg-status-vuls-debian_12")]
    known = load(folder)
    system, packages, _ = recorded("debian_12")
    cold = time.perf_counter()
    judge(Host(system, packages, None, CLEAN, SUITE), known)
    cold = time.perf_counter() - cold
    theirs, ours = [], []
    for _ in range(10):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=True, env=os.environ)
        theirs.append(time.perf_counter() - began)
        one = Host(system, Packages("deb", tuple(packages.items)), None, CLEAN, SUITE)
        began = time.perf_counter()
        judge(one, known)
        ours.append(time.perf_counter() - began)
    lines = len(done.stdout.splitlines())
    times = median(theirs) / median(ours)
    row("debsecan, one process per host", f"{median(theirs) * 1e3:.0f} ms (n=10), {lines} lines")
    row("estatecheck, one host of many", f"{median(ours) * 1e3:.2f} ms (n=10); the first {cold * 1e3:.0f} ms")
    row("", verdict(times >= 50, f"at least 50 times faster: {times:.0f} times"))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--debsecan", default="")
    parser.add_argument("--tables", type=Path, help="tables made before; they are made when the folder is empty")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.tables or Path(made)
        if not any(folder.iterdir()):
            subprocess.run([sys.executable, "-c", _MAKE, str(folder)], check=True)  # its memory is not ours
        print("Matching: Debian 12, Ubuntu 22.04 and AlmaLinux 8 hosts, a third each, against all three feeds")
        for count in chosen.hosts:
            measured(folder, count)
        if chosen.debsecan:
            from tests.data import folder as data

            debsecan(chosen.debsecan, data(), folder)


_MAKE = "import sys, pathlib, benchmarks.matching as m; m.on_disk(pathlib.Path(sys.argv[1]))"

if __name__ == "__main__":
    main(sys.argv[1:])
