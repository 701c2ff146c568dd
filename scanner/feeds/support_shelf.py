"""Support dates from the feeds on the shelf, in the one form that the embedded table has."""

import hashlib
import json
from typing import Any

from checks.advisories.support import SupportFeedError, decode
from checks.advisories.table import Table, TableError
from scanner.feeds.files import ShelfError
from scanner.feeds.shelf import Entry, Shelf
from scanner.feeds.support_dates import SupportFeed

TABLE = KEY = "support"  # one row, our JSON form


def support_dates(shelf: Shelf) -> SupportFeed | None:
    """Of all feeds that bring them; None when none does. Raises :class:`ShelfError`.

    The newest feed's word counts; an older one adds the products that the newest does not know.
    """
    entries = [entry for name in shelf.names() if TABLE in (entry := shelf.entry(name)).manifest.tables]
    entries.sort(key=lambda entry: (entry.manifest.snapshot, entry.manifest.feed), reverse=True)
    if not entries:
        return None
    documents = [_document(shelf, entry) for entry in entries]
    products: dict[str, Any] = {}
    for document in documents:
        products = {**document["products"], **products}
    newest = entries[0].manifest
    sources = "; ".join(f"{entry.manifest.publisher} of {entry.manifest.snapshot}" for entry in entries)
    content = {"snapshot": newest.snapshot.isoformat(), "source": sources, "products": products}
    data = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    path = shelf.folder / newest.feed / entries[0].identity / newest.tables[TABLE].sha256
    return SupportFeed(decode(data), hashlib.sha256(data).hexdigest(), path, data)


def _document(shelf: Shelf, entry: Entry) -> dict[str, Any]:
    feed = entry.manifest.feed
    try:
        row = Table(shelf.tables(feed, entry.identity)[TABLE]).get(KEY)
        decode(row or b"")
        return dict(json.loads(row or b""))
    except (TableError, SupportFeedError) as fault:
        raise ShelfError(f"the feed {feed} has unusable support dates: {fault}") from fault
