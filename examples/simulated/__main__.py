"""``python -m examples.simulated FOLDER``: live through the year and write its record and reports into the folder."""

import argparse
import logging
import shutil
import time
from pathlib import Path

from examples.simulated.story import lived
from examples.simulated.written import digest, reports

RECORD = "record"


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m examples.simulated", description=__doc__)
    words.add_argument("folder", type=Path, help="is made; an example that stands there is replaced")
    words.add_argument("--scans", type=int, help="only the first so many of the year's thirteen")
    words.add_argument("--limit", nargs="+", default=[], help="only hosts that fit one of these patterns")
    asked = words.parse_args()
    folder: Path = asked.folder
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    began = time.monotonic()
    _emptied(folder)

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)

    world, scan = lived(folder / RECORD, say, scans=asked.scans, limit=tuple(asked.limit))
    for path in reports(world, scan, folder):
        say(f"{digest(path)}  {path} ({path.stat().st_size / 1e6:.1f} MB)")
    world.store.close()


def _emptied(folder: Path) -> None:
    """Only what an earlier example left there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("report*"):
        path.unlink()
    shutil.rmtree(folder / RECORD, ignore_errors=True)
    (folder / RECORD).mkdir()


if __name__ == "__main__":
    main()
