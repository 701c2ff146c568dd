"""The dress that the inventory names: for every report of its scans, the flag first, never a reason for none."""

from dataclasses import replace
from pathlib import Path

import pytest
import typer

from reports.formats.html import environment, view
from reports.report import ReportData
from reports.views import View, seen
from scanner.cli.report_branding import as_named, in_dress
from tests.reports.sample import sample
from tests.scanner.service.test_branding import png


def folder(where: Path, marking: str, more: str = "logo: logo.png\n") -> Path:
    where.mkdir()
    (where / "branding.yaml").write_text(f"marking: {marking}\n{more}")
    (where / "logo.png").write_bytes(png())
    return where.resolve()


def named(where: Path) -> ReportData:
    return replace(sample(2), branding_folder=str(where))


def test_the_flag_comes_before_the_inventory(tmp_path: Path) -> None:
    own, flag = folder(tmp_path / "own", "OWN"), folder(tmp_path / "flag", "FLAG")
    data = named(own)
    told = {place: in_dress(data, place, data.branding_folder).branding for place in (None, flag)}
    assert {place: one.marking if one else "" for place, one in told.items()} == {None: "OWN", flag: "FLAG"}
    assert in_dress(sample(2), None, "").branding is None


def test_a_folder_that_is_not_here_is_said_and_the_report_goes_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = named(tmp_path / "away")
    assert in_dress(data, None, data.branding_folder) == data
    assert "is not here" in capsys.readouterr().err


def test_a_folder_that_is_broken_stops_report_and_not_the_end_of_a_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = named(folder(tmp_path / "own", "OWN", "nonsense: 1\n"))
    with pytest.raises(typer.Exit):
        in_dress(data, None, data.branding_folder)
    assert as_named(data) == data
    assert "written without a dress" in capsys.readouterr().err


def test_a_folder_that_became_a_link_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = folder(tmp_path / "own", "OWN")
    data = named(own)
    own.rename(tmp_path / "moved")
    own.symlink_to(tmp_path / "moved")
    with pytest.raises(typer.Exit):
        in_dress(data, None, data.branding_folder)
    assert as_named(data).branding is None
    assert "has become a link" in capsys.readouterr().err


@pytest.mark.parametrize("shown", View)
def test_every_view_wears_the_logo(tmp_path: Path, shown: View) -> None:
    data = named(folder(tmp_path / "own", "OWN"))
    part = seen(data, shown, "quill" if shown is View.SUPPLIER else None)
    told = view(in_dress(part, None, data.branding_folder))
    name = "board.html.j2" if shown is View.BOARD else "report.html.j2"
    page = environment().get_template(name).render(told)
    assert page.count('<img class="logo" src="data:image/png;base64,') == 1
    assert "img-src data:" in page
    assert str(tmp_path) not in page
