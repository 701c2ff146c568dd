"""What imports add to a report: their checks, the findings that stood when the scan ended, and what they could not see.

A report of a scan knows the imports that were begun before it, and no later one: so it is the same for ever.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from checks.check import Check
from checks.finding import CheckRun, Outcome
from checks.import_proof import is_imported
from reports.correlate import Reported, correlate
from reports.imported import ImportedFile, ImportGap, SeenBy, UnmatchedHost
from reports.report import Issue, Occurrence
from scanner.service.carried import CLOSED
from scanner.service.import_runs import as_check
from scanner.service.policies import equivalents_of
from scanner.store.imports import ImportRow
from scanner.store.records import FindingRow, ScanKind, ScanRow, StoredHost
from scanner.store.store import Store

WITH_IMPORTS = (ScanKind.FULL, ScanKind.EVALUATE)  # reports on the estate; an import's own report tells itself


class Standing(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def episode(self) -> int: ...
    @property
    def first_seen(self) -> datetime: ...
    @property
    def first_scan(self) -> int: ...


def imported_checks(store: Store, scan: ScanRow) -> dict[str, Check]:
    """The checks of an import, made of what its tool says of its rules; empty for every other scan."""
    if not any(map(is_imported, scan.checks)):
        return {}
    return {name: as_check(name, rule) for name, rule in store.imports.rules([scan.id]).items()}


def later_imports(store: Store, scan: ScanRow) -> frozenset[int | None]:
    """Imports that were begun after the scan: what they say of an earlier time was not known then."""
    return frozenset(row.id for row in store.scans() if row.kind is ScanKind.IMPORT and row.id > scan.id)


def known_imports(store: Store, scan: ScanRow) -> tuple[ImportRow, ...]:
    rows = store.imports.rows()
    if scan.kind in WITH_IMPORTS:
        return tuple(row for row in rows if row.scan_id < scan.id)
    return tuple(row for row in rows if row.scan_id == scan.id)


def with_imported(
    store: Store,
    scan: ScanRow,
    hosts: Sequence[StoredHost],
    issues: tuple[Issue, ...],
    rows: Mapping[str, FindingRow],
    standings: Mapping[str, Standing],
) -> tuple[Issue, ...]:
    """The issues of this scan with what other tools found on its assets, each weakness once."""
    files = {row.scan_id: row for row in known_imports(store, scan)}
    if not files:
        return issues
    if scan.kind not in WITH_IMPORTS:
        return tuple(_told(issue, files[scan.id]) for issue in issues) if scan.id in files else issues
    names = {host.uid: host.asset.name for host in hosts}
    stood = {
        key: row
        for key, row in rows.items()
        if is_imported(row.check_id)
        and row.asset_uid in names
        and key in standings
        and standings[key].state not in CLOSED
    }
    checks = {name: as_check(name, rule) for name, rule in store.imports.rules(files).items()}
    runs = store.last_fails(scan.id, stood)
    reported = _reported(stood, names, standings, runs, checks, files)
    table = equivalents_of(scan)
    wanted = {table.ours(row.check_id) for row in stood.values()} - {""}
    return correlate(issues, reported, table, _passes(hosts, wanted))


def _passes(hosts: Sequence[StoredHost], wanted: Container[str]) -> dict[tuple[str, str], list[CheckRun]]:
    """Where our own check of the same weakness passed, and nowhere on that asset failed."""
    passed: dict[tuple[str, str], list[CheckRun]] = {}
    for host in hosts:
        runs = [run for run in host.runs if run.check_id in wanted]
        failed = {run.check_id for run in runs if run.outcome is Outcome.FAIL}
        for run in runs:
            if run.outcome is Outcome.PASS and run.check_id not in failed:
                passed.setdefault((host.uid, run.check_id), []).append(run)
    return passed


def _told(issue: Issue, row: ImportRow) -> Issue:
    """In an import's own report each occurrence names its source."""
    told = [_with_source(one, row) for one in issue.occurrences]
    return Issue(issue.check, tuple(told), issue.subject)


def _with_source(one: Occurrence, row: ImportRow) -> Occurrence:
    return replace(one, sources=(_source(row, one.ref, one.check_id, one.observed, row.ended_at),))


def _reported(
    stood: Mapping[str, FindingRow],
    names: Mapping[str, str],
    standings: Mapping[str, Standing],
    runs: Mapping[str, CheckRun],
    checks: Mapping[str, Check],
    files: Mapping[int, ImportRow],
) -> Iterator[Reported]:
    """The source is the file that raised it: which one saw it last changes with every import."""
    for key, row in stood.items():
        standing, run, check = standings[key], runs.get(key), checks.get(row.check_id)
        file = files.get(standing.first_scan)
        if run is None or check is None or file is None:
            continue
        occurrence = Occurrence(
            ref=row.ref,
            fingerprint=key,
            asset_uid=row.asset_uid,
            asset=names[row.asset_uid],
            subject=row.subject,
            observed=run.observed,
            state=standing.state,
            first_seen=standing.first_seen,
            episode=standing.episode,
            evidence=(),
            check_id=row.check_id,
            severity=run.severity,
            members=run.members,
            first_scan=standing.first_scan,
        )
        yield Reported(check, occurrence, _source(file, row.ref, row.check_id, run.observed, file.ended_at))


def _source(file: ImportRow, ref: str, check_id: str, observed: str, at: datetime | None) -> SeenBy:
    return SeenBy(file.tool, file.version, file.tester, ref, check_id, observed, at)


def imported_files(store: Store, scan: ScanRow) -> tuple[ImportedFile, ...]:
    """Every file that the report knows of, with what its tool could not judge.

    A file that was given again, when the inventory had learned of its hosts, lacks only what it lacked then.
    """
    rows = known_imports(store, scan)
    newest = {row.sha256: row.scan_id for row in rows}
    return tuple(_file(store, row, again=newest[row.sha256] != row.scan_id) for row in rows)


def _file(store: Store, row: ImportRow, *, again: bool) -> ImportedFile:
    hosts = tuple(store.hosts(row.scan_id))
    gaps = [gap for host in hosts for gap in _gaps(host)]
    unmatched = () if again else row.told.unmatched
    return ImportedFile(
        scan_id=row.scan_id,
        file=row.file,
        sha256=row.sha256,
        tool=row.tool,
        version=row.version,
        tester=row.tester,
        supplied_by=row.supplied_by,
        at=row.ended_at,
        assets=len(hosts),
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.asset, gap.check_id, gap.detail))),
        unmatched=tuple(UnmatchedHost(one.label, one.why, one.results) for one in unmatched),
    )


def _gaps(host: StoredHost) -> Iterator[ImportGap]:
    for run in host.runs:
        if run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR):
            reason = run.reason.value if run.reason else "error"
            yield ImportGap(host.asset.name, run.check_id, reason, run.observed)
