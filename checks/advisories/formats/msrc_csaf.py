"""Microsoft's advisories in CSAF 2.0, one file a weakness (msrc.microsoft.com/csaf/advisories, by year).

CSAF is specified by OASIS (CSAF 2.0, 3.2.2 product tree, 3.2.3 vulnerabilities). What Microsoft makes of it:
a branch ``product_name`` for each product, below it ``product_version_range`` (``<10.0.19045.6700``, what is affected)
and ``product_version`` (``10.0.19045.6700``, what is fixed); a remediation ``vendor_fix`` that names the affected ids,
with ``details`` such as ``10.0.19045.6700:Security Update:https://support.microsoft.com/help/9000001`` and the same
``url``. It does not tell what an update replaces: the monthly documents do (``msrc_cvrf``). Written after that, and
tested on documents made for it: no published one was at hand.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from checks.advisories.formats.msrc_cvrf import (
    BUILD,
    KINDS,
    MAX_DEPTH,
    NO_CVE,
    NO_FIX,
    Gathered,
    Remedy,
    finished,
    take,
)
from checks.advisories.formats.windows_rows import Rows
from checks.advisories.model import Cve

_HELP = re.compile(r"https://support\.microsoft\.com/(?:[a-z]{2}-[a-z]{2}/)?(?:help|kb)/(\d{5,8})")
_FILE = re.compile(r"(?:.*/)?msrc_cve-\d{4}-\d{4,19}\.json", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Product:
    name: str  # without a version
    fixed: str  # the build below which it is affected, "" not told


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Other files than .json are passed over. Raises :class:`FeedContentError`."""
    found, newest = Gathered(Rows(), Rows(), {}, Tally()), ""
    for name, data in files:
        if name.endswith(".json"):
            try:
                newest = max(newest, _document(mapping(parsed(data), "the document"), found))
            except BadRecord as fault:
                found.tally.bad(name, fault)
    return finished(found, newest_day(newest) if newest else None)


def recognises(name: str, head: bytes) -> bool:
    lower = head.lower()
    told = b'"csaf_version"' in lower or b'"csaf_' in lower
    return name.endswith(".json") and b"microsoft" in lower and (told or _FILE.fullmatch(name) is not None)


def _document(told: Mapping[str, Any], found: Gathered) -> str:
    """The day on which it was changed last."""
    about = mapping(told.get("document"), "document")
    tracking = mapping(about.get("tracking"), "tracking")
    released = day(tracking.get("initial_release_date"))
    if not released:
        raise BadRecord("has no initial_release_date")
    products = dict(_products(mapping(told.get("product_tree"), "product_tree").get("branches"), "", MAX_DEPTH))
    severity = _severity(about)
    for item in sequence(told.get("vulnerabilities"), "vulnerabilities", 1_000):
        _vulnerability(mapping(item, "a vulnerability"), products, released, severity, found)
    return day(tracking.get("current_release_date")) or released


def _severity(about: Mapping[str, Any]) -> str:
    rating = about.get("aggregate_severity")
    return word(rating.get("text")).lower() if isinstance(rating, dict) else ""


def _products(branches: object, name: str, depth: int) -> Iterator[tuple[str, _Product]]:
    """(product_id, product)."""
    for branch in sequence(branches, "branches") if depth else ():
        one = mapping(branch, "a branch")
        category, said = one.get("category"), word(one.get("name"))
        here = said if category == "product_name" else name
        leaf = one.get("product")
        if isinstance(leaf, dict):
            ranged = category == "product_version_range" and said.startswith("<")
            fixed = said.lstrip("<= ") if ranged else said if category == "product_version" else ""
            named = here or string(leaf.get("name"), "a product's name", 400)
            yield (
                string(leaf.get("product_id"), "a product_id"),
                _Product(named, fixed if BUILD.fullmatch(fixed) else ""),
            )
        yield from _products(one.get("branches"), here, depth - 1)


def _vulnerability(
    item: Mapping[str, Any], products: Mapping[str, _Product], released: str, severity: str, found: Gathered
) -> None:
    cves = cves_of([item.get("cve")])
    if not cves:
        found.tally.skipped[NO_CVE] += 1
        return
    kept = False
    for remedy in sequence(item.get("remediations"), "remediations", 10_000):
        one = mapping(remedy, "a remediation")
        for fix in _fixes(one, products):
            take(fix, day(one.get("date")) or released, cves, severity, "", found)
            kept = True
    if not kept:
        found.tally.skipped[NO_FIX] += 1
        return
    found.cves[cves[0]] = _about(item, cves[0], released)
    found.tally.taken += 1


def _fixes(remedy: Mapping[str, Any], products: Mapping[str, _Product]) -> Iterator[Remedy]:
    if remedy.get("category") != "vendor_fix":
        return
    build, _, rest = word(remedy.get("details")).partition(":")
    told = BUILD.fullmatch(build.strip())
    article = _HELP.match(word(remedy.get("url"))) or _HELP.search(rest)
    kind = KINDS.get("".join(rest.partition(":")[0].split()).lower(), "")
    for id_ in sequence(remedy.get("product_ids"), "product_ids", 10_000):
        product = products.get(string(id_, "a product_id"))
        fixed = build.strip() if told else product.fixed if product else ""
        if product and (article or fixed):
            yield Remedy(product.name, article[1] if article else "", fixed, (), kind)


def _about(item: Mapping[str, Any], cve: str, told: str) -> Cve:
    scores = (mapping(score, "a score").get("cvss_v3") for score in sequence(item.get("scores"), "scores", 10_000))
    vectors = (word(score.get("vectorString")).split("/E:")[0] for score in scores if isinstance(score, dict))
    vector = next((found for found in vectors if VECTOR.fullmatch(found)), "")
    return Cve(cve, text(item.get("title")), vector, "msrc" if vector else "", "", told)
