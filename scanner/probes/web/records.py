"""JSON lines of an endpoint's evidence, read defensively."""

import json
from collections.abc import Mapping
from typing import Any

from scanner.query import Unreadable

MAX_LINES = 5_000
Record = Mapping[str, Any]


def by_url(output: bytes) -> dict[str, list[Record]]:
    """Records of each endpoint in their order. Raises :class:`Unreadable`."""
    lines = output.splitlines()
    if not lines or len(lines) > MAX_LINES:
        raise Unreadable("the endpoints' evidence is empty or too long")
    found: dict[str, list[Record]] = {}
    for line in lines:
        try:
            record = json.loads(line)
            found.setdefault(str(record["url"]), []).append(record)
        except (ValueError, KeyError, TypeError) as fault:
            raise Unreadable("a line of the endpoints' evidence cannot be read") from fault
    return found


def raw(record: Record, key: str) -> bytes:
    """What came, from hexadecimal. Raises :class:`Unreadable`."""
    try:
        return bytes.fromhex(str(record.get(key, "")))
    except ValueError as fault:
        raise Unreadable(f"the evidence of {key} is not hexadecimal") from fault


ENDS = {
    "waited": "it kept us waiting for the end of its answer",
    "too much": "it sent more than a server of its kind does, without an end",
    "closed": "it ended the connection before its answer was whole",
    "reset": "it broke the connection off before its answer was whole",
}


def unended(record: Record, otherwise: str) -> str:
    """Why what an open connection brought is no whole answer, in words."""
    if record.get("state") != "open":
        return why_not(record)
    if record.get("end") == "waited" and not any(record.get(key) for key in ("got", "banner", "kexinit")):
        return "it accepts the connection and says nothing"
    return ENDS.get(str(record.get("end")), otherwise)


def why_not(record: Record) -> str:
    """Why an endpoint could not be looked at, in words."""
    state = str(record.get("state", ""))
    said = {"refused": "it refuses connections", "no answer": "it gives no answer", "open": "it ended the connection"}
    why = str(record.get("why", ""))[:200]
    return said.get(state, state) + (f": {why}" if why else "")
