"""Reads how a report is to be dressed: a folder with ``branding.yaml``, a logo, templates of sections, a Word template.

A template is Jinja2 in a sandbox (``reports.sandbox``). It is given ``report``, the JSON report as plain values, and
nothing else. It is rendered in a process of its own, bounded in time, memory and output. What it writes is checked once
more (``reports.branding_sections``).
"""

import json
import multiprocessing
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateSyntaxError
from jinja2.loaders import DictLoader

from reports.branding import DARK_GROUNDS, BadBranding, Branding, Section, colour, logo
from reports.branding_sections import section_html
from reports.docx_fill import template
from reports.docx_package import MAX_PACKED
from reports.formats.json_file import encoded
from reports.report import ReportData
from reports.sandbox import FAULTS, Sandbox, line, look, words
from reports.text import safe_text
from scanner.service.bounds import bound_memory

FILE = "branding.yaml"
DOCUMENT = "report.docx"  # the Word template, beside it
KEYS = frozenset({"logo", "logo_alt", "marking", "accent", "accent_dark", "sections"})
MAX_YAML = 64 * 1024
MAX_TEMPLATE = 256 * 1024
MAX_OUTPUT = 1024 * 1024  # characters of one section
MAX_SECTIONS = 20
MAX_TEXT = 200
SECONDS = 20.0
MEMORY = 512 * 1024 * 1024  # that a template may use beside what was there


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A section before it is rendered."""

    title: str
    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class Dress:
    """A folder that was read and checked; its sections wait for a report."""

    plain: Branding
    wanted: tuple[_Wanted, ...]


def read(path: Path) -> Dress:
    """``path``: the folder, or its ``branding.yaml``. Raises :class:`BadBranding`, with file and line."""
    file = path / FILE if path.is_dir() else path
    word = file.with_name(DOCUMENT)
    told = _document(file) if file.exists() or not word.exists() else {}
    unknown = sorted(set(told) - KEYS)
    if unknown:
        raise BadBranding(f"{file}: there is no {unknown[0][:40]!r}; it may have {', '.join(sorted(KEYS))}")
    picture = _text(file, told, "logo")
    accent, dark = _text(file, told, "accent"), _text(file, told, "accent_dark")
    document = _word(file) if word.exists() else None
    with _about(file):
        made = Branding(
            logo=logo(_bytes(file, picture), _text(file, told, "logo_alt") or "Logo") if picture else None,
            marking=safe_text(_text(file, told, "marking"), MAX_TEXT),
            accent=colour(accent) if accent else "",
            accent_dark=colour(dark, DARK_GROUNDS) if dark else "",
            document=document,
            document_name=str(word),
        )
    return Dress(made, tuple(_sections(file, told.get("sections"))))


def dressed(data: ReportData, dress: Dress, seconds: float = SECONDS) -> ReportData:
    """The report in its dress. Raises :class:`BadBranding`, naming template and line."""
    if not dress.wanted:
        return replace(data, branding=dress.plain)
    report = json.loads(encoded(data)[1])
    sections = tuple(_section(one, report, seconds) for one in dress.wanted)
    return replace(data, branding=replace(dress.plain, sections=sections))


class _about:  # noqa: N801 (reads as a word)
    """Puts the file's name before what is wrong."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        if isinstance(fault, BadBranding) and not str(fault).startswith(str(self._file.parent)):
            place = f"{self._file} line {fault.line}" if fault.line else str(self._file)
            raise BadBranding(f"{place}: {fault}", fault.line) from fault


def _document(file: Path) -> dict[str, Any]:
    data = _read(file, MAX_YAML)
    try:
        told = yaml.safe_load(data)
    except (yaml.YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        raise BadBranding(f"{file}{place}: it cannot be read as YAML", mark.line + 1 if mark else 0) from fault
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(isinstance(key, str) for key in told):
        raise BadBranding(f"{file}: it holds no list of names and values, such as `marking: OFFICIAL`")
    return told


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as fault:
        raise BadBranding(f"{path} cannot be read: {fault.strerror}") from fault
    if len(data) > most:
        raise BadBranding(f"{path} is larger than {most // 1024} KB")
    return data


def _text(file: Path, told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadBranding(f"{file}: {name} is a text of at most {MAX_TEXT} characters")
    return value


def _inside(file: Path, name: str) -> Path:
    """A file beside ``branding.yaml``; links and names that lead elsewhere are refused."""
    folder = file.parent.resolve()
    found = (folder / name).resolve()
    if not found.is_relative_to(folder):
        raise BadBranding(f"{file}: {name[:80]!r} is not in the folder of this file")
    return found


def _bytes(file: Path, name: str) -> bytes:
    return _read(_inside(file, name), 4 * 1024 * 1024)


def _word(file: Path) -> bytes:
    """It is filled later, by ``scanner.service.rendering``; whatever may not be in it is said now."""
    path = _inside(file, DOCUMENT)
    content = _read(path, MAX_PACKED)
    with _about(path):
        template(content)
    return content


def _sections(file: Path, told: object) -> list[_Wanted]:
    if told is None:
        return []
    if not isinstance(told, list) or len(told) > MAX_SECTIONS:
        raise BadBranding(f"{file}: sections is a list of at most {MAX_SECTIONS}, each with title and template")
    return [_one_section(file, one) for one in told]


def _one_section(file: Path, told: object) -> _Wanted:
    if not isinstance(told, dict) or set(told) != {"title", "template"}:
        raise BadBranding(f"{file}: a section has a title and a template, and nothing else")
    title, path = _text(file, told, "title"), _inside(file, _text(file, told, "template"))
    try:
        source = _read(path, MAX_TEMPLATE).decode()
    except UnicodeDecodeError as fault:
        raise BadBranding(f"{path}: it is not text in UTF-8") from fault
    with _about(path):
        _look(source)
    return _Wanted(safe_text(title), path, source)


# the sandbox


def _environment(source: str) -> Sandbox:
    return Sandbox(
        loader=DictLoader({"section": source}),
        finalize=lambda value: safe_text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _look(source: str) -> None:
    """Raises :class:`BadBranding` for what may not stand in a template, before any of it runs."""
    try:
        look(_environment(source), source, "a section")
    except TemplateSyntaxError as fault:
        raise BadBranding(f"it is no template: {fault.message}", fault.lineno) from fault


def _section(wanted: _Wanted, report: dict[str, Any], seconds: float) -> Section:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(wanted.source, report, there, seconds), daemon=True)
    child.start()
    there.close()
    try:
        told = here.recv() if here.poll(seconds) else None
    except EOFError:
        told = ("", f"it ran out of time or memory ({seconds:.0f} s, {MEMORY // 2**20} MB)", 0)
    finally:
        child.kill()
        child.join()
        here.close()
    with _about(wanted.path):
        if told is None:
            raise BadBranding(f"it took more than {seconds:.0f} s, and was stopped")
        text, why, place_line = told
        if why:
            raise BadBranding(why, place_line)
    try:
        return Section(wanted.title, section_html(text))
    except BadBranding as fault:
        place = f"{wanted.path}, line {fault.line} of what it writes" if fault.line else str(wanted.path)
        raise BadBranding(f"{place}: {fault}", fault.line) from fault


def _child(source: str, report: dict[str, Any], out: Connection, seconds: float) -> None:
    """In a process of its own: a text, or why there is none and in which line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both: the parent ends us
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    bound_memory(MEMORY)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        out.send((_rendered(source, report), "", 0))
    except BadBranding as fault:
        out.send(("", str(fault), fault.line))
    except FAULTS as fault:
        out.send(("", f"it cannot be rendered: {words(fault, MEMORY)}", line(fault)))


def _rendered(source: str, report: dict[str, Any]) -> str:
    pieces, size = list[str](), 0
    for piece in _environment(source).get_template("section").generate(report=report):
        size += len(piece)
        if size > MAX_OUTPUT:
            raise BadBranding(f"it writes more than {MAX_OUTPUT // 2**20} MB")
        pieces.append(piece)
    return "".join(pieces)
