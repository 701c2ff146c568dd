"""The workbook as a spreadsheet program reads it: LibreOffice opens it, and its counts are those of the JSON report."""

import csv
import io
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from reports.action_plan import LIST_HEADINGS, PLAN_HEADINGS
from reports.formats import FORMATS
from tests.reports.sample_whole import whole, whole_hostile

OFFICE = shutil.which("soffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
pytestmark = pytest.mark.skipif(
    OFFICE is None,
    reason="LibreOffice is not installed: apt-get install --no-install-recommends libreoffice-calc-nogui",
)


def converted(folder: Path, data: object) -> dict[str, list[list[str]]]:
    """Sheet -> rows, as LibreOffice sees them."""
    with (folder / "plan.xlsx").open("wb") as out:
        FORMATS["xlsx"].render(data, out)  # type: ignore[arg-type]  # a sample
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        [str(OFFICE), profile, "--headless", "--convert-to", EVERY_SHEET, "--outdir", str(folder), "plan.xlsx"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {
        path.stem.removeprefix("plan-"): list(csv.reader(io.StringIO(path.read_text(), newline="")))
        for path in folder.glob("plan-*.csv")
    }


def test_its_counts_are_those_of_the_json(tmp_path: Path) -> None:
    data, out = whole(), io.BytesIO()
    sheets = converted(tmp_path, data)
    FORMATS["json"].render(data, out)
    report = json.loads(out.getvalue())
    _, *found = sheets["Occurrences"]
    place = LIST_HEADINGS.index("ref")
    refs = [o["ref"] for issue in report["issues"] for o in issue["occurrences"]]
    assert [row[place] for row in found] == [*refs, *(one["ref"] for one in report["carried"])]
    _, *planned = sheets["Action plan"]
    by_severity = Counter[str]()
    for row in planned:
        if row[PLAN_HEADINGS.index("looked at again")] == "no":
            continue
        by_severity[row[PLAN_HEADINGS.index("severity")]] += int(row[PLAN_HEADINGS.index("occurrences")])
    counts = report["counts"]["by_severity"]
    assert by_severity == Counter(
        {word: units["occurrences"] for word, units in counts.items() if units["occurrences"]}
    )
    summary = sheets["Summary"]
    first = next(n for n, row in enumerate(summary) if row[:2] == ["severity", "issues"]) + 1
    assert {row[0]: [int(cell) for cell in row[1:4]] for row in summary[first : first + 5]} == {
        word: [units["issues"], units["occurrences"], units["assets"]] for word, units in counts.items()
    }


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    cells = [cell for rows in converted(tmp_path, whole_hostile()).values() for row in rows for cell in row]
    assert any("=1+1|cmd" in cell for cell in cells)
    assert not any(cell.startswith(("#NAME", "#REF", "Err:")) for cell in cells)
