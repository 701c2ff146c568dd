"""What people are told of outages: one message for each that opened or closed, its children named in it.

A watch that flaps is told of once, and again when it has settled; in between its outages are silent (they are in the
record). What opens and turns out to be a child's within one flush is never told.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from checks.outages import Event, Happened, Outage
from inventory.estate import Estate
from inventory.facts.availability import State
from inventory.watch import Channel, Watch

VERSION = 1
MAX_CHILDREN = 200  # named in one message
TOLD = (Happened.OPENED, Happened.CLOSED, Happened.ABSORBED, Happened.FLAPPING, Happened.SETTLED)


@dataclass(frozen=True, slots=True)
class Message:
    """To one channel. ``payload`` is JSON; docs/scheduling.md tells its fields."""

    channel: str
    payload: str


@dataclass
class Messages:
    """Collects events until a flush. ``flapping`` and ``state`` ask the fleet about a series."""

    estate: Estate
    flapping: Callable[[str], bool]
    state: Callable[[str], State]

    def __post_init__(self) -> None:
        self._waiting: list[Event] = []
        self._watches = {watch.name: watch for watch in self.estate.watching.watches}

    def hear(self, events: Sequence[Event]) -> None:
        self._waiting += [event for event in events if event.what in TOLD]

    def due(self, open_now: Sequence[Outage]) -> tuple[Message, ...]:
        """Those that wait, in order; outages with the children that they have by now."""
        events, self._waiting = self._waiting, []
        newest = {one.id: one for one in open_now}
        opened = {event.outage.id for event in events if event.what is Happened.OPENED and event.outage}
        absorbed = {event.outage.id for event in events if event.what is Happened.ABSORBED and event.outage}
        silent = opened & absorbed
        told: list[Message] = []
        for event in events:
            outage = event.outage and newest.get(event.outage.id, event.outage)
            if event.what is Happened.CLOSED:
                outage = event.outage
            if (outage and outage.id in silent) or self._hushed(event):
                continue
            told += self._to_channels(event, outage)
        return tuple(told)

    def _hushed(self, event: Event) -> bool:
        return event.what in (Happened.OPENED, Happened.CLOSED) and self.flapping(event.watch)

    def _to_channels(self, event: Event, outage: Outage | None) -> list[Message]:
        payload = json.dumps(self._plain(event, outage), ensure_ascii=False, sort_keys=True)
        concerned = self._services(event.watch, outage)
        channels = self.estate.watching.channels
        return [Message(one.id, payload) for one in channels if wants(one, concerned)]

    def _services(self, watch: str, outage: Outage | None) -> frozenset[str]:
        names = (watch, *(outage.children if outage else ()))
        watches = (self._watch(name) for name in names)
        return frozenset(one.service for one in watches if one and one.service)

    def _watch(self, key: str) -> Watch | None:
        """A series is called after its watch, and the place that it is seen from."""
        return self._watches.get(key) or self._watches.get(key.rpartition("@")[0])

    def _plain(self, event: Event, outage: Outage | None) -> Mapping[str, object]:
        watch = self._watch(event.watch)
        told: dict[str, object] = {
            "version": VERSION,
            "event": event.what.value,
            "estate": self.estate.name,
            "watch": event.watch,
            "service": watch.service if watch else None,
            "site": watch.site if watch else None,
            "at": iso(event.at),
            "state": self.state(event.watch).value,
        }
        if outage:
            told |= _of_outage(outage) | {"maintenance": self._maintenance(watch, outage.start)}
        if event.into:
            told["part_of"] = event.into
        return {**told, "text": sentence(event, outage)}

    def _maintenance(self, watch: Watch | None, at: float) -> str | None:
        """Declared work on it at that time: it is told all the same, and says so."""
        if watch is None:
            return None
        works = (
            one
            for one in self.estate.watching.maintenance
            if watch.name in one.watches or watch.service in one.services
        )
        return next((one.id for one in works if one.starts.timestamp() <= at < one.ends.timestamp()), None)


def wants(channel: Channel, services: frozenset[str]) -> bool:
    return not channel.only or bool(services & set(channel.only))


def _of_outage(outage: Outage) -> dict[str, object]:
    return {
        "outage": outage.id,
        "start": iso(outage.start),
        "last_good": None if outage.after is None else iso(outage.after),
        "end": None if outage.end is None else iso(outage.end),
        "reason": outage.reason,
        "children": list(outage.children[:MAX_CHILDREN]),
        "children_count": len(outage.children),
    }


def sentence(event: Event, outage: Outage | None) -> str:
    """One line for people."""
    if event.what is Happened.FLAPPING:
        return f"{event.watch} changes again and again; nothing more is told of it until it has settled"
    if event.what is Happened.SETTLED or outage is None:
        return f"{event.watch} has settled"
    if event.what is Happened.ABSORBED:
        return f"{event.watch}: its outage belongs to that of {event.into.rpartition('@')[0]}"
    children = f"; behind it: {', '.join(outage.children[:10])}" if outage.children else ""
    children += f" and {len(outage.children) - 10} more" if len(outage.children) > 10 else ""
    if event.what is Happened.CLOSED and outage.end is not None:
        return (
            f"{outage.watch} works again since {iso(outage.end)}, after {_length(outage.end - outage.start)}{children}"
        )
    return f"{outage.watch} is down since {iso(outage.start)}: {outage.reason or 'no answer'}{children}"


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _length(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
