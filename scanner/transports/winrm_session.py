"""One WinRM shell and one PowerShell in it: Create, Command, Send, Receive until it ends, Signal, Delete (MS-WSMV).

The envelopes are pypsrp's; what carries them is ours, so that every byte and second is bounded.
"""

import contextlib
import ssl
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field

from pypsrp.exceptions import WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.shell import CommandState, SignalCode, WinRS
from pypsrp.wsman import NAMESPACES, WSMan

from inventory.facts.missing import Missing, Reason
from scanner.transports.ssh_wire import Fault
from scanner.transports.windows_script import COMMAND
from scanner.transports.windows_visit import Printed
from scanner.transports.winrm_http import Endpoint

UTF8 = 65001  # the code page of the shell
STDERR_BYTES = 256 * 1024
SEND_BYTES = 32 * 1024  # of the script in one message; 150 kB is the least that an envelope may have
WAIT_SECONDS = 20  # a Receive that has nothing to say comes back after this long
IDLE_SECONDS = 180  # after which the service ends a shell that we had to leave behind
_NOTHING_YET = 2150858793  # ERROR_WSMAN_OPERATION_TIMEDOUT
_ACCESS_DENIED = 5
_TOO_MANY = (2150859173, 2150859174, 2150859175)  # quotas of shells, for the user and the machine
_OK = 200
# what pypsrp does with XML that is not as it should be
_ODD = (ET.ParseError, ValueError, LookupError, AttributeError, TypeError, WinRMError)


class Carrier:
    """Stands where pypsrp has its own HTTP client. Its interface is ``send``, ``close`` and ``endpoint``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.endpoint = endpoint.url

    def send(self, message: bytes, **_: object) -> bytes:
        """One envelope and the one that answers it. Its times are those of the wire."""
        reply = self._endpoint.post(message)
        if b"<!DOCTYPE" in reply.body or b"<!\0D\0O" in reply.body or b"\0<\0!\0D" in reply.body:
            raise Fault(Reason.OUTPUT_UNREADABLE, "the service's XML has a document type, which SOAP forbids")
        if reply.status != _OK:
            raise WinRMTransportError("http", reply.status, reply.body.decode("utf-8", "replace"))
        return reply.body

    def close(self) -> None:
        """The wire is closed by whoever opened it."""


@dataclass(slots=True)
class Run:
    """One visit's shell. ``on_login`` is called once the service has let us in."""

    endpoint: Endpoint
    limit: int  # bytes of standard output
    until: float  # monotonic; what is not printed by then is not waited for, and the shell is still ended
    on_login: Callable[[], None]
    out: bytearray = field(default_factory=bytearray)
    errors: int = 0
    exit_status: int | None = None

    def script(self, script: bytes) -> Printed:
        """Raises :class:`Fault`, ``OSError`` when the wire was cut before anything was printed."""
        asked_at = time.time()
        cut: Missing | None = None
        try:
            with contextlib.closing(_Shell(self.endpoint)) as shell:
                self.on_login()
                asked_at = time.time()
                shell.start(script)
                cut = self._receive(shell)
        except (Fault, OSError, *_ODD) as fault:
            cut = missing_of(fault)
            if not self.out:
                raise Fault(cut.reason, cut.detail) from None
        return Printed(bytes(self.out), self.exit_status, asked_at, cut)

    def _receive(self, shell: "_Shell") -> Missing | None:
        while (left := self.until - time.monotonic()) > 0:
            state, self.exit_status, out, errors = shell.receive(min(WAIT_SECONDS, int(left) + 1))
            self.out += out
            self.errors += len(errors)
            if len(self.out) > self.limit:
                return Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {self.limit} bytes")
            if self.errors > STDERR_BYTES:
                return Missing(
                    Reason.OUTPUT_TRUNCATED, f"the host sent more than {STDERR_BYTES} bytes of error messages"
                )
            if state == CommandState.DONE:
                return None
        return Missing(Reason.TIMED_OUT, "the visit's time was up during the script")


class _Shell:
    """Made on entering, deleted on closing whatever happened in between."""

    def __init__(self, endpoint: Endpoint) -> None:
        wsman = WSMan("host", ssl=True, auth="negotiate", operation_timeout=WAIT_SECONDS, no_proxy=True)
        wsman.transport = Carrier(endpoint)  # type: ignore[assignment] # has what WSMan uses of it
        self._shell = WinRS(wsman, codepage=UTF8, idle_time_out=IDLE_SECONDS)
        self._shell.open()
        self._command: str | None = None

    def start(self, script: bytes) -> None:
        program, *arguments = COMMAND.split()
        told = self._shell.command(program, arguments)
        found = told.find("rsp:CommandResponse/rsp:CommandId", namespaces=NAMESPACES)
        self._command = found.text if found is not None else None
        if not self._command or len(self._command) > 100:
            raise Fault(Reason.OUTPUT_UNREADABLE, "the service started a command, but does not say which")
        pieces = [script[i : i + SEND_BYTES] for i in range(0, len(script), SEND_BYTES)]
        for number, piece in enumerate(pieces, 1):
            self._shell.send("stdin", piece, self._command, end=number == len(pieces))

    def receive(self, seconds: int) -> tuple[str, int | None, bytes, bytes]:
        """State of the command, its exit status, and what it printed since the last time."""
        try:
            state, status, streams = self._shell.receive(command_id=self._command, timeout=seconds)
        except WSManFaultError as fault:
            if fault.code == _NOTHING_YET:
                return CommandState.RUNNING, None, b"", b""
            raise
        return state, status, streams["stdout"], streams["stderr"]

    def close(self) -> None:
        """What the service does not hear of, it ends by itself."""
        with contextlib.suppress(Fault, OSError, *_ODD):
            if self._command:
                self._shell.signal(SignalCode.TERMINATE, self._command)
        with contextlib.suppress(Fault, OSError, *_ODD):
            self._shell.close()


def missing_of(fault: Exception) -> Missing:
    """A fault as it is told. Nothing that the service said is repeated but numbers."""
    if isinstance(fault, Fault):
        return fault.missing
    if isinstance(fault, WSManFaultError):
        return _of_wsman(fault)
    if isinstance(fault, WinRMTransportError):
        return Missing(
            Reason.OUTPUT_UNREADABLE, f"the service answers with HTTP {fault.code} and no word of WS-Management"
        )
    if isinstance(fault, OSError) and not isinstance(fault, ssl.SSLError):
        return Missing(Reason.OUTPUT_TRUNCATED, "the connection broke before the script had ended")
    return Missing(Reason.OUTPUT_UNREADABLE, "the service does not answer as WS-Management should")


def _of_wsman(fault: WSManFaultError) -> Missing:
    code = fault.code if isinstance(fault.code, int) else 0
    if code == _ACCESS_DENIED:
        return Missing(Reason.PRIVILEGE_TOO_LOW, "the account is let in, but may not start a shell (docs/windows.md)")
    if code in _TOO_MANY:
        return Missing(Reason.CONNECTION_REFUSED, "the service has too many shells open already")
    return Missing(Reason.OUTPUT_UNREADABLE, f"WS-Management reports fault {code or 'without a number'}")
