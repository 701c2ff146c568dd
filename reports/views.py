"""Views of one report: the same data for an accreditor, a supplier, a board, an engineer. Pure.

``seen`` cuts the data, ``sections`` names the chapters in their order. Only the supplier's view takes data away: it
holds nothing of others. The rule for every field of :class:`ReportData` stands in ``reports.views_cut``.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from reports.report import ReportData
from reports.views_cut import cut


class View(StrEnum):
    ACCREDITOR = "accreditor"
    SUPPLIER = "supplier"
    BOARD = "board"
    TECHNICAL = "technical"


class ViewError(Exception):
    """There is no such view of this report. One sentence: what is wrong, and what to do."""


_WHOLE = (
    "summary", "verdict", "scope", "coverage", "method", "matrix", "themes", "findings", "no-fix", "plan", "clocks",
    "availability", "acceptances", "lifecycle", "fixed", "not-assessed",
)  # fmt: skip
_JUDGED = (  # the verdict and what it rests on come first
    "verdict", "summary", "coverage", "clocks", "acceptances", "matrix", "themes", "availability", "lifecycle", "fixed",
    "not-assessed", "scope", "method", "plan", "findings", "no-fix",
)  # fmt: skip
_APPENDICES = ("assets", "ports", "checks", "cves", "evidence", "firmware", "ratings", "people", "glossary")
_SECTIONS: Mapping[View, tuple[str, ...]] = {
    View.TECHNICAL: (*_WHOLE, *_APPENDICES),
    View.ACCREDITOR: (*_JUDGED, *_APPENDICES),
    View.SUPPLIER: (
        "summary", "matrix", "plan", "findings", "no-fix", "clocks", "availability", "acceptances", "lifecycle",
        "fixed", "not-assessed", "coverage", "scope", "method", "assets", "ports", "cves", "evidence", "firmware",
        "glossary",
    ),
    View.BOARD: ("board",),
}  # fmt: skip
APPENDICES = frozenset(_APPENDICES)
TITLES: Mapping[str, str] = {
    "board": "On one page",
    "verdict": "Verdict",
    "summary": "Summary",
    "scope": "Scope and permission",
    "coverage": "Coverage and limitations",
    "method": "Method, data sources and their age",
    "matrix": "Severity matrix",
    "themes": "Themes and root causes",
    "findings": "Findings",
    "no-fix": "Vulnerabilities without a vendor fix",
    "plan": "Remediation action plan",
    "clocks": "Clocks by contract and supplier",
    "availability": "Availability",
    "acceptances": "Risk acceptances",
    "lifecycle": "Lifecycle: what loses support",
    "fixed": "Verified fixes",
    "not-assessed": "Not assessed",
    "assets": "Assets",
    "ports": "Open ports, and how each was identified",
    "checks": "Checks and how they ended",
    "cves": "Vulnerabilities by CVE",
    "evidence": "Evidence index",
    "firmware": "Firmware of network devices and servers",
    "ratings": "Changes of rating",
    "people": "People and decisions",
    "glossary": "Glossary",
}
LABELS: Mapping[View, str] = {
    View.ACCREDITOR: "Accreditor's view",
    View.SUPPLIER: "Supplier's view",
    View.BOARD: "Board summary",
    View.TECHNICAL: "Technical view",
}


def seen(data: ReportData, view: View, supplier: str | None = None) -> ReportData:
    """What a reader of that view may see. ``supplier`` is an id or a name of the inventory, for the supplier's view.

    Raises :class:`ViewError` when it is missing, unknown, or named for another view.
    """
    if view is not View.SUPPLIER:
        if supplier:
            raise ViewError(f"a supplier is named for the {view} view; it belongs to --view supplier")
        return replace(data, view=view.value, viewer="")
    return cut(data, _supplier(data, supplier))


def _supplier(data: ReportData, wanted: str | None) -> str:
    if not wanted:
        raise ViewError(f"the supplier's view needs a supplier: --supplier NAME, one of {_known(data)}")
    if wanted in data.suppliers or any(a.asset.supplier == wanted for a in data.assets):
        return wanted
    named = [key for key, one in data.suppliers.items() if one.name.casefold() == wanted.casefold()]
    if len(named) != 1:
        raise ViewError(f"this report has no supplier {wanted!r}; choose one of {_known(data)}")
    return named[0]


def _known(data: ReportData) -> str:
    return ", ".join(sorted(data.suppliers)) or "none: the inventory names no supplier"


def sections(view: View) -> tuple[str, ...]:
    """The chapters of a view by the names of :data:`TITLES`, in their order; appendices last."""
    return _SECTIONS[view]


def stem(data: ReportData) -> str:
    """Name of the files of a view, without their endings: ``report``, ``report-board``, ``report-supplier-quill``."""
    if data.view == View.TECHNICAL:
        return "report"
    viewer = re.sub(r"[^A-Za-z0-9_-]+", "-", data.viewer)[:60]
    return f"report-{data.view}{f'-{viewer}' if viewer else ''}"


def marks(names: tuple[str, ...]) -> dict[str, str]:
    """Number of each chapter, letter of each appendix, of those that are there."""
    chapters = [name for name in names if name not in APPENDICES]
    letters = [name for name in names if name in APPENDICES]
    return {
        **{name: str(n) for n, name in enumerate(chapters, 1)},
        **{name: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n] for n, name in enumerate(letters)},
    }
