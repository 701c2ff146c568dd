"""What answers on the management ports: SSH, Telnet, HTTP, HTTPS and Cisco Smart Install. One look, no log-in.

Nothing is sent but one ``GET /`` to the HTTP port; the others are listened to, or only connected to.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.management import Management, Port, Service, Speaker, State, Web
from scanner.query import Answer, Query, TcpPort, TcpTalk, Unreadable

# IANA's registry of service names and port numbers; 4786 is smart-install there
NUMBERS = (
    (Service.SSH, 22),
    (Service.TELNET, 23),
    (Service.HTTP, 80),
    (Service.HTTPS, 443),
    (Service.SMART_INSTALL, 4786),
)
HTTP_PORT = 80
SPEAKS_FIRST = (Service.SSH, Service.TELNET)
MAX_SAID = 200
PAGE_BYTES = 16 * 1024

_LINE = re.compile(
    r"(\d{1,5})\|(open|refused|no answer|unreachable|not tried)\|\d{1,6}\.\d{3}\|([A-Za-z0-9]{0,20})\|(.*)"
)
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_SSH = re.compile(rb"(?:\A|\n)SSH-(\d{1,2}\.\d{1,2})-[^\r\n]*")  # RFC 4253 4.2: other lines may stand before it
_OPTION = re.compile(rb"\xff[\xfa-\xfe]")  # IAC and SB, WILL, WONT, DO or DONT: RFC 854
_PROMPT = re.compile(rb"(?:login|user ?name|user|password|passcode)\s{0,3}:\s{0,3}\Z", re.IGNORECASE)
_STATUS = re.compile(rb"\AHTTP/\d(?:\.\d)? (\d{3})(?!\d)")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"\n(location|server)[ \t]{0,8}:[ \t]{0,8}([^\r\n]{0,1000})", re.IGNORECASE)
_REFRESH = re.compile(
    rb"<meta\s[^>]{0,80}http-equiv\s{0,3}=\s{0,3}[\"']?refresh[^>]{0,80}url\s{0,3}=\s{0,3}[\"']?https://", re.IGNORECASE
)
_SCRIPT = re.compile(
    rb"location(?:\.\w{1,20})?\s{0,3}[=(][^<>\n]{0,200}https:", re.IGNORECASE
)  # of a page that moves on by itself
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110, section 15.4


@dataclass(frozen=True, slots=True)
class ManagementProbe:
    numbers: tuple[tuple[Service, int], ...] = NUMBERS  # in the order of the visit
    name: str = "management"
    privilege: Privilege = Privilege.NONE

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        if so_far:
            return None
        return TcpTalk(self.name, tuple(_asked(service, number, asset) for service, number in self.numbers))

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Management:  # noqa: ARG002 (one shape for all probes)
        services = {number: service for service, number in self.numbers}
        ports = [_port(line, services) for line in answers[0].output.decode("ascii", "replace").splitlines()]
        if not ports:
            raise Unreadable("no port was told of")
        return Management(tuple(ports))


def _asked(service: Service, number: int, asset: Asset) -> TcpPort:
    if service is Service.HTTP:
        return TcpPort(number, _get(asset.connection.address, number), PAGE_BYTES)
    return TcpPort(number, wait_seconds=3.0 if service in SPEAKS_FIRST else 0.0)


def _get(address: str, number: int) -> bytes:
    """RFC 9112, section 3.2: a Host is always sent."""
    host = f"[{address}]" if ":" in address else address
    place = host if number == HTTP_PORT else f"{host}:{number}"
    fields = (f"Host: {place}", "User-Agent: estatecheck", "Accept: */*", "Connection: close")
    return "\r\n".join(("GET / HTTP/1.1", *fields, "", "")).encode()


def _port(line: str, services: Mapping[int, Service]) -> Port:
    told = _LINE.fullmatch(line)
    service = services.get(int(told[1])) if told else None
    if told is None or service is None:
        raise Unreadable("a line of the answer is not about a management port")
    state = State(told[2])
    if state is not State.OPEN:
        return Port(service, int(told[1]), state, why=told[3])
    said = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), told[4].encode())
    speaker = _speaker(said, told[3])
    ssh = _SSH.search(said) if speaker is Speaker.SSH else None
    return Port(
        service=service,
        number=int(told[1]),
        state=state,
        speaker=speaker,
        said=_shown(ssh[0] if ssh else said),
        ssh_protocol=ssh[1].decode() if ssh else None,
        web=_web(said) if speaker is Speaker.HTTP else None,
    )


def _speaker(said: bytes, end: str) -> Speaker:
    if not said:
        return {"": Speaker.NOT_ASKED, "closed": Speaker.GONE, "reset": Speaker.GONE}.get(end, Speaker.NOBODY)
    if _STATUS.match(said):
        return Speaker.HTTP
    if _SSH.search(said):
        return Speaker.SSH
    if _OPTION.search(said):
        return Speaker.TELNET
    return Speaker.LOGIN if _PROMPT.search(said[-100:]) else Speaker.OTHER


def _shown(said: bytes) -> str:
    """The first line that has something to read."""
    lines = ("".join(chr(b) for b in line if 0x20 <= b < 0x7F).strip() for line in said[:4096].splitlines())
    return next((line[:MAX_SAID] for line in lines if line), "")


def _web(said: bytes) -> Web | None:
    """None when the answer ends before it says what was asked."""
    status = _STATUS.match(said)
    end = _END_OF_HEAD.search(said)
    head, page = (said[: end.start()], said[end.end() :]) if end else (said, b"")
    headers = {match[1].lower(): match[2].strip() for match in reversed(list(_HEADER.finditer(head)))}
    location = headers.get(b"location", b"").lower()
    if status is None or (end is None and not location):
        return None
    sent = int(status[1]) in _REDIRECTS and location.startswith(b"https://")
    return Web(
        status=int(status[1]),
        to_https=sent or bool(_REFRESH.search(page)),
        by_script=bool(_SCRIPT.search(page)),
        server=_shown(headers.get(b"server", b"")),
    )


MANAGEMENT = ManagementProbe()
