"""The simulated estate: whole, read without a gap, and the same bytes for the same seed."""

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Outcome
from examples.simulated import estate, names, story, timeline
from examples.simulated.linux import ANSWERS
from examples.simulated.visits import visited
from examples.simulated.year import new_world
from inventory.facts.missing import Missing
from reports.formats import FORMATS
from reports.report import ReportData
from scanner.engine import read
from scanner.service.plan import plan
from scanner.service.report import report_data

AT = datetime(2026, 3, 3, 2, tzinfo=UTC)
LIMIT = ("aldergarth-*", "linnetwick-*")


def test_the_estate_is_as_large_as_it_says() -> None:
    things = estate.things()
    assert len(things) == len({one.name for one in things}) == 400
    assert len({one.area.id for one in things}) == 42
    assert len({one.supplier.id for one in things}) == 3
    assert any(one.handed_over for one in things)


def test_every_probe_reads_what_the_simulated_hosts_answer(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    known = estate.read(estate.written(tmp_path, AT.date()))
    errands = {one.asset.name: one for one in plan(known, world.checks, AT.date()).errands}
    reached = 0
    for thing in list(world.things.values())[:40]:
        looked = visited(errands[thing.name], thing, AT, frozenset())
        if looked.attempt.missing is None:
            reached += 1
            facts = read(looked).facts
            assert not [(name, fact) for name, fact in facts.items() if isinstance(fact, Missing)], thing.name
    assert reached > 30
    world.store.close()


def test_what_can_be_wrong_with_a_server_is_seen_in_its_answers() -> None:
    """Each defect of the story changes an answer: one that no check sees would be a stub."""
    thing = next(one for one in estate.things() if one.role == "database")
    well = timeline.linux(thing, AT)
    for defect in timeline.DEFECTS["linux"]:
        sick, sound = replace(well, ill=frozenset({defect})), replace(well, ill=frozenset())
        assert any(answer(sick) != answer(sound) for answer in ANSWERS.values()), defect


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> list[ReportData]:
    found = []
    for _ in range(2):
        folder = tmp_path_factory.mktemp("year")
        world, scan = story.lived(folder, scans=2, limit=LIMIT)
        found.append(report_data(world.store, scan, world.checks))
        world.store.close()
    return found


@pytest.mark.parametrize("name", ["json", "csv", "html", "xlsx"])
def test_the_same_seed_gives_the_same_bytes(twice: list[ReportData], name: str) -> None:
    made = []
    for data in twice:
        out = io.BytesIO()
        FORMATS[name].render(data, out)
        made.append(hashlib.sha256(out.getvalue()).hexdigest())
    assert made[0] == made[1]


def test_it_says_that_it_is_simulated_and_tells_a_story(twice: list[ReportData]) -> None:
    data = twice[0]
    assert data.marking == names.MARKING
    assert data.issues
    assert data.fixed
    assert data.availability is not None
    assert {check.id for check in data.checks} <= {check.id for check in catalogue()}
    assert any(asset.checks.get(Outcome.PASS) for asset in data.assets)
