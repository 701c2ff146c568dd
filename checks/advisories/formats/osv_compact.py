"""OSV's Red Hat and SUSE records in a short form, one a line.

``{"id", "published", "cves": [...], "summary", "severity": vector, "fixed": {product: {package: version}}}``: the
product is OSV's ecosystem, without ``Red Hat:`` where it is Red Hat's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.formats import osv
from checks.advisories.formats.collector import Collector, Read
from checks.advisories.formats.decoded import BadRecord, Decoded, Files, mapping, string

MOST = 100_000  # packages of one record


def decode(files: Files, feed: str) -> Decoded:
    """Raises :class:`FeedContentError`."""
    out = Collector(feed)
    for name, data in osv.records(files):
        out.take(name, data, lambda record, id_: _read(record, id_, feed))
    return osv.finish(out)


def recognises(name: str, head: bytes) -> bool:
    return name.endswith((".jsonl", ".json")) and b'"fixed":' in head.replace(b" ", b"") and b'"cves"' in head


def _read(record: Mapping[str, Any], advisory: str, feed: str) -> Read:
    vector = record.get("severity")
    return osv.read(
        {
            "published": record.get("published"),
            "summary": record.get("summary"),
            "related": record.get("cves"),
            "severity": [{"type": "CVSS_V3", "score": vector}] if vector else [],
            "affected": list(_affected(mapping(record.get("fixed"), "fixed"))),
        },
        advisory,
        feed,
    )


def _affected(products: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if sum(len(packages) for packages in products.values() if isinstance(packages, dict)) > MOST:
        raise BadRecord(f"it names more than {MOST} packages")
    for product, packages in products.items():
        ecosystem = product if product.startswith(("SUSE:", "openSUSE:")) else f"Red Hat:{product}"
        for name, version in mapping(packages, f"the product {product[:80]!r}").items():
            events = [{"introduced": "0"}, {"fixed": string(version, "a version")}]
            package = {"ecosystem": ecosystem, "name": name}
            yield {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
