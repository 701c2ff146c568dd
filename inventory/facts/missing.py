"""Why a fact is not there: could not look (``Missing``, with a counted reason) or nothing to look at (``Absent``)."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something could not be looked at or judged. The list is closed: reports count by it."""

    UNREACHABLE = "unreachable"
    CONNECTION_REFUSED = "connection refused"
    TIMED_OUT = "timed out"
    HOST_KEY_MISMATCH = "host key mismatch"
    HOST_KEY_UNKNOWN = "host key not approved"
    WEAK_ALGORITHMS_ONLY = "weak algorithms only"
    LOGIN_REFUSED = "login refused"
    CREDENTIAL_UNUSABLE = "credential unusable"
    PRIVILEGE_TOO_LOW = "privilege too low"
    COLLECTOR_MISSING = "collector missing on the host"
    OUTPUT_UNREADABLE = "output unreadable"
    OUTPUT_TRUNCATED = "output truncated"
    FEED_MISSING = "feed missing"
    FEED_TOO_OLD = "feed too old"
    SNAPSHOT_MISSING = "snapshot missing"  # of a machine that looks at itself
    SNAPSHOT_TOO_OLD = "snapshot too old"
    NOT_TOLD = "not told"  # it was asked, and it keeps this to itself
    UNKNOWN_DEVICE = "unknown device"  # no rule says how to read what it answers
    NO_BASELINE = "no baseline"  # nobody said what it should be
    OUT_OF_WINDOW = "out of window"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be had. ``detail`` is one plain sentence for the reader of the report."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Looked, and this host provably has no such thing (no sshd, no sudo): checks on it do not apply."""

    detail: str
