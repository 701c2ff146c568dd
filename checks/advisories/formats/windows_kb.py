"""Microsoft's updates as WES-NG's definitions give them (github.com/bitsadmin/wesng, BSD-3).

A CSV with DatePosted, CVE, BulletinKB, Title, AffectedProduct, AffectedComponent, Severity, Impact, Supersedes and
Exploits; one row for a CVE in a product. It tells of no build numbers: those are in Microsoft's own documents
(``msrc_cvrf.py``). ``checks/advisories/windows_updates.py`` has the table that it makes.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO, TextIOWrapper
from operator import itemgetter

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, Tally, cves_of, day, newest_day, shown
from checks.advisories.formats.windows_rows import Fix, Rows
from checks.advisories.model import FeedContentError
from checks.advisories.windows_updates import STACK, TABLE

NO_KB = "row without a KB number"
FIELDS = ("DatePosted", "CVE", "BulletinKB", "AffectedProduct", "AffectedComponent", "Severity", "Supersedes")
KB = re.compile(r"\d{5,8}")
STACKS = "ADV990001"  # Microsoft's advisory "Latest Servicing Stack Updates"
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """The files that are ``CVEs_*.csv``; others of the archive are passed over. Raises :class:`FeedContentError`."""
    tally, rows = Tally(), Rows()
    for name, data in files:
        if name.rpartition("/")[2].startswith("CVEs") and name.endswith(".csv"):
            for number, row in _rows(name, data):
                try:
                    _take(row, rows, tally)
                except BadRecord as fault:
                    tally.bad(f"{name} line {number}", fault)
    tally.close("update with a KB number")
    return Decoded(
        {TABLE: rows.table()},
        newest_day(rows.newest),
        tally.taken,
        (),
        "BSD-3-Clause",
        "WES-NG, from Microsoft's MSRC",
        tally.counts(),
    )


def recognises(name: str, head: bytes) -> bool:
    return name.endswith(".csv") and b"BulletinKB" in head and b"Supersedes" in head


def _rows(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Number of the row and the fields of :data:`FIELDS`, in that order."""
    reader = csv.reader(TextIOWrapper(BytesIO(data), "utf-8-sig", "replace", newline=""))
    try:
        names = next(reader, [])
        if not set(names) >= set(FIELDS):
            raise FeedContentError(f"{shown(name)} does not begin with the names of its fields")
        wanted = itemgetter(*(names.index(field) for field in FIELDS))
        for number, row in enumerate(reader, 2):
            yield number, list(wanted(row)) if len(row) == len(names) else []
    except csv.Error as fault:
        raise FeedContentError(f"{shown(name)}: {fault}") from fault


def _take(row: list[str], rows: Rows, tally: Tally) -> None:
    if not row:
        raise BadRecord("has not as many fields as the first row")
    date, cve, number, product, component, severity, supersedes = row
    if not KB.fullmatch(number):
        tally.skipped[NO_KB] += 1
        return
    rows.add(
        Fix(
            product,
            number,
            _day(date),
            cves_of([cve]),
            severity.lower(),
            component,
            KB.findall(supersedes),
            STACK if cve == STACKS else "",
        )
    )
    tally.taken += 1


@lru_cache(maxsize=20_000)
def _day(posted: str) -> str:
    """20260610 -> 2026-06-10; "" for what is no day."""
    match = _DATE.fullmatch(posted)
    return day("-".join(match.groups())) if match else ""
