"""Report: build what a report says from the record alone, so that it can be made again with the same bytes."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from checks.advisories.model import FeedNote
from checks.check import Check
from checks.estate import query_of
from checks.finding import CheckRun, Outcome, Subject, fingerprint
from checks.import_proof import is_imported
from checks.lifecycle import State, answers_fact, run_for
from inventory.asset import Privilege
from inventory.estate import Estate, Scope
from inventory.facts.missing import Missing, Reason
from inventory.scope import covering
from reports.report import AssetCoverage, DataSource, Gap, Issue, Occurrence, ReportData
from reports.sources import SUPPORT, fresh_days
from reports.updates import rates_cves, worst_first
from scanner.probes import can_tell, concerns
from scanner.service.availability_scan import available
from scanner.service.credits import with_credits
from scanner.service.evidence_root import evidence_of, root
from scanner.service.firmware_chapter import firmware_of
from scanner.service.garbage import rarer_collection
from scanner.service.imported_ports import imported_ports
from scanner.service.imported_report import imported_checks, imported_files, later_imports, with_imported
from scanner.service.on_record import with_record
from scanner.service.open_ports import open_ports_of
from scanner.service.policies import risk_rules_of
from scanner.service.report_life import with_life
from scanner.service.risk import issues_with_risk
from scanner.service.verdict import with_verdict
from scanner.store.records import EventRow, FindingRow, ScanRow, StoredHost, StoreError
from scanner.store.store import Store

NOT_TOGETHER = Missing(Reason.NOT_ATTEMPTED, "the estate was not judged as a whole in this scan")
NEVER_TRIED = Missing(Reason.NOT_ATTEMPTED, "the scan ended before its turn came")


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a finding stood when the scan ended, replayed from its events."""

    state: str
    episode: int
    first_seen: datetime
    first_scan: int


def report_data(store: Store, scan_id: int, catalogue: Sequence[Check]) -> ReportData:
    """Raises :class:`StoreError` when there is no such scan, or its evidence was purged."""
    with rarer_collection():
        return _report_data(store, scan_id, catalogue)


def _report_data(store: Store, scan_id: int, catalogue: Sequence[Check]) -> ReportData:
    scan = store.scan(scan_id)
    estate = store.estate_of(scan_id)
    hosts = tuple(sorted(store.hosts(scan_id), key=lambda host: host.asset.name))
    checks = {check.id: check for check in catalogue if check.id in set(scan.checks)} | imported_checks(store, scan)
    lacking = sorted(set(scan.checks) - checks.keys())
    if lacking:
        raise StoreError(f"scan {scan_id} used checks that this version does not have: {', '.join(lacking[:5])}")
    events = tuple(store.events())
    standings = _standings(events, scan, later_imports(store, scan))
    rows = {row.fingerprint: row for row in store.findings()}
    issues = with_imported(store, scan, hosts, _issues(hosts, checks, rows, standings), rows, standings)
    evidence = tuple(evidence_of(hosts))
    assets = tuple(_coverage(host, checks) for host in hosts)
    firmware = firmware_of(store, hosts)
    started = scan.started_at
    data = ReportData(
        scan_id=scan.id,
        estate=scan.estate,
        marking=scan.marking,
        started_at=started,
        ended_at=scan.ended_at,
        state=scan.state.value,
        tool_version=scan.tool_version,
        inventory_digest=scan.inventory_digest,
        catalogue_digest=scan.catalogue_digest,
        options=scan.options,
        areas=estate.areas,
        sites=estate.sites,
        suppliers=estate.suppliers,
        services=estate.services,
        scopes=_scopes(estate, started.date()),
        assets=assets,
        issues=issues_with_risk(events, scan, estate, issues, assets, firmware),
        fixed=_fixed(store, scan, hosts, rows, standings, checks),
        gaps=_gaps(hosts, checks),
        checks=tuple(checks[check_id] for check_id in sorted(checks)),
        passed=_count(hosts, Outcome.PASS),
        not_applicable=_count(hosts, Outcome.NOT_APPLICABLE),
        sources=(_support_source(scan), *(_feed(note, scan) for note in _by_name(scan.feeds))),
        evidence=evidence,
        evidence_root=root(evidence),
        kind=scan.kind.value,
        firmware=firmware,
        risk_rules=risk_rules_of(scan, estate.policy),
        availability=available(store, scan, estate, hosts),
        imports=imported_files(store, scan),
        ports=open_ports_of(store, hosts, checks, imported_ports(store, scan)),
        branding_folder=estate.branding,
    )
    told = with_record(events, scan, with_verdict(store, events, scan, estate, data, hosts, rows))
    told = with_life(store, events, scan, told, hosts, rows, catalogue)
    return with_credits(store, events, scan, estate, told)


def _coverage(host: StoredHost, checks: Mapping[str, Check]) -> AssetCoverage:
    attempt = host.attempt
    return AssetCoverage(
        uid=host.uid,
        asset=host.asset,
        attempted=attempt is not None,
        reached=attempt is not None and attempt.reached,
        logged_in=attempt is not None and attempt.logged_in,
        privilege=attempt.privilege if attempt else Privilege.NONE,
        missing=attempt.missing if attempt else NEVER_TRIED,
        seconds=attempt.seconds if attempt else 0.0,
        os_name=host.os_name,
        checks=_worst_per_check(host, checks),
        peer=attempt.peer if attempt else "",
        beside=_beside(host, checks),
        identity_note=host.identity_note,
        waiting=_waiting(host, checks),
    )


def _waiting(host: StoredHost, checks: Mapping[str, Check]) -> int:
    """A list of the estate is stored with a visit only where that visit could tell its own part (estate_checks.py).

    What then was not attempted are the others. It lacks here for any other reason: nobody's answer would help.
    """
    told = {answer.query for answer in host.answers}
    lists = {check.id for check in checks.values() if check.gathers and query_of(check.id) in told}
    return sum(run.check_id in lists and run.reason is Reason.NOT_ATTEMPTED for run in host.runs)


def _beside(host: StoredHost, checks: Mapping[str, Check]) -> frozenset[str]:
    judged = {run.check_id for run in host.runs}
    return frozenset(
        name for name, check in checks.items() if name not in judged and not concerns(host.asset, check.needs)
    )


def _worst_per_check(host: StoredHost, checks: Mapping[str, Check]) -> Mapping[Outcome, int]:
    """A check counts once per asset: failed when any subject failed."""
    order = (Outcome.FAIL, Outcome.ERROR, Outcome.NOT_ASSESSED, Outcome.PASS, Outcome.NOT_APPLICABLE)
    unjudged = _unjudged(host, checks) if host.attempt else ()
    worst = {check.id: Outcome.NOT_ASSESSED for check in unjudged}
    for run in host.runs:
        known = worst.get(run.check_id, run.outcome)
        worst[run.check_id] = min(known, run.outcome, key=order.index)
    return dict(sorted(Counter(worst.values()).items()))


def _standings(events: Iterable[EventRow], scan: ScanRow, later: Container[int | None]) -> dict[str, _Standing]:
    """State, episode and first sighting of every finding as of the end of the scan, by what was known then."""
    found: dict[str, _Standing] = {}
    for event in events:
        if event.scan_id in later:
            continue
        if scan.ended_at is None or event.at <= scan.ended_at:
            found[event.fingerprint] = _after(found.get(event.fingerprint), event)
    return found


def _after(before: _Standing | None, event: EventRow) -> _Standing:
    if before is None:
        return _Standing(event.to_state, event.episode, event.at, event.scan_id or 0)
    return replace(before, state=event.to_state, episode=event.episode)


def _issues(
    hosts: Sequence[StoredHost],
    checks: Mapping[str, Check],
    rows: Mapping[str, FindingRow],
    standings: Mapping[str, _Standing],
) -> tuple[Issue, ...]:
    """One for each check; of a check that rates its subjects apart, one for each subject (domain.md, Counting)."""
    failing = [(host, run) for host in hosts for run in host.runs if run.outcome is Outcome.FAIL]
    apart = {run.check_id for _, run in failing if _apart(run, checks[run.check_id])}
    found: dict[tuple[str, Subject | None], list[Occurrence]] = defaultdict(list)
    for host, run in failing:
        unit = run.subject if run.check_id in apart and run.subject.key else None
        found[run.check_id, unit].append(_occurrence(host, run, checks[run.check_id], rows, standings))
    return worst_first(Issue(checks[check_id], tuple(seen), unit) for (check_id, unit), seen in found.items())


def _apart(run: CheckRun, check: Check) -> bool:
    """Another tool's rule is one issue with all its subjects; its updates are units like ours."""
    return (run.severity is not None and not is_imported(run.check_id)) or (bool(run.members) and rates_cves(check))


def _occurrence(
    host: StoredHost,
    run: CheckRun,
    check: Check,
    rows: Mapping[str, FindingRow],
    standings: Mapping[str, _Standing],
) -> Occurrence:
    key = fingerprint(host.uid, check.family or check.id, run.subject)
    return _sighted(host, run, rows[key], standings[key])


def _sighted(host: StoredHost, run: CheckRun, row: FindingRow, standing: _Standing) -> Occurrence:
    return Occurrence(
        ref=row.ref,
        fingerprint=row.fingerprint,
        asset_uid=host.uid,
        asset=host.asset.name,
        subject=row.subject,
        observed=run.observed,
        state=standing.state,
        first_seen=standing.first_seen,
        episode=standing.episode,
        check_id=row.check_id,
        evidence=_evidence_of(host, run),
        severity=run.severity,
        members=run.members,
        first_scan=standing.first_scan,
    )


def _fixed(
    store: Store,
    scan: ScanRow,
    hosts: Sequence[StoredHost],
    rows: Mapping[str, FindingRow],
    standings: Mapping[str, _Standing],
    checks: Mapping[str, Check],
) -> tuple[Occurrence, ...]:
    """What this scan proved fixed, with the sentence and the evidence of the pass."""
    by_uid = {host.uid: host for host in hosts}
    proven = (row.fingerprint for row in store.fixed_by(scan.id))
    return tuple(_fix(by_uid[rows[key].asset_uid], rows[key], standings[key], checks) for key in proven)


def _fix(host: StoredHost, row: FindingRow, standing: _Standing, checks: Mapping[str, Check]) -> Occurrence:
    successors = {check.id for check in checks.values() if row.check_id in (check.id, check.family, *check.supersedes)}
    runs = [run for run in host.runs if run.check_id == row.check_id or run.check_id in successors]
    run = run_for(row.subject, runs)
    if run is None:
        raise StoreError(f"{row.ref} was proven fixed, and the run that proved it is no longer in the record")
    return _sighted(host, run, row, replace(standing, state=State.VERIFIED_FIXED.value))


def _evidence_of(host: StoredHost, run: CheckRun) -> tuple[str, ...]:
    return tuple(a.sha256 for a in host.answers if a.sha256 and any(answers_fact(a.query, fact) for fact in run.facts))


def _gaps(hosts: Sequence[StoredHost], checks: Mapping[str, Check]) -> tuple[Gap, ...]:
    gaps = [gap for host in hosts for gap in _gaps_of(host, checks)]
    return tuple(sorted(gaps, key=lambda gap: (gap.severity.rank, gap.check_id, gap.asset)))


def _gaps_of(host: StoredHost, checks: Mapping[str, Check]) -> Iterator[Gap]:
    """What could not be judged here. A host that was never tried has every check as a gap."""
    if host.attempt is None:
        beside = _beside(host, checks)
        for check in (check for name, check in checks.items() if name not in beside):
            yield _gap(host, check, Outcome.NOT_ASSESSED, NEVER_TRIED.reason, NEVER_TRIED.detail)
    else:
        for check in _unjudged(host, checks):
            yield _gap(host, check, Outcome.NOT_ASSESSED, NOT_TOGETHER.reason, NOT_TOGETHER.detail)
    for run in host.runs:
        if run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR):
            yield _gap(host, checks[run.check_id], run.outcome, run.reason, run.observed)


def _unjudged(host: StoredHost, checks: Mapping[str, Check]) -> Iterator[Check]:
    """Checks of the whole estate that a scan did not come to."""
    judged = {run.check_id for run in host.runs}
    way = host.asset.connection.way
    return (c for c in checks.values() if c.gathers and c.id not in judged and can_tell(way, c.needs))


def _gap(host: StoredHost, check: Check, outcome: Outcome, reason: Reason | None, detail: str) -> Gap:
    return Gap(host.uid, host.asset.name, check.id, check.title, check.severity, outcome, reason, detail)


def _count(hosts: Sequence[StoredHost], outcome: Outcome) -> dict[str, int]:
    """Check -> on how many assets every one of its runs had this outcome."""
    totals: Counter[str] = Counter()
    for host in hosts:
        outcomes: dict[str, set[Outcome]] = defaultdict(set)
        for run in host.runs:
            outcomes[run.check_id].add(run.outcome)
        totals.update(check_id for check_id, seen in outcomes.items() if seen == {outcome})
    return dict(sorted(totals.items()))


def _scopes(estate: Estate, day: date) -> tuple[Scope, ...]:
    used = {scope.id: scope for asset in estate.assets if (scope := covering(estate, asset, day))}
    return tuple(used[scope_id] for scope_id in sorted(used))


def _support_source(scan: ScanRow) -> DataSource:
    age = _age(scan, date.fromisoformat(scan.support_snapshot))
    return DataSource(SUPPORT, scan.support_snapshot, age, scan.support_digest, fresh_days=fresh_days(SUPPORT))


def _by_name(feeds: Iterable[FeedNote]) -> list[FeedNote]:
    return sorted(feeds, key=lambda note: note.name)


def _feed(note: FeedNote, scan: ScanRow) -> DataSource:
    return DataSource(
        name=note.name,
        snapshot=note.snapshot.isoformat(),
        age_days=_age(scan, note.as_of),
        digest=note.digest,
        note=f"fetched {note.fetched}" if note.fetched else "",
        publisher=note.publisher,
        records=note.records,
        licence=note.licence,
        fresh_days=fresh_days(note.name, scan.feed_max_age_days),
    )


def _age(scan: ScanRow, snapshot: date) -> int:
    """Days on the day of the scan."""
    return (scan.started_at.date() - snapshot).days
