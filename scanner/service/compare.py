"""Compare: two reports of the record, or files of somebody else, made into the two sides of a comparison.

A stored scan is compared by the JSON of its report, made again from the record; a file by its own bytes. What became of
a finding between two scans of the record is told by its events, with their numbers and hashes.

A pack is verified first, as ``evidence verify`` does it: one that does not hold, or whose signer nobody knows, is not
compared unless that was asked for, and then the comparison says so. A JSON report is signed by nobody, which it says.
"""

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from checks.check import Check
from reports.compare import compare, is_later
from reports.compare_data import Comparison, Ending, Seen, Side
from reports.compare_rows import MOST_BYTES, BadReport
from reports.compare_side import read_from
from reports.formats import json_file
from reports.report import ReportData
from reports.text import stamp
from scanner.service.report import report_data
from scanner.service.report_pack.checking import verify
from scanner.service.report_pack.container import PackError, Reader
from scanner.service.report_pack.names import KEY, MAX_SMALL, REPORT
from scanner.service.report_pack.signed import BadSignature, key_id, public_key
from scanner.store.records import EventRow, ScanRow, StoreError
from scanner.store.store import Store

_NO_REPORT = f"{{}}: there is no report in this file ({REPORT}); name a JSON report"
_SCAN = re.compile(r"[0-9]{1,12}")
_REPORT_ID = re.compile(r"ECR-([0-9]{1,12})-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Trust:
    """``keys``: ids of those who may have signed a pack. ``unverified``: packs are read without looking at that."""

    keys: tuple[str, ...] = ()
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """What a person named, and what it turned out to be. ``scan`` None: a file."""

    side: Side
    scan: int | None = None


def scan_number(name: str) -> int | None:
    """Of ``12`` or ``ECR-12-0123456789ab``; None for what must be a file."""
    found = _REPORT_ID.fullmatch(name)
    if found:
        return int(found[1])
    return int(name) if _SCAN.fullmatch(name) else None


def compare_named(
    first: str, second: str, record: Callable[[], Store], catalogue: Sequence[Check], trust: Trust
) -> Comparison:
    """``record`` opens the record; it is asked only when one of the two is a scan of it.

    Raises :class:`StoreError`, :class:`BadReport`, ``OSError``.
    """
    was, now = (named(one, record, catalogue, trust) for one in (first, second))
    endings = endings_of(record(), now.scan, was.side, now.side) if now.scan is not None else {}
    return compare(was.side, now.side, endings)


def named(name: str, record: Callable[[], Store], catalogue: Sequence[Check], trust: Trust) -> Named:
    number = scan_number(name)
    if number is None:
        return Named(_of_file(Path(name), name, trust))
    side = side_of(report_data(record(), number, catalogue), f"scan {number}")
    if name.startswith("ECR-") and side.report_id != name:
        other = f"scan {number} now makes report {side.report_id}, not {name}: that was made by another version"
        side = replace(side, notes=(*side.notes, other))
    return Named(side, number)


def side_of(data: ReportData, source: str) -> Side:
    return read_from(lambda: json_file.encoded(data)[1], source)


def since(store: Store, catalogue: Sequence[Check], data: ReportData, earlier: str) -> ReportData:
    """The report with the change since an earlier one: of the record, or a file.

    A pack is not verified, and the comparison says so. Raises :class:`StoreError`, :class:`BadReport`, ``OSError``.
    """
    number = scan_number(earlier)
    if number is None and not Path(earlier).is_file():
        raise StoreError(
            f"--since {earlier[:80]}: name an earlier scan (12), its report (ECR-12-0123456789ab), or the file of its "
            "JSON report or evidence pack"
        )
    if number is not None and number >= data.scan_id:
        raise StoreError(f"--since {number}: it has to be an earlier scan than {data.scan_id}")
    was = named(earlier, lambda: store, catalogue, Trust(unverified=True)).side
    now = side_of(data, f"scan {data.scan_id}")
    if not is_later(was, now):
        raise StoreError(f"--since {earlier[:80]}: report {was.report_id} is not earlier than {now.report_id}")
    return replace(data, since=compare(was, now, endings_of(store, data.scan_id, was, now)))


def endings_of(store: Store, scan_id: int, was: Side, now: Side) -> dict[str, Ending]:
    """How what the second report does not count stood in the record when its scan ended.

    Only for findings that are the record's own: a file of another record can have the same fingerprints.
    """
    asked = [one for key, one in was.findings.items() if key not in now.findings]
    rows = {row.fingerprint: row for row in store.findings()}
    ours = {one.key for one in asked if one.key in rows and _same(one, rows[one.key].ref, rows[one.key].first_seen)}
    return dict(_last(store.events(), ours, store.scan(scan_id)))


def _same(one: Seen, ref: str, first_seen: datetime) -> bool:
    return one.ref == ref and one.first_seen == stamp(first_seen)


def _last(events: Iterable[EventRow], wanted: set[str], scan: ScanRow) -> Iterable[tuple[str, Ending]]:
    """In the order of the chain, so that the last one stays."""
    for event in events:
        known = (event.scan_id or 0) <= scan.id and (scan.ended_at is None or event.at <= scan.ended_at)
        if known and event.fingerprint in wanted:
            at = stamp(event.at)
            yield event.fingerprint, Ending(event.to_state, event.why, at, event.scan_id, event.seq, event.hash)


def _of_file(path: Path, name: str, trust: Trust) -> Side:
    """A JSON report, or the one inside an evidence pack. Raises :class:`BadReport` and ``OSError``."""
    if not zipfile.is_zipfile(path):
        side = read_from(lambda: _content(path), name)
        return replace(side, notes=(*side.notes, f"{name}: a JSON report, which is signed by nobody"))
    if trust.unverified:
        side = read_from(lambda: _from_pack(path), name)
        return replace(side, notes=(*side.notes, f"{name}: whether it is as it was signed was not looked at"))
    return _verified(path, name, trust)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadReport(f"{path}: larger than {MOST_BYTES // 2**20} MB")
    return content


def _verified(path: Path, name: str, trust: Trust) -> Side:
    own = _signer(path, trust)
    held = verify(path, own=own)
    if held.problems:
        more = len(held.problems) + held.problems.more - 1
        raise BadReport(
            f"{name} does not hold: {held.problems[0]}{f', and {more} more' if more else ''}; "
            "`estatecheck evidence verify` names all of it, --unverified compares it all the same"
        )
    if held.key_id not in trust.keys:
        raise BadReport(
            f"{name} is as key {held.key_id} signed it, and whose key that is nobody said: compare it with its "
            "owner and name it with --trust, or compare without that with --unverified"
        )
    side = read_from(lambda: _from_pack(path), f"{name}, signed by key {held.key_id[:16]}")
    if side.sha256 != held.report:
        raise BadReport(f"{name} was changed while it was read")
    lacking = [f"{name}: could not be checked: {one}" for one in held.unknown]
    return replace(side, notes=(*side.notes, *lacking))


def _signer(path: Path, trust: Trust) -> str:
    """The key that the pack names, if it is one that is trusted; its signature is checked with it."""
    try:
        with Reader(path) as files:
            if REPORT not in files.entries:
                raise BadReport(_NO_REPORT.format(path))
            found = key_id(public_key(files.read(KEY, MAX_SMALL)))
    except (PackError, BadSignature) as fault:
        raise BadReport(f"{path}: {fault}") from None
    return found if found in trust.keys else ""


def _from_pack(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as pack, pack.open(REPORT) as packed, gzip.open(packed) as file:
            content = file.read(MOST_BYTES + 1)
    except KeyError:
        raise BadReport(_NO_REPORT.format(path)) from None
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, RuntimeError, NotImplementedError) as fault:
        raise BadReport(f"{path}: it cannot be unpacked: {fault}") from None
    if len(content) > MOST_BYTES:
        raise BadReport(f"{path}: the report in it is larger than {MOST_BYTES // 2**20} MB")
    return content
