"""The report on paper: a tagged PDF (PDF/UA-1) with bookmarks, numbered contents and the marking on each page.

WeasyPrint lays it out, from a page of its own that is simpler than the HTML report: a table row costs milliseconds, so
rows are capped (``reports.pdf_chapters``), and what is left out is named with the file that has it. Nothing is fetched.
The extra ``[pdf]`` installs WeasyPrint; it needs Pango from the system.
"""

import functools
import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from jinja2 import Environment

from reports import caps, pdf_chapters, summary, text
from reports.formats import FormatError
from reports.formats.html import environment, own
from reports.formats.json_file import digest
from reports.report import LABEL, ReportData
from reports.verdict_chapter import chapter as verdict
from reports.views import LABELS, TITLES, View, marks, sections

NAME = 120  # characters of a name
NEW_PAGE = frozenset({"summary", "findings", "plan", "assets"})
INSTALL = "PDF needs WeasyPrint: install estatecheck[pdf], and Pango (on Debian: libpango-1.0-0 libpangoft2-1.0-0)"


def render(data: ReportData, out: BinaryIO) -> None:
    """Raises :class:`FormatError`."""
    weasyprint = _weasyprint()
    page = html(data)
    document = weasyprint.HTML(string=page, url_fetcher=_nothing)
    identifier = hashlib.sha256(page.encode()).hexdigest()[:32].encode()
    document.write_pdf(out, pdf_variant="pdf/ua-1", pdf_identifier=identifier, pdf_tags=True)


def html(data: ReportData) -> str:
    """The page that is laid out."""
    return _environment().get_template("pdf/page.html.j2").render(_names(data))


@functools.cache
def _environment() -> Environment:
    """That of the HTML report, with shorter texts: paper cannot be scrolled."""
    made = environment().overlay()
    made.filters = {
        **made.filters,
        "clip": lambda value: text.safe_text(value, caps.PDF_TEXT),
        "short": lambda value: text.safe_text(value, NAME),
    }
    return made


def _names(data: ReportData) -> Mapping[str, Any]:
    view = View(data.view)
    told = list(_chapters(data, sections(view)))
    report_id, json_sha256 = digest(data)
    viewer = data.suppliers.get(data.viewer)
    return {
        "data": data,
        "summary": summary,
        "style": own("pdf.css")[0],
        "label": LABEL,
        "title": LABELS[view],
        "viewer": viewer.name if viewer else data.viewer,
        "marking": (data.branding and data.branding.marking) or data.marking,
        "brand": data.branding,
        "report_id": report_id,
        "json_sha256": json_sha256,
        "window": text.window(data.started_at, data.ended_at),
        "duration": text.duration(data.started_at, data.ended_at),
        "warning": summary.state_warning(data),
        "verdict": verdict(data),
        "chapters": [] if view is View.BOARD else told,
        "board": next((one["told"] for one in told), None) if view is View.BOARD else None,
    }


def _chapters(data: ReportData, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Numbered in the order in which they stand here; appendices have letters."""
    found = dict(pdf_chapters.chapters(data, wanted))
    numbers = marks(tuple(found))
    for place, (name, told) in enumerate(found.items()):
        yield {
            "id": name,
            "mark": numbers[name],
            "title": TITLES[name],
            "template": f"pdf/{name}.html.j2",
            "new": name in NEW_PAGE or not place,
            "told": told,
        }


def _weasyprint() -> Any:  # noqa: ANN401 (an extra, without types here)
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as fault:  # OSError: the library that it loads is not there
        raise FormatError(INSTALL) from fault


def _nothing(url: str, *_: object, **__: object) -> Mapping[str, object]:
    """The page holds all it needs, the logo too; whatever asks for more is refused."""
    raise ValueError(f"nothing is fetched: {text.safe_text(url, 80)}")
