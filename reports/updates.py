"""Update units and the vulnerabilities inside them: order, what is exploited, what to fix first. Pure.

One missing update is one issue; its CVEs are members of its occurrences and no findings of their own. What the vendor
has not fixed is told apart and is never a missing patch.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from checks.advisories.verdict import Verdict
from checks.check import Check, Theme
from checks.finding import Member, Severity
from reports.counting import PATCH_THEMES, WORST, Units, units
from reports.report import Issue, Occurrence, ReportData

MOST_FIXES = 10  # updates that "fix first" names


def worst_first(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """By severity; of the same severity what is known to be exploited first, then by check and subject."""
    return tuple(sorted(issues, key=_order))


def _order(issue: Issue) -> tuple[int, bool, str, str]:
    return issue.severity.rank, not issue.exploited, issue.check.id, str(issue.subject or "")


def rates_cves(check: Check) -> bool:
    """Whether the members of its findings are weaknesses, so that one that nobody rated is a unit of its own too."""
    return check.theme in PATCH_THEMES or check.theme is Theme.NO_VENDOR_FIX


def is_update(issue: Issue) -> bool:
    """One update unit, not a check about updates in general."""
    return issue.subject is not None and issue.subject.kind == "package" and issue.check.theme in PATCH_THEMES


def updates(data: ReportData) -> tuple[Issue, ...]:
    return tuple(i for i in data.issues if is_update(i))


def without_fix(data: ReportData) -> tuple[Issue, ...]:
    """The vendor has not fixed these: normal on a fully patched host, and nothing to install."""
    return tuple(i for i in data.issues if i.check.theme is Theme.NO_VENDOR_FIX)


def by_worst_member(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Issues that are all rated alike: exploited ones first, then by the worst of their CVEs."""
    return tuple(sorted(issues, key=_worst_member))


def _worst_member(issue: Issue) -> tuple[bool, int, str, str]:
    rated = (m.severity.rank for o in issue.occurrences for m in o.members if m.severity)
    return not issue.exploited, min(rated, default=len(Severity)), issue.check.id, str(issue.subject)


def lifecycle(data: ReportData) -> tuple[Issue, ...]:
    """What has lost its support, or loses it soon."""
    return tuple(i for i in data.issues if about_support(i.check))


def about_support(check: Check) -> bool:
    """By its id, which is never changed: linux.eol.os-release, net.fw.version-eol."""
    return check.id.split(".")[1:2] == ["eol"] or check.id.startswith("net.fw.version-eol")


def alike(issue: Issue) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Sentences of an issue with the assets they are said of, the commonest first."""
    told: dict[str, set[str]] = {}
    for occurrence in issue.occurrences:
        told.setdefault(occurrence.observed, set()).add(occurrence.asset)
    return tuple(sorted(((s, tuple(sorted(names))) for s, names in told.items()), key=lambda p: (-len(p[1]), p[0])))


def with_remedy(data: ReportData) -> tuple[Issue, ...]:
    return tuple(i for i in data.issues if i.check.theme is not Theme.NO_VENDOR_FIX)


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A CVE as an issue tells it: hosts of several releases may need several versions, and differ in the verdict."""

    id: str
    variants: tuple[Member, ...]  # the different ones, the commonest first
    occurrences: int  # that have it

    @property
    def severity(self) -> Severity | None:
        """The worst; None when nobody rated it."""
        return min((m.severity for m in self.variants if m.severity), key=lambda s: s.rank, default=None)

    @property
    def verdicts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(m.verdict for m in self.variants))

    @property
    def weakness(self) -> bool:
        """False: a package of which no advisory speaks."""
        return self.verdicts != (Verdict.THIRD_PARTY_UNKNOWN.value,)

    def values(self, attribute: str) -> tuple[str, ...]:
        """What the variants say of it, each once; empty: it is not known."""
        return tuple(dict.fromkeys(v for m in self.variants if (v := m.attributes.get(attribute))))


def vulnerabilities(issue: Issue) -> tuple[Vulnerability, ...]:
    """Known exploited ones first, then by severity, EPSS and name."""
    table, apart, hit = MemberTable(), Counter[int](), Counter[str]()
    for occurrence in issue.occurrences:
        places = set(table.positions(occurrence))
        apart.update(places)
        hit.update({table.members[place].id for place in places})
    variants: dict[str, list[Member]] = {}
    for place in sorted(apart, key=lambda place: (-apart[place], place)):
        variants.setdefault(table.members[place].id, []).append(table.members[place])
    rows = (Vulnerability(cve, tuple(found), hit[cve]) for cve, found in variants.items())
    return tuple(sorted(rows, key=_worth))


def _worth(row: Vulnerability) -> tuple[bool, int, float, str]:
    rank = row.severity.rank if row.severity else len(Severity)
    return not row.values("kev"), rank, -max(map(epss_of, row.variants)), row.id


def epss_of(member: Member) -> float:
    """0 to 1; 0 where there is no estimate, or none that can be read."""
    try:
        score = float(member.attributes.get("epss", "0"))
    except ValueError:
        return 0.0
    return score if 0 <= score <= 1 else 0.0


class MemberTable:
    """Each different member once, in the order in which they are met. Hosts of one release share most of theirs."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._objects: dict[int, int] = {}  # id() of a member in self._alive, for speed only
        self._alive: list[Member] = []

    def positions(self, occurrence: Occurrence) -> list[int]:
        return self.places(occurrence.members)

    def places(self, members: Iterable[Member]) -> list[int]:
        return [self._position(member) for member in members]

    def _position(self, member: Member) -> int:
        place = self._objects.get(id(member))
        if place is None:
            key = (member.id, member.verdict, member.severity, *sorted(member.attributes.items()))
            place = self._known.setdefault(key, len(self.members))
            if place == len(self.members):
                self.members.append(member)
            self._objects[id(member)] = place
            self._alive.append(member)
        return place


@dataclass(frozen=True, slots=True)
class Exploited:
    cves: tuple[str, ...]  # sorted
    units: Units  # of the issues that have one
    fixable: int  # issues among them for which there is an update


def known_exploited(data: ReportData) -> Exploited:
    listed = [_exploited_part(i) for i in data.issues if i.exploited]
    cves = {m.id for i in listed for o in i.occurrences for m in o.members if m.attributes.get("kev")}
    return Exploited(tuple(sorted(cves)), units(listed), sum(is_update(i) for i in listed))


def _exploited_part(issue: Issue) -> Issue:
    return replace(issue, occurrences=tuple(o for o in issue.occurrences if o.exploited))


@dataclass(frozen=True, slots=True)
class Fix:
    """One update of the list, and how many critical and high findings are gone with it and those before it."""

    issue: Issue
    gone: int
    assets: int  # that had to be touched so far


@dataclass(frozen=True, slots=True)
class FixFirst:
    fixes: tuple[Fix, ...]
    assets: int
    part: int  # critical and high occurrences that are gone then
    whole: int  # all of them, but for those without a vendor fix
    critical: int  # the same, critical alone
    all_critical: int
    left: int  # critical, high and exploited updates that the list does not name


def fix_first(data: ReportData, most: int = MOST_FIXES) -> FixFirst:
    """Known exploited first, whatever their severity, then what removes most critical and high findings.

    Each occurrence belongs to one update, so the largest next step is the largest that is left: greedy is exact.
    """
    worst = [i for i in with_remedy(data) if i.severity in WORST]
    candidates = sorted((i for i in updates(data) if i.exploited or i.severity in WORST), key=_gain)
    fixes = tuple(_running(candidates[:most]))
    return FixFirst(
        fixes,
        fixes[-1].assets if fixes else 0,
        fixes[-1].gone if fixes else 0,
        sum(_worst_of(i) for i in worst),
        _critical(f.issue for f in fixes),
        _critical(worst),
        len(candidates) - len(fixes),
    )


def _gain(issue: Issue) -> tuple[bool, int, int, str, str]:
    rank = issue.severity.rank
    return not issue.exploited, -_worst_of(issue), rank, issue.check.id, str(issue.subject)


def _worst_of(issue: Issue) -> int:
    return len(issue.occurrences) if issue.severity in WORST else 0


def _critical(issues: Iterable[Issue]) -> int:
    return sum(len(i.occurrences) for i in issues if i.severity is Severity.CRITICAL)


def _running(chosen: Sequence[Issue]) -> Iterator[Fix]:
    gone, touched = 0, frozenset[str]()
    for issue in chosen:
        gone += _worst_of(issue)
        touched |= issue.assets
        yield Fix(issue, gone, len(touched))
