"""All updates of one system: what replaces what, and which of them are cumulative. Made once for all hosts with it.

Microsoft's servicing model that this rests on (learn.microsoft.com/windows/deployment/update/release-cycle and
.../waas-overview; "Simplifying servicing for Windows 7 and 8.1" of 2016 for the older ones):

- Windows 10, Server 2016 and later get cumulative updates: each contains all before it, and raises the revision (UBR).
- Windows 7 to 8.1 and Server 2008 R2 to 2012 R2 get, since October 2016, a cumulative monthly rollup or a security-only
  update with the same fixes of one month; before that, each update for itself.
- Servicing stack, .NET Framework and Flash Player updates stand apart from both.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from checks.advisories.windows_updates import HOTPATCH, SECURITY_ONLY, STACK, Update, rated, worse

ROLLUPS_SINCE = "2016-10-11"  # the first monthly rollups
_FRAMEWORK = re.compile(r"\d+(?:\.\d+)+")
FLASH, STACKS = frozenset({"Adobe Flash Player"}), frozenset({"Servicing Stack Updates"})


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """One update in all products of a host: what it fixes in each, and what it replaces."""

    update: Update  # of all products together
    by_product: tuple[tuple[str, frozenset[str]], ...]  # product -> CVEs

    @property
    def kb(self) -> str:
        return self.update.kb


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """All updates of a system, with what follows from them alone. Made once for all hosts with it."""

    updates: Mapping[str, Merged]
    line: frozenset[str]  # KBs of its cumulative updates
    replaces: Mapping[str, frozenset[str]] = field(repr=False)  # KB -> all that it replaces, one step or many
    months: frozenset[str] = frozenset()  # KBs of whole months' fixes: rollups and security-only updates
    cumulative: bool = True

    @property
    def newest(self) -> Update | None:
        return self.fullest(self.line)

    def fullest(self, kbs: Iterable[str]) -> Update | None:
        """The newest; of one day what contains more: a security-only update or a hotpatch contains little else."""
        return max((self.updates[kb].update for kb in kbs), key=self._fullness, default=None)

    def _fullness(self, update: Update) -> tuple[str, bool, int, int]:
        return update.day, update.kind not in (SECURITY_ONLY, HOTPATCH), len(self.replaces[update.kb]), int(update.kb)

    def before(self, target: Update) -> frozenset[str]:
        """KBs that this one contains because it is cumulative, whether or not the data links them with it."""
        if self.cumulative:
            these = self.line if target.kb in self.line else frozenset[str]()
        else:
            these = self.months if self.months & self.replaces[target.kb] else frozenset()
        return frozenset(kb for kb in these if self.updates[kb].update.day < target.day)

    def cleared_by(self, target: Update) -> frozenset[str]:
        """KBs that are not needed any more once this one is installed, itself among them."""
        direct = self.replaces[target.kb] | self.before(target) | {target.kb}
        there = [self.updates[kb] for kb in direct if kb in self.updates]
        return direct | {kb for kb, one in self.updates.items() if kb not in direct and fixed_by(one, there)}


def order(update: Update) -> tuple[str, int]:
    return update.day, int(update.kb)


def series_of(rows: Iterable[tuple[str, Sequence[Update]]], *, cumulative: bool) -> Series:
    """Of the rows of a host's products: (product, its updates)."""
    found: dict[str, list[tuple[str, Update]]] = {}
    for product, updates in rows:
        for update in updates:
            found.setdefault(update.kb, []).append((product, update))
    merged = {kb: _merged(kb, told) for kb, told in found.items()}
    direct = {kb: one.update.supersedes for kb, one in merged.items()}
    replaces = {kb: reached([kb], direct) - {kb} for kb in merged}
    return Series(merged, _line(merged), replaces, _months(merged), cumulative)


def _months(merged: Mapping[str, Merged]) -> frozenset[str]:
    """By what they fix, or, in a month of little, because a rollup and a security-only update fix the same."""
    since = {kb: one for kb, one in merged.items() if one.update.day >= ROLLUPS_SINCE and not apart(one)}
    twins = Counter((one.update.day, one.by_product) for one in since.values() if one.update.cves)
    return frozenset(kb for kb, one in since.items() if one.update.wide or twins[one.update.day, one.by_product] > 1)


def reached(starts: Iterable[str], direct: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The starts and all that they replace, step by step. Each is visited once, so a circle ends."""
    seen = set(starts)
    ahead = list(seen)
    while ahead:
        for kb in direct.get(ahead.pop(), ()):
            if kb not in seen:
                seen.add(kb)
                ahead.append(kb)
    return frozenset(seen)


def _merged(kb: str, told: Sequence[tuple[str, Update]]) -> Merged:
    cves: dict[str, set[str]] = {}
    for product, update in told:
        cves.setdefault(product, set()).update(update.cves)
    by_product = tuple(sorted((product, frozenset(these)) for product, these in cves.items()))
    return Merged(told[0][1] if len(told) == 1 else _union(kb, [update for _, update in told]), by_product)


def _union(kb: str, told: Sequence[Update]) -> Update:
    fixes: dict[str, str] = {}
    for update in told:
        for severity, cves in update.fixes:
            for cve in cves or ("",):
                known = fixes.get(cve)
                fixes[cve] = severity if known is None else worse(severity, known)
    return Update(
        kb,
        min(update.day for update in told),
        next((update.kind for update in told if update.kind), ""),
        tuple(sorted({build for update in told for build in update.builds})),
        rated(fixes),
        tuple(sorted({other for update in told for other in update.supersedes})),
        tuple(sorted({name for update in told for name in update.components})),
    )


def _line(merged: Mapping[str, Merged]) -> frozenset[str]:
    """Updates that bring the whole system forward, and all that they replace or that replaces them."""
    near: dict[str, set[str]] = {kb: set() for kb in merged}
    for kb, one in merged.items():
        for other in one.update.supersedes:
            if other in near:
                near[kb].add(other)
                near[other].add(kb)
    found: set[str] = set()
    for kb, one in merged.items():
        if kb not in found and (one.update.wide or _brings_a_build(one.update)):
            found |= reached([kb], near)
    return frozenset(kb for kb in found if not apart(merged[kb]))


def _brings_a_build(update: Update) -> bool:
    return any(build.startswith("10.0.") for build in update.builds)


def apart(one: Merged) -> bool:
    """Whether it stands apart from the cumulative updates, which then never contain it."""
    return only(one, FLASH) or of_stack(one) or of_framework(one)


def only(one: Merged, components: frozenset[str]) -> bool:
    return bool(one.update.components) and components.issuperset(one.update.components)


def of_stack(one: Merged) -> bool:
    """An update of what installs updates. Later ones replace it, and few of them are security updates of their own."""
    return one.update.kind == STACK or only(one, STACKS)


def frameworks_of(one: Merged) -> tuple[str, ...]:
    """Of an update of the system's own that is of certain .NET Frameworks alone: their versions. () of any other."""
    names = one.update.components
    if of_framework(one) or not names or not all(".NET Framework" in name for name in names):
        return ()
    return tuple(version for name in names for version in _FRAMEWORK.findall(name))


def of_framework(one: Merged) -> bool:
    return all(product.startswith("microsoft .net framework ") for product, _ in one.by_product)


def fixed_by(one: Merged, others: Iterable[Merged]) -> bool:
    """Whether these, released with it or later, fix all that it fixes, in the same products.

    Not before the first monthly rollups: two updates of one bulletin were both needed until then.
    """
    if one.update.day < ROLLUPS_SINCE:
        return False
    later = [other for other in others if other.update.day >= one.update.day and other.kb != one.kb]
    return all(_fixed(product, cves, later) for product, cves in one.by_product)


def _fixed(product: str, cves: frozenset[str], by: Iterable[Merged]) -> bool:
    found = [these for one in by for name, these in one.by_product if name == product]
    return bool(cves) and cves <= frozenset[str]().union(*found)
