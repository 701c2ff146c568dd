"""What a comparison of two reports says, as plain data. Pure, and imported by :mod:`reports.report`.

A *finding* is one occurrence. It counts in a report when that saw it fail, or carries it because it could not be
looked at again. Every finding that counts in one of the two has exactly one :class:`Kind`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from checks.coverage import Step
from checks.finding import Severity
from checks.risk import Level


class Kind(StrEnum):
    """What became of a finding between the first report and the second."""

    NEW = "new"
    REGRESSED = "regressed"
    FIXED = "verified fixed"
    DECIDED = "closed by a decision"  # a false positive, or out of service: a person said so, and it is in the record
    STALE = "stale"
    NOT_SEEN = "not seen again, not proven"
    SEEN_AGAIN = "looked at again, still there"
    STAYED = "still there"
    BETWEEN = "came and was proven fixed between"  # counts in neither


class Why(StrEnum):
    """Why one report does not name what the other does."""

    OUT_OF_SCOPE = "the asset is not part of that report"
    NOT_REACHED = "the asset was not reached"
    NO_LOGIN = "nobody could log in to the asset"
    CHECK_NOT_RUN = "the check was not run"
    NOT_JUDGED = "the check could not be judged there"
    RULE_CHANGED = "the check itself was changed"
    DATA_CHANGED = "the vulnerability data was changed"
    OTHER_RECORD = "the proof is of another record"
    EARLIER = "the second report is the earlier one"
    NO_PROOF = "it was looked at, and no proof of a fix was accepted"
    LOOKED = "it was looked at there, and was not seen"


COVERAGE_WHY = (Why.OUT_OF_SCOPE, Why.NOT_REACHED, Why.NO_LOGIN, Why.CHECK_NOT_RUN, Why.NOT_JUDGED)


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding as one report tells it."""

    key: str  # fingerprint
    ref: str
    asset_uid: str
    asset: str
    check_id: str
    unit: str  # update unit of its issue, "" none
    subject: str
    title: str  # of its issue
    theme: str
    severity: Severity
    level: Level
    state: str
    episode: int
    first_seen: str
    seen: bool  # False: it counts, and was not looked at again
    lines: tuple[str, ...] = ()  # of the rules of risk that fired
    members: tuple[int, ...] = ()  # positions in the side's table
    observed: str = ""

    @property
    def issue(self) -> tuple[str, str]:
        return self.check_id, self.unit


@dataclass(frozen=True, slots=True)
class Place:
    """One asset of a report, and how far that came with it."""

    uid: str
    name: str
    step: Step
    area: str = ""
    supplier: str = ""
    reason: str = ""  # why it got no further
    has_login: bool = True
    address: str = ""  # of its way in


@dataclass(frozen=True, slots=True)
class CheckTold:
    title: str
    theme: str
    severity: Severity
    version: int


@dataclass(frozen=True, slots=True)
class Gate:
    """How much of a group has to have been looked at before its figures may be held against another's."""

    step: Step
    at_least: int  # per cent
    source: str


@dataclass(frozen=True, slots=True)
class Side:
    """One report, cut down to what a comparison looks at."""

    report_id: str
    sha256: str  # of its JSON file
    source: str  # where it came from, for people
    scan: int
    kind: str
    state: str
    estate: str
    marking: str
    started: str  # RFC 3339, UTC
    ended: str  # "" not recorded
    basis: Mapping[str, str]  # what it was judged by: name -> version and digest
    checks: Mapping[str, CheckTold]
    assets: Mapping[str, Place]
    findings: Mapping[str, Seen]
    fixed: Mapping[str, Seen]
    gaps: Mapping[tuple[str, str], str]  # uid, check id -> reason
    areas: Mapping[str, str]  # id -> name
    suppliers: Mapping[str, str]
    members: tuple[str, ...]  # ids
    gate: Gate
    breached: frozenset[str] | None = None  # fingerprints; None: no clock was counted
    notes: tuple[str, ...] = ()  # what a reader must know of this file


@dataclass(frozen=True, slots=True)
class Ending:
    """How a finding stood in the record when the second scan ended, with the event that says so."""

    state: str
    why: str
    at: str
    scan: int | None
    event: int  # number in the chain
    hash: str


@dataclass(frozen=True, slots=True)
class Rerate:
    severity: tuple[Severity, Severity]
    level: tuple[Level, Level]
    gone: tuple[str, ...]  # lines of rules that no longer fire
    came: tuple[str, ...]
    because: str  # where no line tells it


@dataclass(frozen=True, slots=True)
class Change:
    """One finding. ``was`` and ``now`` are what the two reports say; None: it does not count there."""

    kind: Kind
    was: Seen | None
    now: Seen | None
    why: Why | None = None
    detail: str = ""  # of the reason, as a target or a tool gave it
    proof: Ending | None = None  # the event of the record that closed it
    proven_by: str = ""  # the report whose scan proved it, where no event is at hand
    rerate: Rerate | None = None

    @property
    def it(self) -> Seen:
        """As it was told last."""
        told = self.now or self.was
        if told is None:
            raise ValueError("a change is of a finding that no report tells")
        return told


@dataclass(frozen=True, slots=True)
class Units:
    issues: int = 0
    occurrences: int = 0
    assets: int = 0
    root_causes: int = 0


@dataclass(frozen=True, slots=True)
class IssueChange:
    check_id: str
    unit: str
    title: str
    theme: str
    was: Severity | None  # None: no occurrence counted in the first report
    now: Severity | None
    before: int  # occurrences
    after: int
    kinds: Mapping[Kind, int]
    rerated: int = 0

    @property
    def word(self) -> str:
        if self.was is None:
            return "new issue" if self.now else "came and went"
        if self.now is None:
            unproven = self.before - self.kinds.get(Kind.FIXED, 0) - self.kinds.get(Kind.DECIDED, 0)
            return f"gone from the report, {unproven:,} not proven" if unproven else "closed"
        return "changed" if set(self.kinds) - {Kind.STAYED} or self.rerated else "the same"


@dataclass(frozen=True, slots=True)
class StepChange:
    uid: str
    name: str
    area: str  # name
    supplier: str
    was: Step | None  # None: not part of that report
    now: Step | None
    reason: str


@dataclass(frozen=True, slots=True)
class CoverageChange:
    lost: tuple[StepChange, ...]
    gained: tuple[StepChange, ...]
    checks_lost: tuple[tuple[str, str], ...]  # id, title
    checks_gained: tuple[tuple[str, str], ...]
    judgements_lost: Mapping[str, int]  # reason -> how many; of assets and checks that stand in both
    judgements_gained: int
    areas_lost: tuple[str, ...]  # names: logged in to something there before, to nothing now
    areas_gained: tuple[str, ...]
    steps: Mapping[Step, tuple[int, int]]

    @property
    def empty(self) -> bool:
        parts = (self.lost, self.gained, self.checks_lost, self.checks_gained, self.judgements_lost)
        return not any(parts) and not self.judgements_gained


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that both were judged by, and not alike."""

    name: str
    was: str
    now: str
    means: str


@dataclass(frozen=True, slots=True)
class Rates:
    """One supplier or one area in one report."""

    assets: int
    covered: int  # assets that came as far as the gate asks
    occurrences: int
    worst: int  # critical and high
    worst_patches: int  # of those that can be fixed: from missing patches and firmware
    worst_fixable: int
    breached: int | None  # None: no clock was counted

    def per_100(self, number: int | None) -> float | None:
        """Of assets that could be looked at: the others can show no finding."""
        return None if number is None or not self.covered else 100 * number / self.covered


@dataclass(frozen=True, slots=True)
class VarianceRow:
    id: str
    name: str
    was: Rates | None
    now: Rates | None
    why_not: tuple[str, ...]  # not to be held against the others; empty: it may be


@dataclass(frozen=True, slots=True)
class Spread:
    """Over the groups of the second report that may be compared."""

    measure: str
    least: tuple[str, float]
    most: tuple[str, float]
    median: float
    groups: int


@dataclass(frozen=True, slots=True)
class Variance:
    grouping: str  # supplier, area
    rows: tuple[VarianceRow, ...]
    spreads: tuple[Spread, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    was: Side
    now: Side
    later: bool  # False: the second began before the first, so that nothing in it is a proof
    changes: tuple[Change, ...]  # by kind, then worst first
    issues: tuple[IssueChange, ...]
    before: Units
    after: Units
    kinds: Mapping[Kind, Units]
    rerated: Units
    coverage: CoverageChange
    differences: tuple[Difference, ...]
    variance: tuple[Variance, ...]
    endings: Mapping[str, Ending] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing became another, nothing is judged by anything else, nothing more or less is looked at."""
        same = all(one.kind is Kind.STAYED and one.rerate is None for one in self.changes)
        return same and self.coverage.empty and not self.differences
