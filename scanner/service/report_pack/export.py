"""Writes the evidence pack of a report: rows, events, answers, the report itself, and one signed statement over them.

Streamed: memory grows with the number of answers and findings, not with their size. The same record and key give the
same bytes, with the same zlib.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from checks.check import Check
from checks.lifecycle import canonical
from checks.replay import evidence_named
from checks.statements import pre_authentication
from reports.formats import FORMATS
from reports.report import ReportData
from scanner.service.report import report_data
from scanner.service.report_pack.container import Writer, gzipped
from scanner.service.report_pack.keyring import ADMITTED
from scanner.service.report_pack.names import (
    BLOBS,
    CHECKPOINT,
    CHECKPOINT_TYPE,
    ENVELOPE,
    EVENTS,
    KEY,
    KEYS,
    POLICIES,
    PREDICATE,
    REPORT,
    STATEMENT,
    STATEMENT_TYPE,
    VERSION,
    blob_name,
    table_name,
)
from scanner.service.report_pack.signed import enveloped, written
from scanner.service.report_pack.tables import ListDigest, withheld_line
from scanner.service.signing import Signer
from scanner.store.checkpoints import Checkpoint
from scanner.store.copying import Copy, Row, Share
from scanner.store.decision_schema import attachment
from scanner.store.import_schema import import_file
from scanner.store.records import ScanRow, ScanState, StoreError
from scanner.store.schema import evidence
from scanner.store.store import Store

TRIES = 3  # when the record moves while it is read


@dataclass(frozen=True, slots=True)
class Pen:
    """A ``CheckpointSigner`` of the store."""

    signer: Signer

    @property
    def key_id(self) -> str:
        return self.signer.key_id

    def sign(self, statement: bytes) -> bytes:
        return self.signer.key.sign(pre_authentication(CHECKPOINT_TYPE, statement))


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in the pack. ``reports``: sha256 by file name; empty in the pack of one supplier."""

    scan: int
    events: int
    blobs: int
    reports: Mapping[str, str]
    checkpoint: Checkpoint


class _Moved(Exception):
    """Events were added while the pack was written."""


@dataclass
class _Job:
    store: Store
    scan: ScanRow
    signer: Signer
    checkpoint: Checkpoint
    supplier: str
    pack: Writer
    report: ReportData | None
    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    evidence: set[bytes] = field(default_factory=set)  # that events rest on
    keys: list[Row] = field(default_factory=list)


def export(
    store: Store,
    catalogue: Sequence[Check],
    scan_id: int,
    signer: Signer,
    out: BinaryIO,
    now: datetime,
    supplier: str = "",
) -> Exported:
    """``out`` can seek and is empty. Raises :class:`StoreError`."""
    scan = store.scan(scan_id)
    if scan.state is ScanState.RUNNING:
        raise StoreError(f"scan {scan_id} is not over; its report can be exported when it is")
    if supplier and supplier not in store.estate_of(scan_id).suppliers:
        raise StoreError(f"the inventory of scan {scan_id} names no supplier {supplier!r:.60}")
    for _ in range(TRIES):
        out.seek(0)
        out.truncate()
        checkpoint = store.checkpoints.make(Pen(signer), scan.estate, now)
        report = None if supplier else report_data(store, scan_id, catalogue)
        try:
            return _export(_Job(store, scan, signer, checkpoint, supplier, Writer(out), report))
        except _Moved:
            continue
    raise StoreError("the record changes faster than it can be exported; wait until the scan that runs is over")


def checkpoint_envelope(checkpoint: Checkpoint, signer: Signer) -> dict[str, object]:
    key = signer.key.public_key()
    return enveloped(checkpoint.statement.encode(), CHECKPOINT_TYPE, checkpoint.signature, key)


def _export(job: _Job) -> Exported:
    with job.store.copying(job.scan.id) as copy:
        if copy.count() != job.checkpoint.events:
            raise _Moved
        share = copy.share(job.supplier) if job.supplier else None
        _events(job, copy, share)
        for table, rows in copy.tables():
            _table(job, table, rows, share)
        count = _blobs(job, copy, share)
    if job.report is not None:
        _report(job, job.report)
    if job.store.checkpoints.all()[-1].events != job.checkpoint.events:
        raise _Moved
    _small(job)
    job.pack.close()
    return Exported(job.scan.id, job.checkpoint.events, count, job.reports, job.checkpoint)


def _events(job: _Job, copy: Copy, share: Share | None) -> None:
    with job.pack.gz(EVENTS) as out:
        for event in copy.events():
            if share and not share.event(event):
                event = {name: event[name] for name in ("seq", "previous", "hash")} | {"withheld": True}  # noqa: PLW2901
            else:
                proof = json.loads(event["proof"])
                job.evidence.update(bytes.fromhex(digest) for digest, _ in evidence_named(proof))
            out.write(canonical(event) + b"\n")


def _table(job: _Job, table: str, rows: Iterator[Row], share: Share | None) -> None:
    digest = ListDigest()
    with job.pack.gz(table_name(table)) as out:
        for row in rows:
            line = canonical(row)
            digest.add(hashlib.sha256(line).digest())
            shown = share is None or share.row(table, row)
            out.write((line if shown else withheld_line(line)) + b"\n")
            if shown and table == "role_key" and row["what"] == ADMITTED:
                job.keys.append({name: row[column] for name, column in _KEY_FIELDS.items()})
    job.tables[table] = {"rows": digest.count, "digest": digest.hexdigest()}


_KEY_FIELDS = {"key": "key_id", "name": "name", "role": "role", "public_key": "public_key"}


def _blobs(job: _Job, copy: Copy, share: Share | None) -> int:
    """Every answer of the scan and every one that an event rests on; how many are in the pack."""
    wanted = copy.blob_ids((evidence, attachment, import_file), copy.here)
    mine = wanted if share is None else _own(copy, share)
    rows, there = [], set()
    for digest, number in copy.blobs():
        key = bytes.fromhex(digest)
        there.add(key)
        if number in mine or key in job.evidence:
            plain = job.store.blob(digest)
            packed = gzipped(plain)
            job.pack.add(blob_name(digest), packed)
            told = {"size": len(plain), "packed": hashlib.sha256(packed).hexdigest(), "state": "here"}
        elif number in wanted:
            told = {"state": "withheld"}
        else:
            continue
        rows.append({"id": number, "sha256": digest, **told})
    gone = [{"id": 0, "sha256": key.hex(), "state": "gone"} for key in sorted(job.evidence - there)]
    with job.pack.gz(BLOBS) as out:
        for row in (*rows, *gone):
            out.write(canonical(row) + b"\n")
    return sum(row["state"] == "here" for row in rows)


def _own(copy: Copy, share: Share) -> set[int]:
    """Ids of the supplier's answers: those of its visits but for lists of the whole estate, and files it signed for."""
    found = set()
    for table, rows in copy.tables():
        if table in ("evidence", "attachment"):
            found |= {row["blob_id"] for row in rows if share.row(table, row)}
    return found


class _Hashing(io.RawIOBase):
    """Takes bytes and keeps only their sha256; hands them on where there is somewhere."""

    def __init__(self, out: object = None) -> None:
        self.sha256 = hashlib.sha256()
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]  # bytes-like, as io has it
        self.sha256.update(piece)
        if self._out is not None:
            self._out.write(piece)  # type: ignore[attr-defined]  # a writer of ours
        return len(piece)


def _report(job: _Job, data: ReportData) -> None:
    with job.pack.gz(REPORT) as out:
        sink = _Hashing(out)
        FORMATS["json"].render(data, sink)  # type: ignore[arg-type]  # it only writes
    page = _Hashing()
    FORMATS["html"].render(data, page)  # type: ignore[arg-type]  # the same
    job.reports = {"report.json": sink.sha256.hexdigest(), "report.html": page.sha256.hexdigest()}


def _small(job: _Job) -> None:
    policies = {} if job.supplier else {name: json.loads(text) for name, text in job.scan.policies.items()}
    job.pack.add(KEYS, written({"keys": job.keys}))
    job.pack.add(POLICIES, written({"policies": policies}))
    job.pack.add(CHECKPOINT, written(checkpoint_envelope(job.checkpoint, job.signer)))
    subject = [
        {"name": name, "digest": {"sha256": digest}}
        for name, digest in sorted(job.pack.digests.items())
        if not name.startswith("blobs/")
    ]
    predicate = {
        "version": VERSION,
        "estate": job.scan.estate,
        "scan": job.scan.id,
        "supplier": job.supplier,
        "tool_version": job.scan.tool_version,
        "tables": job.tables,
        "reports": job.reports,
        "checkpoint": json.loads(job.checkpoint.statement),
    }
    statement = canonical({"_type": STATEMENT, "subject": subject, "predicateType": PREDICATE, "predicate": predicate})
    key = job.signer.key
    signature = key.sign(pre_authentication(STATEMENT_TYPE, statement))
    job.pack.add(KEY, job.signer.public_pem)
    job.pack.add(ENVELOPE, written(enveloped(statement, STATEMENT_TYPE, signature, key.public_key())))
