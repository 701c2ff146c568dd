"""The report on paper: a tagged PDF (PDF/UA-1) with bookmarks, numbered contents and the marking on each page.

WeasyPrint lays it out, from a page of its own that is simpler than the HTML report: a table row costs milliseconds, so
rows are capped, and what is left out is named with the file that has it. Nothing is fetched. The extra ``[pdf]``
installs WeasyPrint; it needs Pango from the system.
"""

import hashlib
import importlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from reports.formats import FormatError
from reports.formats.html import environment, own, view
from reports.report import ReportData
from reports.text import listing, safe_text

MOST_OCCURRENCES = 10  # rows of one finding
MOST_FINDINGS = 1_000
MOST_ROWS = 300  # of any other table
MOST_CVES = 30  # names in one finding
CONTENTS = (
    ("summary", "Summary"),
    ("scope", "Scope and permission"),
    ("coverage", "Coverage and limitations"),
    ("method", "Data sources and their age"),
    ("fix-first", "Fix first"),
    ("findings", "Findings"),
    ("fixed", "Verified fixes"),
    ("not-assessed", "Not assessed"),
)
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
    return environment().get_template("pdf.html.j2").render(_names(data))


def _names(data: ReportData) -> Mapping[str, Any]:
    names = view(data)
    told = [*names["findings"], *(f for _, group in names["unfixed"] for f in group)]
    for finding in told[:MOST_FINDINGS]:
        finding["cve_names"] = safe_text(listing([row.id for row in finding["cves"]], MOST_CVES), 2000)
    return {
        **names,
        "style": own("pdf.css")[0],
        "contents": CONTENTS,
        "found": told[:MOST_FINDINGS],
        "left_out": max(0, len(told) - MOST_FINDINGS),
        "most_occurrences": MOST_OCCURRENCES,
        "most_rows": MOST_ROWS,
    }


def _weasyprint() -> Any:  # noqa: ANN401 (an extra, without types here)
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as fault:  # OSError: the library that it loads is not there
        raise FormatError(INSTALL) from fault


def _nothing(url: str, *_: object, **__: object) -> Mapping[str, object]:
    """The page holds all it needs; whatever asks for more is refused."""
    raise ValueError(f"nothing is fetched: {safe_text(url, 80)}")
