"""Check runs: what was said is stored once as a ruling; a run is a visit, a place in the row, and a ruling."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.store.evidence import clean
from scanner.store.prepared import CHUNK, Lookup, Numbered, Prepared, insertion
from scanner.store.schema import Stored, check_run, ruling

_NUMBERED = Numbered(ruling)
_ADD = insertion(check_run)
_RUNS = Prepared(
    select(check_run.c.ruling_id).where(check_run.c.visit_id == bindparam("visit_id")).order_by(check_run.c.position)
)
_RULINGS = Lookup(select(ruling), ruling.c.id)


def cleaned(run: CheckRun) -> CheckRun:
    """The run with text that can be stored and hashed; almost always itself."""
    observed, key = clean(run.observed), clean(run.subject.key)
    if observed == run.observed and key == run.subject.key:
        return run
    return replace(run, observed=observed, subject=Subject(run.subject.kind, key))


def save_runs(connection: Connection, visit_id: int, runs: Sequence[CheckRun], start: int = 0) -> None:
    """``start``: the place of the first one; more than 0 where the visit has runs already."""
    ids = _NUMBERED.save(connection, [_digest(run) for run in runs], lambda place: _row(runs[place]))
    rows = [{"visit_id": visit_id, "position": i, "ruling_id": number} for i, number in enumerate(ids, start)]
    _ADD.run_many(connection, rows)


def _digest(run: CheckRun) -> bytes:
    """A run without severity and members keeps the digest that it always had."""
    if not run.members:
        return _bare_digest(run)
    return hashlib.sha256(_bare_digest(replace(run, members=())) + _LISTS.digest(run.members)).digest()


@lru_cache(maxsize=16384)  # hosts of one kind say the same things
def _bare_digest(run: CheckRun) -> bytes:
    content: tuple[object, ...] = (
        run.check_id,
        run.check_version,
        run.outcome,
        run.observed,
        run.subject.kind,
        run.subject.key,
        run.reason,
        run.privilege,
        run.facts,
    )
    if run.severity:
        content = (*content, run.severity)
    return hashlib.sha256(json.dumps(content).encode()).digest()


class _Lists:
    """Digests of lists of members. Hosts share the lists themselves, so they are told apart by identity."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Member, ...], bytes]] = {}

    def digest(self, members: tuple[Member, ...]) -> bytes:
        known = self._known.get(id(members))
        if known is None:
            if len(self._known) >= MAX_LISTS:
                self._known.clear()
            told = _members_text(members) or ""
            known = self._known[id(members)] = (members, hashlib.sha256(told.encode()).digest())
        return known[1]


MAX_LISTS = 5_000
_LISTS = _Lists()


def _row(run: CheckRun) -> dict[str, object]:
    return {
        "check_id": run.check_id,
        "check_version": run.check_version,
        "outcome": run.outcome.value,
        "observed": run.observed,
        "subject_kind": run.subject.kind,
        "subject_key": run.subject.key,
        "reason": run.reason.value if run.reason else None,
        "privilege": run.privilege.value,
        "facts": " ".join(run.facts),
        "severity": run.severity.value if run.severity else None,
        "members": _members_text(run.members),
    }


def _members_text(members: tuple[Member, ...]) -> str | None:
    """``[[id, verdict, severity, {attribute: text}], ...]`` as JSON; None when there are none."""
    rows = [[clean(m.id), m.verdict, m.severity, _clean(m.attributes)] for m in members]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else None


def _clean(attributes: Mapping[str, str]) -> dict[str, str]:
    return {key: clean(attributes[key]) for key in sorted(attributes)}


class Runs:
    """Reads check runs; a ruling that many hosts share is made once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: dict[int, CheckRun] = {}

    def of(self, visit_id: int) -> tuple[CheckRun, ...]:
        ids = [row.ruling_id for row in _RUNS.rows(self._connection, {"visit_id": visit_id})]
        missing = sorted(set(ids) - self._made.keys())
        self._made.update({row.id: run_of(row) for row in _RULINGS.rows(self._connection, missing)})
        return tuple(self._made[number] for number in ids)


def run_of(row: Stored) -> CheckRun:
    return CheckRun(
        check_id=row.check_id,
        check_version=row.check_version,
        outcome=Outcome(row.outcome),
        observed=row.observed,
        subject=Subject(row.subject_kind, row.subject_key),
        reason=Reason(row.reason) if row.reason else None,
        privilege=Privilege(row.privilege),
        facts=tuple(row.facts.split()),
        severity=Severity(row.severity) if row.severity else None,
        members=tuple(_read_members(row.members)) if row.members else (),
    )


def _read_members(text: str) -> Iterator[Member]:
    for name, verdict, severity, attributes in json.loads(text):
        yield Member(name, verdict, Severity(severity) if severity else None, attributes)


def by_check(runs: Sequence[CheckRun]) -> Mapping[str, list[CheckRun]]:
    found: dict[str, list[CheckRun]] = {}
    for run in runs:
        found.setdefault(run.check_id, []).append(run)
    return found


def in_chunks(items: Sequence[int]) -> Iterator[Sequence[int]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
