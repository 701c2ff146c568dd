"""A Word file (DOCX: a ZIP of XML parts, ECMA-376 part 2) read within bounds, and written as the same bytes each time.

Refused, with the part's name: programs (macros, ActiveX, OLE), other files inside, and everything that would be fetched
when the file is opened, such as a template on somebody's server (ECMA-376 part 1, 11.3, relationships). Links to
``https://`` and ``mailto:`` may stay: they wait for a click.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from reports.branding import BadBranding
from reports.text import safe_text

MAX_PACKED = 4 * 1024 * 1024  # bytes
MAX_PART = 8 * 1024 * 1024  # bytes of one part, unpacked
MAX_WHOLE = 32 * 1024 * 1024  # of all
MAX_PARTS = 500
MAX_DEPTH = 200  # elements inside each other; Word writes about 30
TYPES = "[Content_Types].xml"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_FILLED = re.compile(
    r"application/vnd\.openxmlformats-officedocument\.wordprocessingml\."
    r"(?:document\.main|header|footer|footnotes|endnotes)\+xml"
)
CORE = "application/vnd.openxmlformats-package.core-properties+xml"
_ENDINGS = frozenset(
    {"xml", "rels", "png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "emf", "wmf", "odttf", "ttf", "otf"}
)
_NAME = re.compile(r"[A-Za-z0-9_\-.\[\] ()&~+%]+(?:/[A-Za-z0-9_\-.\[\] ()&~+%]+)*")
_LINK = re.compile(r"(?:https://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)
_PROGRAMS = re.compile(r"macroenabled|vbaproject|vbadata|activex|oleobject|ms-package|\.package$", re.IGNORECASE)
_REFUSED: Mapping[str, str] = {  # the last word of a relationship's type -> what it would do
    "attachedTemplate": "names another template that Word would open",
    "oleObject": "holds an object of another program",
    "package": "holds another file",
    "control": "holds a control, which is a program",
    "activeXControlBinary": "holds a control, which is a program",
    "vbaProject": "holds macros",
    "wordVbaData": "holds macros",
    "aFChunk": "takes in a file of another format",
    "frame": "shows another file",
    "subDocument": "takes in another document",
    "mailMergeSource": "asks a data source",
    "mailMergeHeaderSource": "asks a data source",
    "recipientData": "asks a data source",
    "keyMapCustomizations": "changes the keyboard",
    "attachedToolbars": "changes the menus",
}

Parts = dict[str, bytes]  # in their order


def read(content: bytes) -> Parts:
    """Raises :class:`BadBranding`, naming the part."""
    if len(content) > MAX_PACKED:
        raise BadBranding(f"it is larger than {MAX_PACKED // 2**20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _unpacked(packed)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as fault:
        raise BadBranding("it is no Word file (DOCX): save it in Word or LibreOffice as .docx") from fault
    _hold_parts(parts)
    return parts


def _unpacked(packed: zipfile.ZipFile) -> Parts:
    """What the directory says of sizes is not believed: no more than the bound is ever unpacked."""
    parts, left, known = Parts(), MAX_WHOLE, set[str]()
    if len(packed.infolist()) > MAX_PARTS:
        raise BadBranding(f"it has more than {MAX_PARTS} parts")
    for entry in packed.infolist():
        if entry.is_dir():
            continue
        _hold_name(entry.filename, known)
        most = min(MAX_PART, left)
        with packed.open(entry) as part:
            data = part.read(most + 1)
        if len(data) > most:
            raise BadBranding(
                f"{shown(entry.filename)} makes it larger than {MAX_WHOLE // 2**20} MB unpacked "
                f"({MAX_PART // 2**20} MB for one part)"
            )
        left -= len(data)
        parts[entry.filename] = data
    return parts


def shown(name: str) -> str:
    return safe_text(name, 80)


def _hold_name(name: str, known: set[str]) -> None:
    if not _NAME.fullmatch(name) or ".." in name.split("/") or name.lower() in known:
        raise BadBranding(f"{shown(name)!r} is no name of a part, or stands there twice: save it in Word again")
    known.add(name.lower())
    ending = name.rpartition(".")[2].lower()
    if "vba" in name.lower() or ending == "bin":
        raise BadBranding(f"{shown(name)} is a program (macros, OLE or ActiveX): save it as .docx without them")
    if ending not in _ENDINGS:
        raise BadBranding(f"{shown(name)} is a file of another kind: a template holds text and pictures (no SVG) only")


def _hold_parts(parts: Parts) -> None:
    if TYPES not in parts:
        raise BadBranding("it is no Word file (DOCX): it has no [Content_Types].xml")
    types = kinds(parts)
    for name, kind in types.items():
        if _PROGRAMS.search(kind):
            raise BadBranding(f"{shown(name)} is a program or another file ({safe_text(kind, 80)}): save it as .docx")
    if list(types.values()).count(MAIN) != 1:
        raise BadBranding("it is no Word document (.docx): a .dotx or .odt is saved as .docx first")
    for name in parts:
        if name.endswith(".rels"):
            _hold_relations(name, parts[name])


def xml(name: str, content: bytes) -> Element:
    """Raises :class:`BadBranding` for what is no XML, or declares entities."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as fault:
        raise BadBranding(f"{shown(name)} is no XML that can be read: save it in Word again") from fault
    return root


def kinds(parts: Parts) -> dict[str, str]:
    """The content type of every part, as ``[Content_Types].xml`` names it; "" where it does not."""
    by_ending, by_name = dict[str, str](), dict[str, str]()
    for entry in xml(TYPES, parts[TYPES]):
        kind = entry.get("ContentType", "")
        if _PROGRAMS.search(kind):
            raise BadBranding(f"{TYPES} names a program or another file ({safe_text(kind, 80)}): save it as .docx")
        if ending := entry.get("Extension"):
            by_ending[ending.lower()] = kind
        by_name[entry.get("PartName", "").lstrip("/").lower()] = kind
    return {n: by_name.get(n.lower(), by_ending.get(n.rpartition(".")[2].lower(), "")) for n in parts}


def filled(parts: Parts) -> Iterator[tuple[str, bool]]:
    """Parts in which marks are looked for; True: running text, False: the document's properties."""
    for name, kind in kinds(parts).items():
        if _FILLED.fullmatch(kind) or kind == CORE:
            yield name, kind != CORE


def _hold_relations(name: str, content: bytes) -> None:
    for one in xml(name, content):
        kind = one.get("Type", "").rpartition("/")[2]
        outside = one.get("TargetMode", "").lower() == "external"
        target = one.get("Target", "")
        if kind in _REFUSED:
            raise BadBranding(f"{shown(name)} {_REFUSED[kind]} ({safe_text(target, 80)}): take it out in Word")
        if _PROGRAMS.search(one.get("Type", "")):
            raise BadBranding(f"{shown(name)} names a program ({safe_text(target, 80)}): save it as .docx")
        if outside and not (kind == "hyperlink" and _LINK.fullmatch(target)):
            raise BadBranding(
                f"{shown(name)} leads out of the file ({safe_text(kind, 40)}: {safe_text(target, 80)}); only links to "
                "https:// and mailto: may"
            )


def write(parts: Parts, out: BinaryIO) -> None:
    """In their order, with no time and no user in it."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            packed.writestr(entry, content)
