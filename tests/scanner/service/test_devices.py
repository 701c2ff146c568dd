"""Machines that look at themselves in a scan and in the list of devices: fresh, too old, missing, in trouble."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.device_troubles import CRASHES, DISK, STUCK, Trouble, troubles
from checks.serviceability import Condition
from inventory.asset import Asset
from inventory.facts.missing import Reason
from inventory.facts.windows_stability import WindowsCrash, WindowsStability
from inventory.watch import NO_WATCHING
from scanner.probes.windows import SYSTEM, UPDATES
from scanner.query import Deadline, Visit
from scanner.service.availability import source
from scanner.service.devices import NO_CONTACT, Devices, devices
from scanner.service.intake.visit import OfSnapshot
from tests.lab import windows as lab
from tests.scanner.service.intake_lab import NOW, Intake, laptop, linux_asset, windows_asset

DAY = 86_400.0
WELL: dict[str, Any] = {"stability": None, "updates": None}  # the recorded laptop has trouble with its updates


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.store.close()


def visit(intake: Intake, asset: Asset, at: datetime) -> Visit:
    transport = OfSnapshot(asset, intake.store.snapshots, lambda: at)
    return asyncio.run(transport.answer([SYSTEM.section, UPDATES.section], Deadline(10)))


def test_a_scan_judges_the_newest_snapshot_as_of_when_it_was_taken(intake: Intake) -> None:
    intake.one(laptop())
    found = visit(intake, windows_asset("pc-7"), NOW)
    assert found.attempt.missing is None
    assert (found.attempt.reached, found.attempt.logged_in) == (False, False)
    assert found.attempt.started_at == NOW - timedelta(hours=2)
    assert [answer.query for answer in found.answers] == ["windows_system", "windows_updates"]
    assert all(answer.output for answer in found.answers)


@pytest.mark.parametrize(
    ("asset", "days", "reason"),
    [
        pytest.param(windows_asset("pc-7"), 6, None, id="fresh"),
        pytest.param(windows_asset("pc-7"), 8, Reason.SNAPSHOT_TOO_OLD, id="seven days are the rule"),
        pytest.param(windows_asset("pc-7", snapshot_days=14.0), 8, None, id="the inventory says 14"),
        pytest.param(windows_asset("pc-7", snapshot_days=1.0), 2, Reason.SNAPSHOT_TOO_OLD, id="the inventory says 1"),
        pytest.param(windows_asset("pc-8"), 0, Reason.SNAPSHOT_MISSING, id="never sent one"),
        pytest.param(linux_asset("pc-7"), 0, None, id="by its sections"),
    ],
)
def test_how_old_a_snapshot_may_be(intake: Intake, asset: Asset, days: int, reason: Reason | None) -> None:
    intake.one(laptop())
    missing = visit(intake, asset, NOW + timedelta(days=days)).attempt.missing
    assert (missing.reason if missing else None) == reason


def look(intake: Intake, at: datetime, *extra: Asset) -> Devices:
    assets = {asset.name: asset for asset in (*intake.assets, *extra)}
    now = at.timestamp()
    asked = source(intake.store.series, NO_WATCHING, now, {}, intake.store.sightings(now), assets)
    return devices(intake.store, asked, tuple(assets.values()))


def test_a_device_is_seen_by_its_snapshot_as_long_as_that_counts(intake: Intake) -> None:
    intake.assets = (replace(windows_asset("pc-7"), area="north", supplier="ash"),)
    intake.one(laptop(change=WELL))
    fresh = look(intake, NOW, windows_asset("pc-9"))
    assert [(d.standing.device, d.standing.condition, d.standing.way) for d in fresh.all] == [
        ("pc-7", Condition.IN_SERVICE, "snapshot"),
        ("pc-9", Condition.UNSEEN, ""),
    ]
    old = look(intake, NOW + timedelta(days=30))
    [device] = old.out_of_service
    assert (device.standing.condition, device.reasons) == (Condition.UNSEEN, (NO_CONTACT,))
    assert device.standing.age == pytest.approx(30 * DAY + 2 * 3600)
    assert {(group.kind, group.name, group.told.unseen) for group in old.groups} == {
        ("area", "north", 1),
        ("supplier", "ash", 1),
    }


def failing_disk() -> dict[str, Any]:
    told = lab.recorded("laptop-11-23h2")["storage"]
    for disk in told["disks"]:
        disk["HealthStatus"] = 2
    return lab.section(told)


def test_a_failing_disk_counts_from_the_first_snapshot_in_a_row_that_shows_it(intake: Intake) -> None:
    days = ((10, False), (11, True), (12, False), (13, True), (14, True))
    for day, ill in days:
        change = {**WELL, "storage": failing_disk()} if ill else WELL
        intake.one(laptop(at=f"2026-11-{day}T04:00:00Z", marker=f"{day:032x}", change=change))
    [device] = look(intake, datetime.fromisoformat("2026-11-15T04:00:00Z")).all
    assert device.standing.condition is Condition.UNUSABLE
    assert device.reasons == (DISK,)
    assert device.standing.age == 2 * DAY


def stability(*kinds: str, failing: tuple[str, ...] = ()) -> WindowsStability:
    crashes = tuple(WindowsCrash(kind, f"2026-11-{20 - n:02}T00:00:00Z", "") for n, kind in enumerate(kinds))
    return WindowsStability(None, None, None, crashes, 30, 30, 0, failing, 0, None)


@pytest.mark.parametrize(
    ("fact", "kinds"),
    [
        (stability(), []),
        (stability("bugcheck", "bugcheck"), []),
        (stability("hang", "hang", "hang", "hang"), []),
        (stability("bugcheck", "unexpected shutdown", "hardware error"), [CRASHES]),
        (stability(failing=("5044285",)), [STUCK]),
    ],
)
def test_troubles(fact: WindowsStability, kinds: list[str]) -> None:
    assert [one.kind for one in troubles({"windows_stability": fact})] == kinds


def test_a_trouble_begins_with_its_first_sign() -> None:
    [trouble] = troubles({"windows_stability": stability(*["bugcheck"] * 4)})
    assert trouble == Trouble(
        CRASHES, datetime.fromisoformat("2026-11-17T00:00:00Z").timestamp(), "4 crashes in 30 days"
    )


def test_nothing_is_said_of_what_is_missing() -> None:
    assert troubles({}) == ()
