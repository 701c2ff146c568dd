"""What people install: one update unit of a host with the updates that it clears, and their CVEs as members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from checks.advisories.judging import Hit
from checks.advisories.rating import WORDS, Rater
from checks.advisories.verdict import Verdict
from checks.advisories.windows_updates import STACK, Update
from checks.advisories.words import counted, weaknesses
from checks.finding import Member, Ruling, Severity, Subject, failed, shared
from checks.windows.judging import Missing
from checks.windows.series import ROLLUPS_SINCE, Series, apart, of_framework, order

CUMULATIVE, ROLLUP, FRAMEWORK = "Windows cumulative update", "Windows monthly rollup", ".NET Framework update"
STACKS = "servicing stack update"
_OF_COMPONENT = {"Adobe Flash Player": "Adobe Flash Player update", "Windows Secure Boot": "Secure Boot update"}
MAX_SAID = 16


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """``name`` stays the same from month to month, so that a finding does not close because a newer update is out."""

    name: str
    target: Update
    missing: tuple[Missing, ...]  # newest first
    members: tuple[Member, ...]  # worst first
    severity: Severity | None
    _said: dict[str, Ruling] = field(init=False, default_factory=dict, repr=False)

    @property
    def kbs(self) -> frozenset[str]:
        return frozenset(one.update.kb for one in self.missing)

    @property
    def by_build(self) -> bool:
        return any(one.by_build for one in self.missing)

    @property
    def restart(self) -> bool:
        """Whether the next start brings all of it."""
        return all(one.restart for one in self.missing)

    def ruling(self, told: str, members: tuple[Member, ...] | None = None, severity: Severity | None = None) -> Ruling:
        """Made once: hosts alike share it."""
        known = self._said.get(told)
        if known is None:
            if len(self._said) >= MAX_SAID:
                self._said.clear()
            these = self.members if members is None else members
            made = failed(told, Subject("package", self.name), severity or self.severity, these)
            known = self._said[told] = shared(made)
        return known

    def sentence(self, version: str) -> str:
        """``Windows cumulative update: KB5066791 of 2025-10-14 clears 3 known weaknesses (...) of build 19045.1``."""
        clears = weaknesses(self.members) if self.members else "weaknesses without a CVE"
        build = f" (build {_short(self.target.builds)})" if self.target.builds else ""
        others = len(self.missing) - 1
        replaces = f", with {counted(others, 'earlier update')} that it lacks" if others else ""
        verb = "is on disk and clears" if self.restart else "clears"
        end = ", once the host is restarted" if self.restart else ""
        part = sum(one.restart for one in self.missing) if not self.restart else 0
        also = f"; {counted(part, 'of these updates waits', 'of these updates wait')} for a restart" if part else ""
        label = "" if self.name == f"KB{self.target.kb}" else f"{self.name}: "
        head = f"{label}KB{self.target.kb}{build} of {self.target.day} {verb} {clears}"
        return f"{head} of build {version}{replaces}{end}{also}"


def _short(builds: Sequence[str]) -> str:
    return builds[-1].removeprefix("10.0.")


def units_of(missing: Sequence[Missing], series: Series, rater: Rater, scope: str = "") -> tuple[Unit, ...]:
    """Sorted by name. Of updates that replace one another, the newest stands for all. ``scope``: what they need
    beyond regular support, "" nothing."""
    groups: dict[str, list[Missing]] = {}
    kbs = {one.update.kb: one for one in missing}
    main = series.fullest(kb for kb in kbs if _of_line(series.updates[kb].update, series))
    cleared = series.cleared_by(main) if main else frozenset()
    for one in missing:
        whole = one.update.kb in cleared and not apart(series.updates[one.update.kb])
        top = main if main and whole else _top(one, kbs, series)
        groups.setdefault(name_of(top, series), []).append(one)
    return tuple(_unit(name, groups[name], series, rater, scope) for name in sorted(groups))


def _of_line(update: Update, series: Series) -> bool:
    return update.kb in series.line and (series.cumulative or update.day >= ROLLUPS_SINCE)


def _top(one: Missing, missing: Mapping[str, Missing], series: Series) -> Update:
    """The newest of the missing ones that replace it, itself among them."""
    kb = one.update.kb
    over = (other.update for name, other in missing.items() if kb in series.replaces[name])
    return max((one.update, *over), key=order)


def name_of(update: Update, series: Series) -> str:
    merged = series.updates[update.kb]
    if update.kind == STACK:
        return STACKS
    if of_framework(merged):
        return FRAMEWORK
    if _of_line(update, series):
        return CUMULATIVE if series.cumulative else ROLLUP
    alone = update.components[0] if len(update.components) == 1 else ""
    return _OF_COMPONENT.get(alone, f"KB{update.kb}")


def _unit(name: str, missing: Sequence[Missing], series: Series, rater: Rater, scope: str) -> Unit:
    target = series.fullest(one.update.kb for one in missing) or missing[0].update
    members = tuple(sorted(_members(missing, target, rater, scope), key=_worst_first))
    word = min((one.update.severity for one in missing), key=_rank)
    severity = members[0].severity if members and members[0].severity else WORDS.get(word)
    newest_first = sorted(missing, key=lambda one: order(one.update), reverse=True)
    return Unit(name, target, tuple(newest_first), members, severity)


def _members(missing: Sequence[Missing], target: Update, rater: Rater, scope: str) -> Iterable[Member]:
    open_as = Verdict.FIX_NEEDS_SUBSCRIPTION if scope else Verdict.FIX_AVAILABLE
    first: dict[str, tuple[Missing, str]] = {}
    for one in missing:
        for severity, cves in one.update.fixes:
            for cve in cves:
                known = first.get(cve)
                if known is None or order(one.update) < order(known[0].update):
                    first[cve] = (one, severity)
    for cve, (one, severity) in first.items():
        said = Verdict.FIXED_REBOOT_PENDING if one.restart else open_as
        hit = Hit(cve, said, f"KB{one.update.kb}", f"KB{target.kb}", scope, severity, one.update.day)
        yield rater.member(hit)


def _worst_first(member: Member) -> tuple[int, str]:
    return (member.severity.rank if member.severity else len(Severity), member.id)


def _rank(word: str) -> int:
    severity = WORDS.get(word)
    return severity.rank if severity else len(Severity)


def urgent(unit: Unit, before: date) -> tuple[Missing, ...]:
    """Those of its updates that were out on that day and are critical: by Microsoft's word, by score or exploited."""
    worst = {m.id for m in unit.members if m.severity is Severity.CRITICAL or "kev" in m.attributes}
    limit = before.isoformat()
    return tuple(
        one
        for one in unit.missing
        if one.update.day <= limit and (one.update.severity == "critical" or not worst.isdisjoint(one.update.cves))
    )
