"""The reports of the simulated year, written by the product's own formats: all of them, in all views, and the pack."""

import hashlib
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from examples.simulated.names import SUPPLIERS
from examples.simulated.people import RECORD, worthless_key
from examples.simulated.year import World
from reports import compare_html, compare_json, compare_terminal, root_cause_files
from reports.formats import FORMATS
from reports.report import ReportData
from reports.views import View, seen
from scanner.service.compare import since
from scanner.service.rendering import CannotRender, render
from scanner.service.report import report_data
from scanner.service.report_pack.export import export
from scanner.service.root_cause import PATCHING, About, root_cause

LAYS_OUT = "pdf"  # takes longer than all the others together


def reports(world: World, scan: int, folder: Path) -> Iterator[Path]:
    """Each file as soon as it stands."""
    data = report_data(world.store, scan, world.checks)
    pages = folder / f"report{FORMATS[LAYS_OUT].suffix}"
    slow = get_context("fork").Process(target=render, args=(LAYS_OUT, data, pages))
    slow.start()  # on the other core
    for name in sorted(set(FORMATS) - {LAYS_OUT}):
        path = folder / f"report{FORMATS[name].suffix}"
        render(name, data, path)
        yield path
    for words, view in _views(data):
        path = folder / f"report.{words}{FORMATS['html'].suffix}"
        render("html", view, path)
        yield path
    yield from _more(world, data, folder)
    yield _pack(world, scan, folder / "report.evidence.zip")
    slow.join()
    if slow.exitcode:
        raise CannotRender("the PDF could not be made")
    yield pages


def _views(data: ReportData) -> Iterator[tuple[str, ReportData]]:
    for view in (View.ACCREDITOR, View.BOARD, View.TECHNICAL):
        yield view.value, seen(data, view)
    for supplier in sorted(data.suppliers):
        yield f"{View.SUPPLIER}-{supplier}", seen(data, View.SUPPLIER, supplier)


def _more(world: World, data: ReportData, folder: Path) -> Iterator[Path]:
    """What changed since the first scan of the year; where the time went, for missing patches and one supplier."""
    change = since(world.store, world.checks, data, str(world.first)).since if data.scan_id > world.first else None
    if change:
        yield _kept(folder / "report.change.html", compare_html.render(change))
        yield _kept(folder / "report.change.json", compare_json.render(change))
        yield _kept(folder / "report.change.txt", compare_terminal.render(change).encode())
    for about in (About(theme=PATCHING), About(supplier=SUPPLIERS[1].id)):
        told = root_cause(world.store, world.checks, data.scan_id, about, data)
        name = f"report.root-cause-{about.theme or about.supplier}"
        yield _kept(folder / f"{name}.html", root_cause_files.as_html(told))
        yield _kept(folder / f"{name}.csv", root_cause_files.as_csv(told))


def _kept(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _pack(world: World, scan: int, path: Path) -> Path:
    with path.open("w+b") as out:
        export(world.store, world.checks, scan, worthless_key(RECORD), out, world.clock.now)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
