"""One browser for all tests of this folder, and the pages that they open."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.formats import html
from reports.report import ReportData
from reports.views import View, seen
from tests.reports.browser.devtools import Browser, chromium
from tests.reports.sample import sample
from tests.reports.sample_report import rich

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "estatecheck-lab"
AXE = CACHE / "axe-core-4.10.3" / "axe.min.js"


def lacking(what: str) -> None:
    """Skips, or fails in CI, where nothing may be lacking."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: tests/lab/install was to fetch it")
    pytest.skip(f"{what}: run tests/lab/install")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if chromium() is None:
        lacking("chromium is not here")
    found = Browser.start(tmp_path_factory.mktemp("chromium"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.skip("axe-core is not here, and the one fetch of it from npm failed: run tests/lab/axe")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, ReportData], Path]:
    """Writes a report as a page, once for each name."""
    folder, known = tmp_path_factory.mktemp("pages"), dict[str, Path]()

    def write(name: str, data: ReportData) -> Path:
        if name not in known:
            out = io.BytesIO()
            html.render(data, out)
            known[name] = folder / f"{name}.html"
            known[name].write_bytes(out.getvalue())
        return known[name]

    return write


@pytest.fixture(scope="session")
def views(written: Callable[[str, ReportData], Path]) -> dict[View, Path]:
    data = rich(sample(8))  # all chapters; axe takes time for each element
    return {v: written(v.value, seen(data, v, "quill" if v is View.SUPPLIER else None)) for v in View}
