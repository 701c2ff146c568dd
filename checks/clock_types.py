"""What a clock policy is, and how one is read back from the JSON that a scan keeps.

Standard library only, so that a program for strangers can be made of it, of ``clocks``, ``clock_life`` and
``calendars``. ``clock_policy`` reads what people write, and says what is wrong with it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from checks.lifecycle import canonical

UNRATED = "unrated"  # nobody scored it and the vendor has no word for it: clocked as high (domain.md, R0)


class Start(StrEnum):
    """From what a clock may count."""

    FIX_RELEASED = "fix-released"
    ALERT = "alert"  # published: the earliest of CVE, advisory and KEV
    DETECTED = "first-detected"
    TOLD = "told-supplier"


class Cause(StrEnum):
    """For what alone a clock may stand still (domain.md)."""

    NO_VENDOR_FIX = "no-vendor-fix"
    BUYER_DELAY = "buyer-delay"
    FORCE_MAJEURE = "force-majeure"


class Per(StrEnum):
    FINDING = "finding"
    MEMBER = "member"  # each CVE of a missing update has its own clock


@dataclass(frozen=True, slots=True)
class When:
    """What a rule is for; an empty part is no condition, and all parts that are given must hold."""

    level: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    exposure: tuple[str, ...] = ()
    vendor: tuple[str, ...] = ()  # the vendor's word, in lower case
    bod: tuple[str, ...] = ()  # what CISA's table says
    score_at_least: float | None = None  # CVSS v3 base score
    unrated: bool = False  # neither a score nor a word of the vendor
    kev: bool | None = None
    fixable: bool | None = None  # the vendor has released a fix


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    days: int  # 0: at once, when the clock starts
    when: When
    start: Start
    otherwise: tuple[Start, ...]  # in this order, where the start event is not known
    target: int | None = None  # the earlier end of a range: told, never a breach


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    id: str
    version: str
    title: str
    source: str
    date: str  # of the source, ISO
    zone: str  # IANA name: where days begin and end
    rules: tuple[Rule, ...]  # the first that fits
    working: bool = False
    holidays: str = ""  # GB-ENG: country and subdivision (ISO 3166); only of working days
    per: Per = Per.FINDING
    pauses: Mapping[Cause, int] = field(default_factory=dict, hash=False)  # cause -> most days of one pause
    continues_within_days: int = 30  # a regression sooner than this goes on with the old clock
    note: str = ""
    digest: str = ""  # sha256 of its values as canonical JSON

    @property
    def unit(self) -> str:
        return "working days" if self.working else "days"


def from_json(plain: Mapping[str, Any]) -> ClockPolicy:
    """A policy that was good when it was stored. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for any other."""
    start, otherwise = Start(plain["start"]), _starts(plain.get("otherwise", ()))
    return ClockPolicy(
        **{word: plain[word] for word in ("id", "version", "title", "source", "date", "zone")},
        rules=tuple(_rule(rule, start, otherwise) for rule in plain["rules"]),
        working=plain.get("days") == "working",
        holidays=plain.get("holidays", ""),
        per=Per(plain.get("per", Per.FINDING)),
        pauses={Cause(cause): int(most) for cause, most in (plain.get("pauses") or {}).items()},
        continues_within_days=int(plain.get("continues_within_days", 30)),
        note=plain.get("note", "").strip(),
        digest=digest(plain),
    )


def digest(plain: Mapping[str, Any]) -> str:
    """Over the values: comments and order do not matter."""
    return hashlib.sha256(canonical(plain)).hexdigest()


def _rule(plain: Mapping[str, Any], start: Start, otherwise: tuple[Start, ...]) -> Rule:
    """A start of its own does away with the policy's ``otherwise``."""
    if "start" in plain:
        start, otherwise = Start(plain["start"]), ()
    if "otherwise" in plain:
        otherwise = _starts(plain["otherwise"])
    return Rule(plain["id"], int(plain["days"]), _when(plain.get("when") or {}), start, otherwise, plain.get("target"))


def _when(plain: Mapping[str, Any]) -> When:
    listed = {word: _words(plain.get(word, ())) for word in ("level", "theme", "kind", "exposure", "vendor", "bod")}
    score = plain.get("score_at_least")
    return When(
        level=listed["level"],
        theme=listed["theme"],
        kind=listed["kind"],
        exposure=listed["exposure"],
        vendor=tuple(word.lower() for word in listed["vendor"]),
        bod=listed["bod"],
        score_at_least=None if score is None else float(score),
        unrated=plain.get("unrated") or False,
        kev=plain.get("kev"),
        fixable=plain.get("fixable"),
    )


def _words(value: str | Sequence[str]) -> tuple[str, ...]:
    """One alone may stand without brackets."""
    return (value,) if isinstance(value, str) else tuple(value)


def _starts(value: str | Sequence[str]) -> tuple[Start, ...]:
    return tuple(map(Start, _words(value)))
