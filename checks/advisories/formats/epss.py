"""FIRST's EPSS: CSV ``cve,epss,percentile`` after the comment ``#model_version:...,score_date:...`` (first.org/epss).

The comment is missing in some copies; the day is then taken from the file's name (``epss_scores-2026-08-16.csv``).
"""

import re
from functools import partial

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, lines, newest_day, one_file
from checks.advisories.formats.points import Points, Row, cve_of

_TOLD = re.compile(rb"#[^\n]{0,200}score_date:(\d{4}-\d\d-\d\d)")
_NAMED = re.compile(r"epss[a-z_]*-(\d{4})-?(\d\d)-?(\d\d)")
_NUMBER = re.compile(r"\d(?:\.\d{1,20})?(?:[eE]-\d{1,2})?")


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Raises :class:`FeedContentError`, as well where nothing tells of which day the estimates are."""
    name, data = one_file(files)
    told, named = _TOLD.match(data), _NAMED.search(name)
    day = told[1].decode() if told else "-".join(named.groups()) if named else ""
    newest_day(day)
    out, read = Points("epss"), partial(_row, day=day)
    for number, line in enumerate(lines(data), 1):
        if not line.startswith((b"#", b"cve,")):
            out.take(f"line {number}", read, line)
    return out.finish(day, "FIRST", "free to use, credit FIRST (https://www.first.org/epss)")


def recognises(_: str, head: bytes) -> bool:
    return b"cve,epss,percentile" in head


def _row(line: bytes, day: str) -> Row:
    fields = line[:200].decode("ascii", "replace").strip().split(",")
    if len(fields) != 3:
        raise BadRecord("is not a CVE and two numbers")
    return cve_of(fields[0]), f'[{_share(fields[1])!r},{_share(fields[2])!r},"{day}"]'  # as line_of(Epss(...)), faster


def _share(field: str) -> float:
    """From 0 to 1."""
    if not _NUMBER.fullmatch(field):
        raise BadRecord(f"{field[:40]!r} is no number from 0 to 1")
    share = float(field)
    if share > 1:
        raise BadRecord(f"{field[:40]!r} is more than 1")
    return share
