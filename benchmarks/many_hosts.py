"""Figures 1 and 2: what many hosts cost the scanner. Usage: python -m benchmarks.many_hosts FOLDER [--runs N]."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.estate import cheap_server, cpu_seconds_of, make_user_key, wait_for_quiet
from benchmarks.measure import ROOT, row, said, verdict

STAGES = ("collect", "parse", "judge", "pack", "worker, the rest", "store", "event loop")


def measured(what: str, folder: Path, hosts: int, port: int, workers: int, scans: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.one_scan", what, str(folder), str(hosts), str(port)]
    more = ["--workers", str(workers), "--scans", str(scans)]
    done = subprocess.run([*command, *more], cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300)
    results: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    for result in results:
        if result["faults"]:
            row("NOT ALL HOSTS WERE SEEN", f"{result['faults']} of {hosts}: {result.get('why')}")
    return results


def cost(folder: Path, hosts: int, runs: int) -> None:
    """Figure 1: CPU a host, by stage."""
    with cheap_server(folder, hosts, 0.0) as server:
        print(f"\n1. {hosts} hosts, each answering at once, 64 workers", flush=True)
        quiet = wait_for_quiet()
        before = cpu_seconds_of(server.pid)
        collected = [r for _ in range(runs) for r in measured("collect", folder, hosts, server.port, 64, 1)]
        served = (cpu_seconds_of(server.pid) - before) / hosts / runs
        scanned = [measured("scan", folder, hosts, server.port, 64, 2) for _ in range(runs)]
    cpu = [r["cpu"] / hosts for r in collected]
    row("other load when it began", f"{quiet:.2f} cores")
    row("plain output of a host", f"{collected[0]['bytes'] / hosts / 1000:.0f} kB")
    row("collecting, CPU a host", said(cpu, "ms", 1000), verdict(median(cpu) <= 0.005, "5 ms"))
    row("collecting, hosts a second", said([hosts / r["wall"] for r in collected], "hosts/s"))
    row("the cheap server, CPU a host (not counted)", f"{served * 1000:.1f} ms")
    for number, name in enumerate(("first scan", "second scan, the same hosts")):
        _whole(name, hosts, [run[number] for run in scanned])


def _whole(name: str, hosts: int, results: Sequence[dict[str, Any]]) -> None:
    row(f"{name}: whole, CPU a host", said([r["cpu"] / hosts for r in results], "ms", 1000))
    for stage in STAGES:
        row(f"    {stage}", said([r["stages"][stage] / hosts for r in results], "ms", 1000))
    row("    hosts a second", said([hosts / r["wall"] for r in results], "hosts/s"))
    row("    peak memory, both processes", said([r["peak"] for r in results], "MB", 1, 0))
    row("    judgements of one run", ", ".join(f"{count} {what}" for what, count in results[0]["outcomes"].items()))


def thousand(folder: Path, hosts: int, runs: int) -> None:
    """Figure 2: hosts that think for a second."""
    with cheap_server(folder, hosts, 1.0) as server:
        print(f"\n2. {hosts} hosts whose script takes 1 s, 128 workers", flush=True)
        quiet = wait_for_quiet()
        collected = [r for _ in range(runs) for r in measured("collect", folder, hosts, server.port, 128, 1)]
        before = cpu_seconds_of(server.pid)
        scanned = [measured("scan", folder, hosts, server.port, 128, 2) for _ in range(runs)]
        served = cpu_seconds_of(server.pid) - before
    row("other load when it began", f"{quiet:.2f} cores")
    row("collected only, wall time", said([r["wall"] for r in collected], "s"))
    row("CPU of the cheap server beside a scan", f"{served / runs / 2:.1f} s")
    for number, name in enumerate(("first scan", "second scan")):
        _slow(name, [run[number] for run in scanned])


def _slow(name: str, results: Sequence[dict[str, Any]]) -> None:
    wall = [r["wall"] for r in results]
    peak = [r["peak"] for r in results]
    row(f"{name}: whole, wall time", said(wall, "s"), verdict(median(wall) < 12, "12 s"))
    row("    peak memory, both processes", said(peak, "MB", 1, 0), verdict(median(peak) < 300, "300 MB"))
    row("    CPU of both processes", said([r["cpu"] for r in results], "s"))
    row("    CPU of the scanner's own process", said([r["own"] for r in results], "s"))
    for stage in STAGES:
        row(f"    {stage}", said([r["stages"][stage] for r in results], "s"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds recording.json")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--slow-hosts", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=3)
    asked = parser.parse_args()
    make_user_key(asked.folder)
    if asked.hosts:
        cost(asked.folder, asked.hosts, asked.runs)
    if asked.slow_hosts:
        thousand(asked.folder, asked.slow_hosts, asked.slow_runs)


if __name__ == "__main__":
    main()
