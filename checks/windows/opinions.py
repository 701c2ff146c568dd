"""What the update data says of one host, ready for the checks: judged once, asked by each of them.

Hosts with the same build, updates and edition share all of it; it stays resident beside the feeds and goes with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.advisories.rating import Rater
from checks.advisories.support import SupportDates
from checks.advisories.windows_updates import TABLE, Update, updates_of
from checks.advisories.words import counted, some
from checks.finding import Outcome, Ruling, Subject, not_assessed
from checks.windows.judging import MONTH, Judged, Missing, Proof, judge
from checks.windows.life import Life, lives_of, regular_end, system_name
from checks.windows.machine import Machine, WindowsHost, machine_of
from checks.windows.products import ending, is_framework, parts_of
from checks.windows.series import Series, series_of
from checks.windows.units import FRAMEWORK, Unit, units_of
from inventory.facts.missing import Reason
from inventory.facts.windows_updates import WindowsPendingUpdate

MAX_AGE_DAYS = 45  # Microsoft publishes once a month, and a week's grace
MAX_HOSTS = 20_000  # different ones that are remembered
DEFINITIONS = "e0789628-ce08-4437-be74-2495b842f43b"  # category "Definition Updates": an antivirus' patterns
OWN = frozenset({"msrc"})  # the feed whose score is Microsoft's own
EXTENDED, SERVICED = "extended security updates", "an edition that is still serviced"
NO_FEED = "no feed of Windows updates is loaded"


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Of all hosts alike. ``gap``: why finding nothing proves nothing; None when it does."""

    series: Series
    judged: Judged
    feed: str  # how sentences call it: the windows-kb feed of 2026-06-28
    to_install: tuple[Unit, ...]
    by_subscription: tuple[Unit, ...]
    gaps: tuple[Ruling, ...]
    scope: str  # what the fixes of `by_subscription` need


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """Of one host. ``verdicts``: None when no feed speaks of its system; ``why`` is then the ruling that says so."""

    host: WindowsHost
    machine: Machine
    verdicts: Verdicts | None
    why: Ruling | None

    def offered(self, unit: Unit) -> str:
        """The update agent's own opinion, for the end of a sentence."""
        if not unit.kbs.isdisjoint(self.machine.offered):
            return "; the update agent lists it too"
        pending = self.host.windows_pending_updates
        if pending is None:
            return "; what the update agent has pending could not be had"
        days = pending.days_since_search
        searched = "which tells of no search" if days is None else f"whose last search was {counted(days, 'day')} ago"
        return f"; the update agent, {searched}, does not list it"

    def unknown_pending(self) -> tuple[WindowsPendingUpdate, ...]:
        """Security updates that the agent lists and the feed does not know (patch-levels rule 13)."""
        pending = self.host.windows_pending_updates
        known = self._known()
        found = [
            update
            for update in (pending.security if pending else ())
            if not is_other(update) and known.isdisjoint(update.kbs)
        ]
        return tuple(sorted(found, key=lambda update: (update.kbs, update.title)))

    def _known(self) -> frozenset[str]:
        if self.verdicts is None:
            return frozenset()
        units = (*self.verdicts.to_install, *self.verdicts.by_subscription)
        unsure = (update.kb for update in self.verdicts.judged.unsure)
        return frozenset(self.verdicts.judged.present).union(unsure, *(unit.kbs for unit in units))


def is_other(update: WindowsPendingUpdate) -> bool:
    """A driver, or an antivirus' patterns: no missing update of Windows."""
    return update.driver or DEFINITIONS in update.categories


class Resident:
    """What was judged by one set of feeds."""

    def __init__(self, advisories: Advisories) -> None:
        self._advisories = advisories
        self._parts: dict[str, list[str]] | None = None
        self._series: dict[tuple[tuple[str, ...], str, bool], tuple[Series | None, FeedNote | None, str]] = {}
        self._verdicts: dict[tuple[object, ...], Verdicts] = {}
        self._raters: dict[str | None, Rater] = {}
        self._last: tuple[tuple[object, ...], Opinion] | None = None

    def opinion(self, host: WindowsHost, support: SupportDates | None, exposure: str | None, today: date) -> Opinion:
        """The checks of one host follow each other: the last opinion is kept for the next of them."""
        key = (today, exposure, id(support))
        kept = self._last  # read once: another thread may be judging another host
        if kept is not None and kept[0] == key and kept[1].host.same(host):
            return kept[1]
        machine = machine_of(host, today)
        lives = lives_of(host.windows_system, support) if support else ()
        found = self._of(machine, lives, exposure, today)
        if isinstance(found, Ruling):
            made = Opinion(host, machine, None, _why(host, machine, found))
        else:
            made = Opinion(host, machine, found, None)
        self._last = (key, made)
        return made

    def _of(self, machine: Machine, lives: tuple[Life, ...], exposure: str | None, today: date) -> Verdicts | Ruling:
        series, note, hole = self._of_system(machine)
        if not self._advisories.has(TABLE):
            return not_assessed(Reason.FEED_MISSING, NO_FEED)
        if series is None or note is None:
            what = some(machine.products[:1]) or "this system"
            return not_assessed(Reason.FEED_MISSING, f"no feed of Windows updates speaks of {what!r}")
        alike = machine.about(series.updates)
        key = (alike, lives, exposure, today)
        known = self._verdicts.get(key)
        if known is None:
            if len(self._verdicts) >= MAX_HOSTS:
                self._verdicts.clear()
            rater = self._raters.setdefault(exposure, Rater(self._advisories, exposure, OWN))
            known = self._verdicts[key] = self._judged(series, note, hole, alike, lives, rater, today)
        return known

    def _judged(
        self,
        series: Series,
        note: FeedNote,
        hole: str,
        machine: Machine,
        lives: tuple[Life, ...],
        rater: Rater,
        today: date,
    ) -> Verdicts:
        judged = judge(series, machine)
        free, paid = _by_entitlement(judged, machine, series, regular_end(lives))
        scope = EXTENDED if any(life.extended for life in lives) else SERVICED
        feed = f"the {note.name} feed of {note.as_of.isoformat()}"
        return Verdicts(
            series,
            judged,
            feed,
            units_of(free, series, rater),
            units_of(paid, series, rater, scope),
            (
                *_gaps(judged, feed, (today - note.as_of).days, max(MAX_AGE_DAYS, self._advisories.max_age_days)),
                *([not_assessed(Reason.FEED_MISSING, hole)] if hole else []),
                *self._framework_unread(machine, feed),
            ),
            scope,
        )

    def _of_system(self, machine: Machine) -> tuple[Series | None, FeedNote | None, str]:
        """All feeds together; the newest says until when they know everything. Last: of what none of them speaks."""
        key = (machine.products, machine.framework, machine.cumulative)
        if key not in self._series:
            if len(self._series) >= MAX_HOSTS // 10:
                self._series.clear()
            self._series[key] = self._read(machine)
        return self._series[key]

    def _read(self, machine: Machine) -> tuple[Series | None, FeedNote | None, str]:
        rows: list[tuple[str, Sequence[Update]]] = []
        spans: list[Span] = []
        for system in machine.products:
            for note, line in self._advisories.rows(TABLE, system):
                rows.append((system, updates_of(line)))
                spans.append((note, rows[-1][1]))
        if not rows:
            return None, None, ""
        for part in self._parts_of(machine):
            rows += [(part, updates_of(line)) for _, line in self._advisories.rows(TABLE, part)]
        newest = max((note for note, _ in spans), key=lambda note: note.as_of)
        return series_of(rows, cumulative=machine.cumulative), newest, _hole(spans)

    def _parts_of(self, machine: Machine) -> list[str]:
        return list(parts_of(self._all_parts(machine), machine.framework))

    def _all_parts(self, machine: Machine) -> list[str]:
        if self._parts is None:
            self._parts = ending(self._advisories.keys(TABLE))
        return [part for system in machine.products for part in self._parts.get(system, ())]

    def _framework_unread(self, machine: Machine, feed: str) -> list[Ruling]:
        """Without knowing which one is there, none of its updates was judged."""
        if machine.framework_read or not any(is_framework(part) for part in self._all_parts(machine)):
            return []
        told = f"which .NET Framework is installed could not be read: what {feed} knows of it was not judged"
        return [Ruling(Outcome.NOT_ASSESSED, told, Subject("package", FRAMEWORK), Reason.OUTPUT_UNREADABLE)]


Span = tuple[FeedNote, Sequence[Update]]


def _hole(spans: Sequence[Span]) -> str:
    """Months of which no feed speaks, as where one month was imported alone; "" there is none. What is not cumulative,
    such as an update of .NET Framework, may have come out in them.
    """
    told = [(note, sorted(update.day for update in these)) for note, these in spans if these]
    until: date | None = None
    for begins, ends, name in sorted((days[0], max(str(note.as_of), days[-1]), note.name) for note, days in told):
        if until is not None and begins > str(until + timedelta(MAX_AGE_DAYS)):
            return f"no feed speaks of updates from {until} to {begins}, where the {name} feed begins"
        until = max(until or date.min, date.fromisoformat(ends))
    months = {day[:MONTH] for _, days in told for day in days}
    return (
        f"the feeds speak of updates of {min(months)} alone: what came before is not known" if len(months) == 1 else ""
    )


def _why(host: WindowsHost, machine: Machine, found: Ruling) -> Ruling:
    return found if machine.products or found.observed == NO_FEED else _unnamed(host)


def _unnamed(host: WindowsHost) -> Ruling:
    told = f"which product this is in Microsoft's data cannot be told: {system_name(host.windows_system)}"
    return not_assessed(Reason.UNKNOWN_DEVICE, f"{told}, build {host.windows_system.build}")


def _by_entitlement(
    judged: Judged, machine: Machine, series: Series, ends: date | None
) -> tuple[list[Missing], list[Missing]]:
    """Those that everybody gets, and those released after regular support, for hosts without evidence of more."""
    if ends is None or machine.extended or _had_extended(judged, series, ends):
        return list(judged.missing), []
    last = ends.isoformat()
    free = [one for one in judged.missing if one.update.day <= last or one.restart]
    return free, [one for one in judged.missing if one.update.day > last and not one.restart]


def _had_extended(judged: Judged, series: Series, ends: date) -> bool:
    """Whether the build itself shows a fix that only subscribers got."""
    proved = (kb for kb, proof in judged.present.items() if proof is Proof.BUILD and kb in series.line)
    return any(series.updates[kb].update.day > ends.isoformat() for kb in proved)


def _gaps(judged: Judged, feed: str, age: int, most: int) -> list[Ruling]:
    found: list[Ruling] = []
    if age > most:
        told = f"{feed} is {age} days old, at most {most} are allowed: what it does not know may be open all the same"
        found.append(not_assessed(Reason.FEED_TOO_OLD, told))
    elif judged.doubt and not judged.missing:
        found.append(
            not_assessed(Reason.FEED_MISSING, f"{feed} knows of no update that is lacking, but {judged.doubt}")
        )
    elif judged.unsure:
        newest = (update for update in judged.unsure if not _replaced(update, judged.unsure))
        named = some(f"KB{update.kb} of {update.day}" for update in newest)
        told = f"{feed} does not say whether something else contains {named}; the list of installed updates lacks it"
        found.append(not_assessed(Reason.FEED_MISSING, told))
    return found


def _replaced(update: Update, others: Sequence[Update]) -> bool:
    return any(update.kb in other.supersedes for other in others if other is not update)


def opinion_of(
    host: WindowsHost, advisories: Advisories, support: SupportDates | None, exposure: str | None, today: date
) -> Opinion:
    """Raises ``FeedContentError`` when a row of the feed is unreadable."""
    resident = advisories.kept.get("windows")
    if not isinstance(resident, Resident):
        resident = advisories.kept["windows"] = Resident(advisories)
    return resident.opinion(host, support, exposure, today)
