"""Life of Debian's and Ubuntu's releases (distro-info-data, ISC): CSV ``version,codename,series,created,release,eol``
and ``eol-lts,eol-elts`` (Debian) or ``eol-server,eol-esm,eol-legacy`` (Ubuntu); trailing fields may be missing.

Table ``distro-info``: ``debian:12`` -> {"codename", "series", "created", "release", "eol", "eol-lts", ...}.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, Tally, day, newest_day, shown
from checks.advisories.model import FeedContentError
from checks.advisories.table import encode

TABLE = "distro-info"
ROLLING = "release without a number"
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3})?(?: LTS)?")
_NEEDED = {"version", "codename", "series", "created"}


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """The files are ``debian.csv`` and ``ubuntu.csv``, either or both; their fields tell which is which.

    Raises :class:`FeedContentError`.
    """
    tally, rows, newest = Tally(), dict[str, str](), ""
    for name, data in files:
        for number, row in _rows(name, data):
            if not row.get("version"):
                tally.skipped[ROLLING] += 1  # sid, experimental
                continue
            try:
                told = _told(row)
            except BadRecord as fault:
                tally.bad(f"{name} line {number}", fault)
                continue
            family = "ubuntu" if "eol-server" in row or "eol-esm" in row else "debian"
            rows[f"{family}:{told.pop('version').split()[0]}"] = json.dumps(told)
            newest = max(newest, told["created"] if "release" in told else "")  # others are planned for a later day
            tally.taken += 1
    tally.close("release")
    snapshot = newest_day(newest)
    tables = {TABLE: encode(rows.items())}
    return Decoded(tables, snapshot, tally.taken, tuple(sorted(rows)), "ISC", "Debian", tally.counts(), dated=False)


def recognises(_: str, head: bytes) -> bool:
    return head.startswith(b"version,codename,series,created,release")


def _rows(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(StringIO(data.decode("utf-8", "replace")))
    try:
        if not set(reader.fieldnames or ()) >= _NEEDED:
            raise FeedContentError(f"{shown(name)} does not begin with the names of its fields")
        yield from enumerate(reader, 2)
    except csv.Error as fault:
        raise FeedContentError(f"{shown(name)}: {fault}") from fault


def _told(row: Mapping[str, str]) -> dict[str, str]:
    """Field -> value of those that are there."""
    told = {key: str(value)[:80] for key, value in row.items() if key and value}
    for key, value in told.items():
        if key not in ("version", "codename", "series") and day(value) != value:
            raise BadRecord(f"{key} {value!r} is no day")
    if not told.keys() >= _NEEDED or not _VERSION.fullmatch(told["version"]):
        raise BadRecord("has no version, code name or day of creation")
    return told
