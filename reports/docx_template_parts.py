"""What our own Word template holds beside its text: styles, list, settings, header, footer, properties. Pure."""

from reports.docx_package import MAIN, TYPES, Parts
from reports.docx_xml import NAMESPACES, WIDTH, paragraph, run, tab

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def package(document: str, accent: str) -> Parts:
    """``document``: the XML of the main part."""
    texts = {
        TYPES: _types(),
        "_rels/.rels": _relations(
            (f"{_OFFICE}/officeDocument", "word/document.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": _core(),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _relations(
            *((f"{_OFFICE}/{kind}", f"{kind}.xml") for kind in ("styles", "numbering", "settings", "header", "footer"))
        ),
        "word/styles.xml": _styles(accent.lstrip("#").upper()),
        "word/numbering.xml": _numbering(),
        "word/settings.xml": _settings(),
        "word/header.xml": _edge("hdr", "Header", run("{{ marking }}", "<w:b/>") + tab() + run("{{ estate }}")),
        "word/footer.xml": _edge("ftr", "Footer", run("{{ report_id }}") + tab() + _pages()),
    }
    return {name: (_XML + text).encode() for name, text in texts.items()}


def _edge(kind: str, style: str, inner: str) -> str:
    return f"<w:{kind} {NAMESPACES}>{paragraph(inner, style)}</w:{kind}>"


def _pages() -> str:
    fields = [f'<w:fldSimple w:instr="{name}"><w:r><w:t>1</w:t></w:r></w:fldSimple>' for name in ("PAGE", "NUMPAGES")]
    return f"{run('Page ')}{fields[0]}{run(' of ')}{fields[1]}"


def _relations(*told: tuple[str, str]) -> str:
    rows = (f'<Relationship Id="rId{n}" Type="{kind}" Target="{to}"/>' for n, (kind, to) in enumerate(told, 1))
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(rows)}</Relationships>'


def _types() -> str:
    kinds = {
        "/word/document.xml": MAIN,
        **{f"/word/{n}.xml": f"{_WORD}.{n}+xml" for n in ("styles", "numbering", "settings", "header", "footer")},
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    rows = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'
    )


def _core() -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<dc:title>{{ estate }}: {{ title }} {{ report_id }}</dc:title><dc:subject>{{ label }}</dc:subject>"
        "<dc:creator>estatecheck {{ tool_version }}</dc:creator><dc:language>en-GB</dc:language>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">{{ made }}</dcterms:created>'
        '<dcterms:modified xsi:type="dcterms:W3CDTF">{{ made }}</dcterms:modified></cp:coreProperties>'
    )


def _settings() -> str:
    return (
        f'<w:settings {NAMESPACES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
        'w:val="15"/></w:compat><w:themeFontLang w:val="en-GB"/></w:settings>'
    )


def _numbering() -> str:
    return (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def _style(key: str, name: str, based: str = "Normal", *, look: str = "", set_: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/><w:basedOn w:val="{based}"/>'
        f"<w:qFormat/><w:pPr>{set_}</w:pPr><w:rPr>{look}</w:rPr></w:style>"
    )


def _space(before: int, after: int) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}"/>'


def _styles(accent: str) -> str:
    """Sizes in half points, distances in twentieths of a point."""
    colour, grey = f'<w:color w:val="{accent}"/>', '<w:color w:val="4A5560"/>'
    heads = (
        _style(
            f"Heading{n}",
            f"heading {n}",
            look=f'<w:b/>{colour}<w:sz w:val="{size}"/>',
            set_=f'<w:keepNext/><w:keepLines/><w:spacing w:before="{before}" w:after="100"/>'
            f'<w:outlineLvl w:val="{n - 1}"/>',
        )
        for n, size, before in ((1, 32, 480), (2, 26, 320), (3, 22, 260))
    )
    edge = f'<w:tabs><w:tab w:val="right" w:pos="{WIDTH}"/></w:tabs><w:spacing w:after="0"/>'
    return (
        f'<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" '
        'w:eastAsia="Calibri" w:cs="Calibri"/><w:sz w:val="21"/><w:szCs w:val="21"/>'
        '<w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
        '<w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
        '<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "</w:style>"
        + "".join(heads)
        + _style("Title", "Title", look=f'<w:b/>{colour}<w:sz w:val="56"/>', set_='<w:spacing w:after="80"/>')
        + _style("Subtitle", "Subtitle", look=f'{grey}<w:sz w:val="28"/>', set_='<w:spacing w:after="480"/>')
        + _style("Kicker", "Kicker", look=f'{grey}<w:sz w:val="22"/>', set_=_space(2400, 120))
        + _style("Verdict", "Verdict", look='<w:b/><w:sz w:val="36"/>', set_=_space(240, 80))
        + _style(
            "Caption",
            "caption",
            look=f'<w:b/>{grey}<w:sz w:val="19"/>',
            set_=_space(200, 60),
        )
        + _style("Meta", "Meta", look=f'{grey}<w:sz w:val="19"/>', set_="<w:keepNext/>")
        + _style("ListBullet", "List Bullet", set_='<w:numPr><w:numId w:val="1"/></w:numPr><w:spacing w:after="60"/>')
        + _style("Step", "Step", set_='<w:spacing w:after="60"/><w:ind w:left="360" w:hanging="360"/>')
        + _style("TableText", "Table Text", look='<w:sz w:val="18"/>', set_=_space(20, 20))
        + _style("TableHead", "Table Head", "TableText", look="<w:b/>", set_="<w:keepNext/>")
        + _style("Header", "header", look='<w:sz w:val="18"/>', set_=edge)
        + _style("Footer", "footer", look='<w:sz w:val="18"/>', set_=edge)
        + '<w:style w:type="table" w:styleId="ReportTable"><w:name w:val="Report Table"/>'
        '<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>'
        '<w:top w:val="single" w:sz="8" w:space="0" w:color="4A5560"/>'
        '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="4A5560"/>'
        '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="C5CDD5"/></w:tblBorders></w:tblPr>'
        '<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="E8EDF2"/></w:tcPr>'
        "</w:tblStylePr></w:style></w:styles>"
    )
