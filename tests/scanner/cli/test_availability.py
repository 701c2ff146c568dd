"""``estatecheck availability``: a made-up month in a record, told as table, JSON, CSV and picture."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scanner.cli.main import main_app
from scanner.store.store import open_store
from tests.scanner.store.series_world import HOUR, START, Prober, declared

FROM = datetime.fromtimestamp(START, UTC)
TO = datetime.fromtimestamp(START + 4 * HOUR, UTC)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hours of a service of two watches; one of them is down for half an hour."""
    folder = tmp_path_factory.mktemp("availability")
    with open_store(str(folder / "record.db")) as store:
        watches = [declared("web", service="portal"), declared("=db", service="portal")]
        prober = Prober(store, watches, down={"web": [(START + HOUR, START + 1.5 * HOUR)]})
        prober.begin()
        prober.work(START + 4 * HOUR)
    return folder


def told(record: Path, *words: str, code: int = 0) -> str:
    common = ["availability", "--database", str(record / "record.db"), "-i", str(record / "none.yaml")]
    period = ["--from", FROM.isoformat(), "--to", TO.isoformat()]
    done = CliRunner().invoke(main_app, [*common, *period, *words])
    assert done.exit_code == code, done.output
    return done.output


def test_the_figures_of_a_made_up_morning(record: Path) -> None:
    [service] = json.loads(told(record, "--format", "json"))["services"]
    [always] = service["hours"]
    assert service["series"] == ["=db", "web"]
    assert always["down_hours"] == pytest.approx(0.5, abs=0.02)
    assert always["outages"] == 1
    assert always["lower"] <= 1 - 0.5 / 4 <= always["upper"]
    assert always["upper"] == pytest.approx(0.875, abs=0.01)
    [outage] = service["outages"]
    assert (outage["series"], outage["reason"]) == ("web", "it is down")


def test_the_table_says_it_in_words_and_hours(record: Path) -> None:
    text = told(record)
    assert "portal: 2026-03-20 10:00:00 to" in text
    assert "0.5" in text
    assert "it is down" in text


def test_hour_by_hour(record: Path) -> None:
    """Every hour of the period, whole, and together the period; the half hour of the outage in its own."""
    rows = json.loads(told(record, "--hourly", "--format", "json"))["hours"]
    assert [row["hour"] for row in rows] == [f"2026-03-20 {hour}:00:00" for hour in (10, 11, 12, 13)]
    assert all(
        sum(row[f"{state}_hours"] for state in ("up", "degraded", "down", "unknown")) == pytest.approx(1, abs=1e-5)
        for row in rows
    )
    assert [round(row["down_hours"], 1) for row in rows] == [0.0, 0.5, 0.0, 0.0]
    table = told(record, "--hourly")
    assert table.splitlines()[0] == "portal"
    assert "2026-03-20 11:00:00" in table
    assert "30 min" in table or "29." in table
    cells = list(csv.DictReader(io.StringIO(told(record, "--hourly", "--service", "=db", "--format", "csv"))))
    assert [row["service"] for row in cells] == ["'=db"] * 4
    assert "--hourly is a table" in told(record, "--hourly", "--format", "svg", code=2)


def test_no_cell_is_a_formula(record: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(told(record, "--service", "=db", "--format", "csv"))))
    assert [row["service"] for row in rows] == ["'=db"]


def test_the_picture_is_xml_and_tells_its_states_in_words(record: Path) -> None:
    root = ET.fromstring(told(record, "--format", "svg"))  # noqa: S314 (our own)
    titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("2026-03-20 11:00") and ": down" in title for title in titles)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--service", "nobody"], "nothing was watched for 'nobody'; there is"),
        (["--to", "2020-01-01"], "is not before --to"),
        (["--from", "soon"], "is neither a day nor a moment"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(record: Path, words: list[str], said: str) -> None:
    assert said in told(record, *words, code=2)
