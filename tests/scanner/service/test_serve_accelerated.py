"""48 simulated hours with random kills: no run lost, none doubled, and every downtime UNKNOWN.

Probers and scans are fakes (``serve_world``); the daemon, its loops, the schedule arithmetic and the database are real.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from inventory.estate import Estate, Intrusiveness, Scope
from inventory.facts.availability import State
from inventory.watch import Confirm, Hours, Plan, Watch, Watching
from scanner.schedule import due_between
from scanner.schedule.plans import schedule_of
from scanner.service.serve_schedules import Jobs
from scanner.service.serve_tools import Manner
from scanner.store.store import Store, open_store
from scanner.store.watching.records import JobState
from tests.scanner.service.serve_world import START, Life, World, world_of

HOURS_48 = 48 * 3600.0
SLOW = Manner(  # fewer turns than in life, so that two days take seconds
    flush_seconds=240,
    tick_seconds=60,
    lease_seconds=600,
    round_seconds=60,
    pulse_seconds=240,
    post_seconds=900,
    standby_seconds=60,
)
SCOPE = Scope("all", "somebody", "", date(2026, 1, 1), date(2027, 12, 31), Intrusiveness.POLITE, groups=("all",))
WATCHES = tuple(
    Watch(name, "tcp", "192.0.2.1", 80, every_seconds=120, timeout_seconds=5, confirm=Confirm(1, 30.0))
    for name in ("portal", "mail")
)
PLANS = (
    Plan("hourly", cron="7 * * * *", missed="run-all"),
    Plan("daily", cron="30 2 * * *", zone="Europe/London", missed="run-once", jitter_seconds=600),
    Plan("often", every_seconds=1200, missed="skip"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'record.db'}") as opened:
        yield opened


def estate(*plans: Plan, watches: tuple[Watch, ...] = WATCHES) -> Estate:
    return Estate("lab", (), scopes={"all": SCOPE}, watching=Watching(watches=watches, plans=plans), digest="1")


def due_times(plan: Plan, start: float, end: float) -> list[float]:
    after, until = (datetime.fromtimestamp(at, UTC) for at in (start, end))
    return [due.timestamp() for due in due_between(schedule_of(plan), after, until)]


async def lives(world: World, seconds: float, chance: random.Random, name: str) -> list[tuple[float, float]]:
    """Start, kill at random, wait, start again; the downtimes (wall clock)."""
    downtimes, number = [], 0
    end = world.clock.monotonic() + seconds
    while True:
        number += 1
        life = Life(world, f"{name} {number}", SLOW)
        life.start()
        await world.clock.sleep(min(chance.expovariate(1 / 7200), end - world.clock.monotonic()))
        if world.clock.monotonic() >= end - 1:
            await life.end()
            return downtimes
        life.kill()
        await asyncio.wait([life.task])
        began = world.clock.now()
        await world.clock.sleep(min(chance.uniform(5, 2400), end - world.clock.monotonic() - 1))
        downtimes.append((began, world.clock.now()))


@pytest.mark.soak
def test_two_days_of_one_daemon(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with world_of(store.series, estate(*PLANS), monkeypatch) as world:
        downtimes = world.loop.run_until_complete(lives(world, HOURS_48, random.Random(1), "life"))  # noqa: S311 (no secret)
    assert len(downtimes) >= 8, "it was killed often enough to mean something"
    nothing_is_doubled(world)
    nothing_is_lost(world, store, world.clock.now())
    for began, ended in downtimes:
        if ended - began > 600:
            middle = (began + ended) / 2
            for watch in WATCHES:
                (one,) = store.series.intervals(watch.name, middle, middle + 1, widely=False)
                assert one.state is State.UNKNOWN, (watch.name, middle, one)


@pytest.mark.parametrize("days", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_days_of_two_daemons(store: Store, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    chances = {f"daemon {seed}": random.Random(seed) for seed in (3, 4)}  # noqa: S311 (no secret)

    async def both(world: World) -> None:
        both_lives = (lives(world, days * 86_400.0, chance, name) for name, chance in chances.items())
        await asyncio.gather(*both_lives)

    with world_of(store.series, estate(*PLANS), monkeypatch) as world:
        world.scan_seconds = lambda errand: 5.0 + errand.due // 60 % 5 * 120  # some end before the other daemon looks
        world.loop.run_until_complete(both(world))
    assert any("standing by" in said for said in world.told)
    nothing_is_doubled(world)
    nothing_is_lost(world, store, world.clock.now(), least=30 * days)


def nothing_is_doubled(world: World) -> None:
    often = [key for key, count in Counter((name, due) for name, due, _ in world.begun).items() if count > 1]
    assert often == []


def nothing_is_lost(world: World, store: Store, end: float, least: int = 60) -> None:
    """Every due time has one row, and its state is what happened."""
    settled = {(run.schedule_id, run.due_at): run.state for run in store.series.job_runs(None, 10_000)}
    begun = {(name, due) for name, due, _ in world.begun}
    for plan in PLANS:
        latest = end - 3600  # what became due just now may still be open
        due = due_times(plan, START + 60, latest)
        assert due
        lost = [at for at in due if (plan.id, at) not in settled]
        if plan.missed == "run-all":
            assert lost == []
            assert all((plan.id, at) in begun or settled[plan.id, at] is JobState.ABANDONED for at in due)
        passed = [at for (name, at), state in settled.items() if name == plan.id and state is JobState.MISSED]
        for at in lost:  # several that were passed over at once share the row of the newest
            assert any(at < newest for newest in passed), (plan.id, at)
    ended = set(world.ended)
    assert len(ended) > least, "of some 95 due times a day most had a daemon"
    for key in begun:
        assert settled[key] in ((JobState.DONE, JobState.PARTIAL) if key in ended else (JobState.ABANDONED,))


def test_a_clock_that_jumps_neither_doubles_nor_drops_a_daily_scan(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = Plan("daily", cron="30 15 * * *")
    jumps = {70 * 60.0: 3600.0, 3 * 3600.0: -3600.0, 86_400 + 60 * 60.0: -3600.0, 86_400 + 4 * 3600.0: 3600.0}

    async def through(world: World) -> None:
        life = Life(world, "life", SLOW)
        life.start()
        for at, by in jumps.items():
            await world.clock.sleep(at - world.clock.monotonic())
            world.clock.wall += by
        await world.clock.sleep(2 * 86_400 - world.clock.monotonic())
        await life.end()

    with world_of(store.series, estate(daily, watches=()), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    assert [due for _, due, _ in world.begun] == due_times(daily, START, START + 2 * 86_400)
    assert sum("jumped by" in said for said in world.told) == 4


def test_the_samples_around_a_jump_do_not_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def through(world: World) -> None:
        life = Life(world, "life", SLOW)
        life.start()
        await world.clock.sleep(3600)
        world.clock.wall += 10  # less than an interval: no sample is missing
        await world.clock.sleep(3600)
        await life.end()

    watch = Watch("portal", "tcp", "192.0.2.1", 80, every_seconds=30, timeout_seconds=5)
    with world_of(store.series, estate(watches=(watch,)), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    found = store.series.intervals("portal", START + 600, START + 7000, widely=False)
    assert [one.state for one in found] == [State.UP, State.UNKNOWN, State.UP]
    assert "clock was 10.0 s off" in found[1].reason
    assert START + 3500 < found[1].start < found[1].end < START + 3800


# The clock of the machine is set back. "True" times are counted from START by the monotonic clock.

OFTEN = Watch("portal", "tcp", "192.0.2.1", 80, every_seconds=30, timeout_seconds=5, confirm=Confirm(1, 20.0))
GOES_ON_WITHIN = 180.0  # rounds of a minute, an interval, and a look


def jumping(world: World, hours: float, jumps: dict[float, float], down: tuple[float, float] = (0, 0)) -> None:
    """``jumps``: true time -> by how much; ``down``: true times."""

    async def through() -> None:
        life = Life(world, "life", SLOW)
        life.start()
        for at, by in jumps.items():
            await world.clock.sleep(at - world.clock.monotonic())
            world.clock.wall += by
        await world.clock.sleep(hours * 3600 - world.clock.monotonic())
        await life.end()

    world.look = lambda _, __: State.DOWN if down[0] <= world.clock.monotonic() < down[1] else State.UP
    world.loop.run_until_complete(through())


def told(store: Store, start: float, end: float) -> list[tuple[float, float, State]]:
    found = store.series.intervals("portal", START + start, START + end, widely=False)
    assert all(one.end == two.start for one, two in pairwise(found)), "nothing twice, nothing left out"
    return [(one.start - START, one.end - START, one.state) for one in found]


@pytest.mark.parametrize("by", [10.0, 3600.0, 40 * 86_400.0])
def test_a_clock_that_is_set_back_does_not_stop_the_series(
    store: Store, monkeypatch: pytest.MonkeyPatch, by: float
) -> None:
    """Up all the time is up by either clock; an outage in the hour that the clock shows again is seen."""
    with world_of(store.series, estate(watches=(OFTEN,)), monkeypatch) as world:
        jumping(world, 3, {7200: -by}, down=(8400, 9000))
    back = 7200 - by
    found = told(store, back, 3 * 3600 - by)
    gap, up, down, again = found if found[0][2] is State.UNKNOWN else found[1:]
    assert [one[2] for one in (gap, up, down, again)] == [State.UNKNOWN, State.UP, State.DOWN, State.UP]
    assert gap[1] - back < GOES_ON_WITHIN
    assert abs(down[0] - (8400 - by)) <= 31
    assert abs(down[1] - (9000 - by)) <= 31
    (outage,) = store.series.outages(START - 50 * 86_400, START + 86_400)
    assert outage.ended == START + again[0]


def test_an_outage_while_the_clock_was_doubtful_is_unknown_and_never_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_of(store.series, estate(watches=(OFTEN,)), monkeypatch) as world:
        jumping(world, 4, {7200: -3600}, down=(5000, 6000))
    found = told(store, 60, 3 * 3600 - 200)
    assert [one[2] for one in found] == [State.UNKNOWN, State.UP]
    assert found[0][1] - 3600 < GOES_ON_WITHIN
    assert found[0][1] - found[0][0] >= 1000, "as long as the outage, at the least"
    (change,) = (one for one in store.series.changes("portal", 0, START + 1000) if "set back" in one.reason)
    assert change.start == pytest.approx(START, abs=65), "the last hour before the jump"


def test_an_outage_that_goes_on_over_the_jump_stays_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with world_of(store.series, estate(watches=(OFTEN,)), monkeypatch) as world:
        jumping(world, 4, {7200: -1800}, down=(1000, 9000))
    assert [one[2] for one in told(store, 1100, 9000 - 1800 - 40)] == [State.DOWN, State.UNKNOWN, State.DOWN]
    (outage,) = store.series.outages(START, START + 86_400)
    assert outage.ended is not None
    assert abs(outage.ended - START - (9000 - 1800)) <= 31


def test_a_clock_that_was_wrong_for_ten_minutes_costs_ten_minutes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The monotonic clock says how long: after a jump ahead and back what came before is in order."""
    with world_of(store.series, estate(watches=(OFTEN,)), monkeypatch) as world:
        jumping(world, 3, {3600: 86_400, 4200: -86_400})
    found = told(store, 200, 3 * 3600 - 200)
    assert [one[2] for one in found] == [State.UP, State.UNKNOWN, State.UP]
    assert 3400 < found[1][0] <= 3600
    assert 4200 <= found[1][1] < 4200 + GOES_ON_WITHIN


def test_a_clock_that_was_set_back_while_nobody_ran(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def through(world: World) -> None:
        first = Life(world, "first", SLOW)
        first.start()
        await world.clock.sleep(7200)
        first.kill()
        await asyncio.wait([first.task])
        world.clock.wall -= 3600
        await world.clock.sleep(600)
        second = Life(world, "second", SLOW)
        second.start()
        await world.clock.sleep(3600)
        await second.end()

    with world_of(store.series, estate(watches=(OFTEN,)), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    gap, up = told(store, 3600, 4200 + 3400)
    assert (gap[2], up[2]) == (State.UNKNOWN, State.UP)
    assert 4200 < gap[1] < 4200 + GOES_ON_WITHIN


def test_a_fault_of_ours_ends_the_daemon(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a daemon would look like a whole one; systemd starts it again."""

    async def broken(_: Jobs) -> None:
        raise KeyError("a fault of ours")

    async def through(world: World) -> None:
        life = Life(world, "life", SLOW)
        life.start()
        assert life.task
        with pytest.raises(KeyError):
            await life.task

    monkeypatch.setattr(Jobs, "tick", broken)
    with world_of(store.series, estate(), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    (run,) = store.series.runs()
    assert run.ended is not None, "in order all the same"


def test_scans_overlap_as_the_schedule_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = (Plan("skips", every_seconds=600), Plan("queues", every_seconds=600, overlap="queue"))

    async def through(world: World) -> None:
        life = Life(world, "life", SLOW)
        life.start()
        await world.clock.sleep(6 * 3600)
        await life.end()

    with world_of(store.series, estate(*plans, watches=()), monkeypatch) as world:
        world.scan_seconds = lambda _: 900.0
        world.loop.run_until_complete(through(world))
    nothing_is_doubled(world)
    states = {name: Counter(run.state for run in store.series.job_runs(name, 1000)) for name in ("skips", "queues")}
    assert states["skips"][JobState.SKIPPED] == pytest.approx(18, abs=2)
    assert states["queues"][JobState.DONE] > states["skips"][JobState.DONE]
    starts = sorted(at for name, _, at in world.begun if name == "queues")
    assert all(b - a >= 900 for a, b in pairwise(starts)), "one after the other"


def test_out_of_hours_a_missed_run_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    nights = Hours("UTC", tuple(((1320, 1440), (0, 360)) for _ in range(7)))
    plan = Plan("nightly", cron="0 3 * * *", allowed=nights)

    async def through(world: World) -> None:
        first = Life(world, "first", SLOW)
        first.start()
        await world.clock.sleep(3600)
        first.kill()
        await asyncio.wait([first.task])
        await world.clock.sleep(16 * 3600)  # past 03:00 and 06:00
        second = Life(world, "second", SLOW)
        second.start()
        await world.clock.sleep(24 * 3600)
        await second.end()

    with world_of(store.series, estate(plan, watches=()), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    when = [datetime.fromtimestamp(at, UTC) for _, _, at in world.begun]
    assert [one.hour for one in when] == [22, 3]
    assert when[1] - when[0] < timedelta(hours=6)


def test_a_new_definition_does_not_make_up_for_older_due_times(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def through(world: World) -> None:
        life = Life(world, "first", SLOW)
        life.start()
        await world.clock.sleep(3600)
        await life.end()
        world.estate = estate(Plan("scan", cron="0 14 * * *"))  # was due a quarter of an hour before it all began
        life = Life(world, "second", SLOW)
        life.start()
        await world.clock.sleep(3600)
        await life.end()

    with world_of(store.series, estate(Plan("scan", cron="0 3 * * 1")), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    assert world.begun == []
