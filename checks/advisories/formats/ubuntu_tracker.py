"""Ubuntu's CVE tracker, one CVE a line: ``{"cve", "priority", "public", "cvss", "packages": {release: {package:
[status, detail]}}}``; a release is a code name, or a pocket of Ubuntu Pro before it (``esm-infra/bionic``).

Status words: the README of Ubuntu's CVE tracker (git.launchpad.net/ubuntu-cve-tracker). ``released`` with a version is
a fix; with none the release was never affected. ``pending`` names a version that is not published yet.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.formats.collector import Collector, Entry, Read
from checks.advisories.formats.decoded import BadRecord, Decoded, Files, cves_of, day, mapping, string
from checks.advisories.formats.kinds import VECTOR
from checks.advisories.formats.osv import records, settled
from checks.advisories.formats.releases import CODENAMES, UNKNOWN, Place
from checks.advisories.model import Cve, Statement

OPEN = frozenset({"needed", "needs-triage", "pending", "deferred", "ignored", "active"})
CLOSED = frozenset({"DNE", "not-affected"})
NOT_AFFECTED = "package: not affected"
MOST = 100_000  # packages of one CVE in all releases
_SUFFIXES = {"esm": "esm-infra"}  # trusty/esm, as it was written once


def decode(files: Files, feed: str) -> Decoded:
    """Raises :class:`FeedContentError`."""
    out = Collector(feed)
    for name, data in records(files):
        out.take(name, data, lambda record, cve: _read(record, cve, feed), "cve")
    return out.finish("Canonical", "see https://ubuntu.com/legal", "CVE of a known release")


def recognises(name: str, head: bytes) -> bool:
    return name.endswith((".jsonl", ".json")) and all(key in head for key in (b'"cve"', b'"priority"', b'"packages"'))


def _read(record: Mapping[str, Any], cve: str, feed: str) -> Read:
    if cves_of([cve]) != (cve,):
        raise BadRecord("it has no CVE id")
    left_out = Counter[str]()
    releases = mapping(record.get("packages"), "packages")
    if sum(len(packages) for packages in releases.values() if isinstance(packages, dict)) > MOST:
        raise BadRecord(f"it names more than {MOST} packages")
    priority = string(record.get("priority") or "", "its priority")
    severity = priority if priority in ("negligible", "low", "medium", "high", "critical") else ""
    entries = list(_entries(releases, cve, severity, left_out))
    unaffected = [
        (place.release, package)
        for release, packages in releases.items()
        if (place := _place(release)) and not place.scope
        for package, told in packages.items()
        if told[0] == "not-affected"
    ]
    vector = VECTOR.match(string(record.get("cvss") or "", "its cvss"))
    published = day(record.get("public"))
    about = Cve(cve, "", vector[0] if vector else "", feed if vector else "", "", published)
    return Read(settled(entries, unaffected), [about], published, left_out)


def _entries(releases: Mapping[str, Any], cve: str, severity: str, left_out: Counter[str]) -> Iterator[Entry]:
    for release, packages in releases.items():
        place = _place(release)
        for package, told in mapping(packages, "a release").items():
            if place is None:
                left_out[UNKNOWN] += 1
                continue
            fixed, status = _status(told)
            if fixed or status:
                said = Statement(cve, (cve,), fixed, scope=place.scope, severity=severity, status=status)
                yield place.release, package, said
            else:
                left_out[NOT_AFFECTED] += 1


def _place(release: str) -> Place | None:
    """Of ``bionic``, ``esm-infra/bionic``, ``trusty/esm``; None for ``upstream``, ``devel`` and what we do not know."""
    pocket, _, name = release.rpartition("/")
    if name in _SUFFIXES and pocket in CODENAMES:
        pocket, name = _SUFFIXES[name], pocket
    number = CODENAMES.get(name)
    return Place(f"ubuntu:{number}", pocket) if number else None


def _status(told: object) -> tuple[str, str]:
    """(fixed version, word while there is none); both "" when the package is not affected."""
    if not isinstance(told, list) or not told or len(told) > 2:
        raise BadRecord("a status is no pair of word and detail")
    word, detail = string(told[0], "a status"), string(told[-1] if len(told) > 1 else "", "a detail", 1000)
    if word == "released":
        return ("" if detail == "0" else detail), ""
    if word in CLOSED:
        return "", ""
    if word not in OPEN:
        raise BadRecord(f"the status {word[:40]!r} is not known")
    return "", word
