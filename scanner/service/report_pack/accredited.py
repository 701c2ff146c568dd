"""Holds the verdict of a report against the report's own rows and lines.

That is: coverage of every area from the assets' rows, which policy it was, whether each line of a count holds, and that
the verdict and its ceiling follow from the lines. ``recompute`` computes it anew from the pack's rows: this says first
where the report contradicts itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.accreditation import Basis, judge, worst
from checks.accreditation_rules import CountBound, CoverageBound, DoubtBound, Policy, Rule, Verdict, policy_of
from checks.coverage import Looked, furthest
from inventory.estate import Area

Json = Mapping[str, Any]
NAME = "accreditation"  # of the policy, among those of the pack
NO_LOGIN = "endpoint"  # the way in of what has nothing to log in to


def verdict_faults(report: Json, policies: Json) -> Iterator[str]:
    """Where the verdict does not follow. Raises whatever a report of another form makes Python raise."""
    told = report.get("verdicts")
    if told is None or NAME not in policies:
        return
    policy = policy_of(policies[NAME])
    if told["policy"]["sha256"] != policy.digest:
        yield "the verdict was made by another policy than the one in the pack"
        return
    refs = _refs(report)
    for one in (told["estate"], *told["services"]):
        for why in _follows(one, policy, refs):
            yield f"the verdict on {one['name']!r:.60}: {why}"
    yield from _coverage_faults(report, told["estate"], policy)


def computed(report: Json, policies: Json) -> bool:
    return report.get("verdicts") is not None and NAME in policies


def _refs(report: Json) -> set[str]:
    seen = {one["ref"] for issue in report["issues"] for one in issue["occurrences"]}
    return seen | {one["ref"] for one in report.get("carried") or ()}


def _follows(one: Json, policy: Policy, refs: set[str]) -> Iterator[str]:
    """From its lines, and the lines from their values."""
    for part, rules in (("gate", policy.gate), ("rules", policy.rules)):
        if [line["id"] for line in one[part]] != [rule.id for rule in rules]:
            yield f"its {part} are not those of the policy"
            return
        for line, rule in zip(one[part], rules, strict=True):
            yield from _line_faults(line, rule, refs)
    failed = [line for line in one["rules"] if not line["holds"]]
    ceiling = worst(Verdict(line["otherwise"]) for line in failed if line["value"] is not None)
    enough = all(line["holds"] for line in one["gate"]) and all(line["value"] is not None for line in failed)
    verdict = ceiling if enough else Verdict.INSUFFICIENT
    if (one["verdict"], one["ceiling"]) != (verdict.value, ceiling.value):
        yield (
            f"it says {one['verdict']}, not better than {one['ceiling']}; "
            f"by its lines it is {verdict.value}, not better than {ceiling.value}"
        )


def _line_faults(line: Json, rule: Rule, refs: set[str]) -> Iterator[str]:
    bound, value = rule.bound, line["value"]
    if line["otherwise"] != rule.otherwise.value:
        yield f"the line {rule.id} leads to {line['otherwise']}, in the policy to {rule.otherwise.value}"
    if unknown := sorted(set(line["refs"]) - refs):
        yield f"the line {rule.id} names {unknown[0]}, which is not in the report"
    if not isinstance(bound, CountBound | DoubtBound) or value is None:
        return
    counted = len(line["refs"] if isinstance(bound, CountBound) else line["names"])
    exact = isinstance(bound, DoubtBound) or bound.occurrences
    if value > counted or (exact and value != counted) or (counted and not value):
        yield f"the line {rule.id} counts {value} and names {counted}"
    if line["holds"] != (value <= bound.at_most):
        yield f"the line {rule.id} is told the wrong way round: {value} of at most {bound.at_most}"


def _coverage_faults(report: Json, told: Json, policy: Policy) -> Iterator[str]:
    """Who was looked at, area by area. Not where assets count of which the report has no row."""
    assets = [_looked(one) for one in report["assets"]]
    if {one["asset_uid"] for one in report.get("carried") or ()} - {asset.uid for asset in assets}:
        return
    areas = {key: Area(**area) for key, area in report["estate"]["areas"].items()}
    again = judge(policy, Basis("estate", told["name"], tuple(assets), areas, ()))
    for line, said in zip((*again.gate, *again.rules), (*told["gate"], *told["rules"]), strict=False):
        short = [{"name": part.name, "got": part.got, "of": part.of} for part in line.parts]
        if isinstance(line.rule.bound, CoverageBound) and (line.holds, short) != (said["holds"], said["short"]):
            found = _said(line.holds, short)
            yield f"the line {line.rule.id}: by the assets' rows it {found}, and the report says otherwise"


def _said(holds: bool, short: Sequence[Json]) -> str:
    named = ", ".join(f"{one['name']} ({one['got']} of {one['of']})" for one in short[:5])
    return "holds" if holds else f"falls short in {named or 'all'}"


def _fully(one: Json) -> bool:
    """As AssetCoverage.fully_assessed has it, from the row's own numbers."""
    ended = one["outcomes"]
    lacking = ended["not_assessed"] + ended["error"] - one.get("waiting", 0)
    return bool(one["logged_in"]) and sum(ended.values()) > 0 and lacking == 0


def _looked(one: Json) -> Looked:
    inventory = one["inventory"]
    step = furthest(
        attempted=one["attempted"],
        reached=one["reached"],
        logged_in=one["logged_in"],
        privileged=one["privilege"] == "root",
        fully_assessed=_fully(one),
    )
    return Looked(
        uid=one["uid"],
        name=one["name"],
        step=step,
        area=inventory["area"] or "",
        service=inventory["service"] or "",
        supplier=inventory["supplier"] or "",
        kind=inventory["kind"],
        exposure=inventory["exposure"],
        reason="",
        has_login=inventory["connection"]["way"] != NO_LOGIN,
    )
