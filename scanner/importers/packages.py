"""Package lists that other people supply: recognised by their content and read into the fact that a scan gives.

A list tells less than a look at the host does. What it leaves out stands in ``packages.unknown`` and in the notes;
nothing is guessed in its place.
"""

import json
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import Any

from inventory.facts.packages import Package, Packages
from scanner.importers import apk_installed, apk_list, cyclonedx, dpkg_list, dpkg_query, dpkg_status, rpm_list, spdx
from scanner.importers.supplied import (
    MAX_BYTES,
    MAX_LINE,
    MAX_LINES,
    MAX_PACKAGES,
    MAX_VALUES,
    Document,
    Format,
    ImportRefused,
    Reading,
    SuppliedPackages,
)

# The first that recognises a file reads it: those with unmistakable marks stand before those without.
TEXT: tuple[Format, ...] = (
    dpkg_status.FORMAT,
    dpkg_list.FORMAT,
    apk_installed.FORMAT,
    apk_list.LIST,
    apk_list.INFO,
    rpm_list.COLUMNS,
    rpm_list.NAMES,
    dpkg_query.FORMAT,
)
JSON: tuple[Format, ...] = (cyclonedx.FORMAT, spdx.SPDX_2, spdx.SPDX_3)

PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # what PowerShell's > writes

ORDER = attrgetter(*(field.name for field in fields(Package)))  # by name, version, architecture ...


def read_packages(data: bytes, file: str) -> SuppliedPackages:
    """The packages of one host. ``file`` is its name for messages.

    Raises :class:`ImportRefused`.
    """
    document = _document(data, file)
    for form in TEXT if document.json is None else JSON:
        if form.recognises(document):
            return _supplied(document, form, form.read(document))
    raise ImportRefused(file, 0, _unrecognised(document))


def _document(data: bytes, file: str) -> Document:
    if len(data) > MAX_BYTES:
        raise ImportRefused(file, 0, f"is larger than {MAX_BYTES // 1024 // 1024} MB, which no package list is")
    for mark, kind in PACKED.items():
        if data.startswith(mark):
            raise ImportRefused(file, 0, f"is packed with {kind}; unpack it first")
    text = _text(data, file)
    if text.lstrip()[:1] == "{":
        return Document(file, text, _json(text, file))
    if text.count("\n") > MAX_LINES:
        raise ImportRefused(file, 0, f"has more than {MAX_LINES} lines, which no package list has")
    long = next((number for number, line in enumerate(text.split("\n"), 1) if len(line) > MAX_LINE), 0)
    if long:
        raise ImportRefused(file, long, f"has more than {MAX_LINE} characters, which no line of a package list has")
    return Document(file, text)


def _text(data: bytes, file: str) -> str:
    """Descriptions in a list may be in any encoding: names and versions are checked one by one."""
    text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig", errors="replace")
    if "\0" in text:
        raise ImportRefused(file, text.count("\n", 0, text.index("\0")) + 1, "is not text; give the list as text")
    if not text.strip():
        raise ImportRefused(file, 0, "is empty; give the list that the package manager prints")
    return text


def _json(text: str, file: str) -> dict[str, Any]:
    if sum(map(text.count, "[{,")) > MAX_VALUES:
        raise ImportRefused(file, 0, f"has more than {MAX_VALUES} values; supply an SBOM of packages without files")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as fault:
        raise ImportRefused(file, fault.lineno, f"is no complete JSON: {fault.msg}; supply it again") from None
    except (RecursionError, ValueError):
        raise ImportRefused(file, 0, "is JSON of a depth or with numbers that no package list has") from None
    return dict(found)


def _supplied(document: Document, form: Format, reading: Reading) -> SuppliedPackages:
    items = tuple(sorted(_bounded(document, reading), key=ORDER))
    if not items:
        raise document.refusal(0, f"the list names no package ({form.name}); supply it again from the host")
    packages = Packages(reading.manager, items, reading.unknown)
    return SuppliedPackages(packages, reading.release, None, reading.notes, form.name)


def _bounded(document: Document, reading: Reading) -> set[Package]:
    found: Iterator[Package] = iter(reading.items)
    items = set(islice(found, MAX_PACKAGES))
    if next(found, None) is not None:
        raise document.refusal(0, f"names more than {MAX_PACKAGES} packages, which no host has; give one host a file")
    return items


def _unrecognised(document: Document) -> str:
    if document.json is not None:
        if "SchemaVersion" in document.json and "Results" in document.json:
            return (
                "is a report of trivy, not a list of packages; supply what `trivy rootfs --format cyclonedx /` writes"
            )
        return "is JSON, but neither CycloneDX nor SPDX; supply one of these"
    if document.text.lstrip()[:1] == "<":
        return "is XML, which is not read; supply the SBOM as JSON"
    names = ", ".join(form.name for form in (*TEXT, *JSON))
    return f"is no package list that is known here; supply the output of one of: {names}"
