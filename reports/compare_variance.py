"""How suppliers, and areas, differ under the same policy: rates, not counts, and only where enough was looked at. Pure.

A rate is per 100 assets *that came as far as the policy's gate asks*: what could not be looked at shows no finding, and
would make a group look better. A group below the gate is listed with its figures and is not held against others.
"""

from collections.abc import Callable, Iterable, Mapping
from statistics import median

from checks.check import Theme
from checks.coverage import Step
from checks.finding import Severity
from reports.compare_data import Gate, Place, Rates, Seen, Side, Spread, Variance, VarianceRow
from reports.text import count, share

FEW = 5  # assets, or findings of a share: with fewer, one finding moves it by more than 20
WORST = (Severity.CRITICAL, Severity.HIGH)
PATCHES = frozenset({Theme.MISSING_OS_PATCH.value, Theme.MISSING_APP_PATCH.value, Theme.FIRMWARE.value})
UNFIXED = Theme.NO_VENDOR_FIX.value


def patch_share(rates: Rates) -> float | None:
    """Per cent; what the vendor has not fixed is in neither part of it."""
    return 100 * rates.worst_patches / rates.worst_fixable if rates.worst_fixable else None


MEASURES: Mapping[str, Callable[[Rates], float | None]] = {
    "occurrences per 100 assets": lambda rates: rates.per_100(rates.occurrences),
    "critical and high per 100 assets": lambda rates: rates.per_100(rates.worst),
    "breached clocks per 100 assets": lambda rates: rates.per_100(rates.breached),
    "share of critical and high from missing patches, per cent": patch_share,
}


def variance(was: Side, now: Side, grouping: str) -> Variance:
    """``grouping``: supplier or area."""
    first, second = rates_by(was, grouping), rates_by(now, grouping)
    names = {**_names(was, grouping), **_names(now, grouping)}
    order = sorted({*first, *second}, key=lambda key: (key == "", names.get(key, key), key))
    rows = tuple(_row(key, names, first.get(key), second.get(key), now.gate) for key in order)
    return Variance(grouping, rows, tuple(_spreads(rows)))


def _names(side: Side, grouping: str) -> Mapping[str, str]:
    return side.suppliers if grouping == "supplier" else side.areas


def rates_by(side: Side, grouping: str) -> dict[str, Rates]:
    """By id; "" for assets for which the inventory names none. A finding counts where its asset is."""
    groups: dict[str, list[Place]] = {}
    for place in side.assets.values():
        groups.setdefault(_group(place, grouping), []).append(place)
    found: dict[str, list[Seen]] = {key: [] for key in groups}
    for one in side.findings.values():
        home = side.assets.get(one.asset_uid)
        if home is not None:
            found[_group(home, grouping)].append(one)
    return {key: _rates(side, places, found[key]) for key, places in groups.items()}


def _group(place: Place, grouping: str) -> str:
    return place.supplier if grouping == "supplier" else place.area


def _rates(side: Side, places: Iterable[Place], found: Iterable[Seen]) -> Rates:
    """Findings on assets that came far enough: both sides of the fraction speak of the same assets."""
    places = tuple(places)
    inside = {p.uid for p in places if passes(p, side.gate.step)}
    told = [one for one in found if one.asset_uid in inside]
    worst = [one for one in told if one.severity in WORST]
    return Rates(
        assets=len(places),
        covered=len(inside),
        occurrences=len(told),
        worst=len(worst),
        worst_patches=sum(one.theme in PATCHES for one in worst),
        worst_fixable=sum(one.theme != UNFIXED for one in worst),
        breached=None if side.breached is None else sum(one.key in side.breached for one in told),
    )


def passes(place: Place, step: Step) -> bool:
    """What has nothing to log in to is held to having been reached, as in checks/accreditation.py."""
    if step in (Step.LOGGED_IN, Step.PRIVILEGED) and not place.has_login:
        step = Step.REACHED
    return place.step.rank >= step.rank


def _row(key: str, names: Mapping[str, str], was: Rates | None, now: Rates | None, gate: Gate) -> VarianceRow:
    return VarianceRow(key, names.get(key, key), was, now, tuple(_why_not(key, now, gate)))


def _why_not(key: str, now: Rates | None, gate: Gate) -> Iterable[str]:
    if now is None:
        yield "no asset of it is in the second report"
        return
    if not key:
        yield "the inventory does not say whose these assets are"
    if 100 * now.covered < gate.at_least * now.assets:
        yield (
            f"too little was looked at: {now.covered:,} of {count(now.assets, 'asset')} "
            f"({share(now.covered, now.assets)}) {gate.step.value}, {gate.at_least} % needed"
        )
    if now.assets < FEW:
        yield f"it has only {count(now.assets, 'asset')}: one finding would move its rates by more than 20"


def _spreads(rows: Iterable[VarianceRow]) -> Iterable[Spread]:
    """Only where at least two groups may be held against each other."""
    fair = [(row.name, row.now) for row in rows if row.now is not None and not row.why_not]
    for measure, figure in MEASURES.items():
        enough = (one for one in fair if figure is not patch_share or one[1].worst_fixable >= FEW)
        known = [(value, name) for name, rates in enough if (value := figure(rates)) is not None]
        if len(known) > 1:
            least, most = min(known), max(known)
            middle = median(value for value, _ in known)
            yield Spread(measure, (least[1], least[0]), (most[1], most[0]), middle, len(known))
