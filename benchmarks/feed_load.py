"""How long real feeds take to decode, to load and to look up, and how much memory that needs.

    python -m benchmarks.feed_load        with the real data (ESTATECHECK_TEST_DATA)

Each feed is decoded in a process of its own, so that its memory is its own. CPU time is told beside wall time, because
other work on the machine lengthens the second only.
"""

import io
import json
import multiprocessing
import os
import random
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import zstandard

from benchmarks.measure import ROOT, machine, row, verdict
from checks.advisories.formats import DECODERS
from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.table import Table

FEEDS = {  # feed -> format, file
    "debian": ("osv", "debian-osv-10-13.jsonl.zst"),
    "ubuntu": ("ubuntu-cve-tracker", "ubuntu-cve-tracker-bionic-noble.jsonl.zst"),
    "almalinux": ("osv", "almalinux-osv-8-9-10.tar.zst"),
    "rocky": ("osv", "rocky-osv.tar.zst"),
    "redhat": ("osv-compact", "redhat-osv-el8-el9.jsonl.zst"),
    "suse": ("osv-compact", "suse-osv-sles15-leap15.jsonl.zst"),
    "alpine": ("alpine-secdb", "alpine-secdb.tar.zst"),
    "kev": ("kev", "kev.json"),
    "epss": ("epss", "epss-20260816.csv.zst"),
    "ssvc": ("ssvc", "ssvc-vulnrichment.csv.zst"),
    "endoflife": ("endoflife", "endoflife-products.json"),
    "windows-kb": ("windows-kb", "wesng-definitions-20260628.zip"),
}
RESIDENT = ("debian", "ubuntu", "almalinux", "rocky", "redhat")  # the goal: less than a second to load
LOAD_GOAL, DECODE_GOAL, MEMORY_GOAL = 1.0, 20.0, 400  # seconds, seconds, MB
LOOKUPS = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    tables: Mapping[str, bytes]
    note: FeedNote
    cpu: float
    wall: float
    own_mb: int  # of the decoding itself: beyond the bytes of the feed
    peak_mb: int
    skipped: int


def files_of(name: str) -> list[tuple[str, bytes]]:
    path = folder() / name
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(data).read()
    if ".tar" in name:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            return [(m.name, file.read()) for m in tar if m.isfile() and (file := tar.extractfile(m))]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            return [(member, packed.read(member)) for member in packed.namelist()]
    return [(name.removesuffix(".zst"), data)]


def folder() -> Path:
    return Path(os.environ.get("ESTATECHECK_TEST_DATA") or ROOT.parent / "shared" / "data") / "feeds"


def decode(feed: str) -> Result:
    form, name = FEEDS[feed]
    files = files_of(name)
    before = memory("VmRSS")
    wall, cpu = time.monotonic(), time.process_time()
    decoded = DECODERS[form].decode(files, feed)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    peak = memory("VmHWM")
    note = FeedNote(feed, decoded.publisher, decoded.snapshot, decoded.records, "0" * 64)
    return Result(decoded.tables, note, cpu, wall, max(peak - before, 0), peak, sum(decoded.skipped.values()))


def memory(field: str) -> int:
    """MB of this process now (VmRSS) or at most so far (VmHWM; ru_maxrss would count the parent's): proc(5)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) // 1024


def decoded_apart() -> dict[str, Result]:
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        results = {feed: pool.apply(decode, (feed,)) for feed in FEEDS}
    for feed, result in results.items():
        size = sum(map(len, result.tables.values())) / 1e6
        told = f"{result.cpu:.1f} s CPU ({result.wall:.1f} s), peak {result.peak_mb} MB (+{result.own_mb})"
        reached = result.cpu < DECODE_GOAL and result.peak_mb < MEMORY_GOAL
        what = f"{feed}: {result.note.records:,} records, {size:.1f} MB of tables"
        row(what, told, verdict(reached, f"{DECODE_GOAL:.0f} s, {MEMORY_GOAL} MB"))
        row("", f"{result.skipped:,} records and packages skipped")
    return results


def load(results: Mapping[str, Result], scratch: Path) -> Advisories:
    """From files to a library that can be asked, as a scan does when it starts."""
    paths = {feed: {name: scratch / f"{feed}.{n}" for n, name in enumerate(results[feed].tables)} for feed in RESIDENT}
    for feed, tables in paths.items():
        for name, path in tables.items():
            path.write_bytes(results[feed].tables[name])
    wall, cpu = time.monotonic(), time.process_time()
    feeds = [
        Feed(results[feed].note, {name: Table(path.read_bytes()) for name, path in tables.items()})
        for feed, tables in paths.items()
    ]
    library = Advisories(feeds)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    size = sum(path.stat().st_size for tables in paths.values() for path in tables.values()) / 1e6
    row(
        f"load {', '.join(RESIDENT)}: {size:.0f} MB",
        f"{cpu * 1000:.0f} ms CPU ({wall * 1000:.0f} ms)",
        verdict(wall < LOAD_GOAL, "1 s"),
    )
    return library


def look_up(library: Advisories, results: Mapping[str, Result]) -> None:
    """Packages in an order of their own: the first question decodes the row, the next finds it decoded."""
    dice = random.Random(1)
    for release, feed in (("debian:12", "debian"), ("ubuntu:22.04", "ubuntu"), ("rhel:8", "redhat")):
        names = list(Table(results[feed].tables[release]).keys())
        dice.shuffle(names)
        known = library.release(release)
        assert known is not None
        began = time.process_time()
        said = sum(len(known.statements(name)) for name in names)
        first = (time.process_time() - began) / len(names)
        began = time.process_time()
        for n in range(LOOKUPS):
            known.statements(names[n % len(names)])
        again = (time.process_time() - began) / LOOKUPS
        told = f"first {first * 1e6:.0f} us, again {again * 1e9:.0f} ns a package"
        row(f"{release}: {len(names):,} packages, {said:,} statements", told)
    cves = [json.loads(line.split("\t")[1])[0] for line in results["debian"].tables["cve"].decode().splitlines()]
    dice.shuffle(cves)
    began = time.process_time()
    for cve in cves[:LOOKUPS]:
        library.cve(cve)
    row("a CVE, asked for the first time", f"{(time.process_time() - began) / LOOKUPS * 1e6:.0f} us")


def main() -> None:
    print(f"Feeds, decoded, loaded and looked up: {machine()}")
    if not folder().is_dir():
        raise SystemExit(f"there is no real data in {folder()} (ESTATECHECK_TEST_DATA)")
    results = decoded_apart()
    with tempfile.TemporaryDirectory() as scratch:
        look_up(load(results, Path(scratch)), results)


if __name__ == "__main__":
    main()
