"""Values of a JSON file that anybody may have written: each has its type, or a :class:`BadReport` says where. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from checks.check import Theme
from checks.finding import Severity
from checks.risk import Level

MOST_BYTES = 1024 * 1024 * 1024

_BULK = ("evidence", "sources")  # of one occurrence
_OFTEN = ("asset", "asset_uid", "check_id", "observed", "state", "first_seen", "severity")

Row = Mapping[str, Any]
E = TypeVar("E", Severity, Level, Theme)


class BadReport(Exception):
    """A file is no report that can be compared. The message says where, and what to do."""


def parsed(text: str, source: str) -> Row:
    """The document, without what no comparison reads. Raises :class:`BadReport`."""
    if len(text) > MOST_BYTES:
        raise BadReport(f"{source}: larger than {MOST_BYTES // 2**20} MB; compare the stored scans instead")
    try:
        document = json.loads(text, parse_constant=_no_constant, object_hook=_Lean())
    except (ValueError, RecursionError) as fault:
        raise BadReport(f"{source}: it is not JSON that can be read: {_first_line(fault)}") from None
    return an_object(document, source)


class _Lean:
    """Lets go of the bulk as soon as an object is parsed, and keeps each short text once: half of the memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        if "fingerprint" in row:
            for name in _BULK:
                row.pop(name, None)
            for name in _OFTEN:
                text = row.get(name)
                if type(text) is str:
                    row[name] = self._texts.setdefault(text, text)
        elif "occurrences" in row:
            row.pop("assets", None)
        elif "sha256" in row and "query" in row:
            row.clear()  # one answer of the index of evidence
        return row


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _first_line(fault: Exception) -> str:
    return (str(fault) or type(fault).__name__).splitlines()[0][:200]


def an_object(value: object, where: str) -> Row:
    if not isinstance(value, dict):
        raise BadReport(f"{where}: an object was expected; this is no estatecheck report, or it was changed")
    return value


def rows(row: Row, key: str, where: str) -> Iterator[Row]:
    for n, value in enumerate(a_list(row, key, where)):
        yield an_object(value, f"{where}.{key}[{n}]")


def a_list(row: Row, key: str, where: str) -> Sequence[Any]:
    value = row.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadReport(f"{where}.{key}: a list was expected")
    return value


def a_text(row: Row, key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise BadReport(f"{where}.{key}: a text was expected")
    return value


def text_or_none(row: Row, key: str, where: str) -> str:
    return "" if row.get(key) is None else a_text(row, key, where)


def a_number(row: Row, key: str, where: str) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
        raise BadReport(f"{where}.{key}: a whole number was expected")
    return value


def a_word(words: type[E], row: Row, key: str, where: str) -> E:
    said = a_text(row, key, where)
    try:
        return words(said)
    except ValueError:
        raise BadReport(
            f"{where}.{key}: {said[:40]!r} is none of {', '.join(words)}; was it made by a newer version?"
        ) from None
