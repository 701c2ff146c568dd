"""CycloneDX 1.2 to 1.7 as JSON: components with their purls (cyclonedx.org, JSON reference).

syft puts the source package into the purl; trivy into properties of its own (aquasecurity:trivy:SrcName ...).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.importers.sbom import Entry, objects, reading, text
from scanner.importers.supplied import Document, Format, Reading

TRIVY = "aquasecurity:trivy:"
MAX_DEPTH = 20  # components may hold components
SYSTEM = "operating-system"
Component = Mapping[str, Any]


def recognises(document: Document) -> bool:
    return document.json is not None and document.json.get("bomFormat") == "CycloneDX"


def read(document: Document) -> Reading:
    found = tuple(_components(document, "components", (document.json or {}).get("components"), 0))
    described = (document.json or {}).get("metadata")
    subject = described.get("component") if isinstance(described, dict) else None
    tops = (*found, *objects(document, "metadata.component", [subject] if isinstance(subject, dict) else None))
    systems = [
        (text(document, place, item, "name"), text(document, place, item, "version"))
        for place, item in tops
        if item.get("type") == SYSTEM
    ]
    return reading(document, (_entry(document, *component) for component in found), systems)


def _components(document: Document, place: str, value: object, depth: int) -> Iterator[tuple[str, Component]]:
    if depth > MAX_DEPTH:
        raise document.refusal(0, f"has components more than {MAX_DEPTH} deep; correct the file")
    for where, item in objects(document, place, value):
        yield where, item
        yield from _components(document, f"{where}.components", item.get("components"), depth + 1)


def _entry(document: Document, place: str, item: Component) -> Entry:
    properties = dict(_properties(document, place, item))
    name, version, release, epoch = (
        properties.get(key, "") for key in ("SrcName", "SrcVersion", "SrcRelease", "SrcEpoch")
    )
    purl = text(document, place, item, "purl")
    whole = "-".join(part for part in (version, release) if part)
    if epoch.strip("0") and purl.startswith("pkg:deb"):
        whole = f"{epoch}:{whole}"
    return Entry(place, purl, text(document, place, item, "version"), name, whole)


def _properties(document: Document, place: str, item: Component) -> Iterator[tuple[str, str]]:
    for where, one in objects(document, f"{place}.properties", item.get("properties")):
        name = text(document, where, one, "name")
        if name.startswith(TRIVY):
            yield name.removeprefix(TRIVY), text(document, where, one, "value")


FORMAT = Format("CycloneDX as JSON", recognises, read)
