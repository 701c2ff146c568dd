"""Two reports held against each other. Pure: two :class:`Side` in, a :class:`Comparison` out.

Three rules. Nothing is fixed because it is absent: only a proof of the second scan, or an event of the record, says
so. What is absent has a reason, and the first that fits is told: not in scope, not reached, not logged in, check not
run, not judged, another rule, other data. And every finding stands once, so that the sums add up:

    before = FIXED + DECIDED + NOT_SEEN that is gone + what counts in both
    after  = NEW + REGRESSED that is not in before + what counts in both
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from checks.coverage import Step
from checks.finding import Severity
from checks.import_proof import is_imported
from reports.compare_coverage import coverage_change, difference_of
from reports.compare_data import (
    Change,
    CheckTold,
    Comparison,
    Ending,
    IssueChange,
    Kind,
    Rerate,
    Seen,
    Side,
    Units,
    Why,
)
from reports.compare_variance import variance
from reports.text import listing

FIXED_STATES = ("VERIFIED_FIXED",)
DECIDED_STATES = ("FALSE_POSITIVE", "OUT_OF_SERVICE")
STALE = "STALE"
MOST_MEMBERS = 3  # named where they moved a rating
_ORDER = {kind: n for n, kind in enumerate(Kind)}


def compare(was: Side, now: Side, endings: Mapping[str, Ending] | None = None) -> Comparison:
    """``endings``: fingerprint -> how it stood in the record at the end of the second scan, of what that closed."""
    later = is_later(was, now)
    judge = _Judge(was, now, later, endings or {})
    changes = tuple(sorted(judge.changes(), key=_rank))
    kinds = {kind: units(c.it for c in changes if c.kind is kind) for kind in Kind}
    return Comparison(
        was=was,
        now=now,
        later=later,
        changes=changes,
        issues=_issues(changes),
        before=units(was.findings.values()),
        after=units(now.findings.values()),
        kinds={kind: told for kind, told in kinds.items() if told.occurrences},
        rerated=units(c.it for c in changes if c.rerate),
        coverage=coverage_change(was, now),
        differences=difference_of(was, now),
        variance=tuple(variance(was, now, grouping) for grouping in ("supplier", "area")),
        endings=endings or {},
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """One supplier, for whom a comparison is cut. ``policies``: ids of the clock policies that are its own business.

    ``mask`` goes over what a target, a tool or a rule said.
    """

    supplier: str
    policies: Container[str] = ()
    mask: Callable[[str], str] = str


def cut(told: Comparison, reader: Reader) -> Comparison:
    """What one supplier may see of it: nothing of others is left, in no count and in no name.

    An asset belongs to whom the second report says, with all that was found on it before; one that is only in the
    first, to whom that says. So the same assets are held against each other, also where it took one over.
    """
    mine = {
        uid for side in (told.was, told.now) for uid, place in side.assets.items() if place.supplier == reader.supplier
    }
    uids = {uid for uid in mine if uid not in told.now.assets or told.now.assets[uid].supplier == reader.supplier}
    was, now = only(told.was, uids, reader), only(told.now, uids, reader)
    return compare(was, now, {key: one for key, one in told.endings.items() if key in was.findings})


def only(side: Side, uids: Container[str], reader: Reader) -> Side:
    """One side with these assets, and nothing that stands there because of others."""
    owner = reader.supplier
    assets = {uid: replace(place, supplier=owner) for uid, place in side.assets.items() if uid in uids}
    areas = {place.area for place in assets.values()}
    findings, fixed = (_of(found, uids, reader.mask) for found in (side.findings, side.fixed))
    members, findings, fixed = _members(side.members, findings, fixed)
    named = {one.check_id for one in (*findings.values(), *fixed.values())}
    gaps = {key: reason for key, reason in side.gaps.items() if key[0] in uids}
    named |= {check_id for _, check_id in gaps}
    return replace(
        side,
        basis={name: value for name, value in side.basis.items() if _concerns(name, reader)},
        checks={key: one for key, one in side.checks.items() if key in named or not is_imported(key)},
        assets=assets,
        findings=findings,
        fixed=fixed,
        gaps=gaps,
        areas={key: name for key, name in side.areas.items() if key in areas},
        suppliers={key: name for key, name in side.suppliers.items() if key == owner},
        members=members,
        breached=None if side.breached is None else side.breached & findings.keys(),
    )


def _concerns(name: str, reader: Reader) -> bool:
    """Options may name hosts, clock policies contracts; of verdicts a supplier is told nothing."""
    kind, _, rest = name.partition("clock policy ")
    return rest in reader.policies if not kind and rest else not name.startswith(("option ", "accreditation policy"))


def _of(found: Mapping[str, Seen], uids: Container[str], mask: Callable[[str], str]) -> dict[str, Seen]:
    return {
        key: replace(
            one,
            observed=mask(one.observed),
            subject=mask(one.subject),
            title=mask(one.title),
            unit=mask(one.unit),
            lines=tuple(map(mask, one.lines)),
        )
        for key, one in found.items()
        if one.asset_uid in uids
    }


def _members(table: Sequence[str], *some: dict[str, Seen]) -> tuple[Any, ...]:
    """The ids that these findings name, and the findings with their new positions."""
    used = sorted({n for found in some for one in found.values() for n in one.members})
    places = {old: new for new, old in enumerate(used)}
    moved = (
        {key: replace(one, members=tuple(places[n] for n in one.members)) for key, one in found.items()}
        for found in some
    )
    return tuple(table[n] for n in used), *moved


def is_later(was: Side, now: Side) -> bool:
    """Whether the second report can prove anything about the first: its scan began after that of the first."""
    return (now.started, now.scan) > (was.started, was.scan)


def units(findings: Iterable[Seen]) -> Units:
    """Issues, occurrences, assets and root causes: counted as in docs/report.md."""
    found = tuple(findings)
    causes = {(one.theme, one.unit or ".".join(one.check_id.split(".")[:2])) for one in found}
    return Units(len({o.issue for o in found}), len(found), len({o.asset_uid for o in found}), len(causes))


def _rank(change: Change) -> tuple[object, ...]:
    it = change.it
    return _ORDER[change.kind], it.severity.rank, it.check_id, it.unit, it.asset, it.subject, it.key


class _Judge:
    def __init__(self, was: Side, now: Side, later: bool, endings: Mapping[str, Ending]) -> None:
        self.was, self.now, self.later, self.endings = was, now, later, endings
        self._same_data = _data_of(was) == _data_of(now)

    def changes(self) -> Iterable[Change]:
        for key in {**self.was.findings, **self.now.findings}:
            yield self._of(self.was.findings.get(key), self.now.findings.get(key))
        for key, one in self.now.fixed.items():
            known = key in self.was.findings or key in self.now.findings or key in self.was.fixed
            if self.later and not known:
                yield Change(Kind.BETWEEN, None, one, proof=self.endings.get(key), proven_by=self.now.report_id)

    def _of(self, was: Seen | None, now: Seen | None) -> Change:
        if was is not None and now is not None:
            return self._in_both(was, now)
        if was is not None:
            return self._gone(was)
        if now is None:
            raise ValueError("a finding is in neither report")
        return self._came(now)

    def _in_both(self, was: Seen, now: Seen) -> Change:
        was, now = _explained_by(was, now, self.was), _explained_by(now, was, self.now)
        rerate = _rerate(was, now, self.was, self.now)
        if now.state == STALE != was.state:
            return Change(Kind.STALE, was, now, *self._absent(now, self.now), rerate=rerate)
        if self.later and now.episode > was.episode:
            return Change(Kind.REGRESSED, was, now, detail=self._other_cves(was, now), rerate=rerate)
        if was.seen and not now.seen:
            return Change(Kind.NOT_SEEN, was, now, *self._absent(was, self.now), rerate=rerate)
        kind = Kind.SEEN_AGAIN if now.seen and not was.seen else Kind.STAYED
        return Change(kind, was, now, rerate=rerate)

    def _other_cves(self, was: Seen, now: Seen) -> str:
        """A package whose update was installed can lack a newer one: the same finding, another weakness."""
        old, new = _cves(was, self.was), _cves(now, self.now)
        return "other CVEs than in the first report: a newer update is missing" if old and new and not old & new else ""

    def _gone(self, was: Seen) -> Change:
        ending, fix = self.endings.get(was.key), self.now.fixed.get(was.key)
        if self.later and ending is not None and ending.state in FIXED_STATES:
            return Change(Kind.FIXED, was, None, proof=ending, proven_by=self.now.report_id if fix else "")
        if self.later and fix is not None and _same_finding(was, fix):
            return Change(Kind.FIXED, was, None, proven_by=self.now.report_id)
        if self.later and ending is not None and ending.state in DECIDED_STATES:
            return Change(Kind.DECIDED, was, None, detail=ending.why, proof=ending)
        if self.later and fix is not None:
            return Change(Kind.NOT_SEEN, was, None, Why.OTHER_RECORD, f"there it is {fix.ref}")
        return Change(Kind.NOT_SEEN, was, None, *self._absent(was, self.now))

    def _came(self, now: Seen) -> Change:
        kind = Kind.REGRESSED if self.later and (now.key in self.was.fixed or now.episode > 1) else Kind.NEW
        return Change(kind, None, now, *self._absent(now, self.was))

    def _absent(self, one: Seen, other: Side) -> tuple[Why, str]:
        """Why ``other`` does not name it: the first reason that fits."""
        place = other.assets.get(one.asset_uid)
        if place is None:
            return Why.OUT_OF_SCOPE, ""
        if place.step.rank < Step.REACHED.rank:
            return Why.NOT_REACHED, place.reason
        if place.has_login and place.step.rank < Step.LOGGED_IN.rank:
            return Why.NO_LOGIN, place.reason
        if one.check_id not in other.checks:
            return Why.CHECK_NOT_RUN, one.check_id
        gap = other.gaps.get((place.uid, one.check_id))
        if gap is not None:
            return Why.NOT_JUDGED, gap
        return self._judged(one, other)

    def _judged(self, one: Seen, other: Side) -> tuple[Why, str]:
        """It was looked at there: another rule, other data, or an outcome that proves nothing."""
        old, new = self.was.checks.get(one.check_id), self.now.checks.get(one.check_id)
        if old and new and old.version != new.version:
            return Why.RULE_CHANGED, f"version {old.version} then, {new.version} now"
        if not self._same_data and one.members:
            return Why.DATA_CHANGED, ""
        if other is self.was:
            return Why.LOOKED, ""
        return (Why.NO_PROOF if self.later else Why.EARLIER), ""


def _explained_by(one: Seen, other: Seen, side: Side) -> Seen:
    """What is carried of a check that did not run has no rating of its own: then that of the other report stands."""
    if one.seen or one.check_id in side.checks:
        return one
    told = {name: getattr(other, name) for name in ("check_id", "unit", "title", "theme", "severity", "level", "lines")}
    return replace(one, **told)


def _data_of(side: Side) -> dict[str, str]:
    return {name: value for name, value in side.basis.items() if name.startswith("feed ")}


def _same_finding(one: Seen, other: Seen) -> bool:
    """Of the same record: a fingerprint is made of names, so two records can have the same one."""
    return (one.key, one.ref, one.first_seen) == (other.key, other.ref, other.first_seen)


def _rerate(was: Seen, now: Seen, first: Side, second: Side) -> Rerate | None:
    if was.severity is now.severity and was.level is now.level:
        return None
    gone = tuple(line for line in was.lines if line not in now.lines)
    came = tuple(line for line in now.lines if line not in was.lines)
    return Rerate((was.severity, now.severity), (was.level, now.level), gone, came, _because(was, now, first, second))


def _cves(one: Seen, side: Side) -> set[str]:
    return {side.members[n] for n in one.members}


def _because(was: Seen, now: Seen, first: Side, second: Side) -> str:
    """Where the severity moved: by other CVEs, or by the check's own rating."""
    if was.severity is now.severity:
        return ""
    old, new = _cves(was, first), _cves(now, second)
    told = [
        f"{word} {listing(sorted(some), MOST_MEMBERS)}"
        for word, some in (("with", new - old), ("without", old - new))
        if some
    ]
    if told:
        return f"the list of its CVEs changed: {', '.join(told)}"
    one, other = first.checks.get(was.check_id), second.checks.get(now.check_id)
    return _rating(one, other) or ("a CVE of it was rated anew" if new else "")


def _rating(was: CheckTold | None, now: CheckTold | None) -> str:
    if was is None or now is None or was.severity is now.severity:
        return ""
    return f"the check is rated {now.severity.value}, it was {was.severity.value}"


def _issues(changes: Iterable[Change]) -> tuple[IssueChange, ...]:
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault(change.it.issue, []).append(change)
    return tuple(sorted((_issue(found) for found in groups.values()), key=_issue_rank))


def _issue(found: list[Change]) -> IssueChange:
    it = found[0].it
    was = [c.was for c in found if c.was is not None]
    now = [c.now for c in found if c.now is not None and c.kind is not Kind.BETWEEN]
    return IssueChange(
        check_id=it.check_id,
        unit=it.unit,
        title=it.title,
        theme=it.theme,
        was=_worst(was),
        now=_worst(now),
        before=len(was),
        after=len(now),
        kinds=dict(sorted(Counter(c.kind for c in found).items(), key=lambda item: _ORDER[item[0]])),
        rerated=sum(c.rerate is not None for c in found),
    )


def _worst(found: Iterable[Seen]) -> Severity | None:
    return min((one.severity for one in found), key=lambda severity: severity.rank, default=None)


def _issue_rank(one: IssueChange) -> tuple[object, ...]:
    severity = one.now or one.was or Severity.INFO
    return severity.rank, one.check_id, one.unit
