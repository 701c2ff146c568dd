"""Which updates of one system a host lacks: by build where it is known, else by what replaces what. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from checks.advisories.windows_updates import HOTPATCH, Update
from checks.windows.machine import SETTLED_DAYS, Machine
from checks.windows.products import same_revision
from checks.windows.series import (
    FLASH,
    ROLLUPS_SINCE,
    Merged,
    Series,
    apart,
    fixed_by,
    frameworks_of,
    of_framework,
    of_stack,
    only,
    order,
)

MONTH = len("2026-01")
MIN_PARTS, MOST_DIGITS = 4, 9  # of a full version; digits of a part that can be a number of a build
FLASH_GONE = "2021-07-13"  # cumulative updates and rollups since remove Flash Player (Microsoft's KB4577586)


class Proof(StrEnum):
    """By what an update is there."""

    NONE = ""
    BUILD = "build"
    LIST = "list of installed updates"
    AGENT = "update agent"


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    update: Update
    line: bool  # of the system's cumulative updates
    by_build: bool  # its build says so, not the list alone
    restart: bool = False  # it is on disk, and the next start brings it


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """``unsure``: the data does not say whether something installed contains them."""

    missing: tuple[Missing, ...]
    present: Mapping[str, Proof]  # KB -> by what
    unsure: tuple[Update, ...]
    newest: Update | None  # of the system's cumulative updates
    doubt: str = ""  # why finding nothing missing proves nothing; "" when it does


class _Judge:
    """One machine against one series."""

    def __init__(self, series: Series, machine: Machine) -> None:
        self.series, self.machine = series, machine
        self.revisions = _revisions(series, machine)
        here = machine.installed | machine.claimed
        self.hot = any(one.update.kind == HOTPATCH for kb in here if (one := series.updates.get(kb)))
        self.listed = self._replaced(kb for kb in machine.installed if not self._ahead(kb))
        self.claimed = self._replaced(machine.claimed)
        line = [series.updates[kb].update for kb in series.line]
        self.last_listed = max((u.day for u in line if u.kb in self.listed), default="")
        rollups = (u for u in line if u.kb in self.listed and series.before(u))
        self.last_rollup = "" if series.cumulative else max((u.day for u in rollups), default="")
        with_build = [u for u in line if u.kb in self.revisions and u.kind != HOTPATCH]
        self.last_built = max((u.day for u in with_build if not self._ahead(u.kb)), default="")
        self.first_lacking = min((u.day for u in with_build if self._ahead(u.kb)), default="")
        self.present: dict[str, Proof] = {}

    def _replaced(self, kbs: Iterable[str]) -> frozenset[str]:
        known = [kb for kb in kbs if kb in self.series.updates]
        return frozenset(known).union(*(self._contained(kb) for kb in known))

    def _contained(self, kb: str) -> frozenset[str]:
        return self.series.replaces[kb] | self.series.before(self.series.updates[kb].update)

    def _ahead(self, kb: str) -> bool:
        """Whether the running system is older than this update's build."""
        revision = self.revisions.get(kb)
        return revision is not None and self.machine.revision is not None and self.machine.revision < revision

    def judged(self) -> Judged:
        missing: list[Missing] = []
        unsure: list[Update] = []
        open_ones: list[Merged] = []
        for _, one in sorted(self.series.updates.items(), key=lambda item: order(item[1].update), reverse=True):
            if self._elsewhere(one):
                continue
            told = self._by_build(one)
            proof = self._by_list(one) if told is None else told
            if proof:
                self.present[one.kb] = proof
            else:
                open_ones.append(one)
        for one in open_ones:
            if self._alternative(one):
                self.present[one.kb] = self._proof_of_another(one)
            elif self._unsure(one):
                unsure.append(one.update)
            else:
                missing.append(self._missing(one))
        return Judged(tuple(missing), self.present, tuple(unsure), self.series.newest, self._doubt())

    def _elsewhere(self, one: Merged) -> bool:
        """Whether it is of a channel that the host is not in, or of a .NET Framework that it does not have."""
        if one.update.kind == HOTPATCH:
            return not self.hot
        versions, own = frameworks_of(one), self.machine.framework
        return bool(own and versions) and own not in versions and all(v.startswith("4.") for v in versions)

    def _by_build(self, one: Merged) -> Proof | None:
        """By its build, or by those of the cumulative updates around it. NONE: missing; None: no build tells."""
        if self.machine.revision is None:
            return None
        if one.kb in self.revisions:
            return Proof.NONE if self._ahead(one.kb) else Proof.BUILD
        if one.kb not in self.series.line or not self.series.cumulative:
            return None
        if self.last_built and one.update.day <= self.last_built:
            return Proof.BUILD
        return Proof.NONE if self.first_lacking and one.update.day >= self.first_lacking else None

    def _by_list(self, one: Merged) -> Proof:
        if one.kb in self.listed or (of_framework(one) and one.kb in self.claimed):
            return Proof.LIST
        if only(one, FLASH) and max(self.last_built, self.last_listed, self.last_rollup) >= FLASH_GONE:
            return Proof.BUILD if self.last_built >= FLASH_GONE else Proof.LIST
        line = self.series.cumulative and one.kb in self.series.line
        if line and self.machine.preview and one.update.day[:MONTH] <= self.machine.preview:
            return Proof.LIST
        return Proof.AGENT if not line and self._agent_silent(one.update) else Proof.NONE

    def _agent_silent(self, update: Update) -> bool:
        """A fresh search at Microsoft's own service would have found it, long as it has been out."""
        searched = self.machine.searched
        if not searched or update.kb in self.machine.offered:
            return False
        return (date.fromisoformat(searched) - date.fromisoformat(update.day)).days >= SETTLED_DAYS

    def _alternative(self, one: Merged) -> bool:
        """Whether what is there fixes the same: rollup and security-only update, hotpatch and cumulative update."""
        if one.kb in self.revisions and not self.hot:
            return False  # the build has spoken
        return fixed_by(one, [self.series.updates[kb] for kb in self.present])

    def _proof_of_another(self, one: Merged) -> Proof:
        """That of what fixes the same: a host on hotpatches has a build of its own between two cumulative updates."""
        built = [self.series.updates[kb] for kb, proof in self.present.items() if proof is Proof.BUILD]
        return Proof.BUILD if fixed_by(one, built) else Proof.LIST

    def _unsure(self, one: Merged) -> bool:
        """Whether something may contain it that the data does not link with it, or it may not concern the host."""
        if one.kb in self.machine.offered or (one.kb in self.revisions and self.machine.revision is not None):
            return False
        if one.kb in self.claimed or frameworks_of(one) or of_framework(one):
            return True  # lists name the parts of a .NET update, Microsoft's data the whole
        alone = one.kb not in (self.series.line if self.series.cumulative else self.series.months)
        return alone and (not apart(one) or of_stack(one)) and self._may_be_contained(one.update)

    def _may_be_contained(self, update: Update) -> bool:
        if self.series.cumulative:
            return update.day <= max(self.last_built, self.last_listed)
        return ROLLUPS_SINCE <= update.day <= self.last_rollup

    def _missing(self, one: Merged) -> Missing:
        line = one.kb in self.series.line
        by_build = self._by_build(one) is Proof.NONE
        return Missing(one.update, line, by_build, self._on_disk(one, line=line))

    def _on_disk(self, one: Merged, *, line: bool) -> bool:
        """Whether the next start brings it: by the revision of what waits, or listed while a restart is owed."""
        waiting, revision = self.machine.waiting, self.revisions.get(one.kb)
        if waiting is not None and revision is not None:
            return waiting >= revision
        return (
            line and self.machine.restart and one.kb in self._replaced(self.machine.installed | self.machine.disputed)
        )

    def _doubt(self) -> str:
        if not self.series.cumulative:
            return "" if self.machine.lists else "its list of installed updates is empty"
        newest = self.series.newest
        if self.machine.revision is None:
            return "its revision (UBR) is not known"
        if newest is None or self.present.get(newest.kb) is not Proof.LIST:
            return ""
        return f"only its list of installed updates says so: no feed tells which build KB{newest.kb} brings"


def judge(series: Series, machine: Machine) -> Judged:
    return _Judge(series, machine).judged()


def _revisions(series: Series, machine: Machine) -> dict[str, int]:
    """KB -> the revision that it brings to builds like the machine's. What the feed says comes before titles."""
    if not series.cumulative:
        return {}  # a security-only update raises the revision as well, and contains one month alone
    shared = same_revision(machine.build)
    found = {kb: revision for kb, revision in machine.told if kb in series.updates}
    for kb, one in series.updates.items():
        numbers: dict[int, int] = {}  # build -> revision; of several the highest, which has all of it
        for number in map(_numbers, one.update.builds):
            if len(number) >= MIN_PARTS:
                numbers[number[-2]] = max(number[-1], numbers.get(number[-2], 0))
        revision = numbers.get(machine.build) or next((numbers[build] for build in shared if build in numbers), None)
        if revision is not None:
            found[kb] = revision
    return found


def _numbers(build: str) -> tuple[int, ...]:
    return tuple(int(part) for part in build.split(".") if part.isdecimal() and len(part) < MOST_DIGITS)
