"""One measured process: a scan, or only its collecting, of the hosts a cheap server plays. Prints one line of JSON.

A process of its own, so that peak memory and CPU are this scan's and nobody else's.
"""

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import scanner.service.scan
import scanner.service.workshop
import scanner.transports.ssh
from benchmarks.estate import job_for
from inventory.asset import Asset
from scanner.engine import Looked
from scanner.query import Deadline, Query, Surroundings, Transport
from scanner.service.bench import Worked
from scanner.service.scan import Job, Watcher
from scanner.transports import WAYS
from scanner.transports.ssh import SshPool, SshTransport

WARM_UP = 8  # visits before collecting is measured: imports, compiled patterns, threads


class Stages:
    """CPU seconds of a stage's own threads, by name. Functions are wrapped where they are called from."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def time(self, where: Any, name: str, stage: str) -> None:  # noqa: ANN401 (a module or an object)
        setattr(where, name, self._timed(getattr(where, name), stage))

    def _timed(self, call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever the function takes)
            began = time.thread_time()
            try:
                return call(*given, **named)
            finally:
                self.seconds[stage] += time.thread_time() - began

        return timed

    def gather(self, where: Any, name: str) -> None:  # noqa: ANN401 (a module)
        """What each visit cost at its bench, wherever that stood; ``name`` is called with the visit and its work."""
        call = getattr(where, name)

        def told(looked: Looked, worked: Worked) -> Looked:
            for stage, seconds in worked.cpu.items():
                self.seconds[stage] += seconds
            found: Looked = call(looked, worked)
            return found

        setattr(where, name, told)


class Count(Watcher):
    """What came of the visits."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.seen = 0
        self.text = 0
        self.why: Counter[str] = Counter()
        self.each: Callable[[], None] = lambda: None

    def finished(self, looked: Looked, runs: Any, saved: Any) -> None:  # noqa: ANN401 (only counted)
        self.each()
        self.outcomes.update(str(run.outcome) for run in runs)
        self.seen += looked.attempt.missing is None
        self.text += sum(len(answer.output) for answer in looked.answers)
        if looked.attempt.missing or saved.identity_note:
            self.why[str(looked.attempt.missing or saved.identity_note)] += 1


def used(who: int = resource.RUSAGE_SELF) -> float:
    """CPU seconds, user and system, of this process or (RUSAGE_CHILDREN) of those that it waited for."""
    now = resource.getrusage(who)
    return now.ru_utime + now.ru_stime


def peak_megabytes(process: str = "self") -> float:
    """VmHWM of proc(5); 0 when there is no such process."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


class Workers:
    """The memory of worker processes. ``ru_maxrss`` would not do: a child inherits its parent's until it runs."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._last = ""
        start = scanner.service.workshop._started  # noqa: SLF001 (measured from outside)

        def started() -> Any:  # noqa: ANN401 (as the function it stands for)
            begun = start()
            self._last = str(begun[0].pid)
            return begun

        setattr(scanner.service.workshop, "_started", started)  # noqa: B010 (mypy)

    def look(self) -> None:
        if self._last:
            self.peak = max(self.peak, peak_megabytes(self._last))


def collect(job: Job, pool: SshPool) -> dict[str, Any]:
    """Connect, log in, run, read, verify; nothing is parsed, judged or stored. Garbage is collected as in a scan."""
    with scanner.service.scan.rarer_collection():
        asyncio.run(_collect(job, pool, job.plan.assets[:WARM_UP]))
        cpu, began = used(), time.monotonic()
        size, faults = asyncio.run(_collect(job, pool, job.plan.assets))
        wall = time.monotonic() - began
    return {"cpu": used() - cpu, "wall": wall, "bytes": size, "faults": faults, "peak": peak_megabytes()}


async def _collect(job: Job, pool: SshPool, assets: Sequence[Asset]) -> tuple[int, int]:
    gate = asyncio.Semaphore(job.pace.workers)
    probes = job.plan.errands[0].probes

    async def one(asset: Asset) -> tuple[int, int]:
        async with gate:
            queries: list[Query] = [q for p in probes if (q := p.query(asset, ()))]
            visit = await SshTransport(asset, job.surroundings, pool).answer(queries, Deadline(120))
            return sum(len(a.output) for a in visit.answers), visit.attempt.missing is not None

    done = await asyncio.gather(*(one(asset) for asset in assets))
    return sum(size for size, _ in done), sum(fault for _, fault in done)


def whole(job: Job) -> dict[str, Any]:
    """Collected, parsed, judged and stored."""
    stages, count, workers = Stages(), Count(), Workers()
    count.each = workers.look
    stages.time(scanner.transports.ssh, "compose", "compose")
    stages.gather(scanner.service.scan, "not_counted")
    store = _Timed(job.store, stages)
    loop_seconds, cpu, of_worker, began = 0.0, used(), used(resource.RUSAGE_CHILDREN), time.monotonic()

    async def run() -> None:
        nonlocal loop_seconds
        at = time.thread_time()
        await scanner.service.scan.scan(_with_store(job, store), count, asyncio.Event())
        loop_seconds = time.thread_time() - at

    asyncio.run(run())
    wall, spent, of_worker = time.monotonic() - began, used() - cpu, used(resource.RUSAGE_CHILDREN) - of_worker
    return {
        "cpu": spent + of_worker,
        "own": spent,
        "wall": wall,
        "bytes": count.text,
        "faults": len(job.plan.assets) - count.seen,
        "why": dict(count.why.most_common(3)),
        "peak": peak_megabytes() + workers.peak,  # as if both had been at their peak at one time
        "worker peak": workers.peak,
        "outcomes": dict(count.outcomes),
        "stages": _stages(stages.seconds, spent, of_worker, loop_seconds),
    }


def _stages(parts: Mapping[str, float], own: float, of_worker: float, loop: float) -> dict[str, float]:
    """The bench's stages are told by the bench; where it stands in this process they lie within the loop's time."""
    bench = {name: parts[name] for name in ("parse", "judge", "pack")}
    return {
        "collect": own - loop - parts["store"] + parts["compose"],
        **bench,
        "worker, the rest": of_worker - sum(bench.values()) if of_worker else 0.0,
        "store": parts["store"],
        "event loop": loop - parts["compose"] - (0.0 if of_worker else sum(bench.values())),
    }


class _Timed:
    """A store whose ``save_hosts`` is timed on the thread that writes."""

    def __init__(self, store: Any, stages: Stages) -> None:  # noqa: ANN401 (stands in for the store)
        self._store = store
        self.save_hosts = store.save_hosts
        stages.time(self, "save_hosts", "store")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the store has)
        return getattr(self._store, name)


def _with_store(job: Job, store: Any) -> Job:  # noqa: ANN401 (a _Timed)
    return replace(job, store=store)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("collect", "scan"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("hosts", type=int)
    parser.add_argument("port", type=int)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--scans", type=int, default=1, help="of the same hosts, into the same record")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        job = job_for(asked.folder, Path(scratch) / "record.db", asked.hosts, asked.port, asked.workers)
        pool = SshPool(asked.workers)

        def ssh(asset: Asset, surroundings: Surroundings) -> Transport:
            return SshTransport(asset, surroundings, pool)

        WAYS["ssh"] = ssh
        print(json.dumps([collect(job, pool) if asked.what == "collect" else whole(job) for _ in range(asked.scans)]))
        pool.close()
        job.store.close()


if __name__ == "__main__":
    main()
