"""What the seal of an hour says, and the digests in it. Everything here can be worked out again from the record:

- samples: a Merkle root over a leaf for each series (its samples of the hour), as long as samples or leaves are kept
- changes: every change of state learned in the hour, with its evidence, for good
- definitions and maintenance: every version registered since the seal before, for good
- prober: the lives of the probers since the seal before; stats: probes, failures and latencies of the hour, for good
- previous: the seal before, so that none can be taken out of the middle

Times in the day rollups and the list of outages follow from the changes, and are not sealed beside them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from checks.lifecycle import canonical
from scanner.store.schema import snapshot
from scanner.store.series_schema import maintenance, prober_run, state_change, watch, watch_version
from scanner.store.watching.records import Stats

VERSION = 1
DOMAIN = b"estatecheck hour seal v1\n"  # signed before the statement: a signature of ours means nothing else
GENESIS = "0" * 64


def message(statement: str) -> bytes:
    return DOMAIN + statement.encode()


def seal_hash(statement: str) -> str:
    return hashlib.sha256(message(statement)).hexdigest()


def text(parts: Mapping[str, object]) -> str:
    return canonical({"version": VERSION, **parts}).decode()


def rows_digest(rows: Iterable[object]) -> dict[str, object]:
    """How many there are, and a hash over them in their order."""
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n")
        count += 1
    return {"count": count, "sha256": digest.hexdigest()}


def _sha256(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def changes(connection: Connection, first: int, last: int) -> dict[str, object]:
    """Those with a number above ``first``, up to ``last``."""
    columns = state_change.columns
    asked = select(state_change).where(columns.id > first, columns.id <= last).order_by(columns.id)
    rows = (
        [r.id, r.watch_id, r.start, r.state, r.reason, r.after, r.batch, r.learned_at, _sha256(r.evidence)]
        for r in connection.execute(asked)
    )
    return {**rows_digest(rows), "last": last}


def definitions(connection: Connection, first: int, last: int) -> dict[str, object]:
    asked = (
        select(watch_version, watch.c.name, watch.c.vantage, snapshot.c.content)
        .join(watch, watch.c.id == watch_version.c.watch_id)
        .outerjoin(snapshot, snapshot.c.id == watch_version.c.definition_id)
        .where(watch_version.c.id > first, watch_version.c.id <= last)
        .order_by(watch_version.c.id)
    )
    rows = ([r.id, r.watch_id, r.name, r.vantage, r.at, r.content] for r in connection.execute(asked))
    return {**rows_digest(rows), "last": last}


def declared(connection: Connection, first: int, last: int) -> dict[str, object]:
    asked = (
        select(maintenance, snapshot.c.content)
        .outerjoin(snapshot, snapshot.c.id == maintenance.c.content_id)
        .where(maintenance.c.id > first, maintenance.c.id <= last)
        .order_by(maintenance.c.id)
    )
    rows = ([r.id, r.name, r.registered_at, r.content] for r in connection.execute(asked))
    return {**rows_digest(rows), "last": last}


def probers(connection: Connection, since: int) -> list[list[object]]:
    """Lives that reach beyond ``since`` (ms)."""
    asked = select(prober_run).where(prober_run.c.alive_until >= since).order_by(prober_run.c.id)
    return [
        [r.id, r.started, r.alive_until, r.ended, r.machine, r.pid, r.tool_version] for r in connection.execute(asked)
    ]


def stats(told: Mapping[int, Stats]) -> dict[str, object]:
    return rows_digest(
        [watch, s.probes, s.failures, s.answers, round(s.sum_ms * 10), round(s.min_ms * 10), round(s.max_ms * 10)]
        for watch, s in sorted(told.items())
        if s.probes
    )
