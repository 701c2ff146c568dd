"""Pieces of a Word document as XML, for our own template (ECMA-376 part 1, 17.3 and 17.4). Pure."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

WIDTH = 9638  # twentieths of a point between the margins of A4: 170 mm
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def run(text: str, look: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def tab() -> str:
    return "<w:r><w:tab/></w:r>"


def paragraph(inner: str, style: str = "", more: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p>{f'<w:pPr>{named}{more}</w:pPr>' if named or more else ''}{inner}</w:p>"


def said(text: str, style: str = "") -> str:
    return paragraph(run(text), style)


def where(condition: str, *inner: str) -> str:
    return said(f"{{%p if {condition} %}}") + "".join(inner) + said("{%p endif %}")


def each(name: str, items: str, *inner: str) -> str:
    return said(f"{{%p for {name} in {items} %}}") + "".join(inner) + said("{%p endfor %}")


def labelled(label: str, text: str) -> str:
    return paragraph(run(f"{label} ", "<w:b/>") + run(text))


def table(caption: str, rows: str, columns: Sequence[tuple[str, str, int]]) -> str:
    """``rows``: what to loop over as ``row``. ``columns``: heading, text of a cell, share of the width."""
    whole = sum(share for _, _, share in columns)
    widths = [WIDTH * share // whole for _, _, share in columns]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = _row((_cell(said(text, "TableHead"), w) for (text, _, _), w in zip(columns, widths, strict=True)), head=True)
    body = _row(_cell(said(text, "TableText"), w) for (_, text, _), w in zip(columns, widths, strict=True))
    marks = [
        _row([_cell(said(mark), WIDTH, len(columns))]) for mark in (f"{{%tr for row in {rows} %}}", "{%tr endfor %}")
    ]
    return (
        f'{paragraph(run(caption), "Caption", "<w:keepNext/>")}<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/>'
        f'<w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" '
        f'w:noVBand="1"/><w:tblCaption w:val={quoteattr(caption.partition("{")[0])}/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{head}{marks[0]}{body}{marks[1]}</w:tbl>{said('')}"
    )


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    more = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{more}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(inner: str, width: int, columns: int = 1) -> str:
    span = f'<w:gridSpan w:val="{columns}"/>' if columns > 1 else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}</w:tcPr>{inner}</w:tc>'
