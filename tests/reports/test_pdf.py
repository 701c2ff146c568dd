"""The PDF: tagged, with its pages numbered, the same bytes each time, and nothing of a target is run or fetched."""

import hashlib
import importlib
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import caps
from reports.formats import FormatError, pdf
from reports.formats.html import own
from reports.report import ReportData
from reports.views import LABELS, View, seen
from tests.reports.sample import large, sample
from tests.reports.sample_whole import whole, whole_hostile

pytestmark = pytest.mark.skipif(not shutil.which("pdfinfo"), reason="poppler-utils is not installed")


@pytest.fixture(scope="module", autouse=True)
def _short() -> Iterator[None]:
    """A table row costs milliseconds, and every test of this file lays out pages."""
    with pytest.MonkeyPatch.context() as patch:
        for name, most in (
            ("PDF_ROWS", 5),
            ("PDF_PLAN", 5),
            ("PDF_EVIDENCE", 5),
            ("PDF_FINDINGS", 4),
            ("PDF_TEXT", 200),
        ):
            patch.setattr(caps, name, most)
        yield


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return printed(whole(6), tmp_path_factory.mktemp("paper") / "report.pdf")


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
    for chapter in ("Verdict", "Findings", "Clocks by contract and supplier", "Risk acceptances", "Evidence index"):
        heading = re.compile(rf"^ *[0-9A-Z]{{1,2}} +{chapter} *$", re.MULTILINE)
        found = next(n for n, page in enumerate(pages, 1) if n > 2 and heading.search(page))
        assert listed[chapter].lstrip(".") == str(found), chapter


def test_every_chapter_is_there(paper: Path) -> None:
    text = " ".join(told("pdftotext", paper, "-").split())
    for words in (
        "The estate against every rule of the policy",
        "Assets of each area by how far the scan got",
        "Breached first, then by when it is due",
        "Services, the worst first",
        "The same findings by severity and by risk",
        "Accepted risks, the one that ends first first",
        "1 fix that this scan proved",
        "or loses it in the 12 months after the scan",
        "Data the judgements used, and its age",
        "Evidence index",
        "By issue and supplier",
    ):
        assert words in text, words


@pytest.mark.parametrize(("view", "supplier"), [(View.BOARD, None), (View.SUPPLIER, "larkspur")])
def test_a_view_is_shorter_and_a_supplier_sees_nothing_of_others(
    view: View, supplier: str | None, tmp_path: Path
) -> None:
    path = printed(seen(whole(8), view, supplier), tmp_path / "view.pdf")
    text, info = told("pdftotext", path, "-"), told("pdfinfo", path)
    assert LABELS[view] in text
    pages = int(re.search(r"Pages: +(\d+)", info)[1])  # type: ignore[index]  # pdfinfo always says it
    assert "Tagged:          yes" in info
    if view is View.BOARD:
        assert pages == 1
        assert "Are we getting better?" in text
        assert "Evidence index" not in text
    else:
        assert "Larkspur" in text
        assert "Quill" not in text


def test_tables_are_capped_and_say_so() -> None:
    page = pdf.html(large(500, 12))
    assert page.count('<article class="finding') == caps.PDF_FINDINGS
    assert "Where: 8 of 12; all stand in the CSV, XLSX and JSON reports" in page
    assert f"the first {caps.PDF_EVIDENCE} of 5,000" in page
    assert "more issues, less severe than these, stand in report.json" in page
    assert "Assets in scope; the first 5 of 500, all in the JSON report" in page
    assert page.count("<tr") < 400


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    data = seen(whole(6), View.BOARD)
    one, two = printed(data, tmp_path / "one.pdf"), printed(data, tmp_path / "two.pdf")
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()


def test_hostile_text_is_only_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (
        ("PDF_ROWS", 2),
        ("PDF_PLAN", 2),
        ("PDF_FINDINGS", 2),
        ("PDF_OCCURRENCES", 1),
        ("PDF_TEXT", 120),
    ):
        monkeypatch.setattr(caps, name, most)
    path = printed(whole_hostile(1), tmp_path / "hostile.pdf")
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


PAPER = 178  # mm between the margins of A4
LEAST = 25  # mm, that a column of words needs


def test_no_column_of_words_is_squeezed() -> None:
    """Columns of a set width leave the others what they need: with fixed layout nothing else sees to it."""
    css = own("pdf.css")[0]
    width = {
        name: float(mm) for name, mm in re.findall(r"(?:^|} )thead th\.(\w+) { width: ([\d.]+)mm", css, re.MULTILINE)
    }
    tight = float(re.findall(r"\.tight thead th\.n { width: ([\d.]+)mm", css)[0])
    tables = re.findall(
        r"<table([^>]*)>\s*<caption>(.*?)</caption>\s*<thead><tr>(.*?)</tr>", pdf.html(whole()), re.DOTALL
    )
    assert len(tables) > 20
    for look, caption, head in tables:
        if "cells" in look or "bars" in look:  # their columns share what there is
            continue
        classes = [re.findall(r'^[^>]*class="([^"]*)"', one) for one in head.split("<th ")[1:]]
        sized = [names[0].split()[-1] for names in classes if names]
        taken = sum(tight if name == "n" and "tight" in look else width[name] for name in sized)
        assert len(sized) == len(classes) or (PAPER - taken) / (len(classes) - len(sized)) >= LEAST, caption


def test_a_digest_fits_its_column() -> None:
    """It is not broken, so that it can be searched for; DejaVu Sans Mono is 0.602 em wide (its hmtx table)."""
    css = own("pdf.css")[0]
    points = float(re.findall(r"\.sha { font-size: ([\d.]+)pt", css)[0])
    column = float(re.findall(r"thead th\.w7 { width: ([\d.]+)mm", css)[0])
    assert 64 * 0.602 * points * 25.4 / 72 + 2 * 1.4 <= column
    assert '<th scope="col" class="w7">sha256' in pdf.html(sample(4))
