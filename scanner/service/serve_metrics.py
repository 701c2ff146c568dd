"""What the daemon says of itself and of the record to whoever scrapes it (docs/metrics.md).

The record is asked at most every ``every_seconds``, in a thread of its own, however often somebody scrapes. Names of
watches are labels, at most ``MOST_WATCHES``; nothing that a target sent is one.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.advisories.model import FeedNote
from checks.check import Check
from checks.finding import Severity
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from reports.formats import openmetrics as om
from reports.report import AssetCoverage
from scanner.feeds.files import ShelfError
from scanner.service.report import report_data
from scanner.service.serve_clock import Clock
from scanner.service.serve_probing import Look
from scanner.service.serve_tools import Health
from scanner.service.vantage.web import Request, Response, Web
from scanner.service.vantages import PlaceHealth
from scanner.store.records import FindingRow, ScanRow, ScanState, StoreError
from scanner.store.store import Store
from scanner.store.watching.records import OutageRow, SeriesRow

MOST_WATCHES = 2_000
CLOSED = frozenset({"VERIFIED_FIXED", "FALSE_POSITIVE", "OUT_OF_SERVICE"})
STATES = tuple(state.value for state in (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN))


class CannotListen(Exception):
    """The address for metrics cannot be used. One plain sentence."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the record said when it was last asked."""

    findings: Mapping[tuple[str, str, str], int] = field(default_factory=dict)  # severity, theme, state
    coverage: Mapping[str, int] = field(default_factory=dict)
    scanned_at: float | None = None
    series: Sequence[SeriesRow] = ()
    known_until: float | None = None
    outages: Sequence[OutageRow] = ()
    notices: int = 0
    feeds: Sequence[FeedNote] = ()
    asked_at: float | None = None


@dataclass
class Looks:
    """Wraps the look of the daemon, and counts. Of the last look at each watch only its instant is kept."""

    look: Look
    clock: Clock
    seconds: dict[str, om.Histogram] = field(default_factory=dict)  # by kind
    states: Counter[tuple[str, str]] = field(default_factory=Counter)  # kind, state
    last: dict[str, float] = field(default_factory=dict)

    async def __call__(self, watch: Watch) -> Sample:
        sample = await self.look(watch)
        self.seconds.setdefault(watch.kind, om.Histogram.empty()).add(sample.timings.get("total", 0.0) / 1e3)
        self.states[watch.kind, sample.state.value] += 1
        self.last[watch.name] = sample.at
        return sample


@dataclass
class Archive:
    """The record as metrics need it. The coverage of a scan is worked out once."""

    store: Store
    catalogue: Sequence[Check]
    feeds: Callable[[], Sequence[FeedNote]]
    _scan: tuple[int, str] = (0, "")
    _coverage: Mapping[str, int] = field(default_factory=dict)

    def ask(self, now: float) -> Recorded:
        """Raises :class:`StoreError`."""
        checks = {check.id: check for check in self.catalogue}
        series = self.store.series
        scan = _last_ended(self.store.scans())
        return Recorded(
            findings=_findings(self.store.findings(), checks),
            coverage=self._covered(scan) if scan else {},
            scanned_at=scan.ended_at.timestamp() if scan and scan.ended_at else None,
            series=[row for row in series.rows() if row.watched],
            known_until=series.known_until(),
            outages=[one for one in series.outages(now - 1, now + 1) if one.ended is None],
            notices=series.notices_waiting(),
            feeds=self.feeds(),
            asked_at=now,
        )

    def _covered(self, scan: ScanRow) -> Mapping[str, int]:
        if self._scan != (scan.id, scan.state.value):
            self._coverage = coverage(report_data(self.store, scan.id, self.catalogue).assets)
            self._scan = (scan.id, scan.state.value)
        return self._coverage


def coverage(assets: Iterable[AssetCoverage]) -> Mapping[str, int]:
    """How many assets got how far, as the report counts them."""
    found = tuple(assets)
    return {
        "known": len(found),
        "attempted": sum(one.attempted for one in found),
        "reached": sum(one.reached for one in found),
        "logged_in": sum(one.logged_in for one in found),
        "assessed": sum(one.fully_assessed for one in found),
    }


def _last_ended(scans: Sequence[ScanRow]) -> ScanRow | None:
    return next((scan for scan in reversed(scans) if scan.state is not ScanState.RUNNING and scan.ended_at), None)


def _findings(rows: Iterable[FindingRow], checks: Mapping[str, Check]) -> Mapping[tuple[str, str, str], int]:
    """Occurrences that still count. A check that is no longer there has no theme."""
    tally: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        if row.state not in CLOSED:
            check = checks.get(row.check_id)
            severity = row.severity or (check.severity if check else Severity.INFO)
            tally[severity.value, check.theme.value if check else "unknown check", row.state] += 1
    return tally


@dataclass
class Metrics:
    """Called with the daemon's health, serves until it is cancelled."""

    host: str
    port: int
    ask: Callable[[float], Recorded]  # raises StoreError, ShelfError
    looks: Looks
    version: str
    tell: Callable[[str], None]
    clock: Clock
    every_seconds: float = 15.0
    recorded: Recorded = field(default_factory=Recorded)
    failed: int = 0  # times the record could not be asked
    _began: float = 0.0
    _asked: float = float("-inf")  # monotonic
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _health: Health = field(default_factory=Health)

    async def __call__(self, health: Health) -> None:
        """Raises :class:`CannotListen`."""
        self._health, self._began = health, self.clock.now()
        try:
            server = await Web(self._answer).start(self.host, self.port, None)
        except OSError as fault:
            where = f"{self.host}:{self.port}"
            raise CannotListen(f"--metrics {where}: {fault.strerror or fault}; name another address") from fault
        self.port = int(server.sockets[0].getsockname()[1])
        self.tell(f"metrics are at http://{self.host}:{self.port}/metrics")
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _answer(self, request: Request) -> Response:
        if request.path != "/metrics":
            return Response.error(404, "there is only /metrics here")
        if request.method != "GET":
            return Response.error(405, "/metrics is for GET")
        await self._fresh()
        return Response(200, om.exposition(self.families()), om.CONTENT_TYPE)

    async def _fresh(self) -> None:
        """One question to the record at a time; who comes meanwhile gets the same answer."""
        async with self._turn:
            if self.clock.monotonic() - self._asked < self.every_seconds:
                return
            try:
                self.recorded = await asyncio.to_thread(self.ask, self.clock.now())
            except (StoreError, ShelfError):
                self.failed += 1
            self._asked = self.clock.monotonic()

    def families(self) -> Iterator[om.Family]:
        now = self.clock.now()
        yield from of_record(self.recorded, now)
        yield from of_looks(self.looks, [row.watch for row in self.recorded.series if not row.vantage], now)
        yield from of_vantages(self._health.vantages.places if self._health.vantages else {}, now)
        yield from of_health(self._health, now - self._began, self.version, self.failed)


def of_record(told: Recorded, now: float) -> Iterator[om.Family]:
    findings = (
        (float(count), {"severity": severity, "theme": theme, "state": state})
        for (severity, theme, state), count in sorted(told.findings.items())
    )
    yield om.gauge("estatecheck_findings", "Findings that still count, by severity, theme and state.", findings)
    steps = ((float(count), {"step": step}) for step, count in told.coverage.items())
    yield om.gauge("estatecheck_coverage_assets", "Assets of the last scan that got so far.", steps)
    yield _age("estatecheck_scan_age_seconds", "Since the last scan ended.", told.scanned_at, now)
    yield from _of_series(told)
    feeds = ((max(0.0, now - _midnight(one)), {"feed": one.name}) for one in told.feeds)
    yield om.gauge("estatecheck_feed_age_seconds", "Since the publisher last confirmed a feed.", feeds, "seconds")
    yield om.gauge("estatecheck_notices_waiting", "Messages that are not sent yet.", [(told.notices, {})])
    yield _age("estatecheck_record_age_seconds", "Since the record was asked for these figures.", told.asked_at, now)
    yield _age("estatecheck_flush_age_seconds", "Since what was seen was last written.", told.known_until, now)


def _of_series(told: Recorded) -> Iterator[om.Family]:
    shown = told.series[:MOST_WATCHES]
    states = ((row.state.value, {"watch": row.watch, "vantage": row.vantage or "scanner"}) for row in shown)
    yield om.stateset("estatecheck_watch_state", "What is known of each watch.", STATES, states)
    tally = Counter(row.state.value for row in told.series)
    total = ((float(tally[state]), {"state": state}) for state in STATES)
    yield om.gauge("estatecheck_watches", "Watches in each state, as seen from each place.", total)
    hidden = len(told.series) - len(shown)
    yield om.gauge("estatecheck_watches_not_shown", "Watches beyond the most that are named here.", [(hidden, {})])
    yield om.gauge("estatecheck_outages_open", "Outages that go on; children count with theirs.", [_open(told)])


def _open(told: Recorded) -> tuple[float, om.Labels]:
    return float(len(told.outages)), {}


def of_looks(looks: Looks, watches: Sequence[str], now: float) -> Iterator[om.Family]:
    """``watches``: those that are probed from here."""
    seconds = ((found, {"kind": kind}) for kind, found in sorted(looks.seconds.items()))
    yield om.histogram("estatecheck_probe_duration_seconds", "How long probes took.", seconds, "seconds")
    states = ((float(n), {"kind": kind, "state": state}) for (kind, state), n in sorted(looks.states.items()))
    yield om.counter("estatecheck_probes", "Probes from here, by what they saw.", states)
    ages = ((max(0.0, now - looks.last[one]), {"watch": one}) for one in watches[:MOST_WATCHES] if one in looks.last)
    yield om.gauge("estatecheck_watch_sample_age_seconds", "Since the last look from here.", ages, "seconds")


def of_vantages(places: Mapping[str, PlaceHealth], now: float) -> Iterator[om.Family]:
    """Nothing where there are none, or where this daemon stands by."""
    told = [({"vantage": name}, place) for name, place in sorted(places.items())]
    ages = ((max(0.0, now - place.heard), label) for label, place in told if place.heard is not None)
    yield om.gauge("estatecheck_vantage_answer_age_seconds", "Since a place last answered.", ages, "seconds")
    blind = ((float(place.blind), label) for label, place in told)
    yield om.gauge("estatecheck_vantage_blind", "1: a place does not answer, or not as it should.", blind)
    waiting = ((float(place.backlog), label) for label, place in told)
    yield om.gauge("estatecheck_vantage_backlog_batches", "Batches that a place still keeps for us.", waiting)


def of_health(health: Health, uptime: float, version: str, failed: int) -> Iterator[om.Family]:
    yield om.info("estatecheck_build", "This program.", {"version": version})
    yield om.gauge("estatecheck_uptime_seconds", "Since the daemon began.", [(uptime, {})], "seconds")
    yield om.gauge("estatecheck_probing", "1: this daemon probes. 0: it stands by.", [(float(health.probing), {})])
    lag = ((health.lag.percentile(share), {"quantile": f"{share:g}"}) for share in (0.5, 0.99))
    yield om.gauge("estatecheck_scheduler_lag_seconds", "How late looks begin.", lag, "seconds")
    yield om.counter("estatecheck_flushes", "Writes of what was seen.", [(health.flushes, {})])
    yield om.counter("estatecheck_failed_flushes", "Writes that did not go through.", [(health.failed_flushes, {})])
    yield om.counter("estatecheck_failed_record_reads", "Times the record could not be asked.", [(failed, {})])
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime
    yield om.counter("estatecheck_cpu_seconds", "CPU time of the daemon itself.", [(spent, {})], "seconds")
    yield om.gauge("estatecheck_peak_memory_bytes", "Most it ever held.", [(used.ru_maxrss * 1024, {})], "bytes")


def _age(name: str, about: str, since: float | None, now: float) -> om.Family:
    """Nothing is told when it never was."""
    return om.gauge(name, about, [] if since is None else [(max(0.0, now - since), {})], "seconds")


def _midnight(feed: FeedNote) -> float:
    return datetime(feed.as_of.year, feed.as_of.month, feed.as_of.day, tzinfo=UTC).timestamp()
