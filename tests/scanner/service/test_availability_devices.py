"""For how long is each device out of service? By its watches, by the log-ins of scans, by area and supplier."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.serviceability import Condition
from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from inventory.watch import NO_WATCHING
from reports.availability import AvailabilityReport
from reports.availability_data import plain
from scanner.cli.availability_text import lines
from scanner.query import Attempt
from scanner.service.availability import Period, measured, source
from scanner.store.records import ScanKind
from scanner.store.sightings import Sighting
from scanner.store.store import Store, open_store
from scanner.store.watching.records import Declared
from tests.scanner.store.series_world import HOUR, START, Prober, declared
from tests.scanner.store.world import Bench, asset, gone

DAY = 86_400.0
NOW = START + 2 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "record.db")) as opened:
        yield opened


def device(name: str) -> Declared:
    made = declared(name)
    return replace(made, watch=replace(made.watch, asset=f"host-{name}"))


def told(store: Store, sightings: dict[str, Sighting]) -> AvailabilityReport:
    """Two watched devices (one down since 11:00), and what scans know. Areas and suppliers by their names."""
    prober = Prober(store, [device("up"), device("down")], down={"down": [(START + HOUR, NOW)]})
    prober.begin()
    prober.work(NOW)
    names = ("host-up", "host-down", *sightings)
    assets = {name: replace(asset(name), area="east" if "down" in name else "west", supplier="ash") for name in names}
    asked = source(store.series, NO_WATCHING, NOW, {}, sightings, assets)
    return measured(asked, Period(*(moment(at) for at in (START, NOW))))


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def test_a_log_in_of_a_scan_is_a_proof_of_life(store: Store) -> None:
    report = told(
        store,
        {
            "fresh": Sighting(NOW - 40 * DAY, NOW - 2 * DAY),
            "old": Sighting(NOW - 400 * DAY, NOW - 100 * DAY),
            "never": Sighting(NOW - 30 * DAY, None),
            "later": Sighting(NOW + DAY, NOW + DAY),
            "host-up": Sighting(NOW - 9 * DAY, NOW - 9 * DAY),
            "host-down": Sighting(NOW - 9 * DAY, NOW - 60),
        },
    )
    out = {one.device: one for one in report.out_of_service}
    assert [*out] == ["old", "never", "host-down"], "the longest first"
    assert (report.devices.devices, report.devices.in_service) == (5, 2)
    assert (out["old"].condition, out["old"].since, out["old"].never_worked) == (
        Condition.UNSEEN,
        NOW - 100 * DAY,
        False,
    )
    assert (out["never"].since, out["never"].never_worked) == (NOW - 30 * DAY, True)
    down = out["host-down"]
    assert (down.condition, down.way, down.last_seen) == (Condition.UNUSABLE, "scan", NOW - 60)
    assert down.age == pytest.approx(HOUR, abs=120), "letting a scan in does not make its service work"
    assert (report.devices.p50, report.devices.p95) == (30 * DAY, 100 * DAY)


def test_by_area_and_by_supplier(store: Store) -> None:
    report = told(store, {"old-down": Sighting(NOW - 400 * DAY, NOW - 100 * DAY)})
    found = {(one.kind, one.name): (one.told.devices - one.told.in_service, one.told.devices) for one in report.groups}
    assert found == {("area", "east"): (2, 2), ("area", "west"): (0, 1), ("supplier", "ash"): (2, 3)}
    groups = plain(report)["devices"]["groups"]  # type: ignore[index]  # a mapping
    assert groups[0]["longest"] == {"device": "old-down", "days": 100.0}
    text = "\n".join(lines(report, "both", full=False))
    assert "area east" in text
    assert "area west" not in text, "nothing is out of service there"
    assert "100 d 0 h (old-down)" in text
    assert "(scan)" in text


def test_what_the_record_knows_of_log_ins(store: Store) -> None:
    bench = Bench(store)
    number = bench.begin("a", "b")
    bench.save(number, "a")
    first = bench.now.timestamp() - 60
    bench.save(number, "b", **gone())
    bench.end(number)
    bench.scan_kind(ScanKind.IMPORT, "a")
    number = bench.begin("a", "b")
    why = Missing(Reason.LOGIN_REFUSED, "wrong password")
    refused = Attempt("ssh", True, False, Privilege.NONE, why, "OpenSSH", "", bench.now, 1.0)
    bench.save(number, "a", attempt=refused, answers=(), identity=None)
    bench.end(number)
    found = store.sightings(bench.now.timestamp())
    assert found["a"] == Sighting(first, first), "reached is not logged in, and a supplied list is no visit"
    assert found["b"].seen is None
    assert store.sightings(first - 1) == {"b": found["b"]}


def test_where_nobody_logs_in_an_answer_is_a_proof_of_life_and_later_scans_change_nothing(store: Store) -> None:
    bench = Bench(store)
    number = bench.begin("web")
    answered = Attempt("endpoint", True, False, Privilege.NONE, None, "", "", bench.now, 1.0)
    bench.save(number, "web", attempt=answered, answers=(), identity=None)
    bench.end(number)
    first = answered.started_at.timestamp()
    until = bench.now.timestamp()
    then = store.sightings(until, number)
    assert then["web"] == Sighting(first, first)
    number_2 = bench.begin("web")
    silent = replace(answered, reached=False, started_at=answered.started_at, missing=Missing(Reason.TIMED_OUT))
    bench.save(number_2, "web", attempt=silent, answers=(), identity=None)
    bench.end(number_2)
    assert store.sightings(until, number) == then
    assert store.sightings(bench.now.timestamp(), number_2)["web"].seen == first
