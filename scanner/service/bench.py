"""The bench: answers become facts, facts are judged, evidence is packed. No network, no record, no asyncio.

It stands in the scanner's own process or, for a large plan, in a worker (``scanner.service.worker``), which makes one
from the same inputs and holds it against their digests. Both give the same results.
"""

import hashlib
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates, SupportFeedError, decode
from checks.catalogue import CatalogueError, catalogue, digest
from checks.check import Check, Context
from checks.finding import CheckRun, Outcome
from inventory.asset import Asset
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing
from inventory.identity import identity_in, os_name_in
from inventory.policy import NO_POLICY, Policy
from scanner.engine import Facts, Looked, read
from scanner.feeds.files import ShelfError
from scanner.feeds.shelf import Shelf
from scanner.feeds.support_dates import SupportFeed
from scanner.probes import Kind, concerns, kind_of
from scanner.service.estate_checks import Told, gathered
from scanner.service.feed_rows import as_answers, rows_of
from scanner.service.patience import Patience, TookTooLong
from scanner.store.packing import Packed, Packer
from scanner.store.records import HostResult


class BenchError(Exception):
    """A bench cannot be made here as it was ordered. The message says what differs."""


@dataclass(frozen=True, slots=True)
class Order:
    """What another process needs to make the same bench: names, paths and digests, nothing that lives."""

    checks: tuple[str, ...]  # ids, in the order of the plan
    catalogue_digest: str
    support: bytes  # as its feed gave them
    support_digest: str
    feeds_folder: Path | None = None
    feeds: tuple[tuple[str, str], ...] = ()  # name and digest of each that is read
    max_age_days: int = 7
    policy: Policy = NO_POLICY


def order_of(
    checks: Sequence[Check],
    catalogue_digest: str,
    support: SupportFeed,
    advisories: Advisories | None,
    feeds_folder: Path | None,
    policy: Policy,
) -> Order:
    ids = tuple(check.id for check in checks)
    if advisories is None:
        return Order(ids, catalogue_digest, support.data, support.digest, policy=policy)
    fed = feeds_of(advisories)
    days = advisories.max_age_days
    return Order(ids, catalogue_digest, support.data, support.digest, feeds_folder, fed, days, policy)


@dataclass(frozen=True, slots=True)
class Worked:
    """What the bench makes of one visit."""

    attempt_missing: Missing | None  # why the visit does not count after all; None: nothing to add
    runs: tuple[CheckRun, ...]
    identity: Identity | None
    os_name: str
    packed: tuple[Packed, ...] | None  # one for each answer, then one for each of ``rows``; None: not done
    cpu: Mapping[str, float]  # seconds by stage
    rows: Mapping[str, bytes] = field(default_factory=dict)  # of the feeds, that a fail rests on: query -> text
    gathered: Told = field(default_factory=dict)  # for the checks of the whole estate


class Bench:
    def __init__(
        self,
        checks: Sequence[Check],
        support: SupportDates,
        advisories: Advisories | None = None,
        policy: Policy = NO_POLICY,
    ) -> None:
        self._checks, self._support, self._advisories, self._policy = checks, support, advisories, policy
        self._by_kind: dict[Kind, tuple[Check, ...]] = {}
        self._packer = Packer()
        self._patience = Patience()

    def work(self, looked: Looked) -> Worked:
        """Read, judge and pack one visit. Never raises for what a host sent."""
        times = [time.thread_time()]
        with self._patience.for_host():
            facts = read(looked, self._patience)
            times.append(time.thread_time())
            runs = self._judge(looked, facts)
            times.append(time.thread_time())
        rows = rows_of(self._advisories, facts.facts, runs)
        packed = self._packer.pack([*(answer.output for answer in looked.answers), *rows.values()])
        times.append(time.thread_time())
        spent = [after - before for before, after in itertools.pairwise(times)]
        cpu = dict(zip(("parse", "judge", "pack"), spent, strict=True))
        return Worked(
            attempt_missing=None,
            runs=runs,
            identity=identity_in(facts.facts),
            os_name=os_name_in(facts.facts),
            packed=packed,
            cpu=cpu,
            rows=rows,
            gathered=gathered(self._checks, looked.asset, facts),
        )

    def unread(self, looked: Looked, why: Missing) -> Worked:
        """A visit whose answers could not be read by us: every fact is missing, the evidence is kept."""
        facts = Facts({probe.name: why for probe in looked.probes}, {})
        told = gathered(self._checks, looked.asset, facts)
        return Worked(looked.attempt.missing or why, self._judge(looked, facts), None, "", None, {}, gathered=told)

    def _judge(self, looked: Looked, facts: Facts) -> tuple[CheckRun, ...]:
        """Every check, as of the time of the visit: the same facts and feeds give the same runs, always."""
        at = looked.attempt.started_at
        context = Context(looked.asset, facts.facts, at, self._support, self._advisories, self._policy)
        runs: list[CheckRun] = []
        for check in self._concerning(looked.asset):
            try:
                with self._patience:
                    runs += check.judge(context, facts.privileges)
            except TookTooLong:
                runs.append(_given_up(check))
        return tuple(runs)

    def _concerning(self, asset: Asset) -> tuple[Check, ...]:
        kind = kind_of(asset)
        if kind not in self._by_kind:
            self._by_kind[kind] = concerning(self._checks, asset)
        return self._by_kind[kind]


def concerning(checks: Sequence[Check], asset: Asset) -> tuple[Check, ...]:
    """Those whose facts can be had of this asset. Checks of the whole estate are judged after the visits."""
    return tuple(check for check in checks if check.gathers is None and concerns(asset, check.needs))


def _given_up(check: Check) -> CheckRun:
    said = f"the check itself failed: {TookTooLong.__name__}"
    return CheckRun(check.id, check.version, Outcome.ERROR, said, facts=check.needs)


def bench_of(order: Order) -> Bench:
    """Raises :class:`BenchError` when what is loaded here is not what was ordered."""
    return Bench(*tools_of(order), order.policy)


def tools_of(order: Order) -> tuple[tuple[Check, ...], SupportDates, Advisories | None]:
    """Checks and feeds. Raises :class:`BenchError` when what is loaded here is not what was ordered."""
    try:
        known, support, advisories = catalogue(), decode(order.support), _advisories(order)
    except (CatalogueError, SupportFeedError, ShelfError) as fault:
        raise BenchError(str(fault)) from fault
    if digest(known) != order.catalogue_digest:
        raise BenchError("the checks are not those that the scan was planned with")
    if hashlib.sha256(order.support).hexdigest() != order.support_digest:
        raise BenchError("the support dates are not those that the scan was planned with")
    by_id = {check.id: check for check in known}
    return tuple(by_id[name] for name in order.checks), support, advisories


def _advisories(order: Order) -> Advisories | None:
    if order.feeds_folder is None:
        return None
    advisories = Shelf(order.feeds_folder).open(order.max_age_days).advisories
    if feeds_of(advisories) != order.feeds:
        raise BenchError("the feeds are not those that the scan was planned with")
    return advisories


def feeds_of(advisories: Advisories) -> tuple[tuple[str, str], ...]:
    """Name and digest of each feed."""
    return tuple((note.name, note.digest) for note in advisories.notes)


def result_of(looked: Looked, worked: Worked) -> HostResult:
    """A visit and what was judged of it, for the record."""
    return HostResult(
        asset=looked.asset,
        attempt=looked.attempt,
        answers=(*looked.answers, *as_answers(worked.rows, looked.finished_at)),
        runs=worked.runs,
        identity=worked.identity,
        os_name=worked.os_name,
        finished_at=looked.finished_at,
        packed=worked.packed,
    )


def not_counted(looked: Looked, worked: Worked) -> Looked:
    """The visit with what the bench has to add to its attempt."""
    if worked.attempt_missing is None:
        return looked
    return replace(looked, attempt=replace(looked.attempt, missing=worked.attempt_missing))
