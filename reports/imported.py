"""What a report says of results that other tools and testers supplied: who saw what, and what is lacking."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reports.text import count, listing

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class SeenBy:
    """One source of an occurrence: a tool, the person if there is one, and that tool's own finding in the record."""

    tool: str
    version: str
    tester: str  # "" no person
    ref: str  # EC-0007
    check_id: str
    observed: str
    at: datetime | None  # when the tool saw it last; None: this scan's own
    disagrees: bool = False  # it looked for the same weakness at the same place, and passed it

    @property
    def name(self) -> str:
        if self.disagrees:
            return f"{self.tool} disagrees: its own check {self.check_id} passed here"
        return ", ".join(filter(None, (f"{self.tool} {self.version}".strip(), self.tester)))


@dataclass(frozen=True, slots=True)
class ImportGap:
    """A rule of the tool that could not be judged on an asset."""

    asset: str
    check_id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class UnmatchedHost:
    host: str
    why: str
    failing: int  # results that fail, which no asset has


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file that was taken in before the scan began."""

    scan_id: int
    file: str
    sha256: str
    tool: str
    version: str
    tester: str
    supplied_by: str
    at: datetime | None  # end of the other tool's scan; None: the file does not tell
    assets: int  # of the inventory that it is about
    gaps: tuple[ImportGap, ...]
    unmatched: tuple[UnmatchedHost, ...]

    @property
    def name(self) -> str:
        return f"{self.file} ({self.tool} {self.version}".rstrip() + ")"


def import_limits(imports: Iterable[ImportedFile]) -> Iterator[str]:
    """Sentences for the chapter of limitations."""
    for one in imports:
        if one.gaps:
            assets = sorted({gap.asset for gap in one.gaps})
            reasons = sorted({gap.reason for gap in one.gaps})
            yield (
                f"What {one.name} could not look at: {count(len(one.gaps), 'result')} on "
                f"{listing(assets, MOST_NAMED)} ({listing(reasons, MOST_NAMED)})."
            )
        if one.unmatched:
            names = [host.host or "a host without a name" for host in one.unmatched]
            failing = sum(host.failing for host in one.unmatched)
            yield (
                f"Of {one.name}, {count(len(names), 'host')} with {count(failing, 'failing result')} could not be told "
                f"to be an asset of the inventory and are counted nowhere: {listing(names, MOST_NAMED)}."
            )
