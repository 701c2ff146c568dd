"""Reading the evidence of a command line: blocks that say their length (``scanner/transports/cli_text.py``)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.query import Unreadable

MAX_BYTES = 4 * 1024 * 1024
MAX_BLOCKS = 32
_LENGTH = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Said:
    """``outputs``: by command, in the order they were asked. ``gaps``: what did not come, as sentences."""

    platform: str | None
    outputs: Mapping[str, str]
    gaps: tuple[str, ...] = ()


def read(output: bytes) -> Said:
    """Raises :class:`Unreadable` when a frame is not as it is written."""
    line, at = _line(output, 0)
    if not line.startswith("#cli ") or len(output) > MAX_BYTES:
        raise Unreadable("the evidence of a command line does not begin as it is written")
    outputs: dict[str, str] = {}
    gaps: list[str] = []
    while at < len(output):
        frame, at = _line(output, at)
        if len(outputs) + len(gaps) == MAX_BLOCKS:
            raise Unreadable(f"the evidence of a command line has more than {MAX_BLOCKS} blocks")
        if frame.startswith("#gap "):
            reason, command, detail = (*frame.removeprefix("#gap ").split("|", 2), "", "")[:3]
            gaps.append(f"{command}: {reason}: {detail}")
            continue
        command, end = _block(frame, at, len(output))
        outputs[command] = output[at:end].decode("utf-8", "replace")
        at = end + 1
    return Said(line.removeprefix("#cli ").strip("- \n") or None, outputs, tuple(gaps))


def _line(output: bytes, at: int) -> tuple[str, int]:
    end = output.find(b"\n", at)
    if end < 0:
        raise Unreadable("the evidence of a command line ends in the middle of a frame")
    return output[at:end].decode("utf-8", "replace"), end + 1


def _block(frame: str, at: int, size: int) -> tuple[str, int]:
    """The command, and where its output ends."""
    words = frame.split(" ", 2)
    if (
        len(words) != 3
        or words[0] != "#output"
        or not (words[1].isascii() and words[1].isdigit() and len(words[1]) < 10)
    ):
        raise Unreadable("the evidence of a command line holds a frame that is not as it is written")
    end = at + int(words[1])
    if end >= size:
        raise Unreadable("the evidence of a command line ends in the middle of an output")
    return words[2], end
