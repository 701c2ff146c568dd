"""Take in and judge the snapshots of a whole estate of Windows laptops: wall time, CPU and memory.

    python -m benchmarks.snapshots FOLDER [COUNT] [--feeds FEEDS]

Each machine has its own identity, its own set of some 120 applications out of 400 with days of their own, 250 services
of which some run and some are named for the user who is logged in, 150 entries of update history with times of their
own, settings and builds, about 110 kB a document: made from the recorded sections of the tests. FEEDS: a folder of
imported feeds, with which the updates and applications are judged too. Memory is the resident set of the command and
its workers together, looked at five times a second; pages that they share count more than once. CPU is told for the
command and for each worker, and is what to compare on a machine that does other things too.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import ROOT, row, verdict
from tests.lab import windows as lab

BUILDS = (("22631", "23H2"), ("26100", "24H2"), ("19045", "22H2"), ("26200", "25H2"))
GOAL_SECONDS, GOAL_MEGABYTES = 60, 500
COLLECTED = "2026-11-20T%02d:%02d:00Z"


def document(number: int, base: dict[str, dict[str, Any]]) -> str:
    """One machine, always the same for the same number."""
    random = Random(number)
    told: dict[str, dict[str, Any]] = json.loads(json.dumps(base))
    name, board = f"LT-{number:05d}", str(uuid.UUID(int=random.getrandbits(128)))
    told["identity"]["product"] = {"UUID": board, "IdentifyingNumber": f"PF{number:06d}"}
    told["identity"]["registry"]["MachineGuid"] = str(uuid.UUID(int=random.getrandbits(128)))
    build, version = BUILDS[number % len(BUILDS)]
    told["system"]["registry"] |= {
        "CurrentBuildNumber": build,
        "DisplayVersion": version,
        "UBR": random.randrange(900, 6000),
    }
    told["applications"]["items"] = [_application(one, random) for one in random.sample(range(400), 120)]
    told["services"]["services"] = list(_services(told["services"]["services"][0], random))
    told["updates"]["history"] = list(_history(told["updates"]["history"], random))
    told["lsa"]["registry"]["RunAsPPL"] = random.choice((0, 1, 2, None))
    told["uac"]["registry"]["EnableLUA"] = random.choice((1, 1, 1, 0))
    told["storage"]["volumes"][0]["FreeSpace"] = random.randrange(10**9, 4 * 10**11)
    sections = {key: lab.section(value) for key, value in told.items()}
    if number % 7 == 0:
        sections["bitlocker"] = lab.section(None, "refused", "Access denied")
    at = COLLECTED % (number % 24, number % 60)
    host = {
        "name": name,
        "domain": "WORKGROUP",
        "smbios_uuid": board,
        "serial": f"PF{number:06d}",
        "machine_guid": None,
    }
    return lab.document(
        sections, f"{random.getrandbits(128):032x}", host=host, collected_at=at, clock={"utc": at, "zone": "UTC"}
    )


def _application(number: int, random: Random) -> dict[str, Any]:
    return {
        "name": f"Application {number}" if number > 8 else "Google Chrome",
        "version": f"{number % 40}.{random.randrange(4)}.{random.randrange(6)}",
        "publisher": f"Publisher {number % 60}",
        "on": f"2026{random.randrange(1, 11):02d}{random.randrange(1, 29):02d}",
        "key": f"{{A1B2C3D4-0000-1111-2222-{number:012d}}}",
        "system": False,
        "view": 64,
        "user": "",
    }


def _services(like: dict[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    """Twenty are of the user who is logged in, and bear a number of that session; one in eight runs at times."""
    session = f"{random.getrandbits(20):x}"
    for number in range(250):
        path = f"C:\\WINDOWS\\System32\\svchost.exe -k group{number % 30} -p"
        name = f"Svc{number}_{session}" if number >= 230 else f"Svc{number}"
        state = random.choice(("Running", "Stopped")) if number % 8 == 0 else like["State"]
        yield {**like, "Name": name, "PathName": path, "State": state}


def _history(like: list[dict[str, Any]], random: Random) -> Iterator[dict[str, Any]]:
    """Newest first, some a day, each at a time of its own."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for _ in range(150):
        at -= timedelta(seconds=random.randrange(86_400))
        yield {**random.choice(like), "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


def make(folder: Path, count: int) -> Path:
    """The snapshots, and the inventory that names their machines."""
    base, sent = lab.recorded("laptop-11-23h2"), folder / "sent"
    sent.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (sent / f"{number:05d}.json").write_text(document(number, base))
    hosts = {
        f"LT-{number:05d}": {"ansible_connection": "snapshot", "estatecheck": {"platform": "windows", "kind": "laptop"}}
        for number in range(count)
    }
    own = {"estate": {"name": "Snapshots"}}
    (folder / "inventory.yaml").write_text(json.dumps({"estatecheck": own, "all": {"hosts": hosts}}))
    return sent


class _Watched(threading.Thread):
    """Megabytes that the command and its workers held at most, and CPU seconds of each as last seen."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process, self.most, self.over = process, 0, threading.Event()
        self.cpu: dict[int, float] = {}

    def run(self) -> None:
        while not self.over.wait(0.2):
            tree = list(_tree(self._process))
            self.most = max(self.most, sum(map(_resident, tree)))
            self.cpu |= {one: _cpu(one) for one in tree}

    def workers(self) -> list[float]:
        return sorted((cpu for one, cpu in self.cpu.items() if one != self._process and cpu > 0.5), reverse=True)


def _tree(process: int) -> Iterator[int]:
    yield process
    for task in _listed(Path(f"/proc/{process}/task")):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _resident(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")), 0)


def _cpu(process: int) -> float:
    """Seconds; without those of its children (proc(5): utime and stime are the 14th and the 15th)."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    wall: float  # seconds
    cpu: float  # of all its processes
    workers: list[float]  # of each of them
    megabytes: int
    said: str


def _run(command: list[str], environment: dict[str, str]) -> Run:
    before, began = os.times(), time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    watched = _Watched(process.pid)
    watched.start()
    said, _ = process.communicate()
    watched.over.set()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(time.monotonic() - began, cpu, watched.workers(), watched.most, said)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("count", type=int, nargs="?", default=5_000)
    asked.add_argument("--feeds", type=Path)
    given = asked.parse_args()
    sent = make(given.folder, given.count)
    size = sum(one.stat().st_size for one in sent.iterdir()) / given.count / 1000
    record = given.folder / "record.db"
    environment = {
        **os.environ,
        "ESTATECHECK_DATABASE": f"sqlite:///{record}",
        "ESTATECHECK_INVENTORY": str(given.folder / "inventory.yaml"),
        "ESTATECHECK_FEEDS_FOLDER": str(given.feeds or given.folder / "no-feeds"),
    }
    command = [sys.executable, "-m", "scanner.cli.main", "import", "snapshot", str(sent), "--supplied-by", "Larkspur"]
    print(f"{given.count} snapshots of {size:.0f} kB, {'with' if given.feeds else 'without'} feeds")
    for what in ("taken in and judged", "the same again"):
        run = _run(command, environment)
        processes = " + ".join(f"{one:.1f}" for one in (run.cpu - sum(run.workers), *run.workers))
        row(what, f"{run.wall:.1f} s, CPU {run.cpu:.1f} s ({processes}), {run.megabytes} MB")
        row("", run.said.splitlines()[-1][:80] if run.said else "")
        reached = run.wall < GOAL_SECONDS and run.megabytes < GOAL_MEGABYTES
        row("", verdict(reached, f"< {GOAL_SECONDS} s, < {GOAL_MEGABYTES} MB"))
    print(f"  the record: {record.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
