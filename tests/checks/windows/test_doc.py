"""The worked example of docs/windows-patches.md."""

from pathlib import Path

import pytest

from checks.advisories.windows_updates import Update
from checks.finding import Outcome
from checks.windows import example_updates as made
from checks.windows.machine import WindowsHost
from checks.windows.opinions import opinion_of
from checks.windows.rulings import lacking

PAGE = (Path(__file__).parents[3] / "docs/windows-patches.md").read_text()


def _table(first: str) -> list[list[str]]:
    lines = iter(PAGE.splitlines())
    next(line for line in lines if line.startswith(f"| {first} |"))
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


UPDATES, HOSTS = _table("KB"), _table("UBR")


def _updates(*, builds: bool) -> list[Update]:
    return [
        made.update(kb, day, cve, build=f"10.0.{build}" if builds else "", after=after.split())
        for kb, day, build, cve, after in UPDATES
    ]


@pytest.mark.parametrize(("ubr", "listed", "known", "verdict"), HOSTS)
def test_the_worked_example(ubr: str, listed: str, known: str, verdict: str) -> None:
    host = WindowsHost(made.system(int(ubr)), made.updates(*listed.split()), made.pending())
    feeds = made.client(_updates(builds=known == "yes"))
    opinion = opinion_of(host, feeds, None, None, made.FRESH)
    rulings = list(lacking(opinion))
    assert opinion.verdicts is not None
    missing = [one.update.kb for unit in opinion.verdicts.to_install for one in reversed(unit.missing)]
    if verdict.startswith("lacks"):
        assert missing == verdict.split()[1:]
        assert [ruling.outcome for ruling in rulings] == [Outcome.FAIL]
    else:
        assert missing == []
        assert [ruling.outcome for ruling in rulings] == [Outcome(verdict.replace(" ", "_"))]


def test_the_tables_are_there() -> None:
    assert (len(UPDATES), len(HOSTS)) == (3, 6)
