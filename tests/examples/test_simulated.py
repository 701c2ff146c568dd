"""The simulated estate: whole, read without a gap, and the same bytes for the same seed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import Outcome
from examples.simulated import estate, laptops, names, software, story, timeline, written
from examples.simulated.linux import ANSWERS
from examples.simulated.visits import visited
from examples.simulated.written import reports
from examples.simulated.year import AWAY, new_world
from inventory.facts.missing import Missing, Reason
from reports.formats import FORMATS
from reports.report import ReportData
from reports.root_cause import RootCause
from reports.views import View, seen
from scanner.engine import read
from scanner.probes.windows import WINDOWS
from scanner.service.plan import plan
from scanner.service.report import report_data
from scanner.service.root_cause import PATCHING, About, root_cause

AT = datetime(2026, 3, 3, 2, tzinfo=UTC)
LIMIT = ("kestrelwick-*",)


def test_the_estate_is_as_large_as_it_says() -> None:
    things = estate.things()
    assert len(things) == len({one.name for one in things}) == 400
    assert len({one.area.id for one in things}) == 42
    assert len({one.supplier.id for one in things}) == 3
    assert any(one.handed_over for one in things)
    assert len({one.area.id for one in things if one.service == "case-files"}) == estate.MOVED == 16
    assert len({one.area.id for one in things} - AWAY.keys()) == 38


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


def test_what_can_be_wrong_with_a_laptop_is_seen_in_its_snapshot() -> None:
    well = laptops.LaptopState("one", AT, frozenset())
    queries = [probe.section for probe in WINDOWS]
    for defect in timeline.DEFECTS["laptop"]:
        sick = replace(well, ill=frozenset({defect}))
        assert any(laptops.answer(sick, query) != laptops.answer(well, query) for query in queries), defect


def test_a_laptop_in_a_cupboard_is_told_as_too_old_and_never_as_looked_at() -> None:
    fleet = [one for one in estate.things() if one.kind == "laptop"]
    gaps = [timeline.not_reached(one, estate.LAST, frozenset()) for one in fleet]
    old = [gap for gap in gaps if gap]
    assert 0 < len(old) < len(fleet) / 2
    assert {gap.reason for gap in old} == {Reason.SNAPSHOT_TOO_OLD}


def test_the_feed_tells_the_day_of_a_fix_once_there_is_one() -> None:
    late = next(one for one in software.weaknesses() if (one.fixed_on - one.published).days > 10)
    before, after = (software.advisories(day).release("debian:12") for day in (late.published, late.fixed_on))
    assert before is not None
    assert after is not None
    told = {one.issued for one in after.statements(late.package) if one.fixed == late.fixed}
    assert any(not one.fixed for one in before.statements(late.package))
    assert told == {"", late.fixed_on.isoformat()}, "the record of the CVE tells no day, the advisory does"


def test_what_can_be_wrong_with_a_server_is_seen_in_its_answers() -> None:
    """Each defect of the story changes an answer: one that no check sees would be a stub."""
    thing = next(one for one in estate.things() if one.role == "database")
    well = timeline.linux(thing, AT)
    for defect in timeline.DEFECTS["linux"]:
        sick, sound = replace(well, ill=frozenset({defect})), replace(well, ill=frozenset())
        assert any(answer(sick) != answer(sound) for answer in ANSWERS.values()), defect


@dataclass
class Lived:
    """A small year, and what was written of it."""

    data: ReportData
    causes: RootCause
    digests: dict[str, str]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lived]]:
    """Some formats and one view: the others are made in the same way, and have their own tests."""
    found, folder = [], tmp_path_factory.mktemp("lived") / "year"
    with pytest.MonkeyPatch.context() as patched:
        few = {name: FORMATS[name] for name in ("csv", "json", "xlsx")}
        patched.setattr(written, "FORMATS", few | {"html": FORMATS["html"]})
        patched.setattr(written, "LAYS_OUT", "csv")
        patched.setattr(written, "_views", lambda data: [("board", seen(data, View.BOARD))])
        for _ in range(2):
            shutil.rmtree(folder, ignore_errors=True)  # where an inventory lies is part of what is recorded
            folder.mkdir()
            world, scan = story.lived(folder, scans=2, limit=LIMIT)
            data = report_data(world.store, scan, world.checks)
            causes = root_cause(world.store, world.checks, scan, About(theme=PATCHING), data)
            digests = {path.name: written.digest(path) for path in reports(world, scan, folder)}
            found.append(Lived(data, causes, digests))
            world.store.close()
        yield found


def test_the_same_seed_gives_the_same_bytes(twice: list[Lived]) -> None:
    one, other = (lived.digests for lived in twice)
    assert {"report.json", "report.board.html", "report.xlsx", "report.change.html"} <= one.keys()
    assert {"report.evidence.zip", "report.root-cause-patching.html"} <= one.keys()
    assert one == other


def test_every_leg_from_a_fix_to_its_proof_is_measured(twice: list[Lived]) -> None:
    patches = twice[0].causes.timelines
    assert any(one.released for one in patches)
    assert any(one.told for one in patches)
    assert any(one.claimed for one in patches)
    assert any(one.verified for one in patches)
    assert all(one.released.at <= one.detected.at for one in patches if one.released and one.detected)


def test_it_says_that_it_is_simulated_and_tells_a_story(twice: list[Lived]) -> None:
    data = twice[0].data
    assert data.marking == names.MARKING
    assert data.issues
    assert data.fixed
    assert data.availability is not None
    assert {check.id for check in data.checks} <= {check.id for check in catalogue()}
    assert any(asset.checks.get(Outcome.PASS) for asset in data.assets)
