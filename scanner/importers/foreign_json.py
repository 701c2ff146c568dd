"""JSON and tables that another tool wrote: bounded, with the line of a fault, and read without trusting any type."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.importers.imported import MAX_RESULTS, Source
from scanner.importers.supplied import ImportRefused

MAX_VALUES = 20_000_000
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def text_of_file(source: Source) -> str:
    """The text, in UTF-8 or with a mark UTF-16. Raises :class:`ImportRefused` with the line of the first wrong byte."""
    wide = source.data.startswith(UTF_16)
    try:
        text = source.data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as fault:
        line = source.data.count(b"\n", 0, fault.start) + 1
        raise ImportRefused(source.file, 0 if wide else line, "is not UTF-8; export it again as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ImportRefused(source.file, line, "is not text; give the file that the tool wrote")
    return text


def read_json(source: Source) -> Any:  # noqa: ANN401 - any JSON value
    """Raises :class:`ImportRefused`."""
    text = text_of_file(source)
    if sum(map(text.count, "[{,")) > MAX_VALUES:
        raise ImportRefused(source.file, 0, f"has more than {MAX_VALUES:,} values; split it")
    try:
        return json.loads(text, parse_constant=lambda word: _no_number(source, word))
    except json.JSONDecodeError as fault:
        where = f"(column {fault.colno})"
        raise ImportRefused(
            source.file, fault.lineno, f"is no whole JSON {where}: {fault.msg}; export it again"
        ) from None
    except (RecursionError, ValueError):
        raise ImportRefused(source.file, 0, "is JSON of a depth or with numbers that no tool writes") from None


def _no_number(source: Source, word: str) -> float:
    raise ImportRefused(source.file, 0, f"has {word} in place of a number, which is no JSON")


def obj(value: object) -> Mapping[str, Any]:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; nothing of anything else."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def strings(value: object) -> tuple[str, ...]:
    """The texts of a list, or the one text."""
    if isinstance(value, str):
        return (word(value),)
    return tuple(word(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def word(value: object) -> str:
    """A text or a number as text; "" for anything else. Half a character (a lone surrogate) becomes a mark."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def rows_of(source: Source, needed: frozenset[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV with a header, by its names in lower case, and their lines. Raises :class:`ImportRefused`."""
    text = text_of_file(source)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _hold(source, header, needed)
        for count, row in enumerate(reader):
            if count >= MAX_RESULTS:
                raise ImportRefused(source.file, 0, f"has more than {MAX_RESULTS:,} rows; split it")
            if row:
                yield reader.line_num, _row(source, reader.line_num, header, row)
    except csv.Error as fault:
        raise ImportRefused(source.file, reader.line_num, f"is no whole CSV: {fault}; export it again") from None


def _hold(source: Source, header: list[str], needed: frozenset[str]) -> None:
    lacking = sorted(needed - set(header))
    if lacking:
        raise ImportRefused(source.file, 1, f"lacks the column {', '.join(lacking)}")
    if len(set(header)) != len(header):
        raise ImportRefused(source.file, 1, "names a column twice")


def _row(source: Source, line: int, header: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(header):
        raise ImportRefused(
            source.file, line, f"has {len(row)} fields where the header has {len(header)}; export it again"
        )
    return dict(zip(header, row, strict=True))
