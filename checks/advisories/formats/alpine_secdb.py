"""Alpine's security database: one JSON per release and repository (main, community).

``{"distroversion": "v3.19", "packages": [{"pkg": {"name", "secfixes": {version: [ids]}}}]}``. A fix in version "0"
says that the package is not affected. Source: secdb.alpinelinux.org. One text may hold several ids, or words.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.formats.collector import Collector, Entry
from checks.advisories.formats.decoded import (
    BadRecord,
    Decoded,
    Files,
    mapping,
    parsed,
    sequence,
    shown,
    string,
)
from checks.advisories.formats.releases import ROLLING
from checks.advisories.model import FeedContentError, Statement

NOT_AFFECTED = "package: not affected"
NO_ID = "package: fix without a known id"
_RELEASE = re.compile(r"v(\d{1,3}\.\d{1,3})")
_CVE = re.compile(r"CVE[-_](\d{4}-\d{4,19})")
_OTHER = re.compile(r"\b(?!CVE)[A-Za-z][A-Za-z0-9-]{2,40}\d[A-Za-z0-9-]{0,40}")  # XSA-123, GHSA-..., ZBX-1
_DENIED = re.compile(r"\(not (?:affected|actually applicable)", re.IGNORECASE)


def decode(files: Files, feed: str) -> Decoded:
    """Other files than .json are passed over. Raises :class:`FeedContentError`."""
    out = Collector(feed)
    for name, data in files:
        if name.endswith(".json"):
            _repository(name, data, out)
    licence = "see https://secdb.alpinelinux.org/license.txt"
    return out.finish("Alpine Linux", licence, "package of a numbered release", dated=False)


def recognises(name: str, head: bytes) -> bool:
    return name.endswith(".json") and b'"apkurl"' in head and b'"distroversion"' in head


def _repository(name: str, data: bytes, out: Collector) -> None:
    try:
        document = mapping(parsed(data), "the document")
        version = string(document.get("distroversion"), "distroversion")
        packages = sequence(document.get("packages"), "packages")
    except BadRecord as fault:
        raise FeedContentError(f"{shown(name)}: {fault}") from fault
    release = _RELEASE.fullmatch(version)
    if release is None:
        out.tally.skipped[ROLLING] += len(packages)
        return
    for item in packages:
        _package(f"{name} {version}", item, f"alpine:{release[1]}", out)


def _package(where: str, item: object, release: str, out: Collector) -> None:
    try:
        package = mapping(mapping(item, "a package").get("pkg"), "pkg")
        where = f"{where} {string(package.get('name'), 'a name')}"
        fixes = mapping(package.get("secfixes"), "secfixes")
        out.add(list(_entries(release, string(package.get("name"), "a name"), fixes, out)))
        out.tally.taken += 1
    except BadRecord as fault:
        out.tally.bad(where, fault)


def _entries(release: str, package: str, fixes: Mapping[str, Any], out: Collector) -> Iterator[Entry]:
    for version, told in fixes.items():
        for words in sequence(told, "a list of ids", 10_000):
            cves, advisory = _ids(string(words, "an id", 1000))
            if version == "0" or _DENIED.search(words):
                out.tally.skipped[NOT_AFFECTED] += 1
            elif not advisory:
                out.tally.skipped[NO_ID] += 1
            else:
                yield release, package, Statement(advisory, cves, version)
                out.seen(f"{cves[-1][4:8]}-01-01" if cves else "")


def _ids(words: str) -> tuple[tuple[str, ...], str]:
    """The CVEs in a text, and the name that stands for all of it: the first CVE, or another publisher's id."""
    cves = tuple(sorted({f"CVE-{number}" for number in _CVE.findall(words)}))
    other = _OTHER.search(words)
    return cves, cves[0] if cves else other[0] if other else ""
