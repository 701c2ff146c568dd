"""OSV records: one JSON a file (OSV's all.zip, the trees of AlmaLinux and Rocky), or one a line.

Source: OSV schema 1.7 (ossf.github.io/osv-schema). Of a record about one CVE (``CVE-...``, ``DEBIAN-CVE-...``) the
CVE is that one, and ``related`` names other weaknesses; of an advisory they are all that it names.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from checks.advisories.formats.collector import Collector, Entry, Read
from checks.advisories.formats.decoded import (
    Decoded,
    Files,
    cves_of,
    day,
    lines,
    mapping,
    sequence,
    string,
    text,
    word,
)
from checks.advisories.formats.kinds import VECTOR, modules, only_cve, severity_word, streams, without_weakness
from checks.advisories.formats.osv_ranges import Interval, intervals
from checks.advisories.formats.releases import Place, osv_place, scheme_of
from checks.advisories.model import Cve, Statement
from checks.advisories.versions import InvalidVersion, compare

NOT_AFFECTED = "package: no affected version"
MAX_DETAILS = 200_000  # characters of the details that are searched for single CVEs
SPECIAL = "package: special interest group's repository"
PUBLISHERS = {  # by release family: publisher, licence of the data (google.github.io/osv.dev/data)
    "almalinux": ("AlmaLinux", "MIT"),
    "alpine": ("Alpine Linux", "MIT"),
    "debian": ("Debian", "MIT"),
    "opensuse-leap": ("openSUSE", "CC-BY-4.0"),
    "rhel": ("Red Hat", "CC-BY-4.0"),
    "rocky": ("Rocky Linux", "BSD-3-Clause"),
    "sles": ("SUSE", "CC-BY-4.0"),
    "ubuntu": ("Canonical", "CC-BY-SA-4.0"),
}
_SOURCES = ("rocky:", "sles:", "sle-micro:", "sl-micro:", "opensuse-leap:")  # rpm, and they name source packages
_BULLET = re.compile(r"^\* (.{3,400}?) \((CVE-[^()\n]{1,400})\)", re.MULTILINE)
_POCKET = re.compile(r"[?&]distro=(esm-[a-z-]+)/")
_RATING = re.compile(VECTOR.pattern + r"|[a-z]{3,12}")
_SPECIAL = re.compile(r"[?&]distro=[a-z0-9-]*-sig-")


def decode(files: Files, feed: str) -> Decoded:
    """Files that are neither .json nor .jsonl (README, LICENSE) are passed over. Raises :class:`FeedContentError`."""
    out = Collector(feed)
    for name, data in records(files):
        out.take(name, data, lambda record, id_: read(record, id_, feed))
    return finish(out)


def records(files: Files) -> Iterator[tuple[str, bytes]]:
    """(where it stands, bytes) of every record."""
    for name, data in files:
        if name.endswith(".json"):
            yield name, data
        elif name.endswith((".jsonl", ".ndjson")):
            yield from ((f"{name} line {number}", line) for number, line in enumerate(lines(data), 1))


def finish(out: Collector) -> Decoded:
    """The tables, with the publishers of the releases that are in them. Raises :class:`FeedContentError`."""
    families = dict.fromkeys(release.partition(":")[0] for release in out.releases())
    known = [PUBLISHERS[family] for family in families if family in PUBLISHERS]
    publisher, licence = (", ".join(dict.fromkeys(names)) for names in zip(*known, strict=True)) if known else ("", "")
    return out.finish(publisher, licence)


class _Common:
    """What holds for every package of one record."""

    def __init__(self, record: Mapping[str, Any], advisory: str) -> None:
        cve = only_cve(advisory)
        named = [advisory, *_ids(record, "aliases"), *_ids(record, "upstream")]
        summary = text(record.get("summary"))
        self.advisory = cve or advisory
        self.cves = cves_of(named if cve else named + _ids(record, "related"))
        self.refused = without_weakness(self.cves, summary)
        self.issued = "" if cve else day(record.get("published"))
        self.ratings = _ratings(record)
        self.severity = self.ratings.get("ubuntu") or severity_word(summary)
        self.streams = streams(summary)


def read(record: Mapping[str, Any], advisory: str, feed: str) -> Read:
    common, left_out = _Common(record, advisory), Counter[str]()
    if common.refused:
        return Read([], [], "", left_out, common.refused)
    entries = [
        entry
        for affected in sequence(record.get("affected"), "affected")
        for entry in _affected(mapping(affected, "an entry of affected"), common, left_out)
    ]
    changed = day(record.get("modified")) or day(record.get("published"))
    return Read(rebuilt(settled(entries)), list(_cves(record, common, feed)), changed, left_out)


def _affected(affected: Mapping[str, Any], common: _Common, left_out: Counter[str]) -> Iterator[Entry]:
    package = mapping(affected.get("package"), "package")
    name, purl = string(package.get("name"), "a package's name"), word(package.get("purl"))
    place = osv_place(string(package.get("ecosystem"), "an ecosystem"))
    if isinstance(place, str) or _SPECIAL.search(purl):
        left_out[place if isinstance(place, str) else SPECIAL] += 1
        return
    found = intervals(affected, scheme_of(place.release))
    if not found:
        left_out[NOT_AFFECTED] += 1
    scope = _pocket(purl) if place.scope == "pro" else place.scope
    binaries = _binaries(affected) if place.release.startswith(_SOURCES) else {}
    for key, introduced, fixed, last in _by_package(name, found, binaries, place):
        for module in modules(fixed or last, common.streams):
            yield place.release, key, _statement(common, affected, scope, module, (introduced, fixed, last))


def _statement(common: _Common, affected: Mapping[str, Any], scope: str, module: str, interval: Interval) -> Statement:
    introduced, fixed, last = interval
    urgency = word(_specific(affected).get("urgency"))
    return Statement(
        common.advisory,
        common.cves,
        fixed,
        introduced,
        scope,
        module,
        severity=common.severity or (urgency if urgency in ("high", "medium", "low") else ""),
        unimportant=urgency == "unimportant",
        issued=common.issued,
        last=last,
        status="end-of-life" if urgency == "end-of-life" else "",
    )


def _by_package(
    name: str, found: Sequence[Interval], binaries: Mapping[str, str], place: Place
) -> Iterator[tuple[str, str, str, str]]:
    """(key, introduced, fixed, last): of the binary packages where they are listed with the version that fixes."""
    if binaries and len(found) == 1 and found[0][1]:
        yield from ((binary, found[0][0], version, "") for binary, version in binaries.items())
        return
    key = f"src:{name}" if place.release.startswith(_SOURCES) else name
    yield from ((key, *interval) for interval in found)


def settled(entries: list[Entry], unaffected: Iterable[tuple[str, str]] = ()) -> list[Entry]:
    """Without a fix in ESM either: said of the release itself, where the record does not speak of it anyway."""
    plain = {(release, package) for release, package, statement in entries if not statement.scope} | {*unaffected}
    kept = []
    for release, package, statement in entries:
        if statement.fixed or not statement.scope.startswith("esm"):
            kept.append((release, package, statement))
        elif (release, package) not in plain:
            kept.append((release, package, replace(statement, scope="")))
    return kept


def rebuilt(entries: list[Entry]) -> list[Entry]:
    """AlmaLinux and Rocky list every rebuild of one fix (el8_4, el8_5 ...): the lowest has it already, and is kept."""
    kept: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        release, package, said = entry
        fixed = "" if scheme_of(release) == "rpm" else said.fixed
        key = (release, package, said.scope, said.module, said.introduced, said.last, fixed)
        if key not in kept or _earlier(said.fixed, kept[key][2].fixed):
            kept[key] = entry
    return list(kept.values())


def _earlier(one: str, other: str) -> bool:
    try:
        return one != other and compare("rpm", one, other) < 0
    except InvalidVersion:
        return False  # it is refused with its entry


def _ids(record: Mapping[str, Any], field: str) -> list[Any]:
    return list(sequence(record.get(field), field, 20_000))


def _specific(affected: Mapping[str, Any]) -> Mapping[str, Any]:
    found = affected.get("ecosystem_specific")
    return found if isinstance(found, dict) else {}


def _binaries(affected: Mapping[str, Any]) -> dict[str, str]:
    """SUSE's list of the binary packages of a source package: name -> fixed version."""
    found: dict[str, str] = {}
    for item in sequence(_specific(affected).get("binaries"), "binaries", 20_000):
        pairs = mapping(item, "an entry of binaries").items()
        found.update((name, string(version, "a binary's version")) for name, version in pairs)
    return found


def _pocket(purl: str) -> str:
    """Which part of Ubuntu Pro: esm-infra, esm-apps ..., "pro" where the package URL does not tell."""
    match = _POCKET.search(unquote(purl))
    return match[1] if match else "pro"


def _ratings(record: Mapping[str, Any]) -> dict[str, str]:
    """Rating by kind: cvss_v3, cvss_v4 (vectors), ubuntu (a word)."""
    found: dict[str, str] = {}
    for item in sequence(record.get("severity"), "severity", 100):
        rating = mapping(item, "a rating")
        kind, score = string(rating.get("type"), "a rating's type").lower(), string(rating.get("score"), "a score")
        if _RATING.fullmatch(score):
            found.setdefault(kind, score)
    return found


def _cves(record: Mapping[str, Any], common: _Common, feed: str) -> Iterator[Cve]:
    """What is said of the weaknesses themselves. A vector is of one CVE only where the record is about one."""
    details, ratings = record.get("details"), common.ratings
    if len(common.cves) == 1:
        vector, vector_v4 = ratings.get("cvss_v3", ""), ratings.get("cvss_v4", "")
        source = feed if vector or vector_v4 else ""
        if common.advisory == common.cves[0]:
            told, published = text(record.get("summary") or details), day(record.get("published"))
            yield Cve(common.advisory, told, vector, source, vector_v4, published)
        elif source:
            yield Cve(common.cves[0], "", vector, source, vector_v4)
    if common.advisory not in common.cves and isinstance(details, str):
        told_of = (
            (match[1], cve)
            for match in _BULLET.finditer(details[:MAX_DETAILS])
            for cve in cves_of(match[2].split(", "))
        )
        yield from (Cve(cve, text(summary)) for summary, cve in told_of if cve in common.cves)


def recognises(name: str, head: bytes) -> bool:
    """Records of this schema are objects with ``id`` and ``modified``; ``affected`` may stand far behind."""
    known = b'"id"' in head and any(key in head for key in (b'"affected"', b'"modified"', b'"schema_version"'))
    return name.endswith((".json", ".jsonl", ".ndjson")) and head.lstrip()[:1] == b"{" and known
