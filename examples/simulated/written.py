"""The reports of the simulated year, written by the product's own formats."""

import hashlib
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from examples.simulated.people import RECORD, worthless_key
from examples.simulated.year import World
from reports.formats import FORMATS
from reports.report import ReportData
from reports.views import View, seen
from scanner.service.rendering import CannotRender, render
from scanner.service.report import report_data
from scanner.service.report_pack.export import export

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


def _pack(world: World, scan: int, path: Path) -> Path:
    with path.open("w+b") as out:
        export(world.store, world.checks, scan, worthless_key(RECORD), out, world.clock.now)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
