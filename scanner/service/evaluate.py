"""Evaluate: today's feeds and rules over the evidence that is stored. No connection is made; nothing is closed.

The last visit of each asset is judged again as of now. A check is run when it reads a feed, or when the catalogue is no
longer the one that the visit was judged with.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.advisories.support import SupportDates
from checks.check import Check, Context
from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from checks.lifecycle import answers_fact
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.engine import fact_of
from scanner.probes import PROBES
from scanner.probes.script import ScriptProbe
from scanner.query import Answer
from scanner.service.planned import reads_advisories, reads_support
from scanner.store.store import Store
from scanner.store.visits import Asked, Kept, Share

REMEMBERED = 2_000  # facts of small answers; hosts of one kind share them
MAX_PAIRS = 50_000  # of lists of members
REMEMBERED_BYTES = 16_384  # of an answer: larger ones are of one host only


class What(StrEnum):
    NEW = "new"  # fails now, did not then
    WORSE = "worse"  # failed then; more members or a higher severity now
    BETTER = "better"  # failed then; fewer members or a lower severity now
    GONE = "gone"  # failed then, passes now: proof needs a new visit
    UNSURE = "unsure"  # was judged then, cannot be now


@dataclass(frozen=True, slots=True)
class Change:
    """What judging again makes of one check on one subject of one asset, where it differs from the visit's verdict."""

    what: What
    asset: str
    check_id: str
    subject: Subject
    severity: Severity
    observed: str
    added: tuple[Member, ...] = ()
    dropped: tuple[str, ...] = ()  # ids of members


@dataclass(frozen=True, slots=True)
class Judged:
    """One asset judged again."""

    visit: Kept
    facts: Mapping[str, Any]
    runs: tuple[CheckRun, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is judged with."""

    checks: tuple[Check, ...]
    catalogue_digest: str  # of the whole catalogue; "" judges every check of every visit
    support: SupportDates
    advisories: Advisories | None
    now: datetime

    @property
    def notes(self) -> tuple[FeedNote, ...]:
        return self.advisories.notes if self.advisories else ()

    def due(self, catalogue_digest: str) -> tuple[Check, ...]:
        """What is to be judged again of a visit that was judged with that catalogue."""
        if catalogue_digest != self.catalogue_digest:
            return self.checks
        return tuple(check for check in self.checks if reads_feeds(check))

    def asked(self, catalogue_digest: str, also: Sequence[str] = ()) -> Asked:
        checks = self.due(catalogue_digest)
        facts = {fact for check in checks for fact in facts_of(check)}
        return Asked(tuple(sorted({*facts, *also})), tuple(check.id for check in checks))


@dataclass
class Evaluated:
    """What judging many assets again came to."""

    hosts: int = 0
    oldest: datetime | None = None  # evidence
    newest: datetime | None = None
    changes: list[Change] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        at = judged.visit.finished_at
        self.merge(Evaluated(1, at, at, list(judged.changes)))

    def merge(self, other: "Evaluated") -> None:
        self.hosts += other.hosts
        self.oldest = min((at for at in (self.oldest, other.oldest) if at), default=None)
        self.newest = max((at for at in (self.newest, other.newest) if at), default=None)
        self.changes += other.changes


def evaluate(
    store: Store,
    rules: Rules,
    chosen: Callable[[Asset], bool] = lambda _: True,
    also: Sequence[str] = (),
    share: Share = Share(),  # noqa: B008 (frozen)
) -> Iterator[Judged]:
    """Every asset that was ever looked at and is ``chosen``. ``also``: further queries to read.

    Raises :class:`StoreError`.
    """
    judging = _Judging(rules)
    for visit in store.latest_visits(lambda digest: rules.asked(digest, also), share):
        if chosen(visit.asset):
            yield judging.again(visit)


def matching(limit: Sequence[str]) -> Callable[[Asset], bool]:
    """Assets whose name or group matches one of the patterns; every one when there is none."""

    def chosen(asset: Asset) -> bool:
        return not limit or any(fnmatchcase(name, glob) for glob in limit for name in (asset.name, *asset.groups))

    return chosen


def reads_feeds(check: Check) -> bool:
    return reads_support(check) or reads_advisories(check)


def facts_of(check: Check) -> tuple[str, ...]:
    return (*check.needs, *check.uses)


class _Judging:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._differences = _Differences()
        self._known: OrderedDict[tuple[str, ...], object] = OrderedDict()

    def again(self, visit: Kept) -> Judged:
        checks = self._rules.due(visit.catalogue_digest)
        facts, rights = self._facts(visit, {fact for check in checks for fact in facts_of(check)})
        context = Context(visit.asset, facts, self._rules.now, self._rules.support, self._rules.advisories)
        runs = tuple(run for check in checks for run in check.judge(context, rights))
        return Judged(visit, facts, runs, tuple(_changes(visit, checks, runs, self._differences)))

    def _facts(self, visit: Kept, names: set[str]) -> tuple[dict[str, Any], dict[str, Privilege]]:
        facts: dict[str, Any] = {}
        rights: dict[str, Privilege] = {}
        for name in names:
            places = [at for at, answer in enumerate(visit.answers) if answers_fact(answer.query, name)]
            answers = [visit.answers[at] for at in places]
            facts[name] = self._fact(name, visit, answers, [visit.digests[at] for at in places])
            rights[name] = min((a.privilege for a in answers), key=lambda p: p.rank, default=Privilege.NONE)
        return facts, rights

    def _fact(self, name: str, visit: Kept, answers: Sequence[Answer], digests: Sequence[str]) -> object:
        if not answers:
            return Missing(Reason.NOT_ATTEMPTED, f"the visit of {visit.finished_at:%Y-%m-%d} did not ask for {name}")
        small = sum(len(answer.output) for answer in answers) <= REMEMBERED_BYTES
        shared = small and not _gap(answers) and isinstance(PROBES[name], ScriptProbe)  # it reads nothing but answers
        key = (name, *digests)
        if not shared or key not in self._known:
            made = fact_of(PROBES[name], visit.asset, answers)
            if not shared:
                return made
            self._known[key] = made
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]


def _gap(answers: Sequence[Answer]) -> bool:
    return any(answer.missing for answer in answers)


def _changes(
    visit: Kept, checks: Sequence[Check], runs: Sequence[CheckRun], differences: "_Differences"
) -> Iterator[Change]:
    by_id = {check.id: check for check in checks}
    before, after = _by_subject(visit.runs), _by_subject(runs)
    gaps = {run.check_id: run for run in runs if run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR)}
    for (check_id, subject), run in after.items():
        then = before.get((check_id, subject))
        if run.outcome is Outcome.FAIL:
            yield from _failing(visit.asset, by_id[check_id], then, run, differences)
    for (check_id, subject), then in before.items():
        if then.outcome is Outcome.FAIL and check_id in by_id:
            now = after.get((check_id, subject)) or gaps.get(check_id)
            yield from _no_longer_failing(visit.asset, by_id[check_id], then, now)


def _by_subject(runs: Sequence[CheckRun]) -> Mapping[tuple[str, Subject], CheckRun]:
    return {(run.check_id, run.subject): run for run in runs}


def _failing(
    asset: Asset, check: Check, then: CheckRun | None, run: CheckRun, differences: "_Differences"
) -> Iterator[Change]:
    severity = run.severity or check.severity
    added, dropped = differences.between(then.members if then else (), run.members)
    told = (asset.name, check.id, run.subject, severity, run.observed, added, dropped)
    if then is None or then.outcome is not Outcome.FAIL:
        yield Change(What.NEW, *told)
        return
    rank = (then.severity or check.severity).rank
    if added or severity.rank < rank:
        yield Change(What.WORSE, *told)
    elif dropped or severity.rank > rank:
        yield Change(What.BETTER, *told)


def _no_longer_failing(asset: Asset, check: Check, then: CheckRun, now: CheckRun | None) -> Iterator[Change]:
    if now is not None and now.outcome is Outcome.FAIL:
        return
    severity, dropped = then.severity or check.severity, tuple(member.id for member in then.members)
    if now is None or now.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        told = now.observed if now else f"{then.subject} is no longer among what fails"
        yield Change(What.GONE, asset.name, check.id, then.subject, severity, told, (), dropped)
    else:
        yield Change(What.UNSURE, asset.name, check.id, then.subject, severity, now.observed, (), dropped)


class _Differences:
    """Between two lists of members. Hosts share them by the thousand, so each pair is compared once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[object, object, tuple[Member, ...], tuple[str, ...]]] = {}

    def between(self, then: tuple[Member, ...], now: tuple[Member, ...]) -> tuple[tuple[Member, ...], tuple[str, ...]]:
        """What came, and the ids of what went."""
        key = (id(then), id(now))
        if key not in self._known:
            if len(self._known) >= MAX_PAIRS:
                self._known.clear()
            before, after = {member.id for member in then}, {member.id for member in now}
            added = tuple(member for member in now if member.id not in before)
            self._known[key] = (then, now, added, tuple(sorted(before - after)))  # kept alive: their ids stay theirs
        return self._known[key][2:]
