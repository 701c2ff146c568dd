"""Devices: when was each last seen by any way in, for how long has it been unusable, and whose are those?

Watches, log-ins of scans and snapshots tell whether it is seen; what the last visit or snapshot showed tells whether
it can be used. Since when a trouble has been there is what the device says of it, and otherwise the first of the
visits in a row that showed it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checks.device_troubles import FACTS, Trouble, troubles
from checks.serviceability import Condition, Serviceability, Standing, serviceability
from inventory.asset import Asset
from reports.availability import DeviceGroup, longest_first
from scanner.engine import fact_of
from scanner.probes import probes_of
from scanner.query import Answer
from scanner.service.availability_devices import groups_of, standings_of
from scanner.service.availability_series import Source
from scanner.store.given import NEVER_ENDS
from scanner.store.store import Store
from scanner.store.visits import Asked

MOST_BACK = 100  # visits that are looked through for the beginning of a trouble
NO_CONTACT = "no successful contact"


@dataclass(frozen=True, slots=True)
class Device:
    standing: Standing
    troubles: tuple[Trouble, ...]
    asset: Asset | None  # None: it has left the inventory

    @property
    def reasons(self) -> tuple[str, ...]:
        unseen = (NO_CONTACT,) if self.standing.condition is Condition.UNSEEN else ()
        return (*unseen, *(one.kind for one in self.troubles))


@dataclass(frozen=True, slots=True)
class Devices:
    now: float
    all: tuple[Device, ...]  # by name
    told: Serviceability
    groups: tuple[DeviceGroup, ...]

    @property
    def out_of_service(self) -> tuple[Device, ...]:
        """The longest first; those that were never seen at the end."""
        by_name = {one.standing.device: one for one in self.all}
        known = [by_name[one.device] for one in longest_first([one.standing for one in self.all])]
        never = [d for d in self.all if d.standing.condition is not Condition.IN_SERVICE and not d.standing.age]
        return (*known, *never)


def devices(store: Store, asked: Source, chosen: Sequence[Asset]) -> Devices:
    """Of these assets. Raises :class:`StoreError`."""
    names = {asset.name for asset in chosen}
    return together(asked, names, dict(_ill(store, names)), asked.now)


def together(asked: Source, names: Collection[str], ill: Mapping[str, tuple[Trouble, ...]], now: float) -> Devices:
    """``ill``: what ails them, by name; ``now``: until when scans and snapshots know something."""
    known = {one.device: one for one in standings_of(asked, asked.now, now) if one.device in names}
    found = {name: known.get(name) or _never(name) for name in names}
    all_ = tuple(
        Device(_with(found[name], ill.get(name, ()), now), ill.get(name, ()), asked.assets.get(name))
        for name in sorted(names)
    )
    standings = [one.standing for one in all_]
    return Devices(now, all_, serviceability(standings), tuple(groups_of(asked, standings)))


def _never(name: str) -> Standing:
    """Nobody ever tried: for how long it has been out of service is not known."""
    return Standing(name, Condition.UNSEEN, None, 0.0, never_worked=True)


def _with(standing: Standing, ill: Sequence[Trouble], now: float) -> Standing:
    if not ill:
        return standing
    first = min((one.since for one in ill if one.since is not None), default=standing.last_seen)
    since = min(one for one in (first, standing.since, now) if one is not None)
    unseen = standing.condition is Condition.UNSEEN
    condition = Condition.UNSEEN if unseen else Condition.UNUSABLE
    return replace(standing, condition=condition, since=since, age=now - since)


def _ill(store: Store, names: Iterable[str]) -> Iterator[tuple[str, tuple[Trouble, ...]]]:
    wanted = set(names)
    for visit in store.latest_visits(lambda _: Asked(FACTS, ()), chosen=lambda asset: asset.name in wanted):
        found = troubles(facts(visit.asset, visit.answers))
        if found:
            yield visit.asset.name, tuple(since(store, visit.asset, one) for one in found)


def facts(asset: Asset, answers: Iterable[Answer]) -> Mapping[str, object]:
    probes = probes_of(asset.connection.way)
    return {one.query: fact_of(probes[one.query], asset, [one]) for one in answers if one.query in probes}


def since(store: Store, asset: Asset, trouble: Trouble, until: datetime = NEVER_ENDS) -> Trouble:
    """Back to the first of the visits in a row that showed it."""
    first = trouble.since
    for at, answers in store.snapshots.back(asset.name, FACTS, MOST_BACK, until):
        if all(one.kind != trouble.kind for one in troubles(facts(asset, answers))):
            break
        first = at if first is None else min(first, at)
    return replace(trouble, since=first)
