"""What another tool said, as check runs of the record: one check for each rule, ``import.<tool>.<rule>``. Pure.

One subject of one asset has one run of a check: of several results the gravest is kept, and a fail hides every pass.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from checks.check import MAX_OBSERVED, Check, Context, Remedy
from checks.finding import CheckRun, Member, Outcome, Ruling, Subject, printable
from checks.import_proof import PREFIX
from inventory.asset import Asset, Privilege
from scanner.importers.imported import Host, Result, Rule
from scanner.importers.redaction import redacted_text
from scanner.store.imports import ForeignRule
from scanner.store.records import FindingRow

FACT = "imported"  # the query under which a host's part of the file is kept
GRAVEST = (Outcome.FAIL, Outcome.ERROR, Outcome.NOT_ASSESSED, Outcome.PASS, Outcome.NOT_APPLICABLE)
EXPECTED = "import.nmap.open-port"
GONE = "the tool lists all that there are on this port, and this one is no longer among them"
MEANT = "; the inventory expects it"  # ends the sentence of an open port
_WORD = re.compile(r"[^A-Za-z0-9._-]+")
MAX_RULE = 90  # characters of a rule in the id of a check; a check's id has up to 128
MAX_KEY = 300


@dataclass(frozen=True, slots=True)
class Judged:
    """What one file says of one asset."""

    runs: tuple[CheckRun, ...]
    rules: Mapping[str, Rule]  # by check id


def check_id(tool: str, rule: str) -> str:
    """The same rule has the same id for ever. What an id cannot hold is replaced, and told apart by a digest."""
    word = _WORD.sub("-", rule).strip("-.")
    if word != rule or len(word) > MAX_RULE:
        word = f"{word[:MAX_RULE]}-{hashlib.sha256(rule.encode()).hexdigest()[:8]}"
    return f"{PREFIX}{tool}.{word}"


def judge(tool: str, asset: Asset, hosts: Sequence[Host], known: Sequence[FindingRow]) -> Judged:
    """``known`` are this tool's open findings of the asset."""
    found: dict[tuple[str, Subject], tuple[Result, Privilege]] = {}
    for host in hosts:
        for result in host.results:
            key = (check_id(tool, result.rule.id), _clean(result.subject))
            told = _expected(asset, key[0], result)
            kept = found.get(key)
            found[key] = (told, host.privilege) if kept is None else (_gravest(kept[0], told), _least(kept[1], host))
    rules = _rules((name, result) for (name, _), (result, _) in found.items())
    runs = [_run(name, subject, *told) for (name, subject), told in found.items()]
    gone = list(_gone(tool, hosts, known, set(found)))
    return Judged((*runs, *gone), rules)


def _clean(subject: Subject) -> Subject:
    return Subject(subject.kind, printable(subject.key)[:MAX_KEY])


def _least(privilege: Privilege, host: Host) -> Privilege:
    return min(privilege, host.privilege, key=lambda one: one.rank)


def _expected(asset: Asset, name: str, result: Result) -> Result:
    """A port that the inventory names is no weakness."""
    if name == EXPECTED and result.outcome is Outcome.FAIL and result.subject.key in (asset.expected_ports or ()):
        return replace(result, outcome=Outcome.PASS, observed=f"{result.observed}{MEANT}")
    return result


def _gravest(one: Result, other: Result) -> Result:
    first, second = sorted((one, other), key=lambda result: GRAVEST.index(result.outcome))
    if first.outcome is not Outcome.FAIL or second.outcome is not Outcome.FAIL:
        return first
    members = {member.id: member for member in (*second.members, *first.members)}
    ranks = [r.severity or r.rule.severity for r in (first, second)]
    worst = min(ranks, key=lambda severity: severity.rank)
    return replace(first, severity=worst, members=tuple(members[name] for name in sorted(members)))


def _rules(results: Iterable[tuple[str, Result]]) -> dict[str, Rule]:
    """Of a rule that is told in several ways the one that fails worst: a pass often leaves out what the rule is."""
    found: dict[str, tuple[int, int, Rule]] = {}
    for name, result in results:
        place = (GRAVEST.index(result.outcome), result.rule.severity.rank)
        if name not in found or place < found[name][:2]:
            found[name] = (*place, result.rule)
    return {name: rule for name, (_, _, rule) in found.items()}


def _run(name: str, subject: Subject, result: Result, privilege: Privilege) -> CheckRun:
    severity = result.severity or result.rule.severity
    failing = result.outcome is Outcome.FAIL
    return CheckRun(
        check_id=name,
        check_version=1,
        outcome=result.outcome,
        observed=printable(redacted_text(result.observed))[:MAX_OBSERVED],
        subject=subject,
        reason=result.reason if result.outcome is Outcome.NOT_ASSESSED else None,
        privilege=privilege,
        facts=(FACT,),
        severity=severity if failing else None,  # always told: no catalogue knows the rule
        members=tuple(map(_clean_member, result.members)) if failing else (),
    )


def _clean_member(member: Member) -> Member:
    return replace(member, id=printable(member.id)[:MAX_KEY])


def _gone(
    tool: str, hosts: Sequence[Host], known: Sequence[FindingRow], said: set[tuple[str, Subject]]
) -> Iterator[CheckRun]:
    """What failed before and is lacking in a list that is complete."""
    whole = {(f"{PREFIX}{tool}.{start}", _clean(subject)) for host in hosts for start, subject in host.complete}
    least = min((host.privilege for host in hosts), key=lambda one: one.rank, default=Privilege.NONE)
    for row in known:
        listed = any(row.check_id.startswith(start) and row.subject == subject for start, subject in whole)
        if listed and (row.check_id, row.subject) not in said:
            yield CheckRun(row.check_id, 1, Outcome.PASS, GONE, row.subject, privilege=least, facts=(FACT,))


def kept(rule: Rule) -> ForeignRule:
    """What the record keeps of a rule."""
    return ForeignRule(
        title=printable(redacted_text(rule.title)) or "A rule without a title",
        severity=rule.severity,
        theme=rule.theme,
        rationale=printable(redacted_text(rule.rationale)),
        remedy=printable(redacted_text(rule.remedy)),
        references=tuple(printable(one) for one in rule.references),
        scores=tuple((score.source, printable(score.vector), score.score) for score in rule.scores),
    )


def as_check(name: str, rule: ForeignRule) -> Check:
    """A rule of another tool in the shape of our checks, for reports. It is never run."""
    return Check(
        id=name,
        title=rule.title,
        severity=rule.severity,
        theme=rule.theme,
        rationale=rule.rationale or "The tool that reported it gives no reason.",
        remedy=Remedy(rule.remedy or "The tool that reported it names no remedy."),
        needs=(FACT,),
        privilege=Privilege.NONE,
        rule=_never,
        references=rule.references,
        default=False,
        source=PREFIX + name.removeprefix(PREFIX).partition(".")[0],
    )


def _never(_: Context) -> Iterable[Ruling]:
    return ()
