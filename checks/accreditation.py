"""May this service run? A policy's rules against what was measured, and a verdict. Pure.

``domain.md``, Accreditation. The gate comes first: where too little was looked at, the verdict is INSUFFICIENT
EVIDENCE, and the rules still tell the ceiling, so that a lost credential hides nothing. Two things hold for every
policy, and are tested: less evidence never gives a better verdict, and fixing more never gives a worse one. The first
rests on the caller: findings that were not looked at again must be among the issues, as the record keeps them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from checks import what_if
from checks.accreditation_rules import (
    Bound,
    CountBound,
    CoverageBound,
    DataBound,
    DoubtBound,
    Policy,
    Rule,
    Verdict,
)
from checks.check import Theme
from checks.coverage import Looked, Step, by_area
from checks.finding import Severity
from inventory.estate import Area

OUTSIDE = frozenset({"internet", "third-party", None})  # unknown counts as outside: silence must not help


@dataclass(frozen=True, slots=True)
class Held:
    """One occurrence that still counts, as the rules see it."""

    ref: str
    asset_uid: str
    level: Severity  # its risk; its severity where no risk was worked out
    accepted: bool = False  # somebody runs on it knowingly
    overdue: bool = False  # a clock of it is breached
    exposed: bool = False
    exploited: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """One issue. ``key`` tells it from all others of the report."""

    key: str
    title: str
    theme: Theme | None  # None: not known, as of what somebody imported
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class DataAge:
    name: str
    days: int | None  # None: it was not there at all
    own_limit: int = 0  # days; of a publisher that seldom says something new


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict on one service, or on the estate, rests on."""

    subject: str  # "estate", or "service:<id>"
    name: str
    assets: tuple[Looked, ...]
    areas: Mapping[str, Area]  # that have to be covered, also those without an asset
    issues: tuple[Weighed, ...]
    data: tuple[DataAge, ...] = ()
    in_doubt: tuple[str, ...] = ()  # names of assets whose identity a person must review
    by_risk: bool = False  # False: levels are severities
    has_clocks: bool = False  # False: whether something is overdue is not known


@dataclass(frozen=True, slots=True)
class Part:
    """A place that falls short: ``got`` of ``of`` assets. ``of`` 0: there is no asset in scope."""

    name: str
    got: int
    of: int


@dataclass(frozen=True, slots=True)
class Line:
    """One rule, and how it came out."""

    rule: Rule
    holds: bool
    measured: Fraction | int | None  # a share 0..1, days, or a count; None: it could not be measured
    refs: tuple[str, ...] = ()  # of the findings that count
    issues: tuple[str, ...] = ()  # keys
    parts: tuple[Part, ...] = ()  # that fall short
    names: tuple[str, ...] = ()  # assets or data that fall short


@dataclass(frozen=True, slots=True)
class Regain:
    """What has to be fixed for a better verdict."""

    verdict: Verdict
    fix: tuple[str, ...]  # keys of issues
    proven_smallest: bool
    rules_beside: tuple[str, ...]  # ids of rules in the way that no fix of a finding lifts


@dataclass(frozen=True, slots=True)
class Accreditation:
    subject: str
    name: str
    verdict: Verdict
    ceiling: Verdict  # it cannot be better than this
    gate: tuple[Line, ...]
    rules: tuple[Line, ...]
    regain: tuple[Regain, ...]  # the nearest better verdict first
    by_risk: bool

    @property
    def failed(self) -> tuple[Line, ...]:
        """The gate first."""
        return tuple(line for line in (*self.gate, *self.rules) if not line.holds)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of one report: the estate first."""

    policy: Policy
    estate: Accreditation
    services: tuple[Accreditation, ...]  # by name
    titles: Mapping[str, str]  # key of an issue -> its title

    @property
    def all(self) -> tuple[Accreditation, ...]:
        return (self.estate, *self.services)


Found = Mapping[str, Sequence[Held]]  # key of an issue -> its occurrences that a rule counts


def judge(policy: Policy, basis: Basis) -> Accreditation:
    gate = tuple(_line(rule, basis, {}) for rule in policy.gate)
    counted = {r.id: matching(r.bound, basis.issues) for r in policy.rules if isinstance(r.bound, CountBound)}
    rules = tuple(_line(rule, basis, counted.get(rule.id, {})) for rule in policy.rules)
    measured = [line for line in rules if line.measured is not None or line.holds]
    ceiling = worst(line.rule.otherwise for line in measured if not line.holds)
    enough = all(line.holds for line in gate) and len(measured) == len(rules)
    verdict = ceiling if enough else Verdict.INSUFFICIENT
    size = {issue.key: len(issue.held) for issue in basis.issues}
    better = [target for target in reversed(Verdict) if target.rank < ceiling.rank]
    regain = _best_of_each(_regain(target, measured, counted, size) for target in better)
    return Accreditation(basis.subject, basis.name, verdict, ceiling, gate, rules, regain, basis.by_risk)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.ACCREDIT)


def _line(rule: Rule, basis: Basis, counted: Found) -> Line:
    bound = rule.bound
    if isinstance(bound, CoverageBound):
        return _coverage(rule, bound, basis)
    if isinstance(bound, DataBound):
        return _data(rule, bound, basis)
    if isinstance(bound, DoubtBound):
        return Line(rule, len(basis.in_doubt) <= bound.at_most, len(basis.in_doubt), names=basis.in_doubt)
    return _count(rule, bound, basis, counted)


def got_to(asset: Looked, step: Step) -> bool:
    """What has nothing to log in to is held to having been reached instead."""
    if step in (Step.LOGGED_IN, Step.PRIVILEGED) and not asset.has_login:
        step = Step.REACHED
    return asset.step.rank >= step.rank


def _coverage(rule: Rule, bound: CoverageBound, basis: Basis) -> Line:
    assets = [a for a in basis.assets if not bound.external or a.exposure in OUTSIDE]
    places = by_area(assets, basis.areas) if bound.per_area else [(Area("", basis.name), assets)]
    parts = [Part(area.name, sum(got_to(a, bound.step) for a in found), len(found)) for area, found in places]
    if bound.external:  # an area without anything outside has nothing to be looked at from there
        parts = [part for part in parts if part.of]
    short = tuple(part for part in parts if not _enough(part, bound.at_least))
    missed = tuple(sorted(a.name for a in assets if not got_to(a, bound.step)))
    share = min((Fraction(part.got, part.of or 1) for part in parts), default=Fraction(1))
    return Line(rule, not short and bool(parts or bound.external), share, parts=short, names=missed)


def _enough(part: Part, per_cent: int) -> bool:
    return part.of > 0 and 100 * part.got >= per_cent * part.of


def _data(rule: Rule, bound: DataBound, basis: Basis) -> Line:
    old = [one for one in basis.data if one.days is None or one.days > max(bound.days, one.own_limit)]
    ages = [one.days for one in old if one.days is not None] or [one.days or 0 for one in basis.data]
    return Line(rule, not old, max(ages, default=0), names=tuple(sorted(one.name for one in old)))


def _count(rule: Rule, bound: CountBound, basis: Basis, counted: Found) -> Line:
    if bound.overdue and not basis.has_clocks:
        return Line(rule, holds=False, measured=None)
    refs = tuple(sorted((one.ref for found in counted.values() for one in found), key=lambda ref: (len(ref), ref)))
    number = len(refs) if bound.occurrences else len(counted)
    return Line(rule, number <= bound.at_most, number, refs=refs, issues=tuple(sorted(counted)))


def matching(bound: CountBound, issues: Iterable[Weighed]) -> dict[str, list[Held]]:
    """Key of an issue -> its occurrences that the rule counts; issues without one are not in it.

    "This level or worse", held against each occurrence: fixing one can only make both counts smaller.
    """
    found: dict[str, list[Held]] = {}
    for issue in issues:
        if bound.themes and issue.theme not in bound.themes:
            continue
        if held := [one for one in issue.held if _counts(bound, one)]:
            found[issue.key] = held
    return found


def _counts(bound: CountBound, one: Held) -> bool:
    return (
        one.accepted is bound.accepted
        and (bound.level is None or one.level.rank <= bound.level.rank)
        and (one.exploited or not bound.exploited)
        and (one.exposed or not bound.exposed)
        and (one.overdue or not bound.overdue)
    )


def _best_of_each(found: Iterable[Regain]) -> tuple[Regain, ...]:
    """Of verdicts that the same work reaches, the best; ``found`` has the nearest first."""
    by_work = {(one.fix, one.rules_beside): one for one in found}
    return tuple(sorted(by_work.values(), key=lambda one: -one.verdict.rank))


def _regain(target: Verdict, lines: Sequence[Line], counted: Mapping[str, Found], size: Mapping[str, int]) -> Regain:
    """Which issues to fix so that no rule is left that gives worse than ``target``."""
    in_the_way = [line for line in lines if line.rule.otherwise.rank > target.rank]
    needs = [
        what_if.Need(bound.at_most, {key: len(held) if bound.occurrences else 1 for key, held in found.items()})
        for line in in_the_way
        if isinstance(bound := line.rule.bound, CountBound) and (found := counted[line.rule.id])
    ]
    chosen, proven = what_if.smallest(needs, size)
    beside = tuple(line.rule.id for line in in_the_way if not line.holds and not _about_findings(line.rule.bound))
    return Regain(target, chosen, proven, beside)


def _about_findings(bound: Bound) -> bool:
    return isinstance(bound, CountBound)


def bases_of(whole: Basis, services: Mapping[str, str]) -> tuple[Basis, ...]:
    """The estate first, then each service with its own assets, its areas and what was found on them, by name."""
    ordered = sorted(services, key=lambda key: (services[key], key))
    assets: dict[str, list[Looked]] = {key: [] for key in ordered}
    for asset in whole.assets:
        assets.setdefault(asset.service, []).append(asset)
    issues = _by_service(whole.issues, {asset.uid: asset.service for asset in whole.assets})
    return (whole, *(_of_service(whole, key, services[key], assets[key], issues.get(key, ())) for key in ordered))


def _of_service(whole: Basis, service: str, name: str, assets: Sequence[Looked], issues: Sequence[Weighed]) -> Basis:
    names, used = {asset.name for asset in assets}, {asset.area for asset in assets}
    return replace(
        whole,
        subject=f"service:{service}",
        name=name,
        assets=tuple(assets),
        areas={key: area for key, area in whole.areas.items() if key in used},
        issues=tuple(issues),
        in_doubt=tuple(one for one in whole.in_doubt if one in names),
    )


def _by_service(issues: Iterable[Weighed], service_of: Mapping[str, str]) -> dict[str, list[Weighed]]:
    """Each issue once for every service that has an occurrence of it."""
    found: dict[str, list[Weighed]] = {}
    for issue in issues:
        mine: dict[str, list[Held]] = {}
        for one in issue.held:
            mine.setdefault(service_of.get(one.asset_uid, ""), []).append(one)
        for service, held in mine.items():
            found.setdefault(service, []).append(replace(issue, held=tuple(held)))
    return found
