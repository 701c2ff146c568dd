"""Windows patch verdicts for many hosts: time and memory to load the definitions' table and to judge.

    python -m benchmarks.windows_patches FEEDS [HOSTS]

FEEDS is a folder of feeds into which ``windows-kb`` was imported. Hosts differ in build, list of updates and one update
of their own, as an estate's do: 40 different states on 9 systems.
"""

import resource
import sys
import time
from datetime import date
from pathlib import Path
from random import Random

from checks.advisories.table import Table
from checks.advisories.windows_updates import TABLE, product_key, updates_of
from checks.windows import example_updates as made
from checks.windows.machine import WindowsHost
from checks.windows.opinions import opinion_of
from checks.windows.products import system_products
from checks.windows.rulings import lacking, late
from scanner.feeds.shelf import Shelf

SYSTEMS = (
    *((19045, "22H2", False), (22631, "23H2", False), (26100, "24H2", False), (26200, "25H2", False)),
    *((19044, "21H2", False), (14393, "", True), (17763, "", True), (20348, "", True), (9600, "", True)),
)
STATES, TODAY = 40, date(2026, 6, 28)


def _hosts(table: Table, count: int) -> list[WindowsHost]:
    random, states = Random(1), []
    for number in range(STATES):
        build, version, server = SYSTEMS[number % len(SYSTEMS)]
        system = made.system(1000 + number, build, version=version, server=server)
        key = next(key for key in system_products(system) if table.get(product_key(key)))
        known = [update.kb for update in updates_of(table.get(key) or b"[]")]
        states.append((system, random.sample(known, len(known) // 2)))
    return [
        WindowsHost(system, made.updates(*kbs, f"{7_000_000 + number}"), made.pending())
        for number in range(count)
        for system, kbs in [states[number % STATES]]
    ]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    path, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5_000
    before, start = _memory(), time.perf_counter()
    advisories = Shelf(path).load()
    loaded = time.perf_counter() - start
    table = next(feed.tables[TABLE] for feed in advisories._feeds if TABLE in feed.tables)  # noqa: SLF001 (a benchmark)
    every = sum(len(updates_of(table.get(key) or b"[]")) for key in table.keys())  # noqa: SIM118  # a table is no mapping
    read = time.perf_counter() - start
    print(f"loaded in {loaded:.2f} s; with every row of {every:,} updates read {read:.2f} s")
    hosts = _hosts(table, count)
    start = time.perf_counter()
    rulings = 0
    for host in hosts:
        opinion = opinion_of(host, advisories, None, None, TODAY)
        rulings += len(list(lacking(opinion))) + len(list(late(opinion, TODAY)))
    spent = time.perf_counter() - start
    print(f"{count} hosts: {rulings} rulings in {spent:.2f} s; {_memory() - before:.0f} MB more than before the table")


if __name__ == "__main__":
    main()
