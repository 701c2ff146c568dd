"""Two real vantage points and a real daemon on loopback: reached from both, from one, and what was missed meanwhile."""

import json
import signal
import time
from pathlib import Path

import pytest

from inventory.facts.availability import State
from scanner.store.store import Store
from tests.scanner.serve_lab import Watched, listener, until
from tests.scanner.vantage_lab import place, running, scanner_of

SECONDS = 1
HURRIED = "tests.scanner.hurried"


def _watch(port: int) -> dict[str, object]:
    return {
        "kind": "tcp",
        "host": "127.0.0.1",
        "port": port,
        "every": f"{SECONDS}s",
        "timeout": "1s",
        "vantages": ["north", "south"],
        "confirm": {"probes": 1, "within": "1s"},
    }


def _states(store: Store) -> dict[str, State]:
    return {row.key: row.state for row in store.series.rows()}


@pytest.mark.soak
@pytest.mark.lab
def test_killed_cut_off_and_caught_up(tmp_path: Path) -> None:
    watched = Watched(tmp_path, program=HURRIED)
    scanner = scanner_of(tmp_path)
    places = [
        place(name, tmp_path, scanner, watched.environment, min_every_seconds=SECONDS) for name in ("north", "south")
    ]
    for one in places:
        one.program = HURRIED
    north, south = places
    with listener() as server, running(north, south):
        watched.own = {
            "vantages": {one.name: one.inventory for one in places},
            "watch": {"gate": _watch(server.port)},
        }
        with watched.serving() as serving, watched.store() as store:
            both = {"gate@north": State.UP, "gate@south": State.UP}
            until(lambda: _states(store) == both, 30, lambda: f"{_states(store)} {serving.said} {north.said}")
            killed = time.time()
            south.end(signal.SIGKILL)
            until(lambda: _states(store)["gate@south"] is State.UNKNOWN, 40, lambda: serving.said)
            (row,) = (row for row in store.series.rows() if row.vantage == "south")
            assert "vantage south was blind from" in row.reason
            told = json.loads(watched.run("vantage", "status", "--format", "json").stdout)
            assert (told["watches"][0]["reached"], told["watches"][0]["blind"]) == (["north"], ["south"])
            south.start()
            came_back = time.time()
            until(lambda: _states(store) == both, 40, lambda: serving.said + south.said)
            found = store.series.intervals("gate@south", killed, time.time(), widely=False)
            blind = [one for one in found if one.state is State.UNKNOWN and "did not run" in one.reason]
            middle = (killed + came_back) / 2
            assert any(one.start <= middle < one.end and one.state is State.UNKNOWN for one in found), found
            assert blind or any("blind from" in one.reason for one in found)
            server.stop()
            until(lambda: set(_states(store).values()) == {State.DOWN}, 40, lambda: serving.said)
            server.start()
            until(lambda: _states(store) == both, 40)
        # the scanner is gone for a while: what the places saw meanwhile is not lost, the scanner's absence is no gap
        gone = time.time()
        time.sleep(4 * SECONDS)
        back = time.time()
        with watched.serving() as serving, watched.store() as store:
            until(lambda: _covered(store, gone, back), 40, lambda: str(_seen(store, gone, back)))
        assert "does not follow" not in serving.said


def _seen(store: Store, gone: float, back: float) -> list[float]:
    return [one.at for one in store.series.samples("gate@north", gone, back) if one.state is State.UP]


def _covered(store: Store, gone: float, back: float) -> bool:
    return len(_seen(store, gone, back)) >= 2
