"""Reading the one JSON document that the PowerShell script prints (docs/windows-snapshot.schema.json).

Shared by every road: WinRM, SSH, and snapshots that came as a file. What comes is hostile: size, depth, members and
numbers are bounded, a key that stands twice and anything after the end are refused. A document counts only with its
end; a section only with status ``ok``, as canonical JSON (sorted keys, no spaces, UTF-8), which is its evidence.

What a console does to text is undone: byte order marks, UTF-16 of a redirect, lines broken at its width (the document
is ASCII and holds no line break of its own), and what a profile or a banner printed before it.
"""

import codecs
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, WindowsSection

MAX_BYTES = 8 * 1024 * 1024
MAX_VALUES = 1_000_000
MAX_ERROR = 500  # characters
NOISE = 64 * 1024  # characters that may stand before the document
FORMAT, VERSION = "estatecheck-windows", 1
_START = '{"format":"estatecheck-windows"'
_MARKER = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_COMMA = re.compile(r"\\u002[cC]")  # as JSON may spell it
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MODES = ("FullLanguage", "ConstrainedLanguage")
_REASONS = {
    "refused": Reason.PRIVILEGE_TOO_LOW,
    "unavailable": Reason.COLLECTOR_MISSING,
    "timeout": Reason.TIMED_OUT,
    "error": Reason.OUTPUT_UNREADABLE,
}


class BadDocument(Exception):
    """``missing`` says what is wrong, in one sentence that repeats nothing of what was sent."""

    def __init__(self, detail: str, reason: Reason = Reason.OUTPUT_UNREADABLE) -> None:
        super().__init__(detail)
        self.missing = Missing(reason, detail)


@dataclass(frozen=True, slots=True)
class Section:
    """``data`` is canonical JSON when ``missing`` is None."""

    data: bytes
    missing: Missing | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Host:
    """What the machine says it is. Unproven: whoever accepts a snapshot compares it with what is known."""

    name: str
    domain: str
    smbios_uuid: str
    serial: str
    machine_guid: str


@dataclass(frozen=True, slots=True)
class Document:
    marker: str
    script_sha256: str
    collected_at: datetime  # by the machine's own clock
    ended_at: datetime
    zone: str  # Id of its Windows time zone, "" unknown
    host: Host
    language_mode: str
    elevated: bool | None
    sections: Mapping[str, Section]

    @property
    def privilege(self) -> Privilege:
        """ROOT stands for administrator rights."""
        return Privilege.ROOT if self.elevated else Privilege.USER


def read_document(raw: bytes, limit: int = MAX_BYTES, marker: str | None = None) -> Document:
    """``marker``: the one that must be in it, of a script that was sent just now. Raises :class:`BadDocument`."""
    if len(raw) > limit:
        raise BadDocument(f"the document is longer than {limit} bytes", Reason.OUTPUT_TRUNCATED)
    text = _cut_out(_text(raw), marker)
    told = _parsed(text)
    document = _checked(told, marker)
    return document if _each_key_once(text, told, document) else _checked(_parsed(text, _once), marker)


def split(document: Document, sections: Sequence[WindowsSection], asked_at: float, answered_at: float) -> list[Answer]:
    """One answer for each section that was asked, in that order."""
    make = partial(Answer, asked_at=asked_at, answered_at=answered_at, privilege=document.privilege)
    return [_answer(make, section, document.sections.get(section.key)) for section in sections]


def _answer(make: "partial[Answer]", asked: WindowsSection, came: Section | None) -> Answer:
    if came is None:
        return make(asked.name, missing=Missing(Reason.OUTPUT_TRUNCATED, "the document has no such section"))
    if came.missing is None and len(came.data) > asked.max_bytes:
        too_big = f"the section is longer than its {asked.max_bytes} bytes"
        return make(asked.name, missing=Missing(Reason.OUTPUT_TRUNCATED, too_big))
    return make(asked.name, came.data, missing=came.missing, exit_code=0 if came.missing is None else None)


_SPELL = json.JSONEncoder(  # what was parsed holds no circle: not looked for
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical(data: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes ``?``.

    Raises :class:`BadDocument` for a number that JSON cannot hold, and for data that is nested too deep.
    """
    try:
        return _SPELL(data).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        raise BadDocument("a section holds what JSON cannot: a number without end, or too deep a nesting") from None


def _text(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw[: len(raw) // 2 * 2].decode("utf-16", "replace")
    if raw[:64].count(0) > 16:  # a redirect whose mark was lost
        return raw[: len(raw) // 2 * 2].decode("utf-16-le" if raw[1:2] == b"\0" else "utf-16-be", "replace")
    return raw.decode("utf-8-sig", "replace")


def _cut_out(text: str, marker: str | None) -> str:
    """The document alone. Its end is its marker, once more."""
    plain = text.replace("\r", "").replace("\n", "")
    start = plain.find(_START, 0, NOISE + len(_START))
    if start < 0 and marker is None:
        start = _loose_start(plain)
    if start < 0:
        where = "nothing came" if not plain.strip() else "what came is not a document of estatecheck"
        raise BadDocument(where, Reason.OUTPUT_TRUNCATED if not plain.strip() else Reason.OUTPUT_UNREADABLE)
    if marker is None:
        return plain[start:]
    ending = f'"end":"{marker}"}}'
    end = plain.find(ending, start)
    if end < 0:
        raise BadDocument("the output ended before the document did", Reason.OUTPUT_TRUNCATED)
    return plain[start : end + len(ending)]


def _loose_start(plain: str) -> int:
    """Of a file that some tool wrote anew: the whole of it is the document."""
    return len(plain) - len(plain.lstrip()) if plain.lstrip()[:1] == "{" and '"format"' in plain else -1


def _parsed(text: str, pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None) -> dict[str, Any]:
    if len(text) > MAX_VALUES and text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise BadDocument(f"the document has more than {MAX_VALUES} values")
    try:  # how deep it may be and how long a number, Python bounds: RecursionError, and ValueError over 4,300 digits
        told = json.loads(text, object_pairs_hook=pairs, parse_constant=_no_number)
    except (ValueError, RecursionError):
        whole = text.rstrip().endswith("}")
        reason = Reason.OUTPUT_UNREADABLE if whole else Reason.OUTPUT_TRUNCATED
        raise BadDocument("the document is no JSON" if whole else "the document is cut off", reason) from None
    if not isinstance(told, dict):
        raise BadDocument("the document is no JSON object")
    return told


def _each_key_once(text: str, told: Mapping[str, Any], document: Document) -> bool:
    """Whether that is certain: to be told of each object by the reader costs two thirds of what reading does.

    A key that stands twice is lost when Python reads it, and a comma with it. Spelled anew there are as many commas
    as there were, those in texts too, unless one came as an escape.
    """
    if _COMMA.search(text):
        return False
    sections = told["sections"].items()
    around = {name: {**one, "data": None} if "data" in one else one for name, one in sections}
    try:
        spelled = canonical({**told, "sections": around})
    except BadDocument:  # a number without end in a place that nobody reads
        return False
    return text.count(",") == spelled.count(b",") + sum(one.data.count(b",") for one in document.sections.values())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadDocument("the document has a key twice in one object")
    return found


def _no_number(word: str) -> float:
    raise BadDocument(f"{word} is no JSON")


def _checked(told: Mapping[str, Any], marker: str | None) -> Document:
    if told.get("format") != FORMAT or told.get("version") != VERSION or isinstance(told.get("version"), bool):
        raise BadDocument(f"not a document of format {FORMAT}, version {VERSION}")
    said = _word(told, "marker", _MARKER)
    if told.get("end") != said:
        raise BadDocument("the document has no end", Reason.OUTPUT_TRUNCATED)
    if marker is not None and said != marker:
        raise BadDocument("the document has not the marker that was sent: it is an answer to something else")
    if told.get("language_mode") not in _MODES:
        raise BadDocument("the document does not say its language mode")
    elevated = told.get("elevated")
    if elevated is not None and not isinstance(elevated, bool):
        raise BadDocument("elevated is not true, false or null")
    clock = _object(told, "clock")
    return Document(
        marker=said,
        script_sha256=_word(told, "script_sha256", _SHA256),
        collected_at=_moment(told, "collected_at"),
        ended_at=_moment(clock, "utc"),
        zone=_label(clock, "zone", 100),
        host=_host(_object(told, "host")),
        language_mode=told["language_mode"],
        elevated=elevated,
        sections={name: _section(name, one) for name, one in _object(told, "sections").items()},
    )


def _host(told: Mapping[str, Any]) -> Host:
    host = Host(
        name=_label(told, "name", 255),
        domain=_label(told, "domain", 255),
        smbios_uuid=_label(told, "smbios_uuid", 64),
        serial=_label(told, "serial", 128),
        machine_guid=_label(told, "machine_guid", 64),
    )
    if not host.name:
        raise BadDocument("the document does not say the machine's name")
    return host


def _section(name: str, told: object) -> Section:
    if not _NAME.fullmatch(name) or not isinstance(told, dict):
        raise BadDocument("the document has a section that is none")
    status, took, data = told.get("status"), told.get("ms"), told.get("data")
    if isinstance(took, bool) or not isinstance(took, int) or took < 0:
        raise BadDocument("a section does not say how long it took")
    if status == "ok" and isinstance(data, dict):
        return Section(canonical(data), None, took)
    if not isinstance(status, str) or status not in _REASONS or data is not None:
        raise BadDocument("a section has a status that is none, or data with a status that is not ok")
    said = _label(told, "error", MAX_ERROR)
    return Section(b"", Missing(_REASONS[status], f"PowerShell: {status}{': ' if said else ''}{said}"), took)


def _object(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = told.get(key)
    if not isinstance(value, Mapping):
        raise BadDocument(f"the document has no {key}")
    return value


def _word(told: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadDocument(f"the document has no {key}")
    return value


def _label(told: Mapping[str, Any], key: str, most: int) -> str:
    """Printable, cut to size; "" for null."""
    value = told.get(key)
    if value is not None and not isinstance(value, str):
        raise BadDocument(f"{key} of the document is not a text")
    return "".join(char if char.isprintable() else " " for char in (value or "")[:most]).strip()


def _moment(told: Mapping[str, Any], key: str) -> datetime:
    try:
        return datetime.fromisoformat(_word(told, key, _MOMENT))
    except ValueError:
        raise BadDocument(f"the document has no {key}") from None
