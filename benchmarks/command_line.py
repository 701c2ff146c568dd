"""Figures 3 and 4: how fast the command starts, and one whole scan of this machine beside lynis.

Usage: python -m benchmarks.command_line FOLDER [--pairs N]. ``estatecheck`` is the one beside this Python.
"""

import argparse
import shutil
import sys
from pathlib import Path
from statistics import median

from benchmarks.estate import wait_for_quiet
from benchmarks.measure import ROOT, Took, row, run, said, verdict

COMMAND = str(Path(sys.executable).parent / "estatecheck")
HELP_RUNS = 10


def start_up(folder: Path) -> None:
    print("\n3. estatecheck --help", flush=True)
    run([COMMAND, "--help"], folder)  # writes the compiled modules
    quiet = wait_for_quiet()
    walls = [run([COMMAND, "--help"], folder).wall for _ in range(HELP_RUNS)]
    row("other load when it began", f"{quiet:.2f} cores")
    row("wall time", said(walls, "s", 1, 3), verdict(median(walls) < 0.25, "0.25 s"))


def scan(folder: Path) -> Took:
    """The whole command: plan, look, judge, store, and both reports."""
    inventory = str(ROOT / "examples" / "this-machine.yaml")
    record = ["--database", f"sqlite:///{folder / 'machine.db'}", "--output", str(folder / "out")]
    return run([COMMAND, "scan", "-i", inventory, *record, "--quiet"], folder)


def lynis(folder: Path) -> Took:
    files = ["--logfile", str(folder / "lynis.log"), "--report-file", str(folder / "lynis.dat")]
    return run(["lynis", "audit", "system", "--quick", "--no-colors", *files], folder)


def against_lynis(folder: Path, pairs: int) -> None:
    print(f"\n4. One scan of this machine, in {pairs} pairs with lynis", flush=True)
    if shutil.which("lynis") is None:
        row("lynis is not installed", "left out", "apt-get install lynis")
        return
    scan(folder)  # makes the record: set-up
    quiet = wait_for_quiet()
    row("other load when it began", f"{quiet:.2f} cores")
    taken: list[tuple[Took, Took]] = []
    for _ in range(pairs):
        taken.append((scan(folder), lynis(folder)))
        row("    a pair", " and ".join(f"{took.wall:.1f} s" for took in taken[-1]))
    ratio = [ours.wall / theirs.wall for ours, theirs in taken]
    row("estatecheck scan, wall time", said([ours.wall for ours, _ in taken], "s"))
    row("lynis audit system --quick, wall time", said([theirs.wall for _, theirs in taken], "s"))
    row("ratio", said(ratio, "of lynis", 1, 2), verdict(median(ratio) <= 0.25, "a quarter"))
    row("CPU, both with all their children", f"{_cpu(taken, 0):.1f} s beside {_cpu(taken, 1):.1f} s")
    if bad := {t.exit_code for pair in taken for t in pair} - {0}:
        row("exit codes other than 0", f"{sorted(bad)}")


def _cpu(taken: list[tuple[Took, Took]], which: int) -> float:
    return median(pair[which].cpu for pair in taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=2)
    asked = parser.parse_args()
    start_up(asked.folder)
    if asked.pairs:
        against_lynis(asked.folder, asked.pairs)


if __name__ == "__main__":
    main()
