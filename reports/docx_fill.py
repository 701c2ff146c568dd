"""Fills a Word template: only marked places change. Pure; time and memory are bounded by whoever runs it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2

from reports import caps, docx_marks
from reports.branding import WORD_MEMORY, BadBranding
from reports.docx_marks import BLOCK, BLOCK_END, NOTE, NOTE_END, RETURN, VALUE, VALUE_END, Source
from reports.docx_package import Parts, filled, read, shown, xml
from reports.sandbox import FAULTS, Sandbox, line, look, words
from reports.text import safe_text

MAX_OUTPUT = 32 * 1024 * 1024  # characters of all parts together
_ROWLESS = re.compile(r"<w:tbl>(?:(?!<w:tbl>|<w:tr[ >]|</w:tbl>).)*</w:tblGrid>\s*</w:tbl>", re.DOTALL)
_EMPTY_CELL = re.compile(r"(<w:tc(?: [^<>]*)?>|</w:tcPr>|<w:tcPr/>|</w:tbl>)(\s*)(?=</w:tc>)")
_REPORT = re.compile(r"\breport\b")
_DRAWING = re.compile(r"(<wp:docPr [^<>]*?\bid=[\"'])(\d{1,10})(?=[\"'])")


@dataclass(frozen=True, slots=True)
class Template:
    """A file that was read and looked at."""

    parts: Parts
    sources: Mapping[str, tuple[Source, jinja2.Template]]  # of the parts that are filled

    @property
    def whole(self) -> bool:
        """Whether a mark speaks of ``report``, the whole JSON report, which is large."""
        return any(_REPORT.search(mark.said) for source, _ in self.sources.values() for _, mark in source.lines)


def template(content: bytes) -> Template:
    """Raises :class:`BadBranding`: which part, which mark, and what is wrong with it."""
    parts = read(content)
    sources = dict[str, tuple[Source, jinja2.Template]]()
    for name, running in filled(parts):
        made = docx_marks.source(name, parts[name]) if running else docx_marks.properties(name, parts[name])
        if made.text.replace(RETURN, "\r") != parts[name].decode("utf-8-sig"):
            sources[name] = made, _look(name, made)
    return Template(parts, sources)


def _look(name: str, source: Source) -> jinja2.Template:
    try:
        return look(environment(), source.text, "a Word template")
    except jinja2.TemplateSyntaxError as fault:
        raise BadBranding(f"{shown(name)}: {source.at(fault.lineno)}: {safe_text(fault.message or '', 200)}") from fault


def environment() -> Sandbox:
    """Every value becomes text that can be shown, clipped, and then escaped: there is no markup but the template's."""
    made = Sandbox(
        _shown,
        block_start_string=BLOCK,
        block_end_string=BLOCK_END,
        variable_start_string=VALUE,
        variable_end_string=VALUE_END,
        comment_start_string=NOTE,
        comment_end_string=NOTE_END,
        keep_trailing_newline=True,
    )
    for name in ("e", "escape"):
        made.filters.pop(name)
    return made


def _shown(value: object) -> str:
    return "" if value is None else safe_text(str(value), caps.DOCX_TEXT)


def fill(template: Template, names: Mapping[str, Any]) -> Parts:
    """Raises :class:`BadBranding`. Parts without a mark are the template's, byte for byte."""
    made, left = dict(template.parts), MAX_OUTPUT
    for name, (source, ready) in template.sources.items():
        text = _filled(name, source, ready, names, left)
        left -= len(text)
        made[name] = _whole(text).encode()
        xml(name, made[name])  # or a program that opens it would have to guess
    return made


def _filled(name: str, source: Source, ready: jinja2.Template, names: Mapping[str, Any], most: int) -> str:
    pieces, size = list[str](), 0
    try:
        for piece in ready.generate(names):
            size += len(piece)
            if size > most:
                raise BadBranding(f"{shown(name)}: it writes more than {MAX_OUTPUT // 2**20} MB")
            pieces.append(piece)
    except FAULTS as fault:
        mark = source.at(line(fault))
        raise BadBranding(
            f"{shown(name)}: {mark}{': ' if mark else ''}it cannot be filled: {words(fault, WORD_MEMORY)}"
        ) from fault
    return "".join(pieces)


def _whole(text: str) -> str:
    """What Word asks for and a loop takes away or repeats: rows in a table, a paragraph in a cell, ids of pictures."""
    text = _ROWLESS.sub("<w:p/>", text.replace(RETURN, "\r"))
    text = _EMPTY_CELL.sub(r"\1\2<w:p/>", text)
    known, most = set[str](), max((int(number) for _, number in _DRAWING.findall(text)), default=0)

    def numbered(match: re.Match[str]) -> str:
        number = str(most + len(known)) if match[2] in known else match[2]
        known.add(number)
        return f"{match[1]}{number}"

    return _DRAWING.sub(numbered, text)
