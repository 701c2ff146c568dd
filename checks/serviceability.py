"""For how long has each device been unusable or unseen? The age of what is open now, so that "out of order for twelve
months" cannot hide in an average.

A device is in service while its last proof is one of working and not too old. It is unusable when the last proof was of
failure, unseen when the last proof of working has become too old and nothing was learned since. Its age counts from the
last proof of working; for one that never worked, from when it was first known, which is said.

A log-in of a scan, or a snapshot that the device took of itself, is a sign of life, too (``seen_by_scan``): it puts a
device that nobody watches, or that its watch could not see, into service for as long as such a proof counts. It does
not make up for a proof of failure: a machine that lets a scan in, and whose service is down, is unusable all the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from inventory.facts.availability import Interval, State


class Condition(StrEnum):
    IN_SERVICE = "in service"
    UNUSABLE = "unusable"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Standing:
    """One device as of ``now``. Seconds."""

    device: str
    condition: Condition
    since: float | None  # the last proof of working, or when it was first known; None: in service
    age: float  # now - since; 0 in service
    never_worked: bool = False
    last_seen: float | None = None  # the newest proof of life by any way in, POSIX seconds
    way: str = ""  # which that was: watch, scan or snapshot; "": there is none


@dataclass(frozen=True, slots=True)
class Serviceability:
    """A set of devices. p50, p95 and the maximum are over those out of service (nearest rank); None when none is."""

    devices: int
    in_service: int
    unusable: int
    unseen: int
    p50: float | None
    p95: float | None
    longest: Standing | None


def standing(device: str, intervals: Iterable[Interval], known_since: float, now: float, tolerance: float) -> Standing:
    """``known_since``: first watched, POSIX seconds. ``tolerance``: seconds that a proof of working counts."""
    past = [one for one in intervals if one.start <= now and one.state in (State.UP, State.DEGRADED, State.DOWN)]
    newest = max(past, key=lambda one: one.start, default=None)
    worked = max((min(one.end, now) for one in past if one.state is not State.DOWN), default=None)
    way = "" if worked is None else "watch"
    if newest and newest.state is not State.DOWN and worked is not None and now - worked <= tolerance:
        return Standing(device, Condition.IN_SERVICE, None, 0.0, last_seen=worked, way=way)
    since = known_since if worked is None else worked
    condition = Condition.UNUSABLE if newest and newest.state is State.DOWN else Condition.UNSEEN
    return Standing(device, condition, since, max(0.0, now - since), worked is None, worked, way)


def seen_by_scan(
    device: str,
    watched: Standing | None,
    first_tried: float,
    seen: float | None,
    now: float,
    tolerance: float,
    way: str = "scan",
) -> Standing:
    """The same device with what scans know of it. ``first_tried`` and ``seen`` (the newest log-in): POSIX seconds."""
    known = watched or Standing(device, Condition.UNSEEN, first_tried, max(0.0, now - first_tried), never_worked=True)
    if seen is None or seen > now or (known.last_seen is not None and known.last_seen >= seen):
        return known
    alive = replace(known, last_seen=seen, way=way)
    if known.condition is not Condition.UNSEEN:
        return alive
    if now - seen <= tolerance:
        return Standing(device, Condition.IN_SERVICE, None, 0.0, last_seen=seen, way=way)
    return replace(alive, since=seen, age=now - seen, never_worked=False)


def serviceability(standings: Sequence[Standing]) -> Serviceability:
    out = sorted(
        (one for one in standings if one.condition is not Condition.IN_SERVICE), key=lambda one: (one.age, one.device)
    )
    unusable = sum(one.condition is Condition.UNUSABLE for one in out)
    return Serviceability(
        len(standings),
        len(standings) - len(out),
        unusable,
        len(out) - unusable,
        _rank(out, 50),
        _rank(out, 95),
        out[-1] if out else None,
    )


def _rank(out: Sequence[Standing], percent: int) -> float | None:
    """Nearest rank: the smallest age that at least ``percent`` of the devices do not exceed."""
    return out[max(0, math.ceil(len(out) * percent / 100) - 1)].age if out else None
