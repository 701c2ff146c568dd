"""Fortinet's PSIRT advisories in CVRF, one file an advisory: the XML that Fortinet publishes, or the same as JSON.

CVRF 1.1 and 1.2 (ICASI; OASIS CSAF CVRF 1.2, sections 4 to 6). Names of the JSON are those of the XML in snake case, as
converters write them. Versions come from two places: the status "Known Affected", which enumerates releases by
``PRODUCT-x.y.z``, and the notes "Affected Products" and "Solutions", in words (``checks.firmware.prose``).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.advisories.formats.cvrf_xml import Node, parsed_xml
from checks.advisories.formats.decoded import (
    BadRecord,
    Decoded,
    Files,
    Tally,
    cves_of,
    day,
    mapping,
    newest_day,
    parsed,
    string,
    text,
    word,
)
from checks.advisories.formats.kinds import VECTOR
from checks.advisories.model import FeedContentError
from checks.advisories.table import encode
from checks.firmware.advisory import FIRMWARE, FirmwareAdvisory, ranges, row
from checks.firmware.fortios import Release, Train, release_of, train_named
from checks.firmware.products import key_of
from checks.firmware.prose import MAX_WORDS, Told, at_least, read

VENDOR = "Fortinet"
NO_PRODUCT = "names no product with a version"
OTHER_FORM = "package: version in another form"
MAX_ADVISORIES = 20_000
MAX_LISTED = 20_000  # releases of one advisory
_ID = re.compile(r"FG-IR-\d{2,3}-\d{3,4}")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._()-]{0,59}")
_NAMED = re.compile(r"Forti[A-Z][A-Za-z]{0,30}?(?=Forti|[^A-Za-z]|$)")  # in words, where no list names a product


@dataclass(frozen=True, slots=True)
class _Document:
    id: str
    title: str
    cves: tuple[str, ...]
    day: str
    issued: str
    vector: str
    listed: tuple[tuple[str, str], ...]  # product, version
    affected: str
    solutions: str


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Other files than .json and .xml are passed over. Raises :class:`FeedContentError`."""
    tally, documents = Tally(), dict[str, _Document]()
    for name, data in files:
        if not name.endswith((".json", ".xml")):
            continue
        try:
            document = _document(data)
            if len(documents) >= MAX_ADVISORIES:
                raise FeedContentError(f"holds more than {MAX_ADVISORIES} advisories")
            documents[document.id] = document
        except BadRecord as fault:
            tally.bad(name, fault)
    return _finished(documents, tally)


def recognises(name: str, head: bytes) -> bool:
    if name.endswith(".json"):
        return b'"Fortinet PSIRT Advisories"' in head and b'"documenttracking"' in head
    return b"cvrfdoc" in head and b"Fortinet PSIRT Advisories" in head


def _finished(documents: Mapping[str, _Document], tally: Tally) -> Decoded:
    products = {product for document in documents.values() for product, _ in document.listed}
    found: defaultdict[str, list[FirmwareAdvisory]] = defaultdict(list)
    for _, document in sorted(documents.items()):
        about = dict(_advisories(document, products, tally))
        for product, advisory in about.items():
            found[key_of(VENDOR, product)].append(advisory)
        tally.packages += len(about)
        if about:
            tally.taken += 1
        else:
            tally.skipped[NO_PRODUCT] += 1
    tally.close("advisory about a product with versions")
    newest = max((document.day for document in documents.values()), default="")
    return Decoded(
        tables={FIRMWARE: encode((key, row(advisories)) for key, advisories in found.items())},
        snapshot=newest_day(newest),
        records=tally.taken,
        releases=(),
        licence="see https://www.fortinet.com/corporate/about-us/legal",
        publisher="Fortinet PSIRT",
        skipped=tally.counts(),
        dated=False,  # a collection of files tells nowhere when it was made
    )


def _advisories(document: _Document, known: Iterable[str], tally: Tally) -> Iterator[tuple[str, FirmwareAdvisory]]:
    """One for each product that is listed, or that the words name with a range that can be read.

    Without any list a product that is only named is kept as well: its range is unknown.
    """
    listed: defaultdict[str, list[str]] = defaultdict(list)
    for product, version in document.listed:
        listed[product].append(version)
    named = {*known, *_NAMED.findall(document.affected)} if not listed else known
    words = read(document.affected, document.solutions, sorted(named))
    seen: set[str] = set()
    for product in (*sorted(listed), *sorted(words)):
        told = words.get(product, Told())
        if product in seen or (product not in listed and not told.says and (listed or not told.raw)):
            continue
        seen.add(product)
        yield product, _about(document, listed[product], told, tally)


def _about(document: _Document, versions: Iterable[str], told: Told, tally: Tally) -> FirmwareAdvisory:
    releases: set[Release] = set()
    coarse: set[Train] = set()
    for version in versions:
        release, train = release_of(version), train_named(version)
        if release is not None:
            releases.add(release)
        elif train is not None:
            coarse.add(train)
        else:
            tally.skipped[OTHER_FORM] += 1
    return FirmwareAdvisory(
        id=document.id,
        title=document.title,
        cves=document.cves,
        day=document.day,
        issued=document.issued,
        vector=document.vector,
        listed=ranges(releases),
        coarse=tuple(sorted(coarse)),
        told=() if releases else tuple(dict.fromkeys(told.ranges)),
        whole=tuple(sorted(set(told.whole))),
        clear=tuple(sorted(set(told.clear))),
        fixed=tuple(sorted(told.fixed)),
        partly=at_least(document.affected) or (not releases and bool(told.below or told.raw)),
        raw="" if releases or told.says else text(told.raw),
    )


# --- the two forms


def _document(data: bytes) -> _Document:
    """Raises :class:`BadRecord`."""
    found = _of_xml(parsed_xml(data)) if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" else _of_json(data)
    if not _ID.fullmatch(found.id):
        raise BadRecord(f"{found.id[:40]!a} is no number of an advisory")
    if not found.day:
        raise BadRecord("it tells no day")
    if len(found.listed) > MAX_LISTED:
        raise BadRecord(f"it lists more than {MAX_LISTED} versions")
    return found


def _of_xml(root: Node) -> _Document:
    notes = {node.attributes.get("Title", ""): node.text for node in root.all("DocumentNotes", "Note")}
    weaknesses = list(root.all("Vulnerability"))
    affected = {
        product.text
        for weakness in weaknesses
        for status in weakness.all("ProductStatuses", "Status")
        if status.attributes.get("Type") == "Known Affected"
        for product in status.all("ProductID")
    }
    names = (
        (branch.attributes.get("Name", ""), version.attributes.get("Name", ""), product.attributes.get("ProductID"))
        for branch in root.all("ProductTree", "Branch", "Branch")
        for version in branch.all("Branch")
        for product in version.all("FullProductName")
    )
    sets = [sets for weakness in weaknesses for sets in weakness.all("CVSSScoreSets")]
    vectors = (of.one(*path) for of in sets for path in (("ScoreSetV3", "VectorV3"), ("ScoreSet", "Vector")))
    return _made(
        root.one("DocumentTracking", "Identification", "ID"),
        root.one("DocumentTitle"),
        [node.text for weakness in weaknesses for node in weakness.all("CVE")],
        (root.one("DocumentTracking", "CurrentReleaseDate"), root.one("DocumentTracking", "InitialReleaseDate")),
        next(filter(None, vectors), ""),
        [(product, version) for product, version, name in names if name in affected],
        notes,
    )


def _of_json(data: bytes) -> _Document:
    document = mapping(parsed(data), "the advisory")
    tracking = _map(document.get("documenttracking"))
    weaknesses = _many(document.get("vulnerability"))
    notes = {word(note.get("title")): word_of(note) for note in _many(_map(document.get("documentnotes")).get("note"))}
    statuses = (status for one in weaknesses for status in _many(_map(one.get("product_statuses")).get("status")))
    affected = {
        name
        for status in statuses
        if status.get("type") == "Known Affected"
        for name in _list(status.get("product_id"))
        if isinstance(name, str)
    }
    sets = (_map(_map(one.get("cvss_scoresets")).get("scoreset_v3")) for one in weaknesses)
    return _made(
        string(_map(tracking.get("identification")).get("id"), "its id", 40),
        word(document.get("document_title")),
        [cve for one in weaknesses for cve in _list(one.get("cve"))],
        (tracking.get("current_release_date"), tracking.get("initial_release_date")),
        next(filter(None, (word(one.get("vector_v3")) for one in sets)), ""),
        [(product, version) for product, version, name in _tree(document) if name in affected],
        notes,
    )


def _made(
    name: str,
    title: str,
    cves: Iterable[object],
    days: tuple[object, object],
    vector: str,
    listed: Iterable[tuple[str, str]],
    notes: Mapping[str, str],
) -> _Document:
    current, issued = day(days[0]), day(days[1])
    return _Document(
        id=name,
        title=text(title),
        cves=cves_of(cves),
        day=max(current, issued),
        issued=issued,
        vector=vector if VECTOR.fullmatch(vector) else "",
        listed=tuple((product, version) for product, version in listed if _PRODUCT.fullmatch(product)),
        affected=notes.get("Affected Products", "")[:MAX_WORDS],
        solutions=notes.get("Solutions", "")[:MAX_WORDS],
    )


def _tree(document: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    for vendor in _many(_map(document.get("product_tree")).get("branch")):
        for product in _many(vendor.get("branch")):
            for version in _many(product.get("branch")):
                name = _map(version.get("full_product_name")).get("product_id")
                yield word(product.get("name")), word(version.get("name")), name


def word_of(note: Mapping[str, Any]) -> str:
    value = note.get("text")
    return value[:MAX_WORDS].strip() if isinstance(value, str) else ""


def _map(value: object) -> Mapping[str, Any]:
    """What may be missing, or be in another form, says nothing."""
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _many(value: object) -> list[Mapping[str, Any]]:
    """One or several: converters write a list only where there are several."""
    return [item for item in _list(value) if isinstance(item, dict)]
