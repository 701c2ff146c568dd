"""The Word report: only marked places of a template change, and what cannot be a safe template is refused by name."""

import hashlib
import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports import caps, docx_fill, docx_template
from reports.branding import BadBranding, Branding
from reports.docx_fill import fill, template
from reports.docx_package import MAX_PART, Parts, read, write
from reports.docx_words import names
from reports.formats import FORMATS, FormatError
from reports.report import ReportData
from reports.text import safe_text
from reports.views import LABELS, View, seen
from tests.reports.corpus import CORPUS
from tests.reports.sample_whole import whole, whole_hostile

DOCUMENT = "word/document.xml"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def run(text: str, look: str = "") -> str:
    return f"<w:r>{look}<w:t>{text}</w:t></w:r>"


def line(*runs: str) -> str:
    return f"<w:p>{''.join(one if one.startswith('<') else run(one) for one in runs)}</w:p>"


def rows(*cells: str) -> str:
    told = "".join(f"<w:tr><w:tc><w:tcPr/>{line(cell)}</w:tc></w:tr>" for cell in cells)
    return f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{told}</w:tbl>"


def body(*inner: str) -> bytes:
    root = f'<w:document xmlns:w="{W[1:-1]}" xmlns:wp="urn:wp" xmlns:mc="urn:mc" mc:Ignorable="w14">'
    return f'<?xml version="1.0"?>\r\n{root}<w:body>{"".join(inner)}</w:body></w:document>'.encode()


def packed(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    write(dict(parts), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def ours() -> Parts:
    return read(docx_template.made())


def filled(ours: Parts, *inner: str, **names: object) -> str:
    made = fill(template(packed({**ours, DOCUMENT: body(*inner)})), {**dict.fromkeys(_names(ours), ""), **names})
    return made[DOCUMENT].decode()


def _names(ours: Parts) -> set[str]:
    """What header, footer and properties of ours ask for."""
    rest = b"".join(content for name, content in ours.items() if name != DOCUMENT)
    return set(re.findall(r"\{\{ (\w+) \}\}", rest.decode()))


def shown(document: str) -> list[str]:
    """The text of each paragraph."""
    return ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in ET.fromstring(document).iter(f"{W}p")]  # noqa: S314 (ours)


# filling


def test_what_is_not_marked_is_the_same_bytes(ours: Parts) -> None:
    plain = body(
        '<w:p w:rsidR="00A1"><w:pPr/>\n <w:r><w:t>100 % {of} a &amp; b &#x20AC;</w:t></w:r></w:p><!-- {{ x }} -->'
    )
    made = fill(template(packed({**ours, DOCUMENT: plain})), dict.fromkeys(_names(ours), "y"))
    assert made[DOCUMENT] == plain
    assert list(made) == list(ours)
    changed = {name for name in made if made[name] != ours[name]} - {DOCUMENT}
    assert changed == {"docProps/core.xml", "word/header.xml", "word/footer.xml"}


def test_only_the_mark_changes_beside_others(ours: Parts) -> None:
    before, after = '<w:p a="{%">\r\n</w:p>', "<w:p><w:r><w:instrText>PAGE {{ x }}</w:instrText></w:r></w:p>"
    made = filled(ours, before, line("{{ x }}"), after, x="<&>")
    assert made.startswith('<?xml version="1.0"?>\r\n')
    assert before in made
    assert after in made
    assert '<w:t xml:space="preserve">&lt;&amp;&gt;</w:t>' in made


@pytest.mark.parametrize(
    ("inner", "names", "want"),
    [
        pytest.param((line("a ", "{", "{ x", " }", "} b"),), {"x": "1"}, ["a 1 b"], id="split into runs"),
        pytest.param((line("{{ x|default(“a”) }}"),), {"x": "1"}, ["1"], id="typographic quotes"),
        pytest.param((line("{{ 1 if x &gt; 0 else 2 }}"),), {"x": 1}, ["1"], id="entity"),
        pytest.param((line("a{# never {{ x }} #}b"),), {}, ["ab"], id="comment"),
        pytest.param((line("a{% if x %}b", run("c", "<w:rPr><w:b/></w:rPr>"), "d{% endif %}e"),),
                     {"x": 0}, ["ae"], id="if"),
        pytest.param((line("a{% if x %}b", "c", "d{% endif %}e"),), {"x": 1}, ["abcde"], id="if over runs"),
        pytest.param((line("{% for n in x %}{{ n }},{% endfor %}"),), {"x": [1, 2]}, ["1,2,"], id="for in a line"),
        pytest.param(
            (line("{%p for n in x %}"), line("{{ n }}"), line("{%p endfor %}")),
            {"x": [1, 2]}, ["1", "2"], id="paragraphs",
        ),
        pytest.param((rows("h", "{%tr for n in x %}", "{{ n }}", "{%tr endfor %}"),),
                     {"x": [1, 2]}, ["h", "1", "2"], id="rows"),
        pytest.param((rows("{%tr for n in x %}", "{{ n }}", "{%tr endfor %}"),),
                     {"x": []}, [""], id="no row, no table"),
        pytest.param(
            (f"<w:tbl><w:tr><w:tc>{line('{%p if x %}')}{line('a')}{line('{%p endif %}')}</w:tc></w:tr></w:tbl>",),
            {"x": 0}, [""], id="a cell keeps a paragraph",
        ),
        pytest.param((line("{% set y = x %}{{ y }}"),), {"x": 7}, ["7"], id="set"),
        pytest.param((line("{{ x }}"),),
                     {"x": "{{ 7 * 7 }} {_{ y }_} {%tr z %}"}, ["{{ 7 * 7 }} {_{ y }_} {%tr z %}"], id="data is data"),
        pytest.param((line("{{ x }}"),), {"x": "a\x00\u202eb\n"}, ["a\\x00\\u202eb\\n"], id="invisible"),
        pytest.param((line("{{ x }}"),), {"x": ["<b>", None]}, ["['<b>', None]"], id="a list"),
        pytest.param((line("{{ x }}"),), {"x": None}, [""], id="none"),
        pytest.param((line("{{ x }}"),),
                     {"x": 'DDEAUTO c:\\\\a "b"'}, ['DDEAUTO c:\\\\a "b"'], id="a field's code is text"),
    ],
)  # fmt: skip
def test_marks(ours: Parts, inner: tuple[str, ...], names: dict[str, object], want: list[str]) -> None:
    assert shown(filled(ours, *inner, **names)) == want


def test_a_value_looks_as_its_first_letter_did(ours: Parts) -> None:
    bold = "<w:rPr><w:b/></w:rPr>"
    made = filled(ours, line(run("{{ ", bold), "x }} y{% if x %}z{% endif %}"), x="1")
    assert f'<w:r>{bold}<w:t xml:space="preserve">1</w:t></w:r>' in made
    assert made.count("<w:b/>") == 1
    split = filled(ours, line(run("a{% if x %}b{% endif %}c", bold)), x="1")
    assert split.count(bold) == 3


def test_a_repeated_picture_gets_a_number_of_its_own(ours: Parts) -> None:
    picture = '<w:p><w:r><w:drawing><wp:docPr id="3" name="a"/></w:drawing></w:r></w:p><w:p><wp:docPr id="5"/></w:p>'
    made = filled(ours, line("{%p for n in x %}"), picture, line("{%p endfor %}"), x=[1, 2])
    ids = re.findall(r'docPr id="(\d+)"', made)
    assert len(set(ids)) == 4
    assert ids[:2] == ["3", "5"]


def test_every_text_of_the_corpus_stays_the_text_of_its_run(ours: Parts) -> None:
    """Every value goes the same way into a document; with the whole report: test_injection.py."""
    names = sorted(CORPUS)
    loop = line("{%p for text in x %}"), line("a{{ text }}"), line("{%p endfor %}")
    made = filled(ours, *loop, x=[CORPUS[name] for name in names])
    assert shown(made) == [f"a{safe_text(CORPUS[name], caps.DOCX_TEXT)}" for name in names]
    tags = {one.tag.rpartition("}")[2] for one in ET.fromstring(made).iter()}  # noqa: S314 (ours)
    assert tags == {"document", "body", "p", "r", "t"}


def test_a_text_of_a_megabyte_is_cut(ours: Parts) -> None:
    made = filled(ours, line("{{ x }}"), x="A" * 2**20)
    assert len(made) < caps.DOCX_TEXT + 500
    assert "more characters" in made


def test_whitespace_of_the_part_stays(ours: Parts) -> None:
    made = filled(ours, line("a {%- if x -%} b {%- endif %} c"), x=1)
    assert shown(made) == ["a  b  c"]


# templates that cannot be used


def relation(kind: str, target: str, mode: str = "") -> bytes:
    more = f' TargetMode="{mode}"' if mode else ""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r" Type="{OFFICE}/{kind}" Target="{target}"{more}/></Relationships>'
    ).encode()


SETTINGS = "word/_rels/settings.xml.rels"
BROKEN = [
    pytest.param({SETTINGS: relation("attachedTemplate", "https://evil.example/a.dotm", "External")},
                 "settings.xml.rels names another template", id="remote template"),
    pytest.param({SETTINGS: relation("attachedTemplate", "file:///C:/a.dotm")},
                 "names another template", id="template"),
    pytest.param({"word/_rels/document.xml.rels": relation("image", "http://evil.example/a.png", "External")},
                 "document.xml.rels leads out of the file .image: http://evil", id="remote picture"),
    pytest.param({SETTINGS: relation("hyperlink", "file://server/share", "external")},
                 "leads out of the file", id="file link"),
    pytest.param({SETTINGS: relation("hyperlink", "javascript:alert(1)", "External")},
                 "leads out of the file", id="script"),
    pytest.param({SETTINGS: relation("oleObject", "embeddings/a.xml")}, "holds an object of another program", id="OLE"),
    pytest.param({SETTINGS: relation("aFChunk", "a.xml")}, "takes in a file of another format", id="altChunk"),
    pytest.param({SETTINGS: relation("package", "a.xml")}, "holds another file", id="package"),
    pytest.param({"word/vbaProject.bin": b"x"}, "word/vbaProject.bin is a program", id="macros"),
    pytest.param({"word/embeddings/oleObject1.bin": b"x"}, "oleObject1.bin is a program", id="embedded OLE"),
    pytest.param({"word/embeddings/a.xlsx": b"x"}, "a.xlsx is a file of another kind", id="workbook"),
    pytest.param({"word/media/a.svg": b"<svg/>"}, "a.svg is a file of another kind", id="SVG"),
    pytest.param({"../x.xml": b"<a/>"}, "is no name of a part", id="path"),
    pytest.param({"WORD/DOCUMENT.XML": b"<a/>"}, "stands there twice", id="twice"),
    pytest.param({"word/big.xml": b" " * (MAX_PART + 1)}, "word/big.xml makes it larger than 32 MB", id="bomb"),
    pytest.param({f"word/p{n}.xml": b"" for n in range(501)}, "more than 500 parts", id="parts"),
    pytest.param({DOCUMENT: b"<w:document>"}, "word/document.xml is no XML", id="no XML"),
    pytest.param({DOCUMENT: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "word/document.xml is no XML", id="entities"),
    pytest.param({DOCUMENT: b'<?xml version="1.0" encoding="latin-1"?><a>\xe9</a>'}, "is not UTF-8", id="encoding"),
    pytest.param({DOCUMENT: b'<x:document xmlns:x="urn:x"/>'}, "written in an unusual way", id="prefix"),
    pytest.param({DOCUMENT: body("<w:p>" * 250 + "</w:p>" * 250)}, "nested too deep", id="deep"),
    pytest.param({DOCUMENT: body("<w:p><w:r><w:instrText> DDE</w:instrText></w:r><w:r><w:instrText>AUTO c</w:instrText>"
                                 "</w:r></w:p>")}, "has a field DDEAUTO", id="DDE"),
    pytest.param({DOCUMENT: body('<w:p><w:fldSimple w:instr="INCLUDEPICTURE &quot;http://x&quot;"/></w:p>')},
                 "has a field INCLUDEPICTURE", id="fetched picture"),
    pytest.param({DOCUMENT: body(line("a {{ x"), line("}}"))}, "document.xml: '{{ x' is never closed", id="open"),
    pytest.param({DOCUMENT: body(line("{{ x {% if y %}"))}, "never closed", id="open before another"),
    pytest.param({DOCUMENT: body(line("{{ x y }}"))}, "document.xml: {{ x y }}: expected token", id="syntax"),
    pytest.param({DOCUMENT: body(line("ok {{ 1 }}"), line("{{ x|safe }}"))},
                 r"\{\{ x\|safe \}\}: No filter", id="safe"),
    pytest.param({DOCUMENT: body(line("{{ x|e }}"))}, "No filter named 'e'", id="escape"),
    pytest.param({DOCUMENT: body(line("{% include 'a' %}"))}, "include 'a' %} may not be used", id="include"),
    pytest.param({DOCUMENT: body(line("{% macro a() %}{% endmacro %}"))},
                 "may not be used in a Word template", id="macro"),
    pytest.param({DOCUMENT: body(line("{% set x %}a"))}, "may not be used", id="set block"),
    pytest.param({DOCUMENT: body(line("{%tc for x in y %}"))}, "may not be used", id="cells"),
    pytest.param({DOCUMENT: body(line("{%tr if x %}"))}, "stands in no row of a table", id="no row"),
    pytest.param({DOCUMENT: body(line("a {%p if x %}"))}, "needs a paragraph of its own", id="not alone"),
    pytest.param({DOCUMENT: body(rows("a {%tr if x %}", "{%tr endif %}"))},
                 "needs a row of its own", id="row not alone"),
    pytest.param({DOCUMENT: body(rows("{%tr for a in b %}"), rows("{%tr endfor %}"))},
                 "stands elsewhere", id="two tables"),
    pytest.param({DOCUMENT: body(rows("{% if a %}x"), line("y{% endif %}"))}, "stands elsewhere", id="crossing"),
    pytest.param({DOCUMENT: body(line("{%p if a %}"))}, "has no {% endif %}", id="never ends"),
    pytest.param({DOCUMENT: body(line("{% endfor %}"))}, "closes nothing", id="never begins"),
    pytest.param({DOCUMENT: body(line("{% for a in b %}{% endif %}"))}, "closes nothing", id="wrong end"),
    pytest.param({DOCUMENT: body("<w:p><w:pPr><w:sectPr/></w:pPr><w:r><w:t>{%p if a %}</w:t></w:r></w:p>")},
                 "where a section ends", id="section"),
    pytest.param({DOCUMENT: body(*[line("{% for a in b %}" * 30 + "{% endfor %}" * 30)])},
                 "nested too deep", id="blocks"),
    pytest.param({DOCUMENT: body(line("{{ 1 }}" * 5_001))}, "more than 5,000 marks", id="many"),
    pytest.param({"docProps/core.xml": b"<a>{% if x %}</a>"},
                 "core.xml: the document's properties may hold", id="properties"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "why"), BROKEN)
def test_what_is_refused_names_the_part(ours: Parts, changed: dict[str, bytes], why: str) -> None:
    with pytest.raises(BadBranding, match=why) as caught:
        template(packed({**ours, **changed}))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["application/vnd.ms-word.document.macroEnabled.main+xml", "application/x"])
def test_another_kind_of_document(ours: Parts, kind: str) -> None:
    types = ours["[Content_Types].xml"].replace(b"document.main+xml", b"").replace(b"#", b"")
    types = re.sub(rb'(/word/document.xml" ContentType=")[^"]*', rb"\g<1>" + kind.encode(), types)
    with pytest.raises(BadBranding, match=r"program|no Word document"):
        template(packed({**ours, "[Content_Types].xml": types}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7", packed({"a.xml": b"<a/>"})])
def test_what_is_no_word_file(content: bytes) -> None:
    with pytest.raises(BadBranding, match="no Word file"):
        template(content)


def test_a_directory_that_lies_about_a_size(ours: Parts) -> None:
    content = bytearray(packed({**ours, "word/a.xml": b"<a/>" + b" " * 2**21}))
    at = content.index(b"word/a.xml", content.index(b"PK\x01\x02")) - 46
    content[at + 24 : at + 28] = struct.pack("<I", 4)
    with pytest.raises(BadBranding):
        template(bytes(content))


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ("{{ x.__class__ }}", r"\{\{ x.__class__ \}\}: it cannot be filled: .*unsafe"),
        ("{{ nothing }}", r"\{\{ nothing \}\}: it cannot be filled: 'nothing' is undefined"),
        ("{{ x|attr('__class__') }}", "cannot be filled"),
        ("{{ x * 1000000000 }}", "numbers only"),
        ("{{ 'a' * 1000000000 }}", "numbers only"),
        ("{% for n in range(1000000000) %}{% endfor %}", "[Rr]ange"),
        ("{% for n in range(99999) %}{{ y }}{% endfor %}", "it writes more than 1 MB"),
    ],
)
def test_what_cannot_be_done_in_a_template(ours: Parts, mark: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_fill, "MAX_OUTPUT", 2**20)
    with pytest.raises(BadBranding, match=why) as caught:
        filled(ours, line("ok"), line("{{ x }}"), line(mark), x="a", y="b" * 900)
    assert str(caught.value).startswith(DOCUMENT)


def test_nothing_is_worked_out_while_a_template_is_read(ours: Parts) -> None:
    """A constant of a gigabyte would be made by Jinja2 itself, in a process without bounds."""
    made = template(packed({**ours, DOCUMENT: body(line("{{ '%02000000d'|format(1)|length }}"))}))
    assert "000000" not in made.sources[DOCUMENT][1].environment.compile(
        made.sources[DOCUMENT][0].text, raw=True
    ).replace("02000000", "")


# the report


def rendered(data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS["docx"].render(data, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def word() -> Parts:
    return read(rendered(whole(6)))


def test_headings_captions_and_repeated_header_rows(word: Parts) -> None:
    root = ET.fromstring(word[DOCUMENT])  # noqa: S314 (our own)
    told = [
        ((style.get(f"{W}val") or ""), "".join(t.text or "" for t in p.iter(f"{W}t")))
        for p in root.iter(f"{W}p")
        for style in p.iter(f"{W}pStyle")
    ]
    heads = [text for style, text in told if style == "Heading1"]
    assert heads == [
        "Summary", "What could not be looked at", "Verdict", "Findings by severity", "Coverage by area", "Remediation",
        "Appendix: what this report can be checked by",
    ]  # fmt: skip
    groups = [text for style, text in told if style == "Heading2"]
    assert [text for text in groups if text in ("Critical", "High", "Medium", "Low", "Info")] == [
        "Critical", "High", "Medium", "Low", "Info",
    ]  # fmt: skip
    tables = list(root.iter(f"{W}tbl"))
    assert len(tables) == sum(style == "Caption" for style, _ in told) > 10
    assert all(len(list(table.iter(f"{W}tblHeader"))) == 1 for table in tables)
    known = {style.get(f"{W}styleId") for style in ET.fromstring(word["word/styles.xml"])}  # noqa: S314 (our own)
    assert {style for style, _ in told} <= known
    text = word[DOCUMENT].decode()
    for words in ("Why it matters:", "What to do first:", "What to do properly:", "report.json, sha256 "):
        assert words in text
    assert "{{" not in text
    assert "{%" not in text


def test_title_language_and_times_are_those_of_the_report(word: Parts) -> None:
    core = word["docProps/core.xml"].decode()
    assert "<dc:title>Fenmarsh Courts Service: Technical view ECR-42-" in core
    assert core.count("2025-03-03T09:12:") == 2, "made and changed when the scan ended"
    assert 'w:lang w:val="en-GB"' in word["word/styles.xml"].decode()
    assert "OFFICIAL: SENSITIVE (sample)" in word["word/header.xml"].decode()


def test_no_time_and_no_user_of_ours_is_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(rendered(seen(whole(2), View.BOARD)))) as made:
        assert {(entry.date_time, entry.create_system) for entry in made.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}


@pytest.mark.parametrize(("view", "supplier"), [(View.BOARD, None), (View.SUPPLIER, "larkspur")])
def test_a_view_is_shorter_and_a_supplier_sees_nothing_of_others(view: View, supplier: str | None) -> None:
    parts = read(rendered(seen(whole(8), view, supplier)))
    text = b"".join(parts.values()).decode()
    assert LABELS[view].replace("'", "&#39;") in text
    assert ("Findings by severity" in text) is (view is View.SUPPLIER)
    if view is View.SUPPLIER:
        assert "Larkspur" in text
        assert "Quill" not in text


def test_tables_are_capped_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("PDF_FINDINGS", 2), ("PDF_PLAN", 3), ("PDF_EVIDENCE", 4), ("PDF_OCCURRENCES", 1)):
        monkeypatch.setattr(caps, name, most)
    text = read(rendered(whole(8)))[DOCUMENT].decode()
    assert "Evidence index; the first 4 of " in text
    assert "all in the JSON report (sha256 on the cover)" in text
    assert re.search(r"\d+ more issues, less severe than these, stand in report\.json \(sha256 [0-9a-f]{64}\)\.", text)
    assert "Where: 1 of " in text
    assert text.count("What to do first:") == 2


def test_our_template_is_as_it_was_reviewed() -> None:
    """It is made of code; who changes it on purpose looks at it in Word or LibreOffice, and says so here."""
    parts = docx_template.made(), docx_template.made()
    assert parts[0] == parts[1]
    told = "".join(f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in read(parts[0]).items())
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "184e01f6dfd45a7f"


def test_every_name_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "report-formats.md").read_text()
    told = set(re.findall(r"\w+", page.partition("| name | is |")[2].partition("\n\n")[0]))
    found = names(whole(4), whole=True)
    assert found.pop("report")["counts"]
    assert (found.keys() | set(_keys(found))) - told - {"rows"} == set()


def _keys(told: object) -> Iterator[str]:
    """Of all that is inside it."""
    if isinstance(told, dict):
        yield from told
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            yield from _keys(one)


def test_an_accent_colours_the_headings() -> None:
    made = read(docx_template.made("#7a1f4e"))["word/styles.xml"].decode()
    assert made.count('w:color w:val="7A1F4E"') == 4


def test_a_template_of_ones_own_sees_the_view_and_the_json(ours: Parts) -> None:
    inner = line("{{ report.counts.total.issues }} of {{ estate }}, {{ findings|length }} told")
    own = Branding(document=packed({**ours, DOCUMENT: body(inner)}), document_name="x/report.docx", marking="SECRET")
    data = replace(whole(4), branding=own)
    made = read(rendered(data))
    assert shown(made[DOCUMENT].decode())[0].startswith(f"{len(data.issues)} of Fenmarsh Courts Service, ")
    assert "SECRET" in made["word/header.xml"].decode()
    assert not template(docx_template.made()).whole, "the JSON report of a large estate is not made for nothing"
    broken = replace(own, document=packed({**ours, DOCUMENT: body(line("{{ report.nothing }}"))}))
    with pytest.raises(FormatError, match=r"x/report\.docx: word/document\.xml: \{\{ report.nothing \}\}: it cannot"):
        rendered(replace(data, branding=broken))


OFFICE_PROGRAM = shutil.which("soffice")


@pytest.mark.soak
@pytest.mark.skipif(
    OFFICE_PROGRAM is None or not list(Path("/usr/lib/libreoffice/program").glob("libsw*lo.so")),
    reason="LibreOffice Writer is not installed: apt-get install --no-install-recommends libreoffice-writer-nogui",
)
def test_libreoffice_opens_it_and_hostile_text_is_only_text(tmp_path: Path) -> None:
    (tmp_path / "hostile.docx").write_bytes(rendered(seen(whole_hostile(1), View.BOARD)))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [str(OFFICE_PROGRAM), profile, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "hostile.docx"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = (tmp_path / "hostile.txt").read_text("utf-8-sig")
    assert "<script>alert(1)</script>" in text
    assert "=1+1|cmd" in text
    assert "Appendix: what this report can be checked by" in text
