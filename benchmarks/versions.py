"""What a comparison of versions costs: made anew, remembered, and by a process of dpkg.

Usage: python -m benchmarks.versions. Over the vectors of ESTATECHECK_TEST_DATA: what real distributions have released.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from checks.advisories.versions import InvalidVersion, compare
from checks.advisories.versions.apk import key as apk
from checks.advisories.versions.deb import key as deb
from checks.advisories.versions.rpm import key as rpm

FILES = {"deb": "debian-versions-generated.txt", "rpm": "redhat-versions.txt", "apk": "alpine-versions-generated.txt"}
KEYS: dict[str, Callable[[str], str]] = {"deb": deb, "rpm": rpm, "apk": apk}
PROCESSES = 200


def pairs(scheme: str) -> list[tuple[str, str]]:
    folder = Path(os.environ.get("ESTATECHECK_TEST_DATA") or "../shared/data") / "version-vectors"
    lines = (line.split() for line in (folder / FILES[scheme]).read_text().splitlines())
    return [(words[0], words[2]) for words in lines if len(words) == 3]


def microseconds(what: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    what()
    return (time.perf_counter() - started) / count * 1e6


def compared(scheme: str, asked: Sequence[tuple[str, str]]) -> None:
    for a, b in asked:
        try:
            compare(scheme, a, b)
        except InvalidVersion:
            continue


def measure(scheme: str) -> str:
    asked = pairs(scheme)
    anew = microseconds(lambda: [KEYS[scheme](a) for a, _ in asked], len(asked))
    compared(scheme, asked)
    kept = microseconds(lambda: compared(scheme, asked), len(asked))
    return f"{scheme}: {len(asked):6} pairs, a key {anew:.1f} us, a comparison of remembered versions {kept:.2f} us"


def by_process() -> str:
    asked = pairs("deb")[:PROCESSES]
    cost = microseconds(
        lambda: [subprocess.run(["dpkg", "--compare-versions", a, "lt", b], check=False) for a, b in asked], len(asked)
    )
    return f"dpkg --compare-versions: {cost:.0f} us a process"


if __name__ == "__main__":
    for name in FILES:
        print(measure(name))
    print(by_process())
