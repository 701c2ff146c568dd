"""What one supplier may see of a report: nothing of any other. Pure.

Every field of :class:`ReportData` is decided in :data:`DECIDED`; one that is not falls back to its default, which is
empty. A finding belongs to whoever supplies its asset. Sentences that name an asset or an address of somebody else (a
shared host key, a bastion) have that name masked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from checks.check import Check
from checks.clock_life import Pause
from checks.clocks import Clock
from checks.import_proof import is_imported
from checks.responsibility import Inherited
from checks.risk import Risk
from checks.serviceability import Serviceability
from inventory.asset import Asset
from inventory.estate import Area, Scope, Service, Site
from inventory.facts.missing import Missing
from inventory.scope import closeness
from reports.availability import AvailabilityReport, ServiceAvailability
from reports.clocks import ClockReport, FindingClocks, PolicyTold
from reports.compare import Reader
from reports.compare import cut as since_cut
from reports.compare_data import Comparison
from reports.firmware import DeviceFirmware, Said
from reports.imported import ImportedFile
from reports.life import Decided, Life, Tally
from reports.on_record import OnRecord
from reports.open_ports import AssetPorts, OpenPort
from reports.report import AssetCoverage, EvidenceItem, Gap, Issue, Occurrence, ReportData
from reports.updates import worst_first
from reports.views_mask import Masking

BEFORE = "the supplier before"
NOBODY = Serviceability(0, 0, 0, 0, None, None, None)
OPTIONS = frozenset({"checks", "intrusiveness"})  # others may name hosts


def cut(data: ReportData, supplier: str) -> ReportData:
    """The report as that supplier may see it."""
    one = Cut(data, supplier)
    return ReportData(**{name: rule(one) for name, rule in DECIDED.items()})


@dataclass
class Cut:
    """The supplier's part of a report, worked out once."""

    data: ReportData
    supplier: str

    @cached_property
    def assets(self) -> tuple[AssetCoverage, ...]:
        return tuple(self._asset(one) for one in self.data.assets if one.asset.supplier == self.supplier)

    @cached_property
    def uids(self) -> frozenset[str]:
        return frozenset(one.uid for one in self.data.assets if one.asset.supplier == self.supplier)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that are this supplier's alone."""
        mine, others = set[str](), set[str]()
        for one in self.data.assets:
            (mine if one.uid in self.uids else others).add(one.asset.name)
        return frozenset(mine - others)

    @cached_property
    def text(self) -> Callable[[str], str]:
        """Masks every name and address of somebody else."""
        return Masking(self.data, self.supplier, self.uids, self.names)

    def missing(self, why: Missing | None) -> Missing | None:
        return why and replace(why, detail=self.text(why.detail))

    def _asset(self, one: AssetCoverage) -> AssetCoverage:
        return replace(
            one,
            asset=self._placed(one.asset),
            missing=self.missing(one.missing),
            identity_note=self.text(one.identity_note),
            peer=self.text(one.peer),
        )

    def _placed(self, asset: Asset) -> Asset:
        """Without the way to it where that leads over a machine of somebody else."""
        asset, bastion = replace(asset, owner=self.text(asset.owner)), asset.connection.bastion
        if bastion is None or bastion in self.names:
            return asset
        return replace(asset, connection=replace(asset.connection, bastion=None))

    @cached_property
    def owner_by_clock(self) -> dict[str, str]:
        """Supplier of findings on assets that were no part of the scan, as far as clocks tell."""
        return {one.fingerprint: one.supplier for one in self.data.clocks.findings} if self.data.clocks else {}

    def owns(self, one: Occurrence) -> bool:
        return one.asset_uid in self.uids or (
            one.asset_uid not in self._known and self.owner_by_clock.get(one.fingerprint) == self.supplier
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(one.uid for one in self.data.assets)

    def occurrences(self, found: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
        return tuple(self._occurrence(one) for one in found if self.owns(one))

    def _occurrence(self, one: Occurrence) -> Occurrence:
        sources = tuple(replace(s, observed=self.text(s.observed)) for s in one.sources)
        subject = replace(one.subject, key=self.text(one.subject.key))
        return replace(
            one, observed=self.text(one.observed), subject=subject, sources=sources, risk=self._risk(one.risk)
        )

    def _risk(self, risk: Risk | None) -> Risk | None:
        if risk is None:
            return None
        said = risk.override
        by = said and replace(said, actor=self.text(said.actor), reason=self.text(said.reason))
        lines, notes = tuple(map(self.text, risk.lines)), tuple(map(self.text, risk.notes))
        return replace(risk, lines=lines, notes=notes, override=by)

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        left = ((issue, self.occurrences(issue.occurrences)) for issue in self.data.issues)
        return worst_first(
            Issue(self._check(i.check), mine, i.subject and replace(i.subject, key=self.text(i.subject.key)))
            for i, mine in left
            if mine
        )

    def _check(self, one: Check) -> Check:
        """Ours say the same to everybody. A tester's finding is written by hand, and may name any machine."""
        if not is_imported(one.id):
            return one
        said = one.remedy
        remedy = replace(
            said,
            text=self.text(said.text),
            steps=tuple(map(self.text, said.steps)),
            verify=self.text(said.verify),
            risk=self.text(said.risk),
        )
        return replace(one, title=self.text(one.title), rationale=self.text(one.rationale), remedy=remedy)

    @cached_property
    def fixed(self) -> tuple[Occurrence, ...]:
        return self.occurrences(self.data.fixed)

    @cached_property
    def carried(self) -> tuple[Occurrence, ...]:
        return self.occurrences(self.data.carried)

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        mine = (g for g in self.data.gaps if g.asset_uid in self.uids)
        return tuple(replace(g, title=self.text(g.title), detail=self.text(g.detail)) for g in mine)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Of another tool's rules only those that say something here: the others came with somebody else's list."""
        told = {i.check.id for i in self.issues} | {g.check_id for g in self.gaps}
        told |= {o.check_id for o in (*self.fixed, *self.carried)}
        return tuple(self._check(c) for c in self.data.checks if not is_imported(c.id) or c.id in told)

    @property
    def tally(self) -> Tally:
        return self.data.by_supplier.get(self.supplier, Tally())

    def evidence(self) -> tuple[EvidenceItem, ...]:
        mine = (e for e in self.data.evidence if e.asset in self.names)
        return tuple(replace(e, query=self.text(e.query), missing=self.missing(e.missing)) for e in mine)

    def areas(self) -> dict[str, Area]:
        """Where the supplier works. What the buyer spends there is not told."""
        used = {one.asset.area for one in self.assets}
        return {key: replace(area, budget=None) for key, area in self.data.areas.items() if key in used}

    def sites(self) -> dict[str, Site]:
        used = {one.asset.site for one in self.assets}
        return {key: site for key, site in self.data.sites.items() if key in used}

    def services(self) -> dict[str, Service]:
        used = {one.asset.service for one in self.assets}
        return {key: self._service(service) for key, service in self.data.services.items() if key in used}

    def _service(self, one: Service) -> Service:
        return replace(one, owner=self.text(one.owner), accreditor=self.text(one.accreditor))

    def scopes(self) -> tuple[Scope, ...]:
        """Permissions as far as they cover an asset of the supplier."""
        return tuple(one for scope in self.data.scopes if (one := self._scope(scope)))

    def _scope(self, scope: Scope) -> Scope | None:
        mine = [a.asset for a in self.assets]
        groups = {group for asset in mine for group in asset.groups} | {"all"}
        left = replace(
            scope,
            hosts=tuple(h for h in scope.hosts if h in self.names),
            groups=tuple(g for g in scope.groups if g in groups),
            networks=tuple(n for n in scope.networks if self._covers(scope, n, mine)),
        )
        return left if any(closeness(left, asset) for asset in mine) else None

    @staticmethod
    def _covers(scope: Scope, network: str, mine: Iterable[Asset]) -> bool:
        alone = replace(scope, hosts=(), groups=(), networks=(network,))
        return any(closeness(alone, asset) for asset in mine)

    def firmware(self) -> tuple[DeviceFirmware, ...]:
        return tuple(self._device(one) for one in self.data.firmware if one.asset_uid in self.uids)

    def _device(self, one: DeviceFirmware) -> DeviceFirmware:
        return replace(one, judged={k: Said(s.outcome, self.text(s.observed)) for k, s in one.judged.items()})

    def clocks(self) -> ClockReport | None:
        told = self.data.clocks
        if told is None:
            return None
        mine = tuple(one for one in told.findings if one.supplier == self.supplier)
        contracts = {name for one in mine for name in one.contracts}
        used = {clock.policy for one in mine for clock in one.clocks}
        policies = tuple(
            replace(self._policy(p), contracts=tuple(c for c in p.contracts if c in contracts))
            for p in told.policies
            if p.everywhere or p.id in used
        )
        return replace(told, policies=policies, findings=tuple(map(self._clocked, mine)), without=self._without(mine))

    def _policy(self, one: PolicyTold) -> PolicyTold:
        return replace(one, title=self.text(one.title), source=self.text(one.source), note=self.text(one.note))

    def _clocked(self, one: FindingClocks) -> FindingClocks:
        return replace(one, title=self.text(one.title), clocks=tuple(map(self._clock, one.clocks)))

    def _clock(self, one: Clock) -> Clock:
        """Pauses are asked for in a person's own words."""
        stood = tuple(replace(s, pause=self._pause(s.pause), note=self.text(s.note)) for s in one.stood)
        return replace(one, stood=stood, notes=tuple(map(self.text, one.notes)))

    def _pause(self, one: Pause) -> Pause:
        asked, approved, reason = map(self.text, (one.asked_by, one.approved_by, one.reason))
        return replace(one, asked_by=asked, approved_by=approved, reason=reason)

    def _without(self, mine: Iterable[FindingClocks]) -> int:
        """Open findings of the supplier of which no policy says anything."""
        clocked = {one.fingerprint for one in mine}
        counted = {o.fingerprint for i in self.issues for o in i.occurrences} | {o.fingerprint for o in self.carried}
        return len(counted - clocked)

    def handovers(self) -> tuple[Inherited, ...]:
        """What the supplier took over, where all of it is still its own; from whom is not told."""
        mine = (h for h in self.data.handovers if h.baseline.handover.after == self.supplier)
        return tuple(
            replace(h, baseline=replace(h.baseline, handover=replace(h.baseline.handover, before=BEFORE)))
            for h in mine
            if set(h.baseline.handover.assets) <= self.names
        )

    def availability(self) -> AvailabilityReport | None:
        told = self.data.availability
        if told is None:
            return None
        services = tuple(self._available(s) for s in told.services if s.service in self._alone)
        watched = {s.service for s in services}
        groups = tuple(g for g in told.groups if g.kind == "supplier" and g.name in self._called)
        return replace(
            told,
            services=services,
            devices=groups[0].told if groups else NOBODY,
            out_of_service=tuple(s for s in told.out_of_service if s.device in self.names),
            reach=tuple(r for r in told.reach if r.service in watched),
            groups=groups,
        )

    @cached_property
    def _called(self) -> frozenset[str]:
        known = self.data.suppliers.get(self.supplier)
        return frozenset({self.supplier, known.name if known else self.supplier})

    @cached_property
    def _alone(self) -> frozenset[str]:
        """Services that rest on assets of this supplier and of nobody else."""
        mine = {one.asset.service for one in self.assets if one.asset.service}
        others = {one.asset.service for one in self.data.assets if one.uid not in self.uids}
        return frozenset(name for name in mine - others if name)

    def _available(self, one: ServiceAvailability) -> ServiceAvailability:
        series = frozenset(one.series)
        outages = tuple(
            replace(o, reason=self.text(o.reason), children=tuple(c for c in o.children if c in series))
            for o in one.outages
        )
        timeline = tuple(replace(i, reason=self.text(i.reason)) for i in one.timeline)
        return replace(one, outages=outages, timeline=timeline)

    def imports(self) -> tuple[ImportedFile, ...]:
        """Lists that say something of the supplier's assets, as far as they do. Unmatched hosts may be anybody's."""
        return tuple(one for file in self.data.imports if (one := self._import(file)))

    def _import(self, file: ImportedFile) -> ImportedFile | None:
        gaps = tuple(replace(g, detail=self.text(g.detail)) for g in file.gaps if g.asset in self.names)
        hit = {
            o.asset
            for i in self.issues
            for o in i.occurrences
            for s in o.sources
            if (s.tool, s.version, s.tester) == (file.tool, file.version, file.tester)
        }
        about = hit | {g.asset for g in gaps}
        name, by = self.text(file.file), self.text(file.supplied_by)
        return replace(file, file=name, supplied_by=by, gaps=gaps, unmatched=(), assets=len(about)) if about else None

    def life(self) -> Life | None:
        told = self.data.life
        if told is None:
            return None
        return Life(
            decisions=tuple(self._decided(d) for d in told.decisions if d.asset_uid in self.uids),
            backlog=tuple(b for b in told.backlog if b.supplier == self.supplier),
            support=tuple(replace(s, observed=self.text(s.observed)) for s in told.support if s.asset_uid in self.uids),
            before={
                o.fingerprint: self.text(told.before[o.fingerprint]) for o in self.fixed if o.fingerprint in told.before
            },
        )

    def _decided(self, one: Decided) -> Decided:
        title, actor, role = map(self.text, (one.title, one.actor, one.role))
        reason, reference = self.text(one.reason), self.text(one.reference)
        return replace(one, title=title, actor=actor, role=role, reason=reason, reference=reference)

    def since(self) -> Comparison | None:
        if self.data.since is None:
            return None
        clocks = self.clocks()
        policies = {policy.id for policy in clocks.policies} if clocks else set[str]()
        return since_cut(self.data.since, Reader(self.supplier, policies, self.text))

    def ports(self) -> tuple[AssetPorts, ...]:
        mine = (one for one in self.data.ports if one.asset_uid in self.uids)
        return tuple(replace(one, ports=tuple(map(self._port, one.ports)), why=self.text(one.why)) for one in mine)

    def _port(self, one: OpenPort) -> OpenPort:
        """A certificate or a banner can name a machine of somebody else."""
        told = tuple(replace(t, service=self.text(t.service), said=self.text(t.said)) for t in one.told)
        return replace(one, told=told, addresses=tuple(map(self.text, one.addresses)))

    def on_record(self) -> tuple[OnRecord, ...]:
        shown = {o.fingerprint for i in self.issues for o in i.occurrences}
        shown |= {o.fingerprint for o in (*self.carried, *self.fixed)}
        return tuple(r.masked(self.text) for r in self.data.on_record if r.fingerprint in shown)


def _kept(name: str) -> Callable[[Cut], Any]:
    return lambda one: getattr(one.data, name)


# What is the same for everybody: the scan, the program, its rules and the public data it used.
COMMON = (
    "scan_id", "estate", "marking", "started_at", "ended_at", "state", "tool_version", "inventory_digest",
    "catalogue_digest", "sources", "evidence_root", "kind", "risk_rules",
)  # fmt: skip
# What rests on the whole estate, and cannot be told without telling of others: left at its default. A report is
# dressed after it was cut.
WITHHELD = frozenset({"branding", "branding_folder", "verdicts", "by_supplier"})
DECIDED: Mapping[str, Callable[[Cut], Any]] = {
    **{name: _kept(name) for name in COMMON},
    "since": Cut.since,
    "options": lambda one: {key: value for key, value in one.data.options.items() if key in OPTIONS},
    "areas": Cut.areas,
    "sites": Cut.sites,
    "suppliers": lambda one: {k: s for k, s in one.data.suppliers.items() if k == one.supplier},
    "services": Cut.services,
    "scopes": Cut.scopes,
    "assets": lambda one: one.assets,
    "issues": lambda one: one.issues,
    "fixed": lambda one: one.fixed,
    "gaps": lambda one: one.gaps,
    "checks": lambda one: one.checks,
    "passed": lambda one: one.tally.passed,
    "not_applicable": lambda one: one.tally.not_applicable,
    "evidence": Cut.evidence,
    "firmware": Cut.firmware,
    "carried": lambda one: one.carried,
    "clocks": Cut.clocks,
    "credits": lambda one: tuple(c for c in one.data.credits if c.supplier == one.supplier),
    "handovers": Cut.handovers,
    "availability": Cut.availability,
    "imports": Cut.imports,
    "life": Cut.life,
    "on_record": Cut.on_record,
    "ports": Cut.ports,
    "view": lambda _: "supplier",
    "viewer": lambda one: one.supplier,
}


def undecided() -> list[str]:
    """Fields of a report of which nobody has said what a supplier sees. A test keeps it empty."""
    return sorted({f.name for f in fields(ReportData)} - DECIDED.keys() - WITHHELD)
