"""Microsoft's updates as WES-NG's definitions give them (github.com/bitsadmin/wesng, BSD-3).

A CSV with DatePosted, CVE, BulletinKB, Title, AffectedProduct, AffectedComponent, Severity, Impact, Supersedes and
Exploits; one row for a CVE in a product.

Table ``windows-kb``: product, character 31, KB number -> [day, severity, [CVEs], [KBs it supersedes]].
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from operator import itemgetter

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, Tally, cves_of, day, newest_day, shown
from checks.advisories.model import FeedContentError
from checks.advisories.table import encode

TABLE, BETWEEN = "windows-kb", "\x1f"
NO_KB = "row without a KB number"
FIELDS = ("DatePosted", "CVE", "BulletinKB", "AffectedProduct", "Severity", "Supersedes")
_KB = re.compile(r"\d{5,8}")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SEVERITIES = ("", "low", "moderate", "important", "critical")


@dataclass(slots=True)
class _Update:
    day: str = ""
    severity: str = ""
    cves: set[str] = field(default_factory=set)
    supersedes: set[str] = field(default_factory=set)


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """The files that are ``CVEs_*.csv``; others of the archive are passed over. Raises :class:`FeedContentError`."""
    tally, updates = Tally(), dict[str, _Update]()
    for name, data in files:
        if name.rpartition("/")[2].startswith("CVEs") and name.endswith(".csv"):
            for number, row in _rows(name, data):
                try:
                    _take(row, updates, tally)
                except BadRecord as fault:
                    tally.bad(f"{name} line {number}", fault)
    tally.close("update with a KB number")
    snapshot = newest_day(max(update.day for update in updates.values()))
    table = encode((key, _line(update)) for key, update in updates.items())
    return Decoded(
        {TABLE: table}, snapshot, tally.taken, (), "BSD-3-Clause", "WES-NG, from Microsoft's MSRC", tally.counts()
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


def _take(row: list[str], updates: dict[str, _Update], tally: Tally) -> None:
    if not row:
        raise BadRecord("has not as many fields as the first row")
    date, cve, number, product, severity, supersedes = row
    if not _KB.fullmatch(number):
        tally.skipped[NO_KB] += 1
        return
    posted, product = _DATE.fullmatch(date), " ".join(product.split())
    told = day("-".join(posted.groups())) if posted else ""
    if not told or not product.isprintable() or not 0 < len(product) <= 200:
        raise BadRecord("has no day or no product")
    update = updates.setdefault(f"{product}{BETWEEN}{number}", _Update())
    update.day = max(update.day, told)
    update.severity = max(update.severity, severity.lower(), key=_rank)
    update.cves.update(cves_of([cve]))
    update.supersedes.update(kb for kb in supersedes.split(";") if _KB.fullmatch(kb))
    tally.taken += 1


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else 0


def _line(update: _Update) -> str:
    said = [update.day, update.severity, sorted(update.cves), sorted(update.supersedes)]
    return json.dumps(said, separators=(",", ":"))
