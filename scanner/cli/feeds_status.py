"""How ``feeds status`` tells what is on the shelf."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from scanner.cli.console import table
from scanner.feeds.publishers import FEEDS
from scanner.feeds.shelf import Broken, Entry

SHOWN = 12  # digits of a digest; --format json has all
HEADINGS = ("FEED", "RECORDS", "SNAPSHOT", "AGE", "STATE", "DIGEST", "CAME BY", "PREVIOUS", "SOURCE", "LICENCE")


def lines(folder: Path, entries: Sequence[Entry], broken: Sequence[Broken], today: date, limit: int) -> Iterator[str]:
    """For people."""
    if entries:
        yield table(HEADINGS, [_row(entry, today, limit) for entry in entries])
    else:
        yield f"No feeds in {folder}. Get them: estatecheck feeds update"
    yield from (str(fault) for fault in broken)
    missing = _missing(entries, broken)
    if entries and missing:
        yield f"Not here: {', '.join(missing)}"
    if any(_old(entry, today, limit) for entry in entries):
        yield f"Feeds older than {limit} days (feed_max_age_days) prove nothing; bring them up to date."


def document(
    folder: Path, entries: Sequence[Entry], broken: Sequence[Broken], today: date, limit: int
) -> dict[str, Any]:
    """For programs."""
    return {
        "folder": str(folder),
        "max_age_days": limit,
        "feeds": [_facts(entry, today, limit) for entry in entries],
        "broken": [
            {"feed": fault.feed, "reason": fault.reason, "can_roll_back": bool(fault.previous)} for fault in broken
        ],
        "missing": list(_missing(entries, broken)),
    }


def _row(entry: Entry, today: date, limit: int) -> tuple[str, ...]:
    manifest, previous = entry.manifest, entry.previous
    return (
        manifest.feed,
        f"{manifest.records:,}",
        manifest.snapshot.isoformat(),
        f"{_age(entry, today)} d",
        _state(entry, today, limit),
        manifest.digest[:SHOWN],
        "bundle" if manifest.signed_by else manifest.via,
        previous.snapshot.isoformat() if previous else "-",
        manifest.publisher,
        manifest.licence,
    )


def _facts(entry: Entry, today: date, limit: int) -> dict[str, Any]:
    manifest, previous = entry.manifest, entry.previous
    return {
        "feed": manifest.feed,
        "publisher": manifest.publisher,
        "licence": manifest.licence,
        "records": manifest.records,
        "snapshot": manifest.snapshot.isoformat(),
        "fetched_at": manifest.fetched_at.isoformat(),
        "confirmed_at": entry.confirmed_at.isoformat(),
        "as_of": entry.note.as_of.isoformat(),
        "age_days": _age(entry, today),
        "too_old": _old(entry, today, limit),
        "digest": manifest.digest,
        "via": manifest.via,
        "signed_by": manifest.signed_by or None,
        "sources": [{"url": origin.url, "size": origin.size, "sha256": origin.sha256} for origin in manifest.origins],
        "tables": {name: noted.rows for name, noted in sorted(manifest.tables.items())},
        "skipped": dict(manifest.skipped or {}),
        "previous": {"snapshot": previous.snapshot.isoformat(), "records": previous.records} if previous else None,
    }


def _age(entry: Entry, today: date) -> int:
    """Days since it was last known to be all that its publisher says."""
    return max(0, (today - entry.note.as_of).days)


def _state(entry: Entry, today: date, limit: int) -> str:
    """The limit is for advisories; support dates and ratings age more slowly, and their age is shown."""
    if not any(":" in name for name in entry.manifest.tables):
        return "-"
    return "too old" if _age(entry, today) > limit else "ok"


def _old(entry: Entry, today: date, limit: int) -> bool:
    return _state(entry, today, limit) == "too old"


def _missing(entries: Sequence[Entry], broken: Sequence[Broken]) -> tuple[str, ...]:
    here = {entry.manifest.feed for entry in entries} | {fault.feed for fault in broken}
    return tuple(name for name in FEEDS if name not in here)
