"""What judging yields: the outcome of one check on one subject of one asset, and the identity of a finding."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from inventory.asset import Privilege
from inventory.facts.missing import Reason

FINGERPRINT_VERSION = 1
_SPELL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode  # made once: it is dear


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105  # an outcome, no password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"
    ERROR = "error"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical .. 4 for info, for sorting."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Subject:
    """What exactly on the asset is weak. ``("host", "")`` is the asset as a whole."""

    kind: str = "host"
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.key}" if self.key else self.kind


HOST = Subject()


def printable(text: str) -> str:
    """What a host sends may steer a terminal or turn the reading direction: such characters are shown as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True, slots=True)
class Member:
    """A part of a finding that can be told apart: one CVE of a missing update. It is no finding of its own."""

    id: str  # CVE-2024-1234, or the advisory where it names no CVE
    verdict: str  # checks.advisories.verdict.Verdict
    severity: Severity | None = None  # of this part; None: nobody rated it
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)  # fixed, advisory, vector, kev, epss ...


@dataclass(frozen=True, slots=True)
class Ruling:
    """One judgement about one subject. ``observed`` is the sentence with the observed value."""

    outcome: Outcome
    observed: str
    subject: Subject = HOST
    reason: Reason | None = None  # with NOT_ASSESSED only
    severity: Severity | None = None  # of this subject, where it differs from subject to subject; None: the check's
    members: tuple[Member, ...] = ()
    runs: dict[str, "CheckRun"] | None = field(
        default=None, compare=False, repr=False
    )  # made of it, where it is shared


def shared(ruling: Ruling) -> Ruling:
    """A ruling that is kept and given again for other hosts: the runs made of it are kept with it."""
    return replace(ruling, runs={})


def failed(
    observed: str, subject: Subject = HOST, severity: Severity | None = None, members: tuple[Member, ...] = ()
) -> Ruling:
    return Ruling(Outcome.FAIL, observed, subject, severity=severity, members=members)


def passed(observed: str, subject: Subject = HOST) -> Ruling:
    return Ruling(Outcome.PASS, observed, subject)


def not_applicable(why: str) -> Ruling:
    return Ruling(Outcome.NOT_APPLICABLE, why)


def not_assessed(reason: Reason, why: str) -> Ruling:
    return Ruling(Outcome.NOT_ASSESSED, why, HOST, reason)


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check, run on one subject of one asset. ``facts`` names what it was judged from."""

    check_id: str
    check_version: int
    outcome: Outcome
    observed: str
    subject: Subject = HOST
    reason: Reason | None = None
    privilege: Privilege = Privilege.NONE  # the least right among the facts it was judged from
    facts: tuple[str, ...] = ()
    severity: Severity | None = None  # None: the check's
    members: tuple[Member, ...] = ()


def fingerprint(asset_uid: str, check_family: str, subject: Subject) -> str:
    """Identity of a finding (domain.md): survives a new hostname, address, version, title or severity."""
    parts = {
        "asset": asset_uid,
        "check": check_family,
        "subject_key": subject.key,
        "subject_kind": subject.kind,
        "version": FINGERPRINT_VERSION,
    }
    return hashlib.sha256(_SPELL(parts).encode()).hexdigest()
