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
from functools import lru_cache
from typing import Any

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.advisories.support import SupportDates
from checks.check import Check, Context
from checks.estate import query_of
from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from checks.lifecycle import answers_fact
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from inventory.policy import NO_POLICY, Policy
from scanner.engine import fact_of
from scanner.probes import Kind, kind_of, probes_of
from scanner.probes.script import ScriptProbe
from scanner.query import Answer
from scanner.service.bench import concerning
from scanner.service.estate_checks import judged_again
from scanner.service.planned import reads_advisories, reads_policy, reads_support
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
    policy: Policy = NO_POLICY

    @property
    def notes(self) -> tuple[FeedNote, ...]:
        return self.advisories.notes if self.advisories else ()

    def due(self, catalogue_digest: str) -> tuple[Check, ...]:
        """What is to be judged again of a visit that was judged with that catalogue."""
        if catalogue_digest != self.catalogue_digest:
            return self.checks
        return tuple(check for check in self.checks if reads_feeds(check) or reads_policy(check))

    def asked(self, catalogue_digest: str, also: Sequence[str] = ()) -> Asked:
        checks = self.due(catalogue_digest)
        facts = {
            fact for check in checks for fact in (*facts_of(check), *([query_of(check.id)] if check.gathers else []))
        }
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
    for visit in store.latest_visits(lambda digest: rules.asked(digest, also), share, chosen):
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
        self._feeds = (rules.now, rules.support, rules.advisories, rules.policy)
        self._checks: dict[tuple[str, Kind], tuple[Check, ...]] = {}
        self._differences = _Differences()
        self._known: OrderedDict[tuple[str, ...], object] = OrderedDict()
        self._estate = tuple(check for check in rules.checks if check.gathers)  # judged again where their list was read

    def again(self, visit: Kept) -> Judged:
        checks = self._due(visit)
        facts, rights = self._facts(visit, {fact for check in checks for fact in facts_of(check)})
        context = Context(visit.asset, facts, *self._feeds)
        runs = tuple(run for check in checks for run in check.judge(context, rights))
        if self._estate:
            beside = tuple(judged_again(self._estate, visit.asset, visit.answers, self._rules.now, self._rules.policy))
            checks, runs = (
                (*checks, *(check for check, _ in beside)),
                (*runs, *(run for _, found in beside for run in found)),
            )
        return Judged(visit, facts, runs, tuple(_changes(visit, checks, runs, self._differences)))

    def _due(self, visit: Kept) -> tuple[Check, ...]:
        key = (visit.catalogue_digest, kind_of(visit.asset))
        if key not in self._checks:
            self._checks[key] = concerning(self._rules.due(key[0]), visit.asset)
        return self._checks[key]

    def _facts(self, visit: Kept, names: set[str]) -> tuple[dict[str, Any], dict[str, Privilege]]:
        facts: dict[str, Any] = {}
        rights: dict[str, Privilege] = {}
        asked = tuple([answer.query for answer in visit.answers])
        for name in names:
            places = _places(name, asked)
            answers = [visit.answers[at] for at in places]
            facts[name] = self._fact(name, visit, answers, [visit.digests[at] for at in places])
            rights[name] = min((a.privilege for a in answers), key=lambda p: p.rank, default=Privilege.NONE)
        return facts, rights

    def _fact(self, name: str, visit: Kept, answers: Sequence[Answer], digests: Sequence[str]) -> object:
        if not answers:
            return Missing(Reason.NOT_ATTEMPTED, f"the visit of {visit.finished_at:%Y-%m-%d} did not ask for {name}")
        small = sum(len(answer.output) for answer in answers) <= REMEMBERED_BYTES
        probe = probes_of(visit.asset.connection.way)[name]
        shared = small and not _gap(answers) and isinstance(probe, ScriptProbe)  # it reads nothing but answers
        key = (name, *digests)
        if not shared or key not in self._known:
            made = fact_of(probe, visit.asset, answers)
            if not shared:
                return made
            self._known[key] = made
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]


@lru_cache(maxsize=1_000)  # hosts of one kind were asked the same
def _places(name: str, asked: tuple[str, ...]) -> tuple[int, ...]:
    """Of the answers that a fact is read from."""
    return tuple(at for at, query in enumerate(asked) if answers_fact(query, name))


def _gap(answers: Sequence[Answer]) -> bool:
    return any(answer.missing for answer in answers)


def _changes(
    visit: Kept, checks: Sequence[Check], runs: Sequence[CheckRun], differences: "_Differences"
) -> Iterator[Change]:
    by_id = {check.id: check for check in checks}
    stored, made = differences.unmatched(visit.runs, runs)
    if not any(run.outcome is Outcome.FAIL for run in (*stored, *made)):
        return
    before, after = _by_subject(stored), _by_subject(made)
    gaps = {run.check_id: run for run in made if run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR)}
    for (check_id, subject), run in after.items():
        then = before.get((check_id, subject))
        if run.outcome is Outcome.FAIL:
            found = list(_failing(visit.asset, by_id[check_id], then, run, differences))
            if not found and then is not None:
                differences.match(then, run)
            yield from found
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
    """Between what was stored and what is made now. Hosts share both by the thousand, so each pair is compared once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[object, object, tuple[Member, ...], tuple[str, ...]]] = {}
        self._same: dict[int, tuple[CheckRun, dict[int, CheckRun]]] = {}  # by identity: made now, and stored ones
        self._matched = 0

    def match(self, then: CheckRun, now: CheckRun) -> None:
        """These two fail alike: they need not be looked at again."""
        if self._matched >= MAX_PAIRS:
            self._same.clear()
            self._matched = 0
        self._same.setdefault(id(now), (now, {}))[1][id(then)] = then  # kept alive: their ids stay theirs
        self._matched += 1

    def unmatched(self, then: Sequence[CheckRun], now: Sequence[CheckRun]) -> tuple[list[CheckRun], list[CheckRun]]:
        """Without those that are known to fail alike."""
        stored = {id(run): run for run in then}
        made: list[CheckRun] = []
        same = self._same.get
        for run in now:
            known = same(id(run))
            for twin in known[1] if known is not None else ():
                if twin in stored:
                    del stored[twin]
                    break
            else:
                made.append(run)
        return list(stored.values()), made

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
