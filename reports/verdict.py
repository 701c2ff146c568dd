"""The verdict of a report: what the rules of accreditation are given, and their lines in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from checks.accreditation import (
    Accreditation,
    Basis,
    DataAge,
    Held,
    Line,
    Part,
    Regain,
    Verdicts,
    Weighed,
    bases_of,
    judge,
)
from checks.accreditation_rules import CountBound, CoverageBound, DataBound, DoubtBound, Policy, Rule, Verdict
from checks.check import Check
from checks.coverage import Step
from checks.finding import Severity
from checks.lifecycle import State
from reports.counting import looked
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from reports.sources import ABOUT_CVES, FRESH_DAYS, absent
from reports.text import count, listing, safe_text, share

OUTSIDE = ("internet", "third-party")
NOT_COUNTED = frozenset({State.VERIFIED_FIXED.value, State.FALSE_POSITIVE.value, State.OUT_OF_SERVICE.value})
FEW = 4  # names in a sentence
LOOK = "the look at the machines"


@dataclass(frozen=True, slots=True)
class Beside:
    """What the verdict needs that no chapter of the report tells."""

    carried: tuple[Occurrence, ...] = ()  # findings that count and were not seen again
    away: tuple[AssetCoverage, ...] = ()  # assets with such a finding that were no part of the scan
    overdue: frozenset[str] | None = None  # fingerprints with a breached clock; None: no clocks were worked out
    looked_days: int = 0  # age of the oldest look that was judged, on the day of the scan


def verdicts(data: ReportData, policy: Policy, beside: Beside = Beside()) -> Verdicts:
    whole = _basis(data, beside)
    names = {key: service.name for key, service in data.services.items()}
    estate, *services = (judge(policy, basis) for basis in bases_of(whole, names))
    return Verdicts(policy, estate, tuple(services), {issue.key: issue.title for issue in whole.issues})


def _basis(data: ReportData, beside: Beside) -> Basis:
    assets = (*data.assets, *beside.away)
    outside = {a.uid for a in assets if a.asset.exposure in OUTSIDE}
    return Basis(
        subject="estate",
        name=data.estate,
        assets=tuple(map(looked, assets)),
        areas=data.areas,
        issues=_weighed(data, beside, outside),
        data=_ages(data, beside.looked_days),
        in_doubt=tuple(a.asset.name for a in assets if a.identity_note),
        by_risk=data.risk_rules is not None,
        has_clocks=beside.overdue is not None,
    )


def key_of(check_id: str, unit: str) -> str:
    """Of an issue: a check, and the update unit where it has one."""
    return f"{check_id}: {unit}" if unit else check_id


def _weighed(data: ReportData, beside: Beside, outside: set[str]) -> tuple[Weighed, ...]:
    """What this scan saw, and under the same keys what it could not look at again."""
    checks = {check.id: check for check in data.checks}
    apart = {issue.check.id for issue in data.issues if issue.subject}
    held: dict[str, list[Held]] = {}
    about: dict[str, tuple[str, Check | None]] = {}
    for issue in data.issues:
        key = key_of(issue.check.id, issue.subject.key if issue.subject else "")
        about[key] = issue.title, issue.check
        held[key] = [_held(o, _level(issue, o), beside, outside) for o in issue.occurrences if counts(o)]
    for one in beside.carried:
        unit = one.subject.key if one.check_id in apart or one.members or one.severity else ""
        key, check = key_of(one.check_id, unit), checks.get(one.check_id)
        about.setdefault(key, (key_of(check.title if check else one.check_id, unit), check))
        held.setdefault(key, []).append(_held(one, _carried_level(one, check), beside, outside))
    return tuple(
        Weighed(key, about[key][0], check.theme if (check := about[key][1]) else None, tuple(held[key]))
        for key in sorted(held)
        if held[key]
    )


def counts(occurrence: Occurrence) -> bool:
    return occurrence.state not in NOT_COUNTED


def _level(issue: Issue, one: Occurrence) -> Severity:
    return Severity(issue.level_of(one).clocked.value)


def _carried_level(one: Occurrence, check: Check | None) -> Severity:
    """What nobody rated counts as high (docs/risk.md, R0)."""
    if one.risk is not None:
        return Severity(one.risk.level.clocked.value)
    return one.severity or (check.severity if check else Severity.HIGH)


def _held(one: Occurrence, level: Severity, beside: Beside, outside: set[str]) -> Held:
    return Held(
        ref=one.ref,
        asset_uid=one.asset_uid,
        level=level,
        accepted=one.state == State.RISK_ACCEPTED.value,
        overdue=one.fingerprint in (beside.overdue or ()),
        exposed=one.asset_uid in outside,
        exploited=one.exploited,
    )


def _ages(data: ReportData, looked_days: int) -> tuple[DataAge, ...]:
    there = [DataAge(s.name, s.age_days, FRESH_DAYS.get(s.name, 0)) for s in data.sources]
    lacking = [DataAge(ABOUT_CVES[name], None) for name in absent(data)]
    return (*there, *lacking, DataAge(LOOK, looked_days))


# words


def headline(told: Verdicts) -> str:
    """``DOWNGRADE. ...``: the verdict on the estate and what makes it."""
    return f"{told.estate.verdict.value}. {because(told.estate)}"


def because(one: Accreditation) -> str:
    """What decides it, in a sentence or two: the gate where that does not hold, else the worst rule."""
    failed = sorted(one.failed, key=lambda line: -line.rule.otherwise.rank)
    if one.verdict is Verdict.INSUFFICIENT:
        return f"Too little is known: {_lacking(one)}.{ceiling(one)}"
    if not failed:
        return "Every rule of the policy holds."
    worst = failed[0]
    more = f" {count(len(failed) - 1, 'more rule')} {'does' if len(failed) == 2 else 'do'} not hold."
    said = f"“{safe_text(worst.rule.title)}” does not hold: {measured(worst)}, {threshold(worst.rule)} needed."
    return f"{said}{more if len(failed) > 1 else ''}"


def ceiling(one: Accreditation) -> str:
    """What more evidence could not change; empty where it might change all."""
    if one.ceiling in (one.verdict, Verdict.ACCREDIT):
        return ""
    return f" What is known already allows nothing better than {one.ceiling.value}."


def _lacking(one: Accreditation) -> str:
    lines = [line for line in one.gate if not line.holds] or [line for line in one.rules if line.measured is None]
    return "; ".join(map(_short, lines))


def _short(line: Line) -> str:
    """``of what is open to the outside, 8 of 10 assets (80 %) were reached``."""
    bound, told = line.rule.bound, measured(line)
    if not isinstance(bound, CoverageBound):
        return told
    done = "logged in to" if bound.step is Step.LOGGED_IN else bound.step.value
    if bound.per_area:
        return f"too few assets were {done}{' in ' if line.parts else ': '}{told}"
    be = "was" if line.parts and line.parts[0].of == 1 else "were"
    return f"{'of what is open to the outside, ' if bound.external else ''}{told} {be} {done}"


def measured(line: Line) -> str:
    """``0 of 3 in Dunwick``, ``25 issues``, ``12 days``."""
    bound = line.rule.bound
    if line.measured is None:
        return "could not be measured, because no clocks were worked out"
    if isinstance(bound, CoverageBound):
        return _measured_coverage(line, bound)
    if isinstance(bound, DataBound):
        return _measured_data(line)
    if isinstance(bound, DoubtBound):
        return count(len(line.names), "asset")
    return _measured_count(line, bound)


def _measured_coverage(line: Line, bound: CoverageBound) -> str:
    if not line.parts:
        return (
            "nothing is reachable from outside"
            if bound.external and not line.names and line.measured == 1
            else (f"{_percent(line.measured or 0)}{' in the area with the least' if bound.per_area else ''}")
        )
    if not bound.per_area:
        part = line.parts[0]
        return f"{part.got:,} of {count(part.of, 'asset')} ({share(part.got, part.of)})"
    return listing([_place(part) for part in line.parts], FEW)


def _place(part: Part) -> str:
    if not part.of:
        return f"{safe_text(part.name)} (no asset in scope)"
    return f"{safe_text(part.name)} ({part.got:,} of {part.of:,}, {share(part.got, part.of)})"


def _measured_data(line: Line) -> str:
    if not line.names:
        return f"each within its limit, the oldest {count(int(line.measured or 0), 'day')} old"
    return f"too old or missing: {listing([safe_text(name) for name in line.names], FEW)}"


def _measured_count(line: Line, bound: CountBound) -> str:
    if bound.occurrences:
        return f"{count(int(line.measured or 0), 'occurrence')} in {count(len(line.issues), 'issue')}"
    return f"{count(int(line.measured or 0), 'issue')} ({count(len(line.refs), 'occurrence')})"


def threshold(rule: Rule) -> str:
    bound = rule.bound
    if isinstance(bound, CoverageBound):
        return f"{bound.at_least} %{' in each area' if bound.per_area else ''} {bound.step.value}"
    if isinstance(bound, DataBound):
        return f"at most {count(bound.days, 'day')}; of publishers that seldom change, up to {max(FRESH_DAYS.values())}"
    return f"at most {bound.at_most:,}"


def _percent(value: Fraction | int) -> str:
    return share(value.numerator, value.denominator)


def evidence(line: Line, most: int) -> Sequence[str]:
    """References of findings, or names of what falls short; ``most`` of them, and how many more."""
    names = [*line.refs] or [safe_text(name, 80) for name in line.names]
    return names[:most] + [f"and {len(names) - most:,} more"] * (len(names) > most)


def what_if(one: Accreditation, titles: Mapping[str, str], most: int) -> Iterator[str]:
    """One sentence for each better verdict, the nearest first."""
    rules = {line.rule.id: line.rule.title for line in one.rules}
    gate = ", once the gate holds" if one.verdict is Verdict.INSUFFICIENT else ""
    for regain in one.regain:
        steps = [_fix(regain, titles, most)] if regain.fix else []
        steps += [f"make “{safe_text(rules[rule])}” hold" for rule in regain.rules_beside]
        yield f"To reach {regain.verdict.value}{gate}: {'; '.join(steps)}."


def _fix(regain: Regain, titles: Mapping[str, str], most: int) -> str:
    named = listing([safe_text(titles[key], 100) for key in regain.fix], most)
    number = "this issue" if len(regain.fix) == 1 else f"these {len(regain.fix):,} issues"
    smallest = "" if regain.proven_smallest else " (not proven to be the fewest)"
    return f"fix {number}{smallest}: {named}"
