"""``apk list -I`` and ``apk info -v``: a line a package (apk-list(8), apk-info(8)). Only the former has origins."""

import re
from collections.abc import Iterator

from inventory.facts.packages import Package
from scanner.importers.supplied import SOURCE, Document, Format, Reading

# busybox-1.36.1-r15 x86_64 {busybox} (GPL-2.0-only) [installed]
LISTED = re.compile(
    r"(\S+)-([0-9][^\s-]*(?:-r[0-9]+)?) (\S+) \{(\S+)\} \(.*\) \[(?:installed|upgradable from: .*)\]\s*"
)
NAMED = re.compile(r"(\S+)-([0-9][^\s-]*-r[0-9]+)(?: - .*)?\s*")  # -vv: and its description
VIRTUAL = re.compile(r"\.\S+\s.*|\.\S+")  # of apk add --virtual: it has no files
CHATTER = ("WARNING: ", "fetch ")
NOTE = "The list names no origins, by which advisories are matched. This names them: apk list -I"


def recognises_list(document: Document) -> bool:
    return document.mostly(LISTED.fullmatch)


def recognises_info(document: Document) -> bool:
    return document.mostly(NAMED.fullmatch)


def read_list(document: Document) -> Reading:
    return Reading("apk", _packages(document, LISTED))


def read_info(document: Document) -> Reading:
    return Reading("apk", _packages(document, NAMED), (SOURCE,), (NOTE,))


def _packages(document: Document, form: re.Pattern[str]) -> Iterator[Package]:
    for number, line in document.lines:
        if line.startswith(CHATTER) or VIRTUAL.fullmatch(line):
            continue
        found = form.fullmatch(line)
        if found is None:
            raise document.refusal(number, "is no package with its version; supply the output of `apk list -I`")
        name, version, *others = found.groups()
        architecture, origin = others or ("", "")
        yield document.package(number, Package(name, version, architecture, origin, ""))


LIST = Format("apk list -I", recognises_list, read_list)
INFO = Format("apk info -v", recognises_info, read_info)
