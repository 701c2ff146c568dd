"""Baselines of handovers: one event of the chain for each, stored once."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, select

from checks.responsibility import Baseline, Handover
from inventory.responsibility import Layer
from scanner.store import ledger
from scanner.store.records import EventRow, StoreError
from scanner.store.schema import event

APART = "handover:"  # fingerprints of these events
WHY = "handover"


def fingerprint_of(handover: Handover) -> str:
    return APART + hashlib.sha256(handover.id.encode()).hexdigest()


def write(connection: Connection, baselines: Sequence[Baseline], scan_id: int, now: datetime) -> int:
    known = set(connection.execute(select(event.c.fingerprint).where(_ours())).scalars())
    fresh = [one for one in baselines if fingerprint_of(one.handover) not in known]
    new = [ledger.NewEvent(fingerprint_of(one.handover), now, "", "", _proof(one), scan_id) for one in fresh]
    ledger.append(connection, new)
    return len(new)


def read(connection: Connection) -> tuple[tuple[int, Baseline], ...]:
    names = connection.execute(select(event.c.fingerprint).where(_ours()).order_by(event.c.seq)).scalars().all()
    return tuple((one.scan_id or 0, _baseline(one)) for name in names for one in ledger.read(connection, name))


def _ours() -> ColumnElement[bool]:
    return event.c.fingerprint.startswith(APART, autoescape=True)


def _proof(one: Baseline) -> Mapping[str, object]:
    passed = one.handover
    return {
        "why": WHY,
        "episode": 1,
        "day": passed.day.isoformat(),
        "before": passed.before,
        "after": passed.after,
        "layer": passed.layer.value,
        "assets": list(passed.assets),
        "findings": dict(one.findings),
        "scan": one.scan,
        "evidence_root": one.evidence_root,
    }


def _baseline(row: EventRow) -> Baseline:
    """Raises :class:`StoreError` for an event that is none of ours."""
    said = row.proof
    assets, findings = said.get("assets"), said.get("findings")
    if not isinstance(assets, list) or not isinstance(findings, dict):
        raise StoreError(f"event {row.seq} is no whole baseline of a handover")
    texts = {key: str(said.get(key)) for key in ("day", "before", "after", "layer", "scan", "evidence_root")}
    try:
        day, layer, scan = date.fromisoformat(texts["day"]), Layer(texts["layer"]), int(texts["scan"])
    except ValueError as fault:
        raise StoreError(f"event {row.seq} is no whole baseline of a handover: {fault}") from fault
    handover = Handover(day, texts["before"], texts["after"], layer, tuple(map(str, assets)))
    return Baseline(handover, {str(ref): int(n) for ref, n in findings.items()}, scan, texts["evidence_root"])
