"""What a scan set out to do, as it was written down at its start and as the writer works with it."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy import Connection

from checks.advisories.model import FeedNote
from inventory.remembered import Latest
from scanner.store.codec import dump, load
from scanner.store.records import ScanPlan
from scanner.store.snapshots import read_text

SCOPE = "scope"  # option of an import: what the other tool was asked for
CHOSEN = "check"  # option of a scan: only these checks were asked for


@dataclass(frozen=True, slots=True)
class Plan:
    checks: tuple[str, ...]
    options: dict[str, str]
    names: tuple[str, ...]  # every asset of the inventory, also those outside this scan
    support_snapshot: str
    families: dict[str, str] = field(default_factory=dict)
    supersedes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uses_support: tuple[str, ...] | None = None
    feeds: tuple[FeedNote, ...] = ()
    uses_advisories: tuple[str, ...] = ()
    feed_max_age_days: int = 7
    policies: dict[str, str] = field(default_factory=dict)
    of_estate: tuple[str, ...] = ()  # of ``checks``, those that are judged when all visits are over

    def of_visit(self) -> "Plan":
        """Without the checks of the whole estate: a visit by itself says nothing of them."""
        return _OF_VISIT(self) if self.of_estate else self

    def family(self, check_id: str) -> str:
        return self.families.get(check_id) or check_id

    def replaced_by(self, check_id: str) -> tuple[str, ...]:
        """The older checks that this one replaces."""
        return self.supersedes.get(check_id, ())

    def reads_support(self, check_id: str) -> bool:
        return self.uses_support is None or check_id in self.uses_support

    def feeds_read(self, check_id: str) -> dict[str, str]:
        """Name and snapshot of each feed that this check read."""
        read = check_id in self.uses_advisories
        return {note.name: note.as_of.isoformat() for note in self.feeds} if read else {}


def _without_estate(plan: Plan) -> Plan:
    return replace(plan, checks=tuple(check for check in plan.checks if check not in plan.of_estate))


_OF_VISIT = Latest(_without_estate)  # one scan's visits are saved one after the other


def as_text(plan: ScanPlan) -> str:
    names = {asset.name for asset in (*plan.estate.assets, *plan.assets)}
    return dump(
        Plan(
            checks=plan.checks,
            options=dict(plan.options),
            names=tuple(sorted(names)),
            support_snapshot=plan.support_snapshot,
            families=dict(plan.families),
            supersedes=dict(plan.supersedes),
            uses_support=plan.uses_support,
            feeds=plan.feeds,
            uses_advisories=plan.uses_advisories,
            feed_max_age_days=plan.feed_max_age_days,
            of_estate=plan.of_estate,
            policies=dict(plan.policies),
        )
    )


@lru_cache(maxsize=16)
def from_text(text: str) -> Plan:
    return load(Plan, text)


KEPT = 8  # plans; each names every asset of its estate


class Plans:
    """Plans by their number in one record: what a scan set out to do never changes."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[Plan, frozenset[str]]] = {}

    def get(self, connection: Connection, number: int) -> tuple[Plan, frozenset[str]]:
        """The plan, and the names of the inventory as a set."""
        if number not in self._read:
            plan = from_text(read_text(connection, number))
            while len(self._read) >= KEPT:
                del self._read[next(iter(self._read))]
            self._read[number] = (plan, frozenset(plan.names))
        return self._read[number]
