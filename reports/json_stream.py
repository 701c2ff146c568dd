"""JSON documents that are too large to be held whole: an iterator inside them is written as an array, a line a member.

Sorted keys, UTF-8, LF. Characters that are invisible or move the cursor are ``\\u`` escapes. What there is 200,000
times is written out by hand, as :class:`Written`: an encoder sorts the keys of each, and that is most of its time.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from reports.text import json_safe

_AT_ONCE = 1 << 18  # bytes
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
text_of = _ENCODER.encode  # any JSON value, but for what :func:`compact` does to it
quoted = json.encoder.encode_basestring  # a string, the same


class Written(str):
    """A value that is JSON text already, with sorted keys; its characters are still to be made harmless."""

    __slots__ = ()


def compact(value: object) -> str:
    """One value as text that can be looked at in a terminal."""
    return json_safe(value if isinstance(value, Written) else text_of(value))


def put_together(values: Mapping[str, object], written: Mapping[str, str]) -> Written:
    """An object of values and of values that are text already."""
    told = {**{key: text_of(value) for key, value in values.items()}, **written}
    return Written(f"{{{','.join(f'{quoted(key)}:{told[key]}' for key in sorted(told))}}}")


def write(document: Mapping[str, Any], out: BinaryIO) -> None:
    """Members of mappings may be mappings and iterators again; whatever else is there is plain JSON."""
    waiting, size = list[bytes](), 0
    for chunk in _chunks(document):
        data = chunk.encode()
        waiting.append(data)
        size += len(data)
        if size > _AT_ONCE:
            out.write(b"".join(waiting))
            waiting, size = [], 0
    out.write(b"".join(waiting) + b"\n")


def _chunks(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and any(isinstance(one, Mapping | Iterator) for one in value.values()):
        yield "{\n"
        for place, key in enumerate(sorted(value)):
            yield f"{',' if place else ''}{json.dumps(key)}:"
            yield from _chunks(value[key])
            yield "\n"
        yield "}"
    elif isinstance(value, Iterator):
        yield "["
        for place, one in enumerate(value):
            yield ",\n" if place else "\n"
            yield from _chunks(one)
        yield "]"
    else:
        yield compact(value)
