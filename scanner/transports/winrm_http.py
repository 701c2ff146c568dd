"""One HTTPS connection to a WinRM service, logged in once: NTLM, Kerberos, or a client's certificate.

Bounded by the visit's wire, and each answer by itself. The log-in is bound to the TLS session (RFC 5929), so a man in
the middle whose certificate were accepted could not pass it on. It is tried once: accounts lock.

MS-NTHT (Negotiate over HTTP authenticates the connection), MS-WSMV 2.2.1 (transport).
"""

import base64
import binascii
import logging
import re
import ssl

import h11
import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from inventory.asset import Connection
from inventory.facts.missing import Reason
from scanner.query import Login
from scanner.transports.ssh_wire import Fault
from scanner.transports.winrm_tls import TlsLine

for _noisy in ("spnego", "pypsrp"):
    logging.getLogger(_noisy).setLevel(logging.INFO)  # their DEBUG lines hold tokens and messages

PATH = "/wsman"
MAX_ANSWER = 2 * 1024 * 1024  # bytes; WinRM's own limit for an envelope is 500 kB
MAX_HEADERS = 64 * 1024
MAX_ROUNDS = 4  # NTLM takes two, Kerberos one or two
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
SOAP = "application/soap+xml;charset=UTF-8"
_TOKEN = re.compile(r"(?:^|[,\s])Negotiate\s+([A-Za-z0-9+/=]{1,65536})", re.IGNORECASE)
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403


class Reply:
    """``server`` is what the other side calls itself, ``offers`` the ways to log in that it takes."""

    __slots__ = ("body", "offers", "server", "status")

    def __init__(self, response: h11.Response, body: bytes) -> None:
        headers = [(name.lower(), value.decode("ascii", "replace")) for name, value in response.headers]
        self.status = response.status_code
        self.body = body
        self.server = next((value for name, value in headers if name == b"server"), "")[:120]
        self.offers = ", ".join(value for name, value in headers if name == b"www-authenticate")


class Endpoint:
    """``post`` sends one envelope. Raises :class:`Fault` for all that can go wrong, ``OSError`` of a broken wire."""

    def __init__(self, line: TlsLine, connection: Connection, login: Login) -> None:
        self._line, self._connection, self._login = line, connection, login
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADERS)
        self._authenticated = self._ended = False
        self.server = ""
        host = f"[{connection.address}]" if ":" in connection.address else connection.address
        self._host = f"{host}:{connection.port}"

    @property
    def url(self) -> str:
        return f"https://{self._host}{PATH}"

    @property
    def how(self) -> str:
        return "certificate" if self._login.certificate else "Kerberos" if self._login.kerberos else "NTLM"

    def post(self, body: bytes) -> Reply:
        """The answer to an envelope, whatever its HTTP status but 401 and 403."""
        if self._login.certificate:
            reply = self._once(body, MUTUAL)
        elif self._authenticated:
            reply = self._once(body, None)
            if reply.status == _UNAUTHORIZED:  # the service does not remember the connection
                reply = self._negotiated(body)
        else:
            reply = self._negotiated(body)
        if reply.status == _UNAUTHORIZED:
            raise self._refused(reply)
        if reply.status == _FORBIDDEN:
            raise Fault(Reason.PRIVILEGE_TOO_LOW, "the log-in is right, but this account may not use WinRM (HTTP 403)")
        self._authenticated = True
        return reply

    def _refused(self, reply: Reply) -> Fault:
        if "negotiate" not in reply.offers.lower() and not self._login.certificate:
            said = "the service takes neither NTLM nor Kerberos; a password in the clear is not sent, not even over TLS"
            return Fault(Reason.LOGIN_REFUSED, said)
        return Fault(
            Reason.LOGIN_REFUSED, f"the service refuses this log-in by {self.how} (HTTP 401); it was tried once"
        )

    def _negotiated(self, body: bytes) -> Reply:
        """NTLM proves itself in the second message, so the envelope goes with that one; Kerberos in its first."""
        context = self._context()
        token = self._step(context, None)
        for _ in range(MAX_ROUNDS):
            with_body = context.complete or self._login.kerberos
            reply = self._once(body if with_body else b"", f"Negotiate {base64.b64encode(token or b'').decode()}")
            came = _TOKEN.search(reply.offers)
            if reply.status != _UNAUTHORIZED:
                return self._proven(context, reply, came[1] if came else "", with_body=with_body)
            if came is None or context.complete:
                return reply
            token = self._step(context, _decoded(came[1]))
        raise Fault(Reason.LOGIN_REFUSED, f"logging in by {self.how} came to no end")

    def _proven(self, context: spnego.ContextProxy, reply: Reply, token: str, *, with_body: bool) -> Reply:
        """With Kerberos the service proves who it is too, in its last word."""
        if token and not context.complete:
            self._step(context, _decoded(token))
        if not (context.complete and with_body):
            raise Fault(Reason.OUTPUT_UNREADABLE, "the service answered before the log-in was done")
        return reply

    def _context(self) -> spnego.ContextProxy:
        try:
            return spnego.client(
                self._login.user,
                self._login.password,
                hostname=self._connection.address,
                service="WSMAN",
                channel_bindings=GssChannelBindings(application_data=self._line.binding),
                protocol="kerberos" if self._login.kerberos else "ntlm",
            )
        except (SpnegoError, ImportError) as fault:
            raise _unusable(self.how, fault) from None

    def _step(self, context: spnego.ContextProxy, token: bytes | None) -> bytes | None:
        try:
            return context.step(token)
        except (SpnegoError, ValueError, LookupError) as fault:
            if token is None:
                raise _unusable(self.how, fault) from None
            raise Fault(
                Reason.OUTPUT_UNREADABLE, f"the service's part of logging in by {self.how} is unsound"
            ) from None

    def _once(self, body: bytes, authorization: str | None) -> Reply:
        """One request and its whole answer on this connection."""
        headers = [
            ("Host", self._host),
            ("User-Agent", "estatecheck"),
            ("Accept-Encoding", "identity"),
            ("Content-Type", SOAP),
            ("Content-Length", str(len(body))),
        ]
        if authorization:
            headers.append(("Authorization", authorization))
        request = h11.Request(method="POST", target=PATH, headers=headers)
        try:
            self._line.send((self._http.send(request) or b"") + (self._http.send(h11.Data(body)) or b""))
            self._http.send(h11.EndOfMessage())
            reply = self._read()
        except h11.LocalProtocolError:
            raise Fault(Reason.OUTPUT_TRUNCATED, "the service closed the connection between two messages") from None
        except h11.RemoteProtocolError:
            raise self._unsound() from None
        except ssl.SSLError as error:
            raise Fault(Reason.UNREACHABLE, f"the TLS session broke ({error.reason or 'unsound record'})") from None
        self.server = reply.server or self.server
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()  # else it closes; the next message will find out
        return reply

    def _unsound(self) -> Fault:
        if self._ended:
            return Fault(Reason.OUTPUT_TRUNCATED, "the connection was closed before the answer was there")
        return Fault(Reason.OUTPUT_UNREADABLE, "what answers there does not speak HTTP as it should")

    def _read(self) -> Reply:
        response: h11.Response | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = self._line.recv()
                self._ended = not data
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MAX_ANSWER:
                    raise Fault(Reason.OUTPUT_TRUNCATED, f"an answer of the service is longer than {MAX_ANSWER} bytes")
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return Reply(response, bytes(body))
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                self._ended = True
                raise self._unsound()


def _decoded(token: str) -> bytes:
    try:
        return base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise Fault(Reason.OUTPUT_UNREADABLE, "the service's part of the log-in is no base64") from None


def _unusable(how: str, fault: Exception) -> Fault:
    hint = ": Kerberos needs the packages gssapi and krb5 (pip install 'pypsrp[kerberos]')" if how == "Kerberos" else ""
    said = f"logging in by {how} cannot be begun here ({type(fault).__name__}){hint}"
    return Fault(Reason.CREDENTIAL_UNUSABLE, said)
