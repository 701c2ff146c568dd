"""CISA's Known Exploited Vulnerabilities, one JSON (cisa.gov/known-exploited-vulnerabilities-catalog, CC0)."""

from checks.advisories.formats.decoded import BadRecord, Decoded, Files, day, document, mapping, sequence, text, word
from checks.advisories.formats.points import Points, Row, cve_of
from checks.advisories.model import Exploited, FeedContentError, line_of


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Raises :class:`FeedContentError`, as well where the number of entries is not the one that the file tells."""
    found, out = document(files), Points("kev")
    try:
        entries = sequence(found.get("vulnerabilities"), "vulnerabilities")
    except BadRecord as fault:
        raise FeedContentError(str(fault)) from fault
    told = found.get("count")
    if isinstance(told, int) and told != len(entries):
        raise FeedContentError(f"tells of {told} entries and has {len(entries)}")
    for number, entry in enumerate(entries, 1):
        out.take(f"entry {number}", _entry, entry)
    return out.finish(day(found.get("dateReleased")), "CISA", "CC0-1.0")


def recognises(_: str, head: bytes) -> bool:
    return b'"catalogVersion"' in head and b'"vulnerabilities"' in head


def _entry(value: object) -> Row:
    entry = mapping(value, "the entry")
    added = day(entry.get("dateAdded"))
    if not added:
        raise BadRecord("it has no day on which it was added")
    ransomware = word(entry.get("knownRansomwareCampaignUse")).lower() == "known"
    name, vendor, product = (text(entry.get(key)) for key in ("vulnerabilityName", "vendorProject", "product"))
    return cve_of(entry.get("cveID")), line_of(
        Exploited(added, day(entry.get("dueDate")), ransomware, name, vendor, product)
    )
