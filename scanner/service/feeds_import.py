"""Feeds from files that somebody carried here: a file as a publisher offers it, or a whole folder of such files."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO

from checks.advisories.formats.decoded import Decoded
from scanner.feeds.manifest import IMPORT, Origin
from scanner.feeds.publishers import Publication, publication
from scanner.feeds.recognise import recognise
from scanner.feeds.shelf import described
from scanner.feeds.support_dates import FeedError
from scanner.feeds.unpack import members
from scanner.service.feeds import Desk, Outcome, bounds, decode

CHUNK = 1024 * 1024
MAX_FILES = 600_000  # in a folder
MAX_ORIGINS = 100  # files that are named one by one


def take_files(desk: Desk, paths: Sequence[Path], feed: str | None, snapshot: date | None) -> tuple[Outcome, ...]:
    """Import files, and what can be recognised in folders. Raises :class:`Busy`, :class:`FeedError`."""
    wanted = publication(feed) if feed else None
    with desk.shelf.lock():
        groups, left = _sorted(paths, wanted)
        taken = [desk.guarded(name, partial(_imported, desk, group, snapshot)) for name, group in groups]
        for outcome in left:
            desk.watcher.finished(outcome)
        return (*taken, *left)


@dataclass(frozen=True, slots=True)
class _Group:
    """Files that make one feed together, as Debian's lists of one release each do."""

    feed: Publication
    paths: list[Path]


def _sorted(paths: Sequence[Path], wanted: Publication | None) -> tuple[list[tuple[str, _Group]], list[Outcome]]:
    """Files by the feed and format they are of; and what is said of those that are of none.

    A file that was named must be a feed; what else lies in a folder is passed over.
    """
    groups: dict[tuple[str, str], _Group] = {}
    left: list[Outcome] = []
    chosen = [(file, file == path) for path in paths for file in _files(path)]
    for file, named in chosen:
        try:
            feed, form = _look(file, wanted)
            groups.setdefault((feed.name, form), _Group(feed, [])).paths.append(file)
        except FeedError as why:
            left.append(Outcome(file.name, "failed" if named else "ignored", str(why)))
    if not groups and all(outcome.state == "ignored" for outcome in left):
        raise FeedError(f"{', '.join(map(str, paths))}: holds no feed that we know")
    return [(name, group) for (name, _), group in groups.items()], left


def _files(path: Path) -> list[Path]:
    """The file, or all regular files of the folder and the folders in it, in order. Links are not followed."""
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        found += [Path(folder) / name for name in sorted(names) if not (Path(folder) / name).is_symlink()]
        if len(found) > MAX_FILES:
            raise FeedError(f"{path}: more than {MAX_FILES:,} files; name the folder of one publisher")
    return found


def _look(path: Path, wanted: Publication | None) -> tuple[Publication, str]:
    with _opened(path) as file:
        known = recognise(members(file, path.name, bounds(wanted)), wanted)
        return known.publication, known.format


def _imported(desk: Desk, group: _Group, snapshot: date | None) -> Outcome:
    decoded, warning = _dated(decode(desk, group.feed, _unpacked(group)), snapshot)
    new = described(group.feed.name, decoded, _origins(group.paths), desk.now, IMPORT)
    return desk.take(new, decoded.tables, warning)


def _unpacked(group: _Group) -> Iterator[tuple[str, bytes]]:
    for path in group.paths:
        with _opened(path) as file:
            yield from members(file, path.name, bounds(group.feed))


def _dated(decoded: Decoded, snapshot: date | None) -> tuple[Decoded, str]:
    """With the date that the user told, and what to say of the date. Raises :class:`FeedError`."""
    if snapshot is None:
        told = f"tells no date of its own: taken as of {decoded.snapshot}; --snapshot DATE tells when it was published"
        return decoded, "" if decoded.dated else told
    if snapshot < decoded.snapshot:
        raise FeedError(f"speaks of {decoded.snapshot}, so it cannot be of {snapshot} as --snapshot says")
    return replace(decoded, snapshot=snapshot), ""


def _origins(paths: Sequence[Path]) -> tuple[Origin, ...]:
    found = tuple(_origin(each) for each in paths)
    if len(found) <= MAX_ORIGINS:
        return found
    together = hashlib.sha256("".join(f"{origin.sha256} {origin.url}\n" for origin in found).encode())
    name = f"{paths[0].parent.name}/ ({len(found)} files)"
    return (Origin(name, sum(origin.size for origin in found), together.hexdigest()),)


def _origin(path: Path) -> Origin:
    digest, size = hashlib.sha256(), 0
    with _opened(path) as file:
        for piece in _pieces(file):
            digest.update(piece)
            size += len(piece)
    return Origin(path.name, size, digest.hexdigest())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def _opened(path: Path) -> IO[bytes]:
    """A regular file. Raises :class:`FeedError`; a pipe or a device is none."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as fault:
        raise FeedError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FeedError(f"{path}: is not a regular file")
    return file
