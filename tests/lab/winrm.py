"""A stand-in for the WinRM service of Windows: WS-Management over real TLS, with real NTLM or a client's certificate.

It speaks MS-WSMV as far as a shell needs: Create, Command, Send, Receive, Signal, Delete, and faults; message ids are
answered with RelatesTo, output comes in several Receives, a Receive without output ends with the fault that Windows
has for it. NTLM is pyspnego's server with the channel bound. No Windows was at hand to compare it with.
"""

import base64
import contextlib
import hashlib
import itertools
import socket
import ssl
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from tests.lab.redfish import Certificate
from tests.lab.windows import answer

USER, PASSWORD = "scan", "c0rrect-lab"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": SHELL,
}
PIECE = 100_000  # bytes of output in one Receive
NOTHING_YET = 2150858793
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

Fault = Callable[["Service", socket.socket], None]  # of a connection, before TLS
Play = Callable[["Command"], None]  # what a command does with its script


@dataclass
class Command:
    id: str
    line: str
    script: bytearray = field(default_factory=bytearray)
    out: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)
    done: threading.Event = field(default_factory=threading.Event)
    endless: bytes = b""  # printed anew with each Receive
    endless_errors: bytes = b""
    status: int = 0


@dataclass
class Service:
    """``asked``: the actions, in order. ``refuse``: action -> (HTTP status, body) in place of an answer."""

    certificate: Certificate
    play: Play
    client_ca: Path | None = None
    auth: bool = True
    wait: float = 0.3  # seconds that a Receive waits for output
    port: int = 0
    asked: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    logins: int = 0
    refused: int = 0
    shells: set[str] = field(default_factory=set)
    most_shells: int = 0
    commands: dict[str, Command] = field(default_factory=dict)
    refuse: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    before: Fault | None = None  # instead of TLS
    midway: dict[str, Callable[[socket.socket], None]] = field(
        default_factory=dict
    )  # action -> what is done to the line
    open: list[socket.socket] = field(default_factory=list)


def playing(sections: Mapping[str, Any]) -> Play:
    """A machine that answers the script."""

    def play(command: Command) -> None:
        command.out += answer(command.script.decode(), sections).encode()
        command.done.set()

    return play


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(service.certificate.pem)
    if service.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(service.client_ca)
    listener = socket.create_server(("127.0.0.1", 0))
    service.port = listener.getsockname()[1]
    stopping = threading.Event()
    thread = threading.Thread(target=_accept, args=(service, listener, context, stopping), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in service.open:
            with contextlib.suppress(OSError):
                sock.close()
        thread.join(5)


def _accept(service: Service, listener: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        service.open.append(sock)
        threading.Thread(target=_serve, args=(service, sock, context), daemon=True).start()


def _serve(service: Service, sock: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError, ssl.SSLError, h11.ProtocolError, ET.ParseError, KeyError, ValueError):
        if service.before:
            service.before(service, sock)
            return
        sock.settimeout(30)
        with context.wrap_socket(sock, server_side=True) as line:
            service.open.append(line)
            _Connection(service, line).serve()


class _Connection:
    """NTLM authenticates the connection, as http.sys does."""

    def __init__(self, service: Service, line: ssl.SSLSocket) -> None:
        self.service, self.line = service, line
        self.http = h11.Connection(h11.SERVER)
        self.ntlm: spnego.ContextProxy | None = None
        self.let_in = not service.auth
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(_first_pem(service.certificate.pem))).digest()
        self.binding = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)

    def serve(self) -> None:
        while True:
            request, body = self._request()
            if request is None:
                return
            headers = {name.decode().lower(): value.decode() for name, value in request.headers}
            if not self._authenticated(headers.get("authorization", "")):
                continue
            self._answer(body)

    def _request(self) -> tuple[h11.Request | None, bytes]:
        request, body = None, b""
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                self.http.receive_data(self.line.recv(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return request, body
            else:
                return None, b""

    def _authenticated(self, said: str) -> bool:
        if said == MUTUAL and self.service.client_ca:
            self.let_in = True
        if self.let_in:
            return True
        scheme, _, token = said.partition(" ")
        if scheme != "Negotiate":
            return self._unauthorized("Negotiate")
        try:
            if self.ntlm is None:
                self.ntlm = spnego.server(protocol="ntlm", channel_bindings=self.binding)
            reply = self.ntlm.step(base64.b64decode(token))
        except SpnegoError:
            self.service.refused += 1
            self.ntlm = None
            return self._unauthorized("Negotiate")
        if not self.ntlm.complete:
            return self._unauthorized(f"Negotiate {base64.b64encode(reply or b'').decode()}")
        self.service.logins += 1
        self.let_in = True
        return True

    def _unauthorized(self, offers: str) -> bool:
        self.reply(401, b"", [("WWW-Authenticate", offers)])
        return False

    def reply(self, status: int, body: bytes, more: list[tuple[str, str]] | None = None) -> None:
        headers = [
            ("Server", "Microsoft-HTTPAPI/2.0"),
            ("Content-Type", "application/soap+xml;charset=UTF-8"),
            ("Content-Length", str(len(body))),
            *(more or []),
        ]
        data = self.http.send(h11.Response(status_code=status, headers=headers)) or b""
        self.line.sendall(data + (self.http.send(h11.Data(body)) or b"") + (self.http.send(h11.EndOfMessage()) or b""))
        self.http.start_next_cycle()

    def _answer(self, body: bytes) -> None:
        envelope = ET.fromstring(body)  # noqa: S314 (what our own client sends)
        action = (envelope.findtext("s:Header/a:Action", "", NS)).rpartition("/")[2]
        self.service.asked.append(action)
        if action in self.service.refuse:
            self.reply(*self.service.refuse[action])
            return
        if action in self.service.midway:
            self.service.midway[action](self.line)
            return
        handler = getattr(self, f"_do_{action.lower()}")
        handler(envelope)

    def soap(self, envelope: ET.Element, action: str, body: str, status: int = 200) -> None:
        asked = envelope.findtext("s:Header/a:MessageID", "", NS)
        spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
        text = (
            f'<s:Envelope {spaces} xml:lang="en-US"><s:Header><a:Action>{action}</a:Action>'
            f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID><a:RelatesTo>{asked}</a:RelatesTo></s:Header>"
            f"<s:Body>{body}</s:Body></s:Envelope>"
        )
        self.reply(status, text.encode())

    def _do_create(self, envelope: ET.Element) -> None:
        shell = str(uuid.uuid4()).upper()
        self.service.shells.add(shell)
        self.service.most_shells = max(self.service.most_shells, len(self.service.shells))
        created = (
            f"<x:ResourceCreated><a:ReferenceParameters><w:ResourceURI>{SHELL}/cmd</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell}</rsp:ShellId></rsp:Shell>"
        )
        self.soap(envelope, f"{NS['x']}/CreateResponse", created)

    def _shell(self, envelope: ET.Element) -> str:
        selected = envelope.findtext("s:Header/w:SelectorSet/w:Selector", "", NS)
        if selected not in self.service.shells:
            raise KeyError(selected)
        return selected

    def _do_command(self, envelope: ET.Element) -> None:
        self._shell(envelope)
        command = Command(str(uuid.uuid4()).upper(), "")
        told = envelope.find("s:Body/rsp:CommandLine", NS)
        assert told is not None
        command.line = " ".join(part.text or "" for part in told)
        self.service.lines.append(command.line)
        self.service.commands[command.id] = command
        self.soap(
            envelope,
            f"{SHELL}/CommandResponse",
            f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>",
        )

    def _do_send(self, envelope: ET.Element) -> None:
        self._shell(envelope)
        stream = envelope.find("s:Body/rsp:Send/rsp:Stream", NS)
        assert stream is not None
        command = self.service.commands[stream.attrib["CommandId"]]
        command.script += base64.b64decode(stream.text or "")
        if stream.attrib.get("End", "").lower() == "true":
            self.service.play(command)
        self.soap(envelope, f"{SHELL}/SendResponse", "<rsp:SendResponse/>")

    def _do_receive(self, envelope: ET.Element) -> None:
        self._shell(envelope)
        wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", NS)
        assert wanted is not None
        command = self.service.commands[wanted.attrib["CommandId"]]
        command.out += command.endless
        command.errors += command.endless_errors
        if not (command.out or command.errors or command.done.wait(self.service.wait)):
            self._nothing_yet(envelope)
            return
        streams = "".join(self._stream(command, name) for name in ("out", "errors"))
        over = command.done.is_set() and not command.out and not command.errors
        state = "Done" if over else "Running"
        code = f"<rsp:ExitCode>{command.status}</rsp:ExitCode>" if over else ""
        self.soap(
            envelope,
            f"{SHELL}/ReceiveResponse",
            f'<rsp:ReceiveResponse>{streams}<rsp:CommandState CommandId="{command.id}" '
            f'State="{SHELL}/CommandState/{state}">{code}</rsp:CommandState></rsp:ReceiveResponse>',
        )

    def _stream(self, command: Command, name: str) -> str:
        held = getattr(command, name)
        piece = bytes(held[:PIECE])
        del held[:PIECE]
        label = {"out": "stdout", "errors": "stderr"}[name]
        encoded = base64.b64encode(piece).decode()
        return f'<rsp:Stream Name="{label}" CommandId="{command.id}">{encoded}</rsp:Stream>' if piece else ""

    def _nothing_yet(self, envelope: ET.Element) -> None:
        self.soap(envelope, f"{NS['w']}/fault", wsman_fault(NOTHING_YET), 500)

    def _do_signal(self, envelope: ET.Element) -> None:
        self.soap(envelope, f"{SHELL}/SignalResponse", "<rsp:SignalResponse/>")

    def _do_delete(self, envelope: ET.Element) -> None:
        self.service.shells.discard(self._shell(envelope))
        self.soap(envelope, f"{NS['x']}/DeleteResponse", "")


def wsman_fault(code: int) -> str:
    return (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>as worded there</s:Text></s:Reason>"
        f'<s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}" '
        'Machine="PC-7"><f:Message>as worded there</f:Message></f:WSManFault></s:Detail></s:Fault>'
    )


def fault_envelope(code: int) -> bytes:
    return f'<s:Envelope xmlns:s="{NS["s"]}"><s:Header/><s:Body>{wsman_fault(code)}</s:Body></s:Envelope>'.encode()


def _first_pem(path: Path) -> str:
    text = path.read_text()
    end = "-----END CERTIFICATE-----\n"
    return text[: text.index(end) + len(end)]


# --- connections that misbehave before TLS, and lines that break in the middle


def silent(service: Service, sock: socket.socket) -> None:
    time.sleep(20)


def drip(service: Service, sock: socket.socket) -> None:
    """A byte of a TLS record now and then."""
    with contextlib.suppress(OSError):
        for byte in itertools.chain(b"\x16\x03\x03\x10\x00\x02", itertools.repeat(0, 400)):
            sock.sendall(bytes([byte]))
            time.sleep(0.05)


def no_tls(service: Service, sock: socket.socket) -> None:
    sock.recv(4096)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def reset(line: socket.socket) -> None:
    """RST instead of FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    sock = socket.socket(fileno=line.detach())
    sock.close()


def hang(line: socket.socket) -> None:
    time.sleep(20)


def drip_answer(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(400):
            line.sendall(b"<")
            time.sleep(0.05)


def endless_answer(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)


def endless_headers(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            line.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")
