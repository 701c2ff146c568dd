"""From samples in the record to the figures of the page: the worked example of docs/availability.md, and what a
service of several watches, places and definitions comes to."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from checks.availability import Verdict
from checks.catalogue import catalogue
from checks.finding import Outcome
from checks.watching import Rule
from inventory.facts.availability import Interval, Sample, State
from inventory.watch import Calendar, Hours, Maintenance, Promise, Watch, Watching
from reports.availability import FIGURES, AvailabilityReport, ServiceAvailability, percent, told
from reports.availability_data import plain
from reports.formats import FORMATS
from scanner.cli.availability_text import lines
from scanner.cli.main import main_app
from scanner.service.availability import NoSuchService, Period, at_scan, measured, source
from scanner.service.availability_series import service_intervals
from scanner.service.report import report_data
from scanner.store.store import Store, open_store
from scanner.store.watching.records import Declared, SeriesRow
from tests.scanner.store.series_world import HOUR, START, Prober, declared
from tests.scanner.store.world import CHECK, OTHER, Bench
from tests.scanner.store.world import run as check_run

LONDON = ZoneInfo("Europe/London")
PAGE = (Path(__file__).parents[3] / "docs" / "availability.md").read_text("utf-8")
STEP = 300.0


def at(day: int, clock: str, month: int = 3) -> float:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON).timestamp()


BAD = [
    (at(3, "09:15"), at(3, "10:45"), State.DOWN),
    (at(7, "22:10"), at(8, "01:20"), State.DOWN),
    (at(14, "20:00"), at(14, "22:30"), State.DOWN),
    (at(19, "17:30"), at(20, "08:30"), State.DOWN),
    (at(24, "10:00"), at(24, "14:00"), State.DEGRADED),
    (at(28, "23:00"), at(29, "06:00"), State.DOWN),
]
OFF = (at(11, "12:00"), at(11, "15:00"))  # the scanner did not run

INVENTORY = """\
estatecheck:
  services: {case-portal: {name: Case portal}}
  watch: {portal: {kind: tcp, host: portal.example.test, port: 443, service: case-portal, every: 300s}}
  availability:
    case-portal:
      share: 98
      hours: {zone: Europe/London, mon: &day ["08:00-18:00"], tue: *day, wed: *day, thu: *day, fri: *day}
      maintenance_hours: 4
      claimed: {2026-03: 99}
"""


def state_at(moment: float) -> State:
    return next((state for begin, end, state in BAD if begin <= moment < end), State.UP)


def declarations(*ids: str) -> list[Maintenance]:
    known = {
        "CHG1": (datetime(2026, 3, 7, 22, tzinfo=LONDON), datetime(2026, 3, 8, 2, tzinfo=LONDON)),
        "CHG2": (datetime(2026, 3, 14, 20, tzinfo=LONDON), datetime(2026, 3, 14, 23, tzinfo=LONDON)),
    }
    return [Maintenance(name, *known[name], "supplier", name, services=("case-portal",)) for name in ids]


def march(store: Store) -> None:
    """A probe every five minutes, by the minute of the page; a failure counts at once."""
    watch = Watch("portal", "tcp", "portal.example.test", 443, service="case-portal", every_seconds=STEP)
    prober = Prober(store, [Declared(watch, Rule(every=STEP, confirmations=0))], now=at(1, "00:00"))
    prober.begin()
    noted = [(at(2, "10:00"), ("CHG1",)), (at(14, "20:30"), ("CHG1", "CHG2"))]
    while prober.now < at(2, "00:00", 4):
        if noted and prober.now >= noted[0][0]:
            moment, ids = noted.pop(0)
            store.series.register(declarations(*ids), moment)
        assert prober.recorder
        if not OFF[0] < prober.now < OFF[1]:
            state = state_at(prober.now)
            prober.recorder.feed(
                Sample("portal", prober.now, state, "" if state is State.UP else f"it is {state.value}")
            )
        if prober.now == OFF[0]:
            prober.recorder.flush(prober.now)
            prober.die()
            prober.now = OFF[1]
            prober.begin()
            continue
        prober.now += STEP
        if prober.now % 7200 == 0:
            prober.recorder.flush(prober.now)
    assert prober.recorder
    prober.recorder.flush(prober.now)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("march")
    (made / "inventory.yaml").write_text(INVENTORY)
    with open_store(str(made / "record.db")) as store:
        march(store)
    return made


def run(folder: Path, *words: str) -> str:
    period = ["--from", "2026-03-01", "--to", "2026-04-01", "--service", "case-portal"]
    record = ["--database", str(folder / "record.db"), "-i", str(folder / "inventory.yaml")]
    done = CliRunner().invoke(main_app, ["availability", *record, *period, *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_prints_the_table_of_the_page(folder: Path) -> None:
    """Both columns, every figure, letter by letter."""
    text = run(folder)
    table = PAGE.split("| figure | 24x7 | business hours |")[1].split("\n\n")[0]
    page = [row for row in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE) if row[0] != "---"]
    printed = [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
    start = printed.index(["figure", "24x7", "business hours"])
    assert [tuple(row) for row in printed[start + 1 : start + 1 + len(page)]] == page
    assert len(page) == len(FIGURES)
    assert "4.4 h were allowed, 2.5 h were down for certain and 5.5 h at most" in text
    assert "cannot be decided" in text


def test_the_command_tells_late_maintenance_claims_and_gaps(folder: Path) -> None:
    text = run(folder)
    assert re.search(r"CHG1 .* yes +supplier", text)
    assert re.search(r"CHG2 .* no: excludes nothing +supplier", text)
    assert "allowed 4 h, excluded 4 h, beyond the allowance 0 h" in text
    assert re.search(r"2026-03 +99 % +does not hold +2.5 h +5.5 h", text)
    assert "Nobody probed for" in text


def test_one_set_of_hours_alone(folder: Path) -> None:
    assert "24x7" not in run(folder, "--hours", "business")
    assert "business hours" not in run(folder, "--hours", "all").split("outage of")[0].split("figure")[1].split("\n")[0]


class Case:
    """A record of a few hours, and what was promised."""

    def __init__(self, store: Store, watches: list[Declared], **down: list[tuple[float, float]]) -> None:
        self.store = store
        self.prober = Prober(store, watches, down=down, flush=30.0)
        self.prober.begin()

    def told(self, start: float, end: float, *names: str, promise: Promise | None = None) -> AvailabilityReport:
        watching = Watching(promises=(promise,) if promise else ())
        known = self.store.series.known_until()
        assert known
        moments = (datetime.fromtimestamp(instant, UTC) for instant in (start, end))
        return measured(source(self.store.series, watching, known), Period(*moments), names)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "record.db")) as store:
        yield store


def hours_down(service: ServiceAvailability) -> float:
    return round(service.measured.always.down / 3_600_000, 2)


def test_all_watches_of_a_service_are_needed(opened: Store) -> None:
    watches = [declared("web", service="portal"), declared("db", service="portal"), declared("other")]
    failing = {"web": [(START + 600, START + 1200)], "db": [(START + 900, START + 1800)]}
    case = Case(opened, watches, **failing)
    case.prober.work(START + HOUR)
    report = case.told(START, START + HOUR)
    assert [one.service for one in report.services] == ["other", "portal"]
    portal = report.services[1]
    assert portal.series == ("db", "web")
    assert hours_down(portal) == pytest.approx(20 / 60, abs=0.01)
    assert len(portal.measured.always.outages) == 1
    assert [one.series for one in portal.outages] == ["web", "db"]
    assert portal.outages[0].after == START + 540.123  # the last good look
    [alone] = case.told(START, START + HOUR, "web").services
    assert hours_down(alone) == pytest.approx(10 / 60, abs=0.01)


def test_two_places_that_look(opened: Store) -> None:
    watches = [declared("web", vantage="north", service="portal"), declared("web", vantage="south", service="portal")]
    down = {"web@north": [(START + 600, START + 1800)], "web@south": [(START + 1200, START + 1800)]}
    case = Case(opened, watches, **down)
    case.prober.work(START + HOUR)
    [portal] = case.told(START, START + HOUR).services
    assert hours_down(portal) == pytest.approx(10 / 60, abs=0.01)
    assert portal.measured.always.degraded / 60_000 == pytest.approx(10.5, abs=0.6)


def pooled(name: str, pool: str | None) -> Declared:
    made = declared(name, service="portal")
    return replace(made, watch=replace(made.watch, pool=pool))


def test_watches_of_a_pool_stand_in_for_each_other(opened: Store) -> None:
    """Two web servers and the database behind them: down while both web servers are, or the database is."""
    watches = [pooled("web1", "front"), pooled("web2", "front"), pooled("db", None)]
    failing = {
        "web1": [(START + 300, START + 1500)],
        "web2": [(START + 900, START + 1500)],
        "db": [(START + 2400, START + 3000)],
    }
    case = Case(opened, watches, **failing)
    case.prober.work(START + HOUR)
    [portal] = case.told(START, START + HOUR).services
    assert hours_down(portal) == pytest.approx(20 / 60, abs=0.02)
    assert portal.measured.always.degraded / 60_000 == pytest.approx(10, abs=1.5)
    reasons = {one.reason for one in portal.timeline if one.state is State.DEGRADED}
    assert "pool front: down from web1 only" in reasons


def test_from_how_many_places_it_is_reached(opened: Store) -> None:
    places = [f"site-{n:02}" for n in range(21)]
    watches = [declared("gateway", vantage=place, service="wan") for place in places]
    failing = {f"gateway@{place}": [(START + 600, START + 1800)] for place in places[:2]}
    case = Case(opened, [*watches, declared("web")], **failing)
    case.prober.work(START + HOUR)
    [told_of] = case.told(START, START + 1200).reach
    assert told_of.words == "gateway reachable from 19 of 21 places"
    assert told_of.reach.not_reached == ("site-00", "site-01")
    [later] = case.told(START, START + HOUR).reach
    assert later.words == "gateway reachable from 21 of 21 places"
    assert plain(case.told(START, START + 1200))["reach"] == [
        {
            "watch": "gateway",
            "service": "wan",
            "at": "2026-03-20 10:20:00",
            "of": 21,
            "reached": places[2:],
            "not_reached": places[:2],
            "blind": [],
        }
    ]
    text = "\n".join(lines(case.told(START, START + 1200), "both", full=False))
    assert "19 of 21 places" in text
    assert "site-00, site-01" in text


def test_taking_a_watch_out_of_the_inventory_hides_nothing(opened: Store) -> None:
    web, mail = declared("web", service="portal"), declared("mail", service="portal")
    case = Case(opened, [web, mail], mail=[(START + 600, START + 1200)])
    case.prober.work(START + 1800)
    assert case.prober.run
    case.prober.watches = [web]
    case.prober.recorder = opened.series.recorder(case.prober.run, [web], case.prober.now)
    case.prober.work(START + HOUR)
    [portal] = case.told(START, START + HOUR).services
    assert hours_down(portal) == pytest.approx(10 / 60, abs=0.01)
    assert portal.measured.always.unknown < 3 * 60_000  # from its last look to when it was taken out
    assert portal.timeline[-1].state is State.UP


def test_a_watch_that_came_later_makes_nothing_unknown_before_it(opened: Store) -> None:
    web, mail = declared("web", service="portal"), declared("mail", service="portal")
    case = Case(opened, [web])
    case.prober.work(START + 1800)
    assert case.prober.run
    case.prober.watches = [web, mail]
    case.prober.recorder = opened.series.recorder(case.prober.run, [web, mail], case.prober.now)
    case.prober.work(START + HOUR)
    [portal] = case.told(START, START + HOUR).services
    assert portal.measured.always.unknown < 60_000


def test_what_was_not_watched_is_unknown(opened: Store) -> None:
    case = Case(opened, [declared("web")])
    case.prober.work(START + HOUR)
    [web] = case.told(START - HOUR, START + HOUR).services
    figures = told(web.measured.always)
    assert (figures["lower bound"], figures["upper bound"]) == ("50.00 %", "100.00 %")
    assert web.measured.end == round((START + HOUR) * 1000)


def test_the_promise_is_judged_with_days_off(opened: Store) -> None:
    case = Case(opened, [declared("web", service="portal")], web=[(START + 600, START + 1800)])
    case.prober.work(START + HOUR)
    closed = Calendar(
        "bank",
        ics="BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260320\r\nDTEND;VALUE=DATE:20260321\r\n"
        "SUMMARY:Holiday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    )
    week = tuple(((0, 1440),) for _ in range(7))
    promise = Promise("portal", 0.5, Hours("UTC", week))
    [portal] = case.told(START, START + HOUR, promise=promise).services
    assert portal.measured.claim
    assert portal.measured.claim.verdict is Verdict.HOLDS
    [portal] = case.told(START, START + HOUR, promise=Promise("portal", 0.5, Hours("UTC", week, closed))).services
    assert portal.measured.promised
    assert portal.measured.promised.promised == 0


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ([], 600),
        ([(-100, "gone")], 0),
        ([(300, "gone")], 300),  # withdrawn in the middle: until then
        ([(-100, "moved")], 600),  # moved in time: the new one counts alone
        ([(300, "moved")], 600),  # the old one stood when it began; the new one came too late
    ],
    ids=["stands", "withdrawn", "withdrawn in the middle", "moved", "moved too late"],
)
def test_which_version_of_a_declaration_counts(opened: Store, changes: list[tuple[float, str]], counted: int) -> None:
    def work(start: float, seconds: float) -> Maintenance:
        begin, end = (datetime.fromtimestamp(moment, UTC) for moment in (start, start + seconds))
        return Maintenance("CHG", begin, end, "supplier", services=("portal",))

    begins = START + 1200
    opened.series.register([work(begins, 600)], START - 1000)
    for when, what in changes:
        new = [] if what == "gone" else [work(begins + (900 if when < 0 else 0), 600 if when < 0 else 1500)]
        opened.series.register(new, begins + when)
    case = Case(opened, [declared("web", service="portal")])
    case.prober.work(START + HOUR)
    promise = Promise("portal", 0.9, maintenance_hours=4)
    [portal] = case.told(START, START + HOUR, promise=promise).services
    assert portal.measured.always.excluded == counted * 1000


def test_devices_that_are_out_of_service(opened: Store) -> None:
    def of(name: str, asset: str) -> Declared:
        one = declared(name)
        return Declared(Watch(name, "icmp", f"{name}.example.test", asset=asset, every_seconds=60.0), one.rule)

    case = Case(opened, [of("a", "printer"), of("b", "switch")], a=[(START + 600, START + 9000)])
    case.prober.work(START + HOUR)
    report = case.told(START, START + HOUR)
    assert (report.devices.devices, report.devices.unusable) == (2, 1)
    [printer] = report.out_of_service
    assert printer.device == "printer"
    assert 2990 < printer.age <= 3000
    assert plain(report)["devices"]["out_of_service"][0]["since"] == "2026-03-20 10:10:00"  # type: ignore[index]  # JSON


def test_a_name_that_is_not_watched(opened: Store) -> None:
    case = Case(opened, [declared("web")])
    with pytest.raises(NoSuchService, match="nothing was watched for 'portal'; there is web"):
        case.told(START, START + HOUR, "portal")


def test_at_a_scan_it_is_the_same_for_ever(opened: Store) -> None:
    from inventory.estate import Estate, Service

    estate = Estate("e", (), services={"portal": Service("portal", "The portal")})
    case = Case(opened, [declared("web", service="portal")], web=[(START + HOUR - 100, START + 2 * HOUR)])
    prober = case.prober
    scanned = datetime.fromtimestamp(START + HOUR + 200, UTC)
    assert at_scan(opened.series, estate, scanned) is None
    prober.work(START + HOUR + 60)
    prober.seal()
    first = at_scan(opened.series, estate, scanned)
    assert first
    assert first.services[0].name == "The portal"
    said = plain(first)
    prober.work(START + 3 * HOUR)
    prober.seal()
    prober.die()
    prober.now += 50_000
    prober.watches = [declared("web", every=30.0, service="other"), declared("new", service="portal")]
    prober.begin()
    prober.work(prober.now + HOUR)
    prober.seal()
    again = at_scan(opened.series, estate, scanned)
    assert again
    assert plain(again) == said
    later = at_scan(opened.series, estate, datetime.fromtimestamp(START + 9 * HOUR, UTC))  # nobody probed for hours
    assert later
    assert later.blind[-1][1] == START + 9 * HOUR
    assert later
    assert later.end == START + 9 * HOUR
    assert later.services[0].timeline[-1].end < START + 3 * HOUR


def test_what_is_not_all_of_it_is_never_told_as_all() -> None:
    from fractions import Fraction

    assert percent(Fraction(99_999, 100_000)) == "99.99 %"
    assert percent(Fraction(1)) == "100.00 %"
    assert percent(Fraction(98_636, 100_000)) == "98.64 %"
    assert percent(None) == "-"


def test_the_report_of_a_scan_has_the_same_bytes_for_ever(opened: Store) -> None:
    case = Case(opened, [declared("web", service="portal")], web=[(START + 600, START + 1800)])
    prober, bench = case.prober, Bench(opened)
    prober.work(START + HOUR + 60)
    prober.seal()
    bench.now = datetime.fromtimestamp(START + HOUR + 120, UTC) - timedelta(days=1)  # it puts a day between scans
    scan, _ = bench.scan("host", check_run(Outcome.PASS))
    some = catalogue()[0]
    checks = [replace(some, id=name) for name in (CHECK, OTHER)]

    def reports() -> list[bytes]:
        made = []
        for name in ("html", "json", "terminal"):
            out = io.BytesIO()
            FORMATS[name].render(report_data(opened, scan, checks), out)
            made.append(out.getvalue())
        return made

    first = reports()
    assert b"Availability" in first[0]
    assert json.loads(first[1])["availability"]["services"][0]["hours"][0]["outages"] == 1
    opened.series.register(declarations("CHG1"), START + 2 * HOUR)
    prober.work(START + 4 * HOUR)
    prober.seal()
    opened.series.retain(START + 400 * HOUR)
    assert reports() == first


def test_a_watch_of_which_nothing_is_known_yet_makes_its_service_unknown(tmp_path: Path) -> None:
    """It is in the register, and no interval of it reaches into what is asked for."""

    class Nothing:
        def intervals(self, *_: object, **__: object) -> tuple[Interval, ...]:
            return ()

    with open_store(f"sqlite:///{tmp_path / 'r.db'}") as store:
        row = SeriesRow(1, "portal", "", declared("portal").watch, watched=True)
        asked = replace(
            source(store.series, Watching(), START + HOUR), series=Nothing(), watched={row.key: ((START, None),)}
        )
        states = service_intervals(asked, [row], START, START + HOUR)
    assert {one.state for one in states} <= {State.UNKNOWN}
