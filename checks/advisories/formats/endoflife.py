"""Support dates of endoflife.date (MIT): its API's full form (/api/v1/products/full), or a dump of its product files.

``eol`` is the end of free security support: that is our regular end, and Debian's LTS or a paid extension (``eoes``)
is the extended one (patch-levels rule 15). ``eoas``, the end of new features, is no end of support. Of a truth value
instead of a day, true means that it has ended: the day until which the cycle is known to have lived is then its end.
Sources: endoflife.date/docs/api/v1 and the project's CONTRIBUTING, "eolColumn", "eoesColumn".
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.formats.decoded import (
    BadRecord,
    Decoded,
    Files,
    Tally,
    day,
    document,
    mapping,
    newest_day,
    sequence,
    string,
    text,
    word,
)
from checks.advisories.model import FeedContentError
from checks.advisories.table import encode

SUPPORT, PRODUCTS = "support", "products"
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,79}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SOURCE_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def decode(files: Files, feed: str) -> Decoded:  # noqa: ARG001  # all decoders are called alike
    """Raises :class:`FeedContentError`."""
    found, tally = document(files), Tally()
    cycles: dict[str, list[dict[str, object]]] = {}
    known_as: dict[str, set[str]] = {}
    for name, product in _products(found):
        try:
            cycles[name] = _cycles(name, product)
            for identifier in _identifiers(product):
                known_as.setdefault(identifier, set()).add(name)
            tally.taken += 1
        except BadRecord as fault:
            tally.bad(name, fault)
    tally.close("product")
    snapshot = newest_day(_snapshot(found))
    support = {"snapshot": snapshot.isoformat(), "source": "endoflife.date (MIT)", "products": cycles}
    products = encode((key, json.dumps(sorted(names))) for key, names in known_as.items())
    return Decoded(
        tables={
            SUPPORT: encode([(SUPPORT, json.dumps(support, sort_keys=True, separators=(",", ":")))]),
            **({PRODUCTS: products} if products else {}),
        },
        snapshot=snapshot,
        records=tally.taken,
        releases=(),
        licence="MIT",
        publisher="endoflife.date",
        skipped=tally.counts(),
    )


def recognises(_: str, head: bytes) -> bool:
    api = b'"schema_version"' in head and b'"generated_at"' in head and b'"result"' in head
    return api or (b'"releaseCycle"' in head and b'"releases"' in head)


def _products(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """(name, product) of either form."""
    told = found.get("result", found.get("products"))
    if isinstance(told, dict):
        yield from told.items()
        return
    try:
        for product in sequence(told, "the list of products"):
            yield word(product.get("name")) if isinstance(product, dict) else "", product
    except BadRecord as fault:
        raise FeedContentError(str(fault)) from fault


def _snapshot(found: Mapping[str, Any]) -> str:
    told = day(found.get("generated_at"))
    named = _SOURCE_DAY.search(word(found.get("source")))
    return told or (named[0] if named else "")


def _cycles(name: str, product: object) -> list[dict[str, object]]:
    if not _NAME.fullmatch(name):
        raise BadRecord("is no product name")
    releases = sequence(mapping(product, "the product").get("releases"), "releases", 5_000)
    return [_cycle(mapping(release, "a release")) for release in releases]


def _cycle(release: Mapping[str, Any]) -> dict[str, object]:
    """One release in the form of ``checks.advisories.support``."""
    latest = release.get("latest")
    of_latest = latest if isinstance(latest, dict) else {"name": latest, "date": release.get("latestReleaseDate")}
    number = string(_first(release, "releaseCycle", "cycle", "name"), "the cycle's name", 80)
    ends, ended = _end(_first(release, "eol", "eolFrom", "isEol"), "eol")
    if release.get("isEol") is True and ends is None:
        ended = True
    extended, _ = _end(_first(release, "eoes", "extendedSupport", "eoesFrom"), "eoes")
    row: dict[str, object] = {
        "cycle": number,
        "ends": ends,
        "extended_ends": extended,
        "released": day(release.get("releaseDate")) or None,
        "latest": text(of_latest.get("name")),
    }
    if ended:
        row |= {"ends": day(of_latest.get("date")) or row["released"] or "1970-01-01", "ended": True}
    return row


def _first(release: Mapping[str, Any], *names: str) -> object:
    return next((release[name] for name in names if release.get(name) is not None), None)


def _end(value: object, what: str) -> tuple[str | None, bool]:
    """(its day, whether it has ended on an unknown one). None and false are: not announced."""
    if value is None or isinstance(value, bool):
        return None, value is True
    told = string(value, what, 40)
    found = day(told) if _DAY.fullmatch(told) else ""
    if not found:
        raise BadRecord(f"{what} {told!r} is no day")
    return found, False


def _identifiers(product: object) -> Iterator[str]:
    """``purl:pkg:deb/debian/php``, ``cpe:cpe:/a:php:php``, ``repology:php``."""
    for item in sequence(mapping(product, "the product").get("identifiers"), "identifiers", 1_000):
        found = mapping(item, "an identifier")
        pairs = [(found["type"], found.get("id"))] if "type" in found else list(found.items())
        for kind, value in pairs:
            yield text(f"{string(kind, 'a kind', 40)}:{string(value, 'an identifier')}")
