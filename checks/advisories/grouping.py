"""Weaknesses as what people do about them: one action per source package of an asset, with its CVEs as members.

Updating one source package to the highest fixed version clears all of them at once (patch-levels rule 11).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from checks.advisories.judging import Hit
from checks.advisories.rating import Rater
from checks.advisories.verdict import Verdict
from checks.advisories.versions import InvalidVersion, sort_key
from checks.advisories.words import some, weaknesses
from checks.finding import Member, Ruling, Severity, Subject, failed, shared

MAX_SAID = 16  # sentences about one action: they end as the host's other facts have it


@dataclass(frozen=True, slots=True)
class Cleared:
    """What one update clears. ``target`` is the version that clears all members, "" while there is none."""

    target: str
    members: tuple[Member, ...]  # worst first; never empty
    severity: Severity | None  # of the worst member; None: nobody rated any
    words: str  # the members, for a sentence


@dataclass(frozen=True, slots=True)
class Action:
    """One update on one host."""

    source: str
    installed: tuple[str, ...]  # "libssl3 3.0.11-1", sorted
    cleared: Cleared
    sentence: str = field(init=False)  # openssl: 3.0.15-1 clears 3 known weaknesses (...) of libssl3 3.0.11-1
    _said: dict[str, Ruling] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        told = f"{self.source}: {self.cleared.target} clears {self.cleared.words} of {some(self.installed)}"
        object.__setattr__(self, "sentence", told)

    def pending(self, told: str) -> Ruling:
        """What it would clear is open; ``told`` ends the sentence."""
        return self._ruling(self.sentence, told, self.severity)

    def unfixed(self, told: str) -> Ruling:
        """What is open, and nothing clears; ``told`` ends the sentence."""
        return self._ruling(f"{some(self.installed)}: {self.cleared.words}", told, Severity.INFO)

    def _ruling(self, head: str, told: str, severity: Severity | None) -> Ruling:
        """Made once: hosts share the action, and most of them how its sentence ends."""
        known = self._said.get(told)
        if known is None or known.severity is not severity:
            if len(self._said) >= MAX_SAID:
                self._said.clear()
            subject = Subject("package", self.source)
            known = self._said[told] = shared(failed(head + told, subject, severity, self.members))
        return known

    @property
    def target(self) -> str:
        return self.cleared.target

    @property
    def members(self) -> tuple[Member, ...]:
        return self.cleared.members

    @property
    def severity(self) -> Severity | None:
        return self.cleared.severity


def cleared_by(hits: Iterable[Hit], verdicts: Collection[Verdict], rater: Rater, scheme: str) -> Cleared | None:
    """Of the hits in all packages of one source; None when none has such a verdict.

    One CVE counts once: by the verdict that is told first, and by its highest fix.
    """
    told: dict[str, Hit] = {}
    for hit in hits:
        known = told.get(hit.cve)
        told[hit.cve] = hit if known is None else _first(known, hit, scheme)
    kept = [hit for hit in told.values() if hit.verdict in verdicts]
    if not kept:
        return None
    members = tuple(sorted((rater.member(hit) for hit in kept), key=_worst_first))
    target = highest(scheme, {hit.fixed for hit in kept})
    return Cleared(target, members, members[0].severity, weaknesses(members))


def _first(one: Hit, other: Hit, scheme: str) -> Hit:
    if one.verdict is not other.verdict:
        return min(one, other, key=lambda hit: hit.verdict.rank)
    return other if _order(scheme, other.fixed) > _order(scheme, one.fixed) else one


def highest(scheme: str, versions: Iterable[str]) -> str:
    return max(versions, key=lambda version: _order(scheme, version), default="")


def _order(scheme: str, version: str) -> tuple[bool, str]:
    try:
        return (bool(version), sort_key(scheme, version) if version else "")
    except InvalidVersion:
        return (False, version)


def _worst_first(member: Member) -> tuple[int, str]:
    return (member.severity.rank if member.severity else len(Severity), member.id)
