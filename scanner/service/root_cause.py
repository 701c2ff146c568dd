"""Root cause: timelines of a theme's or a supplier's findings, and their backlog, from the record as of one scan."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from checks.check import Check, Theme
from checks.finding import CheckRun, Outcome, Severity, fingerprint
from checks.lifecycle import answers_fact
from inventory.asset import Asset
from inventory.estate import Estate
from reports import summary
from reports.counting import PATCH_THEMES
from reports.formats import json_file
from reports.life import Backlog
from reports.report import Issue, ReportData
from reports.root_cause import Moment, RootCause, Timeline
from reports.root_cause_life import Episode, episodes, on_day, released
from scanner.service.carried import CLOSED
from scanner.service.feed_rows import query_of
from scanner.service.import_runs import as_check
from scanner.service.report import report_data
from scanner.store.records import EventRow, FindingRow, ScanKind, ScanRow, StoredHost, StoreError
from scanner.store.store import Store

PATCHING = "patching"
THEMES: Mapping[str, frozenset[Theme]] = {
    PATCHING: PATCH_THEMES,
    **{theme.value.lower().replace(" ", "-"): frozenset({theme}) for theme in Theme},
}
NO_CHECK = "this version does not know the check that raised them"
SCANS = (ScanKind.FULL, ScanKind.EVALUATE)  # that look at the estate as a whole


@dataclass(frozen=True, slots=True)
class About:
    """What the pack is about: one of the two."""

    theme: str = ""  # a key of THEMES
    supplier: str = ""  # id or name


@dataclass(frozen=True, slots=True)
class Failed:
    """A failing run with the visit that saw it."""

    run: CheckRun
    host: StoredHost


def root_cause(
    store: Store, catalogue: Sequence[Check], scan_id: int, about: About, report: ReportData | None = None
) -> RootCause:
    """``report``: that of the scan, where somebody has made it already.

    Raises :class:`StoreError` for a scan, a theme or a supplier that is not there.
    """
    data = report or report_data(store, scan_id, catalogue)
    desk = _Desk(store, catalogue, store.scan(scan_id), store.estate_of(scan_id))
    themes = _themes(about.theme) if about.theme else frozenset[Theme]()
    supplier = "" if about.theme else _supplier(desk.estate, about.supplier)
    wanted = desk.of_theme(themes) if about.theme else desk.of_supplier(supplier)
    report_id, content = json_file.encoded(data)
    return RootCause(
        about=about.theme or desk.estate.suppliers[supplier].name,
        by_supplier=not about.theme,
        report_id=report_id,
        scan=scan_id,
        estate=data.estate,
        marking=data.marking,
        at=desk.scan.ended_at or desk.scan.started_at,
        timelines=tuple(desk.timelines(wanted)),
        backlog=tuple(desk.backlog(wanted)),
        patches=_patches(data, supplier),
        left_out={NO_CHECK: desk.unknown} if about.theme and desk.unknown else {},
        sources=(("the report's JSON", hashlib.sha256(content).hexdigest()), *desk.sources(data)),
        took_over=_took_over(data),
    )


def _themes(name: str) -> frozenset[Theme]:
    if name not in THEMES:
        raise StoreError(f"there is no theme {name[:60]!r}; choose one of: {', '.join(THEMES)}")
    return THEMES[name]


def _supplier(estate: Estate, name: str) -> str:
    found = [key for key, one in estate.suppliers.items() if name == key or name.casefold() == one.name.casefold()]
    if len(found) != 1:
        known = ", ".join(sorted(estate.suppliers)) or "none"
        raise StoreError(f"the inventory of that scan has no supplier {name[:60]!r}; it names: {known}")
    return found[0]


def _patches(data: ReportData, supplier: str) -> str:
    """The sentence with the share of missing patches: of the supplier's own assets, or of the estate."""
    if not supplier:
        told = summary.patches(data)
        return f"In the whole estate: {told}" if told else ""
    uids = {a.uid for a in data.assets if a.asset.supplier == supplier}
    cut = (
        Issue(issue.check, tuple(o for o in issue.occurrences if o.asset_uid in uids), issue.subject)
        for issue in data.issues
    )
    told = summary.patches(replace(data, issues=tuple(issue for issue in cut if issue.occurrences)))
    return f"On this supplier's assets: {told}" if told else ""


def _took_over(data: ReportData) -> dict[str, date]:
    """The last handover of each asset to the supplier that has it now, of whatever layer."""
    owner = {one.asset.name: one.asset.supplier for one in data.assets}
    passed = sorted((one.baseline.handover for one in data.handovers), key=lambda one: one.day)
    return {name: one.day for one in passed for name in one.assets if owner.get(name) == one.after}


@dataclass
class _Desk:
    """What is known of findings when the scan ended."""

    store: Store
    catalogue: Sequence[Check]
    scan: ScanRow
    estate: Estate
    unknown: int = field(default=0, init=False)  # findings whose check is not known

    @cached_property
    def rows(self) -> dict[str, FindingRow]:
        return {row.fingerprint: row for row in self.store.findings()}

    @cached_property
    def events(self) -> dict[str, list[EventRow]]:
        """By fingerprint, those that were known."""
        found: dict[str, list[EventRow]] = {}
        for event in self.store.events():
            if event.fingerprint in self.rows and _known(event, self.scan):
                found.setdefault(event.fingerprint, []).append(event)
        return found

    @cached_property
    def checks(self) -> dict[str, Check]:
        imports = [scan.id for scan in self.store.scans() if scan.kind is ScanKind.IMPORT and scan.id <= self.scan.id]
        foreign = self.store.imports.rules(imports) if imports else {}
        return {**{c.id: c for c in self.catalogue}, **{name: as_check(name, rule) for name, rule in foreign.items()}}

    @cached_property
    def assets(self) -> dict[str, Asset]:
        here = {host.uid: host.asset for host in self.store.hosts(self.scan.id)}
        away = {self.rows[key].asset_uid for key in self.events} - here.keys()
        return {**self.store.last_known(self.scan.id + 1, away), **here}

    def of_theme(self, themes: frozenset[Theme]) -> tuple[str, ...]:
        checks = {key: self.checks.get(self.rows[key].check_id) for key in self.events}
        self.unknown = sum(check is None for check in checks.values())
        return self._in_order(key for key, check in checks.items() if check is not None and check.theme in themes)

    def of_supplier(self, supplier: str) -> tuple[str, ...]:
        return self._in_order(key for key in self.events if self._of(key, "supplier") == supplier)

    def _in_order(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(keys, key=lambda key: (len(self.rows[key].ref), self.rows[key].ref)))

    def _of(self, key: str, part: str) -> str:
        asset = self.assets.get(self.rows[key].asset_uid)
        return getattr(asset, part) or "" if asset else ""

    def timelines(self, wanted: Sequence[str]) -> Iterator[Timeline]:
        lives = {key: tuple(episodes(self.events[key])) for key in wanted}
        failed = self._failed({(one.scan_id, key) for key, life in lives.items() for one in life})
        for key, life in lives.items():
            before = None
            for one in life:
                told = self._timeline(self.rows[key], one, failed.get((one.scan_id, key)))
                yield replace(told, fixed_before=before)
                before = one.verified.at if one.verified else None

    def _timeline(self, row: FindingRow, one: Episode, seen: Failed | None) -> Timeline:
        check = self.checks.get(row.check_id)
        run = seen.run if seen else None
        apart = run is not None and bool(run.members or run.severity) and row.subject.key
        title = check.title if check else row.check_id
        rated = (run.severity if run else row.severity) or (check.severity if check else Severity.HIGH)
        asset = self.assets.get(row.asset_uid)
        fix, updates = _release(seen)
        return Timeline(
            ref=row.ref,
            fingerprint=row.fingerprint,
            episode=one.number,
            asset=asset.name if asset else row.asset,
            area=_name(self.estate.areas, self._of(row.fingerprint, "area")),
            supplier=_name(self.estate.suppliers, self._of(row.fingerprint, "supplier")),
            service=_name(self.estate.services, self._of(row.fingerprint, "service")),
            check_id=row.check_id,
            title=f"{title}: {row.subject.key}" if apart else title,
            theme=check.theme.value if check else "not known",
            severity=rated,
            state=one.state,
            released=fix,
            detected=one.detected,
            told=one.told,
            claimed=one.claimed,
            verified=one.verified,
            refused_claims=one.refused,
            ended=one.ended,
            updates=updates,
        )

    def _failed(self, wanted: set[tuple[int | None, str]]) -> dict[tuple[int | None, str], Failed]:
        """The runs in which findings failed when they were detected; none of a scan whose details were purged."""
        by_scan: dict[int, set[str]] = {}
        for scan_id, key in wanted:
            if scan_id is not None:
                by_scan.setdefault(scan_id, set()).add(key)
        purged = {scan.id for scan in self.store.scans() if scan.purged}
        return {
            (scan_id, key): one
            for scan_id in sorted(by_scan.keys() - purged)
            for key, one in self._in_scan(scan_id, by_scan[scan_id])
        }

    def _in_scan(self, scan_id: int, wanted: set[str]) -> Iterator[tuple[str, Failed]]:
        uids = {self.rows[key].asset_uid for key in wanted}
        for host in self.store.hosts(scan_id):
            if host.uid not in uids:
                continue
            for run in host.runs:
                check = self.checks.get(run.check_id)
                key = fingerprint(host.uid, (check.family if check else "") or run.check_id, run.subject)
                if run.outcome is Outcome.FAIL and key in wanted:
                    yield key, Failed(run, host)

    def backlog(self, wanted: Sequence[str]) -> Iterator[Backlog]:
        """A point for each scan of the estate; what moved since the point before is counted with it."""
        left = sorted((event for key in wanted for event in self.events[key]), key=lambda event: event.seq)
        last: dict[str, EventRow] = {}
        for scan in sorted(self.store.scans(), key=lambda scan: scan.id):
            if scan.kind in SCANS and scan.ended_at is not None and scan.id <= self.scan.id:
                fresh = [event for event in left if _known(event, scan)]
                left = [event for event in left if not _known(event, scan)]
                for event in fresh:
                    before = last.get(event.fingerprint)
                    last[event.fingerprint] = event if before is None or event.seq > before.seq else before
                yield _point(scan, last.values(), fresh)

    def sources(self, data: ReportData) -> Iterator[tuple[str, str]]:
        yield "evidence root", data.evidence_root
        last = max((e for known in self.events.values() for e in known), key=lambda e: e.seq, default=None)
        if last is not None:
            yield f"event {last.seq}, the last of a finding that was known", last.hash


def _known(event: EventRow, scan: ScanRow) -> bool:
    """When the scan ended: a later one may have judged older evidence."""
    return (event.scan_id or 0) <= scan.id and (scan.ended_at is None or event.at <= scan.ended_at)


def _point(scan: ScanRow, last: Iterable[EventRow], fresh: Sequence[EventRow]) -> Backlog:
    """``last``: the last known event of each finding; ``fresh``: those since the point before."""
    counts: Mapping[str, Callable[[EventRow], bool]] = {
        "new": lambda event: event.why == "first seen",
        "back": lambda event: event.why == "regressed",
        "fixed": lambda event: event.to_state == "VERIFIED_FIXED",
    }
    told = {name: sum(map(is_so, fresh)) for name, is_so in counts.items()}
    still = sum(event.to_state not in CLOSED for event in last)
    return Backlog(scan.id, scan.ended_at or scan.started_at, "", still, told["new"], told["back"], told["fixed"])


def _release(seen: Failed | None) -> tuple[Moment | None, tuple[str, ...]]:
    """The day from the members of the failing run, with the answer that is kept of it. None without such an answer."""
    found = released(seen.run.members) if seen else None
    if seen is None or found is None:
        return None, ()
    rows = query_of(seen.run.subject.key)
    kept = [a.sha256 for a in seen.host.answers if a.query == rows and a.sha256]
    facts = [a.sha256 for a in seen.host.answers if a.sha256 and any(answers_fact(a.query, f) for f in seen.run.facts)]
    if not kept and not facts:
        return None, ()
    day, updates = found
    return on_day(day, (kept or sorted(facts))[0]), updates


def _name(table: Mapping[str, object], key: str) -> str:
    return str(getattr(table.get(key), "name", key))
