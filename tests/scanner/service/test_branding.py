"""White label: a report in somebody's own dress, and what cannot be put on: programs, other files, endless work."""

import io
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from jinja2 import TemplateError

from reports.branding import PNG, BadBranding, Branding, colour, contrast, logo
from reports.branding_sections import section_html
from reports.formats import FORMATS
from reports.report import ReportData
from scanner.service import branding
from scanner.service.branding import dressed, read
from tests.reports.sample import hostile, sample

YAML = """\
logo: logo.png
logo_alt: The arms of Fenmarsh
marking: RESTRICTED TO THE BOARD
accent: "#7a1f4e"
accent_dark: "#f0a0c8"
sections:
  - {title: Word of the director, template: word.html.j2}
"""
WORD = """\
<p>Of {{ report.estate.name }}: {{ report.counts.total.issues }} issues.</p>
<table><caption>Worst</caption><tbody>
{% for issue in report.issues[:3] %}
<tr><th scope="row">{{ issue.check_id }}</th><td>{{ issue.occurrences[0].observed }}</td></tr>
{% endfor %}
</tbody></table>
<p><a href="https://example.org/help">Help</a></p>
"""


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, extra: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + b"\x10\x20\x30" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2, comment: bytes = b"") -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    told = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return (
        b"\xff\xd8" + told + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\x00\x02\x00\xff\xd9"
    )


def folder(path: Path, files: Mapping[str, str | bytes]) -> Path:
    whole: dict[str, str | bytes] = {"branding.yaml": YAML, "word.html.j2": WORD, "logo.png": png(), **files}
    for name, content in whole.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rendered(name: str, data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS[name].render(data, out)
    return out.getvalue()


def test_it_is_worn_and_the_facts_are_the_same_bytes(tmp_path: Path) -> None:
    plain = sample(6)
    data = dressed(plain, read(folder(tmp_path, {})))
    page = rendered("html", data).decode()
    assert 'alt="The arms of Fenmarsh"' in page
    assert "RESTRICTED TO THE BOARD" in page
    assert "OFFICIAL: SENSITIVE" not in page
    assert "--cover: #7a1f4e" in page
    assert re.search(
        r'<h2 id="own-1-h">Word of the director</h2>\s*<p>Of Fenmarsh Courts Service: \d+ issues\.</p>', page
    )
    assert "img-src data:; " in page
    for name in ("json", "csv", "sarif", "oscal-poam"):
        assert rendered(name, data) == rendered(name, plain)


def test_the_pdf_wears_it_too(tmp_path: Path) -> None:
    from reports.formats import pdf

    page = pdf.html(dressed(sample(3), read(folder(tmp_path, {}) / "branding.yaml")))
    assert '<img class="logo" src="data:image/png;base64,' in page
    assert "--accent: #7a1f4e" in page
    assert '<p class="marking">RESTRICTED TO THE BOARD</p>' in page
    assert "Word of the director" in page


def test_without_a_logo_no_picture_is_allowed(tmp_path: Path) -> None:
    data = dressed(sample(2), read(folder(tmp_path, {"branding.yaml": "marking: X"})))
    assert "img-src" not in rendered("html", data).decode()


def test_what_a_target_sent_stays_text_in_a_section(tmp_path: Path) -> None:
    data = dressed(hostile(4), read(folder(tmp_path, {})))
    assert data.branding is not None
    body = data.branding.sections[0].body
    assert "<script" not in body
    assert "\x1b" not in body
    assert "\u202e" not in body
    assert "&lt;script&gt;" in body


# the sandbox


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ ''.__class__ }}", "unsafe|__class__"),
        ("{{ ''['__class__'] }}", "unsafe|__class__|undefined"),
        ("{{ ''|attr('__class__') }}", "unsafe|__class__|undefined"),
        ("{{ report.__class__.__mro__ }}", "unsafe|__class__"),
        ("{{ ''.__class__.__base__.__subclasses__() }}", "unsafe|__class__"),
        ("{{ report.items.__globals__ }}", "unsafe|__globals__|undefined"),
        ("{{ '{0.__class__}'.format(report) }}", "unsafe|__class__"),
        ("{{ self.__init__.__globals__ }}", "unsafe|__init__|undefined"),
        ("{{ cycler.__init__ }}", "cycler|unsafe"),
        ("{{ report.update({'a': 1}) }}", "unsafe|not safely|update"),
        ("{{ report.issues.append(1) }}", "unsafe|not safely|append"),
        ("{{ report.nothing }}", "no attribute 'nothing'"),
        ("{{ config }}", "'config' is undefined"),
        ("{% for n in range(10**9) %}{% endfor %}", r"\*\* is not there"),
        ("{% for n in range(1000000000) %}{% endfor %}", "[Rr]ange"),
        ("{{ 'a' * 1000000000 }}", "numbers only"),
        ("{{ '%0999999999d' % 1 }}", "numbers only"),
        ("{{ 'a'.ljust(4000000000) }}", "uses more than"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "calls itself without end"),
        (
            "{% for n in range(9999) %}{% for m in range(999) %}xxxxxxx{% endfor %}{% endfor %}",
            "writes more than 1 MB",
        ),
        ("{{ 'x'|safe }}", "No filter named 'safe'"),
        ("{% autoescape false %}{{ report.estate.name }}{% endautoescape %}", "autoescape may not be used"),
        ("{% include 'branding.yaml' %}", "include may not be used"),
        ("{% import '/etc/passwd' as x %}", "import may not be used"),
        ("{% from 'x' import y %}", "import may not be used"),
        ("{% extends 'section' %}", "extends may not be used"),
        ("{% for %}", "no template"),
        ("<script>alert(1)</script>", "<script> may not be used"),
        ("<p onclick='x'>a</p>", "may not have 'onclick'"),
        ("<p style='x'>a</p>", "may not have 'style'"),
        ("<a href='javascript:alert(1)'>a</a>", "a link in a section"),
        ("<a href='http://example.org'>a</a>", "a link in a section"),
        ("<img src='https://example.org/x.png'>", "<img> may not be used"),
        ("<meta http-equiv='refresh'>", "<meta> may not be used"),
        ("</section></main>", "closes nothing"),
        ("<p>open", "never closed"),
        ("<!DOCTYPE html>", "a section is a part of a page"),
        ("<?php x ?>", "a section is a part of a page"),
        ("<svg><p>x</p></svg>", "<svg> may not be used"),
    ],
)
def test_what_cannot_be_done_in_a_section(tmp_path: Path, source: str, why: str) -> None:
    with pytest.raises(BadBranding, match=why) as caught:
        dressed(sample(2), read(folder(tmp_path, {"word.html.j2": f"<p>a</p>\n{source}"})))
    assert "word.html.j2" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert (
        "line 2" in str(caught.value)
        or why in ("uses more than", "never closed", "calls itself without end")
        or ("range" in source)
    )


def test_endless_work_ends(tmp_path: Path) -> None:
    busy = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(BadBranding, match="took more than 1 s"):
        dressed(sample(1), read(folder(tmp_path, {"word.html.j2": busy})), seconds=1.0)


def test_a_section_never_sees_more_than_the_json() -> None:
    import inspect

    assert "report=report" in inspect.getsource(branding._rendered)
    with pytest.raises(TemplateError):
        branding._rendered("{{ data.assets }}", {"estate": {}})


# what is handed in


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"branding.yaml": "colour: red"}, "there is no 'colour'"),
        ({"branding.yaml": "a: [1"}, r"branding\.yaml line 1: it cannot be read as YAML"),
        ({"branding.yaml": "- a"}, "no list of names and values"),
        ({"branding.yaml": "marking: 7"}, "marking is a text"),
        ({"branding.yaml": "!!python/object/apply:os.system ['id']"}, "cannot be read as YAML"),
        ({"branding.yaml": 'accent: "red"'}, "'red' is no colour"),
        ({"branding.yaml": 'accent: "#ffff00"'}, "has a contrast of 1.07"),
        ({"branding.yaml": 'accent_dark: "#000000"'}, "choose a lighter one"),
        ({"branding.yaml": "logo: ../../etc/passwd"}, "not in the folder"),
        ({"branding.yaml": "logo: none.png"}, "cannot be read"),
        ({"branding.yaml": "sections: [{title: a}]"}, "a section has a title and a template"),
        ({"branding.yaml": "sections: [{title: a, template: /etc/passwd}]"}, "not in the folder"),
        ({"branding.yaml": "sections: 7"}, "a list of at most 20"),
        ({"logo.png": b"<?xml?><svg onload='x'></svg>"}, "SVG, which can hold programs"),
        ({"logo.png": b"GIF89a"}, "neither PNG nor JPEG"),
        ({"logo.png": png()[:-14]}, "damaged PNG"),
        ({"logo.png": png()[:-12]}, "ends too early"),
        ({"logo.png": png().replace(b"IDAT", b"IDAU")}, "damaged PNG"),
        ({"logo.png": png(5000, 1)}, "5000 by 1 pixels"),
        ({"logo.png": png() + b"x" * 600_000}, "larger than 512 KB"),
        ({"logo.png": b"\xff\xd8\xff"}, "JPEG that ends too early"),
        ({"logo.png": jpeg(9000)}, "9000 by 2 pixels"),
        ({"word.html.j2": b"\xff\xfe"}, "not text in UTF-8"),
    ],
)
def test_what_is_refused_names_the_file(tmp_path: Path, files: dict[str, str | bytes], why: str) -> None:
    with pytest.raises(BadBranding, match=why) as caught:
        read(folder(tmp_path, files))
    assert str(tmp_path) in str(caught.value)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    made = folder(tmp_path / "there", {"branding.yaml": "logo: out.png"})
    (tmp_path / "secret").write_bytes(png())
    (made / "out.png").symlink_to(tmp_path / "secret")
    with pytest.raises(BadBranding, match="not in the folder"):
        read(made)


def test_only_what_is_drawn_is_kept_of_a_picture() -> None:
    hidden = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") + chunk(b"eXIf", b"where it was taken")
    assert logo(png(extra=hidden) + b"PK\x03\x04 something behind", "x").content == png()
    told = logo(jpeg(comment=b"<script>"), "x")
    assert (told.kind, told.content) == ("image/jpeg", jpeg())


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == ratio
    assert contrast(one, other) == contrast(other, one)


def test_the_edge_of_contrast() -> None:
    assert colour("#6B6B6B") == "#6b6b6b"
    with pytest.raises(BadBranding, match="contrast"):
        colour("#777777")


def test_a_style_holds_nothing_but_colours() -> None:
    assert "}" not in Branding(accent=colour("#14293d")).accent
    with pytest.raises(BadBranding):
        colour("#14293d; } body { display: none")


def test_html_is_written_anew() -> None:
    told = section_html('<p>a &amp; b &lt;i&gt;<br/>c</p><!-- x --><th scope="row" colspan="2">n</th>')
    assert told == '<p>a &amp; b &lt;i&gt;<br>c</p><th scope="row" colspan="2">n</th>'
