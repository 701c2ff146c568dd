"""Reading what one visit's script (:mod:`scanner.transports.script`) sent back.

A section counts when its frame is whole and CKSUM (POSIX cksum, ``-`` where the host has none) and COUNT agree with
what arrived: a connection that was cut never looks like a host with little on it. Everything the host sends is
hostile: sizes, counts and times of reading are bounded here.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import EXIT_NOT_ALLOWED, EXIT_TIMED_OUT, Answer, Query, Script, as_scripts
from scanner.transports.collector import COLLECTOR_PATH, EXIT_NO_SECTION, header

NOISE_BYTES = 64 * 1024  # what a login profile may print before the preamble
LOOK_ALIKES = 1000  # end lines that may stand inside one section's output; honest output holds none

_PREAMBLE = re.compile(rb"(gz|raw|lacks ([ -~]{1,40}))\n")
_BEGIN = re.compile(rb"(\d{1,4}) (user|root|collector)\n")
_END = re.compile(rb"([e0-9 -]{1,80})\n")
_SAID = re.compile(rb"(?:e(\d{1,12}) e\1 )?(-|\d{1,12}) (\d{1,12})(?: e(\d{1,12}) e\4)?")
_REFUSED = re.compile(rb"(sudo|collector|never) (\d{1,3})\n")

_REFUSALS = {
    ("sudo", 127): Missing(
        Reason.PRIVILEGE_TOO_LOW, "sudo is not installed on the host, and root is needed to read this"
    ),
    ("collector", 127): Missing(
        Reason.COLLECTOR_MISSING,
        f"{COLLECTOR_PATH} is not on the host or not executable: install it as docs/scan-account.md says",
    ),
    ("never", 0): Missing(
        Reason.PRIVILEGE_TOO_LOW,
        "root is needed to read this, and the inventory says become: none for this host",
    ),
}
_SUDO_SAID_NO = Missing(
    Reason.PRIVILEGE_TOO_LOW,
    "sudo on the host did not let the scan account become root without a password: see docs/scan-account.md",
)
_COLLECTOR_SAID_NO = Missing(
    Reason.PRIVILEGE_TOO_LOW,
    "sudo on the host did not run the collector: compare its sha256 with the one in sudoers (docs/scan-account.md)",
)
_COLLECTOR_OTHER = Missing(
    Reason.COLLECTOR_MISSING,
    "the collector on the host is from another version: make it again and install it (docs/scan-account.md)",
)
_CUT = Missing(Reason.OUTPUT_TRUNCATED, "the output ended before this section did")
_UNSOUND = Missing(Reason.OUTPUT_TRUNCATED, "the section's output does not match its checksum")


_Make = Callable[..., Answer]  # an answer with its times


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one visit's stream amounted to: one answer per query, in the order they were asked."""

    answers: tuple[Answer, ...]
    privilege: Privilege  # ROOT when any section really ran as root
    complete: bool  # every frame whole, the end marker there, exit status 0


@dataclass(frozen=True, slots=True)
class _Frame:
    output: bytes
    exit_code: int
    ran_as: str  # user, root, collector
    sound: bool  # the byte count found its end, and the checksum agrees


@dataclass(frozen=True, slots=True)
class _Stream:
    """The decoded part of a transcript, and what is wrong with the rest."""

    text: bytes
    fault: Missing | None = None


def read_transcript(
    raw: bytes,
    queries: Sequence[Query],
    marker: str,
    *,
    exit_status: int | None,
    limit: int,
    asked_at: float,
    answered_at: float,
    cut_by: Missing | None = None,
) -> Transcript:
    """Sort what came back into one answer per query. Never raises for what the host sent.

    ``exit_status``: of the whole script, None when it never came. ``limit``: bytes, counted before and after
    decompression. ``cut_by``: why the stream ended early, if the transport knows: the reason of what is not whole.
    """
    scripts = as_scripts(queries)
    stream = _decoded(raw, marker.encode(), limit, most_members=len(scripts) + 3)
    frames = _frames(stream.text, marker.encode(), len(scripts))
    root = {i for i, query in enumerate(scripts) if query.privilege is Privilege.ROOT}
    refused = _refused(stream.text, marker.encode()) if root.isdisjoint(frames) else None
    ended = b"\n%b done\n" % marker.encode() in stream.text
    why = cut_by or stream.fault or _CUT
    make = partial(Answer, asked_at=asked_at, answered_at=answered_at)
    answers = tuple(
        _answer(make, query, frames[i]) if i in frames else _unanswered(make, query, refused, why)
        for i, query in enumerate(scripts)
    )
    as_root = any(a.missing is None and a.privilege is Privilege.ROOT for a in answers)
    whole = all(frames[i].sound if i in frames else i in root and refused is not None for i in range(len(scripts)))
    return Transcript(
        answers=answers,
        privilege=Privilege.ROOT if as_root else Privilege.USER,
        complete=ended and whole and exit_status == 0 and stream.fault is None and cut_by is None,
    )


def _unanswered(make: _Make, query: Script, refused: Missing | None, why: Missing) -> Answer:
    if refused is not None and query.privilege is Privilege.ROOT:
        return make(query.name, exit_code=EXIT_NOT_ALLOWED, missing=refused)
    return make(query.name, missing=why)


def _answer(make: _Make, query: Script, frame: _Frame) -> Answer:
    if not frame.sound:
        return make(query.name, missing=_UNSOUND)
    if frame.ran_as == "collector":
        if not frame.output.startswith(header(query)):
            return make(query.name, exit_code=EXIT_NOT_ALLOWED, missing=_collector_fault(frame))
        frame = replace(frame, output=frame.output[len(header(query)) :])
    right = Privilege.USER if frame.ran_as == "user" else Privilege.ROOT
    if right is Privilege.USER and query.privilege is Privilege.ROOT:
        return make(query.name, exit_code=EXIT_NOT_ALLOWED, missing=_SUDO_SAID_NO)
    fault = _own_fault(query, frame)
    return make(query.name, b"" if fault else frame.output, frame.exit_code, fault, right)


def _collector_fault(frame: _Frame) -> Missing:
    """The collector's first line proves that it ran, and that it ran the section we know; here it is not there."""
    spoke = frame.output.startswith(b"estatecheck-collector ") or frame.exit_code == EXIT_NO_SECTION
    return _COLLECTOR_OTHER if spoke else _COLLECTOR_SAID_NO


def _own_fault(query: Script, frame: _Frame) -> Missing | None:
    """What makes a whole frame no answer. Half an output must not be judged as if it were all of it."""
    exit_code = frame.exit_code
    if len(frame.output) > query.max_bytes:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the section printed more than its {query.max_bytes} bytes")
    if exit_code == EXIT_TIMED_OUT:
        return Missing(Reason.TIMED_OUT, f"the section ran longer than its {query.timeout_seconds} s")
    if 128 < exit_code <= 192:
        return Missing(Reason.OUTPUT_TRUNCATED, f"the section was ended by signal {exit_code - 128}")
    return None


def _decoded(raw: bytes, marker: bytes, limit: int, most_members: int) -> _Stream:
    """Pass over the profile's noise, find the preamble, and unpack what follows."""
    over = Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {limit} bytes")
    sign = b"estatecheck " + marker + b" "
    at = raw.find(sign, 0, NOISE_BYTES + 128)
    found = _PREAMBLE.match(raw, at + len(sign)) if at >= 0 else None
    if found is None:
        return _Stream(b"", _silence(raw))
    if found[2]:
        tool = found[2].decode("ascii")
        return _Stream(b"", Missing(Reason.OUTPUT_UNREADABLE, f"the host lacks {tool}, which the scan needs"))
    body = raw[found.end() : limit]
    fault = over if len(raw) > limit else None
    if found[1] == b"raw":
        return _Stream(body, fault)
    text, damage = _gunzipped(body, limit, most_members)
    return _Stream(text, fault or damage)


def _silence(raw: bytes) -> Missing:
    if not raw:
        return Missing(Reason.OUTPUT_UNREADABLE, "the host gave no output: is its login shell allowed to run sh?")
    return Missing(
        Reason.OUTPUT_UNREADABLE,
        "the host's shell printed something else than the scan's first line: the account needs a POSIX shell",
    )


def _gunzipped(body: bytes, limit: int, most_members: int) -> tuple[bytes, Missing | None]:
    """Concatenated gzip members (RFC 1952), at most ``limit`` bytes of text; what is cut gives what came before."""
    parts: list[bytes] = []
    size = 0
    for _ in range(most_members):
        if not body.startswith(b"\x1f\x8b"):
            break  # the end, or what the shell says when it leaves
        unpacker = zlib.decompressobj(wbits=31)
        try:
            part = unpacker.decompress(body, limit - size + 1)
        except zlib.error:
            parts.append(_before_damage(body, limit - size + 1))
            return b"".join(parts), Missing(Reason.OUTPUT_TRUNCATED, "the compressed output is damaged")
        size += len(part)
        parts.append(part)
        if size > limit:
            return b"".join(parts)[:limit], Missing(
                Reason.OUTPUT_TRUNCATED, f"the host's output unpacks to more than {limit} bytes"
            )
        if not unpacker.eof:
            break
        body = unpacker.unused_data
    return b"".join(parts), None


def _before_damage(body: bytes, limit: int) -> bytes:
    """zlib throws away what one call had unpacked when it meets damage, so go in small steps up to there."""
    unpacker = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    size = 0
    for start in range(0, len(body), 1024):
        try:
            part = unpacker.decompress(body[start : start + 1024], limit - size)
        except zlib.error:
            break
        size += len(part)
        parts.append(part)
        if size >= limit or unpacker.eof:
            break
    return b"".join(parts)


def _lines(
    text: bytes, marker: bytes, words: bytes, kind: re.Pattern[bytes], start: int = 0
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """The script's own lines that start so: where each begins (at its newline), and what else it says.

    The marker is new for every visit, so it is searched for and not compiled into a pattern each time.
    """
    sign = b"\n%b %b " % (marker, words)
    at = text.find(sign, start)
    while at >= 0:
        if said := kind.match(text, at + len(sign)):
            yield at, said
        at = text.find(sign, at + 1)


def _frames(text: bytes, marker: bytes, count: int) -> dict[int, _Frame]:
    """Frames by the index of their query. A frame that comes twice, or for no query, ends the reading."""
    frames: dict[int, _Frame] = {}
    _, found = next(_lines(text, marker, b"begin", _BEGIN), (0, None))
    while found is not None:
        index = int(found[1])
        if index in frames or index >= count:
            break
        frame, after = _frame(text, marker, found)
        if frame is None:
            break
        frames[index] = frame
        _, found = next(_lines(text, marker, b"begin", _BEGIN, after), (0, None))
    return frames


def _frame(text: bytes, marker: bytes, begin: re.Match[bytes]) -> tuple[_Frame | None, int]:
    """The frame that starts here and where it ends; None when its end never came.

    The end is the first end line whose byte count leads exactly there: a look-alike inside the output does not fit.
    """
    whose, start, last = b"end %b %b" % begin.groups(), begin.end(), None
    for at, last in islice(_lines(text, marker, whose, _END, start - 1), LOOK_ALIKES):
        said = _said(last[1])
        if said is not None and said[2] == at - start:
            output = text[start:at]
            return _Frame(output, said[0], begin[2].decode(), said[1] in (None, cksum(output))), last.end() - 1
    return (None, 0) if last is None else (_Frame(b"", 0, begin[2].decode(), sound=False), last.end() - 1)


def _said(words: bytes) -> tuple[int, int | None, int] | None:
    """Exit code, checksum (None: the host has no cksum) and byte count of an end line.

    The code comes twice, because the checksum does not cover it, and after the numbers when ``head`` ended first.
    """
    found = _SAID.fullmatch(words)
    if found is None or (found[1] is None) == (found[4] is None):
        return None
    return int(found[1] or found[4]), None if found[2] == b"-" else int(found[2]), int(found[3])


def _refused(text: bytes, marker: bytes) -> Missing | None:
    _, found = next(_lines(text, marker, b"refused", _REFUSED), (0, None))
    if found is None:
        return None
    return _REFUSALS.get((found[1].decode(), int(found[2])), _SUDO_SAID_NO)


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def cksum(data: bytes) -> int:
    """CRC of the POSIX ``cksum`` utility (IEEE Std 1003.1, cksum): polynomial 0x04C11DB7, the length appended.

    zlib's CRC-32 is the same polynomial with every bit order mirrored, so mirrored bytes in and a mirrored
    result out give it at C speed.
    """
    length = len(data).to_bytes((len(data).bit_length() + 7) // 8, "little")
    mirrored = zlib.crc32((data + length).translate(_REVERSED), 0xFFFFFFFF)
    return int(f"{mirrored:032b}"[::-1], 2)
