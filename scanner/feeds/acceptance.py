"""Whether a feed that was just decoded may take the place of the one in use (patch-levels rule 18)."""

from collections.abc import Mapping
from datetime import date, timedelta
from io import BytesIO

from scanner.feeds.manifest import Manifest
from scanner.feeds.support_dates import FeedError

TOLERANCE = timedelta(days=1)  # a publisher east of us is already in tomorrow


class Refused(FeedError):
    """The feed is not taken; the one in use stays. The message says why."""


def accept(new: Manifest, before: Manifest | None, today: date, *, force: bool) -> tuple[str, ...]:
    """What a person should know of the change. Raises :class:`Refused`.

    ``force`` overrules a comparison with the feed in use, never a fault of the new one itself.
    """
    if new.records <= 0 or not any(note.rows for note in new.tables.values()):
        raise Refused("holds no records")
    if new.snapshot > today + TOLERANCE:
        raise Refused(f"says that it is of {new.snapshot}, which is to come: it would look fresh for too long")
    if before is None:
        return ()
    if not force:
        _compare(new, before)
    gone = sorted(before.tables.keys() - new.tables.keys())
    return (f"no longer speaks of {', '.join(gone)}",) if gone else ()


def _compare(new: Manifest, before: Manifest) -> None:
    if new.records * 2 < before.records:
        raise Refused(
            f"has {new.records:,} records and the one in use has {before.records:,}; "
            "if that is meant, take it with --force"
        )
    if new.snapshot < before.snapshot:
        raise Refused(
            f"is of {new.snapshot} and the one in use of {before.snapshot}; if that is meant, take it with --force"
        )


def well_formed(tables: Mapping[str, bytes]) -> None:
    """Tables that others made: ``key TAB value NEWLINE``, keys ascending. Raises :class:`Refused`."""
    for name, data in tables.items():
        if not data.endswith(b"\n"):
            raise Refused(f"its table {name} is empty or ends in the middle of a line")
        before: bytes | None = None
        for row in BytesIO(data):
            key, tab, _ = row.partition(b"\t")
            if not tab or (before is not None and key <= before):
                raise Refused(f"its table {name} is not in order, or has a row without a key")
            before = key
