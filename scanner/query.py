"""What a probe may ask, what comes back, and the two protocols between them: Probe and Transport.

A probe never performs anything: it declares a query and parses the answer. A transport never interprets:
it carries queries to one asset and returns one :class:`Visit`, also when the asset could not be reached.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from inventory.asset import Asset, Privilege
from inventory.endpoint import Endpoint
from inventory.facts.missing import Absent, Missing, Reason

MAX_ROUNDS = 2  # how often a probe may ask again after it has seen an answer

F_co = TypeVar("F_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Script:
    """One section of the visit's shell script: POSIX sh, read-only, no stdin, output on stdout.

    ``body`` runs in a shell of its own under LC_ALL=C with a fixed PATH; its exit code is reported.
    Three exit codes speak: 66 "this host provably has no such thing", 69 "the tool that could answer is not
    installed", 77 "not allowed". Any other non-zero code is for the parser to judge.
    """

    name: str  # unique in a visit, [a-z0-9_-]+
    body: str
    privilege: Privilege = Privilege.USER
    timeout_seconds: int = 10
    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WindowsSection:
    """One section of the one PowerShell script of a visit to Windows: 5.1, ASCII, read-only, no module to install.

    ``body`` is a script block's text that gives one hashtable of plain values; docs/windows.md says what else holds
    of it. Answered as that data alone, as canonical JSON in UTF-8; a section that did not end well is Missing.
    """

    name: str  # the fact's name, windows_system: unique in a visit
    body: str
    privilege: Privilege = Privilege.USER
    timeout_seconds: int = 15
    max_bytes: int = 1024 * 1024

    @property
    def key(self) -> str:
        """Its name in script and document: ``system``."""
        return self.name.removeprefix("windows_")


@dataclass(frozen=True, slots=True)
class SnmpGet:
    """Values by their OIDs, digits and dots without a leading dot. Answered as text, one varbind a line:

    ``OID|TAG|VALUE``, TAG being the BER tag as a number, with an ``x`` behind it when VALUE is in hexadecimal. What the
    agent says it lacks is a line too: tag 128 noSuchObject, 129 noSuchInstance.
    """

    name: str
    oids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SnmpWalk:
    """Everything below one OID, in OID order, in the same form. A walk that did not reach its end is Missing.

    With ``tally`` only numbers of rows are answered, since some tables have communities in their index: one line
    ``BASE.PARTS.VALUE|66|ROWS`` for all rows whose index begins with the same ``tally`` parts and whose value is the
    same whole number, 0 to 255. Rows with other values are counted as 0. Nothing else of index and value is kept.
    """

    name: str
    base: str
    max_rows: int = 20_000
    max_repetitions: int = 20  # rows asked for at once; halved when an answer does not come or is too big
    tally: int | None = None


@dataclass(frozen=True, slots=True)
class SnmpPoll:
    """A GET and walks answered as one, in this order, by a probe that needs both in one round.

    A walk that could not be ended does not take the rest with it: what came of it stands there, and in front of it a
    line ``#gap|BASE|REASON|DETAIL``. When nothing came at all the answer is Missing.
    """

    name: str
    get: SnmpGet | None = None
    walks: tuple[SnmpWalk, ...] = ()


@dataclass(frozen=True, slots=True)
class CliCommand:
    """Read-only commands for the command line of a network device, one after the other in one session.

    Answered as blocks that carry their length (``scanner/transports/cli_text.py`` writes them,
    ``scanner/probes/cli/blocks.py`` reads them). ``until_one_answers``: stop after the first command that the device
    does not refuse; for a device whose platform nobody named.
    """

    name: str
    commands: tuple[str, ...]
    until_one_answers: bool = False
    max_bytes: int = 256 * 1024  # of one command's output


@dataclass(frozen=True, slots=True)
class RedfishTree:
    """The service root of a BMC and what links lead to from there, answered as JSON lines, one resource each.

    ``links``: chains of property names, ``Systems/*/Storage`` for the members of the collection Systems and of each
    what its Storage links to. ``A/*/B!C`` follows B only where the resource has no C. The lines, in the order read::

        {"body":{...},"path":"/redfish/v1/Systems"}
        {"detail":"...","path":"/redfish/v1/Systems/2","reason":"timed out"}

    A resource that could not be read does not take the rest with it. When nothing but the root came, the answer is
    Missing.
    """

    name: str
    links: tuple[str, ...]
    max_resources: int = 1000


@dataclass(frozen=True, slots=True)
class TcpPort:
    """One connection: what is sent once it stands, and how much and how long is listened after that."""

    number: int
    send: bytes = b""
    max_bytes: int = 4096
    wait_seconds: float = 3.0  # 0: nothing is listened to, the connection is closed at once


@dataclass(frozen=True, slots=True)
class TcpTalk:
    """What answers on a few TCP ports, one polite connection each, one after the other. Needs no log-in.

    Answered as text, a line a port, in the order asked: ``PORT|STATE|SECONDS|END|SAID``.
    STATE: ``open``; ``refused`` (proof that it is closed, seen from here); ``no answer`` (filtered, or nobody there);
    ``unreachable``; ``not tried`` (the visit's time was over, or this machine could not). SECONDS: until it was known.
    END, of an open one: ``closed`` or ``reset`` by the other side, ``quiet`` after it had spoken, ``waited`` in vain,
    ``enough`` (``max_bytes`` came), "" nothing listened to; else the name of the system's error, if it gave one.
    SAID: printable ASCII as it is, every other byte, ``\\`` and ``|`` as ``\\xNN``: what is said cannot make a line.
    """

    name: str
    ports: tuple[TcpPort, ...]


@dataclass(frozen=True, slots=True)
class Hello:
    """One ClientHello of ours. ``version``: 0x0002 SSL 2, 0x0300 SSL 3, 0x0301 to 0x0304 TLS 1.0 to 1.3."""

    label: str
    version: int
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    compressions: tuple[int, ...] = (0,)
    whole: bool = False  # listen until ServerHelloDone, not only until ServerHello


@dataclass(frozen=True, slots=True)
class TlsOffers:
    """What TLS servers answer to each hello, a connection each, and what two usual handshakes show. No log-in.

    Answered as JSON lines (docs/endpoints.md): of each hello what was sent and what came, in hexadecimal, and how it
    ended; of the handshake the chain as it was sent, and OpenSSL's verdict with the time and the authorities.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    hellos: tuple[Hello, ...]


@dataclass(frozen=True, slots=True)
class WebLook:
    """GET of the path, TRACE of ``/`` and, of https on port 443, GET on port 80. Answered as JSON lines.

    ``pages``: further paths, each asked for with a GET, of an asset that is not fragile.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SshOffers:
    """The banner, KEXINIT, host keys, the group of group exchange and the ways to log in, as JSON lines."""

    name: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class ServiceLook:
    """What other services say before anybody logs in: one or two connections each, as JSON lines.

    What is sent to which scheme stands in ``scanner/transports/looks/conversations.py`` and docs/endpoints.md.
    """

    name: str
    endpoints: tuple[Endpoint, ...]


EndpointQuery = TlsOffers | WebLook | SshOffers | ServiceLook
SnmpQuery = SnmpGet | SnmpWalk | SnmpPoll
Query = (
    Script | WindowsSection | SnmpQuery | TcpTalk | CliCommand | RedfishTree | EndpointQuery
)  # grows with the ways in


def as_scripts(queries: Sequence[Query]) -> list[Script]:
    """Raises ``TypeError`` for anything that is not for a shell: ``transports.Selective`` keeps it away."""
    scripts = [query for query in queries if isinstance(query, Script)]
    if len(scripts) != len(queries):
        raise TypeError("only a Script can be asked of a shell")
    return scripts


NEVER = datetime.fromtimestamp(0, UTC)

EXIT_ABSENT = 66  # EX_NOINPUT of sysexits.h
EXIT_NO_TOOL = 69  # EX_UNAVAILABLE of sysexits.h
EXIT_NOT_ALLOWED = 77  # EX_NOPERM of sysexits.h
EXIT_TIMED_OUT = 124  # as timeout(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One query's answer. It counts only when ``missing`` is None: complete, and matching its checksum."""

    query: str
    output: bytes = b""
    exit_code: int | None = None
    missing: Missing | None = None
    privilege: Privilege = Privilege.USER  # under which it really ran
    asked_at: float = 0.0  # seconds since the epoch, scanner's clock: not asked before
    answered_at: float = 0.0  # and not answered after

    @property
    def text(self) -> str:
        """The output as text; bytes that are not UTF-8 become U+FFFD, never an exception."""
        return self.output.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far we got, each step a fact of its own. ``missing`` is None when the visit went through."""

    way: str
    reached: bool = False
    logged_in: bool = False
    privilege: Privilege = Privilege.NONE
    missing: Missing | None = None
    peer: str = ""  # what the other side called itself, e.g. its SSH banner
    host_key: str = ""  # SHA256 fingerprint that was presented, "" if none
    started_at: datetime = NEVER
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Visit:
    attempt: Attempt
    answers: tuple[Answer, ...] = ()


class Deadline:
    """One monotonic limit for everything done with one host."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds left, never below zero, and not above ``at_most``."""
        left = max(0.0, self.ends_at - time.monotonic())
        return left if at_most is None else min(left, at_most)

    @property
    def passed(self) -> bool:
        return self.left() <= 0.0


class Unreadable(Exception):
    """A parser could not make a fact of an answer. Becomes ``not_assessed``, never a pass."""

    def __init__(self, detail: str, reason: Reason = Reason.OUTPUT_UNREADABLE) -> None:
        super().__init__(detail)
        self.missing = Missing(reason, detail)


class NotHere(Exception):
    """A parser read positive proof that the host has no such thing. Becomes ``not_applicable``."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.absent = Absent(detail)


class Probe(Protocol[F_co]):
    """The question and a pure parser for one fact. ``name`` is the fact's name in ``inventory.facts.FACTS``."""

    @property
    def name(self) -> str: ...

    @property
    def privilege(self) -> Privilege: ...

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        """What to ask next, or None when nothing more is needed. Called at most ``MAX_ROUNDS`` times."""
        ...

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> F_co:
        """Pure. Only complete answers arrive here. Raises :class:`Unreadable` or :class:`NotHere`."""
        ...


class Transport(Protocol):
    """One way in to one asset. Never raises for what a host does: that is in the visit's attempt."""

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit: ...


@dataclass(frozen=True, slots=True)
class Login:
    """A credential with its references resolved. Lives in memory only; its repr shows no secret."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)  # PEM or OpenSSH text
    passphrase: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    agent: bool = False
    community: str | None = field(default=None, repr=False)  # SNMPv2c
    auth: str | None = None  # SNMPv3, the protocols: SHA-256, AES-128
    auth_password: str | None = field(default=None, repr=False)
    priv: str | None = None
    priv_password: str | None = field(default=None, repr=False)
    weak: bool = False  # MD5 and DES may be used
    kerberos: bool = False  # WinRM: in place of NTLM


class SecretUnavailable(Exception):
    """A reference could not be resolved. The message names the reference, never a value."""


class Logins(Protocol):
    """Where transports get log-ins from (implemented in ``scanner/secrets``)."""

    def login(self, asset: Asset) -> Login:
        """Raises :class:`SecretUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key as OpenSSH writes it."""

    type: str  # ssh-ed25519
    base64: str

    @property
    def line(self) -> str:
        return f"{self.type} {self.base64}"


class HostKeys(Protocol):
    """Where transports get pinned host keys from (implemented in ``scanner/store``)."""

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]: ...

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]: ...

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        """Keys of certificate authorities trusted to sign this host's key."""
        ...

    def may_trust_new(self, address: str, port: int) -> bool:
        """The operator said ``--trust-new`` for this run."""
        ...

    def pin(self, address: str, port: int, key: HostKey) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a transport may use besides its asset."""

    logins: Logins
    host_keys: HostKeys
    assets: Mapping[str, Asset] = field(default_factory=dict)  # to find bastions by name
