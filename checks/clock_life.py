"""What clocks are counted from: the life of one finding, replayed from its events. Pure.

Of people's events (``checks.decisions``) these matter: ``supplier told``, ``claimed fixed``, ``pause asked`` with
``clock paused`` of the other side, ``clock resumed``. Instants are UTC milliseconds since 1970.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from checks.clock_types import Cause
from checks.lifecycle import State


class Happened(Protocol):
    """One event of the chain."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def proof(self) -> Mapping[str, object]: ...
    @property
    def hash(self) -> str: ...
    @property
    def episode(self) -> int: ...
    @property
    def why(self) -> str: ...


LAST_YEAR = 2200  # what is dated later is nonsense


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that one side asked for and the other granted. Days are those of the policy's zone, both included."""

    cause: Cause
    first: date
    last: date
    asked_by: str
    approved_by: str
    resumed: int | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()  # sha256: the supplier's statement
    events: tuple[str, ...] = ()  # hashes: asked, granted, resumed


@dataclass(frozen=True, slots=True)
class Fix:
    """It was mended between the last fail and the first pass. ``claim``: when somebody said so, inside that."""

    last_fail: int
    first_pass: int
    claim: int | None = None

    @property
    def charged_until(self) -> int:
        """What is counted: until the claim, or the last proof that it was still there. Never the wait for a look."""
        return self.last_fail if self.claim is None else self.claim

    @property
    def waited(self) -> int:
        """How long nobody looked: the buyer's time."""
        return self.first_pass - self.charged_until


@dataclass(frozen=True, slots=True)
class Episode:
    begun: int
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Life:
    episodes: tuple[Episode, ...]  # never empty
    state: str = State.OPEN.value
    told: tuple[int, ...] = ()
    claim: int | None = None  # one that nobody has looked at yet
    pauses: tuple[Pause, ...] = ()
    ended: int | None = None  # no weakness after all, or out of service: nothing is counted from then on


@dataclass(slots=True)
class _Replay:
    episodes: list[Episode] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    asked: Pause | None = None
    claim: int | None = None
    last_fail: int = 0
    state: str = ""
    ended: int | None = None

    def take(self, event: Happened) -> None:
        at, why = milliseconds(event.at), event.why
        if event.episode > len(self.episodes):
            self.episodes.append(Episode(at))
        self._people(event, at, why)
        if why in _FAILED:
            self.last_fail = at
        if why in _NO_CLAIM:
            self.claim = None
        if why in ("proven", "retested and fixed"):
            self._fixed(event, at)
        elif why == "withdrawn":
            self.episodes[-1] = replace(self.episodes[-1], fix=None)
        over = event.to_state in (State.FALSE_POSITIVE, State.OUT_OF_SERVICE)
        self.ended = (self.ended or at) if over else None
        self.state = event.to_state

    def _fixed(self, event: Happened, at: int) -> None:
        failed = min(_before(event.proof) or self.last_fail or at, at)
        claim = self.claim if self.claim is not None and failed < self.claim <= at else None
        self.episodes[-1] = replace(self.episodes[-1], fix=Fix(failed, at, claim))
        self.claim = None

    def _people(self, event: Happened, at: int, why: str) -> None:
        said = _object(event.proof, "statement")
        if why == "claimed fixed":
            self.claim = min(_moment(said.get("at")) or at, at)
        elif why == "supplier told":
            self.told.append(min(_moment(_object(said, "more").get("told_at")) or at, at))
        elif why == "pause asked":
            self.asked = _asked(event, said)
        elif why == "request refused" and _object(said, "more").get("of") in (None, "pause-clock"):
            self.asked = None
        elif why == "clock paused" and self.asked is not None:
            granted = replace(self.asked, approved_by=_who(event), events=(*self.asked.events, event.hash))
            self.pauses.append(granted)
            self.asked = None
        elif why == "clock resumed":
            self.pauses = [_resumed(pause, at, event.hash) for pause in self.pauses]


_FAILED = frozenset({"first seen", "regressed", "claim rejected", "seen again", "back in service"})
_NO_CLAIM = frozenset({"claim rejected", "claim withdrawn", "regressed"})


def life_of(events: Iterable[Happened]) -> Life | None:
    """Of one finding's events in their order; None when there are none."""
    replay = _Replay()
    for event in events:
        replay.take(event)
    if not replay.episodes:
        return None
    return Life(
        tuple(replay.episodes),
        replay.state,
        tuple(sorted(replay.told)),
        replay.claim,
        tuple(replay.pauses),
        replay.ended,
    )


def milliseconds(at: datetime) -> int:
    """A time without a zone is UTC, as the record keeps it."""
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _asked(event: Happened, said: Mapping[str, object]) -> Pause | None:
    """None for one that lacks what a pause must have: it cannot stop a clock."""
    more = _object(said, "more")
    first, last, ground = _day(more.get("from")), _day(said.get("until")), more.get("ground")
    if first is None or last is None or max(first, last).year > LAST_YEAR or ground not in list(Cause):
        return None
    evidence = said.get("evidence")
    digests = tuple(str(one) for one in evidence) if isinstance(evidence, list) else ()
    if ground == Cause.NO_VENDOR_FIX and not digests and not said.get("reference"):
        return None  # the supplier's statement is not attached
    return Pause(
        Cause(str(ground)), first, last, _who(event), "", None, str(said.get("reason", "")), digests, (event.hash,)
    )


def _resumed(pause: Pause, at: int, hash_: str) -> Pause:
    return replace(pause, resumed=at, events=(*pause.events, hash_)) if pause.resumed is None else pause


def _who(event: Happened) -> str:
    return f"{event.actor} ({event.role})"


def _object(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _before(proof: Mapping[str, object]) -> int | None:
    """When the failing visit of a proof had ended."""
    return _moment(_object(proof, "before").get("at"))


def _moment(value: object) -> int | None:
    try:
        return milliseconds(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
