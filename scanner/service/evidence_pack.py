"""Evidence pack: one signed file about one finding, that a stranger can check offline.

A ZIP with ``before-and-after.html`` for people, ``finding.json`` and ``blobs/<sha256>`` for machines, and
``envelope.json``: an in-toto Statement v1 in a DSSE envelope, signed with Ed25519, over the digest of every other file.
The same record and key give the same bytes.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.advisories.support import SupportDates
from checks.check import Check
from checks.finding import CheckRun
from checks.import_proof import is_imported
from checks.lifecycle import State, answers_fact, canonical, run_for
from inventory.estate import Estate
from inventory.identity import IDENTIFIES
from reports.before_after import BeforeAfter, Excerpt, Sighting, Step, render
from scanner.service.feed_rows import query_of
from scanner.service.signing import Signer
from scanner.store.codec import dump
from scanner.store.records import EventRow, FindingRow, StoredAnswer, StoredHost, StoreError
from scanner.store.store import Store

PREDICATE = "urn:estatecheck:finding-evidence:v1"
STATEMENT = "https://in-toto.io/Statement/v1"
VERSION = 1
SHOWN_BYTES = 200_000  # of an answer on the page; the blob is always whole


@dataclass(frozen=True, slots=True)
class _Visit:
    host: StoredHost
    scan_id: int
    run: CheckRun
    answers: tuple[StoredAnswer, ...]
    blobs: Mapping[str, bytes]


def export(store: Store, catalogue: Sequence[Check], support: bytes, ref: str, signer: Signer) -> bytes:
    """The pack of one finding. ``support`` holds the bytes of the support dates that are in use now.

    Raises :class:`StoreError` when there is no such finding, or its evidence was purged.
    """
    row = store.finding(ref)
    check = next((c for c in catalogue if c.id == row.check_id), None)
    if is_imported(row.check_id):
        raise StoreError(
            f"{ref} was reported by another tool or a person, so its judgement cannot be made again: "
            f"export the whole report of its import with `estatecheck evidence export --report {row.last_fail_scan}`"
        )
    if check is None:
        raise StoreError(f"{ref} was raised by {row.check_id}, which this version does not have")
    before = _visit(store, row.last_fail_scan, row)
    proven = row.last_pass_scan is not None and row.state == State.VERIFIED_FIXED
    after = _visit(store, row.last_pass_scan or 0, row) if proven else None
    events = store.events(row.fingerprint)
    page = render(_page(store, row, check, before, after, events))
    files = {"before-and-after.html": page, "finding.json": _facts(store, row, check, before, after, events)}
    for visit in filter(None, (before, after)):
        files.update({f"blobs/{digest}": data for digest, data in visit.blobs.items()})
    if _used_support(store, before, after) == hashlib.sha256(support).hexdigest():
        files["support-dates.json"] = support
    return _zipped({**files, "key.pem": signer.public_pem, "envelope.json": _signed(signer, row, files)})


def _visit(store: Store, scan_id: int, row: FindingRow) -> _Visit:
    host = next((host for host in store.hosts(scan_id) if host.uid == row.asset_uid), None)
    if host is None:
        raise StoreError(f"{row.ref}: the evidence of scan {scan_id} is no longer in the record")
    run = run_for(row.subject, [run for run in host.runs if run.check_id == row.check_id])
    if run is None:
        raise StoreError(f"{row.ref}: scan {scan_id} did not run {row.check_id}")
    wanted = {*run.facts, *IDENTIFIES}
    rows = query_of(row.subject.key)
    answers = tuple(a for a in host.answers if a.query == rows or any(answers_fact(a.query, fact) for fact in wanted))
    return _Visit(host, scan_id, run, answers, {a.sha256: store.blob(a.sha256) for a in answers if a.sha256})


def _page(
    store: Store, row: FindingRow, check: Check, before: _Visit, after: _Visit | None, events: Sequence[EventRow]
) -> BeforeAfter:
    estate, scan = store.estate_of(before.scan_id), store.scan(before.scan_id)
    asset = before.host.asset
    return BeforeAfter(
        ref=row.ref,
        check=check,
        subject=row.subject,
        asset=row.asset,
        asset_uid=row.asset_uid,
        estate=scan.estate,
        marking=scan.marking,
        supplier=_name(estate, "suppliers", asset.supplier),
        area=_name(estate, "areas", asset.area),
        state=row.state,
        severity=row.severity,
        before=_sighting(before),
        after=_sighting(after) if after else None,
        proof=_proof(before, after, events) if after else (),
        history=tuple(Step(e.at, e.from_state, e.to_state, e.actor, e.role, e.hash) for e in events),
    )


def _name(estate: Estate, kind: str, key: str | None) -> str:
    known = getattr(estate, kind).get(key) if key else None
    return known.name if known else ""


def _sighting(visit: _Visit) -> Sighting:
    attempt = visit.host.attempt
    if attempt is None:
        raise StoreError(f"scan {visit.scan_id} holds no attempt for this asset")
    shown = tuple(_excerpt(answer, visit.blobs) for answer in visit.answers if answer.query in visit.run.facts)
    run = visit.run
    return Sighting(
        visit.scan_id, attempt.started_at, run.outcome, run.observed, run.privilege.value, attempt.way, shown
    )


def _excerpt(answer: StoredAnswer, blobs: Mapping[str, bytes]) -> Excerpt:
    text = blobs.get(answer.sha256, b"")[:SHOWN_BYTES].decode("utf-8", "replace")
    return Excerpt(answer.query, answer.sha256, text)


def _proof(before: _Visit, after: _Visit, events: Sequence[EventRow]) -> tuple[tuple[str, str], ...]:
    closing = next(event for event in reversed(events) if event.to_state == State.VERIFIED_FIXED)
    shared = closing.proof.get("identity")
    identities = ", ".join(map(str, shared)) if isinstance(shared, list | tuple) else ""
    return (
        ("Same machine, by strong identity", identities),
        ("Same check ran and passed", f"{after.run.check_id}, version {after.run.check_version}"),
        (
            "Privilege at least that of the failing run",
            f"{before.run.privilege.value}, then {after.run.privilege.value}",
        ),
        ("The machine was reached and logged in to", f"over {after.host.attempt.way if after.host.attempt else '?'}"),
        ("The fixed value is recorded", after.run.observed),
        ("Complete evidence of both visits", f"{len(before.blobs)} and {len(after.blobs)} answers, each by its sha256"),
    )


def _facts(
    store: Store, row: FindingRow, check: Check, before: _Visit, after: _Visit | None, events: Sequence[EventRow]
) -> bytes:
    """Everything the verifier needs to judge again, as canonical JSON."""
    content = {
        "version": VERSION,
        "ref": row.ref,
        "fingerprint": row.fingerprint,
        "family": check.family or check.id,
        "asset_uid": row.asset_uid,
        "state": row.state,
        "subject": {"kind": row.subject.kind, "key": row.subject.key},
        "before": _visit_facts(store, before),
        "after": _visit_facts(store, after) if after else None,
        "events": [_event_facts(event) for event in events],
    }
    return canonical(content) + b"\n"


def _visit_facts(store: Store, visit: _Visit) -> dict[str, object]:
    attempt, run = visit.host.attempt, visit.run
    return {
        "scan": visit.scan_id,
        "started_at": attempt.started_at.isoformat() if attempt else "",
        "way": attempt.way if attempt else "",
        "asset": json.loads(dump(visit.host.asset)),
        "check": {"id": run.check_id, "version": run.check_version},
        "outcome": run.outcome.value,
        "observed": run.observed,
        "privilege": run.privilege.value,
        "feeds": [json.loads(dump(note)) for note in store.scan(visit.scan_id).feeds],
        "policy": json.loads(dump(store.estate_of(visit.scan_id).policy)),
        "answers": [_answer_facts(stored) for stored in visit.answers],
    }


def _answer_facts(stored: StoredAnswer) -> dict[str, object]:
    answer = stored.answer
    return {
        "query": stored.query,
        "sha256": stored.sha256,
        "exit_code": answer.exit_code,
        "privilege": answer.privilege.value,
        "asked_at": answer.asked_at,
        "answered_at": answer.answered_at,
        "missing": None if answer.missing is None else [answer.missing.reason.value, answer.missing.detail],
    }


def _event_facts(event: EventRow) -> dict[str, object]:
    return {
        "seq": event.seq,
        "fingerprint": event.fingerprint,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "role": event.role,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "proof": canonical(dict(event.proof)).decode(),
        "scan_id": event.scan_id,
        "previous": event.previous,
        "hash": event.hash,
    }


def _used_support(store: Store, before: _Visit, after: _Visit | None) -> str:
    """The digest of the support dates, when both visits used the same; "" otherwise."""
    used = {store.scan(visit.scan_id).support_digest for visit in (before, after) if visit}
    return used.pop() if len(used) == 1 else ""


def _signed(signer: Signer, row: FindingRow, files: Mapping[str, bytes]) -> bytes:
    statement = {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}}
            for name, data in sorted(files.items())
        ],
        "predicateType": PREDICATE,
        "predicate": {"ref": row.ref, "fingerprint": row.fingerprint, "state": row.state},
    }
    return canonical(signer.envelope(canonical(statement))) + b"\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Sorted names, one fixed time stamp: the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            pack.writestr(entry, data)
    return out.getvalue()


def support_of(files: Mapping[str, bytes]) -> SupportDates | None:
    """The support dates in an opened pack, if it holds any. Raises :class:`SupportFeedError`."""
    from checks.advisories.support import decode

    data = files.get("support-dates.json")
    return decode(data) if data is not None else None
