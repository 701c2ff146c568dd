"""Whether an advisory affects one release of a product: affected, not affected, or nobody can tell.

The publisher's list of affected releases is a known range: what stands outside of it is not affected. It stops being
one in four cases, and then the answer is unknown: the advisory names a train and no releases; its words contradict its
list; the release came after the list, in a train that the publisher had stopped mending by then (a list of "all
versions" is as old as it is, and no fixed release ever ends it); or the release is of an old train that the publisher
no longer looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from checks.firmware.advisory import FirmwareAdvisory, Range
from checks.firmware.fortios import Release, Train, shown, train_of


class Standing(StrEnum):
    AFFECTED = "affected"
    NOT_AFFECTED = "not affected"
    UNKNOWN = "unknown range"


@dataclass(frozen=True, slots=True)
class Judged:
    """One advisory held against one release. ``fixed``: the first release with the fix that is told, "" none."""

    advisory: FirmwareAdvisory
    standing: Standing
    why: str = ""  # with UNKNOWN
    fixed: str = ""  # with AFFECTED


def judge(advisories: Sequence[FirmwareAdvisory], release: Release) -> tuple[Judged, ...]:
    """All advisories about one product: together they tell which trains the publisher looked at, and mended, when."""
    history = _History.of(advisories)
    return tuple(_judged(advisory, release, history) for advisory in advisories)


@dataclass(frozen=True, slots=True)
class _History:
    last_named: dict[Train, str]  # train -> day of the last advisory that speaks of it
    unmended: dict[Train, str]  # train -> day of the first advisory that calls all its releases affected

    @classmethod
    def of(cls, advisories: Iterable[FirmwareAdvisory]) -> "_History":
        last: dict[Train, str] = {}
        unmended: dict[Train, str] = {}
        for advisory in advisories:
            for train in {*_trains(advisory), *map(train_of, advisory.fixed)}:
                last[train] = max(last.get(train, ""), advisory.day)
            for train in advisory.whole:
                unmended[train] = min(unmended.get(train, advisory.day), advisory.day)
        return cls(last, unmended)


def _trains(advisory: FirmwareAdvisory) -> set[Train]:
    """That the advisory speaks of, as affected or not."""
    listed = (train_of(high) for _, high in (*advisory.listed, *advisory.told))
    return {*listed, *advisory.coarse, *advisory.whole, *advisory.clear}


def _judged(advisory: FirmwareAdvisory, release: Release, history: _History) -> Judged:
    train = train_of(release)
    fixes = [fix for fix in advisory.fixed if train_of(fix) == train]
    if train in advisory.clear:
        return Judged(advisory, Standing.NOT_AFFECTED)
    if _within(release, advisory.listed):
        return _listed(advisory, release, fixes)
    if any(release >= fix for fix in fixes):
        return Judged(advisory, Standing.NOT_AFFECTED)
    if train in advisory.whole or _within(release, advisory.told):
        return Judged(advisory, Standing.AFFECTED, fixed=_clears(advisory, release))
    why = _doubt(advisory, release, history)
    return Judged(advisory, Standing.UNKNOWN, why) if why else Judged(advisory, Standing.NOT_AFFECTED)


def _within(release: Release, ranges: Iterable[Range]) -> bool:
    return any(low <= release <= high for low, high in ranges)


def _listed(advisory: FirmwareAdvisory, release: Release, fixes: Sequence[Release]) -> Judged:
    """A fix below the last listed release of its train is one of another build; alone it contradicts the list."""
    last = max(high for _, high in advisory.listed if train_of(high) == train_of(release))
    after = [fix for fix in fixes if fix > last]
    earlier = [fix for fix in fixes if fix <= release]
    if earlier and not after:
        told = f"{shown(release)} is listed as affected, and {shown(min(earlier))} is said to have the fix"
        return Judged(advisory, Standing.UNKNOWN, told)
    return Judged(advisory, Standing.AFFECTED, fixed=_clears(advisory, release))


def _clears(advisory: FirmwareAdvisory, release: Release) -> str:
    """The fix to go to: of the same train where there is one, else the lowest above."""
    above = [fix for fix in advisory.fixed if fix > release and not _within(fix, advisory.listed)]
    same = [fix for fix in above if train_of(fix) == train_of(release)]
    return shown(min(same or above)) if above else ""


def _doubt(advisory: FirmwareAdvisory, release: Release, history: _History) -> str:
    """Why a release outside of all that is told is not called unaffected, "" when it is."""
    train = train_of(release)
    ends = [high for _, high in (*advisory.listed, *advisory.told)]
    if train in advisory.coarse:
        return f"it names {shown(train)} and none of its releases"
    if not ends and not advisory.whole:
        return "its affected versions cannot be read" if not _passed(advisory, release) else ""
    if train > max((*map(train_of, ends), *advisory.whole)):
        return ""
    if advisory.partly and not _passed(advisory, release):
        return "it does not name all affected versions"
    last = max((end for end in ends if train_of(end) == train), default=None)
    if last is not None:
        return _after(advisory, release, last, history)
    if history.last_named.get(train, "") >= advisory.day:
        return ""
    return f"{shown(train)} was no longer looked at when it was written"


def _passed(advisory: FirmwareAdvisory, release: Release) -> bool:
    """Every fix that is told lies below: "or above" covers it."""
    return bool(advisory.fixed) and release >= max(advisory.fixed)


def _after(advisory: FirmwareAdvisory, release: Release, last: Release, history: _History) -> str:
    if release < last:
        return ""
    day = history.unmended.get(train_of(release))
    if day is None or day > advisory.day:
        return ""
    return f"it lists {shown(train_of(release))} up to {shown(last)}, a train that was no longer mended by then"
