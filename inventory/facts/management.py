"""What answers on a device's management ports, as seen from where the scanner stands: one look, no log-in."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    REFUSED = "refused"  # the other side says that nothing listens for us there
    NO_ANSWER = "no answer"  # filtered on the way, or nobody there: says nothing of the device
    UNREACHABLE = "unreachable"
    NOT_TRIED = "not tried"


class Service(StrEnum):
    """What is expected behind a port. Who really listens there is in the port's other fields."""

    SSH = "SSH"
    TELNET = "Telnet"
    HTTP = "HTTP"
    HTTPS = "HTTPS"
    SMART_INSTALL = "Smart Install"


class Speaker(StrEnum):
    """Who spoke, by its first words."""

    SSH = "SSH"  # RFC 4253, section 4.2
    HTTP = "HTTP"  # RFC 9112, section 4
    TELNET = "Telnet"  # negotiates options: RFC 854
    LOGIN = "login"  # no options, but a prompt for a user or password
    OTHER = "other"
    NOBODY = "nobody"  # accepted the connection and said nothing
    GONE = "gone"  # accepted the connection, and ended it without a word
    NOT_ASKED = "not asked"  # nothing was listened to


@dataclass(frozen=True, slots=True)
class Web:
    """The answer of an HTTP server to ``GET /``."""

    status: int
    to_https: bool  # sent to https, by Location or by a refresh in the page
    by_script: bool = False  # the page holds a script that names https: where it leads cannot be told
    server: str = ""  # its Server header, cut to 200 characters


@dataclass(frozen=True, slots=True)
class Port:
    service: Service
    number: int
    state: State
    speaker: Speaker = Speaker.NOT_ASKED
    said: str = ""  # its first line, printable, cut to 200 characters
    ssh_protocol: str | None = None  # 2.0, 1.99, 1.5; None: no SSH server spoke
    web: Web | None = None  # None: no HTTP server spoke
    why: str = ""  # the system's name of the error, of a port that was not tried or could not be reached

    @property
    def place(self) -> str:
        return f"TCP {self.number}"


@dataclass(frozen=True, slots=True)
class Management:
    ports: tuple[Port, ...]

    def port(self, service: Service) -> Port | None:
        return next((port for port in self.ports if port.service is service), None)
