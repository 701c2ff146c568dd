"""Reads the rows of the record that a pack holds, and holds them against the statement and each other."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.finding import Subject, fingerprint
from checks.lifecycle import canonical
from checks.statements import is_digest
from scanner.service.report_pack.container import PackError, Reader
from scanner.service.report_pack.history import Told
from scanner.service.report_pack.names import BLOBS, MAX_BLOB, blob_name, table_name

Row = Mapping[str, Any]


class ListDigest:
    """sha256 over the sha256 of each row, in order: it stays the same when rows are withheld and their hashes kept."""

    def __init__(self) -> None:
        self.count = 0
        self._sha256 = hashlib.sha256()

    def add(self, row_digest: bytes) -> None:
        self.count += 1
        self._sha256.update(row_digest)

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


@dataclass(frozen=True, slots=True)
class Planned:
    """One asset of one scan: its row among the visits."""

    scan: int
    asset: int | None  # None: it was never visited
    name: str
    snapshot: int
    identity_note: str


@dataclass(frozen=True, slots=True)
class Fail:
    """What a check said that fails, once for all machines of which it said so."""

    check: str
    kind: str
    key: str
    observed: str
    severity: str | None
    members: str | None  # JSON


@dataclass
class Record:
    """What of the rows is needed to count again. Memory grows with assets and findings, not with judgements."""

    scan: int
    ended_at: str = ""
    row: Row = field(default_factory=dict)  # of the scan itself
    plans: dict[int, int] = field(default_factory=dict)  # scan -> snapshot of what it set out to do
    later_imports: set[int | None] = field(
        default_factory=set
    )  # begun after the scan: its report knows nothing of them
    texts: dict[int, str] = field(default_factory=dict)  # snapshots that rows above name
    names: dict[int, str] = field(default_factory=dict)  # asset -> uid
    visits: dict[int, Planned] = field(default_factory=dict)
    attempts: dict[int, Row] = field(default_factory=dict)  # by visit of the scan
    failing: dict[int, Fail] = field(default_factory=dict)  # by ruling
    failed: list[tuple[int, int]] = field(default_factory=list)  # visit, ruling; of the scan
    failed_before: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by asset, of earlier scans
    findings: dict[str, tuple[int, str]] = field(default_factory=dict)  # fingerprint -> number, state
    rows: dict[str, Row] = field(default_factory=dict)  # of findings, by fingerprint
    withheld: dict[str, int] = field(default_factory=dict)  # table -> rows
    _families: dict[int, Mapping[str, str]] = field(default_factory=dict)

    def plan(self, scan: int) -> Row:
        found = json.loads(self.texts[self.plans[scan]])
        if not isinstance(found, dict):
            raise TypeError("a plan is an object")
        return found

    def family(self, scan: int, check: str) -> str:
        if scan not in self._families:
            self._families[scan] = self.plan(scan).get("families") or {}
        return self._families[scan].get(check) or check

    def fails(self) -> Iterator[tuple[str, Fail]]:
        """The fingerprint of everything that failed in the scan, and what failed."""
        for visit, ruling in self.failed:
            fail, asset = self.failing[ruling], self.visits[visit].asset
            if asset is not None:
                uid = self.names[asset]
                yield fingerprint(uid, self.family(self.scan, fail.check), Subject(fail.kind, fail.key)), fail

    def last_fail(self, print_: str) -> Fail | None:
        """How a finding failed last before the scan; None: an import brought it, or its details were purged."""
        row = self.rows[print_]
        wanted = row["family"], row["subject_kind"], row["subject_key"]
        known = row["last_fail_scan"]
        found = [
            (scan, fail)
            for visit, ruling in self.failed_before.get(row["asset_id"], ())
            if (scan := self.visits[visit].scan) == known or known >= self.scan
            if (fail := self.failing[ruling]).key == wanted[2]
            and (self.family(scan, fail.check), fail.kind, fail.key) == wanted
        ]
        return max(found, key=lambda one: one[0])[1] if found else None


def _scan(record: Record, row: Row) -> None:
    record.plans[int(row["id"])] = int(row["plan_id"])
    if row["id"] == record.scan:
        record.ended_at, record.row = str(row["ended_at"] or ""), row
    elif row["kind"] == "import" and row["id"] > record.scan:
        record.later_imports.add(int(row["id"]))


def _snapshot(record: Record, row: Row) -> None:
    """Those of plans, of the scan's estate and of assets; not of identities."""
    if not record.texts:
        named = {*record.plans.values(), *(one.snapshot for one in record.visits.values())}
        record.texts = dict.fromkeys((*named, int(record.row.get("estate_id", 0))), "")
    if row["id"] in record.texts:
        record.texts[int(row["id"])] = str(row["content"])


def _asset(record: Record, row: Row) -> None:
    record.names[int(row["id"])] = str(row["uid"])


def _visit(record: Record, row: Row) -> None:
    """Of the scan, and earlier ones."""
    if row["scan_id"] <= record.scan:
        record.visits[int(row["id"])] = Planned(
            int(row["scan_id"]), row["asset_id"], str(row["name"]), int(row["snapshot_id"]), str(row["identity_note"])
        )


def _attempt(record: Record, row: Row) -> None:
    visit = record.visits.get(row["visit_id"])
    if visit is not None and visit.scan == record.scan:
        record.attempts[int(row["visit_id"])] = row


def _ruling(record: Record, row: Row) -> None:
    if row["outcome"] == "fail":
        subject = str(row["subject_kind"]), str(row["subject_key"])
        told = str(row["observed"]), row["severity"], row["members"]
        record.failing[int(row["id"])] = Fail(str(row["check_id"]), *subject, *told)


def _check_run(record: Record, row: Row) -> None:
    visit = record.visits.get(row["visit_id"])
    if visit is None or visit.asset is None or row["ruling_id"] not in record.failing:
        return
    pair = int(row["visit_id"]), int(row["ruling_id"])
    if visit.scan == record.scan:
        record.failed.append(pair)
    else:
        record.failed_before.setdefault(visit.asset, []).append(pair)


_OF_FINDING = ("asset_id", "family", "check_id", "subject_kind", "subject_key", "last_fail_scan", "severity")


def _finding(record: Record, row: Row) -> None:
    record.findings[str(row["fingerprint"])] = (int(row["number"]), str(row["state"]))
    record.rows[str(row["fingerprint"])] = {name: row[name] for name in _OF_FINDING}


# In this order: what a row is read by comes before it.
_READ: Mapping[str, Callable[[Record, Row], None]] = {
    "scan": _scan,
    "asset": _asset,
    "scan_asset": _visit,
    "attempt": _attempt,
    "snapshot": _snapshot,
    "ruling": _ruling,
    "check_run": _check_run,
    "finding": _finding,
}


def read(pack: Reader, signed: Mapping[str, Any], digests: Mapping[str, str], scan: int, problems: Told) -> Record:
    """Every table that the statement names, and what of it is needed. Problems are told, not raised."""
    record = Record(scan)
    for table in (*_READ, *sorted(signed.keys() - _READ.keys())):
        name = table_name(table)
        if table not in signed or name not in pack.entries:
            problems.say(f"{name} is not in the pack")
            continue
        try:
            _read_table(pack, table, signed[table], digests.get(name, ""), record, problems)
        except PackError as fault:
            problems.say(str(fault))
    return record


def _read_table(pack: Reader, table: str, told: Row, digest: str, record: Record, problems: Told) -> None:
    name, sha256, rows = table_name(table), hashlib.sha256(), ListDigest()
    take = _READ.get(table)
    for line in pack.lines(name, sha256.update):
        withheld = _withheld(line)
        rows.add(bytes.fromhex(withheld) if withheld else hashlib.sha256(line).digest())
        if withheld:
            record.withheld[table] = record.withheld.get(table, 0) + 1
        elif take is not None:
            try:
                take(record, _row(line))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
                problems.say(f"row {rows.count} of {name} is not in the documented form: {type(fault).__name__}")
    if sha256.hexdigest() != digest:
        problems.say(f"{name} was changed after it was signed")
    if (rows.count, rows.hexdigest()) != (told.get("rows"), told.get("digest")):
        problems.say(f"{name} does not hold the {told.get('rows')} rows that were signed")


def _withheld(line: bytes) -> str:
    """The digest in the place of a row; "" for a row."""
    text = line.decode("ascii", "replace") if len(line) == 79 else ""
    digest = text[13:77] if text.startswith('{"withheld":"') and text.endswith('"}') else ""
    return digest if is_digest(digest) else ""


def withheld_line(row: bytes) -> bytes:
    """What stands in the place of a row that is withheld."""
    return canonical({"withheld": hashlib.sha256(row).hexdigest()})


def _row(line: bytes) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise TypeError("not an object")
    return row


@dataclass
class Blobs:
    """The answers of the record, by the 32 bytes of their sha256."""

    here: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)  # size, sha256 of the packed bytes
    withheld: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)  # the record itself has them no more
    digest: str = ""


def list_of_blobs(pack: Reader, problems: Told) -> Blobs:
    found, sha256, number = Blobs(), hashlib.sha256(), 0
    try:
        for line in pack.lines(BLOBS, sha256.update):
            number += 1
            _blob(found, _row(line))
    except PackError as fault:
        problems.say(str(fault))
    except (ValueError, LookupError, TypeError, RecursionError):
        problems.say(f"row {number} of {BLOBS} is not in the documented form")
    found.digest = sha256.hexdigest()
    return found


def _blob(found: Blobs, row: Row) -> None:
    if not is_digest(row["sha256"]):
        raise ValueError("no digest")
    key = bytes.fromhex(row["sha256"])
    if row["state"] == "here":
        found.here[key] = (int(row["size"]), bytes.fromhex(row["packed"]))
    else:
        {"withheld": found.withheld, "gone": found.gone}[row["state"]].add(key)


def check_blobs(pack: Reader, blobs: Blobs, problems: Told) -> int:
    """Unpack every answer and hold it against its name; how many there are."""
    for key, (size, packed) in blobs.here.items():
        why = _why_not_blob(pack, key.hex(), size, packed)
        if why:
            problems.say(f"answer {key.hex()}: {why}")
    return len(blobs.here)


def _why_not_blob(pack: Reader, digest: str, size: int, packed: bytes) -> str:
    name = blob_name(digest)
    stored, plain, total = hashlib.sha256(), hashlib.sha256(), 0
    try:
        for piece in pack.plain(name, min(size, MAX_BLOB), stored.update):
            plain.update(piece)
            total += len(piece)
    except PackError as fault:
        return str(fault)
    if stored.digest() != packed:
        return f"{name} was changed after it was signed"
    if plain.hexdigest() != digest or total != size:
        return f"{name} does not hold the answer that it is named after"
    return ""
