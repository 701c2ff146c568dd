"""Killed at any moment of a flush, a seal or a take-over: all of a transaction is there, or nothing of it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import func, select

from scanner.store.series_schema import sample_batch, state_change, watch_now
from scanner.store.store import Store, open_store
from scanner.store.watching import changes, definitions
from scanner.store.watching.journal import unpacked
from scanner.store.watching.records import Declared
from tests.scanner.store.series_world import START, Key, Prober, declared, no_overlap

NAMES = ["router", *(f"s{n}" for n in range(8))]
PROBER = """
import random, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scanner.store.store import open_store
from tests.scanner.store.series_world import Key, Prober
from tests.scanner.store.test_series_crash import watches, failures

with open_store(sys.argv[1]) as store:
    prober = Prober(store, watches(), now=float(sys.argv[2]), down=failures(int(sys.argv[3])), flush=20.0)
    prober.key = Key(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[4])))
    prober.begin()
    print("goes", flush=True)
    while True:
        prober.work(prober.now + 600)
        prober.recorder.notify("ops", "{}")
        prober.seal()
"""


def watches() -> list[Declared]:
    return [declared("router"), *(declared(name, parents=("router",)) for name in NAMES[1:])]


def failures(seed: int) -> dict[str, list[tuple[float, float]]]:
    chance = random.Random(seed)  # noqa: S311 (made-up failures)
    starts = [(name, START + chance.uniform(0, 400_000)) for name in NAMES for _ in range(400)]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    for name, begin in starts:
        found[name].append((begin, begin + chance.uniform(30, 600)))
    return found


def whole(store: Store) -> None:
    """Every part of every flush is there, and what is derived agrees with what it is derived from."""
    with store._database.reading() as connection:
        batches = connection.execute(select(sample_batch).order_by(sample_batch.c.id)).all()
        assert all(len(list(unpacked(batch.data).entries())) for batch in batches if batch.number > 1)
        last = func.max(state_change.c.id)
        asked = select(state_change.c.watch_id, last.label("last")).group_by(state_change.c.watch_id)
        newest = {row.watch_id: row.last for row in connection.execute(asked)}
        assert newest == {row.watch_id: row.change_id for row in connection.execute(select(watch_now))}
        learned = connection.execute(select(func.max(state_change.c.batch))).scalar() or 0
        assert learned <= batches[-1].id
        horizon = changes.horizon(connection)
        assert horizon
        assert set(horizon.pending) <= set(definitions.keys(connection))


@pytest.mark.soak
def test_killed_at_any_moment(database: str) -> None:
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
    chance = random.Random(11)  # noqa: S311 (moments, not secrets)
    now, learned = START, 0
    open_store(database).close()
    for _ in range(5):
        words = [sys.executable, "-c", PROBER, database, str(now), "3", secret]
        child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3])
        try:
            assert child.stdout
            assert child.stdout.readline() == b"goes\n", child.communicate()[1].decode()
            time.sleep(chance.uniform(0.05, 1.2))
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
        with open_store(database) as store:
            whole(store)
            until = store.series.known_until()
            assert until
            assert until > now
            no_overlap(store, NAMES, START, until)
            told = store.series.verify_seals(Key(key).holds)
            assert told.samples == told.samples_checked
            count = sum(len(store.series.changes(name, START, until)) for name in NAMES)
            assert count > learned
            learned, now = count, until + chance.choice([15.0, 200.0, 5000.0])
    with open_store(database) as store:
        lives = store.series.runs()
        assert len(lives) == 5
        assert all(one.ended == one.alive_until for one in lives[:-1])
        for before, after in pairwise(lives):
            if after.started - before.alive_until > 70:  # a look was due at every watch
                middle = (before.alive_until + after.started) / 2
                for name in NAMES:
                    found = store.series.intervals(name, middle, middle + 1, widely=False)
                    assert all(one.state.value == "unknown" for one in found)


def test_a_replay_after_a_kill_is_the_fleet_that_was_killed(database: str) -> None:
    """The child tells its own state after each flush; the record gives the same again."""
    words = (
        "import sys, json\nfrom scanner.store.store import open_store\n"
        "from scanner.store.watching.fleet_state import kept_text\n"
        "from scanner.store.watching.journal import unsqueezed\n"
        "from tests.scanner.store.series_world import START, Prober\n"
        "from tests.scanner.store.test_series_crash import watches, failures\n"
        "with open_store(sys.argv[1]) as store:\n"
        "    prober = Prober(store, watches(), down=failures(4), flush=20.0)\n"
        "    prober.begin()\n"
        "    for turn in range(9):\n"
        "        prober.work(START + (turn + 1) * 1170)\n"
        "    print(unsqueezed(kept_text(prober.recorder.fleet.state()), '').decode(), flush=True)\n"
        "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", words, database], capture_output=True, timeout=120, cwd=Path(__file__).parents[3]
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    from scanner.store.watching.fleet_state import kept_text, replayed
    from scanner.store.watching.journal import unsqueezed

    with open_store(database) as store, store._database.reading() as connection:
        names = {number: name for number, (name, _) in definitions.keys(connection).items()}
        fleet, _, _ = replayed(connection, names)
        assert fleet
        assert json.loads(unsqueezed(kept_text(fleet.state()), "")) == json.loads(ended.stdout)
        assert fleet.open
        prober = Prober(store, watches(), now=START + 20_000)
        prober.begin()
        assert prober.recorder
        assert {one.state.value for one in prober.recorder.fleet.state().memories} == {"unknown"}
        assert prober.recorder.fleet.open == fleet.open  # silence ends none
