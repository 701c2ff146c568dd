"""Bring feeds up to date: ask the publishers, or take files that were carried here. One that fails stops no other."""

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import chain
from typing import IO, Literal

from checks.advisories.formats import DECODERS
from checks.advisories.formats.decoded import Decoded
from checks.advisories.model import FeedContentError, FeedNote
from checks.advisories.table import TableError
from scanner.feeds.acceptance import accept
from scanner.feeds.download import Ask, Downloader, Got, NotThere
from scanner.feeds.manifest import DOWNLOAD, MIRROR, Manifest, Origin
from scanner.feeds.publishers import FEEDS, MB, Part, Publication, Route
from scanner.feeds.recognise import Files, recognise
from scanner.feeds.shelf import Entry, Shelf, described
from scanner.feeds.support_dates import FeedError
from scanner.feeds.unpack import Bounds, members

LISTING_BYTES = 1 * MB
FOLDERS = 200  # of a listing
_LINK = re.compile(r"""href=["'](?:\.?/)?([^"'/]{1,60})/?["']""")

State = Literal["updated", "unchanged", "failed", "ignored"]
Fetched = tuple[Part, Got | None, IO[bytes]]  # None: has not changed, and the file is empty


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one feed."""

    feed: str
    state: State
    told: str = ""  # why it failed, or what a person should know
    note: FeedNote | None = None  # of the feed in use afterwards


class Watcher:
    """What a person may see meanwhile. This one shows nothing."""

    def began(self, feed: str, step: str, /) -> None:
        """``step``: download, decode ..."""

    def progress(self, done: int, total: int | None, /) -> None:
        """Bytes of this step."""

    def finished(self, outcome: Outcome, /) -> None:
        """One feed is done, one way or the other."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every way to bring a feed in needs."""

    shelf: Shelf
    watcher: Watcher
    now: datetime
    force: bool = False

    def guarded(self, feed: str, work: Callable[[], Outcome]) -> Outcome:
        """What ``work`` comes to, or the fault that ended it: then the feed in use stays."""
        try:
            outcome = work()
        except (FeedError, FeedContentError, TableError, OSError) as fault:
            outcome = Outcome(feed, "failed", _why(fault), self._in_use(feed))
        self.watcher.finished(outcome)
        return outcome

    def whole(self, feed: str) -> Entry | None:
        """The entry in use, when every byte of it is what was put there."""
        try:
            entry = self.shelf.entry(feed)
            self.shelf.tables(feed, entry.identity)
        except FeedError:
            return None
        return entry

    def take(self, new: Manifest, tables: Mapping[str, bytes], warning: str = "") -> Outcome:
        """Put it on the shelf if it may take the place of the one in use. Raises :class:`Refused`, `ShelfError`."""
        found = self.whole(new.feed)
        before = found.manifest if found else None
        warnings = accept(new, before, self.now.date(), force=self.force)
        entry = self.shelf.place(new, tables)
        same = before is not None and _said(before) == _said(new)
        told = "; ".join(filter(None, (warning, *warnings)))
        return Outcome(new.feed, "unchanged" if same else "updated", told, entry.note)

    def _in_use(self, feed: str) -> FeedNote | None:
        entry = self.whole(feed) if feed in FEEDS else None
        return entry.note if entry else None


def _said(manifest: Manifest) -> tuple[str, date, int]:
    return manifest.digest, manifest.snapshot, manifest.records


def _why(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return f"{fault.filename or 'a temporary file'} cannot be read or written: {fault.strerror}"
    return str(fault)


# --- from the publishers


def update(desk: Desk, names: Sequence[str], route: Route, downloader: Downloader) -> tuple[Outcome, ...]:
    """Ask for each feed, and take those that changed. Raises :class:`Busy` before anything is asked."""
    with desk.shelf.lock(), downloader:
        return tuple(
            desk.guarded(name, partial(_updated, desk, FEEDS[name], route, downloader)) for name in dict.fromkeys(names)
        )


def _updated(desk: Desk, feed: Publication, route: Route, downloader: Downloader) -> Outcome:
    if not feed.downloadable:
        raise FeedError(f"{feed.publisher} offers no file to download; use: estatecheck feeds import FILE")
    before = None if desk.force else desk.whole(feed.name)
    known = {origin.url: origin for origin in before.manifest.origins} if before else {}
    with ExitStack() as stack:
        line = _Line(desk, feed, route, downloader, stack)
        found = line.fetch_all(known)
        if _same(found, known):
            return Outcome(feed.name, "unchanged", "", desk.shelf.confirm(feed.name, desk.now).note)
        if any(got is None for _, got, _ in found):
            found = line.fetch_all({})
        unpacked = chain.from_iterable(members(file, part.name, bounds(feed)) for part, _, file in found)
        decoded = decode(desk, feed, unpacked)
        gots = tuple(got for _, got, _ in found if got is not None)
        decoded = _dated(decoded, gots, route, desk.now.date())
        via = MIRROR if route.mirror else DOWNLOAD
        new = described(feed.name, decoded, tuple(map(_origin, gots)), desk.now, via)
        return desk.take(new, decoded.tables)


def _same(found: Sequence[Fetched], known: dict[str, Origin]) -> bool:
    """Nothing changed: the server says so, or sent the same bytes again; and no file came or went."""
    same = all(got is None or (got.url in known and known[got.url].sha256 == got.sha256) for _, got, _ in found)
    return same and len(found) == len(known)


@dataclass(frozen=True, slots=True)
class _Line:
    """One feed's connection to its publisher; files live as long as the stack."""

    desk: Desk
    feed: Publication
    route: Route
    downloader: Downloader
    stack: ExitStack

    def fetch_all(self, known: dict[str, Origin]) -> list[Fetched]:
        """Every part that is there. Raises :class:`FeedError` when none is, or a needed one is missing."""
        self.desk.watcher.began(self.feed.name, "download")
        found = [got for part in self._parts() if (got := self._fetch(part, known)) is not None]
        if not found:
            raise FeedError(f"{self.feed.publisher} offers none of the files it should")
        return found

    def _parts(self) -> tuple[Part, ...]:
        listing = self.feed.listing
        if listing is None:
            return self.feed.parts
        file = self._file()
        self.downloader.fetch(self._ask(listing.url, LISTING_BYTES, None), file, self.desk.watcher.progress)
        file.seek(0)
        links = dict.fromkeys(_LINK.findall(file.read().decode("utf-8", "replace")))
        folders = [link for link in links if re.fullmatch(listing.folder, link)][:FOLDERS]
        if not folders:
            raise FeedError(f"{listing.url}: the page lists no folder of a release")
        addresses = (f"{listing.url}{folder}/{name}" for folder in folders for name in listing.files)
        return tuple(Part(address, optional=True) for address in addresses)

    def _fetch(self, part: Part, known: dict[str, Origin]) -> Fetched | None:
        file = self._file()
        try:
            asked = self._ask(part.url, self.feed.max_bytes, known.get(self.route.url(part.url)))
            return part, self.downloader.fetch(asked, file, self.desk.watcher.progress), file
        except NotThere:
            if not part.optional:
                raise
            return None

    def _ask(self, address: str, most: int, before: Origin | None) -> Ask:
        return Ask(
            self.route.url(address),
            self.route.hosts(self.feed, address),
            most,
            self.route.plain_http,
            before.etag if before else "",
            before.modified if before else "",
        )

    def _file(self) -> IO[bytes]:
        """A file without a name: nothing is left of it, however this process ends."""
        return self.stack.enter_context(tempfile.TemporaryFile(dir=self.desk.shelf.folder))


def _origin(got: Got) -> Origin:
    return Origin(got.url, got.size, got.sha256, got.etag, got.modified)


def _dated(decoded: Decoded, gots: Iterable[Got], route: Route, today: date) -> Decoded:
    """A feed that tells no date is as old as its newest file; without that, the publisher itself speaks of today."""
    if decoded.dated:
        return decoded
    days = [day for got in gots if (day := _day(got.modified)) is not None]
    newest = max(days, default=decoded.snapshot if route.mirror else today)
    return replace(decoded, snapshot=min(newest, today))


def _day(modified: str) -> date | None:
    try:
        return parsedate_to_datetime(modified).date() if modified else None
    except ValueError:
        return None


# --- decoding, for both ways


def bounds(feed: Publication | None) -> Bounds:
    """Of one feed; the widest of all where it is not known yet which one it is."""
    feeds = [feed] if feed else list(FEEDS.values())
    return Bounds(
        max(feed.max_unpacked for feed in feeds),
        max(feed.max_member for feed in feeds),
        max(feed.max_members for feed in feeds),
    )


def decode(desk: Desk, feed: Publication, files: Iterable[tuple[str, bytes]]) -> Decoded:
    """Raises :class:`FeedError`, :class:`FeedContentError`, :class:`TableError`."""
    known = recognise(_counted(desk, feed.name, files), feed)
    return DECODERS[known.format].decode(known.files, feed.name)


def _counted(desk: Desk, feed: str, files: Iterable[tuple[str, bytes]]) -> Files:
    """The same files, with progress told as they are taken."""
    desk.watcher.began(feed, "decode")
    done = 0
    for name, data in files:
        done += len(data)
        desk.watcher.progress(done, None)
        yield name, data
