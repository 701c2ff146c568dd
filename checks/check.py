"""A check: what it needs, what it says, and how it is run over the facts of one asset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates
from checks.estate import Gather, Gathered, query_of
from checks.finding import CheckRun, Member, Outcome, Ruling, Severity, Subject, not_applicable, not_assessed, printable
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Absent, Missing, Reason
from inventory.policy import NO_POLICY, Policy

if TYPE_CHECKING:
    from checks.example import Example

MAX_OBSERVED = 1000  # characters of an evidence sentence
MOST_RUNS = 8_192  # that are remembered


class Theme(StrEnum):
    """Root cause that findings are counted by (domain.md, Counting)."""

    MISSING_OS_PATCH = "missing OS patch"
    MISSING_APP_PATCH = "missing application patch"
    NO_VENDOR_FIX = "no vendor fix"  # a chapter of its own, never counted as a missing patch
    FIRMWARE = "firmware"
    UNSUPPORTED = "unsupported"
    WEAK_CONFIG = "weak configuration"
    WEAK_CRYPTO = "weak cryptography"
    DEFAULT_CREDENTIAL = "default credential"
    EXPOSED_SERVICE = "exposed service"
    NO_MONITORING = "no monitoring"
    ASSET_UNKNOWN = "unknown asset"
    RESTART_PENDING = "restart pending"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a check may know. The same context gives the same rulings, always."""

    asset: Asset
    facts: Mapping[str, Any]  # name in FACTS -> that fact, Missing or Absent
    now: datetime  # when the facts were collected; handed in
    support: SupportDates | None = None  # None: no feed
    advisories: Advisories | None = None  # None: no feed
    policy: Policy = NO_POLICY
    estate: Gathered | None = None  # None: the other assets were not looked at

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Remedy:
    text: str  # what to do, one or two sentences
    steps: tuple[str, ...] = ()
    verify: str = ""  # how the reader sees that it worked
    risk: str = ""  # what the change may break


@dataclass(frozen=True, slots=True)
class Check:
    id: str  # <surface>.<area>.<condition-that-is-bad>; never renumbered, never reused
    title: str
    severity: Severity
    theme: Theme
    rationale: str  # why it matters, plain English
    remedy: Remedy
    needs: tuple[str, ...]  # names in FACTS
    privilege: Privilege  # needed on the host to get those facts
    rule: Callable[[Context], Iterable[Ruling]] = field(repr=False)
    uses: tuple[str, ...] = ()  # facts that sharpen the judgement where they can be had; without them it is made too
    version: int = 1  # raised when the meaning changes
    references: tuple[str, ...] = ()
    default: bool = True  # False: runs only when asked for by --check
    supersedes: tuple[str, ...] = ()
    family: str = ""  # identity of its findings; "" is the id
    source: str = ""  # file it is written in, for messages
    waived: Callable[[Context], str] | None = field(default=None, repr=False, compare=False)  # see _waiver
    gathers: Gather | None = field(default=None, repr=False, compare=False)  # it judges an asset beside the others
    examples: tuple[Example, ...] = field(default=(), repr=False, compare=False)

    @property
    def surface(self) -> str:
        return self.id.partition(".")[0]

    def judge(self, context: Context, privileges: Mapping[str, Privilege]) -> tuple[CheckRun, ...]:
        """Judge one asset. At least one run comes back; a fault in the rule is an ERROR run, never a pass.

        ``privileges`` tells under which right each fact was read.
        """
        least = _least([privileges.get(name, Privilege.NONE) for name in self.needs])
        judged_from = (*self.needs, *[name for name in self.uses if _had(context.facts.get(name))])
        judged_from += (query_of(self.id),) if self.gathers else ()
        rulings = self._rulings(context)
        if all(ruling.runs is None for ruling in rulings):
            return tuple([self._run(ruling, least, judged_from) for ruling in rulings])
        key = " ".join((self.id, str(self.version), least, *judged_from))  # a text keeps its hash
        return tuple([self._shared(ruling, key, least, judged_from) for ruling in rulings])

    def _shared(self, ruling: Ruling, key: str, least: Privilege, judged_from: tuple[str, ...]) -> CheckRun:
        if ruling.runs is None:
            return self._run(ruling, least, judged_from)
        known = ruling.runs.get(key)
        if known is None:  # few: what facts were had, and under which right
            known = ruling.runs[key] = self._run(ruling, least, judged_from)
        return known

    def _run(self, ruling: Ruling, least: Privilege, judged_from: tuple[str, ...]) -> CheckRun:
        subject = ruling.subject
        alone = ruling.members or len(ruling.observed) + len(subject.key) > MAX_OBSERVED
        said = (ruling.outcome, ruling.observed, subject.kind, subject.key, ruling.reason, ruling.severity)
        made = _run_of if alone else _shared_run_of
        return made(self.id, self.version, least, judged_from, *said, ruling.members)

    def _rulings(self, context: Context) -> list[Ruling]:
        settled = self._waiver(context) or self._gap(context)
        if settled is not None:
            return [settled]
        try:
            return _settled(list(self.rule(context)))
        except Exception as fault:  # noqa: BLE001  # the one task boundary of judging: a broken rule stops no other
            return [Ruling(Outcome.ERROR, f"the check itself failed: {type(fault).__name__}")]

    def _waiver(self, context: Context) -> Ruling | None:
        """The inventory alone says that the check does not apply: then no fact is lacking."""
        why = self.waived(context) if self.waived else ""
        return not_applicable(why) if why else None

    def _gap(self, context: Context) -> Ruling | None:
        """Why this check cannot be run, if so. What is absent comes before what could not be read."""
        states = [context.facts.get(n, Missing(Reason.NOT_ATTEMPTED, f"{n} was not asked for")) for n in self.needs]
        for state in states:
            if isinstance(state, Absent):
                return not_applicable(state.detail)
        for state in states:
            if isinstance(state, Missing):
                return not_assessed(state.reason, state.detail)
        if self.gathers and context.estate is None:
            return not_assessed(Reason.NOT_ATTEMPTED, "the other assets of the estate were not looked at")
        return None


def _run_of(
    check: str,
    version: int,
    privilege: Privilege,
    facts: tuple[str, ...],
    outcome: Outcome,
    observed: str,
    subject_kind: str,
    subject_key: str,
    reason: Reason | None,
    severity: Severity | None,
    members: tuple[Member, ...],
) -> CheckRun:
    return CheckRun(
        check_id=check,
        check_version=version,
        outcome=outcome,
        observed=printable(observed)[:MAX_OBSERVED],
        subject=Subject(subject_kind, printable(subject_key)),
        reason=reason,
        privilege=privilege,
        facts=facts,
        severity=severity,
        members=members,
    )


# Hosts of one kind are told the same things: one run stands for all of those.
_shared_run_of = lru_cache(MOST_RUNS)(_run_of)


def _least(rights: Sequence[Privilege]) -> Privilege:
    if not rights:
        return Privilege.NONE
    one = rights[0]
    return one if rights.count(one) == len(rights) else min(rights, key=lambda right: right.rank)


def _had(fact: object) -> bool:
    return fact is not None and not isinstance(fact, Missing | Absent)


def _settled(rulings: list[Ruling]) -> list[Ruling]:
    """A rule that says nothing looked and found nothing wrong; one subject is ruled on once."""
    if not rulings:
        return [Ruling(Outcome.PASS, "nothing found")]
    if len({(ruling.subject.kind, ruling.subject.key) for ruling in rulings}) == len(rulings):
        return rulings
    seen: dict[Any, Ruling] = {}
    for ruling in rulings:
        kept = seen.get(ruling.subject)
        if kept is None or (ruling.outcome is Outcome.FAIL and kept.outcome is not Outcome.FAIL):
            seen[ruling.subject] = ruling
    return list(seen.values())
