"""What the feed says of one host, ready for the checks: judged once, asked by each of them.

The working set (judged packages, rated CVEs, groups of them) stays resident beside the feed and goes with it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from checks.advisories.grouping import Action, Cleared, cleared_by
from checks.advisories.library import Advisories, Release
from checks.advisories.matching import Found, Matcher, Matches, Unit
from checks.advisories.rating import Rater
from checks.advisories.releases import Family, family_of, release_of
from checks.advisories.running_kernel import RunningKernel, judge_kernel
from checks.advisories.scopes import Reach, reach_of
from checks.advisories.standing import Provenance
from checks.advisories.supplied import EPOCH, gap, remark
from checks.advisories.verdict import Verdict
from checks.advisories.words import counted, some
from checks.finding import Ruling, not_assessed
from inventory.facts.entitlements import Entitlements
from inventory.facts.kernel import Kernel
from inventory.facts.missing import Reason
from inventory.facts.origins import Origins
from inventory.facts.packages import Packages, Repositories, Updates
from inventory.facts.system import System

_UNJUDGED = frozenset({Verdict.NOT_ASSESSED})
MAX_ACTIONS = 200_000
MAX_KEPT = 2_000_000  # members of what was grouped, most of them shared


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """The facts that patch levels are judged from. None: could not be had, or the host has no such thing."""

    system: System
    packages: Packages
    kernel: Kernel | None = None
    updates: Updates | None = None
    repositories: Repositories | None = None
    origins: Origins | None = None
    entitlements: Entitlements | None = None

    @property
    def owns_kernel(self) -> bool:
        """Whether its kernel is judged apart; a container runs the one of the machine around it."""
        return self.kernel is not None and not self.system.container

    def same(self, other: "Host") -> bool:
        return self is other or all(getattr(self, name) is getattr(other, name) for name in self.__slots__)


class Opinion:
    """One host by one feed. ``matches``: None when no feed speaks of its release; ``gap``: why it proves no pass.

    Of a supplied package list ``list_gap`` is why, and ``remark`` what sentences have to add, for what it leaves out.
    """

    def __init__(self, host: Host, resident: "Resident", rater: Rater, today: date) -> None:
        self.host, self._resident, self._rater = host, resident, rater
        family, release = family_of(host.system), resident.release(host.system)
        self.name, self.gap = _named(release, host.system, resident.max_age_days, today)
        self.remark = remark(host.packages, family)
        self.list_gap: Ruling | None = None
        self.matches: Matches | None = None
        self.kernel: RunningKernel | None = None
        self._actions: dict[frozenset[Verdict], list[Action]] = {}
        self._sources: list[tuple[str, Found]] = []
        self._verdicts: frozenset[Verdict] = frozenset()  # of all its packages
        self._matcher: Matcher | None = None
        self._provenance: Provenance | None = None
        self.scheme = host.packages.manager
        self.tells_unfixed = family is not None and family.tells_unfixed
        if family is not None and release is not None:
            self.list_gap = gap(host.packages, family, self.name)
            self.gap = self.gap or self.list_gap
            self._judge(resident.matcher(release, family, host), family)

    def _judge(self, matcher: Matcher, family: Family) -> None:
        provenance = Provenance(family, self.host.system.codename, self.host.origins)
        self._matcher, self._provenance = matcher, provenance
        self.matches = matcher.match(self.host.packages, provenance)
        self._sources = sorted(self.matches.by_source.items())
        self._verdicts = self._verdicts.union(*(these.verdicts for _, these in self._sources))
        if self.host.kernel is not None and self.host.owns_kernel:
            self.kernel = judge_kernel(matcher, self.host.kernel, self.matches.kernel, provenance)

    @property
    def judged(self) -> Matches:
        """Of a host whose release a feed speaks of."""
        if self.matches is None:
            raise LookupError("no feed speaks of this release")
        return self.matches

    def actions(self, verdicts: frozenset[Verdict]) -> list[Action]:
        """Of all packages but the kernel's, sorted by source. Raises ``LookupError`` as :attr:`judged`."""
        wanted = verdicts & self._verdicts if self.judged.by_source else frozenset[Verdict]()
        if wanted not in self._actions:
            self._actions[wanted] = self._made(wanted) if wanted else []
        return self._actions[wanted]

    def _made(self, verdicts: frozenset[Verdict]) -> list[Action]:
        found: list[Action] = []
        for source, these in self._sources:
            if not verdicts.isdisjoint(these.verdicts):
                action = self._resident.action(source, these, verdicts, self._rater, self.scheme)
                found += [action] if action else []
        return found

    def unjudged(self) -> list[str]:
        """Packages of which the list of packages, or the feed, tells too little: each with why."""
        if self.matches is None:
            return []
        named = [f"{unit.package} {unit.version} (its version cannot be compared)" for unit in self.matches.unread]
        for action in self.actions(_UNJUDGED):
            why = sorted({member.attributes.get("why", "") for member in action.members})
            named.append(f"{some(action.installed)} ({some(why)})")
        return named

    @property
    def doubt(self) -> Ruling | None:
        """Why finding nothing in the packages proves no pass; None when it does."""
        if self.gap is not None:
            return self.gap
        unjudged = self.unjudged()
        told = f"{counted(len(unjudged), 'package')} could not be compared with {self.name}: {some(unjudged)}"
        return not_assessed(Reason.OUTPUT_UNREADABLE, told) if unjudged else None

    def reached(self, names: Collection[str]) -> dict[str, list[Unit]]:
        """By source, those of these packages that have a fix some advisory asked for."""
        if self._matcher is None or self._provenance is None:
            return {}
        these = tuple(one for one in self.host.packages.items if one.name in names)
        return self._matcher.reached(replace(self.host.packages, items=these), self._provenance)

    def kernel_action(self, verdicts: frozenset[Verdict]) -> Action | None:
        """Of the running kernel, where it could be judged."""
        if self.kernel is None or self.kernel.problem:
            return None
        kernel = self.kernel
        cleared = self._resident.cleared_in_kernel(kernel, verdicts, self._rater, self.scheme)
        return Action(kernel.source, (f"{kernel.package} {kernel.version}",), cleared) if cleared else None


def _named(release: Release | None, system: System, most: int, today: date) -> tuple[str, Ruling | None]:
    """How sentences call the feed, and why it proves no pass; None when it does."""
    if release is None:
        told = f"no advisory feed speaks of {release_of(system) or 'a system without a name'} ({system.os_name})"
        return "no feed", not_assessed(Reason.FEED_MISSING, told)
    oldest = min(release.notes, key=lambda note: note.as_of)
    name = f"the {oldest.name} feed of {oldest.as_of.isoformat()}"
    age = (today - oldest.as_of).days
    if age <= most:
        return name, None
    told = f"{name} is {age} days old, at most {most} are allowed: what it does not know may be open all the same"
    return name, not_assessed(Reason.FEED_TOO_OLD, told)


class Resident:
    """What was judged by one set of feeds."""

    def __init__(self, advisories: Advisories) -> None:
        self._advisories = advisories
        self.max_age_days = advisories.max_age_days
        self._matchers: dict[tuple[str, str, Reach, bool], Matcher] = {}
        self._actions: dict[tuple[object, ...], Action | None] = {}
        self._cleared: dict[tuple[object, ...], Cleared | None] = {}
        self._weight = 0
        self._raters: dict[tuple[str | None, frozenset[str]], Rater] = {}
        self._last: tuple[tuple[date, str | None], Opinion] | None = None

    def release(self, system: System) -> Release | None:
        return self._advisories.release(release_of(system)) if family_of(system) else None

    def matcher(self, release: Release, family: Family, host: Host) -> Matcher:
        reach = reach_of(host.system, family, host.entitlements)
        epochs = EPOCH not in host.packages.unknown
        key = (release.name, host.packages.manager, reach, epochs)
        if key not in self._matchers:
            if len(self._matchers) >= 1_000:  # the minor release is what a host says it is
                self._matchers.clear()
            self._matchers[key] = Matcher(release, family, host.packages.manager, reach, epochs=epochs)
        return self._matchers[key]

    def _rater(self, exposure: str | None, release: Release | None) -> Rater:
        """Hosts of one exposure, and of releases of which the same feeds speak, share it."""
        key = (exposure, frozenset(note.name for note in release.notes) if release else frozenset[str]())
        if key not in self._raters:
            self._raters[key] = Rater(self._advisories, *key)
        return self._raters[key]

    def action(
        self, source: str, found: Found, verdicts: frozenset[Verdict], rater: Rater, scheme: str
    ) -> Action | None:
        """Hosts with the same packages share it; None when each of its CVEs has another verdict in another package."""
        key = (found, verdicts, rater)
        known = self._actions.get(key)
        if known is None and key not in self._actions:
            if len(self._actions) >= MAX_ACTIONS:
                self._actions.clear()
            known = self._actions[key] = self._action(source, found.units, verdicts, rater, scheme)
        return known

    def _action(
        self, source: str, units: Sequence[Unit], verdicts: frozenset[Verdict], rater: Rater, scheme: str
    ) -> Action | None:
        """What is cleared is shared by hosts with the same versions, whichever of the source's packages they have."""
        having = [unit for unit in units if not verdicts.isdisjoint(unit.judged.verdicts)]
        judged = tuple(dict.fromkeys(unit.judged for unit in having))
        hits = (hit for one in judged for hit in one.hits)
        cleared = self._kept((judged, verdicts, rater), lambda: cleared_by(hits, verdicts, rater, scheme))
        installed = {f"{unit.package} {unit.version}" for unit in having}
        return Action(source, tuple(sorted(installed)), cleared) if cleared else None

    def cleared_in_kernel(
        self, kernel: RunningKernel, verdicts: frozenset[Verdict], rater: Rater, scheme: str
    ) -> Cleared | None:
        key = (kernel.said, verdicts, rater)
        return self._kept(key, lambda: cleared_by(kernel.hits, verdicts, rater, scheme))

    def _kept(self, key: tuple[object, ...], make: Callable[[], Cleared | None]) -> Cleared | None:
        if key not in self._cleared:
            made = make()
            self._weight += 1 + (len(made.members) if made else 0)
            if self._weight > MAX_KEPT:
                self._cleared.clear()
                self._weight = 0
            self._cleared[key] = made
        return self._cleared[key]

    def opinion(self, host: Host, exposure: str | None, today: date) -> Opinion:
        """The checks of one host follow each other: the last opinion is kept for the next of them."""
        key = (today, exposure)
        kept = self._last  # read once: another thread may be judging another host
        if kept is not None and kept[0] == key and kept[1].host.same(host):
            return kept[1]
        made = Opinion(host, self, self._rater(exposure, self.release(host.system)), today)
        self._last = (key, made)
        return made


def opinion_of(host: Host, advisories: Advisories, exposure: str | None, today: date) -> Opinion:
    """Raises ``FeedContentError`` when a row of the feed is unreadable."""
    if "opinions" not in advisories.kept:
        advisories.kept["opinions"] = Resident(advisories)
    resident: Resident = advisories.kept["opinions"]
    return resident.opinion(host, exposure, today)
