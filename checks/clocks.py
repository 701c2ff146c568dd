"""Clocks: by when something must be mended, and how long it has taken. Pure; ``now`` is an argument.

``docs/clocks.md`` has the rules with a worked example. In short: a clock counts days (``checks.calendars``) from the
day after its start event; pauses that the policy knows take time out, overlapping ones once; it is due at the end of
its last counted day. Gross is counted without pauses, net with them. A claim does not stop a clock. A verified fix
does, at the claim inside [last fail, first pass], else at the last fail: the wait for a look is the buyer's.
Instants are UTC milliseconds since 1970; days are exact fractions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from checks.calendars import Count, Days
from checks.clock_life import Life, Pause
from checks.clock_types import UNRATED, ClockPolicy, Per, Rule, Start, When
from checks.service_hours import DAY, local_date, midnight
from checks.spans import Spans, union

WORDS: Mapping[Start, str] = {
    Start.FIX_RELEASED: "the vendor's fix was released",
    Start.ALERT: "the vulnerability was published",
    Start.DETECTED: "it was first detected",
    Start.TOLD: "the supplier was told",
}


class Status(StrEnum):
    """In the order in which they are told."""

    BREACHED = "breached"
    UNDECIDED = "cannot be decided"  # mended between two looks, and due between them
    RUNNING = "running"
    PAUSED = "paused"
    NOT_STARTED = "not started"
    MET = "met"
    VOID = "not counted"  # no weakness after all, or out of service

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Matter:
    """What is clocked: a finding, or one member of it. Days are the publisher's own."""

    member: str = ""  # CVE-2026-1; "" the finding as a whole
    level: str = UNRATED  # its risk: critical, high, medium, low, info, unrated
    theme: str = ""
    kind: str = "server"
    exposure: str | None = None  # None: unknown
    vendor: str = ""  # the vendor's word
    score: float | None = None  # CVSS v3 base
    kev: bool = False
    bod: str = ""
    fixable: bool = False  # the vendor has released a fix
    released: date | None = None
    alerted: date | None = None


@dataclass(frozen=True, slots=True)
class Stood:
    """A pause as it was counted, and why not more. [start, end)."""

    pause: Pause
    start: int
    end: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. Instants in milliseconds, times in days of the policy's calendar."""

    policy: str
    rule: str
    start: Start
    started: int | None  # None: it has not
    days: int
    working: bool
    status: Status
    members: tuple[str, ...] = ()  # that share it; empty: the finding
    target: int | None = None
    due: int | None = None
    due_gross: int | None = None  # as if nothing had been paused
    gross: Fraction = Fraction(0)
    net: Fraction = Fraction(0)
    stood: tuple[Stood, ...] = ()
    fixed: tuple[tuple[int, int], ...] = ()  # verified fixed in between, before it came back
    last_fail: int | None = None  # with a fix: it lies between these
    first_pass: int | None = None
    claim: int | None = None  # inside the interval; of an open finding one that waits for a look
    waited: int = 0  # the buyer's time until somebody looked
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        return "working days" if self.working else "days"

    @property
    def late(self) -> Fraction:
        """Counted days beyond the limit; 0 when there are none."""
        return self.net - self.days if self.net > self.days else Fraction(0)


def clocks(
    policy: ClockPolicy, days: Days, matter: Matter, members: Sequence[Matter], life: Life, now: int
) -> tuple[Clock, ...]:
    """The clocks of one finding under one policy; members with the same start and limit share one. May be none."""
    return Clockmaker(policy, days, now).clocks(matter, tuple(members), life)


@dataclass(frozen=True, slots=True)
class _Group:
    """Members that share a clock. ``instant`` of a first detection is that of the finding it was worked out for."""

    rule: Rule
    start: Start | None  # None: it has not started
    instant: int
    note: str
    members: tuple[str, ...]


class Clockmaker:
    """One policy at one time. What many findings have in common, members and days, is worked out once."""

    def __init__(self, policy: ClockPolicy, days: Days, now: int) -> None:
        self.policy, self.days, self.now = policy, days, now
        self._groups: dict[int, tuple[tuple[Matter, ...], tuple[_Group, ...]]] = {}
        self._shared: dict[tuple[int, int], tuple[Clock, ...]] = {}
        self._alone: dict[tuple[Matter, int], tuple[Clock, ...]] = {}
        self._due: dict[tuple[date, int], int] = {}
        self._gross: dict[date, Fraction] = {}

    def clocks(self, matter: Matter, members: tuple[Matter, ...], life: Life) -> tuple[Clock, ...]:
        about = members if self.policy.per is Per.MEMBER and members else (matter,)
        if not _ordinary(life):
            return in_order(self._of_group(group, life) for group in self._grouped(about, life))
        if not members:
            return self._of_alike(matter, life)
        if id(about[0]) not in self._groups:
            self._groups[id(about[0])] = about, tuple(self._grouped(about, life))  # held, so that its id stays its own
        groups = self._groups[id(about[0])][1]
        begun = life.episodes[0].begun if any(group.start is Start.DETECTED for group in groups) else 0
        key = id(about[0]), begun
        if key not in self._shared:
            self._shared[key] = in_order(self._of_group(group, life) for group in groups)
        return self._shared[key]

    def _of_alike(self, matter: Matter, life: Life) -> tuple[Clock, ...]:
        """Of findings without members to which nothing happened: the same for all that began at the same time."""
        key = matter, life.episodes[0].begun
        if key not in self._alone:
            self._alone[key] = in_order(self._of_group(group, life) for group in self._grouped((matter,), life))
        return self._alone[key]

    def _grouped(self, about: Iterable[Matter], life: Life) -> Iterator["_Group"]:
        shared: dict[tuple[Rule, Start | None, int, str], list[str]] = {}
        for one in about:
            rule = rule_for(self.policy, one)
            if rule is not None:
                start, note = _start(self.policy, rule, one, life, self.days, self.now)
                notes = "; ".join(filter(None, (note, _assumed(self.policy, one))))
                shared.setdefault((rule, *(start or (None, 0)), notes), []).append(one.member)
        for (rule, kind, instant, note), names in shared.items():
            yield _Group(rule, kind, instant, note, tuple(sorted(filter(None, names))))

    def _of_group(self, group: "_Group", life: Life) -> Clock:
        instant = life.episodes[0].begun if group.start is Start.DETECTED and _ordinary(life) else group.instant
        start = None if group.start is None else (group.start, instant)
        return self._clock(group.rule, start, group.note, group.members, life)

    def _clock(
        self, rule: Rule, start: tuple[Start, int] | None, note: str, members: tuple[str, ...], life: Life
    ) -> Clock:
        name, working = self.policy.id, self.policy.working
        kind, at = start or (rule.start, None)
        base = Clock(name, rule.id, kind, at, rule.days, working, Status.NOT_STARTED, members, rule.target)
        if start is None:
            return replace(base, notes=(f"it has not started: {note}",) if note else ())
        return self._counted(base, Count.after(start[1], self.days), note, life)

    def _counted(self, base: Clock, count: Count, note: str, life: Life) -> Clock:
        fix, lived, started = life.episodes[-1].fix, _round(self.policy, life), base.started or 0
        stood = tuple(_stood(self.policy, self.days, pause) for pause in life.pauses)
        still = union([*lived.fixed, *((one.start, one.end) for one in stood)])
        end = min(at for at in (life.ended, fix.charged_until if fix else None, self.now) if at is not None)
        plain, gross = self._plain_due(count, base.days, started), self._worth(count, end)
        due = due_at(count, base.days, still, started) if still else plain
        return replace(
            base,
            status=_status(life, due, self.now, still),
            due=due,
            due_gross=plain,
            gross=gross,
            net=net(count, end, still) if still else gross,
            stood=stood,
            fixed=lived.fixed,
            last_fail=fix.last_fail if fix else None,
            first_pass=fix.first_pass if fix else None,
            claim=fix.claim if fix else life.claim,
            waited=fix.waited if fix else 0,
            notes=tuple(filter(None, (note, *_claimed(life, due)))),
        )

    def _plain_due(self, count: Count, days: int, started: int) -> int:
        key = count.first, days
        if days and key not in self._due:
            self._due[key] = due_at(count, days, (), started)
        return self._due[key] if days else started

    def _worth(self, count: Count, end: int) -> Fraction:
        if end != self.now:
            return count.worth(end)
        if count.first not in self._gross:
            self._gross[count.first] = count.worth(end)
        return self._gross[count.first]


def _ordinary(life: Life) -> bool:
    """Nothing has happened to it but that it was found."""
    alone = len(life.episodes) == 1 and life.episodes[0].fix is None
    return alone and not (life.told or life.pauses or life.claim is not None or life.ended is not None)


def in_order(found: Iterable[Clock]) -> tuple[Clock, ...]:
    """The first leads: the first that was breached is the headline; of those that run the earliest due."""
    return tuple(sorted(found, key=_order))


def _order(clock: Clock) -> tuple[int, int, str, str, tuple[str, ...]]:
    due = clock.due if clock.due is not None else 2**62
    return clock.status.rank, due, clock.policy, clock.rule, clock.members


# which rule


def rule_for(policy: ClockPolicy, matter: Matter) -> Rule | None:
    """The first that fits; None: this policy says nothing about it."""
    return next((rule for rule in policy.rules if fits(rule.when, matter)), None)


def _assumed(policy: ClockPolicy, one: Matter) -> str:
    asks = one.exposure is None and any(rule.when.exposure for rule in policy.rules)
    return "the exposure is not known and taken as internal" if asks else ""


def fits(when: When, one: Matter) -> bool:
    """All parts that are given hold. An exposure that nobody knows is taken as internal."""
    listed = (
        (when.level, one.level),
        (when.theme, one.theme),
        (when.kind, one.kind),
        (when.vendor, one.vendor.lower()),
        (when.bod, one.bod),
    )
    if any(allowed and value not in allowed for allowed, value in listed):
        return False
    reach = {one.exposure} if one.exposure else {"unknown", "internal"}  # domain.md, R8
    if when.exposure and reach.isdisjoint(when.exposure):
        return False
    if when.score_at_least is not None and (one.score is None or one.score < when.score_at_least):
        return False
    if when.unrated and (one.score is not None or one.vendor):
        return False
    return when.kev in (None, one.kev) and when.fixable in (None, one.fixable)


# from when on


@dataclass(frozen=True, slots=True)
class _Round:
    """The episodes that one clock goes on through."""

    begun: int
    fixed: Spans  # verified fixed in between
    anew: str  # why it does not go on from before; "" from the first episode on


def _round(policy: ClockPolicy, life: Life) -> _Round:
    begun, gaps, anew = life.episodes[0].begun, [], ""
    for before, after in zip(life.episodes, life.episodes[1:], strict=False):
        away = after.begun - before.fix.first_pass if before.fix else 0
        if before.fix is None or away <= policy.continues_within_days * DAY:
            gaps += [(before.fix.charged_until, after.begun)] if before.fix else []
        else:
            begun, gaps = after.begun, []
            anew = f"it came back after {away // DAY} days: counted anew from then"
    return _Round(begun, union(gaps), anew)


def _start(
    policy: ClockPolicy, rule: Rule, one: Matter, life: Life, days: Days, now: int
) -> tuple[tuple[Start, int] | None, str]:
    """The event and its instant, and what is to be said about it."""
    lived = _round(policy, life)
    lacking: list[str] = []
    for kind in dict.fromkeys((rule.start, *rule.otherwise)):
        instant, why = _instant(kind, one, life, lived, days, now)
        if instant is not None:
            anew = lived.anew if instant < lived.begun or kind is Start.DETECTED else ""
            told = f"{'; '.join(lacking)}: counted from when {WORDS[kind]}" if lacking else ""
            return (kind, max(instant, lived.begun) if anew else instant), "; ".join(filter(None, (told, anew)))
        lacking.append(why)
    return None, "; ".join(lacking)


def _instant(kind: Start, one: Matter, life: Life, lived: _Round, days: Days, now: int) -> tuple[int | None, str]:
    """When it was, or why nobody knows."""
    if kind is Start.DETECTED:
        return lived.begun, ""
    if kind is Start.TOLD:
        told = [at for at in life.told if not lived.anew or at >= lived.begun]
        return (told[0], "") if told else (None, "nobody has recorded that the supplier was told")
    day = one.released if kind is Start.FIX_RELEASED else one.alerted
    if day is None:
        lacks = {
            Start.FIX_RELEASED: "no day of release of a fix is known",
            Start.ALERT: "no day of publication is known",
        }
        return None, lacks[kind]
    if day > local_date(now, days.zone):
        return None, f"the publisher's day {day.isoformat()} is still to come and is not used"
    return midnight(day, days.zone), ""


# how long


def _status(life: Life, due: int, now: int, still: Spans) -> Status:
    fix = life.episodes[-1].fix
    if life.ended is not None:
        return Status.VOID
    if fix is not None:
        if fix.charged_until > due:
            return Status.BREACHED
        return Status.MET if fix.claim is not None or fix.first_pass <= due else Status.UNDECIDED
    if now > due:
        return Status.BREACHED
    return Status.PAUSED if any(start <= now < end for start, end in still) else Status.RUNNING


def _claimed(life: Life, due: int) -> Iterator[str]:
    """A claim that waits for a look: it does not stop the clock, and will count once it is proven."""
    if life.claim is not None and life.episodes[-1].fix is None:
        when = "before" if life.claim <= due else "after"
        yield f"claimed fixed {when} it was due; the clock runs until a look proves it, and then counts to the claim"


def _stood(policy: ClockPolicy, days: Days, pause: Pause) -> Stood:
    """A pause inside the policy: for a cause that it knows, until resumed, and never beyond either maximum."""
    start = midnight(pause.first, days.zone)
    most = policy.pauses.get(pause.cause)
    if most is None:
        return Stood(pause, start, start, f"not counted: {policy.id} does not pause for {pause.cause.value}")
    last = min(pause.last, pause.first + timedelta(days=max(0, most - 1))) if most else pause.first - timedelta(days=1)
    end = midnight(last + timedelta(days=1), days.zone)
    note = f"counted for {most} days: {policy.id} allows no longer pause" if last < pause.last else ""
    if pause.resumed is not None and pause.resumed < end:
        return Stood(pause, start, max(start, pause.resumed), "")
    return Stood(pause, start, max(start, end), note)


def net(count: Count, until: int, still: Spans) -> Fraction:
    """Counted days until then, without the time in which it stood still."""
    away = sum((count.worth(min(b, until)) - count.worth(min(a, until)) for a, b in still), Fraction(0))
    return count.worth(until) - away


def due_at(count: Count, days: int, still: Spans, started: int) -> int:
    """The first instant at which ``days`` are used up; at once for none."""
    if days == 0:
        return started
    away = Fraction(0)
    for begin, end in still:
        if count.worth(begin) - away >= days:
            break
        away += count.worth(end) - count.worth(begin)
    return count.reaching(days + away)
