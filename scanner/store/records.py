"""What goes into the store and what comes out, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from checks.advisories.model import FeedNote
from checks.finding import CheckRun, Severity, Subject
from inventory.asset import Asset
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.faults import Foreseen
from scanner.query import Answer, Attempt
from scanner.store.packing import Packed


class StoreError(Foreseen):
    """The record cannot be read or written. The message says what to do about it."""


class ScanRunning(StoreError):
    """Another scan works on this record now."""


class ScanState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"  # stopped by a person; what was collected is kept
    INTERRUPTED = "interrupted"  # the scanner died; found by the next run


class ScanKind(StrEnum):
    FULL = "scan"
    VERIFY = "verify"  # a targeted visit; may run beside a scan
    IMPORT = "import"  # a list that somebody supplied: judged, and never proof of a fix
    EVALUATE = "evaluate"  # stored evidence judged again; nothing was looked at


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What is about to be looked at. Stored before the first connection is made."""

    estate: Estate
    assets: tuple[Asset, ...]
    checks: tuple[str, ...]  # ids
    started_at: datetime
    tool_version: str
    catalogue_digest: str
    support_digest: str
    support_snapshot: str
    options: Mapping[str, str] = field(default_factory=dict)
    kind: ScanKind = ScanKind.FULL
    families: Mapping[str, str] = field(default_factory=dict)  # check id -> family, where it is not the id itself
    supersedes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # check id -> ids it replaces
    uses_support: tuple[str, ...] | None = None  # checks that read support dates; None: not known, so every one
    feeds: tuple[FeedNote, ...] = ()  # what the checks could read beside support dates
    uses_advisories: tuple[str, ...] = ()  # checks that read them
    feed_max_age_days: int = 7  # an older feed of advisories proves no pass
    of_estate: tuple[str, ...] = ()  # checks that are judged when all visits are over
    policies: Mapping[str, str] = field(default_factory=dict)  # in force at its start: name -> canonical JSON


@dataclass(frozen=True, slots=True)
class HostResult:
    """Everything one visit brought: written in one transaction, or not at all."""

    asset: Asset
    attempt: Attempt
    answers: tuple[Answer, ...]
    runs: tuple[CheckRun, ...]
    identity: Identity | None
    os_name: str
    finished_at: datetime
    packed: tuple[Packed, ...] | None = None  # one for each answer, when they were hashed and packed ahead


@dataclass(frozen=True, slots=True)
class EstateResult:
    """What the checks of the whole estate say of one asset, and the lists of the others that they rest on."""

    name: str
    runs: tuple[CheckRun, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving one host changed in the record."""

    uid: str
    identity_note: str  # "" or why a person must review the identity
    opened: tuple[str, ...]  # refs
    fixed: tuple[str, ...]
    regressed: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)  # ref -> why a pass was not accepted as proof


@dataclass(frozen=True, slots=True)
class ScanRow:
    id: int
    kind: ScanKind
    state: ScanState
    estate: str
    marking: str
    started_at: datetime
    ended_at: datetime | None
    tool_version: str
    inventory_digest: str
    catalogue_digest: str
    support_digest: str
    support_snapshot: str
    options: Mapping[str, str]
    checks: tuple[str, ...]
    planned: int  # assets
    done: int
    feeds: tuple[FeedNote, ...] = ()
    feed_max_age_days: int = 7
    policies: Mapping[str, str] = field(default_factory=dict)  # see ScanPlan
    purged: bool = False  # its details were removed to save room; its findings and events stay


@dataclass(frozen=True, slots=True)
class LostScan:
    """A scan whose process died: what is kept and what is lacking."""

    id: int
    started_at: datetime
    done: int
    lacking: tuple[str, ...]  # names of the assets without a result


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    query: str
    sha256: str
    size: int
    answer: Answer  # output is empty unless it was asked for


@dataclass(frozen=True, slots=True)
class StoredHost:
    uid: str
    asset: Asset
    attempt: Attempt | None  # None: planned and never attempted
    os_name: str
    identity_note: str
    runs: tuple[CheckRun, ...]
    answers: tuple[StoredAnswer, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    ref: str
    fingerprint: str
    asset_uid: str
    asset: str  # name at the last sighting
    check_id: str
    subject: Subject
    state: str
    episode: int
    first_seen: datetime
    last_seen: datetime  # last time it failed
    first_scan: int
    last_fail_scan: int
    last_pass_scan: int | None  # the scan that proved the fix
    observed: str  # the sentence of the last fail
    severity: Severity | None = None  # at the last fail, where the finding is rated on its own; None: the check's


@dataclass(frozen=True, slots=True)
class EventRow:
    seq: int
    fingerprint: str
    at: datetime
    actor: str
    role: str
    from_state: str  # "" for the first
    to_state: str
    proof: Mapping[str, object]
    scan_id: int | None
    previous: str
    hash: str
    episode: int = 1  # after this event
    why: str = ""  # first seen, proven, regressed, withdrawn ...


@dataclass(frozen=True, slots=True)
class Size:
    """How large the record is, and what takes the room. Bytes."""

    total: int
    tables: Mapping[str, int]  # rows
    blobs: int  # count
    blob_bytes: int  # compressed
    blob_plain_bytes: int
    scans: int
    largest_scan_bytes: int = 0  # compressed evidence of the scan that brought most


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed, or would remove."""

    scans: tuple[int, ...]
    visits: int
    check_runs: int
    answers: int  # evidence rows
    blobs: int
    blob_bytes: int  # compressed
    kept_answers: int  # of those scans, because a finding's first, last or proving visit rests on them


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole copy and the list of its hashes."""

    database: str  # file name
    manifest: str
    sha256: str
    blobs: int
