"""What a scan of any kind sets out to do, as the record keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.check import Check
from inventory.asset import Asset
from inventory.estate import Estate
from scanner.feeds.support_dates import SupportFeed
from scanner.service.clock_book import CLOCKS
from scanner.service.clock_book import in_force as clocks_in_force
from scanner.service.policies import in_force
from scanner.store.records import ScanKind, ScanPlan


@dataclass(frozen=True, slots=True)
class Basis:
    """What is judged by."""

    checks: Sequence[Check]
    catalogue_digest: str
    support: SupportFeed
    feeds: Sequence[FeedNote] = ()
    feed_max_age_days: int = 7
    tool_version: str = field(default_factory=lambda: version("estatecheck"))


def basis_of(
    checks: Sequence[Check], catalogue_digest: str, support: SupportFeed, advisories: Advisories | None
) -> Basis:
    if advisories is None:
        return Basis(checks, catalogue_digest, support)
    return Basis(checks, catalogue_digest, support, advisories.notes, advisories.max_age_days)


def reads_support(check: Check) -> bool:
    return bool(getattr(check.rule, "wants_support", False))


def reads_policy(check: Check) -> bool:
    return bool(getattr(check.rule, "wants_policy", False))


def reads_advisories(check: Check) -> bool:
    return bool(getattr(check.rule, "wants_advisories", False))


def to_store(
    basis: Basis,
    estate: Estate,
    assets: Sequence[Asset],
    kind: ScanKind,
    started_at: datetime,
    options: Mapping[str, str] | None = None,
) -> ScanPlan:
    checks = basis.checks
    return ScanPlan(
        estate=estate,
        assets=tuple(assets),
        checks=tuple(check.id for check in checks),
        started_at=started_at,
        tool_version=basis.tool_version,
        catalogue_digest=basis.catalogue_digest,
        support_digest=basis.support.digest,
        support_snapshot=basis.support.dates.snapshot.isoformat(),
        options=options or {},
        kind=kind,
        families={check.id: check.family or check.id for check in checks},
        supersedes={check.id: check.supersedes for check in checks if check.supersedes},
        uses_support=tuple(check.id for check in checks if reads_support(check)),
        feeds=tuple(basis.feeds),
        feed_max_age_days=basis.feed_max_age_days,
        uses_advisories=tuple(check.id for check in checks if reads_advisories(check)),
        of_estate=tuple(check.id for check in checks if check.gathers),
        policies={**in_force(estate.policy), CLOCKS: clocks_in_force(estate, started_at.year)},
    )
