"""The line to a vantage point is cut for simulated hours: what it saw meanwhile is in the series afterwards.

The daemon, the vantage point, its list, its spool and its signatures are real; the clock is not, looks are made up, and
in place of TLS a question is handed over (``tests/scanner/test_vantage_end_to_end.py`` has the real line).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from inventory.estate import Estate
from inventory.facts.availability import Sample, State
from inventory.watch import Confirm, Vantage, Watch, Watching
from reports.formats import openmetrics as om
from scanner.service.serve_metrics import of_vantages
from scanner.service.signing import load_or_create
from scanner.service.vantage import client, sealing
from scanner.service.vantage.client import Client, NoAnswer
from scanner.service.vantage.desk import Desk
from scanner.service.vantage.folder import Folder, init
from scanner.service.vantage.lists import Lists
from scanner.service.vantage.site import Site
from scanner.service.vantage.spool import Spool
from scanner.service.vantage.web import Request
from scanner.service.vantages import VantagePoints
from scanner.store.store import Store, open_store
from tests.scanner.service.serve_world import START, Life, World, world_of
from tests.scanner.service.test_serve_accelerated import SCOPE, SLOW

Ask = Callable[[Client, str, str, bytes | None, dict[str, str]], Awaitable[tuple[int, bytes, bytes]]]
HOUR = 3600.0
CUT = (1 * HOUR, 4 * HOUR)
DOWN = (2 * HOUR, 2.5 * HOUR)  # what only the vantage point could see
GATE = Watch("gate", "tcp", "127.0.0.1", 80, every_seconds=60.0, vantages=("north",), confirm=Confirm(1, 10.0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'record.db'}") as opened:
        yield opened


class Place:
    """The vantage point's end, and the line to it."""

    def __init__(self, world: World, folder: Path, scanner: Path) -> None:
        public = sealing.public_text(load_or_create(scanner)[0].key.public_key())
        self.world = world
        self.key, _ = init(folder, public, ["127.0.0.0/8"])
        place = Folder(folder)
        clock, limits, signer = world.clock, place.limits(), place.signer()
        self.site = Site(place, limits, frozenset({"tcp"}), self.look, world.told.append, clock, batch_seconds=30)
        self.spool = Spool(place.spool, signer, 1 << 26, 14, clock.now())
        self.lists = Lists(place.list, place.scanner(), limits, signer.key_id, frozenset({"tcp"}), clock.now)
        changed = self.site._changed.set
        told = world.told.append
        self.desk = Desk(self.lists, self.spool, signer, place.scanner(), "shown", clock.now, changed, told)

    async def look(self, watch: Watch) -> Sample:
        seen = DOWN[0] <= self.world.clock.monotonic() < DOWN[1]
        state = State.DOWN if seen else State.UP
        return Sample(watch.name, self.world.clock.now(), state, "refused" if seen else "", {"total": 1.0})

    def line(self) -> Ask:
        async def ask(
            _: Client, method: str, target: str, body: bytes | None, headers: dict[str, str]
        ) -> tuple[int, bytes, bytes]:
            return await self.ask(method, target, body, headers)

        return ask

    async def ask(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        if CUT[0] <= self.world.clock.monotonic() < CUT[1]:
            raise NoAnswer("no connection: the line is cut")
        path, _, words = target.partition("?")
        query = dict(word.split("=", 1) for word in words.split("&") if word)
        told = await self.desk.answer(
            Request(method, path, query, target, headers.get("Authorization", ""), body or b"")
        )
        return told.status, told.body, b"certificate"

    async def work(self) -> None:
        await self.site._work(self.lists, self.spool, self.desk, None)


def figures(points: VantagePoints, now: float) -> dict[str, float]:
    """As they are scraped."""
    text = om.exposition(of_vantages(points.places, now)).decode()
    rows = (line.split() for line in text.splitlines() if line.startswith("estatecheck_vantage"))
    return {name.partition("{")[0].removeprefix("estatecheck_vantage_"): float(value) for name, value in rows}


def test_three_hours_without_a_line_cost_one_interval_at_most(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scanner = tmp_path / "signing-key.pem"
    seen: dict[str, dict[str, float]] = {}
    states: dict[str, State] = {}

    async def through(world: World) -> None:
        place = Place(world, tmp_path / "north", scanner)
        monkeypatch.setattr(Client, "_ask", place.line())
        monkeypatch.setattr(client, "_proven", lambda _shown, _now: "shown")
        north = Vantage("north", "https://127.0.0.1:1", place.key)
        watching = Watching(watches=(GATE,), vantages=(north,))
        world.estate = Estate("lab", (), scopes={"all": SCOPE}, watching=watching, digest="1")
        signer, _ = load_or_create(scanner)
        points = VantagePoints(signer, tmp_path / "cursors", world.clock, world.told.append, fetch_seconds=30)
        world.vantages = points
        working = asyncio.ensure_future(place.work())
        life = Life(world, "life", SLOW)
        life.start()
        for name, until in (("before", 0.9), ("cut", 3.9), ("after", 4.5)):
            await world.clock.sleep(until * HOUR - world.clock.monotonic())
            seen[name] = figures(points, world.clock.now())
            states[name] = store.series.rows()[0].state
        await life.end()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    with world_of(store.series, Estate("lab", ()), monkeypatch) as world:
        world.loop.run_until_complete(through(world))
    assert states == {"before": State.UP, "cut": State.UNKNOWN, "after": State.UP}
    assert (seen["before"]["blind"], seen["cut"]["blind"], seen["after"]["blind"]) == (0, 1, 0)
    assert seen["before"]["answer_age_seconds"] <= 31
    assert seen["cut"]["answer_age_seconds"] == pytest.approx(2.9 * HOUR, abs=60)
    assert 0 < seen["after"]["backlog_batches"] < 40, "all but what no flush has confirmed yet is let go"
    found = store.series.intervals("gate@north", START + 600, START + 4.4 * HOUR, widely=False)
    unknown = [one for one in found if one.state is State.UNKNOWN]
    assert sum(one.end - one.start for one in unknown) <= 61, "from the last sample that came to the first that did not"
    seen_there = [one for one in found if one.state is not State.UNKNOWN]
    assert [one.state for one in seen_there] == [State.UP, State.UP, State.DOWN, State.UP]
    assert seen_there[2].start - START == pytest.approx(DOWN[0], abs=61)
    assert seen_there[2].end - START == pytest.approx(DOWN[1], abs=61)
    assert "vantage north: no connection: the line is cut" in world.told
    assert "vantage north: answers again" in world.told
