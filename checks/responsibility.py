"""Who was responsible on a day, for which layer; and what was open when it passed from one supplier to another. Pure.

``domain.md``, Entities: asset or layer → supplier, from–to; a handover freezes a baseline. What was open then is
inherited: it still counts, and reports say whose time it stems from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from checks.check import Theme
from inventory.asset import Asset
from inventory.responsibility import Layer, Responsibility

_BY_THEME: Mapping[Theme, Layer] = {
    Theme.FIRMWARE: Layer.HARDWARE,
    Theme.MISSING_APP_PATCH: Layer.APPLICATION,
}
_BY_CHECK = (("web.", Layer.APPLICATION), ("tls.", Layer.APPLICATION), ("linux.hardware.", Layer.HARDWARE))


def layer_of(check_id: str, theme: Theme | None) -> Layer:
    """Of a finding: by its theme, then by what its check looks at; everything else is the operating system's."""
    if theme is not None and theme in _BY_THEME:
        return _BY_THEME[theme]
    return next((layer for prefix, layer in _BY_CHECK if check_id.startswith(prefix)), Layer.OS)


@dataclass(frozen=True, slots=True)
class Answer:
    """``suppliers`` has more than one name where the inventory names several alike: a person has to settle it."""

    suppliers: tuple[str, ...]  # ids, sorted; empty: nobody
    entries: tuple[str, ...] = ()  # ids of the responsibilities that say so; empty: the asset's own `supplier`


def responsible(entries: Iterable[Responsibility], asset: Asset, layer: Layer, day: date) -> Answer:
    """What names the asset most closely counts. Without any, its own ``supplier``, which has no dates."""
    found = [(one.closeness(asset), one) for one in entries if layer in one.layers and one.on(day)]
    best = max((near for near, _ in found), default=0)
    if not best:
        return Answer((asset.supplier,) if asset.supplier else ())
    nearest = [one for near, one in found if near == best]
    return Answer(tuple(sorted({one.supplier for one in nearest})), tuple(sorted(one.id for one in nearest)))


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on another supplier answers for one layer of one asset."""

    asset: str  # name
    layer: Layer
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Handover:
    """Everything that passes from one supplier to another on one day."""

    day: date  # the first of the new supplier
    before: str
    after: str
    layer: Layer
    assets: tuple[str, ...]  # names, sorted

    @property
    def id(self) -> str:
        return f"{self.day.isoformat()}:{self.layer.value}:{self.before}:{self.after}"


def handovers(entries: Sequence[Responsibility], assets: Iterable[Asset], until: date) -> tuple[Handover, ...]:
    """Up to and with ``until``, oldest first. Taking over from nobody is none, and a doubtful day either."""
    days = sorted({one.starts for one in entries if date.min < one.starts <= until})
    days += sorted({one.ends + timedelta(1) for one in entries if one.ends and one.ends < until} - set(days))
    found: dict[tuple[date, str, str, Layer], list[str]] = {}
    for asset in assets:
        for day in days:
            for one in _changes(entries, asset, day):
                found.setdefault((day, one.before, one.after, one.layer), []).append(one.asset)
    made = (Handover(day, was, now, layer, tuple(sorted(names))) for (day, was, now, layer), names in found.items())
    return tuple(sorted(made, key=lambda one: (one.day, one.id)))


def _changes(entries: Sequence[Responsibility], asset: Asset, day: date) -> Iterable[Change]:
    for layer in Layer:
        before = responsible(entries, asset, layer, day - timedelta(1)).suppliers
        after = responsible(entries, asset, layer, day).suppliers
        if len(before) == len(after) == 1 and before != after:
            yield Change(asset.name, layer, before[0], after[0])


@dataclass(frozen=True, slots=True)
class Open:
    """A finding that counted on the day of the handover."""

    ref: str
    episode: int
    asset: str  # name
    layer: Layer


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was open at a handover, frozen: stored once, and never worked out anew."""

    handover: Handover
    findings: Mapping[str, int]  # reference -> episode
    scan: int  # the last one before the handover
    evidence_root: str  # of that scan

    def holds(self, ref: str, episode: int) -> bool:
        """Whether a finding stems from before. What was fixed since and came back does not."""
        return self.findings.get(ref) == episode


def freeze(handover: Handover, counted: Iterable[Open], scan: int, evidence_root: str) -> Baseline:
    """``counted``: all findings that counted when the day began."""
    names = set(handover.assets)
    held = [one for one in counted if one.asset in names and one.layer is handover.layer]
    in_order = sorted(held, key=lambda one: (len(one.ref), one.ref))
    return Baseline(handover, {one.ref: one.episode for one in in_order}, scan, evidence_root)


@dataclass(frozen=True, slots=True)
class Inherited:
    """A baseline, and what of it is still open: references."""

    baseline: Baseline
    still: tuple[str, ...]


def inherited(baselines: Iterable[Baseline], now: Mapping[str, int]) -> tuple[Inherited, ...]:
    """``now``: reference -> episode of everything that counts."""
    return tuple(
        Inherited(one, tuple(ref for ref, episode in one.findings.items() if now.get(ref) == episode))
        for one in baselines
    )
