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


@dataclass
class Record:
    """What of the rows is needed to count again. Memory grows with assets and findings, not with judgements."""

    scan: int
    ended_at: str = ""
    plan: int = 0
    later_imports: set[int | None] = field(
        default_factory=set
    )  # begun after the scan: its report knows nothing of them
    families: Mapping[str, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # asset -> uid
    visits: dict[int, int] = field(default_factory=dict)  # visit of the scan -> asset
    failing: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # ruling -> check, subject
    failed: list[tuple[int, int]] = field(default_factory=list)  # visit, ruling
    findings: dict[str, tuple[int, str]] = field(default_factory=dict)  # fingerprint -> number, state
    withheld: dict[str, int] = field(default_factory=dict)  # table -> rows

    def fails(self) -> Iterator[str]:
        """The fingerprint of everything that failed in the scan."""
        for visit, ruling in self.failed:
            check, kind, key = self.failing[ruling]
            uid = self.names[self.visits[visit]]
            yield fingerprint(uid, self.families.get(check) or check, Subject(kind, key))


def _scan(record: Record, row: Row) -> None:
    if row["id"] == record.scan:
        record.ended_at, record.plan = str(row["ended_at"] or ""), int(row["plan_id"])
    elif row["kind"] == "import" and row["id"] > record.scan:
        record.later_imports.add(int(row["id"]))


def _snapshot(record: Record, row: Row) -> None:
    if row["id"] == record.plan:
        record.families = json.loads(row["content"]).get("families") or {}


def _asset(record: Record, row: Row) -> None:
    record.names[int(row["id"])] = str(row["uid"])


def _visit(record: Record, row: Row) -> None:
    if row["scan_id"] == record.scan and row["asset_id"] is not None:
        record.visits[int(row["id"])] = int(row["asset_id"])


def _ruling(record: Record, row: Row) -> None:
    if row["outcome"] == "fail":
        record.failing[int(row["id"])] = (str(row["check_id"]), str(row["subject_kind"]), str(row["subject_key"]))


def _check_run(record: Record, row: Row) -> None:
    if row["ruling_id"] in record.failing and row["visit_id"] in record.visits:
        record.failed.append((int(row["visit_id"]), int(row["ruling_id"])))


def _finding(record: Record, row: Row) -> None:
    record.findings[str(row["fingerprint"])] = (int(row["number"]), str(row["state"]))


# In this order: what a row refers to comes first.
_READ: Mapping[str, Callable[[Record, Row], None]] = {
    "scan": _scan,
    "snapshot": _snapshot,
    "asset": _asset,
    "scan_asset": _visit,
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
