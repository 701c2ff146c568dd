"""Whose package it is, before anything is said of its version (patch-levels rule 9).

Backports, PPAs, EPEL, third parties and local builds are not judged by the release's advisories: their versions follow
other rules. By the host's own origins where they are known; else by what the package says of itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from checks.advisories.releases import Family
from inventory.facts.origins import Origin, Origins
from inventory.facts.packages import Package

# Marks that a version carries where it was not built for the release itself, per package manager.
_MARKS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "deb": (
        (re.compile(r"~bpo[0-9]"), "backports"),
        (re.compile(r"\+rpt[0-9]|\+rpi[0-9]"), "Raspberry Pi"),
        (re.compile(r"\.pgdg[0-9]"), "the PostgreSQL project"),
        (re.compile(r"deb\.sury\.org|\+0~2[0-9]{7}"), "deb.sury.org"),
        (re.compile(r"~ppa|ppa[0-9]+(?:~|$)"), "a PPA"),
        (re.compile(r"nodesource"), "NodeSource"),
        (re.compile(r"~(?:debian|ubuntu)\.[0-9]+(?:\.[0-9]+)?~"), "Docker"),
        (re.compile(r"-pve[0-9]|\+pve[0-9]|~pve[0-9]|\+pmx[0-9]"), "Proxmox"),
    ),
    "rpm": (
        (re.compile(r"\.elrepo"), "ELRepo"),
        (re.compile(r"\.remi(?:\.|$)"), "Remi's repository"),
        (re.compile(r"PGDG"), "the PostgreSQL project"),
        (re.compile(r"\.fc[0-9]+(?:$|\.)"), "Fedora"),
        (re.compile(r"nodesource"), "NodeSource"),
        (re.compile(r"\.rf$|\.ius\.|\.art$"), "another repository"),
    ),
}


class Standing(StrEnum):
    OWN = "the distribution's own"
    FOREIGN = "another maker's"
    LOCAL = "in no repository"


@dataclass(frozen=True, slots=True)
class Stood:
    """``established``: by the host's origins or the package's maker; False: nothing speaks against the distribution."""

    standing: Standing
    evidence: str
    established: bool = True

    @property
    def own(self) -> bool:
        """Established to be the distribution's own."""
        return self.established and self.standing is Standing.OWN


UNTOLD = Stood(Standing.OWN, "origin not established", established=False)


def by_itself(package: Package, manager: str, family: Family) -> Stood | None:
    """What its version and its maker say; None: nothing, so that the host's repositories must."""
    marked = _marked(package.version, manager, family)
    if marked:
        return Stood(Standing.FOREIGN, f"its version {package.version} is that of {marked}")
    if package.vendor and family.makers:
        own = package.vendor.startswith(family.makers)
        return Stood(Standing.OWN if own else Standing.FOREIGN, f"its maker is {package.vendor}")
    return None


def _marked(version: str, manager: str, family: Family) -> str:
    marked = next((name for mark, name in _MARKS.get(manager, ()) if mark.search(version)), "")
    if family.name == "debian" and not marked and re.search(r"[0-9]ubuntu[0-9]", version):
        return "Ubuntu"
    return "" if marked == "Fedora" and family.name == "fedora" else marked


class Provenance:
    """The repositories of one host, asked whose an installed package is."""

    def __init__(self, family: Family, codename: str, origins: Origins | None) -> None:
        self._family, self._codename, self._origins = family, codename, origins
        self._places = {one.package: one.origins for one in origins.by_package} if origins else {}
        self.silent = not self._places  # it tells of no package
        self._known: dict[tuple[int, ...], Stood] = {}
        self._local_counts = self._mostly_own()

    def stood(self, package: str) -> Stood:
        places = self._places.get(package)
        if places is None or not self._family.makers:
            return UNTOLD
        known = self._known.get(places)
        if known is None:
            known = self._known[places] = self._judge(places)
        return UNTOLD if known.standing is Standing.LOCAL and not self._local_counts else known

    def _judge(self, places: tuple[int, ...]) -> Stood:
        found = [self._origins.items[place] for place in places] if self._origins else []
        if self._origins and self._origins.manager == "rpm":
            unsigned = all(origin.local for origin in found)
            return Stood(Standing.LOCAL, "it names no maker and bears no signature") if unsigned else UNTOLD
        for carries in ("same", "newer"):
            having = [origin for origin in found if origin.carries == carries and not origin.local]
            if having:
                own = next((origin for origin in having if self._own(origin)), None)
                return Stood(Standing.OWN if own else Standing.FOREIGN, _named(own or having[0]))
        return Stood(Standing.LOCAL, "no repository of this host has this version or a later one")

    def _own(self, origin: Origin) -> bool:
        """A suite of this release: not of its backports, and not of another release."""
        theirs = origin.origin in self._family.makers or origin.origin.startswith("UbuntuESM")
        here = not self._codename or not origin.codename or origin.codename.split("-")[0] == self._codename
        return theirs and here and "backports" not in f"{origin.suite} {origin.codename}"

    def _mostly_own(self) -> bool:
        """A host that lost its distribution's repositories has nearly all packages "in no repository"."""
        if self._origins is None or not self._places:
            return False
        if self._origins.manager == "rpm":
            return True
        own = {place for place, origin in enumerate(self._origins.items) if self._own(origin)}
        return 2 * sum(not own.isdisjoint(places) for places in self._places.values()) >= len(self._places)


def _named(origin: Origin) -> str:
    where = " ".join(part for part in (origin.origin, origin.suite or origin.codename) if part)
    return f"it comes from {where or 'an unnamed repository'}" + (f" at {origin.site}" if origin.site else "")
