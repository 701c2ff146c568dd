"""What people said of findings until the scan ended: claims, proofs of fixes, acceptances. As data and as words. Pure.

The record is the source (signed statements in its events, docs/findings.md); nothing here closes anything.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from reports.text import day, safe_text, stamp

ACCEPTED, REQUESTED = "RISK_ACCEPTED", "ACCEPTANCE_REQUESTED"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A risk that somebody accepted, or asked to have accepted."""

    event: int  # number in the record's chain
    granted: bool  # False: nobody has answered yet
    until: str  # ISO, the last day; "" none was named
    owner: str  # who owns the risk
    by: str  # who granted, or asked
    role: str
    at: datetime
    reason: str = ""
    reference: str = ""
    asked_by: str = ""  # who asked for what was granted

    @property
    def name(self) -> str:
        """``CR-17 (event 57)``: what it can be looked up by."""
        return f"{self.reference} (event {self.event})" if self.reference else f"event {self.event}"

    def masked(self, text: Callable[[str], str]) -> "Acceptance":
        owner, by, role, asked_by = map(text, (self.owner, self.by, self.role, self.asked_by))
        reason, reference = text(self.reason), text(self.reference)
        return replace(self, owner=owner, by=by, role=role, asked_by=asked_by, reason=reason, reference=reference)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Of one finding, in its present episode; ``verified`` may be of an earlier one: it came back."""

    ref: str
    fingerprint: str
    state: str
    claimed: datetime | None = None
    done_on: str = ""  # ISO day that the claim names
    claimed_by: str = ""
    claim: str = ""  # what was done
    change: str = ""  # the claim's reference
    verified: datetime | None = None  # when a fix of it was proven last
    acceptance: Acceptance | None = None
    comment: str = ""  # what somebody said last

    def masked(self, text: Callable[[str], str]) -> "OnRecord":
        """With ``text`` put over every text that a person wrote, and over who it was."""
        given = self.acceptance and self.acceptance.masked(text)
        by, claim, change, comment = map(text, (self.claimed_by, self.claim, self.change, self.comment))
        return replace(self, acceptance=given, claimed_by=by, claim=claim, change=change, comment=comment)

    @property
    def claim_day(self) -> str:
        return self.done_on or (self.claimed.date().isoformat() if self.claimed else "")


def accepted(told: Iterable[OnRecord]) -> tuple[OnRecord, ...]:
    """Those with an acceptance in force or asked for, the one that ends first first."""
    found = [one for one in told if one.acceptance is not None]
    return tuple(sorted(found, key=_by_end))


def _by_end(one: OnRecord) -> tuple[bool, str, int, str]:
    until = one.acceptance.until if one.acceptance else ""
    return bool(one.acceptance and not one.acceptance.granted), until or "9999", len(one.ref), one.ref


def ends(acceptance: Acceptance, today: date) -> str:
    """``30 June 2026 (in 12 days)``."""
    if not acceptance.until:
        return "no day named"
    last = date.fromisoformat(acceptance.until)
    left = (last - today).days
    return f"{day(last)} ({'over' if left < 0 else 'today' if left == 0 else f'in {left:,} days'})"


def words(acceptance: Acceptance) -> str:
    """``CR-17 (event 57), until 2026-06-30``; of a request: ``requested: ...``."""
    until = f", until {acceptance.until}" if acceptance.until else ""
    return f"{'' if acceptance.granted else 'requested: '}{safe_text(acceptance.name, 200)}{until}"


# as JSON values


def plain(told: Iterable[OnRecord]) -> list[dict[str, object]]:
    return [_plain(one) for one in told]


def _plain(one: OnRecord) -> dict[str, object]:
    names = ("ref", "fingerprint", "state", "done_on", "claimed_by", "claim", "change", "comment")
    return {
        **{name: getattr(one, name) for name in names},
        "claimed": stamp(one.claimed) if one.claimed else None,
        "verified": stamp(one.verified) if one.verified else None,
        "acceptance": _acceptance(one.acceptance) if one.acceptance else None,
    }


def _acceptance(one: Acceptance) -> dict[str, object]:
    names = ("event", "granted", "until", "owner", "by", "role", "reason", "reference", "asked_by")
    return {**{name: getattr(one, name) for name in names}, "at": stamp(one.at)}
