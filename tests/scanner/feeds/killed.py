"""Puts a second feed on a shelf and kills itself (SIGKILL) before step 0, 1, 2 ... of writing to the disk.

Run as a process of its own. Prints, as JSON, what the shelf says after each death: [[step, died, records], ...].
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from scanner.feeds.shelf import Shelf
from tests.scanner.feeds.made import NOW, ORIGINS, decoded

STEPS = ("fsync", "rename", "replace", "mkdir", "rmdir")


def dying_at(step: int) -> None:
    left = [step]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: object, **named: object) -> Any:  # noqa: ANN401 (whatever the real one returns)
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return real(*args, **named)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


def died(folder: Path, step: int) -> bool:
    child = os.fork()
    if child == 0:
        dying_at(step)
        Shelf(folder).put("debian", decoded(20), ORIGINS, NOW + timedelta(days=1))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    found = []
    for step in range(100):
        with tempfile.TemporaryDirectory(dir=sys.argv[1]) as name:
            folder = Path(name)
            for turn, records in enumerate((10, 11)):
                Shelf(folder).put("debian", decoded(records), ORIGINS, NOW + timedelta(hours=turn))
            killed = died(folder, step)
            records = Shelf(folder).load().notes[0].records
            Shelf(folder).put("debian", replace(decoded(30)), ORIGINS, NOW + timedelta(days=2))  # and it can go on
            left = sorted(path.name for path in (folder / "debian").iterdir())
            found.append([step, killed, records, Shelf(folder).load().notes[0].records, len(left)])
        if not killed:
            break
    print(json.dumps(found))  # noqa: T201 (what the test reads)


if __name__ == "__main__":
    main()
