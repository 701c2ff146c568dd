"""Judging stored evidence again after a feed changed: `estatecheck evaluate`. Goal: 10,000 hosts in under 30 s.

    python -m benchmarks.evaluate [--hosts 100 1000 10000]

Hosts and feeds as in benchmarks/matching.py: 500 packages each, drawn from real lists, against the real feeds of
Debian, Ubuntu and AlmaLinux. The record is filled first (not counted): each host's answers, and what an older feed
said of them, in which one package row in fifty was lacking. Then the whole feeds are read and every host judged again.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.matching import estate, load, on_disk
from benchmarks.measure import row, verdict
from checks.advisories.formats.decoded import Decoded
from checks.advisories.library import Advisories, Feed
from checks.advisories.opinions import Host
from checks.advisories.table import Table, encode
from checks.catalogue import catalogue, digest
from checks.check import Context
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.policy import NO_POLICY
from scanner.engine import fact_of
from scanner.feeds.shelf import Shelf
from scanner.feeds.support_dates import load as support_dates
from scanner.probes import PROBES
from scanner.probes.linux.written import packages_text, system_text
from scanner.query import Answer, Attempt
from scanner.service.bench import order_of
from scanner.service.evaluate import Rules, What, reads_feeds
from scanner.service.evaluate_shares import evaluated
from scanner.service.planned import Basis, to_store
from scanner.store.records import HostResult, ScanKind, ScanState
from scanner.store.store import Store, open_store

DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
BATCH = 50
CASES = Path(__file__).parent.parent / "tests/scanner/probes/linux"
CHECKS = tuple(check for check in catalogue() if check.default and reads_feeds(check))
BASIS = Basis(CHECKS, digest(catalogue()), support_dates())
ANY_AGE = 100_000


def older(known: Advisories) -> Advisories:
    """The same feeds before some publisher spoke of one package in fifty."""
    dice = random.Random(2)
    feeds = []
    for feed in known._feeds:  # noqa: SLF001 (a benchmark's own feed)
        tables = {name: _without(table, dice) if ":" in name else table for name, table in feed.tables.items()}
        feeds.append(Feed(feed.note, tables))
    return Advisories(feeds, known.max_age_days)


def _without(table: Table, dice: random.Random) -> Table:
    rows = ((key, (table.get(key) or b"").decode()) for key in sorted(table.keys()) if dice.random() > 0.02)
    return Table(encode(rows))


def answers(host: Host) -> tuple[Answer, ...]:
    kernel, manager = host.kernel, host.packages.manager
    assert kernel is not None
    columns = "\t{0}\t{1}" if manager == "deb" else "{0}\t{1}\tx86_64\t"
    images = (columns.format(image.package, image.version) for image in kernel.installed)
    lines = "\n".join(f"ii {line}" if manager == "deb" else line for line in images)
    texts = {
        "system": system_text(host.system.os_id, host.system.os_version, host.system.os_name),
        "packages": packages_text(host.packages),
        "kernel": f"uname={kernel.running} {kernel.version}\n\n={manager}=\n{lines}\n={manager}:0=\n".encode(),
        "updates": (CASES / "updates/debian-12-recorded/answer.txt").read_bytes(),
        "repositories": (CASES / "repositories/debian-12/answer.txt").read_bytes(),
    }
    return tuple(Answer(name, text, 0, None, Privilege.USER, 1.0, 2.0) for name, text in texts.items())


def result(number: int, host: Host, before: Advisories) -> HostResult:
    asset = Asset(f"host-{number:05d}", Connection("ssh", f"127.1.{number // 250}.{number % 250}"))
    given = answers(host)
    facts = {one.query: fact_of(PROBES[one.query], asset, [one]) for one in given}
    context = Context(asset, facts, DAY, BASIS.support.dates, before)
    runs = tuple(run for check in CHECKS for run in check.judge(context, dict.fromkeys(facts, Privilege.USER)))
    attempt = Attempt("ssh", True, True, Privilege.USER, None, "", "", DAY, 1.0)
    identity = Identity(f"{number:032x}", None, ())
    return HostResult(asset, attempt, given, runs, identity, host.system.os_name, DAY + timedelta(seconds=1))


def fill(store: Store, folder: Path, count: int, before: Advisories) -> None:
    assets = tuple(Asset(f"host-{n:05d}", Connection("ssh", f"127.1.{n // 250}.{n % 250}")) for n in range(count))
    scan_id = store.begin_scan(to_store(BASIS, Estate("Bench", assets), assets, ScanKind.FULL, DAY))
    made: Iterator[HostResult] = (result(n, host, before) for n, host in enumerate(estate(folder, count)))
    while batch := list(islice(made, BATCH)):
        store.save_hosts(scan_id, batch)
    store.end_scan(scan_id, ScanState.COMPLETE, DAY + timedelta(minutes=1))


def shelve(folder: Path, shelf: Path) -> None:
    """The feeds' tables on a shelf, as `estatecheck feeds` keeps them."""
    for one in sorted(folder.iterdir()):
        tables = {file.name: file.read_bytes() for file in one.iterdir()}
        releases = tuple(name for name in tables if ":" in name)
        decoded = Decoded(tables, DAY.date(), 1, releases, "", one.name, {})
        Shelf(shelf).put(one.name, decoded, (), DAY)


def measured(folder: Path, shelf: Path, count: int) -> None:
    with tempfile.TemporaryDirectory() as place, open_store(f"{place}/record.db") as store:
        began = time.perf_counter()
        fill(store, folder, count, older(load(folder)))
        filled = time.perf_counter() - began
        began = time.perf_counter()
        known = Shelf(shelf).open(ANY_AGE).advisories
        rules = Rules(CHECKS, BASIS.catalogue_digest, BASIS.support.dates, known, DAY + timedelta(days=1))
        order = order_of(CHECKS, BASIS.catalogue_digest, BASIS.support, known, shelf, NO_POLICY)
        done = evaluated(store, rules, order, ())
        hosts = done.hosts
        new = len({change.asset for change in done.changes if change.what in (What.NEW, What.WORSE)})
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    row(f"{count} stored hosts, the feeds' load included", f"{took:.1f} s")
    row("  a host; hosts with something new or worse", f"{took / hosts * 1e3:.2f} ms; {new} of {hosts}")
    row("  peak memory of a judging process; filling took", f"{peak:.0f} MB; {filled:.0f} s")
    if count == 10_000:
        row("", verdict(took < 30, "under 30 s"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=[100, 1000, 10_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, shelf = Path(place) / "tables", Path(place) / "shelf"
        folder.mkdir()
        on_disk(folder)
        shelve(folder, shelf)
        for count in asked.hosts:
            measured(folder, shelf, count)


if __name__ == "__main__":
    main()
