"""The numbers of a report, counted once for every format. Pure; the rules are in docs/report.md, "How it is counted".

Units are always printed together: an *issue* is one weakness or one missing update, an *occurrence* is that issue on
one subject of one asset, an *asset* is counted once however often it is hit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from checks import coverage
from checks.check import Check, Theme
from checks.coverage import BY_ITSELF, NOT_ALL_JUDGED
from checks.coverage import Step as Step
from checks.finding import Outcome, Severity
from checks.risk import Level, Risk
from inventory.asset import BY_SNAPSHOT, SNAPSHOTS, Privilege
from inventory.estate import Area
from inventory.facts.missing import Reason
from reports.once import once
from reports.report import AssetCoverage, Gap, Issue, Occurrence, ReportData

PATCH_THEMES = frozenset({Theme.MISSING_OS_PATCH, Theme.MISSING_APP_PATCH, Theme.FIRMWARE})
WORST = (Severity.CRITICAL, Severity.HIGH)
WORST_LEVELS = (Level.CRITICAL, Level.HIGH)
ERROR_IN_CHECK = "error in the check"
NO_AREA = ""


@dataclass(frozen=True, slots=True)
class Units:
    issues: int
    occurrences: int
    assets: int
    root_causes: int = 0


def units(issues: Iterable[Issue]) -> Units:
    issues = tuple(issues)
    assets = set[str]().union(*(i.assets for i in issues))
    causes = set(map(root_cause, issues))
    return Units(len(issues), sum(len(i.occurrences) for i in issues), len(assets), len(causes))


def root_cause(issue: Issue) -> tuple[Theme, str]:
    """Theme and product: the update unit, or the part of the system that the check's id names (linux.ssh)."""
    return issue.check.theme, issue.subject.key if issue.subject else ".".join(issue.check.id.split(".")[:2])


def by_severity(issues: Iterable[Issue]) -> dict[Severity, Units]:
    """All five severities, worst first, also those without an issue."""
    issues = tuple(issues)
    return {s: units(i for i in issues if i.severity is s) for s in Severity}


def by_risk(issues: Iterable[Issue]) -> dict[Level, Units]:
    """All six levels of risk, worst first, also those without an issue. The same issues as :func:`by_severity`."""
    issues = tuple(issues)
    return {level: units(i for i in issues if i.level is level) for level in Level}


def by_theme_risk(issues: Iterable[Issue]) -> dict[Theme, dict[Level, Units]]:
    """Themes that have an issue; the theme with the worst and most occurrences first."""
    issues = tuple(issues)
    table = {t: by_risk(i for i in issues if i.check.theme is t) for t in Theme}
    hit = [t for t in table if any(u.issues for u in table[t].values())]
    hit.sort(key=lambda t: ([-u.occurrences for u in table[t].values()], t.value))
    return {t: table[t] for t in hit}


def assets_by_worst_risk(issues: Iterable[Issue]) -> dict[Level, int]:
    """Each asset once, under the worst risk of an issue that it has."""
    return _by_worst(Level, ((issue.level, issue.assets) for issue in issues))


R = TypeVar("R", Level, Severity)


def _by_worst(ranks: type[R], rated: Iterable[tuple[R, frozenset[str]]]) -> dict[R, int]:
    """How many assets are named first at each rank, the worst of which comes first."""
    named: dict[R, set[str]] = {rank: set() for rank in ranks}
    for rank, uids in rated:
        named[rank] |= uids
    told, before = dict[R, int](), set[str]()
    for rank in sorted(ranks, key=lambda one: one.rank):
        told[rank] = len(named[rank] - before)
        before |= named[rank]
    return {rank: told[rank] for rank in ranks}


@once
def moved(data: ReportData) -> int:
    """Occurrences whose risk is another than their severity."""
    return sum(_is_moved(o.risk, o.severity or i.check.severity) for i in data.issues for o in i.occurrences)


def _is_moved(risk: Risk | None, severity: str) -> bool:
    """Both are words; the same ones for the levels that both have."""
    return risk is not None and severity != risk.level


def overridden(issues: Iterable[Issue]) -> int:
    """Occurrences whose risk a person set."""
    return sum(o.risk is not None and o.risk.override is not None for i in issues for o in i.occurrences)


def by_theme(issues: Iterable[Issue]) -> dict[Theme, dict[Severity, Units]]:
    """Themes that have an issue; the theme with the worst and most occurrences first."""
    issues = tuple(issues)
    table = {t: by_severity(i for i in issues if i.check.theme is t) for t in Theme}
    hit = [t for t in table if any(u.issues for u in table[t].values())]
    hit.sort(key=lambda t: ([-u.occurrences for u in table[t].values()], t.value))
    return {t: table[t] for t in hit}


def assets_by_worst(issues: Iterable[Issue]) -> dict[Severity, int]:
    """Each asset once, under the worst severity it has: adds up to the assets that have a finding."""
    return _by_worst(Severity, ((issue.severity, issue.assets) for issue in issues))


def by_state(issues: Iterable[Issue]) -> dict[str, int]:
    """Occurrences by state, sorted by its name. All of them are counted: a claim or an acceptance closes nothing."""
    return dict(sorted(Counter(o.state for i in issues for o in i.occurrences).items()))


def first_seen_by(issues: Iterable[Issue], scan_id: int) -> int:
    """Occurrences that no earlier scan had seen. Not by their time: evidence may be older than what judges it."""
    return sum(o.first_scan == scan_id and o.episode == 1 for i in issues for o in i.occurrences)


def came_back(issues: Iterable[Issue]) -> int:
    """Occurrences that had been fixed before."""
    return sum(o.episode > 1 for i in issues for o in i.occurrences)


@dataclass(frozen=True, slots=True)
class PatchShare:
    """How many critical and high occurrences come from missing patches and firmware, and which."""

    part: int
    whole: int  # but for those without a vendor fix: no patch is missing there
    refs: tuple[str, ...]
    asked: bool  # False: no check of this scan looks for missing patches
    without_fix: int = 0  # critical and high occurrences for which the vendor has no fix


def patch_share(issues: Iterable[Issue], checks: Iterable[Check]) -> PatchShare:
    """By severity."""
    return _share_of([i for i in issues if i.severity in WORST], checks)


def patch_share_by_risk(issues: Iterable[Issue], checks: Iterable[Check]) -> PatchShare:
    """The same by risk; what nobody rated is clocked as high, and counts here as such."""
    return _share_of([i for i in issues if i.level.clocked in WORST_LEVELS], checks)


def _share_of(worst: Iterable[Issue], checks: Iterable[Check]) -> PatchShare:
    worst = tuple(worst)
    unfixed = sum(len(i.occurrences) for i in worst if i.check.theme is Theme.NO_VENDOR_FIX)
    refs = tuple(sorted(o.ref for i in worst if i.check.theme in PATCH_THEMES for o in i.occurrences))
    asked = any(c.theme in PATCH_THEMES for c in checks)
    return PatchShare(len(refs), sum(len(i.occurrences) for i in worst) - unfixed, refs, asked, unfixed)


def step_of(asset: AssetCoverage) -> Step:
    return coverage.furthest(
        attempted=asset.attempted,
        reached=asset.reached,
        logged_in=asset.logged_in,
        privileged=asset.privilege is Privilege.ROOT,
        fully_assessed=asset.fully_assessed,
    )


def looked(asset: AssetCoverage) -> coverage.Looked:
    """The asset as checks/coverage.py counts it."""
    one = asset.asset
    return coverage.Looked(
        uid=asset.uid,
        name=one.name,
        step=step_of(asset),
        area=one.area or NO_AREA,
        service=one.service or "",
        supplier=one.supplier or "",
        kind=one.kind,
        exposure=one.exposure,
        reason="" if asset.fully_assessed else asset.missing.reason.value if asset.missing else _not_all(asset),
        has_login=one.connection.way != "endpoint",
    )


def snapshots(assets: Iterable[AssetCoverage]) -> int:
    """Machines that nobody looked at, which sent what they say of themselves."""
    return sum(asset.peer.startswith(BY_SNAPSHOT) and not asset.logged_in for asset in assets)


def _not_all(asset: AssetCoverage) -> str:
    own = asset.asset.connection.way in SNAPSHOTS or asset.peer.startswith(BY_SNAPSHOT)
    return BY_ITSELF if own and not asset.logged_in else NOT_ALL_JUDGED


@once
def whole_funnel(data: ReportData) -> Mapping[Step, int]:
    """:func:`funnel` of all assets."""
    return funnel(data.assets)


def funnel(assets: Iterable[AssetCoverage]) -> dict[Step, int]:
    """Assets that got at least as far as each step; never grows from one step to the next."""
    return coverage.funnel(map(step_of, assets))


@dataclass(frozen=True, slots=True)
class AreaRow:
    area: Area  # id "" for the assets that have no area
    steps: Mapping[Step, int]
    units: Units
    without_login: tuple[str, ...]  # names

    @property
    def known(self) -> int:
        return self.steps[Step.KNOWN]

    @property
    def operating(self) -> bool:
        """At least one of its assets was logged in to."""
        return self.steps[Step.LOGGED_IN] > 0


@once
def by_area(data: ReportData) -> tuple[AreaRow, ...]:
    """Every area of the inventory, also those without an asset in scope, by name; assets without an area last."""
    named = dict(data.areas)
    for asset in data.assets:
        if asset.asset.area and asset.asset.area not in named:
            named[asset.asset.area] = Area(asset.asset.area, asset.asset.area)
    areas = sorted(named.values(), key=lambda a: (a.name, a.id))
    if areas and any(not a.asset.area for a in data.assets):
        areas.append(Area(NO_AREA, "No area given"))
    members: dict[str, list[AssetCoverage]] = {}
    for asset in data.assets:
        members.setdefault(asset.asset.area or NO_AREA, []).append(asset)
    hit = _hit(data)
    return tuple(_area_row(area, members.get(area.id, []), hit.get(area.id, _Hit())) for area in areas)


@dataclass(slots=True)
class _Hit:
    """What was found in one area."""

    issues: int = 0
    occurrences: int = 0
    touched: set[str] = field(default_factory=set)
    causes: set[tuple[Theme, str]] = field(default_factory=set)


def _hit(data: ReportData) -> dict[str, _Hit]:
    """By area, in one pass over the occurrences: there are many."""
    of: dict[str, set[str]] = {}  # uid -> areas: more than one where two entries turned out to be one machine
    for asset in data.assets:
        of.setdefault(asset.uid, set()).add(asset.asset.area or NO_AREA)
    found = {area: _Hit() for areas in of.values() for area in areas}
    for issue in data.issues:
        seen = Counter([area for o in issue.occurrences for area in of.get(o.asset_uid, ())])
        cause = root_cause(issue)
        for area, number in seen.items():
            row = found[area]
            row.issues, row.occurrences = row.issues + 1, row.occurrences + number
            row.causes.add(cause)
    for uid in set[str]().union(*(issue.assets for issue in data.issues)):
        for area in of.get(uid, ()):
            found[area].touched.add(uid)
    return found


def _area_row(area: Area, assets: Sequence[AssetCoverage], hit: _Hit) -> AreaRow:
    here = Units(hit.issues, hit.occurrences, len(hit.touched), len(hit.causes))
    return AreaRow(area, funnel(assets), here, tuple(a.asset.name for a in assets if not a.logged_in))


@dataclass(frozen=True, slots=True)
class Weighted:
    """Coverage by one weight of the areas: each area's weight counts by the share of its assets at that step."""

    weight: str  # assets, areas, users, budget, sites
    total: int
    shares: Mapping[Step, Fraction]  # 0..1
    left_out: tuple[str, ...]  # areas for which the inventory gives no such weight


def weighted(rows: tuple[AreaRow, ...], weight: str) -> Weighted | None:
    """None when no area has that weight. An area without an asset in scope counts as not looked at."""
    share = coverage.weighted(((row.area, row.steps) for row in rows), weight)
    return Weighted(weight, share.total, share.shares, share.left_out) if share else None


def weights(data: ReportData, rows: tuple[AreaRow, ...]) -> tuple[Weighted, ...]:
    """By count of assets first, then by every weight that the inventory gives."""
    reached = whole_funnel(data)
    known = reached[Step.KNOWN]
    by_count = Weighted("assets", known, {s: Fraction(n, known or 1) for s, n in reached.items()}, ())
    return (by_count, *(w for name in coverage.WEIGHTS if (w := weighted(rows, name))))


@once
def implied_gaps(data: ReportData) -> tuple[Gap, ...]:
    """Checks on assets of which the record says nothing at all, no outcome and no gap: they were not assessed."""
    spoken_for = {(g.asset_uid, g.asset) for g in data.gaps}
    silent = [a for a in data.assets if not sum(a.checks.values()) and (a.uid, a.asset.name) not in spoken_for]
    return tuple(
        Gap(a.uid, a.asset.name, c.id, c.title, c.severity, Outcome.NOT_ASSESSED, reason, detail)
        for a in silent
        for reason, detail in [(a.missing.reason, a.missing.detail) if a.missing else (Reason.NOT_ATTEMPTED, "")]
        for c in data.checks
        if c.id not in a.beside
    )


def planned(data: ReportData) -> int:
    """Judgements that were set out for: each check on each asset that it can concern."""
    return sum(len(data.checks) - len(asset.beside) for asset in data.assets)


@once
def all_gaps(data: ReportData) -> tuple[Gap, ...]:
    return (*data.gaps, *implied_gaps(data))


def reason_of(gap: Gap) -> str:
    return gap.reason.value if gap.reason else ERROR_IN_CHECK


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Judgements lacking for one reason, or of one check for one reason. Names are sorted, checks worst first."""

    reason: str
    judgements: int  # check x asset
    assets: tuple[str, ...]
    checks: tuple[Gap, ...]  # one of each check
    detail: str  # what was said most often, "" nothing


def gaps_by_reason(gaps: Iterable[Gap]) -> tuple[GapGroup, ...]:
    """The commonest reason first."""
    groups: dict[str, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(reason_of(gap), []).append(gap)
    return tuple(sorted((_group(r, g) for r, g in groups.items()), key=lambda g: (-g.judgements, g.reason)))


def gaps_by_check(gaps: Iterable[Gap]) -> tuple[GapGroup, ...]:
    """One group for each check and reason, the worst check first."""
    groups: dict[tuple[int, str, str], list[Gap]] = {}
    for gap in gaps:
        groups.setdefault((gap.severity.rank, gap.check_id, reason_of(gap)), []).append(gap)
    return tuple(_group(key[2], groups[key]) for key in sorted(groups))


def _group(reason: str, gaps: list[Gap]) -> GapGroup:
    checks = {g.check_id: g for g in reversed(gaps)}
    worst_first = sorted(checks.values(), key=lambda g: (g.severity.rank, g.check_id))
    said = Counter(g.detail for g in gaps if g.detail)
    detail = min(said, key=lambda d: (-said[d], d), default="")
    return GapGroup(reason, len(gaps), tuple(sorted({g.asset for g in gaps})), tuple(worst_first), detail)


def gaps_by_severity(gaps: Iterable[Gap]) -> dict[Severity, int]:
    tally = Counter(g.severity for g in gaps)
    return {s: tally[s] for s in Severity}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """How one check ended, in assets."""

    check: Check
    passed: int
    failed: int
    not_applicable: int
    not_assessed: int
    errors: int

    @property
    def judged(self) -> bool:
        return self.passed + self.failed + self.not_applicable > 0


@once
def check_rows(data: ReportData) -> tuple[CheckRow, ...]:
    """Every check that was asked for, by id."""
    failed: dict[str, set[str]] = {}
    for issue in data.issues:
        failed.setdefault(issue.check.id, set()).update(issue.assets)
    lacking: Counter[tuple[str, Outcome]] = Counter((g.check_id, g.outcome) for g in all_gaps(data))
    return tuple(
        CheckRow(
            c,
            data.passed.get(c.id, 0),
            len(failed.get(c.id, ())),
            data.not_applicable.get(c.id, 0),
            lacking[c.id, Outcome.NOT_ASSESSED],
            lacking[c.id, Outcome.ERROR],
        )
        for c in sorted(data.checks, key=lambda c: c.id)
    )


def occurrences(data: ReportData) -> Iterable[tuple[Issue, Occurrence]]:
    return ((i, o) for i in data.issues for o in i.occurrences)
