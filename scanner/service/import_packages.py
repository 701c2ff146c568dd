"""Import packages: judge a list that somebody supplied for a host nobody can log in to.

The file itself is kept as evidence, and beside it the list in the form that our own probe brings, from which it is
judged now and whenever it is evaluated again. Nothing was reached and nobody was logged in: a supplied list supports a
claim and never proves a fix.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from checks.advisories.library import Advisories
from checks.check import Check, Context
from checks.finding import CheckRun, Severity
from inventory.asset import Asset, Privilege
from inventory.estate import Estate
from inventory.facts.system import System
from scanner.engine import fact_of
from scanner.importers.packages import read_packages
from scanner.importers.supplied import SuppliedPackages
from scanner.probes import PROBES
from scanner.probes.linux.written import packages_text, system_text
from scanner.query import Answer, Attempt
from scanner.service.feed_rows import as_answers, rows_of
from scanner.service.planned import Basis, to_store
from scanner.store.records import HostResult, Saved, ScanKind, ScanState
from scanner.store.store import Store

FILE = "supplied-file"  # the query under which the file itself is kept
WAY = "import"
RELEASE = re.compile(r"[a-z][a-z0-9._-]{0,40}:[0-9][0-9.]{0,20}")  # os-release ID and VERSION_ID


class SupplyError(Exception):
    """The list cannot be taken as it was given. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """A file, and what its supplier says of it."""

    host: str
    file: str
    data: bytes
    supplied_by: str
    collected_at: datetime
    release: str = ""  # debian:12, ubuntu:22.04, almalinux:8 ...; "" as the file tells it


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it."""

    scan_id: int
    asset: Asset
    list: SuppliedPackages
    release: str
    runs: tuple[CheckRun, ...]
    saved: Saved
    checks: Mapping[str, Check]

    def severity_of(self, run: CheckRun) -> Severity:
        return run.severity or self.checks[run.check_id].severity


def import_packages(
    store: Store, estate: Estate, basis: Basis, advisories: Advisories | None, supplied: Supplied, now: datetime
) -> Imported:
    """Raises :class:`SupplyError`, :class:`ImportRefused` and :class:`StoreError`; then nothing was stored."""
    asset = _asset(estate, supplied.host)
    _refuse_future(supplied.collected_at, now)
    listed = read_packages(supplied.data, supplied.file)
    release = _release(supplied, listed)
    answers = tuple(_answers(supplied, listed, release))
    facts = {answer.query: fact_of(PROBES[answer.query], asset, [answer]) for answer in answers if answer.query != FILE}
    if facts["packages"] != listed.packages or not isinstance(facts["system"], System):
        raise SupplyError(f"{supplied.file}: names or versions in it cannot be those of packages")
    judged = replace_checks(basis, frozenset(facts))
    context = Context(asset, facts, supplied.collected_at, basis.support.dates, advisories, estate.policy)
    runs = tuple(run for check in judged.checks for run in check.judge(context, {}))
    answers += as_answers(rows_of(advisories, facts, runs), supplied.collected_at)
    scan_id = store.begin_scan(to_store(judged, estate, [asset], ScanKind.IMPORT, now, _told(supplied, listed)))
    state = ScanState.PARTIAL
    try:
        saved = store.save_host(scan_id, _result(asset, supplied, listed, answers, runs, facts["system"].os_name))
        state = ScanState.COMPLETE
    finally:
        store.end_scan(scan_id, state, datetime.now(UTC))
    return Imported(scan_id, asset, listed, release, runs, saved, {check.id: check for check in judged.checks})


def replace_checks(basis: Basis, facts: frozenset[str]) -> Basis:
    """Only the checks that such a list can answer: of the others it says nothing at all."""
    return replace(basis, checks=tuple(check for check in basis.checks if facts.issuperset(check.needs)))


def _asset(estate: Estate, host: str) -> Asset:
    for asset in estate.assets:
        if asset.name == host:
            return asset
    raise SupplyError(f"the inventory names no host {host[:80]!r}: add it, so that it counts in its area")


def _refuse_future(collected_at: datetime, now: datetime) -> None:
    if collected_at > now:
        raise SupplyError(f"--collected-at {collected_at.isoformat()} is in the future")


def _release(supplied: Supplied, listed: SuppliedPackages) -> str:
    if supplied.release and listed.release and supplied.release != listed.release:
        raise SupplyError(f"{supplied.file} is of {listed.release}, but --os says {supplied.release}")
    release = supplied.release or listed.release or ""
    if not RELEASE.fullmatch(release):
        raise SupplyError(
            f"{supplied.file}: say which release this host runs, as its os-release names it: --os debian:12, "
            "--os ubuntu:22.04, --os almalinux:8.9"
        )
    return release


def _answers(supplied: Supplied, listed: SuppliedPackages, release: str) -> Iterator[Answer]:
    at = supplied.collected_at.timestamp()
    os_id, _, version = release.partition(":")
    for query, output in (
        ("system", system_text(os_id, version, release)),
        ("packages", packages_text(listed.packages)),
        (FILE, supplied.data),
    ):
        yield Answer(query, output, 0, None, Privilege.NONE, at, at)


def _told(supplied: Supplied, listed: SuppliedPackages) -> dict[str, str]:
    return {
        "supplied by": supplied.supplied_by,
        "collected at": supplied.collected_at.astimezone(UTC).isoformat(),
        "file": supplied.file,
        "format": listed.format,
    }


def _result(
    asset: Asset,
    supplied: Supplied,
    listed: SuppliedPackages,
    answers: tuple[Answer, ...],
    runs: tuple[CheckRun, ...],
    os_name: str,
) -> HostResult:
    when = f"{supplied.collected_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    peer = f"a list ({listed.format}) that {supplied.supplied_by} supplied, collected {when}"
    attempt = Attempt(WAY, peer=peer, started_at=supplied.collected_at)
    return HostResult(asset, attempt, answers, runs, None, os_name, supplied.collected_at)
