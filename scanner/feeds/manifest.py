"""What a shelf entry says of itself (``manifest.json``) and which entry of a feed is in use (``current``).

An entry's folder is named after the sha256 of its manifest, and the manifest holds the sha256 of every table: whoever
changes one byte is noticed when the shelf is loaded.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from checks.advisories.model import FeedNote

FORMAT = 1
DOWNLOAD, MIRROR, IMPORT = "download", "mirror", "import"  # from the publisher itself, from a copy, from files
MAX_MANIFEST = 1024 * 1024  # bytes
MAX_TABLES = 2000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_TABLE = re.compile(r"[a-z0-9][a-z0-9._+:-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Malformed(ValueError):
    """These bytes are no manifest. The message says why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One file that the feed was made of: from where, and what the publisher's server said of it."""

    url: str  # or the name of the file that was imported
    size: int  # bytes, as they came
    sha256: str
    etag: str = ""
    modified: str = ""  # Last-Modified


@dataclass(frozen=True, slots=True)
class TableNote:
    sha256: str
    size: int  # bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    feed: str
    publisher: str
    licence: str
    snapshot: date
    fetched_at: datetime  # UTC, whole seconds
    records: int
    tables: Mapping[str, TableNote]
    origins: tuple[Origin, ...]
    via: str = DOWNLOAD
    signed_by: str = ""  # id of the key, when it came in a bundle
    skipped: Mapping[str, int] | None = None  # reason -> records that the decoder left out

    @property
    def digest(self) -> str:
        """Of the content alone: sha256 over the names and digests of the tables."""
        lines = (f"{name} {note.sha256}\n" for name, note in sorted(self.tables.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def note(self, confirmed_at: datetime) -> FeedNote:
        """For reports. ``confirmed_at``: when the source last said that this is still what it has.

        ``fetched`` is told only of what came from the publisher itself: a copy made elsewhere may be old already.
        """
        fetched = max(self.fetched_at, confirmed_at).isoformat() if self.via == DOWNLOAD else ""
        return FeedNote(self.feed, self.publisher, self.snapshot, self.records, self.digest, self.licence, fetched)

    def document(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "format": FORMAT,
            "snapshot": self.snapshot.isoformat(),
            "fetched_at": self.fetched_at.isoformat(),
            "skipped": dict(self.skipped or {}),
        }

    def dump(self) -> bytes:
        return json.dumps(self.document(), indent=1, sort_keys=True).encode() + b"\n"


def identity(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()


def feed_name(name: object) -> str:
    return _matching(_NAME, name, "a feed's name")


def read(data: bytes) -> Manifest:
    """Raises :class:`Malformed`."""
    return from_document(_json(data))


def from_document(document: Any) -> Manifest:  # noqa: ANN401 (JSON from outside)
    """Raises :class:`Malformed`. Names that could become paths are held to a narrow pattern."""
    try:
        if document["format"] != FORMAT:
            raise Malformed(f"is of format {document['format']!r:.20}, and this version reads {FORMAT}")
        if not 0 < len(document["tables"]) <= MAX_TABLES:
            raise Malformed(f"names {len(document['tables'])} tables")
        return Manifest(
            feed=feed_name(document["feed"]),
            publisher=str(document["publisher"]),
            licence=str(document["licence"]),
            snapshot=date.fromisoformat(document["snapshot"]),
            fetched_at=moment(document["fetched_at"]),
            records=int(document["records"]),
            tables={table_name(name): _table(note) for name, note in document["tables"].items()},
            origins=tuple(_origin(origin) for origin in document["origins"]),
            via=str(document["via"]),
            signed_by=str(document["signed_by"]),
            skipped={str(reason): int(count) for reason, count in document["skipped"].items()},
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise Malformed(f"lacks or mistypes a field: {fault!r:.100}") from fault
    except ValueError as fault:
        raise Malformed(str(fault)) from fault


def table_name(name: object) -> str:
    return _matching(_TABLE, name, "a table's name")


def digest(value: object) -> str:
    return _matching(_DIGEST, value, "a sha256")


def moment(text: str) -> datetime:
    """Raises ``ValueError`` for a time without zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise Malformed(f"{text[:40]!a} is a time without a zone")
    return found.astimezone(UTC)


def _matching(pattern: re.Pattern[str], value: object, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(f"{value!r:.60} is not {what}")
    return value


def _table(note: Any) -> TableNote:  # noqa: ANN401 (JSON)
    return TableNote(digest(note["sha256"]), int(note["size"]), int(note["rows"]))


def _origin(origin: Any) -> Origin:  # noqa: ANN401 (JSON)
    texts = (str(origin[field]) for field in ("etag", "modified"))
    return Origin(str(origin["url"]), int(origin["size"]), digest(origin["sha256"]), *texts)


def _json(data: bytes) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise Malformed("is no JSON") from fault


@dataclass(frozen=True, slots=True)
class Current:
    """Which entry of one feed is in use, by the sha256 of its manifest, and which was before it."""

    active: str
    previous: str | None
    confirmed_at: datetime  # when it was put there, or when the publisher last said that it is still the newest

    def dump(self) -> bytes:
        document = {**asdict(self), "format": FORMAT, "confirmed_at": self.confirmed_at.isoformat()}
        return json.dumps(document, sort_keys=True).encode() + b"\n"


def read_current(data: bytes) -> Current:
    """Raises :class:`Malformed`."""
    document = _json(data)
    try:
        if document["format"] != FORMAT:
            raise Malformed(f"is of format {document['format']!r:.20}, and this version reads {FORMAT}")
        previous = None if document["previous"] is None else digest(document["previous"])
        return Current(digest(document["active"]), previous, moment(document["confirmed_at"]))
    except (KeyError, TypeError, AttributeError) as fault:
        raise Malformed(f"lacks or mistypes a field: {fault!r:.100}") from fault
    except ValueError as fault:
        raise Malformed(str(fault)) from fault
