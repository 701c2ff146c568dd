"""A Word template in the branding folder: found, refused by name, filled within bounds; and ours to begin from."""

from pathlib import Path

import pytest
import typer

from reports.branding import BadBranding
from reports.docx_package import read as unpacked
from reports.docx_package import write
from reports.docx_template import made
from scanner.cli.report_word import word_template
from scanner.service import rendering
from scanner.service.branding import dressed, read
from scanner.service.rendering import CannotRender, render
from tests.reports.sample import sample

TITLE = b"{{ title }}"


def folder(path: Path, instead: bytes = TITLE) -> Path:
    """With a template of one line."""
    parts = unpacked(made())
    head, _, _ = parts["word/document.xml"].partition(b"<w:p>")
    line = b"<w:p><w:r><w:t>" + instead + b"</w:t></w:r></w:p>"
    parts["word/document.xml"] = head + line + b"</w:body></w:document>"
    with (path / "report.docx").open("wb") as out:
        write(parts, out)
    return path


def filled(path: Path, instead: bytes, out: Path) -> str:
    render("docx", dressed(sample(1), read(folder(path, instead))), out, seconds=5.0)
    return unpacked(out.read_bytes())["word/document.xml"].decode()


def test_it_is_found_beside_branding_yaml_or_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.docx"
    assert "Ours: Technical view" in filled(tmp_path, b"Ours: {{ title }}", out)
    (tmp_path / "branding.yaml").write_text("marking: SECRET\n")
    assert "SECRET and 1" in filled(tmp_path, b"{{ marking }} and {{ report.assets|length }}", out)


def test_without_one_it_is_ours(tmp_path: Path) -> None:
    (tmp_path / "branding.yaml").write_text('accent: "#7a1f4e"\n')
    data = dressed(sample(1), read(tmp_path))
    assert data.branding is not None
    assert data.branding.document is None
    render("docx", data, tmp_path / "out.docx")
    assert b'w:val="7A1F4E"' in unpacked((tmp_path / "out.docx").read_bytes())["word/styles.xml"]


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (b"{{ title", r"report\.docx: word/document\.xml: '\{\{ title' is never closed"),
        (b"{{ title|safe }}", r"report\.docx: word/document\.xml: \{\{ title\|safe \}\}: No filter named 'safe'"),
    ],
)
def test_what_is_refused_is_said_before_anything_is_written(tmp_path: Path, instead: bytes, why: str) -> None:
    with pytest.raises(BadBranding, match=why) as caught:
        read(folder(tmp_path, instead))
    assert str(caught.value).startswith(str(tmp_path))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    folder(tmp_path)
    (tmp_path / "there" / "report.docx").symlink_to(tmp_path / "report.docx")
    with pytest.raises(BadBranding, match="not in the folder"):
        read(tmp_path / "there")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(b"PK" + b" " * 5 * 2**20)
    with pytest.raises(BadBranding, match=r"report\.docx is larger than 4096 KB"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (b"{{ report.nothing }}", r"report\.docx: word/document\.xml: \{\{ report\.nothing \}\}: it cannot be filled"),
        (b"{{ 'a'.ljust(4000000000) }}", "it uses more than 1024 MB"),
    ],
)
def test_what_cannot_be_filled_names_the_mark(tmp_path: Path, instead: bytes, why: str) -> None:
    with pytest.raises(CannotRender, match=why):
        filled(tmp_path, instead, tmp_path / "out.docx")


def test_endless_work_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "OWN_SECONDS", 0.3)
    busy = b"{{ range(99999)|map('string')|list|sort|join|length }}" * 50
    with pytest.raises(CannotRender, match="took more than 0 s and was stopped; mend the Word template"):
        filled(tmp_path, busy, tmp_path / "out.docx")


def test_ours_is_written_as_a_file_and_never_over_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.docx"
    word_template(path)
    assert path.read_bytes() == made()
    assert "keep the {{ marks }}" in capsys.readouterr().err
    assert read(tmp_path).plain.document == made()
    for bad, why in ((path, "is there already"), (tmp_path / "none" / "a.docx", "cannot be written")):
        with pytest.raises(typer.Exit):
            word_template(bad)
        assert why in capsys.readouterr().err
