"""Everything a report can say, as plain data, and the protocol of a format that says it.

The same :class:`ReportData` gives the same bytes in every format: time, order and ids come from the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from checks.accreditation import Verdicts
from checks.check import Check
from checks.credits import Credits
from checks.finding import Member, Outcome, Severity, Subject
from checks.responsibility import Inherited
from checks.risk import Level, Risk, Rules, worst
from inventory.asset import Asset, Privilege
from inventory.estate import Area, Scope, Service, Site, Supplier
from inventory.facts.missing import Missing, Reason
from reports.availability import AvailabilityReport
from reports.branding import Branding
from reports.clocks import ClockReport
from reports.compare_data import Comparison
from reports.firmware import DeviceFirmware
from reports.imported import ImportedFile, SeenBy
from reports.life import Life, Tally
from reports.on_record import OnRecord
from reports.open_ports import AssetPorts

SCHEMA_VERSION = 2
LABEL = "IT Health Check-style automated assessment (not a CHECK test)"


@dataclass(frozen=True, slots=True)
class AssetCoverage:
    """How far the scan got with one asset: each step is a fact of its own."""

    uid: str
    asset: Asset
    attempted: bool
    reached: bool
    logged_in: bool
    privilege: Privilege
    missing: Missing | None  # why the visit did not go through; None: it did
    seconds: float
    os_name: str  # "" unknown
    checks: Mapping[Outcome, int]  # how many checks ended how
    peer: str = ""
    beside: frozenset[str] = frozenset()  # checks that do not concern it: not seen over its way in
    identity_note: str = ""  # why the machine's identity needs a person's review, "" if it does not
    waiting: int = 0  # checks of the whole estate, not assessed here for want of other assets' answers alone

    @property
    def fully_assessed(self) -> bool:
        """Logged in, something was judged, and nothing that was asked of this asset is lacking.

        What ``waiting`` counts lacks in the assets that did not answer, and stays a gap of the report.
        """
        lacking = self.checks.get(Outcome.NOT_ASSESSED, 0) + self.checks.get(Outcome.ERROR, 0) - self.waiting
        return self.logged_in and sum(self.checks.values()) > 0 and lacking == 0


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding on one asset, as this scan saw it."""

    ref: str  # EC-0001: stable, never reused
    fingerprint: str
    asset_uid: str
    asset: str  # name
    subject: Subject
    observed: str
    state: str  # OPEN, VERIFIED_FIXED, ...
    first_seen: datetime
    episode: int
    evidence: tuple[str, ...]  # sha256 of the answers it was judged from
    check_id: str = ""  # for those in ``fixed``, which have no issue to tell it
    severity: Severity | None = None  # of this occurrence, where it was rated on its own; None: the check's
    members: tuple[Member, ...] = ()  # what can be told apart in it: the CVEs of a missing update
    first_scan: int = 0  # number of the scan that saw it first
    sources: tuple[SeenBy, ...] = ()  # who saw it, where another tool or a tester did; ours first
    risk: Risk | None = None  # its severity as the rules of risk moved it; None: nobody applied them

    @property
    def exploited(self) -> bool:
        """Whether one of its members is in CISA's list of known exploited vulnerabilities (KEV)."""
        return any(member.attributes.get("kev") for member in self.members)


@dataclass(frozen=True, slots=True)
class Issue:
    """One weakness, or one update unit, with all its occurrences: what "25 critical issues" counts.

    It counts under the worst severity that one of its occurrences has, and under the worst risk; the two never mix.
    """

    check: Check
    occurrences: tuple[Occurrence, ...]
    subject: Subject | None = None  # the update unit; None: every subject of the check
    severity: Severity = field(init=False)
    exploited: bool = field(init=False)  # one of its occurrences is (KEV)
    level: Level = field(init=False)  # of risk
    assets: frozenset[str] = field(init=False, compare=False, repr=False)  # uids

    def __post_init__(self) -> None:
        rated = (o.severity or self.check.severity for o in self.occurrences)
        severity = min(rated, key=lambda severity: severity.rank, default=self.check.severity)
        levels = tuple(map(self.level_of, self.occurrences))
        object.__setattr__(self, "severity", severity)
        object.__setattr__(self, "exploited", any(o.exploited for o in self.occurrences))
        object.__setattr__(self, "level", worst(levels or (Level(severity.value),)))
        object.__setattr__(self, "assets", frozenset(o.asset_uid for o in self.occurrences))

    def level_of(self, occurrence: Occurrence) -> Level:
        """The risk of one of its occurrences; its severity where no rule was applied."""
        if occurrence.risk is not None:
            return occurrence.risk.level
        return Level((occurrence.severity or self.check.severity).value)

    @property
    def title(self) -> str:
        return f"{self.check.title}: {self.subject.key}" if self.subject else self.check.title


@dataclass(frozen=True, slots=True)
class Gap:
    """One check that could not be judged on one asset."""

    asset_uid: str
    asset: str
    check_id: str
    title: str
    severity: Severity
    outcome: Outcome  # NOT_ASSESSED or ERROR
    reason: Reason | None  # None with ERROR
    detail: str


@dataclass(frozen=True, slots=True)
class DataSource:
    name: str
    snapshot: str  # date
    age_days: int
    digest: str
    note: str = ""
    publisher: str = ""
    records: int | None = None  # None: not counted
    licence: str = ""
    fresh_days: int = 7  # older than this is told as too old

    @property
    def stale(self) -> bool:
        return self.age_days > self.fresh_days


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One answer that the judgement rests on."""

    asset: str
    query: str
    sha256: str
    size: int
    privilege: Privilege
    missing: Missing | None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ReportData:
    scan_id: int
    estate: str
    marking: str
    started_at: datetime
    ended_at: datetime | None
    state: str  # complete, partial (stopped by a person), interrupted (the scanner died)
    tool_version: str
    inventory_digest: str
    catalogue_digest: str
    options: Mapping[str, str]
    areas: Mapping[str, Area]
    sites: Mapping[str, Site]
    suppliers: Mapping[str, Supplier]
    services: Mapping[str, Service]
    scopes: tuple[Scope, ...]  # the permissions this scan ran under
    assets: tuple[AssetCoverage, ...]  # sorted by name; every asset in scope, also those never reached
    issues: tuple[Issue, ...]  # in the order of reports.updates.worst_first
    fixed: tuple[Occurrence, ...]  # verified fixed by this scan
    gaps: tuple[Gap, ...]  # worst first
    checks: tuple[Check, ...]  # every check that was asked for
    passed: Mapping[str, int]  # check id -> on how many assets it passed
    not_applicable: Mapping[str, int]
    sources: tuple[DataSource, ...]
    evidence: tuple[EvidenceItem, ...]
    evidence_root: str  # sha256 over the sorted evidence digests
    kind: str = "scan"  # scan, verify, import or evaluate: what the judgements rest on
    firmware: tuple[DeviceFirmware, ...] = ()  # of network devices and BMCs, by name
    risk_rules: Rules | None = None  # by which the occurrences were rated; None: by none
    carried: tuple[Occurrence, ...] = ()  # findings that count and could not be looked at again, by reference
    clocks: ClockReport | None = None  # by contract and supplier; None: a scan from before there were any
    credits: tuple[Credits, ...] = ()  # indicative: of contracts with a table, the month of the scan and the one before
    handovers: tuple[Inherited, ...] = ()  # what was open when a supplier took over, and what of it still is
    verdicts: Verdicts | None = None  # by the rules of accreditation; None: a targeted visit or a supplied list
    availability: AvailabilityReport | None = None  # of the days before the scan; None: nothing was watched then
    imports: tuple[ImportedFile, ...] = ()  # what other tools and testers supplied before the scan
    on_record: tuple[OnRecord, ...] = ()  # claims, proofs and acceptances of its findings until it ended, by reference
    life: Life | None = None  # decisions, backlog and support dates as of the scan's end; None: nobody asked
    by_supplier: Mapping[str, Tally] = field(default_factory=dict)  # passed and not_applicable, of each supplier alone
    ports: tuple[AssetPorts, ...] = ()  # found open, of each asset; empty: nobody gathered them
    since: Comparison | None = None  # what changed since an earlier report; None: nobody asked
    view: str = "technical"  # reports.views.View, as which it is shown
    viewer: str = ""  # of the supplier's view: the supplier's id
    branding_folder: str = ""  # that the inventory of the scan names for it, on the machine that scanned; "" none
    branding: Branding | None = None  # how HTML and PDF are dressed; never part of the JSON


class Format(Protocol):
    """One way to write a report. ``suffix`` is the file's ending, with its dot."""

    suffix: str

    def render(self, data: ReportData, out: BinaryIO) -> None: ...
