"""Which feed and format some files are of: told by the decoders from content, never from the archive's name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from checks.advisories.formats import DECODERS
from scanner.feeds.publishers import FEEDS, Publication
from scanner.feeds.support_dates import FeedError

HEAD = 64 * 1024  # bytes by which a decoder knows its format: a record may begin with a long text
SEARCHED = 1024 * 1024  # bytes in which a feed's mark must stand
TRIED = 1000  # files of an archive before we give up: a licence, records without a package
HELD = 64 * 1024 * 1024  # bytes of those

Files = Iterator[tuple[str, bytes]]


class Unknown(FeedError):
    """No decoder knows this. The message shows how it begins."""


@dataclass(frozen=True, slots=True)
class Recognised:
    publication: Publication
    format: str
    files: Files  # all of them, from the first


def recognise(files: Iterable[tuple[str, bytes]], wanted: Publication | None = None) -> Recognised:
    """``wanted``: the feed it must be. Raises :class:`Unknown`, and what reading ``files`` raises."""
    source, held = iter(files), 0
    seen: list[tuple[str, bytes]] = []
    for name, data in source:
        seen.append((name, data))
        held += len(data)
        known = _known(name, data, wanted)
        if known is not None:
            return Recognised(known[0], known[1], chain(seen, source))
        if len(seen) == TRIED or held > HELD:
            break
    raise Unknown(_why(seen, wanted))


def _known(name: str, data: bytes, wanted: Publication | None) -> tuple[Publication, str] | None:
    head = data[:HEAD]
    for form in wanted.formats if wanted else DECODERS:
        if DECODERS[form].recognises(name, head):
            found = _publication(form, data[:SEARCHED], wanted)
            if found is not None:
                return found, form
    return None


def _publication(form: str, data: bytes, wanted: Publication | None) -> Publication | None:
    """Of the feeds in this format the one whose mark stands first; or the wanted one, if its mark stands there."""
    candidates = [publication for publication in FEEDS.values() if form in publication.formats]
    if len(candidates) == 1:
        return candidates[0]
    among = [wanted] if wanted else candidates
    places = [(place, candidate.name) for candidate in among if (place := _place(candidate, data)) >= 0]
    return FEEDS[min(places)[1]] if places else None


def _place(publication: Publication, data: bytes) -> int:
    return min((place for mark in publication.marks if (place := data.find(mark)) >= 0), default=-1)


def _why(seen: list[tuple[str, bytes]], wanted: Publication | None) -> str:
    what = f"is not what {wanted.publisher} publishes" if wanted else "is no feed that we know"
    if not seen:
        return f"{what}: it is empty"
    name, data = seen[0]
    begins = data[:40].decode("utf-8", "replace")
    if data[:HEAD].lstrip()[:1] == b"<":
        return f"{what}: it is a web page or XML (a proxy or a login page may have answered); it begins with {begins!a}"
    return f"{what}; its first file {name[:80]!a} begins with {begins!a}"
