"""Import findings: what another tool or a tester reported, into the same life of findings as our own.

A file becomes one scan of kind import. Each host that is an asset of the inventory becomes a visit: nothing was reached
and nobody was logged in, what the tool said are check runs of checks that stand for its rules, and that host's part of
the file is the evidence. The file itself is kept too, without its secrets. Hosts that match no asset, or more than one,
are told and kept by name. ``checks/import_proof.py`` says what closes such a finding.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from checks.finding import CheckRun, Outcome, printable
from checks.lifecycle import State, canonical
from inventory.asset import Privilege
from inventory.estate import Estate
from inventory.facts.missing import Missing, Reason
from scanner.importers.findings import read_findings, to_keep
from scanner.importers.imported import ForeignFormat, Host, Imported, Rule
from scanner.importers.redaction import redacted_text
from scanner.query import Answer, Attempt
from scanner.service.import_match import Matched, match, mismatch
from scanner.service.import_runs import FACT, Judged, judge, kept
from scanner.service.planned import Basis, to_store
from scanner.store.imports import ForeignRule, ImportRow, Told, UnmatchedHost
from scanner.store.plans import SCOPE
from scanner.store.records import FindingRow, HostResult, Saved, ScanKind, ScanState
from scanner.store.store import Store

WAY = "import"
AT_ONCE = 100  # hosts in one transaction
NOBODY_LOOKED = "results of another tool were supplied: nobody of ours looked"
CLOSED = frozenset({State.VERIFIED_FIXED.value, State.FALSE_POSITIVE.value, State.OUT_OF_SERVICE.value})


class FindingsImportError(Exception):
    """The file cannot be taken as it was given. The message says what to do."""


@dataclass(frozen=True, slots=True)
class SuppliedFindings:
    """A file, and what its supplier says of it."""

    file: str
    data: bytes
    supplied_by: str
    tool: str = ""  # a name of the map of formats; "" by its content
    host: str = ""  # --as: the one asset that all of it is of
    tester: str = ""
    collected_at: datetime | None = None  # where the file tells no time


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a file, in numbers and names."""

    scan_id: int  # 0: nothing was stored
    already: int  # the scan that took in the same file before; 0: none
    format: str
    tool: str
    version: str
    at: datetime
    matched: tuple[str, ...]  # names of assets
    unmatched: tuple[UnmatchedHost, ...]
    new: tuple[str, ...] = ()  # refs; on a dry run "asset check subject"
    seen_again: int = 0
    reopened: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    not_proven: Mapping[str, str] = field(default_factory=dict)  # ref -> why a pass closed nothing
    not_assessed: tuple[tuple[str, str, str, str], ...] = ()  # asset, check, reason, what was said
    failing: int = 0
    informational: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    supplied: SuppliedFindings
    form: ForeignFormat
    imported: Imported
    matched: Matched
    judged: Mapping[str, Judged]  # by name of the asset
    now: datetime
    already: int
    tester: str
    notes: tuple[str, ...]

    @property
    def at(self) -> datetime:
        return _when(self.imported.ended, self.supplied, self.now)

    def visited(self, hosts: Sequence[Host]) -> tuple[datetime, datetime]:
        """When the tool looked at this asset: first start, last end; never in the future."""
        ended = max((h.ended for h in hosts if h.ended), default=self.imported.ended)
        end = _when(ended, self.supplied, self.now)
        started = min((h.started for h in hosts if h.started), default=self.imported.started)
        return min(started or end, end), end


def import_findings(
    store: Store, estate: Estate, basis: Basis, supplied: SuppliedFindings, now: datetime, *, dry_run: bool = False
) -> Outcomes:
    """Raises :class:`FindingsImportError`, :class:`ImportRefused` and :class:`StoreError`.

    With the first two nothing was stored. A file that is cut off while it is stored can be given again.
    """
    prepared = _prepare(store, estate, supplied, now)
    if dry_run or (prepared.already and not prepared.judged):
        return _forecast(store, prepared)
    scan_id = _begin(store, estate, basis, prepared)
    state = ScanState.PARTIAL
    try:
        _keep_file(store, scan_id, prepared)
        saved = _save(store, scan_id, prepared)
        state = ScanState.COMPLETE
    finally:
        store.end_scan(scan_id, state, datetime.now(UTC))
    return _outcomes(scan_id, prepared, saved)


def _prepare(store: Store, estate: Estate, supplied: SuppliedFindings, now: datetime) -> _Prepared:
    _refuse_future(supplied, now)
    form, imported = read_findings(supplied.data, supplied.file, supplied.tool)
    tester = _tester(supplied, imported)
    matched = _matched(store, estate, supplied, imported)
    taken, already = _taken(store, supplied)
    left = {name: told for name, told in matched.assets.items() if name not in taken}
    known = _known(store, imported.tool) if left else {}
    judged = {name: judge(imported.tool, asset, hosts, known.get(name, ())) for name, (asset, hosts) in left.items()}
    notes = (*imported.notes, *_notes(supplied, imported, matched, now))
    return _Prepared(supplied, form, imported, matched, judged, now, already, tester, notes)


def _refuse_future(supplied: SuppliedFindings, now: datetime) -> None:
    if supplied.collected_at and supplied.collected_at > now:
        raise FindingsImportError(f"--collected-at {supplied.collected_at.isoformat()} is in the future")


def _tester(supplied: SuppliedFindings, imported: Imported) -> str:
    if supplied.tester and imported.tester and supplied.tester != imported.tester:
        raise FindingsImportError(
            f"{supplied.file} names the tester {imported.tester!r}, but --tester says {supplied.tester!r}"
        )
    tester = supplied.tester or imported.tester
    if imported.tool == "manual" and not tester:
        raise FindingsImportError(f"{supplied.file}: findings of a person need the tester's name; add --tester NAME")
    return tester


def _matched(store: Store, estate: Estate, supplied: SuppliedFindings, imported: Imported) -> Matched:
    own = store.imports.identities()
    if not supplied.host:
        return match(imported.hosts, estate, own)
    asset = next((one for one in estate.assets if one.name == supplied.host), None)
    if asset is None:
        raise FindingsImportError(f"the inventory names no host {supplied.host[:80]!r}: add it, or correct --as")
    if len({host.label for host in imported.hosts}) > 1:
        raise FindingsImportError(
            f"{supplied.file} holds results of {len(imported.hosts)} hosts: --as is for a file of one host"
        )
    against = next(filter(None, (mismatch(host, asset, own) for host in imported.hosts)), "")
    if against:
        raise FindingsImportError(f"{supplied.file} is not of {asset.name}: {against}")
    return Matched({asset.name: (asset, list(imported.hosts))} if imported.hosts else {})


def _taken(store: Store, supplied: SuppliedFindings) -> tuple[frozenset[str], int]:
    """Assets for which this very file was taken in before, and the first scan that did it."""
    digest = hashlib.sha256(supplied.data).hexdigest()
    before = [row.scan_id for row in store.imports.rows() if row.sha256 == digest]
    names = {host.asset.name for number in before for host in store.hosts(number)}
    return frozenset(names), before[0] if before else 0


def _known(store: Store, tool: str) -> dict[str, list[FindingRow]]:
    found: dict[str, list[FindingRow]] = {}
    for row in store.findings():
        if row.check_id.startswith(f"import.{tool}.") and row.state not in CLOSED:
            found.setdefault(row.asset, []).append(row)
    return found


def _when(told: datetime | None, supplied: SuppliedFindings, now: datetime) -> datetime:
    return min(told or supplied.collected_at or now, now)


def _notes(supplied: SuppliedFindings, imported: Imported, matched: Matched, now: datetime) -> Iterator[str]:
    times = [imported.ended, *(host.ended for host in imported.hosts)]
    told = [at for at in times if at]
    if not told and supplied.collected_at is None and imported.hosts:
        yield "the file tells no time: it counts as of now; say the true time with --collected-at"
    if any(at > now for at in told):
        yield "the file tells a time in the future: it counts as of now"
    for name, (_, hosts) in sorted(matched.assets.items()):
        if len(hosts) > 1:
            yield f"{len(hosts)} hosts of the file are the one asset {name}: of differing results the gravest counts"


def _begin(store: Store, estate: Estate, basis: Basis, prepared: _Prepared) -> int:
    assets = [prepared.matched.assets[name][0] for name in prepared.judged]
    none_of_ours = replace(basis, checks=(), feeds=())
    plan = to_store(none_of_ours, estate, assets, ScanKind.IMPORT, prepared.now, _told(prepared))
    names = sorted({run.check_id for judged in prepared.judged.values() for run in judged.runs})
    return store.begin_scan(replace(plan, checks=tuple(names), families={}))


def _told(prepared: _Prepared) -> dict[str, str]:
    supplied, imported = prepared.supplied, prepared.imported
    hosts = [host for name in prepared.judged for host in prepared.matched.assets[name][1]]
    told = {
        "supplied by": supplied.supplied_by,
        "tester": prepared.tester,
        "file": supplied.file,
        "format": prepared.form.title,
        "tool": f"{imported.tool} {imported.version}".strip(),
        "collected at": prepared.at.astimezone(UTC).isoformat(),
        SCOPE: "; ".join(sorted({host.scope for host in hosts if host.scope})),
    }
    return {key: value for key, value in told.items() if value}


def _keep_file(store: Store, scan_id: int, prepared: _Prepared) -> None:
    supplied, imported = prepared.supplied, prepared.imported
    data = to_keep(prepared.form, supplied.data)
    row = ImportRow(
        scan_id=scan_id,
        sha256=hashlib.sha256(supplied.data).hexdigest(),
        kept=hashlib.sha256(data).hexdigest(),
        file=supplied.file,
        format=prepared.form.name,
        tool=imported.tool,
        version=imported.version,
        started_at=imported.started,
        ended_at=imported.ended,
        supplied_by=supplied.supplied_by,
        tester=prepared.tester,
        told=Told(_unmatched(prepared), prepared.notes),
    )
    store.imports.add(row, data, _rules(store, prepared))


def _rules(store: Store, prepared: _Prepared) -> dict[str, ForeignRule]:
    """Of every check of the scan: also of those that the file only shows to be gone."""
    told = {name: kept(rule) for judged in prepared.judged.values() for name, rule in _by_weight(judged)}
    names = {run.check_id for judged in prepared.judged.values() for run in judged.runs}
    if names - told.keys():
        before = store.imports.rules([row.scan_id for row in store.imports.rows()])
        told |= {name: before[name] for name in names - told.keys() if name in before}
    return told


def _by_weight(judged: Judged) -> Iterator[tuple[str, Rule]]:
    """The rules that only passed first, so that what fails somewhere names the rule."""
    failing = {run.check_id for run in judged.runs if run.outcome is Outcome.FAIL}
    return iter(sorted(judged.rules.items(), key=lambda pair: (pair[0] in failing, pair[0])))


def _unmatched(prepared: _Prepared) -> tuple[UnmatchedHost, ...]:
    found = [
        UnmatchedHost(
            printable(one.host.label)[:200], one.why, sum(r.outcome is Outcome.FAIL for r in one.host.results)
        )
        for one in prepared.matched.unmatched
    ]
    return tuple(sorted(found, key=lambda one: (one.label, one.why)))


def _save(store: Store, scan_id: int, prepared: _Prepared) -> dict[str, Saved]:
    names = iter(prepared.judged)
    saved: dict[str, Saved] = {}
    while chunk := list(islice(names, AT_ONCE)):
        results = [_result(prepared, name) for name in chunk]
        saved |= dict(zip(chunk, store.save_hosts(scan_id, results), strict=True))
    return saved


def _result(prepared: _Prepared, name: str) -> HostResult:
    asset, hosts = prepared.matched.assets[name]
    started, ended = prepared.visited(hosts)
    imported, supplied = prepared.imported, prepared.supplied
    by = f"{prepared.tester}, " if prepared.tester else ""
    peer = f"{supplied.file} ({imported.tool} {imported.version}), {by}supplied by {supplied.supplied_by}"
    attempt = Attempt(
        WAY, missing=Missing(Reason.NOT_ATTEMPTED, NOBODY_LOOKED), peer=peer, started_at=started, seconds=0.0
    )
    at = ended.timestamp()
    part = Answer(FACT, _part(prepared, hosts), 0, None, Privilege.NONE, at, at)
    return HostResult(asset, attempt, (part,), prepared.judged[name].runs, None, "", ended)


def _part(prepared: _Prepared, hosts: Sequence[Host]) -> bytes:
    """A host's own part of the file, as it was understood: what its findings rest on, and nothing of other hosts."""
    content: dict[str, object] = {
        "file": {"name": prepared.supplied.file, "sha256": hashlib.sha256(prepared.supplied.data).hexdigest()},
        "format": prepared.form.name,
        "tool": prepared.imported.tool,
        "version": prepared.imported.version,
        "hosts": [_host_json(host) for host in hosts],
    }
    return redacted_text(canonical(content).decode()).encode()


def _host_json(host: Host) -> dict[str, object]:
    return {
        "names": list(host.names),
        "addresses": list(host.addresses),
        "identities": list(host.identities),
        "credentialed": host.credentialed.value,
        "why": host.why,
        "privilege": host.privilege.value,
        "scope": host.scope,
        "started": host.started.isoformat() if host.started else None,
        "ended": host.ended.isoformat() if host.ended else None,
        "informational": host.informational,
        "results": [
            {
                "rule": result.rule.id,
                "outcome": result.outcome.value,
                "subject": [result.subject.kind, result.subject.key],
                "severity": (result.severity or result.rule.severity).value,
                "observed": result.observed,
                "reason": result.reason.value if result.reason else None,
                "cves": [member.id for member in result.members],
            }
            for result in host.results
        ],
    }


def _forecast(store: Store, prepared: _Prepared) -> Outcomes:
    """What would come of it, from the record as it is."""
    known = {(row.asset, row.check_id, row.subject): row for row in store.findings()}
    new: list[str] = []
    again = 0
    for name, run in _failing(prepared):
        if (name, run.check_id, run.subject) in known:
            again += 1
        else:
            new.append(f"{name} {run.check_id} {run.subject}")
    return replace(_outcomes(0, prepared, {}), new=tuple(new), seen_again=again)


def _failing(prepared: _Prepared) -> Iterator[tuple[str, CheckRun]]:
    return (
        (name, run) for name, judged in prepared.judged.items() for run in judged.runs if run.outcome is Outcome.FAIL
    )


def _outcomes(scan_id: int, prepared: _Prepared, saved: Mapping[str, Saved]) -> Outcomes:
    failing = sum(1 for _ in _failing(prepared))
    opened = tuple(ref for one in saved.values() for ref in one.opened)
    reopened = tuple(ref for one in saved.values() for ref in one.regressed)
    doubts = [f"{name}: {one.identity_note}" for name, one in saved.items() if one.identity_note]
    return Outcomes(
        scan_id=scan_id,
        already=prepared.already,
        format=prepared.form.title,
        tool=prepared.imported.tool,
        version=prepared.imported.version,
        at=prepared.at,
        matched=tuple(sorted(prepared.matched.assets)),
        unmatched=_unmatched(prepared),
        new=opened,
        seen_again=failing - len(opened) - len(reopened),
        reopened=reopened,
        fixed=tuple(ref for one in saved.values() for ref in one.fixed),
        not_proven={ref: why for one in saved.values() for ref, why in one.refused.items()},
        not_assessed=tuple(_gaps(prepared)),
        failing=failing,
        informational=sum(host.informational for host in prepared.imported.hosts),
        notes=(*prepared.notes, *doubts),
    )


def _gaps(prepared: _Prepared) -> Iterator[tuple[str, str, str, str]]:
    for name, judged in prepared.judged.items():
        for run in judged.runs:
            if run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR):
                yield name, run.check_id, run.reason.value if run.reason else "error", run.observed
