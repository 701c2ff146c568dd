"""From the inventory to what the daemon probes: rules, series, and what nobody permitted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from checks.watching import Rule
from inventory.asset import Asset, Connection
from inventory.estate import Estate, Intrusiveness
from inventory.scope import covering
from inventory.watch import Bytes, Watch
from scanner.store.watching.records import Declared, series_key

CONNECTS = frozenset({"icmp", "tcp", "ssh"})  # knock and listen: the least that a probe can do
STREAMS = frozenset({"call"})  # takes room on the line that others need
_LEVELS = tuple(Intrusiveness)


def intrusiveness(watch: Watch) -> Intrusiveness:
    """How much a look asks of its target (domain.md, Permission and politeness)."""
    if watch.kind in STREAMS:
        return Intrusiveness.INTRUSIVE
    sends = isinstance(watch.ask, Bytes) and bool(watch.ask.hex)
    return Intrusiveness.PASSIVE if watch.kind in CONNECTS and not sends else Intrusiveness.POLITE


def declared(estate: Estate) -> tuple[Declared, ...]:
    """Every series of the inventory: a watch from here, or once from each of its vantage points."""
    places = {watch.name: watch.vantages or ("",) for watch in estate.watching.watches}
    return tuple(
        Declared(watch, _rule(watch, place, places), place)
        for watch in estate.watching.watches
        for place in places[watch.name]
    )


def _rule(watch: Watch, place: str, places: Mapping[str, Sequence[str]]) -> Rule:
    confirm = watch.confirm
    parents = tuple(key for parent in watch.parents for key in _ways(parent, place, places))
    return Rule(watch.every_seconds, confirm.probes, confirm.within_seconds, confirm.recover, parents=parents)


def _ways(parent: str, place: str, places: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The parent as seen from the same place; where nobody looks at it from there, as seen from anywhere."""
    seen_from = places[parent]
    return tuple(series_key(parent, one) for one in ((place,) if place in seen_from else seen_from))


def refusals(estate: Estate, day: date) -> dict[str, str]:
    """Watches that must not be probed on that day, and why. They are told as UNKNOWN."""
    assets = {asset.name: asset for asset in estate.assets}
    found = ((watch.name, _refusal(estate, watch, assets, day)) for watch in estate.watching.watches)
    return {name: why for name, why in found if why}


def _refusal(estate: Estate, watch: Watch, assets: Mapping[str, Asset], day: date) -> str:
    asset = assets.get(watch.asset or "")
    scope = covering(estate, asset or Asset("", Connection("", watch.host)), day)
    if scope is None:
        return f"not probed: no scope of the inventory permits it on {day}"
    asks = intrusiveness(watch)
    if _LEVELS.index(asks) > _LEVELS.index(scope.intrusiveness):
        return f"not probed: a watch of kind {watch.kind} is {asks}, and scope {scope.id} permits {scope.intrusiveness}"
    if asset and asset.fragile and asks is Intrusiveness.INTRUSIVE:
        return f"not probed: {asset.name} is fragile, and a watch of kind {watch.kind} is intrusive"
    return ""


def fragile(estate: Estate) -> frozenset[str]:
    """Assets that take one connection at a time."""
    return frozenset(asset.name for asset in estate.assets if asset.fragile)


def refusals_by_day(estate: Estate) -> Callable[[datetime], Mapping[str, str]]:
    """Scopes begin and end with days."""
    known: dict[date, Mapping[str, str]] = {}

    def of(instant: datetime) -> Mapping[str, str]:
        day = instant.date()
        if day not in known:
            known.clear()
            known[day] = refusals(estate, day)
        return known[day]

    return of
