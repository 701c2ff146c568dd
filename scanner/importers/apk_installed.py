"""/lib/apk/db/installed: stanzas of ``letter:value`` lines (wiki.alpinelinux.org, "Apk spec", Installed database)."""

import re
from collections.abc import Iterator

from inventory.facts.packages import Package
from scanner.importers.supplied import Document, Format, Reading

FIELD = re.compile(r"[A-Za-z]:.*")
NAME, VERSION, ARCHITECTURE, ORIGIN = "P", "V", "A", "o"
ADVICE = "supply /lib/apk/db/installed as it is on the host"


def recognises(document: Document) -> bool:
    return document.mostly(FIELD.fullmatch) and any(line.startswith("P:") for line in document.head)


def read(document: Document) -> Reading:
    return Reading("apk", _packages(document))


def _packages(document: Document) -> Iterator[Package]:
    line, fields = 1, dict[str, str]()
    for number, text in enumerate([*document.text.split("\n"), ""], 1):
        if text.strip():
            if not FIELD.fullmatch(text.rstrip("\r")):
                raise document.refusal(number, f"is not of the form LETTER:VALUE; {ADVICE}")
            fields.setdefault(text[0], text[2:].strip())  # files have lines of their own, with other letters
            continue
        if fields:
            yield from _package(document, line, fields)
        line, fields = number + 1, {}


def _package(document: Document, line: int, fields: dict[str, str]) -> Iterator[Package]:
    if not fields.get(NAME) or not fields.get(VERSION):
        raise document.refusal(line, f"the stanza has no name (P:) or no version (V:); {ADVICE}")
    name = fields[NAME]
    if not name.startswith("."):  # a virtual package of apk add --virtual: it has no files
        origin = fields.get(ORIGIN) or name
        yield document.package(line, Package(name, fields[VERSION], fields.get(ARCHITECTURE, ""), origin, ""))


FORMAT = Format("/lib/apk/db/installed", recognises, read)
