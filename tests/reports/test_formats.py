"""Formats are found by name, and the same data gives the same bytes."""

import hashlib
import io
import os
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from reports import formats
from reports.report import ReportData
from tests.reports.sample import dark, hostile, sample

LIGHT = sorted(set(formats.FORMATS) - {"pdf"})  # it takes seconds, and has tests of its own
ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, io
from reports.formats import FORMATS
from tests.reports.sample import hostile, sample
for data in (sample(), hostile()):
    for name in sorted(set(FORMATS) - {"pdf"}):
        out = io.BytesIO(); FORMATS[name].render(data, out)
        print(name, hashlib.sha256(out.getvalue()).hexdigest())
"""


def digest(name: str, data: ReportData) -> str:
    out = io.BytesIO()
    formats.FORMATS[name].render(data, out)
    return hashlib.sha256(out.getvalue()).hexdigest()


@pytest.mark.parametrize("name", LIGHT)
def test_the_same_data_gives_the_same_bytes(name: str) -> None:
    assert digest(name, sample()) == digest(name, sample())
    assert digest(name, sample()) != digest(name, dark())


@pytest.mark.parametrize(("seed", "zone"), [("1", "UTC"), ("4242", "Asia/Kathmandu")])
def test_the_same_bytes_in_another_process(seed: str, zone: str) -> None:
    here = [f"{name} {digest(name, data)}" for data in (sample(), hostile()) for name in LIGHT]
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert there.stdout.splitlines() == here


def test_only_html_loads_jinja() -> None:
    program = (
        "import io, sys\nfrom reports.formats import FORMATS\nfrom tests.reports.sample import sample\n"
        "FORMATS['json'].render(sample(1), io.BytesIO()); FORMATS['terminal'].render(sample(1), io.BytesIO())\n"
        "print('jinja2' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "False"


def test_names_and_suffixes() -> None:
    suffixes = {name: form.suffix for name, form in formats.FORMATS.items()}
    assert suffixes.items() >= {"csv": ".csv", "html": ".html", "json": ".json", "terminal": ".txt"}.items()
    assert len(set(suffixes.values())) == len(suffixes), "each writes a file of its own"
    assert set(formats.FORMATS) <= set(formats.names())
    assert formats.find("json") is formats.FORMATS["json"]


class Foreign:
    """A third party's format."""

    suffix = ".foreign"

    def render(self, data: ReportData, out: io.BytesIO) -> None:
        out.write(data.estate.encode())


FOREIGN = Foreign()
NO_FORMAT = object()


@pytest.fixture
def _plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "foreign_formats", sys.modules[__name__])
    entries = EntryPoints(
        EntryPoint(name, value, formats.GROUP)
        for name, value in (
            ("foreign", "foreign_formats:FOREIGN"),
            ("html", "foreign_formats:FOREIGN"),
            ("broken", "foreign_formats:NOT_THERE"),
            ("absent", "no_such_module_anywhere:X"),
            ("shapeless", "foreign_formats:NO_FORMAT"),
        )
    )
    monkeypatch.setattr(formats, "entry_points", lambda group: entries.select(group=group))


@pytest.mark.usefixtures("_plugged")
def test_a_plug_in_adds_a_format_and_cannot_take_ours() -> None:
    out = io.BytesIO()
    formats.find("foreign").render(sample(1), out)
    assert out.getvalue() == b"Fenmarsh Courts Service"
    assert formats.find("html") is formats.FORMATS["html"]
    assert formats.names() == tuple(sorted({*formats.FORMATS, "absent", "broken", "foreign", "shapeless"}))


@pytest.mark.usefixtures("_plugged")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", r"There is no report format 'nothing'; choose one of: absent, broken, .*foreign, .*html, json"),
        ("broken", "cannot be loaded"),
        ("absent", "cannot be loaded"),
        ("shapeless", r"has no suffix and render\(data, out\)"),
    ],
)
def test_a_format_that_cannot_be_used_is_named(name: str, said: str) -> None:
    with pytest.raises(formats.FormatError, match=said):
        formats.find(name)
