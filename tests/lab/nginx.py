"""A real nginx on loopback with good and bad certificates, redirects and headers: one for each test worker."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lab.certificates import NAME, Authority, Certified
from tests.lab.sshd import stop

INSTALL = "apt-get install --no-install-recommends nginx-light"
START_TRIES = 5
START_SECONDS = 10.0
PAGE = "<html><title>Portal</title><body>Welcome to the portal</body></html>"

SERVERS = {  # label -> what nginx says of this server beside its port and certificate
    "plain": f"""
        location = / {{ default_type text/html; return 200 '{PAGE}'; }}
        location = /cookie {{ add_header Set-Cookie "session=1; Path=/"; return 200 'ok'; }}
        location = /guarded {{ if ($http_x_token != "open-sesame") {{ return 401; }} return 200 'inside'; }}
        location = /away {{ return 302 /; }}
        location = /loop {{ return 302 /loop; }}
        location = /broken {{ return 500; }}
        location = /empty {{ return 204; }}
        location /listing/ {{ alias FOLDER/; autoindex on; }}
    """,
    "redirect": "return 301 https://$host$request_uri;",
    "good": "add_header Strict-Transport-Security 'max-age=31536000' always; server_tokens off; return 200 'secure';",
    "expired": "return 200 'expired';",
    "soon": "return 200 'soon';",
    "wrong-name": "return 200 'wrong';",
    "self-signed": "return 200 'self';",
    "weak-key": "ssl_ciphers ALL:@SECLEVEL=0; return 200 'weak';",
    "tls12": "ssl_protocols TLSv1.2; return 200 'old';",
    "client-certificate": "ssl_verify_client on; ssl_client_certificate CAFILE; return 200 'mutual';",
}
CLEAR = ("plain", "redirect")


@dataclass(frozen=True)
class Nginx:
    """Ports by label. ``authority`` signed what is signed."""

    ports: dict[str, int]
    authority: Authority
    certificates: dict[str, Certified]
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """One line a request: label, method, path, status, user agent."""
        return (self.folder / "access.log").read_text()


def need_nginx() -> str:
    """Skip, with the command that helps; in CI the lab must be there."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"the lab needs nginx: {INSTALL}", pytrace=False)
    pytest.skip(f"the lab needs nginx: {INSTALL}")


def certificates(folder: Path) -> tuple[Authority, dict[str, Certified]]:
    authority = Authority(folder)
    names = (NAME, "127.0.0.1", "localhost")
    return authority, {
        "good": authority.issue("good", *names),
        "expired": authority.issue("expired", *names, days=-3),
        "soon": authority.issue("soon", *names, days=5),
        "wrong-name": authority.issue("wrong-name", "elsewhere.example"),
        "self-signed": authority.issue("self-signed", *names, self_signed=True),
        "weak-key": authority.issue("weak-key", *names, key=rsa.generate_private_key(65537, 1024)),  # noqa: S505 (meant)
        "tls12": authority.issue("tls12", *names),
        "client-certificate": authority.issue("client-certificate", *names),
    }


def start_nginx(program: str, folder: Path) -> Nginx:
    authority, certified = certificates(folder)
    (folder / "files").mkdir()
    (folder / "files" / "secret.txt").write_text("x")
    for _ in range(START_TRIES):
        ports = dict(zip(SERVERS, free_ports(len(SERVERS)), strict=True))
        config = folder / "nginx.conf"
        config.write_text(_config(folder, ports, certified, authority))
        process = subprocess.Popen(
            [program, "-e", str(folder / "error.log"), "-c", str(config)], stdin=subprocess.DEVNULL
        )
        if _listens(process, list(ports.values())):
            return Nginx(ports, authority, certified, folder, process)
        stop(process)
    raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")


def _config(folder: Path, ports: dict[str, int], certified: dict[str, Certified], authority: Authority) -> str:
    servers = "".join(_server(label, ports[label], certified.get(label)) for label in SERVERS)
    places = {"FOLDER": str(folder / "files"), "CAFILE": str(authority.file)}
    for word, place in places.items():
        servers = servers.replace(word, place)
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
        events {{ worker_connections 512; }}
        http {{ {scratch}
        log_format lab '$server_port $request_method $request_uri $status $http_user_agent';
        access_log {folder}/access.log lab; {servers} }}"""


def _server(label: str, port: int, certified: Certified | None) -> str:
    if certified is None:
        return f"server {{ listen 127.0.0.1:{port}; {SERVERS[label]} }}\n"
    keys = f"ssl_certificate {certified.certificate}; ssl_certificate_key {certified.key};"
    return f"server {{ listen 127.0.0.1:{port} ssl; {keys} {SERVERS[label]} }}\n"


def free_ports(count: int) -> list[int]:
    """Free a moment ago."""
    socks = [socket.socket() for _ in range(count)]
    try:
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in socks]
    finally:
        for sock in socks:
            sock.close()


def _listens(process: "subprocess.Popen[bytes]", ports: list[int]) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", ports[-1]), 0.5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process.poll() is None
    return False


@pytest.fixture(scope="session")
def lab_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """One for all tests of a worker."""
    server = start_nginx(need_nginx(), tmp_path_factory.mktemp("nginx"))
    yield server
    stop(server.process)
