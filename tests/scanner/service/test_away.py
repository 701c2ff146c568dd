"""Machines that are away when a scan calls: judged by what they told of themselves, stale when that is too old."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Outcome
from inventory.facts.missing import Missing, Reason
from inventory.watch import NO_WATCHING
from reports.counting import looked
from reports.report import AssetCoverage, ReportData
from scanner.service.availability import source
from scanner.service.devices import NO_CONTACT, devices
from scanner.service.report import report_data
from scanner.store.records import ScanKind
from tests.lab import windows as lab
from tests.scanner.service.away_world import OUT, Away, by_itself, reachable
from tests.scanner.service.intake_lab import Intake

REFUSED = Missing(Reason.LOGIN_REFUSED, "wrong password")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    intake = Intake(tmp_path, (reachable("pc-7"), reachable("pc-9")))
    yield Away(intake, monkeypatch)
    intake.store.close()


def of(report: ReportData, name: str) -> AssetCoverage:
    [found] = [one for one in report.assets if one.asset.name == name]
    return found


def states(report: ReportData, name: str) -> tuple[Counter[str], Counter[str]]:
    """Of its occurrences: what this scan saw fail, and what it carries along."""
    seen = Counter(o.state for issue in report.issues for o in issue.occurrences if o.asset == name)
    return seen, Counter(o.state for o in report.carried if o.asset == name)


def test_who_cannot_be_reached_is_judged_by_a_newer_snapshot_and_the_report_says_so(world: Away) -> None:
    world.scan()
    world.day(1)
    world.snapshot(7)
    world.day(2)
    world.closed = {"pc-7": OUT, "pc-9": OUT}
    report = world.scan()
    away, neither = of(report, "pc-7"), of(report, "pc-9")
    assert (away.missing, away.reached, away.logged_in) == (None, False, False)
    assert away.checks[Outcome.FAIL] == 4
    assert "a snapshot that PC-7 took of itself 2026-11-24 05:00 UTC, supplied by Larkspur" in away.peer
    assert "at 2026-11-25 06:00 UTC it could not be reached (winrm: timed out)" in away.peer
    assert looked(away).reason == "only a snapshot of its own, nobody was logged in"
    assert looked(away).step.value == "attempted", "judged, and not logged in"
    assert neither.missing == OUT, "reached neither way: not looked at"
    assert set(neither.checks) == {Outcome.NOT_ASSESSED}
    assert states(report, "pc-9") == (Counter(), Counter(OPEN=4)), "what it had stays counted"
    [host] = [one for one in world.intake.store.hosts(report.scan_id) if one.asset.name == "pc-7"]
    assert host.attempt is not None
    assert f"{host.attempt.started_at:%Y-%m-%d %H}" == "2026-11-24 05", "as of when it was taken"


@pytest.mark.parametrize(
    ("why", "days", "change"),
    [
        pytest.param(REFUSED, 2, {}, id="a lost credential hides nothing"),
        pytest.param(Missing(Reason.HOST_KEY_MISMATCH, "another key"), 2, {}, id="another machine may stand there"),
        pytest.param(Missing(Reason.OUT_OF_WINDOW, "not now"), 2, {}, id="nobody tried"),
        pytest.param(OUT, 9, {}, id="too old"),
    ],
)
def test_what_a_snapshot_must_not_hide(world: Away, why: Missing, days: int, change: dict[str, object]) -> None:
    world.scan()
    world.day(1)
    world.snapshot(7, **change)
    world.day(days)
    world.closed = {"pc-7": why}
    found = of(world.scan(), "pc-7")
    assert found.missing is not None
    assert found.missing.reason is why.reason
    assert set(found.checks) == {Outcome.NOT_ASSESSED}
    assert ("its newest snapshot is of 2026-11-24, 8 days old; 7 are allowed" in found.missing.detail) is (days == 9)


def test_a_snapshot_that_is_older_than_the_last_log_in_is_history(world: Away) -> None:
    world.snapshot(7)
    world.day(1)
    world.scan()
    world.day(2)
    world.closed = {"pc-7": OUT}
    assert of(world.scan(), "pc-7").missing == OUT


def test_a_verification_wants_to_see_for_itself(world: Away) -> None:
    world.snapshot(7)
    world.closed = {"pc-7": OUT}
    assert of(world.scan(ScanKind.VERIFY), "pc-7").missing == OUT


def test_what_it_says_is_mended_stays_open_until_somebody_looks(world: Away) -> None:
    world.globs = ("win.exec.script-block-logging-off", "win.exec.autorun-enabled")
    before = world.scan()
    assert states(before, "pc-7") == (Counter(OPEN=2), Counter())
    world.day(1)
    mended = lab.recorded("laptop-11-23h2")["autoplay"]
    mended["registry"]["NoDriveTypeAutoRun"] = 255
    world.snapshot(7, autoplay=lab.section(mended))
    world.day(2)
    world.closed = {"pc-7": OUT}
    report = world.scan()
    assert of(report, "pc-7").checks[Outcome.PASS] == 1
    kept = [o for o in report.carried if o.asset == "pc-7" and o.check_id == "win.exec.autorun-enabled"]
    assert [o.state for o in kept] == ["OPEN"]


def test_away_too_long_it_is_stale_everywhere_and_then_it_is_back(world: Away) -> None:
    """Seen, three scans without it, and back; another laptop goes on handing in."""
    world.intake.assets, world.globs = (by_itself("pc-7"), by_itself("pc-8")), ()
    world.snapshot(7)
    world.snapshot(8)
    assert states(world.scan(), "pc-7") == (Counter(OPEN=22), Counter())
    for day in (9, 10, 11):
        world.day(day)
        world.snapshot(8)
        report = world.scan()
        away = of(report, "pc-7")
        assert away.missing is not None
        assert away.missing.reason is Reason.SNAPSHOT_TOO_OLD
        assert Outcome.PASS not in away.checks
        assert away.checks[Outcome.NOT_ASSESSED] == 63
        assert looked(away).reason == "snapshot too old"
        assert states(report, "pc-7") == (Counter(), Counter({"STALE" if day == 11 else "OPEN": 22}))
        assert states(report, "pc-8") == (Counter(OPEN=22), Counter())
        _agrees_with_the_list_of_devices(world, report, unseen=1)
    world.day(12)
    world.snapshot(7)
    back = world.scan()
    assert of(back, "pc-7").missing is None
    _agrees_with_the_list_of_devices(world, back, unseen=0)
    assert states(back, "pc-7") == (Counter(OPEN=22), Counter())
    moved = [event.why for event in world.intake.store.events(back.issues[0].occurrences[0].fingerprint)]
    assert moved == ["first seen", "not assessed for long", "seen again"]
    again = report_data(world.intake.store, report.scan_id, catalogue())
    assert again.availability == report.availability, "what came later does not change it"


def _agrees_with_the_list_of_devices(world: Away, report: ReportData, unseen: int) -> None:
    now, chosen = world.intake.now.timestamp(), world.intake.assets
    asked = source(
        world.intake.store.series,
        NO_WATCHING,
        now,
        {},
        world.intake.store.sightings(now),
        {one.name: one for one in chosen},
    )
    listed, told = devices(world.intake.store, asked, chosen), report.availability
    assert told is not None
    assert told.devices == listed.told
    assert told.groups == listed.groups
    assert told.out_of_service == tuple(one.standing for one in listed.out_of_service)
    assert told.reasons == {one.standing.device: one.reasons for one in listed.out_of_service}
    assert (told.devices.devices, told.devices.unseen, told.devices.unusable) == (2, unseen, 2 - unseen)
    away = next(one for one in told.out_of_service if one.device == "pc-7")
    assert away.way == "snapshot"
    assert (NO_CONTACT in told.reasons["pc-7"]) is bool(unseen)
    assert {(one.kind, one.name, one.told.unseen) for one in told.groups} == {
        ("area", "north", unseen),
        ("supplier", "ash", unseen),
    }
    assert told.devices.p95 == away.age
