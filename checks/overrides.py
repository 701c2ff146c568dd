"""Overrides of a risk (R10), read from the events in which people signed them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Protocol

from checks.risk import Level, Override, counts

OVERRIDE = "override-risk"  # action of a signed statement


class Happened(Protocol):
    """One event of the chain."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def proof(self) -> Mapping[str, object]: ...
    @property
    def episode(self) -> int: ...


def overrides(events: Iterable[Happened], until: datetime) -> dict[str, Override]:
    """By fingerprint: the last override that was signed before ``until``, if it still counts on that day.

    One that was signed in an earlier episode of the finding has gone with it.
    """
    found: dict[str, tuple[int, Override]] = {}
    episodes: dict[str, int] = {}
    for event in events:
        if event.at > until:
            continue
        episodes[event.fingerprint] = event.episode
        if (made := override_of(event)) is not None:
            found[event.fingerprint] = event.episode, made
    day = until.date()
    return {key: made for key, (episode, made) in found.items() if episodes[key] == episode and counts(made, day)}


def override_of(event: Happened) -> Override | None:
    """What a signed statement ``override-risk`` says; None for every other event, and for one that is not whole."""
    said = event.proof.get("statement")
    signed = event.proof.get("signature")
    if not isinstance(said, Mapping) or said.get("action") != OVERRIDE or not isinstance(signed, Mapping):
        return None
    more = said.get("more")
    try:
        level = Level(str(more["risk"])) if isinstance(more, Mapping) else None
        until = date.fromisoformat(str(said["until"]))
    except (KeyError, ValueError):
        return None
    if level is None or level is Level.UNRATED:
        return None
    texts = {name: str(said.get(name) or "") for name in ("actor", "role", "reason", "at")}
    return Override(level=level, until=until, **texts)
