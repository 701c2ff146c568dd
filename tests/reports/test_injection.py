"""The corpus in every field, in every format: nothing runs, nothing breaks, and what is valid stays valid."""

import csv
import html.parser
import io
import json
import re
import time
import zipfile
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.action_plan import LIST_HEADINGS, PLAN_HEADINGS
from reports.formats import FORMATS, pdf
from reports.report import ReportData
from tests.reports.corpus import CORPUS, infected
from tests.reports.sample_whole import huge_name
from tests.reports.test_machine_formats import SCHEMAS, validator

TEXTS = sorted(set(FORMATS) - {"pdf", "xlsx", "docx"})
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)

MARKUP = ("break-out", "attribute", "svg", "css", "script-end")  # one kind with "html" where there is no markup
FORMULAS = ("formula-plus", "formula-minus", "formula-at", "formula-tab", "formula-full-width", "dde")  # with "formula"


def corpus(*variants: str) -> list[Any]:
    """Names of the corpus; those of ``variants``, which this format cannot tell from others, run in ``make soak``."""
    return [pytest.param(name, marks=pytest.mark.soak) if name in variants else name for name in CORPUS]


@cache
def data_of(name: str) -> ReportData:
    return infected(CORPUS[name])


def rendered(form: str, data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS[form].render(data, out)
    return out.getvalue()


class Page(html.parser.HTMLParser):
    """Elements of a page as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


@cache
def clean_page() -> Page:
    return Page(rendered("html", infected("plain")).decode())


@cache
def clean_paper() -> Page:
    return Page(pdf.html(infected("plain")))


@pytest.mark.parametrize("name", corpus(*FORMULAS))
def test_html_has_no_element_and_no_attribute_that_it_did_not_have(name: str) -> None:
    page = rendered("html", data_of(name)).decode()
    found, clean = Page(page), clean_page()
    assert set(found.tags) <= set(clean.tags)
    assert found.tags.count("script") == 1
    assert found.tags.count("style") == 1
    assert found.tags.count("h1") == 1
    assert not {one for one in found.attributes if one.startswith("on")}
    assert "style" not in found.attributes
    assert all(one.startswith("#") for one in found.links), sorted(one for one in found.links if one[:1] != "#")[:3]
    assert INVISIBLE.search(page) is None
    for tag in ("section", "table", "tr", "td", "main", "article"):
        assert page.count(f"<{tag}>") + page.count(f"<{tag} ") == page.count(f"</{tag}>"), tag


@pytest.mark.parametrize("name", corpus(*FORMULAS))
def test_the_page_of_the_pdf_has_no_element_of_theirs(name: str) -> None:
    page = pdf.html(data_of(name))
    found, clean = Page(page), clean_paper()
    assert set(found.tags) <= set(clean.tags)
    assert "script" not in found.tags
    assert found.tags.count("style") == 1 + found.tags.count("svg"), "ours, and one in each strip"
    assert all(one.startswith("#") for one in found.links)
    assert INVISIBLE.search(page) is None


@pytest.mark.parametrize("name", corpus(*MARKUP))
def test_tables_hold_no_formula_and_no_row_of_theirs(name: str) -> None:
    data = data_of(name)
    count = sum(len(issue.occurrences) for issue in data.issues) + len(data.carried)
    for form, headings in (("csv", LIST_HEADINGS), ("plan-csv", PLAN_HEADINGS)):
        heading, *rows = csv.reader(io.StringIO(rendered(form, data).decode("utf-8-sig"), newline=""))
        assert heading == list(headings)
        assert all(len(row) == len(headings) for row in rows)
        assert len(rows) == count or form == "plan-csv"
        starts = ("=", "+", "-", "@", "\t", "\r", "\uff1d")
        assert not [cell for row in rows for cell in row if cell.lstrip().startswith(starts)]


@pytest.mark.parametrize("name", corpus(*MARKUP))
def test_the_workbook_opens_and_runs_nothing(name: str) -> None:
    made = rendered("xlsx", data_of(name))
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        parts = {part: packed.read(part).decode() for part in packed.namelist()}
    for part, text in parts.items():
        ET.fromstring(text)  # noqa: S314 (our own)
        assert "<f>" not in text, part
        assert "hyperlink" not in text, part
        assert "TargetMode" not in text, part
    book = load_workbook(io.BytesIO(made))
    assert all(len(sheet) <= 31 for sheet in book.sheetnames)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d", "inlineStr"}


@cache
def clean_word() -> dict[str, set[str]]:
    return elements(rendered("docx", infected("plain")))


def elements(made: bytes) -> dict[str, set[str]]:
    """Of each part: names of its elements, and what fields and relationships say."""
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        roots = {name: ET.fromstring(packed.read(name)) for name in packed.namelist()}  # noqa: S314 (our own)
    said = ("instr", "Target", "TargetMode", "Type")
    return {
        name: {one.tag for one in root.iter()}
        | {value for one in root.iter() for key, value in one.items() if key.rpartition("}")[2] in said}
        for name, root in roots.items()
    }


@pytest.mark.parametrize("name", ["html", "template", "control", "surrogate", "xml", "mixed"])  # all: test_docx.py
def test_the_word_file_has_no_element_and_no_field_of_theirs(name: str) -> None:
    made = rendered("docx", data_of(name))
    found, clean = elements(made), clean_word()
    assert found.keys() == clean.keys()
    assert [part for part in found if not found[part] <= clean[part]] == []
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert INVISIBLE.search(packed.read("word/document.xml").decode()) is None


@pytest.mark.data
@pytest.mark.parametrize("form", SCHEMAS)
@pytest.mark.parametrize("name", corpus(*MARKUP, *FORMULAS))
def test_machine_formats_stay_valid(name: str, form: str) -> None:
    found = json.loads(rendered(form, data_of(name)))
    assert [fault.message[:200] for fault in validator(form).iter_errors(found)][:3] == []


@pytest.mark.parametrize("name", corpus(*FORMULAS))
def test_the_others_are_read_by_their_parsers(name: str) -> None:
    data = data_of(name)
    suites = ET.fromstring(rendered("junit", data))  # noqa: S314 (our own)
    assert len(suites) == len(data.assets)
    families = {one.name: one for one in text_string_to_metric_families(rendered("metrics", data).decode())}
    told = {s.labels["severity"]: int(s.value) for s in families["estatecheck_report_occurrences"].samples}
    assert sum(told.values()) == sum(len(issue.occurrences) for issue in data.issues)
    report = json.loads(rendered("json", data))
    assert report["counts"]["total"]["issues"] == len(data.issues)


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("name", ["control", "escape", "bidi", "surrogate", "separators", "nul"])
def test_nothing_invisible_leaves_us(name: str, form: str) -> None:
    text = rendered(form, data_of(name)).decode("utf-8-sig")
    assert INVISIBLE.search(text.replace("\r\n", "\n")) is None


@pytest.mark.parametrize("form", [*TEXTS, "xlsx"])
def test_names_of_a_megabyte(form: str) -> None:
    """Cut in what people read; whole in JSON only."""
    began = time.process_time()
    made = rendered(form, huge_name())
    assert time.process_time() - began < 30
    if form == "xlsx":
        assert load_workbook(io.BytesIO(made)).sheetnames[0] == "Summary"
    if form != "json":
        assert len(made) < 8 * 2**20, f"{len(made):,} bytes"


def test_a_page_of_paper_cuts_them_too() -> None:
    assert len(pdf.html(huge_name())) < 2 * 2**20


def test_the_corpus_reaches_the_page() -> None:
    """Or the tests above would prove nothing."""
    page = rendered("html", infected("XYZZY-17")).decode()
    assert page.count("XYZZY-17") > 200
    for form in ("csv", "plan-csv", "junit", "sarif", "oscal-poam", "defectdojo", "metrics", "json"):
        assert b"XYZZY-17" in rendered(form, infected("XYZZY-17")), form
    assert pdf.html(infected("XYZZY-17")).count("XYZZY-17") > 100
    with zipfile.ZipFile(io.BytesIO(rendered("docx", infected("XYZZY-17")))) as packed:
        assert packed.read("word/document.xml").count(b"XYZZY-17") > 50
