"""The pages of a comparison and of a root cause pack in a real browser: quiet, alone, and readable on a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import compare_html
from reports.root_cause_files import as_html
from tests.reports.browser.devtools import Browser, chromium
from tests.reports.sample_compare import compared, hostile_pair
from tests.reports.test_root_cause import hostile, line, pack

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no chromium here")
PAGES = {
    "compare": lambda: compare_html.render(compared()),
    "compare-hostile": lambda: compare_html.render(hostile_pair()),
    "root-cause": lambda: as_html(pack(*(line(0, 1, 2 + n, 9, number=n) for n in range(30)))),
    "root-cause-hostile": lambda: as_html(hostile()),
}
WIDE = (
    "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
    " && !e.closest('.scroll') && !e.closest('svg') && !e.closest('.skip')).map(e => e.outerHTML.slice(0, 80))"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser.start(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page(browser: Browser, tmp_path: Path, name: str, scheme: str) -> None:
    path = tmp_path / f"{name}.html"
    path.write_bytes(PAGES[name]())
    with browser.page(width=320, scheme=scheme) as page:
        page.open(path)
        assert page.run("document.querySelectorAll('h1').length") == 1
        assert page.run("getComputedStyle(document.querySelector('.cover')).paddingTop") != "0px", (
            "the style was refused"
        )
        assert page.run("document.documentElement.scrollWidth") <= 320
        assert page.run(WIDE) == []
        assert page.noise() == []
        assert page.requests() == []
