"""The numbers of a report, counted once for every format. Pure; the rules are in docs/report.md, "How it is counted".

Units are always printed together: an *issue* is one weakness or one missing update, an *occurrence* is that issue on
one subject of one asset, an *asset* is counted once however often it is hit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from checks.check import Check, Theme
from checks.finding import Outcome, Severity
from inventory.estate import Area
from inventory.facts.missing import Reason
from reports.report import AssetCoverage, Gap, Issue, Occurrence, ReportData

PATCH_THEMES = frozenset({Theme.MISSING_OS_PATCH, Theme.MISSING_APP_PATCH, Theme.FIRMWARE})
WORST = (Severity.CRITICAL, Severity.HIGH)
ERROR_IN_CHECK = "error in the check"
NO_AREA = ""


@dataclass(frozen=True, slots=True)
class Units:
    issues: int
    occurrences: int
    assets: int


def units(issues: Iterable[Issue]) -> Units:
    issues = tuple(issues)
    assets = {o.asset_uid for i in issues for o in i.occurrences}
    return Units(len(issues), sum(len(i.occurrences) for i in issues), len(assets))


def by_severity(issues: Iterable[Issue]) -> dict[Severity, Units]:
    """All five severities, worst first, also those without an issue."""
    issues = tuple(issues)
    return {s: units(i for i in issues if i.severity is s) for s in Severity}


def by_theme(issues: Iterable[Issue]) -> dict[Theme, dict[Severity, Units]]:
    """Themes that have an issue; the theme with the worst and most occurrences first."""
    issues = tuple(issues)
    table = {t: by_severity(i for i in issues if i.check.theme is t) for t in Theme}
    hit = [t for t in table if any(u.issues for u in table[t].values())]
    hit.sort(key=lambda t: ([-u.occurrences for u in table[t].values()], t.value))
    return {t: table[t] for t in hit}


def assets_by_worst(issues: Iterable[Issue]) -> dict[Severity, int]:
    """Each asset once, under the worst severity it has: adds up to the assets that have a finding."""
    worst: dict[str, Severity] = {}
    for issue in issues:
        for uid in issue.assets:
            if uid not in worst or issue.severity.rank < worst[uid].rank:
                worst[uid] = issue.severity
    tally = Counter(worst.values())
    return {s: tally[s] for s in Severity}


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
    worst = [i for i in issues if i.severity in WORST]
    unfixed = sum(len(i.occurrences) for i in worst if i.check.theme is Theme.NO_VENDOR_FIX)
    refs = tuple(sorted(o.ref for i in worst if i.check.theme in PATCH_THEMES for o in i.occurrences))
    asked = any(c.theme in PATCH_THEMES for c in checks)
    return PatchShare(len(refs), sum(len(i.occurrences) for i in worst) - unfixed, refs, asked, unfixed)


class Step(StrEnum):
    """How far the scan got with an asset. Each step includes the ones after it."""

    KNOWN = "known"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    LOGGED_IN = "logged in"
    FULLY_ASSESSED = "fully assessed"


def furthest(asset: AssetCoverage) -> Step:
    if asset.fully_assessed:
        return Step.FULLY_ASSESSED
    if asset.logged_in:
        return Step.LOGGED_IN
    if asset.reached:
        return Step.REACHED
    return Step.ATTEMPTED if asset.attempted else Step.KNOWN


def funnel(assets: Iterable[AssetCoverage]) -> dict[Step, int]:
    """Assets that got at least as far as each step; never grows from one step to the next."""
    steps = list(Step)
    reached = [steps.index(furthest(a)) for a in assets]
    return {s: sum(r >= n for r in reached) for n, s in enumerate(steps)}


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


def by_area(data: ReportData) -> tuple[AreaRow, ...]:
    """Every area of the inventory, also those without an asset in scope, by name; assets without an area last."""
    named = dict(data.areas)
    for asset in data.assets:
        if asset.asset.area and asset.asset.area not in named:
            named[asset.asset.area] = Area(asset.asset.area, asset.asset.area)
    areas = sorted(named.values(), key=lambda a: (a.name, a.id))
    if areas and any(not a.asset.area for a in data.assets):
        areas.append(Area(NO_AREA, "No area given"))
    return tuple(_area_row(area, data) for area in areas)


def _area_row(area: Area, data: ReportData) -> AreaRow:
    assets = [a for a in data.assets if (a.asset.area or NO_AREA) == area.id]
    uids = {a.uid for a in assets}
    hit = [tuple(o for o in i.occurrences if o.asset_uid in uids) for i in data.issues]
    here = Units(sum(bool(h) for h in hit), sum(len(h) for h in hit), len({o.asset_uid for h in hit for o in h}))
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
    real = [r for r in rows if r.area.id != NO_AREA]
    weights = {r.area.id: _weight(r.area, weight) for r in real}
    total = sum(w or 0 for w in weights.values())
    if not total:
        return None
    shares = {
        s: sum((Fraction((weights[r.area.id] or 0) * r.steps[s], r.known) for r in real if r.known), Fraction(0))
        / total
        for s in Step
    }
    return Weighted(weight, total, shares, tuple(r.area.name for r in real if weights[r.area.id] is None))


def _weight(area: Area, weight: str) -> int | None:
    if weight == "areas":
        return 1
    return {"users": area.users, "budget": area.budget, "sites": area.sites}[weight]


def weights(data: ReportData, rows: tuple[AreaRow, ...]) -> tuple[Weighted, ...]:
    """By count of assets first, then by every weight that the inventory gives."""
    steps = funnel(data.assets)
    known = steps[Step.KNOWN]
    by_count = Weighted("assets", known, {s: Fraction(n, known or 1) for s, n in steps.items()}, ())
    return (by_count, *(w for name in ("areas", "users", "budget", "sites") if (w := weighted(rows, name))))


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


def check_rows(data: ReportData) -> tuple[CheckRow, ...]:
    """Every check that was asked for, by id."""
    failed: dict[str, frozenset[str]] = {}
    for issue in data.issues:
        failed[issue.check.id] = failed.get(issue.check.id, frozenset()) | issue.assets
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
