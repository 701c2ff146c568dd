"""The seven recorded Windows machines as facts, and the definitions that concern them."""

import csv
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from io import StringIO

from checks.advisories.formats import DECODERS
from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.table import Table
from checks.windows import example_updates as made
from checks.windows.machine import WindowsHost
from tests.data import folder, recorded_host

NAMES = (
    "windows_10_1809",
    "windows_10_21h2",
    "windows_11_22h2",
    "windows_81",
    "windows_server_2016",
    "windows_server_2019",
    "windows_server_2022_sql_server_2019",
)
DEFINITIONS = "feeds/wesng-definitions-20260628.zip"
_KB = re.compile(r'"(\d{8})","[^"]*","(\d{5,8})",')


@dataclass(frozen=True)
class Recorded:
    host: WindowsHost
    applied: frozenset[str]
    unapplied: frozenset[str]
    scanned: str


@cache
def recorded(name: str) -> Recorded:
    told = recorded_host(name)
    numbers = [int(part) for part in told["kernel"]["version"].split(".")]
    applied, unapplied = told["windows_kb"]["applied"], told["windows_kb"]["unapplied"]
    version = re.search(r"Version (\w+)", told["release"])
    system = made.system(
        numbers[3] if len(numbers) > 3 else None,
        numbers[2],
        version=version[1] if version else "",
        edition="",
        server="Server" in told["release"],
        name=f"Microsoft {told['release']}",
    )
    pending = made.pending(*(made.offer(kb) for kb in unapplied), days=None)
    host = WindowsHost(system, made.updates(*applied), pending)
    return Recorded(host, frozenset(applied), frozenset(unapplied), told["scanned"])


@cache
def definitions() -> tuple[Advisories, frozenset[str]]:
    """The rows of the seven systems, as a feed, and every KB that stands in any row: reading all takes too long."""
    releases = {str(recorded_host(name)["release"]).casefold() for name in NAMES}
    kept, kbs = [], set()
    with zipfile.ZipFile(folder() / DEFINITIONS) as packed, packed.open("CVEs_20260628.csv") as file:
        kept.append(next(file))
        for line in file:
            text = line.decode()
            if match := _KB.match(text):
                kbs.add(match[2])
                if " Windows" in text or '"Windows' in text:
                    product = next(csv.reader(StringIO(text)), [""] * 5)[4].casefold() if _near(text) else ""
                    if product in releases:
                        kept.append(line)
    decoded = DECODERS["windows-kb"].decode([("CVEs_20260628.csv", b"".join(kept))], "windows-kb")
    tables = {name: Table(data) for name, data in decoded.tables.items()}
    note = FeedNote("windows-kb", "WES-NG", decoded.snapshot, decoded.records, "")
    return Advisories([Feed(note, tables)]), frozenset(kbs)


def _near(text: str) -> bool:
    return any(word in text for word in ("1809", "21H2", "22H2", "8.1", "Server 2016", "Server 2019", "Server 2022"))
