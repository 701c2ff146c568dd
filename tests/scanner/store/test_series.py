"""The series: what was seen is there, once, without overlap; what was not seen is UNKNOWN, also after a crash."""

import pytest

from checks.outages import Fleet
from checks.watching import Rule
from inventory.facts.availability import Sample, State
from scanner.store.records import StoreError
from scanner.store.store import Store
from scanner.store.watching.records import ProberRunning, RunLost
from tests.scanner.store.series_world import HOUR, START, Prober, declared, no_overlap, sample, states

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def test_an_outage_from_its_first_failed_sample_to_the_first_good_one(store: Store) -> None:
    prober = Prober(store, [declared("web")], down={"web": [(START + 170, START + 400)]})
    prober.begin()
    prober.work(START + 600)
    assert states(store, "web", START, START + 600) == [
        (0.123, 180.123, UP),
        (180.123, 420.123, DOWN),
        (420.123, 600.0, UP),
    ]
    [outage] = store.series.outages(START, START + 600)
    assert (outage.key, outage.start, outage.ended) == ("web", START + 180.123, START + 420.123)
    assert outage.after == START + 120.123
    assert outage.last_failed == START + 360.123
    began = store.series.changes("web", START, START + 600)[1]
    assert began.state is DOWN
    assert began.evidence["evidence"] == (b"\0\xffweb").hex()
    assert began.evidence["timings"] == {
        "connect": 1.5,
        "total": pytest.approx(2 + (START + 180.1234567) % 7, abs=0.001),
    }
    assert began.evidence["at"] == round((START + 180.123) * 1000)


def test_what_is_in_doubt_is_claimed_by_nobody(store: Store) -> None:
    prober = Prober(store, [declared("web")], down={"web": [(START + 170, START + 400)]})
    recorder = prober.begin()
    prober.work(START + 180)
    recorder.feed(sample("web", START + 181, DOWN))
    recorder.flush(START + 185)
    assert states(store, "web", START, START + 600) == [(0.123, 181.0, UP), (181.0, 185.0, UNKNOWN)]


def test_downtime_of_the_prober_is_unknown_from_the_last_proof_on(store: Store) -> None:
    watches = [declared("web"), declared("slow", every=3600.0)]
    prober = Prober(store, watches)
    prober.begin()
    prober.work(START + 300)
    prober.die()
    prober.now += 900
    prober.begin()
    prober.work(START + 1800)
    assert states(store, "web", START, START + 1800) == [
        (0.123, 240.123, UP),
        (240.123, 1200.123, UNKNOWN),
        (1200.123, 1800.0, UP),
    ]
    last = states(store, "slow", START, START + 1800)[-1]
    assert last[2] is UP  # no look was due in the meantime
    ends = [(run.started, run.ended) for run in store.series.runs()]
    assert ends == [(START, START + 300), (START + 1200, None)]


def test_a_prober_that_only_begins_says_nothing_of_the_time_before_it(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    prober.begin()
    prober.work(START + 300)
    prober.die()
    store.series.begin_run("1.0", START + 1200)  # it has read nothing back yet, and may die here too
    assert states(store, "web", START, START + 1800) == [(0.123, 300.0, UP)]
    assert store.series.known_until() == START + 300


def test_after_an_end_nothing_is_claimed(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    prober.begin()
    prober.work(START + 300)
    assert prober.run
    store.series.end_run(prober.run, START + 301)
    assert states(store, "web", START, START + 9000) == [(0.123, 301.0, UP)]
    assert store.series.known_until() == START + 301


def test_an_unflushed_failure_is_unknown_and_not_up(store: Store) -> None:
    prober = Prober(store, [declared("web")], down={"web": [(START + 200, START + 5000)]})
    prober.begin()
    prober.work(START + 200)
    prober.work(START + 280, flush=False)  # it was confirmed to be down, and nobody wrote it
    prober.die()
    prober.now = START + 2000
    prober.begin()
    prober.work(START + 2200)
    assert states(store, "web", START, START + 2200) == [
        (0.123, 180.123, UP),
        (180.123, 2040.123, UNKNOWN),
        (2040.123, 2200.0, DOWN),
    ]


def test_a_replay_gives_the_fleet_that_never_stopped(store: Store) -> None:
    watches = [declared("router"), declared("web", parents=("router",)), declared("db", parents=("router",))]
    down = {
        "router": [(START + 1000, START + 1600), (START + 4000, START + 4100)],
        "web": [(START + 990, START + 1700), (START + 3600, START + 5000)],
        "db": [(START + 1000, START + 1600)],
    }
    prober = Prober(store, watches, down=down, flush=20.0)
    recorder = prober.begin()
    for stop in (1010, 1030, 1250, 1650, 3590, 3610, 3650, 4050, 5000):
        prober.work(START + stop)
        with store._database.reading() as connection:
            from scanner.store.watching.definitions import keys
            from scanner.store.watching.fleet_state import replayed

            names = {number: name for number, (name, _) in keys(connection).items()}
            fleet, _, _ = replayed(connection, names)
        assert fleet
        assert fleet.state() == recorder.fleet.state(), stop
    assert any(one.children for one in store.series.outages(START, START + 5000, absorbed=True))
    no_overlap(store, ["router", "web", "db"], START, START + 5000)


def test_the_evidence_of_a_doubt_survives_a_restart_in_the_same_minute(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    recorder = prober.begin()
    prober.work(START + 180)
    recorder.feed(sample("web", START + 181, DOWN))
    recorder.flush(START + 182)
    assert prober.run
    again = store.series.recorder(prober.run, prober.watches, START + 183)  # the inventory was read again
    again.feed(sample("web", START + 184, DOWN))
    again.feed(sample("web", START + 190, DOWN))
    again.flush(START + 191)
    change = store.series.changes("web", START + 181, START + 182)[0]
    assert change.state is DOWN
    assert change.evidence["evidence"] == (b"\0\xffweb").hex()


def test_a_watch_that_is_gone_is_unknown_and_comes_back_as_the_same_series(store: Store) -> None:
    web, mail = declared("web"), declared("mail")
    prober = Prober(store, [web, mail])
    prober.begin()
    prober.work(START + 300)
    prober.watches = [web]
    assert prober.run
    prober.recorder = store.series.recorder(prober.run, [web], prober.now)
    prober.work(START + 600)
    assert states(store, "mail", START, START + 600) == [(10.133, 250.133, UP), (250.133, 600.0, UNKNOWN)]
    assert {row.key: row.watched for row in store.series.rows()} == {"web": True, "mail": False}
    prober.watches = [web, mail]
    prober.recorder = store.series.recorder(prober.run, [web, mail], prober.now)
    prober.work(START + 700)
    assert states(store, "mail", START, START + 700)[-1] == (610.133, 700.0, UP)
    assert {row.key: row.watched for row in store.series.rows()} == {"web": True, "mail": True}


def test_reading_the_inventory_again_loses_no_time(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    prober.begin()
    prober.work(START + 355)
    assert prober.run
    prober.recorder = store.series.recorder(prober.run, prober.watches, START + 415)  # one look was due at 360
    prober.now = START + 420
    prober.work(START + 600)
    assert states(store, "web", START, START + 600) == [(0.123, 600.0, UP)]


def test_a_changed_definition_is_a_version(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    prober.begin()
    assert prober.run
    for one in (declared("web"), declared("web", every=30.0), declared("web", every=30.0)):
        store.series.recorder(prober.run, [one], START + 1)
    with store._database.reading() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM watch_version").scalar_one()
    assert count == 2
    assert store.series.rows()[0].definition.every_seconds == 30.0


def test_series_of_vantage_points_are_series_of_their_own(store: Store) -> None:
    north, south = declared("web", vantage="north"), declared("web", vantage="south")
    prober = Prober(store, [north, south], down={"web@south": [(START + 100, START + 9000)]})
    prober.begin()
    prober.work(START + 600)
    assert states(store, "web@north", START, START + 600) == [(0.123, 600.0, UP)]
    assert states(store, "web@south", START, START + 600)[-1][2] is DOWN
    assert [row.vantage for row in store.series.outages(START, START + 600)] == ["south"]


def test_samples_that_come_late_and_out_of_order(store: Store) -> None:
    prober = Prober(store, [declared("web", vantage="north")])
    recorder = prober.begin()
    for minute in range(3):
        recorder.feed(sample("web", START + minute * 60), "north")
    recorder.tick(START + 900)
    recorder.flush(START + 900)
    assert states(store, "web@north", START, START + 900)[-1] == (120.0, 900.0, UNKNOWN)
    for minute in range(3, 15):  # it was cut off, and hands in what it saw meanwhile
        recorder.feed(sample("web", START + minute * 60), "north")
    recorder.feed(sample("web", START + 60), "north")  # and one twice
    recorder.flush(START + 910)
    assert states(store, "web@north", START, START + 910) == [
        (0.0, 120.0, UP),
        (120.0, 180.0, UNKNOWN),
        (180.0, 910.0, UP),
    ]


def test_an_unknown_series_is_refused(store: Store) -> None:
    recorder = Prober(store, [declared("web")]).begin()
    with pytest.raises(StoreError, match="mail is not one of the series"):
        recorder.feed(sample("mail", START))
    assert store.series.intervals("mail", START, START + 60) == ()


def test_two_watches_that_would_be_one_series(store: Store) -> None:
    prober = Prober(store, [declared("web@north"), declared("web", vantage="north")])
    with pytest.raises(StoreError, match="two series are called web@north"):
        prober.begin()


def test_only_one_prober_at_a_time(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    recorder = prober.begin()
    with pytest.raises(ProberRunning, match="has probed for this record since 2026-03-20"):
        store.series.begin_run("1.0", START + 1)
    prober.work(START + 60)
    prober.die()
    second = Prober(store, [declared("web")], now=START + 120)
    second.begin()
    recorder.feed(sample("web", START + 130))
    with pytest.raises(RunLost, match="taken for dead"):
        recorder.flush(START + 130)
    second.work(START + 180)


def test_a_flush_that_was_not_taken_is_written_later_and_once(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    recorder = prober.begin()
    recorder.feed(sample("web", START + 1))
    recorder.notify("ops", '{"n": 1}')
    recorder.cut(START + 2)
    recorder.feed(sample("web", START + 61))
    recorder.cut(START + 62)
    first = recorder._queue[0]
    assert recorder.waiting == 2
    recorder.write()
    assert recorder.waiting == 0
    recorder._queue.append(first)  # as if the word of its commit had been lost
    recorder._doubtful = True
    recorder.write()
    assert len(store.series.samples("web", START, START + 100)) == 2
    assert len(store.series.notices(START + 100)) == 1
    assert states(store, "web", START, START + 100) == [(1.0, 62.0, UP)]


def test_samples_are_given_back_as_they_were(store: Store) -> None:
    prober = Prober(store, [declared("web"), declared("db")], down={"web": [(START + 300, START + 900)]})
    prober.begin()
    prober.work(START + 1800)
    found = store.series.samples("web", START + 60, START + 1800)
    assert [one.at for one in found[:2]] == [START + 60.123, START + 120.123]
    failed = [one for one in found if one.state is DOWN]
    assert failed
    assert all(START + 300 <= one.at < START + 900 for one in failed)
    assert {one.reason for one in failed} == {"it is down"}
    assert found[0].total_ms == pytest.approx(2.0 + (START + 60.123) % 7, abs=0.051)


@pytest.mark.parametrize(
    ("timings", "total"), [({}, 0.0), ({"total": float("nan")}, 0.0), ({"a": 1.0, "b": 2.0}, 3.0), ({"total": -5}, 0.0)]
)
def test_odd_durations(database: str, timings: dict[str, float], total: float) -> None:
    from scanner.store.store import open_store

    with open_store(database) as store:
        recorder = Prober(store, [declared("web")]).begin()
        recorder.feed(Sample("web", START + 1, UP, timings=timings))
        recorder.flush(START + 2)
        assert [one.total_ms for one in store.series.samples("web", START, START + 9)] == [total]


def test_hostile_text_in_a_sample(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    recorder = prober.begin()
    nasty = "nul\0, lone \ud800, " + "x" * 10_000
    for second in (1, 2, 3, 4):
        told = Sample("web", START + second, DOWN, nasty, {nasty: 1.0}, {nasty: nasty}, b"\xff" * 100_000)
        recorder.feed(told)
    recorder.flush(START + 5)
    [change] = store.series.changes("web", START, START + 9)
    assert len(change.reason) == 500
    assert len(str(change.evidence["evidence"])) == 8192
    assert len(str(change.evidence)) < 20_000


def test_the_clock_that_goes_back_ends_no_run(store: Store) -> None:
    prober = Prober(store, [declared("web")])
    recorder = prober.begin()
    prober.work(START + 300)
    recorder.tick(START + 100)
    recorder.flush(START + 100)
    assert store.series.known_until() == START + 300


def test_a_fleet_and_the_record_say_the_same_of_random_failures(database: str) -> None:
    """The intervals of the record, as the fleet's own, whatever fails and whenever the daemon dies."""
    import random

    from scanner.store.store import open_store

    chance = random.Random(5)  # noqa: S311 (made-up failures)
    with open_store(database) as store:
        watches = [declared("router"), *(declared(f"s{n}", parents=("router",)) for n in range(3)), declared("alone")]
        down = {
            one.key: [(begin, begin + chance.uniform(5, 900)) for begin in (START + chance.uniform(0, 3e4),) * 1]
            + [(begin, begin + chance.uniform(5, 300)) for begin in [START + chance.uniform(0, 3e4) for _ in range(6)]]
            for one in watches
        }
        prober = Prober(store, watches, down=down, flush=30.0)
        for _ in range(6):
            prober.begin()
            prober.work(prober.now + chance.uniform(1000, 5000))
            prober.work(prober.now + chance.uniform(0, 50), flush=False)
            prober.die()
            prober.now += chance.choice([1, 30, 100, 4000])
        no_overlap(store, [one.key for one in watches], START, prober.now)
        for one in watches:
            for interval in store.series.intervals(one.key, START, prober.now, widely=False):
                if (
                    interval.state is DOWN
                ):  # proven: every moment between a failed look and the next is bounded by looks
                    assert prober.truth(one.key, interval.start + 0.001) is DOWN


def test_the_rules_of_a_fleet_are_read_back(store: Store) -> None:
    from scanner.store.watching.fleet_state import kept_of, kept_text, rules_of, rules_text

    rules = {"b": Rule(60.0, parents=("a",)), "a": Rule(30.0, 0, 5.0, 2)}
    assert list(rules_of(rules_text(rules)).items()) == list(rules.items())
    fleet = Fleet(rules)
    fleet.feed(Sample("a", 1.0, DOWN, "x"))
    assert kept_of(kept_text(fleet.state())) == fleet.state()
    with pytest.raises(StoreError, match="cannot be"):
        kept_of(b"nothing")


def test_widely_reaches_the_proofs_around_a_period(store: Store) -> None:
    prober = Prober(store, [declared("web")], down={"web": [(START + 600, START + 2400)]})
    prober.begin()
    prober.work(START + HOUR)
    found = store.series.intervals("web", START + 1000, START + 1200)
    assert [one.state for one in found] == [UP, DOWN, UP]
    narrow = store.series.intervals("web", START + 1000, START + 1200, widely=False)
    assert [(one.start, one.end, one.state) for one in narrow] == [(START + 1000, START + 1200, DOWN)]
