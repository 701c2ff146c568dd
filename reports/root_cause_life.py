"""The moments of one finding: from its events, and the day of the fix from what a feed's rows said of it. Pure.

Of people's events these matter: ``supplier told``, ``claimed fixed``, ``claim rejected``, ``claim withdrawn``
(``checks.decisions``). A person may date a word back, never ahead: of two times the earlier counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol

from checks import clock_life
from checks.finding import Member
from checks.lifecycle import State
from reports.clock_matters import FIXABLE
from reports.root_cause import Moment

FIRST_YEAR = 1999  # of CVE itself: an earlier day is a publisher's slip
CLOSED = (State.FALSE_POSITIVE.value, State.OUT_OF_SERVICE.value)
NO_CLAIM = ("claim withdrawn", "regressed")


class Happened(clock_life.Happened, Protocol):
    """One event of the chain, with its place in it."""

    @property
    def seq(self) -> int: ...
    @property
    def scan_id(self) -> int | None: ...


@dataclass(slots=True)
class Episode:
    number: int
    scan_id: int | None  # that saw it fail
    detected: Moment
    state: str
    told: Moment | None = None
    claimed: Moment | None = None
    verified: Moment | None = None
    refused: int = 0
    ended: bool = False


def episodes(events: Iterable[Happened]) -> Iterator[Episode]:
    """Of one finding's events, in the order of the chain."""
    found: dict[int, Episode] = {}
    for event in events:
        one = found.get(event.episode)
        if one is None:
            one = found[event.episode] = Episode(event.episode, event.scan_id, _moment(event), event.to_state)
        _take(one, event)
    yield from found.values()


def _take(one: Episode, event: Happened) -> None:
    said = _object(event.proof, "statement")
    if event.why == "supplier told":
        one.told = one.told or _moment(event, _object(said, "more").get("told_at"))
    elif event.why == "claimed fixed":
        one.claimed = _moment(event, said.get("at"))
    elif event.why == "claim rejected":
        one.refused, one.claimed = one.refused + 1, None
    elif event.why in NO_CLAIM:
        one.claimed = None
    elif event.why == "withdrawn":
        one.verified = None
    if event.to_state == State.VERIFIED_FIXED.value and one.verified is None:
        one.verified = _moment(event)
    one.state = event.to_state or one.state
    one.ended = one.state in CLOSED


def _moment(event: Happened, said: object = None) -> Moment:
    at = _utc(event.at)
    told = _instant(said)
    return Moment(min(at, told) if told else at, event.hash, event.seq)


def _instant(value: object) -> datetime | None:
    try:
        return _utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _utc(at: datetime) -> datetime:
    """A time without a zone is UTC, as the record keeps it."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _object(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def released(members: Iterable[Member]) -> tuple[date, tuple[str, ...]] | None:
    """The earliest day on which a fix for one of the gravest was out, and for which; None: no row says one.

    The gravest are those that make the update as severe as it is: they are why it has to be installed.
    """
    fixable = [one for one in members if one.verdict in FIXABLE]
    rated = [one.severity.rank for one in fixable if one.severity is not None]
    gravest = [one for one in fixable if one.severity is not None and one.severity.rank == min(rated)] or fixable
    known = [(day, one.id) for one in gravest if (day := _day(one.attributes.get("issued", ""))) is not None]
    if not known:
        return None
    first = min(day for day, _ in known)
    return first, tuple(sorted(name for day, name in known if day == first))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR else None


def on_day(day: date, digest: str) -> Moment:
    """``digest``: sha256 of the answer that says so."""
    return Moment(datetime.combine(day, time(), UTC), digest, whole_day=True)
