"""What two reports looked at, and by what they judged: where they differ, and what that may explain. Pure."""

from collections import Counter
from collections.abc import Iterator

from checks.coverage import Step, funnel
from reports.compare_data import CoverageChange, Difference, Place, Side, StepChange

MEANS = (  # beginning of the name -> what a change of it may explain
    ("feed epss", "risks that rest on the likelihood of exploitation can be other ones without any change of a host"),
    ("feed kev", "what counts as known to be exploited can be more or less without any change of a host"),
    ("feed ", "weaknesses can be new or gone because the publisher said so, not because a host changed"),
    ("support dates", "what has lost its support can be new without any change of a host"),
    ("risk rules", "risks can be other ones without any change of a host"),
    ("accreditation policy", "verdicts are not by the same rules"),
    ("clock policy", "what is late is not counted by the same rules"),
    ("check catalogue", "checks were added, removed or changed"),
    ("inventory", "assets, areas or suppliers can have come, gone or moved"),
    ("tool", "another version of estatecheck made it"),
    ("kind", "the two do not look at the estate in the same way"),
    ("state", "one of them did not come to its end"),
    ("estate", "the two are about estates of different names"),
    ("option ", "they were not asked for the same"),
)


def difference_of(was: Side, now: Side) -> tuple[Difference, ...]:
    """By name; an empty text stands for what one of them does not have."""
    first, second = _basis(was), _basis(now)
    names = sorted({*first, *second}, key=lambda name: (_place(name), name))
    pairs = ((name, first.get(name, ""), second.get(name, "")) for name in names)
    return tuple(Difference(name, old, new, _means(name)) for name, old, new in pairs if old != new)


def _basis(side: Side) -> dict[str, str]:
    return {"kind": side.kind, "state": side.state, "estate": side.estate, **side.basis}


def _place(name: str) -> int:
    return next((n for n, (start, _) in enumerate(MEANS) if name.startswith(start)), len(MEANS))


def _means(name: str) -> str:
    return next((means for start, means in MEANS if name.startswith(start)), "")


def coverage_change(was: Side, now: Side) -> CoverageChange:
    moved = [_step(was, now, uid) for uid in {**was.assets, **now.assets}]
    lost = [one for one in moved if _rank(one.now) < _rank(one.was)]
    gained = [one for one in moved if _rank(one.now) > _rank(one.was)]
    lacking = Counter(reason for key, reason in _in_both(now, was) if key not in was.gaps)
    old, new = _operating(was), _operating(now)
    return CoverageChange(
        lost=tuple(sorted(lost, key=_order)),
        gained=tuple(sorted(gained, key=_order)),
        checks_lost=_checks(was, now),
        checks_gained=_checks(now, was),
        judgements_lost=dict(sorted(lacking.items(), key=lambda item: (-item[1], item[0]))),
        judgements_gained=sum(key not in now.gaps for key, _ in _in_both(was, now)),
        areas_lost=_names(old - new, was, now),
        areas_gained=_names(new - old, was, now),
        steps=_steps(was, now),
    )


def _steps(was: Side, now: Side) -> dict[Step, tuple[int, int]]:
    old, new = (funnel(place.step for place in side.assets.values()) for side in (was, now))
    return {step: (old[step], new[step]) for step in Step}


def _step(was: Side, now: Side, uid: str) -> StepChange:
    old, new = was.assets.get(uid), now.assets.get(uid)
    side, place = (now, new) if new is not None else (was, old)
    if place is None:
        raise ValueError("an asset is in neither report")
    return StepChange(
        uid,
        place.name,
        side.areas.get(place.area, place.area),
        side.suppliers.get(place.supplier, place.supplier),
        old.step if old else None,
        new.step if new else None,
        _reason(old, new),
    )


def _reason(was: Place | None, now: Place | None) -> str:
    """What explains the worse of the two."""
    if was is None or now is None:
        return ""
    worse = now if now.step.rank <= was.step.rank else was
    return worse.reason


def _rank(step: Step | None) -> int:
    return -1 if step is None else step.rank


def _order(one: StepChange) -> tuple[int, str, str]:
    return -abs(_rank(one.now) - _rank(one.was)), one.name, one.uid


def _in_both(side: Side, other: Side) -> Iterator[tuple[tuple[str, str], str]]:
    """Gaps of assets and checks that stand in both."""
    for key, reason in side.gaps.items():
        uid, check_id = key
        if uid in side.assets and uid in other.assets and check_id in side.checks and check_id in other.checks:
            yield key, reason


def _checks(side: Side, other: Side) -> tuple[tuple[str, str], ...]:
    """In ``side`` and not in ``other``."""
    return tuple((name, side.checks[name].title) for name in sorted(side.checks.keys() - other.checks.keys()))


def _operating(side: Side) -> set[str]:
    return {p.area for p in side.assets.values() if p.area and p.step.rank >= _far_enough(p).rank}


def _far_enough(place: Place) -> Step:
    return Step.LOGGED_IN if place.has_login else Step.REACHED


def _names(ids: set[str], was: Side, now: Side) -> tuple[str, ...]:
    return tuple(sorted(now.areas.get(one) or was.areas.get(one) or one for one in ids))
