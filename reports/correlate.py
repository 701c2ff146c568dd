"""One weakness that several tools saw is one issue with several sources. Pure; the record keeps every tool's finding.

What is the same: the package of a missing update, a line of the table of equivalents, or the same CVEs; and the same
place, where both name a port. Our own finding is kept and the others are told at it as sources; among imported ones
the first by id is. Where our own check of the same weakness passed at the same place, that is told beside it: one of
the two is wrong, or looked at something else, and a person has to settle it. Two findings of one tool are never one
occurrence: that tool tells them apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from checks.check import Check, Theme
from checks.equivalents import Equivalents
from checks.finding import CheckRun, Subject
from reports.counting import PATCH_THEMES
from reports.imported import SeenBy
from reports.report import Issue, Occurrence
from reports.updates import worst_first

OURS = "estatecheck"
UPDATES = PATCH_THEMES | {Theme.NO_VENDOR_FIX}
Weakness = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding of another tool that stood when the scan ended, on an asset of the report."""

    check: Check
    occurrence: Occurrence
    source: SeenBy
    against: tuple[SeenBy, ...] = ()  # our own, where it passed


Passes = Mapping[tuple[str, str], Sequence[CheckRun]]  # by uid of the asset and id of our check


def correlate(
    issues: Sequence[Issue], reported: Iterable[Reported], table: Equivalents, passes: Passes = MappingProxyType({})
) -> tuple[Issue, ...]:
    """The issues with what other tools reported folded in or beside, in the order of every report."""
    work = _Work(issues, table, passes)
    for one in sorted(reported, key=lambda r: (r.check.id, r.occurrence.asset, r.occurrence.ref)):
        work.take(one)
    return work.result()


@dataclass(slots=True)
class _Place:
    """One occurrence of the result, with who saw it."""

    occurrence: Occurrence
    sources: list[SeenBy] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    check: Check
    subject: Subject | None
    places: list[_Place] = field(default_factory=list)


class _Work:
    def __init__(self, issues: Sequence[Issue], table: Equivalents, passes: Passes) -> None:
        self._table, self._passes = table, passes
        self._ours = [_Group(i.check, i.subject, [_Place(o) for o in i.occurrences]) for i in issues]
        self._by_check: dict[str, list[_Group]] = defaultdict(list)
        self._on_asset: dict[str, list[tuple[_Group, _Place]]] = defaultdict(list)
        for group in self._ours:
            self._by_check[group.check.id].append(group)
            for place in group.places:
                self._on_asset[place.occurrence.asset_uid].append((group, place))
        self._groups: dict[Weakness, _Group] = {}

    def take(self, one: Reported) -> None:
        same = self._table.ours(one.check.id)
        found = self._our_place(one, same)
        if found is not None:
            found.sources.append(one.source)
            return
        one = replace(one, against=self._against(one, same))
        groups = self._by_check.get(same, [])
        group = groups[0] if len(groups) == 1 and groups[0].subject is None else self._group(one, same)
        self._add(group, one)

    def _our_place(self, one: Reported, same: str) -> _Place | None:
        """Our own occurrence of the same weakness on this asset; None when there is none, or more than one may be."""
        here = self._on_asset.get(one.occurrence.asset_uid, ())
        if same:
            fits = [p for g, p in here if g.check.id == same and _together(p.occurrence, one.occurrence)]
            return fits[0] if fits else None
        if unit := _unit(one.check, one.occurrence):
            fits = [p for g, p in here if _unit(g.check, p.occurrence) == unit]
            return fits[0] if len(fits) == 1 else None
        cves = _cves(one.occurrence)
        fits = [p for _, p in here if cves and cves <= _cves(p.occurrence) and _together(p.occurrence, one.occurrence)]
        return fits[0] if len(fits) == 1 else None

    def _group(self, one: Reported, same: str) -> _Group:
        subject = one.occurrence.subject if _unit(one.check, one.occurrence) else None
        return self._groups.setdefault(_weakness(one, same), _Group(one.check, subject))

    def _add(self, group: _Group, one: Reported) -> None:
        for place in group.places:
            tools = {source.tool for source in place.sources if not source.disagrees}
            if (
                place.occurrence.asset_uid == one.occurrence.asset_uid
                and tools
                and one.source.tool not in tools
                and _together(place.occurrence, one.occurrence)
            ):
                place.sources.append(one.source)
                return
        group.places.append(_Place(one.occurrence, [one.source, *one.against]))

    def _against(self, one: Reported, same: str) -> tuple[SeenBy, ...]:
        """Our own check, where it passed what the tool reports."""
        for run in self._passes.get((one.occurrence.asset_uid, same), ()):
            if _same_port(run.subject, one.occurrence.subject):
                return (SeenBy(OURS, "", "", one.source.ref, same, run.observed, None, disagrees=True),)
        return ()

    def result(self) -> tuple[Issue, ...]:
        groups = (*self._ours, *self._groups.values())
        return worst_first(Issue(g.check, tuple(map(_told, g.places)), g.subject) for g in groups)


def _told(place: _Place) -> Occurrence:
    """Ours first. An occurrence that only we saw names no source."""
    if not place.sources:
        return place.occurrence
    own = () if place.occurrence.check_id.startswith("import.") else (_our_own(place.occurrence),)
    others = sorted(place.sources, key=lambda source: (source.tool, source.ref))
    first = [source for source in others if source.ref == place.occurrence.ref and not source.disagrees]
    return replace(place.occurrence, sources=(*own, *first, *(source for source in others if source not in first)))


def _our_own(occurrence: Occurrence) -> SeenBy:
    return SeenBy(OURS, "", "", occurrence.ref, occurrence.check_id, occurrence.observed, None)


def _weakness(one: Reported, same: str) -> Weakness:
    if same:
        return ("ours", same)
    if unit := _unit(one.check, one.occurrence):
        return ("unit", *unit)
    cves = _cves(one.occurrence)
    return ("cves", *sorted(cves)) if cves else ("rule", one.check.id)


def _unit(check: Check, occurrence: Occurrence) -> tuple[str, str] | None:
    """The update unit: a package of a missing update, or of one that nobody has fixed."""
    if occurrence.subject.kind != "package" or check.theme not in UPDATES:
        return None
    return ("no fix" if check.theme is Theme.NO_VENDOR_FIX else "update", occurrence.subject.key)


def _cves(occurrence: Occurrence) -> frozenset[str]:
    return frozenset(member.id for member in occurrence.members if member.id.startswith("CVE-"))


def _together(one: Occurrence, other: Occurrence) -> bool:
    """At the same port, or one of them does not name any."""
    return _same_port(one.subject, other.subject)


def _same_port(one: Subject, other: Subject) -> bool:
    first, second = port_of(one), port_of(other)
    return not first or not second or first == second


def port_of(subject: Subject) -> str:
    """``tcp/443`` of a port, ``a.example.org:443`` of an endpoint; "" where no port is named."""
    mark = {"port": "/", "tls": ":", "ssh": ":", "web": ":"}.get(subject.kind)
    port = subject.key.rpartition(mark)[2] if mark else ""
    return port if port.isdigit() else ""
