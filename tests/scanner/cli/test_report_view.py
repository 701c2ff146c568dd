"""``report --view`` and ``report open``: what goes together, how files are called, which page is the newest."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reports.views import View, seen, stem
from scanner.cli.main import main_app
from scanner.cli.report_view import newest
from tests.reports.sample import sample

RUN = CliRunner()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--view", "nobody"], "allowed is accreditor, supplier, board, technical"),
        (["--view", "supplier"], "--view supplier and --supplier NAME go together"),
        (["--supplier", "quill"], "--view supplier and --supplier NAME go together"),
        (["--view", "supplier", "--from-pack", "x.zip"], "--view supplier and --supplier NAME go together"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_read(words: list[str], said: str, tmp_path: Path) -> None:
    told = RUN.invoke(main_app, ["report", "--database", str(tmp_path / "record.db"), *words])
    assert told.exit_code == 2
    assert said in " ".join(told.output.split())
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_view_have_names_of_their_own() -> None:
    data = sample()
    assert [stem(seen(data, v)) for v in (View.TECHNICAL, View.ACCREDITOR, View.BOARD)] == [
        "report",
        "report-accreditor",
        "report-board",
    ]
    assert stem(seen(data, View.SUPPLIER, "quill")) == "report-supplier-quill"
    assert stem(replace(data, view="supplier", viewer="../x y")) == "report-supplier--x-y"


def test_the_newest_page_is_opened_or_its_path_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    lacking = RUN.invoke(main_app, ["report", "open", "-o", str(tmp_path)])
    assert lacking.exit_code == 2
    assert "there is no HTML report" in " ".join(lacking.output.split())
    for age, name in enumerate(("report.html", "report-board.html", "other.html")):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1_000 + age, 1_000 + age))
    assert newest(tmp_path) == (tmp_path / "report-board.html").resolve()
    told = RUN.invoke(main_app, ["report", "open", "-o", str(tmp_path)])
    assert told.exit_code == 0
    assert "report-board.html" in told.output
