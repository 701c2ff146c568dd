"""Support dates from the shelf, in the form of the embedded table."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from checks.advisories.formats.decoded import Decoded
from checks.advisories.support import decode
from checks.advisories.table import encode
from scanner.feeds.files import ShelfError
from scanner.feeds.shelf import Shelf
from scanner.feeds.support_shelf import support_dates
from tests.scanner.feeds.made import NOW, decoded


def dates(snapshot: date, publisher: str, **ends: str) -> Decoded:
    products = {product: [{"cycle": "1", "ends": end}] for product, end in ends.items()}
    text = json.dumps({"snapshot": "2000-01-01", "source": publisher, "products": products})
    made = decoded(snapshot=snapshot)
    return replace(made, tables={"support": encode([("support", text)])}, publisher=publisher)


def test_no_feed_brings_any(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert support_dates(shelf) is None
    shelf.put("debian", decoded(), (), NOW)
    assert support_dates(shelf) is None


def test_the_newest_counts_and_the_older_one_fills_gaps(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old = dates(date(2026, 6, 1), "Debian", debian="2026-01-01", ubuntu="2026-02-02")
    new = dates(date(2026, 8, 22), "endoflife.date", debian="2027-07-07", nginx="2027-03-03")
    for name, feed in (("distro-info", old), ("endoflife", new)):
        shelf.put(name, feed, (), NOW)
    found = support_dates(shelf)
    assert found is not None
    assert found.dates.snapshot == date(2026, 8, 22)
    assert found.dates.source == "endoflife.date of 2026-08-22; Debian of 2026-06-01"
    ends = {product: str(cycles[0].ends) for product, cycles in found.dates.cycles.items()}
    assert ends == {"debian": "2027-07-07", "nginx": "2027-03-03", "ubuntu": "2026-02-02"}
    assert found.digest == hashlib.sha256(found.data).hexdigest()
    assert decode(found.data) == found.dates
    assert found.path.is_file()


def test_dates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    broken = replace(dates(date(2026, 8, 22), "x"), tables={"support": encode([("support", '{"products": 1}')])})
    shelf.put("endoflife", broken, (), NOW)
    with pytest.raises(ShelfError, match="the feed endoflife has unusable support dates"):
        support_dates(shelf)
