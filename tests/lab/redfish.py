"""A stand-in for a BMC: a Redfish service over HTTPS with a certificate of its own and session login enforced.

No real BMC can run here: it is soldered to a server's board. What stands in serves a tree of resources, among others
the one that DMTF published, and keeps book of every request: tests say what was asked and that sessions ended.
"""

import contextlib
import datetime
import functools
import hashlib
import ipaddress
import json
import secrets
import socket
import ssl
import tarfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.data import folder

USER, PASSWORD = "scan", "tr0ub4dor-lab"
SESSIONS = "/redfish/v1/SessionService/Sessions"
Trees = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Certificate:
    pem: Path  # certificate and key
    fingerprint: str


def certificate(where: Path, name: str = "bmc", address: str = "127.0.0.1", days: int = 30) -> Certificate:
    """Signed by itself, as BMCs do."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = where / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    digest = hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()
    return Certificate(file, f"SHA256:{digest}")


@dataclass
class Bmc:
    """``faults``: by method and path, what is done in place of answering; it gets the handler."""

    tree: dict[str, Any]
    certificate: Certificate
    port: int = 0
    sessions: dict[str, str] = field(default_factory=dict)  # token -> path
    made: int = 0  # sessions, ever
    asked: list[tuple[str, str]] = field(default_factory=list)  # method, path with query
    secrets_seen: int = 0  # requests that carried a password
    faults: dict[tuple[str, str], "Callable[[Handler], object]"] = field(default_factory=dict)
    open_to_all: bool = False
    expands: bool = False  # knows $expand, as the published tree says of itself

    @property
    def got(self) -> list[str]:
        return [path for method, path in self.asked if method == "GET"]

    @property
    def wrote(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method != "GET"]


class Handler(BaseHTTPRequestHandler):
    """One connection. The class is made for one BMC by ``served``."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: no wait for a delayed ACK
    bmc: Bmc
    context: ssl.SSLContext

    def setup(self) -> None:
        self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        for end in (self.wfile.close, self.rfile.close, self.request.close):
            with contextlib.suppress(OSError, ValueError):
                end()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Nothing on stderr."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        self._answered("GET")

    def do_POST(self) -> None:
        self._answered("POST")

    def do_DELETE(self) -> None:
        self._answered("DELETE")

    do_PATCH = do_PUT = do_POST  # noqa: N815

    def _answered(self, method: str) -> None:
        self.bmc.asked.append((self.command, self.path))
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "Authorization" in self.headers or PASSWORD.encode() in self.sent:
            self.bmc.secrets_seen += 1
        fault = self.bmc.faults.get((self.command, self.path))
        if fault:
            fault(self)
        elif method == "POST" and self.path == SESSIONS and SESSIONS in self.bmc.tree:
            self._log_in()
        elif method == "DELETE":
            self._log_out()
        else:
            self.resource()

    def _log_in(self) -> None:
        told = json.loads(self.sent)
        if (told.get("UserName"), told.get("Password")) != (USER, PASSWORD):
            return self.say(401, {"error": {"code": "Base.1.0.GeneralError"}})
        token, self.bmc.made = secrets.token_hex(16), self.bmc.made + 1
        self.bmc.sessions[token] = f"{SESSIONS}/{self.bmc.made}"
        where = f"https://127.0.0.1:{self.bmc.port}{SESSIONS}/{self.bmc.made}/"
        return self.say(201, {"@odata.id": f"{SESSIONS}/{self.bmc.made}"}, {"X-Auth-Token": token, "Location": where})

    def _log_out(self) -> None:
        token = self.headers.get("X-Auth-Token", "")
        if self.bmc.sessions.get(token) != self.path.rstrip("/"):
            return self.say(403, {})
        del self.bmc.sessions[token]
        return self.say(204)

    def allowed(self) -> bool:
        basic = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        by_basic = SESSIONS not in self.bmc.tree and self.headers.get("Authorization") == basic
        known = self.headers.get("X-Auth-Token") in self.bmc.sessions or by_basic
        return known or self.bmc.open_to_all or self.path.rstrip("/") == "/redfish/v1"

    def resource(self) -> None:
        """The resource of the tree, to those who are logged in."""
        path, _, query = self.path.rstrip("/").partition("?$expand")
        path = path if self.bmc.expands else f"{path}?$expand{query}" if query else path
        if self.command != "GET":
            self.say(405, {})
        elif not self.allowed():
            self.say(401, {})
        elif path not in self.bmc.tree:
            self.say(404, {})
        else:
            self.say(200, self._expanded(self.bmc.tree[path]) if query else self.bmc.tree[path])

    def _expanded(self, body: dict[str, Any]) -> dict[str, Any]:
        return body | {"Members": [self.bmc.tree.get(one["@odata.id"], one) for one in body["Members"]]}

    def say(self, status: int, body: object = None, headers: Mapping[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate is no news."""


@contextlib.contextmanager
def served(tree: Trees, made: Certificate) -> Iterator[Bmc]:
    bmc = Bmc(dict(tree), made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.pem)
    server = _Server(("127.0.0.1", 0), type("OneHandler", (Handler,), {"bmc": bmc, "context": context}))
    bmc.port = server.server_address[1]
    thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True)
    thread.start()
    try:
        yield bmc
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@functools.cache
def published() -> dict[str, Any]:
    """DMTF's mock-up of a rack server, by path. Skips the test where there is no real data."""
    tree: dict[str, Any] = {}
    with tarfile.open(folder() / "snmp" / "redfish-public-rackmount1.tar.xz") as archive:
        for member in archive.getmembers():
            inside = Path(member.name)
            if inside.name == "index.json" and (file := archive.extractfile(member)):
                path = "/".join(inside.parts[inside.parts.index("public-rackmount1") + 1 : -1])
                tree[f"/redfish/v1/{path}".rstrip("/")] = json.loads(file.read())
    return tree


def cut_off(handler: Handler) -> None:
    """Half of the answer, then the connection is closed."""
    handler.send_response(200)
    handler.send_header("Content-Length", "4096")
    handler.end_headers()
    handler.wfile.write(b'{"Name": "half')
    handler.wfile.flush()
    with contextlib.suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
