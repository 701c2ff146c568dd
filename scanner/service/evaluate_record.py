"""Write what an evaluation found into the record: a scan of its own kind, on the evidence of the visits it judged.

Findings open and change by it. They close only by the rules of proof, and the evidence that a finding was raised from
can never prove its fix.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from checks.lifecycle import answers_fact
from inventory.asset import Asset
from inventory.identity import identity_in
from scanner.engine import fact_of
from scanner.feeds.support_dates import SupportFeed
from scanner.probes import probes_of
from scanner.service.evaluate import Judged, Rules, evaluate
from scanner.service.feed_rows import as_answers, rows_of
from scanner.service.plan import ALWAYS
from scanner.service.planned import basis_of, to_store
from scanner.store.records import HostResult, ScanKind, ScanState
from scanner.store.store import Store
from scanner.store.visits import Asked, Kept


def recorded(store: Store, rules: Rules, support: SupportFeed, names: Collection[str]) -> int:
    """Judge these assets again and store it. The number of the new scan comes back. Raises :class:`StoreError`."""

    def chosen(asset: Asset) -> bool:
        return asset.name in names

    nothing = Asked((), ())  # only which they are
    visits = [(visit.scan_id, visit.asset) for visit in store.latest_visits(lambda _: nothing, chosen=chosen)]
    newest = max(scan_id for scan_id, _ in visits)  # may be an import: a record need not hold a scan
    estate = replace(store.estate_of(newest), assets=tuple(asset for _, asset in visits))
    basis = basis_of(rules.checks, rules.catalogue_digest, support, rules.advisories)
    scan_id = store.begin_scan(to_store(basis, estate, estate.assets, ScanKind.EVALUATE, rules.now))
    state = ScanState.PARTIAL
    try:
        for one in evaluate(store, rules, chosen, also=ALWAYS):
            store.save_host(scan_id, _result(one, rules))
        store.people.tick({check.id: check.severity.rank for check in rules.checks}, scan_id)
        state = ScanState.COMPLETE
    finally:
        store.end_scan(scan_id, state, datetime.now(UTC))
    return scan_id


def _result(one: Judged, rules: Rules) -> HostResult:
    visit = one.visit
    told = {name: _fact(name, visit) for name in ALWAYS}
    return HostResult(
        asset=visit.asset,
        attempt=visit.attempt,
        answers=(*visit.answers, *as_answers(rows_of(rules.advisories, one.facts, one.runs), rules.now)),
        runs=one.runs,
        identity=identity_in(told),
        os_name=visit.os_name,
        finished_at=rules.now,
    )


def _fact(name: str, visit: Kept) -> object:
    probe = probes_of(visit.asset.connection.way).get(name)
    answers = [answer for answer in visit.answers if answers_fact(answer.query, name)]
    return fact_of(probe, visit.asset, answers) if probe and answers else None
