"""/var/lib/dpkg/status: stanzas in the manner of deb-control(5), each with the field Status (dpkg(1))."""

from collections.abc import Iterator, Mapping

from inventory.facts.packages import Package
from scanner.importers.dpkg_words import source_of
from scanner.importers.supplied import Document, Format, Reading

WANTED = ("Package", "Status", "Version", "Architecture", "Source", "Origin")
NO_FILES = ("not-installed", "config-files")
STATES = (
    *NO_FILES,
    "half-installed",
    "unpacked",
    "half-configured",
    "triggers-awaited",
    "triggers-pending",
    "installed",
)
Fields = Mapping[str, str]


def recognises(document: Document) -> bool:
    return any(line.startswith("Package: ") for line in document.head)


def read(document: Document) -> Reading:
    return Reading(
        "deb", (package for line, fields in _stanzas(document) for package in _package(document, line, fields))
    )


def _stanzas(document: Document) -> Iterator[tuple[int, Fields]]:
    """Every stanza's first line, and those of its fields that matter here."""
    start, fields = 1, dict[str, str]()
    for number, line in enumerate(document.text.split("\n"), 1):
        if not line.strip():
            if fields:
                yield start, fields
            start, fields = number + 1, {}
            continue
        name, colon, value = line.partition(":")
        if line[0] in " \t":  # a further line of the field before
            continue
        if not colon:
            raise document.refusal(number, "is no field of a stanza; supply /var/lib/dpkg/status as it is on the host")
        if name in fields:
            raise document.refusal(number, f"gives {name} twice; supply /var/lib/dpkg/status as it is on the host")
        if name in WANTED:
            fields[name] = value.strip()
    if fields:
        yield start, fields


def _package(document: Document, line: int, fields: Fields) -> Iterator[Package]:
    if "Package" not in fields:
        raise document.refusal(line, "the stanza names no package; supply /var/lib/dpkg/status as it is on the host")
    desired, *others = fields.get("Status", "").split() or [""]
    state = others[-1] if len(others) == 2 else ""
    if state not in STATES:
        told = "has no Status" if "Status" not in fields else "has a Status that dpkg does not know"
        raise document.refusal(line, f"the stanza {told}: what is available is no list of what is installed")
    if state in NO_FILES:
        return
    name, version = fields["Package"], fields.get("Version", "")
    source = source_of(fields.get("Source", ""), name, version)
    if source is None:
        raise document.refusal(line, "the stanza's Source is not of the form NAME (VERSION); correct or remove it")
    architecture, origin = fields.get("Architecture", ""), fields.get("Origin", "")
    yield document.package(line, Package(name, version, architecture, *source, origin, desired == "hold"))


FORMAT = Format("/var/lib/dpkg/status", recognises, read)
