"""SPDX 2.2, 2.3 and 3.0 as JSON: packages with their purls (spdx.github.io, "Package information", "software_Package").

syft puts the source package into the purl; trivy into the source information: "built package from: openssl 3.0.17-1".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.importers.sbom import Entry, objects, reading, text
from scanner.importers.supplied import Document, Format, Reading

BUILT_FROM = re.compile(r"built package from: (\S+) (\S+)")
SYSTEM_2 = ("OPERATING-SYSTEM", "OPERATING_SYSTEM")
SYSTEM_3 = "operatingSystem"
Item = tuple[str, Mapping[str, Any]]


def recognises_2(document: Document) -> bool:
    return document.json is not None and str(document.json.get("spdxVersion", ""))[:7] == "SPDX-2."


def recognises_3(document: Document) -> bool:
    return document.json is not None and "spdx" in str(document.json.get("@context", "")) and "@graph" in document.json


def read_2(document: Document) -> Reading:
    found = tuple(objects(document, "packages", (document.json or {}).get("packages")))
    systems = [item for item in found if item[1].get("primaryPackagePurpose") in SYSTEM_2]
    entries = (_entry(document, item, _purl_2(document, item), "versionInfo", "sourceInfo") for item in found)
    return reading(document, entries, [_system(document, item, "versionInfo") for item in systems])


def read_3(document: Document) -> Reading:
    graph = objects(document, "@graph", (document.json or {}).get("@graph"))
    found = tuple(item for item in graph if item[1].get("type") == "software_Package")
    systems = [item for item in found if item[1].get("software_primaryPurpose") == SYSTEM_3]
    version, source = "software_packageVersion", "software_sourceInfo"
    entries = (_entry(document, item, _purl_3(document, item), version, source) for item in found)
    return reading(document, entries, [_system(document, item, version) for item in systems])


def _system(document: Document, item: Item, version: str) -> tuple[str, str]:
    return text(document, *item, "name"), text(document, *item, version)


def _entry(document: Document, item: Item, purl: str, version: str, source: str) -> Entry:
    built = BUILT_FROM.fullmatch(text(document, *item, source))
    return Entry(item[0], purl, text(document, *item, version), built[1] if built else "", built[2] if built else "")


def _purl_2(document: Document, item: Item) -> str:
    place, package = item
    references: Iterator[Item] = objects(document, f"{place}.externalRefs", package.get("externalRefs"))
    purls = (text(document, *one, "referenceLocator") for one in references if one[1].get("referenceType") == "purl")
    return next(purls, "")


def _purl_3(document: Document, item: Item) -> str:
    place, package = item
    identifiers: Iterator[Item] = objects(document, f"{place}.externalIdentifier", package.get("externalIdentifier"))
    named = (one for one in identifiers if one[1].get("externalIdentifierType") in ("packageUrl", "packageURL"))
    return text(document, *item, "software_packageUrl") or next(
        (text(document, *one, "identifier") for one in named), ""
    )


SPDX_2 = Format("SPDX 2 as JSON", recognises_2, read_2)
SPDX_3 = Format("SPDX 3 as JSON", recognises_3, read_3)
