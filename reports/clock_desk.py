"""Clocks of findings: which policies hold for each, what is clocked of it, and all of it as a chapter's data. Pure.

What is handed in is read from the record by the product, and from a pack by ``verify_evidence.py``.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from checks.calendars import Days
from checks.check import Check
from checks.clock_life import Life
from checks.clock_stored import ClockBook
from checks.clocks import Clock, Clockmaker, Status, in_order
from checks.responsibility import layer_of, responsible
from checks.risk import Level
from inventory.asset import Asset
from inventory.estate import Contract
from inventory.responsibility import Responsibility
from reports.clock_matters import Matters, matters
from reports.clocks import ClockReport, FindingClocks, PolicyTold
from reports.report import AssetCoverage, Issue, Occurrence


@dataclass(frozen=True, slots=True)
class ClockBasis:
    """By what clocks are counted. ``now``: the scan's end, UTC milliseconds."""

    book: ClockBook
    days: Mapping[str, Days]  # by name of the policy
    contracts: Mapping[str, Contract]
    now: int
    responsibilities: tuple[Responsibility, ...] = ()  # dated; without one an asset's own supplier answers


def clock_report(
    basis: ClockBasis,
    lives: Mapping[str, Life],
    levels: Mapping[str, Mapping[str, Level]],
    issues: Iterable[Issue],
    coverage: Mapping[str, AssetCoverage],
    seen: Container[str],
) -> ClockReport:
    """Of every occurrence whose asset and events are known. ``levels``: the risk of members; ``seen``: fingerprints."""
    desk = Desk(basis, lives, levels)
    told = [
        desk.finding(issue, occurrence, coverage[occurrence.asset_uid].asset, occurrence.fingerprint in seen)
        for issue in issues
        for occurrence in issue.occurrences
        if occurrence.asset_uid in coverage and occurrence.fingerprint in lives
    ]
    found = sorted((one for one in told if one.clocks), key=_order)
    return ClockReport(desk.now, tuple(desk.policies()), tuple(found), len(told) - len(found), basis.book.chosen)


def alone(checks: Mapping[str, Check], occurrences: Iterable[Occurrence]) -> Iterator[Issue]:
    """Each alone; what no check of the scan explains has no clock of its own."""
    return (Issue(checks[o.check_id], (o,)) for o in occurrences if o.check_id in checks)


def contracts_on(contracts: Mapping[str, Contract], supplier: str, day: date) -> Iterable[Contract]:
    """Contracts of a supplier that are in force on that day, by name."""
    for name in sorted(contracts):
        contract = contracts[name]
        running = (contract.starts or day) <= day <= (contract.ends or day)
        if supplier and contract.supplier == supplier and running:
            yield contract


def overdue(report: ClockReport) -> frozenset[str]:
    """Fingerprints of findings with a breached clock that are still there."""
    return frozenset(
        one.fingerprint
        for one in report.findings
        if any(clock.status is Status.BREACHED and clock.last_fail is None for clock in one.clocks)
    )


def fingerprints(report: ClockReport, status: Status) -> frozenset[str]:
    """Findings of which a clock stands so: ``findings list --clock breached``."""
    return frozenset(one.fingerprint for one in report.findings if any(c.status is status for c in one.clocks))


def _order(one: FindingClocks) -> tuple[int, int, int, str]:
    due = one.lead.due if one.lead.due is not None else 2**62
    return one.lead.status.rank, due, len(one.ref), one.ref


_Alike = tuple[int, int, str, str | None, str, object]


class Desk:
    """Makes the clocks of one finding after the other; what many of them share is worked out once."""

    def __init__(
        self,
        basis: ClockBasis,
        lives: Mapping[str, Life],
        levels: Mapping[str, Mapping[str, Level]],
    ) -> None:
        self.book, self.now, self._named = basis.book, basis.now, basis.contracts
        self._dated = basis.responsibilities
        self._lives, self._levels = lives, levels
        self._makers = {
            name: Clockmaker(policy, basis.days[name], basis.now) for name, policy in basis.book.policies.items()
        }
        self._matters: dict[_Alike, tuple[Occurrence, Mapping[str, Level], Matters]] = {}
        self._of_supplier: dict[str, tuple[Contract, ...]] = {}

    def finding(self, issue: Issue, one: Occurrence, asset: Asset, seen: bool) -> FindingClocks:
        suppliers = self._suppliers(issue.check, asset)
        contracts = tuple(contract for supplier in suppliers for contract in self._contracts(supplier))
        return FindingClocks(
            ref=one.ref,
            fingerprint=one.fingerprint,
            asset_uid=one.asset_uid,
            asset=one.asset,
            title=issue.title,
            check_id=issue.check.id,
            state=one.state,
            level=issue.level_of(one).value,
            supplier=suppliers[0] if suppliers else "",
            service=asset.service or "",
            contracts=tuple(contract.id for contract in contracts),
            seen=seen,
            clocks=self._clocks(issue.check, one, asset, contracts),
            evidence=one.evidence,
        )

    def _suppliers(self, check: Check, asset: Asset) -> tuple[str, ...]:
        """Who answers for that layer of the asset on the day of the scan. Where it is in doubt, its own comes first."""
        if not self._dated:
            return (asset.supplier,) if asset.supplier else ()
        found = responsible(self._dated, asset, layer_of(check.id, check.theme), self._today).suppliers
        return tuple(sorted(found, key=lambda one: (one != asset.supplier, one)))

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self.now / 1000, UTC).date()

    def _contracts(self, supplier: str) -> tuple[Contract, ...]:
        if supplier not in self._of_supplier:
            self._of_supplier[supplier] = tuple(contracts_on(self._named, supplier, self._today))
        return self._of_supplier[supplier]

    def _clocks(self, check: Check, one: Occurrence, asset: Asset, contracts: Sequence[Contract]) -> tuple[Clock, ...]:
        names = dict.fromkeys((*self.book.use, *(name for contract in contracts for name in contract.clocks)))
        about, life = self._about(check, one, asset), self._lives[one.fingerprint]
        return in_order(c for name in names for c in self._makers[name].clocks(about.finding, about.members, life))

    def _about(self, check: Check, one: Occurrence, asset: Asset) -> Matters:
        """Hosts share their lists of members, and the risk of these: so they share what is clocked."""
        levels = self._levels.get(one.fingerprint, {})
        risk = (one.risk.level, one.risk.override and one.risk.override.level) if one.risk else one.severity
        key = id(one.members), id(levels), asset.kind, asset.exposure, check.id, risk
        if not one.members:
            return matters(one, check, asset, levels)
        if key not in self._matters:
            self._matters[key] = one, levels, matters(one, check, asset, levels)  # held, so that ids stay theirs
        return self._matters[key][2]

    def policies(self) -> Iterator[PolicyTold]:
        for name, policy in sorted(self.book.policies.items()):
            contracts = (c.id for c in self._named.values() if name in c.clocks)
            off = self.book.days_off.get(policy.holidays, ())
            yield PolicyTold(
                policy.id,
                policy.version,
                policy.title,
                policy.source,
                policy.date,
                policy.digest,
                policy.zone,
                policy.unit,
                policy.note,
                policy.holidays,
                off,
                self.book.days_off_from if off else "",
                tuple(sorted(contracts)),
                name in self.book.use,
            )
