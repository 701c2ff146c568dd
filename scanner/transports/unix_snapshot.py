"""The script of a visit as a file, to be run by the device's own management; and reading what it printed.

Two lines stand before what a visit over SSH brings (docs/snapshots.md)::

    estatecheck-unix 1 SHA256 2026-11-23T04:13:48Z MARKER HOSTNAME
    sections os-release identity ...

Run as root it answers all sections; else those that need root say so. Nothing is written on the host.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.asset import Become, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Query, Script, as_scripts
from scanner.transports.script import compose
from scanner.transports.transcript import Transcript, read_transcript

MAX_BYTES = 16 * 1024 * 1024
VERSION = 1
_MARKER = '"$estatecheck_marker"'
_NO_SHA256 = "0" * 64
_HEAD = re.compile(
    rb"estatecheck-unix (\d{1,4}) ([0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([0-9a-f]{32}) ([!-~]{1,255})\r?\n"
    rb"sections ([a-z0-9_ -]{1,8000})\r?\n"
)
_NOISE = 64 * 1024  # bytes that may stand before it
_OPENING = """#!/bin/sh
# estatecheck: reads this machine and prints a snapshot on standard output. Changes nothing. Run it as root.
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
estatecheck_marker=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n')
echo "estatecheck-unix {version} {sha256} $(date -u +%Y-%m-%dT%H:%M:%SZ) $estatecheck_marker $(uname -n)"
echo 'sections {names}'
"""


class BadSnapshot(Exception):
    """``missing`` says what is wrong, in one sentence that repeats nothing of what was sent."""

    def __init__(self, detail: str, reason: Reason = Reason.OUTPUT_UNREADABLE) -> None:
        super().__init__(detail)
        self.missing = Missing(reason, detail)


@dataclass(frozen=True, slots=True)
class UnixSnapshot:
    """``answers``: one for each section that was asked for, in that order."""

    hostname: str  # as uname(1) says; unproven
    collected_at: datetime  # by the machine's own clock
    marker: str
    script_sha256: str
    privilege: Privilege
    answers: tuple[Answer, ...]
    complete: bool = True  # False: it is cut off; the sections that came whole count all the same


def compose_file(queries: Sequence[Query]) -> bytes:
    """Raises ``ValueError`` for sections that cannot be sent."""
    scripts = as_scripts(queries)
    head = _OPENING.replace("{version}", str(VERSION)).replace("{names}", " ".join(one.name for one in scripts))
    text = head.replace("{sha256}", _NO_SHA256).encode() + compose(scripts, _MARKER, Become.NONE)
    return text.replace(_NO_SHA256.encode(), hashlib.sha256(text).hexdigest().encode(), 1)


def read_snapshot(raw: bytes, queries: Sequence[Query], limit: int = MAX_BYTES) -> UnixSnapshot:
    """Raises :class:`BadSnapshot`. A section that is cut off or not there is a Missing answer, the others count."""
    if len(raw) > limit:
        raise BadSnapshot(f"the snapshot is longer than {limit} bytes", Reason.OUTPUT_TRUNCATED)
    head = _HEAD.search(raw, 0, _NOISE)
    if head is None:
        raise BadSnapshot("this is not a snapshot of estatecheck")
    if int(head[1]) != VERSION:
        raise BadSnapshot(f"a snapshot of version {int(head[1])}, where {VERSION} is known")
    collected = _moment(head[3].decode())
    scripts = as_scripts(queries)
    transcript = _transcript(raw[head.end() :], head, scripts, collected, limit)
    found = {answer.query: answer for answer in transcript.answers}
    lacking = Missing(Reason.NOT_ATTEMPTED, "the script that made this snapshot did not have this section")
    return UnixSnapshot(
        hostname=head[5].decode(),
        collected_at=collected,
        marker=head[4].decode(),
        script_sha256=head[2].decode(),
        privilege=transcript.privilege,
        answers=tuple(found.get(one.name) or Answer(one.name, missing=lacking) for one in scripts),
        complete=transcript.complete,
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadSnapshot("the snapshot does not say when it was taken") from None


def _transcript(
    raw: bytes, head: re.Match[bytes], wanted: Sequence[Script], collected: datetime, limit: int
) -> Transcript:
    """Sections by the names that the snapshot counts them with; one that we have not is passed over."""
    names = head[6].decode().split()
    if len(set(names)) != len(names):
        raise BadSnapshot("the snapshot names a section twice")
    known = {one.name: one for one in wanted}
    asked = [known.get(name, Script(name, ":")) for name in names]
    at = collected.timestamp()
    return read_transcript(raw, asked, head[4].decode(), exit_status=0, limit=limit, asked_at=at, answered_at=at)
