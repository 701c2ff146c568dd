"""What clocks are told of a finding: its members with their days, from what the feeds said when it was judged. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from checks.advisories.verdict import TO_UPDATE, Verdict
from checks.check import Check
from checks.clocks import Matter
from checks.finding import Member
from checks.risk import Level
from inventory.asset import Asset
from reports.report import Occurrence

FIXABLE = frozenset({*(verdict.value for verdict in TO_UPDATE), Verdict.FIX_NEEDS_SUBSCRIPTION.value})
SILENT = frozenset({Verdict.THIRD_PARTY_UNKNOWN.value, Verdict.NOT_ASSESSED.value})  # no known weakness
PUBLISHED = ("kev", "issued", "published")  # days on which somebody warned of it: CISA, the vendor, the CVE itself


@dataclass(frozen=True, slots=True)
class Matters:
    finding: Matter
    members: tuple[Matter, ...] = ()


def matters(occurrence: Occurrence, check: Check, asset: Asset, levels: Mapping[str, Level]) -> Matters:
    """``levels`` is the risk of each member on this asset."""
    level = occurrence.risk.level if occurrence.risk else Level((occurrence.severity or check.severity).value)
    base = Matter(level=level.value, theme=check.theme.value, kind=asset.kind, exposure=asset.exposure)
    known = [m for m in occurrence.members if m.verdict not in SILENT]
    members = tuple(_member(one, base, _bounded(levels.get(one.id, level), occurrence)) for one in known)
    return Matters(_whole(base, members), members)


def _bounded(level: Level, occurrence: Occurrence) -> Level:
    """A person may override the risk of the finding: downwards that caps its members."""
    override = occurrence.risk.override if occurrence.risk else None
    return override.level if override and override.level.rank > level.rank else level


def _member(member: Member, base: Matter, level: Level) -> Matter:
    said = member.attributes
    fixable = member.verdict in FIXABLE
    return Matter(
        member=member.id,
        level=level.value,
        theme=base.theme,
        kind=base.kind,
        exposure=base.exposure,
        vendor=said.get("vendor_severity", ""),
        score=_score(said.get("score", "")),
        kev="kev" in said,
        bod=said.get("bod", ""),
        fixable=fixable,
        released=_day(said.get("issued", "")) if fixable else None,
        alerted=min(filter(None, (_day(said.get(name, "")) for name in PUBLISHED)), default=None),
    )


def _whole(base: Matter, members: tuple[Matter, ...]) -> Matter:
    """The finding as one thing: the members that make it as grave as it is, and the earliest of their days."""
    gravest = [one for one in members if one.level == base.level] or list(members)
    if not gravest:
        return base
    first = gravest[0]
    return Matter(
        level=base.level,
        theme=base.theme,
        kind=base.kind,
        exposure=base.exposure,
        vendor=first.vendor,
        score=max((one.score for one in gravest if one.score is not None), default=None),
        kev=any(one.kev for one in gravest),
        bod=first.bod,
        fixable=any(one.fixable for one in gravest),
        released=_earliest(one.released for one in gravest),
        alerted=_earliest(one.alerted for one in gravest),
    )


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _score(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 10 else None


def _day(text: str) -> date | None:
    """A publisher's day; one that cannot be meant is none. Earlier than CVE itself (1999) is a publisher's slip."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if day.year >= 1999 else None
