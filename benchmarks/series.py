"""What the series cost: CPU for a sample that is recorded, room on the disk, time of a query.

``python -m benchmarks.series [--services 100] [--days 30]``

A month is lived through, sample by sample, by the daemon's own code: fed, flushed, sealed, packed, dropped when it is
old. 5,000 services would take hours for that, and each of them takes room of its own, so fewer live through the month
and their room is multiplied; what an hour takes by itself (its seal) is counted once. CPU is measured with 5,000.
"""

import argparse
import gc
import itertools
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.availability import Record, Terms, availability
from checks.outages import Fleet
from checks.watching import Rule
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.store.store import Store, open_store
from scanner.store.watching.records import Declared, Retention

HOUR, DAY = 3600.0, 86_400.0
START = 1_774_051_200.0  # 2026-03-21T00:00:00Z
EVERY, FLUSH = 60.0, 5.0
OUTAGES_A_MONTH = 3.0  # of each service
KEPT = Retention()
FLAPPING = 0.01  # of the services fail every few minutes for an hour each day


TABLES = {
    "series_day": "for good",
    "state_change": "for good",
    "outage": "for good",
    "snapshot": "once",
    "hour_seal": "of an hour",
    "sample_hour": "samples",
    "seal_leaves": "leaves",
}


@dataclass(frozen=True)
class Key:
    key_id: str = "0" * 64

    def sign(self, _message: bytes) -> bytes:
        return bytes(64)


def declared(count: int) -> list[Declared]:
    rule = Rule(every=EVERY)
    names = (f"service-{n}" for n in range(count))
    return [Declared(Watch(name, "https", f"{name}.example.test", 443, every_seconds=EVERY), rule) for name in names]


class Truth:
    """Which service fails when; latencies as a real network has them: a floor, a spread, a tail."""

    def __init__(self, count: int, days: float) -> None:
        self.chance = random.Random(1)
        self.floor = [self.chance.uniform(1, 80) for _ in range(count)]
        self.bad: list[list[tuple[float, float]]] = [[] for _ in range(count)]
        for service in range(count):
            for _ in range(round(self.chance.expovariate(1) * OUTAGES_A_MONTH * days / 30)):
                begin = START + self.chance.uniform(0, days * DAY)
                self.bad[service].append((begin, begin + self.chance.lognormvariate(6, 1)))
            if service < count * FLAPPING:
                self.bad[service] += [
                    (START + day * DAY + 36_000 + n * 300, START + day * DAY + 36_000 + n * 300 + 200)
                    for day in range(int(days))
                    for n in range(12)
                ]
            self.bad[service].sort()

    def sample(self, service: int, at: float) -> Sample:
        bad = self.bad[service]
        while bad and bad[0][1] <= at:
            bad.pop(0)
        failed = bool(bad) and bad[0][0] <= at
        took = 5000.0 if failed else self.floor[service] + self.chance.expovariate(1 / 3)
        state, reason = (State.DOWN, "no answer within 5 s") if failed else (State.UP, "")
        return Sample(f"service-{service}", at, state, reason, {"connect": took / 2, "total": took})


def rounds(truth: Truth, count: int, start: float, end: float) -> Iterator[list[Sample]]:
    """Samples of one flush each; each service has a place of its own in the minute, and some jitter."""
    phase = [truth.chance.uniform(0, EVERY) for _ in range(count)]
    by_step: dict[int, list[int]] = {}
    for service, at in enumerate(phase):
        by_step.setdefault(int(at // FLUSH), []).append(service)
    now = start
    while now < end:
        step = int(now % EVERY // FLUSH)
        minute = now - now % EVERY
        yield [
            truth.sample(service, minute + phase[service] + truth.chance.uniform(0, 0.02))
            for service in by_step.get(step, ())
        ]
        now += FLUSH


def cost(count: int) -> None:
    """CPU seconds a sample: the fleet alone, and the fleet with the record (synced to the disk), flush by flush in
    turn, so that a busy machine slows both alike. The first minute, in which every state is new, is left out."""
    truth = Truth(count, 1)
    parts = [list(one) for one in rounds(truth, count, START, START + 660)]
    warm = int(EVERY // FLUSH)
    samples = sum(map(len, parts[warm:]))
    alone = whole = held_up = 0.0
    with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/record.db") as store:
        fleet = Fleet({one.key: one.rule for one in declared(count)})
        recorder = store.series.recorder(store.series.begin_run("bench", START), declared(count), START)
        gc.collect()
        for place, part in enumerate(parts):
            began = time.process_time()
            for sample in part:
                fleet.feed(sample)
            between = time.process_time()
            for sample in part:
                recorder.feed(sample)
            cut = time.perf_counter()
            recorder.cut(START + (place + 1) * FLUSH)
            held_up = max(held_up, time.perf_counter() - cut)
            recorder.write()
            if place >= warm:
                alone += between - began
                whole += time.process_time() - between
        began = time.process_time()
        for n in range(20):
            recorder.tick(START + 660 + n)
        ticks = (time.process_time() - began) / 20
    print(f"recording {samples} samples of {count} services, a flush each {FLUSH:g} s:")
    print(f"  judging alone (Fleet.feed)  {alone / samples * 1e6:6.1f} µs CPU a sample")
    print(f"  judging and recording       {whole / samples * 1e6:6.1f} µs CPU a sample")
    print(f"  so recording                {(whole - alone) / samples * 1e6:6.1f} µs CPU a sample")
    print(f"  longest cut beside the probing {held_up * 1e3:.1f} ms; a tick over all watches {ticks * 1e3:.1f} ms CPU")


def month(store: Store, count: int, days: int) -> None:
    """Live through it. Flushed once a minute: how often makes no difference to what is left of it."""
    truth, series, now = Truth(count, days), store.series, START
    recorder = series.recorder(series.begin_run("bench", START), declared(count), START)
    sealing, sealed = 0.0, 0
    parts = rounds(truth, count, START, START + days * DAY + 120)
    while part := list(itertools.islice(parts, 12)):
        for sample in itertools.chain.from_iterable(part):
            recorder.feed(sample)
        now += 12 * FLUSH
        recorder.tick(now)
        recorder.flush(now)
        if now % HOUR < 12 * FLUSH:
            began = time.process_time()
            sealed += len(series.seal_due(Key(), now))
            sealing += time.process_time() - began
            series.retain(now, KEPT)
    each = sealing / sealed / count * 1e6
    print(f"sealing, rolling up and packing {sealed} hours: {each:.0f} µs CPU an hour and service")


def sizes(path: Path) -> dict[str, tuple[int, int]]:
    """Table with its indexes -> rows and bytes of its pages."""
    with sqlite3.connect(path) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {}
        for table in tables:
            rows = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 (our own tables)
            names = "SELECT name FROM sqlite_schema WHERE tbl_name = ?"
            asked = f"SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND name IN ({names})"  # noqa: S608 (constants)
            found[table] = rows, int(connection.execute(asked, (table,)).fetchone()[0] or 0)
    connection.close()
    return found


def room(path: Path, count: int, days: int, wanted: int) -> None:
    """What a year of ``wanted`` services takes, from what ``days`` of ``count`` left behind."""
    found, total = sizes(path), 0.0
    print(f"room on the disk, measured over {days} days of {count} services (a probe each {EVERY:g} s):")
    for name, kind in TABLES.items():
        rows, used = found[name]
        kept, keeps = {
            "for good": (days, 365.0),
            "of an hour": (days, 365.0),
            "once": (1, 1),
            "samples": (min(KEPT.samples, days), KEPT.samples),
            "leaves": (min(KEPT.leaves, days), KEPT.leaves),
        }[kind]
        scale = keeps / kept * (1 if kind == "of an hour" else wanted / count)
        total += used * scale
        print(f"  {name:13}{rows:9} rows{used:11} bytes x {scale:8.1f} = {used * scale / 1e6:7.1f} MB ({kind})")
    print(f"  a year of {wanted} services: {total / 1e9:.2f} GB")
    samples = count * DAY / EVERY
    for_good = sum(found[name][1] for name, kind in TABLES.items() if kind == "for good") / days / samples
    raw = found["sample_hour"][1] / min(KEPT.samples, days) / samples
    print(f"  bytes a sample: {for_good:.2f} for good; {raw:.2f} while it is kept raw")


def queries(store: Store, count: int, days: int) -> None:
    """Uptime of 30 days of each service: from the record to bounds, outages and MTTR."""
    end = START + days * DAY
    period = (end - min(days, 30) * DAY, end)
    taken, changes = [], []
    for service in range(count):
        began = time.perf_counter()
        found = store.series.intervals(f"service-{service}", *period)
        told = availability(Record.of(found, Terms()), period, end)
        taken.append((time.perf_counter() - began) * 1e3)
        changes.append(len(found))
        assert told.always.promised
    median, worst = statistics.median(taken), max(taken)
    most = max(changes)
    print(
        f"a query of 30 days: median {median:.1f} ms, longest {worst:.1f} ms (of a service with up to {most} intervals)"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--services", type=int, default=100, help="that live through the month")
    words.add_argument("--days", type=int, default=30)
    words.add_argument("--wanted", type=int, default=5000, help="CPU is measured with, room worked out for")
    asked = words.parse_args()
    cost(asked.wanted)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        with open_store(str(path)) as store:
            month(store, asked.services, asked.days)
            queries(store, asked.services, asked.days)
        room(path, asked.services, asked.days, asked.wanted)


if __name__ == "__main__":
    main()
