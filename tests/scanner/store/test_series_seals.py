"""Sealed hours: they verify, and whatever is changed in what they cover is found and named."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from checks.timeline import Sums, hourly
from inventory.facts.availability import State
from inventory.watch import Maintenance
from scanner.store.records import StoreError
from scanner.store.schema import snapshot
from scanner.store.series_schema import (
    hour_seal,
    maintenance,
    prober_run,
    sample_batch,
    sample_hour,
    seal_leaves,
    series_day,
    state_change,
    watch,
    watch_version,
)
from scanner.store.store import Store, open_store
from scanner.store.watching import days, hours
from scanner.store.watching.records import Retention
from tests.scanner.store.series_world import HOUR, START, Key, Prober, declared, no_overlap, states

if TYPE_CHECKING:
    from tests.scanner.store.conftest import Cluster

# confirmed; hanging when the first hour is sealed; a blip that is never confirmed
DOWN = [
    (START + 1000, START + 1500),
    (START + HOUR - 125, START + HOUR + 700),
    (START + 2 * HOUR, START + 2 * HOUR + 20),
]
NAMES = ["web", "db"]


def worked(store: Store, stop: float = 3 * HOUR + 60) -> Prober:
    prober = Prober(store, [declared("web"), declared("db")], down={"web": DOWN}, flush=60.0)
    store.series.register([planned()], START - 100)
    prober.begin()
    while prober.now < START + stop:
        prober.work(min(prober.now + HOUR, START + stop))
        prober.seal()
    return prober


@pytest.fixture(scope="session")
def sealed_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prober]:
    """Three sealed hours: worked once, and copied for each test."""
    path = tmp_path_factory.mktemp("sealed") / "record.db"
    with open_store(str(path)) as store:
        return path, worked(store)


@pytest.fixture(scope="session")
def sealed_base(cluster: "Cluster") -> tuple[str, Prober]:
    """The same on a server."""
    with cluster.making("sealed") as url, open_store(url) as store:
        return "sealed", worked(store)


@pytest.fixture
def copied_file(sealed_file: tuple[Path, Prober], database: str) -> Iterator[Prober]:
    path, prober = sealed_file
    shutil.copy(path, database)
    with open_store(database) as store:
        yield replace(prober, store=store, recorder=None)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.lab)])
def sealed(request: pytest.FixtureRequest) -> Iterator[Prober]:
    """On both databases; nobody probes it."""
    if request.param == "sqlite":
        yield request.getfixturevalue("copied_file")
        return
    name, prober = request.getfixturevalue("sealed_base")
    with request.getfixturevalue("cluster").copied(name) as url, open_store(url) as store:
        yield replace(prober, store=store, recorder=None)


def planned() -> Maintenance:
    begin = datetime(2026, 3, 21, 22, tzinfo=UTC)
    return Maintenance("CHG1", begin, begin.replace(hour=23), "supplier", services=("portal",))


def test_every_hour_is_sealed_once_and_holds(sealed: Prober) -> None:
    prober, store = sealed, sealed.store
    assert [seal.hour for seal in store.series.seals()] == [int(START + n * HOUR) for n in range(3)]
    assert prober.seal() == ()
    told = store.series.verify_seals(prober.key.holds)
    assert told.seals == 3
    assert told.samples == told.samples_checked > 350
    assert told.last_hash == store.series.seals()[-1].hash
    with pytest.raises(StoreError, match="signature of the seal of the hour from 2026-03-20 10:00 UTC does not hold"):
        store.series.verify_seals(Key().holds)


def test_sealing_changes_nothing_that_is_told(copied_file: Prober, tmp_path: Path) -> None:
    sealed = copied_file.store
    with open_store(str(tmp_path / "other.db")) as plain:
        prober = Prober(plain, [declared("web"), declared("db")], down={"web": DOWN}, flush=60.0)
        prober.begin()
        prober.work(START + 3 * HOUR + 60)
        for name in NAMES:
            assert states(sealed, name, START, prober.now) == states(plain, name, START, prober.now)
            assert sealed.series.samples(name, START, prober.now) == plain.series.samples(name, START, prober.now)
        no_overlap(sealed, NAMES, START, prober.now)


def test_a_restart_after_sealing_goes_on(sealed: Prober) -> None:
    prober, store = sealed, sealed.store
    before = states(store, "web", START, prober.now)
    prober.die()
    recorder = prober.begin()  # before the next look is due
    assert recorder.fleet.memory("web").state is State.UP
    prober.work(START + 4 * HOUR + 60)
    prober.seal()
    after = states(store, "web", START, prober.now)
    assert after == [*before[:-1], (before[-1][0], START + 4 * HOUR + 60 - START, State.UP)]
    assert store.series.verify_seals(prober.key.holds).seals == 4


def test_an_hour_in_which_nobody_probed_has_no_seal(store: Store) -> None:
    prober = worked(store, 1.5 * HOUR)
    prober.die()
    prober.now = START + 5.5 * HOUR
    prober.begin()
    prober.work(START + 6 * HOUR + 60)
    prober.seal()
    assert [int(seal.hour - START) // 3600 for seal in store.series.seals()] == [0, 1, 5]
    store.series.verify_seals(prober.key.holds)
    lives = json.loads(store.series.seals()[-1].statement)["prober"]
    assert len(lives) == 2
    rollups(store, prober)


def test_the_day_rollups_are_what_the_intervals_say(sealed: Prober) -> None:
    prober, store = sealed, sealed.store
    rollups(store, prober)
    [first, *_] = store.series.stats("web", START, START + HOUR)
    told = store.series.samples("web", START, START + HOUR - 60)  # the last one was recorded in the next hour
    answers = [one.total_ms for one in told if one.state is State.UP]
    assert (first[1].probes, first[1].failures) == (len(told), len(told) - len(answers))
    assert first[1].sum_ms == pytest.approx(sum(answers))
    assert (first[1].min_ms, first[1].max_ms) == (min(answers), max(answers))


def rollups(store: Store, prober: Prober) -> None:
    """Every hour but the last sealed one, of which the end is not known when it is sealed."""
    end = store.series.seals()[-1].hour
    with store._database.reading() as connection:
        for name in NAMES:
            kept = {one.hour: times(one.sums) for one in days.rollups(connection, name, START, end)}
            found = hourly(store.series.intervals(name, START, end, widely=False))
            said = {one.hour: times(one.sums) for one in found if one.sums.total > one.sums.unknown}
            assert {hour: sums for hour, sums in kept.items() if hour < end and any(sums)} == said
            assert said


def times(sums: Sums) -> tuple[int, int, int]:
    """What is missing to an hour is unknown."""
    return sums.up, sums.degraded, sums.down


Tamper = Callable[[Store], None]


def change(*statements: object) -> Tamper:
    """Past the guards, as somebody with the file in hand would do it."""

    def tamper(store: Store) -> None:
        with store._database.writing() as connection:
            for name in ("state_change", "watch_version", "hour_seal", "maintenance"):
                for word in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}_no_{word}")
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]  # any statement

    return tamper


def one_sample(store: Store) -> None:
    """A failed sample becomes a good one."""
    with store._database.writing() as connection:
        row = connection.execute(select(sample_hour)).first()
        assert row
        series = hours.unpacked_chunk(row.data)
        kinds = series[1].kinds
        kinds[list(kinds).index(2)] = 0
        [(_, data)] = hours.chunks(series)
        connection.execute(update(sample_hour).where(sample_hour.c.hour == row.hour).values(data=data))


def without_a_series(store: Store) -> None:
    with store._database.writing() as connection:
        row = connection.execute(select(sample_hour)).first()
        assert row
        series = hours.unpacked_chunk(row.data)
        del series[2]
        [(_, data)] = hours.chunks(series)
        connection.execute(update(sample_hour).where(sample_hour.c.hour == row.hour).values(data=data))


def one_day(store: Store) -> None:
    with store._database.writing() as connection:
        row = connection.execute(select(series_day).where(series_day.c.watch_id == 1)).first()
        assert row
        day = days.unpacked(row.data)
        hour = min(day)
        day[hour] = replace(day[hour], stats=replace(day[hour].stats, failures=0))
        connection.execute(update(series_day).where(series_day.c.watch_id == 1).values(data=days.packed(day)))


SECOND = int(START + HOUR)


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        pytest.param(one_sample, "samples of web in the hour from 2026-03-20 10:00", id="a sample"),
        pytest.param(without_a_series, "samples of the hour from 2026-03-20 10:00 UTC are lacking", id="a series"),
        pytest.param(
            change(update(seal_leaves).where(seal_leaves.c.hour == SECOND).values(data=b"x" * 72)),
            "hashes of the samples of the hour from 2026-03-20 11:00",
            id="the leaves",
        ),
        pytest.param(
            change(update(state_change).where(state_change.c.state == "down").values(state="unknown")),
            "changes of state that were sealed with the hour from 2026-03-20 10:00",
            id="a state",
        ),
        pytest.param(
            change(update(state_change).where(state_change.c.id == 3).values(evidence=None)),
            "changes of state",
            id="evidence of a change",
        ),
        pytest.param(change(delete(state_change).where(state_change.c.id == 4)), "changes of state", id="a change"),
        pytest.param(one_day, "numbers of probes and failures of the hour from 2026-03-20 10:00", id="counts"),
        pytest.param(
            change(update(watch_version).values(at=watch_version.c.at - 1)),
            "definitions of what is watched",
            id="version",
        ),
        pytest.param(
            change(update(snapshot).where(snapshot.c.content.like('%"web"%')).values(content="{}")),
            "definitions of what is watched",
            id="a definition",
        ),
        pytest.param(change(update(watch).where(watch.c.id == 1).values(name="other")), "are others", id="a name"),
        pytest.param(
            change(update(maintenance).values(registered_at=1)),
            "declarations of maintenance",
            id="when it was declared",
        ),
        pytest.param(
            change(update(snapshot).where(snapshot.c.content.like('%"CHG1"%')).values(content="{}")),
            "declarations of maintenance",
            id="a declaration",
        ),
        pytest.param(change(update(prober_run).values(started=1)), "life of prober 1", id="the prober's start"),
        pytest.param(
            change(update(prober_run).values(alive_until=int(START * 1000) + 1)),
            "life of prober 1",
            id="the prober's life",
        ),
        pytest.param(
            change(
                delete(seal_leaves).where(seal_leaves.c.hour == SECOND),
                delete(hour_seal).where(hour_seal.c.hour == SECOND),
            ),
            "the hour from 2026-03-20 12:00 UTC does not follow",
            id="a whole seal",
        ),
        pytest.param(
            change(update(hour_seal).where(hour_seal.c.hour == SECOND).values(statement=hour_seal.c.statement + " ")),
            "seal of the hour from 2026-03-20 11:00 UTC was altered",
            id="a statement",
        ),
        pytest.param(
            change(update(hour_seal).where(hour_seal.c.hour == SECOND).values(last_batch=1)),
            "was altered",
            id="a column",
        ),
        pytest.param(
            change(update(hour_seal).where(hour_seal.c.hour == SECOND).values(signature=b"0" * 64)),
            "signature of the seal of the hour from 2026-03-20 11:00 UTC",
            id="a signature",
        ),
    ],
)
def test_tampering_is_found(copied_file: Prober, tamper: Tamper, said: str) -> None:
    tamper(copied_file.store)
    with pytest.raises(StoreError, match=said):
        copied_file.store.series.verify_seals(copied_file.key.holds)


@pytest.mark.parametrize("table", ["state_change", "watch_version", "hour_seal", "maintenance"])
@pytest.mark.parametrize("word", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_what_is_final_cannot_be_changed(sealed: Prober, table: str, word: str) -> None:
    column = "hour" if table == "hour_seal" else "id"
    with (
        pytest.raises((StoreError, DBAPIError), match="never changed or deleted"),
        sealed.store._database.writing() as connection,
    ):
        connection.exec_driver_sql(word.format(table, column))


def test_retention_drops_samples_and_then_leaves_and_the_rest_still_holds(sealed: Prober) -> None:
    prober, store = sealed, sealed.store
    before = states(store, "web", START, prober.now)
    now = START + 3 * HOUR
    assert store.series.retain(now, Retention(samples=2 / 24)) == 1
    told = store.series.verify_seals(prober.key.holds)
    assert 0 < told.samples_checked < told.samples
    assert store.series.samples("web", START, START + HOUR - 60) == ()
    assert store.series.retain(now, Retention(samples=0, leaves=0)) == 2 + 3
    told = store.series.verify_seals(prober.key.holds)
    assert (told.samples_checked, told.seals) == (0, 3)
    assert states(store, "web", START, prober.now) == before
    assert store.series.stats("web", START, START + HOUR)


def test_as_of_a_seal_is_the_same_for_ever(store: Store) -> None:
    """An outage was hanging when the hour was sealed; what was learned of it later does not change that view."""
    prober = Prober(store, [declared("web"), declared("db")], down={"web": DOWN}, flush=60.0)
    prober.begin()
    prober.work(START + HOUR + 60)
    [seal] = prober.seal()
    then = store.series.intervals("web", START, START + HOUR, seal=seal)
    assert then[-1].state is State.UNKNOWN
    assert "not confirmed yet" in then[-1].reason
    prober.work(START + 2 * HOUR + 60)
    prober.seal()
    prober.die()
    prober.now += 9000
    prober.begin()
    prober.work(prober.now + 100)
    assert store.series.intervals("web", START, START + HOUR, seal=seal) == then
    assert store.series.sealed_before(seal.sealed_at) == seal
    assert store.series.sealed_before(seal.sealed_at - 1) is None


def test_a_clock_that_is_set_back_over_an_hour_costs_no_sample_and_no_seal(store: Store) -> None:
    """Flushes keep their order, nothing is claimed beyond the clock, and a replay gives the same."""
    prober = Prober(store, [declared("web"), declared("gate", vantage="north")])
    recorder = prober.begin()
    prober.work(START + HOUR + 1200)
    prober.seal()
    prober.now -= 1800  # into the hour that is sealed
    recorder.set_back(prober.now, 1800, ["web"], "the clock was set back")
    prober.work(prober.now + 900)
    assert states(store, "web", START + 2000, START + 9 * HOUR) == [
        (2000.0, 3000.0, State.UP),
        (3000.0, 3000.123, State.UNKNOWN),
        (3000.123, 3900.0, State.UP),
    ]
    prober.die()
    again = prober.begin()
    assert again.fleet.memory("web").last_at == START + 3840.123, "as the fleet that was killed had it"
    prober.work(START + 4 * HOUR)
    assert len(prober.seal()) >= 2
    whole = store.series.verify_seals(prober.key.holds)
    assert whole.samples == sum(
        len(store.series.samples(key, START, START + 4 * HOUR)) for key in ("web", "gate@north")
    )


def test_two_that_seal_at_once(store: Store) -> None:
    prober = worked(store, HOUR - 60)
    prober.work(START + 2 * HOUR + 60)
    from scanner.store.watching.seals import _next, _save

    with store._database.reading() as connection:
        work = _next(connection, prober.now)
    assert work
    prober.seal()
    with store._database.writing() as connection:
        assert _save(connection, work, prober.key, prober.now) is None
    assert len(store.series.seals()) == 2
    store.series.verify_seals(prober.key.holds)


@pytest.mark.parametrize(
    ("table", "said"),
    [(sample_batch, "a batch of samples"), (sample_hour, "an hour of samples")],
    ids=["batch", "hour"],
)
@pytest.mark.parametrize("data", [b"", b"rubbish", b"(\xb5/\xfd\x04\x00\x01\x00\x00"])
def test_damaged_blobs_are_said_to_be(copied_file: Prober, table: object, said: str, data: bytes) -> None:
    change(update(table).values(data=data))(copied_file.store)  # type: ignore[arg-type]  # a table
    with pytest.raises(StoreError, match=said):
        copied_file.store.series.samples("web", START, START + 4 * HOUR)
