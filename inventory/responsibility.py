"""Who answers for what, and from when to when: dated, because suppliers change and findings stay."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inventory.asset import Asset


class Layer(StrEnum):
    """The part of a machine that one supplier can answer for."""

    HARDWARE = "hardware"
    OS = "os"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One supplier's, for some layers of some assets. Empty ``hosts``, ``groups`` and ``services`` cover nothing."""

    id: str
    supplier: str
    starts: date
    ends: date | None = None  # the last day; None: until further notice
    layers: tuple[Layer, ...] = tuple(Layer)
    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()  # "all" covers the estate
    services: tuple[str, ...] = ()
    reference: str = ""  # the contract or its schedule

    def on(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day <= self.ends)

    def closeness(self, asset: Asset) -> int:
        """How closely it names the asset: 4 by its name, 3 a group, 2 its service, 1 as a part of all, 0 not at all."""
        if asset.name in self.hosts:
            return 4
        if not set(self.groups).isdisjoint(g for g in asset.groups if g != "all"):
            return 3
        if asset.service and asset.service in self.services:
            return 2
        return int("all" in self.groups)
