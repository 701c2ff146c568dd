"""The PDF: tagged, with its pages numbered, the same bytes each time, and nothing of a target is run or fetched."""

import hashlib
import importlib
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.formats import FormatError, pdf
from reports.report import ReportData
from tests.reports.sample import hostile, sample

pytestmark = pytest.mark.skipif(not shutil.which("pdfinfo"), reason="poppler-utils is not installed")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return printed(sample(6), tmp_path_factory.mktemp("paper") / "report.pdf")


def printed(data: ReportData, path: Path) -> Path:
    with path.open("wb") as out:
        pdf.render(data, out)
    return path


def told(program: str, path: Path, *more: str) -> str:
    return subprocess.run(
        [program, *(("-meta",) if "-meta" in more else ()), str(path), *(m for m in more if m != "-meta")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_it_is_tagged_and_titled(paper: Path) -> None:
    info = dict(line.split(":", 1) for line in told("pdfinfo", paper).splitlines() if ":" in line)
    assert info["Tagged"].strip() == "yes"
    assert "Fenmarsh Courts Service" in info["Title"]
    assert info["JavaScript"].strip() == "no"
    assert 'pdfuaid:part="1"' in told("pdfinfo", paper, "-meta")


def test_every_page_has_the_marking_and_its_number(paper: Path) -> None:
    pages = told("pdftotext", paper, "-layout", "-").split("\f")[:-1]
    assert len(pages) > 3
    assert all("OFFICIAL: SENSITIVE" in page for page in pages)
    assert [f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1)] == [False] + [True] * (
        len(pages) - 1
    )


def test_the_contents_point_to_the_pages(paper: Path) -> None:
    pages = told("pdftotext", paper, "-layout", "-").split("\f")
    listed = {
        line.split(".")[1].strip(): line.split()[-1] for line in pages[1].splitlines() if ". ." in line or "..." in line
    }
    found = next(n for n, page in enumerate(pages, 1) if n > 2 and "6 Findings" in page)
    assert listed["Findings"].lstrip(".") == str(found)


def test_the_same_data_gives_the_same_bytes(paper: Path, tmp_path: Path) -> None:
    again = printed(sample(6), tmp_path / "again.pdf")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(paper.read_bytes()).digest()


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    path = printed(hostile(), tmp_path / "hostile.pdf")
    assert "JavaScript:      no" in told("pdfinfo", path)
    assert "<script>alert(1)</script>" in told("pdftotext", path, "-")
    assert b"/URI" not in path.read_bytes()


def test_nothing_is_fetched() -> None:
    with pytest.raises(ValueError, match="nothing is fetched"):
        pdf._nothing("https://example.org/x.png")


def test_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(FormatError, match=r"estatecheck\[pdf\]"):
        pdf.render(sample(1), io.BytesIO())
