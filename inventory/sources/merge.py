"""Which value holds for which host, by Ansible's rules.

From weak to strong: ``all``, then groups by their depth below it (a child beats its parent), among equals by
``ansible_group_priority`` and then by name, and last the host itself; what comes later wins. The keys under
``estatecheck:`` and under its ``limits:``, ``thresholds:`` and ``snapshots:`` are merged one by one; lists are
replaced.
Source: "How to build your inventory" in the Ansible documentation, sections on how variables are merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from inventory.sources.errors import Fault, Spot, shown
from inventory.sources.groups import Block, Census, Group, Host

MAX_CYCLES = 20  # told at once


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and the block it was written in. ``steps`` is its place in the block."""

    value: object
    block: Block
    steps: tuple[str, ...]

    @property
    def spot(self) -> Spot:
        return self.block.spot(*self.steps)


Settings = Mapping[str, Setting]  # ansible_host, site, limits.host_seconds, ...


def settings(block: Block) -> dict[str, Setting]:
    """What a block says, flat: our keys under their own names, limits as ``limits.<name>``, thresholds likewise."""
    own = block.own
    said = {name: Setting(getattr(block.vars, name), block, (name,)) for name in block.vars.model_fields_set}
    said.pop("estatecheck", None)
    said |= {name: Setting(getattr(own, name), block, ("estatecheck", name)) for name in own.model_fields_set}
    for group, keys in (("limits", block.limits), ("thresholds", block.thresholds), ("snapshots", block.snapshots)):
        said.pop(group, None)
        for name in keys.model_fields_set:
            said[f"{group}.{name}"] = Setting(getattr(keys, name), block, ("estatecheck", group, name))
    return said


def cycles(census: Census) -> list[Fault]:
    """Every cycle of groups, with all its members; empty when the groups form a hierarchy."""
    edges = {(parent.name, child): spot for parent in census.groups.values() for child, spot in parent.children.items()}
    edges |= {("all", name): spot for name, spot in census.top.items() if ("all", name) not in edges}
    found: list[Fault] = []
    while len(found) < MAX_CYCLES:
        try:
            _sorter(edges).prepare()
        except CycleError as exc:
            ring: list[str] = exc.args[1]  # each is a parent of the next; the last is the first again
            names = _from_smallest(ring)
            closing = edges.pop((names[-2], names[-1]))
            path = " -> ".join(shown(n)[1:-1] for n in names)
            found.append(closing.fault(f"these groups contain each other: {path}; remove one of the children"))
        else:
            break
    return found


def _from_smallest(ring: list[str]) -> list[str]:
    """The same cycle, begun at ``all`` or else at the first name of the alphabet."""
    members = ring[:-1]
    start = members.index(min(members, key=lambda n: (n != "all", n)))
    return [*members[start:], *members[:start], members[start]]


def _sorter(edges: Iterable[tuple[str, str]]) -> TopologicalSorter[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for parent, child in edges:
        sorter.add(child, parent)
    return sorter


class Hierarchy:
    """The groups without cycles, and what holds for each host."""

    def __init__(self, census: Census) -> None:
        self.census = census
        self.parents: dict[str, set[str]] = {name: set() for name in census.groups}
        for group in census.groups.values():
            for child in group.children:
                if child in self.parents:
                    self.parents[child].add(group.name)
        for name, parents in self.parents.items():
            if not parents and name != "all":
                parents.add("all")
        self._said: dict[int, dict[str, Setting]] = {}
        self._depths, self._above = self._climb()
        self._ranked: dict[frozenset[str], tuple[str, ...]] = {}
        self._merged: dict[tuple[str, ...], dict[str, Setting]] = {}

    def _climb(self) -> tuple[dict[str, int], dict[str, frozenset[str]]]:
        depths, above = {"all": 0}, {"all": frozenset({"all"})}
        edges = [(parent, child) for child, parents in self.parents.items() for parent in parents]
        for name in _sorter(edges).static_order():
            if name != "all":
                depths[name] = 1 + max(depths[p] for p in self.parents[name])
                above[name] = frozenset({name}).union(*(above[p] for p in self.parents[name]))
        return depths, above

    def said(self, block: Block) -> dict[str, Setting]:
        if id(block) not in self._said:
            self._said[id(block)] = settings(block)
        return self._said[id(block)]

    def groups_of(self, host: Host) -> tuple[str, ...]:
        """All groups the host is in, ``all`` first, then from weak to strong."""
        direct = frozenset(host.groups)
        if direct not in self._ranked:
            names = frozenset[str]().union(*(self._above[g] for g in direct))
            if names == {"all"}:
                names |= {"ungrouped"}
            self._ranked[direct] = tuple(sorted(names, key=self._rank))
        return self._ranked[direct]

    def _rank(self, name: str) -> tuple[int, int, str]:
        group = self.census.groups.get(name, Group(name))
        return self._depths.get(name, 1), self._priority(group), name

    def _priority(self, group: Group) -> int:
        priority = 1
        for block in group.blocks:
            priority = block.vars.ansible_group_priority if block.vars.ansible_group_priority is not None else priority
        return priority

    def effective(self, host: Host) -> Settings:
        """What holds for the host. Caps for whole groups are not in it."""
        groups = self.groups_of(host)
        if groups not in self._merged:
            self._merged[groups] = self.of_groups(groups)
        merged = dict(self._merged[groups])
        for block in host.blocks:
            merged |= self.said(block)
        merged.pop("limits.concurrent", None)
        return merged

    def of_groups(self, names: Iterable[str]) -> dict[str, Setting]:
        merged: dict[str, Setting] = {}
        for name in names:
            for block in self.census.groups[name].blocks if name in self.census.groups else ():
                merged |= self.said(block)
        return merged
