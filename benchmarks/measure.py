"""Running a program and reading what it took: wall time, and CPU of its whole process tree."""

import os
import platform
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds. ``cpu``: user and system of the process and of every descendant that was waited for (wait4(2))."""

    wall: float
    cpu: float
    exit_code: int
    output: str


def run(command: Sequence[str], scratch: Path, *, environment: Mapping[str, str] | None = None) -> Took:
    """Run to the end. Output goes to a file and is read afterwards, so that reading costs the command nothing."""
    with (scratch / "stdout").open("wb") as out, (scratch / "stderr").open("wb") as errors:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            check=False,
            timeout=600,
        )
        wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall, cpu, done.returncode, (scratch / "stdout").read_text(errors="replace"))


def said(values: Sequence[float], unit: str, scale: float = 1.0, digits: int = 1) -> str:
    """Median, and the least and the most beside it."""
    low, middle, high = (f"{value * scale:.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({low} to {high}, n={len(values)})"


def row(what: str, measured: str, goal: str = "") -> None:
    print(f"  {what:<46} {measured:<42} {goal}", flush=True)


def verdict(reached: bool, goal: str) -> str:
    return f"goal {goal}: {'reached' if reached else 'MISSED'}"


def machine() -> str:
    names = (
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "name" in line
    )
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{os.cpu_count()} cores ({next(names, '?')}), {system}, Python {platform.python_version()}"


if __name__ == "__main__":
    print(machine())
