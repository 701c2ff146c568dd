"""The report as a Word file (DOCX), from somebody's own template or from ours.

A template is filled in its marked places (``reports.docx_marks``), and is otherwise the same file, part by part. Time
and memory of somebody's own are bounded by whoever runs it.
"""

import functools
from typing import BinaryIO

from reports import docx_template
from reports.branding import BadBranding
from reports.docx_fill import Template, fill, template
from reports.docx_package import write
from reports.docx_words import names
from reports.formats import FormatError
from reports.report import ReportData


@functools.cache
def _ours(accent: str) -> Template:
    return template(docx_template.made(accent))


def render(data: ReportData, out: BinaryIO) -> None:
    """Raises :class:`FormatError` where a template of somebody's own cannot be filled."""
    branding = data.branding
    own = branding.document if branding else None
    try:
        made = template(own) if own is not None else _ours(branding.accent if branding else "")
        write(fill(made, names(data, whole=made.whole)), out)
    except BadBranding as fault:
        raise FormatError(f"{branding.document_name if branding and own else 'our Word template'}: {fault}") from fault
