"""Results of other tools and of testers: one map of formats, recognised by their content, and one way to read them.

``docs/import-findings.md`` tells what is taken from each.
"""

import json
import re
from collections.abc import Mapping
from itertools import islice

from scanner.importers import (
    generic,
    lynis,
    manual,
    nessus,
    nmap,
    openvas,
    sarif,
    ssh_audit,
    sslyze,
    testssl,
    trivy,
    xccdf,
)
from scanner.importers.foreign_xml import root_of
from scanner.importers.imported import MAX_BYTES, MAX_HOSTS, MAX_RESULTS, ForeignFormat, Imported, Sniffed, Source
from scanner.importers.redaction import redacted
from scanner.importers.supplied import ImportRefused, shown

# Name of --tool -> importer. The first that recognises a file reads it: unmistakable marks stand first.
FORMATS: Mapping[str, ForeignFormat] = {
    one.name: one
    for one in (
        nessus.FORMAT,
        openvas.XML,
        openvas.CSV,
        nmap.FORMAT,
        xccdf.ARF,
        xccdf.FORMAT,
        lynis.FORMAT,
        testssl.FORMAT,
        testssl.CSV,
        sslyze.FORMAT,
        ssh_audit.FORMAT,
        trivy.FORMAT,
        sarif.FORMAT,
        generic.FORMAT,
        manual.FORMAT,
        manual.CSV,
        generic.CSV,
    )
}
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
HEAD = 65536  # bytes that a format is recognised by
_KEY = re.compile(r'"([A-Za-z0-9_$.-]{1,60})"\s*:')


def read_findings(data: bytes, file: str, tool: str = "") -> tuple[ForeignFormat, Imported]:
    """What the file says, and which format it was. ``tool`` is a name of :data:`FORMATS`, "" to recognise it.

    Raises :class:`ImportRefused`.
    """
    _refuse(data, file)
    form = FORMATS[tool] if tool else recognised(data, file)
    try:
        imported = form.read(Source(file, data))
    except RecursionError:
        raise ImportRefused(file, 0, "is nested deeper than any tool writes") from None
    if len(imported.hosts) > MAX_HOSTS or imported.results > MAX_RESULTS:
        raise ImportRefused(file, 0, f"names more than {MAX_HOSTS:,} hosts or {MAX_RESULTS:,} results; split it")
    return form, imported


def to_keep(form: ForeignFormat, data: bytes) -> bytes:
    """The file without the secrets that it carries: only this is ever stored."""
    return (form.secrets or redacted)(data)


def recognised(data: bytes, file: str) -> ForeignFormat:
    """Raises :class:`ImportRefused` when no format fits."""
    sniffed = sniff(data)
    for form in FORMATS.values():
        if form.recognises(sniffed):
            return form
    told = f"its root is {shown(sniffed.root)}; " if sniffed.root else ""
    names = ", ".join(form.title for form in FORMATS.values())
    raise ImportRefused(file, 0, f"is no result that is known here: {told}known are {names}. Name one with --tool")


def _refuse(data: bytes, file: str) -> None:
    if not data.strip():
        raise ImportRefused(file, 0, "is empty; give the file that the tool wrote")
    if len(data) > MAX_BYTES:
        raise ImportRefused(file, 0, f"is larger than {MAX_BYTES // 1024 // 1024} MB; split it by hosts")
    for mark, kind in PACKED.items():
        if data.startswith(mark):
            raise ImportRefused(file, 0, f"is packed with {kind}; unpack it first")


def sniff(data: bytes) -> Sniffed:
    """Enough to tell the format, from the beginning alone where that is enough."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = data[:HEAD].decode("utf-16" if wide else "utf-8-sig", errors="replace")
    start = head.lstrip()[:1]
    if start == "<":
        root, attributes = root_of(data)
        return Sniffed(root=root, attributes=attributes)
    if start in ("{", "["):
        keys, item_keys = _keys(data)
        return Sniffed(keys=keys, item_keys=item_keys)
    return Sniffed(head=tuple(islice(head.splitlines(), 200)))


def _keys(data: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Keys at the top, and of the first object of a list. A cut file is told by the keys that can be seen."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        seen = frozenset(_KEY.findall(data[:HEAD].decode("utf-8", errors="replace")))
        return (seen, seen) if data.lstrip()[:1] == b"{" else (frozenset(), seen)
    if isinstance(document, dict):
        return frozenset(document), frozenset()
    first = next((one for one in document if isinstance(one, dict)), {}) if isinstance(document, list) else {}
    return frozenset(), frozenset(first)
