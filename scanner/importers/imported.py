"""What another tool or a tester reported, whatever the format: the shapes that every importer fills.

A result says what the tool said. Nothing is concluded from what a file does not name: a rule counts as having run on a
host only where the file holds a result of it for that host, also a pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.check import Theme
from checks.finding import HOST, Member, Outcome, Severity, Subject
from inventory.asset import Privilege
from inventory.facts.missing import Reason

MAX_BYTES = 256 * 1024 * 1024
MAX_RESULTS = 1_000_000  # of one file
MAX_HOSTS = 20_000
MAX_TITLE, MAX_EXCERPT, MAX_TEXT = 200, 900, 2000  # characters
MAX_CVES = 2000  # of one result; the largest cumulative updates close some hundred


class Credentialed(StrEnum):
    """Whether the tool was logged in to the host."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Score:
    """A CVSS score as the file gives it. ``source`` is who rated: nvd, redhat, the tool itself."""

    source: str
    vector: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the tool: what the record keeps of it beside its id."""

    id: str  # as the tool calls it
    title: str
    severity: Severity
    theme: Theme = Theme.WEAK_CONFIG
    rationale: str = ""
    remedy: str = ""
    references: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule said of one subject of one host."""

    rule: Rule
    outcome: Outcome
    observed: str
    subject: Subject = HOST
    severity: Severity | None = None  # of this result, where it differs from the rule's
    reason: Reason | None = None  # with NOT_ASSESSED
    members: tuple[Member, ...] = ()  # the CVEs in it


@dataclass(frozen=True, slots=True)
class Host:
    """One machine of the file. Names and addresses as written; ``identities`` are tokens of inventory.identity."""

    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    credentialed: Credentialed = Credentialed.UNKNOWN
    privilege: Privilege = Privilege.NONE  # of the tool on the host, as far as the file tells it
    why: str = ""  # it was not logged in
    started: datetime | None = None
    ended: datetime | None = None
    scope: str = ""  # what was asked for: the profile or policy; results of different scopes prove nothing together
    results: tuple[Result, ...] = ()
    informational: int = 0  # records that are no weakness, kept in the file only
    complete: tuple[tuple[str, Subject], ...] = ()  # beginnings of rule ids of which the file lists all that there is

    @property
    def label(self) -> str:
        return next(iter((*self.names, *self.addresses)), "")


@dataclass(frozen=True, slots=True)
class Imported:
    """A whole file."""

    tool: str  # nessus, openvas ...: part of the ids of checks
    version: str
    hosts: tuple[Host, ...]
    started: datetime | None = None
    ended: datetime | None = None
    notes: tuple[str, ...] = ()  # sentences for the user: what was left out and why
    tester: str = ""  # who reported it, where a person did and the file tells

    @property
    def results(self) -> int:
        return sum(len(host.results) for host in self.hosts)


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was supplied. ``file`` is its name for messages."""

    file: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """One form of results. ``secrets`` takes out of a file what must not be kept; None: it holds no secrets."""

    name: str
    title: str
    recognises: Callable[["Sniffed"], bool]
    read: Callable[[Source], Imported]  # raises ImportRefused
    secrets: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Sniffed:
    """Enough of a file to tell its format: its root element, or the keys of a JSON, or the first lines."""

    root: str = ""
    attributes: Mapping[str, str] | None = None
    keys: frozenset[str] = frozenset()
    item_keys: frozenset[str] = frozenset()  # of the first object, where the JSON is a list
    head: tuple[str, ...] = ()
