"""CISA's decision points (SSVC): CSV ``cve,exploitation,automatable,technical_impact,kev_date``, or the CVE records of
Vulnrichment, one JSON a file (github.com/cisagov/vulnrichment, CC0), where an ADP container holds them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.formats.decoded import (
    BadRecord,
    Decoded,
    Files,
    day,
    lines,
    mapping,
    one_file,
    parsed,
    sequence,
    string,
)
from checks.advisories.formats.points import Points, Row, cve_of
from checks.advisories.model import Ssvc, line_of

PUBLISHER, LICENCE = "CISA Vulnrichment", "CC0-1.0"
NO_POINTS = "record without decision points"
_YES_NO = {"yes": True, "no": False}
_IMPACT = {"total": True, "partial": False}


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """The CSV. It has no day of its own: the newest that a row names stands for it. Raises `FeedContentError`."""
    _, data = one_file(files)
    out, newest = Points("ssvc"), ""
    for number, line in enumerate(lines(data), 1):
        fields = line[:400].decode("utf-8", "replace").strip().split(",")
        if fields[0] != "cve":
            out.take(f"line {number}", _row, fields)
            newest = max(newest, day(fields[-1]))
    return out.finish(newest, PUBLISHER, LICENCE, dated=False)


def recognises(_: str, head: bytes) -> bool:
    return b"cve,exploitation,automatable,technical_impact" in head


def decode_records(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Vulnrichment's records; files that are no CVE record by name are passed over. Raises `FeedContentError`."""
    out, newest = Points("ssvc"), ""
    for name, data in files:
        if not name.rpartition("/")[2].startswith("CVE-"):
            continue
        try:
            record = mapping(parsed(data), "the record")
            found = list(_assessments(record))
        except BadRecord as fault:
            out.tally.bad(name, fault)
            continue
        if found:
            out.take(name, _record, (record, found[-1]))
            newest = max(newest, day(found[-1].get("timestamp")))
        else:
            out.tally.skipped[NO_POINTS] += 1
    return out.finish(newest, PUBLISHER, LICENCE)


def recognises_records(_: str, head: bytes) -> bool:
    return b'"CVE_RECORD"' in head and b'"dataType"' in head


def points(exploitation: str, automatable: str, impact: str) -> Ssvc:
    """Of the words for the three decision points, in any case. Raises :class:`BadRecord`."""
    words = exploitation.lower(), automatable.lower(), impact.lower()
    if words[0] not in ("none", "poc", "active") or words[1] not in _YES_NO or words[2] not in _IMPACT:
        raise BadRecord(f"the decision points {', '.join(words)[:80]!r} are not known")
    return Ssvc(words[0], _YES_NO[words[1]], _IMPACT[words[2]])


def _row(fields: list[str]) -> Row:
    if len(fields) < 4:
        raise BadRecord("has fewer than four fields")
    return cve_of(fields[0]), line_of(points(*fields[1:4]))


def _record(item: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Row:
    record, assessment = item
    told = assessment.get("options")
    options = dict(told) if isinstance(told, dict) else {}
    for option in sequence(told if isinstance(told, list) else None, "options", 20):
        options.update(mapping(option, "an option"))
    words = (string(options.get(name), name) for name in ("Exploitation", "Automatable", "Technical Impact"))
    return cve_of(mapping(record.get("cveMetadata"), "cveMetadata").get("cveId")), line_of(points(*words))


def _assessments(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The SSVC assessments that other organisations (ADP) added to a CVE record, in order."""
    containers = mapping(record.get("containers"), "containers")
    for container in sequence(containers.get("adp"), "adp", 100):
        for metric in sequence(mapping(container, "an ADP container").get("metrics"), "metrics", 1_000):
            other = mapping(metric, "a metric").get("other")
            if isinstance(other, dict) and other.get("type") == "ssvc":
                yield mapping(other.get("content"), "an assessment")
