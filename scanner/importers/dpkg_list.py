"""``dpkg -l``: a head that ends with a ruler, then status, name, version and architecture in columns (dpkg-query(1)).

At a terminal, or with COLUMNS set, dpkg cuts names and versions at the width of their columns.
"""

import re
from collections.abc import Iterator, Sequence

from inventory.facts.packages import Package
from scanner.importers.dpkg_words import NO_SOURCE, STATUS, installed, split_name
from scanner.importers.supplied import SOURCE, Document, Format, Reading

RULER = re.compile(r"\+\+\+-(=+)-(=+)(?:-(=+))?-(=+)")
MAX_HEAD = 12  # lines; the head is translated and may be longer in another language
ADVICE = "supply the output of `dpkg-query -W` instead"


def recognises(document: Document) -> bool:
    return any(RULER.fullmatch(line) for line in document.head[:MAX_HEAD])


def read(document: Document) -> Reading:
    return Reading("deb", _packages(document), (SOURCE,), (NO_SOURCE,))


def _packages(document: Document) -> Iterator[Package]:
    lines = iter(document.lines)
    ruler = next(found for _, line in lines if (found := RULER.fullmatch(line)))
    widths = [len(column or "") for column in ruler.groups()]
    cut = _at_a_terminal(widths)
    for number, line in lines:
        status, words = line[:3], line[4:].split(None, 3)
        if not STATUS.fullmatch(status) or len(words) < 2:
            raise document.refusal(number, f"is no line of dpkg -l; {ADVICE}")
        if cut and any(len(word) >= width for word, width in zip(words, widths[:2], strict=False)):
            raise document.refusal(number, f"may be cut off at the width of the terminal; {ADVICE}")
        if installed(status):
            yield _package(document, number, status, words, has_architecture=widths[2] > 0)


def _package(document: Document, line: int, status: str, words: Sequence[str], *, has_architecture: bool) -> Package:
    name, architecture = split_name(words[0])
    if has_architecture:
        architecture = words[2] if len(words) > 2 else architecture
    return document.package(line, Package(name, words[1], architecture, "", "", held=status[0] == "h"))


def _at_a_terminal(widths: Sequence[int]) -> bool:
    """Without a terminal the columns are as wide as their longest word. At one, all widths follow from its own."""
    name, version, architecture, description = widths
    if not architecture:  # before dpkg 1.16
        return name == version and description == 44 + 2 * (name - 14)
    spare = description - 33
    return spare >= 0 and (name, version, architecture) == (14 + spare // 2, 12 + spare // 4, 12 + spare // 4)


FORMAT = Format("dpkg -l", recognises, read)
