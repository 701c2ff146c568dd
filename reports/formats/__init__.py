"""Report formats. To add one: write a file here, name it in ``FORMATS``. Others plug in through the entry point group
``estatecheck.formats``, whose objects follow :class:`reports.report.Format`."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import BinaryIO

from reports.report import Format, ReportData

GROUP = "estatecheck.formats"


class FormatError(Exception):
    """A report format cannot be used. The message says which and what to do."""


@dataclass(slots=True)
class _Ours:
    """A format of this package; its module (and what that imports: jinja2 for HTML) is loaded on first use."""

    suffix: str
    module: str

    def render(self, data: ReportData, out: BinaryIO) -> None:
        import_module(self.module).render(data, out)


FORMATS: Mapping[str, Format] = {
    "csv": _Ours(".csv", "reports.formats.csv_file"),
    "defectdojo": _Ours(".defectdojo.json", "reports.formats.defectdojo"),
    "docx": _Ours(".docx", "reports.formats.docx"),
    "html": _Ours(".html", "reports.formats.html"),
    "json": _Ours(".json", "reports.formats.json_file"),
    "junit": _Ours(".junit.xml", "reports.formats.junit"),
    "metrics": _Ours(".metrics.txt", "reports.formats.metrics"),
    "oscal-poam": _Ours(".oscal-poam.json", "reports.formats.oscal_poam"),
    "oscal-results": _Ours(".oscal-results.json", "reports.formats.oscal_results"),
    "pdf": _Ours(".pdf", "reports.formats.pdf"),
    "plan-csv": _Ours(".plan.csv", "reports.formats.plan_csv"),
    "sarif": _Ours(".sarif", "reports.formats.sarif"),
    "terminal": _Ours(".txt", "reports.formats.terminal"),
    "xlsx": _Ours(".xlsx", "reports.formats.xlsx"),
}


def names() -> tuple[str, ...]:
    """Every format that can be asked for, sorted. Loads none of them."""
    return tuple(sorted({*FORMATS, *_foreign()}))


def find(name: str) -> Format:
    """Raises :class:`FormatError` when there is no such format, or a plug-in's cannot be used."""
    if name in FORMATS:
        return FORMATS[name]
    entry = _foreign().get(name)
    if entry is None:
        raise FormatError(f"There is no report format {name!r}; choose one of: {', '.join(names())}.")
    return _load(entry)


def _foreign() -> dict[str, EntryPoint]:
    """Plug-ins by name. One of our names stays ours."""
    return {e.name: e for e in entry_points(group=GROUP) if e.name not in FORMATS}


def _load(entry: EntryPoint) -> Format:
    try:
        found = entry.load()
    except (ImportError, AttributeError) as fault:
        raise FormatError(
            f"Report format {entry.name!r} ({entry.value}) cannot be loaded: {fault}. Reinstall or remove it."
        ) from fault
    if not (isinstance(getattr(found, "suffix", None), str) and callable(getattr(found, "render", None))):
        raise FormatError(
            f"Report format {entry.name!r} ({entry.value}) has no suffix and render(data, out). Ask its author."
        )
    return found  # type: ignore[no-any-return]  # a plug-in is untyped; its shape was looked at above
