"""The life of a report's findings, replayed from the events that were known when its scan ended, and what of its assets
loses support. Nothing here rests on what a later scan may change: the same scan tells the same for ever.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from checks.check import Check
from checks.finding import CheckRun, Outcome, Severity
from reports.life import Backlog, Decided, Life, SupportEnd, Tally
from reports.report import ReportData
from reports.updates import about_support
from scanner.service.carried import CLOSED
from scanner.store.records import EventRow, FindingRow, ScanRow, StoredHost
from scanner.store.store import Store

_SUPPORT = re.compile(
    r"support of (?P<ended>.{1,200}?) (?:ended|ends) on (?P<on>\d{4}-\d\d-\d\d)"
    r"|(?P<held>.{1,200}?) is supported until (?P<until>\d{4}-\d\d-\d\d)"
)
UNKNOWN = Severity.HIGH  # of a check that this version does not have: counted as in reports/verdict.py
_MOVES = {"first seen": "new", "regressed": "back", "proven": "fixed"}


def with_life(
    store: Store,
    events: Iterable[EventRow],
    scan: ScanRow,
    data: ReportData,
    hosts: Sequence[StoredHost],
    rows: Mapping[str, FindingRow],
    catalogue: Iterable[Check] = (),
) -> ReportData:
    """The report with decisions, backlog and support dates, and the tallies of each supplier."""
    known = tuple(e for e in events if (e.scan_id or 0) <= scan.id and (scan.ended_at is None or e.at <= scan.ended_at))
    life = Life(
        decisions=tuple(_decisions(known, data)),
        backlog=tuple(_backlog(known, scan, _owners(data, rows), _severities(store, scan, data, rows, catalogue))),
        support=tuple(_support(hosts, data.checks)),
        before=_before(store, scan, data),
    )
    return replace(data, life=life, by_supplier=tallies(hosts))


def _before(store: Store, scan: ScanRow, data: ReportData) -> dict[str, str]:
    """What was seen when those that are proven fixed failed last."""
    runs = store.last_fails(scan.id, {one.fingerprint for one in data.fixed})
    return {one.fingerprint: runs[one.fingerprint].observed for one in data.fixed if one.fingerprint in runs}


def _decisions(events: Iterable[EventRow], data: ReportData) -> Iterator[Decided]:
    """About findings that the report shows."""
    titles = {o.fingerprint: (o, i.title) for i in data.issues for o in i.occurrences}
    names = {check.id: check.title for check in data.checks}
    beside = {o.fingerprint: (o, names.get(o.check_id, o.check_id)) for o in (*data.carried, *data.fixed)}
    shown = {**beside, **titles}
    for event in events:
        said = event.proof.get("statement")
        if event.fingerprint not in shown or not isinstance(said, Mapping):
            continue
        one, title = shown[event.fingerprint]
        more = said.get("more")
        yield Decided(
            ref=one.ref,
            asset_uid=one.asset_uid,
            asset=one.asset,
            title=title,
            at=event.at,
            action=str(said.get("action") or ""),
            actor=event.actor,
            role=event.role,
            reason=str(said.get("reason") or ""),
            reference=str(said.get("reference") or ""),
            until=str(said.get("until") or ""),
            level=str(more.get("risk") or "") if isinstance(more, Mapping) else "",
        )


def _owners(data: ReportData, rows: Mapping[str, FindingRow]) -> dict[str, str]:
    """Supplier of each finding: that of its asset, as this scan's inventory has it."""
    of_asset = {one.uid: one.asset.supplier or "" for one in data.assets}
    clocked = {one.fingerprint: one.supplier for one in data.clocks.findings} if data.clocks else {}
    return {key: of_asset.get(row.asset_uid, clocked.get(key, "")) for key, row in rows.items()}


def _severities(
    store: Store, scan: ScanRow, data: ReportData, rows: Mapping[str, FindingRow], catalogue: Iterable[Check]
) -> dict[str, Severity]:
    """Of each finding one for all the time: the one it has in this report, else that of its last failure before.

    A later scan may have rated it anew: then the run is looked up that failed by the end of this one.
    """
    own = {check.id: check.severity for check in (*catalogue, *data.checks)}
    rated = {o.fingerprint: o.severity or own.get(o.check_id, UNKNOWN) for o in (*data.carried, *data.fixed)}
    rated |= {o.fingerprint: issue.severity for issue in data.issues for o in issue.occurrences}
    closed = [row for row in rows.values() if row.fingerprint not in rated]
    later = store.last_fails(scan.id + 1, {row.fingerprint for row in closed if row.last_fail_scan > scan.id})
    for row in closed:
        run = later.get(row.fingerprint)
        rated[row.fingerprint] = (run.severity if run else row.severity) or own.get(row.check_id, UNKNOWN)
    return rated


@dataclass
class _Count:
    """States while the events go by, and what the present scan moved."""

    owners: Mapping[str, str]
    severities: Mapping[str, Severity]
    states: dict[str, str] = field(default_factory=dict)
    open: Counter[str] = field(default_factory=Counter)  # by supplier
    rated: Counter[tuple[str, Severity]] = field(default_factory=Counter)  # the same, by supplier and severity
    moved: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # move -> supplier

    def step(self, event: EventRow) -> None:
        owner = self.owners.get(event.fingerprint, "")
        counted = event.fingerprint in self.states and self.states[event.fingerprint] not in CLOSED
        self.states[event.fingerprint] = event.to_state
        more = (event.to_state not in CLOSED) - counted
        self.open[owner] += more
        self.rated[owner, self.severities[event.fingerprint]] += more
        if event.why in _MOVES:
            self.moved[_MOVES[event.why]][owner] += 1

    def rows(self, scan: int, last: EventRow, ended: ScanRow) -> Iterator[Backlog]:
        at = ended.ended_at if scan == ended.id and ended.ended_at else last.at
        for owner in sorted({*self.owners.values(), *self.open}):
            told = {name: self.moved[name][owner] for name in _MOVES.values()}
            rated = {severity: self.rated[owner, severity] for severity in Severity}
            yield Backlog(scan, at, owner, self.open[owner], **told, by_severity=rated)
        self.moved.clear()


def _backlog(
    events: Iterable[EventRow], scan: ScanRow, owners: Mapping[str, str], severities: Mapping[str, Severity]
) -> Iterator[Backlog]:
    """One row for each scan that moved something, and supplier."""
    count, present, last = _Count(owners, severities), None, None
    for event in events:
        if event.scan_id is not None and event.scan_id != present:
            if present is not None and last is not None:
                yield from count.rows(present, last, scan)
            present = event.scan_id
        if event.fingerprint in owners:  # a key that was admitted, a machine that was settled: no findings
            count.step(event)
        last = event if event.scan_id is not None else last
    if present is not None and last is not None:
        yield from count.rows(present, last, scan)


def _support(hosts: Iterable[StoredHost], checks: Iterable[Check]) -> list[SupportEnd]:
    asked = {check.id for check in checks if about_support(check)}
    found = {end for host in hosts for run in host.runs if run.check_id in asked for end in _ends(host, run)}
    return sorted(found, key=lambda one: (one.ends, one.what, one.asset, one.observed))


def _ends(host: StoredHost, run: CheckRun) -> Iterator[SupportEnd]:
    """The date in the sentence of a judgement; a sentence without one tells none."""
    said = _SUPPORT.search(run.observed) if run.outcome in (Outcome.PASS, Outcome.FAIL) else None
    if said is None:
        return
    try:
        ends = date.fromisoformat(said["on"] or said["until"])
    except ValueError:
        return
    yield SupportEnd(host.uid, host.asset.name, said["ended"] or said["held"], ends, run.observed)


def tallies(hosts: Iterable[StoredHost]) -> dict[str, Tally]:
    """Of each supplier's assets: on how many every run of a check passed, or did not apply."""
    passed: dict[str, Counter[str]] = defaultdict(Counter)
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for host in hosts:
        outcomes: dict[str, set[Outcome]] = defaultdict(set)
        for run in host.runs:
            outcomes[run.check_id].add(run.outcome)
        for check_id, ended in outcomes.items():
            if ended == {Outcome.PASS}:
                passed[host.asset.supplier or ""][check_id] += 1
            elif ended == {Outcome.NOT_APPLICABLE}:
                beside[host.asset.supplier or ""][check_id] += 1
    names = sorted(passed.keys() | beside.keys())
    return {name: Tally(dict(sorted(passed[name].items())), dict(sorted(beside[name].items()))) for name in names}
