"""When did a scan last get into each machine, or did it send a snapshot? When was it first tried? By name.

Where there is nothing to log in to, as with an endpoint that is looked at from outside, an answer stands for a log-in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, case, func, select, true

from inventory.asset import SNAPSHOT
from scanner.store.records import ScanKind
from scanner.store.schema import attempt, scan, scan_asset

OUTSIDE = "endpoint"  # the way of an asset that nobody logs in to
VISITS = (ScanKind.FULL.value, ScanKind.VERIFY.value)  # somebody went there; a supplied list proves no life


@dataclass(frozen=True, slots=True)
class Sighting:
    """POSIX seconds. ``seen``: the newest visit that logged in; None: none ever did. ``snapshot``: the newest taken."""

    first_tried: float
    seen: float | None
    snapshot: float | None = None


def read(connection: Connection, until: float, scan_id: int | None = None) -> dict[str, Sighting]:
    """Visits that began until then, as far as their scans were not purged.

    ``scan_id``: as the record stood when this scan was over, whatever came into it since.
    """
    began = attempt.c.started_at
    own = attempt.c.way == SNAPSHOT
    in_ = attempt.c.logged_in | ((attempt.c.way == OUTSIDE) & attempt.c.reached)
    over = select(scan.c.ended_at).where(scan.c.id == scan_id).scalar_subquery()
    then = (scan.c.id == scan_id) | ((scan.c.id < scan_id) & (scan.c.ended_at <= over)) if scan_id else true()
    asked = (
        select(
            scan_asset.c.name,
            func.min(began).label("first"),
            func.max(case((in_, began))).label("seen"),
            func.max(case((own & attempt.c.reason.is_(None), began))).label("snapshot"),
        )
        .join(attempt, attempt.c.visit_id == scan_asset.c.id)
        .join(scan, scan.c.id == scan_asset.c.scan_id)
        .where(
            scan.c.kind.in_(VISITS) | ((scan.c.kind == ScanKind.IMPORT.value) & own),
            began <= datetime.fromtimestamp(until, UTC),
            then,
        )
        .group_by(scan_asset.c.name)
    )
    return {
        row.name: Sighting(row.first.timestamp(), _seconds(row.seen), _seconds(row.snapshot))
        for row in connection.execute(asked)
    }


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
