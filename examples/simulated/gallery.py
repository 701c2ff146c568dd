"""``python -m examples.simulated.gallery FOLDER PICTURES``: pictures of the example's reports, for docs/gallery.md.

Needs Debian's chromium, poppler-utils and libreoffice-calc, and Pillow (comes with WeasyPrint). The pictures are of the
files as they stand in FOLDER; nothing is made again.
"""

import argparse
import html
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.reports.browser.devtools import Browser

COLOURS = 96  # of a picture's palette: sharp letters, small files
WIDE, HIGH = 1200, 860
PDF_PAGES = {"pdf-cover": 1, "pdf-page": 6}


@dataclass(frozen=True, slots=True)
class Shot:
    """A view of the HTML report at one of its chapters."""

    name: str
    file: str
    chapter: str = ""
    scheme: str = "light"
    width: int = WIDE
    height: int = HIGH


SHOTS = (
    Shot("board", "report.board.html", height=1100),
    Shot("board-dark", "report.board.html", scheme="dark", height=1100),
    Shot("verdict", "report.accreditor.html", "verdict"),
    Shot("coverage", "report.accreditor.html", "coverage", height=1000),
    Shot("themes", "report.technical.html", "themes"),
    Shot("findings", "report.technical.html", "findings", height=1000),
    Shot("findings-dark", "report.technical.html", "findings", scheme="dark", height=1000),
    Shot("clocks", "report.accreditor.html", "clocks"),
    Shot("availability", "report.accreditor.html", "availability", height=1000),
    Shot("supplier-dark", "report.supplier-quillmoor.html", "plan", scheme="dark"),
    Shot("change", "report.change.html", height=1000),
    Shot("root-cause", "report.root-cause-patching.html", height=1000),
    Shot("narrow", "report.technical.html", "summary", width=360, height=800),
)


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m examples.simulated.gallery", description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("pictures", type=Path)
    asked = words.parse_args()
    asked.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gallery") as scratch:
        pictures(asked.folder.resolve(), asked.pictures.resolve(), Path(scratch))
    total = sum(path.stat().st_size for path in asked.pictures.glob("*.png"))
    print(f"{len(list(asked.pictures.glob('*.png')))} pictures, {total / 1e6:.2f} MB")


def pictures(folder: Path, out: Path, scratch: Path) -> None:
    terminal = scratch / "terminal.html"
    terminal.write_text(_as_terminal((folder / "report.txt").read_text("utf-8")), "utf-8")
    with _browser(scratch / "profile") as browser:
        for shot in SHOTS:
            _shoot(browser, shot, folder / shot.file, out)
        _shoot(browser, Shot("terminal", "", width=780, height=900), terminal, out)
    for name, page in PDF_PAGES.items():
        _page(folder / "report.pdf", page, out / name)
    _workbook(folder / "report.xlsx", out / "workbook", scratch)
    for path in sorted(out.glob("*.png")):
        _smaller(path)


@contextmanager
def _browser(profile: Path) -> Iterator[Browser]:
    profile.mkdir()
    browser = Browser.start(profile)
    try:
        yield browser
    finally:
        browser.close()


def _shoot(browser: Browser, shot: Shot, file: Path, out: Path) -> None:
    with browser.page(scheme=shot.scheme, width=shot.width, height=shot.height) as page:
        page.open(file, f"#{shot.chapter}" if shot.chapter else "")
        page.picture(out / f"{shot.name}.png")


def _as_terminal(text: str) -> str:
    style = "margin:0;padding:14px;background:#16181d;color:#e4e6eb;font:13px/1.35 'DejaVu Sans Mono',monospace"
    return f'<!doctype html><meta charset=utf-8><body style="margin:0"><pre style="{style}">{html.escape(text)}</pre>'


def _page(pdf: Path, number: int, out: Path) -> None:
    places = ["-f", str(number), "-l", str(number), "-r", "80", "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *places, str(pdf), str(out)], check=True)


def _workbook(xlsx: Path, out: Path, scratch: Path) -> None:
    """The first page that LibreOffice would print of it."""
    profile = f"-env:UserInstallation={(scratch / 'office').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(scratch), str(xlsx)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
    _page(scratch / f"{xlsx.stem}.pdf", 1, out)


def _smaller(path: Path) -> None:
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main()
