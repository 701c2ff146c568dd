"""One interactive session on a network device's command line, over a connection that is logged in already.

netmiko's driver of the platform knows its line ends, echo and escape codes. Its session preparation is not used: on
FortiOS that changes the configuration, on ProCurve and ASA it tries to enter the privileged mode. Nor is its SSH: the
connection is ours (host keys, one log-in, bounds). Every character that is sent passes :class:`Gate`.
"""

import codecs
import logging
import re
import time
from dataclasses import dataclass

import paramiko
from netmiko.base_connection import BaseConnection
from netmiko.channel import Channel
from netmiko.ssh_dispatcher import CLASS_MAPPER

from inventory.facts.missing import Missing, Reason
from scanner.query import CliCommand
from scanner.transports.cli_words import PAGING_OFF, key_wanted, may_be_written, refused
from scanner.transports.ssh_bounds import printable
from scanner.transports.ssh_wire import Fault, Wire

UNKNOWN = "generic"  # netmiko's driver for what it does not know
READ_SECONDS = 0.1
MOST_STALE = 2000  # characters before the echo of a command: what was still to come of the one before
ECHO_SECONDS = 2.0  # a device that does not echo is waited for so long after its prompt
MOST_PATIENCE = 4.0  # seconds for a device that says nothing at all
QUIET_SECONDS = 0.5  # without a character: the device has said what it had to say
PROMPT_SECONDS = 30.0
COMMAND_SECONDS = 45.0
MOST_PAGES = 500
MOST_HELD = 4096  # characters of a line that does not end
MOST_BANNER = 64 * 1024
PROMPT_LENGTH = 100
TAIL = 400

_HUNG_UP = Missing(Reason.OUTPUT_TRUNCATED, "the device closed the session before it had answered")

logging.getLogger("netmiko").disabled = True  # it would write what devices say, and a traceback when they hang up

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78cDHM])")  # ECMA-48; ESC E is left to netmiko
_ERASED = re.compile(r"\x08+ *\x08*|\r +\r")  # a pager's question, taken off the screen again
_AT_START = re.compile(r"\n\r+")  # back to where a line begins already; some devices end lines the other way round
_PROMPT = re.compile(r"[^\n]{0,98}[>#$%\])]\Z")
_CONTROL = re.compile(r"[^\n\t -~\x80-\U0010ffff]|[\x80-\x9f]")


class Gate(Channel):
    """What netmiko reads from and writes to. Pages on by itself; lets nothing through that is not permitted.

    A line that has not ended is held back until nothing follows it: it may be the half of a pager's question.
    """

    def __init__(self, conn: paramiko.Channel, wire: Wire) -> None:
        self._conn, self._wire = conn, wire
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""
        self._before = ""  # the end of what was handed on
        self._pages = 0

    def write_channel(self, out_data: str) -> None:
        """Raises :class:`Fault`, also for what must not be sent."""
        if not may_be_written(out_data):
            raise Fault(Reason.NOT_ATTEMPTED, f"{printable(out_data, 60)} is not on the list of read-only commands")
        try:
            self._conn.settimeout(None)
            self._conn.sendall(out_data.encode())
        except OSError as error:
            raise self._ended() from error

    def read_buffer(self) -> str:
        """What comes within :data:`READ_SECONDS`. Raises :class:`Fault` when nothing can come any more."""
        try:
            self._conn.settimeout(READ_SECONDS)
            data = self._conn.recv(64 * 1024)
        except TimeoutError:
            return ""
        if not data:
            raise self._ended()
        return self._decode(data)

    def read_channel(self) -> str:
        """Whole lines, and the last one when nothing follows it; the pager's questions are answered and taken out."""
        text = self.read_buffer()
        lines, end, rest = (self._held + text).rpartition("\n")
        if not text:
            return self._handed(self._answered(_ESCAPE.sub("", self._held)))
        self._held = rest if len(rest) < MOST_HELD else ""
        return self._handed(_ESCAPE.sub("", lines + end + rest[len(self._held) :]))

    def _handed(self, text: str) -> str:
        text = _ERASED.sub("", text)
        if self._before[-1:] in ("", "\n"):
            text = text.lstrip("\r")
        text = _AT_START.sub("\n", text)
        self._before = (self._before + text)[-TAIL:]
        return text

    def _answered(self, line: str) -> str:
        """The unfinished line, without the question it may be."""
        self._held = ""
        wanted = key_wanted(self._before + line)
        if wanted is None:
            return line
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise Fault(Reason.OUTPUT_TRUNCATED, f"the device wanted a key for more than {MOST_PAGES} pages")
        key, text = wanted
        line = text[len(self._before) :]
        self._before = ""
        self.write_channel(key)
        return line

    def _ended(self) -> Fault:
        cut = self._wire.cut_by or _HUNG_UP
        return Fault(cut.reason, cut.detail)


@dataclass(frozen=True, slots=True)
class Said:
    """A command, and what came of it."""

    command: str
    output: str = ""
    missing: Missing | None = None


class _Growing:
    """An output as it comes. ``head`` and ``tail`` are looked into at every step, so they are short."""

    def __init__(self) -> None:
        self.head = self.tail = ""
        self._parts: list[str] = []

    def add(self, part: str) -> None:
        self._parts.append(part)
        self.tail = (self.tail + part)[-TAIL:]
        if len(self.head) < MOST_STALE:
            self.head = (self.head + part)[:MOST_STALE]

    def text(self) -> str:
        return "".join(self._parts)


class CliSession:
    """A session with a prompt. One thread, one command at a time."""

    def __init__(self, conn: paramiko.Channel, wire: Wire, platform: str | None) -> None:
        driver: type[BaseConnection] = CLASS_MAPPER.get(platform or UNKNOWN, CLASS_MAPPER[UNKNOWN])
        self._device = driver(host="device", device_type=platform or UNKNOWN, auto_connect=False)
        self._device.channel = Gate(conn, wire)
        self._device.ansi_escape_codes = True
        self._wire = wire
        self._ends = self._prompt()
        for word in PAGING_OFF.get(platform or "", ()):
            self._ask(word, MOST_BANNER)

    def ask(self, query: CliCommand) -> list[Said]:
        """One entry a command, until one is cut or, when the query wants that, until one answers."""
        said: list[Said] = []
        for command in query.commands:
            try:
                said.append(Said(command, self._ask(command, query.max_bytes)))
            except Fault as fault:
                return [*said, Said(command, missing=fault.missing)]
            if query.until_one_answers and not refused(said[-1].output):
                break
        return said

    def _ask(self, command: str, limit: int) -> str:
        """Raises :class:`Fault`."""
        self._device.write_channel(command + self._device.RETURN)
        output = self._until_prompt(command, limit)
        before, echo, rest = output.partition(command)
        if echo and len(before) < MOST_STALE:
            output = rest.partition("\n")[2]
        return _plain(output)

    def _until_prompt(self, command: str, limit: int) -> str:
        """Without the prompt. One that stands there before the echo of the command is an old one."""
        output, size, heard_at = _Growing(), 0, time.monotonic()
        ends_at = heard_at + self._wire.deadline.left(COMMAND_SECONDS)
        while (now := time.monotonic()) < ends_at:
            part = self._device.read_channel()
            if part:
                output.add(part)
                size, heard_at = size + len(part), now
            elif (found := self._ends.search(output.tail)) and (
                command in output.head or now - heard_at > ECHO_SECONDS
            ):
                return output.text()[: size - len(output.tail) + found.start()]
            if size > limit:
                raise Fault(Reason.OUTPUT_TRUNCATED, f"the device sent more than {limit} bytes after {command}")
        raise self._too_late(f"the prompt did not come back after {command}")

    def _prompt(self) -> re.Pattern[str]:
        """How an answer ends: the last line, met two times alike, after a line end of ours."""
        ends_at = time.monotonic() + self._wire.deadline.left(PROMPT_SECONDS)
        before, patience = "", QUIET_SECONDS
        while time.monotonic() < ends_at:
            last = self._until_quiet(patience, ends_at).rsplit("\n", 1)[-1].strip()
            if last and last == before and _PROMPT.match(last):
                name = re.escape(last[:-1].rstrip()[:16])  # IOS and others shorten the name in other modes
                return re.compile(rf"(?:\A|\n)[ \t]*{name}[^\n]{{0,{PROMPT_LENGTH}}}[>#$%\])][ \t]*\Z")
            before, patience = last, min(2 * patience, MOST_PATIENCE) if not last else patience
            self._device.write_channel(self._device.RETURN)
        raise self._too_late("the device showed no prompt that ends in > # $ or %")

    def _until_quiet(self, patience: float, ends_at: float) -> str:
        """What comes until nothing has come for so many seconds."""
        text, quiet_at = "", time.monotonic() + patience
        while time.monotonic() < min(quiet_at, ends_at):
            if part := self._device.read_channel():
                text = (text + part)[-MOST_BANNER:]
                quiet_at = time.monotonic() + QUIET_SECONDS
        return text

    def _too_late(self, what: str) -> Fault:
        if self._wire.deadline.passed:
            return Fault(Reason.TIMED_OUT, f"the visit's time was up: {what}")
        return Fault(Reason.TIMED_OUT, what)


def _plain(text: str) -> str:
    """Without the control characters a terminal would act on."""
    return _CONTROL.sub("", text)
