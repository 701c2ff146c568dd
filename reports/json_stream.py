"""JSON documents that are too large to be held whole: an iterator inside them is written as an array, a line a member.

Sorted keys, UTF-8, LF. Characters that are invisible or move the cursor are ``\\u`` escapes.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from reports.text import json_safe

_AT_ONCE = 1 << 18  # bytes


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
        yield json_safe(json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
