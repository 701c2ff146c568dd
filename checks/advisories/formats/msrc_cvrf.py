"""Microsoft's own monthly documents: the MSRC's CVRF, as JSON or XML (api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Jan).

They tell what WES-NG leaves out: the build that each update brings (``FixedBuild``), its kind (``SubType``), and fixed
versions of products without KB articles. Written after the swagger of that API and parts of a published document of
2023; tested on documents made for it, as no whole one was at hand. Any number of months can be imported at once.

Of a remediation: ``Type`` 2 is a vendor fix, ``Description.Value`` its KB number or "Release Notes", ``Supercedence``
what it replaces. Of a threat: ``Type`` 3 is the severity. Of a note: ``Type`` 7 is the component.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

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
    sequence,
    string,
    text,
    word,
)
from checks.advisories.formats.kinds import VECTOR
from checks.advisories.formats.msrc_xml import document_of
from checks.advisories.formats.windows_kb import KB
from checks.advisories.formats.windows_rows import Fix, Rows
from checks.advisories.model import Cve, line_of
from checks.advisories.table import encode
from checks.advisories.windows_updates import HOTPATCH, ROLLUP, SECURITY_ONLY, STACK, TABLE, VERSIONS

VENDOR_FIX, SEVERITY, TAG = 2, 3, 7
MAX_DEPTH = 8  # of branches
NO_CVE = "no CVE, so no vulnerability"
NO_FIX = "no fix with a KB number or a version"
BUILD = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,5}")
KINDS = {
    "monthlyrollup": ROLLUP,
    "securityonly": SECURITY_ONLY,
    "securityhotpatchupdate": HOTPATCH,
    "servicingstackupdate": STACK,
}


@dataclass(slots=True)
class Gathered:
    updates: Rows
    versions: Rows
    cves: dict[str, Cve]
    tally: Tally


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Other files than .json and .xml are passed over. Raises :class:`FeedContentError`."""
    found, newest = Gathered(Rows(), Rows(), {}, Tally()), ""
    for name, data in files:
        if name.endswith((".json", ".xml")):
            try:
                document = document_of(data) if name.endswith(".xml") else mapping(parsed(data), "the document")
                newest = max(newest, _document(document, found))
            except BadRecord as fault:
                found.tally.bad(name, fault)
    return finished(found, newest_day(newest) if newest else None)


def finished(found: Gathered, newest: date | None) -> Decoded:
    """Raises :class:`FeedContentError`."""
    found.tally.close("vulnerability with a fix")
    return Decoded(
        {
            TABLE: found.updates.table(),
            VERSIONS: found.versions.table(),
            "cve": encode((name, line_of(cve)) for name, cve in found.cves.items()),
        },
        newest or newest_day(""),
        found.tally.taken,
        (),
        "see https://www.microsoft.com/legal/terms-of-use",
        "Microsoft Security Response Center",
        found.tally.counts(),
    )


def recognises(name: str, head: bytes) -> bool:
    title = b'"DocumentTitle"' if name.endswith(".json") else b"cvrfdoc"
    return name.endswith((".json", ".xml")) and title in head and b"microsoft" in head.lower()


def _document(document: Mapping[str, Any], found: Gathered) -> str:
    """The day on which it was changed last."""
    tracking = mapping(document.get("DocumentTracking"), "DocumentTracking")
    released = day(tracking.get("InitialReleaseDate"))
    changed = day(tracking.get("CurrentReleaseDate")) or released
    if not released:
        raise BadRecord("has no InitialReleaseDate")
    names = _names(mapping(document.get("ProductTree"), "ProductTree"))
    for item in sequence(document.get("Vulnerability"), "Vulnerability", 100_000):
        try:
            _vulnerability(mapping(item, "a vulnerability"), names, released, found)
        except BadRecord as fault:
            found.tally.bad(word(item.get("CVE")) if isinstance(item, dict) else "a vulnerability", fault)
    return changed


def _names(tree: Mapping[str, Any]) -> dict[str, str]:
    """ProductID -> name: of the list ``FullProductName``, and of the branches, which a document may have alone."""
    products = [*sequence(tree.get("FullProductName"), "FullProductName"), *_leaves(tree.get("Branch"), MAX_DEPTH)]
    found = {}
    for product in products:
        one = mapping(product, "a product")
        found[string(one.get("ProductID"), "a ProductID")] = string(one.get("Value"), "a product's name", 400)
    return found


def _leaves(branches: object, depth: int) -> Iterator[object]:
    for branch in sequence(branches, "Branch") if depth else ():
        one = mapping(branch, "a branch")
        if "ProductID" in one:
            yield one
        else:
            yield from _leaves(one.get("Items"), depth - 1)


def _vulnerability(item: Mapping[str, Any], names: Mapping[str, str], released: str, found: Gathered) -> None:
    cves = cves_of([item.get("CVE")])
    if not cves:
        found.tally.skipped[NO_CVE] += 1
        return
    told = _first_day(item) or released
    severities, component = _severities(item), _component(item)
    kept = False
    for remedy in sequence(item.get("Remediations"), "Remediations", 10_000):
        for product, fix in _fixes(mapping(remedy, "a remediation"), names):
            severity = severities.get(product, severities.get("", ""))
            take(fix, told, cves, severity, component, found)
            kept = True
    if not kept:
        found.tally.skipped[NO_FIX] += 1
        return
    found.cves[cves[0]] = _about(item, cves[0], told)
    found.tally.taken += 1


@dataclass(frozen=True, slots=True)
class Remedy:
    product: str
    kb: str  # "" where there is no KB article
    build: str
    supersedes: tuple[str, ...]
    kind: str


def _fixes(remedy: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Remedy]]:
    """(ProductID, fix)."""
    told, build = _value(remedy.get("Description")), word(remedy.get("FixedBuild")).strip()
    kb = told if KB.fullmatch(told) else ""
    build = build if BUILD.fullmatch(build) else ""
    if remedy.get("Type") != VENDOR_FIX or not (kb or build):
        return
    kind = KINDS.get("".join(word(remedy.get("SubType")).split()).lower(), "")
    supersedes = tuple(KB.findall(word(remedy.get("Supercedence"))))
    for product in sequence(remedy.get("ProductID"), "ProductID", 10_000):
        name = names.get(string(product, "a ProductID"))
        if name:
            yield product, Remedy(name, kb, build, supersedes, kind)


def take(fix: Remedy, told: str, cves: tuple[str, ...], severity: str, component: str, found: Gathered) -> None:
    if fix.kb:
        found.updates.add(
            Fix(fix.product, fix.kb, told, cves, severity, component, fix.supersedes, fix.kind, fix.build)
        )
    if fix.build and not fix.product.startswith("Windows"):
        found.versions.add(Fix(fix.product, fix.build, told, cves, severity, component))


def _severities(item: Mapping[str, Any]) -> dict[str, str]:
    """ProductID -> word; "" for all others."""
    found: dict[str, str] = {}
    for threat in sequence(item.get("Threats"), "Threats", 10_000):
        one = mapping(threat, "a threat")
        if one.get("Type") == SEVERITY:
            products = sequence(one.get("ProductID"), "ProductID", 10_000)
            said = _value(one.get("Description")).lower()
            found.update(dict.fromkeys((p for p in products if isinstance(p, str)), said) if products else {"": said})
    return found


def _component(item: Mapping[str, Any]) -> str:
    notes = (mapping(note, "a note") for note in sequence(item.get("Notes"), "Notes", 1_000))
    return next((text(note.get("Value")) for note in notes if note.get("Type") == TAG), "")


def _first_day(item: Mapping[str, Any]) -> str:
    revisions = sequence(item.get("RevisionHistory"), "RevisionHistory", 1_000)
    days = [day(mapping(revision, "a revision").get("Date")) for revision in revisions]
    return min((found for found in days if found), default="")


def _about(item: Mapping[str, Any], cve: str, told: str) -> Cve:
    scores = (mapping(score, "a score") for score in sequence(item.get("CVSSScoreSets"), "CVSSScoreSets", 10_000))
    vectors = (word(score.get("Vector")).split("/E:")[0] for score in scores)
    vector = next((found for found in vectors if VECTOR.fullmatch(found)), "")
    return Cve(cve, text(_value(item.get("Title"))), vector, "msrc" if vector else "", "", told)


def _value(field: object) -> str:
    """Of ``{"Value": "..."}``."""
    return word(field.get("Value")).strip() if isinstance(field, dict) else ""
