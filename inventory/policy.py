"""What the organisation has decided, and judges by: it stands in the inventory and is kept with every scan."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class ApprovedFirmware:
    """Versions that somebody approved for a model. Approved is not safe: both are told.

    A version is approved that is one of ``versions``, or that is ``minimum`` or newer in its train. One of the two is
    always given.
    """

    model: str  # a shell pattern, compared without regard to case
    versions: tuple[str, ...]  # each as the device writes it
    approved_by: str
    approved_on: date
    vendor: str | None = None  # None: of any vendor
    os: str | None = None  # a shell pattern too; the name of a part, where a server tells one. None: whatever runs
    reference: str = ""  # the ticket or minutes
    valid_until: date | None = None  # the last day
    minimum: str | None = None
    line: int = 0  # where it stands

    def concerns(self, vendor: str | None, model: str | None, os: str | None) -> bool:
        """Whether this is about such a device. What the device does not tell fits no name."""
        return (
            fnmatchcase((model or "").lower(), self.model.lower())
            and (self.vendor is None or (vendor or "").lower() == self.vendor.lower())
            and (self.os is None or fnmatchcase((os or "").lower(), self.os.lower()))
        )


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy of the organisation's own, as its file says it: kept with every scan that was made under it."""

    name: str  # risk, clocks, accreditation
    path: str  # as the inventory names it, for messages
    text: str


@dataclass(frozen=True, slots=True)
class Isolation:
    """An assessor's word, with evidence, that some hosts can be reached from nowhere else."""

    id: str
    assessor: str  # a person and a post
    evidence: str  # the reference of what shows it
    review: date  # the last day on which it counts
    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def covers(self, name: str, groups: tuple[str, ...]) -> bool:
        return name in self.hosts or "all" in self.groups or not set(self.groups).isdisjoint(groups)


@dataclass(frozen=True, slots=True)
class DecisionLimits:
    """How long what people decide may last, and what time does. None: what ships (docs/findings.md)."""

    acceptance_days: int | None = None
    request_days: int | None = None
    review_days: int | None = None
    pause_days: int | None = None
    override_days: int | None = None
    stale_scans: int | None = None
    unreachable_scans: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    approved_firmware: tuple[ApprovedFirmware, ...] = ()
    files: tuple[PolicyFile, ...] = ()  # each name once
    isolations: tuple[Isolation, ...] = ()
    limits: DecisionLimits | None = None

    def file(self, name: str) -> PolicyFile | None:
        return next((one for one in self.files if one.name == name), None)


NO_POLICY = Policy()
